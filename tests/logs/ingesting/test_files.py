"""A large file is read through the ingestor by other processes too, and each of its lines counts once."""

from __future__ import annotations

import gzip
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tailrace.connect.hands import Hands, Work
from tailrace.logs.ingest import FileIngestor
from tailrace.logs.ingesting.abreast import Large
from tailrace.logs.records import Notification
from tailrace.testkit.kit import StreamletKit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
LINES = 30_000
LARGE = Large(left=1 << 19, seen=1 << 19, piece=1 << 17)


class Watched(Hands):
    """Counts the pieces that are given to it, and kills one of its processes with the piece of a number."""

    def __init__(self) -> None:
        super().__init__(2, LARGE.piece + (1 << 17), "tailrace.logs.ingesting.abreast")
        self.given, self.fatal = 0, -1

    def start(self, begin: int, end: int, function: Callable[..., Any], *arguments: Any) -> Work:
        self.given += 1
        if self.given == self.fatal:
            os.kill(self.processes[0], signal.SIGKILL)
        return super().start(begin, end, function, *arguments)

    def prepare(self) -> None:
        limit = time.monotonic() + 60
        while not self.ready:
            assert time.monotonic() < limit
            time.sleep(0.01)


class Ingestor(FileIngestor):
    """One to which a small file is large."""

    large: ClassVar[Large] = LARGE
    hands: ClassVar[Watched]

    def make_hands(self) -> Hands:
        return self.hands


@pytest.fixture
def hands() -> Iterator[Watched]:
    Ingestor.hands = Watched()
    try:
        Ingestor.hands.prepare()
        yield Ingestor.hands
    finally:
        Ingestor.hands.close()


def line(number: int) -> str:
    level = "ERROR" if number % 9 == 0 else "INFO"
    return f"2026-01-05 10:{number // 600:02}:{number // 10 % 60:02},123 {level} [t] a.B: order {number}\n"


def read(path: Path, pack: Callable[[bytes], bytes] = bytes) -> tuple[list[int], Counter[str], int]:
    """The numbers of the lines of the records, how many there are of each level, and the bytes too many."""
    text = "".join(line(number) for number in range(LINES)).encode()
    path.write_bytes(pack(text))
    status = path.stat()
    notice = Notification(
        app="orders",
        uri=str(path),
        identity=f"{status.st_dev:x}.{status.st_ino:x}-1",
        size=status.st_size,
        modified=NOON,
        complete=True,
        gone=False,
    )
    with StreamletKit(Ingestor, {"chunk": "256KiB"}, exhaust=False, now=NOON) as kit:
        kit.send("notifications", [notice])
        kit.run()
        levels: Counter[str] = Counter()
        for volume in kit.read("volumes"):
            levels[volume.level] += volume.lines
        bodies = [(record.line, record.body) for record in kit.read("records")]
        assert all(body == f"order {number - 1}" for number, body in bodies)
        return (
            [number for number, _ in bodies],
            levels,
            sum(volume.bytes for volume in kit.read("volumes")) - len(text),
        )


EXPECTED = (
    list(range(1, LINES + 1, 9)),
    Counter(ERROR=(LINES + 8) // 9, INFO=LINES - (LINES + 8) // 9),
    0,
)


def test_a_large_file_is_read_by_other_processes_and_each_line_counts_once(hands: Watched, tmp_path: Path) -> None:
    assert read(tmp_path / "orders.log") == EXPECTED
    assert hands.given > 8


@pytest.mark.parametrize("level", [0, 6])
def test_so_is_what_is_packed_whether_its_size_tells_how_large_it_is_or_not(
    hands: Watched, tmp_path: Path, level: int
) -> None:
    assert read(tmp_path / "orders.log.gz", partial(gzip.compress, compresslevel=level)) == EXPECTED
    assert hands.given > 4


def test_a_process_that_is_killed_in_the_middle_loses_no_line_and_none_counts_twice(
    hands: Watched, tmp_path: Path
) -> None:
    hands.fatal = 6
    assert read(tmp_path / "orders.log") == EXPECTED
    assert hands.given >= hands.fatal
