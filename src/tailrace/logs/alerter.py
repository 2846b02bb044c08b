"""The alerter: holds rules against windows, and opens, updates and resolves incidents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from pydantic.dataclasses import dataclass

from tailrace.logs.causes import Memory, keep_for, recent_messages
from tailrace.logs.incidents import Case, Crossing, Event, Incident, Stage, case_key, close, cross, quiet
from tailrace.logs.records import Alert, Cause, Stats
from tailrace.logs.rules import check_rules, parse_rule
from tailrace.model.batch import Batch
from tailrace.model.durations import format_duration
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import KeyedState, State
from tailrace.model.streamlet import Streamlet, timer

_CAUSES = 10  # in one alert
_GRACE = timedelta(seconds=3)
_CROSSING = tuple(Crossing.__dataclass_fields__)


@dataclass(frozen=True)
class Waiting:
    """An event that waits, until the time of day `until`, for the causes of its window to arrive."""

    event: Event
    until: datetime


class Alerter(Streamlet):
    """Opens an incident when a window meets a rule's condition, and names the messages that caused it.

    Rows of `stats` and `causes` are computed side by side; an alert waits up to three seconds for the causes that its
    counts speak of. A rule that is new to a running application holds from then on, not for what was seen before.
    """

    stats = Inlet(Stats, doc="lines by level, for windows of each rule's length")
    causes = Inlet(Cause, doc="how often each message came")
    alerts = Outlet(Alert, key="app")
    rules = Setting(list[str], check=check_rules, help="conditions and windows, such as 'errors > 10 in 30s'")
    cases = State(dict[str, Case], factory=dict)
    reached = State(dict[str, datetime], factory=dict)
    """How far the windows of each application have come."""
    since = State(dict[str, dict[str, datetime]], factory=dict)
    """Of each rule, how far every application had come before it."""
    waiting = State(list[Waiting], factory=list)
    memory = KeyedState()

    @classmethod
    def check_wiring(cls, settings: Mapping[str, Any], wiring: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Each rule needs stats over windows of its own length."""
        declared = (getattr(each.streamlet_class, "declaration", None) for each in wiring.get("stats", ()))
        windows = {each.window for each in declared if each is not None}
        if not windows:
            return []
        known = ", ".join(format_duration(window) for window in sorted(windows))
        return [
            (
                "rules",
                f"the rule {rule.text!r} needs stats over windows of {format_duration(rule.window)}, but come: {known}",
                f"add an aggregate with window: {format_duration(rule.window)} that produces the same topic",
            )
            for rule in map(parse_rule, settings.get("rules", ()))
            if rule.window not in windows
        ]

    def on_start(self) -> None:
        """Compile the rules, and note from when on new ones hold."""
        self._rules = [parse_rule(text) for text in self.rules]
        self._keep_for = keep_for(max(rule.window for rule in self._rules))
        self._recall()

    def on_reject(self) -> None:
        """Know again what was committed last."""
        self._recall()

    def _recall(self) -> None:
        self.since = {rule.text: self.since.get(rule.text, dict(self.reached)) for rule in self._rules}
        self._memory = Memory(self.memory)

    def on_batch(self, stats: Batch[Stats], causes: Batch[Cause]) -> Emits:
        """Remember causes, then hold every rule against the windows that changed."""
        for app, rows in recent_messages(causes.frame).items():
            self._memory.add(app, rows)
        events = [event for crossing in self._crossings(stats) for event in self._cross(crossing)]
        yield from self._tell(events)
        self._note_reach(stats)
        self._forget()

    @timer("250ms")
    def look_after(self) -> Emits:
        """Tell what has waited long enough, and resolve what has been quiet."""
        yield from self._tell([self._close(key) for key in quiet(self.cases, self.context.now)])

    def pending(self) -> bool:
        """Whether an alert waits for its causes."""
        return bool(self.waiting)

    # -- crossings ----------------------------------------------------------------------------------------------

    def _crossings(self, stats: Batch[Stats]) -> Iterator[Crossing]:
        """Windows that meet a rule, the newest state of each, in the order of their ends."""
        if not len(stats):
            return
        latest = stats.frame.unique(["app", "window_start", "window_end"], keep="last", maintain_order=True)
        for rule in self._rules:
            before = self.since[rule.text]
            for row in rule.crossings(latest).sort("window_end", "app", maintain_order=True).iter_rows(named=True):
                if row["app"] not in before or row["window_end"] > before[row["app"]]:
                    yield Crossing(rule=rule.text, **{name: row[name] for name in _CROSSING if name in row})

    def _cross(self, crossing: Crossing) -> list[Event]:
        key = case_key(crossing.app, crossing.rule)
        self.cases[key], events = cross(self.cases.get(key, Case()), crossing, self.context.now)
        return events

    def _close(self, key: str) -> Event:
        self.cases[key], event = close(self.cases[key])
        return event

    def _note_reach(self, stats: Batch[Stats]) -> None:
        for app, end in stats.frame.group_by("app").agg(pl.col("window_end").max()).iter_rows():
            self.reached[app] = max(end, self.reached.get(app, end))

    # -- telling ------------------------------------------------------------------------------------------------

    def _tell(self, events: list[Event]) -> Emits:
        """Emit events in their order, once their causes are known or the grace is over."""
        until = self.context.now + _GRACE
        queue = [*self.waiting, *(Waiting(event, until) for event in events)]
        told = []
        while queue and (queue[0].until <= self.context.now or self._explained(queue[0].event)):
            told.append(self._alert(queue.pop(0).event))
            queue = [each for each in queue if not _said_by(told[-1], each.event)]
        self.waiting = queue
        if told:
            self.context.count("alerts", sum(alert.state == Stage.OPEN.value for alert in told))
            yield self.alerts(told)

    def _explained(self, event: Event) -> bool:
        """Whether the known causes account for what the window counts."""
        peak = event.incident.peak
        return self._memory.explains(peak.app, peak.errors, peak.warnings, peak.window_start, peak.window_end)

    def _alert(self, event: Event) -> Alert:
        incident = self._newest(event)
        peak = incident.peak
        return Alert(
            id=incident.id,
            app=peak.app,
            rule=peak.rule,
            state=event.stage.value,
            opened=incident.opened,
            at=event.at,
            window_start=peak.window_start,
            window_end=peak.window_end,
            value=peak.value,
            lines=peak.lines,
            errors=peak.errors,
            warnings=peak.warnings,
            causes=self._memory.within(peak.app, peak.window_start, peak.window_end)[:_CAUSES],
        )

    def _newest(self, event: Event) -> Incident:
        """The incident of an event; one that has opened is told as it stands by now, as its causes are."""
        told = event.incident
        current = self.cases[case_key(told.peak.app, told.peak.rule)].open
        return current if event.stage is Stage.OPEN and current is not None and current.id == told.id else told

    def _forget(self) -> None:
        """Let go of causes that no window still to come can speak of, by how far the stats have come."""
        waited_for = {
            each.event.incident.peak.app: each.event.incident.peak.window_start for each in self.waiting[::-1]
        }
        for app in self._memory.apps():
            end = self.reached.get(app)
            if end is not None:
                self._memory.forget(app, min(end - self._keep_for, waited_for.get(app, end)))
            self._memory.trim(app)


def _said_by(alert: Alert, event: Event) -> bool:
    """Whether an update has nothing to add to what was just told of its incident."""
    return event.stage is Stage.UPDATE and event.incident.id == alert.id and event.incident.peak.value <= alert.value
