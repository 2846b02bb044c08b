"""Mail laid down as files."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tailrace.connect.outbox import Outbox
from tailrace.model.errors import TailraceError, Transient

NOON = datetime(2026, 1, 5, 12, 0, 9, tzinfo=UTC)


def message(subject: str = "[orders] 14 errors in 30s", name: str | None = "one", at: datetime = NOON) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = subject
    mail["From"] = "tailrace@example.com"
    mail["To"] = "ops@example.com"
    mail["Date"] = at
    if name:
        mail["Message-ID"] = f"<{name}@example.com>"
    mail.set_content("14 errors\n")
    return mail


def test_the_file_says_when_and_what(tmp_path: Path) -> None:
    path = Outbox(tmp_path / "a" / "outbox").send(message())
    assert re.fullmatch(r"20260105-120009-orders-14-errors-in-30s-[0-9a-f]{12}\.eml", path.name)
    assert path.parent == tmp_path / "a" / "outbox"


def test_the_file_is_the_message_byte_for_byte(tmp_path: Path) -> None:
    content = Outbox(tmp_path).send(message()).read_bytes()
    assert content == message().as_bytes()
    assert message_from_bytes(content, policy=SMTP)["Subject"] == "[orders] 14 errors in 30s"


def test_the_time_in_the_name_is_utc(tmp_path: Path) -> None:
    berlin = datetime(2026, 1, 5, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert Outbox(tmp_path).send(message(at=berlin)).name.startswith("20260104-233000-")


def test_the_same_message_id_gives_the_same_file_even_at_another_time_and_from_another_outbox(tmp_path: Path) -> None:
    first = Outbox(tmp_path).send(message())
    again = Outbox(tmp_path).send(message(subject="another", at=NOON + timedelta(minutes=1)))
    assert again == first
    assert again.read_bytes() == message().as_bytes()
    assert list(tmp_path.iterdir()) == [first]


def test_two_messages_of_one_second_and_subject_are_two_files(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    assert outbox.send(message(name="one")) != outbox.send(message(name="two"))


def test_a_message_without_an_id_is_known_by_its_content(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    assert outbox.send(message(name=None)) == outbox.send(message(name=None))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("subject", ["../../etc/passwd", "\u202egnp.exe", "日本語", "a" * 500, "C:\\x|y*?", ". . ."])
def test_no_subject_leads_out_of_the_directory_or_to_an_odd_name(subject: str, tmp_path: Path) -> None:
    path = Outbox(tmp_path).send(message(subject=subject))
    assert path.parent == tmp_path
    assert re.fullmatch(r"[0-9]{8}-[0-9]{6}-[a-z0-9-]{1,75}\.eml", path.name)


def test_a_path_below_a_file_is_a_clear_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TailraceError, match=r"the outbox .*file/outbox' cannot be made: Not a directory"):
        Outbox(tmp_path / "file" / "outbox")


def test_a_directory_that_went_away_is_transient(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    outbox.directory.rmdir()
    with pytest.raises(Transient, match="cannot be laid down"):
        outbox.send(message())
    outbox.directory.mkdir()
    assert outbox.send(message()).exists()


def test_a_disk_without_room_is_transient_and_leaves_nothing_behind(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))  # the kernel refuses to write any further
    try:
        with pytest.raises(Transient, match="cannot be laid down"):
            outbox.send(message())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert list(tmp_path.iterdir()) == []
    assert outbox.send(message()).exists()


def test_a_killed_process_leaves_only_whole_messages(tmp_path: Path) -> None:
    script = (
        "import sys; from email.message import EmailMessage; from tailrace.connect.outbox import Outbox\n"
        "outbox, number = Outbox(sys.argv[1]), 0\n"
        "while True:\n"
        "    mail = EmailMessage(); mail['Message-ID'] = f'<{(number := number + 1)}@x>'\n"
        "    mail.set_content('x' * 60 + '\\n' * 20000 + 'the end'); outbox.send(mail); print(number, flush=True)\n"
    )
    command = [sys.executable, "-c", script, os.fspath(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(5):
            process.stdout.readline()
        process.kill()
    laid = [path for path in tmp_path.iterdir() if path.suffix == ".eml"]
    assert len(laid) >= 5
    assert all(path.read_text().rstrip().endswith("the end") for path in laid)


def test_what_a_killed_process_left_half_written_is_cleared_away_in_time(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys; from email.message import EmailMessage; from tailrace.connect.outbox import Outbox\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "mail = EmailMessage(); mail.set_content('boom'); Outbox(sys.argv[1]).send(mail)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, os.fspath(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    (draft,) = tmp_path.iterdir()
    Outbox(tmp_path)
    assert draft.exists()  # another process may be at it just now
    long_ago = time.time() - 7200
    os.utime(draft, (long_ago, long_ago))
    Outbox(tmp_path)
    assert list(tmp_path.iterdir()) == []
