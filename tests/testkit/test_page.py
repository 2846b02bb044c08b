"""The testkit's page of documentation does what it says."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "testkit.md"


def test_the_examples_of_the_page_run(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    page = ModuleType("testkit_page")
    monkeypatch.setitem(sys.modules, "testkit_page", page)

    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), vars(page))
    assert len(blocks) >= 6


@pytest.mark.parametrize("name", ["send", "read", "run", "step", "advance", "restart", "crash", "close", "errors"])
def test_the_page_tells_of_everything_that_a_kit_can_do(name: str) -> None:
    assert name in PAGE.read_text(encoding="utf-8")
