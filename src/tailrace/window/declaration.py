"""The declaration of a windowed aggregate: pure data, read from a blueprint and computed by any engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar

from tailrace.model.durations import format_duration, parse_duration
from tailrace.model.errors import TailraceError
from tailrace.model.names import did_you_mean
from tailrace.window.assignment import Windows
from tailrace.window.faults import Fault

KEYS: Final = ("window", "hop", "by", "lateness", "where", "measures")
ELSEWHERE: Final = ("inlet", "outlet")
MOST_WINDOWS: Final = 10_000
_MILLISECOND: Final = timedelta(milliseconds=1)
_DURATION_HINT: Final = "write a duration such as 30s, 1m or 1h30m"


@dataclass(frozen=True)
class AggregateDeclaration:
    """A windowed aggregate: windows of `window` every `hop` (None: end to end), one row for each set of keys `by`.

    `measures` maps a column of the result to an SQL expression, `where` says which records take part at all, and
    `lateness` how far a record may lie behind the greatest event time seen before its windows close.
    """

    window: timedelta
    hop: timedelta | None = None
    by: tuple[str, ...] = ()
    lateness: timedelta = timedelta()
    measures: dict[str, str] = field(default_factory=dict)
    where: str | None = None

    @property
    def windows(self) -> Windows:
        """The windows, as arithmetic."""
        return Windows.of(self.window, self.hop)


def parse_declaration(mapping: Mapping[str, object]) -> AggregateDeclaration | list[Fault]:
    """Read a declaration from a blueprint's mapping, or find every fault in its form.

    `inlet` and `outlet` are passed over: they are resolved elsewhere. Names and types are `check_declaration`'s matter.
    """
    faults = [_unknown(key) for key in mapping if key not in (*KEYS, *ELSEWHERE)]
    reader = _Reader(mapping, faults)
    declaration = AggregateDeclaration(
        window=reader.read("window", _duration) or timedelta(),
        hop=reader.read("hop", _duration),
        by=reader.read("by", _names) or (),
        lateness=reader.read("lateness", _duration) or timedelta(),
        measures=reader.read("measures", _measures) or {},
        where=reader.read("where", _text),
    )
    faults += [Fault((key,), f"{key} is missing", hint) for key, hint in _NEEDED.items() if mapping.get(key) is None]
    return faults or declaration


_NEEDED: Final = {"window": _DURATION_HINT, "measures": "name at least one, as in n: count()"}


def _unknown(key: object) -> Fault:
    if key == "session":
        return Fault(("session",), "session windows are not supported", "use window, with hop where windows overlap")
    return Fault(
        (str(key),), f"{str(key)!r} is no part of an aggregate", did_you_mean(str(key), (*KEYS, *ELSEWHERE), "key")
    )


_T = TypeVar("_T")


@dataclass(frozen=True)
class _Reader:
    mapping: Mapping[str, object]
    faults: list[Fault]

    def read(self, key: str, convert: Callable[[object], _T | list[Fault]]) -> _T | None:
        """The value under the key, converted; None when it is missing or at fault, which is then noted."""
        value = self.mapping.get(key)
        if value is None:
            return None
        result = convert(value)
        if isinstance(result, list):
            self.faults.extend(fault.under(key) for fault in result)
            return None
        return result


def _duration(value: object) -> timedelta | list[Fault]:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        return [Fault((), f"a duration is needed, {value!r} came", _DURATION_HINT)]
    try:
        return parse_duration(value)
    except TailraceError as error:
        return [Fault((), str(error), error.hint)]


def _names(value: object) -> tuple[str, ...] | list[Fault]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return [Fault((), f"a list of column names is needed, {value!r} came", "as in by: [sensor]")]
    return tuple(names)


def _measures(value: object) -> dict[str, str] | list[Fault]:
    if not isinstance(value, Mapping):
        return [Fault((), f"a mapping of names to expressions is needed, {value!r} came", "as in {n: count()}")]
    faults = [
        Fault((str(name),), f"an SQL expression is needed, {sql!r} came", "as in max(celsius)")
        for name, sql in value.items()
        if not isinstance(sql, str)
    ]
    return faults or {str(name): sql for name, sql in value.items()}


def _text(value: object) -> str | list[Fault]:
    return (
        value
        if isinstance(value, str)
        else [Fault((), f"an SQL condition is needed, {value!r} came", "as in level = 'ERROR'")]
    )


def window_faults(declaration: AggregateDeclaration) -> list[Fault]:
    """What is wrong with the durations: they are whole milliseconds, the hop no longer than the window."""
    durations = {"window": declaration.window, "hop": declaration.hop, "lateness": declaration.lateness}
    faults = [
        Fault(
            (key,),
            f"{key} has to be whole milliseconds{'' if key == 'lateness' else ' and more than none'}",
            _DURATION_HINT,
        )
        for key, value in durations.items()
        if value is not None and (value % _MILLISECOND or value < timedelta() or (key != "lateness" and not value))
    ]
    if faults or declaration.hop is None:
        return faults
    window, hop = format_duration(declaration.window), format_duration(declaration.hop)
    if declaration.hop > declaration.window:
        return [
            Fault(("hop",), f"the hop {hop} is longer than the window {window}: records between windows would be lost")
        ]
    if declaration.windows.most > MOST_WINDOWS:
        sentence = f"every record would be in {declaration.windows.most} windows; {MOST_WINDOWS} is the most"
        return [Fault(("hop",), sentence, f"make the hop longer than {hop}")]
    return []
