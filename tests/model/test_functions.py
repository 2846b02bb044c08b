from __future__ import annotations

import collections.abc
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal

import pytest

from tailrace.model.batch import Batch
from tailrace.model.fields import DefinitionError
from tailrace.model.functions import FunctionStreamlet, streamlet
from tailrace.model.record import Record
from tailrace.model.settings import Help
from tailrace.model.streamlet import Shape, Streamlet


class Reading(Record):
    sensor: str
    celsius: float


class Alarm(Record):
    sensor: str


READINGS = [Reading("a", 95.0), Reading("b", 20.0), Reading("c", 99.0)]


def emitted(function: FunctionStreamlet[..., Any], **settings: Any) -> list[Record]:
    """What the streamlet emits for the readings."""
    one: Any = function.streamlet(settings)
    emits = one.on_batch(inlet=Batch.of(Reading, READINGS)) or []
    return [record for emit in emits for record in emit.batch.records()]


@streamlet(key="sensor")
def hot(reading: Reading, *, limit: Annotated[float, Help("degrees Celsius")] = 90) -> Alarm | None:
    """Finds what is hot."""
    return Alarm(reading.sensor) if reading.celsius > limit else None


def test_a_function_is_called_as_ever() -> None:
    assert hot(READINGS[0]) == Alarm("a")
    assert (hot.__name__, hot.__doc__) == ("hot", "Finds what is hot.")


def test_a_function_tells_ports_settings_and_shape() -> None:
    spec = hot.streamlet.spec
    assert (spec.name, spec.doc, spec.shape) == ("hot", "Finds what is hot.", Shape.PROCESSOR)
    assert spec.inlets["in"].record_type is Reading
    assert (spec.outlets["out"].record_type, spec.outlets["out"].key) == (Alarm, "sensor")
    assert (spec.settings["limit"].default, spec.settings["limit"].help) == (90.0, "degrees Celsius")
    assert hot.streamlet.__module__ == __name__


def test_what_is_none_is_left_out_and_settings_are_given() -> None:
    assert emitted(hot) == [Alarm("a"), Alarm("c")]
    assert emitted(hot, limit=97.0) == [Alarm("c")]
    assert emitted(hot, limit=200.0) == []


@streamlet
def twice(reading: Reading) -> Iterator[Alarm]:
    yield Alarm(reading.sensor)
    yield Alarm(reading.sensor + "!")


@streamlet
def listed(reading: Reading) -> list[Alarm]:
    return [Alarm(reading.sensor)]


@streamlet
def batched(reading: Reading) -> Batch[Alarm]:
    return Batch.of(Alarm, [Alarm(reading.sensor)])


@streamlet
def perhaps(reading: Reading) -> list[Alarm] | None:
    return [Alarm(reading.sensor)] if reading.sensor == "b" else None


def test_one_record_may_become_many() -> None:
    assert [each.sensor for each in emitted(twice)] == ["a", "a!", "b", "b!", "c", "c!"]  # type: ignore[attr-defined]
    assert emitted(listed) == emitted(batched) == [Alarm("a"), Alarm("b"), Alarm("c")]
    assert emitted(perhaps) == [Alarm("b")]


@streamlet
def whole(readings: Batch[Reading]) -> Batch[Alarm]:
    return Batch.from_frame(Alarm, readings.frame.select("sensor"))


@streamlet
def counted(readings: Batch[Reading]) -> Alarm | None:
    return Alarm(str(len(readings)))


@streamlet
def spread(readings: Batch[Reading], *, n: int = 1) -> Iterable[Alarm]:
    return (Alarm(each.sensor) for each in list(readings.records())[:n])


@streamlet
def silent(readings: Batch[Reading]) -> Batch[Alarm] | None:
    return None


@streamlet
def emptied(readings: Batch[Reading]) -> Batch[Alarm]:
    return Batch.empty(Alarm)


def test_a_function_of_batches_gives_a_batch_a_record_records_or_nothing() -> None:
    assert emitted(whole) == [Alarm("a"), Alarm("b"), Alarm("c")]
    assert emitted(counted) == [Alarm("3")]
    assert emitted(spread, n=2) == [Alarm("a"), Alarm("b")]
    assert emitted(silent) == emitted(emptied) == []


def test_a_function_that_returns_none_is_an_egress() -> None:
    seen: list[Any] = []

    @streamlet
    def take(reading: Reading) -> None:
        seen.append(reading)

    @streamlet
    def take_all(readings: Batch[Reading]) -> None:
        seen.append(len(readings))

    assert take.streamlet.spec.shape is Shape.EGRESS
    assert emitted(take) == emitted(take_all) == []
    assert seen == [*READINGS, 3]


def test_a_record_type_local_to_a_function_is_found() -> None:
    class Local(Record):
        x: int

    @streamlet
    def pass_on(local: Local) -> Local:
        return local

    assert pass_on.streamlet.spec.inlets["in"].record_type is Local


def test_every_kind_of_many_is_an_outlet() -> None:
    def sequence(r: Reading) -> Sequence[Alarm]: ...
    def many(r: Reading) -> tuple[Alarm, ...]: ...
    def generator(r: Reading) -> Generator[Alarm, None, None]: ...
    def iterator(r: Reading) -> collections.abc.Iterator[Alarm]: ...

    for each in (sequence, many, generator, iterator):
        assert streamlet(each).streamlet.spec.outlets["out"].record_type is Alarm


