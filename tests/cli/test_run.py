"""The run command: a blueprint from here to its end, with its own printers, loggers and dead letters in sight."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STREAMLETS = '''
from tailrace.model.functions import streamlet
from tailrace.model.record import Record
from tailrace.model.ports import Emits, Outlet
from tailrace.model.state import State
from tailrace.model.streamlet import Streamlet, timer


class Word(Record):
    """A word."""

    text: str


class Mouth(Streamlet):
    """Says three words."""

    words = Outlet(Word)
    said = State(int, default=0)

    @timer("10ms")
    def speak(self) -> Emits:
        if self.said < 3:
            self.said += 1
            yield self.words([Word("[/] bad" if self.said == 2 else "good")])


@streamlet
def check(word: Word) -> Word:
    """Refuses some words."""
    if "bad" in word.text:
        raise ValueError("a [red]bad[/red] word")
    return word
'''
BLUEPRINT = """
app: talk
streamlets:
  mouth: talking.Mouth
  check: talking.check
  print: tailrace.logs.printers.Printer
  tell: tailrace.logs.printers.Logger
topics:
  words: {producers: [mouth.words], consumers: [check.in]}
  checked: {producers: [check.out], consumers: [print.records, tell.records]}
"""


def test_printed_logged_and_set_aside_records_are_all_seen(tmp_path: Path) -> None:
    (tmp_path / "talking.py").write_text(STREAMLETS)
    (tmp_path / "talk.yaml").write_text(BLUEPRINT)
    done = subprocess.run(
        [sys.executable, "-m", "tailrace.cli.main", "run", "talk.yaml", "--until-idle", "--memory"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "text=good\n" * 2
    assert done.stderr.count("info: text=good\n") == 2
    assert 'set aside: check: a [red]bad[/red] word\n  {"text": "[/] bad"}\n' in done.stderr
    assert "1 dead letter" in done.stderr
