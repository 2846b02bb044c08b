"""From emitted batches to a step's outputs: which topic, which partition."""

from __future__ import annotations

import pyarrow as pa

from tailrace.blueprint.plan import Plan, StreamletPlan, TopicPlan
from tailrace.model.ports import Emit
from tailrace.runtime.routing import round_robin, split_by_key

Output = tuple[str, int, pa.RecordBatch]
"""Physical topic, partition, records."""


class Outbound:
    """The routes of one worker's outlets. Records of an outlet that leads nowhere are dropped, as the plan allows."""

    def __init__(self, part: StreamletPlan, plan: Plan) -> None:
        spec = part.streamlet_class.spec
        self._topics: dict[str, TopicPlan] = {outlet: plan.topic(topic) for outlet, topic in part.outlets.items()}
        self._keys = {
            producer.outlet: producer.key
            for topic in self._topics.values()
            for producer in topic.producers
            if producer.streamlet == part.name
        }
        self._turns = dict.fromkeys(spec.outlets, 0)

    @property
    def topics(self) -> set[str]:
        """The physical names of all topics this worker writes."""
        return {topic.physical for topic in self._topics.values()}

    def route(self, emit: Emit) -> list[Output]:
        """The outputs of one emitted batch; its order is kept within each partition."""
        topic = self._topics.get(emit.outlet)
        if topic is None or not len(emit.batch):
            return []
        key = self._keys.get(emit.outlet)
        if key is None:
            self._turns[emit.outlet] += 1
            return [(topic.physical, round_robin(self._turns[emit.outlet] - 1, topic.partitions), emit.batch.arrow)]
        return [(topic.physical, p, part) for p, part in split_by_key(emit.batch.arrow, key, topic.partitions)]
