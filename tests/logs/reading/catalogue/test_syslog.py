"""Syslog, by the examples of RFC 5424 (section 6.5), RFC 3164 (section 5.4) and rsyslog's manual."""

from datetime import UTC, datetime

import pytest

RFC5424 = """\
<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8
<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.
<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 \
[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] \ufeffAn application event log entry...
<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 \
[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]
<11>1 2026-01-05T10:00:00Z h app 1 - - an error of the user's facility
<12>1 2026-01-05T10:00:01+01:00 h app 1 - - a warning
<8>1 2026-01-05T10:00:02Z h app 1 - - an emergency
<191>1 2026-01-05T10:00:03Z h app 1 - - debugging, of the last facility
<14>1 - - - - - - nothing but a message
<27>1 2026-01-05T10:00:04.5Z h app 1 M [a@1 b="\\"\\]"] an escaped bracket
"""
RFC3164 = """\
<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8
<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!
<165>Aug 24 05:34:00 mymachine myproc[10]: %% It's time to make the do-nuts.  %%  Ingredients: Mix=OK
<0>Oct 22 10:52:12 scapegoat sched[0]: That's All Folks!
<11>Oct 22 10:52:13 scapegoat app: an error
<12>Oct 22 10:52:13 scapegoat app: a warning
<191>Oct 22 10:52:14 scapegoat app: debugging
<189>Oct 22 2025 10:52:15 router %SYS-5-CONFIG_I: Configured from console
<14>Oct 22 10:52:16 scapegoat app[7]: ERROR is only a word here
<14>Oct 22 10:52:17.250 scapegoat Microsoft Word[14463]: a tag of two words
"""
PLAIN = """\
Jan  5 10:00:00 host kernel: [    0.000000] Linux version 6.1
Jan  5 10:00:00 host systemd[1]: Started Daily apt download activities.
Jan  5 10:00:01 host sshd(pam_unix)[19939]: session opened for user a by (uid=0)
Jan  5 10:00:02 host CRON[1234]: (root) CMD (run-parts /etc/cron.hourly)
Jan  5 10:00:03 host su: FATAL is only a word here
Jan  5 10:00:04 host last message repeated 2 times
Jan  5 10:00:05 host com.apple.CDScheduler[43]: Thermal pressure state: 0
Jan  5 10:00:06 host Google Chrome[33995]: Unable to find image
Jan  5 10:00:07 host postfix/smtpd[55]: connect from unknown[1.2.3.4]
Jan  5 10:00:08 host syslogd 1.4.1: restart.
"""
ISO = """\
2026-01-05T10:00:00.000001+00:00 host rsyslogd: imuxsock: Acquired UNIX socket
2026-01-05T10:00:00.100000+00:00 host systemd[1]: Started a service.
2026-01-05T10:00:01.000000+00:00 host kernel: [    0.000000] ERROR is only a word here
2026-01-05T10:00:02.000000+00:00 host CRON[12]: (root) CMD (x)
2026-01-05T10:00:03.000000+00:00 host sshd[1]: error: kex_exchange_identification
2026-01-05T11:00:04.000000+01:00 host sshd[1]: another zone
2026-01-05T10:00:05.000000+00:00 1.2.3.4 app[12]: from an address
2026-01-05T10:00:06+00:00 host app[12]: without a fraction
2026-01-05T10:00:07.123456-05:00 web-1.example.com nginx: x
<11>2026-01-05T10:00:08.000000+00:00 host app: with a priority
"""


def test_rfc5424_takes_the_level_from_the_priority(check):
    found = check("syslog-rfc5424", RFC5424)
    assert found.levels == ["FATAL", "INFO", "INFO", "INFO", "ERROR", "WARN", "FATAL", "DEBUG", "INFO", "ERROR"]
    assert found.times[:2] == ["2003-10-11T22:14:15.003000+00:00", "2003-08-24T12:14:15.000003+00:00"]
    assert found.times[5] == "2026-01-05T09:00:01+00:00"
    assert found.times[8] == found.times[7]


def test_rfc5424_parts_the_message_from_its_header(check):
    found = check("syslog-rfc5424", RFC5424)
    assert found.column("body")[:4] == [
        "'su root' failed for lonvick on /dev/pts/8", "%% It's time to make the do-nuts.",
        "An application event log entry...", "",
    ]  # fmt: skip
    assert found.column("body")[8:] == ["nothing but a message", "an escaped bracket"]
    assert found.column("logger")[:2] == ["su", "myproc"]
    assert found.column("thread")[:2] == [None, "8710"]
    assert {"key": "msgid", "value": "ID47"} in found.column("attributes")[0]
    assert {"key": "host", "value": "192.0.2.1"} in found.column("attributes")[1]


def test_rfc3164_with_a_priority(check):
    found = check("syslog-rfc3164", RFC3164)
    assert found.levels == ["FATAL", "INFO", "INFO", "FATAL", "ERROR", "WARN", "DEBUG", "INFO", "INFO", "INFO"]
    assert found.column("body")[:2] == ["'su root' failed for lonvick on /dev/pts/8", "Use the BFG!"]
    assert found.column("logger")[2:4] == ["myproc", "sched"]
    assert found.column("thread")[2:4] == ["10", "0"]
    assert found.column("logger")[9] == "Microsoft Word"
    assert found.times[7] == "2025-10-22T10:52:15+00:00"
    assert found.times[9] == "2025-10-22T10:52:17.250000+00:00"


