"""The file of a user's own formats, as a setting names it."""

from __future__ import annotations

from pathlib import Path

from tailrace.logs.reading.form import Format
from tailrace.logs.reading.own import load
from tailrace.model.errors import TailraceError


def load_formats(path: str) -> tuple[Format, ...]:
    """Return the formats that a YAML file declares; none for the path "".

    Raises:
        TailraceError: the file cannot be read, or something in it cannot be used.
    """
    if not path:
        return ()
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise TailraceError(
            f"the formats in {path!r} cannot be read: {error.strerror}", hint="give a YAML file that may be read"
        ) from None
    except UnicodeDecodeError:
        raise TailraceError(
            f"the formats in {path!r} cannot be read: this is no text", hint="give a YAML file"
        ) from None
    return load(text, path)
