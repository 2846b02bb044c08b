"""Streamlets: named processing steps with typed inlets and outlets, settings, state and timers."""

from __future__ import annotations

import inspect
import logging
import typing
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, TypeVar, overload

from tailrace.model.batch import Batch
from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError
from tailrace.model.fields import DefinitionError
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.settings import Setting
from tailrace.model.state import KeyedState, State, Store

H = TypeVar("H", bound=Callable[..., Any])


class Shape(Enum):
    """What a streamlet is in a pipeline, read from its ports."""

    INGRESS = "ingress"
    PROCESSOR = "processor"
    FAN_OUT = "fan-out"
    FAN_IN = "fan-in"
    EGRESS = "egress"


@dataclass
class Context:
    """What a streamlet knows of where and when it runs. `now` is the time of the step at hand, in UTC."""

    name: str = "streamlet"
    app: str = "app"
    replica: int = 0
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    exhaust: bool = False
    """The input that stands now is all there is: read it to its end, wait for nothing."""
    drained: bool = False
    """With `exhaust`: whatever feeds this streamlet has come to its end, so there is nothing more to wait for."""
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("tailrace"))
    volumes: Mapping[str, Path] = field(default_factory=dict)
    wiring: Mapping[str, Any] = field(default_factory=dict)
    """Facts about the neighbours that the plan knows, such as an upstream aggregate's window."""
    count: Callable[..., None] = field(default=lambda *_, **__: None)
    """Count something of one's own: `count("files", 2)`; shown in the metrics once the step is committed."""
    wake: Callable[[], None] | None = None
    """Has the timers called at once, from any thread, as when something happened outside; None in a test kit."""


class Volume:
    """A directory that the blueprint mounts: `data = Volume(help="where files land")`, then `self.data` is a Path."""

    def __init__(self, *, access: str = "read-write", help: str = "") -> None:  # noqa: A002 - as Setting
        self.access = access
        self.help = help
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Volume: ...
    @overload
    def __get__(self, instance: Streamlet, owner: type) -> Path: ...
    def __get__(self, instance: Streamlet | None, owner: type) -> Volume | Path:
        if instance is None:
            return self
        if self.name not in instance.context.volumes:
            raise TailraceError(f"streamlet {instance.context.name!r} has no directory for its volume {self.name!r}")
        return instance.context.volumes[self.name]


@dataclass(frozen=True)
class Timer:
    """A handler that is called every `interval`, which is a duration or the name of a duration setting."""

    method: str
    interval: str

    def period(self, streamlet: Streamlet) -> timedelta:
        """The time between two calls, for this instance and its settings."""
        value = streamlet.settings.get(self.interval)
        period = value if isinstance(value, timedelta) else parse_duration(self.interval)
        if period <= timedelta():
            raise TailraceError(f"{type(streamlet).__name__}.{self.method} cannot be called every {self.interval!r}")
        return period


def timer(interval: str) -> Callable[[H], H]:
    """Call a method again and again: `@timer("1s")`, or `@timer("interval")` to name a duration setting."""

    def mark(method: H) -> H:
        method.__tailrace_timer__ = interval  # type: ignore[attr-defined]
        return method

    return mark


@dataclass(frozen=True)
class StreamletSpec:
    """What a streamlet's class declares; read without making an instance."""

    name: str
    doc: str
    inlets: Mapping[str, Inlet[Any]]
    outlets: Mapping[str, Outlet[Any]]
    settings: Mapping[str, Setting[Any]]
    volumes: Mapping[str, Volume]
    states: Mapping[str, State[Any]]
    keyed: Mapping[str, KeyedState]
    timers: tuple[Timer, ...]

    @property
    def shape(self) -> Shape:
        """Told by the ports alone."""
        if not self.outlets:
            return Shape.EGRESS
        if not self.inlets:
            return Shape.INGRESS
        if len(self.inlets) > 1:
            return Shape.FAN_IN
        return Shape.PROCESSOR if len(self.outlets) == 1 else Shape.FAN_OUT


class Streamlet:
    """The base of streamlets written as classes.

    Declare ports, settings, state and volumes as class attributes; write `on_batch` with one parameter for each
    inlet, and methods marked with `@timer`. Handlers run one at a time, each in a step that is committed as a whole.
    """

    spec: ClassVar[StreamletSpec]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.spec = _read_spec(cls)

    def __init__(self, settings: Mapping[str, Any] | None = None, context: Context | None = None) -> None:
        self.settings = {
            **{name: copy(setting.default) for name, setting in self.spec.settings.items() if not setting.required},
            **(settings or {}),
        }
        missing = [name for name in self.spec.settings if name not in self.settings]
        if missing:
            raise DefinitionError(f"streamlet {self.spec.name} needs the setting {missing[0]!r}, which was not given")
        self.context = context or Context()
        self.restore({})

    def restore(self, saved: Mapping[str, bytes]) -> None:
        """Take over saved state. Called before `on_start`."""
        self.store = Store(self.spec.states, self.spec.keyed, saved)

    def on_start(self) -> None:
        """Called once before the first step: open what must be opened."""

    def on_stop(self) -> None:
        """Called once after the last step, also when a step failed: close what was opened."""

    def on_batch(self, *args: Any, **batches: Any) -> Emits | None:
        """Called with the records that have come in, one keyword for each inlet; a subclass names them."""
        raise NotImplementedError

    def pending(self) -> bool:
        """Whether something is held that a timer will give out soon: a pipeline is not idle before that."""
        return False

    def on_reject(self) -> None:
        """Called when a step was rolled back: forget what was kept outside of declared state."""


