from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from typing import Any

import pytest

from tailrace.blueprint.problems import Problem
from tailrace.blueprint.settings import read_sources, variable_name
from tailrace.blueprint.verify import Verified
from tailrace.model.settings import Secret, Setting
from tailrace.model.streamlet import Streamlet

Broken = Callable[..., Problem]
Check = Callable[..., Any]
LIMIT = "settings: {limit: 80}"


def test_the_stronger_source_wins_and_says_where_it_stands(check: Check, blueprint: str) -> None:
    def limit(text: str = blueprint, **sources: Any) -> tuple[float, str]:
        split = check(text, sources=read_sources(**sources)).plan.streamlet("split")
        return split.settings["limit"], split.origins["limit"]

    config = "split:\n  limit: 4\n"
    variable = {"TAILRACE_SPLIT_LIMIT": "3", "PATH": "/bin"}
    everything: dict[str, Any] = {"environment": variable, "config": config, "config_file": "c.yaml"}
    assert limit(blueprint.replace(LIMIT, "")) == (60.0, "default")
    assert limit() == (80.0, "b.yaml:4:58")
    assert limit(config=config, config_file="c.yaml") == (4.0, "c.yaml:2:10")
    assert limit(**everything) == (3.0, "environment TAILRACE_SPLIT_LIMIT")
    assert limit(sets=["split.limit=1", "split.limit=2"], **everything) == (2.0, "--set split.limit")


def test_dashes_in_names_are_underscores_in_variables() -> None:
    assert variable_name("my-split", "low_limit") == "TAILRACE_MY_SPLIT_LOW_LIMIT"


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        ("split.limit", "--set", "'split.limit' has no '=' behind it"),
        ("split.token: geheim", "--set", "'split.token' has no '=' behind it"),
        ("limit=3", "--set limit", "'limit' names no setting of a streamlet"),
        ("split.=3", "--set split.", "'split.' is not <streamlet>.<setting>"),
        (".limit=3", "--set .limit", "'.limit' is not <streamlet>.<setting>"),
        ("split.limit.x=3", "--set split.limit.x", "'split.limit.x' is not <streamlet>.<setting>"),
        ("splt.limit=3", "--set splt.limit", "there is no streamlet 'splt' in the blueprint"),
        ("split.limt=3", "--set split.limt", "streamlet 'split' has no setting 'limt'"),
        ("split.limit=hot", "--set split.limit", "the setting 'limit' of 'split' needs a number, but 'hot' came"),
    ],
)
def test_a_bad_set_is_told(check: Check, blueprint: str, text: str, place: str, sentence: str) -> None:
    (problem,) = check(blueprint, sources=read_sources(sets=[text])).problems
    assert str(problem) == f"{place}: {sentence}"
    assert problem.hint is not None or "needs a number" in sentence


def test_a_wrong_value_is_told_even_where_a_stronger_source_overrules_it(check: Check, blueprint: str) -> None:
    (problem,) = check(blueprint.replace("80", "x"), sources=read_sources(sets=["split.limit=3"])).problems
    assert str(problem) == "b.yaml:4:58: the setting 'limit' of 'split' needs a number, but 'x' came"


@pytest.mark.parametrize(
    ("new", "place", "sentence", "hint"),
    [
        ("settings: {limt: 80}", "4:51", "streamlet 'split' has no setting 'limt'", "did you mean 'limit'?"),
        ("settings: {limit: }", "4:57", "the setting 'limit' of 'split' is given, but empty", None),
        ("settings: {limit: [1]}", "4:58", "needs a number, but [1] came", None),
    ],
)
def test_settings_of_the_blueprint_are_judged(
    broken: Broken, new: str, place: str, sentence: str, hint: str | None
) -> None:
    problem = broken(LIMIT, new)
    assert str(problem.place) == f"b.yaml:{place}"
    assert sentence in problem.sentence
    assert problem.hint == hint


def test_a_config_file_is_judged_at_its_lines(check: Check, blueprint: str) -> None:
    config = "splt: {a: 1}\nsplit: {limit: x}\nsink: 3\nbin:\n"
    problems = check(blueprint, sources=read_sources(config=config, config_file="c.yaml")).problems
    assert [str(problem) for problem in problems] == [
        "c.yaml:1:1: there is no streamlet 'splt' in the blueprint",
        "c.yaml:2:16: the setting 'limit' of 'split' needs a number, but 'x' came",
        "c.yaml:3:7: the config of streamlet 'sink' needs a mapping, but 3 came",
    ]
    assert problems[0].hint == "did you mean 'split'?"
    assert isinstance(check(blueprint, sources=read_sources(config="")), Verified)


def test_a_variable_that_names_no_setting_is_a_warning(check: Check, blueprint: str) -> None:
    environment = {"TAILRACE_SPLIT_LIMT": "3", "TAILRACE_DATA": "/d"}
    (warning,) = check(blueprint, sources=read_sources(environment=environment)).warnings
    assert str(warning) == "environment TAILRACE_SPLIT_LIMT: TAILRACE_SPLIT_LIMT is set, but names no setting"
    assert warning.hint == "did you mean 'TAILRACE_SPLIT_LIMIT'?"


