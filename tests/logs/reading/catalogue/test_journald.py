"""What `journalctl` prints, in each of its ways that are read."""

from __future__ import annotations

import json

import pytest

PRINTED = {
    "short": ("Jan 05 10:00:{:02d} web sshd[77]: kex failed {}", "syslog-rfc3164", "10:00:00"),
    "short-precise": ("Jan 05 10:00:{:02d}.123456 web sshd[77]: kex failed {}", "syslog-rfc3164", "10:00:00.123456"),
    "short-iso": ("2026-01-05T10:00:{:02d}+0100 web sshd[77]: kex failed {}", "syslog-iso", "09:00:00"),
    "short-iso-later": ("2026-01-05T10:00:{:02d}+01:00 web sshd[77]: kex failed {}", "syslog-iso", "09:00:00"),
    "short-full": ("Mon 2026-01-05 10:00:{:02d} CET web sshd[77]: kex failed {}", "journal-full", "09:00:00"),
    "with-unit": ("Mon 2026-01-05 10:00:{:02d} UTC web sshd[77]: kex failed {}", "journal-full", "10:00:00"),
    "short-unix": ("17676072{:02d}.123456 web sshd[77]: kex failed {}", "journal-unix", "10:00:00.123456"),
}


@pytest.mark.parametrize("way", PRINTED)
def test_each_way_of_printing_the_journal_is_read(check, way):
    line, name, first = PRINTED[way]
    found = check(name, "".join(line.format(n, n) + "\n" for n in range(12)))
    assert found.times[0] == f"2026-01-05T{first}+00:00"
    assert (found.column("body")[3], found.column("logger")[3], found.column("thread")[3]) == (
        "kex failed 3",
        "sshd",
        "77",
    )
    assert set(found.levels) == {""}


@pytest.mark.parametrize("after", ["", " <    0.000010 >", " <*             >"])
def test_times_since_the_machines_start_are_no_times_and_the_senders_are_known(check, after):
    kernel, sshd = (f"[ 1904.1234{{:02d}}{after}] web {sender}: {{}} failed" for sender in ("kernel", "sshd[77]"))
    text = "".join(line.format(n, n) + "\n" for n in range(12) for line in (kernel, sshd))
    found = check("journal-monotonic", text)
    assert found.column("body")[6:8] == ["3 failed"] * 2
    assert (found.column("logger")[:2], found.column("thread")[:2]) == (["kernel", "sshd"], [None, "77"])
    assert set(found.levels) == {""}


VERBOSE = """Mon 2026-01-05 10:00:{0:02d}.123456 UTC [s=739ad463348b4cec;i=4ec{1};b=6c7c6013a26343b2;m=4fc72436e;t=50f0a8d1e2a4f;x=d3e5]
    _TRANSPORT=syslog
    {2}
    SYSLOG_IDENTIFIER=sshd
    {3}
    _PID=77
"""  # noqa: E501
SAID = [
    ("PRIORITY=3", "MESSAGE=kex failed"),
    ("MESSAGE=two lines:\n            PRIORITY=0", "PRIORITY=4"),
    ("CODE_LINE=7", "MESSAGE=no level"),
    ("PRIORITY=6", "N=1"),
]


@pytest.mark.parametrize("step", [None, 200])
def test_entries_printed_with_all_their_fields_have_the_level_and_the_text_of_each(check, read, step):
    text = "".join(VERBOSE.format(n, n % 10, *SAID[n % 4]) for n in range(12))
    check("journal-verbose", text)
    found = read(text, least=0, step=step)
    assert found.levels == ["ERROR", "WARN", "", "INFO"] * 3
    assert found.times[1] == "2026-01-05T10:00:01.123456+00:00"
    assert found.column("body")[:3] == ["kex failed", "two lines:\nPRIORITY=0", "no level"]
    assert str(found.column("body")[3]).endswith("    _PID=77")
    assert found.column("logger") == ["sshd"] * 12
    attributes = [{"key": "_TRANSPORT", "value": "syslog"}, {"key": "_PID", "value": "77"}]
    assert found.column("attributes")[0] == attributes
    assert found.column("attributes")[3] == [attributes[0], {"key": "N", "value": "1"}, attributes[1]]


def test_the_lines_of_a_crash_are_one_record_among_times_since_the_machines_start(read):
    lines = ["started", "Traceback (most recent call last):", '  File "a.py", line 3, in f', "Boom: 7", "stopped"] * 4
    found = read("".join(f"[    5.{n:06d}] web app[7]: {line}\n" for n, line in enumerate(lines)), least=0)
    assert found.column("body")[1] == "\n".join(lines[1:4])
    assert len(found.records) == 12
    assert found.levels[1] == "ERROR"


def test_the_first_of_several_priorities_counts(read):
    line = '{{"__REALTIME_TIMESTAMP":"1767607200000000","PRIORITY":{},"MESSAGE":"x"}}\n'
    text = "".join(line.format(priority) for priority in ('["3","6"]', '"4"', '["2"]', '["6","3"]') * 3)
    assert read(text, least=0).levels[:4] == ["ERROR", "WARN", "FATAL", "INFO"]


def test_a_message_that_is_a_list_of_bytes_is_text(read):
    line = '{{"__REALTIME_TIMESTAMP":"1767607200000000","PRIORITY":"3","MESSAGE":{}}}\n'
    messages = (list(b"\x1b[31mred\x1b[0m"), list("gr\u00fcn".encode()), [98, 255], None, "plain", [[97, 98], [99]])
    text = "".join(line.format(json.dumps(message)) for message in messages)
    assert read(text + line.format("[]"), least=0).column("body")[:6] == [
        "red",
        "gr\u00fcn",
        "bÿ",
        "(too large for the export)",
        "plain",
        "c",
    ]
