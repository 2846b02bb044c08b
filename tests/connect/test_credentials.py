from __future__ import annotations

from pathlib import Path

import pytest

from tailrace.connect.credentials import revealed
from tailrace.connect.delivery import SetupFault
from tailrace.model.settings import Secret


def test_a_secret_is_what_it_is_unless_it_says_where_it_stands() -> None:
    assert revealed(Secret("https://x/y")) == Secret("https://x/y")
    assert revealed(Secret("")) == Secret("")


def test_a_secret_stands_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "hunter2")
    assert revealed(Secret("env:MY_KEY")) == Secret("hunter2")


def test_a_secret_stands_in_a_file_whose_last_line_end_is_not_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2 \n")
    assert revealed(Secret(f"file:{tmp_path / 'key'}")) == Secret("hunter2 ")


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_secret_that_is_not_there_is_waited_for_and_its_place_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SetupFault, match="key"):
        revealed(Secret(f"file:{path}"))
    with pytest.raises(SetupFault, match="NOT_SET_AT_ALL"):
        revealed(Secret("env:NOT_SET_AT_ALL"))
