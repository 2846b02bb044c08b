"""The judge tells crossings of the rules it was given, and takes over a rules file that changes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tailrace.logs.judge import Judge
from tailrace.logs.records import LogRecord, Volume
from tailrace.model.errors import TailraceError
from tailrace.testkit.kit import StreamletKit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TEN = "errors > 10 in 30s"


def volume(second: int, lines: int, app: str = "app") -> Volume:
    return Volume(app, NOON + timedelta(seconds=second), "ERROR", lines, 100)


def told(kit: StreamletKit) -> list[tuple[str, str, float]]:
    return [(each.rule, each.app, each.value) for each in kit.read("crossings")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(f"rules:\n  - {TEN}\n")
    return path


@pytest.fixture
def kit(file: Path) -> Iterator[StreamletKit]:
    with StreamletKit(Judge, {"file": str(file)}, now=NOON, exhaust=False) as kit:
        yield kit


def test_rules_in_short_form_are_held_against_volumes_and_records():
    rules = [TEN, "body matches 'panic'"]
    record = LogRecord("app", NOON, NOON, 17, "ERROR", "kernel panic", "f", "t", "/a", 1, 0)
    with StreamletKit(Judge, {"rules": rules}, now=NOON) as kit:
        kit.send("volumes", [volume(0, 11)])
        kit.send("records", [record])
        kit.run()
        assert {(rule, value) for rule, _, value in told(kit)} == {(TEN, 11), ("body matches 'panic'", 1)}


def test_a_rule_that_cannot_be_read_is_refused_with_its_sentence():
    with pytest.raises(TailraceError, match="erors > 10 in 30s"):
        StreamletKit(Judge, {"rules": ["erors > 10 in 30s"]})


def test_a_rules_file_that_does_not_hold_keeps_the_judge_from_starting(file: Path):
    file.write_text("rules: [errors]")
    with (
        pytest.raises(TailraceError, match=r"rules\.yaml:1:9: .* has no window"),
        StreamletKit(Judge, {"file": str(file)}) as kit,
    ):
        kit.send("volumes", [volume(0, 1)])
        kit.run()


def test_a_crossing_carries_what_the_file_says_of_the_rule(kit: StreamletKit, file: Path):
    file.write_text(
        "rules:\n  - name: too many\n    when: errors > 3 in 10s\n    severity: critical\n    labels: {team: pay}\n"
        "    runbook: https://wiki.example.com/x\n    quiet: 5m\n    cooldown: 1h\n"
    )
    kit.advance("2s")
    kit.send("volumes", [volume(0, 4)])
    kit.run()
    crossing = kit.read("crossings")[0]
    assert (crossing.rule, crossing.condition, crossing.severity) == ("too many", "errors > 3 in 10s", "critical")
    assert (crossing.labels, crossing.runbook) == ({"team": "pay"}, "https://wiki.example.com/x")
    assert (crossing.quiet, crossing.cooldown) == (300, 3600)


def test_a_changed_file_is_taken_over_and_what_is_unchanged_keeps_its_windows(kit: StreamletKit, file: Path):
    kit.send("volumes", [volume(0, 9)])
    kit.run()
    file.write_text(f"rules:\n  - errors > 8 in 1m\n  - {TEN}\n")
    kit.advance("2s")
    kit.send("volumes", [volume(1, 2)])
    kit.run()
    assert {(rule, value) for rule, _, value in told(kit)} == {(TEN, 11)}
    kit.send("volumes", [volume(2, 9)])
    kit.run()
    assert ("errors > 8 in 1m", "app", 11) in told(kit)


def test_a_bad_file_is_refused_with_a_warning_and_the_old_rules_go_on(
    kit: StreamletKit, file: Path, caplog: pytest.LogCaptureFixture
):
    kit.run()
    file.write_text("rules:\n  - erors > 10 in 30s\n")
    with caplog.at_level(logging.WARNING):
        kit.advance("5s")
    assert len(caplog.records) == 1
    assert "rules.yaml:2:5: there is no column 'erors'" in caplog.text
    kit.send("volumes", [volume(0, 11)])
    kit.run()
    assert ("errors > 10 in 30s", "app", 11) in told(kit)
    file.write_text("rules:\n  - errors > 1 in 10s\n")
    kit.advance("2s")
    kit.send("volumes", [volume(60, 2)])
    kit.run()
    assert ("errors > 1 in 10s", "app", 2) in told(kit)


def test_a_changed_file_that_looks_at_records_nobody_keeps_is_refused_and_the_old_rules_go_on(
    kit: StreamletKit, file: Path, caplog: pytest.LogCaptureFixture
):
    kit.run()
    file.write_text("rules:\n  - {name: many, level: INFO, when: errors > 3 in 10s}\n")
    with caplog.at_level(logging.WARNING):
        kit.advance("5s")
    assert "'many' looks at records of level INFO, but only those of WARN and worse are kept in full" in caplog.text
    assert "start again with this file" in caplog.text
    kit.send("volumes", [volume(0, 11)])
    kit.run()
    assert ("errors > 10 in 30s", "app", 11) in told(kit)


def test_what_the_ingestor_keeps_in_full_can_be_looked_at(file: Path):
    file.write_text("rules:\n  - {name: many, level: INFO, when: lines > 3 in 10s}\n")
    info = [LogRecord("app", NOON, NOON, 9, "INFO", "hello", "f", "t", "/a", n, 0) for n in range(4)]
    with StreamletKit(Judge, {"file": str(file), "least": "INFO"}, now=NOON) as kit:
        kit.send("records", info)
        kit.run()
        assert ("many", "app", 4) in told(kit)


def test_a_file_that_is_gone_leaves_the_rules_as_they_are(
    kit: StreamletKit, file: Path, caplog: pytest.LogCaptureFixture
):
    kit.run()
    file.unlink()
    with caplog.at_level(logging.WARNING):
        kit.advance("5s")
    assert len(caplog.records) == 1
    kit.send("volumes", [volume(0, 11)])
    kit.run()
    assert told(kit) != []


def test_a_rule_of_the_settings_goes_on_beside_those_of_the_file(file: Path):
    with StreamletKit(Judge, {"file": str(file), "rules": ["errors > 3 in 10s"]}, now=NOON) as kit:
        kit.send("volumes", [volume(0, 11)])
        kit.run()
        assert {rule for rule, _, _ in told(kit)} == {TEN, "errors > 3 in 10s"}


def test_what_was_judged_outlives_a_restart(kit: StreamletKit):
    kit.send("volumes", [volume(0, 9)])
    kit.run()
    kit.restart()
    kit.send("volumes", [volume(1, 2)])
    kit.run()
    assert {value for _, _, value in told(kit)} == {11}


def test_silence_is_told_by_the_time_of_day():
    with StreamletKit(Judge, {"rules": ["silence of 1m"]}, now=NOON, exhaust=False) as kit:
        kit.send("volumes", [volume(0, 1)])
        kit.advance("59s")
        assert told(kit) == []
        kit.advance("2s")
        assert [app for _, app, _ in told(kit)] == ["app"]


def test_silences_of_past_logs_are_told_before_all_is_done():
    with StreamletKit(Judge, {"rules": ["silence of 1m"]}, now=NOON) as kit:
        kit.send("volumes", [volume(0, 1), volume(90, 1)])
        kit.run()
        kit.advance("2s")
        assert told(kit) == [("silence of 1m", "app", 90)]
