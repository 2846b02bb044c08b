"""State: typed values of a streamlet that are saved with each step and rolled back with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from types import UnionType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from pydantic import ConfigDict, PydanticSchemaGenerationError, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from tailrace.model.errors import TailraceError
from tailrace.model.fields import MISSING, DefinitionError

if TYPE_CHECKING:
    from tailrace.model.streamlet import Streamlet

T = TypeVar("T")


class State(Generic[T]):
    """A value that survives restarts: `count = State(int, default=0)`, then `self.count += 1`.

    Saved as JSON by its type (anything pydantic can describe), only in steps that changed it, mutation in place
    included. Keep it small: it is encoded at every step. Large state is a `KeyedState`.
    """

    @overload
    def __init__(self, type_: type[T], *, default: T) -> None: ...
    @overload
    def __init__(self, type_: type[T], *, factory: Callable[[], T]) -> None: ...
    @overload
    def __init__(self: State[Any], type_: UnionType, *, default: Any) -> None: ...
    def __init__(self, type_: Any, *, default: Any = MISSING, factory: Callable[[], T] | None = None) -> None:
        if (default is MISSING) == (factory is None):
            raise DefinitionError("a State needs either a default or a factory")
        self.name = ""
        try:
            self._adapter: TypeAdapter[T] = _adapter(type_)
            first = self.dump(factory() if factory is not None else default)
            self._first = self.dump(self._adapter.validate_json(first))
        except (PydanticUserError, PydanticSchemaGenerationError, ValidationError, TailraceError) as error:
            raise DefinitionError(f"a State of the type {type_!r} cannot be saved and read again: {error}") from None

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> State[T]: ...
    @overload
    def __get__(self, instance: Streamlet, owner: type) -> T: ...
    def __get__(self, instance: Streamlet | None, owner: type) -> State[T] | T:
        if instance is None:
            return self
        value: T = instance.store.values[self.name]
        return value

    def __set__(self, instance: Streamlet, value: T) -> None:
        instance.store.values[self.name] = value

    @property
    def first(self) -> bytes:
        """The entry that would hold the default."""
        return self._first

    def load(self, entry: bytes | None) -> T:
        """The value of a saved entry; the default when there is none. Raises TailraceError when it does not fit."""
        try:
            return self._adapter.validate_json(self._first if entry is None else entry)
        except ValidationError as error:
            raise TailraceError(
                f"the saved state {self.name!r} is not of the declared type: {error.errors()[0]['msg']}",
                hint="the streamlet's state type has changed; rename the state, or replay from a time",
            ) from None

    def dump(self, value: T) -> bytes:
        """The entry that holds the value. Raises TailraceError when the value is not of the declared type."""
        try:
            return self._adapter.dump_json(value, warnings="error")
        except PydanticSerializationError as error:
            raise TailraceError(f"the state {self.name!r} holds what its type cannot save: {error}") from None


def _adapter(type_: Any) -> TypeAdapter[Any]:
    try:  # bytes and infinite numbers have no JSON of their own
        return TypeAdapter(
            type_, config=ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants")
        )
    except PydanticUserError:  # a model or a data class brings its own configuration
        return TypeAdapter(type_)


class KeyedState:
    """Named entries of bytes, for state that is large: `panes = KeyedState()`, then `self.panes["k"] = b"..."`.

    Only entries that a step touched are saved with it.
    """

    def __init__(self) -> None:
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> KeyedState: ...
    @overload
    def __get__(self, instance: Streamlet, owner: type) -> MutableMapping[str, bytes]: ...
    def __get__(self, instance: Streamlet | None, owner: type) -> KeyedState | MutableMapping[str, bytes]:
        if instance is None:
            return self
        return instance.store.keyed[self.name]


class Entries(MutableMapping[str, bytes]):
    """Saved entries under a prefix, with the changes of the step at hand laid over them."""

    def __init__(self, prefix: str, saved: Mapping[str, bytes]) -> None:
        self._prefix = prefix
        self._saved = {name.removeprefix(prefix): entry for name, entry in saved.items() if name.startswith(prefix)}
        self._changed: dict[str, bytes | None] = {}

    def __getitem__(self, name: str) -> bytes:
        entry = self._changed[name] if name in self._changed else self._saved[name]
        if entry is None:
            raise KeyError(name)
        return entry

    def __setitem__(self, name: str, entry: bytes) -> None:
        if not isinstance(entry, bytes):
            raise TailraceError(f"the entry {name!r} of a keyed state is bytes, but {type(entry).__name__} came")
        self._changed[name] = entry

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self._changed[name] = None

    def __contains__(self, name: object) -> bool:
        return self._changed[name] is not None if name in self._changed else name in self._saved

    def __iter__(self) -> Iterator[str]:
        yield from (name for name in self._saved if name in self)
        yield from (name for name, entry in self._changed.items() if entry is not None and name not in self._saved)

    def __len__(self) -> int:
        gone = sum(1 for name, entry in self._changed.items() if entry is None and name in self._saved)
        new = sum(1 for name, entry in self._changed.items() if entry is not None and name not in self._saved)
        return len(self._saved) - gone + new

    def changes(self) -> dict[str, bytes | None]:
        """What the step changed, by full entry name; None for a deleted entry."""
        return {self._prefix + name: entry for name, entry in self._changed.items() if entry != self._saved.get(name)}

    def accept(self) -> None:
        """The step was committed: its changes are the saved state now."""
        for name, entry in self._changed.items():
            if entry is None:
                self._saved.pop(name, None)
            else:
                self._saved[name] = entry
        self._changed = {}

    def reject(self) -> None:
        """The step was not committed: forget its changes."""
        self._changed = {}


class Store:
    """All the state of one streamlet instance."""

    def __init__(
        self, states: Mapping[str, State[Any]], keyed: Mapping[str, KeyedState], saved: Mapping[str, bytes]
    ) -> None:
        self._states = states
        self._saved = {name: saved.get(name) for name in states}
        self.values: dict[str, Any] = {name: state.load(saved.get(name)) for name, state in states.items()}
        self.keyed = {name: Entries(f"{name}/", saved) for name in keyed}

    def changes(self) -> dict[str, bytes | None]:
        """The entries that differ from what is saved; None for a deleted entry."""
        changed: dict[str, bytes | None] = {}
        for name, state in self._states.items():
            entry = state.dump(self.values[name])
            saved = self._saved[name]
            if entry != (state.first if saved is None else saved):
                changed[name] = entry
        for entries in self.keyed.values():
            changed.update(entries.changes())
        return changed

    def accept(self, changed: Mapping[str, bytes | None]) -> None:
        """The step that carried these changes was committed."""
        self._saved.update({name: entry for name, entry in changed.items() if name in self._states})
        for entries in self.keyed.values():
            entries.accept()

    def reject(self) -> None:
        """The step was not committed: every value is again what was saved last."""
        self.values = {name: state.load(self._saved[name]) for name, state in self._states.items()}
        for entries in self.keyed.values():
            entries.reject()
