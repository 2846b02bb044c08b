"""The desk passes on what people wrote, each command once."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tailrace.connect.commands_file import append
from tailrace.logs.desk import Desk
from tailrace.logs.incidents.orders import write_command
from tailrace.logs.records import Command
from tailrace.testkit.kit import StreamletKit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def command(name: str, do: str = "acknowledge") -> Command:
    return Command(name, NOON, do, "ann", "it is\nknown", incident="3f2a")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "commands"


def test_what_was_written_before_and_while_it_runs_is_passed_on(path):
    append(path, write_command(command("a")))
    with StreamletKit(Desk, {"path": str(path)}, now=NOON) as kit:
        kit.run()
        append(path, write_command(command("b")))
        kit.advance("1s")
        assert kit.read("commands") == [command("a"), command("b")]


def test_a_restart_passes_on_nothing_again(path):
    append(path, write_command(command("a")))
    with StreamletKit(Desk, {"path": str(path)}, now=NOON) as kit:
        kit.run()
        kit.crash()
        append(path, write_command(command("b")))
        kit.advance("1s")
        assert [each.id for each in kit.read("commands")] == ["a", "b"]


def test_a_crash_at_a_commit_loses_nothing_and_doubles_nothing(path):
    append(path, write_command(command("a")))
    with StreamletKit(Desk, {"path": str(path)}, now=NOON) as kit:
        kit.log.crash_at_commit()
        kit.run()
        kit.advance("1s")
        assert [each.id for each in kit.read("commands")] == ["a"]


def test_a_command_that_comes_twice_is_passed_on_once(path):
    for _ in range(2):
        append(path, write_command(command("a")))
    with StreamletKit(Desk, {"path": str(path)}, now=NOON) as kit:
        kit.run()
        assert [each.id for each in kit.read("commands")] == ["a"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "is no command: Invalid JSON"),
        ('{"id": "x"}', "is no command: at"),
        (
            '{"id": "x", "at": "2026-01-05T12:00:00Z", "do": "dance", "who": "ann"}',
            "'dance' is nothing that can be done",
        ),
    ],
)
def test_a_line_that_is_no_command_is_passed_over_with_a_warning(path, caplog, line, said):
    append(path, line)
    append(path, write_command(command("a")))
    with caplog.at_level(logging.WARNING), StreamletKit(Desk, {"path": str(path)}, now=NOON) as kit:
        kit.run()
        assert [each.id for each in kit.read("commands")] == ["a"]
    assert said in caplog.text


def test_times_without_a_zone_are_in_utc(path):
    append(path, '{"id": "x", "at": "2026-01-05T12:00:00", "do": "resolve", "who": "ann", "incident": "3f"}')
    with StreamletKit(Desk, {"path": str(path)}, now=NOON) as kit:
        kit.run()
        assert [each.at for each in kit.read("commands")] == [NOON]


def test_without_a_file_it_has_nothing_to_do(path):
    with StreamletKit(Desk, now=NOON) as kit:
        kit.advance("2s")
        assert kit.read("commands") == []
