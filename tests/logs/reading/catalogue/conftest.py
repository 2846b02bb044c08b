"""What the tests of the catalogue share: checks that hold for every format, as fixture `check`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tailrace.logs.reading.detect import detect

NEIGHBOURS = ("before", "after")


@pytest.fixture
def check(read) -> Callable[..., object]:
    """Return a function that reads a sample of a format by its lines, and checks what holds for every format.

    The sample is detected, every line of it understood, and the records are the same however the file is cut.
    """

    def checked(name: str, sample: str, **options):
        found = detect(sample.encode())
        assert found.format.name == name
        assert len(sample.splitlines()) >= 10
        whole = read(sample, least=0, **options)
        assert whole.state.format == name
        assert whole.state.switches == 0
        cut = read(sample, least=0, step=41, **options)
        assert cut.records.drop(NEIGHBOURS).equals(whole.records.drop(NEIGHBOURS))
        assert cut.volumes.equals(whole.volumes)
        assert whole.volumes["bytes"].sum() == len(sample.encode())
        return whole

    return checked


@pytest.fixture
def restart(read) -> Callable[..., None]:
    """Return a function that checks that a file goes from one format to another and back, at the very line."""

    def checked(name: str, sample: str, **options):
        other = "".join(f'{{"time":"2026-01-05T10:00:{n:02}Z","level":"error","msg":"other {n}"}}\n' for n in range(20))
        mixed = sample * 2 + other + sample * 2
        found = read(mixed, least=0, **options)
        assert found.state.switches == 2
        assert found.state.format == name
        between = found.records.filter(found.records["body"].str.starts_with("other "))
        assert between["level"].to_list() == ["ERROR"] * 20
        alone = read(sample, least=0, **options)
        assert len(found.records) == 4 * len(alone.records) + 20
        cut = read(mixed, least=0, step=997, **options)
        assert cut.records.drop(NEIGHBOURS).equals(found.records.drop(NEIGHBOURS))

    return checked
