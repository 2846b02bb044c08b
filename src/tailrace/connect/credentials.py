"""Secrets that stand elsewhere: `env:NAME` is the value of an environment variable, `file:PATH` what a file holds."""

from __future__ import annotations

import os
from pathlib import Path

from tailrace.connect.delivery import SetupFault
from tailrace.model.settings import Secret

_LARGEST = 64 * 1024


def revealed(secret: Secret) -> Secret:
    """The secret itself, wherever it stands; a line break at the end of a file is not part of it.

    Raises SetupFault, which names the place and never the secret, when it is not there.
    """
    kind, _, place = secret.reveal().partition(":")
    if kind == "env":
        return Secret(_variable(place))
    return Secret(_content(place)) if kind == "file" else secret


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise SetupFault(f"a secret is to come from the environment variable {name}, which is not set")
    return value


def _content(place: str) -> str:
    try:
        with Path(place).expanduser().open(encoding="utf-8") as file:
            text = file.read(_LARGEST).rstrip("\r\n")
    except OSError as fault:
        raise SetupFault(
            f"a secret is to come from the file {place!r}, which cannot be read: {fault.strerror}"
        ) from None
    except UnicodeDecodeError:
        raise SetupFault(f"a secret is to come from the file {place!r}, which is no text") from None
    if not text:
        raise SetupFault(f"a secret is to come from the file {place!r}, which is empty")
    return text
