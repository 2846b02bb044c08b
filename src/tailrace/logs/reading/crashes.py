"""Crashes: what a runtime prints by itself when a program fails, which no format of the program's own log covers.

Such a report begins a record of its own, at least an ERROR, unless what stands before it is an error already: then it
is that error's trace. A Python traceback goes on with a warning too. In free text, where every line stands alone, the
lines of a report that are not indented are held together; and a record that no level is known of is an error if a
stack trace of a virtual machine belongs to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tailrace.logs.reading.course import Course
from tailrace.logs.reading.formats import FREE_TEXT
from tailrace.logs.reading.levels import ERROR, FATAL, INFO, WARN
from tailrace.logs.reading.lines import Lines, head_texts
from tailrace.logs.reading.scan import Scan
from tailrace.logs.reading.search import first_hits, holds, search
from tailrace.logs.reading.words import U64, Words, is_digit, keep, pack

_REACH: Final = 512  # bytes of a line that are looked at
_FARTHEST: Final = 500  # lines from the beginning of a report: no record is longer
FATAL_REPORT: Final = (
    r"^(?:panic: |fatal error: |thread '[^'\n]*' (?:\([0-9]+\) )?panicked at |Fatal Python error: |"
    r"(?:PHP )?(?:Fatal|Parse) error: |terminate called |\*\*\* (?:stack smashing|buffer overflow) detected|"
    r"(?:free|malloc|realloc|munmap_chunk)\(\): |double free or corruption|corrupted (?:size|double|unsorted)|"
    r"==[0-9]+==ERROR: |(?:Segmentation fault|Aborted|Bus error|Illegal instruction|Killed)(?: \(core dumped\))?\s*$|"
    r"Unhandled [Ee]xception|\[ERROR\] FATAL UNHANDLED EXCEPTION|Program received signal |"
    r"# A fatal error has been detected by the Java Runtime|SIG(?:SEGV|ABRT|BUS|ILL|FPE): |"
    r'\{?"?init terminating in do_boot|[^\s:]+: [^\s:]+:[0-9]+: [^\n]+: Assertion [^\n]+ failed\.$|'
    r"\S+: line [0-9]+: +[0-9]+ (?:Segmentation fault|Aborted|Bus error|Illegal instruction|Killed) )"
)
ERROR_REPORT: Final = (
    r"^(?:Exception in thread |node:internal/\S+:[0-9]+$|(?:file://)?/[^\s:]+\.[cm]?[jt]sx?:[0-9]+$|Uncaught |"
    r"\*\* \([\w.]+\) |\*\* \(EXIT|lua[0-9.]*: \S+:[0-9]+: |Error in [^\n]+ : |WARNING: DATA RACE|"
    r"[^\s:]+\.rb:[0-9]+:in [`'][^\n]*\((?:\w+::)*[A-Z]\w*\)$|\S+:[0-9]+:[0-9]+: runtime error: )"
)
# Perl dies and warns in the same words.
_WARNING: Final = r"^(?:(?:PHP )?Warning:  |\S[^\n]* at \S+ line [0-9]+\.$)"
# A second report of the same crash.
_SEQUEL: Final = r"^(?:\[ERROR\] FATAL UNHANDLED|init terminating in do_boot|\*\* \(|Aborted|Segmentation fault)"
TRACEBACK: Final = (
    r'^(?:Traceback \(most recent call last\):|  \+ Exception Group Traceback|  File "[^"\n]+", line [0-9]+\s*$)'
)
# A dump of all threads that was asked for is no error, though traces stand in it.
DUMP: Final = r"^Full thread dump "
_OPENINGS: Final = (FATAL_REPORT, ERROR_REPORT, TRACEBACK, _WARNING, DUMP)
# The line after one of these says what happened, whatever it looks like.
ABOUT_TO_TELL: Final = r"^(?:thread '.*:|(?:node:internal|file:///|/)\S+:[0-9]+)\s*$"
MORE: Final = (
    r"^(?:[\w./*()\[\]{}$@~%-]+\([^\n]*\)$|\[signal |\[recovered\]|exit status [0-9]|=+$|(?:Read|Write) (?:at|of) 0x|"
    r"Previous (?:read|write) |Goroutine [0-9]+ \(|Found [0-9]+ data race|"
    r"Current thread 0x|Thread 0x|Extension modules: |Node\.js v[0-9]|\^+$|"
    r"(?:[\w$]+[.\\])*\w*(?:Error|Exception|Rejection|Exit|Interrupt|Group|Warning|Iteration)\b|"
    r"Stack trace:$|#[0-9]+ |Next [\w\\]+: |Require stack:$|- /|==[0-9]+==|SUMMARY: |Shadow byte|"
    r"(?:READ|WRITE) of size |"
    r"0x[0-9a-f]+ (?:is located|in )|(?:previously )?allocated by |freed by |=>?0x|\[ERROR\] FATAL UNHANDLED|"
    r"Last message|State: |Client #PID|stack traceback:$|Calls: |Execution halted|note: |#(?:$| )|"
    r"Threads class SMR|_java_thread_list=|0x[0-9a-f]+,|JNI global ref|"
    r'"[^"\n]+" [^\n]*(?:prio|tid)=|Crash dump is being|init terminating in do_boot|Aborted|\*\* \(|[0-9]+\t)'
)
# The first three bytes of lines that the patterns above are tried on; those with two bytes stand for themselves.
_PREFIXES: Final = np.array(
    [
        pack(text)
        for text in (
            "pan", "fat", "thr", "Fat", "PHP", "Par", "ter", "***", "fre", "mal", "rea", "mun", "dou", "cor", "Seg",
            "Abo", "Bus", "Ill", "Unh", "[ER", "Pro", "# A", "SIG", '{"i', "ini", "Exc", "nod", "fil", "Unc", "** ",
            "lua", "Err", "WAR", "Kil", "War", "Tra", "Ful", "  +", "  F",
        )
    ],
    dtype=np.uint64,
)  # fmt: skip
# The first two bytes of any such line, as a number: few others begin so.
_PAIRS: Final = np.zeros(1 << 16, dtype=np.bool_)
_PAIRS[_PREFIXES & U64(0xFFFF)] = _PAIRS[pack("==")] = _PAIRS[ord("/") :: 1 << 8] = True
# What stands within other lines that they are tried on: a sanitizer's, and what a shell says of its child.
_WITHIN: Final = (": runtime error: ", ": line ")
_FEED: Final = b"#012"
_FRAMES_IN_ONE: Final = ("#012#011at ", "#012    at ", '#012  File "')

Rows = NDArray[np.intp]
Mask = NDArray[np.bool_]


def with_crashes(lines: Lines, course: Course) -> Course:
    """Return a course in which reports of crashes begin records, as free text."""
    scan = course.scan
    alone = np.array([form.scanner == "free" for form in course.forms])
    free = scan.start & alone[course.code] if alone.any() else np.zeros(len(scan.start), dtype=np.bool_)
    apart, told = np.flatnonzero(~scan.start | free), _told_in_one(lines)
    if not len(apart) and not len(told):
        return course
    start, level = scan.start.copy(), scan.level
    rows, worst, mild = _openings(lines, apart, free[apart])
    if len(rows):
        level = level.copy()
        for _ in range(2):  # a warning's report may be followed by an error's
            _begin(start, level, rows, worst, mild)
    _hold_together(lines, start, level, free, rows[start[rows]])
    level = _raised(start, level, np.union1d(_traces(lines, np.flatnonzero(~start)), told))
    return changed(course, Scan(start, level, scan.stamps))


def changed(course: Course, scan: Scan) -> Course:
    """Return a course with another scan; records that begin only in that are free text."""
    fresh = np.flatnonzero(scan.start & ~course.scan.start)
    stop = course.stop
    if stop < len(scan.start) and not scan.start[stop]:
        stop = int(scan.start[:stop].nonzero()[0].max(initial=0))
    course = course.lowered(stop)
    if not len(fresh):
        return replace(course, scan=scan)
    forms = course.forms if FREE_TEXT in course.forms else (*course.forms, FREE_TEXT)
    code = course.code.copy()
    code[fresh] = forms.index(FREE_TEXT)
    return replace(course, scan=scan, code=code, forms=forms)


def _openings(lines: Lines, rows: Rows, free: Mask) -> tuple[Rows, NDArray[np.uint8], Mask]:
    """Return which of the rows begin a report, each one's level, and whether it may be a mere warning's.

    Of free text, whose lines are many, only those are looked at that begin or end like a report.
    """
    words = lines.word(lines.heads[rows])
    likely = _begin_likely(words) | _ends(lines, rows)
    if not free.all():
        likely |= ~free & ~np.isin(words & U64(0xFF), (9, 10, 13, 32))
    for mark in _WITHIN:
        if mark.encode() in lines.data:
            likely |= first_hits(lines, search(lines, mark), len(mark))[rows] >= 0
    rows = rows[likely]
    if not len(rows):
        return rows, np.empty(0, dtype=np.uint8), np.empty(0, dtype=np.bool_)
    texts = head_texts(lines.pick(rows), lines.heads[rows], limit=_REACH)
    fatal, error, mild, warning, dump = (texts.str.contains(pattern).to_numpy() for pattern in _OPENINGS)
    found = fatal | error | mild | warning | dump
    level = np.select([fatal, error | mild, warning], [FATAL, ERROR, WARN], INFO).astype(np.uint8)
    return rows[found], level[found], (mild | warning | dump)[found]


def _begin_likely(words: Words) -> Mask:
    """Tell which lines, given the words that they begin with, have one of the prefixes."""
    likely: Mask = _PAIRS[(words & U64(0xFFFF)).view(np.intp)]
    chosen = np.flatnonzero(likely)
    near = words[chosen]
    begin = np.isin(keep(near, 3), _PREFIXES) & ((keep(near, 4) != U64(pack("WARN"))) | (near == U64(pack("WARNING:"))))
    likely[chosen] = begin | (near & U64(0xFF) == U64(ord("/"))) | (keep(near, 2) == U64(pack("==")))
    return likely


def _ends(lines: Lines, rows: Rows) -> Mask:
    """Tell which lines end as reports of Ruby, Perl and failed assertions do."""
    last = np.maximum(lines.ends[rows] - 8, lines.heads[rows])
    words = lines.word(last)
    end, before = words >> U64(56), (words >> U64(48)) & U64(0xFF)
    ends: Mask = ((end == U64(ord("."))) & (is_digit(before) | (before == U64(ord("d"))))) | (end == U64(ord(")")))
    chosen = np.flatnonzero(ends & (lines.bytes[lines.heads[rows]] > 32))
    texts = head_texts(lines.pick(rows[chosen]), lines.heads[rows[chosen]], limit=_REACH)
    ends[chosen] = texts.str.contains(r"\.rb:| line [0-9]+\.$|: Assertion ").to_numpy()
    return ends


def _begin(start: Mask, level: NDArray[np.uint8], rows: Rows, worst: NDArray[np.uint8], mild: Mask) -> None:
    """Let reports begin records, in place, where what stands before is no error; those that do already get a level."""
    own = start[rows]
    level[rows[own]] = np.maximum(level[rows[own]], worst[own])
    before = np.maximum.accumulate(np.where(start, np.arange(len(start)), -1))[rows]
    known = np.where(before < 0, 0, level[np.maximum(before, 0)])
    begins = np.flatnonzero(~own & (known < np.where(mild, WARN, ERROR)))
    # Of several after one line only the first: the others go on with it.
    begins = begins[np.unique(before[begins], return_index=True)[1]]
    start[rows[begins]] = True
    level[rows[begins]] = worst[begins]


def _hold_together(lines: Lines, start: Mask, level: NDArray[np.uint8], free: Mask, reports: Rows) -> None:
    """Join lines of free text, in place, that go on with a report or with another format's error before them."""
    anchor = start & ~free & (level >= ERROR)
    anchor[reports] = True
    if not anchor.any() or not free.any():
        return
    order = np.arange(len(start))
    near = order - np.maximum.accumulate(np.where(anchor, order, -_FARTHEST - 1)) <= _FARTHEST
    rows = np.flatnonzero(near & start & free)
    texts = head_texts(lines.pick(rows), lines.heads[rows], limit=_REACH)
    told = head_texts(lines.pick(reports), lines.heads[reports], limit=_REACH).str.contains(ABOUT_TO_TELL).to_numpy()
    more = texts.str.contains(MORE).to_numpy() | np.isin(rows, reports[told] + 1)
    sequel = texts.str.contains(_SEQUEL).to_numpy()
    plain, sequels = rows[more & ~anchor[rows]], rows[sequel]
    _join(start, anchor, plain)
    _join(start, anchor, sequels)
    anchor &= start
    _join(start, anchor, plain[start[plain]])


