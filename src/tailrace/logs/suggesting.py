"""Rules learnt from quiet history: thresholds that it did not reach, each with the ground it stands on. Pure.

History is seldom all quiet. Few and short stretches that stand out of it are taken for trouble, left out, and said;
what comes again and again is how the application lives, and the threshold lies above it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from textwrap import wrap
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tailrace.logs.mail.words import and_words, count_words, length_words
from tailrace.logs.rules.measures import hop_of
from tailrace.model.durations import format_duration

FAST: Final = timedelta(minutes=1)
SLOW: Final = timedelta(minutes=15)
SHARE: Final = timedelta(minutes=5)
SHARE_LINES: Final = 100
"""Lines that a window has to have for its share of errors to say anything."""
LEAST_WINDOWS: Final = 60
"""Windows, beside one another, that a threshold is learnt from at least."""
LEAST_ERRORS: Final = 3
"""No threshold is below this: a single error now and then is not what one is woken for."""
_LEAST_PAUSES: Final = 200
_SHORTEST_SILENCE: Final = timedelta(minutes=1)
_LONGEST_SILENCE: Final = timedelta(hours=6)
_FEW: Final = 3  # stretches of trouble in a history, and one more for each day of it
_AS_GOOD: Final = (
    1.1  # a rule over a longer window with hardly a greater threshold catches all that the shorter one does
)
_SHOWN: Final = 4
_WIDTH: Final = 100

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Stretch:
    """A stretch of history that stands out: from when to when, and the most that was counted in a window."""

    start: datetime
    end: datetime
    most: float


@dataclass(frozen=True)
class Suggestion:
    """A rule to use, and its ground: sentences on what it was learnt from, and what was taken for trouble."""

    app: str
    name: str
    when: str
    ground: str
    trouble: tuple[Stretch, ...] = ()


@dataclass(frozen=True)
class Advice:
    """All that history suggests, and of what application it is too little to say anything, with the reason."""

    suggestions: tuple[Suggestion, ...] = ()
    untold: dict[str, str] = field(default_factory=dict)


def suggest(volumes: pl.DataFrame, access: AbstractSet[str] = frozenset()) -> Advice:
    """Suggest rules for every application.

    `volumes` has `app`, `time` (to the second), `level` and `lines`; `access` names the applications whose logs are
    access logs, where errors are a share of the lines. Applications come in the order of their names.
    """
    suggestions: list[Suggestion] = []
    untold: dict[str, str] = {}
    for (app,), rows in sorted(volumes.partition_by("app", as_dict=True).items()):
        history = _History.of(str(app), rows)
        found = list(_suggestions(history, access=app in access))
        if found:
            suggestions += found
        else:
            untold[str(app)] = _too_little(history)
    return Advice(tuple(suggestions), untold)


@dataclass(frozen=True)
class _History:
    """What one application wrote: for each second with anything in it, the lines of each kind."""

    app: str
    seconds: Counts
    lines: Counts
    errors: Counts
    warnings: Counts

    @classmethod
    def of(cls, app: str, rows: pl.DataFrame) -> _History:
        bad = pl.col("level").is_in(["ERROR", "FATAL"])
        sums = (
            rows.group_by(second=pl.col("time").dt.epoch("s"))
            .agg(
                lines=pl.col("lines").sum(),
                errors=pl.col("lines").filter(bad).sum(),
                warnings=pl.col("lines").filter(pl.col("level") == "WARN").sum(),
            )
            .sort("second")
        )
        return cls(app, *(sums[name].cast(pl.Int64).to_numpy() for name in ("second", "lines", "errors", "warnings")))

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=int(self.seconds[-1] - self.seconds[0]) + 1)

    def windows(self, counts: Counts, window: timedelta) -> Counts:
        """What is counted in each window of that length, hopping as a rule's windows do, from first to last."""
        hop = int(hop_of(window).total_seconds())
        panes = int(window.total_seconds()) // hop
        first = self.seconds[0] // hop
        each = np.bincount(self.seconds // hop - first, weights=counts).astype(np.int64)
        if len(each) < panes:
            return np.zeros(0, dtype=np.int64)
        sums = np.concatenate(([0], np.cumsum(each)))
        return sums[panes:] - sums[:-panes]

    def moment(self, index: int, window: timedelta) -> datetime:
        """When the window of that index begins."""
        hop = int(hop_of(window).total_seconds())
        return datetime.fromtimestamp(int((self.seconds[0] // hop + index) * hop), UTC)


def _suggestions(history: _History, *, access: bool) -> Iterator[Suggestion]:
    """The rules for one application, the quickest first."""
    shared = access and (found := _share(history)) is not None
    if shared and found is not None:
        yield found
    fast = None if shared else _threshold(history, "errors", FAST)
    slow = None if shared else _threshold(history, "errors", SLOW)
    if fast is not None and (slow is None or slow[0] > _AS_GOOD * fast[0]):  # else the slow one is as quick
        yield fast[1]
    if slow is not None and (fast is None or slow[0] * FAST < fast[0] * SLOW / 2):
        yield slow[1]
    if history.warnings.any() and not access and (mild := _threshold(history, "warnings", SLOW)) is not None:
        yield mild[1]
    silence = _silence(history)
    if silence is not None:
        yield silence


# -- thresholds -------------------------------------------------------------------------------------------------------


def _threshold(history: _History, measure: str, window: timedelta) -> tuple[int, Suggestion] | None:
    """The least count worth an alert and the rule for it; None when there is too little history to tell."""
    whole = history.length // window
    if whole < LEAST_WINDOWS:
        return None
    counts = history.windows(getattr(history, measure), window)
    trouble = _trouble(history, counts, window)
    quiet = counts[_outside(history, len(counts), trouble, window)]
    most, usual = int(quiet.max()), int(np.quantile(quiet, 0.99, method="higher"))
    limit = threshold_above(most)
    over = int((counts >= limit).sum())
    ground = (
        f"in {whole:,} windows of {format_duration(window)} over {_span_words(history.length)} the most was "
        f"{count_words(most, measure)} (99 % had {usual:,} or fewer); {limit:,} {_reached(over, trouble)}"
    )
    name = f"{history.app} {measure} in {format_duration(window)}"
    return limit, Suggestion(
        history.app, name, f"{measure} >= {limit} in {format_duration(window)}", ground, tuple(trouble)
    )


def threshold_above(most: int) -> int:
    """A count that is worth an alert where the most in quiet times was `most`.

    Above it by two standard deviations of a count so large, and one more; rounded up to two digits. At least three.
    """
    limit = max(LEAST_ERRORS, math.ceil(most + 2 * math.sqrt(most) + 1))
    unit = int(10 ** max(len(str(limit)) - 2, 0))
    return math.ceil(limit / unit) * unit


def _reached(over: int, trouble: list[Stretch]) -> str:
    if not over:
        return "would never have been reached"
    return "would have been reached in what is taken for trouble only" if trouble else "would have been reached"


def _share(history: _History) -> Suggestion | None:
    """A rule on the share of errors, if windows have lines enough; None if not."""
    lines = history.windows(history.lines, SHARE)
    enough = lines >= SHARE_LINES
    whole = int(enough.sum()) * hop_of(SHARE) // SHARE
    if whole < LEAST_WINDOWS:
        return None
    errors = history.windows(history.errors, SHARE)
    trouble = _trouble(history, errors, SHARE)
    quiet = _outside(history, len(errors), trouble, SHARE) & enough
    if not quiet.any():
        return None
    shares = 100 * errors[quiet] / lines[quiet]
    most, usual = float(shares.max()), float(np.quantile(shares, 0.99))
    limit = max(1, math.ceil(2 * most))
    if limit > 50:
        return None
    over = int((100 * errors[enough] / lines[enough] > limit).sum())
    ground = (
        f"in {whole:,} windows of {format_duration(SHARE)} with at least {SHARE_LINES} lines over "
        f"{_span_words(history.length)} at most {most:.2g} % were errors (99 % had {usual:.2g} % or fewer); "
        f"{limit} % {_reached(over, trouble)}"
    )
    when = f"errors > {limit}% of lines in {format_duration(SHARE)}, at least {SHARE_LINES} lines"
    return Suggestion(history.app, f"{history.app} share of errors", when, ground, tuple(trouble))


# -- trouble ----------------------------------------------------------------------------------------------------------


def _trouble(history: _History, counts: Counts, window: timedelta) -> list[Stretch]:
    """The stretches that stand out, in their order; none if there are more than a few: then they are no exception.

    What 95 % of the windows keep to is taken for usual; what stands out is thrice that, and more than chance explains.
    """
    usual = float(np.quantile(counts, 0.95, method="higher"))
    marked = np.flatnonzero(counts > max(3 * usual, usual + 5 * math.sqrt(usual) + LEAST_ERRORS + 1))
    if not len(marked):
        return []
    hops = window // hop_of(window)
    groups = np.split(marked, np.flatnonzero(np.diff(marked) > 2 * hops) + 1)
    few = _FEW + history.length // timedelta(days=1)
    if len(groups) > few:
        return []
    return [
        Stretch(
            history.moment(int(group[0]), window),
            history.moment(int(group[-1]), window) + window,
            float(counts[group].max()),
        )
        for group in groups
    ]


def _outside(history: _History, number: int, trouble: Iterable[Stretch], window: timedelta) -> NDArray[np.bool_]:
    """Which of so many windows have nothing in common with any of the stretches."""
    hop = hop_of(window)
    first = history.moment(0, window)
    outside = np.ones(number, dtype=np.bool_)
    for stretch in trouble:
        begin = max((stretch.start - first) // hop - window // hop + 1, 0)
        outside[begin : (stretch.end - first) // hop] = False
    return outside


# -- silence ----------------------------------------------------------------------------------------------------------


def _silence(history: _History) -> Suggestion | None:
    """A rule for when the application says nothing any more, if it writes steadily; else None."""
    pauses = np.diff(history.seconds)
    if len(pauses) < _LEAST_PAUSES:
        return None
    order = np.argsort(pauses)[::-1]
    few = _FEW + history.length // timedelta(days=1)
    trouble = [
        Stretch(
            datetime.fromtimestamp(int(history.seconds[place]), UTC),
            datetime.fromtimestamp(int(history.seconds[place + 1]), UTC),
            float(pauses[place]),
        )
        for place in order[:few]
        if pauses[place] > 5 * max(int(pauses[order[few]]), 12)
    ]
    longest = timedelta(seconds=int(pauses[order[len(trouble)]]))
    length = _nice_length(max(2 * longest, _SHORTEST_SILENCE))
    if length is None or history.length < LEAST_WINDOWS * length:
        return None
    ground = (
        f"over {_span_words(history.length)} the longest pause between two lines was {length_words(longest)}"
        if longest > timedelta(seconds=1)
        else f"over {_span_words(history.length)} there was a line in every second"
    )
    ordered = tuple(sorted(trouble, key=lambda each: each.start))
    return Suggestion(history.app, f"{history.app} is silent", f"silence of {format_duration(length)}", ground, ordered)


_NICE: Final = tuple(timedelta(minutes=n) for n in (1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 360))


def _span_words(length: timedelta) -> str:
    """The length of a history: nobody asks for its seconds."""
    unit = timedelta(hours=1) if length >= timedelta(days=1) else timedelta(minutes=1)
    return length_words(round(length / unit) * unit if length >= 60 * timedelta(minutes=1) else length)


def _nice_length(least: timedelta) -> timedelta | None:
    return next((each for each in _NICE if least <= each <= _LONGEST_SILENCE), None)


def _too_little(history: _History) -> str:
    """Why nothing is suggested for an application."""
    return (
        f"{count_words(int(history.lines.sum()), 'lines')} over {_span_words(history.length)}: too little to learn "
        f"from; it takes at least {LEAST_WINDOWS} windows, which is {length_words(LEAST_WINDOWS * FAST)}"
    )


# -- as a rules file --------------------------------------------------------------------------------------------------


def rules_text(advice: Advice, source: str) -> str:
    """The suggestions as a rules file, each with its ground as a comment. `source` says what they were learnt from."""
    lines = _comment(f"Suggested by `tailrace rules suggest` from {source}. Read each ground before use.")
    lines += [line for app, why in advice.untold.items() for line in _comment(f"Nothing for {app}: {why}.")]
    lines += ["", "rules:" if advice.suggestions else "rules: []"]
    for each in advice.suggestions:
        lines += _comment(f"{each.ground[:1].upper()}{each.ground[1:]}.", "  ")
        lines += _comment(f"Taken for trouble and left out: {trouble_words(each)}.", "  ") if each.trouble else []
        lines += [f"  - name: {_quoted(each.name)}", f"    when: {each.when}"]
        condition = "app = '" + each.app.replace("'", "''") + "'"
        lines += [f"    where: {_quoted(condition)}", ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def trouble_words(suggestion: Suggestion) -> str:
    """What was taken for trouble, from when to when and how much it was."""
    silent = suggestion.when.startswith("silence")
    said = []
    for each in suggestion.trouble[:_SHOWN]:
        end = f"{each.end:%H:%M:%S}" if each.end.date() == each.start.date() else f"{each.end:%Y-%m-%d %H:%M:%S}"
        what = "no lines" if silent else f"up to {each.most:,.0f}"
        said.append(f"{each.start:%Y-%m-%d %H:%M:%S} to {end} UTC ({what})")
    more = len(suggestion.trouble) - _SHOWN
    return and_words([*said, *([f"{more} more"] if more > 0 else [])])


def _comment(text: str, indent: str = "") -> list[str]:
    """A text as lines of comment, whatever is in it."""
    plain = "".join(character if character.isprintable() else "?" for character in text)
    mark = f"{indent}# "
    return wrap(plain, _WIDTH, initial_indent=mark, subsequent_indent=mark, break_on_hyphens=False)


def _quoted(text: str) -> str:
    """A text as a double-quoted YAML scalar."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
