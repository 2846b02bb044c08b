from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tailrace.blueprint.importing import load_class, load_record
from tailrace.blueprint.loading import LoadFault
from tailrace.model.record import Record
from tailrace.model.streamlet import Streamlet

GOOD = """
from tailrace.model.functions import streamlet
from tailrace.model.ports import Outlet
from tailrace.model.record import Record
from tailrace.model.streamlet import Streamlet

class Reading(Record):
    x: int

class Door(Streamlet):
    out = Outlet(Reading)

class Holder:
    class Inner(Door):
        pass

@streamlet
def hot(reading: Reading) -> None: ...

def plain(): ...

number = 3
"""

Module = Callable[[str, str], str]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Module]:
    """Write a module that can be imported; it is forgotten after the test."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def write(name: str, text: str) -> str:
        path = tmp_path / (name.replace(".", "/") + ".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return name

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def fault(found: object) -> LoadFault:
    assert isinstance(found, LoadFault)
    return found


@pytest.mark.parametrize("name", ["good_one.Door", "good_one:Door", "good_one.Holder.Inner", "good_one:Holder.Inner"])
def test_a_class_is_found_by_its_dotted_name(module: Module, name: str) -> None:
    module("good_one", GOOD)
    found = load_class(name)
    assert isinstance(found, type)
    assert issubclass(found, Streamlet)


def test_a_function_streamlet_gives_its_class_and_a_record_type_is_found(module: Module) -> None:
    module("pack.good_two", GOOD)
    found = load_class("pack.good_two.hot")
    assert isinstance(found, type)
    assert list(found.spec.inlets) == ["in"]
    record = load_record("pack.good_two.Reading")
    assert isinstance(record, type)
    assert issubclass(record, Record)


@pytest.mark.parametrize(
    ("name", "kind", "sentence", "hint"),
    [
        ("good_three.Dor", "missing", "good_three has no 'Dor'", "did you mean good_three.Door?"),
        ("good_three.Zzzzzz", "missing", "good_three has no 'Zzzzzz'", None),
        ("good_three.number.bit", "missing", "good_three.number has no 'bit'", None),
        ("good_three.Reading", "unfit", "good_three.Reading is a class, which is no streamlet", "@streamlet"),
        ("good_three.plain", "unfit", "is a function, which is no streamlet", "@streamlet"),
        ("good_three.number", "unfit", "is a value of type int, which is no streamlet", "@streamlet"),
        ("good_three.sys", "missing", "has no 'sys'", None),
        ("os.path", "unfit", "os.path is a module, which is no streamlet", "@streamlet"),
        ("tailrace.model.streamlet.Streamlet", "unfit", "is a class, which is no streamlet", "derive it"),
        ("Door", "missing", "'Door' names no module", "package.module.Door"),
        ("not there.X", "missing", "'not there.X' is no dotted name", "package.module.Class"),
        ("a:b c", "missing", "'a:b c' is no dotted name", "package.module.Class"),
        ("no_such_module.X", "missing", "there is no module 'no_such_module'", "is it installed"),
    ],
)
def test_what_a_name_does_not_lead_to_is_told(
    module: Module, name: str, kind: str, sentence: str, hint: str | None
) -> None:
    module("good_three", GOOD)
    found = fault(load_class(name))
    assert found.kind == kind
    assert sentence in found.sentence
    assert (found.hint is None and hint is None) or (hint is not None and hint in (found.hint or ""))


def test_a_record_type_must_be_one(module: Module) -> None:
    module("good_four", GOOD)
    assert "good_four.Door is a class, which is no record type" in fault(load_record("good_four.Door")).sentence
    assert fault(load_record("good_four.Nothing")).kind == "missing"


@pytest.mark.parametrize(
    ("text", "sentence", "line"),
    [
        ("x = 1\nraise ValueError('no luck\\nat all')", "importing broken_one failed: ValueError: no luck", "line 2"),
        ("x = (", "importing broken_one failed: SyntaxError", "line 1"),
        ("import no_such_dependency", "ModuleNotFoundError: No module named 'no_such_dependency'", "line 1"),
        ("raise SystemExit", "importing broken_one failed: SystemExit", "line 1"),
    ],
)
def test_a_module_that_raises_is_told_with_its_message_and_line(
    module: Module, text: str, sentence: str, line: str
) -> None:
    module("broken_one", text)
    found = fault(load_class("broken_one.X"))
    assert found.kind == "failed"
    assert sentence in found.sentence
    assert "broken_one.py" in (found.hint or "")
    assert line in (found.hint or "")


def test_an_interrupt_while_importing_is_not_swallowed(module: Module) -> None:
    module("broken_two", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_class("broken_two.X")
