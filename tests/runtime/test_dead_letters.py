"""Records set aside, with their reasons."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from tailrace.log.contract import Slice, TopicPartition
from tailrace.model.batch import Batch
from tailrace.model.dead_letter import DeadLetter
from tailrace.runtime.dead_letters import dead_letter
from tailrace.runtime.inbound import Source

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def letter(rt: Any) -> Any:
    source = Source("in", "inlet", "a", rt.Number, rt.Number, (TopicPartition("t.a", 2),))
    record = Batch.of(rt.Number, [rt.Number(n=-1, text="x")]).arrow

    def write(error: BaseException, arrow: pa.RecordBatch = record) -> DeadLetter:
        made = dead_letter("pass", source, Slice("t.a", 2, 17, arrow), error, NOW)
        return next(Batch.from_arrow(DeadLetter, made).records())

    return write


def test_a_dead_letter_tells_where_the_record_stood_by_the_topics_name_in_the_blueprint(letter: Any) -> None:
    assert letter(ValueError("negative")) == DeadLetter(
        streamlet="pass",
        inlet="in",
        topic="a",
        partition=2,
        offset=17,
        reason="negative",
        error="ValueError",
        payload=b'{"n": -1, "text": "x"}',
        at=NOW,
    )


def test_an_error_without_words_is_told_by_its_name(letter: Any) -> None:
    assert letter(ValueError()).reason == "ValueError"


def test_a_reason_may_name_a_file_whose_name_is_no_text(letter: Any) -> None:
    assert letter(ValueError("cannot read caf\udce9.log")).reason == r"cannot read caf\udce9.log"


def test_a_long_reason_is_cut(letter: Any) -> None:
    assert len(letter(ValueError("x" * 10_000)).reason) == 2000


def test_a_record_that_cannot_be_shown_is_set_aside_all_the_same(letter: Any) -> None:
    broken = pa.StringArray.from_buffers(1, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe"))

    assert letter(ValueError("no text"), pa.RecordBatch.from_arrays([broken], ["text"])).payload == b""
