"""What the pages tell is done for real: files are written, commands run, and their output compared.

In a page, a comment before a block says more about it:

    <!-- file: PATH -->       write the block to that file
    <!-- exit: N -->          the commands of the block end with exit code N, not 0
    <!-- not run: WHY -->     leave the block out

A line `...` in an output stands for any lines, `...` in a line for any text. Times are not compared.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [DOCS / "tutorial.md", DOCS / "concepts.md", *sorted((DOCS / "how-to").glob("*.md"))]
LINKED = [
    DOCS.parent / "README.md",
    DOCS.parent / "CONTRIBUTING.md",
    DOCS / "README.md",
    DOCS.parent / "examples" / "README.md",
    *PAGES,
]
_BLOCK = re.compile(r"(?:<!-- (?P<note>[^\n]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?Z?)?)?")
_LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and the comment before it: a word and what follows its colon."""

    language: str
    text: str
    word: str
    rest: str


@dataclass(frozen=True)
class Command:
    """A command of a console block, and the lines that the page shows of its output."""

    line: str
    shown: list[str]


def _blocks(page: Path) -> Iterator[Block]:
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        word, _, rest = (match["note"] or "").partition(": ")
        yield Block(match["language"], match["text"], word, rest)


def _commands(text: str) -> Iterator[Command]:
    line, shown = "", list[str]()
    for each in text.replace("\\\n", "").splitlines():
        if each.startswith("$ "):
            if line:
                yield Command(line, shown)
            line, shown = each[2:], []
        else:
            shown.append(each)
    if line:
        yield Command(line, shown)


def _pattern(shown: list[str]) -> re.Pattern[str]:
    """What an output has to match: `...` alone is any lines, elsewhere any text; blanks count as one."""
    parts = []
    for line in map(_plain, shown):
        parts.append(
            r"(?:.*\n)*?" if line == "..." else r".*?".join(map(re.escape, re.split(r" ?\.\.\. ?", line))) + r" *\n"
        )
    return re.compile("".join(parts))


def _plain(line: str) -> str:
    return re.sub(r"\s+", " ", _TIME.sub("TIME", line)).strip()


class Reader:
    """Does what a page says, in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        names = {name: value for name, value in os.environ.items() if not name.startswith(("TAILRACE_", "COV_"))}
        path = os.pathsep.join([str(Path(sys.executable).parent), names["PATH"]])
        self.environment = names | {
            "PATH": path,
            "NO_COLOR": "1",
            "COLUMNS": "120",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }

    def follow(self, block: Block) -> None:
        if block.word == "file":
            target = self.directory / block.rest
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            code = int(block.rest) if block.word == "exit" else 0
            for command in _commands(block.text):
                self._run(command, code)
        elif block.language == "python":
            ast.parse(block.text)
        elif block.language == "yaml":
            yaml.safe_load(block.text)

    def _run(self, command: Command, code: int) -> None:
        if command.line.startswith("cd "):
            self.directory /= command.line[3:]
            return
        done = subprocess.run(
            ["bash", "-c", command.line],
            cwd=self.directory,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == code, f"$ {command.line}\n{done.stdout}"
        came = "".join(f"{_plain(line)}\n" for line in done.stdout.splitlines())
        shown = [line for line in command.shown if line.strip()]
        assert not shown or _pattern(shown).match(came), f"$ {command.line}\n{done.stdout}\nis not as shown"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_says_works(page: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for block in _blocks(page):
        if block.word != "not run":
            reader.follow(block)


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(DOCS.parent)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []
