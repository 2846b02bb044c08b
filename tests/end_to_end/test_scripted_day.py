"""A day that was written by a script, and what had to be told of it: the incidents stand here as data.

Two applications live through a quiet night, two bursts, an error never seen before, an outage with what comes before
and after it, and a recovery. Each expectation says when an incident has to open at the latest and at the earliest, how
high it gets, and when it is over.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

DAY = datetime(2026, 1, 5, tzinfo=UTC)
RULES = """
rules:
  - name: burst
    when: errors > 10 in 30s
    severity: error
  - name: slow burn
    when: errors >= 40 in 15m
    where: app = 'orders'
  - name: failing
    when: errors > 60% of lines in 5m, at least 50 lines
    severity: critical
  - name: novelty
    when: new fingerprint after 1h
    where: level = 'ERROR'
  - name: silent
    when: silence of 10m
    where: app = 'orders'
inhibit: []
"""


@dataclass(frozen=True)
class Expected:
    """An incident: times of day; `peak` and `over` from the least to the most that will do."""

    rule: str
    app: str
    opens: tuple[str, str]
    peak: tuple[float, float]
    over: tuple[str, str]


# What the script below writes, and so what has to be told. A payment is refused every half hour, so the messages of
# the night are known by the time that one counts. Windows begin at multiples of a sixth of their length, and trouble is
# found to a third of that: hence the spans of time.
EXPECTED = [
    # 24 errors, one every half second, and the payment of three o'clock: the eleventh comes at 03:00:04.5 or 5.
    Expected("burst", "orders", ("03:00:04", "03:00:10"), (25, 25), ("03:00:10", "03:00:45")),
    # They are of a kind never seen before.
    Expected("novelty", "orders", ("03:00:00", "03:00:10"), (1, 1), ("03:00:00", "03:01:30")),
    # Two a minute from 07:00 to 08:00 are 30 in a quarter of an hour, and four a minute of billing from 10:00 to 10:30
    # are nobody's slow burn: both are quiet for all rules.
    # Four a minute from 12:00 to 12:40, and the payment of noon: the fortieth comes at 12:09:30.
    Expected("slow burn", "orders", ("12:09:30", "12:10:30"), (61, 61), ("12:40:00", "12:55:00")),
    # One error of a kind never seen before.
    Expected("novelty", "billing", ("14:30:00", "14:30:10"), (1, 1), ("14:30:00", "14:31:30")),
    # The outage: an error every second for ten minutes, then nothing at all for 25.
    Expected("burst", "orders", ("16:00:09", "16:00:15"), (30, 31), ("16:09:30", "16:10:30")),
    Expected("novelty", "orders", ("16:00:00", "16:00:10"), (1, 1), ("16:00:00", "16:01:30")),
    Expected("slow burn", "orders", ("16:00:38", "16:01:30"), (601, 601), ("16:10:00", "16:25:00")),
    Expected("failing", "orders", ("16:00:30", "16:01:10"), (80, 90), ("16:08:00", "16:15:00")),
    Expected("silent", "orders", ("16:19:59", "16:20:05"), (1500, 1501), ("16:34:59", "16:45:00")),
    # The recovery: lines come again at 16:35, with a burst of 15 errors in five seconds.
    Expected("burst", "orders", ("16:35:03", "16:35:10"), (15, 15), ("16:35:04", "16:35:45")),
]


def at(clock: str, second: float = 0) -> datetime:
    hour, minute, *rest = map(int, clock.split(":"))
    return DAY + timedelta(hours=hour, minutes=minute, seconds=(rest or [0])[0] + second)


def lines_of_orders(random: random.Random) -> Iterator[tuple[datetime, str, str]]:
    for second in range(0, 86_400, 5):
        moment = DAY + timedelta(seconds=second, microseconds=random.randrange(10**6))
        if at("16:10") <= moment < at("16:35") or moment.date() != DAY.date():
            continue
        yield moment, "INFO", f"order {random.randrange(10**6)} accepted in {random.randrange(900)} ms"
        if random.random() < 0.05:
            yield moment, "WARN", f"stock of item {random.randrange(10**4)} is low"
        if second % 1800 == 0:
            yield moment, "ERROR", f"payment {random.randrange(10**6)} was refused"
    for index in range(24):
        yield at("03:00", index / 2), "ERROR", f"connection to 10.0.0.{index} refused"
    for start, end, each in (("07:00", "08:00", 30), ("12:00", "12:40", 15)):
        for second in range(0, int((at(end) - at(start)).total_seconds()), each):
            yield at(start, second), "ERROR", f"payment {random.randrange(10**6)} was refused"
    for second in range(600):
        yield at("16:00", second), "ERROR", f"database answered nothing for {second} s"
    for index in range(15):
        yield at("16:35", index / 3), "ERROR", f"payment {random.randrange(10**6)} was refused"


def lines_of_billing(random: random.Random) -> Iterator[tuple[datetime, str, str]]:
    for second in range(0, 86_400, 9):
        moment = DAY + timedelta(seconds=second, microseconds=random.randrange(10**6))
        yield moment, "INFO", f"invoice {random.randrange(10**6)} written"
        if second % 3600 == 0:
            yield moment, "ERROR", f"invoice {random.randrange(10**6)} has no address"
    for second in range(0, 1800, 15):
        yield at("10:00", second), "ERROR", f"invoice {random.randrange(10**6)} has no address"
    yield at("14:30"), "ERROR", "certificate of the tax office has expired"


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The logs of the day, and the rules beside them."""
    place = tmp_path_factory.mktemp("day")
    (place / "logs").mkdir()
    for app, script in (("orders", lines_of_orders), ("billing", lines_of_billing)):
        written = sorted(script(random.Random(app)))
        text = "".join(
            f"{moment:%Y-%m-%d %H:%M:%S},{moment.microsecond // 1000:03d} {level:<5} [main] org.example.App: {said}\n"
            for moment, level, said in written
        )
        (place / "logs" / f"{app}.log").write_text(text)
    (place / "rules.yaml").write_text(RULES)
    return place


