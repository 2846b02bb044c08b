"""A process for other tests to kill: a door that counts up, and two copiers; it says what has been committed.

Usage: python copying_process.py DATABASE SEED
"""

from __future__ import annotations

import os
import random
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from tailrace.log.contract import Bounds, Step, TopicPartition, TopicSpec, WorkerId
from tailrace.log.sqlite import SqliteLog

SCHEMA = pa.schema([("n", pa.int64())])
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def say(text: str) -> None:
    os.write(1, (text + "\n").encode())  # one write a line: threads do not mix, and nothing waits in a buffer


def door(log: SqliteLog, replica: int, dice: random.Random) -> None:
    """Append the numbers from 0 on; the state says how many."""
    seat = log.open_worker(WorkerId("door", replica), [])
    while True:
        start = int(seat.state.get("made", b"0"))
        end = start + dice.choice([1, 3, 50, 3000])
        batch = pa.RecordBatch.from_pydict({"n": range(start, end)}, schema=SCHEMA)
        seat.commit(Step(outputs=[("in", replica, batch)], state={"made": b"%d" % end}), NOW)
        say(f"in {replica} {end}")


def copier(log: SqliteLog, replica: int, dice: random.Random) -> None:
    """Copy what comes; the state says how many, and their sum."""
    source = TopicPartition("in", replica)
    seat = log.open_worker(WorkerId("copier", replica), [source])
    while True:
        slice_ = seat.read(source, seat.positions[source], Bounds(dice.choice([1, 10, 5000])))
        if slice_ is None:
            seat.wait(0.1)
            continue
        copied = int(seat.state.get("copied", b"0")) + slice_.batch.num_rows
        state = {"copied": b"%d" % copied, "last": b"%d" % slice_.next}
        seat.commit(Step({source: slice_.next}, [("out", replica, slice_.batch)], state), NOW)
        say(f"out {replica} {copied}")


def main() -> None:
    """Work until killed."""
    log = SqliteLog(Path(sys.argv[1]))
    log.create_topics([TopicSpec("in", 2, SCHEMA, "f"), TopicSpec("out", 2, SCHEMA, "f")])
    for replica in (0, 1):
        for work in (door, copier):
            dice = random.Random(f"{sys.argv[2]} {replica} {work.__name__}")
            threading.Thread(target=work, args=(log, replica, dice)).start()


if __name__ == "__main__":
    main()
