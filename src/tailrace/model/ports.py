"""Ports: where a streamlet takes batches in and gives them out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tailrace.model.batch import Batch, InvalidBatch
from tailrace.model.fields import DefinitionError
from tailrace.model.record import Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Emit:
    """A batch on its way out through the outlet of that name."""

    outlet: str
    batch: Batch[Any]


class Checkpoint:
    """The wish to commit what was emitted and the state so far, without moving on in the input.

    A handler that works through something long yields `CHECKPOINT` after each piece. After a restart it is called
    with the same input again, or with more or less of it, and goes on from its state: what is done has to be known by
    what the records say, not by their number.
    """

    def __repr__(self) -> str:
        return "CHECKPOINT"


CHECKPOINT = Checkpoint()

Emits = Iterable[Emit | Checkpoint]
"""What a handler yields or gives back, in order: batches and checkpoints; one with nothing to give may return None."""


class Inlet(Generic[R]):
    """A named, typed way in: `readings = Inlet(Reading)`.

    `on_batch` has one parameter for each inlet, named as the inlet's attribute.
    """

    def __init__(self, record_type: type[R], *, name: str | None = None, doc: str = "") -> None:
        self.record_type = record_type
        self.name = name or ""
        self.attribute = ""
        self.doc = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name
        self.name = self.name or name

    def __repr__(self) -> str:
        return f"Inlet({self.record_type.__name__}, name={self.name!r})"


class Outlet(Generic[R]):
    """A named, typed way out: `valid = Outlet(Reading, key="sensor")`, used as `yield self.valid(batch)`.

    Records with the same value in the field `key` go to the same partition and keep their order; without a key a
    batch stays together.
    """

    def __init__(self, record_type: type[R], *, key: str | None = None, name: str | None = None, doc: str = "") -> None:
        self.record_type = record_type
        self.key = key
        self.name = name or ""
        self.attribute = ""
        self.doc = doc
        if key is not None and key not in {field.name for field in record_type.record_fields()}:
            names = ", ".join(field.name for field in record_type.record_fields())
            raise DefinitionError(f"the key {key!r} is no field of {record_type.__name__}, which has {names}")

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name
        self.name = self.name or name

    def __call__(self, batch: Batch[R] | Iterable[R]) -> Emit:
        """Emit a batch, or some records. Raises InvalidBatch when they are of another type."""
        if not isinstance(batch, Batch):
            batch = Batch.of(self.record_type, batch)
        if batch.record_type is not self.record_type and not _same(batch.record_type, self.record_type):
            raise InvalidBatch(
                f"outlet {self.name!r} emits {self.record_type.__name__}, "
                f"but a batch of {batch.record_type.__name__} came"
            )
        return Emit(self.name, batch)

    def __repr__(self) -> str:
        return f"Outlet({self.record_type.__name__}, name={self.name!r}, key={self.key!r})"


def _same(one: type[Record], other: type[Record]) -> bool:
    """Whether two record types say the same, as those of one `.avsc` file loaded twice do."""
    return one.avro_schema() == other.avro_schema()
