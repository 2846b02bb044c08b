"""Faults of the writing itself: YAML, keys, sections, and values of the wrong kind."""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.blueprint.problems import Place, Problem
from tailrace.model.names import did_you_mean


@dataclass(frozen=True)
class BadYaml(Problem):
    """The text is no YAML."""

    detail: str

    @property
    def sentence(self) -> str:
        return f"this is not YAML: {self.detail}"

    @property
    def hint(self) -> str | None:
        if r"'\t'" in self.detail:
            return "a tab stands here; indent with spaces"
        if "mapping values are not allowed" in self.detail:
            return "check the indentation, and quote texts that hold ': '"
        if "expected a single document" in self.detail:
            return "a blueprint is one document; put the rest into a file of its own"
        return None


@dataclass(frozen=True)
class TooLarge(Problem):
    """Aliases, or sheer length, make more nodes than a blueprint can sensibly have."""

    most: int
    hint = "a blueprint is small; look for aliases of aliases"

    @property
    def sentence(self) -> str:
        return f"this has more than {self.most} values, counting what aliases repeat"


@dataclass(frozen=True)
class RecursiveAlias(Problem):
    """An alias stands within what it names."""

    sentence = "an alias stands within the value it names, which has no end"


@dataclass(frozen=True)
class UnsupportedTag(Problem):
    """A YAML tag that means nothing here."""

    tag: str
    hint = "leave the tag out"

    @property
    def sentence(self) -> str:
        return f"the tag {self.tag} is not understood here, or does not fit its value"


@dataclass(frozen=True)
class BadMerge(Problem):
    """`<<` merges something that is no mapping."""

    came: str

    @property
    def sentence(self) -> str:
        return f"'<<' merges mappings, but {self.came} came"


@dataclass(frozen=True)
class DuplicateKey(Problem):
    """One key stands twice in a mapping."""

    key: str
    first: Place
    hint = "keep one of them, or give one another name"

    @property
    def sentence(self) -> str:
        return f"{self.key!r} stands here a second time, first on line {self.first.line}"


@dataclass(frozen=True)
class EmptyBlueprint(Problem):
    """There is nothing in the file."""

    sentence = "the blueprint is empty"

    hint = "it needs app, streamlets and topics"


@dataclass(frozen=True)
class UnknownKey(Problem):
    """A key that has no meaning where it stands."""

    key: str
    within: str
    known: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"{self.within} has no key {self.key!r}"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.key, self.known, "key")


@dataclass(frozen=True)
class MissingSection(Problem):
    """A section that every blueprint has is not there."""

    section: str

    @property
    def sentence(self) -> str:
        return f"the blueprint has no {self.section!r}"

    @property
    def hint(self) -> str | None:
        return {
            "app": "name the application, as in app: sensors",
            "streamlets": "name the streamlets, as in streamlets: {door: sensors.HttpDoor}",
            "topics": "connect ports, as in topics: {readings: {producers: [door.out], consumers: [split.readings]}}",
        }.get(self.section)


@dataclass(frozen=True)
class EmptySection(Problem):
    """A section is there, but nothing in it."""

    section: str

    @property
    def sentence(self) -> str:
        return f"{self.section!r} is empty"

    @property
    def hint(self) -> str | None:
        return MissingSection(self.place, self.section).hint


@dataclass(frozen=True)
class WrongValue(Problem):
    """A value of another kind than its key needs."""

    what: str
    needed: str
    came: str
    hint: str | None = None

    @property
    def sentence(self) -> str:
        return f"{self.what} needs {self.needed}, but {self.came} came"
