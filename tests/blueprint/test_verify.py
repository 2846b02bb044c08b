from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tailrace.blueprint.loading import LoadFault
from tailrace.blueprint.problems import Problem
from tailrace.blueprint.verify import Refused, Verified
from tailrace.model.batch import Batch
from tailrace.model.ports import Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.streamlet import Streamlet

Broken = Callable[..., Problem]
Check = Callable[..., Any]
SPLIT = "{class: s.Split, replicas: 1, settings: {limit: 80}}"
READINGS = "{producers: [door.out], consumers: [split.readings]}"
VALID = "{producers: [split.valid], consumers: [sink.in]}"
INVALID = "{producers: [split.invalid], consumers: [bin.in]}"


def tell(problem: Problem, place: str, sentence: str, hint: str | None) -> None:
    assert str(problem.place) == f"b.yaml:{place}", problem
    assert sentence in problem.sentence
    assert problem.hint is None if hint is None else hint in (problem.hint or "")


def test_a_blueprint_that_holds_becomes_a_plan(check: Check, blueprint: str) -> None:
    result = check(blueprint)
    assert isinstance(result, Verified)
    assert result.warnings == ()
    assert [each.name for each in result.plan.streamlets] == ["door", "split", "sink", "bin"]


@pytest.mark.parametrize(
    ("new", "place", "sentence", "hint"),
    [
        ("bin: s.Bim", "6:8", "streamlet 'bin': s has no 's.Bim'", "did you mean"),
        ("bin: s.Reading", "6:8", "streamlet 'bin': s.Reading is a class, which is no streamlet", "tailrace.Streamlet"),
        ("bin: {class: s.Broken}", "6:16", "importing s failed: ValueError: no luck", "s.py, line 1"),
    ],
)
def test_a_class_that_cannot_be_had_is_told_once(
    broken: Broken, new: str, place: str, sentence: str, hint: str
) -> None:
    tell(broken("bin: s.Bin", new), place, sentence, hint)


def test_a_class_without_ports_is_told(check: Check, blueprint: str) -> None:
    (problem,) = check(blueprint.replace("  bin: s.Bin", "  bin: s.Bin\n  none: s.Empty")).problems
    tell(problem, "7:9", "Empty has neither inlets nor outlets", "Inlet(Reading)")


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence", "hint"),
    [
        ("app: sensors", "app: Sensors", "1:6", "the app name 'Sensors' holds 'S'", "rename"),
        ("app: sensors", "app: " + "a" * 64, "1:6", "64 characters", "rename"),
        (f"readings: {READINGS}", f"my topic: {READINGS}", "8:3", "the topic name 'my topic' holds ' '", "rename"),
        (READINGS, READINGS[:-1] + f", name: {'n' * 250}}}", "8:72", "250 characters, Kafka allows 249", "rename"),
        (f"readings: {READINGS}", f"{'r' * 245}: {READINGS}", "8:3", "253 characters, Kafka allows 249", "rename"),
    ],
)
def test_bad_names_are_told(broken: Broken, old: str, new: str, place: str, sentence: str, hint: str) -> None:
    tell(broken(old, new), place, sentence, hint)


@pytest.mark.parametrize(("name", "sentence"), [("Big", "holds 'B'"), ("x" * 46, "has 46 characters"), ("-x", "'-'")])
def test_bad_streamlet_names_are_told(check: Check, blueprint: str, name: str, sentence: str) -> None:
    (problem,) = check(blueprint.replace("bin", name)).problems
    tell(problem, "6:3", sentence, "rename")


