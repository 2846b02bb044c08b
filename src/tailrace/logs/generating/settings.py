"""What a run of the generator is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tailrace.logs.generating.burst import Burst
from tailrace.logs.generating.likelihood import Likelihoods
from tailrace.model.durations import parse_duration
from tailrace.model.errors import TailraceError

DEFAULT_START = datetime(2026, 1, 5, tzinfo=UTC)
"""The simulated time of the first line unless another is asked for; fixed, so that a seed alone fixes the bytes."""

FORMAT_NAMES = ("logback", "log4j", "json", "common", "combined")
MESSAGE_KINDS = ("random", "phrases")
SHORTEST_PATTERN = 15
"""Characters in the shortest text that the injected pattern matches: five units of three."""

_APP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_MOST_NAMES = 64
_LONGEST_MESSAGE = 10_000
_LONGEST_DELAY = timedelta(days=365)


@dataclass(frozen=True)
class GeneratorSettings:
    """Everything that decides which bytes are generated.

    `count` and `duration` bound each app, whichever is reached first; with neither, a run never ends. `delay` is the
    least and the greatest simulated time between two lines of an app, `length` the least and the greatest number of
    characters of a random message.

    Raises TailraceError, with every fault in one sentence, when the settings make no sense.
    """

    apps: tuple[str, ...] = ("app",)
    format: str = "logback"
    seed: int = 1
    start: datetime = DEFAULT_START
    count: int | None = None
    duration: timedelta | None = None
    delay: tuple[timedelta, timedelta] = (timedelta(), timedelta(milliseconds=20))
    likelihoods: Likelihoods = field(default_factory=Likelihoods)
    bursts: tuple[Burst, ...] = ()
    messages: str = "random"
    length: tuple[int, int] = (10, 100)
    pattern_frequency: float = 0.07
    stack_traces: float = 0.0
    threads: tuple[str, ...] = tuple(f"scala-execution-context-global-{n}" for n in range(10, 26))
    loggers: tuple[str, ...] = ("Generation.Parameters$", "Generation.LogMsgSimulator$", "GenerateLogData$", "Store")

    def __post_init__(self) -> None:
        faults = [*_faults_of_names(self), *_faults_of_amounts(self), *_faults_of_messages(self)]
        if faults:
            raise TailraceError("; ".join(faults))

    @property
    def is_access_log(self) -> bool:
        """Whether the lines are those of a web server, which have neither messages nor loggers."""
        return self.format in ("common", "combined")


def _faults_of_names(asked: GeneratorSettings) -> list[str]:
    misnamed = [app for app in asked.apps if not _APP.fullmatch(app)]
    faults = [f"app name {app!r} must be made of letters, digits, '.', '_' and '-'" for app in misnamed]
    if not asked.apps or len(set(asked.apps)) < len(asked.apps):
        faults.append("at least one app is needed, and no app twice")
    if asked.format not in FORMAT_NAMES:
        faults.append(f"format {asked.format!r} is none of {', '.join(FORMAT_NAMES)}")
    if asked.messages not in MESSAGE_KINDS:
        faults.append(f"messages {asked.messages!r} is none of {', '.join(MESSAGE_KINDS)}")
    for kind, names in (("thread", asked.threads), ("logger", asked.loggers)):
        if not 1 <= len(names) <= _MOST_NAMES:
            faults.append(f"from 1 to {_MOST_NAMES} {kind} names are needed, but {len(names)} were given")
        faults += [f"{kind} name {name!r} must be printable" for name in names if not name.isprintable() or not name]
    faults += [
        f"a burst is meant for app {burst.app!r}, which is not generated"
        for burst in asked.bursts
        if burst.app is not None and burst.app not in asked.apps
    ]
    return faults


def _faults_of_amounts(asked: GeneratorSettings) -> list[str]:
    least, most = asked.delay
    checks = (
        (asked.start.tzinfo is not None, "the start needs a time zone"),
        (asked.seed >= 0, f"the seed must be 0 or more, but {asked.seed} was given"),
        (asked.count is None or asked.count >= 1, f"the count must be 1 or more, but {asked.count} was given"),
        (asked.duration is None or asked.duration > timedelta(), "the duration must be longer than nothing"),
        (timedelta() <= least <= most <= _LONGEST_DELAY, "the delay must lie within 0 to 365d and not run backwards"),
        (asked.count is not None or most > timedelta(), "a delay of nothing never ends unless a count is given"),
    )
    return [sentence for holds, sentence in checks if not holds]


def _faults_of_messages(asked: GeneratorSettings) -> list[str]:
    least, most = asked.length
    roomy = most >= SHORTEST_PATTERN or not asked.pattern_frequency or asked.messages != "random" or asked.is_access_log
    checks = (
        (
            1 <= least <= most <= _LONGEST_MESSAGE,
            f"the length must lie in 1 to {_LONGEST_MESSAGE} and not run backwards",
        ),
        (roomy, f"messages of up to {most} characters have no room for the pattern, which takes {SHORTEST_PATTERN}"),
        (0 <= asked.pattern_frequency <= 1, f"the pattern's frequency must be 0 to 1, not {asked.pattern_frequency:g}"),
        (0 <= asked.stack_traces <= 1, f"stack traces must be a share from 0 to 1, not {asked.stack_traces:g}"),
        (not (asked.stack_traces and asked.is_access_log), "an access log has no stack traces"),
    )
    return [sentence for holds, sentence in checks if not holds]


def parse_delay(text: str) -> tuple[timedelta, timedelta]:
    """Read a range of durations: `0-20ms`, `5ms-1s`, or `10ms` for always the same.

    A bare number takes the other's unit. Raises TailraceError when a part is no duration.
    """
    low, dash, high = text.replace(" ", "").partition("-")
    if not dash:
        return parse_duration(low), parse_duration(low)
    unit = high.lstrip("0123456789.")
    return parse_duration(low if low.lstrip("0123456789.") else low + unit), parse_duration(high)


def parse_length(text: str) -> tuple[int, int]:
    """Read a range of lengths in characters: `10-100`, or `80` for always the same. Raises TailraceError otherwise."""
    match = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text.replace(" ", ""))
    if not match:
        raise TailraceError(f"{text!r} is not a range of lengths", hint="write 10-100, or 80 for always the same")
    return int(match[1]), int(match[2] or match[1])


def parse_start(text: str, now: datetime) -> datetime:
    """Read a start: `2026-01-05T09:58:55` (UTC unless it names a zone), `now`, or `now-10m` and `now+10m`.

    Raises TailraceError when the text is none of these or the time lies outside the years 1 to 9999.
    """
    relative = re.fullmatch(r"now(?:([+-])(.+))?", text.strip())
    try:
        if relative:
            shift = parse_duration(relative[2]) if relative[2] else timedelta()
            return now - shift if relative[1] == "-" else now + shift
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise TailraceError(f"{text!r} is not a start", hint="write 2026-01-05T09:58:55, now, or now-10m") from None
