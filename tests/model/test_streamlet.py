from __future__ import annotations

import abc
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tailrace.model.batch import Batch, InvalidBatch
from tailrace.model.errors import TailraceError
from tailrace.model.fields import DefinitionError
from tailrace.model.ports import CHECKPOINT, Emits, Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.settings import Setting
from tailrace.model.state import State
from tailrace.model.streamlet import Context, Shape, Streamlet, Volume, timer


class Reading(Record):
    sensor: str


class Alarm(Record):
    sensor: str


class Join(Streamlet):
    """Takes from two sides."""

    left = Inlet(Reading)
    right = Inlet(Alarm, name="other")
    out = Outlet(Reading, key="sensor", doc="both")
    every = Setting(timedelta, default="10s")
    needed = Setting(int)
    data = Volume(access="read-only", help="files")

    def on_batch(self, left: Batch[Reading], right: Batch[Alarm]) -> Emits:
        yield self.out(left)
        yield CHECKPOINT

    @timer("every")
    def flush(self) -> None: ...

    @timer("250ms")
    def tick(self) -> None: ...


def test_a_class_tells_what_it_declares() -> None:
    spec = Join.spec
    assert (spec.name, spec.doc, spec.shape) == ("Join", "Takes from two sides.", Shape.FAN_IN)
    assert (list(spec.inlets), list(spec.outlets), list(spec.volumes)) == (["left", "other"], ["out"], ["data"])
    assert spec.inlets["other"].attribute == "right"
    assert isinstance(Join.data, Volume)
    assert repr(Join.left) == "Inlet(Reading, name='left')"
    assert repr(Join.out) == "Outlet(Reading, name='out', key='sensor')"
    assert repr(CHECKPOINT) == "CHECKPOINT"


def test_timers_go_by_a_duration_or_a_setting() -> None:
    one = Join({"needed": 1, "every": timedelta(seconds=3)})
    assert {each.method: each.period(one) for each in Join.spec.timers} == {
        "flush": timedelta(seconds=3),
        "tick": timedelta(milliseconds=250),
    }


def test_a_timer_that_never_rests_is_refused() -> None:
    one = Join({"needed": 1, "every": timedelta()})
    with pytest.raises(TailraceError, match=r"Join.flush cannot be called every 'every'"):
        Join.spec.timers[0].period(one)


def test_a_missing_setting_is_told() -> None:
    with pytest.raises(DefinitionError, match="streamlet Join needs the setting 'needed'"):
        Join()


def test_a_volume_is_a_directory_of_the_context(tmp_path: Path) -> None:
    assert Join({"needed": 1}, Context(volumes={"data": tmp_path})).data == tmp_path
    with pytest.raises(TailraceError, match="has no directory for its volume 'data'"):
        Join({"needed": 1}, Context(name="join")).data  # noqa: B018


def test_a_context_counts_nothing_by_default() -> None:
    Context().count("files", 2)


def test_handlers_that_are_not_written_do_nothing_but_on_batch() -> None:
    one = declare()()
    one.on_start()
    one.on_stop()
    one.on_reject()
    with pytest.raises(NotImplementedError):
        one.on_batch()


def declare(**members: Any) -> type[Streamlet]:
    return type(Streamlet)("Made", (Streamlet,), members)


def handle(self: Any, **batches: Any) -> None: ...


def test_the_shape_is_told_by_the_ports() -> None:
    def shape(inlets: int, outlets: int) -> Shape:
        ports: dict[str, Any] = {f"i{n}": Inlet(Reading) for n in range(inlets)}
        ports |= {f"o{n}": Outlet(Reading) for n in range(outlets)}
        return declare(**ports, on_batch=handle).spec.shape

    assert [shape(*each) for each in ((0, 1), (1, 1), (1, 2), (2, 1), (1, 0))] == [
        Shape.INGRESS, Shape.PROCESSOR, Shape.FAN_OUT, Shape.FAN_IN, Shape.EGRESS
    ]  # fmt: skip


def test_a_subclass_has_what_its_base_declares_and_may_change_it() -> None:
    class Longer(Join):
        needed = Setting(int, default=5)

        def tick(self) -> None: ...

    one = Longer()
    assert one.needed == 5
    assert {each.method for each in Longer.spec.timers} == {"flush", "tick"}
    assert list(Longer.spec.inlets) == ["left", "other"]
    assert Join.spec.settings["needed"].required


def test_an_abstract_base_needs_no_handler() -> None:
    class Base(Streamlet, abc.ABC):
        inlet = Inlet(Reading)

        @abc.abstractmethod
        def how(self) -> None: ...

    assert list(Base.spec.inlets) == ["inlet"]


def positional(self: Any, a: Any, /) -> None: ...
def other_name(self: Any, b: Any) -> None: ...
def other_type(self: Any, a: Batch[Alarm]) -> None: ...
def base_type(self: Any, a: Batch[Record]) -> None: ...
def any_type(self: Any, a: Batch[Any]) -> None: ...
def unknown_type(self: Any, a: Batch[Unheard]) -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"a": Inlet(Reading)}, "has inlets, but no on_batch"),
        ({"a": Inlet(Reading), "on_batch": other_name}, "on_batch takes (b), but its inlets are (a)"),
        ({"a": Inlet(Reading), "on_batch": positional}, "takes its batches by name"),
        ({"a": Inlet(Reading), "on_batch": other_type}, "'a' as a batch of Alarm, but the inlet's records are Reading"),
        ({"a": Inlet(Reading, name="x"), "b": Outlet(Reading, name="x"), "on_batch": handle}, "of one name: 'x'"),
        ({"a": Outlet(Reading, name="x"), "b": Outlet(Reading, name="x")}, "two ports called 'x'"),
        ({"settings": Setting(int, default=1)}, "'settings' is a name that every streamlet uses itself"),
        ({"on_start": State(int, default=1)}, "'on_start' is a name that every streamlet uses itself"),
        ({"n": Setting(int, default=1), "t": timer("n")(lambda self: None)}, "names the setting 'n', no duration"),
        ({"t": timer("often")(lambda self: None)}, "neither a setting nor a duration: 'often' is not a duration"),
        ({"t": timer("0s")(lambda self: None)}, "a timer cannot go every '0s'"),
    ],
)
def test_a_class_that_cannot_work_is_refused_where_it_is_declared(members: dict[str, Any], said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        declare(**members)
    assert said in str(caught.value)


@pytest.mark.parametrize("handler", [base_type, any_type, unknown_type])
def test_a_handler_of_a_wider_or_unknown_type_is_left_to_the_type_checker(handler: Any) -> None:
    assert declare(a=Inlet(Reading), on_batch=handler).spec.shape is Shape.EGRESS


def test_an_outlets_key_is_a_field() -> None:
    with pytest.raises(DefinitionError, match="the key 'name' is no field of Reading, which has sensor"):
        Outlet(Reading, key="name")


def test_an_outlet_emits_batches_and_records_of_its_type_only() -> None:
    one = Join({"needed": 1})
    assert len(one.out([Reading("a")]).batch) == 1
    assert one.out(Batch.of(Reading, [])).outlet == "out"
    with pytest.raises(InvalidBatch, match="outlet 'out' emits Reading, but a batch of Alarm came"):
        one.out(Batch.of(Alarm, []))  # type: ignore[arg-type]


def test_two_record_types_that_say_the_same_are_one_to_an_outlet() -> None:
    from tailrace.model.avsc import load_schema

    twin, other = load_schema(Alarm.avro_schema()), load_schema(Alarm.avro_schema())
    assert len(Outlet(twin)(Batch.of(other, [other(sensor="a")])).batch) == 1
