"""What a worker counts: records per port, errors, steps and their time; shown to people and scraped by Prometheus.

Each worker owns its figures and is the only one to write them; a reader may see a step half counted, never a torn
number.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

STEP_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the step time histogram, in seconds."""


@dataclass
class WorkerMetrics:
    """The figures of one worker since it was made; they only grow, but for `lag` and `up`."""

    streamlet: str
    replica: int
    records_in: Counter[str] = field(default_factory=Counter)
    """Records consumed, by inlet."""
    records_out: Counter[str] = field(default_factory=Counter)
    """Records produced, by outlet."""
    tallies: Counter[str] = field(default_factory=Counter)
    """What the streamlet itself counted, by its own names."""
    lag: dict[str, int] = field(default_factory=dict)
    """Records not yet consumed, by inlet, as of the last time that somebody asked."""
    up: bool = False
    """Whether it works, or waits for work; not while it pauses after a failure, nor when it has ended."""
    steps: int = 0
    """Steps committed, checkpoints included."""
    errors: int = 0
    """Attempts that failed, of whoever's fault."""
    restarts: int = 0
    """Times that it went on after a pause."""
    errors_in: Counter[str] = field(default_factory=Counter)
    """Failed attempts at records, by the inlets that they had come in by."""
    dead: int = 0
    """Records set aside."""
    step_seconds: float = 0.0
    step_buckets: list[int] = field(default_factory=lambda: [0] * len(STEP_BUCKETS))

    def observe_step(self, seconds: float) -> None:
        """Count one committed step and the time it took."""
        self.steps += 1
        self.step_seconds += seconds
        for place, bound in enumerate(STEP_BUCKETS):
            if seconds <= bound:
                self.step_buckets[place] += 1
