"""The ingestor reads each byte once, whatever happens to the file or to itself."""

from __future__ import annotations

import gzip
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailrace.logs.ingest import FileIngestor
from tailrace.logs.records import Notification
from tailrace.logs.source import DirectorySource
from tailrace.testkit.kit import StreamletKit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def notice_of(path: Path, *, complete: bool = True, gone: bool = False, serial: int = 1) -> Notification:
    status = path.stat()
    return Notification(
        app=path.stem,
        uri=str(path),
        identity=f"{status.st_dev:x}.{status.st_ino:x}-{serial}",
        size=status.st_size,
        modified=NOON,
        complete=complete,
        gone=gone,
    )


@pytest.fixture
def kit() -> Iterator[StreamletKit]:
    with StreamletKit(FileIngestor, exhaust=False, now=NOON) as kit:
        yield kit


class Reader:
    """A source and an ingestor on one directory, the second fed by the first."""

    def __init__(self, place: Path, **ingest: Any) -> None:
        self.place = place
        often = {"paths": [str(place)], "poll": "500ms", "linger": "1s"}
        self.source = StreamletKit(DirectorySource, often, exhaust=False, now=NOON)
        self.ingest = StreamletKit(FileIngestor, ingest, exhaust=False, now=NOON)
        self._passed = 0

    def write(self, name: str, data: bytes, mode: str = "ab") -> Path:
        path = self.place / name
        with path.open(mode) as file:
            file.write(data)
        os.utime(path, (self.source.now.timestamp(),) * 2)
        return path

    def announce(self) -> None:
        self.source.advance("500ms")
        notices = self.source.read("notifications")
        self.ingest.send("notifications", notices[self._passed :])
        self._passed = len(notices)

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.announce()
            self.ingest.advance("500ms")

    @property
    def bodies(self) -> list[str]:
        return [each.body for each in self.ingest.read("records")]


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def test_records_and_volumes_come_with_their_app_and_place(kit, tmp_path, line, by_level):
    path = tmp_path / "orders.log"
    path.write_bytes(line(1, "INFO") + line(2, "ERROR", "card refused") + line(3, "WARN"))
    kit.send("notifications", [notice_of(path)])
    kit.run()
    error, warning = kit.read("records")
    assert (error.app, error.uri, error.line, error.offset) == ("orders", str(path), 2, len(line(1, "INFO")))
    assert (error.body, error.level, warning.level) == ("card refused", "ERROR", "WARN")
    assert error.time == NOON + timedelta(seconds=2)
    assert by_level(kit.read("volumes")) == {"INFO": 1, "ERROR": 1, "WARN": 1}


def test_a_repeated_notification_changes_nothing(kit, tmp_path, line):
    path = tmp_path / "a.log"
    path.write_bytes(line(1, "ERROR"))
    kit.send("notifications", [notice_of(path)])
    kit.run()
    kit.send("notifications", [notice_of(path), notice_of(path)])
    kit.run()
    assert len(kit.read("records")) == 1


def test_a_file_is_read_on_where_the_last_reading_ended(reader, line, by_level):
    reader.write("a.log", line(1, "ERROR", "one"))
    reader.look()
    reader.write("a.log", line(2, "ERROR", "two") + line(3, "INFO"))
    reader.look(times=8)
    assert reader.bodies == ["one", "two"]
    assert by_level(reader.ingest.read("volumes")) == {"ERROR": 2, "INFO": 1}


def test_half_a_line_is_held_and_completed_once(reader, line):
    whole = line(2, "ERROR", "cut in the middle")
    reader.write("a.log", line(1, "INFO") + whole[:40])
    reader.look(times=8)  # long enough for the pause, too short to settle
    assert reader.bodies == []
    reader.write("a.log", whole[40:])
    reader.look(times=8)
    assert reader.bodies == ["cut in the middle"]


def test_a_last_line_without_a_newline_counts_once_the_file_has_settled(reader, line):
    reader.write("a.log", line(1, "ERROR", "the last words")[:-1])
    reader.look(times=30)
    assert reader.bodies == ["the last words"]


def test_the_last_record_is_given_out_after_the_pause(reader, line):
    reader.write("a.log", line(1, "ERROR", "alone"))
    reader.look()
    assert reader.bodies == []
    assert reader.ingest.streamlet("streamlet").pending()
    reader.look(times=5)
    assert reader.bodies == ["alone"]
    assert not reader.ingest.streamlet("streamlet").pending()


def test_an_unfinished_line_does_not_keep_a_pipeline_waiting(reader, line):
    reader.write("a.log", line(1, "INFO") + b"half")
    reader.look(times=8)
    assert not reader.ingest.streamlet("streamlet").pending()


def test_a_stack_trace_in_two_notifications_is_one_record(reader, line):
    reader.write("a.log", line(1, "ERROR", "boom") + b"java.lang.Error: x\n\tat a.B.c(B.java:1)\n")
    reader.look()
    reader.write("a.log", b"\tat d.E.f(E.java:2)\n" + line(2, "INFO"))
    reader.look(times=8)
    assert reader.bodies == ["boom\njava.lang.Error: x\n\tat a.B.c(B.java:1)\n\tat d.E.f(E.java:2)"]


@pytest.mark.parametrize("chunk", ["1B", "7B", "64B", "1KiB"])
def test_the_size_of_chunks_does_not_matter(tmp_path, line, by_level, chunk):
    path = tmp_path / "a.log"
    path.write_bytes(
        b"".join(line(n, "ERROR" if n % 3 else "INFO", f"m{n}") + b"  at x\n" * (n % 2) for n in range(12))
    )
    kit = StreamletKit(FileIngestor, {"chunk": chunk}, now=NOON)
    kit.send("notifications", [notice_of(path)])
    kit.run()
    assert [each.body.split("\n")[0] for each in kit.read("records")] == [f"m{n}" for n in range(12) if n % 3]
    assert by_level(kit.read("volumes")) == {"ERROR": 8, "INFO": 4}
    assert sum(each.bytes for each in kit.read("volumes")) == path.stat().st_size


@given(skip=st.integers(0, 40), after=st.booleans(), chunk=st.sampled_from(["16B", "100B", "1KiB"]))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_crash_at_any_commit_loses_no_byte_and_counts_none_twice(tmp_path, line, by_level, skip, after, chunk):
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(line(n, "WARN" if n % 2 else "DEBUG", f"m{n}") for n in range(20)))
    kit = StreamletKit(FileIngestor, {"chunk": chunk}, now=NOON)
    kit.send("notifications", [notice_of(path)])
    kit.log.crash_at_commit(skip=skip, after=after)
    kit.run()
    assert [each.body for each in kit.read("records")] == [f"m{n}" for n in range(1, 20, 2)]
    assert by_level(kit.read("volumes")) == {"WARN": 10, "DEBUG": 10}
    assert sum(each.bytes for each in kit.read("volumes")) == path.stat().st_size


def test_a_rewritten_file_is_read_from_its_start(reader, line):
    reader.write("a.log", line(1, "ERROR", "first") * 3)
    reader.look(times=6)
    reader.write("a.log", line(1, "ERROR", "second"), mode="wb")
    reader.look(times=6)
    assert reader.bodies == ["first", "first", "first", "second"]


def test_a_moved_file_is_read_once(reader, line):
    path = reader.write("a.log", line(1, "ERROR", "first"))
    reader.look()
    path.rename(path.with_suffix(".log.1"))
    reader.look(times=8)
    assert reader.bodies == ["first"]


def test_what_is_held_of_a_deleted_file_is_given_out(reader, line):
    path = reader.write("a.log", line(1, "ERROR", "one") + line(2, "ERROR", "no newline")[:-1])
    reader.look()
    path.unlink()
    reader.look(times=4)
    assert reader.bodies == ["one", "no newline"]


def test_little_is_remembered_of_a_file(reader, line):
    reader.write("a.log", line(1, "ERROR") * 10_000)
    reader.look(times=8)
    (entry,) = reader.ingest.streamlet("streamlet").seat.state.values()
    assert len(entry) < 1000


