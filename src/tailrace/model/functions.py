"""Streamlets written as plain typed functions: one record or one batch in, records or a batch out."""

from __future__ import annotations

import inspect
import itertools
import types
import typing
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Annotated, Any, Generic, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, overload

from tailrace.model.batch import Batch
from tailrace.model.fields import MISSING, DefinitionError
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.record import Record
from tailrace.model.settings import Help, Setting
from tailrace.model.streamlet import Streamlet, timer

P = ParamSpec("P")
T = TypeVar("T")

_PULL = 1000  # records that a generator ingress gives in one step at most


class FunctionStreamlet(Generic[P, T]):
    """A function that is also a streamlet: call it as ever, or name it in a blueprint."""

    def __init__(self, function: Callable[P, T], streamlet: type[Streamlet]) -> None:
        self._function = function
        self.streamlet = streamlet
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__
        self.__module__ = function.__module__
        self.__wrapped__ = function

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._function(*args, **kwargs)


@overload
def streamlet(function: Callable[P, T], /) -> FunctionStreamlet[P, T]: ...
@overload
def streamlet(*, key: str | None = None, every: str = "1s") -> Callable[[Callable[P, T]], FunctionStreamlet[P, T]]: ...
def streamlet(
    function: Callable[P, T] | None = None, /, *, key: str | None = None, every: str = "1s"
) -> FunctionStreamlet[P, T] | Callable[[Callable[P, T]], FunctionStreamlet[P, T]]:
    """Make a streamlet of a typed function. Its ports are called `in` and `out`.

    The first parameter is a Record or a Batch (none: an ingress, called every `every`); the return type is a Record,
    `X | None`, an Iterator, Iterable, Generator or list of one, a Batch, or None (an egress). Keyword-only parameters
    are settings. `key` is the outlet's partition key. Raises DefinitionError when the annotations do not say this.
    """
    if function is not None:
        return FunctionStreamlet(function, _build(function, key, every))
    return lambda decorated: FunctionStreamlet(decorated, _build(decorated, key, every))


def _build(function: Callable[..., Any], key: str | None, every: str) -> type[Streamlet]:
    hints = _hints(function)
    positional, keywords = _parameters(function)
    members: dict[str, Any] = {"__doc__": function.__doc__, "__module__": function.__module__}
    for parameter in keywords:
        if parameter.name in _TAKEN:
            raise DefinitionError(f"function {function.__name__}: a setting cannot be called {parameter.name!r}")
        members[parameter.name] = _setting(function, parameter, hints)
    names = [parameter.name for parameter in keywords]
    output = _output(function, hints)
    if output is not None:
        members["outlet"] = Outlet(output, name="out", key=key)
    if positional is None:
        if output is None:
            raise DefinitionError(f"function {function.__name__} takes and returns nothing: it is no streamlet")
        members["poll"] = timer(every)(_puller(function, names))
        members["on_reject"] = _push_back
        members["pending"] = _has_more
    else:
        inlet, whole = _input(function, hints, positional)
        members["inlet"] = Inlet(inlet, name="in")
        members["on_batch"] = (
            _batch_handler(function, names, output) if whole else _record_handler(function, names, output)
        )
    return types.new_class(function.__name__, (Streamlet,), exec_body=lambda body: body.update(members))


_TAKEN = frozenset({"inlet", "outlet", "poll", "settings", "context", "store", "spec", *dir(Streamlet)})


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise DefinitionError(
            f"function {function.__name__} is async; a streamlet is called and returns", hint="use def"
        )
    try:
        return typing.get_type_hints(function, localns=_caller_names(), include_extras=True)
    except NameError as error:
        raise DefinitionError(
            f"function {function.__name__} names a type that is not defined: {error}",
            hint="define record types before the functions that use them",
        ) from None


