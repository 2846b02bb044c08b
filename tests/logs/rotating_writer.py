"""A writer that rotates its log without rest. Not a test: see test_rotating.py.

    rotating_writer.py DIRECTORY ROTATIONS SECONDS [pack]

writes ten numbered lines at a time to app.log and rotates it, with three kept and the rest deleted; with `pack` the
third is packed. Ends with the number of lines on standard output.
"""

from __future__ import annotations

import gzip
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

LINES = 10
KEPT = 3


def main(place: Path, rotations: int, seconds: float, pack: bool) -> None:
    for turn in range(rotations):
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S},000"
        with (place / "app.log").open("a") as file:
            for number in range(turn * LINES, (turn + 1) * LINES):
                file.write(f"{now} ERROR [main] a.B: number {number}\n")
                file.flush()
        time.sleep(seconds)
        rotate(place, pack)
    sys.stdout.write(str(rotations * LINES))


def rotate(place: Path, pack: bool) -> None:
    """Every file moves on by one; the last of them goes."""
    last = place / (f"app.log.{KEPT}.gz" if pack else f"app.log.{KEPT}")
    last.unlink(missing_ok=True)
    before = place / f"app.log.{KEPT - 1}"
    if before.exists() and pack:
        with gzip.open(last, "wb") as packed:
            packed.write(before.read_bytes())
        before.unlink()
    elif before.exists():
        before.rename(last)
    for number in range(KEPT - 2, 0, -1):
        if (each := place / f"app.log.{number}").exists():
            each.rename(place / f"app.log.{number + 1}")
    (place / "app.log").rename(place / "app.log.1")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), "pack" in sys.argv[4:])
