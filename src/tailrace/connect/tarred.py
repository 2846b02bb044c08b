"""Tar archives: which files are in one, and where their bytes stand.

Only headers are looked at, and nothing is ever laid down: a member's name is a text to be shown, wherever it points.
POSIX's ustar and pax, GNU's long names and sparse files, and what was there before them are understood. Of a sparse
file the holes are left out.

https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html,
https://www.gnu.org/software/tar/manual/html_node/Standard.html
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from tailrace.connect.content import ReadAt

BLOCK: Final = 512
"""How many bytes of a beginning tell whether it is that of a tar archive."""
_FILES: Final = (b"0", b"\0", b"7", b"S")  # the last are sparse
_TELLING: Final = (b"L", b"K", b"x", b"X", b"g")  # what follows says something of the next member, or of all
_LONGEST_RECORD: Final = 1 << 20  # of what stands before a member about it
_MOST_MEMBERS: Final = 100_000
_MOST_MAP: Final = 1 << 12  # blocks of a sparse file's map


@dataclass(frozen=True, slots=True)
class TarMember:
    """A file in an archive: its bytes stand from `begin` on, `size` of them; when it was modified (UTC)."""

    name: str
    size: int
    modified: datetime | None
    begin: int


@dataclass
class TarListing:
    """The files of an archive that are not empty, in their order.

    `whole` tells whether the archive goes on to its end; `fault` what is wrong with it beyond the last of them, if
    anything is.
    """

    members: list[TarMember] = field(default_factory=list)
    whole: bool = False
    fault: str = ""


def is_tar(head: bytes) -> bool:
    """Whether a file that begins with these 512 bytes is a tar archive: its header's checksum is right."""
    if len(head) < BLOCK or not head[0]:
        return False
    digits = head[148:156].strip(b" \0")
    if not digits or digits.translate(None, b"01234567"):
        return False
    return int(digits, 8) == sum(head[:BLOCK]) - sum(head[148:156]) + 8 * 32


def list_tar(read_at: ReadAt) -> TarListing:
    """Go through an archive's headers, forwards. Raises what `read_at` raises."""
    listing, at, told, for_all = TarListing(), 0, dict[str, bytes](), dict[str, bytes]()
    while len(listing.members) < _MOST_MEMBERS:
        head = read_at(BLOCK, at)
        if len(head) < BLOCK or not any(head):
            listing.whole = len(head) == BLOCK
            listing.fault = "it is cut short" if 0 < len(head) < BLOCK else ""
            return listing
        kind = head[156:157]
        size = _number(told.get("size", b"")) if kind in _FILES else None
        size = _number(head[124:136]) if size is None else size
        telling = kind in _TELLING
        if not is_tar(head) or size is None or (telling and size > _LONGEST_RECORD):
            listing.fault = f"what stands at byte {at:,} is no file's header"
            return listing
        at += BLOCK
        if telling:
            found = _told(kind, read_at(size, at))
            (for_all if kind == b"g" else told).update(found)
        else:
            at = _after_extensions(read_at, head, at)
            if kind in _FILES and size:
                listing.members.append(_member(head, {**for_all, **told}, at, size, read_at))
            told = {}
        at += -(-size // BLOCK) * BLOCK
    listing.fault = f"it holds more than {_MOST_MEMBERS:,} files, and the rest is left out"
    return listing


def _number(digits: bytes) -> int | None:
    """A number as a header has it, in octal digits or, where that does not suffice, in binary; None for neither."""
    if digits[:1] == b"\x80":
        return int.from_bytes(digits[1:])
    digits = digits.strip(b" \0")
    base = 8 if len(digits) < 12 else 10
    return int(digits, base) if digits.isdigit() else None


def _told(kind: bytes, text: bytes) -> dict[str, bytes]:
    """What is told before a member about it, by the keys of pax."""
    if kind == b"L":
        return {"path": text.rstrip(b"\0")}
    found = {}
    while kind in b"xXg" and text:
        length, _, rest = text.partition(b" ")
        if not length.isdigit() or not len(length) + 1 < int(length[:9]) <= len(text):
            break
        key, _, value = rest[: int(length[:9]) - len(length) - 1].removesuffix(b"\n").partition(b"=")
        found[key.decode("utf-8", "replace")] = value
        text = text[int(length[:9]) :]
    return found


def _member(head: bytes, told: dict[str, bytes], begin: int, size: int, read_at: ReadAt) -> TarMember:
    name = _text(head[:100])
    if head[257:263] == b"ustar\0" and (prefix := _text(head[345:500])):
        name = prefix + b"/" + name
    name = told.get("GNU.sparse.name") or told.get("path") or name
    try:
        seconds = float(told["mtime"]) if "mtime" in told else float(_number(head[136:148]) or 0)
        modified = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        modified = None
    skipped = _map_size(read_at, begin) if told.get("GNU.sparse.major") == b"1" else 0
    return TarMember(os.fsdecode(name.removeprefix(b"./")), max(size - skipped, 0), modified, begin + skipped)


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _after_extensions(read_at: ReadAt, head: bytes, at: int) -> int:
    """Where the bytes of a member begin: behind the rest of a sparse file's map, as GNU tar wrote it at first."""
    more = head[156:157] == b"S" and head[482]
    for _ in range(_MOST_MAP):
        if not more:
            break
        block = read_at(BLOCK, at)
        more, at = len(block) == BLOCK and block[504], at + BLOCK
    return at


def _map_size(read_at: ReadAt, begin: int) -> int:
    """How many bytes of a sparse file are its map: decimal numbers, how many pairs first, in whole blocks."""
    text = b""
    for block in range(_MOST_MAP):
        text += read_at(BLOCK, begin + block * BLOCK)
        count = text.partition(b"\n")[0]
        if not count.isdigit() or len(count) > 6:
            return 0
        if text.count(b"\n") > 2 * int(count):
            return (block + 1) * BLOCK
    return 0
