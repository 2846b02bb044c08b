"""A log message cut so that a person still sees what happened: its head, its causes, its end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tailrace.logs.mail.plain import many_lines, split_lines

# Lines of a stack trace that name a fault, in the languages people log from.
_TELLING = re.compile(
    r"\s{0,8}(?:Caused by\b|Suppressed:|panic:|goroutine \d+ \[running|thread '.{1,60}' panicked|--->"
    r"|The above exception|During handling|(?:[A-Za-z_$][\w$]{0,80}[.:]{1,2}){0,12}[A-Z]\w{0,80}(?:Error|Exception)\b)"
)


_HEAD, _TAIL = 12_000, 4_000


def bounded(text: str) -> str:
    """Give `text`, or of a very long one the first 12,000 and last 4,000 characters, cut between lines if possible.

    To be used before secrets are masked: the end is given up if it might be the second half of a key.
    """
    if len(text) <= _HEAD + _TAIL:
        return text
    head, middle, tail = text[:_HEAD], text[_HEAD:-_TAIL], text[-_TAIL:]
    head = head[: head.rfind("\n") + 1] or head
    tail = "" if "PRIVATE KEY" in middle else tail[tail.find("\n") + 1 :] if "\n" in tail else ""
    return f"{head.rstrip()}\n… {len(text) - len(head) - len(tail):,} characters left out …\n{tail}"


def cut_sample(text: str, *, lines: int, width: int) -> tuple[str, ...]:
    """Give about `lines` lines of `text`, each harmless and of at most `width` characters; gaps say what is missing."""
    whole = [line.rstrip() for line in split_lines(text.strip("\r\n"))]
    kept = range(len(whole)) if len(whole) <= lines else _chosen(whole, lines)
    shown: list[str] = []
    for at, before in zip(kept, (-1, *kept), strict=False):
        if at > before + 1:
            shown.append(_gap(at - before - 1))
        shown.append(many_lines(whole[at], width))
    if kept[-1] < len(whole) - 1:
        shown.append(_gap(len(whole) - 1 - kept[-1]))
    return tuple(shown)


def _chosen(whole: Sequence[str], lines: int) -> list[int]:
    """The numbers of the lines to keep: the first, the last, those that name a fault, then more of the first."""
    last = len(whole) - 1
    telling = [number for number, line in enumerate(whole) if _TELLING.match(line)]
    following = [number + 1 for number in telling]
    wanted = [0, last, *telling, *range(1, lines // 2), *following, *range(lines // 2, last)]
    return sorted(list(dict.fromkeys(number for number in wanted if number <= last))[:lines])


def _gap(missing: int) -> str:
    return f"… {missing} line{'' if missing == 1 else 's'} left out …"
