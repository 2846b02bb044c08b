"""The topics command, on a database that its owner holds open."""

import json
from pathlib import Path
from typing import Any

import pytest

from tailrace.log.contract import Step, TopicPartition, WorkerId
from tailrace.model.record import Record


class Reading(Record):
    sensor: str
    celsius: float


def _rows(text: str) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in text.splitlines()[1:]}


def test_each_topic_is_a_row_with_its_extent_and_type(tailrace: Any, database: Any) -> None:
    done = tailrace("topics", "--db", database.path)
    assert (done.code, done.err) == (0, "")
    assert _rows(done.out)["shop.records"] == ["1", "6", "0", "6", "ever", "LogRecord"]
    assert _rows(done.out)["shop.ingest.dead"] == ["1", "1", "0", "1", "ever", "DeadLetter"]


def test_empty_dead_letter_topics_are_shown_on_request_only(tailrace: Any, database: Any) -> None:
    brief, whole = tailrace("topics", "--db", database.path), tailrace("topics", "--all", "--db", database.path)
    assert "shop.alerter.dead" not in brief.out
    assert "and 1 empty dead-letter topic; --all shows them" in brief.out
    assert "shop.alerter.dead" in whole.out


def test_consumers_are_shown_with_their_lag(tailrace: Any, database: Any, records: Any) -> None:
    source = TopicPartition("shop.records", 0)
    for name, position in (("causes", 6), ("printer", 2)):
        database.log.open_worker(WorkerId(name), [source]).commit(Step({source: position}), records.noon)
    line = next(each for each in tailrace("topics", "--db", database.path).out.splitlines() if "shop.records" in each)
    assert "causes 0, printer 4 (" in line


def test_a_topic_of_several_partitions_shows_each_end(tailrace: Any, database: Any) -> None:
    database.append("shop.readings", [Reading("a", 1.0)] * 3, partition=1, partitions=2)
    row = _rows(tailrace("topics", "--db", database.path).out)["shop.readings"]
    assert row == ["2", "3", "0", "0", "0", "3", "ever", "(sensor,", "celsius)"]


def test_json_has_a_line_for_each_topic(tailrace: Any, database: Any) -> None:
    lines = [json.loads(line) for line in tailrace("topics", "--json", "--db", database.path).out.splitlines()]
    topics = {line["topic"]: line for line in lines}
    assert topics["shop.records"]["partitions"] == [{"first": 0, "next": 6}]
    assert topics["shop.volumes"]["fields"]["lines"] == "int64"
    assert "shop.alerter.dead" in topics


def test_the_only_database_at_home_is_taken_by_itself(
    tailrace: Any, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAILRACE_HOME", str(database.path.parent))
    assert "shop.records" in tailrace("topics").out


@pytest.mark.parametrize(("names", "said"), [([], "there is no database in"), (["a", "b"], "there are several")])
def test_no_database_or_several_is_a_fault_in_what_was_asked(
    tailrace: Any, make_database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], said: str
) -> None:
    monkeypatch.setenv("TAILRACE_HOME", str(tmp_path))
    for name in names:
        make_database(f"{name}.db")
    done = tailrace("topics")
    assert done.code == 2
    assert said in done.err


def test_a_file_that_is_no_database_is_told(tailrace: Any, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database, but long enough to be looked at" * 100)
    done = tailrace("topics", "--db", tmp_path / "x.db")
    assert (done.code, done.out) == (1, "")
    assert "is no database" in done.err


def test_a_database_that_does_not_exist_is_told(tailrace: Any, tmp_path: Path) -> None:
    done = tailrace("topics", "--db", tmp_path / "x.db")
    assert done.code == 2
    assert "there is no database" in done.err
