"""What `journalctl` exports: its own format and JSON sequences, however they are cut."""

from __future__ import annotations

import json

import pytest

from tailrace.connect.encoded import Encoding, Transcoder, detect_encoding
from tailrace.connect.piped import Unpacker


def binary(name: bytes, value: bytes) -> bytes:
    return name + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"


EXPORT = (
    b"__CURSOR=s=1;i=1\n__REALTIME_TIMESTAMP=1767607200000000\nPRIORITY=3\nMESSAGE=kex failed: a=b\n\n"
    b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1767607201000000\n"
    + binary(b"MESSAGE", b"two\n\nlines\n")
    + binary(b"RAW", b"\xff=\n")
    + b"PRIORITY=4\nPRIORITY=5\nPRIORITY=6\n\n"
    b"__CURSOR=s=1;i=3\n__REALTIME_TIMESTAMP=1767607202000000\nMESSAGE=gr\xc3\xbcn\n\n"
)
ENTRIES = [
    {"__CURSOR": "s=1;i=1", "__REALTIME_TIMESTAMP": "1767607200000000", "PRIORITY": "3", "MESSAGE": "kex failed: a=b"},
    {
        "__CURSOR": "s=1;i=2",
        "__REALTIME_TIMESTAMP": "1767607201000000",
        "MESSAGE": "two\n\nlines\n",
        "RAW": "\ufffd=\n",
        "PRIORITY": ["4", "5", "6"],
    },
    {"__CURSOR": "s=1;i=3", "__REALTIME_TIMESTAMP": "1767607202000000", "MESSAGE": "gr\u00fcn"},
]


def feed(encoding: Encoding, data: bytes, size: int) -> tuple[bytes, int]:
    """What pieces give when each is read by a new transcoder from where the last ended, and how much was taken."""
    found, taken, end = b"", 0, 0
    while end < len(data):
        end = min(end + size, len(data))
        transcoder = Transcoder(encoding, taken)
        found += transcoder.feed(data[taken:end])
        taken = transcoder.taken
    return found, taken


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_entries_of_the_export_format_become_lines_of_json(size: int) -> None:
    assert detect_encoding(EXPORT[:16]) == "journal-export"
    found, taken = feed("journal-export", EXPORT, size)
    assert [json.loads(line) for line in found.splitlines()] == ENTRIES
    assert taken == len(EXPORT)


def test_an_entry_that_is_not_complete_waits() -> None:
    transcoder = Transcoder("journal-export")
    first = EXPORT.index(b"\n\n") + 2
    assert transcoder.feed(EXPORT[: first + 120]).count(b"\n") == 1
    assert transcoder.taken == first


@pytest.mark.parametrize("size", [1, 9, 1000])
def test_the_marks_of_a_json_sequence_are_left_out(size: int) -> None:
    sequence = b"".join(b"\x1e" + json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in ENTRIES)
    assert detect_encoding(sequence[:16]) == "json-seq"
    found, _ = feed("json-seq", sequence, size)
    assert [json.loads(line) for line in found.splitlines()] == ENTRIES


@pytest.mark.parametrize(
    "tail",
    [b"MESSAGE\n" + b"\xff" * 8 + b"x" * 100, b"no entry at all", b"\n\n\n", b"=x\n\n", b"A\n\0\0\0\0\0\0\0\0\n\n"],
)
def test_what_is_no_entry_costs_none(tail: bytes) -> None:
    transcoder = Transcoder("journal-export")
    found = transcoder.feed(EXPORT + tail, final=True)
    assert [json.loads(line) for line in found.splitlines()[:3]] == ENTRIES
    assert transcoder.taken == len(EXPORT + tail)


def test_a_field_too_large_to_be_true_does_not_fill_memory() -> None:
    transcoder = Transcoder("journal-export")
    transcoder.feed(b"__CURSOR=x\nMESSAGE\n" + (1 << 60).to_bytes(8, "little"))
    for _ in range(40):
        transcoder.feed(bytes(1 << 20))
    assert transcoder.taken > 30 << 20


def test_a_pipe_may_carry_the_export_format() -> None:
    unpacker = Unpacker("a pipe")
    unpacker.feed(EXPORT, final=True)
    assert [json.loads(line) for line in unpacker.read(1 << 20).splitlines()] == ENTRIES