def test_the_longest_names_that_fit_are_accepted(check: Check, blueprint: str) -> None:
    assert isinstance(check(blueprint.replace("bin", "x" * 44)), Verified)


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence", "hint"),
    [
        ("split.readings", "split.reading", "8:49", "streamlet 'split' has no inlet 'reading'", "'readings'"),
        ("split.valid", "split.vald", "9:23", "streamlet 'split' has no outlet 'vald'", "'valid'"),
        ("[sink.in]", "[sink.in, snk.in]", "9:58", "names the streamlet 'snk', which is not in", "'sink'"),
        ("[sink.in]", "[sink.in, sink.in]", "9:58", "topic 'valid' names sink.in twice", None),
        ("[sink.in]", "[sink.in, bin.in]", "10:53", "bin.in is connected to topic 'invalid', but already to 'valid' on",
         "an inlet reads one topic"),
        (INVALID, "{producers: [split.invalid, split.valid], consumers: [bin.in]}", "10:40",
         "split.valid is connected to topic 'invalid', but already to 'valid' on line 9", "an outlet feeds one topic"),
        ("[split.valid]", "[split.valid, sink.in]", "9:36", "sink.in is an inlet, but topic 'valid' names it as a pro",
         "the streamlet's outlets: none"),
        ("[sink.in]", "[sink.in, split.valid]", "9:58", "split.valid is an outlet, but topic 'valid' names it as a co",
         "the streamlet's inlets: readings"),
        ("[split.invalid]", "[split.valid]", None, None, None),
        (f"valid: {VALID}\n", "valid: {producers: [split.valid]}\n", "5:3", "the inlet sink.in is not connected to any",
         "add sink.in to the consumers of a topic (of its type: readings, valid)"),
        ("bin: s.Bin", "bin: s.Bin\n  more: s.Door", "7:3", "the outlet more.out is not connected to any topic",
         "add more.out to the producers of a topic (of its type: readings, valid)"),
        (f"invalid: {INVALID}", "invalid: {producers: [split.invalid], consumers: [bin.in]}\n  none:", "11:3",
         "topic 'none' has neither producers nor consumers", "take it out"),
        ("producers: [door.out], ", "", None, None, None),
    ],
)  # fmt: skip
def test_faults_of_ports_are_told(
    check: Check, blueprint: str, old: str, new: str, place: str | None, sentence: str | None, hint: str | None
) -> None:
    assert old in blueprint
    problems = check(blueprint.replace(old, new)).problems
    if place is None or sentence is None:
        assert len(problems) == 2
    else:
        assert len(problems) == 1, [str(each) for each in problems]
        tell(problems[0], place, sentence, hint)


def test_a_topic_that_is_read_but_never_written_is_told(check: Check, blueprint: str) -> None:
    text = blueprint + "  lost: {consumers: [lone.in]}\n"
    text = text.replace("  bin:", "  lone: s.Bin\n  bin:")
    (problem,) = check(text).problems
    tell(problem, "12:3", "topic 'lost' has consumers, but nothing produces it", "managed: false")


def test_a_topic_that_another_application_writes_needs_no_producer(check: Check, blueprint: str) -> None:
    text = blueprint.replace("  bin:", "  lone: s.Sink\n  bin:")
    result = check(text + "  theirs: {consumers: [lone.in], managed: false}\n")
    assert isinstance(result, Verified)
    topic = result.plan.topic("theirs")
    assert (topic.physical, topic.record_type.__name__) == ("theirs", "Reading")


def test_a_foreign_topic_of_which_no_type_is_known_is_told(check: Check, blueprint: str) -> None:
    text = blueprint.replace("  bin:", "  lone: s.Bin\n  bin:")
    (problem,) = check(text + "  theirs: {consumers: [lone.in], managed: false}\n").problems
    tell(problem, "12:3", "nothing tells the record type of topic 'theirs'", "record type")


def test_a_topic_that_nobody_reads_is_no_problem(check: Check, blueprint: str) -> None:
    text = blueprint.replace("  bin: s.Bin\n", "").replace(", consumers: [bin.in]", "")
    result = check(text)
    assert isinstance(result, Verified)
    assert result.warnings == ()


def test_an_outlet_that_the_class_calls_optional_may_stay_unconnected(check: Check, blueprint: str) -> None:
    text = blueprint.replace("  bin:", "  mixed: s.Mixed\n  bin:") + "  more: {producers: [mixed.out]}\n"
    assert isinstance(check(text), Verified)


def test_an_inlet_that_the_class_calls_optional_may_stay_unconnected(
    check: Check, blueprint: str, classes: dict[str, Any]
) -> None:
    class Patient(classes["s.Sink"]):  # type: ignore[misc]
        optional_inlets = frozenset({"in"})

    own = {**classes, "s.Patient": Patient}
    assert isinstance(
        check(blueprint.replace("  bin:", "  patient: s.Patient\n  bin:"), load=own.__getitem__), Verified
    )


