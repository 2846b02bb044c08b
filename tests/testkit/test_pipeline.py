"""Pipelines in memory, driven by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tailrace.model.batch import Batch
from tailrace.model.errors import Fenced, TailraceError, Transient
from tailrace.model.fields import EventTime
from tailrace.model.ports import CHECKPOINT, Emits, Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.settings import Setting
from tailrace.model.state import State
from tailrace.model.streamlet import Streamlet, Volume, timer
from tailrace.runtime.inbound import Limits
from tailrace.testkit.kit import START, StreamletKit, Testkit


class Number(Record):
    """A number."""

    n: int


class Other(Record):
    """Something else."""

    text: str


class Door(Streamlet):
    """Lets numbers in, one a second, once it is open."""

    out = Outlet(Number, key="n")
    open = Setting(bool, default=False)
    at = State(int, default=0)

    @timer("1s")
    def give(self) -> Emits:
        """The next number."""
        if self.open:
            self.at += 1
            yield self.out([Number(n=self.at)])


class Sum(Streamlet):
    """Sums up; negative numbers are none."""

    inlet = Inlet(Number, name="in")
    out = Outlet(Number)
    total = State(int, default=0)
    times = Setting(int, default=1)
    life: list[str] = []  # noqa: RUF012 - what the tests look at

    def on_start(self) -> None:
        self.life.append("start")

    def on_stop(self) -> None:
        self.life.append("stop")

    def on_batch(self, inlet: Batch[Number]) -> Emits:
        for number in inlet.records():
            if number.n < 0:
                raise ValueError(f"{number.n} is negative")
            self.total += number.n * self.times
        yield self.out([Number(n=self.total)])


BLUEPRINT = """
app: sums
streamlets: {door: Door, sum: {class: Sum, settings: {times: 2}}, late: Sum}
topics:
  numbers: {producers: [door.out], consumers: [sum.in], partitions: 3}
  sums: {producers: [sum.out], consumers: [late.in]}
  ends: {producers: [late.out]}
"""
CYCLE = """
app: round
streamlets: {door: Door, one: Sum, two: Sum}
topics:
  a: {producers: [door.out, two.out], consumers: [one.in]}
  b: {producers: [one.out], consumers: [two.in]}
"""


def kit(text: str = BLUEPRINT, **options: Any) -> Testkit:
    Sum.life.clear()
    return Testkit.from_blueprint(text, [Door, Sum], **options)


def ns(found: list[Number]) -> list[int]:
    return [each.n for each in found]


def test_records_go_all_the_way() -> None:
    made = kit()
    made.send("numbers", [Number(n=1), Number(n=2)])
    made.run()

    assert ns(made.read("sums")) == [6]
    assert ns(made.read("ends")) == [6]


def test_sent_records_are_parted_by_the_producers_key() -> None:
    made = kit()
    made.send("numbers", [Number(n=n) for n in range(20)])

    assert len({ends.next for ends in made.log.ends("sums.numbers").values()} - {0}) > 1


def test_settings_overrule_those_of_the_blueprint() -> None:
    made = kit(settings={"sum": {"times": "5"}})
    made.send("numbers", [Number(n=1)])
    made.run()

    assert ns(made.read("sums")) == [5]


def test_a_blueprint_that_does_not_hold_is_refused_with_all_its_problems() -> None:
    with pytest.raises(TailraceError, match="the blueprint does not hold:") as caught:
        kit(BLUEPRINT.replace("late.in", "late.inn").replace("{times: 2}", "{tims: 2}"))

    assert "tims" in str(caught.value)
    assert "inn" in str(caught.value)


def test_a_streamlet_that_was_not_given_is_told() -> None:
    with pytest.raises(TailraceError, match="no streamlet 'Sum' was given"):
        Testkit.from_blueprint(BLUEPRINT, [Door])


def test_settings_that_no_blueprint_can_hold_are_refused() -> None:
    with pytest.raises(TailraceError, match="settings are given as in a blueprint, such as '10s'"):
        kit(settings={"sum": {"times": timedelta(1)}})


def test_a_blueprint_may_be_a_file_from_where_volumes_start(tmp_path: Path) -> None:
    found = []

    class Keeper(Sum):
        data = Volume()

        def on_start(self) -> None:
            found.append(self.data)

    file = tmp_path / "blueprint.yaml"
    file.write_text(BLUEPRINT.replace("late: Sum", "late: {class: Keeper, volumes: {data: here}}"))
    Testkit.from_blueprint(file, [Door, Sum, Keeper])

    assert found == [tmp_path / "here"]


def test_an_aggregate_of_a_blueprint_runs() -> None:
    text = """
