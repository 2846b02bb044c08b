"""Points in time on a command line."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tailrace.cli.exits import AskedWronglyError
from tailrace.cli.moments import parse_moment, show_moment

NOW = datetime(2026, 1, 5, 12, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("-10m", NOW - timedelta(minutes=10)),
        ("now-1h30m", NOW - timedelta(minutes=90)),
        ("2026-01-04", datetime(2026, 1, 4, tzinfo=UTC)),
        ("2026-01-04T09:58:55", datetime(2026, 1, 4, 9, 58, 55, tzinfo=UTC)),
        ("2026-01-04 09:58:55+02:00", datetime(2026, 1, 4, 7, 58, 55, tzinfo=UTC)),
        ("9:58", datetime(2026, 1, 5, 9, 58, tzinfo=UTC)),
        ("09:58:07", datetime(2026, 1, 5, 9, 58, 7, tzinfo=UTC)),
    ],
)
def test_a_moment_may_be_absolute_or_relative_or_of_today(text: str, expected: datetime) -> None:
    assert parse_moment(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "10m", "-10", "25:00", "2026-13-01", "-9999999d", "+10m"])
def test_what_is_no_moment_is_told_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(AskedWronglyError, match="is no time") as caught:
        parse_moment(text, NOW)
    assert caught.value.hint is not None
    assert "-10m" in caught.value.hint


def test_a_moment_is_shown_in_utc() -> None:
    assert show_moment(datetime(2026, 1, 5, 1, 30, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-04 23:30:00"
