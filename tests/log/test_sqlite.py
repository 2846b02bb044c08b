"""What only the sqlite log promises: crashes, owners, readers, and sentences for an unwell world."""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tailrace.log.contract import Ends, Step, TopicPartition, WorkerId
from tailrace.log.sqlite import SqliteLog
from tailrace.model.errors import Fenced, TailraceError, Transient

PROCESS = Path(__file__).with_name("copying_process.py")
WRITER, READER = WorkerId("writer"), WorkerId("reader")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "log.db"


@contextmanager
def copying(path, seed=0):
    """The copying process, killed at the end of the block."""
    command = [sys.executable, str(PROCESS), str(path), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGKILL)


def lines(process, count):
    return [process.stdout.readline().decode().split() for _ in range(count)]


def noise(rows):
    """A batch that does not compress: `rows` records of 1000 random bytes."""
    values = [random.Random(number).randbytes(1000) for number in range(rows)]
    return pa.RecordBatch.from_pydict({"value": pa.array(values, pa.binary())})


def appended(log, kit, *batches, seconds=0.0):
    seat = log.open_worker(WRITER, [])
    for batch in batches:
        seat.commit(Step(outputs=[("lines", 0, batch)]), kit.at(seconds))
    seat.close()


# -- crashes


def test_a_kill_at_any_moment_loses_nothing_and_counts_nothing_twice(path, kit):
    dice = random.Random(20261122)
    for seed in range(6):
        with copying(path, seed) as process:
            promised = lines(process, dice.randrange(1, 400))
        with SqliteLog(path) as log:
            check_consistent(log, kit, promised)


def check_consistent(log, kit, promised):
    ends = {topic: log.ends(topic) for topic in ("in", "out")}
    for topic, partition, count in promised:
        assert ends[topic][int(partition)].next >= int(count)
    for replica in (0, 1):
        made, copied = (TopicPartition(topic, replica) for topic in ("in", "out"))
        door, copier = (
            log.open_worker(WorkerId("door", replica), []),
            log.open_worker(WorkerId("copier", replica), [made]),
        )
        position = copier.positions[made]
        assert kit.numbers(log, made) == list(range(int(door.state.get("made", b"0"))))
        assert kit.numbers(log, copied) == list(range(position))
        assert int(copier.state.get("copied", b"0")) == int(copier.state.get("last", b"0")) == position


# -- owners and readers


def test_a_second_process_is_refused_and_told_who_owns_the_database(path):
    with copying(path) as process:
        lines(process, 1)
        with pytest.raises(TailraceError, match=rf"log.db is in use by process {process.pid} on {os.uname().nodename}"):
            SqliteLog(path)


def test_a_second_log_in_the_same_process_is_refused_too(path):
    with SqliteLog(path), pytest.raises(TailraceError, match=f"in use by process {os.getpid()}"):
        SqliteLog(path)
    SqliteLog(path).close()


def test_a_reader_follows_while_another_process_writes(path, kit):
    with copying(path) as process:
        lines(process, 10)
        with SqliteLog.open_reader(path) as reader:
            before = reader.ends("in")[0].next
            promised = [
                int(count) for topic, partition, count in lines(process, 300) if (topic, partition) == ("in", "0")
            ]
            assert reader.ends("in")[0].next >= promised[-1] > before
            slice_ = reader.read(TopicPartition("in", 0), before)
            assert slice_.batch["n"].to_pylist()[:1] == [before]
            assert {place.consumer for place in reader.subscriptions()} == {"copier"}


def test_a_reader_reads_what_a_killed_owner_left(path, kit):
    with copying(path) as process:
        promised = lines(process, 50)
    with SqliteLog.open_reader(path) as reader:
        for topic, partition, count in promised:
            assert reader.ends(topic)[int(partition)].next >= int(count)
            assert kit.numbers(reader, TopicPartition(topic, int(partition)))[: int(count)] == list(range(int(count)))


def test_a_reader_answers_as_the_owner_does_and_after_it(path, kit):
    with SqliteLog(path) as log:
        log.create_topics([kit.spec(partitions=2)])
        appended(log, kit, kit.batch(1, 2))
        appended(log, kit, kit.batch(3), seconds=5)
        seat = log.open_worker(READER, [kit.source()])
        seat.commit(Step({kit.source(): 1}, state={"a": b"1"}), kit.noon)
        with SqliteLog.open_reader(path) as reader:
            for ask in (lambda any_: any_.topics(), lambda any_: any_.lag("lines")):
                assert ask(reader) == ask(log)
            assert reader.offset_at(kit.source(), kit.at(1)) == log.offset_at(kit.source(), kit.at(1)) == 2
    with SqliteLog.open_reader(path) as reader:
        assert kit.numbers(reader, kit.source()) == [1, 2, 3]
        assert reader.state(READER) == {"a": b"1"}
        with pytest.raises(TailraceError, match="no partition 7"):
            reader.read(kit.source(7), 0)


