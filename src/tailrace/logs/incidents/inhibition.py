"""Inhibition: an open incident mutes others that are its symptoms, such as warnings of an app that is critical. Pure.

An incident inhibits as long as it is open, also while it is itself silenced: who silenced the cause wants to hear of
its symptoms even less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tailrace.blueprint.problems import Place, Problem, Worded
from tailrace.blueprint.source import Node, Scalar, Sequence, describe
from tailrace.logs.incidents.case import Mute
from tailrace.logs.matchers import Matcher, all_match, parse_matcher
from tailrace.model.errors import TailraceError

DEFAULT: Final = "severity=critical mutes severity=warning by app"
_FORM: Final = re.compile(r"(?P<source>.+?)\s+mutes\s+(?P<target>.+?)(?:\s+by\s+(?P<by>.+))?", re.DOTALL)
_LABEL: Final = re.compile(r"[^\s=!~\"',]+")
_HINT: Final = f"write who mutes whom, as in '{DEFAULT}'; several matchers are parted by commas"


@dataclass(frozen=True)
class Inhibition:
    """Open incidents that all of `source` match mute those that all of `target` match, where the labels `by` agree.

    What matches both sides mutes and is muted by nothing of this kind, so that no two mute one another.
    """

    text: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    by: tuple[str, ...]

    def group(self, labels: Mapping[str, str]) -> tuple[str, ...]:
        """The values that have to agree."""
        return tuple(labels.get(name, "") for name in self.by)

    def is_source(self, labels: Mapping[str, str]) -> bool:
        """Whether an incident with these labels mutes others."""
        return all_match(self.source, labels)

    def is_target(self, labels: Mapping[str, str]) -> bool:
        """Whether an incident with these labels is muted, where there is one that mutes."""
        return all_match(self.target, labels) and not self.is_source(labels)


def parse_inhibition(text: str) -> Inhibition:
    """Read `severity=critical mutes severity=warning by app`. Raises TailraceError that quotes it."""
    plain = " ".join(text.split())
    form = _FORM.fullmatch(plain)
    if form is None:
        raise TailraceError(f"{plain!r} does not say who mutes whom", hint=_HINT)
    by = tuple(each.strip() for each in form["by"].split(",")) if form["by"] else ()
    wrong = next((name for name in by if not _LABEL.fullmatch(name)), None)
    if wrong is not None:
        raise TailraceError(f"{plain!r} goes by {wrong!r}, which is no label", hint=_HINT)
    try:
        return Inhibition(plain, _matchers(form["source"]), _matchers(form["target"]), by)
    except TailraceError as error:
        raise TailraceError(f"{plain!r} cannot be understood: {error}", hint=error.hint) from None


def _matchers(text: str) -> tuple[Matcher, ...]:
    return tuple(parse_matcher(each) for each in text.split(","))


def check_inhibitions(texts: Iterable[str]) -> None:
    """Raise TailraceError when one of the texts is no inhibition."""
    for text in texts:
        parse_inhibition(text)


class BadInhibition(Worded):
    """An entry under `inhibit:` that cannot be read."""


def read_inhibitions(node: Node) -> tuple[Inhibition, ...] | tuple[Problem, ...]:
    """The `inhibit:` section of a rules file: a list of texts. All of its problems if there are any."""
    if not isinstance(node, Sequence):
        return (BadInhibition(node.place, f"'inhibit' needs a list of texts, but {describe(node)} came", _HINT),)
    read = [_read(item) for item in node.items]
    problems = tuple(each for each in read if isinstance(each, Problem))
    return problems or tuple(each for each in read if isinstance(each, Inhibition))


def _read(item: Node) -> Inhibition | Problem:
    place: Place = item.place
    if not isinstance(item, Scalar) or not isinstance(item.value, str):
        return BadInhibition(place, f"an inhibition is a text, but {describe(item)} came", _HINT)
    try:
        return parse_inhibition(item.value)
    except TailraceError as error:
        return BadInhibition(place, str(error), error.hint)


class Inhibitors:
    """The open incidents that mute others, by what they mute."""

    def __init__(self, inhibitions: Iterable[Inhibition]) -> None:
        self._inhibitions = tuple(inhibitions)
        self._open: dict[str, dict[str, str]] = {}
        """Of each key, the incidents that mute by it: who they are, in words."""
        self._keys: dict[str, list[str]] = {}

    def note(self, incident: str, labels: Mapping[str, str], title: str) -> list[str]:
        """An incident is open, with these labels now; the keys by which it mutes nothing any more."""
        keys = [
            self._key(number, each.group(labels))
            for number, each in enumerate(self._inhibitions)
            if each.is_source(labels)
        ]
        before = self._keys.get(incident, [])
        for key in keys:
            self._open.setdefault(key, {})[incident] = title
        gone = [key for key in before if key not in keys and self._leave(key, incident)]
        if keys:
            self._keys[incident] = keys
        else:
            self._keys.pop(incident, None)
        return gone

    def drop(self, incident: str) -> list[str]:
        """An incident is open no more; the keys by which nothing is muted any more."""
        return [key for key in self._keys.pop(incident, []) if self._leave(key, incident)]

    def muting(self, incident: str, labels: Mapping[str, str]) -> Mute | None:
        """What mutes an incident with these labels, if anything does."""
        return next(self._muting(incident, labels), None)

    def _muting(self, incident: str, labels: Mapping[str, str]) -> Iterator[Mute]:
        for number, each in enumerate(self._inhibitions):
            key = self._key(number, each.group(labels))
            others = [other for other in self._open.get(key, ()) if other != incident]
            if others and each.is_target(labels):
                yield Mute("inhibition", key, f"muted by the open alert {others[0]}: {self._open[key][others[0]]}")

    def _leave(self, key: str, incident: str) -> bool:
        """Take an incident out of a key's; whether the key mutes nothing any more."""
        held = self._open.get(key, {})
        held.pop(incident, None)
        if not held:
            self._open.pop(key, None)
        return not held

    def _key(self, number: int, group: tuple[str, ...]) -> str:
        return "\0".join((str(number), *group))
