from __future__ import annotations

import re
from pathlib import Path

from mypy import api

HERE = Path(__file__).parent / "typing"
ROOT = Path(__file__).parents[2]
ERROR = re.compile(r"(?P<file>[a-z]+)\.py:(?P<line>\d+): error: .*\[(?P<code>[a-z-]+)\]$", re.MULTILINE)


def test_the_public_api_accepts_and_rejects_what_the_marked_lines_say() -> None:
    found, faults, _ = api.run(
        [
            "--strict",
            "--config-file",
            str(ROOT / "pyproject.toml"),
            "--cache-dir",
            str(ROOT / ".mypy_cache"),  # shared with `make check`: cold, mypy needs seconds to read the libraries
            "--follow-imports=silent",
            "--no-pretty",
            str(HERE / "accepted.py"),
            str(HERE / "rejected.py"),
        ]
    )
    assert not faults
    errors = {(each["file"], int(each["line"]), each["code"]) for each in ERROR.finditer(found)}
    assert errors == marked("accepted") | marked("rejected"), found


def marked(name: str) -> set[tuple[str, int, str]]:
    lines = (HERE / f"{name}.py").read_text(encoding="utf-8").splitlines()
    marks = [(number, line.partition("# E: ")[2]) for number, line in enumerate(lines, 1) if "# E: " in line]
    return {(name, number, mark) for number, mark in marks if not mark.startswith("`")}
