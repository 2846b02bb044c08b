"""Logs that are rotated, cut off, moved and deleted while they are read: every line comes once."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from made import FOLLOWED
from tailrace.connect.descriptors import SHARED
from tailrace.testkit.kit import Testkit

LONG = timedelta(seconds=40)  # longer than it takes to settle, to linger and to give out what is held


def line(number: int, filler: str = "") -> bytes:
    """A line that is like no other."""
    at = datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(milliseconds=number)
    return f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} ERROR [main] a.B: number {number} {filler}\n".encode()


def lines(*numbers: int) -> bytes:
    return b"".join(line(number) for number in range(*numbers))


class Tail:
    """A directory that is watched, and the numbers of the lines that were read so far."""

    made: ClassVar[list[Tail]] = []

    def __init__(self, place: Path, paths: list[str] | None = None, **settings: Any) -> None:
        self.place = place
        source = {"paths": paths or [str(place)], "linger": "20s", **settings.pop("source", {})}
        self.kit = Testkit.from_blueprint(
            FOLLOWED, settings={"source": source, "ingest": settings}, exhaust=False, now=datetime.now(UTC)
        )
        self.made.append(self)

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.kit.advance("250ms")

    def settle(self) -> list[int]:
        """Let all be read and given out; the numbers, in order."""
        self.kit.advance(LONG)
        return self.numbers

    @property
    def bodies(self) -> list[str]:
        return [each.body for each in self.kit.read("records")]

    @property
    def numbers(self) -> list[int]:
        return sorted(int(body.split()[1]) for body in self.bodies if body.startswith("number "))

    def write(self, name: str, data: bytes, mode: str = "ab") -> Path:
        path = self.place / name
        with path.open(mode) as file:
            file.write(data)
        return path


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Hold no files open beyond a test."""
    yield
    while Tail.made:
        Tail.made.pop().kit.close()


@pytest.fixture
def tail(tmp_path: Path) -> Tail:
    return Tail(tmp_path)


@pytest.fixture
def narrow(tmp_path: Path) -> Tail:
    """Only `app.log` is watched: what it is renamed to is out of sight."""
    return Tail(tmp_path, [str(tmp_path / "app.log")])


def cut_off(path: Path, copy: str | None = None) -> None:
    """Rotate as logrotate does with `copytruncate`."""
    if copy is not None:
        shutil.copyfile(path, path.with_name(copy))
    os.truncate(path, 0)


def while_looking(tail: Tail, work: Callable[[], Iterator[None]]) -> None:
    """Do some work in a thread, and look in real time; where the work yields it waits for a look to begin and end."""
    looked = threading.Semaphore(0)

    def run() -> None:
        for _ in work():
            while looked.acquire(blocking=False):
                pass
            for _ in range(2):
                looked.acquire(timeout=10)

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        due = tail.kit.streamlet("source").next_timer()
        tail.kit.now = datetime.now(UTC)  # no faster: a file that is written to would seem to rest
        tail.kit.run()
        if tail.kit.streamlet("source").next_timer() != due:
            looked.release()
    thread.join()


def stop(tail: Tail) -> None:
    """Stop, so that nothing is held open; the next look starts anew."""
    for stepper in ("source", "ingest"):
        tail.kit.streamlet(stepper).stop()


def used_again(tail: Tail, inode: int) -> Path:
    """A new file that the system gave the number of a deleted one, which another process may have taken meanwhile."""
    for n in range(2_000):
        again = tail.write(f"other-{n}.log", b"")
        if again.stat().st_ino == inode:
            return again
    pytest.skip("this file system does not use inodes again")


# -- copytruncate -----------------------------------------------------------------------------------------------


def test_what_was_written_between_the_last_look_and_the_copy_is_read_from_the_copy(tail):
    path = tail.write("app.log", lines(0, 50))
    tail.look(2)
    tail.write("app.log", lines(50, 60))
    cut_off(path, "app.log.1")
    tail.write("app.log", lines(60, 70))
    assert tail.settle() == list(range(70))


