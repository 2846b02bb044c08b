"""The source announces each file once, and again whenever there is more of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tailrace.connect.directory import from_uri
from tailrace.logs.records import Notification
from tailrace.logs.source import DirectorySource
from tailrace.testkit.kit import StreamletKit


class Watcher:
    """A directory under watch, and what was said of it since the last look."""

    def __init__(self, place: Path, **settings: object) -> None:
        self.place = place
        often = {"poll": "500ms", "linger": "1s"}
        self.kit = StreamletKit(DirectorySource, {"paths": [str(place)], **often, **settings}, exhaust=False)
        self._seen = 0

    def write(self, name: str, data: bytes, *, age: float = 0, mode: str = "wb") -> Path:
        path = self.place / name
        with path.open(mode) as file:
            file.write(data)
        at = self.kit.now.timestamp() - age
        os.utime(path, (at, at))
        return path

    def news(self, looks: int = 1) -> list[Notification]:
        for _ in range(looks):
            self.kit.advance("500ms")
        every = self.kit.read("notifications")
        new, self._seen = every[self._seen :], len(every)
        return new

    def names(self, looks: int = 1) -> list[str]:
        return [Path(from_uri(each.uri)).name for each in self.news(looks)]


@pytest.fixture
def watcher(tmp_path: Path) -> Iterator[Watcher]:
    yield Watcher(tmp_path)


def test_a_file_is_announced_with_its_app_size_and_place(watcher):
    path = watcher.write("orders-2026-01-05.log", b"one\ntwo\n")
    (notice,) = watcher.news()
    assert (notice.app, notice.uri, notice.size, notice.complete, notice.gone) == ("orders", str(path), 8, False, False)


def test_dockers_logs_are_announced_by_their_containers_names(watcher):
    named, nameless = "c5" * 32, "d6" * 32
    for each in (named, nameless):
        (watcher.place / each).mkdir()
        watcher.write(f"{each}/{each}-json.log", b"one\n")
    (watcher.place / named / "config.v2.json").write_text('{"Name": "/shop-orders-1"}')
    logs = [each for each in watcher.news() if each.uri.endswith(".log")]
    assert sorted(each.app for each in logs) == ["d6d6d6d6d6d6", "shop-orders"]


def test_a_file_that_stays_as_it_is_is_announced_no_more(watcher):
    watcher.write("a.log", b"one\n")
    watcher.news()
    assert watcher.news(looks=5) == []


def test_a_file_that_grows_is_announced_as_the_same(watcher):
    watcher.write("a.log", b"one\n")
    (first,) = watcher.news()
    watcher.write("a.log", b"two\n" * 1000, mode="ab")
    (second,) = watcher.news()
    assert second.identity == first.identity
    assert second.size == 4004


def test_a_file_at_rest_is_complete_after_the_time_to_settle(watcher):
    watcher.write("a.log", b"half a line")
    (first,) = watcher.news()
    assert not first.complete
    assert watcher.news(looks=18) == []
    (second,) = watcher.news(looks=2)
    assert second == Notification(**{**vars(first), "complete": True})


def test_a_file_that_was_complete_and_grows_is_not_complete(watcher):
    watcher.write("a.log", b"one", age=60)
    assert watcher.news()[0].complete
    watcher.write("a.log", b" and two", mode="ab")
    (notice,) = watcher.news()
    assert not notice.complete
    assert notice.size == 11


def test_all_that_stands_is_complete_when_it_is_all_there_is(tmp_path):
    (tmp_path / "a.log").write_bytes(b"half a line")
    kit = StreamletKit(DirectorySource, {"paths": [str(tmp_path)]})
    kit.run()
    assert [each.complete for each in kit.read("notifications")] == [True]


def test_files_are_announced_by_age(watcher):
    watcher.write("a.log", b"new", age=1)
    watcher.write("b.log", b"old", age=9)
    assert watcher.names() == ["b.log", "a.log"]


def test_a_moved_file_keeps_its_identity(watcher):
    path = watcher.write("app.log", b"one\n")
    (first,) = watcher.news()
    path.rename(watcher.place / "app.log.1")
    (second,) = watcher.news(looks=3)
    assert second.identity == first.identity
    assert second.uri.endswith("app.log.1")


def test_a_moved_file_and_its_successor_are_two(watcher):
    path = watcher.write("app.log", b"one\n")
    (first,) = watcher.news()
    path.rename(watcher.place / "app.log.1")
    watcher.write("app.log", b"two, and longer\n")
    notices = {Path(each.uri).name: each.identity for each in watcher.news(looks=3)}
    assert notices["app.log.1"] == first.identity
    assert notices["app.log"] != first.identity


@pytest.mark.parametrize(
    "content",
    [b"short\n", b"TWO\n" * 1000, b"TWO\n" * 2000, b"one\n" * 999 + b"TWO\n", b"one\n" * 999 + b"TWO\n" * 10, b""],
    ids=["shorter", "as long", "longer", "same beginning", "same beginning, longer", "empty"],
)
def test_a_rewritten_file_is_taken_leave_of_and_announced_anew(watcher, content):
    watcher.write("a.log", b"one\n" * 1000)
    (first,) = watcher.news()
    watcher.write("a.log", content)
    farewell, second = watcher.news()
    assert (farewell.identity, farewell.gone) == (first.identity, True)
    assert second.identity != first.identity
    assert second.size == len(content)


def test_a_file_that_is_touched_is_the_same(watcher):
    watcher.write("a.log", b"one\n" * 1000)
    (first,) = watcher.news()
    watcher.write("a.log", b"", mode="ab", age=-5)
    assert {each.identity for each in watcher.news()} == {first.identity}


def test_a_file_that_another_replaces_is_taken_leave_of(watcher):
    watcher.write("a.log", b"one\n")
    (first,) = watcher.news()
    watcher.write(".draft", b"two\n").rename(watcher.place / "a.log")
    notices = watcher.news(looks=6)
    assert [each.identity for each in notices if each.gone] == [first.identity]
    assert [each.size for each in notices if not each.gone] == [4]


def test_a_deleted_file_is_taken_leave_of_once_and_forgotten(watcher):
    path = watcher.write("a.log", b"one\n")
    (first,) = watcher.news()
    path.unlink()
    assert watcher.news() == []  # it may be on its way to another name
    (farewell,) = watcher.news(looks=4)
    assert (farewell.identity, farewell.gone, farewell.complete) == (first.identity, True, True)
    assert dict(watcher.kit.streamlet("streamlet").seat.state).keys() <= {"serial"}


def test_a_file_in_a_directory_that_cannot_be_read_for_a_while_is_not_taken_leave_of(tmp_path, monkeypatch):
    (tmp_path / "d").mkdir()
    watcher = Watcher(tmp_path)
    watcher.write("d/a.log", b"one\n")
    watcher.news()
    (tmp_path / "d").rename(tmp_path / ".away")
    (tmp_path / "d").symlink_to("d")  # a name that cannot be looked into
    assert watcher.news(looks=5) == []
    (tmp_path / "d").unlink()
    (tmp_path / ".away").rename(tmp_path / "d")
    assert watcher.news(looks=5) == []


def test_a_file_of_two_names_is_announced_once(watcher):
    path = watcher.write("a.log", b"one\n")
    os.link(path, watcher.place / "hard.log")
    (watcher.place / "soft.log").symlink_to(path)
    assert len(watcher.news()) == 1
    assert watcher.news(looks=4) == []


def test_a_link_that_is_moved_to_another_file_brings_that_file(watcher, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "1").write_bytes(b"one\n")
    (elsewhere / "2").write_bytes(b"two two\n")
    (watcher.place / "current.log").symlink_to(elsewhere / "1")
    (first,) = watcher.news()
    (watcher.place / "current.log").unlink()
    (watcher.place / "current.log").symlink_to(elsewhere / "2")
    new = [each for each in watcher.news(looks=4) if not each.gone]
    assert [each.size for each in new] == [8]
    assert new[0].identity != first.identity


def test_a_path_that_is_made_later_is_watched(tmp_path):
    watcher = Watcher(tmp_path / "later")
    assert watcher.news(looks=2) == []
    watcher.place.mkdir()
    watcher.write("a.log", b"one\n")
    assert watcher.names() == ["a.log"]


@pytest.mark.parametrize(
    "name", [b"with space.log", b"new\nline.log", "größe-✓.log".encode(), b"bad\xff\xfe.log", b"100%41.log"]
)
def test_odd_names_are_announced(watcher, name):
    path = os.path.join(os.fsencode(watcher.place), name)  # noqa: PTH118
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(b"x\n")
    (notice,) = watcher.news()
    assert os.fsencode(from_uri(notice.uri)) == path


def test_hidden_and_excluded_files_are_passed_over(tmp_path):
    (tmp_path / "old").mkdir()
    watcher = Watcher(tmp_path, exclude=["*.gz", "old/*.log"])
    for name in (".a.log", "b.log.gz", "old/c.log", "d.log"):
        watcher.write(name, b"x\n")
    assert watcher.names() == ["d.log"]


def test_relative_paths_are_announced_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_bytes(b"x\n")
    for pattern in ("logs", "./logs/a.log", "logs/*.log"):
        kit = StreamletKit(DirectorySource, {"paths": [pattern]})
        kit.run()
        assert [each.uri for each in kit.read("notifications")] == [str(tmp_path / "logs" / "a.log")]


def test_the_app_comes_from_the_pattern_where_it_matches(tmp_path):
    (tmp_path / "shop").mkdir()
    watcher = Watcher(tmp_path, app=r"/(?P<app>shop)/")
    watcher.write("shop/x.log", b"x\n")
    watcher.write("y.log", b"y\n")
    assert {each.app for each in watcher.news()} == {"shop", "y"}


def test_an_unreadable_place_is_told_once_and_the_others_go_on(watcher, caplog):
    (watcher.place / "loop.log").symlink_to("loop.log")
    watcher.write("a.log", b"x\n")
    with caplog.at_level(logging.WARNING, "tailrace"):
        assert watcher.names(looks=5) == ["a.log"]
    told = [each.getMessage() for each in caplog.records]
    assert told == [f"cannot read {watcher.place / 'loop.log'}: Too many levels of symbolic links"]


def test_what_is_known_survives_a_restart(watcher):
    watcher.write("a.log", b"one\n")
    watcher.news()
    watcher.kit.restart()
    assert watcher.news(looks=3) == []
    watcher.write("a.log", b"two\n", mode="ab")
    assert len(watcher.news()) == 1


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_a_commit_announces_nothing_twice_and_nothing_less(watcher, after):
    watcher.write("a.log", b"one\n")
    watcher.kit.log.crash_at_commit(after=after)
    assert len(watcher.news(looks=3)) == 1


def test_what_vanished_while_tailrace_was_down_is_taken_leave_of(watcher):
    path = watcher.write("a.log", b"one\n")
    watcher.news()
    path.unlink()
    watcher.kit.restart()
    assert [each.gone for each in watcher.news(looks=3)] == [True]


def test_a_file_younger_than_the_clock_is_announced_all_the_same(watcher):
    watcher.write("a.log", b"x\n", age=-timedelta(days=400).total_seconds())
    assert [each.complete for each in watcher.news()] == [False]
