"""How names become classes: what verification asks of its caller, and the classes it got.

Importing is not done here; the caller passes in a `Loader` (see `importing`), and compilers for further forms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Sequence as Listing
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from tailrace.blueprint.draft import CLASS, Draft, StreamletDraft
from tailrace.blueprint.faults.streamlets import (
    BadForm,
    BadName,
    BadRecordType,
    ClassMissing,
    ImportFailed,
    LoadProblem,
    NoPorts,
    NotAStreamlet,
)
from tailrace.blueprint.faults.writing import WrongValue
from tailrace.blueprint.plan import Reference
from tailrace.blueprint.problems import Problem
from tailrace.blueprint.source import Node, Scalar, describe, place_of, place_within, to_python
from tailrace.model.errors import TailraceError
from tailrace.model.names import check_port_name, did_you_mean
from tailrace.model.ports import Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.streamlet import Streamlet


@dataclass(frozen=True)
class LoadFault:
    """Why a dotted name gave no class."""

    kind: Literal["missing", "unfit", "failed"]
    sentence: str
    hint: str | None = None


Loader = Callable[[str], "type[Streamlet] | LoadFault"]
RecordLoader = Callable[[str], "type[Record] | LoadFault"]


class FormFault(Protocol):
    """A fault inside what stands under a form's key: `path` leads from there to the text at fault.

    An attribute `column` (1-based, or None), if there is one, is the place within that text.
    """

    @property
    def path(self) -> tuple[str, ...]: ...
    @property
    def sentence(self) -> str: ...
    @property
    def hint(self) -> str | None: ...


Compile = Callable[[str, Any, RecordLoader], "type[Streamlet] | Listing[FormFault]"]
"""`compile(name, value, record)`: the streamlet's name, the plain value under the form's key, and what finds a record
type by its dotted name or, when ports of the blueprint have it, its bare one. Gives a class, or all the faults."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A streamlet of the blueprint with its class."""

    draft: StreamletDraft
    streamlet_class: type[Streamlet]
    reference: Reference
    bad_ports: frozenset[str] = frozenset()
    """Ports whose record types have no schema."""

    @property
    def name(self) -> str:
        """The streamlet's name in the blueprint."""
        return self.draft.name


def load_streamlets(
    draft: Draft,
    load: Loader,
    forms: Mapping[str, Compile],
    load_record: RecordLoader | None,
    problems: list[Problem],
) -> dict[str, Loaded]:
    """The class of every streamlet that has one; the order is the draft's."""
    classes: dict[str, type[Streamlet]] = {}
    for each in draft.streamlets:
        if each.form == CLASS and (found := _load_class(each, load, problems)) is not None:
            classes[each.name] = found
    records = RecordTypes(classes.values(), load_record)
    for each in draft.streamlets:
        if each.form != CLASS and (found := _compile(each, forms[each.form], records, problems)) is not None:
            classes[each.name] = found
    return {each.name: _loaded(each, classes[each.name], problems) for each in draft.streamlets if each.name in classes}


class RecordTypes:
    """Finds record types by dotted name through the caller, and by bare name among the ports of loaded classes."""

    def __init__(self, classes: Iterable[type[Streamlet]], load: RecordLoader | None) -> None:
        self._load = load
        self._known: dict[str, dict[type[Record], None]] = {}
        for each in classes:
            for port in _ports(each):
                self._known.setdefault(port.record_type.__name__, {})[port.record_type] = None

    def __call__(self, name: str) -> type[Record] | LoadFault:
        if ("." in name or ":" in name) and self._load is not None:
            return self._load(name)
        found = list(self._known.get(name, ()))
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(sorted(f"{each.__module__}.{each.__qualname__}" for each in found))
            return LoadFault("missing", f"{name!r} is the name of {len(found)} record types", f"write one of {names}")
        known = tuple(sorted(self._known))
        return LoadFault("missing", f"no port has a record type {name!r}", did_you_mean(name, known, "type"))


def _load_class(each: StreamletDraft, load: Loader, problems: list[Problem]) -> type[Streamlet] | None:
    name = _dotted(each.body)
    if name is None:
        problems.append(
            WrongValue(each.body.place, f"'class' of streamlet {each.name!r}", "a dotted name", describe(each.body))
        )
        return None
    found = load(name)
    if not isinstance(found, LoadFault):
        return found
    kinds: dict[str, type[LoadProblem]] = {"missing": ClassMissing, "unfit": NotAStreamlet, "failed": ImportFailed}
    problems.append(kinds[found.kind](each.body.place, each.name, found.sentence, found.hint))
    return None


def _dotted(body: Node) -> str | None:
    return body.value if isinstance(body, Scalar) and isinstance(body.value, str) and body.value else None


def _compile(
    each: StreamletDraft, compile_form: Compile, records: RecordTypes, problems: list[Problem]
) -> type[Streamlet] | None:
    result = compile_form(each.name, to_python(each.body), records)
    if isinstance(result, type):
        return result
    problems.extend(_bad_form(each, fault) for fault in result)
    return None


def _bad_form(each: StreamletDraft, fault: FormFault) -> BadForm:
    """At the very character where that can be told, else at the text, or at what it is missing from."""
    exact = place_within(each.body, fault.path, getattr(fault, "column", None))
    where = ".".join(fault.path)
    detail = f"{where}: {fault.sentence}" if where else fault.sentence
    return BadForm(exact or place_of(each.body, fault.path), each.name, each.form, detail, fault.hint)


def _loaded(each: StreamletDraft, found: type[Streamlet], problems: list[Problem]) -> Loaded:
    place, spec = each.body.place, found.spec
    if not spec.inlets and not spec.outlets:
        problems.append(NoPorts(place, each.name, found.__name__))
    bad = []
    for port in _ports(found):
        if (sentence := check_port_name(port.name)) is not None:
            problems.append(BadName(place, sentence, f"rename the port in {found.__name__}"))
        fault = _schema_fault(port.record_type, may_be_any=port.name in spec.inlets)
        if fault is not None:
            bad.append(port.name)
            problems.append(BadRecordType(place, f"{each.name}.{port.name}", fault))
    return Loaded(each, found, Reference(each.form, to_python(each.body)), frozenset(bad))


def _ports(streamlet: type[Streamlet]) -> list[Inlet[Any] | Outlet[Any]]:
    return [*streamlet.spec.inlets.values(), *streamlet.spec.outlets.values()]


def _schema_fault(record_type: type[Record], *, may_be_any: bool) -> str | None:
    if record_type is Record:
        return None if may_be_any else "an outlet cannot emit just any Record"
    try:
        record_type.avro_schema()
    except TailraceError as error:
        return str(error)
    return None