def test_a_copy_that_is_seen_before_the_original_is_cut_off_is_not_read(tail):
    path = tail.write("app.log", lines(0, 100))
    tail.look(2)
    tail.write("app.log", lines(100, 110))
    shutil.copyfile(path, path.with_name("app.log.1"))
    tail.write("app.log", lines(110, 120))
    tail.look(3)
    os.truncate(path, 0)
    tail.write("app.log", lines(120, 130))
    assert tail.settle() == list(range(130))


def test_a_copy_that_grows_while_it_is_made_is_not_read_twice(tail):
    path = tail.write("app.log", lines(0, 500))
    tail.look(2)
    data = path.read_bytes() + lines(500, 510)
    for begin in range(0, len(data), 8192):
        tail.write("app.log.1", data[begin : begin + 8192])
        tail.look()
    cut_off(path)
    assert tail.settle() == list(range(510))


def test_half_a_line_that_the_copy_completes_is_one_record(tail):
    path = tail.write("app.log", lines(0, 50) + line(50)[:30])
    tail.look(2)
    tail.write("app.log", line(50)[30:] + lines(51, 55))
    cut_off(path, "app.log.1")
    tail.write("app.log", lines(55, 60))
    assert tail.settle() == list(range(60))


@pytest.mark.parametrize("gap", [0, 7])
def test_a_writer_that_goes_on_during_copytruncate_loses_only_what_no_file_has(tmp_path, gap):
    tail = Tail(tmp_path, source={"poll": "20ms"})
    path = tail.place / "app.log"
    path.touch()

    def work() -> Iterator[None]:
        number = 0
        with path.open("ab", buffering=0) as file:
            for round_ in range(8):
                for each in range(150):
                    file.write(line(number))
                    number += 1
                    if each in (60, 120):
                        yield
                shutil.copyfile(path, path.with_name(f"app.log.{round_}"))
                for _ in range(gap):  # the writer does not wait for the rotation
                    file.write(line(number))
                    number += 1
                os.truncate(path, 0)
            for _ in range(10):
                file.write(line(number))
                number += 1

    while_looking(tail, work)
    found = tail.settle()
    kept = {int(each.split()[6]) for file in tail.place.iterdir() for each in file.read_text().splitlines()}
    assert kept <= set(found)
    assert len(found) == len(set(found))


def test_copytruncate_while_tailrace_is_down_loses_and_repeats_nothing(tail):
    path = tail.write("app.log", lines(0, 50))
    tail.look(12)
    tail.kit.restart()
    tail.write("app.log", lines(50, 80))
    cut_off(path, "app.log.1")
    tail.write("app.log", lines(80, 90))
    assert tail.settle() == list(range(90))


def test_a_writer_that_goes_on_at_its_old_place_leaves_a_hole_that_is_passed_over(tail):
    path = tail.place / "app.log"
    with path.open("wb", buffering=0) as file:
        file.write(lines(0, 2000))
        tail.look(2)
        os.truncate(path, 0)
        file.write(lines(2000, 2003))
        tail.look(2)
        file.write(lines(2003, 2005))
        assert tail.settle() == list(range(2005))
    assert path.stat().st_size > 100_000


def test_without_a_copy_in_sight_what_was_read_before_stays_and_what_comes_after_is_read(narrow):
    path = narrow.write("app.log", lines(0, 50))
    narrow.look(2)
    cut_off(path, "app.log.1")
    narrow.write("app.log", lines(50, 60))
    assert narrow.settle() == list(range(60))


# -- renaming ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("only", [True, False], ids=["only its name is watched", "the directory is watched"])
def test_a_log_that_is_renamed_and_made_anew_is_read_to_its_end(tmp_path, only):
    tail = Tail(tmp_path, [str(tmp_path / "app.log")] if only else None)
    with (tmp_path / "app.log").open("ab", buffering=0) as file:
        file.write(lines(0, 10))
        tail.look(2)
        file.write(lines(10, 20))
        (tmp_path / "app.log").rename(tmp_path / "app.log.1")
        tail.write("app.log", lines(100, 110))
        tail.look(2)
        file.write(lines(20, 30))  # the writer has not noticed yet
        tail.look(8)
        file.write(lines(30, 40))
        tail.look(8)
    tail.write("app.log", lines(110, 120))
    assert tail.settle() == [*range(40), *range(100, 120)]


