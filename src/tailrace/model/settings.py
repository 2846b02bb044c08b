"""Settings: typed, described values that a blueprint, a file, the environment or a command line may give."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, get_args, get_origin, overload

import yaml

from tailrace.model.durations import format_duration, parse_duration, parse_size
from tailrace.model.errors import TailraceError
from tailrace.model.fields import MISSING, DefinitionError

if TYPE_CHECKING:
    from tailrace.model.streamlet import Streamlet

T = TypeVar("T")


class Size(int):
    """A number of bytes, written as `64KiB` or `10MB`."""


class Secret:
    """A text that is shown to nobody: `reveal()` gives it, everything else prints stars."""

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


class InvalidSetting(TailraceError):
    """A value does not fit its setting; the message says what was needed and what came."""


class Setting(Generic[T]):
    """A typed value of a streamlet, given from outside: `limit = Setting(float, default=60.0, help="...")`.

    Types: str, int, float, bool, re.Pattern, timedelta (a duration), Size, Path, Secret, an Enum, list[str], or str
    with `choices`. Without a default the setting must be given.
    """

    @overload
    def __init__(
        self: Setting[T | None],
        type_: type[T],
        *,
        default: None,
        help: str = "",
        choices: Sequence[str] | None = None,
        check: Callable[[T], object] | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        type_: type[T],
        *,
        default: T | str = ...,
        help: str = "",
        choices: Sequence[str] | None = None,
        check: Callable[[T], object] | None = None,
    ) -> None: ...
    def __init__(
        self,
        type_: Any,
        *,
        default: Any = MISSING,
        help: str = "",  # noqa: A002 - the word that argparse, click and typer use
        choices: Sequence[str] | None = None,
        check: Callable[[T], object] | None = None,
    ) -> None:
        self.type = type_
        self.help = help
        self.choices = tuple(choices) if choices else None
        self.check = check
        self.name = ""
        if kind_of(type_) is None:
            raise DefinitionError(f"a setting cannot have the type {type_!r}", hint=f"use one of {', '.join(_KINDS)}")
        if self.choices and type_ is not str:
            raise DefinitionError(f"a setting of the type {type_!r} cannot have choices", hint="use str, or an Enum")
        self.default: T | Any = self._first(default)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Setting[T]: ...
    @overload
    def __get__(self, instance: Streamlet, owner: type) -> T: ...
    def __get__(self, instance: Streamlet | None, owner: type) -> Setting[T] | T:
        if instance is None:
            return self
        value: T = instance.settings[self.name]
        return value

    def _first(self, default: Any) -> Any:
        """The default as a value of the type, so that a default of 60 for a float is 60.0."""
        if default is MISSING or default is None:
            return default
        try:
            return self.parse(default)
        except InvalidSetting as error:
            raise DefinitionError(f"the default of a setting does not fit: it {error}", hint=error.hint) from None

    @property
    def kind(self) -> str:
        """The word for the type, as errors and the reference use it: `duration`, `size`, `choice`, ..."""
        return "choice" if self.choices else (kind_of(self.type) or "")

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is MISSING

    def parse(self, raw: Any) -> T:
        """Make the value of what YAML, an environment variable or a command line gives. Raises InvalidSetting."""
        shown = repr(raw) if self.kind != "secret" else "something else"
        try:
            value: T = _KINDS[kind_of(self.type) or "string"].parse(raw, self.type)
        except InvalidSetting:
            raise
        except TailraceError as error:
            raise InvalidSetting(f"{error}", hint=error.hint) from None
        except (ValueError, TypeError, OverflowError, RuntimeError) as error:
            raise InvalidSetting(f"needs {_KINDS[self.kind].value}, but {shown} came{_because(error)}") from None
        if self.choices and value not in self.choices:
            hint = (
                "put it in quotes: YAML reads yes, no, on and off as true and false" if raw in (True, False) else None
            )
            raise InvalidSetting(f"needs one of {', '.join(self.choices)}, but {shown} came", hint=hint)
        self._check(value, shown)
        return value

    def _check(self, value: T, shown: str) -> None:
        if self.check is None:
            return
        try:
            self.check(value)
        except TailraceError as error:
            raise InvalidSetting(f"{error}", hint=error.hint) from None
        except (ValueError, TypeError) as error:
            raise InvalidSetting(f"does not take {shown}: {error}") from None

    def show(self, value: Any) -> str:
        """The value as a person would write it; a secret as stars."""
        match value:
            case timedelta():
                return format_duration(value)
            case re.Pattern():
                return str(value.pattern)
            case Secret():
                return "***"
            case Enum():
                return value.name
            case bool():
                return str(value).lower()
            case list():
                return str(yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=math.inf)).strip()
        return str(value)


@dataclass(frozen=True)
class Help:
    """The help of a function streamlet's setting: `Annotated[float, Help("degrees Celsius")]`."""

    text: str


