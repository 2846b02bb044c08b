"""Rules of every kind, held against records and volumes: where they cross, and where they do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tailrace.logs.records import LogRecord, Volume
from tailrace.logs.rules.verdict import Moment
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def values(told):
    return [(each.app, each.value) for each in told]


# -- thresholds and shares ------------------------------------------------------------------------------------------


def test_a_threshold_crosses_as_soon_as_a_window_holds_more(trial, vol):
    bench = trial("errors > 10 in 30s")
    assert bench.take([vol(second) for second in range(10)]) == []
    (told, *_) = bench.take([vol(10)])
    assert (told.rule, told.condition, told.app, told.value) == ("errors > 10 in 30s", "errors > 10 in 30s", "app", 11)
    assert (told.lines, told.errors, told.warnings, told.group, told.causes) == (11, 11, 0, {"app": "app"}, [])


def test_volumes_of_every_level_count_as_lines(trial, vol):
    bench = trial("lines >= 7 in 10s", "infos = 4 in 10s", "fatals > 0 in 10s", "unknowns > 1 in 10s")
    told = bench.take([vol(1, "INFO", 4), vol(1, "FATAL"), vol(2, "", 2)])
    assert {each.rule: each.value for each in told} == {
        "lines >= 7 in 10s": 7,
        "fatals > 0 in 10s": 1,
        "unknowns > 1 in 10s": 2,
    }


def test_each_application_is_judged_by_itself_and_all_together_where_the_rule_says_so(trial, vol, from_yaml):
    (everyone,) = from_yaml("rules: [{name: all, when: errors > 10 in 30s, by: []}]")
    bench = trial("errors > 10 in 30s", everyone)
    told = bench.take([vol(1, lines=8, app="one"), vol(1, lines=7, app="two")])
    assert {(each.rule, each.app, len(each.group), each.value) for each in told} == {("all", "", 0, 15)}


def test_a_share_crosses_above_its_percentage_once_there_are_lines_enough(trial, vol):
    rule = "errors > 5% of lines in 5m, at least 100 lines"
    assert trial(rule).take([vol(1, "INFO", 50), vol(1, "ERROR", 40)]) == []
    assert trial(rule).take([vol(1, "INFO", 95), vol(1, "ERROR", 5)]) == []
    assert trial(rule).take([vol(1, "INFO", 9500), vol(1, "ERROR", 500)]) == []
    assert trial(rule).take([vol(1, "INFO", 9499), vol(1, "ERROR", 501)]) != []
    (told, *_) = trial(rule).take([vol(1, "INFO", 94), vol(1, "ERROR", 6)])
    assert (told.value, told.detail) == (6, "6 of 100")


def test_trouble_early_in_a_step_that_brings_hours_has_causes_of_its_own_too(trial, rec, from_yaml):
    judged = trial(*from_yaml("rules: [{when: errors > 1 in 10s, where: body LIKE '%slow%'}]"))
    steps = [[rec(hour * 3600 + second, message=f"slow {hour}") for second in range(3)] for hour in range(3)]
    told = judged.take([*steps[0], *steps[1]])
    assert {each.causes[0].template for each in told} == {"slow 0", "slow 1"}
    judged.sit()
    held = len(judged.entries)
    assert {each.causes[0].template for each in judged.take(steps[2])} == {"slow 2"}
    assert len(judged.entries) <= held + 1


def test_a_condition_may_admit_only_some_records_and_then_brings_its_own_causes(trial, rec, from_yaml):
    rules = from_yaml("rules: [{name: slow, when: errors > 1 in 30s, where: body LIKE '%slow%'}]")
    bench = trial(*rules)
    assert bench.take([rec(1, message="boom"), rec(1, message="slow db")]) == []
    (told, *_) = bench.take([rec(2, message="slow db"), rec(3, message="slow disk"), rec(3, "WARN", message="slow x")])
    assert (told.value, told.lines, told.warnings) == (3, 4, 1)
    assert [(each.template, each.level, each.n) for each in told.causes] == [
        ("slow db", "ERROR", 2),
        ("slow disk", "ERROR", 1),
        ("slow x", "WARN", 1),
    ]


def test_groups_go_by_attributes_of_any_name(trial, rec, from_yaml):
    rules = from_yaml("rules: [{when: errors >= 2 in 30s, by: [app, attributes.http.route]}]")
    told = trial(*rules).take([rec(1, **{"http.route": "/a"}), rec(2, **{"http.route": "/a"}), rec(3)])
    assert told[0].group == {"app": "app", "attributes.http.route": "/a"}
    assert {each.group["attributes.http.route"] for each in told} == {"/a"}


def test_an_attribute_beside_a_number_is_read_as_one(trial, rec, from_yaml):
    rules = from_yaml("rules: [{when: lines > 0 in 10s, where: attributes.status >= 500}]")
    bench = trial(*rules)
    assert bench.take([rec(1, status="404"), rec(1, status="none"), rec(1)]) == []
    assert bench.take([rec(1, status="503")])[0].value == 1


def test_a_level_says_from_which_records_on_a_rule_looks(trial, rec, from_yaml):
    rules = from_yaml("rules: [{when: lines > 1 in 10s, level: ERROR}]")
    assert trial(*rules).take([rec(1), rec(1, "WARN"), rec(1, "INFO")]) == []
    assert trial(*rules).take([rec(1), rec(1, "FATAL")])[0].value == 2


# -- windows that are over ------------------------------------------------------------------------------------------


def test_a_rule_for_few_waits_until_the_window_is_over(trial, vol, spans):
    bench = trial("lines < 5 in 30s", exhaust=True)
    assert bench.take([vol(second, "INFO") for second in range(34)]) == []
    assert bench.take([vol(61, "INFO")]) == []
    told = bench.take([vol(66, "INFO")])
    assert spans(told)[0] == (30, 60, 4)


def test_a_window_in_which_nothing_came_has_few_lines_too(trial, vol):
    bench = trial("lines < 5 in 30s")
    bench.take([vol(second, "INFO") for second in range(30)], now=30)
    assert bench.look(now=34) == []
    assert [each.lines for each in bench.look(now=90)][-1] == 0


def test_lines_that_come_late_by_the_clock_are_waited_for(trial, vol):
    bench = trial("lines < 5 in 30s")
    bench.take([vol(second, "INFO") for second in range(30)], now=3630)
    assert bench.look(now=3635) == []


# -- spikes ---------------------------------------------------------------------------------------------------------

SPIKE = "errors 3x the 3 windows before in 10s, at least 5"


def test_a_spike_is_so_many_times_the_mean_of_the_windows_before(trial, vol, spans):
    bench = trial(SPIKE)
    bench.take([vol(second, lines=1) for second in range(40)])
    assert bench.take([vol(40, lines=19)]) == []
    told = bench.take([vol(41, lines=11)])
    assert (40, 50, 30) in spans(told)
    assert told[0].detail == "10 on average in the 3 windows before"


def test_no_spike_is_told_of_who_was_heard_too_shortly(trial, vol):
    assert trial(SPIKE).take([vol(second, lines=50 if second >= 20 else 1) for second in range(30)]) == []


def test_a_spike_after_nothing_has_to_reach_the_least(trial, vol):
    bench = trial(SPIKE)
    bench.take([vol(0, "INFO"), vol(60, "INFO")])
    assert bench.take([vol(60, lines=4)]) == []
    assert bench.take([vol(61)]) != []


def test_a_fall_is_told_when_the_window_is_over(trial, vol):
    bench = trial("lines down 3x the 2 windows before in 10s", exhaust=True)
    assert bench.take([vol(second, "INFO", 2) for second in range(36)]) == []
    (told, *_) = bench.take([vol(second, "INFO") for second in range(36, 60, 5)])
    assert told.value <= 20 / 3


def test_a_spike_either_way_is_one_rule(trial, vol):
    bench = trial("lines up or down 3x the 2 windows before in 10s", exhaust=True)
    bench.take([vol(second, "INFO", 2) for second in range(30)])
    assert bench.take([vol(30, "INFO", 70)])[0].value >= 60
    told = bench.take([vol(second, "INFO", 1) for second in range(40, 70)])
    assert any(each.value < 20 for each in told)


# -- values of fields -----------------------------------------------------------------------------------------------


def test_distinct_values_are_counted_once(trial, rec):
    bench = trial("distinct attributes.user > 2 in 30s")
    assert bench.take([rec(second, user=f"u{second % 2}") for second in range(20)]) == []
    assert bench.take([rec(20, user="another"), rec(20)])[0].value == 3


@pytest.mark.parametrize(
    ("figure", "value"), [("count", 4), ("sum", 100), ("mean", 25), ("min", 10), ("max", 40), ("p50", 20), ("p99", 40)]
)
def test_a_metric_speaks_of_the_values_of_a_field(trial, rec, figure, value):
    told = trial(f"{figure}(attributes.ms) > 1 in 10s").take(
        [*(rec(1, ms=str(ms)) for ms in (10, 20, 30, 40)), rec(1), rec(1, ms="n/a"), rec(1, ms="NaN")]
    )
    assert told[0].value == pytest.approx(value)


def test_a_metric_waits_for_as_many_values_as_it_takes(trial, rec):
    bench = trial("mean(attributes.ms) > 100 in 10s, at least 3")
    assert bench.take([rec(1, ms="500"), rec(1, ms="500")]) == []
    assert bench.take([rec(2, ms="500")])[0].detail == "over 3 values"


def test_values_beyond_belief_harm_nobody(trial, rec, vol):
    bench = trial("sum(attributes.ms) > 0 in 10s", "p99(attributes.ms) > 0 in 10s", "errors > 0 in 10s")
    strange = ("1e308", "1e308", "-1e308", "inf", "", "9" * 400, "0x10")
    told = bench.take([vol(1), *(rec(1, ms=text) for text in strange)])
    assert "errors > 0 in 10s" in {each.rule for each in told}


def test_a_black_list_tells_of_what_matches(trial, rec):
    bench = trial("body matches 'OutOf(Memory|Disk)', 'panic'")
    assert bench.take([rec(1, message="all is well")]) == []
    (told, *_) = bench.take([rec(2, message="java.lang.OutOfMemoryError"), rec(2, message="kernel panic")])
    assert (told.value, told.detail, len(told.causes)) == (2, "body on the black list", 2)


def test_a_white_list_tells_of_what_matches_nothing_and_passes_over_what_is_missing(trial, rec):
    bench = trial("attributes.country matches none of '^DE$', '^FR$'")
    assert bench.take([rec(1, country="DE"), rec(1)]) == []
    assert bench.take([rec(1, country="DEU")])[0].value == 1


# -- changes and novelties ------------------------------------------------------------------------------------------


def test_another_value_than_before_is_a_change(trial, rec):
    bench = trial("attributes.version changes")
    assert bench.take([rec(1, version="1"), rec(2, version="1"), rec(3, app="other", version="2")]) == []
    (told,) = bench.take([rec(4), rec(5, version="2", message="up")])
    assert (told.value, told.detail) == (1, "attributes.version went from '1' to '2'")
    assert [each.template for each in told.causes] == ["up"]


def test_a_record_that_comes_late_changes_nothing(trial, rec):
    bench = trial("attributes.version changes")
    bench.take([rec(10, version="2")])
    assert bench.take([rec(5, version="1")]) == []


def test_what_was_never_seen_is_told_once_with_its_causes_as_new(trial, rec):
    bench = trial("new fingerprint after 0s")
    (told,) = bench.take([rec(1, message="a"), rec(2, message="b"), rec(2, message="b")])
    assert (told.value, told.lines, told.detail) == (2, 3, "never seen before: 'a', 'b'")
    assert [(each.template, each.n, each.new) for each in told.causes] == [("b", 2, True), ("a", 1, True)]
    assert bench.take([rec(3, message="a")]) == []
    assert bench.take([rec(3, message="a", app="other")]) != []


def test_a_new_application_is_known_from_volumes_too(trial, vol, from_yaml):
    bench = trial(*from_yaml("rules: [{when: new app after 0s, by: []}]"))
    assert bench.take([vol(1, "INFO", app="one")])[0].detail == "never seen before: 'one'"
    assert bench.take([vol(2, "INFO", app="one")]) == []


def test_nothing_is_new_while_the_rule_learns(trial, rec):
    bench = trial("new fingerprint after 1m")
    assert bench.take([rec(1, message="a")], now=0) == []
    assert bench.take([rec(200, message="b")], now=59) == []
    assert bench.take([rec(201, message="c")], now=61) != []
    assert bench.take([rec(202, message="d", app="other")], now=62) == []


def test_past_logs_teach_by_their_own_time(trial, rec):
    bench = trial("new fingerprint after 1m", exhaust=True)
    assert bench.take([rec(1, message="a"), rec(60, message="b")]) == []
    assert bench.take([rec(62, message="c")]) != []


# -- silences -------------------------------------------------------------------------------------------------------


def test_silence_is_told_again_and_again_until_lines_come(trial, vol):
    bench = trial("silence of 1m")
    bench.take([vol(0, "INFO", app="one"), vol(0, "INFO", app="two")], now=0)
    assert bench.look(now=59) == []
    assert values(bench.look(now=60)) == [("one", 60), ("two", 60)]
    bench.take([vol(65, "INFO", app="two")], now=65)
    assert values(bench.look(now=71)) == [("one", 71)]
    assert values(bench.look(now=82)) == [("one", 82)]


def test_a_named_application_is_missed_though_it_never_wrote(trial):
    bench = trial("silence of 1m from orders, billing")
    assert bench.look(now=0) == []
    assert [each.app for each in bench.look(now=60)] == ["billing", "orders"]


def test_what_piled_up_while_nothing_ran_is_read_before_silence_is_told(trial, vol):
    bench = trial("silence of 1m")
    bench.take([vol(0, "INFO")], now=0)
    bench.sit()
    assert bench.look(now=3600) == []
    assert values(bench.look(now=3660)) == [("app", 3660)]


def test_a_log_that_was_old_when_it_was_read_is_not_missed(trial, vol):
    bench = trial("silence of 1m")
    bench.take([vol(0, "INFO")], now=200_000)
    assert bench.look(now=300_000) == []


def test_silences_of_past_logs_are_told_when_all_was_read(trial, vol, spans):
    bench = trial("silence of 1m", exhaust=True)
    assert bench.take([vol(0, "INFO"), vol(200, "INFO")]) == []
    bench.take([vol(100, "INFO")])
    assert bench.look(0, idle=False) == []
    assert spans(bench.look(0)) == [(0, 100, 100), (100, 200, 100)]
    assert bench.look(0) == []


def test_heartbeats_are_records_that_a_silence_may_wait_for(trial, rec, from_yaml):
    rules = from_yaml("rules: [{when: silence of 1m, where: body LIKE '%beat%', by: [attributes.host], level: INFO}]")
    bench = trial(*rules)
    bench.take([rec(0, "INFO", message="beat", host="a"), rec(0, "INFO", message="other", host="b")], now=0)
    assert [each.group for each in bench.look(now=60)] == [{"attributes.host": "a"}]


# -- whatever comes -------------------------------------------------------------------------------------------------


def test_all_attributes_together_may_be_a_group(trial, rec, from_yaml):
    rules = from_yaml("rules: [{when: errors >= 2 in 30s, by: [attributes]}]")
    told = trial(*rules).take([rec(1, b="2", a="1"), rec(2, a="1", b="2"), rec(3, a="1")])
    assert {each.group["attributes"] for each in told} == {"a=1, b=2"}


def test_volumes_without_any_records_and_steps_without_anything_do_no_harm(trial, vol):
    kinds = ("new logger", "logger changes", "p50(line) > 5 in 10s", "distinct logger > 5 in 10s", "body matches 'x'")
    bench = trial(*kinds, "lines < 2 in 10s", "errors down 2x the window before in 10s", "silence of 1m")
    assert bench.take([vol(1)]) == []
    assert bench.take() == []
    assert bench.look(now=5) == []


def test_a_time_beyond_belief_is_noted_and_keeps_no_other_rule_from_telling(trial, rec, vol):
    bench = trial("p50(line) > 0 in 1m", "errors > 0 in 10s").bench
    last = Batch.of(LogRecord, [replace(rec(0), time=datetime(9999, 12, 31, 23, 59, 55, tzinfo=UTC))])
    told = bench.take(last.frame, Batch.of(Volume, [vol(0)]).frame, Moment(NOON))
    assert {each.rule for each in told} == {"errors > 0 in 10s"}
    assert ["out of range" in each for each in bench.faults] == [True]


def test_distinct_values_are_counted_exactly_up_to_a_thousand_and_bounded_beyond(trial, rec):
    bench = trial("distinct attributes.user > 5 in 30s")
    assert {each.value for each in bench.take(rec(1, user=f"a{n}") for n in range(900))} == {900}
    most = max(each.value for step in range(5) for each in bench.take(rec(2, user=f"{step}-{n}") for n in range(900)))
    assert 1000 <= most < 2000
    assert bench.take([rec(3, user="one more")])[0].lines == 900 * 6 + 1


def test_a_flood_of_groups_keeps_those_that_come_often(trial, rec, from_yaml):
    bench = trial(*from_yaml("rules: [{when: 'errors > 10 in 30s', by: [app, fingerprint]}]"))
    often = [rec(1, message="often") for _ in range(12)]
    told = bench.take([*(rec(1, message=f"m{n}") for n in range(21_000)), *often])
    assert {(each.group["fingerprint"], each.value) for each in told} == {("often", 12)}
