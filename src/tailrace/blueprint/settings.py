"""The settings of streamlets: who gives a value, who wins, and where each value came from.

Precedence: `--set`, then the environment, then a config file, then the blueprint, then the default. All four are
arguments; nothing here looks at the process or the disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as Listing
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tailrace.blueprint.faults.values import (
    AmbiguousVariable,
    MalformedSet,
    MissingSetting,
    SettingOfUnknownStreamlet,
    UndeclaredSetting,
    UnknownVariable,
    WrongSetting,
)
from tailrace.blueprint.fields import Fields
from tailrace.blueprint.loading import Loaded
from tailrace.blueprint.problems import Place, Problem
from tailrace.blueprint.source import Mapping as Entries
from tailrace.blueprint.source import Node, Scalar, Sequence, read_source, to_python
from tailrace.model.settings import InvalidSetting, Setting

PREFIX = "TAILRACE_"
_TEXTUAL = frozenset({"string", "secret", "path", "regex", "duration", "size"})


@dataclass(frozen=True)
class Assignment:
    """A value for `streamlet.setting`, as it was given: a YAML node, or a text.

    `place` is the value's, `setting_place` and `streamlet_place` are those of the two names.
    """

    streamlet: str
    setting: str
    raw: Node | str
    place: Place
    setting_place: Place
    streamlet_place: Place

    @property
    def origin(self) -> str:
        """Where the value comes from, in words."""
        return str(self.place)


@dataclass(frozen=True)
class Sources:
    """What gives settings beside the blueprint, the strongest first; and what is wrong with how it is written."""

    overrides: tuple[Assignment, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    config: tuple[Assignment, ...] = ()
    problems: tuple[Problem, ...] = ()


def read_sources(
    *,
    sets: Listing[str] = (),
    environment: Mapping[str, str] | None = None,
    config: str | None = None,
    config_file: str = "config",
) -> Sources:
    """Read `--set` texts, environment variables, and the text of a config file (named `config_file` in places)."""
    problems: list[Problem] = []
    overrides = [found for text in sets if (found := _read_set(text, problems)) is not None]
    assignments = () if config is None else _read_config(config, config_file, problems)
    ours = {name: value for name, value in (environment or {}).items() if name.startswith(PREFIX)}
    return Sources(tuple(overrides), ours, assignments, tuple(problems))


def variable_name(streamlet: str, setting: str) -> str:
    """The environment variable of a setting: `TAILRACE_SPLIT_LIMIT`."""
    return f"{PREFIX}{streamlet}_{setting}".upper().replace("-", "_")


@dataclass(frozen=True)
class Settled:
    """A streamlet's settings. `complete` is false when one is missing or wrong, and `values` then lacks it."""

    values: Mapping[str, Any]
    places: Mapping[str, Place]
    origins: Mapping[str, str]
    complete: bool


def settle(streamlets: Mapping[str, Loaded], sources: Sources, problems: list[Problem]) -> dict[str, Settled]:
    """The settings of every streamlet, by precedence; what is wrong with any given value, overruled or not."""
    given = _gather(streamlets, sources, problems)
    return {name: _settle_one(each, given[name], problems) for name, each in streamlets.items()}


def check_streamlet_names(names: Iterable[str], sources: Sources, problems: list[Problem]) -> None:
    """Values must be for streamlets that are in the blueprint."""
    known = tuple(names)
    for each in (*sources.overrides, *sources.config):
        if each.streamlet not in known:
            problems.append(SettingOfUnknownStreamlet(each.streamlet_place, each.streamlet, known))


def _read_set(text: str, problems: list[Problem]) -> Assignment | None:
    target, equals, value = text.partition("=")
    streamlet, dot, setting = target.strip().partition(".")
    place = Place(f"--set {target.strip()}" if equals else "--set")  # never the value: it may be a secret
    if not equals:
        shown = re.split(r"[^\w.-]", text)[0]  # and no more: what follows may be a secret
        problems.append(MalformedSet(place, f"{shown!r} has no '=' behind it"))
    elif not dot:
        problems.append(MalformedSet(place, f"{target!r} names no setting of a streamlet"))
    elif not streamlet or not setting or "." in setting:
        problems.append(MalformedSet(place, f"{target!r} is not <streamlet>.<setting>"))
    else:
        return Assignment(streamlet, setting, value, place, place, place)
    return None


def _read_config(text: str, file: str, problems: list[Problem]) -> tuple[Assignment, ...]:
    source = read_source(text, file)
    problems.extend(source.problems)
    found = []
    for streamlet in Fields(source.root, "the config file", problems, may_be_empty=True).mapping:
        what = f"the config of streamlet {streamlet.key!r}"
        for each in Fields(streamlet.value, what, problems, may_be_empty=True).mapping:
            node = each.value
            found.append(Assignment(streamlet.key, each.key, node, node.place, each.place, streamlet.place))
    return tuple(found)


