"""Events handed to a program of the user's: one run each."""

from __future__ import annotations

import errno
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tailrace.connect.delivery import Rejected, SetupFault
from tailrace.model.errors import TailraceError, Transient

TRY_AGAIN = 75
"""The exit code by which a program asks to be run again later: EX_TEMPFAIL of sysexits.h."""
OUTPUT_LIMIT = 16_384
"""How much of a program's output is kept, in bytes: its end, where it says what went wrong."""

_VALUE_LIMIT = 4096
_WORDS = 300
_NAME = re.compile(r"TAILRACE_[A-Z0-9_]+")
_CHUNK = 65_536
_GRACE = 1.0  # seconds between asking to end and ending
_DRAINED = 16  # pipefuls that are still read of a program that has ended
_LOOK = 0.05  # seconds between two looks at a program that has closed or handed on its output
_MISSING = {errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.E2BIG}


class Command:
    """Runs one program for each event, without a shell: what is in an event is never read as a command.

    The event stands on its standard input; what a script wants at hand is in variables named `TAILRACE_...`, and no
    such variable of our own (a password) reaches it. Exit code 0 means done, 75 (EX_TEMPFAIL) try again later, any
    other that the event was refused. Delivery is at least once. A program that goes on in the background after its
    end is left alone.
    """

    def __init__(self, arguments: Sequence[str], *, timeout: float = 30.0) -> None:
        """Prepare to run `arguments`, the program first; it is not looked for yet. `timeout` is in seconds.

        Raises TailraceError when there is no program, or an argument cannot be passed on.
        """
        if isinstance(arguments, str) or not arguments or not arguments[0]:
            raise TailraceError(
                "a command needs a list with a program and its arguments", hint="as in [/usr/local/bin/page, --quiet]"
            )
        if any("\0" in argument for argument in arguments):
            raise TailraceError(f"the command {arguments[0]!r} has an argument with a NUL character in it")
        self._arguments = list(arguments)
        self._timeout = timeout

    @property
    def name(self) -> str:
        """The program's file name."""
        return os.path.basename(self._arguments[0]) or self._arguments[0]  # noqa: PTH119 - it is no path yet

    def send(self, body: bytes, *, variables: Mapping[str, str]) -> str:
        """Run the program with `body` on its standard input, and give the end of its output, both streams as one.

        A value is passed on without NUL characters and cut at 4096. Raises Rejected when the program says so,
        SetupFault when it cannot be started, and Transient when it asks to be run later or takes too long; all
        processes of its group are ended then.
        """
        process = self._start(_environment(variables))
        talk = _Conversation(process, body)
        try:
            in_time = talk.hold(time.monotonic() + self._timeout)
            if not in_time:
                _end(process)
        except BaseException:
            _end(process)
            raise
        finally:
            _close(process)
        if not in_time:
            said = _shown(talk.said)
            raise Transient(f"the command {self.name!r} has not ended within {self._timeout:g} seconds{said}")
        return self._judged(process.returncode, talk.said)

    def __repr__(self) -> str:
        return f"Command({self.name})"

    def _start(self, environment: dict[str, str]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self._arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as fault:
            said = f"the command {self._arguments[0]!r} cannot be started: {fault.strerror}"
            if fault.errno in _MISSING:
                raise SetupFault(
                    said, hint="give the path of a program that this user may run, and short arguments"
                ) from None
            raise Transient(said) from None

    def _judged(self, code: int, output: str) -> str:
        if code == 0:
            return output
        if code == TRY_AGAIN:
            raise Transient(f"the command {self.name!r} asks to be run again later{_shown(output)}")
        how = f"ended with exit code {code}" if code > 0 else f"was ended by {_signal_name(-code)}"
        raise Rejected(f"the command {self.name!r} {how}{_shown(output)}", code=code)


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    for name in variables:
        if not _NAME.fullmatch(name):
            raise ValueError(f"a variable for a command is named TAILRACE_..., not {name!r}")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TAILRACE_")}
    ours = {name: value.replace("\0", "")[:_VALUE_LIMIT] for name, value in variables.items()}
    return inherited | {name: value.encode("utf-8", "replace").decode() for name, value in ours.items()}


class _Conversation:
    """What is said to a program and what it says.

    Neither a program that never reads nor one that never stops writing holds us up, and a child of it may hold its
    output open for as long as it likes.
    """

    def __init__(self, process: subprocess.Popen[bytes], body: bytes) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._input, self._output = process, process.stdin, process.stdout
        self._left = memoryview(body)
        self._kept = bytearray()
        for pipe in (self._input, self._output):
            os.set_blocking(pipe.fileno(), False)

    @property
    def said(self) -> str:
        """The end of the output."""
        return self._kept.decode("utf-8", "replace")

    def hold(self, deadline: float) -> bool:
        """Write, read, and wait for the end of the program; say whether it came before the deadline."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._input, selectors.EVENT_WRITE, self._write)
            selector.register(self._output, selectors.EVENT_READ, self._read)
            while self._process.poll() is None:
                rest = deadline - time.monotonic()
                if rest <= 0:
                    return False
                self._turn(selector, min(rest, _LOOK))
        for _ in range(_DRAINED):
            if self._output.closed or not self._read():
                break
        return True

    def _turn(self, selector: selectors.BaseSelector, seconds: float) -> None:
        if not selector.get_map():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
            return
        for entry, _ in selector.select(seconds):
            if not entry.data():
                selector.unregister(entry.fileobj)
                (self._input if entry.data == self._write else self._output).close()

    def _write(self) -> bool:
        """Write some, and say whether there is more; a program need not read what it is given."""
        with suppress(BlockingIOError):
            try:
                self._left = self._left[os.write(self._input.fileno(), self._left[:_CHUNK]) :]
            except BrokenPipeError:
                self._left = self._left[:0]
        return bool(self._left)

    def _read(self) -> bool:
        """Read some, of which the end is kept, and say whether there may be more."""
        try:
            chunk = os.read(self._output.fileno(), _CHUNK)
        except BlockingIOError:
            return True
        self._kept += chunk
        del self._kept[:-OUTPUT_LIMIT]
        return bool(chunk)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask all processes of the group to end, and end them."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        if number is signal.SIGTERM:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
    process.wait()


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(OSError):
                pipe.close()


def _shown(output: str) -> str:
    shown = " ".join("".join(char if char.isprintable() else " " for char in output).split())
    return f": {shown[-_WORDS:]}" if shown else ""


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