def _caller_names() -> dict[str, Any]:
    """Names local to where the decorator stands, so that record types defined in a function resolve too."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return dict(frame.f_locals) if frame is not None else {}


def _parameters(function: Callable[..., Any]) -> tuple[inspect.Parameter | None, list[inspect.Parameter]]:
    parameters = list(inspect.signature(function).parameters.values())
    loose = next((p for p in parameters if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)), None)
    if loose is not None:
        raise DefinitionError(f"function {function.__name__} takes {str(loose).split(':')[0]}, which names no port")
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(positional) > 1:
        raise DefinitionError(
            f"function {function.__name__} takes {len(positional)} inputs; a function streamlet has one inlet",
            hint="write settings as keyword-only parameters (after *), or write a class for several inlets",
        )
    return (positional[0] if positional else None), [p for p in parameters if p.kind is p.KEYWORD_ONLY]


def _setting(function: Callable[..., Any], parameter: inspect.Parameter, hints: dict[str, Any]) -> Setting[Any]:
    hint = hints.get(parameter.name)
    if hint is None:
        raise DefinitionError(f"function {function.__name__}: the setting {parameter.name!r} has no type annotation")
    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    text = next((mark.text for mark in marks if isinstance(mark, Help)), "")
    default = MISSING if parameter.default is parameter.empty else parameter.default
    choices = get_args(bare) if get_origin(bare) is Literal else None
    try:
        return Setting(str if choices else bare, default=default, help=text, choices=choices)
    except DefinitionError as error:
        raise DefinitionError(f"function {function.__name__}, {parameter.name!r}: {error}", hint=error.hint) from None


def _input(
    function: Callable[..., Any], hints: dict[str, Any], parameter: inspect.Parameter
) -> tuple[type[Record], bool]:
    hint = hints.get(parameter.name)
    record = _record(hint)
    if record is not None:
        return record, False
    if get_origin(hint) is Batch and (record := _record(get_args(hint)[0])) is not None:
        return record, True
    raise DefinitionError(
        f"function {function.__name__}: parameter {parameter.name!r} is {hint}, which is neither a Record nor a Batch "
        "of one"
    )


def _output(function: Callable[..., Any], hints: dict[str, Any]) -> type[Record] | None:
    if "return" not in hints:
        raise DefinitionError(
            f"function {function.__name__} has no return annotation", hint="write -> None for an egress"
        )
    hint = hints["return"]
    if hint is type(None) or hint is None:
        return None
    if get_origin(hint) in (Union, types.UnionType):
        inner = [argument for argument in get_args(hint) if argument is not type(None)]
        hint = inner[0] if len(inner) == 1 else hint
    if (record := _record(hint)) is not None:
        return record
    if get_origin(hint) in _MANY and (record := _record(get_args(hint)[0])) is not None:
        return record
    raise DefinitionError(
        f"function {function.__name__} returns {hint}, which no outlet can carry",
        hint="return a Record, X | None, Iterator[X], list[X], Batch[X] or None",
    )


_MANY = (Iterator, Iterable, Generator, Sequence, list, tuple, Batch)


def _record(hint: Any) -> type[Record] | None:
    return hint if isinstance(hint, type) and issubclass(hint, Record) else None


def _record_handler(function: Callable[..., Any], names: list[str], output: type[Record] | None) -> Any:
    def on_batch(self: Streamlet, inlet: Batch[Any]) -> Emits | None:
        settings = {name: self.settings[name] for name in names}
        results = (function(record, **settings) for record in inlet.records())
        if output is None:
            for _ in results:
                pass
            return None
        found = list(itertools.chain.from_iterable(_iterate(each) for each in results))
        return [self.outlet(found)] if found else None  # type: ignore[attr-defined]

    return on_batch


def _batch_handler(function: Callable[..., Any], names: list[str], output: type[Record] | None) -> Any:
    def on_batch(self: Streamlet, inlet: Batch[Any]) -> Emits | None:
        result = function(inlet, **{name: self.settings[name] for name in names})
        if output is None:
            return None
        found = result if isinstance(result, Batch) else list(_iterate(result))
        return [self.outlet(found)] if len(found) else None  # type: ignore[attr-defined]

    return on_batch


def _puller(function: Callable[..., Any], names: list[str]) -> Any:
    def poll(self: Streamlet) -> Emits | None:
        """Pull what the function gives, a bounded number of records a step; a generator is kept between calls."""
        self.__dict__.pop("_pulled", None)
        source: Iterator[Any] | None = self.__dict__.pop("_source", None)
        if source is None:
            source = _iterate(function(**{name: self.settings[name] for name in names}))
        found = list(itertools.islice(source, _PULL))
        self.__dict__["_pulled"] = (found, source)
        if len(found) == _PULL:
            self.__dict__["_source"] = source
        return [self.outlet(found)] if found else None  # type: ignore[attr-defined]

    return poll


def _has_more(self: Streamlet) -> bool:
    """Whether a generator has not come to its end: a run until idle waits for it."""
    return "_source" in self.__dict__


def _push_back(self: Streamlet) -> None:
    """The step was rolled back: what was pulled for it is given again by the next."""
    found, source = self.__dict__.pop("_pulled", ([], ()))
    if found:
        self.__dict__["_source"] = itertools.chain(found, source)


def _iterate(result: Any) -> Iterator[Any]:
    if result is None:
        return iter(())
    if isinstance(result, Record):
        return iter((result,))
    return result.records() if isinstance(result, Batch) else iter(result)