def _join(start: Mask, anchor: Mask, rows: Rows) -> None:
    """Let rows begin no record, in place, if the last one that is none of them and does is an anchor."""
    going = start.copy()
    going[rows] = False
    latest = np.maximum.accumulate(np.where(going, np.arange(len(start)), -1))[rows]
    start[rows[(latest >= 0) & anchor[np.maximum(latest, 0)]]] = False


def _traces(lines: Lines, rows: Rows) -> Rows:
    """Return which of the rows are frames of a virtual machine's stack trace."""
    words = lines.word(lines.heads[rows])
    frame: Mask = keep(words, 4) == U64(pack("\tat "))
    for blanks in (3, 4):
        frame |= keep(words, blanks + 3) == U64(pack(" " * blanks + "at "))
    found: Rows = rows[frame]
    return found


def _told_in_one(lines: Lines) -> Rows:
    """Return which lines hold frames of a stack trace whose line feeds rsyslog has escaped."""
    if not holds(lines, _FEED):
        return np.empty(0, dtype=np.intp)
    told = np.zeros(len(lines), dtype=np.bool_)
    for mark in _FRAMES_IN_ONE:
        told |= first_hits(lines, search(lines, mark), len(mark)) >= 0
    return np.flatnonzero(told)


def _raised(start: Mask, level: NDArray[np.uint8], traced: Rows) -> NDArray[np.uint8]:
    """Return levels in which records of none that a trace belongs to are errors."""
    if not len(traced):
        return level
    begins = np.flatnonzero(start)
    at = np.searchsorted(begins, traced, "right") - 1
    heads = np.unique(begins[at[at >= 0]])
    heads = heads[level[heads] == 0]
    if not len(heads):
        return level
    level = level.copy()
    level[heads] = ERROR
    return level
