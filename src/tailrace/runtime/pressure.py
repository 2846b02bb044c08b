"""Backpressure: a producer waits while those who read its output are too far behind."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from tailrace.blueprint.plan import Plan, StreamletPlan
from tailrace.log.contract import Backlog, Log
from tailrace.runtime.inbound import Limits


class Pressure:
    """Watches the consumers of one streamlet's output.

    Consumers that lead back to the streamlet are not heeded: in a cycle, everybody would wait for everybody. Neither
    are those that do not run, nor strangers to the plan: they would never catch up. `running` names the streamlets that
    run, or will; None: all that have a seat at the log.
    """

    def __init__(
        self, part: StreamletPlan, plan: Plan, log: Log, limits: Limits, running: AbstractSet[str] | None = None
    ) -> None:
        self._log = log
        self._limits = limits
        self._all_come = running is not None
        self._heeded: dict[str, frozenset[str]] = {}
        for name in part.outlets.values():
            topic = plan.topic(name)
            heeded = {each.streamlet for each in topic.consumers if running is None or each.streamlet in running}
            heeded -= {each for each in heeded if part.name in downstream(plan, each)}
            if heeded:
                self._heeded[topic.physical] = frozenset(heeded)

    def held(self) -> bool:
        """Whether a consumer is further behind than the limits allow."""
        return any(self._behind(topic, heeded) for topic, heeded in self._heeded.items())

    def _behind(self, topic: str, heeded: frozenset[str]) -> bool:
        lags = self._log.lag(topic)
        if self._all_come and not heeded <= lags.keys():  # one has not taken its seat yet, and will read from the start
            unread = sum(ends.next - ends.first for ends in self._log.ends(topic).values())
            if unread > self._limits.backlog_records:
                return True
        return any(self._too_much(lags[consumer]) for consumer in heeded & lags.keys())

    def _too_much(self, behind: Backlog) -> bool:
        return behind.records > self._limits.backlog_records or behind.bytes > self._limits.backlog_bytes


def downstream(plan: Plan, name: str) -> set[str]:
    """The streamlet and all that its output reaches."""
    reached: set[str] = set()
    ahead = [name]
    while ahead:
        here = ahead.pop()
        if here not in reached:
            reached.add(here)
            topics = plan.streamlet(here).outlets.values()
            ahead.extend(each.streamlet for topic in topics for each in plan.topic(topic).consumers)
    return reached