app: t
streamlets:
  door: Door
  counts: {aggregate: {inlet: Timed, window: 1m, measures: {n: count()}}}
  take: Take
topics:
  numbers: {producers: [door.out], consumers: [take.in]}
  timed: {producers: [take.out], consumers: [counts.in]}
  rows: {producers: [counts.out]}
"""

    class Timed(Record):
        at: EventTime

    class Take(Streamlet):
        inlet = Inlet(Number, name="in")
        out = Outlet(Timed)

        def on_batch(self, inlet: Batch[Number]) -> Emits:
            yield self.out([Timed(at=self.context.now) for _ in inlet.records()])

    made = Testkit.from_blueprint(text, [Door, Take])
    made.send("numbers", [Number(n=1), Number(n=2)])
    made.run()

    assert [row.n for row in made.read("rows")] == [2]  # type: ignore[attr-defined]


# -- time -----------------------------------------------------------------------------------------------------------


def test_the_clock_stands_until_it_is_advanced() -> None:
    made = kit(settings={"door": {"open": True}})
    made.run()
    made.run()

    assert (made.now, ns(made.read("numbers"))) == (START, [1])


def test_every_timer_runs_at_its_moment() -> None:
    made = kit(settings={"door": {"open": True}})
    made.advance("4s")

    assert sorted(ns(made.read("numbers"))) == [1, 2, 3, 4, 5]
    assert made.now == START + timedelta(seconds=4)


def test_an_ingress_that_never_ends_gives_a_portion_at_each_moment() -> None:
    class Endless(Streamlet):
        out = Outlet(Number)

        @timer("1s")
        def give(self) -> Emits:
            yield self.out([Number(n=n) for n in range(1000)])

    made = StreamletKit(Endless)
    made.advance("2s")

    assert len(made.read("out")) == 3000


def test_a_pipeline_that_never_settles_is_told_with_who_keeps_it_going() -> None:
    made = kit(CYCLE)
    made.send("a", [Number(n=1)])

    with pytest.raises(TailraceError, match=r"does not settle: more than 50 steps were taken \((one|two)-0 2\d"):
        made.run(most_steps=50)


def test_one_step_at_a_time_tells_who_took_it() -> None:
    made = kit()
    made.send("numbers", [Number(n=1)])

    assert [made.step() for _ in range(3)] == ["sum", "late", None]


# -- faults ---------------------------------------------------------------------------------------------------------


def test_a_record_at_fault_becomes_a_dead_letter() -> None:
    made = kit()
    made.send("numbers", [Number(n=1), Number(n=-1)])
    made.run()

    assert [letter.reason for letter in made.dead_letters("sum")] == ["-1 is negative"]
    assert made.dead_letters("late") == []
    assert made.dead_letters("door") == []


def test_every_failure_is_kept_with_the_streamlets_name() -> None:
    made = kit()
    made.send("numbers", [Number(n=-1)])
    made.run()

    assert {(name, str(error)) for name, error in made.errors} == {("sum", "-1 is negative")}


def test_a_commit_fails_on_request() -> None:
    made = kit()
    made.log.fail_commit(Transient("the disk is full"), streamlet="sum", times=3)
    made.send("numbers", [Number(n=1)])
    made.run()

    assert [name for name, _ in made.errors] == ["sum"] * 3
    assert ns(made.read("sums")) == [2]


def test_what_fails_for_ever_is_raised_and_can_be_tried_again() -> None:
    made = kit()
    made.log.fail_commit(Transient("the disk is full"), streamlet="sum", times=21)
    made.send("numbers", [Number(n=1)])
    with pytest.raises(Transient, match="the disk is full"):
        made.run()
    made.run()

    assert ns(made.read("sums")) == [2]


def test_a_seat_that_is_lost_is_raised() -> None:
    made = kit()
    made.log.fail_commit(Fenced("taken"), streamlet="sum")
    made.send("numbers", [Number(n=1)])

    with pytest.raises(Fenced):
        made.run()


def test_a_read_fails_on_request_and_after_as_many_as_are_let_pass() -> None:
    made = kit()
    made.log.fail_read(OSError("the disk hiccups"), streamlet="late", skip=1)
    made.send("numbers", [Number(n=1)])
    made.run()

    assert [(name, str(error)) for name, error in made.errors] == [("late", "the disk hiccups")]
    assert ns(made.read("ends")) == [2]


def test_a_restart_stops_and_starts_from_what_was_committed() -> None:
    made = kit()
    made.send("numbers", [Number(n=1)])
    made.run()
    Sum.life.clear()
    made.restart("sum")
    made.send("numbers", [Number(n=2)])
    made.run()

    assert Sum.life == ["stop", "start"]
    assert ns(made.read("sums")) == [2, 6]


def test_a_crash_does_not_tell_the_streamlet() -> None:
    made = kit()
    Sum.life.clear()
    made.crash("sum")

    assert Sum.life == ["start"]


def test_all_workers_restart_when_none_is_named() -> None:
    made = kit()
    Sum.life.clear()
    made.restart()

    assert Sum.life == ["stop", "start", "stop", "start"]


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("skip", [0, 1])
def test_a_crash_at_a_commit_leaves_what_an_undisturbed_run_does(skip: int, after: bool) -> None:
    made = kit(limits=Limits(batch_records=1))
    made.log.crash_at_commit(streamlet="sum", skip=skip, after=after)
    made.send("numbers", [Number(n=n) for n in (1, 2, 3)])
    made.run()

    assert made.read("sums")[-1].n == 12
    assert len(made.read("sums")) == 3


def test_a_crash_between_checkpoints_goes_on_from_state() -> None:
    class Slow(Streamlet):
        inlet = Inlet(Number, name="in")
        out = Outlet(Number)
        upto = State(int, default=0)

        def on_batch(self, inlet: Batch[Number]) -> Emits:
            for number in inlet.records():
                if number.n > self.upto:
                    self.upto = number.n
                    yield self.out([number])
                    yield CHECKPOINT

    made = StreamletKit(Slow)
    made.log.crash_at_commit(skip=1)
    made.send("in", [Number(n=n) for n in (1, 2, 3)])
    made.run()

    assert ns(made.read("out")) == [1, 2, 3]


# -- asked wrongly --------------------------------------------------------------------------------------------------


def test_an_unknown_topic_is_told_with_those_there_are() -> None:
    with pytest.raises(TailraceError, match="there is no topic 'sum'; there are numbers, sums, ends, "):
        kit().read("sum")


def test_an_unknown_streamlet_is_told_with_those_there_are() -> None:
    with pytest.raises(TailraceError, match="there is no streamlet 'sums'; there are door, sum, late"):
        kit().restart("sums")


def test_records_of_another_type_are_refused() -> None:
    with pytest.raises(TailraceError, match="topic 'numbers' holds Number, but Other was sent"):
        kit().send("numbers", [Other(text="x")])


def test_a_kit_is_a_context_manager() -> None:
    with kit() as made:
        Sum.life.clear()

    assert Sum.life == ["stop", "stop"]
    assert made.read("ends") == []