def test_schemas_that_do_not_resolve_name_the_field_and_both_sides(broken: Broken) -> None:
    problem = broken("sink: s.Sink", "sink: s.Summing")
    tell(problem, "9:49", "sink.in reads Reading, but split.valid writes Reading to topic 'valid'", "default")
    assert "topic 'valid': humidity: " in problem.sentence


def test_writers_of_one_topic_must_agree(check: Check, blueprint: str) -> None:
    text = blueprint.replace("  bin:", "  mixed: s.Mixed\n  bin:").replace("[door.out]", "[door.out, mixed.out]")
    problems = check(text).problems
    codes = {problem.code for problem in problems}
    assert codes == {"writers-disagree", "schemas-do-not-resolve"}
    tell(
        problems[0], "9:36", "mixed.out writes Rejected to topic 'readings', which holds Reading as door.out", "one sch"
    )


def test_a_reader_of_any_record_resolves_with_everything(check: Check, blueprint: str) -> None:
    assert isinstance(check(blueprint.replace("sink: s.Sink", "sink: s.Bin")), Verified)


@pytest.mark.parametrize(
    ("key", "sentence", "hint"),
    [
        ("sensr", "the key 'sensr' of topic 'readings' is no field of Reading, which door.out writes", "'sensor'"),
        ("tags", "the key 'tags' of topic 'readings', which door.out writes, is no single value", "a text, a number"),
    ],
)
def test_a_partition_key_must_be_a_single_field(broken: Broken, key: str, sentence: str, hint: str) -> None:
    tell(broken(READINGS, READINGS[:-1] + f", key: {key}}}"), "8:71", sentence, hint)


def test_a_topics_key_overrules_the_outlets(check: Check, blueprint: str) -> None:
    plan = check(blueprint.replace(READINGS, READINGS[:-1] + ", key: celsius}")).plan
    assert plan.topic("readings").producers[0].key == "celsius"
    assert plan.topic("valid").producers[0].key == "sensor"
    assert plan.topic("invalid").producers[0].key is None


def test_more_replicas_than_partitions_are_a_warning(check: Check, blueprint: str) -> None:
    result = check(blueprint.replace("replicas: 1", "replicas: 3"))
    assert isinstance(result, Verified)
    tell(
        result.warnings[0], "4:37", "has 3 replicas, but topic 'readings' has 1 partition: 2 will idle", "partitions: 3"
    )
    assert result.warnings[0].severity == "warning"


def test_partitions_of_a_foreign_topic_are_not_guessed(check: Check, blueprint: str) -> None:
    text = blueprint.replace("replicas: 1", "replicas: 3").replace(READINGS, READINGS[:-1] + ", managed: false}")
    assert check(text).warnings == ()


def test_a_cycle_is_a_warning_that_names_the_way(check: Check, blueprint: str) -> None:
    text = blueprint.replace("sink: s.Sink", "sink: s.Split").replace("[sink.in]", "[sink.readings]")
    text = text.replace("[door.out]", "[door.out, sink.valid]").replace(
        "[split.invalid]", "[split.invalid, sink.invalid]"
    )
    result = check(text)
    assert isinstance(result, Verified)
    (warning,) = result.warnings
    tell(warning, "8:61", "streamlets form a cycle: split -> sink -> split", "never comes to rest")


@pytest.mark.parametrize(
    ("topics", "place", "sentence"),
    [
        ("  a: {producers: [m1.out], name: sensors.valid}\n", "13:34", "'valid' and 'a' have one physical name"),
        ("  a: {producers: [m1.out], name: sensors_valid}\n", "13:34", "which Kafka cannot tell apart"),
        (
            "  a: {producers: [m1.out], name: sensors.split.dead}\n",
            "4:3",
            "'a' and 'split.dead' have one physical name",
        ),
    ],
)
def test_two_topics_of_one_physical_name_are_told(
    check: Check, blueprint: str, topics: str, place: str, sentence: str
) -> None:
    text = blueprint.replace("  bin:", "  m1: s.Mixed\n  m2: s.Mixed\n  bin:") + topics
    (problem,) = check(text + "  b: {producers: [m2.out], name: sensors.valid, cluster: west}\n").problems
    tell(problem, place, sentence, "another name")


