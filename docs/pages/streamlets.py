"""The streamlets that come with the package, and the kinds that a setting can have."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from datetime import timedelta
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any

import tailrace.connect
import tailrace.logs
from pages.markdown import code, document, table
from tailrace.model.ports import Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.settings import Secret, Setting, Size
from tailrace.model.streamlet import Streamlet


class Colour(Enum):
    """An Enum for the table of kinds."""

    RED = "red"


_KINDS: tuple[tuple[Any, str, str], ...] = (
    (str, "str", "north"),
    (int, "int", "10"),
    (float, "float", "0.5"),
    (bool, "bool", "yes"),
    (re.Pattern, "re.Pattern", "^shop-(?P<app>.+)$"),
    (timedelta, "timedelta", "1m30s"),
    (Size, "Size", "64KiB"),
    (Path, "Path", "/var/log"),
    (Secret, "Secret", "a password"),
    (list[str], "list[str]", "[a, b]"),
    (Colour, "an Enum", "RED"),
)
_ORDER = ("source", "stdin", "ingest", "alerter", "mailer", "printers")


def page() -> str:
    """Every packaged streamlet with its ports and settings."""
    found = sorted(_streamlets(), key=lambda cls: (_place(cls), cls.__name__))
    return document(
        "# Streamlets that come with Tailrace",
        "Name one in a blueprint by its path, as in `printer: tailrace.logs.printers.Printer`. "
        "What every blueprint can also have, the windowed aggregate, is in [blueprint](blueprint.md).",
        *(_section(cls) for cls in found),
        "## Kinds of settings",
        "A setting is declared with a type, and given as text or YAML. "
        "A choice among texts is `Setting(str, choices=(...))`.",
        table(("kind", "declared as", "given as", "is shown as"), map(_kind, _KINDS)),
    )


def _streamlets() -> Iterator[type[Streamlet]]:
    for package in (tailrace.logs, tailrace.connect):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = import_module(info.name)
            for member in vars(module).values():
                if isinstance(member, type) and issubclass(member, Streamlet) and member.__module__ == info.name:
                    yield member


def _place(cls: type[Streamlet]) -> int:
    module = cls.__module__.rpartition(".")[2]
    return _ORDER.index(module) if module in _ORDER else len(_ORDER)


def _section(cls: type[Streamlet]) -> str:
    spec = cls.spec
    ports = [_port("inlet", port) for port in spec.inlets.values()]
    ports += [_port("outlet", port) for port in spec.outlets.values()]
    return document(
        f"## {cls.__module__}.{cls.__name__}",
        f"*{spec.shape.value}* · {spec.doc}",
        table(("port", "", "records", "about"), ports),
        table(("setting", "kind", "default", "about"), map(_setting, spec.settings.values())) if spec.settings else "",
    )


def _port(direction: str, port: Inlet[Any] | Outlet[Any]) -> tuple[str, ...]:
    key = f"parted by `{port.key}`" if isinstance(port, Outlet) and port.key else ""
    name = "any record" if port.record_type is Record else port.record_type.__name__
    return code(port.name), direction, name, "; ".join(each for each in (port.doc, key) if each)


def _setting(setting: Setting[Any]) -> tuple[str, ...]:
    kind = " or ".join(map(code, setting.choices)) if setting.choices else setting.kind
    default = "must be given" if setting.required else code(_shown(setting))
    return code(setting.name), kind, default, setting.help


def _shown(setting: Setting[Any]) -> str:
    if setting.default is None or (isinstance(setting.default, Secret) and not setting.default.reveal()):
        return ""
    if isinstance(setting.default, Size):
        return f"{setting.default >> 20}MiB" if not setting.default % 2**20 else str(setting.default)
    return setting.show(setting.default)


def _kind(row: tuple[Any, str, str]) -> tuple[str, ...]:
    type_, declared, given = row
    setting: Setting[Any] = Setting(type_)
    return setting.kind, code(declared), code(given), code(setting.show(setting.parse(given)))
