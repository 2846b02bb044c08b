"""Steps: each committed as a whole or not at all, records at fault set aside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tailrace.log.contract import WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.model.errors import Fenced, TailraceError, Transient
from tailrace.model.ports import CHECKPOINT, Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.settings import Setting
from tailrace.model.state import State
from tailrace.model.streamlet import Streamlet, timer
from tailrace.runtime.application import topic_spec
from tailrace.runtime.inbound import Limits
from tailrace.runtime.judgement import Unrestorable
from tailrace.runtime.stepper import Outcome, Stepper, open_context
from tailrace.testkit.kit import StreamletKit, Testkit


@pytest.fixture
def kit(rt: Any) -> StreamletKit:
    return StreamletKit(rt.Pass)


def out(kit: Testkit) -> list[int]:
    return [each.n for each in kit.read("out")]


def seen(kit: Testkit) -> int:
    return int(kit.streamlet("streamlet").seat.state["seen"])


# -- records at fault -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "numbers",
    [[-1], [1, 2, -3, 4, 5], [-1, 2, 3, -4], [1, -2, -3, -4, 5], [-1, -2, -3], list(range(100)) + [-7] + [8] * 50],
    ids=["alone", "one", "both ends", "adjacent", "all", "among many"],
)
def test_records_at_fault_are_set_aside_and_all_others_processed_once(
    kit: StreamletKit, rt: Any, numbers: list[int]
) -> None:
    kit.send("in", rt.numbers(*numbers))
    kit.run()

    good, bad = [n for n in numbers if n >= 0], [n for n in numbers if n < 0]
    assert out(kit) == good
    assert [letter.reason for letter in kit.dead_letters()] == [f"{n} is negative" for n in bad]
    assert [letter.offset for letter in kit.dead_letters()] == [at for at, n in enumerate(numbers) if n < 0]
    assert int(kit.streamlet("streamlet").seat.state.get("seen", b"0")) == len(good)


def test_a_dead_letter_is_counted(kit: StreamletKit, rt: Any) -> None:
    kit.send("in", rt.numbers(-1, 2))
    kit.run()

    assert kit.streamlet("streamlet").metrics.dead == 1


def test_failed_attempts_are_counted_by_the_inlet_of_their_records(kit: StreamletKit, rt: Any) -> None:
    kit.send("in", rt.numbers(-1, 2))
    kit.run()

    # The pair, the pair once more, and the bad one alone.
    assert kit.streamlet("streamlet").metrics.errors_in == {"in": 3}


def test_what_comes_after_a_record_at_fault_is_processed(kit: StreamletKit, rt: Any) -> None:
    kit.send("in", rt.numbers(-1))
    kit.run()
    kit.send("in", rt.numbers(2))
    kit.run()

    assert out(kit) == [2]


def test_a_record_that_fails_only_once_is_no_dead_letter(rt: Any) -> None:
    class Moody(rt.Pass):
        """Fails at its first batch."""

        calls = 0

        def on_batch(self, inlet: Any) -> Any:
            Moody.calls += 1
            if Moody.calls == 1:
                raise RuntimeError("not today")
            yield self.out(inlet)

    kit = StreamletKit(Moody)
    kit.send("in", rt.numbers(1, 2))
    kit.run()

    assert (out(kit), kit.dead_letters()) == ([1, 2], [])


def test_a_record_at_fault_in_one_of_two_inlets_leaves_the_other_inlet_alone(rt: Any) -> None:
    kit = StreamletKit(rt.Join)
    kit.send("left", rt.numbers(1, -2, 3))
    kit.send("right", rt.numbers(-4, 5))
    kit.run()

    assert sorted(out(kit)) == [-4, 1, 3, 5]
    assert [(letter.inlet, letter.offset) for letter in kit.dead_letters()] == [("left", 1)]


def test_a_record_at_fault_behind_a_checkpoint_leaves_what_was_committed_before_it(rt: Any) -> None:
    kit = StreamletKit(rt.Slow)
    kit.send("in", [rt.Number(n=0), rt.Number(n=1), rt.Number(n=2, text="bad"), rt.Number(n=3)])
    kit.run()

    assert out(kit) == [0, 1, 3]
    assert [letter.offset for letter in kit.dead_letters()] == [2]


def test_a_record_that_cannot_be_read_as_the_inlets_type_is_set_aside(rt: Any) -> None:
    class Raw:
        class Number(Record):
            n: bytes

    class Texts:
        class Number(Record):
            n: str

    class Taker(Streamlet):
        inlet = Inlet(Texts.Number, name="in")
        out = Outlet(Texts.Number)

        def on_batch(self, inlet: Any) -> Any:
            yield self.out(inlet)

    kit = StreamletKit(Taker, reads={"in": Raw.Number})
    kit.send("in", [Raw.Number(n=b"a"), Raw.Number(n=b"\xff"), Raw.Number(n=b"c")])
    kit.run()

    assert out(kit) == ["a", "c"]
    assert [letter.payload for letter in kit.dead_letters()] == [b'{"n": "/w=="}']


def test_a_dead_letter_that_the_log_does_not_take_now_is_written_later(kit: StreamletKit, rt: Any) -> None:
    kit.send("in", rt.numbers(-1))
    kit.log.fail_commit(Transient("the disk is full"), times=3)
    kit.run()

    assert len(kit.dead_letters()) == 1


def test_a_dead_letter_that_was_written_though_the_log_failed_is_not_written_again(kit: StreamletKit, rt: Any) -> None:
    kit.send("in", rt.numbers(-1, 2))
    kit.log.fail_commit(Transient("the line broke"), after=True)
    kit.run()

    assert (len(kit.dead_letters()), out(kit)) == (1, [2])


# -- failures that are no record's fault ----------------------------------------------------------------------------


def test_what_fails_because_the_world_is_unwell_is_tried_again_and_never_set_aside(rt: Any) -> None:
    class Offline(rt.Pass):
        """Its server is down at first."""

        calls = 0

        def on_batch(self, inlet: Any) -> Any:
            Offline.calls += 1
            if Offline.calls < 15:
                raise ConnectionRefusedError("no server")
            yield self.out(inlet)

    kit = StreamletKit(Offline)
    kit.send("in", rt.numbers(1))
    kit.run()

    assert (out(kit), kit.dead_letters()) == ([1], [])


@pytest.mark.parametrize("error", [Transient("full"), TailraceError("too big"), RuntimeError("what")], ids=repr)
@pytest.mark.parametrize("after", [False, True], ids=["not happened", "happened"])
def test_a_commit_that_fails_happens_once_in_the_end(kit: StreamletKit, rt: Any, error: Exception, after: bool) -> None:
    kit.send("in", rt.numbers(1, 2, 3))
    kit.log.fail_commit(error, after=after)
    kit.run()

    assert (out(kit), seen(kit), kit.dead_letters()) == ([1, 2, 3], 3, [])


def test_a_commit_that_happened_though_it_failed_during_the_search_for_a_record_counts_once(
    kit: StreamletKit, rt: Any
) -> None:
    kit.send("in", rt.numbers(1, 2, 3, -4))
    kit.log.fail_commit(RuntimeError("the line broke"), after=True)
    kit.run()

    assert (out(kit), seen(kit), len(kit.dead_letters())) == ([1, 2, 3], 3, 1)


def test_a_streamlet_whose_log_failed_goes_on_with_what_it_holds(rt: Any) -> None:
    class Pipe(Streamlet):
        """Reads what cannot be read twice."""

        out = Outlet(rt.Number)
        starts = 0

        def on_start(self) -> None:
            Pipe.starts += 1
            self.left = rt.numbers(1, 2)
            self.held: list[Any] = []

        def on_reject(self) -> None:
            self.left = self.held

        @timer("1s")
        def read(self) -> Any:
            self.held, self.left = self.left, []
            return [self.out(self.held)] if self.held else []

    kit = StreamletKit(Pipe)
    kit.log.fail_commit(Transient("the disk is full"), times=5)
    kit.run()

    assert (out(kit), Pipe.starts) == ([1, 2], 1)


def test_a_read_that_fails_is_tried_again(kit: StreamletKit, rt: Any) -> None:
    kit.send("in", rt.numbers(1))
    kit.log.fail_read(OSError("the disk hiccups"), times=2)
    kit.run()

    assert (out(kit), kit.dead_letters()) == ([1], [])


def test_state_is_rolled_back_with_a_step_that_fails(rt: Any) -> None:
    class Counting(rt.Pass):
        """Counts before it fails."""

        def on_batch(self, inlet: Any) -> Any:
            self.seen += 100
            yield from super().on_batch(inlet)

    kit = StreamletKit(Counting)
    kit.send("in", rt.numbers(-1, 2))
    kit.run()

    assert seen(kit) == 101


def test_what_a_failed_step_counted_is_not_counted(rt: Any) -> None:
    class Counting(rt.Pass):
        """Counts before it fails."""

        def on_batch(self, inlet: Any) -> Any:
            self.context.count("records", len(inlet))
            yield from super().on_batch(inlet)

    kit = StreamletKit(Counting)
    kit.send("in", rt.numbers(-1, 2, 3))
    kit.run()

    assert kit.streamlet("streamlet").metrics.tallies == {"records": 2}


def test_a_streamlet_that_cannot_be_rolled_back_is_made_anew(rt: Any) -> None:
    class Stubborn(rt.Pass):
        """Fails when it is told of a failure."""

        starts = 0

        def on_start(self) -> None:
            Stubborn.starts += 1

        def on_reject(self) -> None:
            raise RuntimeError("I never forget")

    kit = StreamletKit(Stubborn)
    kit.send("in", rt.numbers(1, 2, -3, 4))
    kit.run()

    assert (out(kit), len(kit.dead_letters())) == ([1, 2, 4], 1)
    assert kit.errors[0][1].args == ("-3 is negative",)
    assert Stubborn.starts > 2


def test_state_that_does_not_fit_the_declared_type_is_told_and_not_tried_again(rt: Any) -> None:
    kit = StreamletKit(rt.Pass)
    kit.send("in", rt.numbers(1))
    kit.run()

    class Text(Streamlet):
        """Has other state under the same name."""

        inlet = Inlet(rt.Number, name="in")
        seen = State(list[str], factory=list)

        def on_batch(self, inlet: Any) -> None: ...

    plan = StreamletKit(Text).plan
    stepper = Stepper(plan, plan.streamlets[0], 0, kit.log, open_context(plan.streamlets[0], "t", 0), Limits())
    with pytest.raises(Unrestorable, match="the saved state 'seen' is not of the declared type"):
        stepper.start(rt.NOON)


# -- checkpoints ----------------------------------------------------------------------------------------------------


def test_no_position_moves_before_the_end_of_a_handler(rt: Any) -> None:
    kit = StreamletKit(rt.Slow)
    kit.send("in", rt.numbers(0, 1, 2))
    kit.log.fail_commit(Fenced("taken"), skip=2)
    with pytest.raises(Fenced):
        kit.run()

    assert out(kit) == [0, 1]
    assert list(kit.streamlet("streamlet").seat.positions.values()) == [0]


@pytest.mark.parametrize("commit", range(4))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_at_any_commit_goes_on_from_the_last_checkpoint(rt: Any, commit: int, after: bool) -> None:
    kit = StreamletKit(rt.Slow)
    kit.send("in", rt.numbers(0, 1, 2))
    kit.log.crash_at_commit(skip=commit, after=after)
    kit.run()

    assert out(kit) == [0, 1, 2]


def test_a_handler_is_left_at_a_checkpoint_when_the_worker_is_to_stop(rt: Any) -> None:
    kit = StreamletKit(rt.Slow)
    kit.send("in", rt.numbers(0, 1, 2))
    stepper = kit.streamlet("streamlet")
    stepper.interrupted = lambda: stepper.commits >= 2

    assert stepper.advance(kit.now) is Outcome.STEPPED
    assert out(kit) == [0, 1]


def test_a_handler_that_is_left_runs_its_finally_blocks_at_once(rt: Any) -> None:
    closed = []

    class Opening(rt.Slow):
        """Opens something."""

        def on_batch(self, inlet: Any) -> Any:
            try:
                yield from super().on_batch(inlet)
            finally:
                closed.append(True)

    kit = StreamletKit(Opening)
    kit.send("in", rt.numbers(0, 1, 2))
    stepper = kit.streamlet("streamlet")
    stepper.interrupted = lambda: True
    stepper.advance(kit.now)

    assert closed == [True]


def test_a_handler_is_left_at_a_checkpoint_when_a_consumer_is_too_far_behind(rt: Any) -> None:
    text = """
