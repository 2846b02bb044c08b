"""The actor that runs one replica of one streamlet: a thread of its own, private state, one step at a time."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tailrace.model.errors import TailraceError
from tailrace.runtime.backoff import Backoff
from tailrace.runtime.judgement import Judgement, Verdict, judge
from tailrace.runtime.lifecycle import ENDS, Moment, WorkerState, after
from tailrace.runtime.metrics import WorkerMetrics
from tailrace.runtime.stepper import Outcome, Stepper

logger = logging.getLogger("tailrace.runtime")

_LONGEST_WAIT = timedelta(seconds=1)
_SHORTEST_WAIT = timedelta(milliseconds=1)
_HELD_WAIT_SECONDS = 0.05
_LONGEST_ASKED = timedelta(hours=1)  # a pause is no longer than that, whatever the other side asks


@dataclass(frozen=True)
class Fault:
    """What went wrong last in a worker, for people. It stays when the worker has recovered: see its state."""

    at: datetime
    sentence: str
    error: str
    hint: str | None = None


class Worker:
    """Drives a Stepper from a thread until it is told to stop, restarting the streamlet when it fails.

    Failures of the world (`Transient`, `OSError`) are tried again for ever, with growing pauses; failures of the
    streamlet itself up to the backoff's limit in a row. Records at fault are set aside and count as neither. Whatever
    happens, the thread does not end without the state and the fault telling why.
    """

    def __init__(
        self, make: Callable[[], Stepper], name: str, streamlet: str, clock: Callable[[], datetime], backoff: Backoff
    ) -> None:
        self.name = name
        self.streamlet = streamlet
        self.state = WorkerState.STARTING
        self.fault: Fault | None = None
        self.quiet = False
        """Whether it rests: its last look found nothing to do, nothing unread and nothing held back. False from the
        moment it looks again."""
        self.rests = False
        """Whether its last look found nothing to do and nothing unread; unlike a quiet one it may hold something."""
        self._make = make
        self._clock = clock
        self._backoff = backoff
        self._failures = 0
        self._pauses = 0
        self._said = ""
        self._stepper: Stepper | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def stepper(self) -> Stepper | None:
        """What it drives; None before its first start. Its figures may be read from any thread."""
        return self._stepper

    @property
    def metrics(self) -> WorkerMetrics | None:
        """The worker's figures; None before its first start."""
        return None if self._stepper is None else self._stepper.metrics

    @property
    def progress(self) -> int:
        """Grows with every step that is committed."""
        return 0 if self._stepper is None else self._stepper.commits

    @property
    def ended(self) -> bool:
        """Whether it will never work again."""
        return self.state in ENDS

    def start(self) -> None:
        """Begin to work, in a thread. A worker that was told to stop before ends at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask to stop after the step at hand, or at its next checkpoint; `join` waits for it."""
        self._stopping.set()
        if self._stepper is not None:
            self._stepper.seat.wake()

    def drain(self) -> None:
        """Let the streamlet know that nothing more will come: it may give out at once what it holds."""
        if self._stepper is not None and not self._stepper.context.drained:
            self._stepper.context.drained = True
            self._stepper.seat.wake()

    def join(self, timeout_seconds: float | None = None) -> bool:
        """Wait for the end; False when the time is up first."""
        if self._thread.ident is not None:
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    # -- the loop -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._stopping.is_set() and not self.ended:
                self._attempt()
            if not self.ended:
                self._move(Moment.ENDED)
        except BaseException as error:  # a fault of ours; nobody else would tell
            logger.exception("%s ends by a fault in its worker", self.name)
            self.fault = Fault(datetime.now(UTC), _sentence(error), type(error).__name__)
            self.state = WorkerState.FAILED
        finally:
            self.quiet = self.rests = False
            self._close()

    def _attempt(self) -> None:
        """One start or one look for work, with every failure caught and judged."""
        try:
            if self.state is WorkerState.STARTING:
                self._start()
            else:
                self._look()
        except BaseException as error:
            self._answer(self._judge(error))

    def _start(self) -> None:
        if self._stepper is None:
            self._stepper = self._make()
            self._stepper.interrupted = self._stopping.is_set
            self._stepper.context.wake = self._stepper.wake
        self._stepper.start(self._clock())
        self._move(Moment.STARTED)

    def _look(self) -> None:
        assert self._stepper is not None
        self.quiet = self.rests = False
        match self._stepper.advance(self._clock()):
            case Outcome.STEPPED:
                self._move(Moment.STEPPED)
                self._failures = self._pauses = 0
                self._stepper.hurry(self._clock())
            case Outcome.IDLE:
                self._move(Moment.WAITED)
                self._failures = self._pauses = 0
                self.rests = self._stepper.lag() == 0
                self.quiet = self.rests and not self._stepper.pending()
                self._stepper.seat.wait(self._until_timer().total_seconds())
            case Outcome.HELD:
                self._move(Moment.BLOCKED)
                self._stopping.wait(_HELD_WAIT_SECONDS)

    def _until_timer(self) -> timedelta:
        assert self._stepper is not None
        due = self._stepper.next_timer()
        left = _LONGEST_WAIT if due is None else min(_LONGEST_WAIT, due - self._clock())
        return max(left, _SHORTEST_WAIT)

    # -- failures -----------------------------------------------------------------------------------------------

    def _judge(self, error: BaseException) -> Judgement:
        stepper = self._stepper
        if stepper is None or self.state is WorkerState.STARTING:
            return judge(error)
        return judge(error, lambda each: stepper.suspect(each, self._clock()))

    def _answer(self, judgement: Judgement) -> None:
        verdict, error = judgement
        self._note(error)
        if self._stepper is not None:
            self._stepper.metrics.errors += 1
        match verdict:
            case Verdict.REPLACED:
                self._move(Moment.REPLACED)
            case Verdict.HOPELESS:
                self._give_up(error)
            case Verdict.PASSING:
                self._pause(error)
            case Verdict.BROKEN:
                self._failures += 1
                if self._failures > self._backoff.limit:
                    self._give_up(error)
                else:
                    self._pause(error)
            case Verdict.SET_ASIDE:
                self._failures = self._pauses = 0
                self._tell_set_aside(error)

    def _give_up(self, error: BaseException) -> None:
        logger.error("%s gives up: %s", self.name, _sentence(error), exc_info=_traced(error))
        self._move(Moment.GAVE_UP)

    def _pause(self, error: BaseException) -> None:
        self._pauses += 1
        asked = getattr(error, "wait", None) or timedelta()
        pause = max(self._backoff.pause(self._pauses, random.random), min(asked, _LONGEST_ASKED)).total_seconds()
        self._tell_pause(error, pause)
        self._move(Moment.BROKE)
        self._stop_streamlet()
        self._stopping.wait(pause)
        if not self._stopping.is_set():
            if self._stepper is not None:
                self._stepper.metrics.restarts += 1
            self._move(Moment.RETRIED)

    def _tell_pause(self, error: BaseException, pause: float) -> None:
        """Log what is news: another failure than the last, and of the same one the second, the fourth and so on."""
        said, self._said = self._said, _sentence(error)
        if said != self._said or self._pauses.bit_count() == 1:
            traced = _traced(error)
            logger.warning("%s failed, next try in %.1f s: %s", self.name, pause, self._said, exc_info=traced)

    def _tell_set_aside(self, error: BaseException) -> None:
        """Log the first dead letter, the second, the fourth and so on: a thousand of them are one piece of news."""
        dead = self._stepper.metrics.dead if self._stepper is not None else 0
        if dead.bit_count() == 1:
            logger.warning("%s set a record aside, the %d. so far: %s", self.name, dead, _sentence(error))

    def _note(self, error: BaseException) -> None:
        hint = getattr(error, "hint", None)
        self.fault = Fault(self._clock(), _sentence(error), type(error).__name__, hint)

    def _stop_streamlet(self) -> None:
        """Close the streamlet, unless the log alone was at fault: then it goes on with what it holds."""
        try:
            if self._stepper is not None and not self._stepper.intact:
                self._stepper.stop()
        except Exception:
            logger.warning("%s: on_stop failed", self.name, exc_info=True)

    def _close(self) -> None:
        try:
            if self._stepper is not None:
                self._stepper.close()
        except BaseException:
            logger.warning("%s: could not close cleanly", self.name, exc_info=True)

    def _move(self, moment: Moment) -> None:
        self.state = after(self.state, moment)
        if self._stepper is not None:
            self._stepper.metrics.up = self.state not in _DOWN


_DOWN = ENDS | {WorkerState.BACKING_OFF}


def _sentence(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _traced(error: BaseException) -> BaseException | None:
    """A traceback helps the author of a streamlet; for a fault that has a sentence it is noise."""
    return None if isinstance(error, TailraceError | OSError) else error
