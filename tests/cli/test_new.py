"""The new command, and the project that it makes."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest


def _run(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "TAILRACE"))}
    return subprocess.run(
        [sys.executable, *arguments], cwd=project, env=kept, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_new_project_runs_and_passes_its_tests(tailrace: Any, tmp_path: Path) -> None:
    project = tmp_path / "my-sensors"
    done = tailrace("new", "my-sensors", "--dir", project)
    assert (done.code, done.err) == (0, "")
    assert "tailrace run blueprint.yaml --until-idle" in done.out
    ran = _run(project, "-m", "tailrace.cli.main", "run", "blueprint.yaml", "--until-idle")
    assert ran.returncode == 0, ran.stderr
    assert len([line for line in ran.stdout.splitlines() if line.startswith("sensor=")]) == 19
    tested = _run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    assert tested.returncode == 0, tested.stdout
    assert "4 passed" in tested.stdout


def test_the_names_of_package_and_app_are_made_from_the_project_s(tailrace: Any, tmp_path: Path) -> None:
    tailrace("new", "My_Sensors", "--dir", tmp_path / "x")
    assert (tmp_path / "x/src/my_sensors/streamlets.py").is_file()
    assert (tmp_path / "x/blueprint.yaml").read_text().startswith("app: my-sensors\n")
    assert tomllib.loads((tmp_path / "x/pyproject.toml").read_text())["project"]["name"] == "my-sensors"


def test_every_template_is_used_and_none_is_left_with_a_blank(tailrace: Any, tmp_path: Path) -> None:
    tailrace("new", "sensors", "--dir", tmp_path)
    made = [path for path in tmp_path.rglob("*") if path.is_file()]
    templates = Path(sys.modules["tailrace.cli.new"].__file__ or "").parent / "template"
    assert len(made) == len(list(templates.glob("*.tmpl")))
    assert not [path for path in made if "$" in path.read_text()]


def test_it_is_made_where_we_stand_and_an_empty_directory_will_do(
    tailrace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sensors").mkdir()
    assert tailrace("new", "sensors").code == 0
    assert (tmp_path / "sensors/blueprint.yaml").is_file()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "the name of the project is empty"),
        ("3d", "'3d' is no name of a Python package"),
        ("a b", "'a b' is no name of a Python package"),
        ("../x", "'../x' is no name of a Python package"),
        ("class", "'class' is a word of Python itself"),
        ("json", "'json' is that of a module which exists"),
        ("polars", "'polars' is that of a module which exists"),
        ("tailrace", "'tailrace' is that of a module which exists"),
        ("x" * 60, "has 60 characters"),
        ("sensors-", "ends with '-'"),
    ],
)
def test_a_name_that_will_not_do_is_told(tailrace: Any, tmp_path: Path, name: str, said: str) -> None:
    done = tailrace("new", name, "--dir", tmp_path / "project")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert not (tmp_path / "project").exists()


def test_a_directory_with_something_in_it_is_left_alone(tailrace: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    done = tailrace("new", "sensors", "--dir", tmp_path)
    assert done.code == 2
    assert "is not empty" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_file_in_its_place_is_left_alone(tailrace: Any, tmp_path: Path) -> None:
    (tmp_path / "sensors").write_text("mine")
    done = tailrace("new", "sensors", "--dir", tmp_path / "sensors")
    assert done.code == 2
    assert "exists, and is no directory" in done.err


def test_a_place_that_cannot_be_written_to_is_a_fault_in_the_work(tailrace: Any) -> None:
    done = tailrace("new", "sensors", "--dir", "/proc/nowhere")
    assert done.code == 1
    assert "cannot be written" in done.err
