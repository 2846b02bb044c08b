"""The entry point of `tailrace`: nothing that happens in a command reaches the user as a traceback.

What takes time to import is imported inside, so that Ctrl-C is heeded from the first moment.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from tailrace.model.errors import TailraceError

DEBUG_VARIABLE: Final = "TAILRACE_DEBUG"
_FAULT, _ASKED_WRONGLY, _INTERRUPTED = 1, 2, 130
_YOUNG_OBJECTS: Final = 20_000
"""How many new objects there are before cycles are looked for: importing makes a hundred thousand, and no garbage."""


def main() -> NoReturn:
    """Run the command that `sys.argv` asks for, and leave with its exit code."""
    gc.set_threshold(_YOUNG_OBJECTS, 10, 10)
    try:
        code = _run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:
        code = 0
    _let_go_of_closed_pipes()
    gc.freeze()  # the process ends: a last search for cycles among all that was imported would free what goes anyway
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    for stream in _streams():
        stream.reconfigure(errors="backslashreplace")
    try:
        from tailrace.cli.app import command

        code = command().main(arguments, prog_name="tailrace", standalone_mode=False)
        for stream in _streams():
            stream.flush()
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # Typer's own answer to it is exit code 1
            raise BrokenPipeError from None
        raise
    except Exception as error:
        return _say(error)
    return code if isinstance(code, int) else 0


def _say(error: Exception) -> int:
    """An error as a sentence; the exit code that it has."""
    import typer

    from tailrace.cli.exits import AskedWronglyError, say_fault
    from tailrace.model.errors import TailraceError

    if isinstance(error, typer.Abort):
        return _INTERRUPTED
    if isinstance(error, TailraceError):
        say_fault(error)
        return _ASKED_WRONGLY if isinstance(error, AskedWronglyError) else _FAULT
    if hasattr(error, "format_message"):  # the parser's errors; which class they have depends on Typer's version
        say_fault(_misuse(error))
        return _ASKED_WRONGLY
    return _say_unforeseen(error)


def _misuse(error: Exception) -> TailraceError:
    from tailrace.model.errors import TailraceError

    text = " ".join(error.format_message().split()).rstrip(".")  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "tailrace"
    return TailraceError(text[:1].lower() + text[1:], hint=f"{path} --help")


def _say_unforeseen(error: Exception) -> int:
    if os.environ.get(DEBUG_VARIABLE):
        import traceback

        traceback.print_exception(error)
        return _FAULT
    if isinstance(error, OSError) and error.strerror:
        about = f"{error.filename!r}: " if error.filename is not None else ""
        sys.stderr.write(f"error: the system refuses: {about}{error.strerror}\n")
        return _FAULT
    told = " ".join(str(error).split())
    sys.stderr.write(
        f"error: this is a fault of Tailrace itself: {type(error).__name__}{f': {told}' if told else ''}\n"
        f"  try: {DEBUG_VARIABLE}=1 shows the traceback; please report it in Tailrace's issue tracker, with what "
        "`tailrace --version` says\n"
    )
    return _FAULT


def _let_go_of_closed_pipes() -> None:
    """What is still buffered would be flushed at exit, and fail once more where nobody reads."""
    for stream in _streams():
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _streams() -> list[Any]:
    """Standard output and standard error, but for those that whoever called us has closed."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]


if __name__ == "__main__":
    main()
