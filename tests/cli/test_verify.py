"""The verify command."""

import json
from pathlib import Path
from typing import Any

import pytest

GOOD = """\
app: prints
streamlets:
  source: {class: tailrace.logs.source.DirectorySource, settings: {paths: [logs]}}
  printer: {class: tailrace.logs.printers.Printer}
topics:
  files: {producers: [source.notifications], consumers: [printer.records]}
"""
BAD = GOOD.replace("Printer", "Printr").replace("paths:", "path:").replace("consumers", "consumer")


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    path = tmp_path / "blueprint.yaml"
    path.write_text(GOOD)
    return path


def test_a_blueprint_that_holds_is_said_to_in_one_line(tailrace: Any, blueprint: Path) -> None:
    done = tailrace("verify", blueprint)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{blueprint} holds: 2 streamlets, 1 topic\n"


def test_a_packaged_blueprint_may_be_named(tailrace: Any) -> None:
    assert tailrace("verify", "alerts").out.startswith("alerts holds")


def test_every_problem_is_told_with_its_place_and_what_to_try(tailrace: Any, blueprint: Path) -> None:
    blueprint.write_text(BAD)
    done = tailrace("verify", blueprint)
    assert (done.code, done.err) == (1, "")
    places = [line.partition(": error: ")[0] for line in done.out.splitlines() if ": error: " in line]
    assert {place.split(":")[1] for place in places} == {"3", "4", "6"}
    assert f"{blueprint}:3:" in done.out
    assert "  try: did you mean tailrace.logs.printers.Printer?" in done.out
    assert done.out.splitlines()[-1].startswith(f"{blueprint} does not hold: ")


def test_warnings_are_shown_beside_the_good_news(tailrace: Any, tmp_path: Path) -> None:
    (tmp_path / "loops.py").write_text(
        "from tailrace import Record, streamlet\n"
        "class Ball(Record):\n    player: str\n"
        "@streamlet\ndef ping(ball: Ball) -> Ball | None:\n    return ball\n"
        "@streamlet\ndef pong(ball: Ball) -> Ball | None:\n    return ball\n"
    )
    blueprint = tmp_path / "loop.yaml"
    blueprint.write_text(
        "app: loop\nstreamlets: {ping: loops.ping, pong: loops.pong}\ntopics:\n"
        "  there: {producers: [ping.out], consumers: [pong.in]}\n"
        "  back: {producers: [pong.out], consumers: [ping.in]}\n"
    )
    done = tailrace("verify", blueprint)
    assert done.code == 0
    assert ": warning: " in done.out
    assert done.out.endswith("holds: 2 streamlets, 2 topics, with 1 warning\n")


def test_settings_from_elsewhere_are_checked_too(
    tailrace: Any, blueprint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "prod.yaml"
    config.write_text("source: {poll: often}\n")
    monkeypatch.setenv("TAILRACE_PRINTER_FORMAT", "xml")
    done = tailrace("verify", blueprint, "--set", "source.settle=never", "--config", config)
    assert done.code == 1
    for place in ("--set source.settle", "environment TAILRACE_PRINTER_FORMAT", f"{config}:1:"):
        assert f"{place}" in done.out


def test_json_holds_the_problems_or_the_plan(tailrace: Any, blueprint: Path) -> None:
    good = json.loads(tailrace("verify", blueprint, "--json").out)
    assert (good["holds"], good["problems"], good["plan"]["app"]) == (True, [], "prints")
    blueprint.write_text(BAD)
    done = tailrace("verify", blueprint, "--json")
    bad = json.loads(done.out)
    assert (done.code, bad["holds"]) == (1, False)
    assert {"file", "line", "column", "severity", "sentence", "hint"} <= bad["problems"][0].keys()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.yaml", None, "there is no blueprint"),
        ("latin.yaml", b"app: caf\xe9", "is not UTF-8: byte 8 is 0xe9"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_fault_in_what_was_asked(
    tailrace: Any, tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = tailrace("verify", tmp_path / name)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


@pytest.mark.parametrize(("text", "came"), [("", "nothing"), ("# nothing but this\n", "nothing"), ("- a\n", "a list")])
def test_a_file_without_keys_is_not_taken_for_a_blueprint(tailrace: Any, tmp_path: Path, text: str, came: str) -> None:
    file = tmp_path / "some.yaml"
    file.write_text(text)
    done = tailrace("verify", file)
    assert f"{file}:1:1: error: a blueprint, a file of rules or one of formats is a mapping, {came} came" in done.out
    assert (done.code, done.err) == (1, "")
