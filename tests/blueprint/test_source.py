from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.blueprint.problems import Place, Problem
from tailrace.blueprint.source import (
    MAX_DEPTH,
    MAX_NODES,
    Mapping,
    Sequence,
    describe,
    place_of,
    place_within,
    read_source,
    to_python,
)


def only(text: str) -> Problem:
    problems = read_source(text, "f").problems
    assert len(problems) == 1, problems
    return problems[0]


def value(text: str) -> object:
    source = read_source(text, "f")
    assert source.problems == ()
    assert source.root is not None
    return to_python(source.root)


def test_every_key_and_value_knows_its_line_and_column() -> None:
    root = read_source("a: 1\nb:\n  - x\n  - y: z\n", "f").root
    assert isinstance(root, Mapping)
    entry = root.get("b")
    assert entry is not None
    assert entry.place == Place("f", 2, 1)
    assert isinstance(entry.value, Sequence)
    assert [item.place for item in entry.value.items] == [Place("f", 3, 5), Place("f", 4, 5)]
    assert place_of(root, ("b", 1, "y")) == Place("f", 4, 8)


def test_a_path_that_ends_early_gives_the_place_where_it_ends() -> None:
    root = read_source("a:\n  b: 1\n", "f").root
    assert root is not None
    assert place_of(root, ("a", "c")) == Place("f", 2, 3)
    assert place_of(root, ("a", "b", 0)) == Place("f", 2, 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: abc", 6), ("a: 'abc'", 7), ('a: "abc"', 7), ("a: 'it''s'", None), ("a: >\n  abc", None), ("a: [1]", None),
        ("b: 1", None),
    ],
)  # fmt: skip
def test_a_character_in_a_text_is_found_where_the_text_stands_as_it_is(text: str, expected: int | None) -> None:
    root = read_source(text, "f").root
    assert root is not None
    place = place_within(root, ("a",), 3)
    assert (place.column if place else None) == expected
    assert place_within(root, ("a",), None) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no", "no"), ("on", "on"), ("1:30", "1:30"), ("2020-01-01", "2020-01-01"), ("true", True), ("False", False),
        ("12", 12), ("0x1f", 31), ("0o17", 15), ("007", 7), ("1.5", 1.5), ("1e3", 1000.0), (".inf", float("inf")),
        ("~", None), ("'1'", "1"), ("!!str 1", "1"), ("-.INF", float("-inf")), ("<<", "<<"),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema(text: str, expected: object) -> None:
    assert value(text) == expected


def test_a_number_remembers_the_text_it_was_written_as() -> None:
    root = read_source("1.10", "f").root
    assert root is not None
    assert describe(root) == "1.10"


def test_anchors_and_merges_are_understood_and_own_keys_win() -> None:
    text = "x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: {<<: [*x, {a: 9, c: 4}]}\n"
    assert value(text) == {"x": {"a": 1, "b": 2}, "y": {"b": 3, "a": 1}, "z": {"a": 1, "b": 2, "c": 4}}


def test_merging_what_is_no_mapping_is_a_problem() -> None:
    problem = only("a: {<<: [1]}")
    assert str(problem) == "f:1:10: '<<' merges mappings, but 1 came"


def test_a_duplicate_key_names_the_first_one() -> None:
    problem = only("a: 1\nb: 2\na: 3\n")
    assert str(problem) == "f:3:1: 'a' stands here a second time, first on line 1"
    assert problem.hint is not None
    assert "keep one" in problem.hint


@pytest.mark.parametrize(
    ("text", "place", "fragment", "hint"),
    [
        ("a:\n\t- b", "f:2:1", "cannot start any token", "indent with spaces"),
        ("a: b: c", "f:1:5", "mapping values are not allowed", "indentation"),
        ("a: [1", "f:1:6", "while parsing a flow sequence from line 1", None),
        ("a: 'x", "f:1:6", "quoted scalar", None),
        ("- 1\n---\n- 2", "f:2:1", "another document", "one document"),
        ("a: *b", "f:1:4", "undefined alias", None),
        ("ab: \x00", "f:1:5", "U+0000", None),
        ("a: 1\nb: \x07", "f:2:4", "U+0007", None),
        ("[1]: 2", "f:1:1", "keys are texts", None),
    ],
)
def test_what_is_no_yaml_is_told_at_its_place(text: str, place: str, fragment: str, hint: str | None) -> None:
    problem = only(text)
    assert str(problem.place) == place
    assert fragment in problem.sentence
    assert problem.sentence.startswith("this is not YAML")
    assert problem.hint is None if hint is None else hint in (problem.hint or "")


@pytest.mark.parametrize("text", ["!!python/object:os.system {}", "!mine 1", "!!int x", "!!float 1.x", "!!bool maybe"])
def test_tags_that_mean_nothing_here_are_told(text: str) -> None:
    problem = only(text)
    assert problem.code == "unsupported-tag"
    assert text.split(maxsplit=1)[0] in problem.sentence
    assert problem.hint == "leave the tag out"


def test_an_alias_within_what_it_names_is_refused() -> None:
    problem = only("x: &x {a: *x}")
    assert str(problem) == "f:1:4: an alias stands within the value it names, which has no end"


def test_aliases_of_aliases_are_bounded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    problem = only("\n".join(lines))
    assert problem.code == "too-large"
    assert str(MAX_NODES) in problem.sentence
    assert problem.hint is not None


def test_depth_is_bounded() -> None:
    problem = only("[" * 5000)
    assert f"deeper than {MAX_DEPTH} levels" in problem.sentence


def test_an_empty_text_has_no_root_and_no_problem() -> None:
    for text in ("", "# nothing\n"):
        source = read_source(text, "f")
        assert source.root is None
        assert source.problems == ()


@given(st.text())
def test_no_text_raises(text: str) -> None:
    source = read_source(text, "f")
    assert all(problem.sentence for problem in source.problems)


def test_nodes_are_described_as_a_person_would() -> None:
    root = read_source("[{}, [], ~, x, 1]", "f").root
    assert isinstance(root, Sequence)
    assert [describe(item) for item in root.items] == ["a mapping", "a list", "nothing", "'x'", "1"]
