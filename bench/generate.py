"""How fast log files are generated, beside a plain write of the same bytes.

    python bench/generate.py [--lines 3000000] [--directory DIR]

For each format: MB/s in memory, MB/s into files, MB/s of writing the same bytes from memory, and the time of the second
over that of the third. All are taken in one run, the best of three, for the disk's mood changes from run to run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tailrace.logs.generating.chunks import generate_chunks
from tailrace.logs.generating.files import generate_files
from tailrace.logs.generating.settings import FORMAT_NAMES, GeneratorSettings

ROUNDS = 3
PIECE = 2 << 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=3_000_000)
    parser.add_argument("--directory", type=Path)
    asked = parser.parse_args()
    print(f"{'format':<24}{'MB':>7}{'memory MB/s':>13}{'files MB/s':>12}{'plain write MB/s':>18}{'time ratio':>12}")
    for name in FORMAT_NAMES:
        measure(name, GeneratorSettings(format=name, count=asked.lines), asked.directory)
    traced = GeneratorSettings(count=asked.lines, stack_traces=0.5)
    measure("logback, stack traces", traced, asked.directory)
    measure("logback, phrases", GeneratorSettings(count=asked.lines, messages="phrases"), asked.directory)
    four = GeneratorSettings(apps=("a", "b", "c", "d"), count=asked.lines // 4)
    measure("logback, four apps", four, asked.directory)


def measure(name: str, settings: GeneratorSettings, parent: Path | None) -> None:
    with tempfile.TemporaryDirectory(dir=parent) as directory:
        place = Path(directory)
        sizes = []
        memory = best(lambda: sizes.append(sum(int(chunk.offsets[-1]) for chunk in generate_chunks(settings))))
        files = best(lambda: generate_files(settings, place), before=lambda: clear(place))
        data = b"".join(path.read_bytes() for path in place.iterdir())
        plain = best(lambda: write(data, place / "plain"), before=lambda: clear(place))
    megabytes = sizes[0] / 1e6
    rates = f"{megabytes / memory:>13.0f}{megabytes / files:>12.0f}{megabytes / plain:>18.0f}"
    print(f"{name:<24}{megabytes:>7.0f}{rates}{files / plain:>12.1f}")


def best(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Seconds of the fastest of some rounds, without what goes before each."""
    times = []
    for _ in range(ROUNDS):
        before()
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def clear(directory: Path) -> None:
    for path in directory.iterdir():
        path.unlink()


def write(data: bytes, path: Path) -> None:
    view = memoryview(data)
    with path.open("wb") as file:
        for start in range(0, len(view), PIECE):
            file.write(view[start : start + PIECE])


if __name__ == "__main__":
    main()
