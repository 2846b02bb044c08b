"""Files stay open while they are held, and no more of them than are allowed."""

from __future__ import annotations

import os

import pytest

from tailrace.connect.descriptors import Descriptors, place_of


@pytest.fixture
def held():
    descriptors = Descriptors(3)
    yield descriptors
    for name in "abcdefgh":
        descriptors.drop(name)


def opened(path, text: str = "text") -> int:
    path.write_text(text)
    return os.open(path, os.O_RDONLY)


def test_a_deleted_file_that_is_held_can_be_read(held, tmp_path):
    held.keep("a", opened(tmp_path / "a"))
    (tmp_path / "a").unlink()
    descriptor = held.borrow("a")
    assert os.pread(descriptor, 10, 0) == b"text"
    os.close(descriptor)
    assert held.status("a").st_nlink == 0


def test_what_is_borrowed_is_the_borrowers(held, tmp_path):
    held.keep("a", opened(tmp_path / "a"))
    descriptor = held.borrow("a")
    held.drop("a")
    assert os.pread(descriptor, 10, 0) == b"text"
    os.close(descriptor)


def test_what_is_not_held_is_none(held):
    assert held.borrow("a") is None
    assert held.status("a") is None
    held.drop("a")


def test_the_file_that_was_not_asked_for_longest_makes_room(held, tmp_path):
    first = opened(tmp_path / "a")
    held.keep("a", first)
    for name in "bc":
        held.keep(name, opened(tmp_path / name))
    os.close(held.borrow("a"))
    held.keep("d", opened(tmp_path / "d"))
    assert [name in held for name in "abcd"] == [True, False, True, True]
    assert len(held) == 3


def test_a_file_that_is_kept_again_is_open_once(held, tmp_path):
    one, two = opened(tmp_path / "a"), opened(tmp_path / "a")
    held.keep("a", one)
    held.keep("a", two)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(one)
    assert len(held) == 1


def test_that_a_file_was_read_is_told_once(held):
    held.tell_read("a-1")
    assert held.was_read("a-1")
    assert not held.was_read("a-1")


def test_places_are_told_by_device_and_inode():
    assert place_of(65024, 255) == "fe00.ff"
