"""The exceptions that Tailrace raises, told apart by what can be done about them."""

from __future__ import annotations

from datetime import timedelta


class TailraceError(Exception):
    """A fault that a person can act on.

    The message is a sentence in lower case that says where, what was needed and what came. `hint`, if there is one,
    says what to try.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class Transient(TailraceError):
    """The world is unwell (a server is down, a disk is full): the same step may succeed later.

    A worker that meets it waits and tries again; no record is to blame, so none is set aside. `wait` is how long the
    other side asks to be left alone, if it does.
    """

    def __init__(self, message: str, *, hint: str | None = None, wait: timedelta | None = None) -> None:
        super().__init__(message, hint=hint)
        self.wait = wait


class Fenced(TailraceError):
    """Another process or worker has taken this worker's place; it must stop at once and commit nothing more."""
