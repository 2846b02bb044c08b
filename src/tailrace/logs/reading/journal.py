"""The systemd journal as JSON (`journalctl -o json`): whose each entry is, and what stands in it oddly.

An entry is a JSON object in a line of its own, which the formats know. Only here is known that entries of many
applications come through one stream: each is told by its unit, or by what it calls itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

import polars as pl

from tailrace.logs.reading.formats import JSON_LINES
from tailrace.logs.reading.lines import decoded
from tailrace.logs.reading.state import ReaderState

LEVEL, TIME = "PRIORITY", "__REALTIME_TIMESTAMP"
STATE: Final = ReaderState(format=JSON_LINES.name, keys=(LEVEL, TIME), forced=True, wrapper="")
"""Where the reading of an application's entries begins."""
_APPS: Final = (
    r'"CONTAINER_NAME":"([^"\\]+)"',
    r'"_SYSTEMD_USER_UNIT":"([^"\\@]+)(?:@[^"]*)?\.service"',
    r'"_SYSTEMD_UNIT":"(user)@[^"]*\.service"',  # of a session, which says nothing
    r'"_SYSTEMD_UNIT":"([^"\\@]+)(?:@[^"]*)?\.service"',
    r'"SYSLOG_IDENTIFIER":"([^"\\]+)"',
    r'"_COMM":"([^"\\]+)"',
)
_SESSION: Final = "user"
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_ODD: Final = r'"MESSAGE" ?: ?(?:\[|null)'


def is_journal(head: bytes) -> bool:
    """Whether a stream that begins so is the journal's."""
    return head.startswith(b"{") and b'"__REALTIME_TIMESTAMP":"' in head.partition(b"\n")[0]


def entries_by_app(entries: bytes, otherwise: str) -> Iterator[tuple[str, bytes]]:
    """The entries of each application, in their order; `otherwise` is the name for those that do not tell.

    `entries` are whole lines.
    """
    text = decoded(entries).removesuffix("\n")
    frame = pl.DataFrame({"entry": text.split("\n")}).with_columns(
        app=pl.coalesce(*(_app(pattern) for pattern in _APPS), pl.lit(otherwise))
    )
    for app, part in frame.group_by("app", maintain_order=True):
        yield str(app[0]), ("\n".join(part["entry"].to_list()) + "\n").encode()


def with_messages(entries: pl.Series) -> pl.Series:
    """Return JSON lines, those that are entries of the journal with their message as text, whatever stands there.

    One that is no UTF-8, or has controls in it, stands there as a list of bytes, a huge one as null.
    """
    odd = entries.str.contains(_ODD).fill_null(value=False).arg_true()
    return entries.clone().scatter(odd, [_with_text(text) for text in entries.gather(odd)]) if len(odd) else entries


def _app(pattern: str) -> pl.Expr:
    found = pl.col("entry").str.extract(pattern)
    return pl.when(found != _SESSION).then(found)


def _with_text(entry: str) -> str:
    try:
        fields = json.loads(entry)
        message = fields["MESSAGE"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return entry
    if TIME not in fields:
        return entry
    fields["MESSAGE"] = _text(message[-1] if message and isinstance(message[0], list) else message)
    return json.dumps(fields, ensure_ascii=False)


def _text(message: object) -> str:
    if not isinstance(message, list):
        return message if isinstance(message, str) else "(too large for the export)"
    text = decoded(bytes(each & 0xFF for each in message if isinstance(each, int)))
    return _COLOUR.sub("", text)
