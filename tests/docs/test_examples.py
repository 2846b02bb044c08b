"""Every example runs, and shows what its README says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tailrace.blueprint.importing import load_class, load_record
from tailrace.blueprint.settings import read_sources
from tailrace.blueprint.verify import Verified, verify_text
from tailrace.model.avsc import load_avsc
from tailrace.model.resolution import resolve
from tailrace.testkit.kit import Testkit
from tailrace.window.streamlet import compile_aggregate

Open = Callable[..., Testkit]
EXAMPLES = sorted(path.name for path in (Path(__file__).parents[2] / "examples").iterdir() if path.is_dir())


@pytest.fixture
def example(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open an example in a testkit, in a copy of its folder, with other settings if need be."""
    modules = set(sys.modules)
    kits: list[Testkit] = []

    def open_example(name: str, *sets: str) -> Testkit:
        folder = shutil.copytree(root / "examples" / name, tmp_path / name)
        monkeypatch.chdir(folder)
        monkeypatch.syspath_prepend(str(folder))
        result = verify_text(
            (folder / "blueprint.yaml").read_text(encoding="utf-8"),
            "blueprint.yaml",
            load=load_class,
            forms={"aggregate": compile_aggregate},
            load_record=load_record,
            sources=read_sources(sets=sets),
        )
        assert isinstance(result, Verified), result
        kits.append(Testkit(result.plan, base=folder))
        return kits[-1]

    yield open_example
    for kit in kits:
        kit.close()
    for module in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[module], "__file__", "")):
            del sys.modules[module]


def _values(records: list[Any], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(record, name) for name in names) for record in records]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_says_in_two_lines_what_it_shows(root: Path, name: str) -> None:
    lines = (root / "examples" / name / "README.md").read_text(encoding="utf-8").splitlines()

    assert len(lines) == 2
    assert "tailrace run blueprint.yaml --until-idle --memory" in lines[1]


def test_every_example_stands_in_the_table(root: Path) -> None:
    table = (root / "examples" / "README.md").read_text(encoding="utf-8")

    assert [name for name in EXAMPLES if f"| [{name}]({name}) |" not in table] == []


def test_hello_runs_from_the_command_line(
    root: Path, tmp_path: Path, tailrace: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    folder = shutil.copytree(root / "examples" / "01-hello", tmp_path / "hello")

    done = tailrace("run", "blueprint.yaml", "--until-idle", "--memory", cwd=folder)

    assert done.stdout.splitlines() == ["Hello, Ada!", "Hello, Grace!"]


def test_hello_greets_those_who_have_a_name(example: Open, capsys: pytest.CaptureFixture[str]) -> None:
    example("01-hello", "greet.greeting=Moin").run()

    assert capsys.readouterr().out == "Moin, Ada!\nMoin, Grace!\n"


def test_sensors_parts_readings_by_the_limit(example: Open) -> None:
    kit = example("02-sensors", "split.limit=23")
    kit.run()

    assert sorted(_values(kit.read("valid"), "sensor", "celsius")) == [("north", 21.5), ("north", 21.7)]
    assert len(kit.read("invalid")) == 3


def test_sensors_goes_on_after_a_restart_where_it_was(example: Open) -> None:
    kit = example("02-sensors")
    kit.run()
    kit.restart()
    with Path("data/readings.csv").open("a", encoding="utf-8") as file:
        file.write("south,70.0,2026-01-05T10:00:05+00:00\n")
    kit.advance("1s")

    assert _values(kit.read("invalid"), "celsius", "number") == [(999.0, 1), (61.0, 2), (70.0, 3)]


def test_aggregate_gives_a_final_row_once_the_watermark_has_passed(example: Open) -> None:
    kit = example("03-aggregate")
    kit.advance("2s")

    final = [row for row in kit.read("minutes") if row.final]
    assert _values(final, "sensor", "n", "hottest", "hot") == [("north", 3, 62.0, 1)]


def test_aggregate_gives_what_is_too_late_its_own_way(example: Open) -> None:
    kit = example("03-aggregate")
    kit.advance("2s")

    assert _values(kit.read("too-late"), "celsius", "at") == [(19.0, datetime(2026, 1, 5, 10, 0, 30, tzinfo=UTC))]


def test_log_alerts_opens_one_incident_and_mails_it(example: Open) -> None:
    kit = example("04-log-alerts")
    kit.advance("5s")

    opened = [alert for alert in kit.read("alerts") if alert.state == "open"]
    assert _values(opened, "app", "rule") == [("shop", "errors >= 10 in 10s")]
    assert len(list(Path(".tailrace/outbox").rglob("*.eml"))) == 1


def test_log_alerts_wakes_who_is_on_call(example: Open) -> None:
    kit = example("04-log-alerts", "on-call.who=Grace")
    kit.advance("5s")

    ((who, text),) = _values(kit.read("pages"), "who", "text")
    assert who == "Grace"
    assert "payment of order <n> refused" in text


def test_avsc_reads_the_old_version_as_the_new_one(example: Open, capsys: pytest.CaptureFixture[str]) -> None:
    example("05-avsc").run()

    assert capsys.readouterr().out.splitlines() == ["1: 12.50 EUR from Ada, PAID", "2: 7.00 EUR from Grace, OPEN"]


def test_avsc_needs_the_default_of_the_field_that_is_new(root: Path) -> None:
    old, new = (load_avsc(root / "examples" / "05-avsc" / f"order-{n}.avsc").avro_schema() for n in (1, 2))
    assert resolve(old, new) == []
    for field in new["fields"]:
        if field["name"] == "currency":
            del field["default"]

    assert [mismatch.path for mismatch in resolve(old, new)] == ["currency"]
