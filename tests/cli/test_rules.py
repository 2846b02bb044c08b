"""The commands that check rules."""

import json
from pathlib import Path
from typing import Any

import pytest

RULES = """\
rules:
  - errors > 10 in 30s
  - name: checkout fails
    when: errors > 5% of lines in 5m, at least 100 lines
    where: app LIKE 'checkout%'
    severity: critical
    labels: {team: payments}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES)
    return path


def test_each_rule_is_said_in_plain_english_with_its_place(tailrace: Any, rules: Path) -> None:
    done = tailrace("rules", "check", rules)
    assert (done.code, done.err) == (0, "")
    assert f"checkout fails  critical  {rules}:3:5\n" in done.out
    assert "Alerts when errors > 10 within any 30 seconds, for each application by itself." in done.out
    assert "team=payments" in done.out
    assert done.out.endswith(f"{rules} holds: 2 rules\n")


def test_every_mistake_is_told_with_its_place(tailrace: Any, rules: Path) -> None:
    rules.write_text(RULES.replace("errors > 10", "erors > 10").replace("severity", "sevrity"))
    done = tailrace("rules", "check", rules)
    assert done.code == 1
    assert f"{rules}:2:5: error: there is no column 'erors'\n  try: did you mean 'errors'?" in done.out
    assert f"{rules}:6:5: error: a rule has no key 'sevrity'\n  try: did you mean 'severity'?" in done.out
    assert done.out.endswith(f"{rules} does not hold: 2 problems\n")


def test_other_sections_are_checked_by_those_who_read_them(tailrace: Any, rules: Path) -> None:
    rules.write_text(RULES + "inhibit: nonsense\n")
    done = tailrace("rules", "check", rules)
    assert done.code == 1
    assert f"{rules}:8:10: error: 'inhibit' needs a list" in done.out


def test_a_single_rule_may_stand_on_the_command_line(tailrace: Any) -> None:
    assert "no line has come for 10 minutes" in tailrace("rules", "check", "silence of 10m").out
    done = tailrace("rules", "check", "silence of ever")
    assert (done.code, done.out) == (2, "")
    assert "the rule 'silence of ever' has no proper window" in done.err


def test_a_program_reads_json(tailrace: Any, rules: Path) -> None:
    said = json.loads(tailrace("rules", "check", rules, "--json").out)
    assert (said["holds"], [each["name"] for each in said["rules"]]) == (True, ["errors > 10 in 30s", "checkout fails"])
    assert said["rules"][1]["labels"] == {"team": "payments"}
    rules.write_text("rules: 5")
    said = json.loads(tailrace("rules", "check", rules, "--json").out)
    assert (said["holds"], said["rules"], len(said["problems"])) == (False, [], 1)


def test_a_file_that_is_not_there_is_a_fault_in_what_was_asked(tailrace: Any) -> None:
    done = tailrace("rules", "check", "nowhere.yaml")
    assert (done.code, done.out) == (2, "")
    assert "there is no rules file 'nowhere.yaml'" in done.err


def test_a_command_that_does_not_exist_is_told_with_the_nearest(tailrace: Any) -> None:
    done = tailrace("rules", "chekc")
    assert done.code == 2
    assert "tailrace rules check" in done.err


def test_verify_takes_a_rules_file(tailrace: Any, rules: Path) -> None:
    assert tailrace("verify", rules).out == f"{rules} holds: 2 rules\n"
    rules.write_text(RULES.replace("errors > 10", "erors > 10"))
    done = tailrace("verify", rules)
    assert done.code == 1
    assert f"{rules}:2:5: error: there is no column 'erors'" in done.out
    assert json.loads(tailrace("verify", rules, "--json").out)["holds"] is False


def test_verify_takes_a_file_of_formats(tailrace: Any, tmp_path: Path) -> None:
    path = tmp_path / "formats.yaml"
    path.write_text("formats: 5\n")
    done = tailrace("verify", path)
    assert done.code == 1
    assert f"{path}:1:10" in done.out


def test_verify_checks_the_rules_file_that_a_blueprint_names(tailrace: Any, rules: Path) -> None:
    sets = ["--set", "source.paths=/var/log", "--set", f"judge.file={rules}"]
    assert tailrace("verify", "alerts", *sets).code == 0
    rules.write_text(RULES.replace("errors > 10", "erors > 10"))
    done = tailrace("verify", "alerts", *sets)
    assert done.code == 1
    assert f"{rules}:2:5: error: there is no column 'erors'" in done.out
    rules.unlink()
    assert "there is no rules file" in tailrace("verify", "alerts", *sets).out
