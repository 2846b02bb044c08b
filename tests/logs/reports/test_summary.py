"""Sums of cells give the sums of the whole, within bounds."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tailrace.logs.records import Alert, IncidentSummary, LogRecord, Volume
from tailrace.logs.reports import summary
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MOMENTS = [NOON + timedelta(hours=hour) for hour in range(4)]


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def volume(minute: int, level: str = "INFO", lines: int = 1, app: str = "orders") -> Volume:
    return Volume(app, at(minute), level, lines, 100 * lines)


def record(minute: float, body: str = "boom", level: str = "ERROR", app: str = "orders") -> LogRecord:
    return LogRecord(app, at(minute), at(minute), 17, level, body, f"f-{body}", body.upper(), "/a.log", 7, 0)


def frame(*records):
    return Batch.of(type(records[0]), records).frame


def test_volumes_are_counted_by_app_and_by_the_cell_they_lie_in():
    rows = (volume(-1), volume(0, "ERROR", 3), volume(59, "WARN", 2), volume(60, "FATAL"), volume(61, app="billing"))
    found = {moment: table.rows() for moment, table in summary.count_apps(frame(*rows), MOMENTS)}
    assert found == {MOMENTS[0]: [("orders", 5, 3, 2)], MOMENTS[1]: [("orders", 1, 1, 0), ("billing", 1, 0, 0)]}


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 239), st.sampled_from(["INFO", "WARN", "ERROR"]), st.integers(1, 9))), st.data()
)
def test_however_volumes_are_cut_into_batches_the_sums_are_theirs(written, data):
    rows = [volume(minute, level, lines) for minute, level, lines in written]
    cut = data.draw(st.integers(0, len(rows)))
    tables = [
        table for part in (rows[:cut], rows[cut:]) if part for _, table in summary.count_apps(frame(*part), MOMENTS)
    ]
    if not rows:
        return
    (whole,) = summary.app_summaries(summary.add_apps(tables), None)
    assert whole.lines == sum(lines for _, _, lines in written)
    assert whole.errors == sum(lines for _, level, lines in written if level == "ERROR")
    assert whole.warnings == sum(lines for _, level, lines in written if level == "WARN")


def test_apps_beyond_the_most_are_counted_together(monkeypatch):
    monkeypatch.setattr(summary, "MOST_APPS", 2)
    rows = [volume(0, "ERROR", lines, f"app{lines}") for lines in (1, 2, 3, 4)]
    tables = [table for _, table in summary.count_apps(frame(*rows), MOMENTS)]
    found = summary.app_summaries(summary.add_apps(tables), None)
    assert {(each.app, each.errors) for each in found} == {("app4", 4), ("app3", 3), ("", 3)}


def test_apps_are_told_beside_what_they_wrote_before_the_worst_first():
    now = pl.DataFrame({"app": ["a", "b"], "lines": [10, 10], "errors": [1, 2], "warnings": [0, 0]})
    before = pl.DataFrame({"app": ["a", "gone"], "lines": [10, 10], "errors": [7, 5], "warnings": [3, 0]})
    found = [
        (each.app, each.errors, each.errors_before, each.warnings_before) for each in summary.app_summaries(now, before)
    ]
    assert found == [("b", 2, 0, 0), ("a", 1, 7, 3), ("gone", 0, 5, 0)]
    assert summary.app_summaries(None, None) == []


def test_messages_are_counted_with_the_texts_of_their_first_record():
    early, late = (
        frame(record(5, "boom 1")),
        frame(record(2, "boom 1"), record(3, "slow", "WARN"), record(70, "boom 1")),
    )
    parts = dict(summary.count_messages(early, MOMENTS)), dict(summary.count_messages(late, MOMENTS))
    table = summary.add_messages([parts[0][MOMENTS[0]], parts[1][MOMENTS[0]]])
    boom, slow = summary.top_causes(table, 10)
    assert (boom.n, boom.first, boom.last, boom.sample, boom.app) == (2, at(2), at(5), "boom 1", "orders")
    assert (slow.template, slow.level, slow.n) == ("SLOW", "WARN", 1)
    assert [each.n for each in summary.top_causes(parts[1][MOMENTS[1]], 10)] == [1]


def test_messages_that_come_in_one_batch_after_the_other_are_added_up():
    batches = [dict(summary.count_messages(frame(record(second)), MOMENTS))[MOMENTS[0]] for second in range(4)]
    kept = batches[0]
    for batch in batches[1:]:
        kept = summary.add_messages([summary.from_bytes(summary.to_bytes(kept)), batch])
    assert [each.n for each in summary.top_causes(kept, 10)] == [4]


def test_a_flood_of_different_errors_drives_out_neither_the_frequent_nor_the_warnings():
    rows = (
        [record(1, f"error {n}") for n in range(1000)] + [record(1, "disk full")] * 5 + [record(2, "slow", "WARN")] * 9
    )
    ((_, table),) = summary.count_messages(frame(*rows), MOMENTS)
    assert table.height == summary.MOST_MESSAGES
    assert summary.top_causes(table, 1)[0].sample == "disk full"
    assert table.filter(pl.col("level") == "WARN")["n"].to_list() == [9]


def test_tables_are_the_same_after_being_saved():
    ((_, table),) = summary.count_messages(frame(record(1)), MOMENTS)
    assert summary.from_bytes(summary.to_bytes(table)).equals(table)


def alert(state: str, minute: int, value: float) -> Alert:
    times = {"opened": at(1), "at": at(minute), "window_start": at(0), "window_end": at(2)}
    counts = {"lines": 100, "errors": int(value), "warnings": 0, "causes": []}
    return Alert(id="i1", app="orders", rule="errors > 10 in 30s", state=state, value=value, **times, **counts)


def test_an_incident_is_summed_up_from_its_events():
    known = None
    for event in (alert("open", 1, 12), alert("update", 2, 40), alert("resolved", 9, 12)):
        known = summary.incident_after(known, event)
    assert known == IncidentSummary("i1", "orders", "errors > 10 in 30s", at(1), at(9), 40)


@pytest.mark.parametrize(
    ("opened", "resolved", "told"),
    [(-9, -1, False), (-9, 1, True), (1, 2, True), (50, None, True), (-9, None, True), (60, None, False)],
)
def test_incidents_that_were_open_within_the_span_are_told(opened, resolved, told):
    each = IncidentSummary("i", "a", "r", at(opened), None if resolved is None else at(resolved), 1)
    assert bool(summary.incidents_within([each], at(0), at(60))) is told


def test_only_the_latest_incidents_are_kept():
    many = [IncidentSummary(str(n), "a", "r", at(n), None, 1) for n in range(5)]
    over = IncidentSummary("over", "a", "r", at(9), at(10), 1)
    assert summary.incidents_to_keep([*many, over], at(20), 2) == {"3", "4"}