def _read_spec(cls: type[Streamlet]) -> StreamletSpec:
    members = _members(cls)
    inlets = _ports(cls, [m for m in members.values() if isinstance(m, Inlet)])
    outlets = _ports(cls, [m for m in members.values() if isinstance(m, Outlet)])
    spec = StreamletSpec(
        name=cls.__name__,
        doc=inspect.cleandoc(cls.__doc__ or ""),
        inlets=inlets,
        outlets=outlets,
        settings={n: m for n, m in members.items() if isinstance(m, Setting)},
        volumes={n: m for n, m in members.items() if isinstance(m, Volume)},
        states={n: m for n, m in members.items() if isinstance(m, State)},
        keyed={n: m for n, m in members.items() if isinstance(m, KeyedState)},
        timers=_timers(cls, members),
    )
    _check_spec(cls, spec)
    return spec


def _members(cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        found.update(vars(base))
    return found


P = TypeVar("P", Inlet[Any], Outlet[Any])


def _ports(cls: type, ports: list[P]) -> dict[str, P]:
    found: dict[str, P] = {}
    for port in ports:
        if port.name in found:
            raise DefinitionError(f"streamlet {cls.__name__} has two ports called {port.name!r}")
        found[port.name] = port
    return found


def _timers(cls: type, members: Mapping[str, Any]) -> tuple[Timer, ...]:
    """The marked methods; one that a subclass writes anew stays a timer without being marked again."""
    found = []
    for name, member in members.items():
        marks = [vars(base)[name] for base in cls.__mro__ if name in vars(base)]
        interval = next((each.__tailrace_timer__ for each in marks if hasattr(each, "__tailrace_timer__")), None)
        if interval is not None and callable(member):
            found.append(Timer(name, interval))
    return tuple(found)


def _check_spec(cls: type[Streamlet], spec: StreamletSpec) -> None:
    _check_names(cls)
    shared = set(spec.inlets) & set(spec.outlets)
    if shared:
        raise DefinitionError(f"streamlet {cls.__name__} has an inlet and an outlet of one name: {sorted(shared)[0]!r}")
    _check_handler(cls, spec)
    for each in spec.timers:
        setting = spec.settings.get(each.interval)
        if setting is not None and setting.kind != "duration":
            raise DefinitionError(
                f"{cls.__name__}.{each.method}: its timer names the setting {each.interval!r}, no duration"
            )
        if setting is None:
            _check_interval(cls, each)


def _check_interval(cls: type[Streamlet], each: Timer) -> None:
    try:
        period = parse_duration(each.interval)
    except TailraceError as error:
        raise DefinitionError(
            f"{cls.__name__}.{each.method}: its timer is neither a setting nor a duration: {error}", hint=error.hint
        ) from None
    if period <= timedelta():
        raise DefinitionError(f"{cls.__name__}.{each.method}: a timer cannot go every {each.interval!r}")


def _check_names(cls: type[Streamlet]) -> None:
    """A declaration must not take the place of what every streamlet has."""
    for name, member in vars(cls).items():
        if name in _TAKEN and isinstance(member, Inlet | Outlet | Setting | State | KeyedState | Volume):
            raise DefinitionError(f"streamlet {cls.__name__}: {name!r} is a name that every streamlet uses itself")


def _check_handler(cls: type[Streamlet], spec: StreamletSpec) -> None:
    if not spec.inlets:
        return
    handler = cls.on_batch
    if handler is Streamlet.on_batch:
        if inspect.isabstract(cls):
            return
        raise DefinitionError(f"streamlet {cls.__name__} has inlets, but no on_batch to take their batches")
    parameters = list(inspect.signature(handler).parameters.values())[1:]
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters):
        return
    needed = {inlet.attribute for inlet in spec.inlets.values()}
    given = {parameter.name for parameter in parameters}
    if needed != given:
        raise DefinitionError(
            f"{cls.__name__}.on_batch takes ({', '.join(sorted(given))}), "
            f"but its inlets are ({', '.join(sorted(needed))})",
            hint="name one parameter after each inlet",
        )
    if any(parameter.kind is inspect.Parameter.POSITIONAL_ONLY for parameter in parameters):
        raise DefinitionError(f"{cls.__name__}.on_batch takes its batches by name, so no '/' can stand behind them")
    _check_batch_types(cls, spec)


def _check_batch_types(cls: type[Streamlet], spec: StreamletSpec) -> None:
    """What no type checker sees: that the parameter named after an inlet is a batch of the inlet's records."""
    try:
        hints = typing.get_type_hints(cls.on_batch)
    except (NameError, TypeError):  # a name that is known later, or to the type checker only
        return
    for inlet in spec.inlets.values():
        hint = hints.get(inlet.attribute)
        (record,) = typing.get_args(hint)[:1] or (None,)
        if typing.get_origin(hint) is not Batch or not isinstance(record, type) or not issubclass(record, Record):
            continue
        if not issubclass(inlet.record_type, record):
            raise DefinitionError(
                f"{cls.__name__}.on_batch takes {inlet.attribute!r} as a batch of {record.__name__}, "
                f"but the inlet's records are {inlet.record_type.__name__}"
            )


_TAKEN = frozenset({"settings", "context", "store", "spec", *(name for name in vars(Streamlet) if name[0] != "_")})
