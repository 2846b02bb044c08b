"""Text in UTF-16 and UTF-32: from real files and pipes, whole, cut and growing."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.connect.archives import open_content
from tailrace.connect.content import Content, DamagedContent
from tailrace.connect.encoded import Encoding, Transcoder, detect_encoding
from tailrace.connect.piped import Unpacker

TEXT = "\ufeff2026-01-05 10:00:00 ERROR Bestellung \u00fcberf\u00e4llig \u0a0d \u4e8b \U0001f525\r\n" * 500
ENCODINGS: tuple[Encoding, ...] = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[bytes], Content]]:
    descriptors: list[int] = []

    def write(data: bytes) -> Content:
        (tmp_path / "app.log").write_bytes(data)
        descriptors.append(os.open(tmp_path / "app.log", os.O_RDONLY))
        return open_content(descriptors[-1], name="app.log")

    yield write
    for each in descriptors:
        os.close(each)


def _all(content: Content, size: int = 1000) -> bytes:
    return b"".join(iter(lambda: content.read(size), b""))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_text_with_a_mark_comes_in_utf_8(
    opened: Callable[[bytes], Content], encoding: Encoding, pack: Callable[[bytes], bytes]
) -> None:
    content = opened(pack(TEXT.encode(encoding)))
    assert content.encoding == encoding
    assert _all(content) == TEXT.encode()
    assert (content.position, content.truncated, content.garbage) == (len(TEXT.encode()), False, False)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_first_characters(encoding: Encoding) -> None:
    assert detect_encoding("2026-01-05 10:00".encode(encoding)) == encoding
    assert detect_encoding("a\r\n".encode(encoding)) == encoding


@pytest.mark.parametrize(
    "head",
    [b"", b"\0", b"a\0", b"2026-01-05 10:00", bytes(16), b"a\0b\0\0\0c\0d\0e\0f\0g\0", b"\2\0\0\0a\0b\0", b"\xff\xfd"],
)
def test_what_may_be_anything_else_is_not_taken_for_utf_16(head: bytes) -> None:
    assert detect_encoding(head) is None


@pytest.mark.parametrize("offset", [0, 3, 1001, len(TEXT.encode())])
def test_reading_goes_on_at_an_offset_of_utf_8(opened: Callable[[bytes], Content], offset: int) -> None:
    content = opened(TEXT.encode("utf-16-le"))
    content.skip_to(offset)
    assert _all(content) == TEXT.encode()[offset:]
    content.skip_to(offset // 2)
    assert content.read(100) == TEXT.encode()[offset // 2 :][:100]


def test_an_offset_that_the_text_does_not_have_is_a_fault(opened: Callable[[bytes], Content]) -> None:
    with pytest.raises(DamagedContent, match=r"app\.log holds 7 bytes, and was to be read on at byte 8"):
        opened("\ufeffabc\n".encode("utf-16-le")).skip_to(8)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(ENCODINGS),
    st.lists(st.integers(0, 200), max_size=5),
)
def test_text_is_the_same_however_it_is_cut_and_begun_anew(text: str, encoding: Encoding, cuts: list[int]) -> None:
    data = text.encode(encoding)
    found, taken = b"", 0
    for end in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
        transcoder = Transcoder(encoding, taken)
        found += transcoder.feed(data[taken:end])
        taken = transcoder.taken
    assert (found, taken) == (text.encode(), len(data))


def test_a_character_that_is_not_complete_waits_for_the_rest() -> None:
    transcoder = Transcoder("utf-16-le")
    fire = "\U0001f525".encode("utf-16-le")
    assert [transcoder.feed(fire[:1]), transcoder.feed(fire[1:3]), transcoder.taken] == [b"", b"", 0]
    assert (transcoder.feed(fire[3:]), transcoder.taken) == ("\U0001f525".encode(), 4)


def test_what_is_no_character_costs_no_other(opened: Callable[[bytes], Content]) -> None:
    content = opened(b"\xff\xfea\0\x00\xd8b\0\n\0")  # half of a pair
    assert _all(content) == "\ufeffa\ufffdb\n".encode()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pipe_is_read_in_utf_8(pack: Callable[[bytes], bytes]) -> None:
    unpacker, found, data = Unpacker("a pipe"), b"", pack(TEXT.encode("utf-16-le"))
    for at in range(0, len(data), 77):
        unpacker.feed(data[at : at + 77])
        while text := unpacker.read(100):
            found += text
    unpacker.feed(b"", final=True)
    assert found + unpacker.read(100) == TEXT.encode()
