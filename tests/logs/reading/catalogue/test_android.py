"""Android's logcat, by its manual's section "Control log output format"."""

THREADTIME = """\
03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogsopening app wtoken = AppWindowToken
03-17 16:13:38.819  1702  8671 D PowerManagerService: acquire lock=233570404, flags=0x1, tag="View Lock"
03-17 16:13:39.000  1702  8671 V tag: verbose
03-17 16:13:39.001  1702  8671 I am_proc_start: [0,2227]
03-17 16:13:39.002  1702  8671 W ActivityManager: Slow operation: 50ms
03-17 16:13:39.003  2227  2227 E AndroidRuntime: FATAL EXCEPTION: main
03-17 16:13:39.003  2227  2227 F libc    : Fatal signal 6 (SIGABRT), code -6
03-17 16:13:39.004  2227  2227 A libc    : assertion failed
03-17 16:13:39.005  2227  2227 I tag with blanks: x: y
03-17 16:13:39.006  2227  2227 I : no tag
"""
YEARS = """\
2026-01-05 10:00:00.123  1702  2395 D A: x
2026-01-05 10:00:00.123456  1702  2395 I A: x
2026-01-05 10:00:00.123456789 +0100  1702  2395 W A: x
2026-01-05 10:00:00.123 +0100  1702  2395 E A: x
01-05 10:00:01.123 root  1702  2395 E A: with a user
2026-01-05 10:00:02.123  1702  2395 D A: x
2026-01-05 10:00:03.123  1702  2395 D A: x
2026-01-05 10:00:04.123  1702  2395 D A: x
2026-01-05 10:00:05.123  1702  2395 D A: x
2026-01-05 10:00:06.123  1702  2395 D A: x
"""
TIME = """\
01-05 10:00:00.123 D/HeadsetStateMachine( 1557): Disconnected process message: 10
01-05 10:00:00.124 I/ActivityManager(  585): Starting activity: Intent { action=android.intent.action.MAIN }
01-05 10:00:00.125 W/A(    1): x
01-05 10:00:00.126 E/A(    1): x
01-05 10:00:00.127 F/A(    1): x
01-05 10:00:00.128 V/A(12345): x
01-05 10:00:00.129 I/A b(    1): x
01-05 10:00:00.130 I/A(    1): x: y
01-05 10:00:00.131 I/A(    1): x
01-05 10:00:00.132 I/A(    1): x
"""


def test_threadtime(check):
    found = check("logcat", THREADTIME)
    assert found.levels == ["DEBUG", "DEBUG", "TRACE", "INFO", "WARN", "ERROR", "FATAL", "FATAL", "INFO", "INFO"]
    assert found.times[0] == "2025-03-17T16:13:38.811000+00:00"
    assert found.column("logger")[6:9] == ["libc", "libc", "tag with blanks"]
    assert found.column("body")[5:] == [
        "FATAL EXCEPTION: main", "Fatal signal 6 (SIGABRT), code -6", "assertion failed", "x: y", "no tag",
    ]  # fmt: skip
    assert found.column("thread")[0] == "2395"
    assert found.column("attributes")[0] == [{"key": "pid", "value": "1702"}]


def test_years_zones_and_longer_fractions(check):
    found = check("logcat", YEARS)
    assert found.times[:5] == [
        "2026-01-05T10:00:00.123000+00:00", "2026-01-05T10:00:00.123456+00:00", "2026-01-05T09:00:00.123456+00:00",
        "2026-01-05T09:00:00.123000+00:00", "2026-01-05T10:00:01.123000+00:00",
    ]  # fmt: skip


def test_the_form_time(check):
    found = check("logcat-time", TIME)
    assert found.levels == ["DEBUG", "INFO", "WARN", "ERROR", "FATAL", "TRACE", "INFO", "INFO", "INFO", "INFO"]
    assert found.column("logger")[0] == "HeadsetStateMachine"
    assert found.column("thread")[0] == "1557"


def test_logcat_after_a_restart_in_another_format(restart):
    restart("logcat", THREADTIME)
    restart("logcat-time", TIME)
