"""Compressed files: real ones on disk, whole, cut, damaged and hostile."""

import bz2
import gzip
import io
import lzma
import os
import random
import struct
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailrace.connect import archives
from tailrace.connect.archives import Archive, find_archive
from tailrace.connect.compressed import Limits, detect_compression
from tailrace.connect.content import Content, DamagedContent, ExcessiveContent
from tailrace.model.errors import TailraceError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"2026-01-05 10:00:%02d,%03d WARN  order %d is late\n" % (n % 60, n % 997, n) for n in range(20_000))
NOISE = random.Random(5).randbytes(700_000).hex().encode()


def _zip(data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("app.log", data)
    return file.getvalue()


def _bzip2(data: bytes) -> bytes:
    return bz2.compress(data, 1)  # in blocks of 100 kB, of which a part tells nothing


def _xz(data: bytes) -> bytes:
    return lzma.compress(data, preset=0)


def _zstd(data: bytes) -> bytes:
    return zstd.compress(data, options={int(zstd.CompressionParameter.checksum_flag): 1})


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": _zstd,
    "bzip2": _bzip2,
    "xz": _xz,
    "zip": _zip,
}
STREAMS = ["gzip", "zstd", "bzip2", "xz"]
"""What may stand several times in a row; an archive may not."""


def open_content(descriptor: int, **options: Any) -> Content:
    """The log in a file; the first of those in an archive."""
    archive = find_archive(descriptor, **options)
    return archives.open_content(descriptor, **options) if archive is None else archive.open(0)


@pytest.fixture
def archived(tmp_path: Path) -> Callable[[bytes], Archive]:
    """Writes bytes to a file whose name says nothing, and finds the archive that it is."""

    def write(data: bytes) -> Archive:
        path = tmp_path / "file.log"
        path.write_bytes(data)
        descriptor = os.open(path, os.O_RDONLY)
        archive = find_archive(descriptor, name="app.log")
        os.close(descriptor)  # an archive keeps the file open by itself
        assert archive is not None
        return archive

    return write


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Content]]:
    """Writes bytes to a file whose name says nothing, and opens its content."""
    descriptors: list[int] = []

    def write(data: bytes, **options: object) -> Content:
        path = tmp_path / f"file{len(descriptors)}.log"
        path.write_bytes(data)
        descriptors.append(os.open(path, os.O_RDONLY))
        return open_content(descriptors[-1], name="app.log", **options)  # type: ignore[arg-type]

    yield write
    for each in descriptors:
        os.close(each)


def _all(content: Content, size: int = 1 << 16) -> bytes:
    return b"".join(iter(lambda: content.read(size), b""))


@pytest.mark.parametrize("kind", PACKERS)
def test_what_was_packed_comes_out_and_the_packing_is_told_by_content(
    opened: Callable[..., Content], kind: str
) -> None:
    content = opened(PACKERS[kind](TEXT))
    assert content.compression == kind
    assert _all(content) == TEXT
    assert (content.position, content.truncated, content.garbage) == (len(TEXT), False, False)


@pytest.mark.parametrize(
    "text", [TEXT, b"", b"B", b"BZh9 is no bzip2\n", b"PK\n", b"P*M\x18"[:3], "ýxz\n".encode("latin-1")]
)
def test_a_plain_file_is_read_as_it_stands(opened: Callable[..., Content], text: bytes) -> None:
    content = opened(text)
    assert content.compression is None
    assert _all(content) == text
    assert not content.truncated


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("size", [1, 1000, 1 << 20, 1 << 30])
def test_a_read_gives_as_much_as_was_asked_for_until_the_end(
    opened: Callable[..., Content], kind: str, size: int
) -> None:
    text = TEXT[:3000] if size == 1 else TEXT
    content = opened(PACKERS[kind](text))
    pieces = list(iter(lambda: content.read(size), b""))
    assert all(len(piece) == size for piece in pieces[:-1])
    assert b"".join(pieces) == text


@pytest.mark.parametrize("kind", STREAMS)
def test_several_packed_streams_in_a_row_are_one(opened: Callable[..., Content], kind: str) -> None:
    pack = PACKERS[kind]
    content = opened(pack(TEXT) + pack(b"") + pack(b"last line\n"))
    assert _all(content) == TEXT + b"last line\n"
    assert not content.garbage


