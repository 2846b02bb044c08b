"""Standard input is read as it comes, to its end."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tailrace.logs.stdin import StreamIngestor
from tailrace.model.errors import TailraceError
from tailrace.testkit.kit import StreamletKit

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Pipe:
    def __init__(self, **settings: object) -> None:
        self.out, self.into = os.pipe()
        self.kit = StreamletKit(StreamIngestor, {"descriptor": self.out, "app": "shop", **settings}, exhaust=False)

    def write(self, data: bytes) -> None:
        os.write(self.into, data)
        self.kit.advance("100ms")

    def end(self) -> None:
        os.close(self.into)
        self.into = -1
        self.kit.advance("100ms")

    @property
    def bodies(self) -> list[str]:
        return [each.body for each in self.kit.read("records")]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    for descriptor in (pipe.out, pipe.into):
        if descriptor >= 0:
            os.close(descriptor)


def test_records_come_as_they_are_written(pipe, line, by_level):
    pipe.write(line(1, "ERROR", "one") + line(2, "INFO"))
    pipe.kit.advance("3s")
    (record,) = pipe.kit.read("records")
    assert (record.body, record.app, record.uri) == ("one", "shop", "-")
    assert by_level(pipe.kit.read("volumes")) == {"ERROR": 1, "INFO": 1}


def test_half_a_line_is_completed_by_the_next(pipe, line):
    whole = line(1, "ERROR", "in two parts")
    pipe.write(whole[:50])
    pipe.kit.advance("3s")
    pipe.write(whole[50:])
    pipe.kit.advance("3s")
    assert pipe.bodies == ["in two parts"]


def test_a_clock_that_is_set_back_holds_nothing_up(pipe, line):
    pipe.write(line(1, "ERROR", "one"))
    pipe.kit.now -= timedelta(hours=1)
    pipe.kit.advance("3s")
    assert pipe.bodies == ["one"]


def test_the_last_line_counts_without_a_newline_at_the_end(pipe, line):
    pipe.write(line(1, "ERROR", "last")[:-1])
    assert pipe.bodies == []
    pipe.end()
    assert pipe.bodies == ["last"]


def test_it_is_pending_until_the_pipe_has_ended(pipe, line):
    pipe.write(line(1, "ERROR"))
    assert pipe.kit.streamlet("streamlet").pending()
    pipe.end()
    assert not pipe.kit.streamlet("streamlet").pending()


def test_a_failed_commit_loses_nothing(pipe, line):
    pipe.kit.log.fail_commit(OSError("disk"), streamlet="streamlet", times=2)
    pipe.write(line(1, "ERROR", "one") + line(2, "ERROR", "two") + line(3, "INFO"))
    pipe.end()
    assert pipe.bodies == ["one", "two"]


# -- packed input -----------------------------------------------------------------------------------------------

PACKED = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zstd": zstd.compress}


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
@pytest.mark.parametrize("piece", [1, 700, 1 << 16])
def test_packed_input_is_unpacked_however_it_comes(pipe, line, pack, piece):
    data = pack(b"".join(line(n, "ERROR", f"number {n}") for n in range(50)))
    for begin in range(0, len(data), piece):
        os.write(pipe.into, data[begin : begin + piece])
        if begin % 64 == 0:
            pipe.kit.advance("20ms")
    pipe.end()
    assert pipe.bodies == [f"number {n}" for n in range(50)]


def test_packed_input_that_is_cut_short_is_read_as_far_as_it_goes(pipe, line, caplog):
    data = gzip.compress(b"".join(line(n, "ERROR", os.urandom(40).hex()) for n in range(100)))
    pipe.write(data[: len(data) // 2])
    pipe.end()
    assert 20 < len(pipe.bodies) < 80
    assert "standard input is cut short" in caplog.text
    assert not pipe.kit.streamlet("streamlet").pending()


def test_damaged_input_ends_where_it_is_damaged(pipe, line, caplog):
    data = bytearray(gzip.compress(b"".join(line(n, "ERROR", os.urandom(40).hex()) for n in range(100))))
    for place in range(len(data) // 2, len(data)):
        data[place] ^= 0xFF
    pipe.write(bytes(data))
    pipe.end()
    assert "standard input cannot be unpacked beyond" in caplog.text
    assert not pipe.kit.streamlet("streamlet").pending()


def test_a_zip_archive_cannot_be_piped(pipe, caplog):
    pipe.write(b"PK\3\4" + bytes(100))
    assert "standard input is a zip archive" in caplog.text


# -- the journal ------------------------------------------------------------------------------------------------


def entry(second: int, priority: int, message: object, **fields: str) -> bytes:
    """An entry as `journalctl -o json` prints it: no blanks, numbers as text (systemd.journal-fields(7))."""
    whole = {
        "__CURSOR": f"s=1;i={second}",
        "__REALTIME_TIMESTAMP": str(1767614400000000 + second * 1_000_000),
        "PRIORITY": str(priority),
        **fields,
        "MESSAGE": message,
    }
    return json.dumps(whole, separators=(",", ":")).encode() + b"\n"


JOURNAL = b"".join(
    (
        entry(1, 3, "error: kex failed", _SYSTEMD_UNIT="ssh.service", SYSLOG_IDENTIFIER="sshd", _PID="12"),
        entry(2, 6, "session opened", _SYSTEMD_UNIT="ssh.service", SYSLOG_IDENTIFIER="sshd"),
        entry(3, 4, "low on space", SYSLOG_IDENTIFIER="kernel", _TRANSPORT="kernel"),
        entry(4, 2, [98, 97, 100, 255], _SYSTEMD_UNIT="getty@tty1.service"),
        entry(5, 3, "card refused", _SYSTEMD_UNIT="user@1000.service", _SYSTEMD_USER_UNIT="shop.service"),
        entry(6, 3, 'a "_SYSTEMD_UNIT":"x.service" in it', _SYSTEMD_UNIT="session-3.scope", SYSLOG_IDENTIFIER="sudo"),
        entry(7, 3, None, CONTAINER_NAME="web", _SYSTEMD_UNIT="docker.service"),
        entry(8, 5, "nobody's"),
    )
)


@pytest.fixture
def unnamed() -> Iterator[Pipe]:
    pipe = Pipe(app="")
    yield pipe
    for descriptor in (pipe.out, pipe.into):
        if descriptor >= 0:
            os.close(descriptor)


def test_each_entry_of_the_journal_belongs_to_its_unit(unnamed):
    unnamed.write(JOURNAL)
    assert {(each.app, each.level, each.body) for each in unnamed.kit.read("records")} == {
        ("ssh", "ERROR", "error: kex failed"),
        ("kernel", "WARN", "low on space"),
        ("getty", "FATAL", "badÿ"),
        ("shop", "ERROR", "card refused"),
        ("sudo", "ERROR", 'a "_SYSTEMD_UNIT":"x.service" in it'),
        ("web", "ERROR", "(too large for the export)"),
    }
    assert {each.app for each in unnamed.kit.read("volumes")} == {
        "ssh", "kernel", "getty", "shop", "sudo", "web", "stdin",
    }  # fmt: skip


def test_entries_have_their_times_and_fields_and_wait_for_no_other(unnamed):
    unnamed.write(JOURNAL[:150])
    unnamed.write(JOURNAL[150:400])
    (record,) = unnamed.kit.read("records")
    assert record.time == datetime(2026, 1, 5, 12, 0, 1, tzinfo=UTC)
    assert record.logger == "sshd"
    assert record.attributes["_PID"] == "12"


def test_the_journal_is_of_one_application_if_that_is_said(pipe):
    pipe.write(JOURNAL)
    pipe.end()
    assert {each.app for each in pipe.kit.read("volumes")} == {"shop"}
    assert len(pipe.bodies) == 6


def test_an_entry_that_is_cut_short_at_the_end_does_no_harm(unnamed):
    unnamed.write(JOURNAL[:-40])
    unnamed.end()
    assert sum(each.bytes for each in unnamed.kit.read("volumes")) >= 7


def test_the_lowest_level_that_is_kept_can_be_set(line):
    pipe = Pipe(least="INFO")
    pipe.write(line(1, "INFO", "one") + line(2, "DEBUG", "two") + line(3, "WARN", "three"))
    pipe.end()
    assert pipe.bodies == ["one", "three"]


def test_formats_of_ones_own_go_before_the_known_ones(tmp_path):
    (tmp_path / "own.yaml").write_text(
        "formats:\n  - name: shop\n    line: '{time}|{level}|{message}'\n    time: '%d.%m.%Y %H:%M:%S'\n"
        "    levels: {E: ERROR, I: INFO}\n"
    )
    pipe = Pipe(formats=str(tmp_path / "own.yaml"))
    pipe.write(b"05.01.2026 10:00:00|I|fine\n05.01.2026 10:00:01|E|lost\n05.01.2026 10:00:02|I|fine\n")
    pipe.end()
    (record,) = pipe.kit.read("records")
    assert (record.level, record.body, record.time.second) == ("ERROR", "lost", 1)


def test_formats_that_cannot_be_read_are_told_at_the_start(tmp_path):
    with pytest.raises(TailraceError, match=r"the formats in .*none\.yaml' cannot be read: No such file"):
        Pipe(formats=str(tmp_path / "none.yaml"))