class _Reason(ValueError):
    """A reason worth telling, beside the general sentence."""


def kind_of(type_: Any) -> str | None:
    """The kind of a setting's type, or None for a type that no setting can have."""
    origin = get_origin(type_) or type_
    if origin is list:
        return "list" if get_args(type_) in ((), (str,)) else None
    if isinstance(origin, type) and issubclass(origin, Enum):
        return "choice"
    return next((kind for kind, each in _KINDS.items() if origin is each.python), None)


def _because(error: Exception) -> str:
    return f" ({error})" if isinstance(error, _Reason) else ""


def _string(raw: Any, _: Any) -> str:
    if raw is None or isinstance(raw, dict | list):
        raise TypeError
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def _int(raw: Any, _: Any) -> int:
    if isinstance(raw, bool) or (isinstance(raw, float) and not raw.is_integer()):
        raise TypeError
    return int(raw)


def _float(raw: Any, _: Any) -> float:
    if isinstance(raw, bool):
        raise TypeError
    return float(raw)


def _bool(raw: Any, _: Any) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    word = str(raw).lower()
    if word not in words:
        raise ValueError
    return words[word]


def _regex(raw: Any, _: Any) -> re.Pattern[str]:
    if isinstance(raw, re.Pattern):
        return raw
    try:
        return re.compile(_string(raw, None))
    except re.error as error:
        raise _Reason(str(error)) from None


def _duration(raw: Any, _: Any) -> timedelta:
    return raw if isinstance(raw, timedelta) else parse_duration(_string(raw, None))


def _size(raw: Any, _: Any) -> Size:
    if isinstance(raw, int) and not isinstance(raw, bool):
        if raw < 0:
            raise ValueError
        return Size(raw)
    return Size(parse_size(_string(raw, None)))


def _path(raw: Any, _: Any) -> Path:
    text = _string(raw, None)
    if not text:
        raise ValueError
    return Path(text).expanduser()


def _secret(raw: Any, _: Any) -> Secret:
    return raw if isinstance(raw, Secret) else Secret(_string(raw, None))


def _enum(raw: Any, type_: Any) -> Enum:
    if isinstance(raw, type_):
        return raw  # type: ignore[no-any-return]
    for member in type_:
        if raw in (member.name, member.value):
            return member  # type: ignore[no-any-return]
    raise InvalidSetting(f"needs one of {', '.join(type_.__members__)}, but {raw!r} came")


def _list(raw: Any, _: Any) -> list[str]:
    """A YAML list; a text is read as YAML first, so that `--set rules.rules='[a, b]'` works, else it is one item."""
    if raw == "":
        return []
    if isinstance(raw, str) and raw.startswith("["):
        try:
            raw = yaml.safe_load(raw)
        except yaml.YAMLError:
            raise _Reason("the list does not end, or is not YAML") from None
    items = raw if isinstance(raw, list | tuple) else [raw]
    return [_string(item, None) for item in items]


@dataclass(frozen=True)
class _Kind:
    """A kind of settings: its type in Python, who makes values of it, and what an error calls such a value."""

    python: type
    parse: Callable[[Any, Any], Any]
    value: str


_KINDS: Final = {
    "string": _Kind(str, _string, "a text"),
    "int": _Kind(int, _int, "an integer"),
    "float": _Kind(float, _float, "a number"),
    "bool": _Kind(bool, _bool, "true or false"),
    "regex": _Kind(re.Pattern, _regex, "a regular expression"),
    "duration": _Kind(timedelta, _duration, "a duration"),
    "size": _Kind(Size, _size, "a size"),
    "path": _Kind(Path, _path, "a path"),
    "secret": _Kind(Secret, _secret, "a secret"),
    "choice": _Kind(Enum, _enum, "a choice"),
    "list": _Kind(list, _list, "a list of texts"),
}