def test_dead_letters_have_a_topic_of_their_own_that_may_be_read(check: Check, blueprint: str) -> None:
    text = blueprint.replace("  bin:", "  dead: s.Bin\n  bin:") + "  split.dead: {consumers: [dead.in]}\n"
    plan = check(text).plan
    topic = plan.topic("split.dead")
    assert (topic.dead_letters_of, topic.record_type.__name__, topic.physical) == (
        "split", "DeadLetter", "sensors.split.dead",
    )  # fmt: skip
    assert plan.topic("sink.dead").dead_letters_of == "sink"
    assert plan.streamlet("split").dead_letters == "split.dead"
    assert plan.streamlet("door").dead_letters is None


def test_readers_of_dead_letters_must_be_able_to(check: Check, blueprint: str) -> None:
    text = blueprint.replace("  bin:", "  dead: s.Sink\n  bin:") + "  split.dead: {consumers: [dead.in]}\n"
    problems = check(text).problems
    assert {problem.code for problem in problems} == {"schemas-do-not-resolve"}
    assert "the worker of split writes DeadLetter" in problems[0].sentence


def test_no_outlet_can_write_dead_letters(check: Check, blueprint: str) -> None:
    text = blueprint.replace("  bin:", "  mixed: s.Mixed\n  bin:") + "  split.dead: {producers: [mixed.out]}\n"
    problems = check(text).problems
    tell(problems[-1], "12:28", "topic 'split.dead' holds the dead letters of 'split'", "consumers alone")


def test_a_topic_that_only_looks_like_dead_letters_is_ordinary(check: Check, blueprint: str) -> None:
    text = blueprint.replace("  readings: {p", "  door.dead: {p")
    assert check(text).plan.topic("door.dead").dead_letters_of is None


@pytest.mark.parametrize(
    ("volumes", "place", "sentence", "hint"),
    [
        ("{more: /m}", "5:3", "needs the volume 'data' (where files land), which is not mounted", "{data: ./data}"),
        ("{data: /d, more: /m, mor: /x}", "5:57", "streamlet 'sink' has no volume 'mor'", "'more'"),
        ("{data: '/d:x', more: /m}", "5:43", "has ':' in its path '/d:x'", None),
        ('{data: "/d\\0x", more: /m}', "5:43", "has 'NUL' in its path", None),
        ("{data: /d, more: /d/}", "5:53", "has the path '/d/', as 'data' has", "its own path"),
        (
            "{data: {path: /d, access: read-only}, more: /m}",
            "5:62",
            "is mounted read-only, but the class",
            "read-write",
        ),
        ("{data: {path: /d, access: none}, more: /m}", "5:62", "needs one of read-write, read-only", None),
    ],
)
def test_bad_volumes_are_told(broken: Broken, volumes: str, place: str, sentence: str, hint: str | None) -> None:
    tell(broken("sink: s.Sink", f"sink: {{class: s.Keeper, volumes: {volumes}}}"), place, sentence, hint)


@pytest.mark.parametrize("volumes", ["{data: {claim: c}, more: /m}", "{data: , more: /m}", "{data: [a], more: /m}"])
def test_a_volume_without_a_path_is_told(check: Check, blueprint: str, volumes: str) -> None:
    result = check(blueprint.replace("sink: s.Sink", f"sink: {{class: s.Keeper, volumes: {volumes}}}"))
    assert isinstance(result, Refused)
    assert "the volume 'data' of 'sink'" in result.problems[-1].sentence


@pytest.mark.parametrize(
    ("settings", "place", "sentence", "hint"),
    [
        ("", "5:3", "streamlet 'sink': needs no top", None),
        ("{top: 13}", "5:3", "Wary.check_wiring raised RuntimeError: unlucky", "fault in the class"),
        ("{top: 5}", "5:41", "the setting 'top' of 'sink': split has the limit 80.0", "set it to 80.0"),
    ],
)
def test_a_class_may_judge_its_settings_by_what_feeds_it(
    broken: Broken, settings: str, place: str, sentence: str, hint: str | None
) -> None:
    given = settings or "{top: 0}"
    tell(broken("sink: s.Sink", f"sink: {{class: s.Wary, settings: {given}}}"), place, sentence, hint)


