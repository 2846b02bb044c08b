"""The keeper of incidents: takes crossings, commands and the time, and gives out alerts and decisions. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from tailrace.logs.causes import Memory
from tailrace.logs.incidents import life, sentences
from tailrace.logs.incidents.alerts import alert_of, labels_at_opening
from tailrace.logs.incidents.book import Book
from tailrace.logs.incidents.case import Case, End, Incident, Mute, case_key
from tailrace.logs.incidents.history import SECOND, History
from tailrace.logs.incidents.inhibition import Inhibitors
from tailrace.logs.incidents.life import Event
from tailrace.logs.incidents.sentences import Reason
from tailrace.logs.incidents.silences import Silence, Silences
from tailrace.logs.matchers import labels_of
from tailrace.logs.records import Alert, Command, Crossing, Decision, Stage

_ALWAYS_TOLD: Final = Stage.RESOLVED
"""Who was told of a beginning is told of the end, whatever has been silenced since."""


@dataclass
class News:
    """What came of it: alerts to send, decisions to record, in their order."""

    alerts: list[Alert] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


class Keeper:
    """Leads every case from event to event. `name` is whose decisions these are; `counted`: counts are to be had."""

    def __init__(
        self,
        name: str,
        book: Book,
        silences: Silences,
        inhibitors: Inhibitors,
        memory: Memory,
        history: History,
        *,
        counted: bool,
    ) -> None:
        self._name = name
        self._book = book
        self._silences = silences
        self._inhibitors = inhibitors
        self._memory = memory
        self._history = history
        self._counted = counted
        self._todo: dict[str, None] = {}
        self._crossed: set[str] = set()
        self._news = News()
        for incident in book.open():
            self._note(incident, labels_at_opening(incident))

    @property
    def waiting(self) -> bool:
        """Whether something to tell waits for what explains it."""
        return bool(self._book.waiting)

    # -- what comes in ------------------------------------------------------------------------------------------

    def cross(self, crossings: Iterable[Crossing], now: datetime) -> None:
        """Hold windows that meet a rule's condition against their cases."""
        for crossing in crossings:
            key = case_key(crossing)
            before = self._book.get(key)
            case = life.cross(before, crossing, now)
            if case is not before:
                self._follow(before.open, case.open)
                self._book.put(key, life.wake(case) if self._may_be_free(case.open) else case)
                self._todo.setdefault(key)
                self._crossed.add(key)

    def obey(self, command: Command, now: datetime) -> None:
        """Do what a person asked for. Raises TailraceError for a pattern that is none."""
        match command.do:
            case "silence":
                self._silences.add(Silence.of(command), now)
            case "unsilence":
                self._wake(self._silences.remove(command.incident))
            case "acknowledge" | "resolve":
                self._obey_about(command, now)

    def _obey_about(self, command: Command, now: datetime) -> None:
        key = self._book.key_of(command.incident)
        if key is None:
            reason = f"{command.who} asked to {command.do} it, but no such incident is open"
            self._record(command.incident, Reason("held", "command", reason), now)
            return
        case = self._book.get(key)
        why = f" ({command.reason})" if command.reason else ""
        if command.do == "acknowledge":
            case = life.acknowledge(case, command.who, command.reason, now)
            self._record(command.incident, Reason("held", "command", f"acknowledged by {command.who}{why}"), now)
        else:
            case = self._end(case, End(now, command.who, command.reason))
        self._book.put(key, case)
        self._todo.setdefault(key)

    # -- what comes out -----------------------------------------------------------------------------------------

    def settle(self, now: datetime) -> News:
        """Tell whatever there is to tell by now."""
        self._wake(self._silences.expire(now))
        self._todo |= dict.fromkeys([*self._book.waiting, *self._book.due(now)])
        while self._todo:
            key = next(iter(self._todo))
            del self._todo[key]
            self._book.put(key, self._settle(key, self._book.get(key), now))
        self._crossed.clear()
        news, self._news = self._news, News()
        return news

    def _settle(self, key: str, case: Case, now: datetime) -> Case:
        said = len(self._news.decisions)
        if case.open is not None and life.is_quiet(case.open, now):
            case = self._end(case, End(now))
        while (event := life.next_event(case, now, self._explained, self._behind)) is not None:
            case = self._decide(case, event, now)
        if key in self._crossed and case.open is not None and len(self._news.decisions) == said:
            case = self._keep_quiet(case, case.open, now)
        return case

    def _decide(self, case: Case, event: Event, now: datetime) -> Case:
        """Tell an event, or say why not."""
        incident = event.incident
        if incident.end is not None and incident.hold is not None and now < incident.hold:
            return self._pass_over(case, incident, now)
        alert = alert_of(event, self._memory, self._history)
        labels = labels_of(alert)
        mute = None if event.stage is _ALWAYS_TOLD else self._mute(alert, labels, now)
        if mute is None:
            self._news.alerts.append(alert)
            self._record(incident.id, sentences.told(event, now), now)
            if incident.end is None:
                self._note(incident, labels)
            return life.tell(case, event, now, labels["severity"])
        if incident.end is not None:
            return self._pass_over(case, replace(incident, mute=mute), now)
        case = life.mute(case, event, mute)
        return self._keep_quiet(case, case.open, now) if case.open is not None else case

    def _pass_over(self, case: Case, incident: Incident, now: datetime) -> Case:
        self._record(incident.id, sentences.untold(incident), now)
        return life.drop(case)

    def _keep_quiet(self, case: Case, incident: Incident, now: datetime) -> Case:
        """Record why nothing is told of an open incident, unless that was just said."""
        reason = sentences.held(incident, now)
        said = sentences.say(incident, reason, now)
        if said is None or reason.kind == sentences.WAITING:
            return case
        self._record(incident.id, reason, now)
        return replace(case, open=replace(incident, said=said))

    def _record(self, incident: str, reason: Reason, now: datetime) -> None:
        self._news.decisions.append(Decision(incident, now, self._name, reason.outcome, reason.sentence))

    # -- questions ----------------------------------------------------------------------------------------------

    def _mute(self, alert: Alert, labels: dict[str, str], now: datetime) -> Mute | None:
        return self._silences.muting(alert, now) or self._inhibitors.muting(alert.id, labels)

    def _may_be_free(self, incident: Incident | None) -> bool:
        """Whether what mutes an incident may not take it any more, by the messages or the severity that it has now."""
        if incident is None or incident.mute is None or incident.mute.kind == "silence":
            return False
        if incident.mute.kind == "pattern":
            return True
        return self._inhibitors.muting(incident.id, labels_at_opening(incident)) is None

    def _explained(self, incident: Incident) -> bool:
        """Whether messages and counts are known that account for an incident's worst window."""
        peak = incident.peak
        if self._counts_behind(peak):
            return False
        return bool(peak.causes) or self._memory.explains(
            peak.app, peak.errors, peak.warnings, peak.window_start, peak.window_end
        )

    def _behind(self, incident: Incident) -> bool:
        """Whether messages or counts do not reach to the end of an incident's worst window yet."""
        peak = incident.peak
        if self._counts_behind(peak):
            return True
        reached = self._memory.reached(peak.app)
        return not peak.causes and (reached is None or reached + SECOND <= peak.last)

    def _counts_behind(self, peak: Crossing) -> bool:
        if not self._counted and self._history.reached("") is None:
            return False
        reached = self._history.reached(peak.app)
        return reached is None or reached + SECOND <= peak.last

    # -- who mutes whom -----------------------------------------------------------------------------------------

    def _end(self, case: Case, how: End) -> Case:
        ended = life.end(case, how)
        self._follow(case.open, None)
        return ended

    def _follow(self, before: Incident | None, after: Incident | None) -> None:
        """Keep track of which incidents are open, and so mute others."""
        if before is not None and (after is None or after.id != before.id):
            self._wake(self._inhibitors.drop(before.id))
        if after is not None and (before is None or after.id != before.id):
            self._note(after, labels_at_opening(after))

    def _note(self, incident: Incident, labels: dict[str, str]) -> None:
        self._wake(self._inhibitors.note(incident.id, labels, sentences.what(incident.latest)))

    def _wake(self, mutes: Iterable[str]) -> None:
        """What muted some incidents is over: look at them again."""
        for key in [key for mute in mutes for key in self._book.muted_by(mute)]:
            self._book.put(key, life.wake(self._book.get(key)))
            self._todo.setdefault(key)
