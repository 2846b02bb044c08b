"""The actor that runs one replica of one streamlet: a thread of its own, private state, one step at a time."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tailrace.model.errors import Fenced, TailraceError, Transient
from tailrace.runtime.backoff import Backoff
from tailrace.runtime.lifecycle import ENDS, Moment, WorkerState, after
from tailrace.runtime.metrics import WorkerMetrics
from tailrace.runtime.stepper import Outcome, Stepper

logger = logging.getLogger("tailrace.runtime")

_LONGEST_WAIT = timedelta(seconds=1)
_HELD_WAIT = timedelta(milliseconds=50)


@dataclass(frozen=True)
class Fault:
    """What went wrong last in a worker, for people."""

    at: datetime
    sentence: str
    error: str
    hint: str | None = None


class Worker:
    """Drives a Stepper from a thread until it is told to stop, restarting the streamlet when it fails.

    Failures of the world (`Transient`, `OSError`) are tried again for ever, with growing pauses; failures of the
    streamlet itself up to the backoff's limit in a row. Records at fault are set aside and count as neither.
    """

    def __init__(
        self, make: Callable[[], Stepper], name: str, streamlet: str, clock: Callable[[], datetime], backoff: Backoff
    ) -> None:
        self.name = name
        self.streamlet = streamlet
        self.state = WorkerState.STARTING
        self.fault: Fault | None = None
        self.progress = 0
        """Grows with every step that is committed."""
        self.quiet = False
        """Whether the last look found nothing to do, no timer that had something to say, and no input left."""
        self._make = make
        self._clock = clock
        self._backoff = backoff
        self._failures = 0
        self._stepper: Stepper | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def metrics(self) -> WorkerMetrics | None:
        """The worker's figures; None before its first start."""
        return None if self._stepper is None else self._stepper.metrics

    def start(self) -> None:
        """Begin to work, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ask to stop after the step at hand; `join` waits for it."""
        self._stopping.set()
        if self._stepper is not None:
            self._stepper.seat.wake()

    def join(self, timeout_seconds: float | None = None) -> bool:
        """Wait for the end; False when the time is up first."""
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    @property
    def ended(self) -> bool:
        """Whether it will never work again."""
        return self.state in ENDS

    # -- the loop -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping.is_set() and not self.ended:
                self._attempt()
            if not self.ended:
                self._move(Moment.ENDED)
        finally:
            self._close()

    def _attempt(self) -> None:
        """One start or one look for work, with every failure caught and judged."""
        try:
            if self.state is WorkerState.STARTING:
                self._start()
            else:
                self._look()
        except Fenced as error:
            self._note(error)
            self._move(Moment.REPLACED)
        except Exception as error:
            self._judge(error)

    def _start(self) -> None:
        if self._stepper is None:
            self._stepper = self._make()
        self._stepper.start(self._clock())
        self._move(Moment.STARTED)

    def _look(self) -> None:
        assert self._stepper is not None
        outcome = self._stepper.advance(self._clock())
        match outcome:
            case Outcome.STEPPED:
                self.quiet = False
                self.progress += 1
                self._failures = 0
                self._move(Moment.STEPPED)
            case Outcome.IDLE:
                self._move(Moment.WAITED)
                self.quiet = self._stepper.lag() == 0 and not self._stepper.pending()
                self._stepper.seat.wait(self._until_timer().total_seconds())
            case Outcome.HELD:
                self._move(Moment.BLOCKED)
                self._stopping.wait(_HELD_WAIT.total_seconds())

    def _until_timer(self) -> timedelta:
        assert self._stepper is not None
        due = self._stepper.next_timer()
        left = _LONGEST_WAIT if due is None else min(_LONGEST_WAIT, due - self._clock())
        return max(left, timedelta(milliseconds=1))

    # -- failures -----------------------------------------------------------------------------------------------

    def _judge(self, error: Exception) -> None:
        self._note(error)
        if self._stepper is not None:
            self._stepper.metrics.errors += 1
        passing = isinstance(error, Transient | OSError)
        if not passing and self._narrowed(error):
            return
        self._failures += 1
        if not passing and self._failures > self._backoff.limit:
            logger.error("%s gives up after %d failures in a row: %s", self.name, self._failures, error)
            self._move(Moment.GAVE_UP)
            return
        self._pause(error)

    def _narrowed(self, error: Exception) -> bool:
        """Whether the record at fault was set aside, or the search for it can go on at once."""
        if self._stepper is None or self.state is WorkerState.STARTING:
            return False
        try:
            return self._stepper.suspect(error, self._clock())
        except Exception as worse:  # the log would not take the dead letter: pause, then look again
            self._note(worse)
            return False

    def _pause(self, error: Exception) -> None:
        pause = self._backoff.pause(self._failures, random.random)
        logger.warning(
            "%s failed, next try in %.1f s: %s", self.name, pause.total_seconds(), error, exc_info=_trace(error)
        )
        self._move(Moment.BROKE)
        self._stop_streamlet()
        self._stopping.wait(pause.total_seconds())
        if not self._stopping.is_set():
            if self._stepper is not None:
                self._stepper.metrics.restarts += 1
            self._move(Moment.RETRIED)

    def _note(self, error: Exception) -> None:
        sentence = str(error) or type(error).__name__
        self.fault = Fault(self._clock(), sentence, type(error).__name__, getattr(error, "hint", None))

    def _stop_streamlet(self) -> None:
        try:
            if self._stepper is not None:
                self._stepper.stop()
        except Exception:
            logger.warning("%s: on_stop failed", self.name, exc_info=True)

    def _close(self) -> None:
        try:
            if self._stepper is not None:
                self._stepper.close()
        except Exception:
            logger.warning("%s: could not close cleanly", self.name, exc_info=True)

    def _move(self, moment: Moment) -> None:
        self.state = after(self.state, moment)


def _trace(error: Exception) -> bool:
    """A traceback helps the author of a streamlet; for a fault that has a sentence it is noise."""
    return not isinstance(error, TailraceError | OSError)
