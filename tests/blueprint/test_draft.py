from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tailrace.blueprint.draft import read_draft
from tailrace.blueprint.problems import Problem
from tailrace.blueprint.verify import Refused

Broken = Callable[..., Problem]
SPLIT = "{class: s.Split, replicas: 1, settings: {limit: 80}}"
READINGS = "{producers: [door.out], consumers: [split.readings]}"


def test_a_draft_holds_what_a_blueprint_says() -> None:
    text = """\
app: sensors
description: Reads the doors.
x-shared: &kafka {acks: all}
streamlets:
  door: s.Door
  split: {class: s.Split, replicas: 2, volumes: {data: ./in, more: {path: /m, claim: c, size: 1GiB}}}
topics:
  readings:
    producers: door.out
    consumers: [split.readings]
    partitions: 4
    replicas: 3
    retention: 7d
    retention_bytes: 10MB
    key: sensor
    managed: false
    name: other.readings
    cluster: east
    producer: *kafka
    consumer: {fetch: {min: {bytes: 1}}}
    topic: {cleanup.policy: delete}
"""
    draft = read_draft(text, "b.yaml")
    assert draft.problems == ()
    assert draft.app is not None
    assert (draft.app.value, draft.description) == ("sensors", "Reads the doors.")
    door, split = draft.streamlets
    assert (door.name, door.form, door.replicas.value) == ("door", "class", 1)
    assert [(v.name, v.path.value, v.claim, v.size) for v in split.volumes] == [
        ("data", "./in", None, None),
        ("more", "/m", "c", 1024**3),
    ]
    (topic,) = draft.topics
    assert [str(port) for port in (*topic.producers, *topic.consumers)] == ["door.out", "split.readings"]
    assert (topic.retention, topic.retention_bytes, topic.replicas) == (timedelta(days=7), 10_000_000, 3)
    assert (topic.managed, topic.cluster) == (False, "east")
    assert topic.producer_config == {"acks": "all"}
    assert topic.consumer_config == {"fetch.min.bytes": 1}
    assert topic.topic_config == {"cleanup.policy": "delete"}


@pytest.mark.parametrize(
    ("old", "new", "place", "sentence", "hint"),
    [
        ("app:", "ap: x\napp:", "1:1", "the blueprint has no key 'ap'", "'app'"),
        ("replicas: 1", "replica: 1", "4:27", "streamlet 'split' has no key 'replica'", "'replicas'"),
        ("bin: s.Bin", "bin: {class: s.Bin, zzz: 1}", "6:23", "streamlet 'bin' has no key 'zzz'", "known: class"),
        (READINGS, READINGS[:-1] + ", partition: 2}", "8:66", "has no key 'partition'", "'partitions'"),
        ("app: sensors\n", "", "1:1", "the blueprint has no 'app'", "app: sensors"),
        ("app: sensors", "app:", "1:1", "'app' is empty", "app: sensors"),
        ("app: sensors", "app: [a]", "1:6", "'app' of the blueprint needs a text, but a list came", None),
        ("replicas: 1", "replicas: 0", "4:37", "needs a whole number from 1 on, but 0 came", None),
        ("replicas: 1", "replicas: true", "4:37", "needs a whole number from 1 on, but true came", None),
        ("replicas: 1", "replicas: [1]", "4:37", "needs a whole number from 1 on, but a list came", None),
        ("settings: {limit: 80}", "settings: 80", "4:50", "the settings of 'split' needs a mapping, but 80 came", None),
        ("settings: {limit: 80}", "volumes: x", "4:49", "the volumes of 'split' needs a mapping", None),
        (READINGS, READINGS[:-1] + ", retention: 1 week}", "8:77", "needs a duration, but '1 week' came", "7d"),
        (READINGS, READINGS[:-1] + ", retention: [1]}", "8:77", "needs a duration, but a list came", "7d"),
        (READINGS, READINGS[:-1] + ", retention_bytes: big}", "8:83", "needs a size, but 'big' came", "64KiB"),
        (READINGS, READINGS[:-1] + ", retention_bytes: {}}", "8:83", "needs a size, but a mapping came", "64KiB"),
        (READINGS, READINGS[:-1] + ", managed: maybe}", "8:75", "needs true or false, but 'maybe' came", None),
        (READINGS, READINGS[:-1] + ", cluster: ''}", "8:75", "'cluster' of topic 'readings' needs a text", None),
        (READINGS, READINGS[:-1] + ", producer: [acks]}", "8:76", "'producer' of topic 'readings' needs a map", None),
        ("  invalid: {producers: [split.invalid], ", "  invalid: {producers: [split.invalid, 3], ", "10:40",
         "needs a list of <streamlet>.<port>, but 3 came", None),
        ("consumers: [sink.in]", "consumers: [sink.in, sink]", "9:58", "the port 'sink', which is not", "split.valid"),
        ("consumers: [sink.in]", "consumers: [sink.in, a.b.c]", "9:58", "the port 'a.b.c', which is not", "dot"),
    ],
)  # fmt: skip
def test_faults_of_the_writing_are_told_at_their_place(
    broken: Broken, old: str, new: str, place: str, sentence: str, hint: str | None
) -> None:
    problem = broken(old, new)
    assert str(problem.place) == f"b.yaml:{place}"
    assert sentence in problem.sentence
    assert problem.hint is None if hint is None else hint in (problem.hint or "")