def test_a_class_is_content_or_not_asked_when_settings_are_wrong(check: Check, blueprint: str) -> None:
    text = blueprint.replace("sink: s.Sink", "sink: {class: s.Wary, settings: {top: 80}}")
    assert isinstance(check(text), Verified)
    (problem,) = check(text.replace("limit: 80", "limit: x")).problems
    assert problem.code == "wrong-setting"


def test_what_a_class_judges_by_default_is_told_at_the_streamlet(broken: Broken) -> None:
    tell(broken("sink: s.Sink", "sink: s.Wary"), "5:3", "split has the limit 80.0", "set it to 80.0")


# -- forms beside `class` ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    path: tuple[str, ...]
    sentence: str
    hint: str | None = None
    column: int | None = None


def compile_counter(name: str, value: Any, record: Callable[[str], Any]) -> Any:
    """`{inlet: <record type>, measures: {...}}`; a measure must be `count()`."""
    found = record(value.get("inlet", "Reading"))
    if isinstance(found, LoadFault):
        return [Fault(("inlet",), found.sentence, found.hint)]
    wrong = [(key, text) for key, text in value.get("measures", {}).items() if text != "count()"]
    if wrong:
        return [Fault(("measures", key), f"{text} is no measure", "count()", 3) for key, text in wrong]
    if "window" not in value:
        return [Fault((), "window is missing")]

    class Counter(Streamlet):
        inlet = Inlet(found, name="in")
        out = Outlet(found)
        optional_outlets = frozenset({"out"})

        def on_batch(self, inlet: Batch[Any]) -> None: ...

    return Counter


def with_counter(blueprint: str, body: str) -> str:
    return blueprint.replace("sink: s.Sink", f"sink: {{count: {body}}}")


def test_a_form_compiles_to_a_streamlet_and_its_value_is_kept(check: Check, blueprint: str) -> None:
    text = with_counter(blueprint, "{inlet: Reading, window: 1m}")
    plan = check(text, forms={"count": compile_counter}).plan
    reference = plan.streamlet("sink").reference
    assert (reference.form, reference.value) == ("count", {"inlet": "Reading", "window": "1m"})


@pytest.mark.parametrize(
    ("body", "place", "sentence", "hint"),
    [
        ("{window: 1m, measures: {n: sum(x)}}", "5:46", "count 'sink': measures.n: sum(x) is no measure", "count()"),
        ("{window: 1m, measures: {n: 'sum(x)'}}", "5:47", "count 'sink': measures.n: sum(x) is no measure", "count()"),
        ("{}", "5:17", "count 'sink': window is missing", None),
        ("{inlet: Readng}", "5:25", "inlet: no port has a record type 'Readng'", "'Reading'"),
    ],
)
def test_faults_within_a_form_are_told_at_their_character(
    check: Check, blueprint: str, body: str, place: str, sentence: str, hint: str | None
) -> None:
    (problem,) = check(with_counter(blueprint, body), forms={"count": compile_counter}).problems
    tell(problem, place, sentence, hint)


def test_a_dotted_record_type_is_asked_of_the_caller(check: Check, blueprint: str) -> None:
    asked = []

    def load_record(name: str) -> LoadFault:
        asked.append(name)
        return LoadFault("missing", f"there is no {name}")

    text = with_counter(blueprint, "{inlet: far.Reading}")
    (problem,) = check(text, forms={"count": compile_counter}, load_record=load_record).problems
    assert asked == ["far.Reading"]
    assert "there is no far.Reading" in problem.sentence


