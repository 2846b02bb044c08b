"""A source and an ingestor in a process of their own, to be killed. Not a test: see test_rotating.py.

    rotating_reader.py DATABASE DIRECTORY

reads until it is killed; says `ready` when it has begun.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tailrace.log.sqlite import SqliteLog
from tailrace.runtime.application import Application
from tailrace.testkit.planning import plan_of

BLUEPRINT = """
app: tail
streamlets:
  source: tailrace.logs.source.DirectorySource
  ingest: {class: tailrace.logs.ingest.FileIngestor, settings: {pause: 100ms}}
topics:
  notifications: {producers: [source.notifications], consumers: [ingest.notifications]}
  records: {producers: [ingest.records]}
  volumes: {producers: [ingest.volumes]}
"""

if __name__ == "__main__":
    plan = plan_of(BLUEPRINT, (), {"source": {"paths": [sys.argv[2]]}})
    with SqliteLog(Path(sys.argv[1])) as log, Application(plan, log):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        threading.Event().wait()
