"""How mails look: contrast in the light and in the dark, what a program that reads aloud is told, sizes of a phone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import takewhile
from typing import Any

import pytest

from tailrace.logs.records import LevelCount

_DARK = re.compile(r"@media \(prefers-color-scheme:dark\)\{(?P<rules>.*?)\n\}", re.DOTALL)
_RULE = re.compile(r"\.([\w-]+)\{([^}]*)\}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_VOID = {"meta", "br", "wbr"}


def declared(style: str) -> dict[str, str]:
    """The colours of a list of declarations, by property."""
    pairs = (each.partition(":") for each in style.replace("!important", "").split(";"))
    return {
        name.strip(): value.strip()
        for name, _, value in pairs
        if name.strip() in {"color", "background-color"} and _COLOUR.fullmatch(value.strip())
    }


class Eye(HTMLParser):
    """Sees every text of a page in its colour on its background; with the dark's rules, or as a reader without them."""

    def __init__(self, source: str, *, dark: bool) -> None:
        super().__init__()
        rules = _DARK.search(source)
        assert rules
        self._dark = {name: declared(body) for name, body in _RULE.findall(rules["rules"])} if dark else {}
        self._stack: list[tuple[str, dict[str, str], bool]] = [("", {"color": "#000000"}, False)]
        self.seen: set[tuple[str, str, str]] = set()
        self.bars: set[tuple[str, str]] = set()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        _, inherited, hidden = self._stack[-1]
        style = given.get("style", "")
        colours = inherited | declared(style)
        for name in given.get("class", "").split():
            colours |= self._dark.get(name, {})
        hidden = hidden or "display:none" in style or given.get("aria-hidden") == "true" or tag in {"style", "title"}
        if "bgcolor" in given and given.get("class", "").startswith("c-"):
            self.bars.add((colours["background-color"], inherited["background-color"]))
        if tag not in _VOID:
            self._stack.append((tag, colours, hidden))

    def handle_endtag(self, tag: str) -> None:
        assert self._stack.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        _, colours, hidden = self._stack[-1]
        if data.replace("\u00a0", " ").strip() and not hidden:
            self.seen.add((colours["color"], colours["background-color"], data.strip()[:40]))


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG 2 defines it, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.fixture(scope="module")
def pages(post: Any) -> dict[str, Any]:
    """Every kind of mail, taken apart."""
    causes = [
        post.cause(level=level, new=True, before="one\ntwo", after="three")
        for level in ("FATAL", "ERROR", "WARN", "INFO")
    ]
    history = [LevelCount(post.start, 3, 1, 9), LevelCount(post.end, 14, 3, 1204)]
    made = {
        f"{state} {severity}": post.rich(state=state, severity=severity, told=7.0, causes=causes, history=history)
        for state in ("open", "update", "repeat", "resolved")
        for severity in ("critical", "warning", "info", "")
    }
    mails = {name: post.mail(alert, link="https://x.example/{uri}") for name, alert in made.items()}
    several = [
        post.rich(id=str(n), app=str(n), state=state, causes=causes) for n, state in enumerate(("open", "resolved"))
    ]
    mails["digest"] = post.mail(*several, post.alert(id="c", errors=0, severity="info"), digest=True)
    mails["report"] = post.report_mail(post.report(note="late", causes=causes))
    return {name: post.page(mail) for name, mail in mails.items()}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_its_background(pages: dict[str, Any], dark: bool) -> None:
    pairs = {
        (color, background, text, name)
        for name, page in pages.items()
        for color, background, text in Eye(page.source, dark=dark).seen
    }
    assert len(pairs) > 100
    assert [pair for pair in pairs if contrast(pair[0], pair[1]) < 4.5] == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_bars_of_a_chart_stand_out_from_the_page(pages: dict[str, Any], dark: bool) -> None:
    bars = Eye(pages["open "].source, dark=dark).bars
    faint = {("#d5dbe1", "#ffffff"), ("#33404c", "#1a222b")}  # the foot of a window in which nothing was written
    assert [pair for pair in bars - faint if contrast(*pair) < 3] == []
    assert len(bars) == 4


def test_every_class_has_its_colour_in_the_dark(pages: dict[str, Any]) -> None:
    for page in pages.values():
        rules = _DARK.search(page.source)
        assert rules
        known = {name for name, _ in _RULE.findall(rules["rules"])} | {"pad", "gutter", "tile", "l", "no"}
        used = {name for each in page.values("class") for name in each.split()}
        assert {name for name in used if not re.fullmatch(r"w\d+", name)} <= known


def test_everything_is_dressed_without_a_style_sheet(pages: dict[str, Any]) -> None:
    """Some readers drop the style sheet and all classes: colours and sizes stand at each element."""
    page = pages["open critical"]
    rest = _DARK.sub("", page.style)
    assert {name for name, body in _RULE.findall(rest) if declared(body)} == set()


def test_tables_that_only_lay_out_say_so_and_those_with_data_have_headings(pages: dict[str, Any]) -> None:
    for name, page in pages.items():
        tables = [attributes for tag, attributes in page.tags if tag == "table"]
        assert all(each.get("role") == "presentation" or each.get("aria-label") for each in tables), name
    assert pages["report"].values("scope") == ["col"] * 7


def test_a_chart_is_told_in_words(pages: dict[str, Any]) -> None:
    page = pages["open "]
    (said,) = [attributes["aria-label"] for _, attributes in page.tags if attributes.get("role") == "img"]
    assert said == "Errors and warnings from 10:40:50 to 10:41:50; most in 30 seconds: 14 errors and 3 warnings"


def test_a_page_has_a_language_a_title_and_one_headline(pages: dict[str, Any]) -> None:
    for page in pages.values():
        assert page.values("lang") == ["en"]
        assert page.counted["title"] == page.counted["h1"] == 1


def test_nothing_is_fetched_and_nothing_runs(pages: dict[str, Any]) -> None:
    for page in pages.values():
        assert not {"img", "script", "link", "iframe", "form", "object", "svg", "base", "video"} & page.shape[0]
        assert not {"src", "srcset", "background"} & page.shape[1]
        assert not {name for name in page.shape[1] if name.startswith("on")}
        assert "url(" not in page.source
        assert "@import" not in page.source


def test_nothing_is_wider_than_a_phone(pages: dict[str, Any]) -> None:
    for page in pages.values():
        shown = re.sub(r"<!--\[if mso\]>.*?<!\[endif\]-->", "", page.source)
        widths = [int(width) for width in re.findall(r'[^-]width(?:="|:)(\d+)(?:"|px)', shown)]
        assert max(takewhile(lambda width: width, sorted(widths, reverse=True)), default=0) <= 300
