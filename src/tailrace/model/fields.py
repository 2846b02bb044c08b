"""The types a record's field can have, and how they are read from Python annotations.

Names follow Avro's: a Python `int` is an Avro `long`, a `float` a `double`. `Annotated` narrows or refines.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from tailrace.model.errors import TailraceError

if TYPE_CHECKING:
    from tailrace.model.record import Record

ScalarKind = Literal[
    "boolean",
    "int",
    "long",
    "float",
    "double",
    "string",
    "bytes",
    "date",
    "timestamp-millis",
    "timestamp-micros",
    "uuid",
]


EVENT_TIME = "tailrace.eventTime"
"""The property of a field's Avro schema that marks the event time; Avro ignores properties it does not know."""


class DefinitionError(TailraceError):
    """A record type or a streamlet is declared in a way that cannot work; it names the class and the member."""


@dataclass(frozen=True)
class ScalarType:
    """A value without parts."""

    kind: ScalarKind


@dataclass(frozen=True)
class DecimalType:
    """A decimal number of at most `precision` digits, `scale` of them after the point."""

    precision: int
    scale: int


@dataclass(frozen=True)
class EnumType:
    """One of a fixed set of symbols. `python` is the Enum class whose member names are the symbols, if there is one.

    `default` stands for symbols that a reader does not know; an Enum class gives it as `__avro_default__`, and a
    namespace other than its record's as `__avro_namespace__`.
    """

    name: str
    symbols: tuple[str, ...]
    python: type[Enum] | None = field(default=None, compare=False)
    default: str | None = None
    namespace: str | None = None


@dataclass(frozen=True)
class ArrayType:
    """A list of items of one type."""

    item: FieldType


@dataclass(frozen=True)
class MapType:
    """A map from strings to values of one type."""

    value: FieldType


@dataclass(frozen=True)
class NestedType:
    """A record within a record."""

    record: type[Record]


@dataclass(frozen=True)
class OptionalType:
    """A value or nothing."""

    inner: FieldType


FieldType = ScalarType | DecimalType | EnumType | ArrayType | MapType | NestedType | OptionalType


class _Missing:
    """The mark of a field without a default, told apart from a default of None."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


@dataclass(frozen=True)
class Field:
    """One named, typed member of a record type."""

    name: str
    type: FieldType
    doc: str | None = None
    default: Any = MISSING
    event_time: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def optional(self) -> bool:
        """Whether the field may hold nothing."""
        return isinstance(self.type, OptionalType)

    @property
    def required(self) -> bool:
        """Whether a writer must give a value, there being no default."""
        return self.default is MISSING


@dataclass(frozen=True)
class Doc:
    """A sentence on a field: `Annotated[float, Doc("degrees Celsius")]`."""

    text: str


@dataclass(frozen=True)
class Digits:
    """Precision and scale of a Decimal field: `Annotated[Decimal, Digits(10, 2)]`."""

    precision: int
    scale: int = 0


@dataclass(frozen=True)
class Alias:
    """Former names of a field, by which older writers may still call it: `Annotated[str, Alias("host")]`."""

    names: tuple[str, ...]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", names)


@dataclass(frozen=True)
class _Marker:
    """An annotation that picks one Avro type among those a Python type could have."""

    name: str


_EVENT_TIME = _Marker("event-time")
_KINDS: dict[_Marker, ScalarKind] = {
    (_INT32 := _Marker("int")): "int",
    (_FLOAT32 := _Marker("float")): "float",
    (_MILLIS := _Marker("timestamp-millis")): "timestamp-millis",
}

Int32 = Annotated[int, _INT32]
"""An integer of 32 bits (Avro `int`)."""
Float32 = Annotated[float, _FLOAT32]
"""A floating point number of 32 bits (Avro `float`)."""
Millis = Annotated[datetime, _MILLIS]
"""A point in time to the millisecond (Avro `timestamp-millis`)."""
EventTime = Annotated[datetime, _EVENT_TIME]
"""The time a record tells of, by which windows go; microseconds, UTC. A record type has at most one."""

_SCALARS: dict[Any, ScalarKind] = {
    bool: "boolean",
    int: "long",
    float: "double",
    str: "string",
    bytes: "bytes",
    datetime: "timestamp-micros",
    date: "date",
    UUID: "uuid",
}


def parse_annotation(name: str, annotation: Any, default: Any) -> Field:
    """Make a Field of a member's annotation. Raises DefinitionError when the annotation has no place in Avro."""
    bare, marks = _strip(annotation)
    docs = [mark.text for mark in marks if isinstance(mark, Doc)]
    aliases = [alias for mark in marks if isinstance(mark, Alias) for alias in mark.names]
    return Field(
        name=name,
        type=_field_type(name, bare, marks),
        doc=docs[0] if docs else None,
        default=default,
        event_time=_EVENT_TIME in marks,
        aliases=tuple(aliases),
    )


