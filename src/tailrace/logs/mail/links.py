"""Links that a mail may have: a rule's runbook, and the place in a log by a template of the user's.

Only addresses of the web become links, only those written in a rule or a setting, and none with a secret in it. What
comes from a log stands in them percent-encoded, behind the host, where it can change nothing but what is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from urllib.parse import quote

from tailrace.model.errors import TailraceError

FIELDS = ("uri", "line", "app", "fingerprint", "first", "last")
"""What a link's template can speak of."""

# Printable ASCII but for what ends an attribute or a text; no user before the host, which would hide it.
_WEB = re.compile(
    r"https?://[A-Za-z0-9.\[\]:_-]{1,255}"
    r"(?:[/?#][\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]{0,1700})?"
)
_HINT = f"write it as in https://logs.example.com/?file={{uri}}&line={{line}}; the fields are {', '.join(FIELDS)}"
_LONGEST = 2000


def web_address(text: str) -> str:
    """Give `text` if it is an address of the web that can stand in a mail as a link; else nothing."""
    return text if _WEB.fullmatch(text) else ""


def check_link(template: str) -> None:
    """Raise TailraceError unless `template` is empty, or an address of the web with known fields behind its host."""
    if not template:
        return
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(template)]
    except ValueError as fault:
        raise TailraceError(f"the link {template!r} cannot be read: {fault}", hint=_HINT) from None
    for name, spec, conversion in fields:
        if name is not None and (name not in FIELDS or spec or conversion):
            raise TailraceError(f"the link {template!r} has {{{name}}}, which is no field of it", hint=_HINT)
    host = re.match(r"https?://([^/?#]*)", template)
    if host is None or "{" in host[1] or not web_address(_filled(template, dict.fromkeys(FIELDS, "x"))):
        raise TailraceError(f"the link {template!r} is no address of the web with a fixed host", hint=_HINT)


def place_link(template: str, values: Mapping[str, str]) -> str:
    """Give the address for one place in a log, or nothing if there is no template or the address would be too long."""
    if not template:
        return ""
    filled = _filled(template, {name: quote(values[name], safe="", errors="replace") for name in FIELDS})
    return filled if len(filled) <= _LONGEST else ""


def _filled(template: str, values: Mapping[str, str]) -> str:
    return template.format_map(values)