@pytest.mark.parametrize(
    ("new", "place", "sentence", "hint"),
    [
        ("split:", "4:3", "streamlet 'split' has no class", "name its class"),
        ("split: {replicas: 1}", "4:3", "streamlet 'split' has no class", "package.module.Class"),
        ("split: [s.Split]", "4:10", "streamlet 'split' needs a class name or a mapping, but a list came", None),
        ("split: {class: [s.Split]}", "4:18", "'class' of streamlet 'split' needs a dotted name", None),
        ("split: {class: ''}", "4:18", "'class' of streamlet 'split' needs a dotted name, but '' came", None),
    ],
)
def test_a_streamlet_without_a_class_is_told_once(
    broken: Broken, new: str, place: str, sentence: str, hint: str | None
) -> None:
    problem = broken(f"split: {SPLIT}", new)
    assert str(problem.place) == f"b.yaml:{place}"
    assert sentence in problem.sentence
    assert problem.hint is None if hint is None else hint in (problem.hint or "")


def test_a_streamlet_is_of_one_form() -> None:
    draft = read_draft(
        "app: a\nstreamlets:\n  x: {class: a.B, aggregate: {}}\ntopics: {t: }\n", "f", forms=["aggregate"]
    )
    (problem,) = draft.problems
    assert str(problem) == "f:3:19: streamlet 'x' has both 'class' and 'aggregate'; it can be one of them"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "~\n"])
def test_an_empty_blueprint_says_what_it_needs(check: Callable[..., Refused], text: str) -> None:
    (problem,) = check(text).problems
    assert str(problem) == "b.yaml:1:1: the blueprint is empty"
    assert problem.hint == "it needs app, streamlets and topics"


def test_a_blueprint_that_is_a_list_is_told(check: Callable[..., Refused]) -> None:
    (problem,) = check("- a\n").problems
    assert str(problem) == "b.yaml:1:1: the blueprint needs a mapping, but a list came"


def test_missing_and_empty_sections_are_told(check: Callable[..., Refused]) -> None:
    assert [str(p) for p in check("app: a\nstreamlets:\n").problems] == [
        "b.yaml:1:1: the blueprint has no 'topics'",
        "b.yaml:2:1: 'streamlets' is empty",
    ]
    assert [str(p) for p in check("app: a\nstreamlets: {}\ntopics: 3\n").problems] == [
        "b.yaml:2:1: 'streamlets' is empty",
        "b.yaml:3:9: 'topics' needs a mapping, but 3 came",
    ]


def test_duplicate_names_are_told_and_bad_yaml_stops_alone(check: Callable[..., Refused], blueprint: str) -> None:
    (problem,) = check(blueprint.replace("  bin: s.Bin", "  bin: s.Bin\n  door: s.Door")).problems
    assert str(problem) == "b.yaml:7:3: 'door' stands here a second time, first on line 3"
    (problem,) = check(blueprint + "\t").problems
    assert problem.code == "bad-yaml"
