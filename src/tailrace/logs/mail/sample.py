"""A log message cut so that a person still sees what happened: its head, its causes, its end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tailrace.logs.mail.plain import clip

# Lines of a stack trace that name a fault, in the languages people log from.
_TELLING = re.compile(
    r"\s{0,8}(?:Caused by\b|Suppressed:|panic:|goroutine \d+ \[running|thread '.{1,60}' panicked|--->"
    r"|The above exception|During handling|(?:[A-Za-z_$][\w$]{0,80}[.:]{1,2}){0,12}[A-Z]\w{0,80}(?:Error|Exception)\b)"
)


def cut_sample(text: str, *, lines: int, width: int) -> tuple[str, ...]:
    """Give at most about `lines` lines of `text`, each of at most `width` characters; gaps say how much is missing."""
    whole = text.strip("\n").split("\n")
    whole = [line.rstrip() for line in whole]
    kept = range(len(whole)) if len(whole) <= lines else _chosen(whole, lines)
    shown: list[str] = []
    for at, before in zip(kept, (-1, *kept), strict=False):
        if at > before + 1:
            shown.append(_gap(at - before - 1))
        shown.append(clip(whole[at], width))
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
