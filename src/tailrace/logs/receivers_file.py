"""The receivers of a rules file: a mapping of names to a type and the settings of its streamlet.

receivers:
  ops:
    type: mail
    to: [ops@example.com]
    smtp: smtp://tailrace@mail.example.com:587
    password: env:SMTP_PASSWORD
  oncall:
    type: pagerduty
    routing key: file:/run/secrets/pagerduty
    match: severity=critical
"""

from __future__ import annotations

from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field
from typing import Any, Final

from tailrace.blueprint.problems import Place, Problem, sort_problems
from tailrace.blueprint.source import Entry, Mapping, Node, Scalar, Sequence, describe, to_python
from tailrace.logs.commands import CommandReceiver
from tailrace.logs.mailer import Mailer
from tailrace.logs.receiver import Receiver
from tailrace.logs.webhooks import WebhookReceiver
from tailrace.model.names import check_streamlet_name, did_you_mean
from tailrace.model.settings import InvalidSetting, Secret, Setting


@dataclass(frozen=True)
class Kind:
    """A type of receiver: its streamlet, what it sets, other words for settings, and which ones it cannot do without.

    Settings that another type of the same streamlet is about are `hidden`.
    """

    streamlet: type[Receiver]
    needs: tuple[str, ...] = ()
    sets: Mapped[str, Any] = field(default_factory=dict)
    words: Mapped[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()


_LETTERS: Final = {"from": "sender", "server": "smtp"}
_PAGER: Final = frozenset({"shape", "routing_key"})
_LEASE: Final = frozenset({"lease"})
KINDS: Final[dict[str, Kind]] = {
    "mail": Kind(Mailer, ("to", "smtp"), {"outbox": ""}, _LETTERS),
    "outbox": Kind(
        Mailer,
        sets={"outbox": "outbox"},
        words={"from": "sender", "directory": "outbox"},
        hidden=frozenset({"smtp", "password", "timeout"}),
    ),
    "webhook": Kind(WebhookReceiver, ("url",), {"shape": "json"}, {"signing_secret": "secret"}, _PAGER | _LEASE),
    "slack": Kind(WebhookReceiver, ("url",), {"shape": "slack"}, hidden=_PAGER | _LEASE),
    "teams": Kind(WebhookReceiver, ("url",), {"shape": "teams"}, hidden=_PAGER | _LEASE),
    "pagerduty": Kind(WebhookReceiver, ("routing_key",), {"shape": "pagerduty"}, hidden=frozenset({"shape"}) | _LEASE),
    "alertmanager": Kind(WebhookReceiver, ("url",), {"shape": "alertmanager"}, hidden=_PAGER),
    "command": Kind(CommandReceiver, ("command",), words={"run": "command"}),
}
"""The types of receivers, by the word that a rules file has for them."""


@dataclass(frozen=True)
class ReceiverSpec:
    """A receiver as a blueprint takes it: the streamlet's name, the dotted path of its class, and its settings.

    `settings` are as YAML has them. `kind` is the word that the rules file has for its type.
    """

    name: str
    streamlet: str
    settings: Mapped[str, Any]
    kind: str

    @property
    def streamlet_class(self) -> type[Receiver]:
        """The class itself."""
        return KINDS[self.kind].streamlet


@dataclass(frozen=True)
class NoReceivers(Problem):
    """What should be a mapping is something else."""

    what: str
    came: str
    hint = "write below it a name, and below that 'type: mail' and its settings"

    @property
    def sentence(self) -> str:
        return f"{self.what} is a mapping, {self.came} came"


@dataclass(frozen=True)
class WrongReceiverName(Problem):
    """A name that no streamlet can have."""

    fault: str

    @property
    def sentence(self) -> str:
        return f"a receiver is named as a streamlet: {self.fault}"


@dataclass(frozen=True)
class UnknownReceiverType(Problem):
    """A type of receiver that there is not."""

    name: str
    came: str

    @property
    def sentence(self) -> str:
        return f"the receiver {self.name!r} needs a type, {self.came} came"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.came.strip("'"), tuple(KINDS), "type")


@dataclass(frozen=True)
class UnknownReceiverKey(Problem):
    """A setting that this type of receiver does not have."""

    name: str
    type: str
    key: str
    known: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return f"the receiver {self.name!r} of type {self.type} has no setting {self.key!r}"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.key, self.known, "setting")


@dataclass(frozen=True)
class MissingReceiverKey(Problem):
    """A setting that this type of receiver cannot do without."""

    name: str
    type: str
    key: str

    @property
    def sentence(self) -> str:
        return f"the receiver {self.name!r} of type {self.type} needs the setting {self.key!r}"


