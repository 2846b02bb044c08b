"""A log that fails on request, to see what a pipeline makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tailrace.log.contract import USUAL, Bounds, Log, Seat, Slice, Step, TopicPartition, WorkerId


class Crashed(BaseException):
    """The power goes, here and now: whoever drives the worker starts it anew, without a word to the streamlet."""


@dataclass
class Fault:
    """What is to go wrong: after `skip` calls that go well, the next `times` calls raise `error`."""

    streamlet: str | None
    error: BaseException
    times: int
    skip: int
    after: bool = False


class FaultyLog:
    """Passes everything on to a log, but for the reads and commits that were told to fail."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._commits: list[Fault] = []
        self._reads: list[Fault] = []

    def fail_commit(
        self,
        error: BaseException,
        *,
        streamlet: str | None = None,
        times: int = 1,
        skip: int = 0,
        after: bool = False,
    ) -> None:
        """Let the next commits raise `error`: of one streamlet, or of any; `skip` lets that many pass before.

        With `after` the step is committed all the same, as when a connection breaks before the answer arrives.
        """
        self._commits.append(Fault(streamlet, error, times, skip, after))

    def crash_at_commit(self, *, streamlet: str | None = None, skip: int = 0, after: bool = False) -> None:
        """Let the worker die at its next commit, just before it or (`after`) just after it."""
        self.fail_commit(Crashed(), streamlet=streamlet, skip=skip, after=after)

    def fail_read(self, error: BaseException, *, streamlet: str | None = None, times: int = 1, skip: int = 0) -> None:
        """Let the next reads raise `error`: of one streamlet, or of any; `skip` lets that many pass before."""
        self._reads.append(Fault(streamlet, error, times, skip))

    def open_worker(self, worker: WorkerId, inputs: Sequence[TopicPartition]) -> Seat:
        """A seat whose reads and commits may fail."""
        seat: Any = FaultySeat(self._log.open_worker(worker, inputs), self._reads, self._commits)
        return seat  # type: ignore[no-any-return]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class FaultySeat:
    """Passes everything on to a seat, but for the reads and commits that were told to fail."""

    def __init__(self, seat: Seat, reads: list[Fault], commits: list[Fault]) -> None:
        self._seat = seat
        self._reads = reads
        self._commits = commits

    def read(self, source: TopicPartition, offset: int, bounds: Bounds = USUAL) -> Slice | None:
        """As `Seat.read`, unless a fault is due."""
        fault = meet(self._reads, self._seat.worker.streamlet)
        if fault is not None:
            raise fault.error
        return self._seat.read(source, offset, bounds)

    def commit(self, step: Step, now: datetime) -> None:
        """As `Seat.commit`, unless a fault is due."""
        fault = meet(self._commits, self._seat.worker.streamlet)
        if fault is None or fault.after:
            self._seat.commit(step, now)
        if fault is not None:
            raise fault.error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._seat, name)


def meet(faults: list[Fault], streamlet: str) -> Fault | None:
    """The fault that a call of this streamlet meets now, which is thereby used once."""
    for fault in faults:
        if fault.streamlet not in (None, streamlet):
            continue
        if fault.skip:
            fault.skip -= 1
            continue
        fault.times -= 1
        if not fault.times:
            faults.remove(fault)
        return fault
    return None
