"""The desk: takes the commands that people write into a file, and passes them on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tailrace.connect.commands_file import Lines, read_from
from tailrace.logs.incidents.orders import read_command
from tailrace.logs.records import Command
from tailrace.model.errors import TailraceError
from tailrace.model.ports import Emits, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import State
from tailrace.model.streamlet import Streamlet, timer

_KNOWN = 200


class Desk(Streamlet):
    """Reads commands from a file of JSON lines, each of them once, also those written while nothing ran.

    A line that is no command is passed over with a warning. `tailrace alerts acknowledge`, `silence` and the like write
    such a file beside the database.
    """

    commands = Outlet(Command)
    path = Setting(str, default="", help="the file that commands are read from; empty for none")
    poll = Setting(timedelta, default=timedelta(milliseconds=500), help="how often to look")
    offset = State(int, default=0)
    done = State(list[str], factory=list)
    """The ids of the latest commands: one that comes twice is passed on once."""

    @timer("poll")
    def look(self) -> Emits:
        """Pass on what is new."""
        if not self.path:
            return
        found = read_from(Path(self.path).expanduser(), self.offset)
        self.offset = found.next
        fresh = list(self._commands(found))
        if fresh:
            self.context.count("commands", len(fresh))
            yield self.commands(fresh)

    def _commands(self, found: Lines) -> Iterator[Command]:
        for line in found.lines:
            try:
                command = read_command(line)
            except TailraceError as error:
                self.context.logger.warning("a line in %s is passed over: %s", self.path, error)
                continue
            if command.id not in self.done:
                self.done = [*self.done, command.id][-_KNOWN:]
                yield command
