"""Python's logging, by its documentation: `BASIC_FORMAT`, and the forms with a time of its HOWTO."""

BASIC = """\
WARNING:root:Watch out!
DEBUG:root:This message should go to the log file
INFO:root:So should this
ERROR:root:And non-ASCII stuff, too, like Øresund and Malmö
CRITICAL:app.db:cannot go on
ERROR:app:Exception on /
Traceback (most recent call last):
  File "x.py", line 3, in f
    1 / 0
ZeroDivisionError: division by zero
INFO:werkzeug:127.0.0.1 - - [05/Jan/2026 10:00:00] "GET / HTTP/1.1" 200 -
WARNING:py.warnings:x.py:1: DeprecationWarning: old
NOTSET:root:x
INFO:a.b-c:with a hyphen
"""
TIMED = """\
2005-03-19 15:10:26,618 - simple_example - DEBUG - debug message
2005-03-19 15:10:26,620 - simple_example - INFO - info message
2005-03-19 15:10:26,695 - simple_example - WARNING - warn message
2005-03-19 15:10:26,697 - simple_example - ERROR - error message
Traceback (most recent call last):
  File "x.py", line 3, in f
    1 / 0
ZeroDivisionError: division by zero
2005-03-19 15:10:26,773 - simple_example - CRITICAL - critical message
2005-03-19 15:10:27,000 - __main__ - INFO - x
2005-03-19 15:10:27,001 - app.db - WARNING - x
2005-03-19 15:10:27,002 WARNING app.db: level first
2005-03-19 15:10:27,003 [MainThread] ERROR app.db: with a thread
2005-03-19 15:10:27,004 - app - ERROR - x
"""


def test_the_basic_form_has_a_level_and_no_time(check):
    found = check("python-basic", BASIC)
    assert found.levels == ["WARN", "DEBUG", "INFO", "ERROR", "FATAL", "ERROR", "INFO", "WARN", "", "INFO"]
    assert found.times == ["2026-01-05T12:00:00+00:00"] * 10
    assert found.column("body")[3] == "And non-ASCII stuff, too, like Øresund and Malmö"
    assert found.column("body")[5].endswith("\nZeroDivisionError: division by zero")
    assert found.column("logger")[4] == "app.db"


def test_forms_with_a_time_are_log4j_layouts(check):
    found = check("log4j", TIMED)
    assert found.levels == ["DEBUG", "INFO", "WARN", "ERROR", "FATAL", "INFO", "WARN", "WARN", "ERROR", "ERROR"]
    assert found.times[0] == "2005-03-19T15:10:26.618000+00:00"
    assert found.column("body")[3].endswith("\nZeroDivisionError: division by zero")
    assert found.column("body")[9] == "x"
    assert found.column("logger")[6] == "app.db"


def test_pythons_forms_after_a_restart_in_another_format(restart):
    restart("python-basic", BASIC)
    restart("log4j", TIMED)
