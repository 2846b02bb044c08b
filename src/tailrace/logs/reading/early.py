"""Early detection: telling a file's format by its first few lines, where there is no doubt.

A new file of a few lines need not wait for a full sample. The first four lines are looked at alone, then the first
sixteen, never any other number: so the answer does not depend on how many of them came together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tailrace.logs.reading.catalogue.extended import described
from tailrace.logs.reading.detect import SAMPLE_BYTES, Detection, share, shares
from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.lines import Lines, head_texts
from tailrace.logs.reading.scan_free import begins_record
from tailrace.logs.reading.scan_json import keys_in
from tailrace.logs.reading.unwrap import find_wrapper, unwrap

FEW: Final = (4, 16)


def detect_early(lines: Lines, before: int, own: Sequence[Format] = ()) -> Detection | None:
    """Choose a format by the first few whole lines of a file; None where more have to be seen.

    Of these lines so many were there `before`, and have been looked at.
    """
    for count in FEW:
        if before < count <= len(lines) and int(lines.ends[count - 1]) < SAMPLE_BYTES:
            first = lines.pick(slice(count))
            found = None if find_wrapper(first) else _certain(unwrap(first, "").lines, own)
            if found is not None:
                return found
    return None


def _certain(lines: Lines, own: Sequence[Format]) -> Detection | None:
    """The format of all lines, if each begins a record and none belongs to another format that is as particular."""
    if not begins_record(lines).all():
        return None
    said = described(lines)
    if said is not None:
        return Detection(said, said.weight, 1.0) if share(lines, said) == 1 else None
    scored = [(form.weight, matched, form) for matched, form in shares(lines, own)]
    if not scored or any(form in own for _, _, form in scored):
        return None
    weight, matched, form = max(scored, key=lambda each: each[:2])
    if matched < 1 or sum(other >= weight for other, _, _ in scored) > 1:
        return None
    if form.scanner != "json":
        return Detection(form, weight, matched)
    keys = _same_keys(lines)
    return Detection(replace(form, keys=keys), weight, matched) if keys else None


def _same_keys(lines: Lines) -> tuple[str, str] | None:
    """Return the keys of level and time in lines of JSON, if all of them name both, and alike."""
    levels, times = (set(keys) for keys in keys_in(head_texts(lines, lines.heads)))
    (level, *others), (time, *more) = levels, times
    return (level, time) if level and time and not others and not more else None
