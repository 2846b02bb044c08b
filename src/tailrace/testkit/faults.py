"""A log that fails on request, to see what a pipeline makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tailrace.log.contract import Log, Seat, Slice, Step, TopicPartition, WorkerId


@dataclass
class _Fault:
    streamlet: str | None
    error: Exception
    times: int
    after: bool


class FaultyLog:
    """Passes everything on to a log, but for the commits that were told to fail."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._faults: list[_Fault] = []

    def fail_commit(
        self, error: Exception, *, streamlet: str | None = None, times: int = 1, after: bool = False
    ) -> None:
        """Let the next commits raise `error`: of one streamlet, or of any.

        With `after` the step is committed all the same, as when a connection breaks before the answer arrives.
        """
        self._faults.append(_Fault(streamlet, error, times, after))

    def open_worker(self, worker: WorkerId, inputs: Sequence[TopicPartition]) -> Seat:
        """A seat whose commits may fail."""
        return _FaultySeat(self._log.open_worker(worker, inputs), self)

    def fault_for(self, worker: WorkerId) -> _Fault | None:
        """The fault that a commit of this worker meets now, which is thereby used once."""
        for fault in self._faults:
            if fault.times and fault.streamlet in (None, worker.streamlet):
                fault.times -= 1
                return fault
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class _FaultySeat:
    def __init__(self, seat: Seat, log: FaultyLog) -> None:
        self._seat = seat
        self._log = log

    @property
    def worker(self) -> WorkerId:
        return self._seat.worker

    @property
    def inputs(self) -> tuple[TopicPartition, ...]:
        return self._seat.inputs

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        return self._seat.positions

    @property
    def state(self) -> Mapping[str, bytes]:
        return self._seat.state

    def read(
        self, source: TopicPartition, offset: int, max_records: int = 100_000, max_bytes: int = 2**24
    ) -> Slice | None:
        return self._seat.read(source, offset, max_records, max_bytes)

    def wait(self, timeout_seconds: float) -> bool:
        return self._seat.wait(timeout_seconds)

    def wake(self) -> None:
        self._seat.wake()

    def lag(self) -> dict[TopicPartition, int]:
        return self._seat.lag()

    def commit(self, step: Step, now: datetime) -> None:
        fault = self._log.fault_for(self._seat.worker)
        if fault is None or fault.after:
            self._seat.commit(step, now)
        if fault is not None:
            raise fault.error

    def close(self) -> None:
        self._seat.close()
