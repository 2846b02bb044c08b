"""The porter: a process that opens files as they come, and hands them over.

A file that is made and deleted again within a tenth of a second has to be opened within that. A thread is not quick
enough: whoever computes may not let it work for as long. A process of its own opens a file about a millisecond after
it has come, and passes the descriptor on. It ends when the process that it works for does, however that happens.
"""

from __future__ import annotations

import json
import os
import select
import socket
import stat
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from tailrace.connect.directory import Names
from tailrace.connect.inotify import COMINGS, Ear, Event, Inotify, Told, open_inotify
from tailrace.connect.processes import start_module

_MOST_WAITING: Final = 256  # files that nobody takes; the one that waits longest is let go
_AT_ONCE: Final = 32  # files in one message
_LONGEST_MESSAGE: Final = 1 << 20
_EVENTS: Final = 1 << 16  # bytes
_ROUNDS: Final = 64  # so often are events read before what has come is passed on
_OPENING: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


@dataclass
class Handed:
    """What the porter handed over: opened files, with the path of each, and paths of files that went too soon.

    With a `gap` files may have come and gone of which it does not know the paths.
    """

    opened: list[tuple[str, int]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    gap: bool = False


class Porter:
    """A porter at work, as whoever it works for sees it. Not to be asked by two threads at a time."""

    def __init__(self, process: subprocess.Popen[bytes], line: socket.socket) -> None:
        self._process = process
        self.process = process.pid
        """Its number."""
        self._line = line
        self._asked: tuple[object, ...] = ()
        self._questions = 0
        self._answers = 0
        self.descriptor = line.fileno()
        """Readable when something is handed over, or when the process has ended."""

    @property
    def behind(self) -> bool:
        """Whether it has not done yet what it was asked for."""
        return self._answers < self._questions

    @property
    def began(self) -> bool:
        """Whether it has ever done what it was asked for."""
        return self._answers > 0

    def ask(self, patterns: Sequence[str], excludes: Sequence[str], folders: Sequence[str]) -> None:
        """Have it attend to files of these patterns that come in these directories, and in others that come there."""
        asked = (patterns, excludes, folders)
        if asked == self._asked:
            return
        order = os.memfd_create("order")
        try:
            with open(order, "wb", closefd=False) as file:
                file.write(json.dumps(asked).encode())
            if self._send(order):
                self._asked = asked
        finally:
            os.close(order)

    def ask_for_all(self) -> None:
        """Have it hand over all that has come until now."""
        if not self.behind:
            self._send()

    def _send(self, *order: int) -> bool:
        with suppress(OSError):  # it has ended, as `take` will tell, or will be asked again
            socket.send_fds(self._line, [b"."], order)
            self._questions += 1
            return True
        return False

    def take(self) -> Handed | None:
        """What stands ready; None when the process has ended."""
        handed = Handed()
        while True:
            try:
                data, descriptors, _, _ = socket.recv_fds(self._line, _LONGEST_MESSAGE, _AT_ONCE)
            except BlockingIOError:
                return handed
            except OSError:
                return None
            if not data:
                return None
            paths, missed, gap, self._answers = json.loads(data)
            handed.opened += zip(paths, descriptors, strict=False)
            handed.missed += missed
            handed.gap |= gap

    def close(self) -> None:
        """End the process."""
        self._line.close()
        self._process.kill()  # it holds nothing that could be lost
        self._process.wait()


def start_porter() -> Porter | None:
    """A porter; None if there cannot be one."""
    mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    mine.setblocking(False)
    its.setblocking(False)
    try:
        process = start_module(__name__, [str(its.fileno())], [its.fileno()])
    except OSError:
        mine.close()
        return None
    finally:
        its.close()
    return Porter(process, mine)


class _Gate:
    """What the porter does: listens in directories, opens what comes there, and passes it on."""

    def __init__(self, line: socket.socket, stream: Inotify) -> None:
        self._line = line
        self._ear = Ear(stream, COMINGS)
        self._names = Names((), ())
        self._unopened: set[str] = set()  # where files came that could not be opened yet
        self._waiting: deque[tuple[str, int]] = deque()
        self._missed: list[str] = []
        self._gap = False
        self._questions = 0
        self._answers = 0

    def serve(self) -> None:
        """Work until nobody is there to work for."""
        poll = select.poll()
        poll.register(self._ear.stream.descriptor, select.POLLIN)
        while True:
            full = bool(self._waiting or self._missed or self._answers < self._questions)
            poll.register(self._line, select.POLLIN | (select.POLLOUT if full else 0))
            for descriptor, happened in poll.poll():
                if descriptor != self._line.fileno():
                    self._attend()
                elif happened & select.POLLHUP or (happened & select.POLLIN and not self._obey()):
                    return
            self._pass_on()

    def _obey(self) -> bool:
        """Do what is asked for, after all that happened before; whether anybody is there."""
        data, orders, _, _ = socket.recv_fds(self._line, 1, 1)
        if not data:
            return False
        for order in orders:
            with open(order, "rb") as file:  # noqa: PTH123 - it has no path
                file.seek(0)
                patterns, excludes, folders = json.load(file)
            self._names = Names(patterns, excludes)
            self._ear.cover(folders)
        self._attend()
        self._questions += 1
        return True

    def _pass_on(self) -> None:
        """Hand over what can be; the rest waits."""
        with suppress(BlockingIOError):
            while self._waiting or self._missed or self._gap or self._answers < self._questions:
                some = [self._waiting[at] for at in range(min(len(self._waiting), _AT_ONCE))]
                last = len(some) == len(self._waiting) and len(self._missed) <= _AT_ONCE
                answers = self._questions if last else self._answers
                message = json.dumps([[path for path, _ in some], self._missed[:_AT_ONCE], self._gap, answers]).encode()
                socket.send_fds(self._line, [message], [descriptor for _, descriptor in some])
                del self._missed[:_AT_ONCE]
                self._gap, self._answers = False, answers
                for _ in some:
                    os.close(self._waiting.popleft()[1])

    def _attend(self) -> None:
        """Open what has come, and what comes meanwhile."""
        opened: set[str] = set()
        for _ in range(_ROUNDS):
            if not (events := self._ear.read(_EVENTS)):
                return
            # What has just been opened may be what has just taken the place of what was meant.
            self._unopened |= opened & set(self._comings(events))
            opened = self._take_in(events)

    def _take_in(self, events: Iterable[Event]) -> set[str]:
        """Open what came, where it is now; the paths of what was opened for the first time."""
        come: set[str] = set()
        fresh: dict[int, bool] = {}  # by cookie: whether what was renamed had not been opened yet
        for event in events:
            if event.told & Told.OVERFLOW:
                self._unopened.clear()
                self._gap = True
            for path in self._ear.paths(event):
                self._note(event, path, come, fresh)
        wanted = come & self._unopened
        for path in come:
            self._open(path)
        return wanted - self._unopened

    def _comings(self, events: Iterable[Event]) -> Iterator[str]:
        """Where files came."""
        for event in events:
            if event.told & (Told.CREATED | Told.MOVED_TO):
                yield from self._ear.paths(event)

    def _note(self, event: Event, path: str, come: set[str], fresh: dict[int, bool]) -> None:
        """See what has come to a path, or gone from it."""
        if event.told & Told.FOLDER:
            if event.told & (Told.CREATED | Told.MOVED_TO):
                self._enter(path)
            return
        if not self._names.file(path):
            return
        unopened = path in self._unopened
        self._unopened.discard(path)
        come.discard(path)
        if event.told & Told.MOVED_FROM:
            fresh[event.cookie] = unopened
            return
        if unopened:
            self._missed.append(path)
        if not event.told & Told.DELETED:
            come.add(path)
            if fresh.get(event.cookie, True):
                self._unopened.add(path)

    def _enter(self, folder: str) -> None:
        """Listen in a directory that has come, and open what came with it."""
        if not self._names.folder(folder) or not self._ear.add(folder):
            return
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    self._enter(entry.path)
                elif self._names.file(entry.path):
                    self._open(entry.path)

    def _open(self, path: str) -> None:
        """Hold a file open for whoever will take it."""
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - to open a pipe would let its writer go on
                self._unopened.discard(path)
                return
            descriptor = os.open(path, _OPENING)
        except OSError:
            if os.path.lexists(path):  # a link to nowhere, or what nobody may read: looking will tell
                self._unopened.discard(path)
            return
        self._unopened.discard(path)
        self._waiting.append((path, descriptor))
        if len(self._waiting) > _MOST_WAITING:
            path, descriptor = self._waiting.popleft()
            os.close(descriptor)
            self._missed.append(path)


def _serve(arguments: Iterable[str]) -> None:
    (line,) = (socket.socket(fileno=int(each)) for each in arguments)
    line.setblocking(False)
    stream = open_inotify()
    if stream is not None:
        with suppress(OSError):  # nobody is there any more
            _Gate(line, stream).serve()


if __name__ == "__main__":
    _serve(sys.argv[1:])