def _gather(
    streamlets: Mapping[str, Loaded], sources: Sources, problems: list[Problem]
) -> dict[str, list[list[Assignment]]]:
    """For each streamlet, the assignments of each source; the strongest source first, the strongest within it last."""
    variables = _from_environment(streamlets, sources.environment, problems)
    blueprint = [
        Assignment(name, entry.key, entry.value, entry.value.place, entry.place, each.draft.place)
        for name, each in streamlets.items()
        for entry in each.draft.settings
    ]
    levels: tuple[Iterable[Assignment], ...] = (sources.overrides, variables, sources.config, blueprint)
    return {name: [[a for a in level if a.streamlet == name] for level in levels] for name in streamlets}


def _from_environment(
    streamlets: Mapping[str, Loaded], environment: Mapping[str, str], problems: list[Problem]
) -> list[Assignment]:
    named: dict[str, list[tuple[str, str]]] = {}
    for name, each in streamlets.items():
        for setting in each.streamlet_class.spec.settings:
            named.setdefault(variable_name(name, setting), []).append((name, setting))
    found = []
    for variable, value in sorted(environment.items()):
        place, targets = Place(f"environment {variable}"), named.get(variable, [])
        if len(targets) == 1:
            found.append(Assignment(*targets[0], value, place, place, place))
        elif targets:
            problems.append(AmbiguousVariable(place, variable, tuple(f"{name}.{setting}" for name, setting in targets)))
        elif any(variable.startswith(variable_name(name, "")) for name in streamlets):
            problems.append(UnknownVariable(place, variable, tuple(named)))
    return found


def _settle_one(each: Loaded, levels: list[list[Assignment]], problems: list[Problem]) -> Settled:
    declared = each.streamlet_class.spec.settings
    values: dict[str, Any] = {}
    places: dict[str, Place] = {}
    origins: dict[str, str] = {}
    faults: list[Problem] = []
    for assignment in (a for level in reversed(levels) for a in level):  # the weakest first: the strongest stays
        setting = declared.get(assignment.setting)
        if setting is None:
            known = tuple(declared)
            faults.append(UndeclaredSetting(assignment.setting_place, each.name, assignment.setting, known))
            continue
        places[setting.name], origins[setting.name] = assignment.place, assignment.origin
        try:
            values[setting.name] = setting.parse(_raw(setting, assignment.raw))
        except InvalidSetting as error:
            detail, hint = _told(setting, assignment.raw, error)
            faults.append(WrongSetting(assignment.place, each.name, setting.name, detail, hint))
    for name, setting in declared.items():
        if name not in origins and setting.required:
            faults.append(_missing(each, setting))
        elif name not in origins:
            values[name], origins[name] = setting.default, "default"
    problems.extend(faults)
    ordered = {name: values[name] for name in declared if name in values}
    return Settled(ordered, places, {name: origins[name] for name in ordered}, complete=not faults)


def _missing(each: Loaded, setting: Setting[Any]) -> Problem:
    variable = variable_name(each.name, setting.name)
    return MissingSetting(
        each.draft.place, each.name, setting.name, setting.kind, setting.help, setting.kind == "secret", variable
    )


def _raw(setting: Setting[Any], raw: Node | str) -> Any:
    """What the setting parses. A text is taken as it is written: `1.10` is not `1.1`."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, Scalar) and raw.value is not None:
        enum = isinstance(setting.type, type) and issubclass(setting.type, Enum)
        textual = setting.kind in _TEXTUAL or (setting.kind == "choice" and not enum)
        return raw.text if textual else raw.value
    if isinstance(raw, Sequence) and setting.kind == "list":
        return [i.text if isinstance(i, Scalar) and i.value is not None else to_python(i) for i in raw.items]
    return to_python(raw)


def _told(setting: Setting[Any], raw: Node | str, error: InvalidSetting) -> tuple[str, str | None]:
    """The error's sentence and hint; for a secret, one that does not quote what came."""
    if setting.kind == "secret":
        came = "a mapping" if isinstance(raw, Entries) else "a list" if isinstance(raw, Sequence) else "another value"
        return f"needs a text that fits, but {came} came (not shown)", None
    if isinstance(raw, Scalar) and raw.value is None:
        return f"is given, but empty; it needs a value of the kind {setting.kind}", None
    message = str(error)
    return (message if message.startswith("needs ") else f"does not fit: {message}"), error.hint
