"""The pattern that finds an application's name in a path, as it is given on the command line."""

from __future__ import annotations

import re

from tailrace.cli.exits import AskedWronglyError
from tailrace.logs.apps import check_pattern


def check_app_pattern(text: str | None) -> re.Pattern[str] | None:
    """The pattern that finds an app's name in a path. Raises AskedWronglyError."""
    try:
        pattern = re.compile(text) if text is not None else None
    except re.error as error:
        raise AskedWronglyError(
            f"the pattern {text!r} for the app's name is none: {error}", hint="write one such as '/logs/([^/]+)/'"
        ) from None
    if pattern is not None:
        check_pattern(pattern)
    return pattern
