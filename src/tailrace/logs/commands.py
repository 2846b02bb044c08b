"""The command receiver: runs a program of the user's for each event of an alert."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from tailrace.connect.command import Command as Program
from tailrace.logs.grouping.parcel import Parcel
from tailrace.logs.receiver import Handed, Receiver
from tailrace.logs.receivers.generic import generic, generic_digest
from tailrace.logs.receivers.shape import Telling, delivery_key
from tailrace.logs.receivers.variables import digest_variables, variables
from tailrace.logs.records import Alert
from tailrace.model.settings import Setting

_WORDS = 200


class CommandReceiver(Receiver):
    """Runs a program for each event: the alert as JSON on its standard input, and in variables `TAILRACE_...`.

    There is no shell between. Exit code 0 says that all is well, 75 to try again later, any other that the event is
    refused; it is kept then, and can be sent again.
    """

    command = Setting(
        list[str], check=Program, help="the program and its arguments, as in [/usr/local/bin/page, --now]"
    )
    timeout = Setting(timedelta, default=timedelta(seconds=30), help="how long it may run")
    mask_secrets = Setting(bool, default=True, help="whether passwords, tokens and the like are masked")

    def each(self) -> bool:
        """A run for each event."""
        return True

    def on_start(self) -> None:
        """Prepare to run the program; it is not looked for yet."""
        super().on_start()
        self._program = Program(self.command, timeout=self.timeout.total_seconds())

    def where(self) -> str:
        """The program's name; its arguments may be secret."""
        return f"the program {self.command[0]}"

    def compose(self, alerts: Sequence[Alert], *, digest: bool) -> Parcel:
        """What one run is given: its variables on the first line, and what it reads behind them."""
        telling = Telling(now=self.context.now, zone=ZoneInfo(self.zone), mask_secrets=self.mask_secrets)
        if len(alerts) == 1 and not digest:
            given, read = variables(alerts[0], telling), generic(alerts[0], telling)
        else:
            given, read = digest_variables(alerts), generic_digest(alerts, telling)
        return Parcel(delivery_key(alerts), json.dumps(given).encode() + b"\n" + read)

    def hand_over(self, parcel: Parcel) -> Handed:
        """Run it to its end."""
        given, _, read = parcel.body.partition(b"\n")
        said = self._program.send(read, variables=json.loads(given))
        if line := " ".join(said.split())[:_WORDS]:
            self.context.logger.info("%s: %s says: %s", self.context.name, self._program.name, line)
        return Handed(f"handed to the program {self._program.name}")
