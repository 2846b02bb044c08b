"""Faults of streamlets: their classes, their names, their volumes."""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.blueprint.problems import Problem, Worded
from tailrace.model.names import did_you_mean


@dataclass(frozen=True)
class NoForm(Problem):
    """Nothing says what the streamlet is."""

    streamlet: str
    forms: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"streamlet {self.streamlet!r} has no {' and no '.join(self.forms)}"

    @property
    def hint(self) -> str | None:
        return f"name its class, as in {self.streamlet}: package.module.Class"


@dataclass(frozen=True)
class SeveralForms(Problem):
    """Two keys say what the streamlet is."""

    streamlet: str
    one: str
    other: str

    @property
    def sentence(self) -> str:
        return f"streamlet {self.streamlet!r} has both {self.one!r} and {self.other!r}; it can be one of them"


@dataclass(frozen=True)
class LoadProblem(Problem):
    """The class could not be had; `detail` and `hint` come from whoever tried."""

    streamlet: str
    detail: str
    hint: str | None = None

    @property
    def sentence(self) -> str:
        return f"streamlet {self.streamlet!r}: {self.detail}"


class ClassMissing(LoadProblem):
    """There is no such module, or no such name in it."""


class NotAStreamlet(LoadProblem):
    """What the name leads to is no streamlet."""


class ImportFailed(LoadProblem):
    """The module raised when it was imported."""


@dataclass(frozen=True)
class BadForm(Problem):
    """What stands under a form's key cannot be compiled: a measure that does not type-check, say."""

    streamlet: str
    form: str
    detail: str
    hint: str | None = None

    @property
    def sentence(self) -> str:
        return f"{self.form} {self.streamlet!r}: {self.detail}"


@dataclass(frozen=True)
class NoPorts(Problem):
    """A class that declares neither inlets nor outlets."""

    streamlet: str
    class_name: str
    hint = "declare ports as class attributes, as in readings = Inlet(Reading)"

    @property
    def sentence(self) -> str:
        return f"streamlet {self.streamlet!r}: {self.class_name} has neither inlets nor outlets"


@dataclass(frozen=True)
class BadRecordType(Problem):
    """A port's record type has no schema."""

    port: str
    detail: str
    hint = "give the record type fields that Avro can hold"

    @property
    def sentence(self) -> str:
        return f"{self.port} has a record type without a schema: {self.detail}"


class BadName(Worded):
    """A name breaks a rule of Kubernetes or Kafka; `detail` is the whole sentence."""


@dataclass(frozen=True)
class UndeclaredVolume(Problem):
    """A volume that the class does not declare."""

    streamlet: str
    volume: str
    known: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"streamlet {self.streamlet!r} has no volume {self.volume!r}"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.volume, self.known, "volume")


@dataclass(frozen=True)
class MissingVolume(Problem):
    """A volume that the class declares, and the blueprint does not mount."""

    streamlet: str
    volume: str
    help: str

    @property
    def sentence(self) -> str:
        told = f" ({self.help})" if self.help else ""
        return f"streamlet {self.streamlet!r} needs the volume {self.volume!r}{told}, which is not mounted"

    @property
    def hint(self) -> str | None:
        return f"mount it, as in volumes: {{{self.volume}: ./data}}"


@dataclass(frozen=True)
class BadMount(Problem):
    """A volume is mounted in a way that cannot work."""

    streamlet: str
    volume: str
    detail: str
    hint: str | None = None

    @property
    def sentence(self) -> str:
        return f"the volume {self.volume!r} of {self.streamlet!r} {self.detail}"
