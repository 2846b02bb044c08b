"""`tailrace rules test` and `tailrace rules suggest` on files."""

import gzip
import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

MIDNIGHT = datetime(2026, 1, 5)  # noqa: DTZ001 - as a log writes it


def write(path: Path, *groups: Iterator[tuple[float, str, str]]) -> Path:
    """A log of seconds after midnight, levels and messages, in order."""
    rows = sorted(row for group in groups for row in group)
    text = "".join(
        f"{MIDNIGHT + timedelta(seconds=second):%Y-%m-%d %H:%M:%S},000 {level:<5} [main] org.example.App: {said}\n"
        for second, level, said in rows
    )
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def steady(start: int, end: int, each: int = 10) -> Iterator[tuple[float, str, str]]:
    return ((second, "INFO", f"request {second} answered") for second in range(start, end, each))


def burst(start: float, number: int) -> Iterator[tuple[float, str, str]]:
    return ((start + index // 4, "ERROR", f"disk {index} is full") for index in range(number))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Two hours of orders, with bursts at 00:10 and 01:30, and of billing, packed, without any."""
    place = tmp_path / "logs"
    place.mkdir()
    write(place / "orders.log", steady(0, 7200), burst(600, 30), burst(5400, 20))
    write(place / "billing.log.gz", steady(0, 7200))
    return place


def told(done: Any) -> list[tuple[str, str, str, float]]:
    assert (done.code, done.err) == (0, "")
    rules = json.loads(done.out)["rules"]
    return [
        (rule["name"], each["app"], each["opened"][11:16], each["peak"]) for rule in rules for each in rule["incidents"]
    ]


def test_a_rule_is_tried_on_files_and_packed_ones(tailrace: Callable[..., Any], logs: Path) -> None:
    done = tailrace("rules", "test", "errors > 10 in 30s", logs, "--json")
    assert told(done) == [("errors > 10 in 30s", "orders", "00:10", 30), ("errors > 10 in 30s", "orders", "01:30", 20)]
    whole = json.loads(done.out)
    assert (whole["files"], whole["lines"]) == (2, 1490)
    assert (whole["first"], whole["last"]) == ("2026-01-05T00:00:00Z", "2026-01-05T01:59:51Z")
    assert whole["rules"][0]["incidents"][0]["causes"][0]["template"] == "disk <n> is full"


def test_what_would_have_been_told_is_drawn_and_listed(tailrace: Callable[..., Any], logs: Path) -> None:
    done = tailrace("rules", "test", "errors > 10 in 30s", logs)
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert lines[0] == "1,490 lines in 2 files of billing and orders, 2026-01-05 00:00:00 to 2026-01-05 01:59:51 UTC"
    assert lines[2].split() == ["00:00", "00:30", "01:00", "01:30"]
    drawn = next(line for line in lines if line.startswith("errors > 10 in 30s  ·"))
    assert drawn.count("●") == 2
    assert "errors > 10 in 30s: 2 incidents, " in done.out
    assert any(line.startswith("  2026-01-05 00:10:0") and line.endswith("ERROR disk <n> is full") for line in lines)
    assert max(map(len, lines[2:8])) <= 80


def test_times_without_a_date_get_the_days_that_every_command_gives_them(
    tailrace: Callable[..., Any], tmp_path: Path
) -> None:
    logs = tmp_path / "till.log"
    logs.write_text("".join(f"{hour:02d}:00:00.000 [main] INFO till - sold {hour}\n" for hour in [*range(24)] * 3))
    written = datetime(2026, 1, 7, 23, 30, tzinfo=UTC).timestamp()
    os.utime(logs, (written, written))
    tried = json.loads(tailrace("rules", "test", "errors > 10 in 30s", logs, "--json").out)
    assert (tried["first"], tried["last"]) == ("2026-01-05T00:00:00Z", "2026-01-07T23:00:01Z")
    parsed = json.loads(tailrace("parse", logs, "--json").out)
    assert (parsed["first"], parsed["last"]) == ("2026-01-05T00:00:00+00:00", "2026-01-07T23:00:00+00:00")
    comment = " ".join(tailrace("rules", "suggest", logs).out.replace("# ", "").split())
    assert "2026-01-05 00:00:00 to 2026-01-07 23:00:00 UTC" in comment


def test_a_time_from_the_future_is_that_of_the_file(tailrace: Callable[..., Any], tmp_path: Path) -> None:
    logs = write(tmp_path / "orders.log", steady(0, 60))
    with logs.open("a") as file:
        file.write("2999-01-01 00:00:00,000 ERROR [main] org.example.App: from the future\n")
    written = datetime(2026, 1, 5, 0, 1, tzinfo=UTC).timestamp()
    os.utime(logs, (written, written))
    tried = json.loads(tailrace("rules", "test", "errors >= 1 in 30s", logs, "--json").out)
    assert (tried["first"], tried["last"]) == ("2026-01-05T00:00:00Z", "2026-01-05T00:01:01Z")
    assert [each["opened"][:16] for each in tried["rules"][0]["incidents"]] == ["2026-01-05T00:01"]


def test_a_rule_that_would_have_told_nothing_says_so(tailrace: Callable[..., Any], logs: Path) -> None:
    assert tailrace("rules", "test", "errors > 99 in 30s", logs).out.endswith("would have told nothing\n")


def test_a_rules_file_is_tried_rule_by_rule_and_nobody_is_told(
    tailrace: Callable[..., Any], logs: Path, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "rules:\n"
        "  - {name: full disk, when: errors > 10 in 30s, severity: critical}\n"
        "  - {name: much, when: errors > 25 in 30s}\n"
        "  - {name: busy, when: lines > 200 in 30s}\n"
        "inhibit: []\n"
        "receivers:\n"
        f"  files: {{type: outbox, outbox: {tmp_path / 'outbox'}}}\n"
    )
    done = tailrace("rules", "test", rules, logs, "--json")
    assert [each[:3] for each in told(done)] == [
        ("full disk", "orders", "00:10"),
        ("full disk", "orders", "01:30"),
        ("much", "orders", "00:10"),
    ]
    assert [each["name"] for each in json.loads(done.out)["rules"]] == ["full disk", "much", "busy"]
    assert not (tmp_path / "outbox").exists()


def test_levels_below_warn_are_read_in_full_where_a_rule_asks_for_them(
    tailrace: Callable[..., Any], logs: Path, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules:\n  - {name: seen, when: \"body matches 'request 3600 '\", level: INFO}\n")
    assert [each[:3] for each in told(tailrace("rules", "test", rules, logs, "--json"))] == [
        ("seen", "billing", "01:00"),
        ("seen", "orders", "01:00"),
    ]


def test_an_incident_that_the_logs_end_in_goes_on(tailrace: Callable[..., Any], tmp_path: Path) -> None:
    log = write(tmp_path / "orders.log", steady(0, 3600), burst(3590, 30))
    done = tailrace("rules", "test", "errors > 10 in 30s", log)
    assert "goes on" in done.out
    assert (
        json.loads(tailrace("rules", "test", "errors > 10 in 30s", log, "--json").out)["rules"][0]["incidents"][0][
            "resolved"
        ]
        is None
    )


def test_logs_without_a_line_are_told(tailrace: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "empty.log").touch()
    done = tailrace("rules", "test", "errors > 1 in 1m", tmp_path / "empty.log")
    assert (done.code, done.out) == (0, "0 lines in 1 file\n")


def test_what_cannot_be_read_is_told_and_the_rest_tried(tailrace: Callable[..., Any], logs: Path) -> None:
    whole = (logs / "billing.log.gz").read_bytes()
    (logs / "billing.log.gz").write_bytes(whole[: len(whole) // 2])
    done = tailrace("rules", "test", "errors > 10 in 30s", logs)
    assert done.code == 1
    assert "2 incidents" in done.out
    assert "billing.log.gz is cut short" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["errors > 10", "x.log"], "the rule 'errors > 10' has no window"),
        (["errrs > 10 in 30s", "x.log"], "there is no column 'errrs'"),
        (["nope.yaml", "x.log"], "there is no rules file 'nope.yaml'"),
        (["errors > 10 in 30s", "nope.log"], "there is no file 'nope.log'"),
        (["errors > 10 in 30s"], "missing argument 'PATH...'"),
        (["errors > 10 in 30s", "x.log", "--zone", "Nowhere"], "'Nowhere' is no time zone"),
        (["errors > 10 in 30s", "x.log", "--app", "("], "the pattern '(' for the app's name is none"),
    ],
)
def test_what_is_asked_wrongly_is_told(tailrace: Callable[..., Any], arguments: list[str], said: str) -> None:
    done = tailrace("rules", "test", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_the_mistakes_in_a_rules_file_have_their_places(
    tailrace: Callable[..., Any], tmp_path: Path, logs: Path
) -> None:
    (tmp_path / "rules.yaml").write_text("rules:\n  - {name: x, when: errrs > 1 in 1m}\n")
    done = tailrace("rules", "test", tmp_path / "rules.yaml", logs)
    assert done.code == 2
    assert "rules.yaml:2:" in done.err
    assert "has 1 fault" in done.err


# -- suggest ----------------------------------------------------------------------------------------------------------


def test_what_is_suggested_is_a_rules_file_that_tells_nothing_of_the_same_logs(
    tailrace: Callable[..., Any], tmp_path: Path
) -> None:
    log = write(tmp_path / "orders.log", steady(0, 86_400), ((s, "ERROR", "no stock") for s in range(0, 86_400, 900)))
    rules = tmp_path / "rules.yaml"
    done = tailrace("rules", "suggest", log, "-o", rules)
    assert (done.code, done.out, done.err) == (0, "", f"2 rules in {rules}\n")
    assert tailrace("rules", "check", rules).code == 0
    assert told(tailrace("rules", "test", rules, log, "--json")) == []


def test_suggestions_are_printed_with_what_they_stand_on(tailrace: Callable[..., Any], logs: Path) -> None:
    done = tailrace("rules", "suggest", logs)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("# Suggested by `tailrace rules suggest` from 1,490 lines in 2 files\n")
    assert {each["name"] for each in yaml.safe_load(done.out)["rules"]} == {
        f"{app} {what}" for app in ("billing", "orders") for what in ("errors in 1m", "is silent")
    }
    assert "# Taken for trouble and left out: 2026-01-05 00:09:" in done.out


def test_an_access_log_is_told_by_its_format(tailrace: Callable[..., Any], tmp_path: Path) -> None:
    lines = [
        f"10.0.0.1 - - [05/Jan/2026:{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d} +0000] "
        f'"GET /{second} HTTP/1.1" {503 if second % 500 == 0 else 200} 512\n'
        for second in range(0, 36_000, 2)
    ]
    (tmp_path / "web.log").write_text("".join(lines))
    found = [json.loads(line) for line in tailrace("rules", "suggest", tmp_path / "web.log", "--json").out.splitlines()]
    assert found[0]["when"] == "errors > 2% of lines in 5m, at least 100 lines"
    assert found[0]["app"] == "web"


def test_too_little_history_suggests_nothing_and_says_so(tailrace: Callable[..., Any], tmp_path: Path) -> None:
    log = write(tmp_path / "orders.log", steady(0, 600))
    done = tailrace("rules", "suggest", log)
    assert done.code == 0
    assert "# Nothing for orders: 60 lines over 9 minutes 51 seconds: too little to learn from" in done.out
    assert yaml.safe_load(done.out) == {"rules": []}


def test_a_file_that_stands_is_written_over_only_when_asked(
    tailrace: Callable[..., Any], logs: Path, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("mine")
    done = tailrace("rules", "suggest", logs, "-o", rules)
    assert (done.code, rules.read_text()) == (2, "mine")
    assert "stands already" in done.err
    assert tailrace("rules", "suggest", logs, "-o", rules, "--force").code == 0
    assert "rules:" in rules.read_text()
