"""Detection: which format a sample of lines is written in.

Every format is scored by the share of lines that belong to it, stack traces and the like left out. Of formats that
match about equally many lines, the most particular is chosen. Nothing but the sample is looked at, so the same
beginning of a file always gives the same answer. Formats that no line can be of, by its first bytes, are not tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tailrace.logs.reading.catalogue.extended import described
from tailrace.logs.reading.envelopes import open_envelopes
from tailrace.logs.reading.formats import FORMATS, FREE_TEXT, Format
from tailrace.logs.reading.lines import Lines, find_lines, head_texts
from tailrace.logs.reading.scan_free import begins_record
from tailrace.logs.reading.scan_json import commonest, keys_in
from tailrace.logs.reading.scanners import begin_records, belong_to
from tailrace.logs.reading.signatures import signatures_of
from tailrace.logs.reading.unwrap import find_wrapper, unwrap

SAMPLE_LINES: Final = 64
SAMPLE_BYTES: Final = 1 << 16
_ABOUT: Final = 0.9  # of the best share: a format that matches so much is as good, if it is more particular
_SUREST: Final = 0.95  # what a line of the most particular format says at most
_PLAIN: Final = 0.5  # what a line says for free text that is of no format
_ENOUGH: Final = 0.5  # the least share of lines that a format must match to be chosen over free text


@dataclass(frozen=True, slots=True)
class Detection:
    """The format chosen, how sure that is (0 to 1), the share of lines that it matched (0 to 1), and what the lines
    are wrapped in ("" for nothing).

    Confidence is the share, less the doubt that is left: each line that matches divides it by `1 / (1 - weight)`, at
    most by 20, and half the share of the best of the other formats that are as particular is put to it. So it comes
    near 1 when every one of a few lines fits and nothing else does, never falls as more such lines come, and of free
    text it is the share of lines that no format fits.
    """

    format: Format
    confidence: float
    matched: float
    wrapper: str = ""


def detect(sample: bytes, own: Sequence[Format] = ()) -> Detection:
    """Choose the format of a file by a sample of its beginning; free text if none matches at least half the lines.

    A user's `own` formats are preferred wherever they match half the lines.
    """
    lines = open_envelopes(find_lines((sample[:SAMPLE_BYTES],), final=True, first=True), ended=True).lines
    lines = lines.pick(slice(SAMPLE_LINES))
    wrapper = find_wrapper(lines)
    return replace(detect_lines(unwrap(lines, wrapper).lines, own), wrapper=wrapper)


def detect_lines(lines: Lines, own: Sequence[Format] = ()) -> Detection:
    """Do as `detect` does for lines already found."""
    alone = np.flatnonzero(begins_record(lines))
    if not len(alone):
        return Detection(FREE_TEXT, 0.0, 0.0)
    lines = lines.pick(alone)
    said = described(lines)
    if said is not None and (matched := share(lines, said)) >= _ENOUGH:
        return Detection(said, _confidence(matched, 0.0, said.weight, len(lines)), matched)
    scored = shares(lines, own)
    mine = [entry for entry in scored if entry[1] in own and entry[0] >= _ENOUGH]
    if mine:
        best, form = max(mine, key=lambda entry: entry[0])
        return Detection(form, _confidence(best, 0.0, 1.0, len(lines)), best)
    scored = [entry for entry in scored if entry[1] not in own]
    most = max((matched for matched, _ in scored), default=0.0)
    if most < _ENOUGH:
        return Detection(FREE_TEXT, _confidence(1 - most, 0.0, _PLAIN, len(lines)), 1.0)
    best, form = max((entry for entry in scored if entry[0] >= most * _ABOUT), key=lambda e: (e[1].weight, e[0]))
    rivals = [matched for matched, other in scored if other is not form and other.weight >= form.weight]
    doubt = max(rivals, default=0.0)
    return Detection(fitted(form, lines), _confidence(best, doubt, form.weight, len(lines)), best)


def _confidence(share: float, rival: float, weight: float, lines: int) -> float:
    """Return how sure a choice is: see `Detection`."""
    return float(share * (1 - rival / 2) * (1 - (1 - min(weight, _SUREST)) ** (share * lines)))


def shares(lines: Lines, own: Sequence[Format] = ()) -> list[tuple[float, Format]]:
    """Return the shares of lines, of which there are some, that belong to each format that any begins a record of.

    A user's `own` formats come first, then the others from the most particular on; where one fits every line, those
    that are less particular are left out.
    """
    forms = (*own, *(form for form in FORMATS if form is not FREE_TEXT))
    rows = signatures_of(forms).rows(lines)
    found: list[tuple[float, Format]] = []
    enough = 0.0
    for number in sorted(rows, key=lambda n: (n >= len(own), -forms[n].weight)):
        form = forms[number]
        if number >= len(own) and form.weight < enough:
            break
        picked = lines.pick(rows[number])
        begins = begin_records(picked, form)
        if begins.any():
            matched = int((belong_to(picked, form) if "(?P<joined>" in form.pattern else begins).sum())
            found.append((matched / len(lines), form))
            enough = max(enough, form.weight if matched == len(lines) else 0.0)
    return found


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