def test_a_variable_of_two_meanings_is_refused(
    check: Check, blueprint: str, classes: dict[str, type[Streamlet]]
) -> None:
    one = type(Streamlet)("One", (classes["s.Sink"],), {"b_c": Setting(str, default="x")})
    other = type(Streamlet)("Other", (classes["s.Sink"],), {"c": Setting(str, default="x")})
    text = blueprint.replace("sink: s.Sink", "a: s.One\n  a-b: s.Other").replace("[sink.in]", "[a.in, a-b.in]")
    own = {**classes, "s.One": one, "s.Other": other}
    (problem,) = check(text, load=own.__getitem__, sources=read_sources(environment={"TAILRACE_A_B_C": "1"})).problems
    assert str(problem) == "environment TAILRACE_A_B_C: TAILRACE_A_B_C names several settings: a.b_c and a-b.c"
    assert problem.hint == "use --set or a config file for these"


@pytest.mark.parametrize(
    ("name", "sentence", "hint"),
    [
        ("Picky", "streamlet 'sink' needs the setting 'url' (where to), which is not given",
         "add settings: {url: <string>}, or --set sink.url=<string>"),
        ("Locked", "streamlet 'sink' needs the setting 'token', which is not given",
         "give it in the environment, as TAILRACE_SINK_TOKEN"),
    ],
)  # fmt: skip
def test_a_missing_setting_says_how_to_give_it(broken: Broken, name: str, sentence: str, hint: str) -> None:
    problem = broken("sink: s.Sink", f"sink: s.{name}")
    assert str(problem) == f"b.yaml:5:3: {sentence}"
    assert problem.hint == hint


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        ("url: 1.10", "url", "1.10"),
        ("url: 007", "url", "007"),
        ("every: 90s", "every", timedelta(seconds=90)),
        ("names: [1.10, b]", "names", ["1.10", "b"]),
        ("names: one", "names", ["one"]),
        ("mode: 1.10", "mode", "1.10"),
        ("token: 123", "token", Secret("123")),
    ],
)
def test_texts_are_taken_as_they_are_written(
    check: Check, blueprint: str, given: str, name: str, expected: object
) -> None:
    text = given if "url" in given else f"url: x, {given}"
    result = check(blueprint.replace("sink: s.Sink", f"sink: {{class: s.Picky, settings: {{{text}}}}}"))
    assert isinstance(result, Verified)
    assert result.plan.streamlet("sink").settings[name] == expected


@pytest.mark.parametrize(("given", "came"), [("[geheim]", "a list"), ("{a: geheim}", "a mapping")])
def test_a_secret_is_never_quoted(broken: Broken, given: str, came: str) -> None:
    problem = broken("sink: s.Sink", f"sink: {{class: s.Locked, settings: {{token: {given}}}}}")
    assert f"needs a text that fits, but {came} came (not shown)" in problem.sentence
    assert "geheim" not in f"{problem} {problem.hint} {problem!r} {problem.to_json()}"


def test_a_secret_that_fails_its_own_check_is_not_quoted_either(
    check: Check, blueprint: str, classes: dict[str, type[Streamlet]]
) -> None:
    def judge(value: Secret) -> None:
        raise ValueError(value.reveal())

    strict = type(Streamlet)("Strict", (classes["s.Sink"],), {"token": Setting(Secret, check=judge)})
    text = blueprint.replace("sink: s.Sink", "sink: s.Strict")
    own = {**classes, "s.Strict": strict}
    (problem,) = check(text, load=own.__getitem__, sources=read_sources(sets=["sink.token=geheim"])).problems
    assert problem.place.file == "--set sink.token"
    assert "geheim" not in f"{problem} {problem.hint} {problem!r}"


class Colour(Enum):
    RED = 1
    BLUE = 2


@pytest.mark.parametrize(("given", "expected"), [("RED", Colour.RED), ("2", Colour.BLUE)])
def test_an_enum_is_given_by_name_or_value(
    check: Check, blueprint: str, classes: dict[str, type[Streamlet]], given: str, expected: Colour
) -> None:
    painter = type(Streamlet)("Painter", (classes["s.Sink"],), {"colour": Setting(Colour)})
    own = {**classes, "s.Painter": painter}
    text = blueprint.replace("sink: s.Sink", f"sink: {{class: s.Painter, settings: {{colour: {given}}}}}")
    assert check(text, load=own.__getitem__).plan.streamlet("sink").settings["colour"] is expected


def test_a_check_that_fails_says_so(check: Check, blueprint: str, classes: dict[str, type[Streamlet]]) -> None:
    def judge(value: str) -> None:
        from tailrace.model.errors import TailraceError

        raise TailraceError(f"{value!r} is no rule", hint="write one")

    ruled = type(Streamlet)("Ruled", (classes["s.Sink"],), {"rule": Setting(str, check=judge)})
    text = blueprint.replace("sink: s.Sink", "sink: {class: s.Ruled, settings: {rule: what}}")
    (problem,) = check(text, load={**classes, "s.Ruled": ruled}.__getitem__).problems
    assert str(problem) == "b.yaml:5:43: the setting 'rule' of 'sink' does not fit: 'what' is no rule"
    assert problem.hint == "write one"
