"""Hearing: what the source is told of by the kernel, and what it makes of that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from tailrace.connect.descriptors import SHARED
from tailrace.connect.directory import FoundFile, Names, found_as, place_at, to_uri
from tailrace.connect.lookout import open_lookout
from tailrace.model.durations import format_duration
from tailrace.model.streamlet import Context


class Hearing:
    """Listens where files of these patterns are, if it is to and the kernel tells anything. To be closed.

    `context` is that of the source: who is woken, and told of what was missed.
    """

    def __init__(
        self, patterns: Sequence[str], excludes: Sequence[str], poll: timedelta, context: Context, *, listen: bool
    ) -> None:
        self._patterns = patterns
        self._excludes = excludes
        self._poll = poll
        self._context = context
        self._lookout = open_lookout(context.wake, poll.total_seconds()) if listen else None
        self._bases: list[str | None] = []
        self._caught: dict[str, str] = {}
        self._deaf: str | None = None
        self._everywhere = False
        self.names = Names(patterns, excludes)
        """Which paths the patterns name."""
        self.paths: set[str] = set()
        """Where something was written, or has come."""

    @property
    def whole(self) -> bool:
        """Whether all that happens is heard of."""
        return self._lookout is not None and self._deaf is None

    @property
    def caught(self) -> Collection[str]:
        """The places of files that were opened as they came, and are not known yet."""
        return self._caught

    def close(self) -> None:
        """Listen no more."""
        if self._lookout is not None:
            self._lookout.close()

    def hear(self) -> bool:
        """Take in what was heard since the last time; whether everything has to be looked at."""
        if self._lookout is None:
            return True
        self._take_in()
        everywhere, self._everywhere = self._everywhere, False
        before, self._bases = self._bases, [place_at(base) for base in self.names.bases]
        return everywhere or before != self._bases

    def catch_up(self) -> None:
        """Have every file opened that came until now: `besides` then gives all that came before anything found."""
        if self._lookout is not None:
            self._lookout.catch_up()
            self._take_in()

    def _take_in(self) -> None:
        assert self._lookout is not None
        heard = self._lookout.heard()
        self.paths |= heard.paths
        self._caught |= heard.places
        self._everywhere |= heard.everywhere
        self.tell_missed(heard.missed)
        if heard.gap:
            self._context.logger.warning("files that came and went just now may have escaped unread")

    def listen_in(self, folders: set[str]) -> bool:
        """Listen in these directories; whether all that happens there has been heard of since the last time."""
        if self._lookout is None:
            return False
        self.names = Names(self._patterns, self._excludes)
        cover = self._lookout.cover(folders, self._patterns, self._excludes)
        deaf = cover.deaf[0] if cover.deaf else None
        if deaf is not None and self._deaf is None:
            said = "%s is looked at every %s: the kernel does not tell all that happens there"
            self._context.logger.info(said, to_uri(deaf), format_duration(self._poll))
        self._deaf = deaf
        return self.whole and not cover.new

    def besides(self, found: Mapping[str, FoundFile], known: Collection[str]) -> dict[str, FoundFile]:
        """Files that were opened as they came, and that are neither found nor known."""
        besides: dict[str, FoundFile] = {}
        for key, path in list(self._caught.items()):
            status = SHARED.status(key)
            if key in found or key in known:
                del self._caught[key]
            elif status is not None:
                besides[key] = found_as(path, status)
            else:  # too many others came
                del self._caught[key]
                self.tell_missed([path] if place_at(path) != key else [])
        return besides

    def tell_missed(self, paths: Sequence[str]) -> None:
        """Count files that were not read, as far as anybody knows, and name the last of them."""
        if paths:
            self._context.count("missed", len(paths))
            said = "%s came and went faster than it could be opened, and may not have been read; %d such files just now"
            self._context.logger.warning(said, to_uri(paths[-1]), len(paths))
