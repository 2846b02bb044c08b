"""Faults of settings, wherever their values come from. No value of a secret is ever in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tailrace.blueprint.problems import Problem, Severity
from tailrace.model.names import did_you_mean


@dataclass(frozen=True)
class UndeclaredSetting(Problem):
    """A value for a setting that the streamlet does not have."""

    streamlet: str
    setting: str
    known: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"streamlet {self.streamlet!r} has no setting {self.setting!r}"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.setting, self.known, "setting")


@dataclass(frozen=True)
class MissingSetting(Problem):
    """A setting without a default that nothing gives a value."""

    streamlet: str
    setting: str
    kind: str
    help: str
    secret: bool
    variable: str

    @property
    def sentence(self) -> str:
        told = f" ({self.help})" if self.help else ""
        return f"streamlet {self.streamlet!r} needs the setting {self.setting!r}{told}, which is not given"

    @property
    def hint(self) -> str | None:
        if self.secret:
            return f"give it in the environment, as {self.variable}"
        return (
            f"add settings: {{{self.setting}: <{self.kind}>}}, or --set {self.streamlet}.{self.setting}=<{self.kind}>"
        )


@dataclass(frozen=True)
class WrongSetting(Problem):
    """A value does not fit its setting."""

    streamlet: str
    setting: str
    detail: str
    hint: str | None = None

    @property
    def sentence(self) -> str:
        return f"the setting {self.setting!r} of {self.streamlet!r} {self.detail}"


@dataclass(frozen=True)
class SettingOfUnknownStreamlet(Problem):
    """A value for a streamlet that is not in the blueprint."""

    streamlet: str
    known: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"there is no streamlet {self.streamlet!r} in the blueprint"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.streamlet, self.known, "streamlet")


@dataclass(frozen=True)
class MalformedSet(Problem):
    """A `--set` that is not `streamlet.setting=value`."""

    detail: str
    hint = "write --set streamlet.setting=value, as in --set ingest.zone=Europe/Berlin"

    @property
    def sentence(self) -> str:
        return self.detail


@dataclass(frozen=True)
class AmbiguousVariable(Problem):
    """One environment variable is the name of two settings."""

    variable: str
    settings: tuple[str, ...]
    hint = "use --set or a config file for these"

    @property
    def sentence(self) -> str:
        return f"{self.variable} names several settings: {' and '.join(self.settings)}"


@dataclass(frozen=True)
class UnknownVariable(Problem):
    """A variable that starts like a streamlet's, but names none of its settings."""

    severity: ClassVar[Severity] = "warning"
    variable: str
    known: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"{self.variable} is set, but names no setting"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.variable, self.known, "variable")


@dataclass(frozen=True)
class UnfitWiring(Problem):
    """A streamlet's own check of its settings against what feeds it found a fault."""

    streamlet: str
    setting: str | None
    detail: str
    hint: str | None = None

    @property
    def sentence(self) -> str:
        if self.setting is None:
            return f"streamlet {self.streamlet!r}: {self.detail}"
        return f"the setting {self.setting!r} of {self.streamlet!r}: {self.detail}"


@dataclass(frozen=True)
class CheckFailed(Problem):
    """A streamlet's `check_wiring` raised."""

    streamlet: str
    class_name: str
    error: str
    hint = "it should return a list of sentences; raising is a fault in the class"

    @property
    def sentence(self) -> str:
        return f"streamlet {self.streamlet!r}: {self.class_name}.check_wiring raised {self.error}"
