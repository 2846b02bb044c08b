"""The extended format of W3C: whatever fields a file names, and names anew."""

from __future__ import annotations

import pytest

from tailrace.logs.reading.detect import detect

HEAD = "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2026-01-05 10:00:00\r\n"
USUAL = (
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer)"
    " sc-status sc-substatus sc-win32-status time-taken\r\n"
)
FEW = "#Fields: date time cs-method cs-uri-stem time-taken sc-status\r\n"
STATUS = (200, 404, 503)
LEVELS = ["INFO", "WARN", "ERROR"]


def usual(count: int) -> str:
    return "".join(
        f"2026-01-05 10:00:{n:02d} 10.0.0.1 GET /a{n} - 443 - 10.0.0.2 Mozilla/5.0+(X11) - {STATUS[n % 3]} 0 0 15\r\n"
        for n in range(count)
    )


def few(count: int) -> str:
    return "".join(f"2026-01-05 11:00:{n:02d} POST /b{n} 404 {STATUS[n % 3]}\r\n" for n in range(count))


def test_the_fields_that_a_file_names_are_its_columns(check):
    found = check("w3c", HEAD + USUAL + usual(12))
    assert found.levels == [""] * 4 + LEVELS * 4
    assert found.times[4] == "2026-01-05T10:00:00+00:00"
    assert found.column("body")[5] == "GET /a1 - 443 - 10.0.0.2 Mozilla/5.0+(X11) - 404 0 0 15"
    attributes = {each["key"]: each["value"] for each in found.column("attributes")[4]}
    assert attributes == {
        "server": "10.0.0.1", "method": "GET", "path": "/a0", "port": "443", "client": "10.0.0.2", "substatus": "0",
        "agent": "Mozilla/5.0+(X11)", "win32": "0", "time_taken": "15",
    }  # fmt: skip


@pytest.mark.parametrize("step", [None, 31, 100, 1000])
def test_fields_that_are_named_anew_hold_from_there_on(read, step):
    text = HEAD + USUAL + usual(30) + HEAD + FEW + few(30) + HEAD + FEW + few(3) + HEAD + USUAL + usual(30)
    found = read(text, least=0, **({"step": step} if step else {}))
    assert found.levels == [""] * 4 + LEVELS * 10 + [""] * 4 + LEVELS * 10 + [""] * 4 + LEVELS + [""] * 4 + LEVELS * 10
    assert found.times[39] == "2026-01-05T11:00:01+00:00"
    assert found.column("body")[39] == "POST /b1 404 404"
    assert (found.state.format, found.state.switches) == ("w3c", 2)
    assert found.volumes["bytes"].sum() == len(text)


def test_times_are_utc_whatever_zone_is_asked_for(read):
    assert read(HEAD + FEW + few(9), zone="Europe/Berlin").times[0] == "2026-01-05T11:00:01+00:00"


def test_the_firewall_of_windows_writes_local_times(read, check):
    fields = "date time action protocol src-ip dst-ip src-port dst-port size tcpflags tcpsyn tcpack tcpwin icmptype"
    line = "2026-01-05 10:00:00 DROP TCP 10.0.0.1 10.0.0.2 4 5 60 S 1 0 8192 - - - RECEIVE\n"
    text = f"#Version: 1.5\n#Time Format: Local\n#Fields: {fields} icmpcode info path\n\n" + line * 10
    assert check("w3c", text).column("body")[-1] == "DROP TCP 10.0.0.1 10.0.0.2 4 5 60 S 1 0 8192 - - - RECEIVE"
    assert read(text, least=0, zone="Europe/Berlin").times[-1] == "2026-01-05T09:00:00+00:00"


def test_values_may_stand_between_tabs_as_those_of_cloudfront(check):
    fields = (
        "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status\n"
    )
    found = check("w3c", fields + "2026-01-05\t10:00:00\tFRA2\t15\t10.0.0.1\tGET\td.example\t/x\t502\n" * 9)
    assert (found.levels[-1], found.times[-1]) == ("ERROR", "2026-01-05T10:00:00+00:00")
    assert {"key": "x_edge_location", "value": "FRA2"} in found.column("attributes")[-1]


def test_values_may_stand_between_commas_as_those_of_exchange(check):
    fields = (
        "#Log-type: SMTP Receive Protocol Log\n#Fields: date-time,connector-id,sequence-number,event,data,context\n"
    )
    found = check("w3c", "\ufeff" + fields + '2026-01-05T10:00:00.123Z,EX\\Default,0,+,"a, b",\n' * 9)
    assert found.times[-1] == "2026-01-05T10:00:00.123000+00:00"
    assert {each["key"]: each["value"] for each in found.column("attributes")[-1]} == {
        "connector_id": "EX\\Default", "sequence_number": "0", "event": "+", "data": '"a, b"',
    }  # fmt: skip


def test_a_line_that_does_not_have_the_fields_is_a_record_all_the_same(read):
    found = read(HEAD + FEW + few(9) + "2026-01-05 11:00:09 POST\r\n" + "GET " + "x" * 5000 + "\r\n", least=0)
    assert found.levels[-2:] == ["", ""]
    assert [len(str(body)) for body in found.column("body")[-2:]] == [24, 5004]


def test_fields_that_follow_lines_of_iis_hold_from_there_on(read):
    found = read(usual(70) + HEAD + FEW + few(9), least=0, step=500)
    assert found.levels[-9:] == LEVELS * 3


@pytest.mark.parametrize(
    "fields", ["", " ", " a", " date", " time time", " (((", " cs( x-a x-a", ' "a" b', " ,,", "\t\t"]
)
def test_odd_fields_lose_no_line(read, fields):
    text = f"#Version: 1.0\n#Fields:{fields}\n" + "2026-01-05 10:00:00 a 1\n" * 9
    found = read(text, least=0, step=50)
    assert found.volumes["bytes"].sum() == len(text)


def test_a_line_that_speaks_of_fields_makes_no_other_format_this_one():
    log = "2026-01-05 10:00:00,000 INFO [main] a.B: x\n" * 9
    assert detect((log + "#Fields: date time\n" + log).encode()).format.name == "log4j"