def test_files_that_are_rotated_fast_are_read_once(tmp_path):
    tail = Tail(tmp_path, source={"poll": "20ms"})

    def work() -> Iterator[None]:
        for number in range(0, 2000, 50):
            with (tail.place / "app.log").open("ab") as file:
                file.write(lines(number, number + 50))
            for place in range(70, 0, -1):
                if (each := tail.place / f"app.log.{place}").exists():
                    each.rename(tail.place / f"app.log.{place + 1}")
            (tail.place / "app.log").rename(tail.place / "app.log.1")
            if number % 400 == 0:
                yield

    while_looking(tail, work)
    assert tail.settle() == list(range(2000))


def test_logs_that_go_out_of_sight_at_every_look_are_read_to_their_ends(narrow):
    path = narrow.place / "app.log"
    for number in range(0, 150, 10):
        with path.open("ab", buffering=0) as file:
            file.write(lines(number, number + 5))
            narrow.look(4)  # one of them is a look, also where the last took long
            file.write(lines(number + 5, number + 10))
        path.rename(path.with_name(f"old.{number}"))
    assert narrow.settle() == list(range(150))


def test_a_file_replaced_by_a_shorter_one_is_read_to_its_end_and_so_is_the_other(narrow):
    narrow.write("app.log", lines(0, 50))
    narrow.look(2)
    narrow.write("app.log", lines(50, 60))
    narrow.write("draft", lines(100, 105)).rename(narrow.place / "app.log")
    narrow.look(2)
    narrow.write("app.log", lines(105, 110))
    assert narrow.settle() == [*range(60), *range(100, 110)]


def test_a_log_that_is_replaced_by_a_longer_copy_of_itself_is_read_on(tail):
    for number in range(100, 500, 100):
        tail.write(".app.log.Xq8zT1", lines(0, number)).rename(tail.place / "app.log")
        tail.look(4)
        assert len(tail.numbers) >= number - 1  # at once, the last may be held
    assert tail.settle() == list(range(400))


def test_a_log_without_dates_that_replaces_another_is_read_from_its_start(tail):
    same = b"ERROR cannot bind to the port\nERROR giving up, there is nothing more to do\n" * 3
    for _ in range(3):
        tail.write("draft", same)
        (tail.place / "draft").rename(tail.place / "app.log")
        tail.settle()
    assert len(tail.bodies) == 18


@pytest.mark.parametrize("through_link", [False, True], ids=["by its path", "by a link"])
def test_a_log_that_is_renamed_out_of_sight_while_tailrace_is_down_is_read_to_its_end(tmp_path, through_link):
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "app.log"
    link.symlink_to(tmp_path / "app.log")
    tail = Tail(tmp_path, [str(link if through_link else tmp_path / "app.log")])
    tail.write("app.log", lines(0, 50))
    tail.look(12)
    stop(tail)
    tail.write("app.log", lines(50, 60)).rename(tmp_path / "app.log.1")
    tail.write("app.log", lines(100, 110))
    tail.look(2)
    tail.write("app.log.1", lines(60, 70))  # the writer has not noticed yet
    assert tail.settle() == [*range(70), *range(100, 110)]


def test_what_has_the_number_of_a_log_that_is_gone_is_not_read_unless_it_is_watched(narrow):
    path = narrow.write("app.log", lines(0, 20))
    inode = path.stat().st_ino
    narrow.look(12)
    stop(narrow)
    path.unlink()
    used_again(narrow, inode).write_bytes(lines(100, 160))
    assert narrow.settle() == list(range(20))


