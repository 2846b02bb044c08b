"""Record types: annotated Python classes that yield an Avro schema, an Arrow schema and a fingerprint."""

from __future__ import annotations

import contextlib
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
        _check_members(cls)
        try:
            dataclasses.dataclass(frozen=True)(cls)
        except (TypeError, ValueError) as error:
            raise DefinitionError(f"record type {cls.__name__}: {error}") from None
        cls._fields = cls._arrow = None
        with contextlib.suppress(NameError):  # a type named before it is defined: read when first asked for
            cls._fields = _read_fields(cls, _names_around())

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


def _check_members(cls: type[Record]) -> None:
    """Refuse names that Avro or this class has no room for, before dataclasses takes them."""
    for name, annotation in _annotations(cls).items():
        if "ClassVar" in str(annotation):
            continue
        default = cls.__dict__.get(name, dataclasses.MISSING)
        if not name.isascii() or name.startswith("__"):
            raise DefinitionError(f"record type {cls.__name__}: {name!r} is no name that an Avro field can have")
        if name in _RESERVED:
            raise DefinitionError(
                f"record type {cls.__name__}: a field cannot be called {name!r}, a record type has that itself"
            )
        if isinstance(default, list | dict | set):
            raise DefinitionError(
                f"record type {cls.__name__}: the default of {name!r} would be shared by all records",
                hint=f"write {name}: ... = field(default_factory={type(default).__name__})",
            )


def _annotations(cls: type) -> dict[str, Any]:
    """What the class's own body annotates, with nothing looked up that is not defined yet (Python 3.14 would)."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(cls)


def _names_around() -> dict[str, Any]:
    """The names local to where the class statement stands, so that types defined in a function are found."""
    frame = inspect.currentframe()
    while frame is not None and (frame.f_globals.get("__name__") == __name__ or frame.f_code.co_name == _HOOK):
        frame = frame.f_back
    return dict(frame.f_locals) if frame is not None else {}


_HOOK = "__init_subclass__"


def _hints(cls: type[Record], names: dict[str, Any]) -> dict[str, Any]:
    """The annotations of the class's own body, looked up in its module, in `names` and among its inner classes."""
    own = _annotations(cls)
    inner = {name: each for name, each in vars(cls).items() if isinstance(each, type) and name not in own}
    body = {"__annotations__": own, "__module__": cls.__module__}
    body_like = type(cls.__name__, (), body)  # so that a base's annotations, which have other names around, stay out
    return typing.get_type_hints(body_like, localns={**names, **inner, cls.__name__: cls}, include_extras=True)


def _read_fields(cls: type[Record], names: dict[str, Any]) -> tuple[Field, ...]:
    inherited = {
        field.name: field
        for base in reversed(cls.__mro__[1:])
        if issubclass(base, Record) and base is not Record
        for field in base._fields or _read_fields(base, {})
    }
    hints = _hints(cls, names)
    members = dataclasses.fields(cls)  # type: ignore[arg-type]
    try:
        found = tuple(
            parse_annotation(member.name, hints[member.name], _default(member))
            if member.name in hints
            else dataclasses.replace(inherited[member.name], default=_default(member))
            for member in members
        )
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


_RESERVED = frozenset(name for name in vars(Record) if not name.startswith("__"))
