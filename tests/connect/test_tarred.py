"""Tar archives: real ones as `tarfile` writes them, packed and not, cut short, odd and hostile."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import sys
import tarfile
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from made import tar
from tailrace.connect.archives import Archive, find_archive
from tailrace.connect.compressed import Limits
from tailrace.connect.content import Content, ExcessiveContent
from tailrace.connect.tarred import is_tar
from tailrace.model.errors import TailraceError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"2026-01-05 10:00:%02d,%03d WARN  order %d is late\n" % (n % 60, n % 997, n) for n in range(5000))
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.zst": zstd.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
}
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
Find = Callable[..., Archive | None]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """Writes bytes to a file whose name says nothing, and finds the archive that it is."""

    def write(data: bytes, limits: Limits | None = None) -> Archive | None:
        (tmp_path / "file.log").write_bytes(data)
        descriptor = os.open(tmp_path / "file.log", os.O_RDONLY)
        try:
            return find_archive(descriptor, name="bundle", limits=limits or Limits())
        finally:
            os.close(descriptor)  # an archive keeps the file open by itself

    return write


def _all(content: Content, size: int = 1 << 16) -> bytes:
    return b"".join(iter(lambda: content.read(size), b""))


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_each_file_is_read_whatever_the_archive_is_packed_with(find: Find, kind: str, form: int) -> None:
    files = {"a.log": TEXT, "var/log/b.log": b"one line\n", "n" * 90 + "/" + "m" * 90: b"long name\n", "e.log": b""}
    archive = find(PACKERS[kind](tar(files, form)))
    assert archive is not None
    assert (archive.kind, archive.whole, archive.fault) == (kind, True, None)
    assert [each.name for each in archive.members] == list(files)[:3]
    assert archive.members[0].modified == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert archive.name_of(1) == "bundle!/var/log/b.log"
    assert [_all(archive.open(number)) for number in range(3)] == list(files.values())[:3]


def test_members_can_be_read_in_any_order_and_by_turns(find: Find) -> None:
    archive = find(gzip.compress(tar({"a.log": TEXT, "b.log": TEXT[::-1]})))
    assert archive is not None
    first, second = archive.open(0), archive.open(1)
    found = [b"", b""]
    for _ in range(len(TEXT) // 1000 + 1):
        found[1] += second.read(1000)
        found[0] += first.read(1000)
    assert found == [TEXT, TEXT[::-1]]
    first.skip_to(70)
    assert first.read(50) == TEXT[70:120]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_member_that_is_packed_itself_is_unpacked(find: Find, pack: Callable[[bytes], bytes]) -> None:
    archive = find(gzip.compress(tar({"app.log": b"plain\n", "app.log.1.gz": pack(TEXT)})))
    assert archive is not None
    content = archive.open(1)
    assert _all(content) == TEXT
    assert not content.truncated
    content.skip_to(1000)
    assert content.read(100) == TEXT[1000:1100]


def test_a_member_in_utf_16_is_read_in_utf_8(find: Find) -> None:
    archive = find(tar({"ERRORLOG": TEXT.decode().encode("utf-16"), "b": b"x\n"}))
    assert archive is not None
    assert _all(archive.open(0)) == b"\xef\xbb\xbf" + TEXT


@pytest.mark.parametrize("inner", [tar({"x": b"y\n"}), gzip.compress(tar({"x": b"y\n"}))])
def test_an_archive_within_an_archive_is_not_opened(find: Find, inner: bytes) -> None:
    archive = find(tar({"a.log": b"x\n", "more.tar": inner}))
    assert archive is not None
    with pytest.raises(TailraceError, match=r"bundle!/more\.tar is an archive within an archive, and is not opened"):
        archive.open(1)


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "tar.xz"])
def test_an_archive_cut_short_gives_what_it_has_and_says_so(find: Find, kind: str) -> None:
    noise = random.Random(3).randbytes(300_000).hex().encode()
    packed = PACKERS[kind](tar({"a.log": TEXT, "b.log": noise}))
    archive = find(packed[: len(packed) // 2])
    assert archive is not None
    assert not archive.whole
    assert _all(archive.open(0)) == TEXT
    last = archive.open(1)
    assert noise.startswith(_all(last))
    assert (last.position > 10_000, last.truncated) == (True, True)


def test_an_archive_without_its_closing_blocks_is_read_and_may_still_grow(find: Find) -> None:
    archive = find(tar({"a.log": b"x" * 512})[:1024])
    assert archive is not None
    assert ([each.name for each in archive.members], archive.whole, archive.fault) == (["a.log"], False, None)


def test_damage_between_files_is_told_and_what_stands_before_is_read(find: Find) -> None:
    data = bytearray(tar({"a.log": TEXT, "b.log": TEXT}, tarfile.USTAR_FORMAT))
    at = 512 + -(-len(TEXT) // 512) * 512
    data[at : at + 4] = b"????"
    archive = find(bytes(data))
    assert archive is not None
    assert _all(archive.open(0)) == TEXT
    said = f"bundle is not read to its end: what stands at byte {at:,} is no file's header"
    assert (len(archive.members), str(archive.fault)) == (1, said)


def test_what_is_no_file_is_passed_over(find: Find) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            member = tarfile.TarInfo("log")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
        member = tarfile.TarInfo("a.log")
        member.size = 2
        archive.addfile(member, io.BytesIO(b"x\n"))
    found = find(out.getvalue())
    assert found is not None
    assert [each.name for each in found.members] == ["a.log"]


def test_of_a_sparse_file_the_holes_are_left_out(find: Find) -> None:
    text = b"after the hole\n"
    numbers = f"1\n8192\n{len(text)}\n".encode().ljust(512, b"\0")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("GNUSparseFile.0/app.log")
        member.size = 512 + len(text)
        member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "app.log"}
        archive.addfile(member, io.BytesIO(numbers + text))
    found = find(out.getvalue())
    assert found is not None
    assert ([each.name for each in found.members], _all(found.open(0))) == (["app.log"], text)


def test_names_that_point_elsewhere_or_are_no_text_are_names_and_nothing_more(find: Find, tmp_path: Path) -> None:
    names = ["../../escape.log", "/etc/passwd", "a\nb.log", os.fsdecode(b"\xff.log")]
    archive = find(tar(dict.fromkeys(names, b"x\n"), tarfile.GNU_FORMAT))
    assert archive is not None
    assert [each.name for each in archive.members] == names
    assert [path.name for path in tmp_path.iterdir()] == ["file.log"]


@pytest.mark.parametrize("data", [TEXT, b"", bytes(1024), b"x" * 512, gzip.compress(TEXT), bytes(100) + TEXT])
def test_what_is_no_tar_archive_is_not_taken_for_one(find: Find, data: bytes) -> None:
    assert not is_tar(data[:512])
    assert find(data) is None


def test_an_archive_before_ustar_is_known_by_its_checksum(find: Find) -> None:
    data = bytearray(tar({"a.log": b"x\n"}, tarfile.USTAR_FORMAT))
    data[257:265] = bytes(8)
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * 32 + sum(data[156:512]))
    archive = find(bytes(data))
    assert archive is not None
    assert _all(archive.open(0)) == b"x\n"


def test_a_bomb_is_stopped_in_bounded_memory(find: Find) -> None:
    data = gzip.compress(tar({"a.log": b"x\n", "bomb.log": bytes(64 << 20), "c.log": b"x\n"}))
    tracemalloc.start()
    archive = find(data, Limits(ratio=100, free=1 << 20))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert archive is not None
    assert isinstance(archive.fault, ExcessiveContent)
    assert _all(archive.open(0)) == b"x\n"
    assert most < 16 << 20


def test_a_bomb_within_an_archive_is_stopped(find: Find) -> None:
    archive = find(tar({"a.log": b"x\n", "bomb.gz": gzip.compress(bytes(64 << 20))}), Limits(ratio=100, free=16 << 20))
    assert archive is not None
    content = archive.open(1)
    with pytest.raises(ExcessiveContent, match=r"bundle!/bomb\.gz unpacks to"):
        _all(content)
    assert content.position < 8 << 20


def test_a_name_of_a_gigabyte_is_not_read(find: Find) -> None:
    head = bytearray(tar({"a": b"x\n"}, tarfile.USTAR_FORMAT)[:512])
    head[124:136], head[156:157] = b"10000000000\0", b"L"
    head[148:156] = b"%06o\0 " % (sum(head[:148]) + 8 * 32 + sum(head[156:512]))
    archive = find(bytes(head) + bytes(1024))
    assert archive is not None
    assert (archive.members, "no file's header" in str(archive.fault)) == ([], True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["tar", "tar.gz"]),
    form=st.sampled_from(list(FORMATS.values())),
    changes=st.lists(st.tuples(st.integers(0, 8000), st.integers(0, 255)), max_size=4),
    cut=st.integers(0, 8000),
)
def test_no_bytes_whatever_end_in_anything_but_content_or_a_sentence(
    find: Find, kind: str, form: int, changes: list[tuple[int, int]], cut: int
) -> None:
    files = {
        "a.log": TEXT[:700],
        "b" * 70 + "/" + "b" * 70: gzip.compress(TEXT[:3000]),
        "c.log": "x\n".encode("utf-16"),
    }
    packed = bytearray(PACKERS[kind](tar(files, form)))
    for place, value in changes:
        packed[place % len(packed)] = value
    try:
        archive = find(bytes(packed[: cut or None]), Limits(ratio=10, free=1 << 16, total=1 << 20))
        for number in range(len(archive.members) if archive else 0):
            assert archive is not None
            assert len(_all(archive.open(number))) < 1 << 20
    except TailraceError as fault:
        assert "\n" not in str(fault)
