from __future__ import annotations

from tailrace.blueprint.faults.wiring import Cycle, PortTwice
from tailrace.blueprint.faults.writing import BadYaml, UnknownKey
from tailrace.blueprint.problems import Place, problem_lines, sort_problems


def test_problems_are_told_with_place_sentence_and_hint() -> None:
    problems = [
        UnknownKey(Place("b.yaml", 3, 5), "partion", "topic 'a'", ("partitions",)),
        PortTwice(Place("b.yaml", 4, 1), "a", "x.in"),
        Cycle(Place("b.yaml", 9, 2), ("a", "b")),
        BadYaml(Place("--set a.b"), "no"),
    ]
    assert list(problem_lines(problems)) == [
        "b.yaml:3:5: error: topic 'a' has no key 'partion'",
        "  try: did you mean 'partitions'?",
        "b.yaml:4:1: error: topic 'a' names x.in twice",
        "b.yaml:9:2: warning: streamlets form a cycle: a -> b -> a",
        "  try: make sure that records leave it, or it never comes to rest",
        "--set a.b: error: this is not YAML: no",
    ]


def test_a_problem_as_json_has_its_place_and_words() -> None:
    assert PortTwice(Place("b.yaml", 4, 1), "a", "x.in").to_json() == {
        "severity": "error",
        "code": "port-twice",
        "file": "b.yaml",
        "line": 4,
        "column": 1,
        "sentence": "topic 'a' names x.in twice",
        "hint": None,
    }


def test_problems_are_sorted_by_place_the_blueprint_first_and_none_is_told_twice() -> None:
    first, second = PortTwice(Place("b.yaml", 2, 9), "a", "x.in"), PortTwice(Place("b.yaml", 10, 1), "a", "y.in")
    other = PortTwice(Place("a.yaml", 1, 1), "a", "z.in")
    assert sort_problems([other, second, first, second], "b.yaml") == (first, second, other)