app: t
streamlets: {slow: Slow, sink: Sink}
topics:
  a: {consumers: [slow.in]}
  b: {producers: [slow.out], consumers: [sink.in]}
"""
    kit = Testkit(rt.plan(text), limits=Limits(backlog_records=1))
    kit.send("a", rt.numbers(0, 1, 2, 3))
    slow = kit.streamlet("slow")
    outcomes = [slow.advance(kit.now), slow.advance(kit.now)]

    assert outcomes == [Outcome.STEPPED, Outcome.HELD]
    assert [each.n for each in kit.read("b")] == [0, 1]
    kit.run()
    assert [each.n for each in kit.read("b")] == [0, 1, 2, 3]


def test_a_checkpoint_with_nothing_to_commit_is_none(rt: Any) -> None:
    class Idle(Streamlet):
        out = Outlet(rt.Number)

        @timer("1s")
        def tick(self) -> Any:
            yield CHECKPOINT

    kit = StreamletKit(Idle)
    kit.advance("5s")

    assert kit.streamlet("streamlet").commits == 0


# -- timers ---------------------------------------------------------------------------------------------------------


class Ticks:
    """What the tests of timers share."""

    @staticmethod
    def streamlet(rt: Any, failures: int = 0) -> type[Streamlet]:
        class Ticking(Streamlet):
            """Says how late it is, every so often."""

            inlet = Inlet(rt.Number, name="in")
            out = Outlet(rt.Number)
            every = Setting(timedelta, default="10s")
            left = failures

            def on_batch(self, inlet: Any) -> None: ...

            @timer("every")
            def tick(self) -> Any:
                if Ticking.left:
                    Ticking.left -= 1
                    raise ValueError("not yet")
                yield self.out([rt.Number(n=self.context.now.second)])

        return Ticking


def test_a_timer_goes_every_period(rt: Any) -> None:
    kit = StreamletKit(Ticks.streamlet(rt), {"every": "20s"})
    kit.advance("1m")

    assert out(kit) == [20, 40, 0]


def test_a_timer_that_fails_is_tried_again_before_the_next_period(rt: Any) -> None:
    kit = StreamletKit(Ticks.streamlet(rt, failures=3))
    kit.advance("15s")

    assert out(kit) == [10]


def test_a_timer_whose_handler_was_left_at_a_checkpoint_is_due_at_once(rt: Any) -> None:
    class Counting(Streamlet):
        """Counts to three, a checkpoint after each."""

        out = Outlet(rt.Number)
        at = State(int, default=0)

        @timer("1h")
        def count(self) -> Any:
            while self.at < 3:
                self.at += 1
                yield self.out([rt.Number(n=self.at)])
                yield CHECKPOINT

    kit = StreamletKit(Counting)
    kit.streamlet("streamlet").interrupted = lambda: True
    kit.run()

    assert out(kit) == [1, 2, 3]


def test_a_timer_that_keeps_failing_sets_no_record_aside(rt: Any) -> None:
    kit = StreamletKit(Ticks.streamlet(rt, failures=1000))
    kit.send("in", rt.numbers(1, 2))
    with pytest.raises(ValueError, match="not yet"):
        kit.advance("15s")

    assert kit.dead_letters() == []


# -- what streamlets give -------------------------------------------------------------------------------------------


def test_a_handler_that_gives_an_emit_and_no_list_is_told_how_to_write_it(rt: Any) -> None:
    class Bare(rt.Pass):
        """Returns what it should yield."""

        def on_batch(self, inlet: Any) -> Any:
            return self.out(inlet)

    kit = StreamletKit(Bare)
    kit.send("in", rt.numbers(1))
    kit.run()

    assert kit.dead_letters()[0].reason == ("streamlet gave back a value of type Emit, where a list of emits is needed")


def test_records_in_and_out_are_counted_by_port(kit: StreamletKit, rt: Any) -> None:
    kit.send("in", rt.numbers(1, 2, 3))
    kit.run()
    metrics = kit.streamlet("streamlet").metrics

    assert (metrics.records_in, metrics.records_out, metrics.steps) == ({"in": 3}, {"out": 3}, 1)


def test_looking_for_work_in_vain_is_no_step(kit: StreamletKit) -> None:
    kit.run()
    kit.run()

    assert kit.streamlet("streamlet").metrics.steps == 0


def test_a_worker_that_is_not_started_says_so(rt: Any, log: MemoryLog) -> None:
    plan = rt.plan()
    log.create_topics([topic_spec(topic) for topic in plan.topics])
    part = plan.streamlet("pass")
    stepper = Stepper(plan, part, 0, log, open_context(part, "t", 0), Limits())
    rt.append(log, plan, "a", 1)

    with pytest.raises(RuntimeError, match="pass was not started"):
        stepper.advance(rt.NOON)


def test_a_seat_that_another_took_is_told_at_the_next_commit(kit: StreamletKit, rt: Any) -> None:
    kit.log.open_worker(WorkerId("streamlet"), kit.streamlet("streamlet").seat.inputs)
    kit.send("in", rt.numbers(1))

    with pytest.raises(Fenced, match="has lost its seat"):
        kit.run()
