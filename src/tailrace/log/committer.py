"""Group commit: one thread owns the writing connection, and what arrives together shares one transaction."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from pathlib import Path
from typing import Any, Protocol

from tailrace.log.faults import LEAVES_THE_REST, code_of, fault
from tailrace.model.errors import Fenced, TailraceError

_GROUP_BYTES = 32 * 1024 * 1024
_GROUP_JOBS = 256


class Job(Protocol):
    """Something to write, and then to tell."""

    @property
    def alone(self) -> bool:
        """Whether the job wants a transaction of its own, because others rely on what it publishes."""
        ...

    @property
    def size(self) -> int:
        """Bytes that the job writes, roughly."""
        ...

    def write(self, connection: sqlite3.Connection) -> None:
        """Write within the open transaction, maybe several times over; whatever is raised undoes this job alone."""
        ...

    def publish(self) -> Any:
        """Tell what has been committed; the result goes to who ran the job. Must not raise."""
        ...


class _Pending:
    __slots__ = ("done", "error", "job", "result")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.done = threading.Event()
        self.error: BaseException | None = None
        self.result: Any = None


class Committer:
    """Runs jobs in the order they come. While one group is committed, the next gathers.

    Within a group each job stands in a savepoint, so that a bad one fails alone. Should the transaction itself fail, as
    on a full disk, every job of the group is tried once more by itself: a small one may still have room.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, generation: int) -> None:
        """Take over `connection`; `generation` is what the owner wrote into the database when it opened it."""
        self._connection = connection
        self._path = path
        self._generation = generation
        self._queue: deque[_Pending] = deque()
        self._filled = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name=f"committer of {path.name}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many jobs stand in the queue at this moment."""
        return len(self._queue)

    def run(self, job: Job) -> Any:
        """Commit `job` and return what it publishes, or raise why nothing of it has happened."""
        pending = _Pending(job)
        with self._filled:
            if self._closing:
                raise TailraceError("the log is closed")
            self._queue.append(pending)
            self._filled.notify()
        pending.done.wait()
        if pending.error is not None:
            raise pending.error
        return pending.result

    def close(self) -> None:
        """Commit what is queued, end the thread and close the connection."""
        with self._filled:
            self._closing = True
            self._filled.notify()
        self._thread.join()

    def _work(self) -> None:
        while group := self._next_group():
            self._commit(group)
            for pending in group:
                pending.done.set()
        self._connection.close()

    def _next_group(self) -> list[_Pending]:
        """Wait for jobs; none once the committer is closing and all is done."""
        with self._filled:
            while not self._queue and not self._closing:
                self._filled.wait()
            group: list[_Pending] = []
            size = 0
            while self._queue and len(group) < _GROUP_JOBS and size < _GROUP_BYTES:
                if self._queue[0].job.alone and group:
                    break
                pending = self._queue.popleft()
                group.append(pending)
                size += pending.job.size
                if pending.job.alone:
                    break
            return group

    def _commit(self, group: list[_Pending]) -> None:
        try:
            self._transact(group)
        except Exception as error:
            self._undo()
            if len(group) > 1:
                for pending in group:
                    self._commit([pending])
            else:
                group[0].error = fault(error, self._path) if isinstance(error, sqlite3.Error) else error
            return
        for pending in group:
            if pending.error is None:
                self._publish(pending)

    def _transact(self, group: list[_Pending]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._check_owner()
        for pending in group:
            pending.error = None
            if len(group) > 1:
                self._write_guarded(pending)
            else:
                pending.job.write(self._connection)
        self._connection.execute("COMMIT")

    def _write_guarded(self, pending: _Pending) -> None:
        self._connection.execute("SAVEPOINT job")
        try:
            pending.job.write(self._connection)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and code_of(error) not in LEAVES_THE_REST:
                raise
            self._connection.execute("ROLLBACK TO job")
            pending.error = fault(error, self._path) if isinstance(error, sqlite3.Error) else error
        self._connection.execute("RELEASE job")

    def _check_owner(self) -> None:
        """The lock keeps other owners away, unless its file was removed or the disk does not lock."""
        (generation,) = self._connection.execute("SELECT generation FROM owner").fetchone()
        if generation != self._generation:
            raise Fenced(f"another process has opened the database {self._path} for itself")

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _publish(self, pending: _Pending) -> None:
        try:
            pending.result = pending.job.publish()
        except Exception as error:  # a fault of ours; who waits must not wait for ever
            pending.error = error
