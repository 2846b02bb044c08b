"""The reporter makes one report for each firing of its schedule, whatever happens to it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tailrace.logs.records import Alert, LogRecord, Report, Volume
from tailrace.logs.reporter import Reporter
from tailrace.testkit.kit import StreamletKit

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAILY = {"name": "daily", "schedule": "0 8 * * *"}


def at(hour: float) -> datetime:
    return MONDAY + timedelta(hours=hour)


def volume(hour: float, level: str, lines: int, app: str = "orders") -> Volume:
    return Volume(app, at(hour).replace(microsecond=0), level, lines, 100 * lines)


def record(hour: float, body: str = "boom") -> LogRecord:
    return LogRecord("orders", at(hour), at(hour), 17, "ERROR", body, f"f-{body}", body, "/a.log", 7, 0)


def alert(state: str, hour: float, opened: float) -> Alert:
    times = {"opened": at(opened), "at": at(hour), "window_start": at(opened), "window_end": at(opened)}
    counts = {"lines": 100, "errors": 12, "warnings": 0, "causes": []}
    return Alert(id=f"i{opened}", app="orders", rule="errors > 10 in 30s", state=state, value=12, **times, **counts)


def start(settings: dict[str, str] = DAILY, hour: float = 0) -> StreamletKit:
    return StreamletKit(Reporter, settings, now=at(hour), exhaust=False)


@pytest.fixture
def kit() -> Iterator[StreamletKit]:
    with start() as kit:
        yield kit


def until(kit: StreamletKit, hour: float) -> list[Report]:
    """Let time pass to an hour after Monday's midnight, without every tick of the timer before it is of interest."""
    kit.run()
    kit.now = max(kit.now, at(hour) - timedelta(seconds=2))
    kit.advance(at(hour) - kit.now)
    return kit.read("reports")


def test_a_report_comes_at_its_time_and_is_about_the_day_before(kit):
    kit.send(
        "volumes", [volume(-17, "ERROR", 7), volume(-15, "INFO", 90), volume(7, "ERROR", 10), volume(8, "ERROR", 1)]
    )
    kit.send("records", [record(7), record(7.5), record(8)])
    assert until(kit, 8) == []
    kit.advance("31s")
    (report,) = kit.read("reports")
    assert (report.name, report.start, report.end, report.zone, report.note) == ("daily", at(-16), at(8), "UTC", "")
    assert report.at - at(8) == timedelta(seconds=30)
    assert [(each.app, each.lines, each.errors, each.errors_before) for each in report.apps] == [("orders", 100, 10, 7)]
    assert [(cause.template, cause.n) for cause in report.causes] == [("boom", 2)]


def test_the_next_report_begins_where_the_last_one_ended(kit):
    kit.send("volumes", [volume(7, "ERROR", 10), volume(9, "ERROR", 1)])
    until(kit, 9)
    kit.send("volumes", [volume(31, "ERROR", 2)])
    first, second = until(kit, 33)
    assert (second.start, second.end) == (first.end, at(32))
    assert [(each.errors, each.errors_before) for each in second.apps] == [(3, 10)]


def test_working_days_are_compared_with_as_long_a_time_before():
    with start({"name": "d", "schedule": "0 8 * * MON-FRI"}, hour=-60) as kit:  # on Friday at noon
        kit.send("volumes", [volume(-16 - 72 + hour, "ERROR", 1) for hour in range(96)])
        (report,) = until(kit, 9)
        assert report.end - report.start == timedelta(days=3)
        assert [(each.errors, each.errors_before) for each in report.apps] == [(72, 24)]


def test_a_span_of_its_own_may_reach_over_several_reports():
    with start({**DAILY, "span": "2d"}) as kit:
        kit.send("volumes", [volume(hour, "ERROR", 1) for hour in range(-96, 8)])
        reports = until(kit, 9)
        kit.send("volumes", [volume(hour, "ERROR", 1) for hour in range(8, 32)])
        reports = until(kit, 33)
        assert [[(each.errors, each.errors_before) for each in report.apps] for report in reports] == [[(48, 48)]] * 2


