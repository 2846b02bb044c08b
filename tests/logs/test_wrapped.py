"""Logs in UTF-16 and in archives: read once, at any pace, across crashes, whatever they are wrapped in."""

from __future__ import annotations

import gzip
import logging
import os
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from made import FOLLOWED, tar
from tailrace.testkit.kit import Testkit

LONG = timedelta(seconds=40)  # longer than it takes to settle and to give out what is held


def lines(*numbers: int, filler: str = "") -> str:
    start = datetime(2026, 1, 5, 12, tzinfo=UTC)
    times = ((number, start + timedelta(seconds=number)) for number in range(*numbers))
    return "".join(f"{at:%Y-%m-%d %H:%M:%S},000 ERROR [main] a.B: number {n} {filler}\r\n" for n, at in times)


class Watched:
    """A directory that is watched, and what was read of it."""

    def __init__(self, place: Path, chunk: str = "16MiB") -> None:
        self.place = place
        settings = {"source": {"paths": [str(place)]}, "ingest": {"chunk": chunk}}
        self.kit = Testkit.from_blueprint(FOLLOWED, settings=settings, exhaust=False, now=datetime.now(UTC))

    def write(self, name: str, data: bytes) -> Path:
        with (self.place / name).open("ab") as file:
            file.write(data)
        return self.place / name

    def look(self) -> None:
        self.kit.advance("250ms")

    def settle(self) -> list[int]:
        """Let all be read and given out; the numbers, in order."""
        self.kit.advance(LONG)
        bodies = [each.body for each in self.kit.read("records")]
        return sorted(int(body.split()[1]) for body in bodies if body.startswith("number "))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched(tmp_path)
    yield found
    found.kit.close()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_growing_log_in_utf_16_is_read_once_wherever_it_is_cut_and_whenever_it_crashes(
    tmp_path: Path, encoding: str, after: bool
) -> None:
    watched = Watched(tmp_path, chunk="1KiB")
    data = ("\ufeff" + lines(60, filler="\U0001f525 ged\u00e4mpft")).encode(encoding)
    for number, at in enumerate(range(0, len(data), 733)):  # within characters, and within pairs of them
        watched.write("ERRORLOG", data[at : at + 733])
        if number % 5 == 2:
            watched.kit.log.crash_at_commit(skip=2, after=after)
        watched.look()
    assert watched.settle() == list(range(60))
    records = watched.kit.read("records")
    assert [each.line for each in records] == list(range(1, 61))
    assert [each.body for each in records][7] == "number 7 \U0001f525 ged\u00e4mpft"
    assert sum(each.bytes for each in watched.kit.read("volumes")) == len(data.decode(encoding).encode())
    watched.kit.close()


def test_a_log_in_utf_16_that_is_packed_after_it_was_read_is_not_read_again(watched: Watched) -> None:
    data = ("\ufeff" + lines(50)).encode("utf-16-le")
    path = watched.write("app.log", data)
    assert watched.settle() == list(range(50))
    path.unlink()
    watched.write("app.log.1.gz", gzip.compress(data + lines(50, 55).encode("utf-16-le")))
    assert watched.settle() == list(range(55))


def test_a_log_in_utf_16_that_was_copied_and_goes_on_is_read_on(watched: Watched) -> None:
    path = watched.write("app.log", ("\ufeff" + lines(50)).encode("utf-16-le"))
    watched.look()
    watched.write("app.log.1", path.read_bytes() + lines(50, 60).encode("utf-16-le"))
    path.write_bytes(("\ufeff" + lines(60, 70)).encode("utf-16-le"))
    assert watched.settle() == list(range(70))
    watched.write("app.log.1", lines(70, 75).encode("utf-16-le"))
    assert watched.settle() == list(range(75))


