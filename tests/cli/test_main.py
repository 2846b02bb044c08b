"""The entry point: help, versions, faults, signals and pipes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tailrace.cli.app import COMMANDS, load_command

DATA_LIBRARIES = ("polars", "pyarrow", "sqlglot", "numpy", "pydantic", "rich", "yaml")


def test_help_names_every_command_with_its_line(tailrace: Any) -> None:
    done = tailrace("--help")
    assert done.code == 0
    for name, entry in COMMANDS.items():
        assert any(name in line and entry.line in line for line in done.out.splitlines())


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_in_the_help_is_what_the_command_says_of_itself(name: str) -> None:
    beginning = re.split(r"[.,:]", COMMANDS[name].line)[0]
    assert load_command(name).help.startswith(beginning)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_examples_and_tells_its_exit_codes(tailrace: Any, name: str) -> None:
    done = tailrace(name, "--help")
    assert done.code == 0
    assert f"tailrace {name}" in done.out.partition("Examples:")[2]
    assert "Exit code: 0" in done.out


def test_help_waits_for_no_data_library() -> None:
    code = (
        "import sys, atexit, json\n"
        "atexit.register(lambda: sys.stderr.write(json.dumps(sorted(sys.modules))))\n"
        "sys.argv[1:] = ['--help']\n"
        "from tailrace.cli.main import main\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in json.loads(done.stderr)} & set(DATA_LIBRARIES)


def test_without_a_command_the_help_goes_to_standard_error(tailrace: Any) -> None:
    done = tailrace()
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: tailrace")


def test_the_version_is_one_line(tailrace: Any) -> None:
    done = tailrace("--version")
    assert done.code == 0
    assert done.out.startswith("tailrace 0.")
    assert done.out.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["wach"], "error: there is no command 'wach'\n  try: tailrace watch\n"),
        (["xyzzy"], "try: one of "),
        (["topics", "--jsn"], "error: no such option: --jsn"),
        (["topics", "--jsn"], "try: tailrace topics --help"),
        (["tap"], "error: missing argument 'TOPIC'"),
        (["tap", "x", "--limit", "0"], "invalid value for '--limit'"),
        (["alerts", "shw"], "No such command 'shw'"),
    ],
)
def test_what_is_asked_wrongly_is_a_sentence_with_what_to_try(tailrace: Any, arguments: list[str], said: str) -> None:
    done = tailrace(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said.lower() in done.err.lower()


def _break(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise ValueError("the moon\nis full")

    monkeypatch.setattr("tailrace.cli.topics.existing_database", fail)


def test_an_unforeseen_fault_is_a_sentence_that_says_where_to_report_it(
    tailrace: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _break(monkeypatch)
    done = tailrace("topics")
    assert done.code == 1
    assert done.err.startswith("error: this is a fault of Tailrace itself: ValueError: the moon is full\n")
    assert "report it in Tailrace's issue tracker" in done.err
    assert "Traceback" not in done.err


def test_the_traceback_is_shown_to_those_who_ask(tailrace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _break(monkeypatch)
    monkeypatch.setenv("TAILRACE_DEBUG", "1")
    done = tailrace("topics")
    assert done.code == 1
    assert "Traceback" in done.err
    assert "ValueError: the moon" in done.err


@pytest.mark.parametrize(
    ("words", "expected"), [("tailrace ta", ["tap"]), ("tailrace tap --f", ["--from", "--follow"])]
)
def test_the_shell_completes_commands_and_options(process: Any, words: str, expected: list[str]) -> None:
    asked = {"_TAILRACE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    with process(env={**os.environ, **asked}) as running:
        said, complaint = running.communicate(timeout=30)
    assert (said.split(), complaint) == (expected, "")


def test_a_shell_is_shown_its_completion_script() -> None:
    command = f"'{sys.executable}' -m tailrace.cli.main --show-completion; exit $?"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=30, check=False)
    assert "complete -o default -F _tailrace_completion tailrace" in done.stdout


def test_a_pipe_that_nobody_reads_is_no_fault(process: Any) -> None:
    with process("--help") as running:
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait(timeout=30) == 0


def test_a_full_disk_under_standard_output_is_told_in_a_sentence(database: Any) -> None:
    command = [sys.executable, "-m", "tailrace.cli.main", "topics", "--db", str(database.path)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: the system refuses: No space left on device\n"


def test_a_closed_standard_output_is_no_fault(database: Any) -> None:
    command = f"exec {sys.executable} -m tailrace.cli.main topics --db '{database.path}' >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_ends_a_command_without_a_traceback(tailrace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tailrace.cli.topics.existing_database", interrupt)
    done = tailrace("topics")
    assert (done.code, done.err) == (130, "")