@dataclass(frozen=True)
class WrongReceiverValue(Problem):
    """A value that does not fit its setting."""

    name: str
    key: str
    detail: str
    hint: str | None = None

    @property
    def sentence(self) -> str:
        return f"the receiver {self.name!r}: {self.key}: {self.detail}"


def read_receivers(node: Node) -> tuple[ReceiverSpec, ...] | tuple[Problem, ...]:
    """Read the section `receivers` of a rules file, or find every problem in it."""
    if not isinstance(node, Mapping):
        return (NoReceivers(node.place, "the section 'receivers'", describe(node)),)
    problems: list[Problem] = []
    specs = [spec for entry in node if (spec := _read(entry, problems)) is not None]
    return sort_problems(problems, node.place.file) if problems else tuple(specs)


def _read(entry: Entry, problems: list[Problem]) -> ReceiverSpec | None:
    if (fault := check_streamlet_name(entry.key)) is not None:
        problems.append(WrongReceiverName(entry.place, fault))
    if not isinstance(entry.value, Mapping):
        problems.append(NoReceivers(entry.value.place, f"the receiver {entry.key!r}", describe(entry.value)))
        return None
    chosen = entry.value.get("type")
    kind = KINDS.get(chosen.value.text) if chosen is not None and isinstance(chosen.value, Scalar) else None
    if chosen is None or kind is None:
        place, came = (chosen.value.place, describe(chosen.value)) if chosen else (entry.place, "none")
        problems.append(UnknownReceiverType(place, entry.key, came))
        return None
    reader = _Reader(entry.key, _text(chosen.value), kind, problems)
    return reader.read(entry.value, entry.place)


@dataclass
class _Reader:
    """Reads the settings of one receiver, and notes what is wrong with them."""

    name: str
    type: str
    kind: Kind
    problems: list[Problem]

    def read(self, node: Mapping, place: Place) -> ReceiverSpec:
        given: dict[str, Any] = {}
        seen = {self._take(entry, given) for entry in node if entry.key != "type"}
        for key in self.kind.needs:
            if key not in seen:
                self.problems.append(MissingReceiverKey(place, self.name, self.type, self._word(key)))
        streamlet = self.kind.streamlet
        settings = {**self.kind.sets, **given}
        return ReceiverSpec(self.name, f"{streamlet.__module__}.{streamlet.__qualname__}", settings, self.type)

    def _take(self, entry: Entry, given: dict[str, Any]) -> str:
        """Read one setting into `given` if it holds; the name of the setting that is meant."""
        key = entry.key.strip().lower().replace("-", "_").replace(" ", "_")
        key = self.kind.words.get(key, key)
        setting = self._settings().get(key)
        if setting is None:
            known = tuple(sorted({*map(self._word, self._settings())}))
            self.problems.append(UnknownReceiverKey(entry.place, self.name, self.type, entry.key, known))
            return key
        value = _value(setting, entry.value)
        try:
            setting.parse(value)
            given[key] = value
        except InvalidSetting as fault:
            self.problems.append(WrongReceiverValue(entry.value.place, self.name, entry.key, str(fault), fault.hint))
        return key

    def _settings(self) -> dict[str, Setting[Any]]:
        declared = self.kind.streamlet.spec.settings
        return {name: setting for name, setting in declared.items() if name not in self.kind.hidden}

    def _word(self, key: str) -> str:
        """What a rules file calls a setting."""
        words = {setting: word for word, setting in self.kind.words.items() if word in ("from", "directory")}
        return words.get(key, key)


def _value(setting: Setting[Any], node: Node) -> Any:
    """A single text where a list is wanted is a list of one; a mapping where a secret is are lines of it."""
    if setting.kind == "list" and isinstance(node, Scalar) and node.value is not None:
        return [node.text]
    if setting.type is Secret and isinstance(node, Mapping):
        return "\n".join(f"{entry.key}: {_text(entry.value)}" for entry in node)
    if setting.type is Secret and isinstance(node, Sequence):
        return " ".join(map(_text, node.items))
    return to_python(node)


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else describe(node)


def make_receiver(spec: ReceiverSpec) -> Receiver:
    """The streamlet by itself, outside of a pipeline, as a look at it or a trial needs it. Raises TailraceError."""
    declared = spec.streamlet_class.spec.settings
    settings = {name: declared[name].parse(value) for name, value in spec.settings.items()}
    return spec.streamlet_class(settings)
