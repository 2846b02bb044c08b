"""How often a receiver is told: after a short wait, at most every interval, at most so often an hour."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime, timedelta

from pydantic.dataclasses import dataclass

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Policy:
    """What a receiver's settings say.

    A first delivery goes `wait` after its first alert, later ones at most every `interval`, and at most `cap` within
    any hour; a cap of 0 is none. With `each` every event is a delivery of its own, and the interval does not apply.
    With `exhaust` no more alerts come than stand there: nothing is held back but until they have all come.
    """

    wait: timedelta
    interval: timedelta
    cap: int
    each: bool = False
    exhaust: bool = False


@dataclass(frozen=True)
class Pace:
    """What was delivered: the times within the last hour, oldest first, and the last; and when an alert came last."""

    sent: list[datetime] = field(default_factory=list)
    last: datetime | None = None
    arrived: datetime | None = None

    def delivered(self, now: datetime) -> Pace:
        """The pace after one more delivery."""
        return Pace([*self._recent(now), now], now, self.arrived)

    def met(self, now: datetime) -> Pace:
        """The pace after an alert has come."""
        return Pace(self.sent, self.last, now)

    def free(self, policy: Policy, now: datetime) -> int:
        """How many deliveries the cap allows at once."""
        return max(policy.cap - len(self._recent(now)), 0) if policy.cap else 1_000_000

    def free_at(self, policy: Policy, now: datetime) -> datetime:
        """When the cap allows the next delivery; `now` if it does."""
        recent = self._recent(now)
        if not policy.cap or len(recent) < policy.cap:
            return now
        return recent[-policy.cap] + HOUR

    def full_until(self, policy: Policy) -> datetime | None:
        """Until when the deliveries of an hour were used up, which may be past; None if they were not."""
        return self.sent[-policy.cap] + HOUR if policy.cap and len(self.sent) >= policy.cap else None

    def rested_at(self, policy: Policy, now: datetime) -> datetime:
        """When the interval since the last delivery is over; `now` if it is, or there was none."""
        if self.last is None or self.last > now:  # a clock may be set back
            return now
        return max(self.last + policy.interval, now)

    def _recent(self, now: datetime) -> list[datetime]:
        return [moment for moment in self.sent if now - HOUR < moment <= now]
