"""What a type checker must reject: each line with `# E:` has an error with that code."""

from __future__ import annotations

from datetime import datetime

from tailrace import Batch, Emits, Inlet, Outlet, Record, Setting, State, Streamlet, streamlet


class Reading(Record):
    sensor: str
    celsius: float


class Alarm(Record):
    sensor: str


class Split(Streamlet):
    readings = Inlet(Reading)
    valid = Outlet(Reading)
    limit = Setting(float, default=60.0)
    count = State(int, default=0)

    def on_batch(self, readings: Batch[Reading]) -> Emits:
        yield self.valid(Batch.of(Alarm, []))  # E: arg-type
        yield self.valid([Alarm("a")])  # E: list-item
        yield readings  # E: misc
        self.count = "many"  # E: assignment
        self.count += 0.5  # E: assignment
        limit: int = self.limit  # E: assignment
        del limit


@streamlet
def hot(reading: Reading, *, limit: float = 90.0) -> Alarm | None:
    return Alarm(reading.sensor)


def use(at: datetime) -> None:
    reading = Reading("a", "hot")  # E: arg-type
    reading.celsius = 3.0  # E: misc
    Reading("a")  # E: call-arg
    hot(Alarm("a"))  # E: arg-type
    hot(reading, limit="x")  # E: arg-type
    mixed: Batch[Reading] = Batch.of(Reading, [Alarm("a")])  # E: list-item
    Inlet(int)  # E: type-var
    del mixed