def test_incidents_of_the_span_are_told_and_then_forgotten(kit):
    kit.send("alerts", [alert("open", 2, 2), alert("resolved", 3, 2), alert("open", 7, 7)])
    (first,) = until(kit, 9)
    assert [(each.opened, each.resolved, each.rule) for each in first.incidents] == [
        (at(2), at(3), "errors > 10 in 30s"),
        (at(7), None, "errors > 10 in 30s"),
    ]
    kit.send("alerts", [alert("resolved", 10, 7)])
    assert [[each.opened for each in report.incidents] for report in until(kit, 33)[1:]] == [[at(7)]]
    assert [len(report.incidents) for report in until(kit, 57)[2:]] == [0]


def test_messages_never_seen_before_are_marked_from_the_second_report_on(kit):
    kit.send("records", [record(7, "boom")])
    until(kit, 9)
    kit.send("records", [record(10, "boom"), record(11, "never seen"), record(12, "never seen")])
    first, second = until(kit, 33)
    assert [(cause.sample, cause.new) for cause in first.causes] == [("boom", False)]
    assert {(cause.sample, cause.n, cause.new) for cause in second.causes} == {
        ("boom", 1, False),
        ("never seen", 2, True),
    }
    kit.restart()
    kit.send("records", [record(40, "never seen")])
    assert [cause.new for cause in until(kit, 57)[2].causes] == [False]


def test_a_report_that_fell_due_while_nothing_ran_comes_late_and_once(kit):
    kit.send("volumes", [volume(7, "ERROR", 10)])
    kit.run()
    kit.now = at(12)
    kit.restart()
    kit.advance("31s")
    (report,) = kit.read("reports")
    assert (report.end, report.apps[0].errors) == (at(8), 10)
    assert report.note == "This report comes 4 hours late."
    kit.restart()
    assert len(until(kit, 31)) == 1


def test_several_that_were_missed_make_one_report(kit):
    kit.send("volumes", [volume(7, "ERROR", 10)])
    kit.run()
    kit.now = at(60)
    kit.restart()
    kit.send("volumes", [volume(20, "ERROR", 1), volume(50, "ERROR", 2), volume(57, "ERROR", 4)])
    kit.advance("31s")
    (report,) = kit.read("reports")
    assert (report.start, report.end, report.apps[0].errors) == (at(-16), at(56), 13)
    assert report.note == "This report comes 4 hours late. It stands for the 2 reports before it that were missed, too."


def test_a_late_report_waits_for_what_is_still_being_read(kit):
    kit.advance("1s")
    kit.now = at(12)
    kit.restart()
    for _ in range(6):
        kit.send("volumes", [volume(7, "ERROR", 1)])
        kit.advance("20s")
    assert kit.read("reports") == []
    kit.advance("30s")
    (report,) = kit.read("reports")
    assert report.apps[0].errors == 6


def test_but_not_for_ever(kit):
    kit.advance("1s")
    kit.now = at(8)
    for _ in range(50):
        kit.send("volumes", [volume(7, "ERROR", 1)])
        kit.advance("20s")
    (report,) = kit.read("reports")
    assert report.at - report.end == timedelta(minutes=15)


def test_nothing_is_reported_of_the_time_before_the_first_start(kit):
    assert until(kit, 7.9) == []


def test_a_crash_at_any_moment_makes_no_second_report_and_loses_none(kit):
    kit.send("volumes", [volume(7, "ERROR", 10)])
    for minute in range(470, 490):
        kit.now = at(minute / 60)
        kit.crash()
        kit.run()
        kit.advance("45s")
    (report,) = kit.read("reports")
    assert report.apps[0].errors == 10


def test_another_schedule_holds_from_then_on():
    with start(DAILY) as kit:
        kit.send("volumes", [volume(7, "ERROR", 10)])
        kit.run()
        saved = kit.streamlet("streamlet").seat.state
    changed = Reporter({"name": "weekly", "schedule": "0 9 * * MON"}, None)
    changed.restore(saved)
    changed.context.now = at(10)
    changed.on_start()
    assert not changed.pending()


def test_thousands_of_apps_take_a_table_for_each_span():
    with start() as kit:
        kit.send("volumes", [volume(hour, "ERROR", 1, f"app{n}") for hour in (6, 7) for n in range(3000)])
        kit.run()
        assert sum(map(len, kit.streamlet("streamlet").seat.state.values())) < 100_000
