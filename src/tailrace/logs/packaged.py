"""The packaged blueprints, and the variants of them that a command line and a rules file ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from typing import Any, Final

import yaml

from tailrace.logs.rules.reading import check_texts, parse_rule
from tailrace.model.durations import format_duration
from tailrace.model.errors import TailraceError

_LEVELS: Final = ("ANY", "TRACE", "DEBUG", "INFO", "WARN")
"""The lowest levels that rules may ask for, the most first."""


@dataclass(frozen=True)
class Station:
    """A streamlet that a rules file asks for: its name, its class and its settings."""

    name: str
    reference: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ruling:
    """What stands in a rules file, as far as it makes the blueprint another one.

    `path` is where the file is, and `levels` the lowest levels that its rules need in full. `inhibit` is None where
    the file does not speak of it; without `receivers` there is the blueprint's own mailer.
    """

    path: str
    levels: Sequence[str] = ()
    inhibit: Sequence[str] | None = None
    receivers: Sequence[Station] = ()
    reports: Sequence[Station] = ()


def packaged_names() -> list[str]:
    """The names of the blueprints that come with the package."""
    folder = files("tailrace.logs") / "blueprints"
    return sorted(each.name.removesuffix(".yaml") for each in folder.iterdir() if each.name.endswith(".yaml"))


def packaged_text(name: str) -> str:
    """The YAML of a packaged blueprint. Raises TailraceError for a name that none has."""
    if name not in packaged_names():
        raise TailraceError(f"there is no packaged blueprint {name!r}; there are {', '.join(packaged_names())}")
    return (files("tailrace.logs") / "blueprints" / f"{name}.yaml").read_text(encoding="utf-8")


def watch_blueprint(
    rules: Sequence[str],
    settings: Mapping[str, Mapping[str, Any]],
    *,
    ruling: Ruling | None = None,
    lateness: timedelta | None = None,
    stdin: bool = False,
    passing: bool = False,
) -> str:
    """The packaged alerts blueprint for other rules: those given in short form, and those of a rules file.

    `settings` go over those of the blueprint, by streamlet; a mailer is left out when the file names receivers and
    there are no settings for it. With `stdin` the ingestor reads standard input, and there is no source. With `passing`
    topics keep nothing that has been worked off, but for the alerts and the decisions on them. Raises TailraceError for
    a rule that cannot be read.
    """
    draft: dict[str, Any] = yaml.safe_load(packaged_text("alerts"))
    draft["app"] = "watch"
    if stdin:
        draft["streamlets"]["ingest"] = "tailrace.logs.stdin.StreamIngestor"
        del draft["streamlets"]["source"], draft["topics"]["notifications"]
    _set_rules(draft, rules, ruling)
    if ruling is not None:
        _add_receivers(draft, ruling, mailer="mailer" in settings)
        _add_reports(draft, ruling)
    for name, values in settings.items():
        _set(draft, name, values)
    if lateness is not None:
        _set_lateness(draft, lateness)
    if passing:
        for name in draft["topics"].keys() - {"alerts", "decisions", "undelivered"}:
            draft["topics"][name]["retention"] = "0s"
    return yaml.safe_dump(draft, sort_keys=False)


def _set(draft: dict[str, Any], name: str, values: Mapping[str, Any]) -> None:
    entry = draft["streamlets"][name]
    entry = {"class": entry} if isinstance(entry, str) else entry
    draft["streamlets"][name] = {**entry, "settings": {**entry.get("settings", {}), **values}}


def _set_rules(draft: dict[str, Any], rules: Sequence[str], ruling: Ruling | None) -> None:
    """Give the judge its rules, and see that the ingestor keeps in full what they look at."""
    check_texts(list(rules))
    parsed = [parse_rule(rule) for rule in rules]
    draft["streamlets"]["judge"]["settings"]["rules"] = [rule.text for rule in parsed]
    needed = {rule.least for rule in parsed}
    if ruling is not None:
        needed |= set(ruling.levels)
        _set(draft, "judge", {"file": ruling.path})
        if ruling.inhibit is not None:
            _set(draft, "alerter", {"inhibit": list(ruling.inhibit)})
    least = next((level for level in _LEVELS if level in needed), "WARN")
    if least != "WARN":
        _set(draft, "ingest", {"least": least})
        _set(draft, "judge", {"least": least})


def _add_receivers(draft: dict[str, Any], ruling: Ruling, *, mailer: bool) -> None:
    """Put the file's receivers beside the mailer, or in its place; each has a position of its own in the alerts."""
    streamlets, topics = draft["streamlets"], draft["topics"]
    if ruling.receivers and not mailer:
        _disconnect(draft, "mailer")
    for each in ruling.receivers:
        if each.name in streamlets:
            raise TailraceError(
                f"a receiver cannot be called {each.name!r}: that is the name of a streamlet",
                hint=f"choose a name other than {', '.join(sorted(streamlets))}",
            )
        streamlets[each.name] = {"class": each.reference, "settings": dict(each.settings)}
        for topic, port in (("alerts", "alerts"), ("commands", "commands")):
            if topic in topics:
                topics[topic]["consumers"].append(f"{each.name}.{port}")
        for topic in ("decisions", "undelivered"):
            topics[topic]["producers"].append(f"{each.name}.{topic}")


def _add_reports(draft: dict[str, Any], ruling: Ruling) -> None:
    """A reporter for each report; all of them go to every receiver that sends mail, which may pass one over."""
    if not ruling.reports:
        return
    streamlets, topics = draft["streamlets"], draft["topics"]
    mailers = [name for name, entry in streamlets.items() if _is_mailer(entry)]
    topics["reports"] = {"producers": [], "consumers": [f"{name}.reports" for name in mailers], "retention": "90d"}
    for each in ruling.reports:
        streamlets[each.name] = {"class": each.reference, "settings": dict(each.settings)}
        topics["reports"]["producers"].append(f"{each.name}.reports")
        for topic in ("records", "volumes", "alerts"):
            topics[topic]["consumers"].append(f"{each.name}.{topic}")


def _is_mailer(entry: Any) -> bool:
    return (entry if isinstance(entry, str) else entry.get("class")) == "tailrace.logs.mailer.Mailer"


def _disconnect(draft: dict[str, Any], name: str) -> None:
    """Take a streamlet out of the blueprint, and out of all topics."""
    del draft["streamlets"][name]
    for topic in draft["topics"].values():
        for side in ("producers", "consumers"):
            if side in topic:
                topic[side] = [port for port in topic[side] if port.partition(".")[0] != name]


def _set_lateness(draft: dict[str, Any], lateness: timedelta) -> None:
    for entry in draft["streamlets"].values():
        if isinstance(entry, dict) and "aggregate" in entry:
            entry["aggregate"]["lateness"] = format_duration(lateness)
    _set(draft, "judge", {"lateness": format_duration(lateness)})
