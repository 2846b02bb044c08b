"""Envelopes: lines of JSON that hold many records each."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from tailrace.logs.reading.envelopes import find_elements
from tailrace.logs.reading.lines import text_lines

LOG4J = "2026-01-05 10:00:00,123 ERROR [main] a.B: broken\n\tat a.B.c(B.java:1)\n"


def compact(value: object) -> str:
    """Return a value as a line of JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"


def otlp_record(second: int, number: int, text: str, **more: object) -> dict[str, Any]:
    """Return a record as OpenTelemetry's file exporter writes it."""
    attributes = [
        {"key": "http.route", "value": {"stringValue": "/a/{id}]"}},
        {"key": "retries", "value": {"intValue": str(second)}},
        {"key": "hosts", "value": {"arrayValue": {"values": [{"stringValue": "a"}]}}},
    ]
    return {
        "timeUnixNano": f"{1767607200 + second}000000001",
        "severityNumber": number,
        "body": {"stringValue": text},
        "attributes": attributes,
        **more,
    }


def otlp(*services: tuple[str, list[list[dict[str, Any]]]]) -> str:
    """Return a line of several services, each with the records of its scopes."""
    return compact(
        {
            "resourceLogs": [
                {
                    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": name}}]},
                    "scopeLogs": [
                        {"scope": {"name": f"org.{name}.S{place}"}, "logRecords": records}
                        for place, records in enumerate(scopes)
                    ],
                    "schemaUrl": "https://opentelemetry.io/schemas/1.26.0",
                }
                for name, scopes in services
            ]
        }
    )


TWO_SERVICES = otlp(
    ("shop", [[otlp_record(0, 9, "fine"), otlp_record(1, 17, 'no "x" in \\')], [otlp_record(2, 13, "slow {[")]]),
    ("cart", [[otlp_record(3, 21, "dead", attributes=[])]]),
)
CLOUDWATCH = {
    "messageType": "DATA_MESSAGE", "owner": "1234", "logGroup": "shop", "logStream": "s", "subscriptionFilters": ["f"],
    "logEvents": [
        {"id": str(n), "timestamp": 1767607200000 + 1000 * n, "message": f"[ERROR] no {n}"} for n in range(3)
    ],
}  # fmt: skip
CLOUDTRAIL = {"Records": [{"eventTime": f"2026-01-05T10:00:0{n}Z", "eventName": f"Get{n}"} for n in range(3)]}
AZURE = {"records": [{"time": f"2026-01-05T10:00:0{n}Z", "level": "Error", "message": f"no {n}"} for n in range(3)]}
LIST = [{"time": f"2026-01-05T10:00:0{n}Z", "level": "error", "msg": f"no {n}"} for n in range(3)]


def attributes_of(found: Any, record: int) -> dict[str, str]:
    """Return the attributes of a record by their names."""
    return {each["key"]: each["value"] for each in found.column("attributes")[record]}


def test_every_record_of_an_opentelemetry_line_is_one_with_its_own_level_time_and_text(read):
    found = read(TWO_SERVICES * 2, least=0)
    assert found.state.format == "json-lines"
    assert found.levels == ["INFO", "ERROR", "WARN", "FATAL"] * 2
    assert found.column("body") == ["fine", 'no "x" in \\', "slow {[", "dead"] * 2
    assert [time[17:19] for time in found.times] == ["00", "01", "02", "03"] * 2
    assert found.column("line") == [1] * 4 + [2] * 4
    assert found.stats[-1].lines == 2


def test_a_record_has_the_attributes_of_its_resource_and_scope_and_its_own(read):
    found = read(TWO_SERVICES)
    assert found.column("logger") == ["org.shop.S0", "org.shop.S1", "org.cart.S0"]
    names = [attributes_of(found, record)["service.name"] for record in range(3)]
    assert names == ["shop", "shop", "cart"]
    own = attributes_of(found, 0)
    assert (own["http.route"], own["retries"]) == ("/a/{id}]", "1")
    assert json.loads(own["hosts"]) == {"values": [{"stringValue": "a"}]}
    assert "http.route" not in attributes_of(found, 2)


def test_records_of_a_line_share_its_bytes_and_each_has_an_offset_of_its_own(read):
    data = TWO_SERVICES + LOG4J + TWO_SERVICES
    found = read(data, least=0)
    assert found.volumes["bytes"].sum() == len(data)
    offsets = found.column("offset")
    assert [data[at : at + 15] for at in offsets] == ['{"timeUnixNano"'] * 4 + [LOG4J[:15]] + ['{"timeUnixNano"'] * 4
    assert found.counts == {"INFO": 2, "ERROR": 3, "WARN": 2, "FATAL": 2}


