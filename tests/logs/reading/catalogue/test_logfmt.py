"""logfmt, by the documentation of Go's slog, of logrus and of go-kit."""

LOGFMT = r"""
time=2022-11-08T15:28:26.000-05:00 level=INFO msg=hello count=3
time=2026-01-05T10:00:00.123Z level=WARN msg="slow query" duration=1.5s
time="2026-01-05T10:00:01Z" level=warning msg="A walrus \"appears\"" animal=walrus number=8
time="2026-01-05T10:00:02Z" level=fatal msg="The ice breaks!" number=100
ts=2026-01-05T10:00:03.000Z caller=main.go:117 level=error msg="Error opening storage" err="lock DB directory: busy"
ts=1767607204.5 lvl=eror level=error err=timeout
msg="level=debug within" level=error time=2026-01-05T10:00:05Z
t=2026-01-05T10:00:06+0000 lvl=info msg="Request Completed" logger=context userId=0 path=/api status=200
level=debug ts=2026-01-05T10:00:07Z component=tsdb msg="x"
severity=CRITICAL time="2026-01-05 10:00:08" message="with a blank"
time=2026-01-05T10:00:09Z level=trace msg=""
""".lstrip()


def test_logfmt_takes_level_and_time_from_any_place(check):
    found = check("logfmt", LOGFMT)
    assert found.levels == [
        "INFO", "WARN", "WARN", "FATAL", "ERROR", "ERROR", "ERROR", "INFO", "DEBUG", "FATAL", "TRACE",
    ]  # fmt: skip
    assert found.times[:2] == ["2022-11-08T20:28:26+00:00", "2026-01-05T10:00:00.123000+00:00"]
    assert found.times[5:7] == ["2026-01-05T10:00:04.500000+00:00", "2026-01-05T10:00:05+00:00"]
    assert found.times[9] == "2026-01-05T10:00:08+00:00"


def test_the_message_is_unquoted_and_the_other_pairs_are_attributes(check):
    found = check("logfmt", LOGFMT)
    assert found.column("body")[1:5] == [
        "slow query", 'A walrus "appears"', "The ice breaks!", "Error opening storage",
    ]  # fmt: skip
    assert found.column("body")[5] == "err=timeout"
    assert found.column("body")[6] == "level=debug within"
    assert found.column("attributes")[2] == [{"key": "animal", "value": "walrus"}, {"key": "number", "value": "8"}]
    assert found.column("logger")[4] == "main.go:117"
    assert found.column("logger")[7:9] == ["context", "tsdb"]


def test_a_panic_goes_on_with_its_record(read):
    found = read("time=2026-01-05T10:00:00Z level=error msg=x\n\tgoroutine 1\n" * 5)
    assert found.column("body") == ["x\n\tgoroutine 1"] * 5


def test_words_with_equals_signs_are_not_logfmt(read):
    assert read("set total=5 and y=6\nx level=high\n" * 5).state.format == "free-text"


def test_logfmt_after_a_restart_in_another_format(restart):
    restart("logfmt", LOGFMT)
