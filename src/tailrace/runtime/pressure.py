"""Backpressure: a producer waits while those who read its output are too far behind."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from tailrace.blueprint.plan import Plan, StreamletPlan
from tailrace.log.contract import Log
from tailrace.runtime.inbound import Limits


class Pressure:
    """Watches the consumers of one streamlet's output.

    Consumers that lead back to the streamlet are not heeded: in a cycle, everybody would wait for everybody. Neither
    are those that do not run (`running`; None: all do), nor strangers to the plan: they would never catch up.
    """

    def __init__(
        self, part: StreamletPlan, plan: Plan, log: Log, limits: Limits, running: AbstractSet[str] | None = None
    ) -> None:
        self._log = log
        self._limits = limits
        self._heeded: dict[str, frozenset[str]] = {}
        for name in part.outlets.values():
            topic = plan.topic(name)
            heeded = {each.streamlet for each in topic.consumers if running is None or each.streamlet in running}
            heeded -= {each for each in heeded if part.name in downstream(plan, each)}
            if heeded:
                self._heeded[topic.physical] = frozenset(heeded)

    def held(self) -> bool:
        """Whether a consumer is further behind than the limits allow."""
        most_records, most_bytes = self._limits.backlog_records, self._limits.backlog_bytes
        return any(
            consumer in heeded and (behind.records > most_records or behind.bytes > most_bytes)
            for topic, heeded in self._heeded.items()
            for consumer, behind in self._log.lag(topic).items()
        )


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