def test_records_are_whole_where_colours_stand_in_other_lines(read):
    data = TWO_SERVICES * 2 + LOG4J.replace("ERROR", "\x1b[1;31mERROR\x1b[0m") + TWO_SERVICES
    for step in (None, 90):
        found = read(data, step=step)
        texts = ['no "x" in \\', "slow {[", "dead"]
        assert [body.partition("\n")[0] for body in found.column("body")] == [*texts * 2, "broken", *texts]


def test_the_neighbours_of_a_record_are_the_records_beside_it_in_its_line(read):
    found = read(TWO_SERVICES)
    assert '"fine"' in found.column("before")[0]
    assert '"slow {["' in found.column("after")[0]
    assert "resource" not in found.column("before")[0]


@pytest.mark.parametrize(
    ("value", "levels", "bodies"),
    [
        (CLOUDWATCH, ["ERROR"] * 3, [f"[ERROR] no {n}" for n in range(3)]),
        (CLOUDTRAIL, [""] * 3, [json.dumps(each, separators=(",", ":")) for each in CLOUDTRAIL["Records"]]),
        (AZURE, ["ERROR"] * 3, [f"no {n}" for n in range(3)]),
        (LIST, ["ERROR"] * 3, [f"no {n}" for n in range(3)]),
    ],
    ids=["CloudWatch", "CloudTrail", "Azure", "list"],
)
def test_other_exporters_lines_are_parted_into_their_records(read, value, levels, bodies):
    for line in (compact(value), json.dumps(value).replace("[{", "[{", 1) + "\n"):
        found = read(line * 2, least=0)
        assert found.levels == levels * 2
        assert [time[17:19] for time in found.times] == ["00", "01", "02"] * 2
    found = read(compact(value) * 2, least=0)
    assert found.column("body") == bodies * 2


def test_what_stands_around_a_list_is_part_of_each_of_its_records(read):
    found = read(compact(CLOUDWATCH))
    assert [attributes_of(found, record)["logGroup"] for record in range(3)] == ["shop"] * 3
    assert attributes_of(found, 2)["id"] == "2"


def test_envelopes_that_follow_one_another_in_one_line_are_all_parted(read):
    found = read((compact(CLOUDWATCH).strip() * 3 + "\n") * 2)
    assert found.column("line") == [1] * 9 + [2] * 9


@pytest.mark.parametrize(
    "line",
    [
        '{"resourceLogs":[]}',
        '{"resourceLogs":[{"resource":{},"scopeLogs":[]}]}',
        '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"},{"name":"b"}]}]}]}',
        '[{"id":1},{"id":2}]',
        '[{"level":"error"',
        '{"Records":[{"a":1},{"a":2}]}',
        '{"owner":"me","level":"error","logEvents":7}',
    ],
)
def test_what_holds_no_records_stays_one_line(read, line):
    usual = '{"time":"2026-01-05T10:00:00Z","level":"info","msg":"usual"}\n' * 5
    found = read(usual + line + "\n" + usual, least=0)
    assert line in "\n".join(map(str, found.column("body"))).split("\n")


@pytest.mark.parametrize("step", [53, 400])
def test_records_are_the_same_however_their_line_is_cut(read, step):
    broken = TWO_SERVICES[:700] + "\n" + TWO_SERVICES.replace("}]}", "}}", 1)
    data = (TWO_SERVICES + LOG4J + broken + compact(CLOUDWATCH) + compact(LIST) + TWO_SERVICES).encode()
    whole, cut = read(data, least=0), read(data, least=0, step=step)
    assert cut.records.drop("before", "after").equals(whole.records.drop("before", "after"))
    assert cut.volumes.equals(whole.volumes)
    assert sum(s.lines for s in cut.stats) == data.count(b"\n") + (not data.endswith(b"\n"))
    assert whole.volumes["bytes"].sum() == len(data)


def test_a_line_of_many_megabytes_is_read_record_by_record_and_hardly_held(read_pieces):
    record = compact(otlp_record(1, 17, "x" * 3000)).strip()
    head, tail = '{"resourceLogs":[{"resource":{"a":1},"scopeLogs":[{"logRecords":[', "]}]}]}\n"
    line = (head + ",".join([record] * 3000) + tail).encode()

    def pieces() -> Any:
        for at in range(0, len(line), 1 << 20):
            yield line[at : at + (1 << 20)]

    found = read_pieces(pieces(), flushed=True)
    assert (len(found.records), found.stats[1].lines, found.state.held) == (3000, 0, b"")
    assert len(found.stats) > 8
    assert found.volumes["bytes"].sum() == len(line)


