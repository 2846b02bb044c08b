"""The life of a worker, row by row."""

from __future__ import annotations

from itertools import product

import pytest

from tailrace.runtime.lifecycle import ENDS, TRANSITIONS, Moment, WorkerState, after

ALIVE = ("RUNNING", "IDLE", "HELD")
ROWS = {
    ("STARTING", "STARTED"): "RUNNING",
    ("BACKING_OFF", "RETRIED"): "STARTING",
    **{(state, "STEPPED"): "RUNNING" for state in ALIVE},
    **{(state, "WAITED"): "IDLE" for state in ALIVE},
    **{(state, "BLOCKED"): "HELD" for state in ALIVE},
    **{(state, "BROKE"): "BACKING_OFF" for state in (*ALIVE, "STARTING")},
    **{(state, "ENDED"): "STOPPED" for state in (*ALIVE, "STARTING", "BACKING_OFF")},
    **{(state, "GAVE_UP"): "FAILED" for state in (*ALIVE, "STARTING", "BACKING_OFF")},
    **{(state, "REPLACED"): "FENCED" for state in (*ALIVE, "STARTING", "BACKING_OFF")},
}


@pytest.mark.parametrize(("state", "moment"), ROWS, ids="-".join)
def test_a_moment_leads_to_the_next_state(state: str, moment: str) -> None:
    assert after(WorkerState[state], Moment[moment]) is WorkerState[ROWS[state, moment]]


def test_all_other_moments_are_impossible() -> None:
    impossible = [
        (state, moment) for state, moment in product(WorkerState, Moment) if (state.name, moment.name) not in ROWS
    ]

    for state, moment in impossible:
        with pytest.raises(KeyError):
            after(state, moment)
    assert len(impossible) + len(ROWS) == len(WorkerState) * len(Moment)


def test_no_state_that_ends_is_ever_left() -> None:
    assert not [state for state, _ in TRANSITIONS if state in ENDS]
