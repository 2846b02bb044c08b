"""Record types: annotated Python classes that yield an Avro schema, an Arrow schema and a fingerprint."""

from __future__ import annotations

import dataclasses
import inspect
import sys
import typing
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

from tailrace.model.arrow_schema import arrow_schema
from tailrace.model.avro_schema import avro_schema, fingerprint
from tailrace.model.fields import MISSING, DefinitionError, Field, parse_annotation

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
class Record:
    """The base of all record types: subclass it and annotate fields.

    A subclass is a frozen dataclass. Its docstring becomes the schema's doc; the schema's namespace is the module's
    name, or what `class Reading(Record, namespace="sensors")` says.
    """

    _namespace: ClassVar[str | None] = None
    _fields: ClassVar[tuple[Field, ...] | None] = None
    _arrow: ClassVar[pa.Schema | None] = None

    def __init_subclass__(cls, *, namespace: str | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._namespace = namespace
        dataclasses.dataclass(frozen=True)(cls)
        cls._fields = cls._arrow = None
        try:
            cls._fields = _read_fields(cls, sys._getframe(1).f_locals)
        except NameError:  # a type named before it is defined: read again when first asked for
            cls._fields = None

    @classmethod
    def record_fields(cls) -> tuple[Field, ...]:
        """The fields in the order of their declaration. Raises DefinitionError for a type Avro cannot hold."""
        if cls._fields is None:
            try:
                cls._fields = _read_fields(cls, {})
            except NameError as error:
                raise DefinitionError(f"record type {cls.__name__} names a type that is not defined: {error}") from None
        return cls._fields

    @classmethod
    def record_name(cls) -> str:
        """Avro's full name: namespace and class name, joined by a dot."""
        namespace = cls._namespace if cls._namespace is not None else default_namespace(cls)
        return f"{namespace}.{cls.__name__}" if namespace else cls.__name__

    @classmethod
    def avro_schema(cls) -> dict[str, Any]:
        """The Avro schema as the JSON-like value that Avro libraries take."""
        return avro_schema(cls)

    @classmethod
    def arrow_schema(cls) -> pa.Schema:
        """The Arrow schema of this type's batches; fields that are not optional are not nullable."""
        if cls._arrow is None:
            cls._arrow = arrow_schema(cls)
        return cls._arrow

    @classmethod
    def schema_fingerprint(cls) -> str:
        """Sixteen hex digits that name the schema: Avro's CRC-64 of its parsing canonical form."""
        return fingerprint(cls.avro_schema())

    @classmethod
    def event_time_field(cls) -> str | None:
        """The name of the field annotated EventTime, or None."""
        return next((field.name for field in cls.record_fields() if field.event_time), None)


def default_namespace(cls: type) -> str:
    """The module's name, without parts that Avro's naming rule does not allow (such as `__main__`'s underscores do)."""
    parts = cls.__module__.split(".")
    return ".".join(part for part in parts if part.isidentifier())


def record_doc(cls: type[Record]) -> str | None:
    """The class's own docstring, cleaned; None where dataclasses only wrote the signature."""
    doc = cls.__dict__.get("__doc__")
    if not doc or doc.startswith(f"{cls.__name__}("):
        return None
    return inspect.cleandoc(doc)


def _read_fields(cls: type[Record], names: dict[str, Any]) -> tuple[Field, ...]:
    hints = typing.get_type_hints(cls, localns={**names, cls.__name__: cls}, include_extras=True)
    members = dataclasses.fields(cls)  # type: ignore[arg-type]
    try:
        found = tuple(parse_annotation(member.name, hints[member.name], _default(member)) for member in members)
    except DefinitionError as error:
        raise DefinitionError(f"record type {cls.__name__}: {error}", hint=error.hint) from None
    times = [field.name for field in found if field.event_time]
    if len(times) > 1:
        raise DefinitionError(
            f"record type {cls.__name__} has {len(times)} event times ({', '.join(times)}); one at most"
        )
    return found


def _default(member: dataclasses.Field[Any]) -> Any:
    if member.default is not dataclasses.MISSING:
        return member.default
    if member.default_factory is not dataclasses.MISSING:
        return member.default_factory()
    return MISSING
