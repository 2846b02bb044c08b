"""From a blueprint's text to a plan, within a test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tailrace.blueprint.importing import load_class, load_record
from tailrace.blueprint.loading import LoadFault
from tailrace.blueprint.plan import Plan
from tailrace.blueprint.problems import problem_lines
from tailrace.blueprint.settings import Sources, read_sources
from tailrace.blueprint.verify import Refused, verify_text
from tailrace.model.errors import TailraceError
from tailrace.model.functions import FunctionStreamlet
from tailrace.model.streamlet import Streamlet
from tailrace.window.streamlet import compile_aggregate

AnyStreamlet = type[Streamlet] | FunctionStreamlet[..., Any]


def plan_of(
    blueprint: str | Path,
    streamlets: Iterable[AnyStreamlet] = (),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Plan:
    """The plan of a blueprint: its text, or a Path to it.

    `streamlets` may be named in it by their bare names, all others by dotted names that can be imported. `settings`
    overrule the blueprint's: streamlet, setting, value. Raises TailraceError with all the problems there are.
    """
    text = blueprint.read_text(encoding="utf-8") if isinstance(blueprint, Path) else blueprint
    file = str(blueprint) if isinstance(blueprint, Path) else "blueprint"
    result = verify_text(
        text,
        file,
        load=_loader(streamlets),
        forms={"aggregate": compile_aggregate},
        load_record=load_record,
        sources=_sources(settings),
    )
    if isinstance(result, Refused):
        raise TailraceError("the blueprint does not hold:\n" + "\n".join(problem_lines(result.problems)))
    return result.plan


def _loader(streamlets: Iterable[AnyStreamlet]) -> Callable[[str], type[Streamlet] | LoadFault]:
    classes = [each.streamlet if isinstance(each, FunctionStreamlet) else each for each in streamlets]
    known = {each.__name__: each for each in classes}

    def load(name: str) -> type[Streamlet] | LoadFault:
        if name in known:
            return known[name]
        if "." in name or ":" in name:
            return load_class(name)
        hint = f"those given are {', '.join(known)}" if known else "give it in `streamlets`, or write its dotted name"
        return LoadFault("missing", f"no streamlet {name!r} was given", hint)

    return load


def _sources(settings: Mapping[str, Mapping[str, Any]] | None) -> Sources | None:
    if settings is None:
        return None
    try:
        return read_sources(config=json.dumps(settings), config_file="settings")  # JSON is YAML
    except TypeError as error:
        raise TailraceError(f"settings are given as in a blueprint, such as '10s': {error}") from None