def test_a_giant_record_is_cut_and_those_after_it_in_its_line_are_not_lost(read):
    many = [{"key": f"k{number}", "value": {"stringValue": '{"[\\' * 9}} for number in range(5000)]
    giant = otlp_record(1, 17, "start " + '{"[\\' * 60_000 + " end", attributes=many)
    line = otlp(("shop", [[otlp_record(0, 17, "first"), giant, otlp_record(2, 17, "then")], [otlp_record(3, 17, "z")]]))
    data = (line + LOG4J).encode()
    whole = read(data)
    assert [body[:5] for body in whole.column("body")] == ["first", '{"res', "then", "z", "broke"]
    assert "bytes more]" in whole.column("body")[1]
    for step in (30_000, 300_001):
        cut = read(data, step=step)
        assert cut.records.drop("before", "after").equals(whole.records.drop("before", "after"))
        assert cut.volumes.equals(whole.volumes)


def test_elements_of_lists_are_found_whatever_stands_in_them():
    texts = ['[{"a":"]}"},{"b":[{"c":1}]} , {"d":"\\"{"}]', "[]", '[1,{"e":2},[{"f":3}]]', '[{"g":']
    row, elements = find_elements(text_lines(pl.Series(texts)))
    found = [elements.data[begin:end].decode() for begin, end in zip(elements.heads, elements.ends, strict=True)]
    assert found == ['{"a":"]}"}', '{"b":[{"c":1}]}', '{"d":"\\"{"}', '{"e":2}']
    assert row.tolist() == [0, 0, 0, 2]


def in_docker(line: str, second: int) -> str:
    """Return a line as Docker's json-file keeps it."""
    return compact({"log": line, "stream": "stdout", "time": f"2026-01-05T11:00:{second:02}.5Z"})


def in_cri(line: str, second: int) -> str:
    """Return a line as Kubernetes' runtimes keep it."""
    return f"2026-01-05T11:00:{second:02}.500000000Z stdout F {line}"


WRAPPERS = {"Docker": in_docker, "CRI": in_cri}


def wrapped(wrapper: str, times: int) -> tuple[str, list[str]]:
    """Return lines of many records and of one within those of a container, and all these lines."""
    plain = compact({"time": "2026-01-05T10:00:09Z", "level": "warn", "msg": "alone"})
    lines = [TWO_SERVICES, plain, compact(LIST), plain, compact(CLOUDWATCH)] * times
    return "".join(WRAPPERS[wrapper](line, second % 60) for second, line in enumerate(lines)), lines


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_records_within_lines_that_are_wrapped_are_those_of_the_lines_alone(read: Any, wrapper: str) -> None:
    text, lines = wrapped(wrapper, 8)
    found, alone = read(text, least=0), read("".join(lines), least=0)
    left, right = (each.records.drop("offset", "before", "after") for each in (found, alone))
    assert left.equals(right)
    assert found.volumes["bytes"].sum() == len(text.encode())
    assert found.records["offset"].is_sorted()
    assert found.records["offset"].n_unique() == len(found.records) == 96


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("step", [661, 4000, 50_000])
def test_records_within_wrapped_lines_are_the_same_however_the_file_is_cut(read: Any, wrapper: str, step: int) -> None:
    text, _ = wrapped(wrapper, 40)
    whole, cut = read(text, least=0), read(text, least=0, step=step)
    assert cut.records.drop("before", "after").equals(whole.records.drop("before", "after"))
    assert cut.volumes.equals(whole.volumes)


@pytest.mark.parametrize("step", [None, 100_000])
def test_a_line_of_many_records_that_docker_broke_apart_loses_no_byte(read: Any, step: int | None) -> None:
    """The records up to the first break are told apart; what follows goes on with the last of them."""
    line = compact(
        [{"time": "2026-01-05T10:00:00Z", "level": "error", "msg": f"no {n} " + "x" * 99} for n in range(3000)]
    )
    parts = [line[at : at + 16_000] for at in range(0, len(line), 16_000)]
    plain = in_docker(compact({"time": "2026-01-05T10:00:09Z", "level": "warn", "msg": "alone"}), 0)
    text = plain * 20 + "".join(in_docker(part, 1) for part in parts) + plain * 20
    found = read(text, least=0, step=step)
    assert found.volumes["bytes"].sum() == len(text)
    assert sum(each.lines for each in found.stats) == text.count("\n")
    assert found.column("body")[21].startswith("no 1 ")
    assert found.column("body")[-20:] == ["alone"] * 20


@pytest.mark.parametrize("step", [None, 1000])
def test_objects_over_several_lines_that_are_wrapped_are_one_record_each(read: Any, step: int | None) -> None:
    objects = [{"time": f"2026-01-05T10:00:{n:02}Z", "level": "error", "msg": f"no {n}"} for n in range(60)]
    lines = [line + "\n" for each in objects for line in json.dumps(each, indent=2).split("\n")]
    text = "".join(in_docker(line, 0) for line in lines)
    found = read(text, step=step)
    assert found.column("body") == [f"no {n}" for n in range(60)]
    assert found.column("line") == [1 + 5 * n for n in range(60)]
    assert found.volumes["bytes"].sum() == len(text)
