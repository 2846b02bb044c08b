"""However often the process is killed, everything is there in the end, and nothing twice."""

from __future__ import annotations

import random
import signal
import subprocess
from collections import Counter

import pytest

KILLS = 5


def arguments(place, name: str) -> list[str]:
    return [
        "run", "alerts", "--until-idle", "--quiet", "--db", f"{name}.db",
        "--set", f"source.paths={place.logs}", "--set", "ingest.chunk=48KiB", "--set", f"mailer.outbox={name}",
    ]  # fmt: skip


def mailed(place, name: str) -> Counter[str]:
    """How many mails tell that each incident is open. How often it is told of as it grows depends on the pace."""
    told = [each.split("; ") for mail in place.mails(name) for each in mail.get_all("X-Tailrace-Alert", [])]
    return Counter(incident for incident, state, *_ in told if state == "state=open")


@pytest.mark.parametrize("seed", [1])
def test_killed_at_random_moments_the_job_ends_as_if_nothing_had_been(place, left_in, seed):
    place.run(
        "generate", str(place.logs), "--count", "12000", "--app", "orders", "--app", "billing", "--errors", "0-0.002",
        "--burst", "10s every 60s x300", "--stack-traces", "0.5", "--messages", "phrases", "--every", "20s",
    )  # fmt: skip
    done = place.run(*arguments(place, "undisturbed"))
    assert done.returncode == 0, done.stderr

    dice = random.Random(seed)
    died = 0
    for _ in range(KILLS):
        process = place.start(*arguments(place, "killed"))
        try:
            process.communicate(timeout=dice.uniform(0.5, 2.2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            died += 1
    done = place.run(*arguments(place, "killed"))
    assert done.returncode == 0, done.stderr
    assert died

    expected, found = left_in(place.path / "undisturbed.db"), left_in(place.path / "killed.db")
    assert sum(expected.volumes.values()) == 24_000
    assert found.volumes == expected.volumes
    assert found.records == expected.records
    assert len(expected.opened) >= 2
    assert found.opened == expected.opened
    assert max(found.opened.values()) == 1
    assert mailed(place, "killed") == mailed(place, "undisturbed")
    assert set(mailed(place, "killed").values()) == {1}
