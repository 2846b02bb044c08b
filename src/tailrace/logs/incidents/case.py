"""What is known of one rule and one group: what is open, what has ended but is still to be told, the past. Pure.

Times are of two kinds. `opened`, `since` and `until` are the logs' own. `began`, `touched`, `waits`, `hold`, `told_at`
and all that people did are times of day.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from hashlib import blake2b
from typing import Final

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from tailrace.logs.records import Crossing

_CONFIG: Final = ConfigDict(ser_json_inf_nan="constants")


@dataclass(frozen=True)
class Acknowledgement:
    """Somebody knows of an incident; `value` is what it had come to by then."""

    who: str
    reason: str
    at: datetime
    value: float


@dataclass(frozen=True)
class Mute:
    """Why an incident is not told although there is something to tell: `kind` is silence, pattern or inhibition.

    `key` names what mutes it, so that it can be looked at again when that ends; `reason` is a clause for people.
    """

    kind: str
    key: str
    reason: str


@dataclass(frozen=True)
class End:
    """How an incident ended, at a time of day: `who` is empty unless somebody resolved it by hand."""

    at: datetime
    who: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Said:
    """The last recorded decision not to tell: of which kind, when, and how long the next of that kind is withheld."""

    kind: str
    at: datetime
    pause: float


@dataclass(frozen=True, config=_CONFIG)
class Incident:
    """One incident: the worst crossing and the latest, what was told of it, and what people did about it.

    `since` and `until` bound its windows. `waits` is until when something to tell waits for what explains it. `told` is
    the value told last, None as long as nobody was told; `base` the first that was; `step` how many steps of growth
    people know of; `hold` until when an incident that opened soon after another is not told.
    """

    id: str
    opened: datetime
    peak: Crossing
    latest: Crossing
    since: datetime
    until: datetime
    began: datetime
    touched: datetime
    waits: datetime | None = None
    hold: datetime | None = None
    told: float | None = None
    base: float = 0.0
    step: int = 0
    told_at: datetime | None = None
    repeats: int = 0
    sequence: int = 0
    severity: str = ""
    again: int = 0
    acknowledged: Acknowledgement | None = None
    mute: Mute | None = None
    end: End | None = None
    said: Said | None = None


@dataclass(frozen=True)
class Stretch:
    """A stretch of trouble that is over, in the logs' own time. By hand: windows that begin in it belong to it too."""

    since: datetime
    until: datetime
    by_hand: bool = False


@dataclass(frozen=True, config=_CONFIG)
class Case:
    """What is known of one rule and one group.

    `past` has the latest stretches that are over. `told_last` is the time, in the logs' own time, of what was told last
    of an incident that was open; `untold` counts incidents since then that came and went without anybody being told.
    """

    open: Incident | None = None
    ended: list[Incident] = field(default_factory=list)
    past: list[Stretch] = field(default_factory=list)
    told_last: datetime | None = None
    untold: int = 0
    idle: datetime | None = None


_ADAPTER: Final = TypeAdapter(Case)


def load_case(entry: bytes) -> Case:
    """The case of a saved entry."""
    return _ADAPTER.validate_json(entry)


def dump_case(case: Case) -> bytes:
    """The entry that holds a case."""
    return _ADAPTER.dump_json(case)


def case_key(crossing: Crossing) -> str:
    """What there is one case, and at most one open incident, of: a rule, and the values of what it goes by."""
    return json.dumps([crossing.rule, crossing.app, _sorted(crossing.group)], ensure_ascii=False)


def incident_id(crossing: Crossing) -> str:
    """Names an incident by its rule, its group and its first window: the same records give the same name."""
    parts = [case_key(crossing), crossing.window_start.isoformat(), crossing.window_end.isoformat()]
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _sorted(group: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted(group.items())
