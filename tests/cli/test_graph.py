"""The graph command."""

from pathlib import Path
from typing import Any

import pytest


def test_a_blueprint_is_drawn_for_the_terminal(tailrace: Any) -> None:
    done = tailrace("graph", "alerts")
    assert (done.code, done.err) == (0, "")
    assert "│ DirectorySource │" in done.out
    assert "(notifications)" in done.out


@pytest.mark.parametrize(("form", "start"), [("mermaid", "flowchart"), ("svg", "<svg")])
def test_it_may_be_drawn_in_another_form(tailrace: Any, form: str, start: str) -> None:
    assert start in tailrace("graph", "alerts", "--format", form).out.partition("\n")[0]


@pytest.mark.parametrize(("ending", "start"), [("svg", "<svg"), ("mmd", "flowchart"), ("txt", " ")])
def test_the_ending_of_the_file_chooses_the_form(tailrace: Any, tmp_path: Path, ending: str, start: str) -> None:
    path = tmp_path / f"graph.{ending}"
    done = tailrace("graph", "alerts", "-o", path)
    assert (done.code, done.out) == (0, "")
    assert path.read_text().startswith(start)


def test_a_file_that_cannot_be_written_is_a_fault_in_the_work(tailrace: Any, tmp_path: Path) -> None:
    done = tailrace("graph", "alerts", "-o", tmp_path / "nowhere" / "graph.svg")
    assert done.code == 1
    assert "cannot be written: No such file or directory" in done.err


def test_a_blueprint_with_faults_is_not_drawn(tailrace: Any, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("app: bad\n")
    done = tailrace("graph", path)
    assert (done.code, done.out) == (2, "")
    assert f"{path}:1:1: error: " in done.err
