"""From emitted batches to a step's outputs: which topic, which partition."""

from __future__ import annotations

import pyarrow as pa

from tailrace.blueprint.plan import Plan, StreamletPlan, TopicPlan
from tailrace.model.errors import TailraceError
from tailrace.model.ports import Emit
from tailrace.runtime.routing import round_robin, split_by_key

Output = tuple[str, int, pa.RecordBatch]
"""Physical topic, partition, records."""


class Outbound:
    """The routes of one worker's outlets. Records of an outlet that leads nowhere are dropped, as the plan allows."""

    def __init__(self, part: StreamletPlan, plan: Plan) -> None:
        self._name = part.name
        self._topics: dict[str, TopicPlan] = {outlet: plan.topic(topic) for outlet, topic in part.outlets.items()}
        self._keys = {
            producer.outlet: producer.key
            for topic in self._topics.values()
            for producer in topic.producers
            if producer.streamlet == part.name
        }
        self._turns = dict.fromkeys(part.streamlet_class.spec.outlets, 0)

    def route(self, emitted: object) -> list[Output]:
        """The outputs of one emitted batch; its order is kept within each partition.

        Raises TailraceError for anything that no outlet of this streamlet has made.
        """
        if not isinstance(emitted, Emit) or emitted.outlet not in self._turns:
            raise self._stranger(emitted)
        topic = self._topics.get(emitted.outlet)
        if topic is None or not len(emitted.batch):
            return []
        key = self._keys.get(emitted.outlet)
        if key is None:
            self._turns[emitted.outlet] += 1
            partition = round_robin(self._turns[emitted.outlet] - 1, topic.partitions)
            return [(topic.physical, partition, emitted.batch.arrow)]
        return [(topic.physical, p, part) for p, part in split_by_key(emitted.batch.arrow, key, topic.partitions)]

    def _stranger(self, emitted: object) -> TailraceError:
        kind = type(emitted).__name__
        what = f"through the outlet {emitted.outlet!r}" if isinstance(emitted, Emit) else f"a value of type {kind}"
        names = ", ".join(self._turns) or "none"
        return TailraceError(
            f"{self._name} emitted {what}, but what it emits goes through its own outlets, which are: {names}",
            hint="write `yield self.outlet(records)`",
        )
