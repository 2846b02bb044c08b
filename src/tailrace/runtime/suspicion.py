"""Finding the record at fault: a range of records that failed is read again in ever smaller pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tailrace.log.contract import TopicPartition
from tailrace.runtime.inbound import Intake


@dataclass
class Suspicion:
    """The partitions and offsets of a step that failed, and how many records to try at once.

    A piece that fails again is halved; one that succeeds doubles the next. So one bad record among n costs some
    2 log n steps, and its good neighbours go through.
    """

    ends: dict[TopicPartition, int]
    size: int

    @classmethod
    def of(cls, intake: Intake, positions: Mapping[TopicPartition, int]) -> Suspicion:
        """Suspect all that a failed step had read, as a whole first."""
        return cls(dict(intake.positions), max(end - positions[at] for at, end in intake.positions.items()))

    def next(self, positions: Mapping[TopicPartition, int]) -> tuple[TopicPartition, int] | None:
        """Which partition to read from next and how many records at most; None when all has been tried."""
        for at, end in self.ends.items():
            if positions[at] < end:
                self.size = min(self.size, end - positions[at])
                return at, self.size
        return None

    def narrow(self) -> bool:
        """The piece failed. False when it was a single record, which is then the one at fault."""
        if self.size == 1:
            return False
        self.size = max(1, self.size // 2)
        return True

    def widen(self) -> None:
        """The piece went through."""
        self.size *= 2
