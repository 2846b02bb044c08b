"""Schedules fire when a person in the zone expects it, whatever the clocks do; faults in them have their places."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.blueprint.source import read_source
from tailrace.logs.reports.schedule import ReportSpec, Schedule, parse_schedule, read_reports
from tailrace.model.errors import TailraceError

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(schedule: Schedule, after: datetime, number: int) -> list[str]:
    found = islice(schedule.firings(after), number)
    return [f"{each.astimezone(ZoneInfo(schedule.zone)):%m-%d %H:%M}" for each in found]


def test_eight_o_clock_stays_eight_o_clock_when_summer_comes():
    schedule = parse_schedule("0 8 * * *", "Europe/Berlin")
    fires = list(islice(schedule.firings(utc("2026-03-27T12:00")), 3))
    assert fires == [utc("2026-03-28T07:00"), utc("2026-03-29T06:00"), utc("2026-03-30T06:00")]


def test_a_time_that_the_clock_leaves_out_comes_right_after():
    schedule = parse_schedule("30 2 * * *", "Europe/Berlin")
    assert local(schedule, utc("2026-03-28T12:00"), 2) == ["03-29 03:00", "03-30 02:30"]


def test_a_time_that_comes_twice_fires_once_whenever_one_asks():
    schedule = parse_schedule("30 2 * * *", "Europe/Berlin")
    only, next_day = utc("2026-10-25T00:30"), utc("2026-10-26T01:30")
    assert schedule.next_firing(utc("2026-10-24T12:00")) == only
    for minute in range(0, 120, 10):  # both of the two hours that the clock calls two
        assert schedule.next_firing(only + timedelta(minutes=minute)) == next_day
        assert schedule.last_firing(only + timedelta(minutes=minute)) == only


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2 * 365 * 86_400).map(lambda second: utc("2026-01-01") + timedelta(seconds=second)),
    st.sampled_from(["0 8 * * MON-FRI", "30 2 * * *", "*/20 1-3 * * *", "0 0 1 * *", "15 * * * *", "@weekly"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_the_last_firing_and_the_next_have_none_between_them(moment: datetime, cron: str, zone: str):
    schedule = parse_schedule(cron, zone)
    last, following = schedule.last_firing(moment), schedule.next_firing(moment)
    assert last <= moment < following
    assert schedule.next_firing(last) == following
    assert schedule.last_firing(following) == following
    assert schedule.last_firing(following - timedelta(microseconds=1)) == last


def test_a_report_is_about_the_time_since_the_one_before():
    schedule = parse_schedule("0 8 * * MON-FRI", "Europe/Berlin")
    friday, monday = utc("2026-01-09T07:00"), utc("2026-01-12T07:00")
    assert schedule.start_of(monday) == friday


def test_a_report_may_be_about_a_span_of_its_own():
    schedule = parse_schedule("0 8 * * *", span=timedelta(days=7))
    assert schedule.start_of(utc("2026-01-12T08:00")) == utc("2026-01-05T08:00")


@pytest.mark.parametrize("span", [None, timedelta(hours=12)])
def test_a_report_stands_for_those_that_were_missed(span):
    schedule = parse_schedule("0 8 * * *", span=span)
    told, firing = utc("2026-01-05T08:00"), utc("2026-01-08T08:00")
    assert schedule.start_of(firing, told) == told
    assert schedule.start_of(firing, firing - timedelta(days=1)) == schedule.start_of(firing)


def test_every_report_and_the_span_before_it_begin_and_end_at_a_moment():
    schedule = parse_schedule("0 8 * * MON-FRI", "Europe/Berlin", timedelta(days=2))
    since, until = utc("2026-03-20T00:00"), utc("2026-04-10T00:00")
    moments = set(schedule.moments(since, until))
    for firing in islice(schedule.firings(utc("2026-03-25T00:00")), 12):
        assert {firing, firing - timedelta(days=2), firing - timedelta(days=4)} <= moments


def test_a_schedule_is_told_in_words():
    assert parse_schedule("0 8 * * MON-FRI", "Europe/Berlin").words() == (
        "at 08:00 on Monday through Friday, Europe/Berlin"
    )


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("0 8 * *", "it has 4 fields, where five are needed"),
        ("0 0 8 * * *", "it has 6 fields"),
        ("61 8 * * *", "the minute is not understood"),
        ("0 8 * * FOO", "the day-of-week is not understood"),
        ("0 8 30 2 *", "the day-of-month is not understood"),
        ("@sometimes", "'@sometimes' is no schedule"),
        ("", "it has 0 fields"),
    ],
)
def test_what_is_no_schedule_is_told(cron, said):
    with pytest.raises(TailraceError, match=said) as caught:
        parse_schedule(cron)
    assert caught.value.hint


def test_spans_that_overlap_too_often_are_refused():
    with pytest.raises(TailraceError, match="is too much"):
        parse_schedule("* * * * *", span=timedelta(days=30))


# -- the section of a rules file --------------------------------------------------------------------------------------


def read(text: str):
    root = read_source(text, "rules.yaml").root
    assert root is not None
    return read_reports(root)


def test_reports_are_read_from_a_rules_file():
    found = read("daily: 0 8 * * MON-FRI\nweekly: {schedule: '0 9 * * MON', zone: Europe/Berlin, span: 7d}\n")
    assert found == (
        ReportSpec("daily", Schedule("0 8 * * MON-FRI")),
        ReportSpec("weekly", Schedule("0 9 * * MON", "Europe/Berlin", timedelta(days=7))),
    )
    assert found[1].settings == {"name": "weekly", "schedule": "0 9 * * MON", "zone": "Europe/Berlin", "span": "7d"}


def test_an_empty_section_asks_for_nothing():
    assert read("~") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[daily]", "rules.yaml:1:1: reports has to be a mapping, but a list came"),
        ("daily: 8", "rules.yaml:1:8: the report 'daily' needs a schedule, but 8 came"),
        ("daily: {}", "rules.yaml:1:1: the report 'daily' needs a schedule"),
        ("daily: 0 8 * * FRY", "rules.yaml:1:8: '0 8 * * FRY' is no schedule: the day-of-week is not understood"),
        ("daily: {schedule: '@daily', zon: UTC}", "rules.yaml:1:29: a report has no 'zon'"),
        ("daily: {schedule: '@daily', zone: Berlin}", "rules.yaml:1:35: 'Berlin' is no time zone"),
        ("daily: {schedule: '@daily', span: soon}", "rules.yaml:1:35: 'soon' is not a duration"),
        ("daily: {schedule: '@daily', span: 1s}", "rules.yaml:1:35: a report cannot be about 1s"),
        ("daily: {schedule: '@daily', span: 7}", "rules.yaml:1:35: span needs a text, but 7 came"),
        ("daily: {schedule: '@daily', zone: [UTC]}", "rules.yaml:1:35: zone needs a text, but a list came"),
        ("Daily Report: '@daily'", "rules.yaml:1:1: the report's name does not do: the name 'Daily Report'"),
    ],
)
def test_what_is_wrong_with_a_report_has_its_place(text, said):
    (problem,) = read(text)
    assert str(problem).startswith(said)


def test_all_that_is_wrong_is_told_at_once():
    found = read("daily: {zon: UTC}\nweekly: '@daly'\n")
    assert [problem.place.line for problem in found] == [1, 1, 2]
    assert found[0].hint == "did you mean 'zone'?"
