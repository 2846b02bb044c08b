"""The judge: holds rules against records and volumes, and tells where they are met."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tailrace.logs.mail.words import count_words
from tailrace.logs.records import Crossing, LogRecord, Volume
from tailrace.logs.rules.bench import Bench
from tailrace.logs.rules.file import RulesFile, read_rules
from tailrace.logs.rules.reading import check_texts, parse_rule
from tailrace.logs.rules.rule import LEVELS, Rule, least_of
from tailrace.logs.rules.verdict import Moment
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import KeyedState
from tailrace.model.streamlet import Streamlet, timer


@dataclass(frozen=True)
class Stamp:
    """What tells whether a file may have been written since."""

    modified: int
    size: int
    inode: int


class Judge(Streamlet):
    """Holds rules against what comes, and emits a crossing whenever one is met, again and again while it is.

    Rules come from `rules`, in short form, and from a rules `file`, which is read again when it has changed. A file
    with a mistake is refused with a warning, and the rules so far go on. A rule that is new to a running application
    holds from then on, not for what was seen before; one that is as it was keeps its windows.
    """

    records = Inlet(LogRecord, doc="records in full, WARN and worse")
    volumes = Inlet(Volume, doc="how many records, by second and level")
    crossings = Outlet(Crossing, key="app")
    rules = Setting(list[str], default=[], check=check_texts, help="rules in short form, such as 'errors > 10 in 30s'")
    file = Setting(str, default="", help="a rules file; read again when it changes")
    least = Setting(
        str, default="WARN", choices=LEVELS[:5], help="the lowest level whose records the ingestor gives in full"
    )
    lateness = Setting(
        timedelta, default=timedelta(days=1), help="how far a record may lie behind the latest one and still count"
    )
    kept = KeyedState()

    def on_start(self) -> None:
        """Take the rules, and recall what they know. Raises TailraceError when the rules file does not hold."""
        self._stamp = self._stamp_now() if self.file else None
        self._read = self._read_text() if self.file else ""
        found = read_rules(self._read, self.file) if self.file else RulesFile(())
        if not isinstance(found, RulesFile):
            raise TailraceError(
                "the rules do not hold: " + "; ".join(map(str, found[:3])), hint=_CHECK.format(self.file)
            )
        self._judged = self._with_settings(found)
        self._came = False
        self._sit()

    def on_reject(self) -> None:
        """Know again what was committed last."""
        self._sit()

    def on_batch(self, records: Batch[LogRecord], volumes: Batch[Volume]) -> Emits:
        """Hold every rule against the batch."""
        self._came = True
        told = self._bench.take(records.frame, volumes.frame, Moment(self.context.now, self.context.exhaust))
        yield from self._tell(told)

    @timer("500ms")
    def look(self) -> Emits:
        """Judge what time alone has changed."""
        idle, self._came = not self._came, False
        yield from self._tell(self._bench.look(Moment(self.context.now, self.context.exhaust, idle)))

    @timer("1s")
    def reload(self) -> None:
        """Take over a rules file that has changed, if it holds."""
        if not self.file:
            return
        try:
            stamp = self._stamp_now()
            if stamp == self._stamp:
                return
            text = self._read_text()
        except TailraceError as error:
            if self._stamp is not None:
                self.context.logger.warning("%s; the rules so far go on", error)
            self._stamp = None
            return
        self._stamp = stamp
        if text != self._read:
            self._read = text
            self._replace(text)

    def pending(self) -> bool:
        """Whether past logs wait to be looked at for silences."""
        return self.context.exhaust and self._bench.waits()

    def _replace(self, text: str) -> None:
        found = read_rules(text, self.file)
        if not isinstance(found, RulesFile):
            first = found[0]
            self.context.logger.warning(
                "%s is refused, the rules so far go on: %s, the first: %s (%s)",
                self.file,
                count_words(len(found), "problems"),
                first,
                _CHECK.format(self.file),
            )
            return
        try:
            self._judged = self._with_settings(found)
        except TailraceError as error:
            hint = f" ({error.hint})" if error.hint else ""
            self.context.logger.warning("%s is refused, the rules so far go on: %s%s", self.file, error, hint)
            return
        self._sit()
        self.context.logger.info("%s was read again: %s", self.file, count_words(len(self._judged), "rules"))

    def _with_settings(self, found: RulesFile) -> list[Rule]:
        """The rules of the settings and of the file.

        Raises TailraceError for a name that both have, and for a rule that looks at records nobody keeps.
        """
        given = [parse_rule(text) for text in self.rules]
        names = {rule.name for rule in given}
        for rule in found.rules:
            if rule.name in names:
                raise TailraceError(f"the rule {rule.name!r} is in the settings and in {self.file}")
        blind = [rule for rule in found.rules if LEVELS.index(rule.least) < LEVELS.index(self.least)]
        if blind:
            first, needed = blind[0], least_of(blind)
            raise TailraceError(
                f"the rule {first.name!r} looks at records of level {first.least}, "
                f"but only those of {self.least} and worse are kept in full",
                hint=f"start again with this file; in a blueprint of your own, set least: {needed} of ingest and judge",
            )
        return [*given, *found.rules]

    def _sit(self) -> None:
        self._bench = Bench(self._judged, self.kept, self.lateness)

    def _tell(self, told: list[Crossing]) -> Emits:
        for fault in self._bench.faults:
            self.context.logger.warning("a rule could not be judged: %s", fault)
        if self._bench.faults:
            self.context.count("unjudged", len(self._bench.faults))
            self._bench.faults.clear()
        if told:
            self.context.count("crossings", len(told))
            yield self.crossings(told)

    def _stamp_now(self) -> Stamp:
        try:
            found = Path(self.file).stat()
        except OSError as error:
            raise TailraceError(f"the rules file {self.file!r} cannot be read: {error.strerror}") from None
        return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)

    def _read_text(self) -> str:
        try:
            return Path(self.file).read_text(encoding="utf-8")
        except OSError as error:
            raise TailraceError(f"the rules file {self.file!r} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise TailraceError(f"the rules file {self.file!r} is not UTF-8: byte {error.start}") from None


_CHECK = "`tailrace rules check {}` tells them all"
