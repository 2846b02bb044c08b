"""Files are found where a pattern leads, and known by what stands in them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tailrace.connect.directory import (
    FileVanished,
    FoundFile,
    Names,
    Unreadable,
    find_files,
    from_uri,
    is_glob,
    open_at,
    print_of,
    to_uri,
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("a.log", "b.txt", ".hidden.log", "sub/c.log", "sub/deep/d.log", ".git/e.log", "other/f.log"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x\n")
    return tmp_path


def names(place: Path, *patterns: str, exclude: tuple[str, ...] = ()) -> list[str]:
    found = list(find_files([str(place / pattern) for pattern in patterns], exclude))
    assert all(isinstance(each, FoundFile) for each in found), found
    return [os.path.relpath(each.path, place) for each in found]


def test_a_directory_is_all_files_below_it_but_hidden_ones(place):
    assert names(place, "") == ["a.log", "b.txt", "other/f.log", "sub/c.log", "sub/deep/d.log"]


def test_a_star_stays_within_a_directory(place):
    assert names(place, "*.log") == ["a.log"]
    assert names(place, "*/*.log") == ["other/f.log", "sub/c.log"]


def test_two_stars_span_any_number_of_directories(place):
    assert names(place, "**/*.log") == ["a.log", "other/f.log", "sub/c.log", "sub/deep/d.log"]
    assert names(place, "sub/**/*.log") == ["sub/c.log", "sub/deep/d.log"]
    assert names(place, "**/deep/*") == ["sub/deep/d.log"]
    assert names(place, "**/**/c.log") == ["sub/c.log"]
    assert names(place, "sub/**") == ["sub/c.log", "sub/deep/d.log"]


def test_a_question_mark_and_brackets_stand_for_one_character(place):
    assert names(place, "?.[lt]*") == ["a.log", "b.txt"]


def test_braces_stand_for_each_of_what_is_in_them(place):
    assert names(place, "{sub,other,none}/*.log") == ["sub/c.log", "other/f.log"]
    assert names(place, "{a,s{ub/{c,d},x}}.log") == ["a.log", "sub/c.log"]
    assert names(place, "", exclude=("*.{txt,log}",)) == []
    assert is_glob(str(place / "{a,b}.log"))
    (place / "{a,b}.log").write_bytes(b"x\n")
    assert not is_glob(str(place / "{a,b}.log"))
    assert names(place, "{a,b}.log") == ["{a,b}.log"]


def test_a_glob_looks_into_no_directory_that_it_does_not_name(place):
    (place / "sub" / "loop").symlink_to("loop")
    assert names(place, "*.log", "other/*.log") == ["a.log", "other/f.log"]


def test_a_hidden_file_named_outright_is_found(place):
    assert names(place, ".hidden.log", ".git/*.log") == [".hidden.log", ".git/e.log"]


def test_a_file_that_two_patterns_name_is_found_once(place):
    assert names(place, "a.log", "*.log", "") == ["a.log", "b.txt", "other/f.log", "sub/c.log", "sub/deep/d.log"]


def test_a_pattern_with_many_stars_takes_no_longer_than_others(place):
    names = Names([f"{place}/{'**/' * 40}b"])
    assert not names.file(f"{place}/{'a/' * 120}a")
    assert names.file(f"{place}/{'a/' * 120}b")


def test_excludes_go_by_name_and_by_whole_path(place):
    assert names(place, "", exclude=("*.txt", "deep")) == ["a.log", "other/f.log", "sub/c.log"]
    assert names(place, "", exclude=("**/sub/*.log",)) == ["a.log", "b.txt", "other/f.log", "sub/deep/d.log"]


def test_a_name_with_brackets_that_exists_is_no_glob(tmp_path):
    (tmp_path / "a[1]").mkdir()
    (tmp_path / "a[1]" / "x.log").write_bytes(b"")
    assert not is_glob(str(tmp_path / "a[1]"))
    assert names(tmp_path, "a[1]/*.log") == ["a[1]/x.log"]


@pytest.mark.parametrize(
    ("patterns", "exclude"),
    [
        ([""], []),
        (["*.log"], []),
        (["*/*.log", "a.log"], []),
        (["**/*.log"], []),
        (["sub/**"], []),
        (["**/deep/*"], []),
        (["{sub,other,none}/*.log"], []),
        ([".hidden.log"], ["*.log"]),
        ([""], ["sub"]),
        ([""], ["**/sub/*.log", "b.*"]),
        ([".git"], []),
    ],
)
def test_names_tell_without_looking_what_would_be_found(place, patterns, exclude):
    every = [str(path) for path in place.rglob("*") if path.is_file()]
    wanted = [str(place / pattern) for pattern in patterns]
    told, folders = Names(wanted, exclude), set()
    found = {each.path for each in find_files(wanted, exclude, folders)}
    assert {path for path in every if told.file(path)} == found
    holding = {str(Path(path).parent) for path in found}
    assert holding & folders
    assert all(told.folder(folder) for folder in holding - {str(Path(each).parent) for each in wanted})


def test_names_lead_to_no_directory_in_vain(place):
    told = Names([str(place / "sub" / "*.log")])
    assert not told.folder(str(place / "sub" / "deep"))
    assert not told.folder(str(place / "other"))


def test_what_does_not_exist_yet_is_nothing(tmp_path):
    assert names(tmp_path, "none", "none/*.log", "none.log") == []


def test_a_link_to_a_file_is_followed(place):
    (place / "link.log").symlink_to(place / "sub" / "c.log")
    (found,) = find_files([str(place / "link.log")])
    assert found.inode == (place / "sub" / "c.log").stat().st_ino
    assert "link.log" in names(place, "")


def test_a_link_to_a_directory_above_leads_in_no_circle(place):
    (place / "sub" / "up").symlink_to(place)
    assert names(place, "") == ["a.log", "b.txt", "other/f.log", "sub/c.log", "sub/deep/d.log"]
    assert names(place, "**/*.txt") == ["b.txt"]


def test_a_link_to_a_directory_is_followed_where_it_is_named(place):
    (place / "current").symlink_to(place / "sub")
    assert names(place, "current") == ["current/c.log", "current/deep/d.log"]
    assert names(place, "curr*/*.log") == ["current/c.log"]


def test_a_link_in_a_circle_is_unreadable_with_the_reason(tmp_path):
    (tmp_path / "loop.log").symlink_to("loop.log")
    assert list(find_files([str(tmp_path)])) == [
        Unreadable(str(tmp_path / "loop.log"), "Too many levels of symbolic links")
    ]


def test_a_dangling_link_is_nothing(tmp_path):
    (tmp_path / "gone.log").symlink_to("nowhere")
    assert list(find_files([str(tmp_path)])) == []


def test_a_place_that_cannot_be_looked_into_is_told_and_the_others_are_found(place):
    long = "x" * 300
    found = list(find_files([str(place / "a.log" / "below"), str(place / long), str(place / "b.txt")]))
    assert [each.reason for each in found[:2]] == ["Not a directory", "File name too long"]
    assert found[2].path == str(place / "b.txt")


def test_pipes_and_directories_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.log")
    (tmp_path / "dir.log").mkdir()
    assert list(find_files([str(tmp_path), str(tmp_path / "*.log")])) == []


@pytest.mark.parametrize(
    "name", [b"plain.log", b"with space.log", b"new\nline.log", "größe-✓.log".encode(), b"bad\xff.log", b"50%.log"]
)
def test_every_name_becomes_text_and_back(tmp_path, name):
    path = os.fsdecode(os.path.join(os.fsencode(tmp_path), name))  # noqa: PTH118
    Path(path).write_bytes(b"x")
    (found,) = find_files([str(tmp_path)])
    uri = to_uri(found.path)
    uri.encode("utf-8")
    assert uri.isprintable()
    assert from_uri(uri) == path


def test_an_opened_file_is_the_one_that_was_found(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"one")
    (found,) = find_files([str(path)])
    descriptor = open_at(found.path, found.device, found.inode)
    assert os.read(descriptor, 9) == b"one"
    os.close(descriptor)


def test_a_file_that_another_took_the_name_of_has_vanished(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"one")
    (found,) = find_files([str(path)])
    (tmp_path / "b.log").write_bytes(b"two")
    (tmp_path / "b.log").replace(path)
    with pytest.raises(FileVanished, match="replaced by another file"):
        open_at(found.path, found.device, found.inode)


def test_a_file_that_was_removed_has_vanished(tmp_path):
    with pytest.raises(FileVanished, match="vanished before it was read"):
        open_at(str(tmp_path / "none"), 1, 1)


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileVanished):
        open_at(str(tmp_path / "pipe"), 1, 1)


@pytest.mark.parametrize("change", [0, 1023, 5000 - 1, 5000 - 1024])
def test_a_changed_byte_at_either_end_makes_another_print(tmp_path, change):
    path = tmp_path / "a.log"
    before = bytearray(b"x" * 5000)
    path.write_bytes(before)
    with path.open("rb") as file:
        first = print_of(file.fileno(), 5000)
    before[change] = 0
    path.write_bytes(before + b"more")
    with path.open("rb") as file:
        assert print_of(file.fileno(), 5000) != first


@pytest.mark.parametrize("size", [0, 1, 1024, 1025, 5000])
def test_growth_leaves_the_print_of_what_stood_before(tmp_path, size):
    path = tmp_path / "a.log"
    path.write_bytes(b"x" * size)
    with path.open("rb") as file:
        first = print_of(file.fileno(), size)
    path.write_bytes(b"x" * size + b"y" * 3000)
    with path.open("rb") as file:
        assert print_of(file.fileno(), size) == first


def test_a_pipe_or_a_device_that_is_named_is_told_of(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "app.log").write_bytes(b"x\n")
    reason = "it is neither a regular file nor a directory"
    found = list(find_files([str(tmp_path / "fifo"), "/dev/null", str(tmp_path)]))
    assert [each.path for each in found] == [str(tmp_path / "fifo"), "/dev/null", str(tmp_path / "app.log")]
    assert [each.reason for each in found if isinstance(each, Unreadable)] == [reason, reason]
