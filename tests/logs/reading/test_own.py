"""Users' own formats: read from YAML, tried on their samples, used by the reader, and told what is wrong with them."""

# ruff: noqa: E501 - a fault and its sentence stand in one line

import pytest

from tailrace.blueprint.problems import Problem
from tailrace.logs.own_formats import load_formats
from tailrace.logs.reading.detect import detect
from tailrace.logs.reading.own import load, read_formats
from tailrace.model.errors import TailraceError

SHOP = """\
formats:
  - name: shop
    line: '{time} {level} [{thread}] {logger}: {message}'
    time: '%d.%m.%Y %H:%M:%S'
    levels: {W: WARN, E: ERROR}
    sample:
      - '05.01.2026 10:00:00 E [main] orders: order 7 is lost'
      - '5.1.2026 9:00:00,123 CET WARN [a b] orders: slow'
  - name: till
    pattern: '^<(?P<level>\\w+)> (?P<time>[0-9.]+) till=(?P<till>\\d+) (?P<message>.*)$'
    time: epoch_ms
    sample: <ERROR> 1767607200123 till=4 drawer stuck
"""
LINES = """\
05.01.2026 10:00:00 E [main] orders: order 7 is lost
  with a stack
java.lang.X: no
05.01.2026 10:00:01,5 W [main] orders: slow
05.01.2026 10:00:02 INFO [a b] orders: fine\r
05.01.2026 10:00:03 X [main] orders: of no known level
"""


def faults(text):
    found = read_formats(text, "own.yaml")
    assert all(isinstance(each, Problem) for each in found)
    return [str(each) for each in found], [each.hint for each in found]


def one(**fields):
    return "formats:\n  - " + "\n    ".join(f"{key}: {value}" for key, value in fields.items()) + "\n"


def test_a_line_with_names_becomes_a_format(read):
    found = read(LINES * 3, least=0, formats=load(SHOP, "own.yaml"))
    assert found.state.format == "shop"
    assert found.levels == ["ERROR", "WARN", "INFO", ""] * 3
    assert found.times[:2] == ["2026-01-05T10:00:00+00:00", "2026-01-05T10:00:01.500000+00:00"]
    assert found.column("body")[:3] == ["order 7 is lost\n  with a stack\njava.lang.X: no", "slow", "fine"]
    assert (found.column("logger")[0], found.column("thread")[2]) == ("orders", "a b")


def test_a_pattern_becomes_a_format_and_its_other_groups_attributes(read):
    lines = "".join(f"<{level}> 176760720{n}123 till={n} drawer\n" for n, level in enumerate(["error", "Warn", "info"]))
    found = read(lines, least=0, formats=load(SHOP, "own.yaml"))
    assert found.levels == ["ERROR", "WARN", "INFO"]
    assert found.times[1] == "2026-01-05T10:00:01.123000+00:00"
    assert found.column("attributes")[2] == [{"key": "till", "value": "2"}]


def test_own_formats_are_preferred_and_a_file_is_the_same_however_it_is_cut(read):
    own = load(one(name="mine", line="'{time} {level} {message}'", time="iso"), "own.yaml")
    lines = "".join(f"2026-01-05 10:00:{n:02} ERROR [main] a.B: x\n" for n in range(20))
    assert detect(lines.encode(), own).format.name == "mine"
    assert detect(b"{}\n" * 9, own).format.name == "json-lines"
    whole, cut = read(lines, formats=own), read(lines, formats=own, step=41)
    assert whole.column("body") == ["[main] a.B: x"] * 20
    assert cut.column("body") == whole.column("body")


