"""The life of a worker, as a table: which moment leads from which state to which."""

from __future__ import annotations

from enum import Enum
from typing import Final


class WorkerState(Enum):
    """Where a worker stands."""

    STARTING = "starting"
    RUNNING = "running"
    IDLE = "idle"
    HELD = "held"
    BACKING_OFF = "backing off"
    STOPPED = "stopped"
    FAILED = "failed"
    FENCED = "fenced"


class Moment(Enum):
    """What can happen to a worker."""

    STARTED = "the streamlet is made and its state restored"
    STEPPED = "a step was committed"
    WAITED = "there was nothing to do"
    BLOCKED = "a consumer of its output is too far behind"
    BROKE = "a step failed"
    RETRIED = "the pause after a failure is over"
    ENDED = "it was asked to stop"
    GAVE_UP = "it failed too often in a row"
    REPLACED = "another worker has taken its place"


_S, _M = WorkerState, Moment
_ALIVE: Final = (_S.RUNNING, _S.IDLE, _S.HELD)
TRANSITIONS: Final[dict[tuple[WorkerState, Moment], WorkerState]] = {
    (_S.STARTING, _M.STARTED): _S.RUNNING,
    (_S.BACKING_OFF, _M.RETRIED): _S.STARTING,
    **{(state, _M.STEPPED): _S.RUNNING for state in _ALIVE},
    **{(state, _M.WAITED): _S.IDLE for state in _ALIVE},
    **{(state, _M.BLOCKED): _S.HELD for state in _ALIVE},
    **{(state, _M.BROKE): _S.BACKING_OFF for state in (_S.STARTING, *_ALIVE)},
    **{(state, _M.ENDED): _S.STOPPED for state in (_S.STARTING, *_ALIVE, _S.BACKING_OFF)},
    **{(state, _M.GAVE_UP): _S.FAILED for state in (_S.STARTING, *_ALIVE, _S.BACKING_OFF)},
    **{(state, _M.REPLACED): _S.FENCED for state in (_S.STARTING, *_ALIVE, _S.BACKING_OFF)},
}
ENDS: Final = frozenset({_S.STOPPED, _S.FAILED, _S.FENCED})
"""States that a worker never leaves."""


def after(state: WorkerState, moment: Moment) -> WorkerState:
    """The state that follows. Raises KeyError for a moment that cannot happen in this state."""
    return TRANSITIONS[state, moment]
