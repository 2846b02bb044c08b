"""A command against real processes."""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tailrace.connect.command import OUTPUT_LIMIT, Command
from tailrace.connect.delivery import Rejected, SetupFault
from tailrace.model.errors import TailraceError, Transient

BODY = b'{"app": "orders; touch /tmp/x $(id)"}'


def python(code: str, *arguments: str, timeout: float = 20) -> Command:
    return Command([sys.executable, "-S", "-c", code, *arguments], timeout=timeout)


def shell(script: str, timeout: float = 20) -> Command:
    return Command(["/bin/sh", "-c", script], timeout=timeout)


def send(command: Command, body: bytes = BODY, **variables: str) -> str:
    return command.send(body, variables={f"TAILRACE_{name.upper()}": value for name, value in variables.items()})


def eventually(holds: Callable[[], Any], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def test_the_event_stands_on_standard_input_byte_by_byte() -> None:
    assert send(Command(["cat"])) == BODY.decode()


def test_variables_are_set_and_none_of_our_own_reach_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAILRACE_SMTP_PASSWORD", "hunter2")
    monkeypatch.setenv("PLAIN", "kept")
    found = json.loads(send(python("import json, os; print(json.dumps(dict(os.environ)))"), app="orders"))
    assert found["TAILRACE_APP"] == "orders"
    assert found["PLAIN"] == "kept"
    assert "TAILRACE_SMTP_PASSWORD" not in found


def test_nothing_in_an_event_is_read_by_a_shell(tmp_path: Path) -> None:
    made = tmp_path / "made"
    output = send(shell('printf %s "$TAILRACE_APP"'), app=f"$(touch {made}); `touch {made}`")
    assert output == f"$(touch {made}); `touch {made}`"
    assert not made.exists()


def test_arguments_reach_the_program_as_they_are() -> None:
    assert send(python("import sys; print(sys.argv[1:], end='')", "a b", "$HOME", "*")) == "['a b', '$HOME', '*']"


def test_a_value_that_no_variable_can_have_is_made_one() -> None:
    output = send(python("import os; print(ascii(os.environ['TAILRACE_APP']), end='')"), app="a\0b\ud800c" + "x" * 9000)
    assert output.startswith("'ab?cxxx")
    assert len(output) < 4200


def test_a_variable_of_another_name_is_a_fault_of_the_caller() -> None:
    with pytest.raises(ValueError, match="TAILRACE_"):
        Command(["cat"]).send(b"", variables={"LD_PRELOAD": "x"})


def test_exit_code_75_asks_for_another_run() -> None:
    with pytest.raises(Transient, match="asks to be run again later: not now"):
        send(shell("echo not now; exit 75"))


@pytest.mark.parametrize("code", [1, 2, 64, 127, 255])
def test_any_other_exit_code_is_a_refusal(code: int) -> None:
    with pytest.raises(Rejected, match=f"ended with exit code {code}: no such room") as caught:
        send(shell(f"echo no such room >&2; exit {code}"))
    assert caught.value.code == code


def test_a_program_that_was_killed_has_refused() -> None:
    with pytest.raises(Rejected, match="was ended by SIGKILL"):
        send(shell("kill -9 $$"))


@pytest.mark.parametrize("name", ["/nowhere/at/all", "no-such-program-here", "/etc/passwd", "/etc/passwd/x"])
def test_a_program_that_cannot_be_started_is_for_a_person_to_set_right(name: str) -> None:
    with pytest.raises(SetupFault, match="cannot be started"):
        send(Command([name]))


def test_a_script_without_its_first_line_is_for_a_person_to_set_right(tmp_path: Path) -> None:
    script = tmp_path / "page"
    script.write_text("echo hello\n")
    script.chmod(stat.S_IRWXU)
    with pytest.raises(SetupFault, match="Exec format error"):
        send(Command([str(script)]))


def test_arguments_too_long_are_for_a_person_to_set_right() -> None:
    with pytest.raises(SetupFault, match="Argument list too long"):
        send(Command(["/bin/echo", "x" * 200_000]))


def test_a_program_is_started_later_when_there_is_no_room_for_it_now() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Path("/dev/null").open("rb") as lowest_free:
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free.fileno(), hard))
        try:
            with pytest.raises(Transient, match="Too many open files") as caught:
                send(Command(["cat"]))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not isinstance(caught.value, SetupFault)


def test_an_interrupt_ends_the_program(tmp_path: Path) -> None:
    note = tmp_path / "itself"

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            send(shell(f"echo $$ > {note}; sleep 600"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not is_running(int(note.read_text()))


def test_a_program_that_has_closed_all_its_streams_is_still_waited_for() -> None:
    with pytest.raises(Rejected, match="exit code 3"):
        send(shell("exec <&- >&- 2>&-; sleep 0.1; exit 3"))


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    with pytest.raises(Rejected, match="was ended by signal 40"):
        send(shell("kill -40 $$"))


@pytest.mark.parametrize("arguments", [[], [""], ["a\0b"], "cat"])
def test_a_command_that_is_none_is_told(arguments: Any) -> None:
    with pytest.raises(TailraceError, match="command"):
        Command(arguments)


def test_a_program_that_does_not_read_is_no_trouble() -> None:
    assert send(shell("exec <&-; echo done"), b"x" * 1_000_000) == "done\n"


def test_a_large_event_is_written_while_the_output_is_read() -> None:
    assert send(Command(["cat"]), b"x" * 1_000_000 + b"end").endswith("xend")


def test_of_a_long_output_the_end_is_kept() -> None:
    output = send(python("print('x' * 3_000_000); print('the end', end='')"))
    assert output.endswith("the end")
    assert len(output) == OUTPUT_LIMIT


def test_output_that_is_no_text_is_shown_on_one_line() -> None:
    with pytest.raises(Rejected) as caught:
        send(shell(r"printf 'a\nb\033[31m\377'; exit 3"))
    assert str(caught.value).isprintable()


def test_a_program_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "children"
    with pytest.raises(Transient, match=r"has not ended within 0\.5 seconds: waiting"):
        send(shell(f"sleep 600 & echo $! $$ > {note}; echo waiting; wait", timeout=0.5))
    assert all(eventually(lambda one=int(one): not is_running(one)) for one in note.read_text().split())


def test_a_program_that_will_not_end_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "itself"
    with pytest.raises(Transient, match="has not ended"):
        send(shell(f"trap '' TERM; echo $$ > {note}; while :; do sleep 600; done", timeout=0.5))
    assert not is_running(int(note.read_text()))


def test_a_child_in_the_background_does_not_hold_us_up(tmp_path: Path) -> None:
    note = tmp_path / "child"
    assert send(shell(f"sleep 600 & echo $! > {note}; echo done")) == "done\n"
    child = int(note.read_text())
    assert is_running(child)
    os.kill(child, signal.SIGKILL)


def test_no_process_is_left_behind_as_a_zombie() -> None:
    output = send(shell("echo $$"))
    assert not Path(f"/proc/{output.strip()}").exists()


def test_it_is_shown_without_its_arguments() -> None:
    assert repr(Command(["/usr/bin/page", "--token=hunter2"])) == "Command(page)"
