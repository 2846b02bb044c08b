"""Aggregates as streamlets: what a blueprint's `aggregate:` compiles to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

import pyarrow as pa

from tailrace.blueprint.loading import LoadFault, RecordLoader
from tailrace.model.batch import Batch
from tailrace.model.fields import Digits, EventTime
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.state import KeyedState
from tailrace.model.streamlet import Streamlet
from tailrace.window.checked import FINAL, WINDOW_START, CheckedAggregate, check_aggregate, fit_faults
from tailrace.window.declaration import AggregateDeclaration
from tailrace.window.faults import Fault
from tailrace.window.fold import Fold

NAMESPACE = "tailrace.aggregates"


class AggregateStreamlet(Streamlet):
    """A windowed aggregate, computed as batches come in.

    `out` gets a row for every window that a batch changed, and once more with `final` when the watermark has passed
    it; `late` gets the records that came after their windows had closed.
    """

    optional_outlets: ClassVar[frozenset[str]] = frozenset({"late"})
    declaration: ClassVar[AggregateDeclaration]
    fold: ClassVar[Fold]
    saved = KeyedState()

    def on_start(self) -> None:
        """Recall the open windows."""
        self._state = self.fold.load(self.saved)

    def on_reject(self) -> None:
        """Know again what was committed last."""
        self._state = self.fold.load(self.saved)

    def on_batch(self, inlet: Batch[Any]) -> Emits:
        """Fold the batch into the open windows."""
        result = self.fold.apply(self._state, inlet.arrow)
        self._state = result.state
        for name, entry in result.changes.items():
            if entry is None:
                self.saved.pop(name, None)
            else:
                self.saved[name] = entry
        self.context.count("windows", result.final.num_rows)
        self.context.count("late", result.late.num_rows)
        for rows in (result.changed, result.final):
            if rows.num_rows:
                yield self._outlet("out", rows)
        if result.late.num_rows:
            yield self._outlet("late", result.late)

    def _outlet(self, name: str, rows: pa.RecordBatch) -> Any:
        outlet = self.spec.outlets[name]
        return outlet(Batch.from_arrow(outlet.record_type, rows))


def compile_aggregate(name: str, value: Any, record: RecordLoader) -> type[Streamlet] | list[Fault]:
    """The streamlet class of what stands under a blueprint's `aggregate:`, or every fault in it.

    `inlet` names the record type that comes in, `outlet` (if given) the one that the rows have to fit.
    """
    if not isinstance(value, Mapping):
        return [Fault((), "a mapping is needed", "write inlet, window, by and measures")]
    inlet = _record_type(value, "inlet", record)
    outlet = _record_type(value, "outlet", record) if value.get("outlet") is not None else None
    faults = [each for each in (inlet, outlet) if isinstance(each, Fault)]
    if isinstance(inlet, Fault) or isinstance(outlet, Fault) or inlet is None:
        return faults
    checked = check_aggregate(value, inlet.arrow_schema(), inlet.event_time_field())
    if isinstance(checked, list):
        return checked
    misfits = fit_faults(checked, outlet.arrow_schema()) if outlet is not None else []
    return misfits or aggregate_streamlet(name, checked.declaration, inlet, outlet)


def aggregate_streamlet(
    name: str, declaration: AggregateDeclaration, inlet: type[Record], outlet: type[Record] | None = None
) -> type[AggregateStreamlet]:
    """The streamlet class of a declaration over records of `inlet`; without `outlet` its rows get a type of their own.

    Raises TailraceError when the declaration has faults.
    """
    fold = Fold(declaration, inlet.arrow_schema(), event_time=inlet.event_time_field())
    rows = outlet or row_type(name, fold.checked)
    members = {
        "__doc__": f"A windowed aggregate of {inlet.__name__}.",
        "__module__": __name__,
        "declaration": declaration,
        "fold": Fold(
            declaration, inlet.arrow_schema(), event_time=inlet.event_time_field(), outlet=rows.arrow_schema()
        ),
        "inlet": Inlet(inlet, name="in"),
        "out": Outlet(rows, key=declaration.by[0] if declaration.by else None),
        "late": Outlet(inlet),
    }
    return type(_class_name(name), (AggregateStreamlet,), members)


def row_type(name: str, checked: CheckedAggregate) -> type[Record]:
    """A record type for the rows of an aggregate, named after the streamlet."""
    annotations = {field.name: _annotation(field) for field in checked.output}
    members = {"__annotations__": annotations, "__module__": NAMESPACE, "__doc__": f"A row of the aggregate {name!r}."}
    return type(f"{_class_name(name)}Row", (Record,), members, namespace=NAMESPACE)


def _record_type(value: Mapping[str, Any], key: str, record: RecordLoader) -> type[Record] | Fault | None:
    wanted = value.get(key)
    if wanted is None:
        return Fault((key,), f"{key} is missing", "name the record type that comes in")
    if not isinstance(wanted, str):
        return Fault((key,), f"the name of a record type is needed, {wanted!r} came")
    found = record(wanted)
    return Fault((key,), found.sentence, found.hint) if isinstance(found, LoadFault) else found


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", name) if part) or "Aggregate"


def _annotation(field: pa.Field) -> Any:
    plain: Any
    if pa.types.is_decimal(field.type):
        plain = Annotated[Decimal, Digits(field.type.precision, field.type.scale)]
    elif pa.types.is_timestamp(field.type):
        plain = EventTime if field.name == WINDOW_START else datetime
    else:
        plain = next(python for is_, python in _PLAIN if is_(field.type))
    return plain | None if field.nullable and field.name != FINAL else plain


_PLAIN: tuple[tuple[Any, type], ...] = (
    (pa.types.is_boolean, bool),
    (pa.types.is_integer, int),
    (pa.types.is_floating, float),
    (pa.types.is_string, str),
    (pa.types.is_large_string, str),
    (pa.types.is_date, date),
    (pa.types.is_binary, bytes),
)
