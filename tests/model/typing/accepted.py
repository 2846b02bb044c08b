"""What a type checker must accept: the public API as an author uses it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, assert_type

from tailrace import (
    CHECKPOINT,
    Alias,
    Batch,
    Digits,
    Doc,
    Emits,
    EventTime,
    Float32,
    Help,
    Inlet,
    Int32,
    KeyedState,
    Outlet,
    Record,
    Secret,
    Setting,
    Size,
    State,
    Streamlet,
    Volume,
    streamlet,
    timer,
)


class Reading(Record, namespace="sensors"):
    sensor: Annotated[str, Doc("which"), Alias("name")]
    celsius: float
    at: EventTime
    raw: Int32 = 0
    small: Float32 = 0.0
    note: str | None = None


class Alarm(Record):
    sensor: str
    celsius: float


class Split(Streamlet):
    readings = Inlet(Reading)
    valid = Outlet(Reading, key="sensor")
    alarms = Outlet(Alarm)
    limit = Setting(float, default=60.0)
    whole = Setting(float, default=60)
    every = Setting(timedelta, default="10s")
    size = Setting(Size, default="64KiB")
    password = Setting(Secret)
    words = Setting(list[str], default=[])
    maybe = Setting(Path, default=None)
    count = State(int, default=0)
    seen = State(dict[str, int], factory=dict)
    panes = KeyedState()
    data = Volume(help="where files land")

    def on_batch(self, readings: Batch[Reading]) -> Emits:
        assert_type(self.limit, float)
        assert_type(self.whole, float)
        assert_type(self.every, timedelta)
        assert_type(self.size, Size)
        assert_type(self.password.reveal(), str)
        assert_type(self.words, list[str])
        assert_type(self.maybe, Path | None)
        assert_type(self.count, int)
        assert_type(self.seen, dict[str, int])
        assert_type(self.panes["k"], bytes)
        assert_type(self.data, Path)
        self.count += len(readings)
        yield self.valid(readings)
        yield CHECKPOINT
        yield self.alarms(Alarm(each.sensor, each.celsius) for each in readings.records())
        yield self.alarms(Batch.of(Alarm, []))

    @timer("every")
    def flush(self) -> Emits:
        yield CHECKPOINT


@streamlet
def hot(reading: Reading, *, limit: Annotated[float, Help("degrees Celsius")] = 90.0) -> Alarm | None:
    return Alarm(reading.sensor, reading.celsius) if reading.celsius > limit else None


@streamlet(key="sensor", every="5s")
def tick() -> Iterator[Alarm]:
    yield Alarm("a", 1.0)


def use(at: datetime) -> None:
    reading = Reading("a", 1.0, at, note="n")
    assert_type(reading.note, str | None)
    assert_type(hot(reading, limit=3), Alarm | None)
    assert_type(list(tick()), list[Alarm])
    assert_type(list(Batch.of(Reading, [reading]).records()), list[Reading])
    Digits(10, 2)
