"""A log message cut so that a person still sees what happened: its head, its causes, its end.

Of a stack trace every cause in the chain is kept with its first frames, one's own code before that of libraries.
"""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.logs.mail.frames import Part, Unit, omitted, parts_of
from tailrace.logs.mail.plain import ELLIPSIS, many_lines, split_lines

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
    if len(whole) > lines:
        whole = [line for line in whole if line] or [""]
    parts = parts_of(whole)
    kept = range(len(whole)) if len(whole) <= lines else _chosen(parts, len(whole), lines)
    shown: list[str] = []
    for at, before in zip((*kept, len(whole)), (-1, *kept), strict=True):
        if at > before + 1:
            shown.append(_gap(range(before + 1, at), whole, parts))
        if at < len(whole):
            shown.append(many_lines(whole[at], width))
    return tuple(shown)


def _chosen(parts: Sequence[Part], count: int, lines: int) -> list[int]:
    """The numbers of the lines to keep: the first, those that name a fault, the last text, then the best of each part.

    Parts take turns, so that each cause in a chain is shown with its first frames.
    """
    heads = [part.units[0].start for part in parts if part.kind == "head"]
    wanted = [0, *heads[:1], *heads[-1:]]
    wanted += [count - 1] if parts[-1].kind in {"text", "head"} else []
    wanted += heads[1 : max(lines // 2 - len(wanted), 0) + 1]
    kept = set(wanted[:lines])
    for unit in _by_turns([part for part in parts if part.kind in {"text", "frames"}]):
        if len(kept | set(range(unit.start, unit.start + unit.size))) <= lines:
            kept.update(range(unit.start, unit.start + unit.size))
    # To say that a single line is missing takes as much room as the line.
    alone = {number for number in range(1, count - 1) if {number - 1, number + 1} <= kept}
    more = {part.units[0].start for part in parts if part.kind == "more"}
    return sorted(kept | (alone - more))


def _by_turns(parts: Sequence[Part]) -> list[Unit]:
    ranked = [(turn, at, unit) for at, part in enumerate(parts) for turn, unit in enumerate(part.units)]
    return [unit for _, _, unit in sorted(ranked, key=lambda each: each[:2])]


def _gap(hidden: range, whole: Sequence[str], parts: Sequence[Part]) -> str:
    """What is missing: `    … 12 more frames`."""
    frames = sum(omitted(whole[number]) for number in hidden)
    frames += sum(unit.start in hidden for part in parts if part.kind == "frames" for unit in part.units)
    of_frames = {
        number
        for part in parts
        if part.kind in {"frames", "more"}
        for unit in part.units
        for number in range(unit.start, unit.start + unit.size)
    }
    texts = sum(number not in of_frames for number in hidden)
    said = [f"{frames:,} more frame{'' if frames == 1 else 's'}"] if frames else []
    if texts:
        said.append(f"{texts:,} {'' if frames else 'more '}line{'' if texts == 1 else 's'}")
    first = whole[hidden[0]].expandtabs(4)
    indent = " " * (len(first) - len(first.lstrip())) if frames else ""
    return f"{indent}{ELLIPSIS} {' and '.join(said)}"
