"""Parsing access logs: their fields as columns, by the same steps that find their time and status."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.lines import as_text, cut_out, text_lines, trimmed
from tailrace.logs.reading.parsed import BLANKS, as_attributes, no_texts
from tailrace.logs.reading.scan_access import follow, times_in
from tailrace.logs.reading.words import Positions, count_digits

_SIZE = 6  # bytes from the quote that ends the request to the size


def parse_access(texts: pl.Series, form: Format) -> tuple[pl.DataFrame, NDArray[np.bool_]]:
    """Return the columns of `PARSED`, and which records were understood; the others are left to the pattern."""
    lines = text_lines(texts)
    time = times_in(lines)
    fields = follow(lines, np.maximum(time, 0), form)
    size = fields.closing + _SIZE
    digits = count_digits(lines.word(np.maximum(size, 0)))
    known = fields.known & (time >= 0) & (digits < 8)

    def span(begin: Positions, end: Positions) -> pl.Series:
        begin, end = np.where(known, begin, lines.starts), np.where(known, end, lines.starts)
        return as_text(cut_out(lines.data, begin, end))[0]

    attributes = {
        "client": span(lines.starts, fields.first),
        "ident": span(fields.first + 1, fields.second),
        "user": span(fields.second + 1, time - 2),
        "request": span(fields.opening + 1, fields.closing),
        "size": span(size, size + np.maximum(digits, 1)),
    }
    nothing = no_texts(len(texts))
    columns = {
        "body": span(fields.opening, trimmed(lines, np.minimum(fields.opening, lines.ends), lines.ends, BLANKS)),
        "logger": nothing,
        "thread": nothing,
        "attributes": as_attributes(attributes, len(texts)),
    }
    return pl.DataFrame(columns), known