def test_rfc3164_without_a_priority_has_no_level(check):
    found = check("syslog-rfc3164", PLAIN)
    assert found.levels == [""] * 10
    assert found.times[0] == "2026-01-05T10:00:00+00:00"
    assert found.column("body")[2:6] == [
        "session opened for user a by (uid=0)", "(root) CMD (run-parts /etc/cron.hourly)",
        "FATAL is only a word here", "last message repeated 2 times",
    ]  # fmt: skip
    assert found.column("logger")[6:9] == ["com.apple.CDScheduler", "Google Chrome", "postfix/smtpd"]
    assert found.column("thread")[:3] == [None, "1", "19939"]


def test_rsyslogs_own_format_with_iso_times(check):
    found = check("syslog-iso", ISO)
    assert found.levels == [""] * 9 + ["ERROR"]
    assert found.times[0] == "2026-01-05T10:00:00.000001+00:00"
    assert found.times[5] == "2026-01-05T10:00:04+00:00"
    assert found.times[8] == "2026-01-05T15:00:07.123456+00:00"
    assert found.column("body")[4] == "error: kex_exchange_identification"


def test_a_level_where_a_host_would_stand_is_not_syslog(read):
    lines = "2026-01-05T10:00:00+00:00 ERROR app: x\n" * 10
    assert read(lines).state.format == "log4j"


def test_a_year_that_is_missing_is_the_one_before_the_modification(read):
    lines = "Dec 31 23:59:59 h a: x\nJan  1 00:00:01 h a: y\nJan  5 09:00:00 h a: z\n"
    found = read(lines, least=0)
    assert [time[:10] for time in found.times] == ["2025-12-31", "2026-01-01", "2026-01-05"]


def test_a_file_of_several_years_is_counted_on(read):
    lines = "Jun  1 00:00:00 h a: 0\nJan  1 00:00:00 h a: 1\nDec 31 00:00:00 h a: 2\nJan  2 00:00:00 h a: 3\n"
    modified = datetime(2026, 1, 5, tzinfo=UTC)
    found = read(lines, least=0, modified=modified, name="a-2022-06-01.log")
    assert [time[:10] for time in found.times] == ["2022-06-01", "2023-01-01", "2023-12-31", "2024-01-02"]


def test_no_year_lies_after_the_modification(read):
    lines = "Mar  1 00:00:00 h a: 0\nJan  1 00:00:00 h a: 1\nAug  1 00:00:00 h a: 2\nDec 30 00:00:00 h a: 3\n"
    found = read(lines, least=0)
    assert [time[:10] for time in found.times] == ["2025-03-01", "2026-01-01", "2025-08-01", "2025-12-30"]


def test_a_line_of_the_old_year_that_comes_late_keeps_its_year(read):
    lines = "Dec 31 23:59:59 h a: 0\nJan  1 00:00:00 h a: 1\nDec 31 23:59:59 h a: 2\nJan  1 00:00:01 h a: 3\n"
    assert [time[:4] for time in read(lines, least=0).times] == ["2025", "2026", "2025", "2026"]


def test_the_29th_of_february_is_of_a_leap_year(read):
    found = read("Feb 28 10:00:00 h a: x\nFeb 29 10:00:00 h a: x\nMar  1 10:00:00 h a: x\n", name="20240228", least=0)
    assert [time[:10] for time in found.times] == ["2024-02-28", "2024-02-29", "2024-03-01"]
    found = read("<11>Feb 29 10:00:00 h a: x\n<11>Mar  1 10:00:00 h a: x\n" * 2)
    assert [time[:10] for time in found.times] == ["2024-02-29", "2024-03-01"] * 2


def test_a_day_that_does_not_exist_has_the_time_before(read):
    found = read("<11>Feb 28 10:00:00 h a: x\n<11>Feb 30 10:00:00 h a: x\n<11>Abc  1 10:00:00 h a: x\n")
    assert found.times == ["2025-02-28T10:00:00+00:00"] * 3


def test_syslog_after_a_restart_in_another_format(restart):
    restart("syslog-rfc5424", RFC5424)
    restart("syslog-rfc3164", PLAIN)
    restart("syslog-iso", ISO)


@pytest.mark.parametrize("head", ["Jan  5 10:00:00 web shop[12]: ", "2026-01-05T10:00:00+00:00 web shop[12]: "])
def test_line_feeds_that_rsyslog_escapes_are_line_feeds_and_a_trace_in_them_is_an_error(read, head):
    messages = (
        "well",
        "java.lang.IllegalStateException: x#012#011at a.B.c(B.java:3)#012#011at a.B.d(B.java:4)",
        'Traceback (most recent call last):#012  File "x.py", line 1, in <module>#012ValueError: x',
        "issue #012 was closed, #011 too",
        "two#012lines#012",
    )
    found = read("".join(f"{head}{message}\n" for message in messages), least=0)
    assert found.levels == ["", "ERROR", "ERROR", "", ""]
    assert found.column("body") == [
        "well",
        "java.lang.IllegalStateException: x\n\tat a.B.c(B.java:3)\n\tat a.B.d(B.java:4)",
        'Traceback (most recent call last):\n  File "x.py", line 1, in <module>\nValueError: x',
        "issue #012 was closed, #011 too",
        "two\nlines",
    ]
