"""Hands: processes beside this one that lend their cores for work on bytes, since threads of Python share one.

A hand is a fresh interpreter that does one thing after another: a function that it imports by name, with arguments that
can be pickled, on bytes that lie in memory shared with it. It ends when this process does, however that happens, since
its line to it breaks then; nothing of it has a name in the system that could be left behind.
"""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, Final

PLACES: Final = 2
"""Pieces of work that a hand is given at a time: one to do, and the next."""

_SURROUNDINGS: Final = {
    "POLARS_MAX_THREADS": "1",  # more of them wait for each other by spinning
    # What one piece took is kept for the next: to be given new pages for each costs a fifth of the time.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 25),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 28),
}


class HandLostError(Exception):
    """A process that was at work has ended, or could not do what it was to do."""


@dataclass(frozen=True, slots=True)
class Work:
    """Something to be done, on its way: in which hand and at which of its places."""

    hand: int
    place: int


class _Hand:
    """One process, its line, and the memory it shares."""

    def __init__(self, room: int, module: str) -> None:
        size = PLACES * room
        file = _nameless(size)
        self.memory = mmap.mmap(file, size)
        self.line, line = Pipe()
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(line.fileno()), str(file), str(size), module],
                pass_fds=(line.fileno(), file),
                process_group=0,  # what is typed at the terminal is for this process alone
                env=os.environ | _SURROUNDINGS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        finally:
            line.close()
            os.close(file)

    def close(self) -> None:
        self.line.close()
        self.process.kill()  # it holds nothing that could be lost
        self.process.wait()
        with suppress(BufferError):  # somebody still looks at what stands there: it goes when that does
            self.memory.close()


class Hands:
    """Some processes, `count`, with `room` bytes for each piece of work, which import a module before they are ready.

    They start when they are asked for the first time whether they are ready, and once more after `close`, which has to
    be called. Not to be used by several threads at a time.
    """

    def __init__(self, count: int, room: int, module: str) -> None:
        self.count, self.room = count, room
        self._module = module
        self._hands: list[_Hand] = []
        self._under_way: deque[Work] = deque()
        self._ready = self._lost = False
        self._next = 0

    @property
    def processes(self) -> list[int]:
        """The numbers of the processes; none before they have started."""
        return [hand.process.pid for hand in self._hands]

    @property
    def idle(self) -> bool:
        """Whether there are processes that have nothing to do."""
        return bool(self._hands) and not self._under_way

    @property
    def lost(self) -> bool:
        """Whether one of them has ended, or could not be started: nothing more is done before `close`."""
        return self._lost

    @property
    def ready(self) -> bool:
        """Whether all of them have started and none has ended; else nothing can be given to them."""
        if self._lost or self._ready:
            return not self._lost
        try:
            if not self._hands:
                self._hands = [_Hand(self.room, self._module) for _ in range(self.count)]
            self._ready = all(hand.line.poll() for hand in self._hands) and all(
                hand.line.recv() for hand in self._hands
            )
        except (EOFError, OSError):
            self._lost = True
        return self._ready and not self._lost

    @property
    def free(self) -> bool:
        """Whether one more piece of work can be given to them."""
        return self.ready and len(self._under_way) < PLACES * len(self._hands)

    def memory(self) -> memoryview:
        """Where the bytes of the next piece of work are to be put; only while `free`."""
        return self.shown(self._coming())

    def shown(self, work: Work) -> memoryview:
        """The memory of some work, until it is given out again."""
        begin = work.place * self.room
        return memoryview(self._hands[work.hand].memory)[begin : begin + self.room]

    def start(self, begin: int, end: int, function: Callable[..., Any], *arguments: Any) -> Work:
        """Have a function called with the bytes in `memory()` from one place to another, and with the arguments."""
        work = self._coming()
        base = work.place * self.room
        with suppress(OSError):  # then `result` will tell
            self._hands[work.hand].line.send((base + begin, base + end, function, arguments))
        self._next += 1
        self._under_way.append(work)
        return work

    def result(self, work: Work) -> Any:
        """What the function returned, for the work that was started first; it is under way no more.

        Raises HandLostError: the process ended, as all of them will now, or the function raised something.
        """
        assert work is self._under_way.popleft()
        try:
            done, result = self._hands[work.hand].line.recv()
        except (EOFError, OSError) as error:
            self._lost = True
            raise HandLostError from error
        if not done:
            raise HandLostError(result)
        return result

    def close(self) -> None:
        """End the processes, and forget what is under way."""
        hands, self._hands = self._hands, []
        self._under_way.clear()
        self._ready = self._lost = False
        for hand in hands:
            hand.close()

    def _coming(self) -> Work:
        return Work(self._next % len(self._hands), self._next // len(self._hands) % PLACES)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _nameless(size: int) -> int:
    """A file of that size without a name, in memory if the system can do that."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("hands")
    else:
        with tempfile.TemporaryFile() as temporary:
            file = os.dup(temporary.fileno())
    os.ftruncate(file, size)
    return file


def _serve(line: Connection, memory: mmap.mmap) -> None:
    """Do what is asked for, until the line breaks; the answer goes out while the next is worked on."""
    line.send(True)
    with ThreadPoolExecutor(1) as sender:
        while True:
            begin, end, function, arguments = line.recv()
            sender.submit(line.send_bytes, _answer(function, memoryview(memory)[begin:end], arguments))


def _answer(function: Callable[..., Any], data: memoryview, arguments: tuple[Any, ...]) -> memoryview:
    try:
        return ForkingPickler.dumps((True, function(data, *arguments)))
    except Exception as error:
        return ForkingPickler.dumps((False, repr(error)))


if __name__ == "__main__":
    _line, _file, _size = (int(argument) for argument in sys.argv[1:4])
    import_module(sys.argv[4])
    with suppress(EOFError, OSError):
        _serve(Connection(_line), mmap.mmap(_file, _size, access=mmap.ACCESS_READ))
