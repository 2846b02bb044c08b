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
    def of(cls, intake: Intake) -> Suspicion:
        """Suspect all that a failed step had read, a partition at a time, as a whole first."""
        return cls(intake.positions, max(part.batch.num_rows for part in intake.slices.values()))

    def next(self, positions: Mapping[TopicPartition, int]) -> tuple[TopicPartition, int] | None:
        """Which partition to read from next and how many records at most; None when all has been tried."""
        for at, end in self.ends.items():
            if positions[at] < end:
                self.size = min(self.size, end - positions[at])
                return at, self.size
        return None

    def narrow(self, records: int) -> bool:
        """A piece of that many records failed. False when it was a single one, which is then the one at fault."""
        if records == 1:
            self.size = 1  # its neighbours may be no better
            return False
        self.size = max(1, records // 2)
        return True

    def widen(self) -> None:
        """The piece went through."""
        self.size *= 2
