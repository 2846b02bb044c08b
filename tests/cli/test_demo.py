"""The demo runs the main job for real: files in, mails out."""

from __future__ import annotations

import email
import signal
import subprocess
import sys
import time
from email import policy
from pathlib import Path

TAILRACE = str(Path(sys.executable).parent / "tailrace")


def run_demo(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TAILRACE, "demo", *arguments], capture_output=True, text=True, cwd=cwd, timeout=120, check=False
    )


def test_the_demo_ends_with_mails_in_the_outbox_and_shows_the_first(tmp_path: Path) -> None:
    result = run_demo(cwd=tmp_path)

    assert result.returncode == 0, result.stderr
    mails = sorted((tmp_path / "demo" / "outbox").glob("*.eml"))
    subjects = [email.message_from_bytes(each.read_bytes(), policy=policy.default)["Subject"] for each in mails]
    assert any("orders" in subject for subject in subjects), subjects
    assert f"Subject: {subjects[0]}" in result.stdout
    assert "OPEN orders" in result.stdout
    assert str(Path("demo") / "bucket") in result.stdout


def test_the_demo_goes_on_for_ever_until_it_is_interrupted(tmp_path: Path) -> None:
    process = subprocess.Popen([TAILRACE, "demo", "d", "--forever"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "d" / "outbox").glob("*.eml")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    finally:
        process.kill()

    assert process.returncode == 0
    assert list((tmp_path / "d" / "outbox").glob("*.eml"))
    assert not list((tmp_path / "d" / "bucket").glob(".*"))
    assert "mails" in output


def test_the_demo_leaves_a_directory_alone_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")

    result = run_demo("mine", cwd=tmp_path)

    assert result.returncode == 2
    assert "'mine' holds something else than a demo" in result.stderr
    assert (tmp_path / "mine" / "thesis.txt").exists()
