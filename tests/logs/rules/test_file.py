"""Rules files are read whole, and every mistake in them has a place, a sentence and something to try."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tailrace.logs.rules.file import RulesFile, read_rules
from tailrace.logs.rules.kinds import Distinct, Listed, Metric, New, Share, Silence, Spike, Threshold
from tailrace.logs.rules.rule import least_of

MINUTES = timedelta(minutes=1)


def problems(text: str) -> list[tuple[str, str, str | None]]:
    found = read_rules(text, "r.yaml")
    assert not isinstance(found, RulesFile)
    return [(str(each.place), each.sentence, each.hint) for each in found]


def test_a_text_is_a_rule_and_its_own_name(from_yaml):
    (rule,) = from_yaml("rules:\n  - errors   > 10 in 30s")
    assert (rule.name, rule.text, rule.kind) == (
        "errors > 10 in 30s",
        "errors > 10 in 30s",
        Threshold("errors > 10", MINUTES / 2),
    )
    assert (rule.by, rule.least, rule.quiet, rule.cooldown) == (("app",), "WARN", MINUTES, timedelta())


def test_a_mapping_says_what_else_there_is_to_a_rule(from_yaml):
    (rule,) = from_yaml(
        "rules:\n- {name: n, when: errors > 1 in 5m, where: logger = 'db', by: [], level: info, severity: Critical,\n"
        "   runbook: 'https://x.example/y', labels: {team: a, tier: 1}, quiet: 90s, cooldown: 1h}"
    )
    assert (rule.name, rule.where, rule.by, rule.least, rule.severity) == ("n", "logger = 'db'", (), "INFO", "critical")
    assert (rule.labels, rule.runbook) == ({"team": "a", "tier": "1"}, "https://x.example/y")
    assert (rule.quiet, rule.cooldown) == (timedelta(seconds=90), timedelta(hours=1))


@pytest.mark.parametrize(
    ("short", "long", "kind"),
    [
        ("errors > 1 in 1m", "threshold: errors > 1, in: 1m", Threshold("errors > 1", MINUTES)),
        (
            "errors > 5% of lines in 1m, at least 9 lines",
            "share: errors, of: lines, above: 5%, in: 1m, at least: 9",
            Share("errors", ">", 5, "lines", MINUTES, 9),
        ),
        (
            "lines down 3x the 6 windows before in 1m, at least 20",
            "spike: lines, direction: down, factor: 3, windows: 6, in: 1m, at_least: 20",
            Spike("lines", 3, 6, MINUTES, "down", 20),
        ),
        (
            "distinct attributes.user < 2 in 1m",
            "distinct: attributes.user, below: 2, in: 1m",
            Distinct("attributes.user", "<", 2, MINUTES),
        ),
        (
            "p99(attributes.ms) > 500 in 1m",
            "metric: p99(attributes.ms), above: 500, in: 1m",
            Metric("p99", "attributes.ms", ">", 500, MINUTES),
        ),
        ("body matches 'a b', 'c'", "blacklist: [a b, c]", Listed("body", ("a b", "c"))),
        (
            "logger matches none of 'it''s'",
            'whitelist: ["it\'s"], field: logger',
            Listed("logger", ("it's",), allowed=True),
        ),
        ("new fingerprint after 1m", "new: fingerprint, after: 1m", New("fingerprint", MINUTES)),
        ("silence of 1m from a, b", "silence: 1m, apps: [a, b]", Silence(MINUTES, ("a", "b"))),
    ],
)
def test_short_and_long_forms_say_the_same(from_yaml, short, long, kind):
    rules = from_yaml(f'rules:\n- {{name: short, when: "{short}"}}\n- {{name: long, when: {{{long}}}}}')
    assert [rule.kind for rule in rules] == [kind, kind]
    assert rules[0].identity == rules[1].identity


def test_other_sections_are_kept_for_those_who_read_them():
    found = read_rules("rules: []\nreceivers: {ops: {}}\ninhibit: []\nreports: {}", "r.yaml")
    assert isinstance(found, RulesFile)
    assert sorted(found.sections) == ["inhibit", "receivers", "reports"]


def test_the_lowest_level_of_all_rules_says_what_has_to_be_kept(from_yaml):
    assert least_of(from_yaml("rules: [errors > 1 in 1m]")) == "WARN"
    assert least_of(from_yaml("rules: [{when: errors > 1 in 1m, level: FATAL}]")) == "WARN"
    assert least_of(from_yaml("rules: [errors > 1 in 1m, {when: lines > 1 in 1m, level: debug}]")) == "DEBUG"


@pytest.mark.parametrize(
    ("text", "place", "sentence", "hint"),
    [
        ("", "r.yaml:1:1", "a rules file is a mapping with the key rules, nothing came", "begin with 'rules:'"),
        ("- a", "r.yaml:1:1", "a rules file is a mapping with the key rules, a list came", "begin with 'rules:'"),
        ("rule: []", "r.yaml:1:1", "a rules file has no key 'rule'", "did you mean 'rules'?"),
        ("rules: {}", "r.yaml:1:8", "rules has to be a list, a mapping came", "behind '- '"),
        ("rules: [5]", "r.yaml:1:9", "a rule is a text or a mapping, 5 came", "errors > 10 in 30s"),
        ("rules: [errors > 5]", "r.yaml:1:9", "the condition 'errors > 5' has no window", "errors > 10 in 30s"),
        ("rules: [errrs > 5 in 1m]", "r.yaml:1:9", "there is no column 'errrs'", "did you mean 'errors'?"),
        (
            "rules:\n- when: errors > 1 in 1m\n  where: app = 'a' AND bdy LIKE 'x'",
            "r.yaml:3:24",
            "records have no field 'bdy'",
            "did you mean 'body'?",
        ),
        (
            "rules:\n- {when: errors > 1 in 1m, where: attributes.n + 1}",
            "r.yaml:2:35",
            "'attributes.n + 1' is not true or false",
            "write a condition",
        ),
        (
            "rules:\n- {when: errors > 1 in 1m, where: level > 5}",
            "r.yaml:2:35",
            "level is a string, 5 is a long: they cannot be compared",
            "CAST",
        ),
        (
            "rules: [{when: errors > 1 in 1m, by: [usr]}]",
            "r.yaml:1:38",
            "records have no field 'usr'",
            "attributes.usr",
        ),
        (
            "rules: [{when: errors > 1 in 1m, sevrity: info}]",
            "r.yaml:1:34",
            "a rule has no key 'sevrity'",
            "'severity'",
        ),
        ("rules: [{when: errors > 1 in 1m, filter: x}]", "r.yaml:1:34", "a rule has no key 'filter'", "'where'"),
        ("rules: [{name: x}]", "r.yaml:1:9", "a rule needs the key 'when'", "when: errors > 10 in 30s"),
        (
            "rules: [{when: errors > 1 in 1m, severity: hi}]",
            "r.yaml:1:44",
            "severity has to be one of critical, error, warning, info, 'hi' came",
            None,
        ),
        ("rules: [{when: errors > 1 in 1m, runbook: wiki}]", "r.yaml:1:43", "runbook has to be a link", "https://"),
        ("rules: [{when: errors > 1 in 1m, labels: [a]}]", "r.yaml:1:42", "labels has to be a mapping", "team"),
        ("rules: [{when: errors > 1 in 1m, quiet: soon}]", "r.yaml:1:41", "quiet has to be a duration", "10s"),
        ("rules: [{when: {thresold: x}}]", "r.yaml:1:17", "when has no key 'thresold'", "'threshold'"),
        ("rules: [{when: {spike: errors, in: 1m}}]", "r.yaml:1:16", "needs the key 'factor'", "factor: 3"),
        ("rules: [{when: {spike: errors, factor: 1, in: 1m}}]", "r.yaml:1:40", "a factor of 1 is no spike", "3x"),
        ("rules: [{when: {distinct: app, in: 1m}}]", "r.yaml:1:16", "needs the key 'above'", "below: 100"),
        ("rules: [{when: {share: errors, above: 5%}}]", "r.yaml:1:16", "needs the key 'in'", "in: 5m"),
        ("rules: [{when: {metric: p100(line), above: 5, in: 1m}}]", "r.yaml:1:25", "metric has to be a figure", "p99"),
        ("rules: [{when: {metric: max(attributes), above: 5, in: 1m}}]", "r.yaml:1:29", "is no single value", "ms"),
        ("rules: [{when: {blacklist: ['(']}}]", "r.yaml:1:28", "'(' cannot be understood: unclosed group", "Rust"),
        ("rules: [{when: {whitelist: ['a(?!b)']}}]", "r.yaml:1:28", "look-around", "no look-around"),
        ("rules:\n- errors > 1 in 1m\n- errors > 1 in 1m", "r.yaml:3:3", "is given twice, first in line 2", "another"),
        ("rules:\n- body matches 'a: b'", "r.yaml:2:3", 'has no key "body matches \'a"', "stands in quotes"),
        (
            "rules:\n- {when: infos > 1 in 1m, where: body LIKE 'x'}",
            "r.yaml:2:10",
            "infos are never counted: with this where, by or level it sees WARN and worse",
            "level: INFO",
        ),
    ],
)
def test_a_mistake_has_a_place_a_sentence_and_something_to_try(text, place, sentence, hint):
    found = problems(text)
    assert any(
        place == where and sentence in said and (hint is None or hint in (tried or "")) for where, said, tried in found
    ), found


def test_all_mistakes_are_told_at_once_in_the_order_of_the_text():
    found = problems("rules:\n- erors > 1 in 1m\n- {when: new foo, level: x}\n- {when: silence of x}\nreport: {}")
    assert [place for place, _, _ in found] == ["r.yaml:2:3", "r.yaml:3:14", "r.yaml:3:26", "r.yaml:4:10", "r.yaml:5:1"]


def test_text_that_is_no_yaml_is_one_problem():
    ((place, sentence, _),) = problems("rules:\n  - [")
    assert place.startswith("r.yaml:")
    assert "this is not YAML" in sentence
