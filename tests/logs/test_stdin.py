"""Standard input is read as it comes, to its end."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tailrace.logs.stdin import StreamIngestor
from tailrace.testkit.kit import StreamletKit


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
