"""The seat that the logs of one process hand out: it remembers what is committed, and can be woken."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

from tailrace.log.contract import (
    USUAL,
    Bounds,
    Slice,
    Step,
    TopicPartition,
    WorkerId,
)
from tailrace.model.errors import TailraceError


class Floor(Protocol):
    """What a seat asks of its log."""

    def read(self, source: TopicPartition, offset: int, bounds: Bounds) -> Slice | None:
        """As `LogReader.read`."""
        ...

    def commit_step(self, seat: HeldSeat, step: Step, now: datetime) -> None:
        """Make the step happen and tell the seat by `took`, or raise as `Seat.commit` does."""
        ...

    def behind(self, positions: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """Records between each position and the end."""
        ...

    def leave(self, seat: HeldSeat) -> None:
        """Free the seat, if it still is the worker's."""
        ...


class HeldSeat:
    """A worker's seat at a log of this process; see `contract.Seat`."""

    def __init__(
        self, floor: Floor, worker: WorkerId, positions: dict[TopicPartition, int], state: dict[str, bytes]
    ) -> None:
        self.worker = worker
        self.inputs = tuple(positions)
        self.lost = False
        """Whether another has taken the seat; set by the log."""
        self._floor = floor
        self._positions = positions
        self._state = state
        self._closed = False
        self._stirred = threading.Event()
        if any(self.lag().values()):
            self._stirred.set()

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        """The committed position in every input; a view that follows the commits."""
        return MappingProxyType(self._positions)

    @property
    def state(self) -> Mapping[str, bytes]:
        """The committed state; a view that follows the commits."""
        return MappingProxyType(self._state)

    def read(self, source: TopicPartition, offset: int, bounds: Bounds = USUAL) -> Slice | None:
        """As `contract.Seat.read`. Raises TailraceError for a partition that is none of the inputs."""
        self._check_open()
        if source not in self._positions:
            raise TailraceError(f"worker {self.worker} reads {source}, which is none of its inputs")
        return self._floor.read(source, offset, bounds)

    def wait(self, timeout_seconds: float) -> bool:
        """As `contract.Seat.wait`."""
        stirred = self._stirred.wait(timeout_seconds)
        self._stirred.clear()
        return stirred

    def wake(self) -> None:
        """As `contract.Seat.wake`."""
        self._stirred.set()

    def lag(self) -> dict[TopicPartition, int]:
        """Records between the committed position and the end, per input."""
        return self._floor.behind(self._positions)

    def commit(self, step: Step, now: datetime) -> None:
        """As `contract.Seat.commit`."""
        self._check_open()
        self._floor.commit_step(self, step, now)

    def took(self, step: Step) -> None:
        """Remember a step that has been committed; called by the log."""
        self._positions.update(step.positions)
        change(self._state, step.state)

    def close(self) -> None:
        """Leave the seat; what is committed stays."""
        if not self._closed:
            self._closed = True
            self._floor.leave(self)
            self.wake()

    def _check_open(self) -> None:
        if self._closed:
            raise TailraceError(f"worker {self.worker} uses a seat that it has closed")


def change(state: dict[str, bytes], changes: Mapping[str, bytes | None]) -> None:
    """Set the entries of `changes` in `state`, and remove those that are None."""
    for name, value in changes.items():
        if value is None:
            state.pop(name, None)
        else:
            state[name] = value