def test_a_file_changes_to_an_own_format_and_back(read):
    log4j = "".join(f"2026-01-05 10:00:{n:02},1 INFO [main] a.B: x\n" for n in range(20))
    shop = "".join(f"05.01.2026 10:00:{n:02} E [main] orders: lost\n" for n in range(20))
    found = read(log4j + shop + log4j, least=0, formats=load(SHOP, "own.yaml"))
    assert found.levels == ["INFO"] * 20 + ["ERROR"] * 20 + ["INFO"] * 20


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "own.yaml: there is nothing in it"),
        ("- 1", "own.yaml:1:1: here must stand the key 'formats', not a list"),
        ("format: []", "own.yaml:1:1: there is no key 'format' in a file of formats"),
        ("formats: []", "own.yaml:1:10: 'formats' is a list of formats, but here is an empty one"),
        ("formats: [5]", "own.yaml:1:11: a format is a mapping, but here is 5"),
        (one(line="'{message}'"), "own.yaml:2:5: a format needs a name"),
        (one(name="log4j", line="'{message}'"), "own.yaml:2:11: 'log4j' is the name of a format that Tailrace brings"),
        (one(name="x"), "own.yaml:2:5: a format needs a line"),
        (one(name="x", line="'{message}'", pattern="x"), "own.yaml:4:5: a format has a line or a pattern, not both"),
        (one(name="x", line="'{level}'"), "own.yaml:3:11: the line cannot be used: {message} is missing"),
        (one(name="x", line="'{a b} {message}'"), "own.yaml:3:11: the line cannot be used: {a b} is no name"),
        (one(name="x", line="'{a} {a} {message}'"), "own.yaml:3:11: the line cannot be used: {a} stands there twice"),
        (one(name="x", line="'{time} {message}'"), "own.yaml:2:5: how a time is written is missing"),
        (one(name="x", line="'{message}'", time="iso"), "own.yaml:3:11: 'time' is given, but the line has none"),
        (one(name="x", line="'{time} {message}'", time="'%Y %q'"), "own.yaml:4:11: the time '%Y %q' cannot be read: %q"),
        (one(name="x", line="'{time} {message}'", time="'%d %H:%M'"), "own.yaml:4:11: the time '%d %H:%M' cannot be read"),
        (one(name="x", line="'{message}'", levels="{W: WRN}"), "own.yaml:4:17: 'W' means a level, but 'WRN' is none"),
        (one(name="x", line="'{message}'", lvels="{}"), "own.yaml:4:5: there is no key 'lvels' in a format"),
        (one(name="x", pattern="'(?P<message>'"), "own.yaml:3:14: the pattern cannot be used: unclosed group"),
        (one(name="x", pattern="'.*'"), "own.yaml:3:14: the pattern cannot be used: it has no group for the message"),
        (one(name="x", line="'{level} {message}'", sample="[Q x]"), "own.yaml:4:14: the sample's level is not known: 'Q x'"),
        (one(name="x", line="'<{message}>'", sample="[x]"), "own.yaml:4:14: the sample does not match: 'x'"),
        (
            one(name="x", line="'{time} {message}'", time="'%H:%M:%S'", sample="['25:00:00 x']"),
            "own.yaml:5:14: the sample's time cannot be read as 'time' says: '25:00:00 x'",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text, said):
    assert any(sentence.startswith(said) for sentence in faults(text)[0]), faults(text)[0]


def test_slips_come_with_what_was_meant():
    assert "did you mean 'WARN'?" in faults(one(name="x", line="'{message}'", levels="{W: WRN}"))[1]
    assert "did you mean 'levels'?" in faults(one(name="x", line="'{message}'", lvels="{}"))[1]


@pytest.mark.parametrize(
    "pattern",
    [
        "(?P<message>(a{100}){100})", "((((x{9}){9}){9}){9})(?P<message>.*)", "(?P<a>[a-z]{0,1900})(?P<message>.*)",
        "(?=x)(?P<message>.*)", r"(x)\1(?P<message>.*)",
    ],
)  # fmt: skip
def test_patterns_that_would_be_slow_are_refused(pattern):
    assert "the pattern cannot be used" in faults(one(name="x", pattern=f"'{pattern}'"))[0][0]


@pytest.mark.parametrize("pattern", ["^(?P<message>(a+)+)$", "^(?P<message>(a|a)*(a|aa)+)$", "^(?P<message>(.*)*)$"])
def test_patterns_that_make_other_engines_hang_do_not_here(read, pattern):
    own = load(one(name="x", pattern=f"'{pattern}'"), "own.yaml")
    found = read(("a" * 4000 + "!\n") * 200, least=0, formats=own)
    assert found.volumes["lines"].sum() == 200


def test_times_of_many_notations_are_read(read):
    notations = {
        "%m/%d/%y %I:%M:%S %p": "1/5/26 9:00:07 PM", "%b %d %Y %H:%M": "Jan 05 2026 21:00", "%s": "1767646807",
        "%Y%m%dT%H%M%S": "20260105T210007", "%a %b %e %T %Y": "Mon Jan  5 21:00:07 2026", "%FT%T.%f%z": "2026-01-05T22:00:07.5+0100",
        "%H:%M:%S": "21:00:07", "%d.%m. %R": "05.01. 21:00",
    }  # fmt: skip
    forms = [
        f"  - {{name: f{n}, line: '{{time}} |{n}| {{level}} {{message}}', time: '{time}'}}"
        for n, time in enumerate(notations)
    ]
    own = load("formats:\n" + "\n".join(forms), "own.yaml")
    for n, (time, written) in enumerate(notations.items()):
        found = read(f"{written} |{n}| ERROR x\n" * 3, formats=own, name="app-2026-01-05.log")
        assert found.times[0][:16] == "2026-01-05T21:00", time
        assert found.column("body") == ["x"] * 3


def test_a_file_of_formats_is_loaded_by_its_path(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(SHOP)
    assert [form.name for form in load_formats(str(path))] == ["shop", "till"]
    assert load_formats("") == ()
    with pytest.raises(TailraceError, match="cannot be read: No such file"):
        load_formats(str(tmp_path / "none.yaml"))
    path.write_text("formats: 5")
    with pytest.raises(TailraceError, match=r"own.yaml cannot be used:\n.*'formats' is a list"):
        load_formats(str(path))
