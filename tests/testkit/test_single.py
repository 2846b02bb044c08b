"""Single streamlets in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.functions import streamlet
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.settings import Setting, Size
from tailrace.model.streamlet import Streamlet, Volume
from tailrace.testkit.kit import StreamletKit


class Word(Record):
    """A word."""

    text: str


@streamlet
def shout(word: Word, *, mark: str = "!") -> Word | None:
    """Says words louder; keeps silent on none."""
    return Word(text=word.text.upper() + mark) if word.text else None


class Picky(Streamlet):
    """Has settings of all sorts."""

    inlet = Inlet(Word, name="in")
    out = Outlet(Word)
    every = Setting(timedelta, default="1s")
    most = Setting(Size, default="1KiB")
    name = Setting(str)

    def on_batch(self, inlet: Batch[Word]) -> Emits:
        yield self.out([Word(text=f"{self.name} {self.every.total_seconds():g} {int(self.most)}")])


class Printer(Streamlet):
    """Takes anything."""

    inlet = Inlet(Record, name="in")
    seen: list[str] = []  # noqa: RUF012 - what the test looks at

    def on_batch(self, inlet: Batch[Record]) -> None:
        self.seen.extend(inlet.frame["text"])


def texts(kit: StreamletKit) -> list[str]:
    return [each.text for each in kit.read("out", Word)]


def test_a_function_runs() -> None:
    kit = StreamletKit(shout)
    kit.send("in", [Word(text="hey"), Word(text="")])
    kit.run()

    assert texts(kit) == ["HEY!"]


def test_settings_are_given_as_users_write_them() -> None:
    kit = StreamletKit(Picky, {"every": "1m30s", "most": "2KiB", "name": "x"})
    kit.send("in", [Word(text="")])
    kit.run()

    assert texts(kit) == ["x 90 2048"]


def test_an_unknown_setting_is_told_with_the_nearest() -> None:
    with pytest.raises(TailraceError, match="Picky has no setting 'evry'") as caught:
        StreamletKit(Picky, {"evry": "1s"})
    assert caught.value.hint == "did you mean 'every'?"


def test_a_setting_that_is_missing_is_told() -> None:
    with pytest.raises(TailraceError, match=re.escape("Picky needs the setting 'name', which was not given")):
        StreamletKit(Picky)


def test_a_streamlet_that_takes_any_record_is_told_which_come() -> None:
    kit = StreamletKit(Printer, reads={"in": Word})
    kit.send("in", [Word(text="hey")])
    kit.run()

    assert Printer.seen == ["hey"]


def test_a_volume_is_a_directory(tmp_path: Path) -> None:
    class Keeper(Picky):
        data = Volume()

        def on_start(self) -> None:
            (self.data / "seen").touch()

    StreamletKit(Keeper, {"name": "x"}, volumes={"data": tmp_path})

    assert (tmp_path / "seen").exists()


def test_a_dead_letter_needs_no_name() -> None:
    @streamlet
    def sour(word: Word) -> Word:
        raise ValueError("no")

    kit = StreamletKit(sour)
    kit.send("in", [Word(text="hey")])
    kit.run()

    assert [letter.payload for letter in kit.dead_letters()] == [b'{"text": "hey"}']


def test_an_ingress_function_that_never_ends_gives_a_thousand_records_at_each_moment() -> None:
    @streamlet
    def door() -> Iterator[Word]:
        while True:
            yield Word(text="hey")

    kit = StreamletKit(door)
    kit.run()
    first = len(kit.read("out"))
    kit.advance("1s")

    assert (first, len(kit.read("out"))) == (1000, 2000)