@pytest.mark.parametrize("chunk", ["16MiB", "1KiB"])
def test_each_file_in_a_tar_archive_is_a_log_of_its_own(tmp_path: Path, chunk: str) -> None:
    watched = Watched(tmp_path, chunk)
    files = {
        "bundle/orders.log": lines(50).encode(),
        "bundle/orders.log.1.gz": gzip.compress(lines(50, 100).encode()),
        "bundle/wtmp": os.urandom(2000),
        "bundle/billing/err.log": lines(100, 150).encode("utf-16"),
        "bundle/more.tar": tar({"x.log": b"x\n"}),
    }
    path = watched.write("bundle.log", gzip.compress(tar(files)))
    assert watched.settle() == list(range(150))
    found = {(each.app, each.uri.removeprefix(f"{path}!/bundle/")) for each in watched.kit.read("records")}
    assert found == {("orders", "orders.log"), ("orders", "orders.log.1.gz"), ("err", "billing/err.log")}
    path.unlink()
    assert watched.settle() == list(range(150))
    watched.kit.close()


def test_a_record_without_a_year_has_that_of_its_file_in_the_archive(watched: Watched) -> None:
    files = {"a.log": b"Dec 31 23:00:00 web app[1]: ERROR late\n" * 5, "b.log": b"x\n"}
    watched.write("old.tar", tar(files))
    watched.settle()
    assert {each.time.year for each in watched.kit.read("volumes") if each.app == "a"} == {2025}


def test_a_tar_archive_that_is_still_written_waits_for_its_end(watched: Watched) -> None:
    data = tar({"orders.log": lines(200).encode()})
    for at in range(0, len(data.rstrip(b"\0")), 3000):  # zeros at its end close it
        assert not watched.kit.read("records")
        watched.write("logs.tar", data[at : at + 3000])
        watched.look()
    watched.write("logs.tar", bytes(1024))
    assert watched.settle() == list(range(200))


def test_an_archive_cut_short_is_read_as_far_as_it_goes_and_told_once(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    data = tar({"orders.log": lines(100).encode(), "billing.log": lines(100, 900).encode()})
    with caplog.at_level(logging.WARNING, "tailrace"):
        watched.write("logs.tar", data[: len(data) // 2])
        found = watched.settle()
        watched.settle()
    assert found == list(range(len(found)))
    assert 100 < len(found) < 800
    assert [each.getMessage().partition("!/")[2] for each in caplog.records if "cut short" in each.getMessage()] == [
        "billing.log is cut short: what stands in it was read"
    ]


def test_a_large_archive_is_read_once_it_has_settled(watched: Watched) -> None:
    with zipfile.ZipFile(watched.place / "large.zip", "w") as archive:
        archive.writestr("noise.log", b"2026-01-05 12:00:00,000 INFO " + b"x" * (17 << 20) + b"\n")
        archive.writestr("orders.log", lines(5).encode())
    watched.look()
    assert not watched.kit.read("volumes")
    assert watched.settle() == list(range(5))


@pytest.mark.parametrize(
    ("head", "packing"), [(b"\x1f\x9d\x90", "compress"), (b"\x04\x22\x4d\x18", "lz4"), (b"7z\xbc\xaf\x27\x1c", "7-Zip")]
)
def test_what_is_packed_in_a_way_that_is_not_read_is_told_once(
    watched: Watched, caplog: pytest.LogCaptureFixture, head: bytes, packing: str
) -> None:
    watched.write("app.log.Z", head + os.urandom(3000))
    with caplog.at_level(logging.WARNING, "tailrace"):
        watched.settle()
        watched.settle()
    said = [each.getMessage() for each in caplog.records]
    assert said == [f"{watched.place}/app.log.Z is packed with {packing}, which is not read"]
    assert not watched.kit.read("volumes")


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("head", [b"\x7fELF", b"\x89PNG\r\n\x1a\n", b"LPKSHHRH", b""])
def test_noise_is_not_taken_for_a_log(watched: Watched, head: bytes, seed: int) -> None:
    watched.write("file", head + os.urandom(5000))
    watched.write("app.log", lines(3).encode())
    assert watched.settle() == [0, 1, 2]
    assert sum(each.lines for each in watched.kit.read("volumes")) == 3


def test_text_in_another_encoding_of_one_byte_a_character_is_read(watched: Watched) -> None:
    watched.write("app.log", lines(5, filler="Donn\u00e9es d\u00e9pass\u00e9es").encode("latin-1"))
    assert watched.settle() == list(range(5))
