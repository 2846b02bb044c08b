"""What the generator knows of its files is what comes out of reading them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tailrace.logs.ingest import FileIngestor
from tailrace.logs.source import DirectorySource
from tailrace.testkit.kit import StreamletKit

COMMAND = [sys.executable, "-m", "tailrace.cli.main"]
FORMATS = ["logback", "log4j", "json", "common", "combined"]


def read(place: Path) -> tuple[Counter[str], int]:
    """Read the files; lines by level and the number of records."""
    source = StreamletKit(DirectorySource, {"paths": [str(place)]})
    source.run()
    ingest = StreamletKit(FileIngestor, {"chunk": "37KiB"})
    ingest.send("notifications", source.read("notifications"))
    ingest.run()
    sums: Counter[str] = Counter()
    for each in ingest.read("volumes"):
        sums[each.level] += each.lines
    return sums, len(ingest.read("records"))


@pytest.mark.parametrize("form", FORMATS)
def test_levels_and_records_are_those_that_were_generated(tmp_path, form):
    arguments = ["generate", str(tmp_path / "logs"), "--format", form, "--count", "4000", "--json", "--app", "a"]
    arguments += ["--app", "b", "--every", "20s", *(["--stack-traces", "0.5"] if form in ("logback", "log4j") else [])]
    done = subprocess.run(COMMAND + arguments, capture_output=True, text=True, check=True)
    truth: Counter[str] = Counter()
    for line in done.stdout.splitlines():
        truth.update(json.loads(line).get("by_level", {}))
    sums, records = read(tmp_path / "logs")
    assert {level: n for level, n in sums.items() if n} == {level: n for level, n in truth.items() if n}
    assert records == truth["WARN"] + truth["ERROR"]
