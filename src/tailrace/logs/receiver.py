"""What all receivers of alerts have in common: whom they listen to, when they tell, and what becomes of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import ConfigDict, TypeAdapter

from tailrace.connect.delivery import Rejected
from tailrace.logs.grouping.choosing import Choice, Due, Held, Waiting, choose, due, halved, without
from tailrace.logs.grouping.events import fold, slimmed
from tailrace.logs.grouping.pace import Pace, Policy
from tailrace.logs.grouping.parcel import Parcel, label_of, stale, unpacked
from tailrace.logs.matchers import all_match, check_matchers, labels_of, parse_matcher
from tailrace.logs.records import Alert, Command, Decision, Stage, Undelivered
from tailrace.logs.zones import check_zone
from tailrace.model.batch import Batch
from tailrace.model.durations import format_duration
from tailrace.model.errors import TailraceError, Transient
from tailrace.model.ports import CHECKPOINT, Emits, Inlet, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import KeyedState, State
from tailrace.model.streamlet import Streamlet, timer

SENT = "tailrace.mails"
"""The logger that tells where each delivery went."""
RESEND = "resend"
_IN_FULL = 200  # alerts that wait with all they have; nobody is shown more of them in one delivery
_AT_A_TIME = 5  # deliveries in one step, which has one time: signatures tell it, and must not be too old
_COMMANDS = 200  # that are remembered, since one may come twice
_FOLLOWED = 20_000
_sent = logging.getLogger(SENT)
_MATCHED, _TOLD = b"matched", b"told"


@dataclass(frozen=True)
class Handed:
    """What came of handing a parcel over: in words whom it went to, whom it will never reach, and who has to wait."""

    said: str
    refused: dict[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    fault: Transient | None = None


def check_cap(cap: int) -> None:
    """Raise TailraceError for a cap that is none."""
    if cap < 0:
        raise TailraceError(f"a cap of {cap} deliveries an hour is none", hint="0 stands for no cap")


class Receiver(Streamlet):
    """Tells somebody of alerts, in order, gathered and capped, and never loses one.

    Delivery is at least once. What a delivery says is saved before it is sent, so that one that is sent again is the
    same to the byte. While the other side is unwell it is tried again, and everything else waits in its order; what it
    refuses for good is kept, so that it can be sent again on request.
    """

    optional_inlets: ClassVar[frozenset[str]] = frozenset({"commands"})
    optional_outlets: ClassVar[frozenset[str]] = frozenset({"decisions", "undelivered"})

    alerts = Inlet(Alert)
    commands = Inlet(Command, doc="requests to send again what could not be delivered")
    decisions = Outlet(Decision, key="incident")
    undelivered = Outlet(Undelivered, doc="what was refused for good, and once more with no reason when it has gone")
    match = Setting(
        list[str],
        default=[],
        check=check_matchers,
        help="which alerts to take, such as severity=critical or app=orders*; all have to hold",
    )
    wait = Setting(timedelta, default=timedelta(seconds=1), help="how long the first alert waits for others")
    interval = Setting(timedelta, default=timedelta(seconds=20), help="how often there is a delivery at most")
    cap = Setting(
        int, default=20, check=check_cap, help="deliveries an hour at most, the rest comes as a digest; 0: no cap"
    )
    updates = Setting(bool, default=True, help="whether to tell when an alert grows")
    repeats = Setting(bool, default=True, help="whether to tell again of an alert that goes on")
    resolved = Setting(bool, default=True, help="whether to tell when an alert is over")
    zone = Setting(str, default="UTC", check=check_zone, help="the zone that times are told in")
    pace = State(Pace, default=Pace())
    number = State(int, default=0)
    """Names entries, so that they keep their order."""
    seen = State(list[str], factory=list)
    """Commands that were followed."""
    waiting = KeyedState()
    """Alerts that were not told yet."""
    outgoing = KeyedState()
    """Parcels that are to be sent, the next one first."""
    kept = KeyedState()
    """Parcels that could not be delivered."""
    followed = KeyedState()
    """Incidents that this receiver knows of."""

    # -- what a kind of receiver is -------------------------------------------------------------------------------

    def each(self) -> bool:
        """Whether every event needs a delivery of its own."""
        return False

    def compose(self, alerts: Sequence[Alert], *, digest: bool) -> Parcel:
        """Make the delivery that tells of `alerts`."""
        raise NotImplementedError

    def hand_over(self, parcel: Parcel) -> Handed:
        """Deliver. Raises Transient when it may go well later, and Rejected when it never will."""
        raise NotImplementedError

    def where(self) -> str:
        """Whom it tells, in a few words with nothing secret in them."""
        raise NotImplementedError

    # -- moments --------------------------------------------------------------------------------------------------

    def on_start(self) -> None:
        """Know again what waits."""
        self._matchers = [parse_matcher(text) for text in self.match]
        self._recall()

    def on_reject(self) -> None:
        """Know again what was committed last."""
        self._recall()

    def on_batch(self, alerts: Batch[Alert], commands: Batch[Command]) -> Emits:
        """Take alerts in, and send again what is asked for."""
        yield from self.take(alerts, commands)

    @timer("250ms")
    def tell(self) -> Emits:
        """Deliver what is due, one after the other, each saved before it goes; a few at a time, for the time's sake."""
        for _ in range(_AT_A_TIME):
            if (name := self._next()) is None:
                return
            yield CHECKPOINT
            yield from self._send(name, unpacked(self.outgoing[name]))
            yield CHECKPOINT

    def pending(self) -> bool:
        """Whether a delivery is due, or will be without anything else happening soon."""
        if self.outgoing:
            return True
        moment = self._due()
        return moment is not None and (self.context.exhaust or moment.at <= self.context.now + self.wait)

    # -- taking in ------------------------------------------------------------------------------------------------

    def take(self, alerts: Batch[Alert], commands: Batch[Command]) -> Emits:
        """Gather alerts that this receiver is for; what is emitted are decisions."""
        decisions = [decision for alert in alerts.records() for decision in self._take(alert)]
        for command in commands.records():
            self._obey(command)
        if decisions:
            yield self.decisions(decisions)

    def _take(self, alert: Alert) -> Iterator[Decision]:
        known = alert.id in self.followed
        if not known and not all_match(self._matchers, labels_of(alert)):
            if alert.state == Stage.OPEN:
                yield self._decision(alert.id, "muted", f"it does not match {', '.join(self.match)}")
            return
        if not self._wanted(alert):
            if alert.state == Stage.RESOLVED:
                self.followed.pop(alert.id, None)
            yield self._decision(alert.id, "muted", f"this receiver is not told of a {alert.state} alert")
            return
        if not known and alert.state != Stage.RESOLVED:
            self.followed[alert.id] = _MATCHED
        self._hold(alert)
        if (moment := self._due()) is not None and moment.held is not Held.WAIT and moment.at > self.context.now:
            yield self._decision(alert.id, *self._held(moment))

    def _wanted(self, alert: Alert) -> bool:
        muted: dict[str, bool] = {
            Stage.UPDATE: not self.updates,
            Stage.REPEAT: not self.repeats,
            Stage.RESOLVED: not self.resolved,
        }
        return not muted.get(alert.state, False)

    def _hold(self, alert: Alert) -> None:
        """Let an alert wait with the others of its incident."""
        entry = self._entries.get(alert.id) or Waiting(alert.id, self.context.now, ())
        alert = slimmed(alert) if len(self._entries) >= _IN_FULL else alert
        self._keep(replace(entry, events=fold(entry.events, alert)))
        self.pace = self.pace.met(self.context.now)

    def _keep(self, entry: Waiting) -> None:
        if entry.incident not in self._names:
            self._names[entry.incident] = self._name()
        self._entries[entry.incident] = entry
        self.waiting[self._names[entry.incident]] = _dumped(entry)

    def _recall(self) -> None:
        """Read what is saved; entries are named by numbers in the order of their arrival."""
        read = {name: _loaded(self.waiting[name]) for name in sorted(self.waiting)}
        self._entries = {entry.incident: entry for entry in read.values()}
        self._names = {entry.incident: name for name, entry in read.items()}

    def _name(self) -> str:
        self.number += 1
        return f"{self.number:012d}"

    def _held(self, moment: Due) -> tuple[str, str]:
        at = f"{moment.at:%H:%M:%S} UTC"
        if moment.held is Held.CAP:
            return "capped", f"it waits until {at}: there were {self.cap} deliveries within the hour"
        return "grouped", f"it waits until {at}: there is a delivery every {format_duration(self.interval)} at most"

    # -- choosing -------------------------------------------------------------------------------------------------

    def _policy(self) -> Policy:
        wait = timedelta() if self.context.drained else self.wait
        return Policy(wait, self.interval, self.cap, self.each(), self.context.exhaust)

    def _due(self) -> Due | None:
        return due(self._policy(), self.pace, self._entries, self.context.now)

    def _next(self) -> str | None:
        """The parcel to be sent next, made if there is none yet and one is due."""
        if not self.outgoing and self._entries:
            told = _Told(self.followed)
            choice = choose(self._policy(), self.pace, self._entries, told, self.context.now)
            if choice is not None:
                self._pack(choice)
        return min(self.outgoing, default=None)

    def _pack(self, choice: Choice) -> None:
        """Make a parcel of what was chosen; of less if something in it cannot be told, so that the rest is."""
        while True:
            try:
                parcel = self.compose(choice.alerts, digest=choice.digest)
                break
            except Exception as fault:
                less = halved(choice, self._entries)
                if less is None:
                    self.context.logger.warning("an alert could not be put into words", exc_info=True)
                    parcel = Parcel(choice.alerts[0].id, b"", reason=f"it cannot be put into words: {fault}")
                    break
                choice = less
        incidents = [incident for incident, _ in choice.taken]
        single = self.each() and not choice.digest
        self.post(replace(parcel, incidents=incidents, digest=choice.digest, single=single, counted=choice.counted))
        self._let_go(choice)

    def _let_go(self, choice: Choice) -> None:
        for incident, entry in without(self._entries, choice).items():
            if entry is not None:
                self._keep(entry)
                continue
            del self._entries[incident]
            del self.waiting[self._names.pop(incident)]
        for alert in choice.alerts:
            if alert.state == Stage.RESOLVED:
                self.followed.pop(alert.id, None)
            elif self.each() and not choice.digest:
                self.followed[alert.id] = _TOLD
        while len(self.followed) > _FOLLOWED:
            del self.followed[next(iter(self.followed))]

    def post(self, parcel: Parcel) -> None:
        """Have a parcel sent, behind those that are to be sent already."""
        self.outgoing[self._name()] = parcel.packed()

    # -- sending --------------------------------------------------------------------------------------------------

    def _send(self, name: str, parcel: Parcel) -> Emits:
        handed = self._try(parcel)
        if handed.refused:
            reason = "; ".join(f"{whom}: {why}" if whom else why for whom, why in handed.refused.items())
            yield from self._set_aside(replace(parcel, left=[whom for whom in handed.refused if whom]), reason)
        if handed.fault is not None:
            self.outgoing[name] = replace(parcel, left=list(handed.left)).packed()
            yield CHECKPOINT  # who has it now is not to get it once more
            raise handed.fault
        del self.outgoing[name]
        if handed.said:
            yield from self._delivered(parcel, handed.said)

    def _try(self, parcel: Parcel) -> Handed:
        """Deliver; whatever cannot go better when it is tried again is a refusal."""
        if parcel.reason and not parcel.body:
            return Handed("", refused={"": parcel.reason})
        try:
            return self.hand_over(parcel)
        except (Transient, OSError):
            raise
        except Rejected as fault:
            return Handed("", refused={"": str(fault)})
        except Exception as fault:
            self.context.logger.warning("a delivery failed", exc_info=not isinstance(fault, TailraceError))
            return Handed("", refused={"": str(fault) or type(fault).__name__})

    def _delivered(self, parcel: Parcel, said: str) -> Emits:
        if parcel.counted and not parcel.again:
            self.pace = self.pace.delivered(self.context.now)
        self.context.count("deliveries")
        _sent.info("%s", said)
        outcome = "digested" if parcel.digest else "delivered"
        among = f", among {len(parcel.incidents):,} alerts" if len(parcel.incidents) > 1 else ""
        reason = f"{said}{' in a digest' if parcel.digest else ''}{among}{', on request' if parcel.again else ''}"
        if parcel.incidents:
            yield self.decisions([self._decision(incident, outcome, reason) for incident in parcel.incidents])
        if parcel.again:
            yield self.undelivered([Undelivered(self.context.name, self.context.now, parcel.incidents, "", parcel.key)])

    def _set_aside(self, parcel: Parcel, reason: str) -> Emits:
        """Keep what was refused for good, and say so."""
        now = self.context.now
        self.kept[parcel.key] = replace(parcel, reason=reason, failed=now, again=False).packed()
        failed = {key: label_of(self.kept[key]).failed or now for key in self.kept}
        for key in stale(failed, now):
            del self.kept[key]
        self.context.count("undelivered")
        self.context.logger.warning("%s: a delivery was refused for good: %s", self.context.name, reason)
        yield self.undelivered([Undelivered(self.context.name, now, parcel.incidents, reason, parcel.key)])
        if parcel.incidents:
            yield self.decisions([self._decision(each, "undelivered", reason) for each in parcel.incidents])

    def _obey(self, command: Command) -> None:
        """Send again what is kept: of one incident if the command names one."""
        if command.do != RESEND or command.receiver != self.context.name or command.id in self.seen:
            return
        self.seen = [*self.seen, command.id][-_COMMANDS:]
        parcels = [unpacked(packed) for packed in self.kept.values()]
        chosen = [each for each in parcels if not command.incident or command.incident in each.incidents]
        for parcel in sorted(chosen, key=lambda each: each.failed or self.context.now):
            del self.kept[parcel.key]
            self.post(replace(parcel, again=True))

    def _decision(self, incident: str, outcome: str, reason: str) -> Decision:
        name = self.context.name
        return Decision(incident, self.context.now, by=name, outcome=outcome, reason=reason, receiver=name)


class _Told:
    """The incidents whose opening went by itself."""

    def __init__(self, followed: Mapping[str, bytes]) -> None:
        self._followed = followed

    def __contains__(self, incident: object) -> bool:
        return isinstance(incident, str) and self._followed.get(incident) == _TOLD


def deliver_now(receiver: Receiver, alert: Alert, now: datetime) -> Handed:
    """Tell one alert at once, without regard to match, pace and what was before: to try a receiver out."""
    receiver.context.now = now
    return receiver.hand_over(receiver.compose([alert], digest=False))


def _dumped(entry: Waiting) -> bytes:
    return _WAITING.dump_json((entry.incident, entry.since, list(entry.events)))


def _loaded(saved: bytes) -> Waiting:
    incident, since, events = _WAITING.validate_json(saved)
    return Waiting(incident, since, tuple(events))


_WAITING = TypeAdapter(tuple[str, datetime, list[Alert]], config=ConfigDict(ser_json_inf_nan="constants"))
