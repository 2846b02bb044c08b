"""One group of like messages as a mail shows it: how often, when, where, and a sample among its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tailrace.logs.mail import links, plain, words
from tailrace.logs.mail.lens import Lens
from tailrace.logs.mail.sample import bounded, cut_sample
from tailrace.logs.records import AlertCause

_PATH = 160
_TEMPLATE = 240
_EXCEPTION = re.compile(r"\s*(?:Caused by: )?(?:[A-Za-z_][\w$]{0,100}\.){0,20}([A-Z][\w$]{0,100})\s*")


@dataclass(frozen=True)
class Neighbour:
    """A line beside the sample in its file; its `number` is empty where it is not known."""

    number: str
    text: str


@dataclass(frozen=True)
class CauseView:
    """One group of like messages. `template` is the first line of the masked message, `exception` the class of what was
    thrown, if that line does not say it; `sample` is empty when there is no more to it than the template. `new` says
    that nothing like it was ever seen before. `before` and `after` are the lines around the sample in its file, and
    `line` is the number of its own first line. `link` is the address of the place, if there is one."""

    number: str
    fingerprint: str
    level: str
    tone: str
    new: bool
    template: str
    exception: str
    when: str
    file: str
    place: str
    sample: tuple[str, ...]
    before: tuple[Neighbour, ...] = ()
    after: tuple[Neighbour, ...] = ()
    line: str = ""
    link: str = ""


def cause_view(cause: AlertCause, app: str, lens: Lens, *, days: bool = False) -> CauseView:
    """Look at one cause of an alert about `app`; its times with their `days`, where they are not the alert's."""
    first, *others = plain.split_lines(cause.template)
    template = lens.line(first, _TEMPLATE)
    file = plain.clip_path(lens.line(cause.uri.removeprefix("file://"), 1000), _PATH)
    level = plain.one_line(cause.level, 12).upper()
    before, sample, after = _excerpt(cause, lens)
    bare = not any(sample) or sample == (template,)
    return CauseView(
        number=f"{cause.n:,}",
        fingerprint=plain.one_line(cause.fingerprint, 64),
        level=level,
        tone={"ERROR": "error", "FATAL": "error", "WARN": "warning"}.get(level, "calm"),
        new=cause.new,
        template=template or "an empty message",
        exception=_exception(first, others),
        when=_between(cause.first, cause.last, lens, days),
        file=file,
        place=f"{file}:{cause.line}" if file and cause.line else file,
        sample=() if bare and not (before or after) else sample,
        before=before,
        after=after,
        line=str(cause.line) if cause.line > 0 else "",
        link=_link(cause, app, lens),
    )


def _excerpt(cause: AlertCause, lens: Lens) -> tuple[tuple[Neighbour, ...], tuple[str, ...], tuple[Neighbour, ...]]:
    """The lines before, the sample, and the lines after it.

    They are masked whole and cut afterwards: half a secret would not be recognised.
    """
    detail = lens.detail
    message = lens.masked(bounded(cause.sample))
    sample = cut_sample(message, lines=detail.sample_lines, width=detail.sample_width)
    before, after = (lens.masked(bounded(text)) for text in (cause.before, cause.after))
    above = _lines(before, detail.sample_width)[-detail.neighbours :] if detail.neighbours else []
    below = _lines(after, detail.sample_width)[: detail.neighbours]
    # A message of several lines need not have as many in its file: JSON has it on one.
    known = cause.line > 0 and len(plain.split_lines(cause.sample.strip("\r\n"))) == 1
    first = cause.line - len(above)
    return (
        tuple(Neighbour(str(first + at) if first > 0 else "", text) for at, text in enumerate(above)),
        sample,
        tuple(Neighbour(str(cause.line + 1 + at) if known else "", text) for at, text in enumerate(below)),
    )


def _lines(text: str, width: int) -> list[str]:
    return [plain.many_lines(line.rstrip(), width) for line in plain.split_lines(text)] if text else []


def _exception(first: str, others: Sequence[str]) -> str:
    """The class of what was thrown, as the template's further lines name it, unless its first line does."""
    found = (match[1] for line in others[:20] if (match := _EXCEPTION.fullmatch(line[:2000])))
    name = next(found, "").rpartition("$")[2]
    return "" if name in first else name


def _between(first: datetime, last: datetime, lens: Lens, days: bool) -> str:
    told = words.day_time_words if days else words.clock_words
    start, end = told(first, lens.zone), told(last, lens.zone)
    return f"at {start}" if first == last else f"first {start}, last {end}"


def _link(cause: AlertCause, app: str, lens: Lens) -> str:
    """The address of the sample, unless a secret would stand in it."""
    if not cause.uri or lens.masked(cause.uri) != cause.uri:
        return ""
    values = {
        "uri": cause.uri,
        "line": str(cause.line),
        "app": app,
        "fingerprint": cause.fingerprint,
        "first": cause.first.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "last": cause.last.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return links.place_link(lens.link, values)
