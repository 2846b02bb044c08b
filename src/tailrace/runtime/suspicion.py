"""Finding the record at fault: a range of records that failed is read again in ever smaller pieces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tailrace.log.contract import TopicPartition
from tailrace.runtime.inbound import Intake


@dataclass
class Suspicion:
    """The partitions and offsets of a step that failed, and how many records to try at once.

    A piece that fails again is halved, and so is what is left of it when its first half goes through; behind it,
    each piece is twice as big as the last. So one bad record among n costs some 2 log n attempts, and its good
    neighbours go through.
    """

    ends: dict[TopicPartition, int]
    size: int
    guilty: tuple[TopicPartition, int] | None = None
    """Where the smallest piece ends that is known to fail."""

    @classmethod
    def of(cls, intake: Intake) -> Suspicion:
        """Suspect all that a failed step had read, a partition at a time, as a whole first."""
        return cls(intake.positions, max(part.batch.num_rows for part in intake.slices.values()))

    def next(self, positions: Mapping[TopicPartition, int]) -> tuple[TopicPartition, int] | None:
        """Which partition to read from next and how many records at most; None when all has been tried."""
        for at, end in self.ends.items():
            here = positions[at]
            if here < end:
                if self.guilty is not None and self.guilty[0] == at and here < self.guilty[1]:
                    return at, max(1, (self.guilty[1] - here) // 2)
                self.guilty = None
                return at, min(self.size, end - here)
        return None

    def narrow(self, intake: Intake) -> bool:
        """A piece failed. False when it was a single record, which is then the one at fault."""
        ((at, part),) = intake.slices.items()
        self.size = 1  # behind the one at fault, begin with a single record: its neighbours may be no better
        self.guilty = at, part.next
        return bool(part.batch.num_rows > 1)

    def widen(self) -> None:
        """The piece went through."""
        if self.guilty is None:
            self.size *= 2
