"""Whatever servers and kills do: every alert is told at least once, in order, and what is told again is the same."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from made import alert
from tailrace.log.contract import Step, WorkerId
from tailrace.log.memory import MemoryLog
from tailrace.logs.mailer import Mailer
from tailrace.logs.records import Alert, Decision, Undelivered
from tailrace.model.batch import Batch
from tailrace.model.ports import Emits, Outlet
from tailrace.model.state import State
from tailrace.model.streamlet import Streamlet, timer
from tailrace.runtime.application import Application, Options
from tailrace.runtime.backoff import Backoff
from tailrace.runtime.lifecycle import WorkerState
from tailrace.testkit.kit import StreamletKit
from tailrace.testkit.planning import plan_of

CHILD = Path(__file__).parent / "told_process.py"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SOON, MINUTE = timedelta(seconds=2), timedelta(minutes=1)
DEADLINE = 30.0


@pytest.fixture
def server(mail_server: Any) -> Any:
    return mail_server


@pytest.fixture
def kit_of(server: Any, ends: ExitStack) -> Callable[..., StreamletKit]:
    given = {"outbox": "", "smtp": server.url, "to": ["ops@example.com"], "timeout": "500ms"}
    return lambda **more: ends.enter_context(StreamletKit(Mailer, given | more, now=NOON, exhaust=False))


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


ACTS = ["drop", "take and drop", "451 try later", "take and fall silent"]


@pytest.mark.parametrize("acts", [[act] for act in ACTS] + [ACTS])
def test_however_a_mail_server_fails_each_event_is_told_in_order_and_what_comes_twice_is_the_same(
    server: Any, kit_of: Callable[..., StreamletKit], acts: list[str]
) -> None:
    server.acts = list(acts)
    kit = kit_of()
    for state in ("open", "update", "resolved"):
        kit.send("alerts", [alert(state=state)])
        kit.advance(2 * MINUTE)
    assert [mail["X-Tailrace-Alert"].split("; ")[1] for mail in server.mails] == [
        "state=open",
        "state=update",
        "state=resolved",
    ]
    assert len({mail["Message-ID"] for mail in server.mails}) == 3
    assert len(server.taken) == 3 + sum(act.startswith("take and") for act in acts)


def test_one_who_is_greylisted_gets_the_mail_later_and_the_others_once(
    server: Any, kit_of: Callable[..., StreamletKit]
) -> None:
    server.greylisted = {"b@example.com"}
    kit = kit_of(to=["a@example.com", "b@example.com", "c@example.com"])
    kit.send("alerts", [alert()])
    kit.advance(SOON)
    kit.restart()
    kit.advance(SOON)
    assert [each.rcpt_tos for each in server.taken] == [["a@example.com", "c@example.com"], ["b@example.com"]]
    assert len(server.mails) == 1


def test_who_has_a_mail_does_not_get_it_again_though_the_mailer_is_killed_before_the_others_have_it(
    server: Any, kit_of: Callable[..., StreamletKit]
) -> None:
    server.greylisted = {"b@example.com"}
    kit = kit_of(to=["a@example.com", "b@example.com"])
    kit.send("alerts", [alert()])
    while not server.taken:
        kit.now += timedelta(milliseconds=250)
        kit.step()
    killed = kit.streamlet("streamlet")
    kit.crash()
    kit.advance(SOON)
    killed.stop()  # as the system does with a process: its connection is closed
    assert [each.rcpt_tos for each in server.taken] == [["a@example.com"], ["b@example.com"]]


def test_ten_thousand_alerts_in_a_minute_are_a_handful_of_mails(
    server: Any, kit_of: Callable[..., StreamletKit]
) -> None:
    kit = kit_of()
    for second in range(10):
        kit.send("alerts", [alert(f"{second}-{n}", app=f"app{n % 7}") for n in range(1000)])
        kit.advance(timedelta(seconds=6))
    kit.advance(2 * MINUTE)
    assert len(server.mails) <= 5
    told = [each.incident for each in kit.read("decisions", Decision) if each.outcome == "delivered"]
    assert sorted(told) == sorted(f"{second}-{n}" for second in range(10) for n in range(1000))


def test_what_the_cap_held_back_is_mailed_as_a_digest(server: Any, kit_of: Callable[..., StreamletKit]) -> None:
    kit = kit_of(cap=1)
    for name in "abc":
        kit.send("alerts", [alert(name)])
        kit.advance(2 * MINUTE)
    kit.advance(timedelta(hours=1))
    assert ["digest of 2" in mail["Subject"] for mail in server.mails] == [False, True]


def test_an_alert_that_cannot_be_put_into_words_holds_up_no_other(
    server: Any, kit_of: Callable[..., StreamletKit], monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = Mailer.compose

    def fragile(self: Mailer, alerts: Any, *, digest: bool) -> Any:
        if any(each.id == "bad" for each in alerts):
            raise ValueError("no words")
        return compose(self, alerts, digest=digest)

    monkeypatch.setattr(Mailer, "compose", fragile)
    kit = kit_of(interval="1s")
    kit.send("alerts", [alert(name) for name in ("a", "b", "bad", "c")])
    kit.advance(MINUTE)
    assert [each.incidents for each in kit.read("undelivered", Undelivered)] == [["bad"]]
    told = {each.incident for each in kit.read("decisions", Decision) if each.outcome == "delivered"}
    assert told == {"a", "b", "c"}


class Feed(Streamlet):
    """Opens three incidents."""

    alerts = Outlet(Alert)
    done = State(bool, default=False)

    @timer("10ms")
    def feed(self) -> Emits:
        if not self.done:
            self.done = True
            yield self.alerts([alert(name) for name in "abc"])


TWO = """
app: two
streamlets:
  feed: Feed
  mail: {class: tailrace.logs.mailer.Mailer, settings: {outbox: "", wait: 0s}}
  box: {class: tailrace.logs.mailer.Mailer, settings: {wait: 0s, interval: 0s}}
