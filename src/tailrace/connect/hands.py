"""Hands: processes beside this one that lend their cores for work on bytes, since threads of Python share one.

A hand does one thing after another: a function that it imports by name, with arguments that can be pickled, on bytes
that lie in memory shared with it, where it leaves its answer too. It ends when this process does, however that
happens, since its line to it breaks then; nothing of it has a name in the system that could be left behind.
"""

from __future__ import annotations

import mmap
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any, Final

from tailrace.connect.processes import start_module

PLACES: Final = 3
"""Pieces of work that a hand has room for: one to do, the next, and one that is done and not yet asked for."""
AHEAD: Final = 2
"""Pieces that a hand is given before it has answered."""

_FORKS: Final = sys.platform == "linux"
_SURROUNDINGS: Final = {
    "POLARS_MAX_THREADS": "1",  # more of them wait for each other by spinning
    "OPENBLAS_NUM_THREADS": "1",
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


@dataclass
class _Hand:
    """One process: its line, the memory that it shares, and its places that are taken, in the order they were given.

    The first of these are done, as many as there are `answers`: how long each is that stands in the memory, or itself.
    `given` is how many there ever were, and `process` the process's number, 0 before it is there.
    """

    line: Connection
    memory: mmap.mmap
    taken: deque[int] = field(default_factory=deque)
    answers: deque[int | bytes] = field(default_factory=deque)
    process: int = 0
    given: int = 0

    @property
    def waiting(self) -> int:
        """How many pieces it was given and has not answered."""
        return len(self.taken) - len(self.answers)

    def hear(self) -> None:
        """Wait for its next answer. Raises EOFError, OSError."""
        size = self.line.recv()
        self.answers.append(size if size is not None else self.line.recv_bytes())

    def close(self) -> None:
        self.line.close()
        with suppress(BufferError):  # somebody still looks at what stands there: it goes when that does
            self.memory.close()


class Hands:
    """Some processes, `count`, with `room` bytes for each piece of work, which import a module before they are ready.

    They start when they are asked for the first time whether they are ready, and once more after `close`, which has to
    be called. Work goes to whichever has the least to do. Not to be used by several threads at a time.
    """

    def __init__(self, count: int, room: int, module: str) -> None:
        self.count, self.room = count, room
        self._module = module
        self._started: list[subprocess.Popen[bytes]] = []
        self._hands: list[_Hand] = []
        self._ready = self._lost = False

    @property
    def processes(self) -> list[int]:
        """The numbers of the processes that are there."""
        return [hand.process for hand in self._hands if hand.process]

    @property
    def idle(self) -> bool:
        """Whether there are processes that have nothing to do."""
        return bool(self._hands) and not any(hand.taken for hand in self._hands)

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
                self._start_all()
            for hand in self._hands:
                if not hand.process and hand.line.poll():
                    hand.process = hand.line.recv()
        except (EOFError, OSError):
            self._lost = True
        self._ready = not self._lost and all(hand.process for hand in self._hands)
        return self._ready

    @property
    def free(self) -> bool:
        """Whether one more piece of work can be given to them."""
        if self.ready:
            self._hear()
        return self.ready and self._coming() is not None

    def memory(self) -> memoryview:
        """Where the bytes of the next piece of work are to be put; only while `free`."""
        coming = self._coming()
        assert coming is not None
        return self.shown(coming)

    def shown(self, work: Work) -> memoryview:
        """The memory of some work, until it is given out again."""
        begin = work.place * _size(self.room)
        return memoryview(self._hands[work.hand].memory)[begin : begin + self.room]

    def start(self, begin: int, end: int, function: Callable[..., Any], *arguments: Any) -> Work:
        """Have a function called with the bytes in `memory()` from one place to another, and with the arguments."""
        work = self._coming()
        assert work is not None
        hand = self._hands[work.hand]
        with suppress(OSError):  # then `result` will tell
            hand.line.send((work.place, begin, end, function, arguments))
        hand.taken.append(work.place)
        hand.given += 1
        return work

    def done(self, work: Work) -> bool:
        """Whether some work is finished, so that its result need not be waited for."""
        self._hear()
        hand = self._hands[work.hand]
        return self._lost or (bool(hand.answers) and hand.taken[0] == work.place)

    def wait(self) -> None:
        """Wait until any of them has finished something more, or ended."""
        wait([hand.line for hand in self._hands if hand.waiting])

    def result(self, work: Work) -> Any:
        """What the function returned, for the work that was started first; it is under way no more.

        Raises HandLostError: the process ended, as all of them will now, or the function raised something.
        """
        hand = self._hands[work.hand]
        try:
            if not hand.answers:
                hand.hear()
        except (EOFError, OSError) as error:
            self._lost = True
            raise HandLostError from error
        finally:
            hand.taken.popleft()
        answer, begin = hand.answers.popleft(), work.place * _size(self.room) + self.room
        told = memoryview(hand.memory)[begin : begin + answer] if isinstance(answer, int) else answer
        done, result = pickle.loads(told)
        if not done:
            raise HandLostError(result)
        return result

    def close(self) -> None:
        """End the processes, and forget what is under way."""
        hands, self._hands = self._hands, []
        started, self._started = self._started, []
        self._ready = self._lost = False
        made = _FORKS and all(hand.process for hand in hands)
        for hand in hands:
            hand.close()
        for process in started:
            if not made:
                process.kill()  # it holds nothing that could be lost
            process.communicate()  # it ends those that it has made once nothing can come any more

    def _start_all(self) -> None:
        """Start one process that becomes all of them, where the system can do that well; else one for each."""
        size = PLACES * _size(self.room)
        for count in [self.count] if _FORKS else [1] * self.count:
            ends = [(_nameless(size), Pipe()) for _ in range(count)]
            try:
                self._hands += [_Hand(mine, mmap.mmap(file, size)) for file, (mine, _) in ends]
                kept = [each for file, (_, its) in ends for each in (its.fileno(), file)]
                arguments = [str(self.room), self._module, *map(str, kept)]
                self._started.append(
                    start_module(__name__, arguments, kept, surroundings=_SURROUNDINGS, stdin=subprocess.PIPE)
                )
            finally:
                for file, (_, its) in ends:
                    its.close()
                    os.close(file)

    def _hear(self) -> None:
        """Take in what has been answered."""
        try:
            for hand in self._hands:
                while hand.waiting and hand.line.poll():
                    hand.hear()
        except (EOFError, OSError):
            self._lost = True

    def _coming(self) -> Work | None:
        """Where the next piece of work would go."""
        free = [
            (hand.waiting, hand.given, number)
            for number, hand in enumerate(self._hands)
            if hand.waiting < AHEAD and len(hand.taken) < PLACES
        ]
        if not free:
            return None
        *_, number = min(free)
        return Work(number, self._hands[number].given % PLACES)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _size(room: int) -> int:
    """How many bytes one place takes: those of the work, and an answer of at most half as many."""
    return -(-room // mmap.PAGESIZE) * mmap.PAGESIZE * 3 // 2


def _nameless(size: int) -> int:
    """A file of that size without a name, in memory if the system can do that."""
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("hands")
    else:
        with tempfile.TemporaryFile() as temporary:
            file = os.dup(temporary.fileno())
    os.ftruncate(file, size)
    return file


# -- in the other processes -------------------------------------------------------------------------------------------


class _Room:
    """A stretch of memory as a file that is written to from its beginning. Raises ValueError when it is full."""

    def __init__(self, memory: memoryview) -> None:
        self._memory = memory
        self.size = 0

    def write(self, data: Any) -> int:
        """Put some bytes after those before."""
        view = memoryview(data).cast("B")
        self._memory[self.size : self.size + len(view)] = view
        self.size += len(view)
        return len(view)


def _serve(file: int, line: Connection, room: int) -> None:
    """Do what is asked for, until the line breaks; a long answer goes out while the next is worked on."""
    memory = memoryview(mmap.mmap(file, PLACES * _size(room)))
    with suppress(EOFError, OSError), ThreadPoolExecutor(1) as sender:
        line.send(os.getpid())
        while True:
            place, begin, end, function, arguments = line.recv()
            mine = memory[place * _size(room) : (place + 1) * _size(room)]
            answer = _answer(function, mine[begin:end].toreadonly(), arguments, mine[room:])
            sender.submit(_tell, line, answer)


def _answer(
    function: Callable[..., Any], data: memoryview, arguments: tuple[Any, ...], memory: memoryview
) -> int | memoryview:
    """Put what a function returns, or what it raises, into some memory, and tell its size; itself, if it is larger."""
    try:
        answer = True, function(data, *arguments)
    except Exception as error:
        answer = False, repr(error)
    room = _Room(memory)
    try:
        ForkingPickler(room, pickle.HIGHEST_PROTOCOL).dump(answer)
    except ValueError:
        return ForkingPickler.dumps(answer, pickle.HIGHEST_PROTOCOL)
    return room.size


def _tell(line: Connection, answer: int | memoryview) -> None:
    if isinstance(answer, int):
        line.send(answer)
    else:
        line.send(None)
        line.send_bytes(answer)


def _become(ends: Sequence[tuple[int, int]], room: int) -> None:
    """Become all the processes whose lines and memories these are, until they are not needed any more.

    Where processes can be made of this one it makes them, and ends them when the one that started it says so or ends;
    else it is the only one.
    """
    if not _FORKS:
        _serve(ends[0][1], Connection(ends[0][0]), room)
        return
    made = []
    warnings.simplefilter("ignore", DeprecationWarning)  # no thread here has begun to work, so none holds anything
    for line, file in ends:
        process = os.fork()
        if not process:
            for other in {number for pair in ends for number in pair} - {line, file} | {sys.stdin.fileno()}:
                os.close(other)
            _serve(file, Connection(line), room)
            os._exit(0)
        made.append(process)
    for number in (number for pair in ends for number in pair):
        os.close(number)
    sys.stdin.buffer.read()
    for process in made:
        os.kill(process, signal.SIGKILL)
    for process in made:
        os.waitpid(process, 0)
    os._exit(0)  # there is nothing to tidy up


if __name__ == "__main__":
    import_module(sys.argv[2])
    _numbers = [int(argument) for argument in sys.argv[3:]]
    _become(list(zip(_numbers[::2], _numbers[1::2], strict=True)), int(sys.argv[1]))
