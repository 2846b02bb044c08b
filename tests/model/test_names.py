from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.model import names


@pytest.mark.parametrize("name", ["a", "ingest", "rule-2", "0x", "a" * 50])
def test_a_dns_label_is_an_app_name_and_a_streamlet_name(name: str) -> None:
    assert names.check_app_name(name) is None
    assert names.check_streamlet_name(name) is None


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("", "is empty"),
        ("Ingest", "holds 'I'"),
        ("in_gest", "holds '_'"),
        ("-in", "starts or ends with '-'"),
        ("in-", "starts or ends with '-'"),
        ("é", "holds 'é'"),
        ("a\n", r"holds '\n'"),
        ("a" * 64, "has 64 characters"),
    ],
)
def test_what_is_no_dns_label_is_told_with_its_fault(name: str, part: str) -> None:
    assert part in (names.check_app_name(name) or "")
    assert part in (names.check_streamlet_name(name) or "")


def test_an_empty_name_is_told_with_the_right_article() -> None:
    assert names.check_app_name("") == "an app name is empty"
    assert names.check_streamlet_name("") == "a streamlet name is empty"


def test_an_app_name_leaves_room_for_a_streamlet() -> None:
    assert names.check_app_name("a" * 50) is None
    assert "50 at most" in (names.check_app_name("a" * 51) or "")


@given(st.integers(1, 50), st.integers(1, 63))
def test_app_and_streamlet_fit_a_label_together_with_replica_and_revision(app: int, streamlet: int) -> None:
    fits = len(f"{'a' * app}-{'s' * streamlet}-0123456789") <= 63
    assert (names.check_streamlet_name("s" * streamlet, "a" * app) is None) == fits


def test_an_over_long_streamlet_name_is_told_with_the_room_behind_its_app() -> None:
    assert "has room for 45 behind the app's 'alerts-'" in (names.check_streamlet_name("s" * 46, "alerts") or "")
    assert "has room for 52 (of 63" in (names.check_streamlet_name("s" * 53) or "")


@pytest.mark.parametrize("name", ["a", "A.b_c-9", "x" * 249, "_one", "..."])
def test_kafka_takes_these_topic_names(name: str) -> None:
    assert names.check_topic_name(name) is None


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("", "is empty"),
        (".", "a directory's name"),
        ("..", "a directory's name"),
        ("x" * 250, "has 250 characters"),
        ("a b", "holds ' '"),
        ("tópico", "holds 'ó'"),
        ("a\n", r"holds '\n'"),
        ("__consumer_offsets", "keeps for topics of its own"),
    ],
)
def test_kafka_refuses_these_topic_names(name: str, part: str) -> None:
    assert part in (names.check_topic_name(name) or "")


@pytest.mark.parametrize("name", ["in", "out", "valid_ones", "Late-2"])
def test_a_port_name_is_a_letter_and_more(name: str) -> None:
    assert names.check_port_name(name) is None


@pytest.mark.parametrize(
    ("name", "part"), [("", "is empty"), ("a.b", "not a letter"), ("9a", "not a letter"), ("a" * 64, "64 characters")]
)
def test_a_port_name_that_would_not_stand_behind_a_dot_is_told(name: str, part: str) -> None:
    assert part in (names.check_port_name(name) or "")


@pytest.mark.parametrize(
    ("word", "found"),
    [("celcius", "celsius"), ("Limit", "limit"), ("stremlets", "streamlets"), ("qqq", None), ("", None)],
)
def test_the_nearest_known_word_is_suggested(word: str, found: str | None) -> None:
    assert names.nearest(word, ["celsius", "limit", "streamlets"]) == found


def test_nothing_is_near_when_nothing_is_known() -> None:
    assert names.nearest("limit", []) is None


def test_the_nearest_known_word_is_the_hint_and_without_one_those_there_are() -> None:
    assert names.did_you_mean("celcius", ["celsius", "limit"], "field") == "did you mean 'celsius'?"
    assert names.did_you_mean("qqq", [], "port") == "there is no port to choose from"
    many = [f"p{n}" for n in range(30)]
    assert names.did_you_mean("qqq", many, "port") == f"known: {', '.join(many[:24])}, ..."
