"""What is read ahead is the same, and ends the same way."""

from __future__ import annotations

import gzip
import os
import threading
from contextlib import closing

import pytest

from tailrace.connect.ahead import ReadAhead
from tailrace.connect.archives import open_content
from tailrace.connect.content import DamagedContent


@pytest.fixture
def content(tmp_path):
    def make(data: bytes):
        (tmp_path / "a.gz").write_bytes(data)
        descriptor = os.open(tmp_path / "a.gz", os.O_RDONLY)
        descriptors.append(descriptor)
        return open_content(descriptor)

    descriptors: list[int] = []
    yield make
    for descriptor in descriptors:
        os.close(descriptor)


@pytest.mark.parametrize("piece", [1000, 1 << 20])
def test_pieces_add_up_to_the_whole(content, piece):
    data = os.urandom(50_000)
    with closing(ReadAhead(content(gzip.compress(data)), piece)) as reader:
        assert b"".join(iter(reader.read, b"")) == data
        assert reader.position == len(data)


def test_pieces_are_small_until_sixteen_times_as_much_has_been_read(content):
    with closing(ReadAhead(content(gzip.compress(bytes(100_000))), 3_000, first=1_000)) as reader:
        sizes = [len(piece) for piece in iter(reader.read, b"")]
    assert sizes[:17] == [1_000] * 17
    assert sizes[17:-1] == sorted(sizes[17:-1])
    assert max(sizes) == 3_000


def test_it_goes_on_from_where_the_content_stands(content):
    unpacked = content(gzip.compress(b"one two three"))
    unpacked.skip_to(4)
    with closing(ReadAhead(unpacked, 3)) as reader:
        assert (reader.position, reader.read(), reader.position) == (4, b"two", 7)


def test_damage_is_raised_after_what_stands_before_it_and_again(content):
    data = bytearray(gzip.compress(os.urandom(3_000_000)))
    data[2_500_000:] = bytes(len(data) - 2_500_000)
    with closing(ReadAhead(content(bytes(data)), 1 << 18)) as reader:
        assert len(reader.read()) == 1 << 18
        for _ in range(2):
            with pytest.raises(DamagedContent):
                while reader.read():
                    pass


def test_it_can_be_closed_before_the_end(content):
    reader = ReadAhead(content(gzip.compress(os.urandom(500_000))), 1000)
    reader.read()
    reader.close()


def test_what_goes_into_one_piece_takes_no_thread_and_is_known_to_be_the_last(content):
    with closing(ReadAhead(content(gzip.compress(b"one two")), 100)) as reader:
        assert not reader.ended
        assert (reader.read(), reader.ended) == (b"one two", True)
        assert not [each for each in threading.enumerate() if each.name.startswith("unpack")]
    with closing(ReadAhead(content(gzip.compress(b"one two")), 4)) as reader:
        assert [(reader.read(), reader.ended) for _ in range(2)] == [(b"one ", False), (b"two", True)]
