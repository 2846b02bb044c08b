"""What people ask of alerting from the command line, and the story that it tells."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tailrace.connect.commands_file import append, commands_path, read_from
from tailrace.logs.incidents.orders import read_command, write_command
from tailrace.logs.records import Command, Decision


def written(path: Path) -> list[Command]:
    return [read_command(line) for line in read_from(commands_path(path), 0).lines]


@pytest.fixture
def incidents(database: Any, records: Any) -> Any:
    """An open incident a100, one b200 that is resolved, and c300 that nobody was told of."""
    noon = records.noon
    database.append(
        "shop.alerts",
        [
            records.alert("a100", "open", errors=14),
            records.alert("b200", "open", app="billing"),
            records.alert("b200", "resolved", app="billing", at=noon + timedelta(minutes=2)),
        ],
    )
    database.append(
        "shop.decisions",
        [
            decision(0, "told", "told: orders: 14 errors in 30s"),
            decision(1, "delivered", "to ops@example.com", by="mailer", receiver="ops"),
            *(decision(60 * n, "held", f"not told: {14 + n} errors are less than twice the 14") for n in range(1, 4)),
            decision(0, "muted", "not told: slow; silenced by ann", incident="c300"),
        ],
    )
    return database


def decision(second: int, outcome: str, reason: str, *, incident: str = "a100", **more: Any) -> Decision:
    at = datetime(2026, 1, 5, 12, tzinfo=UTC) + timedelta(seconds=second)
    return Decision(incident, at, **({"by": "alerter", "outcome": outcome, "reason": reason} | more))


@pytest.fixture
def stopped(incidents: Any) -> Path:
    """The database after its application has stopped."""
    incidents.close()
    return incidents.path


def test_what_is_asked_while_nothing_runs_takes_effect_later(tailrace, stopped):
    done = tailrace("alerts", "--db", stopped, "acknowledge", "a1", "--who", "ann", "--reason", "looking")
    assert (done.code, done.out) == (
        0,
        "acknowledged a100 (orders: errors > 10 in 30s); told again at 10 times as bad, and when it is resolved\n",
    )
    assert "this takes effect when `tailrace watch` is started again" in done.err
    (command,) = written(stopped)
    assert (command.do, command.incident, command.who, command.reason) == ("acknowledge", "a100", "ann", "looking")


def test_who_asks_is_the_login_name_unless_told(tailrace, stopped, monkeypatch):
    monkeypatch.setenv("LOGNAME", "bob")
    tailrace("alerts", "resolve", "a100", "--db", stopped)
    assert [(each.do, each.who) for each in written(stopped)] == [("resolve", "bob")]


class Application:
    """Reads commands, as one at work does, and passes them on to the topic of commands."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def _read(self) -> None:
        offset = 0
        while not self._done.wait(0.01):
            found = read_from(commands_path(self._database.path), offset)
            offset = found.next
            if found.lines:
                self._database.append("shop.commands", map(read_command, found.lines))

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def test_what_is_asked_of_a_running_application_is_seen_to_be_taken_up(tailrace, incidents):
    incidents.create("shop.commands", Command)
    with Application(incidents):
        done = tailrace("alerts", "acknowledge", "a100", "--db", incidents.path)
    assert (done.code, done.err) == (0, "")


def test_an_application_that_reads_no_commands_is_not_asked(tailrace, incidents):
    done = tailrace("alerts", "acknowledge", "a100", "--db", incidents.path)
    assert (done.code, done.out) == (1, "")
    assert "reads no commands" in done.err
    assert written(incidents.path) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["acknowledge", "zz"], "there is no alert 'zz'"),
        (["acknowledge", "b2"], "b200 was resolved at 2026-01-05 12:02:00 UTC"),
        (["acknowledge", "c3"], "nobody was told of c300"),
        (["resolve", "a1", "--reason", "x" * 1001], "a text of 1,001 characters is too long"),
        (["silence", "--for", "1h", "--reason", "x"], "this would silence everything"),
        (["silence", "--app", "a", "--reason", "x"], "a silence needs an end"),
        (["silence", "--app", "a", "--for", "1h", "--until", "-1h", "--reason", "x"], "a silence needs an end"),
        (["silence", "--app", "a", "--for", "soon", "--reason", "x"], "--for: 'soon' is not a duration"),
        (["silence", "--app", "a", "--until", "soon", "--reason", "x"], "--until: 'soon' is no time"),
        (["silence", "--app", "a", "--until", "2020-01-01", "--reason", "x"], "nothing would be silenced"),
        (["silence", "--app", "a", "--for", "9999999d", "--reason", "x"], "longer than"),
        (["silence", "--pattern", "(", "--for", "1h", "--reason", "x"], "cannot be understood: unclosed group"),
        (["silence", "--app", "a", "--for", "1h"], "missing option '--reason'"),
        (["unsilence", "zz"], "there is no silence 'zz'"),
        (["explain", "zz"], "there is no alert 'zz'"),
    ],
)
def test_what_is_asked_wrongly_is_told_and_not_written(tailrace, stopped, arguments, said):
    done = tailrace("alerts", *arguments, "--db", stopped)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert written(stopped) == []


