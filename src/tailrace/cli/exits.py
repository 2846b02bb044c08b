"""How a command ends: faults as sentences on standard error, and the exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from tailrace.model.errors import TailraceError

DONE: Final = 0
FAULT: Final = 1
"""A fault in the work."""
ASKED_WRONGLY: Final = 2
"""A fault in what was asked."""
INTERRUPTED: Final = 130
"""Ctrl-C where stopping is not the usual end."""


class AskedWronglyError(TailraceError):
    """What was asked cannot be done, whatever the state of the world."""


@contextmanager
def exit_codes(code: int = FAULT, *, wrong: type[TailraceError] = AskedWronglyError) -> Iterator[None]:
    """Say a fault in a sentence and leave with `code`; with 2 for one that is known to lie in what was asked.

    That are AskedWronglyError and, if given, the errors of class `wrong`.
    """
    try:
        yield
    except TailraceError as fault:
        say_fault(fault)
        raise typer.Exit(ASKED_WRONGLY if isinstance(fault, AskedWronglyError | wrong) else code) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # The reader (`head`, say) has enough: that is no fault. Nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(DONE) from None


def say_fault(fault: TailraceError) -> None:
    """The sentence and what to try, on standard error."""
    typer.echo(f"error: {fault}" + (f"\n  try: {fault.hint}" if fault.hint else ""), err=True)
