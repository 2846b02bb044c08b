"""Tailrace: typed streaming pipelines, and log alerts by e-mail within seconds.

The names that a streamlet's author needs are exported here. Nothing inside the package imports this root. Each name is
imported when it is first asked for, so that `tailrace --help` does not wait for data libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tailrace.model.avsc import load_avsc
    from tailrace.model.batch import Batch
    from tailrace.model.errors import TailraceError, Transient
    from tailrace.model.fields import Alias, Digits, Doc, EventTime, Float32, Int32, Millis
    from tailrace.model.functions import streamlet
    from tailrace.model.ports import CHECKPOINT, Emits, Inlet, Outlet
    from tailrace.model.record import Record
    from tailrace.model.settings import Help, Secret, Setting, Size
    from tailrace.model.state import KeyedState, State
    from tailrace.model.streamlet import Context, Streamlet, Volume, timer

__all__ = [
    "Alias",
    "Batch",
    "CHECKPOINT",
    "Context",
    "Digits",
    "Doc",
    "Emits",
    "EventTime",
    "Float32",
    "Help",
    "Inlet",
    "Int32",
    "KeyedState",
    "Millis",
    "Outlet",
    "Record",
    "Secret",
    "Setting",
    "Size",
    "State",
    "Streamlet",
    "TailraceError",
    "Transient",
    "Volume",
    "load_avsc",
    "streamlet",
    "timer",
]

_HOMES = {
    "avsc": ("load_avsc",),
    "batch": ("Batch",),
    "errors": ("TailraceError", "Transient"),
    "fields": ("Alias", "Digits", "Doc", "EventTime", "Float32", "Int32", "Millis"),
    "functions": ("streamlet",),
    "ports": ("CHECKPOINT", "Emits", "Inlet", "Outlet"),
    "record": ("Record",),
    "settings": ("Help", "Secret", "Setting", "Size"),
    "state": ("KeyedState", "State"),
    "streamlet": ("Context", "Streamlet", "Volume", "timer"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"tailrace.model.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'tailrace' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
