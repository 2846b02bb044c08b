"""The scanner of free text: every line is a record, but for those that plainly go on with the one before."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.formats import Format
from tailrace.logs.reading.levels import SHOUTED_PATTERN
from tailrace.logs.reading.lines import Lines, head_texts
from tailrace.logs.reading.scan import Scan, codes_of_names
from tailrace.logs.reading.stamps import no_stamps

_REACH: Final = 256  # bytes of a line that are looked at
_ATTACHED: Final = (
    r"^(?:at |Caused by: |Suppressed: |Traceback \(most recent call last\)|\.\.\. \d+ |During handling of the above|"
    r"The above exception was|goroutine \d+ \[|created by |stack backtrace:|--- End of |[})\]])"
)
_RAISED: Final = r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|Iteration)(?::|$)"
_WORDS: Final = "trace|verbose|debug|info|notice|warn|warning|err|error|severe|crit|critical|fatal|panic|emerg"
_LEVEL: Final = (
    rf"^(?:\S+\s+){{0,6}}?[\[(<]?({SHOUTED_PATTERN})(?:[\])>:,;|]|\s|$)|^[\[(<]?((?i:{_WORDS}))(?:[\])>]:?\s|:)|"
    rf"^(?:\S+\s+){{0,6}}?[\[(<]((?i:{_WORDS}))[\])>]"
)


def scan_free(lines: Lines, form: Format) -> Scan:
    """Scan lines of free text; no line has a time."""
    del form
    start = begins_record(lines)
    level = np.zeros(len(lines), dtype=np.uint8)
    chosen = np.flatnonzero(start)
    if len(chosen):
        picked = lines.pick(chosen)
        level[chosen] = free_levels(picked)
    return Scan(start, level, no_stamps(lines))


def free_levels(lines: Lines) -> NDArray[np.uint8]:
    """Return the level code of each line: a level word that stands alone near the line's beginning."""
    groups = head_texts(lines, lines.heads, limit=_REACH).str.extract_groups(_LEVEL).struct.unnest()
    first, second, third = (groups.to_series(i) for i in range(3))
    word = first.fill_null(second.str.to_lowercase()).fill_null(third.str.to_lowercase())
    return codes_of_names(word)


def begins_record(lines: Lines) -> NDArray[np.bool_]:
    """Tell which lines stand on their own: not blank, not indented, and no known part of a stack trace."""
    first = lines.byte(lines.heads)
    start = ~np.isin(first, (9, 10, 13, 32)) & (lines.heads < lines.ends)
    chosen = np.flatnonzero(start)
    if not len(chosen):
        return start
    texts = head_texts(lines.pick(chosen), lines.heads[chosen], limit=_REACH)
    attached = texts.str.contains(_ATTACHED).to_numpy()
    raised = texts.str.contains(_RAISED).to_numpy()
    # The last line of a Python traceback is not indented, but it follows a line that is.
    indented = np.isin(first, (9, 32))
    after_indented = (chosen > 0) & indented[np.maximum(chosen - 1, 0)]
    start[chosen] = ~(attached | (raised & after_indented))
    return start
