"""The lock that makes a database one process's own, and tells others whose it is."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from pathlib import Path

from tailrace.model.errors import TailraceError


class OwnerLock:
    """An advisory lock on a file beside the database; the system lets go of it when the process ends, however it ends.

    The file itself stays: removing it would let two processes lock two files of one name. Source: flock(2).
    """

    def __init__(self, database: Path) -> None:
        """Take the lock. Raises TailraceError when another holds it, naming the process and its host."""
        path = database.with_name(database.name + ".lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise TailraceError(
                f"the lock file {path} cannot be opened: {error.strerror}",
                hint="check who owns the directory and the file",
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._file, 400, 0).decode("utf-8", "replace").strip()
            os.close(self._file)
            raise TailraceError(
                f"the database {database} is in use by {holder or 'another process'}",
                hint="end that process first; `tailrace tap` and `tailrace alerts` may look on meanwhile",
            ) from None
        self._sign()

    def _sign(self) -> None:
        with contextlib.suppress(OSError):  # on a full disk the lock holds all the same, without a name
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)

    def release(self) -> None:
        """Let go of the lock."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def is_owned(database: Path) -> bool:
    """Whether a process owns the database right now.

    Asking takes the lock for an instant where nobody has it: a process that wants to own it just then is refused.
    """
    path = database.with_name(database.name + ".lock")
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False