def test_a_file_that_vanished_before_it_was_read_is_told_and_the_others_are_read(kit, tmp_path, line, caplog):
    gone, there = tmp_path / "gone.log", tmp_path / "there.log"
    for path in (gone, there):
        path.write_bytes(line(1, "ERROR", path.stem))
    kit.send("notifications", [notice_of(gone), notice_of(there)])
    gone.unlink()
    with caplog.at_level(logging.WARNING, "tailrace"):
        kit.run()
    assert [each.body for each in kit.read("records")] == ["there"]
    assert "vanished before it was read" in caplog.text


def test_bytes_of_a_deleted_file_that_were_never_read_are_told(kit, tmp_path, line, caplog):
    path = tmp_path / "a.log"
    path.write_bytes(line(1, "ERROR"))
    notice = notice_of(path, gone=True)
    path.unlink()
    kit.send("notifications", [notice])
    with caplog.at_level(logging.WARNING, "tailrace"):
        kit.run()
    assert f"a.log went with {notice.size} bytes unread" in caplog.text


def test_a_file_that_was_rewritten_before_it_was_read_is_left_to_its_next_notification(reader, line):
    reader.write("a.log", line(1, "ERROR", "first") * 3)
    reader.announce()
    reader.write("a.log", line(1, "ERROR", "other") * 4, mode="wb")
    reader.look(times=8)
    assert reader.bodies == ["other"] * 4


def test_a_file_that_becomes_shorter_while_it_is_read_is_read_as_far_as_it_goes(kit, tmp_path, line, caplog):
    path = tmp_path / "a.log"
    path.write_bytes(line(1, "ERROR", "one") + line(2, "ERROR", "two"))
    notice = notice_of(path)
    os.truncate(path, len(line(1, "ERROR", "one")))
    kit.send("notifications", [notice])
    with caplog.at_level(logging.WARNING, "tailrace"):
        kit.advance("5s")
    assert [each.body for each in kit.read("records")] == ["one"]
    assert "became shorter" in caplog.text


def test_a_file_that_cannot_be_read_is_set_aside_with_a_sentence_and_the_others_go_on(kit, tmp_path, line):
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(line(1, "ERROR", "fine"))
    good = notice_of(tmp_path / "a.log")
    bad = Notification(**{**vars(good), "identity": "1.1-9", "uri": str(tmp_path / ("x" * 300))})
    kit.send("notifications", [good, bad, notice_of(tmp_path / "b.log")])
    kit.run()
    (letter,) = kit.dead_letters()
    assert letter.reason == f"cannot read {bad.uri}: File name too long"
    kit.advance("5s")
    assert [each.body for each in kit.read("records")] == ["fine", "fine"]


def test_an_empty_file_gives_nothing(kit, tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"")
    kit.send("notifications", [notice_of(path)])
    kit.advance("5s")
    assert kit.read("records") == kit.read("volumes") == []


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (b"2026-01-05 12:00:01,000 ERROR [m] a.B: bad \xff\xfe bytes\n", "bad ÿþ bytes"),
        (b"2026-01-05 12:00:01,000 ERROR [m] a.B: a \x00 in it\n", "a \x00 in it"),
        (b"2026-01-05 12:00:01,000 ERROR [m] a.B: from Windows\r\n", "from Windows"),
    ],
    ids=["not UTF-8", "NUL", "CRLF"],
)
def test_odd_bytes_do_no_harm(kit, tmp_path, data, body, by_level):
    path = tmp_path / "a.log"
    path.write_bytes(data * 3)
    kit.send("notifications", [notice_of(path)])
    kit.run()
    assert [each.body for each in kit.read("records")] == [body] * 3
    assert by_level(kit.read("volumes")) == {"ERROR": 3}


def test_times_without_a_date_go_by_the_date_in_the_name_over_midnight(kit, tmp_path):
    path = tmp_path / "app-2026-01-03.log"
    path.write_bytes(b"23:59:59.000 [main] ERROR a.B - before\n00:00:01.000 [main] ERROR a.B - after\n")
    kit.send("notifications", [notice_of(path)])
    kit.run()
    assert [each.time.isoformat() for each in kit.read("records")] == [
        "2026-01-03T23:59:59+00:00",
        "2026-01-04T00:00:01+00:00",
    ]


