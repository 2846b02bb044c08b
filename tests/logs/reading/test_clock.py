"""Times without a date, across midnight; times without a zone, across daylight saving; times that do not exist."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tailrace.logs.reading.beginning import first_day
from tailrace.logs.reading.clock import TimeContext


def clocks(*times):
    return "".join(f"{time} [main] ERROR a.B - x\n" for time in times)


def dated(*times):
    return "".join(f"{time} ERROR [main] a.B: x\n" for time in times)


def at(day, hour, minute=0):
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def test_a_time_without_a_date_lies_before_the_files_modification(read):
    found = read(clocks("09:00:00", "11:00:00"), modified=at(5, 11, 1))
    assert found.times == ["2026-01-05T09:00:00+00:00", "2026-01-05T11:00:00+00:00"]
    assert read(clocks("23:00:00"), modified=at(5, 11)).times == ["2026-01-04T23:00:00+00:00"]


def test_a_clock_may_be_a_little_ahead_of_the_file_system(read):
    assert read(clocks("11:04:00"), modified=at(5, 11)).times == ["2026-01-05T11:04:00+00:00"]


@pytest.mark.parametrize("step", [None, 10, 57])
def test_midnight_is_the_next_day(read, step):
    found = read(clocks("23:59:58", "23:59:59", "00:00:00", "00:10:00"), modified=at(5, 0, 10), step=step)
    assert found.times == [
        "2026-01-04T23:59:58+00:00", "2026-01-04T23:59:59+00:00",
        "2026-01-05T00:00:00+00:00", "2026-01-05T00:10:00+00:00",
    ]  # fmt: skip


def test_a_line_that_comes_late_over_midnight_keeps_its_day(read):
    found = read(clocks("23:59:59", "00:00:00", "23:59:59", "00:00:01"), modified=at(5, 0, 1))
    assert [time[:10] for time in found.times] == ["2026-01-04", "2026-01-05", "2026-01-04", "2026-01-05"]


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Europe/Berlin", "2100-07-01 12:00:00", "2100-07-01T10:00:00"),
        ("Europe/Berlin", "2100-12-01 12:00:00", "2100-12-01T11:00:00"),
        ("America/New_York", "2104-02-29 12:00:00", "2104-02-29T17:00:00"),
        ("Australia/Sydney", "9998-01-01 00:30:00", "9997-12-31T13:30:00"),
    ],
)
def test_the_rules_of_daylight_saving_hold_after_2099(read, zone, local, utc):
    assert read(dated(local), zone=zone).times == [f"{utc}+00:00"]


def test_a_small_step_back_is_the_same_day(read):
    found = read(clocks("10:00:00", "09:00:00"), modified=at(5, 11))
    assert [time[:10] for time in found.times] == ["2026-01-05"] * 2


def test_no_record_lies_on_a_day_after_the_files_modification(read):
    found = read(clocks("10:00:00", "01:00:00", "15:00:00"), modified=at(5, 15, 1))
    assert found.times == ["2026-01-05T10:00:00+00:00", "2026-01-05T01:00:00+00:00", "2026-01-05T15:00:00+00:00"]
    found = read(clocks("14:00:00", "01:00:00", "15:00:00"), modified=at(5, 15, 1))
    assert found.times[1:] == ["2026-01-05T01:00:00+00:00", "2026-01-05T15:00:00+00:00"]


@pytest.mark.parametrize(
    "name",
    ["app-2020-02-03.log", "app-20200203T100000-0001.log", "2020/02/03/app.log", "a_2020_02_03.txt", "2020.02.03"],
)
def test_the_name_of_a_file_gives_the_date(read, name):
    found = read(clocks("23:59:59", "00:00:01"), name=name)
    assert found.times == ["2020-02-03T23:59:59+00:00", "2020-02-04T00:00:01+00:00"]


def test_a_name_without_a_date_that_exists_gives_none():
    for name in ("app-2020-02-31.log", "app-20201.log", "x"):
        assert TimeContext(at(5, 0), ZoneInfo("UTC"), name).named_day() is None
    assert TimeContext(at(5, 0), ZoneInfo("UTC"), "2020-01-01/2021-03-04.log").named_day() == date(2021, 3, 4)


def test_a_zone_holds_for_times_that_name_none(read):
    found = read(dated("2026-01-05 10:00:00", "2026-07-05 10:00:00"), zone="Europe/Berlin")
    assert found.times == ["2026-01-05T09:00:00+00:00", "2026-07-05T08:00:00+00:00"]


@pytest.mark.parametrize("step", [None, 45])
def test_the_repeated_hour_keeps_the_order_of_the_file(read, step):
    found = read(
        dated("2025-10-26 01:59:59", "2025-10-26 02:30:00", "2025-10-26 02:59:59", "2025-10-26 02:00:01",
              "2025-10-26 02:40:00", "2025-10-26 03:00:00"),
        zone="Europe/Berlin", step=step,
    )  # fmt: skip
    assert [time[11:19] for time in found.times] == [
        "23:59:59", "00:30:00", "00:59:59", "01:00:01", "01:40:00", "02:00:00",
    ]  # fmt: skip


def test_a_time_that_daylight_saving_skips_is_read_all_the_same(read):
    found = read(dated("2026-03-29 01:59:59", "2026-03-29 02:30:00", "2026-03-29 03:30:00"), zone="Europe/Berlin")
    assert [time[11:19] for time in found.times] == ["00:59:59", "01:30:00", "01:30:00"]


def test_times_that_do_not_exist_take_that_of_the_record_before(read):
    found = read(
        dated("2026-01-05 10:00:00", "0000-01-05 10:00:00", "2026-13-05 10:00:00", "2026-02-30 10:00:00",
              "2026-01-05 25:00:00")
    )  # fmt: skip
    assert found.times == ["2026-01-05T10:00:00+00:00"] * 5


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_first_and_the_last_year_are_times(read, zone):
    found = read(dated("0001-01-03 00:00:00", "9999-12-29 23:59:59", "2024-02-29 00:00:00"), zone=zone)
    assert [time[:4] for time in found.times] == ["0001", "9999", "2024"]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def test_times_on_the_first_and_the_last_day_take_that_of_the_record_before(read, zone):
    found = read(dated("2024-02-29 00:00:00Z", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "0001-01-01 12:00:00Z"))
    assert found.times == ["2024-02-29T00:00:00+00:00"] * 4


TIMED = {
    "log4j": lambda at: f"{at:%Y-%m-%d %H:%M:%S},000 ERROR [main] a.B: x",
    "log4j with a zone": lambda at: f"{at:%Y-%m-%d %H:%M:%S}Z ERROR [main] a.B: x",
    "JSON": lambda at: f'{{"time":"{at:%Y-%m-%dT%H:%M:%S}Z","level":"error","msg":"x"}}',
    "logfmt": lambda at: f"time={at:%Y-%m-%dT%H:%M:%S}Z level=error msg=x",
    "RFC 5424": lambda at: f"<11>1 {at:%Y-%m-%dT%H:%M:%S}Z box app 1 - - x",
    "access log": lambda at: f'1.2.3.4 - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET / HTTP/1.1" 500 12',
    "Apache": lambda at: f"[{at:%a %b %d %H:%M:%S %Y}] [error] x",
    "nginx": lambda at: f"{at:%Y/%m/%d %H:%M:%S} [error] 12#0: *3 x",
    "CRI": lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.1+00:00 stderr F ERROR x",
    "Docker": lambda at: f'{{"log":"ERROR x\\n","stream":"stderr","time":"{at:%Y-%m-%dT%H:%M:%S}.1Z"}}',
}


@pytest.mark.parametrize("form", TIMED)
def test_times_of_any_year_are_themselves_or_those_of_the_record_before(read, form):
    chance, first, last = random.Random(form), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)  # noqa: DTZ001
    seconds = [0, 86_399, 86_400, 10**9, 60 * 10**9, *(chance.randrange(315_537_897_600) for _ in range(200))]
    moments = [first + timedelta(seconds=each) for each in seconds] + [last, last - timedelta(days=1)]
    texts = [_padded(TIMED[form], moment) for moment in (datetime(2026, 1, 5), *moments)]  # noqa: DTZ001
    wanted, known = [], datetime(2026, 1, 5)  # noqa: DTZ001
    for moment in moments:
        known = moment if first + timedelta(days=1) <= moment <= last - timedelta(days=1) else known
        wanted.append(known)
    found = read("".join(text + "\n" for text in texts))
    assert [time[:19] for time in found.times[1:]] == [moment.isoformat() for moment in wanted]


def _padded(written, moment):
    """Write a time with a year of four digits, which not every C library does."""
    text = written(moment.replace(year=2000 + moment.year % 400))
    return text.replace(str(2000 + moment.year % 400), f"{moment.year:04}", 1)


def test_a_record_without_any_time_before_it_takes_the_files_time_but_none_to_come(read):
    assert read("0000-01-05 10:00:00 ERROR x\n").times == ["2026-01-05T12:00:00+00:00"]
    assert read("ERROR: x\n", modified=at(4, 1)).times == ["2026-01-04T01:00:00+00:00"]
    assert read("ERROR: x\n", modified=at(9, 1)).times == ["2026-01-05T12:00:00+00:00"]


def test_an_impossible_zone_is_taken_for_none(read):
    assert read(dated("2026-01-05 10:00:00+99:99")).times == ["2026-01-05T10:00:00+00:00"]


@pytest.mark.parametrize(
    ("written", "zone", "expected"),
    [
        ("2026-01-05 10:00:00 CET", "UTC", "2026-01-05T09:00:00"),
        ("2026-07-05 10:00:00.5 CEST", "UTC", "2026-07-05T08:00:00.500000"),
        ("2026-01-05 10:00:00 EST", "UTC", "2026-01-05T15:00:00"),
        ("2026-07-05 10:00:00,123 PDT", "UTC", "2026-07-05T17:00:00.123000"),
        ("2026-01-05 10:00:00 CST", "UTC", "2026-01-05T16:00:00"),
        ("2026-01-05 10:00:00 CST", "Asia/Shanghai", "2026-01-05T02:00:00"),
        ("2026-01-05 10:00:00 IST", "UTC", "2026-01-05T04:30:00"),
        ("2026-01-05 10:00:00 IST", "Asia/Jerusalem", "2026-01-05T08:00:00"),
        ("2026-01-05 10:00:00 GMT", "Europe/Berlin", "2026-01-05T10:00:00"),
    ],
)
def test_a_zone_may_be_named_by_its_abbreviation(read, written, zone, expected):
    found = read(f"{written} ERROR [main] a.B: x\n" * 3, zone=zone, modified=datetime(2026, 8, 1, tzinfo=UTC))
    assert set(found.times) == {f"{expected}+00:00"}
    assert found.column("body") == ["x"] * 3


def test_an_abbreviation_tells_the_passes_of_a_repeated_hour_apart(read):
    lines = [f"2025-10-26 02:30:00 {name} ERROR [main] a.B: x\n" for name in ("CEST", "CET", "CEST")]
    found = read("".join(lines), zone="Europe/Berlin")
    assert [time[11:19] for time in found.times] == ["00:30:00", "01:30:00", "00:30:00"]


def test_words_after_a_time_are_no_zones(read):
    found = read("2026-01-05 10:00:00 ERROR x\n2026-01-05 10:00:00 MSTS ERROR x\n2026-01-05 10:00:00 WARN x\n")
    assert set(found.times) == {"2026-01-05T10:00:00+00:00"}


def test_a_whole_file_of_several_days_is_counted_back_from_its_modification(read):
    data = clocks("22:00:00", "01:00:00", "23:00:00", "02:00:00", "09:00:00").encode()
    context = TimeContext(at(5, 12), ZoneInfo("UTC"), "app.log")
    assert first_day([data], context) == date(2026, 1, 3)
    assert first_day([data[:60], data[60:]], context) == date(2026, 1, 3)
    found = read(data, began=date(2026, 1, 3))
    assert [time[:13] for time in found.times] == [
        "2026-01-03T22", "2026-01-04T01", "2026-01-04T23", "2026-01-05T02", "2026-01-05T09",
    ]  # fmt: skip


def test_the_first_day_of_a_file_is_not_looked_for_where_its_times_or_its_name_tell():
    read = []

    def pieces():
        for _ in range(3):
            read.append(1)
            yield dated(*["2026-01-01 10:00:00"] * 100).encode()

    assert first_day(pieces(), TimeContext(at(5, 12), ZoneInfo("UTC"))) is None
    assert len(read) == 1
    assert first_day(pieces(), TimeContext(at(5, 12), ZoneInfo("UTC"), "app-2026-01-02.log")) is None
    assert first_day([b"plain\n"], TimeContext(at(5, 12), ZoneInfo("UTC"))) is None
    assert first_day([], TimeContext(at(5, 12), ZoneInfo("UTC"))) is None