topics:
  alerts: {producers: [feed.alerts], consumers: [mail.alerts, box.alerts]}
"""


def test_a_receiver_that_is_down_delays_no_other_and_loses_nothing(server: Any, tmp_path: Path) -> None:
    server.stop()
    settings = {"mail": {"smtp": server.url}, "box": {"outbox": str(tmp_path)}}
    plan = plan_of(TWO, [Feed], settings)
    options = Options(backoff=Backoff(longest=timedelta(milliseconds=200)))
    with MemoryLog() as log, Application(plan, log, options) as application:
        until(lambda: list(tmp_path.glob("*.eml")))
        until(lambda: health(application)["mail"] is WorkerState.BACKING_OFF)
        feeder = log.open_worker(WorkerId("more"), [])
        more = Batch.of(Alert, [alert("later")]).arrow
        feeder.commit(Step(outputs=[(plan.topic("alerts").physical, 0, more)]), NOON)
        until(lambda: len(list(tmp_path.glob("*.eml"))) == 2)
        assert server.taken == []
        server.start()
        until(lambda: server.mails)
        assert health(application)["box"] is not WorkerState.BACKING_OFF


def health(application: Application) -> dict[str, WorkerState]:
    return {each.worker: each.state for each in application.health()}


def test_a_kill_while_mails_and_requests_are_on_their_way_loses_none_and_changes_none(
    server: Any, web_server: Any, tmp_path: Path
) -> None:
    """Killed while a request is unanswered, and while a mail is taken and not yet answered for."""
    count = 12

    def begin() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, str(CHILD), str(tmp_path), server.url, web_server.url, str(count)])

    server.acts = ["451 try later"] * 1000
    with begin() as child:
        web_server.at = {3: child.kill}
        child.wait(DEADLINE)
    server.acts = []
    with begin() as child:
        server.on_data = child.kill
        child.wait(DEADLINE)
    server.on_data = lambda: None
    with begin() as child:
        assert child.wait(DEADLINE) == 0
    distinct = list(dict.fromkeys(web_server.raw))
    assert [f'"id":"i{n:02d}"'.encode() in body for n, body in enumerate(distinct)] == [True] * count
    assert len(web_server.raw) > len(distinct)
    told = {part.split(";")[0] for mail in server.mails for part in mail.get_all("X-Tailrace-Alert")}
    assert told == {f"i{n:02d}" for n in range(count)}
    assert len({mail["Message-ID"] for mail in server.mails}) == len(server.mails)
    assert len(server.taken) > len(server.mails)