def test_a_link_that_is_moved_brings_the_other_file_and_the_rest_of_the_first(tmp_path, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    tail = Tail(tmp_path)
    current = tmp_path / "current.log"
    (elsewhere / "1").write_bytes(lines(0, 10))
    current.symlink_to(elsewhere / "1")
    tail.look(2)
    with (elsewhere / "1").open("ab") as file:
        file.write(lines(10, 20))
    (elsewhere / "2").write_bytes(lines(100, 110))
    current.unlink()
    current.symlink_to(elsewhere / "2")
    tail.look(2)
    with (elsewhere / "1").open("ab") as file:
        file.write(lines(20, 30))
    assert tail.settle() == [*range(30), *range(100, 110)]


# -- deletion ---------------------------------------------------------------------------------------------------


def test_what_is_written_to_a_deleted_file_that_is_still_open_is_read(tail):
    with (tail.place / "app.log").open("ab", buffering=0) as file:
        file.write(lines(0, 10))
        tail.look(2)
        file.write(lines(10, 20))
        (tail.place / "app.log").unlink()
        tail.look(4)
        file.write(lines(20, 30))
        tail.look(60)
        file.write(lines(30, 40))
    assert tail.settle() == list(range(40))


def test_a_file_that_was_deleted_between_its_announcement_and_its_reading_is_read(tail):
    path = tail.write("app.log", lines(0, 10))
    tail.kit.now += timedelta(milliseconds=250)
    assert tail.kit.step() == "source"
    path.unlink()
    assert tail.settle() == list(range(10))


def test_a_deleted_file_is_held_open_no_longer_than_it_is_needed(tail):
    path = tail.write("app.log", lines(0, 10))
    status = path.stat()
    tail.look(2)
    assert f"{status.st_dev:x}.{status.st_ino:x}" in SHARED
    path.unlink()
    tail.settle()
    assert f"{status.st_dev:x}.{status.st_ino:x}" not in SHARED


def test_an_inode_that_is_used_again_while_tailrace_is_down_is_another_file(tail):
    path = tail.write("app.log", lines(0, 20))
    inode = path.stat().st_ino
    tail.look(12)
    stop(tail)
    path.unlink()
    again = used_again(tail, inode)
    again.write_bytes(lines(100, 160))
    assert tail.settle() == [*range(20), *range(100, 160)]


# -- restarts ---------------------------------------------------------------------------------------------------


def test_half_a_line_is_completed_once_across_a_crash(tail):
    tail.write("app.log", lines(0, 5) + line(5)[:33])
    tail.look(20)
    tail.kit.crash()
    tail.write("app.log", line(5)[33:] + line(6))
    tail.look(2)
    tail.kit.crash()
    assert tail.settle() == list(range(7))


def test_crashes_at_any_commit_lose_and_repeat_nothing_through_rotations(tail):
    for skip in range(12):
        number = skip * 20
        with (tail.place / "app.log").open("ab") as file:
            file.write(lines(number, number + 20))
        tail.kit.log.crash_at_commit(skip=skip % 5, after=bool(skip % 2))
        tail.look(2)
        if skip % 3 == 1:
            (tail.place / "app.log").rename(tail.place / f"app.log.{skip}")
        elif skip % 3 == 2:
            cut_off(tail.place / "app.log", f"app.log.{skip}")
    assert tail.settle() == list(range(240))


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=7)], ids=["back", "on"])
def test_a_clock_that_is_set_stops_nothing(tail, jump):
    tail.write("app.log", lines(0, 10))
    tail.look(4)
    tail.kit.now += jump
    tail.look(13)
    assert tail.numbers == list(range(10))
    tail.write("app.log", lines(10, 20))
    tail.look(13)
    assert tail.numbers == list(range(20))


def test_a_directory_that_is_made_later_is_watched(tmp_path):
    tail = Tail(tmp_path / "later", [str(tmp_path / "later" / "*" / "*.log")])
    tail.look(4)
    (tmp_path / "later" / "shop").mkdir(parents=True)
    tail.write("shop/app.log", lines(0, 10))
    assert tail.settle() == list(range(10))


def test_ten_thousand_files_are_watched(tmp_path):
    for n in range(100):
        (tmp_path / f"{n}").mkdir()
    tail = Tail(tmp_path, source={"poll": "5s"})
    for n in range(10_000):
        (tmp_path / f"{n % 100}" / f"app{n}.log").write_bytes(line(n) if n % 500 == 7 else b"")
    tail.look(21)
    for n in range(0, 10_000, 500):
        tail.write(f"{n % 100}/app{n}.log", line(n))
    (tmp_path / "7" / "app7.log").rename(tmp_path / "7" / "app7.log.1")
    (tmp_path / "7" / "app507.log").unlink()
    found = tail.settle()
    assert found == sorted([*range(7, 10_000, 500), *range(0, 10_000, 500)])
    assert len(tail.kit.read("notifications")) < 2 * 10_000 + 100


# -- packed files -----------------------------------------------------------------------------------------------

