"""What rules remember: over a restart, a change of the rules, and however their records are cut into steps."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.reading import fingerprint

TEN = "errors > 10 in 30s"


def test_every_kind_goes_on_where_it_was_after_a_restart(trial, rec, vol):
    rules = {
        TEN: [vol(second) for second in range(9)],
        "distinct attributes.user > 2 in 30s": [rec(1, user="a"), rec(2, user="b")],
        "p50(attributes.ms) > 5 in 30s, at least 3": [rec(1, ms="9"), rec(1, ms="9")],
        "attributes.v changes": [rec(1, v="1")],
        "new fingerprint after 1m": [rec(1, message="a")],
        "errors 2x the 2 windows before in 10s": [vol(second) for second in range(25)],
    }
    then = {
        TEN: [vol(20, lines=2)],
        "distinct attributes.user > 2 in 30s": [rec(3, user="c")],
        "p50(attributes.ms) > 5 in 30s, at least 3": [rec(2, ms="9")],
        "attributes.v changes": [rec(2, v="2")],
        "new fingerprint after 1m": [rec(90, message="b")],
        "errors 2x the 2 windows before in 10s": [vol(25, lines=20)],
    }
    for rule, first in rules.items():
        bench = trial(rule)
        assert bench.take(first, now=0) == [], rule
        bench.sit()
        assert bench.take(then[rule], now=90) != [], rule
        fresh = trial(rule)
        assert fresh.take(then[rule], now=90) == [], rule


def test_messages_are_learnt_anew_when_fingerprints_are_made_in_another_way(trial, rec, monkeypatch):
    for rule, told in {"new fingerprint after 1m": 0, "new body after 1m": 1}.items():
        bench = trial(rule)
        bench.take([rec(0, message="a")], now=0)
        monkeypatch.setattr(fingerprint, "VERSION", fingerprint.VERSION + 1)
        bench.sit()
        assert len(bench.take([rec(90, message="b")], now=90)) == told
        assert len(bench.take([rec(180, message="c")], now=180)) == 1


def test_a_silence_is_noticed_after_a_restart(trial, vol):
    bench = trial("silence of 1m")
    bench.take([vol(0, "INFO")])
    bench.sit()
    bench.look(now=10)
    assert [each.app for each in bench.look(now=70)] == ["app"]


def test_causes_outlive_a_restart(trial, rec, from_yaml):
    (rule,) = from_yaml("rules: [{when: errors > 2 in 30s, where: body <> 'x'}]")
    bench = trial(rule)
    bench.take([rec(1, message="a"), rec(2, message="a")])
    bench.sit()
    (told, *_) = bench.take([rec(3, message="b")])
    assert [(each.template, each.n) for each in told.causes] == [("a", 2), ("b", 1)]


def test_a_first_start_holds_from_the_beginning_and_a_new_rule_from_then_on(trial, vol):
    bench = trial(TEN)
    assert bench.take([vol(0, lines=20)]) != []
    bench.sit(TEN, "errors > 12 in 10s")
    told = bench.take([vol(-300, lines=50)])
    assert {each.rule for each in told} == {TEN}
    assert {each.rule for each in bench.take([vol(1, lines=20)])} == {TEN, "errors > 12 in 10s"}


def test_a_new_rule_holds_from_the_beginning_for_an_application_that_is_new_itself(trial, vol):
    bench = trial(TEN)
    bench.take([vol(1000)])
    bench.sit("errors > 12 in 10s")
    assert bench.take([vol(0, lines=20)]) == []
    assert {each.app for each in bench.take([vol(0, lines=20, app="other")])} == {"other"}


def test_an_unchanged_rule_keeps_its_windows_when_others_come_and_go(trial, vol):
    bench = trial(TEN, "errors > 1000 in 10s")
    bench.take([vol(0, lines=9)])
    bench.sit("errors > 2000 in 5m", TEN)
    assert {each.value for each in bench.take([vol(1, lines=2)])} == {11}


def test_what_no_rule_asks_for_any_more_is_let_go(trial, rec, vol):
    bench = trial("errors > 1000 in 10s", "new fingerprint", "silence of 5m", "p99(attributes.ms) > 5 in 10s")
    bench.take([vol(0), rec(0, ms="1")])
    many = len(bench.entries)
    bench.sit("errors > 5 in 1m")
    assert len(bench.entries) < many
    bench.take([vol(100)])
    bench.sit("errors > 5 in 1m")
    assert len({name.partition("/")[0] for name in bench.entries}) == 2


VOLUMES = st.lists(
    st.tuples(st.integers(0, 120), st.sampled_from(["INFO", "WARN", "ERROR"]), st.integers(1, 20)), max_size=25
)


def windows_of(length, volumes):
    """By naive counting: of every window of the length that holds a volume, its lines and errors."""
    hop = max(each for each in range(1, max(1, length // 6) + 1) if length % each == 0)
    found = {}
    for start in range(-length * 60, 400, hop):
        inside = [(level, lines) for second, level, lines in volumes if start <= second < start + length]
        if inside:
            errors = sum(lines for level, lines in inside if level == "ERROR")
            found[start] = (sum(lines for _, lines in inside), errors)
    return found


def stretches(starts, length):
    """In which stretches of time, as long as the windows and counted from 1970, windows begin."""
    noon = int(datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp())
    return {(noon + start) // length for start in starts}


@settings(max_examples=40, deadline=None)
@given(volumes=VOLUMES, length=st.sampled_from([1, 7, 10, 30, 60]), limit=st.integers(0, 40))
def test_a_threshold_crosses_for_the_windows_that_counting_finds(trial, vol, spans, volumes, length, limit):
    bench = trial(f"errors > {limit} in {length}s")
    told = spans(bench.take([vol(*each) for each in volumes]))
    over = {start: errors for start, (_, errors) in windows_of(length, volumes).items() if errors > limit}
    assert {start: value for start, _, value in told}.items() <= over.items()
    assert stretches((start for start, _, _ in told), length) == stretches(over, length)
    assert max((value for _, _, value in told), default=None) == max(over.values(), default=None)


@settings(max_examples=40, deadline=None)
@given(volumes=VOLUMES, percent=st.integers(1, 99), least=st.integers(1, 40))
def test_a_share_crosses_where_counting_finds_it(trial, vol, spans, volumes, percent, least):
    bench = trial(f"errors > {percent}% of lines in 30s, at least {least} lines")
    told = spans(bench.take([vol(*each) for each in volumes]))
    over = {
        start: errors / lines
        for start, (lines, errors) in windows_of(30, volumes).items()
        if errors * 100 > lines * percent and lines >= least
    }
    assert {start // 30 for start, _, _ in told} == {start // 30 for start in over}
    assert all(abs(over[start] * 100 - value) < 1e-9 for start, _, value in told)


@settings(max_examples=40, deadline=None)
@given(volumes=VOLUMES, factor=st.integers(2, 5), before=st.integers(1, 4))
def test_a_spike_crosses_where_counting_finds_it(trial, vol, spans, volumes, factor, before):
    bench = trial(f"errors {factor}x the {before} windows before in 10s, at least 3")
    told = spans(bench.take([vol(*each) for each in volumes]))
    counted = windows_of(10, volumes)
    first = min((second for second, _, _ in volumes), default=0)
    over = {
        start
        for start, (_, errors) in counted.items()
        if errors >= 3
        and start - before * 10 >= first
        and errors * before >= factor * sum(counted.get(start - 10 * back, (0, 0))[1] for back in range(1, before + 1))
    }
    assert {start // 10 for start, _, _ in told} == {start // 10 for start in over}
    assert {start for start, _, _ in told} <= over


@settings(max_examples=25, deadline=None)
@given(volumes=VOLUMES, cuts=st.lists(st.integers(0, 25), max_size=4), restart=st.booleans())
def test_the_worst_window_is_told_however_the_volumes_are_cut(trial, vol, volumes, cuts, restart):
    whole = trial(TEN, "p50(severity) > 100 in 10s").take([vol(*each) for each in volumes])
    bench = trial(TEN, "p50(severity) > 100 in 10s")
    told = []
    edges = [0, *sorted(cuts), len(volumes)]
    for start, end in pairwise(edges):
        told += bench.take([vol(*each) for each in volumes[start:end]])
        if restart:
            bench.sit()
    assert max((each.value for each in told), default=0) == max((each.value for each in whole), default=0)


@settings(max_examples=25, deadline=None)
@given(values=st.lists(st.floats(-1e6, 1e6).map(lambda each: round(each, 3)), min_size=1, max_size=60))
def test_a_percentile_is_within_half_a_percent_of_the_nearest_rank(trial, rec, values):
    told = trial("p90(attributes.x) > -10000000 in 10s").take([rec(1, x=repr(each)) for each in values])
    exact = sorted(values)[-(-len(values) * 90 // 100) - 1]
    assert abs(told[-1].value - exact) <= abs(exact) * 0.0051 + 1e-9
