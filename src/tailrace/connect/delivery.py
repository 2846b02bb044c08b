"""What may come of handing something over: the faults that webhooks and commands share."""

from __future__ import annotations

from datetime import timedelta

from tailrace.model.errors import TailraceError, Transient


class Rejected(TailraceError):
    """The receiver refused this delivery for good: to send the same again is pointless.

    `code` is the HTTP status or the exit code that said so, None if nothing was sent.
    """

    def __init__(self, message: str, *, code: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class Busy(Transient):
    """The receiver asks to be left alone; for how long is `wait`, if it said so."""

    def __init__(self, message: str, *, wait: timedelta | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.wait = wait


class SetupFault(Transient):
    """Nothing gets through as we are set up (a login, a certificate, a missing program): nobody's delivery is to blame.

    A person has to act; until then nothing should be set aside.
    """
