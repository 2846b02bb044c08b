"""Silences: somebody wants to hear nothing of some alerts for a while. Pure.

A pattern is a regular expression of the `regex` family that polars has: it takes time in proportion to the text,
whatever it says.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from tailrace.logs.incidents.case import Mute
from tailrace.logs.incidents.times import clock
from tailrace.logs.patterns import check_regex, matches
from tailrace.logs.records import Alert, AlertCause, Command
from tailrace.model.errors import TailraceError

LONGEST_PATTERN: Final = 500
"""Characters of a pattern."""
MOST_SILENCES: Final = 1000
_WARNING: Final = "WARN"


@dataclass(frozen=True)
class Silence:
    """What somebody wants to hear nothing of, from `since` to before `until` (None: for ever), both times of day.

    `app` and `rule` are globs, empty for all; a rule is known by its name and by its condition. With a `pattern` it
    takes only alerts whose every message of the worst kind (errors where there are any, else warnings) matches: a
    silence must not hide another error.
    """

    id: str
    since: datetime
    until: datetime | None
    who: str
    reason: str = ""
    app: str = ""
    rule: str = ""
    pattern: str = ""

    @classmethod
    def of(cls, command: Command) -> Silence:
        """The silence that a command asks for."""
        return cls(
            command.id,
            command.at,
            command.until,
            command.who,
            command.reason,
            command.app,
            command.rule,
            command.pattern,
        )

    def over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return self.until is not None and now >= self.until

    def takes(self, alert: Alert) -> bool:
        """Whether an alert is one of those it is about. Raises TailraceError for a pattern that is none."""
        if self.app and not fnmatchcase(alert.app, self.app):
            return False
        if self.rule and not any(fnmatchcase(name, self.rule) for name in (alert.name, alert.rule)):
            return False
        return not self.pattern or _all_match(self.pattern, alert)

    @property
    def mute(self) -> Mute:
        """What it says where it mutes something: `silenced by ann until 12:00:00 (deploy)`."""
        until = f" until {clock(self.until, self.since)}" if self.until is not None else ""
        why = f" ({self.reason})" if self.reason else ""
        return Mute("pattern" if self.pattern else "silence", self.id, f"silenced by {self.who}{until}{why}")


_ADAPTER: Final = TypeAdapter(Silence)


def check_pattern(pattern: str) -> None:
    """Refuse what is no pattern, or too long for one. Raises TailraceError."""
    if len(pattern) > LONGEST_PATTERN:
        raise TailraceError(
            f"the pattern has {len(pattern):,} characters; {LONGEST_PATTERN} are the most",
            hint="write one that fits the part that matters",
        )
    check_regex(pattern)


def _all_match(pattern: str, alert: Alert) -> bool:
    texts = [f"{cause.template}\n{cause.sample}" for cause in _worst(alert)]
    return bool(texts) and all(matches(pattern, texts))


def _worst(alert: Alert) -> list[AlertCause]:
    errors = [cause for cause in alert.causes if cause.level != _WARNING]
    return errors if alert.errors else alert.causes


class Silences:
    """The silences that have not ended, kept in saved entries."""

    def __init__(self, entries: MutableMapping[str, bytes]) -> None:
        self._entries = entries
        self._silences = {name: _ADAPTER.validate_json(entry) for name, entry in entries.items()}

    def add(self, silence: Silence, now: datetime) -> None:
        """Begin one, unless it has been over for long. Raises TailraceError for a pattern that is none."""
        if silence.pattern:
            check_pattern(silence.pattern)
        if silence.over(now) or silence.id in self._silences:
            return
        if len(self._silences) >= MOST_SILENCES:
            raise TailraceError(f"there are {MOST_SILENCES:,} silences already", hint="end some: tailrace silences")
        self._silences[silence.id] = silence
        self._entries[silence.id] = _ADAPTER.dump_json(silence)

    def remove(self, name: str) -> list[str]:
        """End one by hand; its id if there was one."""
        if self._silences.pop(name, None) is None:
            return []
        del self._entries[name]
        return [name]

    def expire(self, now: datetime) -> list[str]:
        """Let go of those that have ended; their ids."""
        over = [name for name, silence in self._silences.items() if silence.over(now)]
        return [gone for name in over for gone in self.remove(name)]

    def muting(self, alert: Alert, now: datetime) -> Mute | None:
        """What mutes an alert, if anything does: of several silences the one that lasts longest."""
        found = [each for each in self._silences.values() if not each.over(now) and each.takes(alert)]
        longest = max(found, key=lambda each: (each.until is None, each.until or each.since), default=None)
        return longest.mute if longest is not None else None