def poll(one: Any) -> list[str]:
    return [record.sensor for emit in one.poll() or [] for record in emit.batch.records()]


def test_a_function_without_input_is_an_ingress_that_is_polled_a_bounded_number_of_records_at_a_time() -> None:
    @streamlet(every="5s")
    def numbers(*, n: int = 1500) -> Iterator[Alarm]:
        return (Alarm(str(i)) for i in range(n))

    (timer,) = numbers.streamlet.spec.timers
    one = numbers.streamlet()
    assert (timer.period(one).total_seconds(), numbers.streamlet.spec.shape) == (5, Shape.INGRESS)
    first, second, third = poll(one), poll(one), poll(one)
    assert (len(first), len(second), len(third)) == (1000, 500, 1000)
    assert (first[0], second[0], third[0]) == ("0", "1000", "0")


def test_what_was_pulled_for_a_step_that_was_rolled_back_is_given_again() -> None:
    @streamlet
    def numbers() -> Iterator[Alarm]:
        return (Alarm(str(i)) for i in range(1500))

    one = numbers.streamlet()
    first = poll(one)
    one.on_reject()
    assert poll(one) == first
    rest = poll(one)
    one.on_reject()
    assert (poll(one), rest[0]) == (rest, "1000")
    one.on_reject()
    one.on_reject()
    assert poll(one) == rest


def test_a_source_that_fails_is_asked_anew() -> None:
    calls = []

    @streamlet
    def shaky() -> Iterator[Alarm]:
        calls.append(1)
        yield Alarm("a")
        if len(calls) == 1:
            raise OSError

    one = shaky.streamlet()
    with pytest.raises(OSError):
        poll(one)
    one.on_reject()
    assert poll(one) == ["a"]


def test_an_ingress_may_give_one_record_a_batch_or_nothing() -> None:
    @streamlet
    def single() -> Alarm:
        return Alarm("a")

    @streamlet
    def nothing() -> Alarm | None:
        return None

    @streamlet
    def batch() -> Batch[Alarm]:
        return Batch.of(Alarm, [Alarm("b")])

    assert [poll(each.streamlet()) for each in (single, nothing, batch)] == [["a"], [], ["b"]]


def test_words_to_choose_from_are_a_setting() -> None:
    @streamlet
    def pick(reading: Reading, *, how: Literal["fast", "slow"] = "fast") -> Reading:
        return reading

    setting = pick.streamlet.spec.settings["how"]
    assert (setting.kind, setting.choices) == ("choice", ("fast", "slow"))


def nameless(reading, /) -> None: ...  # type: ignore[no-untyped-def]
def unsaid(reading: Reading): ...  # type: ignore[no-untyped-def]
def two(one: Reading, other: Reading) -> None: ...
def loose(*readings: Reading) -> None: ...
def looser(reading: Reading, **more: float) -> None: ...
def nothing() -> None: ...
def number(n: int) -> None: ...
def to_number(reading: Reading) -> int: ...
def either(reading: Reading) -> Reading | Alarm: ...
def untyped(reading: Reading, *, limit=1) -> None: ...  # type: ignore[no-untyped-def]
def odd(reading: Reading, *, limit: dict[str, int]) -> None: ...
def taken(reading: Reading, *, context: str = "") -> None: ...
def misfit(reading: Reading, *, limit: int = 1.5) -> None: ...  # type: ignore[assignment]
def unknown(reading: Unheard) -> None: ...  # type: ignore[name-defined]  # noqa: F821
async def later(reading: Reading) -> None: ...
async def later_many(reading: Reading) -> Any:
    yield reading


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (nameless, "parameter 'reading' is None, which is neither a Record nor a Batch"),
        (unsaid, "has no return annotation"),
        (two, "takes 2 inputs"),
        (loose, "takes *readings, which names no port"),
        (looser, "takes **more, which names no port"),
        (nothing, "takes and returns nothing"),
        (number, "parameter 'n' is <class 'int'>"),
        (to_number, "returns <class 'int'>, which no outlet can carry"),
        (either, "which no outlet can carry"),
        (untyped, "the setting 'limit' has no type annotation"),
        (odd, "function odd, 'limit': a setting cannot have the type"),
        (taken, "a setting cannot be called 'context'"),
        (misfit, "the default of a setting does not fit: it needs an integer, but 1.5 came"),
        (unknown, "names a type that is not defined: name 'Unheard'"),
        (later, "is async"),
        (later_many, "is async"),
    ],
)
def test_a_function_that_is_no_streamlet_is_told_why(function: Any, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        streamlet(function)
    assert said in str(caught.value)


def test_a_function_streamlet_is_a_streamlet() -> None:
    assert issubclass(hot.streamlet, Streamlet)


def test_a_generator_that_gives_more_than_one_step_takes_is_pending_until_its_end() -> None:
    @streamlet
    def numbers() -> Iterator[Reading]:
        for number in range(1500):
            yield Reading("s", float(number))

    instance = numbers.streamlet()
    sizes = []
    for _ in range(2):
        (emit,) = instance.poll()  # type: ignore[attr-defined]
        sizes.append((len(emit.batch), instance.pending()))
    assert sizes == [(1000, True), (500, False)]
