"""`tailrace receivers`: who is told, whether they can be, and what they could not be given."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tailrace.cli.receivers import app
from tailrace.connect.commands_file import commands_path, read_from
from tailrace.log.contract import Step, TopicSpec, WorkerId
from tailrace.log.sqlite import SqliteLog
from tailrace.logs.incidents.orders import read_command
from tailrace.logs.records import Undelivered
from tailrace.model.batch import Batch

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
RULES = """
rules: [errors > 10 in 30s]
receivers:
  box: {type: outbox, directory: out}
  chat: {type: slack, url: "https://hooks.example.com/services/T0/B0/verysecret", match: severity=critical}
  page: {type: command, run: [/bin/sh, -c, "cat > read; exit $CODE"]}
  down: {type: webhook, url: "http://127.0.0.1:9/"}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("command", [["--rules", "rules.yaml"], ["list", "--rules", "rules.yaml"]])
def test_the_receivers_of_a_rules_file_are_listed_with_nothing_secret(command: list[str]) -> None:
    said = run(*command).stdout
    assert [line.split()[:2] for line in said.splitlines()[1:]] == [
        ["box", "outbox"],
        ["chat", "slack"],
        ["page", "command"],
        ["down", "webhook"],
    ]
    assert "hooks.example.com" in said
    assert "severity=critical" in said
    assert "verysecret" not in said


@pytest.mark.usefixtures("place")
def test_the_receivers_of_a_blueprint_are_listed() -> None:
    assert "mailer" in run("list", "--blueprint", "alerts", "--json").stdout


def test_a_trial_is_sent_at_once_and_told(place: Path) -> None:
    result = run("test", "box", "--rules", "rules.yaml")
    assert result.exit_code == 0
    (mail,) = (place / "out").glob("*.eml")
    assert str(mail.name) in result.stdout


@pytest.mark.parametrize(("code", "exit_code"), [("0", 0), ("3", 1), ("75", 1)])
def test_what_became_of_a_trial_is_the_exit_code(
    place: Path, monkeypatch: pytest.MonkeyPatch, code: str, exit_code: int
) -> None:
    monkeypatch.setenv("CODE", code)
    assert run("test", "page", "--rules", "rules.yaml").exit_code == exit_code
    assert json.loads((place / "read").read_text())["app"] == "tailrace-trial"


@pytest.mark.usefixtures("place")
def test_a_trial_that_reaches_nobody_says_so() -> None:
    result = run("test", "down", "--rules", "rules.yaml")
    assert result.exit_code == 1
    assert "cannot be reached" in result.stderr


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["test", "bx", "--rules", "rules.yaml"], "did you mean 'box'?"),
        (["test", "box"], "give --rules or --blueprint"),
        (["--rules", "none.yaml"], "there is no rules file"),
        (["undelivered", "--db", "none.db"], "there is no database"),
    ],
)
def test_what_was_asked_wrongly_is_told(command: list[str], said: str) -> None:
    result = run(*command)
    assert result.exit_code == 2
    assert said in result.stderr


def test_mistakes_in_the_file_are_told_with_their_places(place: Path) -> None:
    (place / "rules.yaml").write_text("rules: [errors > 1 in 1s]\nreceivers:\n  a: {type: slak}\n")
    result = run("--rules", "rules.yaml")
    assert result.exit_code == 2
    assert "rules.yaml:3:13" in result.stderr


@pytest.fixture
def database(place: Path) -> Path:
    """One in which a delivery for `ops` was refused, one for `chat` too, and that one has gone since."""
    path = place / "app.db"
    kept = [
        Undelivered("ops", NOON, ["i1"], "550 no such user", "k1"),
        Undelivered("chat", NOON, ["i2"], "404", "k2"),
        Undelivered("chat", NOON, ["i2"], "", "k2"),
    ]
    spec = TopicSpec("app.undelivered", 1, Undelivered.arrow_schema(), Undelivered.schema_fingerprint())
    with SqliteLog(path) as log:
        log.create_topics([spec])
        seat = log.open_worker(WorkerId("x"), [])
        seat.commit(Step(outputs=[("app.undelivered", 0, Batch.of(Undelivered, kept).arrow)]), NOON)
    return path


def test_what_was_refused_and_has_not_gone_since_is_listed(database: Path) -> None:
    said = run("undelivered", "--db", str(database)).stdout
    assert "550 no such user" in said
    assert "chat" not in said
    (line,) = run("undelivered", "--db", str(database), "--json").stdout.splitlines()
    assert json.loads(line)["incidents"] == ["i1"]


def test_to_send_again_is_a_command_for_the_application(database: Path) -> None:
    result = run("resend", "ops", "--db", str(database), "--who", "ann")
    assert result.exit_code == 0
    (line,) = read_from(commands_path(database), 0).lines
    command = read_command(line)
    assert (command.do, command.receiver, command.who) == ("resend", "ops", "ann")


@pytest.mark.parametrize("command", [["chat"], ["op"], ["ops", "--alert", "i2"]])
def test_there_is_nothing_to_send_again(database: Path, command: list[str]) -> None:
    assert run("resend", *command, "--db", str(database)).exit_code == 2
    assert read_from(commands_path(database), 0).lines == ()
