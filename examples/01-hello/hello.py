"""The smallest pipeline: names come in, greetings go out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from tailrace import Help, Record, streamlet


class Name(Record):
    """Somebody to greet."""

    name: str


class Greeting(Record):
    """What is said to somebody."""

    name: str
    text: str


@streamlet(every="1h")
def names() -> Iterator[Name]:
    """An ingress: no input. It is called once an hour, and what it yields goes to its outlet `out`."""
    for name in ("Ada", "", "Grace"):
        yield Name(name)


@streamlet
def greet(name: Name, *, greeting: Annotated[str, Help("the word to begin with")] = "Hello") -> Greeting | None:
    """A processor: one record in, one or none out. A keyword-only parameter is a setting."""
    return Greeting(name.name, f"{greeting}, {name.name}!") if name.name else None


@streamlet
def say(greeting: Greeting) -> None:
    """An egress: nothing goes out."""
    print(greeting.text)  # noqa: T201
