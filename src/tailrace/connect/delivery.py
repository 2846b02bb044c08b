"""What may come of handing something over: the faults that mail, webhooks and commands share."""

from __future__ import annotations

from datetime import timedelta

from tailrace.model.errors import TailraceError, Transient


class Rejected(TailraceError):
    """The receiver refused this delivery for good: to send the same again is pointless.

    `code` is the HTTP status, the exit code or the mail server's that said so, None if nothing was sent.
    """

    def __init__(self, message: str, *, code: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class Busy(Transient):
    """The receiver asks to be left alone; for how long is `wait`, if it said so."""


class SetupFault(Transient):
    """Nothing gets through as we are set up (a login, a certificate, a missing program): nobody's delivery is to blame.

    A person has to act; until then nothing should be set aside, and to ask often is of no use.
    """

    def __init__(self, message: str, *, hint: str | None = None, wait: timedelta | None = timedelta(minutes=1)) -> None:
        super().__init__(message, hint=hint, wait=wait)
