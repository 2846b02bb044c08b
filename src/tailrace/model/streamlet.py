"""Streamlets: named processing steps with typed inlets and outlets, settings, state and timers."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, TypeVar, overload

from tailrace.model.durations import parse_duration
from tailrace.model.fields import DefinitionError
from tailrace.model.ports import Emits, Inlet, Outlet
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
    logger: logging.Logger = field(default_factory=lambda: logging.getLogger("tailrace"))
    volumes: Mapping[str, Path] = field(default_factory=dict)
    wiring: Mapping[str, Any] = field(default_factory=dict)
    """Facts about the neighbours that the plan knows, such as an upstream aggregate's window."""
    count: Callable[..., None] = field(default=lambda name, amount=1: None)
    """Count something of one's own: `count("files", 2)`; shown in the metrics once the step is committed."""


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
        return self if instance is None else instance.context.volumes[self.name]


@dataclass(frozen=True)
class Timer:
    """A handler that is called every `interval`, which is a duration or the name of a duration setting."""

    method: str
    interval: str

    def period(self, streamlet: Streamlet) -> timedelta:
        """The time between two calls, for this instance and its settings."""
        value = streamlet.settings.get(self.interval)
        return value if isinstance(value, timedelta) else parse_duration(self.interval)


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
            **{name: setting.default for name, setting in self.spec.settings.items() if not setting.required},
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

    def on_reject(self) -> None:
        """Called when a step was rolled back: forget what was kept outside of declared state."""


def _read_spec(cls: type[Streamlet]) -> StreamletSpec:
    members = _members(cls)
    inlets = {m.name: m for m in members.values() if isinstance(m, Inlet)}
    outlets = {m.name: m for m in members.values() if isinstance(m, Outlet)}
    marked = [(name, m) for name, m in members.items() if hasattr(m, "__tailrace_timer__")]
    spec = StreamletSpec(
        name=cls.__name__,
        doc=inspect.cleandoc(cls.__doc__ or ""),
        inlets=inlets,
        outlets=outlets,
        settings={n: m for n, m in members.items() if isinstance(m, Setting)},
        volumes={n: m for n, m in members.items() if isinstance(m, Volume)},
        states={n: m for n, m in members.items() if isinstance(m, State)},
        keyed={n: m for n, m in members.items() if isinstance(m, KeyedState)},
        timers=tuple(Timer(name, method.__tailrace_timer__) for name, method in marked),
    )
    _check_spec(cls, spec)
    return spec


def _members(cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        found.update(vars(base))
    return found


def _check_spec(cls: type[Streamlet], spec: StreamletSpec) -> None:
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
            parse_duration(each.interval)


def _check_handler(cls: type[Streamlet], spec: StreamletSpec) -> None:
    if not spec.inlets:
        return
    handler = cls.on_batch
    if handler is Streamlet.on_batch:
        if inspect.isabstract(cls) or not spec.inlets:
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
