"""The packaged blueprints, and the variants of them that a command line asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import timedelta
from importlib.resources import files
from math import gcd
from typing import Any

import yaml

from tailrace.logs.rules import hop_of, parse_rule
from tailrace.model.durations import format_duration
from tailrace.model.errors import TailraceError


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
    lateness: timedelta | None = None,
    stdin: bool = False,
    passing: bool = False,
) -> str:
    """The packaged alerts blueprint for other rules: an aggregate for each length of window among them.

    `settings` go over those of the blueprint, by streamlet. With `stdin` the ingestor reads standard input, and there
    is no source. With `passing` topics keep nothing that has been worked off, but for the alerts. Raises TailraceError
    for a rule that cannot be read.
    """
    draft: dict[str, Any] = yaml.safe_load(packaged_text("alerts"))
    draft["app"] = "watch"
    if stdin:
        draft["streamlets"]["ingest"] = "tailrace.logs.stdin.StreamIngestor"
        del draft["streamlets"]["source"], draft["topics"]["notifications"]
    parsed = [parse_rule(rule) for rule in rules]
    _set_windows(draft, sorted({rule.window for rule in parsed}))
    draft["streamlets"]["alerter"]["settings"]["rules"] = [rule.text for rule in parsed]
    for name, values in settings.items():
        entry = draft["streamlets"][name]
        entry = {"class": entry} if isinstance(entry, str) else entry
        draft["streamlets"][name] = {**entry, "settings": {**entry.get("settings", {}), **values}}
    if lateness is not None:
        _set_lateness(draft, lateness)
    if passing:
        for name in draft["topics"].keys() - {"alerts"}:
            draft["topics"][name]["retention"] = "1s"
    return yaml.safe_dump(draft, sort_keys=False)


def _set_windows(draft: dict[str, Any], windows: list[timedelta]) -> None:
    """Put one aggregate for each length in the place of `stats`; all of them write the same topics."""
    pattern = draft["streamlets"].pop("stats")
    names = {window: f"stats-{format_duration(window)}" for window in windows}
    for window, name in names.items():
        entry = deepcopy(pattern)
        entry["aggregate"] |= {"window": format_duration(window), "hop": format_duration(hop_of(window))}
        draft["streamlets"][name] = entry
    seconds = gcd(*(int(hop_of(window).total_seconds()) for window in windows))
    draft["streamlets"]["causes"]["aggregate"]["window"] = f"{seconds}s"
    topics = draft["topics"]
    topics["volumes"]["consumers"] = [f"{name}.in" for name in names.values()]
    topics["stats"]["producers"] = [f"{name}.out" for name in names.values()]
    topics["late-volumes"]["producers"] = [f"{name}.late" for name in names.values()]


def _set_lateness(draft: dict[str, Any], lateness: timedelta) -> None:
    for entry in draft["streamlets"].values():
        if isinstance(entry, dict) and "aggregate" in entry:
            entry["aggregate"]["lateness"] = format_duration(lateness)
