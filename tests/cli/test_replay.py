"""The replay command."""

import hashlib
import json
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

RULE = ("--rule", "errors > 5 in 30s")


@pytest.fixture
def trouble(make_database: Any, records: Any) -> Any:
    """Two bursts of errors of `orders`, half an hour apart, and quiet up to ten minutes after the second."""
    made = make_database()
    for minute, errors in ((0, 0), (1, 8), (31, 20), (41, 0)):
        time = records.noon + timedelta(minutes=minute)
        made.append("shop.volumes", [records.volume("orders", time, "INFO", 10)], at=time)
        if errors:
            made.append("shop.records", [records.log_record("orders", time, "ERROR", "disk full")] * errors, at=time)
            made.append("shop.volumes", [records.volume("orders", time, "ERROR", errors)], at=time)
    return made


def _json(done: Any) -> list[dict[str, Any]]:
    assert done.code == 0
    return [json.loads(line) for line in done.out.splitlines()]


def test_the_past_gives_the_alerts_of_other_rules(tailrace: Any, trouble: Any) -> None:
    found = _json(tailrace("replay", "--from", "-9999d", *RULE, "--json", "--db", trouble.path))
    assert [(each["app"], each["rule"], each["errors"]) for each in found] == [
        ("orders", "errors > 5 in 30s", 20),
        ("orders", "errors > 5 in 30s", 8),
    ]
    assert found[0]["causes"][0]["template"] == "disk full"
    assert found[0]["causes"][0]["n"] == 20


def test_alerts_are_shown_as_by_the_alerts_command_and_the_rest_told_aside(tailrace: Any, trouble: Any) -> None:
    done = tailrace("replay", "--from", "2026-01-05", "--db", trouble.path)
    assert done.out.splitlines()[0].startswith("resolved  orders  errors > 10 in 30s came to 20  ")
    assert done.out.endswith("0 open, 1 past\n")
    assert done.err == (
        "reading again 28 records and 6 volumes, from 2026-01-05 00:00:00 UTC to now\nwith 'errors > 10 in 30s'\n"
    )


def test_incidents_are_resolved_when_they_were_and_open_at_the_end_of_what_is_read(tailrace: Any, trouble: Any) -> None:
    arguments = ("--from", "2026-01-05", "--to", "2026-01-05T12:31:30", *RULE, "--json", "--db", trouble.path)
    last, first = _json(tailrace("replay", *arguments))[0:2]
    assert (last["state"], first["state"]) == ("open", "resolved")
    assert first["resolved"] < "2026-01-05T12:03"


@pytest.mark.parametrize(
    ("span", "errors"),
    [(("--from", "2026-01-05T12:10"), [20]), (("--from", "2026-01-05", "--to", "2026-01-05T12:10"), [8])],
)
def test_only_what_was_appended_within_the_span_counts(
    tailrace: Any, trouble: Any, span: tuple[str, ...], errors: list[int]
) -> None:
    found = _json(tailrace("replay", *span, *RULE, "--json", "--db", trouble.path))
    assert [each["errors"] for each in found] == errors


