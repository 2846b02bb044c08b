"""Detection: which format a sample of lines is written in.

Every format is scored by the share of lines that belong to it, stack traces and the like left out. Of formats that
match about equally many lines, the most particular is chosen. Nothing but the sample is looked at, so the same
beginning of a file always gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tailrace.logs.reading.formats import FORMATS, FREE_TEXT, Format
from tailrace.logs.reading.lines import Lines, find_lines, head_texts
from tailrace.logs.reading.scan_free import begins_record
from tailrace.logs.reading.scan_json import commonest, keys_in
from tailrace.logs.reading.scanners import begin_records, belong_to
from tailrace.logs.reading.unwrap import find_wrapper, unwrap

SAMPLE_LINES: Final = 64
SAMPLE_BYTES: Final = 1 << 16
_ABOUT: Final = 0.9  # of the best share: a format that matches so much is as good, if it is more particular
_ENOUGH: Final = 0.5  # the least share of lines that a format must match to be chosen over free text


@dataclass(frozen=True, slots=True)
class Detection:
    """The format chosen, how sure that is (0 to 1), the share of lines that it matched (0 to 1), and what the lines
    are wrapped in ("" for nothing).

    Confidence grows with the share, with the number of lines seen, and with the lead over the next best format.
    """

    format: Format
    confidence: float
    matched: float
    wrapper: str = ""


def detect(sample: bytes, own: Sequence[Format] = ()) -> Detection:
    """Choose the format of a file by a sample of its beginning; free text if none matches at least half the lines.

    A user's `own` formats are preferred wherever they match half the lines.
    """
    lines = find_lines((sample[:SAMPLE_BYTES],), final=True, first=True).pick(slice(SAMPLE_LINES))
    wrapper = find_wrapper(lines)
    return replace(detect_lines(unwrap(lines, wrapper).lines, own), wrapper=wrapper)


def detect_lines(lines: Lines, own: Sequence[Format] = ()) -> Detection:
    """Do as `detect` does for lines already found."""
    alone = np.flatnonzero(begins_record(lines))
    if not len(alone):
        return Detection(FREE_TEXT, 0.0, 0.0)
    lines = lines.pick(alone)
    mine = [(share(lines, form), form) for form in own]
    chosen = max(mine, key=lambda entry: entry[0], default=(0.0, FREE_TEXT))
    if chosen[0] >= _ENOUGH:
        return Detection(chosen[1], chosen[0] * len(lines) / (len(lines) + 2), chosen[0])
    scored = [(share(lines, form), form) for form in FORMATS if form is not FREE_TEXT]
    most = max(matched for matched, _ in scored)
    best, form = max((entry for entry in scored if entry[0] >= most * _ABOUT), key=lambda e: (e[1].weight, e[0]))
    seen = len(lines) / (len(lines) + 2)
    if best < _ENOUGH:
        return Detection(FREE_TEXT, (1 - best) * seen, 1.0)
    second = max((matched for matched, other in scored if other is not form and matched < best * _ABOUT), default=0.0)
    return Detection(fitted(form, lines), form.weight * (best - second) * seen, best)


def share(lines: Lines, form: Format) -> float:
    """Return the share of lines that belong to the format."""
    return float(belong_to(lines, form).mean())


def fitted(form: Format, lines: Lines) -> Format:
    """Return the format with what only the file itself can tell: the keys of JSON lines."""
    if form.scanner != "json":
        return form
    lines = lines.pick(np.flatnonzero(begin_records(lines, form)))
    levels, times = keys_in(head_texts(lines, lines.heads))
    return replace(form, keys=(commonest(levels), commonest(times)))
