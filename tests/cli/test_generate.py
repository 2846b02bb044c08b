"""The generate command; run as a process of its own where it is about processes and pipes."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "tailrace.cli.main", "generate"]


def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)


def names(directory: Path) -> Sequence[str]:
    return sorted(path.name for path in directory.iterdir())


def test_it_says_what_it_wrote_without_any_ornament_in_a_pipe(tmp_path: Path) -> None:
    done = run(tmp_path, "--count", "1000")
    assert done.returncode == 0
    assert re.fullmatch(r"1 file, 1000 lines, [\d.]+ kB \([\d.]+ .B/s\) in \S+\n\d+ ERROR, .* INFO\n", done.stdout)
    assert done.stderr == ""
    assert names(tmp_path) == ["app-20260105T000000-0000.log"]


def test_json_tells_the_truth_about_each_file(tailrace: Any, tmp_path: Path) -> None:
    done = tailrace("generate", tmp_path, "--app", "a", "--app", "b", "--duration", "20s", "--every", "10s", "--json")
    files = [json.loads(line) for line in done.out.splitlines()]
    assert sorted(Path(file["path"]).name for file in files) == names(tmp_path)
    assert {file["path"]: file["bytes"] for file in files} == {
        str(path): path.stat().st_size for path in tmp_path.iterdir()
    }
    assert all(file["records"] == sum(file["by_level"].values()) for file in files)


def test_two_runs_give_the_same_bytes() -> None:
    first, second = run("-", "--count", "100", "--seed", "3"), run("-", "--count", "100", "--seed", "3")
    assert first.stdout == second.stdout
    assert first.stdout.count("\n") == 100


def test_a_run_may_start_now() -> None:
    before = time.time()
    stamp = json.loads(run("-", "--count", "1", "--start", "now", "--format", "json").stdout)["time"]
    assert before - 1 <= datetime.fromisoformat(stamp).timestamp() <= time.time()


def test_lines_come_to_standard_output_at_their_pace() -> None:
    done = run("-", "--duration", "10s", "--speed", "100", "--app", "a", "--app", "b")
    assert done.returncode == 0
    assert done.stdout.count("\n") > 1000


def test_the_levels_may_be_given_as_ranges_or_shares(tailrace: Any, tmp_path: Path) -> None:
    shares = ("--errors", "0-0.5", "--warnings", "0.5", "--debugs", "0", "--infos", "0")
    assert tailrace("generate", tmp_path, "--count", "50", *shares).code == 0
    (written,) = tmp_path.iterdir()
    assert set(re.findall(r"\] (\w+)", written.read_text())) == {"ERROR", "WARN"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["logs", "--errors", "2"], "--errors: '2' must lie within 0 to 1"),
        (["logs", "--infos", "0.5"], "does not make up 1 with the other levels"),
        (["logs", "--burst", "often"], "'often' is not a burst"),
        (["logs", "--duration", "long"], "'long' is not a duration"),
        (["logs", "--size", "big"], "'big' is not a size"),
        (["logs", "--speed", "0"], "speed must be greater than 0"),
        (["logs", "--format", "xml"], "format 'xml' is none of logback"),
        (["-", "--json"], "standard output takes no --json"),
        ([__file__], "is not a directory"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_a_sentence_with_exit_code_2(
    tailrace: Any, arguments: list[str], said: str
) -> None:
    done = tailrace("generate", *arguments)
    assert done.code == 2
    assert said in done.err


def test_a_fault_in_the_work_has_exit_code_1(tailrace: Any) -> None:
    done = tailrace("generate", "/proc/nowhere")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: cannot write /proc/")


def test_a_full_device_is_told_in_a_sentence() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, "-"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: cannot write to standard output: No space left on device\n"


def test_a_reader_that_has_enough_is_no_fault() -> None:
    with subprocess.Popen([*COMMAND, "-", "--forever"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=30) == 0
        assert process.stderr.read() == b""


def test_ctrl_c_ends_the_run_and_leaves_whole_files_only(tmp_path: Path) -> None:
    options = ["--real-time", "--forever", "--every", "100ms", "--json"]
    command = [*COMMAND, str(tmp_path), *options]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        assert process.stderr
        told = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        told += [json.loads(line) for line in process.stdout]
        assert process.stderr.read() == ""
    assert names(tmp_path) == sorted(Path(file["path"]).name for file in told)


def test_help_has_examples(tailrace: Any) -> None:
    assert "tailrace generate logs --app orders" in tailrace("generate", "--help").out