PACKED = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
def test_a_packed_file_is_told_by_its_content(tail, pack):
    tail.write("app.log", pack(lines(0, 100)))
    assert tail.settle() == list(range(100))
    assert {each.line for each in tail.kit.read("records")} == set(range(1, 101))


def test_a_packed_file_that_comes_as_a_whole_is_read_at_once(tail):
    tail.write("app.log.gz", gzip.compress(lines(0, 100)))
    tail.look(2)
    assert len(tail.numbers) == 99  # the last is held: another line may belong to it
    assert tail.settle() == list(range(100))


def test_a_packed_file_that_is_still_written_waits_for_its_end(tail):
    data = gzip.compress(b"".join(line(n, os.urandom(40).hex()) for n in range(300)))
    for begin in range(0, len(data), 5000):
        tail.write("app.log.gz", data[begin : begin + 5000])
        tail.look()
        assert begin + 5000 >= len(data) or not tail.bodies
    assert tail.settle() == list(range(300))


def test_a_packed_file_that_was_cut_short_is_read_as_far_as_it_goes_and_that_is_told_once(tail, caplog):
    data = gzip.compress(b"".join(line(n, os.urandom(40).hex()) for n in range(300)))
    tail.write("app.log.gz", data[: len(data) // 2])
    tail.write("other.log", lines(1000, 1003))
    tail.look(8)
    assert tail.numbers == [1000, 1001, 1002]
    found = tail.settle()[:-3]
    assert found == list(range(len(found)))
    assert 100 < len(found) < 200
    tail.kit.restart()
    tail.settle()
    assert [each.getMessage() for each in caplog.records if "cut short" in each.getMessage()] == [
        f"{tail.place / 'app.log.gz'} is cut short: what stands in it was read"
    ]


def test_a_packed_file_that_goes_on_after_it_had_settled_is_read_on(tail):
    data = gzip.compress(b"".join(line(n, os.urandom(40).hex()) for n in range(300)))
    tail.write("app.log.gz", data[: len(data) // 2])
    tail.settle()
    tail.write("app.log.gz", data[len(data) // 2 :])
    tail.settle()
    assert tail.numbers in (list(range(300)), sorted([*range(300), *tail.numbers[-1:]])) or len(tail.bodies) == 301


def test_streams_that_are_added_to_a_packed_file_are_read_on(tail):
    for number in range(0, 300, 100):
        tail.write("app.log.gz", gzip.compress(lines(number, number + 100)))
        tail.look(4)
    assert tail.settle() == list(range(300))


def test_a_damaged_file_is_told_once_and_the_others_are_read(tail, caplog):
    data = bytearray(gzip.compress(b"".join(line(n, os.urandom(40).hex()) for n in range(300))))
    for place in range(len(data) // 2, len(data)):
        data[place] ^= 0xFF
    tail.write("bad.log.gz", bytes(data))
    tail.write("bad.zip", b"PK\3\4" + bytes(100) + b"PK\5\6" + b"\xff" * 18)
    tail.write("good.log", lines(1000, 1005))
    assert tail.settle()[-5:] == list(range(1000, 1005))
    tail.kit.restart()
    tail.settle()
    told = [each.getMessage() for each in caplog.records]
    assert sum("bad.log.gz cannot be unpacked beyond" in each for each in told) == 1
    assert sum("bad.zip" in each for each in told) == 1
    assert not tail.kit.dead_letters("ingest")


def test_a_file_that_is_packed_after_it_was_read_is_not_read_again(tail):
    path = tail.write("app.log", lines(0, 500))
    tail.look(4)
    path.rename(tail.place / "app.log.1")
    tail.write("app.log", lines(500, 600))
    tail.look(4)
    packed = tail.write("app.log.2.gz", gzip.compress((tail.place / "app.log.1").read_bytes()))
    os.utime(packed, (0, 0))  # as gzip keeps the time of what it packed
    (tail.place / "app.log.1").unlink()
    tail.write("app.log", lines(600, 700))
    assert tail.settle() == list(range(700))


def test_what_was_not_read_before_it_was_packed_is_read_from_the_packed_file(tail):
    path = tail.write("app.log", lines(0, 50))
    tail.look(12)
    tail.kit.restart()
    stop(tail)
    tail.write("app.log", lines(50, 100))
    tail.write("app.log.1.gz", gzip.compress(path.read_bytes()))
    path.unlink()
    tail.write("app.log", lines(100, 150))
    assert tail.settle() == list(range(150))


def test_a_file_packed_days_after_it_went_is_still_known(tail):
    path = tail.write("app.log", lines(0, 50))
    tail.look(12)
    data = path.read_bytes()
    path.unlink()
    tail.kit.advance(LONG)
    tail.kit.restart()
    tail.kit.now += timedelta(days=3)
    tail.write("app.log-20260105.xz", lzma.compress(data))
    assert tail.settle() == list(range(50))


def test_a_log_that_begins_with_the_same_lines_at_each_start_is_read_each_time(tail):
    same = b"ERROR cannot bind to the port\nERROR giving up, there is nothing more to do\n" * 3
    for _ in range(3):
        path = tail.write("app.log", same)
        tail.settle()
        path.unlink()
        tail.settle()
    assert len(tail.bodies) == 18


def test_two_applications_with_the_same_lines_are_both_read(tail):
    tail.write("one.log", lines(0, 100))
    tail.look(4)
    tail.write("two.log", lines(0, 100))
    assert tail.settle() == sorted([*range(100), *range(100)])


def test_each_file_in_a_zip_archive_is_a_log_of_its_own(tail):
    with zipfile.ZipFile(tail.place / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orders.log", lines(0, 50))
        archive.writestr("deep/billing.log.1", lines(100, 150))
    assert tail.settle() == [*range(50), *range(100, 150)]
    assert {(each.app, each.uri) for each in tail.kit.read("records")} == {
        ("orders", f"{tail.place}/logs.zip!/orders.log"),
        ("billing", f"{tail.place}/logs.zip!/deep/billing.log.1"),
    }
    (tail.place / "logs.zip").unlink()
    tail.settle()
    assert len(tail.bodies) == 100


@pytest.mark.parametrize("after", [False, True])
def test_a_packed_file_is_read_on_after_a_crash_where_the_last_step_ended(tmp_path, after):
    tail = Tail(tmp_path, chunk="20KiB")
    data = b"".join(line(n, os.urandom(40).hex()) for n in range(2000))
    tail.write("app.log.gz", gzip.compress(data))
    for skip in (2, 4, 3):
        tail.kit.log.crash_at_commit(skip=skip, after=after)
        tail.look()
    assert tail.settle() == list(range(2000))
    assert sum(each.bytes for each in tail.kit.read("volumes")) == len(data)


def test_a_file_under_a_temporary_name_that_is_renamed_is_read_once(tail):
    tail.write("upload.part", lines(0, 100))
    tail.look(4)
    (tail.place / "upload.part").rename(tail.place / "upload.log")
    assert tail.settle() == list(range(100))


def test_what_is_no_text_is_passed_over(tail, caplog):
    tail.write("wtmp", os.urandom(500) + bytes(5000))
    tail.write("app.log", lines(0, 5))
    assert tail.settle() == list(range(5))
    assert sum(each.lines for each in tail.kit.read("volumes")) == 5


def test_a_bomb_is_not_read_to_its_end_and_the_others_are_read(tail, caplog):
    tail.write("bomb.log.gz", gzip.compress(bytes(1 << 20)) * 280)
    tail.write("app.log", lines(0, 5))
    assert tail.settle() == list(range(5))
    assert not tail.kit.dead_letters("ingest")


def test_an_archive_of_one_log_is_of_the_application_that_the_log_is_of(tail):
    with zipfile.ZipFile(tail.place / "backup.zip", "w") as archive:
        archive.writestr("orders.log.1", lines(0, 50))
    assert tail.settle() == list(range(50))
    assert {each.app for each in tail.kit.read("records")} == {"orders"}


def test_an_archive_that_is_still_written_waits_for_its_end(tail):
    whole = tail.place.parent / "whole.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orders.log", lines(0, 500))
    data = whole.read_bytes()
    for begin in range(0, len(data), 500):
        tail.write("logs.zip", data[begin : begin + 500])
        tail.look()
        assert begin + 500 >= len(data) or not tail.bodies
    assert tail.settle() == list(range(500))
