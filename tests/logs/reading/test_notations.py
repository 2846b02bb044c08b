"""Times in many notations mean what the standard library takes them for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailrace.logs.reading.beginning import first_day
from tailrace.logs.reading.clock import TimeContext

WRITTEN = "2026-01-05T22:04:03+00:00"


@pytest.mark.parametrize(
    "time",
    [
        "Mon Jan  5 22:04:03 UTC 2026",  # date(1) in the C locale
        "Mon Jan  5 17:04:03 EST 2026",
        "Tue Jan  6 00:04:03 CEST 2026",
        "Mon Jan  5 10:04:03 PM UTC 2026",  # in en_US
        "Mon 05 Jan 2026 10:04:03 PM UTC",
        "Mon, 05 Jan 2026 23:04:03 +0100",  # date -R
        "Mon, 05 Jan 2026 22:04:03 GMT",
        "Mon Jan 5 22:04:03 2026",
        "Jan 05, 2026 10:04:03 PM",  # Java's DateFormat
        "Jan 5, 2026, 10:04:03 PM",
        "1/5/2026, 10:04:03 PM",  # JavaScript's toLocaleString
        "05-JAN-2026 22:04:03",  # Oracle
        "2026.01.05 22:04:03",
        "2026-1-5 22:04:03",
        "2026/1/5, 22:04:03",
        "260105 22:04:03",  # MariaDB before 10.1
        "2026-01-05 23:04:03+01",  # PostgreSQL's timestamptz
        "2026-01-05 18:34:03-0330",
        "20260105T220403Z",
    ],
)
def test_a_line_may_begin_with_a_time_as_programs_print_it(read, time):
    found = read("".join(f"{time} ERROR no room is left {n}\n" for n in range(4)))
    assert found.times == [WRITTEN] * 4
    assert found.levels == ["ERROR"] * 4
    assert found.column("body") == [f"no room is left {n}" for n in range(4)]


def test_am_and_pm_count_behind_a_date_in_any_notation_but_not_in_words_nor_after_noon(read):
    times = (
        "10:00:00 PM",
        "10:00:00.5 PM",
        "12:00:00 AM",
        "12:00:00 PM",
        "14:00:00 PM",
        "10:00:00 AMQP",
        "09:00:00 PMs",
    )
    found = read("".join(f"2026-01-05 {time} ERROR [main] a.B: x\n" for time in times))
    assert [time[11:19] for time in found.times] == [
        "22:00:00", "22:00:00", "00:00:00", "12:00:00", "14:00:00", "10:00:00", "09:00:00",
    ]  # fmt: skip
    assert found.levels == ["ERROR"] * 7
    assert found.column("body")[:5] == ["x"] * 5


@pytest.mark.parametrize("time", ["2026-01-05 24:00:00,000", "2026-01-06 00:00:00,000"])
def test_a_day_may_end_at_twenty_four_hours(read, time):
    assert read(f"{time} ERROR [main] a.B: x\n").times == ["2026-01-06T00:00:00+00:00"]


def test_a_line_of_one_program_is_not_taken_for_the_header_of_two_line_records(read):
    found = read("".join(f"Jan 05, 2026 3:04:0{n} PM ERROR disk failed\n" for n in range(4)))
    assert found.levels == ["ERROR"] * 4
    assert set(found.column("body")) == {"disk failed"}


# -- against datetime and zoneinfo ------------------------------------------------------------------------------------

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe")
moments = st.datetimes(datetime(1970, 1, 2), datetime(2286, 11, 1)).map(lambda moment: moment.replace(microsecond=0))  # noqa: DTZ001
offsets = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timedelta(minutes=15 * quarters))
PLAIN = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d/%b/%Y:%H:%M:%S",
    "%Y-%m-%d %I:%M:%S %p", "%d.%m.%Y %I:%M:%S %p",
)  # fmt: skip
calm = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def of_line(read, text: str, **options: object) -> datetime:
    (found,) = read(f"{text} ERROR [main] a.B: x\n", modified=datetime(2300, 1, 1, tzinfo=UTC), **options).times
    return datetime.fromisoformat(found)


@calm
@given(moments, st.sampled_from(PLAIN), st.sampled_from(ZONES))
def test_a_local_time_is_what_its_zone_makes_of_it(read, moment, notation, zone):
    local = moment.replace(tzinfo=ZoneInfo(zone))
    both = {local.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    assert of_line(read, moment.strftime(notation), zone=zone) in both


@calm
@given(
    moments, offsets, st.sampled_from(["", ":"]), st.integers(0, 9), st.integers(0, 999_999_999), st.sampled_from(",.")
)
def test_an_offset_and_digits_after_the_second_count_whatever_the_zone(
    read, moment, offset, colon, digits, nanos, point
):
    sign, minutes = "-" if offset < timedelta() else "+", abs(offset) // timedelta(minutes=1)
    written = f"{sign}{minutes // 60:02}{colon}{minutes % 60:02}"
    fraction = f"{point}{nanos:09}"[: digits + 1] if digits else ""
    found = of_line(read, f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{written}", zone="Asia/Tokyo")
    micros = int(f"{nanos:09}"[:digits].ljust(9, "0")) // 1000 if digits else 0
    assert found == moment.replace(tzinfo=UTC) - offset + timedelta(microseconds=micros)


@calm
@given(moments, st.sampled_from([1, 1000, 1_000_000, 1_000_000_000]), st.booleans())
def test_seconds_since_1970_may_be_counted_in_thousandths_and_less(read, moment, unit, quoted):
    number = int(moment.replace(tzinfo=UTC).timestamp()) * unit
    if number < 1_000_000_000 * unit:
        number += 1_000_000_000 * unit  # fewer digits are another unit's
        moment += timedelta(seconds=1_000_000_000)
    text = f'"{number}"' if quoted else str(number)
    (found,) = read(f'{{"level":"error","msg":"x","ts":{text}}}\n', modified=datetime(2300, 1, 1, tzinfo=UTC)).times
    assert datetime.fromisoformat(found) == moment.replace(tzinfo=UTC)


@calm
@given(moments.filter(lambda moment: (moment.month, moment.day) != (2, 29)), st.integers(0, 300 * 86_400))
def test_a_time_without_a_year_is_of_the_latest_year_that_it_can_be_of(read, moment, before):
    modified = moment.replace(tzinfo=UTC) + timedelta(seconds=before)
    line = f"{moment:%b} {moment.day:2} {moment:%H:%M:%S} host app[1]: x\n"
    (found,) = read(line, modified=modified, least=0).times
    assert datetime.fromisoformat(found) == moment.replace(tzinfo=UTC)


@calm
@given(st.lists(st.integers(1, 11 * 3600), min_size=1, max_size=30), st.integers(0, 86_399))
def test_a_file_without_dates_gets_its_days_back_from_its_modification(read, gaps, begin):
    moments = [datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=begin)]
    for gap in gaps:
        moments.append(moments[-1] + timedelta(seconds=gap))
    data = "".join(f"{moment:%H:%M:%S}.000 [main] ERROR a.B - x\n" for moment in moments)
    began = first_day([data.encode()], TimeContext(moments[-1], ZoneInfo("UTC")))
    found = read(data, modified=moments[-1], began=began).times
    assert [datetime.fromisoformat(each) for each in found] == moments
