"""The front door: what a test imports.

`StreamletKit` runs one streamlet, `Testkit` a whole pipeline; `Crashed` is what a worker dies of on request.
"""

from tailrace.testkit.faults import Crashed, FaultyLog
from tailrace.testkit.pipeline import START, Testkit
from tailrace.testkit.single import StreamletKit, single_plan

__all__ = ["START", "Crashed", "FaultyLog", "StreamletKit", "Testkit", "single_plan"]
