"""Workers: supervised threads that never end without a word."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tailrace.log.contract import Step, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.log.seat import HeldSeat
from tailrace.model.errors import TailraceError, Transient
from tailrace.model.ports import CHECKPOINT, Outlet
from tailrace.model.streamlet import Streamlet, timer
from tailrace.runtime.application import topic_spec
from tailrace.runtime.inbound import Limits
from tailrace.runtime.lifecycle import WorkerState
from tailrace.runtime.stepper import Stepper, open_context
from tailrace.runtime.worker import Worker
from tailrace.testkit.faults import FaultyLog


@pytest.fixture
def faulty(log: MemoryLog) -> FaultyLog:
    return FaultyLog(log)


@pytest.fixture
def worker(rt: Any, faulty: FaultyLog) -> Iterator[Callable[..., Worker]]:
    """Make a worker of the streamlet `pass`, started if not told otherwise; it is stopped at the end."""
    made: list[Worker] = []

    def make(
        cls: type[Streamlet] | None = None, *, start: bool = True, limits: Limits | None = None, **more: Any
    ) -> Worker:
        plan = rt.plan(rt.PASS, *([type("Pass", (cls,), {})] if cls else []))
        faulty.create_topics([topic_spec(topic) for topic in plan.topics])
        part = plan.streamlet("pass")

        def stepper() -> Stepper:
            return Stepper(plan, part, 0, faulty, open_context(part, "t", 0), limits or Limits())  # type: ignore[arg-type]

        given = {"make": stepper, "clock": lambda: datetime.now(UTC), "backoff": rt.QUICK, **more}
        worker = Worker(name="pass", streamlet="pass", **given)
        worker.plan = plan  # type: ignore[attr-defined]
        made.append(worker)
        if start:
            worker.start()
        return worker

    yield make
    for each in made:
        each.stop()
        assert each.join(10)


@pytest.fixture
def append(rt: Any, log: MemoryLog) -> Callable[..., None]:
    return lambda *numbers: rt.append(log, rt.plan(), "a", *numbers)


def test_a_worker_processes_what_comes(worker: Any, append: Any, rt: Any, log: MemoryLog) -> None:
    worker()
    append(1, 2)

    rt.until(lambda: rt.read(log, "t.b") == [1, 2])


def test_a_worker_is_idle_when_there_is_nothing_to_do(worker: Any, rt: Any) -> None:
    made = worker()

    rt.until(lambda: made.state is WorkerState.IDLE and made.quiet)


def test_a_worker_stops_when_asked(worker: Any, rt: Any) -> None:
    made = worker()
    rt.until(lambda: made.state is WorkerState.IDLE)
    made.stop()

    assert made.join(5)
    assert (made.state, made.quiet) == (WorkerState.STOPPED, False)


def test_a_worker_that_is_told_to_stop_before_it_starts_never_works(worker: Any) -> None:
    made = worker(start=False)
    made.stop()
    made.start()

    assert made.join(5)
    assert (made.state, made.metrics) == (WorkerState.STOPPED, None)


def test_a_worker_that_never_started_can_be_joined(worker: Any) -> None:
    assert worker(start=False).join(0)


def test_a_worker_stops_within_a_pause(worker: Any, rt: Any) -> None:
    def broken() -> Stepper:
        raise Transient("no log today")

    made = worker(make=broken, backoff=rt.QUICK.__class__(first=timedelta(hours=1), longest=timedelta(hours=1)))
    rt.until(lambda: made.state is WorkerState.BACKING_OFF)
    made.stop()

    assert made.join(5)
    assert made.state is WorkerState.STOPPED


def test_the_step_at_hand_is_finished_before_the_end(worker: Any, rt: Any, append: Any, log: MemoryLog) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(rt.Pass):
        def on_batch(self, inlet: Any) -> Any:
            begun.set()
            assert go_on.wait(10)
            yield self.out(inlet)

    made = worker(Slow)
    append(1)
    assert begun.wait(10)
    made.stop()
    go_on.set()

    assert made.join(5)
    assert rt.read(log, "t.b") == [1]


def test_a_streamlet_that_fails_is_made_anew(worker: Any, rt: Any, append: Any, log: MemoryLog) -> None:
    life: list[str] = []

    class Moody(rt.Pass):
        def on_start(self) -> None:
            life.append("start")

        def on_stop(self) -> None:
            life.append("stop")

        def on_batch(self, inlet: Any) -> Any:
            if life.count("start") == 1:
                raise ValueError("not today")
            yield self.out(inlet)

    made = worker(Moody)
    append(1)
    rt.until(lambda: rt.read(log, "t.b") == [1])

    assert life == ["start", "stop", "start"]
    assert (made.fault.sentence, made.fault.error, made.metrics.restarts) == ("not today", "ValueError", 1)


def test_a_streamlet_whose_log_failed_is_not_made_anew(
    worker: Any, rt: Any, append: Any, log: MemoryLog, faulty: FaultyLog
) -> None:
    starts: list[bool] = []

    class Pass(rt.Pass):
        def on_start(self) -> None:
            starts.append(True)

    faulty.fail_commit(Transient("the disk is full"), streamlet="pass", times=3)
    append(1)
    made = worker(Pass)
    rt.until(lambda: rt.read(log, "t.b") == [1])

    assert (len(starts), made.metrics.restarts) == (1, 3)


def test_a_streamlet_that_keeps_failing_is_given_up(worker: Any, rt: Any) -> None:
    class Broken(rt.Pass):
        def on_start(self) -> None:
            raise TailraceError("no key", hint="give one")

    made = worker(Broken)
    rt.until(lambda: made.state is WorkerState.FAILED)

    assert (made.fault.sentence, made.fault.hint) == ("no key", "give one")
    assert made.metrics.errors == rt.QUICK.limit + 1


def test_an_unwell_world_is_borne_for_ever(worker: Any, rt: Any) -> None:
    class Offline(rt.Pass):
        def on_start(self) -> None:
            raise ConnectionRefusedError("no server")

    made = worker(Offline)

    rt.until(lambda: made.metrics is not None and made.metrics.errors > 5 * rt.QUICK.limit)
    assert made.state in (WorkerState.BACKING_OFF, WorkerState.STARTING)


def test_the_same_fault_is_told_the_first_the_second_the_fourth_time(
    worker: Any, rt: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Unlucky(rt.Pass):
        def on_start(self) -> None:
            raise Transient("the server is down")

    with caplog.at_level(logging.WARNING, "tailrace.runtime"):
        made = worker(Unlucky)
        rt.until(lambda: made.metrics is not None and made.metrics.errors >= 20)
        made.stop()
        made.join()
    assert 2 <= sum("the server is down" in said for said in caplog.messages) <= made.metrics.errors.bit_length()


def test_what_asks_to_be_left_alone_is_left_alone(worker: Any, rt: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Busy(rt.Pass):
        def on_start(self) -> None:
            raise Transient("come back tomorrow", wait=timedelta(days=1))

    with caplog.at_level(logging.WARNING, "tailrace.runtime"):
        made = worker(Busy)
        rt.until(lambda: made.state is WorkerState.BACKING_OFF)
    assert "next try in 3600.0 s: come back tomorrow" in caplog.text


def test_failures_of_the_world_do_not_count_towards_the_limit(worker: Any, rt: Any, append: Any, log: Any) -> None:
    class Offline(rt.Pass):
        calls = 0

        def on_start(self) -> None:
            Offline.calls += 1
            if Offline.calls < 20:
                raise ConnectionRefusedError("no server")
            if Offline.calls == 20:
                raise ValueError("a slip")

    made = worker(Offline)
    append(1)

    rt.until(lambda: rt.read(log, "t.b") == [1])
    assert made.state is not WorkerState.FAILED


def test_records_at_fault_do_not_count_towards_the_limit(worker: Any, rt: Any, append: Any, log: MemoryLog) -> None:
    made = worker()
    for n in range(1, 4 * rt.QUICK.limit):
        append(-n)
        rt.until(lambda n=n: made.metrics is not None and made.metrics.dead == n)

    assert made.state is not WorkerState.FAILED


def test_batches_that_hold_nothing_but_records_at_fault_do_not_count_towards_the_limit(
    worker: Any, rt: Any, append: Any
) -> None:
    append(*([-1] * 4 * rt.QUICK.limit))
    made = worker(limits=Limits(batch_records=1))

    rt.until(lambda: made.metrics is not None and made.metrics.dead == 4 * rt.QUICK.limit)


def test_a_long_step_is_left_at_a_checkpoint_when_the_worker_is_to_stop(worker: Any, rt: Any, append: Any) -> None:
    class Endless(rt.Pass):
        """Never comes to the end of its first record."""

        def on_batch(self, inlet: Any) -> Any:
            while True:
                self.seen += 1
                yield CHECKPOINT

    made = worker(Endless)
    append(1)
    rt.until(lambda: made.progress > 3)
    made.stop()

    assert made.join(5)
    assert made.state is WorkerState.STOPPED


def test_a_dead_letter_that_the_log_refuses_for_a_while_is_no_reason_to_give_up(
    worker: Any, rt: Any, append: Any, faulty: FaultyLog
) -> None:
    made = worker(start=False)
    append(-1)
    faulty.fail_commit(Transient("full"), streamlet="pass", times=5 * rt.QUICK.limit)
    made.start()

    rt.until(lambda: made.metrics is not None and made.metrics.dead == 1)
    assert made.state is not WorkerState.FAILED


def test_state_that_cannot_be_read_is_given_up_at_once(worker: Any, rt: Any, log: MemoryLog) -> None:
    made = worker(start=False)
    log.open_worker(WorkerId("pass"), []).commit(Step(state={"seen": b'"many"'}), rt.NOON)
    made.start()
    rt.until(lambda: made.ended)

    assert made.state is WorkerState.FAILED
    assert made.metrics.errors == 1
    assert made.fault.sentence.startswith("the saved state 'seen' is not of the declared type")
    assert made.fault.hint is not None


def test_a_worker_whose_place_is_taken_while_it_waits_ends_at_its_next_step(
    worker: Any, rt: Any, append: Any, log: MemoryLog
) -> None:
    made = worker()
    rt.until(lambda: made.state is WorkerState.IDLE)
    log.open_worker(WorkerId("pass"), made.stepper.seat.inputs)
    append(1)

    rt.until(lambda: made.state is WorkerState.FENCED)
    assert rt.read(log, "t.b") == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_a_streamlet_that_wants_the_process_to_end_ends_its_worker_alone(
    worker: Any, rt: Any, append: Any, error: BaseException
) -> None:
    class Exiting(rt.Pass):
        def on_batch(self, inlet: Any) -> Any:
            raise error

    made = worker(Exiting)
    append(1)
    rt.until(lambda: made.ended)

    assert (made.state, made.fault.error) == (WorkerState.FAILED, type(error).__name__)


def test_a_panic_of_a_library_is_the_records_fault(worker: Any, rt: Any, append: Any, log: MemoryLog) -> None:
    class Panic(BaseException):
        """As polars raises it."""

    class Panicking(rt.Pass):
        def on_batch(self, inlet: Any) -> Any:
            if (inlet.frame["n"] == 13).any():
                raise Panic("thirteen")
            yield self.out(inlet)

    made = worker(Panicking)
    append(12, 13, 14)

    rt.until(lambda: rt.read(log, "t.b") == [12, 14])
    rt.until(lambda: made.metrics.dead == 1)


def test_a_fault_in_the_worker_itself_is_known(worker: Any, rt: Any) -> None:
    def clock() -> datetime:
        raise RuntimeError("the clock has stopped")

    made = worker(clock=clock)
    rt.until(lambda: made.ended)

    assert (made.state, made.fault.sentence) == (WorkerState.FAILED, "the clock has stopped")


def test_an_on_stop_that_fails_is_logged_and_does_no_harm(
    worker: Any, rt: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Clumsy(rt.Pass):
        def on_stop(self) -> None:
            raise ValueError("dropped it")

    made = worker(Clumsy)
    rt.until(lambda: made.state is WorkerState.IDLE)
    made.stop()

    assert made.join(5)
    assert made.state is WorkerState.STOPPED
    assert "dropped it" in caplog.text


def test_a_fault_with_a_sentence_is_logged_without_a_traceback(
    worker: Any, rt: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(rt.Pass):
        def on_start(self) -> None:
            raise TailraceError("no key")

    made = worker(Broken)
    rt.until(lambda: made.ended)

    assert "pass gives up: no key" in caplog.text
    assert "Traceback" not in caplog.text


def test_dead_letters_are_logged_ever_more_rarely(
    worker: Any, rt: Any, append: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    made = worker()
    append(*range(-20, 0))
    rt.until(lambda: made.metrics is not None and made.metrics.dead == 20)

    told = [record.args[1] for record in caplog.records if "set a record aside" in record.message]  # type: ignore[index]
    assert told == [1, 2, 4, 8, 16]


def test_an_ingress_that_has_more_to_give_is_asked_at_once(rt: Any, log: MemoryLog, run: Any) -> None:
    class Many(Streamlet):
        out = Outlet(rt.Number)
        given = 0

        def pending(self) -> bool:
            return self.given < 50

        @timer("1h")
        def give(self) -> Any:
            self.given += 1
            yield self.out([rt.Number(n=self.given)])

    text = "{app: t, streamlets: {many: Many, sink: Sink}, topics: {a: {producers: [many.out], consumers: [sink.in]}}}"
    run(rt.plan(text, Many))

    rt.until(lambda: rt.read(log, "t.a") == list(range(1, 51)))


def test_a_worker_without_timers_sleeps_until_input_comes(
    worker: Any, rt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    wait = HeldSeat.wait
    monkeypatch.setattr(HeldSeat, "wait", lambda seat, seconds: (waits.append(seconds), wait(seat, seconds))[1])
    worker()
    rt.until(lambda: waits)

    assert set(waits) == {1.0}