@pytest.mark.parametrize("kind", STREAMS)
def test_zeros_between_streams_and_behind_them_are_padding(opened: Callable[..., Content], kind: str) -> None:
    pack, zeros = PACKERS[kind], bytes(1 << 19)
    content = opened(pack(b"") + zeros + pack(b"one\n") + bytes(512) + pack(b"two\n") + zeros)
    assert _all(content) == b"one\ntwo\n"
    assert (content.garbage, content.truncated) == (False, False)


def test_frames_of_zstd_that_hold_something_else_are_skipped(opened: Callable[..., Content]) -> None:
    aside = b"\x53\x2a\x4d\x18" + struct.pack("<I", 7) + b"nothing"
    content = opened(aside + zstd.compress(b"one\n") + aside + zstd.compress(b"two\n"))
    assert _all(content) == b"one\ntwo\n"


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
def test_a_file_cut_short_gives_what_it_has_and_says_so(
    opened: Callable[..., Content], kind: str, share: float
) -> None:
    packed = PACKERS[kind](NOISE)
    content = opened(packed[: max(int(len(packed) * share) - 1, 12)])
    found = _all(content)
    assert NOISE.startswith(found)
    assert len(found) >= (share - 0.3) * len(NOISE)
    assert content.truncated
    assert not content.garbage


@pytest.mark.parametrize("kind", ["gzip", "zstd", "xz"])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_the_beginning_of_a_packed_file_is_no_text(opened: Callable[..., Content], kind: str, size: int) -> None:
    content = opened(PACKERS[kind](TEXT)[:size])
    assert (content.compression, content.read(10), content.truncated) == (kind, b"", True)


