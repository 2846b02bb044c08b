"""What a name on the command line may hold: archives, other encodings, pipes that are packed, and no text at all."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from made import tar
from tailrace.cli.past_logs import read_past

LOG = "".join(f"2026-01-05 10:00:{n:02d},000 ERROR [main] a.B: order {n} is l\u00e4te\n" for n in range(20))


def _records(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_the_logs_in_a_tar_archive_are_read_and_the_rest_is_left_out(tailrace: Any, tmp_path: Path) -> None:
    files = {"a.log": LOG.encode(), "wtmp": os.urandom(3000), "b.log.1.gz": gzip.compress(LOG.encode("utf-16"))}
    (tmp_path / "bundle").write_bytes(gzip.compress(tar(files)))
    done = tailrace("parse", "--jsonl", tmp_path / "bundle")
    assert [each["file"].rpartition("/")[2] for each in _records(done.out)] == ["a.log"] * 20 + ["b.log.1.gz"] * 20
    assert _records(done.out)[25]["message"] == "order 5 is l\u00e4te"
    assert done.err == f"left out: {tmp_path}/bundle!/wtmp holds no text, and is not read\n"
    assert done.code == 0


def test_a_member_that_is_damaged_is_told_and_the_next_one_read(tailrace: Any, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(LOG.encode()))
    packed[60] ^= 255
    (tmp_path / "bundle").write_bytes(tar({"a.log": bytes(packed), "b.log": LOG.encode()}))
    done = tailrace("parse", "--jsonl", tmp_path / "bundle")
    assert [each["message"] for each in _records(done.out) if each["file"].endswith("b.log")][:1] == [
        "order 0 is l\u00e4te"
    ]
    assert "bundle!/a.log cannot be unpacked beyond" in done.err
    assert done.code == 1


def test_an_archive_that_is_cut_short_is_told(tailrace: Any, tmp_path: Path) -> None:
    (tmp_path / "bundle").write_bytes(tar({"a.log": LOG.encode(), "b.log": LOG.encode()})[:3200])
    done = tailrace("parse", "--jsonl", tmp_path / "bundle")
    assert 20 < len(_records(done.out)) < 40
    assert (done.code, "bundle!/b.log is cut short: it ends within its tar data" in done.err) == (1, True)


@pytest.mark.parametrize("name", ["a.log", "-"])
def test_text_in_utf_16_is_read_from_a_file_and_from_a_pipe(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.log").write_bytes(LOG.encode("utf-16"))
    done = _parse(tmp_path, name, (tmp_path / "a.log").read_bytes())
    assert [each["message"] for each in _records(done.stdout)] == [f"order {n} is l\u00e4te" for n in range(20)]
    assert [each["line"] for each in _records(done.stdout)] == list(range(1, 21))


def test_what_is_piped_in_may_be_packed_and_may_be_cut_short(tmp_path: Path) -> None:
    packed = gzip.compress(LOG.encode())
    assert len(_records(_parse(tmp_path, "-", packed).stdout)) == 20
    done = _parse(tmp_path, "-", packed[:-10])
    assert (done.returncode, done.stderr) == (1, "error: standard input is cut short: what came of it was read\n")


@pytest.mark.parametrize("name", ["a.log", "-"])
def test_what_is_no_text_is_refused_with_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.log").write_bytes(b"\x7fELF" + os.urandom(3000))
    done = _parse(tmp_path, name, (tmp_path / "a.log").read_bytes())
    called = "standard input" if name == "-" else name
    assert (done.returncode, done.stderr) == (1, f"error: {called} holds no text, and is not read\n")


def test_what_stands_before_a_log_that_was_cut_off_is_passed_over(tailrace: Any, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(bytes(5000) + LOG.encode())
    found = _records(tailrace("parse", "--jsonl", tmp_path / "a.log").out)
    assert [each["message"] for each in found] == [f"order {n} is l\u00e4te" for n in range(20)]


def test_past_logs_are_read_from_directories_that_hold_other_things_too(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_bytes(LOG.encode())
    (tmp_path / "logs" / "wtmp").write_bytes(os.urandom(3000))
    past = read_past([str(tmp_path / "logs")], zone=ZoneInfo("UTC"))
    assert (past.files, past.lines, past.faults) == (1, 20, [])


def _parse(place: Path, name: str, given: bytes) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tailrace.cli.main", "parse", "--jsonl", name]
    done = subprocess.run(command, cwd=place, input=given, capture_output=True, check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())
