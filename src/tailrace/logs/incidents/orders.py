"""Commands as lines of JSON, and what stands by them: who has acknowledged what, which silences hold. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError

from tailrace.logs.incidents.silences import Silence
from tailrace.logs.records import Command
from tailrace.model.errors import TailraceError

DEEDS: Final = ("acknowledge", "silence", "unsilence", "resolve", "resend")
"""What can be asked for."""
_ADAPTER: Final = TypeAdapter(Command)


def write_command(command: Command) -> str:
    """The command as one line of JSON."""
    return _ADAPTER.dump_json(command, exclude_defaults=True).decode()


def read_command(line: str) -> Command:
    """Read a line. Raises TailraceError that says what is wrong with it."""
    try:
        command = _ADAPTER.validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise TailraceError(f"{line[:200]!r} is no command: {place}{': ' if place else ''}{first['msg']}") from None
    if command.do not in DEEDS:
        raise TailraceError(f"{command.do!r} is nothing that can be done; it is one of {', '.join(DEEDS)}")
    until = _aware(command.until) if command.until is not None else None
    return replace(command, at=_aware(command.at), until=until)


@dataclass(frozen=True)
class Standing:
    """What people asked for and what of it still stands: acknowledgements by incident, silences by id."""

    acknowledged: Mapping[str, Command] = field(default_factory=dict)
    silences: Mapping[str, Silence] = field(default_factory=dict)

    @classmethod
    def of(cls, commands: Iterable[Command]) -> Standing:
        """What stands after these commands, in their order."""
        acknowledged: dict[str, Command] = {}
        silences: dict[str, Silence] = {}
        for command in commands:
            match command.do:
                case "acknowledge":
                    acknowledged[command.incident] = command
                case "silence":
                    silences.setdefault(command.id, Silence.of(command))
                case "unsilence":
                    silences.pop(command.incident, None)
        return cls(acknowledged, silences)

    def active(self, now: datetime) -> list[Silence]:
        """The silences that hold at a time of day, those that end first in front."""
        holding = [each for each in self.silences.values() if not each.over(now)]
        return sorted(holding, key=lambda each: (each.until is None, each.until or each.since))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