def test_an_owner_whose_lock_was_removed_is_fenced_by_the_next(path, kit):
    with SqliteLog(path) as first:
        seat = first.open_worker(WRITER, [])
        path.with_name("log.db.lock").unlink()
        with SqliteLog(path), pytest.raises(Fenced, match="another process has opened the database"):
            seat.commit(Step(state={"a": b"1"}), kit.noon)


def test_everything_is_there_after_closing_and_opening(path, kit):
    with SqliteLog(path, durability="full") as log:
        log.create_topics([kit.spec(retention=timedelta(days=1), retention_bytes=10**9)])
        appended(log, kit, kit.batch(1, 2, 3))
        log.open_worker(READER, [kit.source()]).commit(Step({kit.source(): 2}, state={"a": b"\0"}), kit.noon)
        before = (log.topics(), log.ends("lines"), log.subscriptions(), log.lag("lines"))
    with SqliteLog(path) as log:
        assert (log.topics(), log.ends("lines"), log.subscriptions(), log.lag("lines")) == before
        assert log.open_worker(READER, [kit.source()]).state == {"a": b"\0"}


def test_who_was_let_go_or_forgotten_is_so_after_closing_and_opening(path, kit):
    with SqliteLog(path) as log:
        log.create_topics([kit.spec(), kit.spec("more")])
        for name in ("reader", "gone"):
            seat = log.open_worker(WorkerId(name), [kit.source(), kit.source(topic="more")])
            seat.commit(Step(state={"a": b"1"}), kit.noon)
        log.unsubscribe("reader", "lines")
        log.forget("gone")
    with SqliteLog(path) as log:
        assert [(each.consumer, each.source.topic) for each in log.subscriptions()] == [("reader", "more")]
        assert [log.open_worker(WorkerId(name), []).state for name in ("reader", "gone")] == [{"a": b"1"}, {}]


# -- an unwell world


