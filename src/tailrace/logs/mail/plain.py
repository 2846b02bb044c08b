"""Log text made harmless to look at: no control characters, no direction marks, no surrogates, bounded in length."""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"
_ANSI = re.compile(r"\x1b\[[0-9;:?]{0,32}[ -/]{0,4}[@-~]|\x1b\][^\x07\x1b\n]{0,256}(?:\x07|\x1b\\)")
_LINE_ENDS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_SUSPECT = re.compile(r"[^\n -~\u00a1-\u00ac\u00ae-\u024f\u3041-\u3096\u30a1-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_BLANKS = re.compile(r"\s+")
# Joiners shape Persian and Indic words and emoji, and move nothing about.
_JOINERS = frozenset("\u200c\u200d")
_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co"})
_TAB = "    "


def without_colours(text: str) -> str:
    """Give `text` without the escape sequences that colour a terminal."""
    return _ANSI.sub("", text)


def many_lines(text: str, limit: int) -> str:
    """Give `text` with its lines kept (ends become a newline, a tab four blanks) and at most `limit` characters.

    The colours of a terminal are dropped. Every other character that cannot be seen or that turns the reading direction
    is replaced by a name that can: `<U+202E>`, `␀`. Lone surrogates become U+FFFD.
    """
    # What is shown is never shorter than what it stands for, so the text is cut both before and after.
    kept = "\n".join(split_lines(without_colours(text)))[: limit + 1]
    return clip(_SUSPECT.sub(_shown, kept), limit)


def split_lines(text: str) -> list[str]:
    """Give the lines of `text`, whichever of the many line ends part them."""
    return _LINE_ENDS.split(text)


def one_line(text: str, limit: int) -> str:
    """Give `text` as `many_lines` does, on one line, runs of blanks collapsed, at most `limit` characters."""
    return clip(_BLANKS.sub(" ", many_lines(text, limit * 4)).strip(), limit)


def clip(text: str, limit: int) -> str:
    """Cut `text` to `limit` characters, the last of which is an ellipsis if anything is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def clip_path(path: str, limit: int) -> str:
    """Cut `path` to `limit` characters from the left: the file's name matters more than where it lies."""
    return path if len(path) <= limit else ELLIPSIS + path[len(path) - limit + 1 :]


def _shown(match: re.Match[str]) -> str:
    char = match.group()
    if char == "\t":
        return _TAB
    if char < " ":
        return chr(0x2400 + ord(char))
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    if category == "Zs":
        return " "
    return f"<U+{ord(char):04X}>" if category in _INVISIBLE and char not in _JOINERS else char
