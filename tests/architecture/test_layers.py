"""The rooms' contracts, as `.importlinter` states them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_rooms_keep_their_contracts() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--config", str(ROOT / ".importlinter")]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-1000:]


def test_every_package_says_what_belongs_in_it() -> None:
    packages = sorted((ROOT / "src" / "tailrace").glob("*/__init__.py"))
    assert len(packages) == 9
    silent = [str(each.parent.name) for each in packages if "elong" not in each.read_text(encoding="utf-8")]
    assert silent == []


def test_modules_fit_in_a_head() -> None:
    lengths = {str(path): path.read_text(encoding="utf-8").count("\n") for path in (ROOT / "src").rglob("*.py")}
    assert {path: lines for path, lines in lengths.items() if lines > 420} == {}


def test_nothing_names_a_package_index() -> None:
    listing = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    texts = {
        name: (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for name in ("constraints.txt", "pyproject.toml")
    }
    assert "constraints.txt" in listing
    for name, text in texts.items():
        for word in ("--index-url", "--extra-index-url", "--find-links", "http://"):
            assert word not in text, name