@pytest.mark.parametrize("kind", STREAMS)
def test_a_file_that_grows_is_read_on(tmp_path: Path, kind: str) -> None:
    packed = PACKERS[kind](TEXT) * 2
    path, found = tmp_path / "app.log", b""
    path.write_bytes(packed[:3])
    descriptor = os.open(path, os.O_RDONLY)
    content = open_content(descriptor) if kind != "bzip2" else None
    cuts = [3, 5, 100, len(packed) // 2 + 2, len(packed)]
    for begin, end in pairwise(cuts):
        with path.open("ab") as file:
            file.write(packed[begin:end])
        if content is None and end > 10:
            content = open_content(descriptor)
        if content is not None:
            found += _all(content)
            assert content.truncated == (end < len(packed))
    os.close(descriptor)
    assert found == TEXT * 2


@pytest.mark.parametrize("kind", STREAMS)
def test_garbage_behind_the_end_is_left_out_and_told(opened: Callable[..., Content], kind: str) -> None:
    content = opened(PACKERS[kind](TEXT) + b"-- and then something else --")
    assert _all(content) == TEXT
    assert content.garbage
    assert not content.truncated
    assert content.read(1) == b""


@pytest.mark.parametrize("kind", PACKERS)
def test_damage_is_told_after_what_stands_before_it(opened: Callable[..., Content], kind: str) -> None:
    packed = bytearray(PACKERS[kind](NOISE))
    middle = len(packed) // 2
    packed[middle : middle + 64] = bytes(byte ^ 0xFF for byte in packed[middle : middle + 64])
    content = opened(bytes(packed))
    found = content.read(1 << 18)
    assert found == NOISE[: 1 << 18]
    with pytest.raises(DamagedContent, match=r"^app\.log cannot be unpacked beyond [\d.]+ [kM]?B: its .* are at fault"):
        _all(content)
    with pytest.raises(DamagedContent):
        content.read(1)


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_checksum_that_differs_is_damage(opened: Callable[..., Content], kind: str) -> None:
    packed = bytearray(PACKERS[kind](TEXT))
    wrong = struct.pack("<I", zlib.crc32(TEXT) ^ 1)
    at = bytes(packed).rindex(struct.pack("<I", zlib.crc32(TEXT)))
    packed[at : at + 4] = wrong
    with pytest.raises(DamagedContent):
        _all(opened(bytes(packed)))


def test_what_is_packed_twice_is_unpacked_once(opened: Callable[..., Content]) -> None:
    inner = gzip.compress(TEXT)
    assert _all(opened(gzip.compress(inner))) == inner


def test_a_link_is_followed_by_who_opens_it(tmp_path: Path) -> None:
    (tmp_path / "app.log.7").write_bytes(gzip.compress(TEXT))
    (tmp_path / "app.log").symlink_to("app.log.7")
    descriptor = os.open(tmp_path / "app.log", os.O_RDONLY)
    assert _all(open_content(descriptor)) == TEXT
    os.close(descriptor)


@pytest.mark.parametrize("kind", [None, *PACKERS])
@pytest.mark.parametrize("offset", [0, 1, 70_001, len(TEXT)])
def test_reading_goes_on_at_an_offset_forwards_and_backwards(
    opened: Callable[..., Content], kind: str | None, offset: int
) -> None:
    content = opened(PACKERS[kind](TEXT) if kind else TEXT)
    content.skip_to(offset)
    assert (content.position, _all(content)) == (offset, TEXT[offset:])
    content.skip_to(offset // 2)
    assert content.read(100) == TEXT[offset // 2 :][:100]


@pytest.mark.parametrize("kind", [None, *PACKERS])
def test_an_offset_that_a_file_does_not_have_is_a_fault(opened: Callable[..., Content], kind: str | None) -> None:
    content = opened(PACKERS[kind](b"short\n") if kind else b"short\n")
    with pytest.raises(DamagedContent, match=r"app\.log holds 6 bytes, and was to be read on at byte 1,000"):
        content.skip_to(1000)


@pytest.mark.parametrize("kind", ["gzip", "zstd", "xz", "bzip2", "zip"])
def test_a_bomb_is_stopped_by_its_ratio_in_bounded_memory(opened: Callable[..., Content], kind: str) -> None:
    bomb = PACKERS[kind](bytes(64 << 20))
    content = opened(bomb, limits=Limits(ratio=500, free=1 << 20))
    tracemalloc.start()
    with pytest.raises(ExcessiveContent, match=r"^app\.log unpacks to .* from .*, more than 500 times as much"):
        while content.read(1 << 18):
            pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert content.position < 64 << 20
    assert most < 16 << 20


def test_what_is_packed_well_but_is_small_is_no_bomb(opened: Callable[..., Content]) -> None:
    assert len(_all(opened(zstd.compress(bytes(32 << 20))), 1 << 22)) == 32 << 20


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_what_unpacks_beyond_the_total_is_stopped(opened: Callable[..., Content], kind: str) -> None:
    content = opened(PACKERS[kind](TEXT), limits=Limits(total=100_000))
    with pytest.raises(ExcessiveContent, match=r"app\.log unpacks to more than 100\.0 kB"):
        _all(content, 10_000)


def test_skipping_is_bounded_as_reading_is(opened: Callable[..., Content]) -> None:
    content = opened(gzip.compress(bytes(16 << 20)), limits=Limits(ratio=500, free=1 << 20))
    with pytest.raises(ExcessiveContent):
        content.skip_to(16 << 20)


def test_xz_that_wants_too_much_memory_is_refused_with_what_to_try(opened: Callable[..., Content]) -> None:
    greedy = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 29}]
    content = opened(lzma.compress(b"x", filters=greedy))
    with pytest.raises(DamagedContent) as caught:
        content.read(1)
    assert caught.value.hint == "pack it with a window of at most 134.2 MB"


def test_zstd_that_wants_too_much_memory_is_refused_with_what_to_try(opened: Callable[..., Content]) -> None:
    frame = b"\x28\xb5\x2f\xfd" + bytes((0b0000_0000, 0b1010_0000)) + b"\x01\x00\x00"  # a window of 2 ** 30 bytes
    with pytest.raises(DamagedContent) as caught:
        opened(frame).read(1)
    assert caught.value.hint == "pack it with a window of at most 134.2 MB"


# -- zip ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_are_documents_of_their_own(tmp_path: Path, method: int) -> None:
    path = tmp_path / "logs.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("a.log", TEXT)
        archive.mkdir("more")
        archive.writestr("more/b.log", b"one line\n")
    descriptor = os.open(path, os.O_RDONLY)
    found = find_archive(descriptor, name="logs.zip")
    os.close(descriptor)
    assert found is not None
    assert [found.name_of(number) for number in (0, 1)] == ["logs.zip!/a.log", "logs.zip!/more/b.log"]
    assert [_all(found.open(number)) for number in (0, 1)] == [TEXT, b"one line\n"]


@pytest.mark.parametrize("data", [TEXT, gzip.compress(TEXT), b""])
def test_a_file_that_is_no_archive_is_not_taken_for_one(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    descriptor = os.open(path, os.O_RDONLY)
    assert find_archive(descriptor) is None
    os.close(descriptor)


def test_a_zip_archive_without_its_ending_is_cut_short(archived: Callable[[bytes], Archive]) -> None:
    archive = archived(_zip(TEXT)[:-30])
    assert (archive.kind, archive.members, archive.whole) == ("zip", [], False)
    assert str(archive.fault) == "app.log is cut short: a zip archive's directory is missing"


def test_an_empty_archive_holds_nothing(archived: Callable[[bytes], Archive]) -> None:
    file = io.BytesIO()
    zipfile.ZipFile(file, "w").close()
    archive = archived(file.getvalue())
    assert (archive.kind, archive.members, archive.whole, archive.fault) == ("zip", [], True, None)


def test_a_member_by_another_method_is_refused(opened: Callable[..., Content]) -> None:
    with pytest.raises(TailraceError, match=r"app\.log is packed by method 14 of zip, which is not known here"):
        opened(_zip(TEXT, zipfile.ZIP_LZMA))


def test_an_encrypted_member_is_refused(opened: Callable[..., Content]) -> None:
    packed = bytearray(_zip(TEXT))
    packed[bytes(packed).index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(TailraceError, match="is encrypted"):
        opened(bytes(packed))


def test_members_that_share_bytes_are_taken_for_a_bomb(opened: Callable[..., Content]) -> None:
    one = _zip(TEXT)
    at = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    entry = one[at:end]
    ending = bytearray(one[end:])
    ending[8:16] = struct.pack("<HHI", 2, 2, 2 * len(entry))
    with pytest.raises(TailraceError, match="files overlap"):
        opened(one[:at] + entry * 2 + bytes(ending))


def test_a_directory_too_large_is_refused_before_it_is_read(opened: Callable[..., Content]) -> None:
    packed = bytearray(_zip(TEXT))
    at = bytes(packed).index(b"PK\x05\x06")
    packed[at + 12 : at + 16] = struct.pack("<I", 1 << 30)
    with pytest.raises(TailraceError, match=r"has a zip directory of 1\.1 GB"):
        opened(bytes(packed))


@pytest.mark.parametrize("place", [8, 12, 16, 20])
def test_a_directory_full_of_lies_is_a_sentence(opened: Callable[..., Content], place: int) -> None:
    packed = bytearray(_zip(TEXT))
    at = bytes(packed).index(b"PK\x05\x06")
    packed[at + place : at + place + 2] = b"\xfe\xfe"
    try:
        _all(opened(bytes(packed)))
    except TailraceError as fault:
        assert "\n" not in str(fault)


# -- whatever comes -----------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(list(PACKERS)),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, 4000),
    size=st.sampled_from([1, 7, 1000, 1 << 16]),
)
def test_no_bytes_whatever_end_in_anything_but_content_or_a_sentence(
    opened: Callable[..., Content], kind: str, changes: list[tuple[int, int]], cut: int, size: int
) -> None:
    packed = bytearray(PACKERS[kind](TEXT[:3000]))
    for place, value in changes:
        packed[place % len(packed)] = value
    try:
        content = opened(bytes(packed[: cut or None]), limits=Limits(ratio=10, free=1 << 16, total=1 << 20))
        while content.read(size):
            pass
    except TailraceError as fault:
        assert "\n" not in str(fault)
    except IndexError:
        assert kind == "zip"  # an archive that holds nothing


@pytest.mark.parametrize("head", [b"", b"\x1f", b"\x1f\x8b\x07", b"2026-01-05 10:00:00 INFO x", b"{}", b"PK\x07\x08"])
def test_what_is_not_packed_is_not_taken_for_it(head: bytes) -> None:
    assert detect_compression(head) is None
