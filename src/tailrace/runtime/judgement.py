"""What to make of a failure: whose fault it is, and what happens next."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from tailrace.model.errors import Fenced, TailraceError, Transient


class Verdict(Enum):
    """What a failure comes to."""

    PASSING = "the world is unwell: pause and try again, for ever"
    BROKEN = "the streamlet is at fault: pause and try again, a number of times"
    NARROWED = "a record is at fault: look again at once, at fewer"
    SET_ASIDE = "the record at fault was found, and set aside"
    HOPELESS = "no further attempt can go better"
    REPLACED = "another worker has taken the place"


class Judgement(NamedTuple):
    """A verdict, and the error that it speaks of: the one given, or a worse one met while judging it."""

    verdict: Verdict
    error: BaseException


class Unrestorable(TailraceError):
    """A streamlet's saved state is not what the streamlet declares; trying again does not change it."""


_ENDING = (Unrestorable, KeyboardInterrupt, SystemExit, GeneratorExit)


def judge(error: BaseException, suspect: Callable[[BaseException], Verdict] | None = None) -> Judgement:
    """Judge a failure. `suspect` looks for a record at fault, unless the error tells by itself who is.

    Whatever is raised is judged, polars' panics included, which are no `Exception`.
    """
    known = _verdict(error)
    if known is not None or suspect is None:
        return Judgement(known or Verdict.BROKEN, error)
    try:
        return Judgement(suspect(error), error)
    except BaseException as worse:  # the log would not take the dead letter
        return Judgement(_verdict(worse) or Verdict.BROKEN, worse)


def _verdict(error: BaseException) -> Verdict | None:
    if isinstance(error, Fenced):
        return Verdict.REPLACED
    if isinstance(error, _ENDING):
        return Verdict.HOPELESS
    return Verdict.PASSING if isinstance(error, Transient | OSError) else None
