"""A declaration that has been checked against the inlet's schema: the only thing an engine accepts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
import pyarrow as pa

from tailrace.model.names import did_you_mean
from tailrace.window import sqltypes as t
from tailrace.window.assignment import Windows
from tailrace.window.compiled import Compiled
from tailrace.window.declaration import AggregateDeclaration, parse_declaration, window_faults
from tailrace.window.expression import check_expression, compile_condition
from tailrace.window.faults import Fault
from tailrace.window.measures import Measures, compile_measures

WINDOW_START: Final = "window_start"
WINDOW_END: Final = "window_end"
FINAL: Final = "final"
RESERVED: Final = (WINDOW_START, WINDOW_END, FINAL)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class CheckedAggregate:
    """A declaration whose names and types are known to be right, with everything compiled.

    `output` is the schema of its rows: window_start, window_end, the keys, the measures, final.
    """

    declaration: AggregateDeclaration
    schema: pa.Schema
    event_time: str
    where: Compiled | None
    measures: Measures
    output: pa.Schema

    @property
    def windows(self) -> Windows:
        """The windows of the declaration."""
        return self.declaration.windows

    @property
    def moment(self) -> pl.Expr:
        """The event time of a record, in microseconds since 1970."""
        field = self.schema.field(self.event_time)
        return t.read_as(pl.col(self.event_time), field.type).dt.epoch("us")

    @property
    def keys(self) -> list[pl.Expr]:
        """The key columns, named k0, k1 and so on. Equal doubles are made one: -0.0 is 0.0, every NaN the same."""
        return [self._key(name).alias(f"k{i}") for i, name in enumerate(self.declaration.by)]

    @property
    def key_names(self) -> list[str]:
        """The names that the keys have in the state."""
        return [f"k{i}" for i in range(len(self.declaration.by))]

    def _key(self, name: str) -> pl.Expr:
        raw = self.schema.field(name).type
        value = t.read_as(pl.col(name), raw)
        return (
            pl.when(value.is_nan()).then(pl.lit(float("nan"))).otherwise(value + 0.0)
            if t.widened(raw) == t.DOUBLE
            else value
        )


def check_aggregate(
    declaration: AggregateDeclaration | Mapping[str, object], schema: pa.Schema, event_time: str | None = None
) -> CheckedAggregate | list[Fault]:
    """The declaration over records of `schema`, checked and compiled, or every fault in it.

    `event_time` names the field that windows go by; without it, the only timestamp of the schema is meant.
    """
    if not isinstance(declaration, AggregateDeclaration):
        parsed = parse_declaration(declaration)
        if isinstance(parsed, list):
            return parsed
        declaration = parsed
    measures = compile_measures(declaration.measures, schema)
    clock = _event_time(schema, event_time)
    faults = [
        *window_faults(declaration),
        *_key_faults(declaration, schema),
        *_where_faults(declaration, schema),
        *_name_faults(declaration),
        *([fault.under("measures") for fault in measures] if isinstance(measures, list) else []),
        *([clock] if isinstance(clock, Fault) else []),
    ]
    if faults or isinstance(measures, list) or isinstance(clock, Fault):
        return faults
    where = compile_condition(declaration.where, schema) if declaration.where is not None else None
    return CheckedAggregate(declaration, schema, clock, where, measures, _output(declaration, schema, measures))


def _event_time(schema: pa.Schema, name: str | None) -> str | Fault:
    if name is not None:
        if name in schema.names and pa.types.is_timestamp(schema.field(name).type):
            return name
        return Fault(("inlet",), f"the event time {name!r} is no timestamp of the inlet")
    found: list[str] = [field.name for field in schema if pa.types.is_timestamp(field.type)]
    if len(found) == 1:
        return found[0]
    came = f"several timestamps: {', '.join(found)}" if found else "no timestamp"
    return Fault(("inlet",), f"windows need an event time, the inlet has {came}", "annotate one field with EventTime")


def _key_faults(declaration: AggregateDeclaration, schema: pa.Schema) -> list[Fault]:
    faults = []
    for name in declaration.by:
        if name not in schema.names:
            faults.append(Fault(("by",), f"there is no column {name!r}", did_you_mean(name, schema.names, "column")))
        elif not t.is_plain(t.widened(schema.field(name).type)):
            dtype = t.widened(schema.field(name).type)
            faults.append(Fault(("by",), f"{name} is {t.with_article(dtype)}: rows are grouped by plain values only"))
        elif name in RESERVED or declaration.by.count(name) > 1:
            reason = "is a column of every row" if name in RESERVED else "is named twice"
            faults.append(Fault(("by",), f"{name} {reason}"))
    return list(dict.fromkeys(faults))


def _where_faults(declaration: AggregateDeclaration, schema: pa.Schema) -> list[Fault]:
    if declaration.where is None:
        return []
    return [fault.under("where") for fault in check_expression(declaration.where, schema, condition=True)]


def _name_faults(declaration: AggregateDeclaration) -> list[Fault]:
    if not declaration.measures:
        return [Fault(("measures",), "an aggregate needs a measure", "name at least one, as in n: count()")]
    faults = []
    for name in declaration.measures:
        if name in RESERVED or name in declaration.by:
            owner = "is a column of every row" if name in RESERVED else "is a key already"
            faults.append(Fault(("measures", name), f"{name} {owner}", "choose another name"))
        elif not _NAME.fullmatch(name):
            faults.append(
                Fault(("measures", name), f"{name!r} is no name", "use letters, digits and _, beginning with a letter")
            )
    return faults


def _output(declaration: AggregateDeclaration, schema: pa.Schema, measures: Measures) -> pa.Schema:
    bounds = [pa.field(name, t.TIMESTAMP, nullable=False) for name in (WINDOW_START, WINDOW_END)]
    keys = [_key_field(schema.field(name)) for name in declaration.by]
    results = [pa.field(name, result.dtype, nullable=result.nullable) for name, result in measures.results.items()]
    return pa.schema([*bounds, *keys, *results, pa.field(FINAL, t.BOOLEAN, nullable=False)])


def _key_field(field: pa.Field) -> pa.Field:
    dtype = t.widened(field.type) if pa.types.is_dictionary(field.type) else field.type
    return pa.field(field.name, dtype, nullable=field.nullable)


def fit_faults(checked: CheckedAggregate, declared: pa.Schema) -> list[Fault]:
    """Why the rows do not fit the declared record type: a field that is missing, surplus, of another type, or null."""
    produced = {field.name: field for field in checked.output}
    missing = [_missing(field.name, produced) for field in declared if field.name not in produced]
    faults = [*missing]
    for name, field in produced.items():
        if name not in declared.names:
            hint = did_you_mean(name, declared.names, "field")
            faults.append(Fault(_path(checked, name), f"the declared record type has no field {name!r}", hint))
        else:
            faults += _misfit(_path(checked, name), field, declared.field(name))
    return faults


def _missing(name: str, produced: Mapping[str, pa.Field]) -> Fault:
    hint = f"{did_you_mean(name, produced, 'column')}, or write a measure of that name"
    return Fault(("measures",), f"the declared record type needs {name!r}, which no measure or key gives", hint)


def _path(checked: CheckedAggregate, name: str) -> tuple[str, ...]:
    return (
        ("measures", name)
        if name in checked.declaration.measures
        else ("by",)
        if name in checked.declaration.by
        else ("outlet",)
    )


def _misfit(path: tuple[str, ...], produced: pa.Field, declared: pa.Field) -> list[Fault]:
    both_times = pa.types.is_timestamp(produced.type) and pa.types.is_timestamp(declared.type)
    same_kind = t.widened(produced.type) == t.widened(declared.type) and produced.type in (
        declared.type,
        t.STRING,
        t.BINARY,
    )
    if not both_times and not same_kind:
        wanted = (
            str(declared.type) if t.widened(declared.type) == t.widened(produced.type) else t.type_name(declared.type)
        )
        hint = "CAST the measure, or declare the field so"
        return [
            Fault(path, f"{produced.name} is {t.with_article(produced.type)}, the record type declares {wanted}", hint)
        ]
    if produced.nullable and not declared.nullable:
        hint = "write coalesce(..., 0), or make the field optional"
        return [Fault(path, f"{produced.name} may be null, the record type's field may not", hint)]
    return []
