"""Commands are appended whole, and each is read once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tailrace.connect.commands_file import append, commands_path, read_from
from tailrace.model.errors import TailraceError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return commands_path(tmp_path / "watch.db")


def test_the_file_stands_beside_the_database(tmp_path):
    assert commands_path(tmp_path / "watch.db") == tmp_path / "watch.db.commands.jsonl"


def test_what_is_appended_is_read_from_where_one_was(path):
    append(path, "one")
    first = read_from(path, 0)
    append(path, "zwei ü")
    second = read_from(path, first.next)
    assert (first.lines, second.lines) == (("one",), ("zwei ü",))
    assert read_from(path, second.next).lines == ()


def test_a_file_that_is_not_there_has_no_lines(path):
    assert read_from(path, 0).lines == ()
    assert read_from(path, 77).next == 0


def test_a_line_that_is_not_whole_is_left_for_later(path):
    path.write_bytes(b"one\ntw")
    found = read_from(path, 0)
    assert (found.lines, found.next) == (("one",), 4)


def test_a_line_cut_short_by_a_crash_spoils_none_but_itself(path):
    path.write_bytes(b"one\ntw")
    append(path, "three")
    assert read_from(path, 4).lines == ("tw", "three")


def test_another_file_in_its_place_is_read_from_the_start(path):
    append(path, "a long line that was there before")
    offset = read_from(path, 0).next
    path.write_bytes(b"short\n")
    assert read_from(path, offset).lines == ("short",)


def test_lines_without_end_are_passed_over(path):
    path.write_bytes(b"x" * (3 << 20) + b"\nnext\n")
    first = read_from(path, 0)
    assert first.lines == ()
    assert read_from(path, first.next).lines == ("next",)


def test_many_may_append_at_once(path):
    def write(name: int) -> None:
        for number in range(50):
            append(path, f"{name} {number}")

    threads = [threading.Thread(target=write, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_from(path, 0).lines) == sorted(f"{name} {number}" for name in range(4) for number in range(50))


def test_where_the_system_refuses_it_is_said(tmp_path):
    with pytest.raises(TailraceError, match=r"the command cannot be written to .*: No such file or directory"):
        append(tmp_path / "none" / "x", "one")


def test_a_command_is_one_line(path):
    with pytest.raises(ValueError, match="one line"):
        append(path, "one\ntwo")
