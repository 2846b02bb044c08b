"""Where an application keeps its log, and which one a command means."""

from __future__ import annotations

import os
from pathlib import Path

from tailrace.cli.exits import AskedWronglyError

HOME_VARIABLE = "TAILRACE_HOME"
_DEFAULT_HOME = ".tailrace"


def home() -> Path:
    """The directory of all databases: `TAILRACE_HOME`, or `.tailrace` where we stand."""
    return Path(os.environ.get(HOME_VARIABLE) or _DEFAULT_HOME)


def database_of(app: str, given: str | None) -> Path:
    """The database that an application writes: the one given, or its own at home."""
    return Path(given) if given else home() / f"{app}.db"


def existing_database(given: str | None) -> Path:
    """The database that a command looks into: the one given, or the only one at home.

    Raises AskedWronglyError when there is none, or several.
    """
    if given:
        if not Path(given).is_file():
            raise AskedWronglyError(
                f"there is no database {given!r}", hint="`tailrace run` and `tailrace watch` make it"
            )
        return Path(given)
    found = sorted(home().glob("*.db"))
    if not found:
        raise AskedWronglyError(
            f"there is no database in {str(home())!r}", hint="start `tailrace watch` first, or name one with --db"
        )
    if len(found) > 1:
        names = ", ".join(str(each) for each in found)
        raise AskedWronglyError(f"there are several databases: {names}", hint="name one with --db")
    return found[0]