def test_a_bare_record_type_of_two_meanings_is_told(check: Check, blueprint: str, classes: dict[str, Any]) -> None:
    other = type(Record)("Reading", (Record,), {"__annotations__": {"x": int}, "__module__": "elsewhere"})
    twin = type(Streamlet)("Twin", (Streamlet,), {"out": Outlet(other)})
    text = with_counter(blueprint, "{inlet: Reading}").replace("  bin:", "  twin: s.Twin\n  bin:")
    text += "  more: {producers: [twin.out]}\n"
    (problem,) = check(
        text, forms={"count": compile_counter}, load=lambda n: twin if n == "s.Twin" else classes[n]
    ).problems
    assert "'Reading' is the name of 2 record types" in problem.sentence
    assert "elsewhere.Reading" in (problem.hint or "")


# -- classes that cannot work -----------------------------------------------------------------------------------------


def test_record_types_without_a_schema_are_told(check: Check, blueprint: str, classes: dict[str, Any]) -> None:
    class Undone(Record):
        x: NotThere  # type: ignore[name-defined]  # noqa: F821

    vague = type(Streamlet)("Vague", (Streamlet,), {"out": Outlet(Undone), "more": Outlet(Record)})
    reader = type(Streamlet)(
        "Reader", (Streamlet,), {"inlet": Inlet(Undone, name="in"), "on_batch": lambda self, inlet: None}
    )
    own = {**classes, "s.Vague": vague, "s.Reader": reader}
    text = blueprint.replace("  bin:", "  vague: s.Vague\n  undone: s.Reader\n  bin:").replace(
        "[sink.in]", "[sink.in, undone.in]"
    )
    problems = check(text + "  more: {producers: [vague.out, vague.more], key: x}\n", load=own.__getitem__).problems
    assert [problem.code for problem in problems] == ["bad-record-type"] * 3
    tell(problems[0], "6:10", "vague.more has a record type without a schema: an outlet cannot emit just any", "Avro")
    tell(problems[1], "6:10", "vague.out has a record type without a schema", "Avro")


def test_ports_with_names_that_cannot_be_written_are_told(
    check: Check, blueprint: str, classes: dict[str, Any]
) -> None:
    dotted = type(Streamlet)("Dotted", (Streamlet,), {"out": Outlet(classes["s.Door"].spec.outlets["out"].record_type,
                                                                     name="a.b"),
                                                       "optional_outlets": frozenset({"a.b"})})  # fmt: skip
    own = {**classes, "s.Dotted": dotted}
    (problem,) = check(blueprint.replace("  bin:", "  dotted: s.Dotted\n  bin:"), load=own.__getitem__).problems
    tell(problem, "6:11", "the port name 'a.b' is not a letter followed by", "rename the port in Dotted")


# -- all at once ------------------------------------------------------------------------------------------------------

FIFTEEN = """\
app: Sensors
colour: red
streamlets:
  door: s.Dor
  Split: {class: s.Split, replica: 1, settings: {limt: 80}}
  sink: {class: s.Keeper, volumes: {dat: /d, more: /m}}
  nil:
  sum: s.Summing
topics:
  readings: {producers: [door.out], consumers: [Split.reading], key: sensor}
  valid: {producers: [Split.valid, sink.in], consumers: [sum.in, sum.in]}
  invalid: {producers: [Split.invald, splitt.x], consumers: [nil.in, what]}
  alone: {partitions: 0}
"""


def test_every_problem_is_told_at_once_sorted_by_place(check: Check) -> None:
    result = check(FIFTEEN)
    assert isinstance(result, Refused)
    assert [(problem.place.line, problem.code) for problem in result.problems] == [
        (1, "bad-name"),
        (2, "unknown-key"),
        (4, "class-missing"),
        (5, "bad-name"),
        (5, "unknown-key"),
        (5, "undeclared-setting"),
        (6, "missing-volume"),
        (6, "unconnected-port"),
        (6, "undeclared-volume"),
        (7, "no-form"),
        (10, "unknown-port"),
        (11, "inlet-as-producer"),
        (11, "schemas-do-not-resolve"),
        (11, "port-twice"),
        (12, "unknown-port"),
        (12, "unknown-streamlet"),
        (12, "malformed-port"),
        (13, "orphan-topic"),
        (13, "wrong-value"),
    ]
    assert list(result.problems) == sorted(result.problems, key=lambda problem: problem.place)
