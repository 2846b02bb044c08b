"""Mails as they arrive, and their pages taken apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser

_VOID = {"meta", "br", "wbr"}


class Page(HTMLParser):
    """What a browser makes of a page: its tags with their attributes, and its text; tags must nest.

    Places to break a line are left out: they part words, not texts.
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.style = ""
        self._open: list[str] = []
        self._texts: list[str] = []
        self._glued = False
        self.feed(source)
        self.close()
        assert self._open == []

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._texts).split())

    @property
    def shape(self) -> tuple[set[str], set[str]]:
        """The names of all tags and of all attributes."""
        return {tag for tag, _ in self.tags}, {name for _, attributes in self.tags for name in attributes}

    @property
    def attributes(self) -> list[tuple[str, str]]:
        return [pair for _, attributes in self.tags for pair in attributes.items()]

    @property
    def counted(self) -> Counter[str]:
        return Counter(tag for tag, _ in self.tags)

    def values(self, name: str) -> list[str]:
        """The values of an attribute, wherever it stands."""
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag == "wbr":
            assert not attrs
            self._glued = True
            return
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.style += data
        elif self._glued and self._texts:
            self._texts[-1] += data
        else:
            self._texts.append(data)
        self._glued = False


def arrived(message: EmailMessage) -> EmailMessage:
    """The mail made bytes, and read again."""
    return message_from_bytes(message.as_bytes(), policy=SMTP)  # type: ignore[return-value]


def text_of(message: EmailMessage) -> str:
    return str(message.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def html_of(message: EmailMessage) -> str:
    return str(message.get_body(("html",)).get_content())  # type: ignore[union-attr]


def page_of(message: EmailMessage) -> Page:
    return Page(html_of(message))
