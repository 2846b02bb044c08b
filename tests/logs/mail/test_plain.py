"""Log text made harmless to look at."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.logs.mail.plain import clip, clip_path, many_lines, one_line, without_colours


def test_direction_marks_are_shown_by_name() -> None:
    assert many_lines("a\u202egnp.exe\u2066\u200f", 100) == "a<U+202E>gnp.exe<U+2066><U+200F>"


def test_zero_width_characters_are_shown_by_name() -> None:
    assert many_lines("a\u200bb\ufeffc\u00add", 100) == "a<U+200B>b<U+FEFF>c<U+00AD>d"


def test_joiners_stay_since_they_shape_words() -> None:
    assert many_lines("👩\u200d🚒 می\u200cروم", 100) == "👩\u200d🚒 می\u200cروم"


def test_control_characters_become_pictures() -> None:
    assert many_lines("a\x00b\x1bc\x7fd\x9be", 100) == "a␀b␛c<U+007F>d<U+009B>e"


def test_colours_are_dropped() -> None:
    assert without_colours("\x1b[1;31mERROR\x1b[0m \x1b]8;;http://x\x1b\\link\x1b]8;;\x07") == "ERROR link"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_every_line_end_is_a_newline(end: str) -> None:
    assert many_lines(f"a{end}b", 100) == "a\nb"


def test_tabs_become_blanks_and_odd_blanks_ordinary_ones() -> None:
    assert many_lines("\ta\u00a0b\u3000c", 100) == "    a b c"


def test_lone_surrogates_are_replaced() -> None:
    assert many_lines("a\udcffb", 100) == "a\ufffdb"


def test_letters_of_all_scripts_stay() -> None:
    assert many_lines("Größe 日本語 עברית عربي 🚒", 100) == "Größe 日本語 עברית عربي 🚒"


def test_one_line_collapses_blanks_and_line_ends() -> None:
    assert one_line("  a \r\n\t b  ", 100) == "a b"


@given(st.text(max_size=60), st.integers(1, 40))
def test_one_line_is_one_printable_line_within_its_limit(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"}
    assert line.splitlines() in ([], [line])
    line.encode()


def test_a_cut_text_ends_in_an_ellipsis_and_a_cut_path_begins_with_one() -> None:
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"
    assert clip_path("/var/log/orders.log", 11) == "…orders.log"
    assert clip_path("orders.log", 11) == "orders.log"
