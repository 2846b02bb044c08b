"""Whose fault a failure is."""

from __future__ import annotations

import pytest

from tailrace.model.errors import Fenced, TailraceError, Transient
from tailrace.runtime.judgement import Unrestorable, Verdict, judge


class Panic(BaseException):
    """What polars raises when it panics is no Exception."""


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (Transient("down"), Verdict.PASSING),
        (OSError("full"), Verdict.PASSING),
        (Fenced("taken"), Verdict.REPLACED),
        (Unrestorable("old"), Verdict.HOPELESS),
        (KeyboardInterrupt(), Verdict.HOPELESS),
        (SystemExit(1), Verdict.HOPELESS),
        (ValueError("bad"), Verdict.BROKEN),
        (TailraceError("bad"), Verdict.BROKEN),
        (Panic("bad"), Verdict.BROKEN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value.name,
)
def test_an_error_tells_whose_fault_it_is(error: BaseException, verdict: Verdict) -> None:
    assert judge(error) == (verdict, error)


@pytest.mark.parametrize("error", [ValueError("bad"), Panic("bad")], ids=["exception", "panic"])
def test_a_record_may_be_suspected_of_any_other_error(error: BaseException) -> None:
    assert judge(error, lambda each: Verdict.NARROWED) == (Verdict.NARROWED, error)


def test_no_record_is_suspected_when_the_world_is_unwell() -> None:
    error = Transient("down")

    assert judge(error, lambda each: Verdict.NARROWED).verdict is Verdict.PASSING


@pytest.mark.parametrize(
    ("worse", "verdict"),
    [
        (Transient("full"), Verdict.PASSING),
        (Fenced("taken"), Verdict.REPLACED),
        (TailraceError("too big"), Verdict.BROKEN),
    ],
    ids=["transient", "fenced", "refused"],
)
def test_what_goes_wrong_while_judging_is_judged_in_its_place(worse: Exception, verdict: Verdict) -> None:
    def suspect(_: BaseException) -> Verdict:
        raise worse

    assert judge(ValueError("bad"), suspect) == (verdict, worse)
