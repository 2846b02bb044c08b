"""The reporter: sums up what applications write, and makes a report of it by schedule."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final

import polars as pl
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from tailrace.logs.counting import message_hashes
from tailrace.logs.mail.words import count_words, length_words
from tailrace.logs.records import Alert, IncidentSummary, LogRecord, Report, Volume
from tailrace.logs.reports.schedule import check_cron, parse_schedule
from tailrace.logs.reports.summary import (
    add_apps,
    add_messages,
    app_summaries,
    count_apps,
    count_messages,
    from_bytes,
    incident_after,
    incidents_to_keep,
    incidents_within,
    to_bytes,
    top_causes,
)
from tailrace.logs.rules.hashes import HashSet
from tailrace.logs.zones import check_zone
from tailrace.model.batch import Batch
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import KeyedState, State
from tailrace.model.streamlet import Streamlet, timer

_CAUSES: Final = 20  # in one report
_INCIDENTS: Final = 1000  # remembered, and in one report
_AHEAD: Final = timedelta(days=2)
"""How far moments are known beyond the present; times further ahead are not believed by whoever reads logs."""
_PATIENCE: Final = timedelta(minutes=15)
"""The longest that a report is held back for what is still being read."""
_HURRY: Final = timedelta(seconds=1)
"""How long no more lines of a span may have come where the input that stands is all there is."""
_LATE: Final = timedelta(minutes=20)
_INCIDENT = TypeAdapter(IncidentSummary)
_NOWHERE: Final = timedelta()


@dataclass(frozen=True)
class Told:
    """The firing that was reported last, and the schedule that it was one of."""

    schedule: str
    firing: datetime


class Reporter(Streamlet):
    """Makes a report of each span of the logs' own time, once for each firing of a schedule.

    A firing that passed while nothing ran is reported at the next start, late, and says so; several such make one
    report. A report waits until lines of its span have stopped to come, for a quarter of an hour at most: what is
    read after that is in no report. No firing is reported twice, whatever breaks off.
    """

    records = Inlet(LogRecord, doc="the records to find the most frequent messages of")
    volumes = Inlet(Volume, doc="how many records, by second and level")
    alerts = Inlet(Alert)
    reports = Outlet(Report, key="name")
    name = Setting(str, default="report", help="what the report is called")
    schedule = Setting(str, check=check_cron, help="when to report: a cron expression, as in 0 8 * * MON-FRI")
    zone = Setting(str, default="UTC", check=check_zone, help="the zone that the schedule is in")
    span = Setting(timedelta, default=_NOWHERE, help="how long a time to report; 0s: that since the report before")
    settle = Setting(
        timedelta,
        default=timedelta(seconds=30),
        help="how long no more lines of a span may have come before it is told",
    )
    told = State(Told | None, default=None)
    apps = KeyedState()
    messages = KeyedState()
    incidents = KeyedState()
    seen = KeyedState()
    made = State(int, default=0)
    """How many reports there have been."""

    def on_start(self) -> None:
        """Know the schedule. On a first start, or with another schedule, the next firing is the first to be told."""
        self._schedule = parse_schedule(self.schedule, self.zone, self.span or None)
        self._written = repr(self._schedule)
        if self.told is None or self.told.schedule != self._written:
            self.told = Told(self._written, self._schedule.last_firing(self.context.now))
        self._started = self._touched = self.context.now
        self._known = HashSet(self.seen)
        if not self.seen:  # an earlier release knew them in another way: they are learnt again
            self.made = 0
        self._know_moments()

    def on_reject(self) -> None:
        """Know the moments again that go with what was committed last."""
        if self.told is None:  # nothing was committed yet
            self.told = Told(self._written, self._schedule.last_firing(self.context.now))
        self._known = HashSet(self.seen)
        self._know_moments()

    def on_batch(self, records: Batch[LogRecord], volumes: Batch[Volume], alerts: Batch[Alert]) -> Emits:
        """Add up what was written, and note what became of incidents."""
        if self._moments[-1] < self.context.now + _AHEAD / 2:
            self._know_moments()
        for moment, counts in count_apps(volumes.frame, self._moments):
            kept = self.apps.get(_key(moment))
            self.apps[_key(moment)] = to_bytes(add_apps([from_bytes(kept), counts]) if kept else counts)
            if moment < self._next:
                self._touched = self.context.now
        for moment, messages in count_messages(records.frame, self._moments, self._new(records)):
            kept = self.messages.get(_key(moment))
            self.messages[_key(moment)] = to_bytes(add_messages([from_bytes(kept), messages]) if kept else messages)
        for alert in alerts.records():
            self._note(alert)
        if len(self.incidents) > 2 * _INCIDENTS:
            self._forget_incidents()
        return ()

    @timer("500ms")
    def report(self) -> Emits:
        """Make the report that is due, once its span has settled."""
        if not self._due() or not self._settled():
            return
        firing = self._schedule.last_firing(self.context.now)
        yield self.reports([self._report(firing)])
        self.context.count("reports")
        self.made += 1
        self.told = Told(self._written, firing)
        self._know_moments()
        self._forget()

    def pending(self) -> bool:
        """Whether a report is due and only waits for what is still being read."""
        return self._due()

    # -- when ---------------------------------------------------------------------------------------------------

    def _know_moments(self) -> None:
        """What there is to tell apart from now on: from the span before the one to be told next."""
        assert self.told is not None
        self._next = self._schedule.next_firing(self.told.firing)
        start = self._schedule.start_of(self._next, self.told.firing)
        until = max(self._next, self.context.now) + _AHEAD
        self._moments = self._schedule.moments(start - (self._next - start), until)

    def _due(self) -> bool:
        return self._next <= self.context.now

    def _settled(self) -> bool:
        """Whether nothing more of the span is to be expected, or it was waited for long enough."""
        settle = min(self.settle, _HURRY) if self.context.exhaust else self.settle
        quiet = self.context.now - max(self._touched, self._next)
        waited = self.context.now - max(self._started, self._next)
        return quiet >= settle or waited >= _PATIENCE

    # -- what ---------------------------------------------------------------------------------------------------

    def _report(self, firing: datetime) -> Report:
        assert self.told is not None
        start = self._schedule.start_of(firing, self.told.firing)
        within = [_key(each) for each in self._moments if start <= each < firing]
        before = [_key(each) for each in self._moments if start - (firing - start) <= each < start]
        messages = [from_bytes(self.messages[key]) for key in within if key in self.messages]
        return Report(
            name=self.name,
            at=self.context.now,
            start=start,
            end=firing,
            zone=self.zone,
            apps=app_summaries(_added(self.apps, within), _added(self.apps, before)),
            causes=top_causes(add_messages(messages), _CAUSES) if messages else [],
            incidents=incidents_within(map(_INCIDENT.validate_json, self.incidents.values()), start, firing),
            note=self._note_of(firing),
        )

    def _note_of(self, firing: datetime) -> str:
        """That a report comes late, and for which others it stands."""
        assert self.told is not None
        late = self.context.now - firing
        said = [f"This report comes {length_words(late)} late."] if late >= _LATE else []
        missed = sum(1 for _ in takewhile(lambda each: each < firing, self._schedule.firings(self.told.firing)))
        if missed:
            which = (
                "the one before it that was"
                if missed == 1
                else f"the {count_words(missed, 'reports')} before it that were"
            )
            said.append(f"It stands for {which} missed, too.")
        return " ".join(said)

    def _new(self, records: Batch[LogRecord]) -> pl.DataFrame:
        """Application and fingerprint of messages never seen before; until the first report all are only learnt."""
        came = records.frame.select("app", "fingerprint").unique()
        fresh = came.filter(self._known.add(message_hashes(came)))
        return fresh if self.made else fresh.clear()

    # -- memory -------------------------------------------------------------------------------------------------

    def _note(self, alert: Alert) -> None:
        saved = self.incidents.get(alert.id)
        known = _INCIDENT.validate_json(saved) if saved else None
        self.incidents[alert.id] = _INCIDENT.dump_json(incident_after(known, alert))

    def _forget(self) -> None:
        """Let go of what no report to come is about."""
        assert self.told is not None
        first = _key(self._moments[0])
        start = _key(self._schedule.start_of(self._next, self.told.firing))
        for entries, least in ((self.apps, first), (self.messages, start)):
            for key in [key for key in entries if key < least]:
                del entries[key]
        self._forget_incidents()

    def _forget_incidents(self) -> None:
        assert self.told is not None
        start = self._schedule.start_of(self._next, self.told.firing)
        known = map(_INCIDENT.validate_json, self.incidents.values())
        for key in set(self.incidents) - incidents_to_keep(known, start, _INCIDENTS):
            del self.incidents[key]


def _key(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def _added(entries: MutableMapping[str, bytes], keys: Iterable[str]) -> pl.DataFrame | None:
    """The counts of several cells as one; None if none of them has any."""
    tables = [from_bytes(entries[key]) for key in keys if key in entries]
    return add_apps(tables) if tables else None
