"""The tap command, on a database that its owner holds open and writes to."""

import json
import select
import signal
import time
from typing import Any

import pytest

from tailrace.model.record import Record


def _json(done: Any) -> list[dict[str, Any]]:
    assert (done.code, done.err) == (0, "")
    return [json.loads(line) for line in done.out.splitlines()]


@pytest.mark.parametrize("name", ["records", "shop.records"])
def test_a_topic_may_be_named_with_the_app_or_without(tailrace: Any, database: Any, name: str) -> None:
    assert len(_json(tailrace("tap", name, "--json", "--db", database.path))) == 6


def test_text_shows_each_record_on_a_line(tailrace: Any, database: Any) -> None:
    done = tailrace("tap", "records", "--limit", "1", "--db", database.path)
    assert done.out.startswith("app=orders time=2026-01-05T12:00:00Z observed=2026-01-05T12:00:00Z severity=17")
    assert 'body="disk full"' in done.out
    assert done.out.count("\n") == 1


def test_a_limit_ends_it(tailrace: Any, database: Any) -> None:
    assert len(_json(tailrace("tap", "records", "-n", "3", "--json", "--db", database.path))) == 3


def test_all_partitions_are_read(tailrace: Any, database: Any, records: Any) -> None:
    for partition in (0, 1):
        volume = records.volume(f"app{partition}", records.noon, "WARN", 1)
        database.append("shop.parted", [volume], partition=partition, partitions=2)
    found = _json(tailrace("tap", "parted", "--json", "--db", database.path))
    assert {record["app"] for record in found} == {"app0", "app1"}


@pytest.mark.parametrize(
    ("start", "count"),
    [
        ("start", 6),
        ("end", 0),
        ("2026-01-05T12:00:30", 4),
        ("2026-01-05T13:00:30+01:00", 4),
        ("2026-01-05T13:00:00Z", 0),
        ("-9999d", 6),
    ],
)
def test_from_says_where_to_begin(tailrace: Any, database: Any, start: str, count: int) -> None:
    assert len(_json(tailrace("tap", "records", "--from", start, "--json", "--db", database.path))) == count


def test_a_condition_keeps_the_records_for_which_it_is_true(tailrace: Any, database: Any) -> None:
    arguments = ("--where", "level = 'ERROR' AND app LIKE 'ord%'", "--json", "--db", database.path)
    found = _json(tailrace("tap", "records", *arguments))
    assert [record["app"] for record in found] == ["orders"] * 4


def test_the_limit_counts_what_the_condition_has_kept(tailrace: Any, database: Any) -> None:
    arguments = ("--where", "app = 'billing'", "-n", "1", "--json", "--db", database.path)
    assert [record["app"] for record in _json(tailrace("tap", "records", *arguments))] == ["billing"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["recrds"], "try: did you mean 'records'?"),
        (["nothing-like-it"], "try: known: alerter.dead, ingest.dead"),
        (["records", "--where", "levl = 'ERROR'"], "did you mean 'level'?"),
        (["records", "--where", "app"], "a condition is needed here"),
        (["records", "--where", "app ="], "--where: "),
        (["records", "--from", "yesterday"], "--from: 'yesterday' is no time, and neither start nor end"),
    ],
)
def test_what_is_asked_wrongly_is_told_before_anything_is_read(
    tailrace: Any, database: Any, arguments: list[str], said: str
) -> None:
    done = tailrace("tap", *arguments, "--db", database.path)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_name_that_several_topics_have_is_to_be_given_in_full(tailrace: Any, database: Any, records: Any) -> None:
    database.append("other.records", [records.log_record("x", records.noon, "WARN")])
    done = tailrace("tap", "records", "--db", database.path)
    assert done.code == 2
    assert "name one in full: other.records, shop.records" in done.err


class Old(Record):
    sensor: str


class New(Record):
    sensor: str
    celsius: float = 0.0


def test_a_condition_sees_records_of_an_older_schema_as_the_latest(tailrace: Any, database: Any) -> None:
    database.append("shop.readings", [Old("a")])
    database.append("shop.readings", [New("b", 20.0), New("c", 2.0)])
    arguments = ("--where", "celsius IS NULL OR celsius > 10", "--json", "--db", database.path)
    assert [record["sensor"] for record in _json(tailrace("tap", "readings", *arguments))] == ["a", "b"]


def test_dead_letters_say_why_and_show_the_record(tailrace: Any, database: Any) -> None:
    done = tailrace("tap", "ingest.dead", "--db", database.path)
    assert done.out.splitlines() == [
        "2026-01-05 12:00:00  ingest.notifications  OSError: no such file",
        '  shop.notifications[0] at 41  {"uri": "/var/log/x\\u001b[2J.log"}',
    ]


def test_dead_letters_hold_the_record_as_an_object_in_json(tailrace: Any, database: Any) -> None:
    (found,) = _json(tailrace("tap", "ingest.dead", "--json", "--db", database.path))
    assert found["payload"] == {"uri": "/var/log/x\x1b[2J.log"}
    assert found["at"] == "2026-01-05T12:00:00Z"


def test_a_dead_letter_that_is_no_json_is_shown_all_the_same(tailrace: Any, database: Any, records: Any) -> None:
    database.append("shop.other.dead", [records.dead_letter(b"\xff\x1b[31m")])
    assert "\\xff\\x1b[31m" in tailrace("tap", "other.dead", "--db", database.path).out
    assert _json(tailrace("tap", "other.dead", "--json", "--db", database.path))[0]["payload"] == "\\xff\x1b[31m"


def test_nothing_in_a_record_moves_the_cursor(tailrace: Any, database: Any, records: Any) -> None:
    body = "a\x1b[2J\x9b31m\u202eb c\r\n"
    database.append("shop.rude", [records.log_record("orders", records.noon, "WARN", body)])
    text = tailrace("tap", "rude", "--db", database.path).out
    line = tailrace("tap", "rude", "--json", "--db", database.path).out
    for said in (text, line):
        assert not set("\x1b\x9b\u202e\r") & set(said)
    assert json.loads(line)["body"] == body


def test_following_shows_what_comes_and_ends_quietly_with_ctrl_c(process: Any, database: Any, records: Any) -> None:
    with process("tap", "records", "--follow", "--json", "--db", database.path) as tap:
        deadline = time.monotonic() + 30
        while not select.select([tap.stdout], [], [], 0.1)[0] and time.monotonic() < deadline:
            database.append("shop.records", [records.log_record("late", records.noon, "WARN")])
        assert json.loads(tap.stdout.readline())["app"] == "late"
        tap.send_signal(signal.SIGINT)
        assert tap.wait(timeout=30) == 0
        assert {json.loads(line)["app"] for line in tap.stdout} <= {"late"}
        assert tap.stderr.read() == ""


def test_a_reader_that_has_enough_ends_it_quietly(process: Any, database: Any, records: Any) -> None:
    many = [records.log_record("orders", records.noon, "WARN", "x" * 200)] * 2000
    database.append("shop.records", many)
    with process("tap", "records", "--db", database.path) as tap:
        tap.stdout.readline()
        tap.stdout.close()
        assert tap.stderr.read() == ""
        assert tap.wait(timeout=30) == 0
