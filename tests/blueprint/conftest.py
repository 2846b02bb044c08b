"""A small blueprint that holds, the classes it names, and ways to break it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tailrace.blueprint.loading import LoadFault
from tailrace.blueprint.problems import Problem
from tailrace.blueprint.verify import Refused, Verified, verify_text
from tailrace.model.batch import Batch
from tailrace.model.fields import EventTime
from tailrace.model.ports import Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.settings import Secret, Setting
from tailrace.model.streamlet import Streamlet, Volume

BLUEPRINT = """\
app: sensors
streamlets:
  door: s.Door
  split: {class: s.Split, replicas: 1, settings: {limit: 80}}
  sink: s.Sink
  bin: s.Bin
topics:
  readings: {producers: [door.out], consumers: [split.readings]}
  valid: {producers: [split.valid], consumers: [sink.in]}
  invalid: {producers: [split.invalid], consumers: [bin.in]}
"""


class Reading(Record):
    """One measurement."""

    sensor: str
    celsius: float
    at: EventTime
    tags: list[str]


class Rejected(Record):
    """Something that was no measurement."""

    why: str


class Later:
    """Holds a later form of the record type."""

    class Reading(Record):
        """What a reader wants that knows of humidity, too."""

        sensor: str
        humidity: float


class Door(Streamlet):
    """Lets readings in."""

    out = Outlet(Reading, key="sensor")


class Split(Streamlet):
    """Parts readings by a limit."""

    readings = Inlet(Reading)
    valid = Outlet(Reading, key="sensor")
    invalid = Outlet(Rejected)
    limit = Setting(float, default=60.0, help="greatest plausible reading")

    def on_batch(self, readings: Batch[Reading]) -> None:
        """Nothing; it is never run."""


class Sink(Streamlet):
    """Takes readings."""

    inlet = Inlet(Reading, name="in")

    def on_batch(self, inlet: Batch[Reading]) -> None:
        """Nothing; it is never run."""


class Bin(Streamlet):
    """Takes anything."""

    inlet = Inlet(Record, name="in")

    def on_batch(self, inlet: Batch[Record]) -> None:
        """Nothing; it is never run."""


class Summing(Streamlet):
    """Takes what no reading has."""

    inlet = Inlet(Later.Reading, name="in")

    def on_batch(self, inlet: Batch[Later.Reading]) -> None:
        """Nothing; it is never run."""


class Mixed(Streamlet):
    """Emits what others do not."""

    out = Outlet(Rejected)
    late = Outlet(Reading)
    optional_outlets = frozenset({"late"})


class Picky(Sink):
    """Has settings of all sorts."""

    url = Setting(str, help="where to")
    every = Setting(timedelta, default="10s")
    token = Setting(Secret, default="none")
    names = Setting(list[str], default=["a"])
    mode = Setting(str, default="fast", choices=["fast", "1.10"])


class Locked(Sink):
    """Needs a secret."""

    token = Setting(Secret)


class Keeper(Sink):
    """Needs a directory."""

    data = Volume(help="where files land")
    more = Volume(access="read-only")


class Wary(Sink):
    """Judges what feeds it."""

    top = Setting(float, default=1.0)

    @classmethod
    def check_wiring(cls, settings: Any, wiring: Any) -> Any:
        """The limit upstream must be the top here."""
        (upstream,) = wiring["in"]
        if settings["top"] == 13:
            raise RuntimeError("unlucky")
        if settings["top"] == 0:
            return ["needs no top"]
        limit = upstream.settings["limit"]
        if settings["top"] == limit:
            return []
        return [("top", f"{upstream.streamlet} has the limit {limit}", f"set it to {limit}")]


class Empty(Streamlet):
    """Has no ports."""


CLASSES = {
    f"s.{cls.__name__}": cls
    for cls in (Door, Split, Sink, Bin, Summing, Mixed, Picky, Locked, Keeper, Wary, Empty)
}  # fmt: skip


def load(name: str) -> type[Streamlet] | LoadFault:
    """Finds the classes above; three other names are at fault in three ways."""
    if name == "s.Broken":
        return LoadFault("failed", "importing s failed: ValueError: no luck", "see s.py, line 1")
    if name == "s.Reading":
        return LoadFault("unfit", "s.Reading is a class, which is no streamlet", "derive it from tailrace.Streamlet")
    return CLASSES.get(name) or LoadFault("missing", f"s has no {name!r}", "did you mean another?")


Verify = Callable[..., Verified | Refused]


@pytest.fixture
def blueprint() -> str:
    """A blueprint that holds."""
    return BLUEPRINT


@pytest.fixture
def classes() -> dict[str, type[Streamlet]]:
    """The classes that blueprints can name, by dotted name; `register` more by adding to it."""
    return dict(CLASSES)


@pytest.fixture
def check() -> Verify:
    """Verify a text with the classes above."""

    def run(text: str, **options: Any) -> Verified | Refused:
        return verify_text(text, "b.yaml", **{"load": load, **options})

    return run


@pytest.fixture
def broken(check: Verify) -> Callable[..., Problem]:
    """Replace something in the blueprint, and get the one problem that this makes."""

    def run(old: str, new: str, **options: Any) -> Problem:
        assert old in BLUEPRINT
        result = check(BLUEPRINT.replace(old, new), **options)
        problems = result.problems if isinstance(result, Refused) else result.warnings
        assert len(problems) == 1, [str(each) for each in problems]
        return problems[0]

    return run