def same(expected: Expected, found: dict[str, Any]) -> bool:
    """Whether an incident that was found is the one that was expected."""
    opened, resolved = (datetime.fromisoformat(found[name]) for name in ("opened", "resolved"))
    return (
        (expected.rule, expected.app) == (found["name"], found["app"])
        and at(expected.opens[0]) <= opened <= at(expected.opens[1])
        and expected.peak[0] <= found["peak"] <= expected.peak[1]
        and at(expected.over[0]) <= resolved <= at(expected.over[1])
    )


def test_rules_test_finds_the_incidents_of_the_day_and_no_others(
    day: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tailrace.cli.main import main

    monkeypatch.setattr("sys.argv", ["tailrace", "rules", "test", str(day / "rules.yaml"), str(day / "logs"), "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code == 0, said.err
    found = [incident for rule in json.loads(said.out)["rules"] for incident in rule["incidents"]]
    told = [(each["name"], each["app"], each["opened"], each["resolved"], each["peak"]) for each in found]
    missing = [each for each in EXPECTED if not any(same(each, one) for one in found)]
    more = [one for one, each in zip(told, found, strict=True) if not any(same(e, each) for e in EXPECTED)]
    assert (missing, more) == ([], [])
    assert len(found) == len(EXPECTED)


def test_watching_the_day_once_mails_the_same_incidents(
    day: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tailrace.cli.main import main

    monkeypatch.chdir(day)
    asked = ["tailrace", "watch", "logs", "--once", "--rules", "rules.yaml", "--outbox", "outbox", "--quiet"]
    monkeypatch.setattr("sys.argv", asked)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0, capsys.readouterr().err
    mails = [message_from_bytes(path.read_bytes()) for path in (day / "outbox").glob("*.eml")]
    told = [line for mail in mails for line in mail.get_all("X-Tailrace-Alert")]
    assert Counter(line.partition("app=")[2].partition(";")[0] for line in told) == Counter(
        each.app for each in EXPECTED
    )
    text = "".join(str(part.get_payload(decode=True), "utf-8") for mail in mails for part in mail.get_payload()[:1])
    assert all(each.rule in text for each in EXPECTED)