def test_a_database_of_a_newer_version_is_refused(path):
    SqliteLog(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    for open_ in (SqliteLog, SqliteLog.open_reader):
        with pytest.raises(TailraceError, match="has version 99, and this Tailrace knows versions up to 1") as caught:
            open_(path)
        assert caught.value.hint == "install a newer Tailrace, or give another path"


def test_another_programs_database_is_refused_and_left_alone(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    before = path.read_bytes()
    for open_ in (SqliteLog, SqliteLog.open_reader):
        with pytest.raises(TailraceError, match="belongs to another program"):
            open_(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.write_bytes(b"2026-11-22 12:00:00 ERROR not a database\n" * 1000)
    before = path.read_bytes()
    for open_ in (SqliteLog, SqliteLog.open_reader):
        with pytest.raises(TailraceError, match=r"log\.db is no database"):
            open_(path)
    assert path.read_bytes() == before


def test_a_database_that_was_cut_short_is_called_damaged(path, kit):
    with SqliteLog(path) as log:
        log.create_topics([kit.spec()])
        appended(log, kit, *[noise(50)] * 4)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(TailraceError, match="is damaged") as caught:
        SqliteLog(path)
    assert not isinstance(caught.value, Transient)


def test_a_damaged_segment_is_named_and_the_others_are_read(path, kit):
    with SqliteLog(path) as log:
        log.create_topics([kit.spec()])
        appended(log, kit, noise(50), kit.batch(7))
    content = bytearray(path.read_bytes())
    start = content.index(random.Random(20).randbytes(1000)[:100])
    content[start] ^= 0xFF
    path.write_bytes(content)
    with SqliteLog(path) as log:
        with pytest.raises(
            TailraceError, match=r"the segment at offset 0 of lines\[0\] in .* is damaged: its checksum"
        ):
            log.read(kit.source(), 10)
        assert log.read(kit.source(), 50).batch == kit.batch(7)


def test_a_path_below_a_regular_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(
        TailraceError, match=r"the directory .*/file/below for the database cannot be made or entered: Not a dir"
    ):
        SqliteLog(tmp_path / "file" / "below" / "log.db")


def test_a_directory_in_the_databases_place_is_refused(tmp_path):
    with pytest.raises(TailraceError, match="is a directory, and a database file is needed"):
        SqliteLog(tmp_path)


@pytest.fixture
def open_directory():
    """A directory that every user may enter and none but root may write to, with one in it that none may enter."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "shut").mkdir(mode=0)
        Path(name).chmod(0o555)
        yield Path(name)
        Path(name).chmod(0o755)


def test_a_directory_without_permission_is_refused(open_directory):
    """By a user without rights: root may write anywhere, so the opening happens in a process that gave them up."""
    code = (
        "import os, sys, pathlib; from tailrace.log.sqlite import SqliteLog\n"
        "from tailrace.model.errors import TailraceError\n"
        "os.getuid() or os.setuid(65534)\n"
        "try: SqliteLog(pathlib.Path(sys.argv[1]))\n"
        "except TailraceError as error: print(error)"
    )
    places = {
        open_directory / "log.db": "the lock file .*log.db.lock cannot be opened: Permission denied",
        open_directory / "new" / "log.db": "the directory .*new for the database cannot be made or entered: Permission",
        open_directory
        / "shut"
        / "log.db": "the directory .*shut for the database cannot be made or entered: Permission",
    }
    for place, sentence in places.items():
        done = subprocess.run([sys.executable, "-c", code, str(place)], capture_output=True, text=True, check=False)
        assert re.match(sentence, done.stdout), done


def test_a_reader_without_a_database_says_so(path):
    with pytest.raises(TailraceError, match="there is no database"):
        SqliteLog.open_reader(path)
    assert not path.exists()
    path.touch()
    with pytest.raises(TailraceError, match="is empty"):
        SqliteLog.open_reader(path)


def test_a_topic_with_dictionary_columns_is_refused(path, kit):
    column = pa.array(["a", "b"]).dictionary_encode()
    batch = pa.RecordBatch.from_arrays([column], names=["level"])
    with SqliteLog(path) as log:
        log.create_topics([kit.spec()])
        with pytest.raises(TailraceError, match="column 'level' is dictionary-encoded"):
            appended(log, kit, batch)
        assert log.ends("lines") == {0: Ends(0, 0)}


def test_a_full_database_is_transient_and_goes_on_once_there_is_room(path, kit):
    with SqliteLog(path, max_size=1_000_000) as log:
        log.create_topics([kit.spec(retention_bytes=1)])
        reader, writer = log.open_worker(READER, [kit.source()]), log.open_worker(WRITER, [])
        step = Step(outputs=[("lines", 0, noise(100))], state={"n": b"1"})
        with pytest.raises(Transient, match=r"no room is left for .*log\.db"):
            for _ in range(20):
                writer.commit(step, kit.noon)
        end = log.ends("lines")[0].next
        assert 0 < end < 2000
        writer.commit(Step(outputs=[("lines", 0, kit.batch(1))]), kit.noon)  # a small one still fits
        reader.commit(Step({kit.source(): end}), kit.noon)
        assert log.expire(kit.noon) == end
        writer.commit(step, kit.noon)
        assert log.ends("lines") == {0: Ends(end, end + 101)}


def test_a_disk_that_refuses_to_grow_is_transient_and_nothing_is_lost(path, kit):
    """The system itself refuses, by a limit on the size of files: Python ignores the signal, SQLite meets the error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with SqliteLog(path) as log:
        log.create_topics([kit.spec()])
        writer = log.open_worker(WRITER, [])
        step = Step(outputs=[("lines", 0, noise(100))])
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        try:
            with pytest.raises(Transient) as caught:
                for _ in range(20):
                    writer.commit(step, kit.noon)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert str(path) in str(caught.value)
        end = log.ends("lines")[0].next
        writer.commit(step, kit.noon)
        assert log.ends("lines") == {0: Ends(0, end + 100)}
    with SqliteLog(path) as log:
        assert log.ends("lines") == {0: Ends(0, end + 100)}
        assert log.read(kit.source(), end).batch == noise(100)


def test_retention_gives_room_back_to_the_file_system(path, kit):
    with SqliteLog(path) as log:
        log.create_topics([kit.spec(retention_bytes=0)])
        appended(log, kit, *[noise(2000)] * 5)
        log.expire(kit.noon)
    assert path.stat().st_size < 8_000_000
