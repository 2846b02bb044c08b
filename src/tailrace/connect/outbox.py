"""Mail laid down as files, for who has no mail server: one `.eml` for each message."""

from __future__ import annotations

import hashlib
import os
import re
import time
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from tailrace.model.errors import TailraceError, Transient

_SLUG_LENGTH = 60
_ID_LENGTH = 12
_ABANDONED_SECONDS = 3600
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")


class Outbox:
    """A directory that messages are laid down in. A message that lies there is not laid down a second time."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        """Make `directory` if it is missing, and clear away what a killed process left half written there.

        Raises TailraceError when it cannot be made.
        """
        self.directory = Path(directory)
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise TailraceError(
                f"the outbox {str(self.directory)!r} cannot be made: {fault.strerror}",
                hint="name a directory, or a path where one may be made",
            ) from None
        self._clear()

    def send(self, message: EmailMessage) -> Path:
        """Lay `message` down and give its path: `<yyyymmdd-hhmmss>-<subject>-<id>.eml`, the time being its Date in UTC.

        The file appears whole or not at all, and is on the disk when this returns. The same Message-ID gives the same
        file, however often and by whomever it is sent. Raises Transient when the file cannot be written.
        """
        content = message.as_bytes()
        short_id = _short_id(message, content)
        try:
            return self._standing(short_id) or self._write(f"{_stem(message)}-{short_id}.eml", content)
        except OSError as fault:
            raise Transient(
                f"a mail cannot be laid down in the outbox {str(self.directory)!r}: {fault.strerror}"
            ) from None

    def _clear(self) -> None:
        """Remove drafts that have not been written to for so long that nobody can be at them any more."""
        for draft in self.directory.glob(".*.eml.*.draft"):
            with suppress(OSError):
                if time.time() - draft.stat().st_mtime > _ABANDONED_SECONDS:
                    draft.unlink()

    def _standing(self, short_id: str) -> Path | None:
        ending = f"-{short_id}.eml"
        with os.scandir(self.directory) as entries:
            names = sorted(entry.name for entry in entries if entry.name.endswith(ending))
        return self.directory / names[0] if names else None

    def _write(self, name: str, content: bytes) -> Path:
        path = self.directory / name
        draft = self.directory / f".{name}.{os.getpid()}.draft"
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
        _sync_directory(self.directory)
        return path


def _sync_directory(directory: Path) -> None:
    """Make a new name in `directory` survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stem(message: EmailMessage) -> str:
    sent = getattr(message["Date"], "datetime", None) or datetime.now(UTC)
    slug = _NOT_IN_SLUG.sub("-", str(message.get("Subject", "")).lower())[:_SLUG_LENGTH].strip("-")
    return f"{sent.astimezone(UTC):%Y%m%d-%H%M%S}-{slug or 'mail'}"


def _short_id(message: EmailMessage, content: bytes) -> str:
    named = message["Message-ID"]
    return hashlib.sha256(str(named).strip().encode() if named else content).hexdigest()[:_ID_LENGTH]