def test_the_database_stays_as_it_is_and_nothing_is_mailed(
    tailrace: Any, trouble: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    before = hashlib.sha256(trouble.path.read_bytes()).hexdigest(), trouble.log.subscriptions(), trouble.log.topics()
    assert tailrace("replay", "--from", "2026-01-05", *RULE, "--db", trouble.path).code == 0
    after = hashlib.sha256(trouble.path.read_bytes()).hexdigest(), trouble.log.subscriptions(), trouble.log.topics()
    assert before == after
    assert list(place.iterdir()) == []


def test_one_mail_tells_of_everything_when_it_is_wanted(tailrace: Any, trouble: Any, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    arguments = ("--mail", "--set", f"mailer.outbox={outbox}", "--set", "mailer.to=ops@example.com")
    assert tailrace("replay", "--from", "2026-01-05", *RULE, *arguments, "--db", trouble.path).code == 0
    (mail,) = [message_from_bytes(path.read_bytes()) for path in outbox.glob("*.eml")]
    assert mail["To"] == "ops@example.com"
    assert len(mail.get_all("X-Tailrace-Alert")) == 2


def test_a_blueprint_may_say_what_to_do(tailrace: Any, trouble: Any, tmp_path: Path) -> None:
    from tailrace.logs.packaged import watch_blueprint

    path = tmp_path / "mine.yaml"
    path.write_text(watch_blueprint(["errors > 15 in 1m"], {}))
    arguments = ("--blueprint", path, "--json", "--db", trouble.path)
    assert [each["rule"] for each in _json(tailrace("replay", "--from", "2026-01-05", *arguments))] == [
        "errors > 15 in 1m"
    ]


def test_a_rules_file_may_say_what_to_do(tailrace: Any, trouble: Any, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("rules:\n  - {name: full, when: errors > 15 in 1m}\n  - {name: never, when: errors > 99 in 1m}\n")
    done = tailrace("replay", "--from", "2026-01-05", "--rules", path, "--json", "--db", trouble.path)
    assert [(each["name"], each["errors"]) for each in _json(done)] == [("full", 20)]
    assert done.err.endswith("with 'full' and 'never'\n")


def test_trouble_that_lasts_is_one_incident(tailrace: Any, make_database: Any, records: Any) -> None:
    made = make_database()
    for second in range(0, 1800, 2):
        time = records.noon + timedelta(seconds=second)
        made.append("shop.records", [records.log_record("orders", time, "ERROR", "disk full")], at=time)
        made.append("shop.volumes", [records.volume("orders", time, "ERROR", 1)], at=time)
    end = ("--to", "2026-01-05T14:00")
    (found,) = _json(tailrace("replay", "--from", "2026-01-05", *end, *RULE, "--json", "--db", made.path))
    assert (found["state"], found["resolved"]) == ("resolved", "2026-01-05T12:30:00Z")
    assert "2026-01-05T12:00:10Z" <= found["opened"] <= "2026-01-05T12:00:15Z"


def test_a_blueprint_that_makes_no_alerts_is_told(tailrace: Any, trouble: Any, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "app: mine\nstreamlets: {ingest: tailrace.logs.ingest.FileIngestor,"
        " source: {class: tailrace.logs.source.DirectorySource, settings: {paths: [x]}},"
        " printer: tailrace.logs.printers.Printer}\n"
        "topics:\n  files: {producers: [source.notifications], consumers: [ingest.notifications]}\n"
        "  records: {producers: [ingest.records], consumers: [printer.records]}\n"
        "  volumes: {producers: [ingest.volumes]}\n"
    )
    done = tailrace("replay", "--from", "2026-01-05", "--blueprint", path, "--db", trouble.path)
    assert (done.code, done.out) == (1, "")
    assert "nothing in mine makes alerts of records and volumes" in done.err


def test_an_empty_past_gives_no_alerts(tailrace: Any, trouble: Any) -> None:
    done = tailrace("replay", "--from", "2026-01-05T20:00", "--db", trouble.path)
    assert (done.code, done.out) == (0, "no alerts\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "missing option '--from'"),
        (["--from", "yesterday"], "'yesterday' is no time"),
        (["--from", "-1h", "--to", "-2h"], "is not before"),
        (["--from", "-1h", "--rule", "errrs > 10 in 30s"], "there is no column 'errrs'"),
        (["--from", "-1h", "--rule", "errors > 1 in 1m", "--blueprint", "alerts"], "cannot both be given"),
        (["--from", "-1h", "--rule", "errors > 1 in 1m", "--rules", "rules.yaml"], "cannot both be given"),
        (["--from", "-1h", "--rules", "nope.yaml"], "there is no rules file 'nope.yaml'"),
        (["--from", "-1h", "--blueprint", "nope.yaml"], "there is no blueprint 'nope.yaml'"),
    ],
)
def test_what_is_asked_wrongly_is_told(tailrace: Any, trouble: Any, arguments: list[str], said: str) -> None:
    done = tailrace("replay", *arguments, "--db", trouble.path)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_database_without_records_of_logs_is_told(tailrace: Any, make_database: Any) -> None:
    done = tailrace("replay", "--from", "-1h", "--db", make_database("other.db").path)
    assert done.code == 2
    assert "there is no topic 'records'" in done.err
