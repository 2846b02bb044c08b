from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from tailrace.blueprint.plan import Plan
from tailrace.blueprint.settings import read_sources

Check = Callable[..., Any]


@pytest.fixture
def plan(check: Check, blueprint: str) -> Plan:
    text = blueprint.replace("sink: s.Sink", "sink: {class: s.Picky, settings: {url: x, every: 90s}}")
    text = text.replace(
        "consumers: [sink.in]",
        "consumers: [sink.in], partitions: 4, retention: 7d, producer: {sasl.password: geheim, acks: all}",
    )
    plan = check(text, sources=read_sources(environment={"TAILRACE_SINK_TOKEN": "geheim"})).plan
    assert isinstance(plan, Plan)
    return plan


def test_ports_lead_to_topics_and_topics_to_ports(plan: Plan) -> None:
    split = plan.streamlet("split")
    assert dict(split.inlets) == {"readings": "readings"}
    assert dict(split.outlets) == {"valid": "valid", "invalid": "invalid"}
    topic = plan.topic("valid")
    assert [(p.streamlet, p.outlet, p.record_type.__name__, p.key) for p in topic.producers] == [
        ("split", "valid", "Reading", "sensor")
    ]
    assert [(c.streamlet, c.inlet) for c in topic.consumers] == [("sink", "in")]
    assert (topic.physical, topic.partitions) == ("sensors.valid", 4)


def test_an_inlet_knows_who_feeds_it(plan: Plan) -> None:
    (upstream,) = plan.streamlet("sink").wiring["in"]
    assert (upstream.topic, upstream.streamlet, upstream.outlet) == ("valid", "split", "valid")
    assert upstream.streamlet_class.__name__ == "Split"
    assert upstream.settings == {"limit": 80.0}


def test_every_streamlet_with_inlets_has_a_dead_letter_topic(plan: Plan) -> None:
    assert [topic.name for topic in plan.topics if topic.dead_letters_of] == ["split.dead", "sink.dead", "bin.dead"]
    assert plan.topic("bin.dead").record_type.record_name() == "tailrace.DeadLetter"


def test_a_plan_cannot_be_changed(plan: Plan) -> None:
    with pytest.raises(FrozenInstanceError):
        plan.app = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        plan.streamlet("split").settings["limit"] = 1  # type: ignore[index]
    with pytest.raises(KeyError):
        plan.streamlet("nobody")


def test_the_json_is_plain_stable_and_without_secrets(plan: Plan, check: Check) -> None:
    text = json.dumps(plan.to_json())
    assert text == json.dumps(plan.to_json())
    assert "geheim" not in text
    found = json.loads(text)
    assert found["streamlets"]["sink"]["settings"] == {
        "url": "x", "every": "1m30s", "token": "***", "names": ["a"], "mode": "fast",
    }  # fmt: skip
    assert found["streamlets"]["sink"]["origins"]["token"] == "environment TAILRACE_SINK_TOKEN"
    assert found["streamlets"]["split"]["settings"] == {"limit": 80.0}
    assert found["topics"]["valid"]["producer"] == {"sasl.password": "***", "acks": "all"}
    assert found["topics"]["valid"]["retention"] == "7d"
    assert found["topics"]["invalid"]["consumers"] == [{"port": "bin.in", "record_type": None}]


def test_the_json_holds_volumes_and_nested_values(check: Check, blueprint: str) -> None:
    text = blueprint.replace(
        "sink: s.Sink", "sink: {class: s.Keeper, volumes: {data: {path: /d, claim: c, size: 1MB}, more: /m}}"
    ).replace("consumers: [sink.in]", "consumers: [sink.in], topic: {a: [1, {b: 2}]}")
    found = check(text).plan.to_json()
    assert found["streamlets"]["sink"]["volumes"] == {
        "data": {"path": "/d", "access": "read-write", "claim": "c", "size": 1_000_000},
        "more": {"path": "/m", "access": "read-only", "claim": None, "size": None},
    }
    assert found["topics"]["valid"]["topic"] == {"a": [1, {"b": 2}]}
