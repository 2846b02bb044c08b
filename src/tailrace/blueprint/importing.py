"""The rim of this room: importing the classes that a blueprint names. Everything else here is pure.

User code runs when its module is imported; whatever it raises becomes a sentence. `sys.path` is the caller's to set.
"""

from __future__ import annotations

import importlib
import traceback
from types import ModuleType
from typing import Any

from tailrace.blueprint.loading import LoadFault
from tailrace.model.functions import FunctionStreamlet
from tailrace.model.names import nearest
from tailrace.model.record import Record
from tailrace.model.streamlet import Streamlet


def load_class(dotted: str) -> type[Streamlet] | LoadFault:
    """The streamlet of a dotted name (`package.module.Class` or `package.module:Class`), or why there is none."""
    found = load_object(dotted)
    if isinstance(found, LoadFault):
        return found
    if isinstance(found, FunctionStreamlet):
        return found.streamlet
    if isinstance(found, type) and issubclass(found, Streamlet) and found is not Streamlet:
        return found
    hint = "derive it from tailrace.Streamlet, or mark a function with @streamlet"
    return LoadFault("unfit", f"{dotted} is {_what(found)}, which is no streamlet", hint)


def load_record(dotted: str) -> type[Record] | LoadFault:
    """The record type of a dotted name, or why there is none."""
    found = load_object(dotted)
    if isinstance(found, LoadFault) or (isinstance(found, type) and issubclass(found, Record) and found is not Record):
        return found
    return LoadFault("unfit", f"{dotted} is {_what(found)}, which is no record type", "derive it from tailrace.Record")


def load_object(dotted: str) -> Any | LoadFault:
    """What a dotted name leads to: the longest part that is a module, then attributes of it."""
    head, colon, tail = dotted.partition(":")
    parts = head.split(".")
    if not all(part.isidentifier() for part in (*parts, *(tail.split(".") if colon else ()))):
        return LoadFault("missing", f"{dotted!r} is no dotted name", "write package.module.Class")
    attributes = tail.split(".") if colon else []
    if not colon and len(parts) == 1:
        return LoadFault(
            "missing", f"{dotted!r} names no module", f"write the module too, as in package.module.{dotted}"
        )
    split = len(parts) if colon else len(parts) - 1
    for length in range(split, 0, -1):
        module = _import(".".join(parts[:length]))
        if isinstance(module, LoadFault):
            return module
        if module is not None:
            return _attribute(module, [*parts[length:], *attributes])
    hint = "is it installed, and spelled as it is? modules beside the blueprint are found too"
    return LoadFault("missing", f"there is no module {parts[0]!r}", hint)


def _import(name: str) -> ModuleType | LoadFault | None:
    """The module; None when there is no such module (told apart from a module that misses another)."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            return None
        return _failed(name, error)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a user's module may raise anything, SystemExit included
        return _failed(name, error)


def _failed(name: str, error: BaseException) -> LoadFault:
    told = str(error).strip().partition("\n")[0]
    said = f"{type(error).__name__}: {told}" if told else type(error).__name__
    return LoadFault("failed", f"importing {name} failed: {said}", _where(error))


def _where(error: BaseException) -> str | None:
    """The last line of user code on the way to the error; the import machinery and ourselves left out."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"see {error.filename}, line {error.lineno}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "importlib" not in f.filename]
    own = [f for f in frames if f.filename != __file__]
    return f"see {own[-1].filename}, line {own[-1].lineno}" if own else None


def _attribute(module: ModuleType, names: list[str]) -> Any | LoadFault:
    found: Any = module
    path = module.__name__
    for name in names:
        try:
            found = getattr(found, name)
        except AttributeError:
            known = (
                sorted(each for each in vars(found) if not each.startswith("_")) if hasattr(found, "__dict__") else []
            )
            near = nearest(name, known)
            return LoadFault("missing", f"{path} has no {name!r}", f"did you mean {path}.{near}?" if near else None)
        path = f"{path}.{name}"
    return found


def _what(found: Any) -> str:
    if isinstance(found, ModuleType):
        return "a module"
    if isinstance(found, type):
        return "a class"
    return "a function" if callable(found) else f"a value of type {type(found).__name__}"