def test_times_without_a_date_go_by_the_modification_over_midnight_and_a_restart(tmp_path):
    reader = Reader(tmp_path)
    for kit in (reader.source, reader.ingest):
        kit.now = datetime(2026, 1, 5, 23, 59, 50, tzinfo=UTC)
    reader.write("app.log", b"23:59:49.000 [main] ERROR a.B - before\n")
    reader.look(times=4)
    reader.ingest.restart()
    reader.look(times=20)
    reader.write("app.log", b"00:00:01.000 [main] ERROR a.B - after\n")
    reader.look(times=8)
    assert [each.time.isoformat() for each in reader.ingest.read("records")] == [
        "2026-01-05T23:59:49+00:00",
        "2026-01-06T00:00:01+00:00",
    ]


@pytest.mark.parametrize("chunk", ["16MiB", "100B"])
def test_days_that_stand_in_a_file_without_dates_are_counted_back_from_its_modification(tmp_path, chunk):
    path = tmp_path / "app.log"
    path.write_bytes(b"".join(b"%02d:30:00.000 [main] ERROR a.B - x\n" % (hour % 24) for hour in range(11, 60)))
    with StreamletKit(FileIngestor, {"chunk": chunk}, exhaust=False, now=NOON) as kit:
        kit.send("notifications", [notice_of(path)])
        kit.run()
        times = [each.time for each in kit.read("records")]
    assert (times[0], times[-1]) == (NOON - timedelta(hours=48, minutes=30), NOON - timedelta(minutes=30))


def test_a_zone_holds_for_times_that_name_none(tmp_path, line):
    path = tmp_path / "a.log"
    path.write_bytes(line(0, "ERROR"))
    kit = StreamletKit(FileIngestor, {"zone": "Europe/Berlin"}, now=NOON)
    kit.send("notifications", [notice_of(path)])
    kit.run()
    assert kit.read("records")[0].time == NOON - timedelta(hours=1)


def test_a_time_in_the_far_future_is_not_believed(kit, tmp_path, line, caplog, by_level):
    path = tmp_path / "a.log"
    path.write_bytes(line(1, "ERROR", "now") + line(2, "ERROR", "then").replace(b"2026", b"2099") + line(3, "INFO"))
    kit.send("notifications", [notice_of(path)])
    with caplog.at_level(logging.WARNING, "tailrace"):
        kit.run()
    assert [each.time for each in kit.read("records")] == [NOON + timedelta(seconds=1), NOON]
    assert max(each.time for each in kit.read("volumes")) < NOON + timedelta(hours=1)
    assert by_level(kit.read("volumes")) == {"ERROR": 2, "INFO": 1}
    assert "1 records from the future were put in the present" in caplog.text


def test_a_file_that_is_announced_again_is_read_before_its_packed_copy_all_the_same(kit, tmp_path, line):
    path, copy = tmp_path / "a.log.1", tmp_path / "a.log.1.gz"
    path.write_bytes(line(1, "ERROR", "card refused") + line(2, "ERROR", "card expired"))
    copy.write_bytes(gzip.compress(path.read_bytes()))
    original, packed = (replace(notice_of(each), app="a") for each in (path, copy))
    kit.send("notifications", [original, packed, original])
    kit.run()
    assert [each.body for each in kit.read("records")] == ["card refused", "card expired"]


def test_files_are_counted_once_since_the_start_if_there_is_something_to_read_of_them(kit, tmp_path, line):
    path, other = tmp_path / "a.log", tmp_path / "b.log"
    for each in (path, other):
        each.write_bytes(line(1, "ERROR"))
    kit.send("notifications", [notice_of(path), notice_of(other)])
    kit.run()
    kit.send("notifications", [notice_of(path)])
    kit.restart()
    with path.open("ab") as file:
        for number in (2, 3):
            file.write(line(number, "ERROR"))
            file.flush()
            kit.send("notifications", [notice_of(path)])
            kit.run()
    assert kit.streamlet("streamlet").metrics.tallies["files"] == 1


def test_files_that_were_announced_before_a_restart_and_not_read_are_counted(kit, tmp_path, line):
    (path := tmp_path / "a.log").write_bytes(line(1, "ERROR"))
    kit.send("notifications", [notice_of(path)])
    kit.restart()
    kit.run()
    assert kit.streamlet("streamlet").metrics.tallies["files"] == 1
