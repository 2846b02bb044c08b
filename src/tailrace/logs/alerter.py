"""The alerter: opens, updates, repeats and resolves incidents, and says why when it keeps quiet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

import polars as pl

from tailrace.logs.causes import Memory
from tailrace.logs.incidents.book import Book
from tailrace.logs.incidents.history import History
from tailrace.logs.incidents.inhibition import DEFAULT, Inhibitors, check_inhibitions, parse_inhibition
from tailrace.logs.incidents.keeper import Keeper
from tailrace.logs.incidents.novelty import Novelty
from tailrace.logs.incidents.silences import Silences
from tailrace.logs.records import Alert, Cause, Command, Crossing, Decision, Stage, Stats
from tailrace.model.batch import Batch
from tailrace.model.errors import TailraceError
from tailrace.model.ports import Emits, Inlet, Outlet
from tailrace.model.settings import Setting
from tailrace.model.state import KeyedState, State
from tailrace.model.streamlet import Streamlet, timer

_WINDOW = ["rule", "app", "group", "window_start", "window_end"]


class Alerter(Streamlet):
    """Makes incidents of crossings, tells of them, and records why whenever it does not.

    There is at most one open incident for a rule and a group. It is told when it opens, when it has grown to 2, 5, 10,
    20 ... times what it opened with, again after the rule's cooldown, and when it is resolved. Something to tell waits
    up to three seconds for the messages and counts that explain it, and up to fifteen while these lag behind. What is
    silenced or inhibited lives all the same, and is told if it is still open when that ends.
    """

    optional_inlets: ClassVar[frozenset[str]] = frozenset({"stats", "commands"})
    optional_outlets: ClassVar[frozenset[str]] = frozenset({"decisions"})
    crossings = Inlet(Crossing, doc="windows that meet a rule's condition, each again whenever it changes")
    causes = Inlet(Cause, doc="how often each message came")
    stats = Inlet(Stats, doc="lines by level in panes that do not overlap, for totals and charts")
    commands = Inlet(Command, doc="what people asked for")
    alerts = Outlet(Alert, key="app")
    decisions = Outlet(Decision, key="incident")
    inhibit = Setting(
        list[str], default=[DEFAULT], check=check_inhibitions, help="which open alerts mute which others; [] for none"
    )
    learn = Setting(
        timedelta,
        default=timedelta(minutes=10),
        help="how long after an application is first seen its messages are learned, and none is marked as new",
    )
    pane = State(int, default=0)
    """How long the panes of `stats` are, in seconds: the shortest that were seen."""
    cases = KeyedState()
    recent = KeyedState()
    counts = KeyedState()
    known = KeyedState()
    silences = KeyedState()

    def on_start(self) -> None:
        """Know again what is open."""
        self._recall()

    def on_reject(self) -> None:
        """Know again what was committed last."""
        self._recall()

    def _recall(self) -> None:
        self._novelty = Novelty(self.known, self.learn)
        self._memory = Memory(self.recent, self._novelty.learned)
        self._history = History(self.counts)
        self._book = Book(self.cases)
        self._keeper = Keeper(
            self.context.name,
            self._book,
            Silences(self.silences),
            Inhibitors(map(parse_inhibition, self.inhibit)),
            self._memory,
            self._history,
            counted=bool(self.context.wiring.get("stats")),
        )

    def on_batch(
        self, crossings: Batch[Crossing], causes: Batch[Cause], stats: Batch[Stats], commands: Batch[Command]
    ) -> Emits:
        """Remember messages and counts, obey, then see what the crossings make of incidents."""
        self._remember(causes.frame, stats.frame)
        for command in commands.records():
            self._obey(command)
        self._keeper.cross(_latest(crossings), self.context.now)
        yield from self._tell()

    @timer("250ms")
    def look_after(self) -> Emits:
        """Tell what has waited long enough, repeat, resolve what has been quiet, end silences."""
        yield from self._tell()

    @timer("1m")
    def tidy(self) -> None:
        """Let go of what nobody will ask for."""
        self._memory.tidy(self.context.now)
        self._book.forget(self.context.now)

    def pending(self) -> bool:
        """Whether something to tell waits for what explains it."""
        return self._keeper.waiting

    def _tell(self) -> Emits:
        news = self._keeper.settle(self.context.now)
        self.context.count("alerts", sum(alert.state == Stage.OPEN for alert in news.alerts))
        if news.alerts:
            yield self.alerts(news.alerts)
        if news.decisions:
            yield self.decisions(news.decisions)

    def _obey(self, command: Command) -> None:
        try:
            self._keeper.obey(command, self.context.now)
        except TailraceError as error:
            self.context.logger.warning("the command %s of %s was not done: %s", command.id, command.who, error)

    def _remember(self, causes: pl.DataFrame, stats: pl.DataFrame) -> None:
        panes = self._panes(stats)
        self._history.add(panes)
        self._novelty.meet(panes)
        self._novelty.meet(causes)
        self._memory.add(causes, self.context.now)

    def _panes(self, stats: pl.DataFrame) -> pl.DataFrame:
        """The rows of windows that do not overlap: those of the least length, that begin at multiples of it."""
        if stats.is_empty():
            return stats
        length = (pl.col("window_end") - pl.col("window_start")).dt.total_seconds()
        shortest = max(int(stats.select(length.min()).item()), 1)
        self.pane = min(self.pane or shortest, shortest)
        return stats.filter(length == self.pane, pl.col("window_start").dt.epoch("s") % self.pane == 0)


def _latest(crossings: Batch[Crossing]) -> Iterator[Crossing]:
    """The newest state of each window, in the order of their ends."""
    if not len(crossings):
        return iter(())
    latest = crossings.frame.unique(_WINDOW, keep="last", maintain_order=True)
    return Batch.from_frame(Crossing, latest.sort("window_end", maintain_order=True)).records()