def test_a_silence_says_what_it_takes_and_is_listed_until_it_is_ended(tailrace, stopped):
    made = tailrace(
        "alerts", "silence", "--app", "ord*", "--rule", "errors*", "--for", "2h", "--reason", "deploy", "--db", stopped
    )
    (command,) = written(stopped)
    assert command.until is not None
    assert command.until - command.at < timedelta(hours=2, seconds=1)
    assert made.out.splitlines() == [
        f"silenced app ord*, rule errors* until {command.until:%Y-%m-%d %H:%M:%S}: {command.id}",
        f"1 open alert it takes now; tailrace alerts unsilence {command.id} ends it",
    ]
    listed = tailrace("alerts", "silences", "--db", stopped).out.splitlines()
    assert listed[1].split()[0] == command.id
    assert tailrace("alerts", "unsilence", command.id[:4], "--db", stopped).code == 0
    assert tailrace("alerts", "silences", "--db", stopped).out == "nothing is silenced\n"


def test_a_time_of_day_that_has_passed_is_tomorrows(tailrace, stopped):
    tailrace("alerts", "silence", "--app", "a", "--until", "00:00", "--reason", "night", "--db", stopped)
    (command,) = written(stopped)
    assert command.until is not None
    assert timedelta() < command.until - command.at <= timedelta(days=1)


def silenced(path: Path, **more: Any) -> None:
    now = datetime.now(UTC)
    fields = {"app": "orders", "until": now + timedelta(hours=1)} | more
    append(commands_path(path), write_command(Command("s1", now, "silence", "ann", "deploy", **fields)))


def test_alerts_tell_who_acknowledged_and_who_silenced(tailrace, stopped):
    silenced(stopped)
    tailrace("alerts", "acknowledge", "a100", "--who", "bob", "--reason", "mine", "--db", stopped)
    lines = tailrace("alerts", "--db", stopped).out.splitlines()
    assert lines[2].startswith("          acknowledged by bob at ")
    assert lines[2].endswith(": mine")
    assert lines[3].startswith("          silenced by ann until ")
    (said,) = map(json.loads, tailrace("alerts", "--open", "--json", "--db", stopped).out.splitlines())
    assert (said["acknowledged"]["who"], said["silence"]["reason"]) == ("bob", "deploy")


def test_an_acknowledgement_is_over_when_the_alert_was_told_again(tailrace, incidents):
    early = Command("c1", datetime(2026, 1, 5, 11, tzinfo=UTC), "acknowledge", "bob", incident="a100")
    append(commands_path(incidents.path), write_command(early))
    assert "acknowledged" not in tailrace("alerts", "--db", incidents.path).out


def test_those_that_nobody_was_told_of_are_counted_and_listed(tailrace, incidents):
    last = tailrace("alerts", "--db", incidents.path).out.splitlines()[-1]
    assert last == "1 open, 1 past; 1 other that nobody was told of: tailrace alerts --untold"
    assert tailrace("alerts", "--untold", "--db", incidents.path).out.splitlines() == [
        "c300  2026-01-05 12:00:00 UTC",
        "          not told: slow; silenced by ann",
    ]


def test_the_story_of_an_alert_is_told_in_order_and_sums_up(tailrace, incidents):
    lines = tailrace("alerts", "explain", "a1", "--db", incidents.path).out.splitlines()
    assert lines[0] == "OPEN      orders  errors > 10 in 30s came to 14  a100"
    start = lines.index("2026-01-05")
    assert lines[start + 1 :] == [
        "  12:00:00  alerter     told: orders: 14 errors in 30s",
        "  12:00:01  mailer ops  to ops@example.com",
        "  12:03:00  alerter     not told: 17 errors are less than twice the 14",
        "                        and 2 times before, since 12:01:00",
        "",
        "told 1 time, delivered by ops (1), held 3",
    ]


def test_the_story_of_one_that_nobody_was_told_of_says_why(tailrace, incidents):
    out = tailrace("alerts", "explain", "c3", "--db", incidents.path).out
    assert out.startswith("c300  was told to nobody\n")
    assert "not told: slow; silenced by ann" in out
    assert out.endswith("told 0 times, muted 1\n")


def test_what_was_asked_and_not_done_yet_is_part_of_the_story(tailrace, stopped):
    tailrace("alerts", "acknowledge", "a100", "--who", "bob", "--db", stopped)
    out = tailrace("alerts", "explain", "a100", "--db", stopped).out
    assert "bob         acknowledges it; not taken up yet" in out


def test_the_story_comes_as_json_too(tailrace, incidents):
    lines = tailrace("alerts", "explain", "a1", "--json", "--db", incidents.path).out.splitlines()
    assert [json.loads(line)["outcome"] for line in lines] == ["told", "delivered", "held", "held", "held"]


def test_an_alert_of_before_decisions_were_recorded_says_so(tailrace, database, records):
    database.append("shop.alerts", [records.alert("a100")])
    assert "nothing was recorded" in tailrace("alerts", "explain", "a100", "--db", database.path).out


def test_nothing_in_a_story_moves_a_cursor(tailrace, database):
    database.append("shop.decisions", [decision(0, "muted", "silenced by \x1b[31mann", by="x\x1b[2J")])
    out = tailrace("alerts", "explain", "a100", "--db", database.path).out
    assert "\x1b" not in out
    assert "silenced by \\x1b[31mann" in out
