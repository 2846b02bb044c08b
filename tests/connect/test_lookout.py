"""What comes is held open, what grows is heard of at once, and where the kernel does not tell all is known."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tailrace.connect.descriptors import SHARED
from tailrace.connect.lookout import Heard, Lookout, open_lookout
from tailrace.connect.porter import start_porter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells by inotify")


class Listener:
    """A lookout over one directory, and all that was heard so far."""

    def __init__(
        self, place: Path, *patterns: str, rest_seconds: float = 0.0, waits: bool = True, begins: bool = True
    ) -> None:
        self.place = place
        self.patterns = [str(place / pattern) for pattern in patterns or ("",)]
        self.wakes: list[float] = []
        self.woken = threading.Condition()
        found = open_lookout(self.wake if waits else None, rest_seconds)
        assert found is not None
        self.lookout: Lookout = found
        self.all = Heard()
        if begins:
            self.cover(place)

    def wake(self) -> None:
        with self.woken:
            self.wakes.append(time.monotonic())
            self.woken.notify_all()

    def cover(self, *folders: Path) -> bool:
        return self.lookout.cover(map(str, folders), self.patterns, []).new

    def hear(self) -> Heard:
        heard = self.lookout.heard()
        self.all.paths |= heard.paths
        self.all.places |= heard.places
        self.all.everywhere |= heard.everywhere
        self.all.missed += heard.missed
        self.all.gap |= heard.gap
        return self.all

    def until(self, condition: Callable[[Heard], bool]) -> None:
        deadline = time.monotonic() + 20
        while not condition(self.hear()):
            assert time.monotonic() < deadline, self.all
            threading.Event().wait(0.01)

    def fresh(self, name: str) -> str:
        """A file that comes and goes."""
        (self.place / name).write_bytes(b"text")
        self.lookout.catch_up()
        (self.place / name).unlink()
        return name

    @property
    def porter(self) -> int:
        """The process that opens files."""
        (found,) = self.porters
        return found

    @property
    def porters(self) -> list[int]:
        tasks = Path("/proc/self/task").glob("*/children")
        children = [int(child) for task in tasks for child in task.read_text().split()]
        return [each for each in children if b"porter" in Path(f"/proc/{each}/cmdline").read_bytes()]

    def content(self, name: str) -> bytes | None:
        """What a file had that came by this name, read from where it is held open."""
        path = str(self.place / name)
        self.until(lambda heard: path in heard.places.values())
        (key,) = (key for key, each in self.all.places.items() if each == path)
        descriptor = SHARED.borrow(key)
        assert descriptor is not None
        found = os.pread(descriptor, 100, 0)
        os.close(descriptor)
        return found


@contextmanager
def paused(process: int) -> Iterator[None]:
    """Let a process do nothing for a while."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Callable[..., Listener]]:
    made: list[Listener] = []

    def make(*patterns: str, **options: object) -> Listener:
        made.append(Listener(tmp_path, *patterns, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for each in made:
        each.lookout.close()
        for key in each.all.places:
            SHARED.drop(key)


def test_a_file_that_came_as_soon_as_a_directory_was_listened_in_can_be_read_when_it_is_deleted(listen):
    listener = listen()
    assert listener.content(listener.fresh("app.log")) == b"text"


def test_a_file_that_was_opened_and_then_renamed_and_deleted_is_not_missed(listen):
    listener = listen()
    (path := listener.place / "app.log").write_bytes(b"text")
    listener.lookout.catch_up()
    path.rename(later := listener.place / "app.log.1")
    later.unlink()
    listener.lookout.catch_up()
    assert listener.hear().places
    assert not listener.all.missed


def test_every_file_that_goes_too_soon_is_missed(listen):
    listener = listen()
    with paused(listener.porter):
        for _ in range(3):
            (listener.place / "app.log").touch()
            (listener.place / "app.log").rename(listener.place / "app.log.1")
        (listener.place / "app.log.1").unlink()
    listener.lookout.catch_up()
    assert len(listener.hear().missed) == 3


def test_a_gap_is_told_of_when_more_comes_and_goes_than_the_kernel_keeps(listen):
    listener = listen()
    with paused(listener.porter):
        for _ in range(int(Path("/proc/sys/fs/inotify/max_queued_events").read_text()) // 2 + 10):
            (listener.place / "app.log").touch()
            (listener.place / "app.log").unlink()
    listener.lookout.catch_up()
    assert listener.hear().gap


def test_a_gap_is_told_of_when_the_porter_has_ended(listen):
    listener = listen()
    os.kill(listener.porter, signal.SIGKILL)
    listener.until(lambda heard: heard.gap and heard.everywhere)
    listener.cover(listener.place)
    assert listener.content(listener.fresh("app.log")) == b"text"


def test_a_porter_that_ends_before_it_has_begun_is_told_of_once_and_not_replaced(listen):
    listener = listen(begins=False)
    os.kill(listener.porter, signal.SIGKILL)
    listener.cover(listener.place)
    assert listener.hear().gap
    listener.cover(listener.place)
    assert not listener.lookout.heard().gap
    assert not listener.porters


def test_a_file_that_comes_by_another_name_is_opened_by_the_name_that_counts(listen):
    listener = listen("*.log")
    (listener.place / "draft").write_bytes(b"text")
    (listener.place / "draft").rename(listener.place / "app.log")
    assert listener.content("app.log") == b"text"
    assert not any(path.endswith("draft") for path in listener.all.places.values())


def test_what_comes_in_a_directory_that_comes_is_opened(listen):
    listener = listen()
    (listener.place / "sub" / "deep").mkdir(parents=True)
    (listener.place / "sub" / "deep" / "app.log").write_bytes(b"text")
    assert listener.content("sub/deep/app.log") == b"text"
    assert listener.all.everywhere


def test_a_pipe_that_comes_is_not_opened(listen):
    listener = listen()
    os.mkfifo(listener.place / "pipe")
    (listener.place / "app.log").touch()
    listener.content("app.log")
    with pytest.raises(OSError, match="No such device"):  # nobody has it open to read
        os.open(listener.place / "pipe", os.O_WRONLY | os.O_NONBLOCK)


def test_who_waits_is_woken_as_a_file_grows_but_not_twice_within_the_time_to_rest(listen):
    (path := (listener := listen(rest_seconds=0.3)).place / "app.log").touch()
    began = time.monotonic()
    with path.open("ab", buffering=0) as file, listener.woken:
        while len(listener.wakes) < 3:
            assert time.monotonic() < began + 20
            file.write(b"line\n")
            listener.woken.wait(0.01)
    assert min(after - before for before, after in zip(listener.wakes, listener.wakes[1:], strict=False)) >= 0.3
    assert str(path) in listener.hear().paths


def test_growth_is_heard_of_where_nobody_waits(listen):
    listener = listen(waits=False)
    (listener.place / "app.log").write_bytes(b"line\n")
    assert listener.hear().paths == {str(listener.place / "app.log")}
    assert not listener.all.places


def test_what_is_deleted_or_renamed_away_cannot_be_told_by_paths(listen):
    (listener := listen(waits=False)).place.joinpath("app.log").touch()
    assert not listener.hear().everywhere
    (listener.place / "app.log").rename(listener.place / "app.log.1")
    assert listener.hear().everywhere


def test_when_more_happens_than_the_kernel_keeps_everything_is_to_be_looked_at(listen):
    listener = listen(waits=False)
    with (listener.place / "a").open("wb", buffering=0) as one, (listener.place / "b").open("wb", buffering=0) as two:
        listener.hear()
        listener.all = Heard()
        for _ in range(int(Path("/proc/sys/fs/inotify/max_queued_events").read_text()) // 2 + 10):
            one.write(b"x")
            two.write(b"x")
    assert listener.hear().everywhere


def test_a_directory_that_was_renamed_is_listened_in_by_its_new_name(listen):
    listener = listen(waits=False)
    (old := listener.place / "old").mkdir()
    assert listener.cover(listener.place, old)
    old.rename(new := listener.place / "new")
    assert listener.cover(listener.place, new)
    assert not listener.cover(listener.place, new)
    (new / "app.log").touch()
    assert str(new / "app.log") in listener.hear().paths
    assert str(old / "app.log") not in listener.all.paths


def test_file_systems_of_which_the_kernel_does_not_tell_everything_are_known(listen):
    listener = listen(waits=False)
    cover = listener.lookout.cover(["/proc", str(listener.place), str(listener.place / "none")], [], [])
    assert cover.deaf == ["/proc"]


def test_that_a_porter_has_ended_is_told():
    porter = start_porter()
    assert porter is not None
    os.kill(porter.process, signal.SIGKILL)
    poll = select.poll()
    poll.register(porter.descriptor, select.POLLIN)
    assert poll.poll(20_000)
    assert porter.take() is None
    porter.close()