def _strip(annotation: Any) -> tuple[Any, list[Any]]:
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        bare, deeper = _strip(inner)
        return bare, [*deeper, *marks]
    return annotation, []


def _field_type(name: str, annotation: Any, marks: list[Any]) -> FieldType:
    annotation, more = _strip(annotation)
    marks = [*marks, *more]
    for mark in marks:
        if isinstance(mark, _Marker) and mark in _KINDS and annotation in (int, float, datetime):
            return ScalarType(_KINDS[mark])
    if annotation in _SCALARS:
        return ScalarType(_SCALARS[annotation])
    if annotation is Decimal:
        return _decimal(name, marks)
    if isinstance(annotation, type):
        named = _named(annotation)
        if named is not None:
            return named
    return _generic(name, annotation, marks)


def _decimal(name: str, marks: list[Any]) -> DecimalType:
    for mark in marks:
        if isinstance(mark, Digits):
            if not 0 <= mark.scale <= mark.precision <= 38 or not mark.precision:
                raise DefinitionError(
                    f"field {name!r} has Digits({mark.precision}, {mark.scale}); a decimal has 1 to 38 digits, "
                    "at most as many of them after the point"
                )
            return DecimalType(mark.precision, mark.scale)
    raise DefinitionError(
        f"field {name!r} is a Decimal without precision", hint="write Annotated[Decimal, Digits(precision, scale)]"
    )


def _named(annotation: type) -> FieldType | None:
    from tailrace.model.record import Record

    if issubclass(annotation, Enum):
        if foreign := [symbol for symbol in annotation.__members__ if not symbol.isascii()]:
            raise DefinitionError(f"enum {annotation.__name__} has the member {foreign[0]!r}, which is no Avro name")
        return EnumType(
            annotation.__name__,
            tuple(annotation.__members__),
            annotation,
            default=getattr(annotation, "__avro_default__", None),
            namespace=getattr(annotation, "__avro_namespace__", None),
        )
    if issubclass(annotation, Record):
        return NestedType(annotation)
    return None


def _generic(name: str, annotation: Any, marks: list[Any]) -> FieldType:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        inner = [argument for argument in arguments if argument is not type(None)]
        if len(inner) == 1 and len(arguments) == 2:
            return OptionalType(_field_type(name, inner[0], marks))
        raise DefinitionError(
            f"field {name!r} is a union of several types: {annotation}", hint="only `X | None` is a field"
        )
    if origin is list:
        return ArrayType(_field_type(name, arguments[0], []))
    if origin is dict and arguments[0] is str:
        return MapType(_field_type(name, arguments[1], []))
    raise DefinitionError(
        f"field {name!r} has the type {_spell(annotation)}, which no Avro schema can hold",
        hint="use bool, int, float, str, bytes, datetime, date, UUID, Decimal, an Enum, a Record, list[X], "
        "dict[str, X], X | None",
    )


def _spell(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) and not typing.get_args(annotation) else str(annotation)
