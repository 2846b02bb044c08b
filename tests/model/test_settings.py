from __future__ import annotations

import re
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from tailrace.model.errors import TailraceError
from tailrace.model.fields import DefinitionError
from tailrace.model.settings import InvalidSetting, Secret, Setting, Size
from tailrace.model.streamlet import Streamlet


class Mode(Enum):
    FAST = "quick"
    SLOW = 2


def setting(type_: Any, **more: Any) -> Setting[Any]:
    return Setting(type_, **more)


@pytest.mark.parametrize(
    ("type_", "raw", "value"),
    [
        (str, "a", "a"),
        (str, 5, "5"),
        (str, True, "true"),
        (int, "5", 5),
        (int, 5, 5),
        (int, 5.0, 5),
        (float, "1.5", 1.5),
        (float, 2, 2.0),
        (bool, "yes", True),
        (bool, "Off", False),
        (bool, True, True),
        (bool, 0, False),
        (re.Pattern, "a+", re.compile("a+")),
        (re.Pattern[str], re.compile("b"), re.compile("b")),
        (timedelta, "1m30s", timedelta(seconds=90)),
        (timedelta, timedelta(1), timedelta(1)),
        (Size, "64KiB", 65536),
        (Size, 10, 10),
        (Path, "a/b", Path("a/b")),
        (Secret, "s", Secret("s")),
        (Secret, Secret("s"), Secret("s")),
        (Secret, 12, Secret("12")),
        (Mode, "FAST", Mode.FAST),
        (Mode, "quick", Mode.FAST),
        (Mode, 2, Mode.SLOW),
        (Mode, Mode.SLOW, Mode.SLOW),
        (list[str], ["a", 1], ["a", "1"]),
        (list[str], "[a, 1]", ["a", "1"]),
        (list[str], "a, b", ["a, b"]),
        (list, "", []),
    ],
)
def test_a_setting_takes_texts_and_yamls_own_values(type_: Any, raw: Any, value: Any) -> None:
    assert setting(type_).parse(raw) == value
    assert setting(type_, default=raw).default == value


@pytest.mark.parametrize(
    ("type_", "raw", "said"),
    [
        (str, None, "needs a text, but None came"),
        (str, ["a"], "needs a text"),
        (int, "five", "needs an integer, but 'five' came"),
        (int, 1.5, "needs an integer, but 1.5 came"),
        (int, True, "needs an integer, but True came"),
        (int, float("inf"), "needs an integer"),
        (float, "x", "needs a number, but 'x' came"),
        (float, False, "needs a number"),
        (bool, "maybe", "needs true or false, but 'maybe' came"),
        (re.Pattern, "(", "needs a regular expression, but '(' came (missing ), unterminated subpattern"),
        (timedelta, "5", "'5' is not a duration"),
        (timedelta, 5, "'5' is not a duration"),
        (Size, "big", "'big' is not a size"),
        (Size, -1, "needs a size, but -1 came"),
        (Size, True, "'true' is not a size"),
        (Path, "", "needs a path, but '' came"),
        (Path, "~nobody-of-this-name/x", "needs a path"),
        (Mode, "warp", "needs one of FAST, SLOW, but 'warp' came"),
        (list[str], [["a"]], "needs a list of texts"),
        (list[str], "[a", "the list does not end, or is not YAML"),
        (list[str], {"a": 1}, "needs a list of texts"),
    ],
)
def test_a_value_that_does_not_fit_is_told(type_: Any, raw: Any, said: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        setting(type_).parse(raw)
    assert said in str(caught.value)


def test_a_choice_is_one_of_its_words() -> None:
    mode = Setting(str, choices=["on", "off"], default="on")
    assert (mode.kind, mode.parse("off"), mode.required) == ("choice", "off", False)
    with pytest.raises(InvalidSetting, match="needs one of on, off, but 'of' came"):
        mode.parse("of")
    with pytest.raises(InvalidSetting) as caught:
        mode.parse(False)
    assert "quotes" in (caught.value.hint or "")


def test_choices_are_texts() -> None:
    with pytest.raises(DefinitionError, match="cannot have choices"):
        Setting(int, choices=["1"])


def test_a_type_that_no_setting_can_have_is_told() -> None:
    with pytest.raises(DefinitionError, match="cannot have the type"):
        Setting(dict)
    with pytest.raises(DefinitionError, match="cannot have the type"):
        Setting(list[int])


def test_a_default_that_does_not_fit_is_told_where_it_is_declared() -> None:
    with pytest.raises(DefinitionError, match=r"the default of a setting does not fit: it needs an integer, but 1.5"):
        Setting(int, default=1.5)


def positive(number: int) -> None:
    if number <= 0:
        raise ValueError("it must be positive")


def even(number: int) -> None:
    if number % 2:
        raise TailraceError("needs an even number", hint="try 2")


def test_a_check_of_ones_own_says_why() -> None:
    with pytest.raises(InvalidSetting, match="does not take -1: it must be positive"):
        Setting(int, check=positive).parse("-1".strip() and -1)
    with pytest.raises(InvalidSetting, match="needs an even number") as caught:
        Setting(int, check=even).parse(3)
    assert caught.value.hint == "try 2"
    assert Setting(int, check=even).parse(2) == 2


def test_a_secret_is_shown_to_nobody() -> None:
    secret = Setting(Secret).parse("hunter2")
    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret} {secret!r} {Setting(Secret).show(secret)}"
    assert len({secret, Secret("hunter2")}) == 1
    assert secret != "hunter2"
    with pytest.raises(InvalidSetting) as caught:
        Setting(Secret).parse(["hunter2"])
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("type_", "raw", "shown"),
    [
        (timedelta, "90s", "1m30s"),
        (re.Pattern, "a+", "a+"),
        (Mode, "quick", "FAST"),
        (bool, "on", "true"),
        (list[str], ["a", "b c"], "[a, b c]"),
        (float, "1.50", "1.5"),
    ],
)
def test_a_value_is_shown_as_a_person_writes_it_and_read_back(type_: Any, raw: Any, shown: str) -> None:
    one = setting(type_)
    assert one.show(one.parse(raw)) == shown
    assert one.parse(shown) == one.parse(raw)


def test_instances_do_not_share_a_default() -> None:
    class Words(Streamlet):
        words = Setting(list[str], default=["a"])
        size = Setting(Size, default="1kB")

    Words().words.append("b")
    assert Words().words == ["a"]
    assert Words.words.name == "words"
    assert Words.size.kind == "size"
    assert Words({"size": Size(3)}).size == 3
