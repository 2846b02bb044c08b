"""What `journalctl` exports that is no text by lines: its export format and its JSON sequences, as lines of JSON.

An entry of the export format is a field a line, `NAME=value`, or for a value that is not plain text the name, eight
bytes that say how long it is, and the value; an empty line ends it. Here each becomes what `journalctl -o json` prints.

https://systemd.io/JOURNAL_EXPORT_FORMATS/, https://www.rfc-editor.org/rfc/rfc7464
"""

from __future__ import annotations

import json
from typing import Final

_FIRST: Final = b"__CURSOR="  # every entry begins with it
_SEQUENCE: Final = b"\x1e"
_LARGEST: Final = 1 << 24  # bytes of an entry
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def is_export(head: bytes) -> bool:
    """Whether a file that begins so is in the journal's export format."""
    return head.startswith(_FIRST)


def is_sequence(head: bytes) -> bool:
    """Whether a file that begins so is a sequence of JSON, each after a mark."""
    return head.startswith((b"\x1e{", b"\x1e\n{"))


class SequenceDecoder:
    """JSON without the marks between them, with the methods of an incremental decoder that are needed."""

    def getstate(self) -> tuple[bytes, int]:
        """What waits for more: nothing."""
        return b"", 0

    def decode(self, data: bytes, final: bool = False) -> str:  # noqa: ARG002 - nothing waits
        """The text of some bytes; a mark cannot stand within JSON."""
        return data.replace(_SEQUENCE, b"").decode("utf-8", "surrogateescape")


class ExportDecoder:
    """Entries as lines of JSON, with the methods of an incremental decoder that are needed."""

    def __init__(self) -> None:
        self._waiting = b""

    def getstate(self) -> tuple[bytes, int]:
        """What waits for the rest of an entry."""
        return self._waiting, 0

    def decode(self, data: bytes, final: bool = False) -> str:
        """The entries that are complete; of what is no entry, or too large for one, each line as it stands."""
        data = self._waiting + data
        lines: list[str] = []
        at = 0
        while at < len(data):
            fields: dict[str, str | list[str]] = {}
            end = _read_entry(data, at, fields)
            if end < 0:
                if not final and len(data) - at < _LARGEST:
                    break
                lines.append(data[at:].decode("utf-8", "replace"))
                end = len(data)
            elif fields:
                lines.append(_encode(fields) + "\n")
            at = end
        self._waiting = data[at:]
        return "".join(lines)


def _read_entry(data: bytes, at: int, fields: dict[str, str | list[str]]) -> int:
    """Read the fields of an entry; the place after it, or -1 if it does not end here."""
    while True:
        end = data.find(b"\n", at)
        if end < 0:
            return -1
        name, equals, value = data[at:end].partition(b"=")
        at = end + 1
        if not name and not equals:
            return at
        if not equals:
            size = int.from_bytes(data[at : at + 8], "little")
            value, at = data[at + 8 : at + 8 + size], at + 8 + size + 1
            if at > len(data):
                return -1
        _add(fields, name.decode("utf-8", "replace"), value.decode("utf-8", "replace"))


def _add(fields: dict[str, str | list[str]], name: str, value: str) -> None:
    """Add a field, which may be there several times."""
    before = fields.get(name)
    if before is None:
        fields[name] = value
    else:
        fields[name] = [*before, value] if isinstance(before, list) else [before, value]
