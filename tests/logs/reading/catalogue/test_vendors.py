"""What large vendors' products and common daemons write, by their documentation or as they wrote it here."""

# ruff: noqa: E501 - lines of logs are as long as they are

import itertools
from datetime import UTC, datetime, timedelta

import pytest

FIRST = datetime(2025, 10, 30, 16, 49, 6, 250_000, tzinfo=UTC)


def lines_of(shape, *words):
    """Twelve lines of a shape, some seconds apart, with the words in turn; `{t}` is the time, `{n}` a number."""
    moments = (FIRST + timedelta(seconds=13 * n) for n in range(12))
    return "".join(shape.format(t=t, w=w, n=n) for n, (t, w) in enumerate(zip(moments, itertools.cycle(words))))


SHAPES = [
    ("cisco", "{t:%b %e %H:%M:%S}.250 UTC: %{w}: Interface Gi0/{n}, changed state to down\n",
     {"LINK-3-UPDOWN": "ERROR", "LINEPROTO-5-UPDOWN": "INFO", "PLATFORM-2-PEM": "FATAL", "SYS-4-LOW": "WARN"}),
    ("cisco", "<189>{n}: *{t:%b %e %H:%M:%S}.250: %{w}: user bob\n", {"SYS-5-CONFIG_I": "INFO", "SYS-7-X": "DEBUG"}),
    ("cisco", "{t:%b %d %Y %H:%M:%S} fw1 : %{w}: Deny tcp src outside:10.0.0.1/{n}\n",
     {"ASA-4-106023": "WARN", "ASA-6-302013": "INFO"}),
    ("cisco", "{t:%Y %b %e %H:%M:%S} sw2 %{w}: Interface Ethernet1/{n} is down\n", {"ETHPORT-3-IF_DOWN": "ERROR"}),
    ("cisco", "{t:%b %e %H:%M:%S} 10.1.1.1 77: RP/0/RSP0/CPU0:Oct 30 16:49:06.250 : ifmgr[2]: %{w} : down {n}\n",
     {"PKT_INFRA-LINK-3-UPDOWN": "ERROR"}),
    ("mikrotik", "{t:%b/%d/%Y %H:%M:%S} system,{w} user admin logged in {n}\n",
     {"info,account": "INFO", "error,critical": "ERROR", "warning": "WARN"}),
    ("fortigate", 'date={t:%Y-%m-%d} time={t:%H:%M:%S} devname="fg" type="event" level="{w}" msg="m {n}"\n',
     {"alert": "FATAL", "error": "ERROR", "warning": "WARN", "notice": "INFO", "information": "INFO"}),
    ("sonicwall", 'id=firewall sn=00 time="{t:%Y-%m-%d %H:%M:%S} UTC" fw=10.0.0.1 pri={w} c=4 msg="scan" n={n}\n',
     {"1": "FATAL", "3": "ERROR", "4": "WARN", "6": "INFO"}),
    ("weblogic", "####<{t:%b %e, %Y %I:%M:%S %p UTC}> <{w}> <Server> <h> <Admin> <[ACTIVE] 1> <> <> <> <9> <BEA-002606> <m{n}>\n",
     {"Notice": "INFO", "Warning": "WARN", "Error": "ERROR", "Emergency": "FATAL"}),
    ("websphere", "[{t:%m/%d/%y %H:%M:%S}:250 UTC] 0000003a WsServerImpl  {w}   WSVR0001I: Server open {n}\n",
     {"A": "INFO", "E": "ERROR", "W": "WARN", "F": "FATAL", "O": "INFO", "3": "TRACE"}),
    ("db2", "{t:%Y-%m-%d-%H.%M.%S.%f}+000 I{n}E300           LEVEL: {w}\nPID     : 12    TID : 46\nMESSAGE : no space\n",
     {"Severe": "ERROR", "Warning": "WARN", "Event": "INFO", "Critical": "FATAL"}),
    ("sap-hana", "[31{n}]{{-1}}[-1/-1] {t:%Y-%m-%d %H:%M:%S.%f} {w} Basis            Trace.cpp(00123) : m {n}\n",
     {"i": "INFO", "w": "WARN", "e": "ERROR", "f": "FATAL"}),
    ("sql-server", "{t:%Y-%m-%d %H:%M:%S}.25 spid5{n}      Error: 9002, Severity: {w}, State: 2.\n",
     {"17": "ERROR", "10": "INFO", "24": "FATAL"}),
    ("vmkernel", "{t:%Y-%m-%dT%H:%M:%S}.250Z cpu0:20970{n}){w}NMP: nmp_Retry:133: Device naa.600 awaits\n",
     {"WARNING: ": "WARN", "ALERT: ": "FATAL", "": ""}),
    ("esx", "{t:%Y-%m-%dT%H:%M:%S}.250Z {w} hostd[21{n}]: Event 7 is posted\n",
     {"Er(163)": "ERROR", "Wa(164)": "WARN", "In(166)": "INFO", "Db(167)": "DEBUG"}),
    ("vmx", "{t:%Y-%m-%dT%H:%M:%S}.250Z| vcpu-0| {w}: disk {n} opened\n", {"I125": "INFO", "W115": "WARN", "E105": "ERROR"}),
    ("windows-events-csv", '{w},{t:%m/%d/%Y %I:%M:%S %p},Service Control Manager,70{n},None,"entered a state"\n',
     {"Information": "INFO", "Warning": "WARN", "Error": "ERROR", "Critical": "FATAL"}),
    ("windows-events", "{t:%m/%d/%Y %I:%M:%S %p}  70{n} {w}      The service entered a state\n",
     {"Information": "INFO", "Warning": "WARN", "Error": "ERROR"}),
    ("dovecot", "{t:%b %d %H:%M:%S} imap(vera)<{n}><h1Hl/epg9tl/AAAB>: {w}: Mailbox is gone\n",
     {"Debug": "DEBUG", "Info": "INFO", "Warning": "WARN", "Error": "ERROR", "Fatal": "FATAL", "Panic": "FATAL"}),
    ("samba", "[{t:%Y/%m/%d %H:%M:%S.%f},  {w}] ../../source3/smbd/server.c:17{n}(main)\n  could not open a share\n",
     {"0": "ERROR", "1": "WARN", "3": "INFO", "5, pid=1, effective(0, 0), class=auth": "DEBUG"}),
    ("cups", "{w} [{t:%d/%b/%Y:%H:%M:%S} +0000] [Job {n}] the filter stopped\n",
     {"D": "DEBUG", "E": "ERROR", "W": "WARN", "I": "INFO", "X": "FATAL", "d": "TRACE"}),
    ("asterisk", "[{t:%b %e %H:%M:%S}] {w}[12{n}][C-00000001] chan_sip.c: a peer is not reachable\n",
     {"NOTICE": "INFO", "WARNING": "WARN", "ERROR": "ERROR", "VERBOSE": "TRACE"}),
    ("bacula", "{t:%d-%b-%Y %H:%M:%S} bacula-dir JobId {n}: {w}cannot open the tape\n",
     {"Error: ": "ERROR", "Warning: ": "WARN", "Fatal error: ": "FATAL", "": ""}),
    ("loguru", "{t:%Y-%m-%d %H:%M:%S}.250 | {w: <8} | shop.main:run:{n} - message\n",
     {"SUCCESS": "INFO", "CRITICAL": "FATAL", "WARNING": "WARN"}),
    ("bars", "{t:%Y-%m-%d %H:%M:%S}.2500|Shop.Cart|{w}|message {n}\n", {"Warn": "WARN", "ERROR": "ERROR", "info": "INFO"}),
    ("chromium", "[12{n}:7:{t:%m%d/%H%M%S.%f}:{w}:gpu_init.cc(44)] message\n",
     {"ERROR": "ERROR", "WARNING": "WARN", "INFO": "INFO", "VERBOSE1": "TRACE"}),
    ("minecraft", "[{t:%d%b%Y %H:%M:%S}.250] [Server thread/{w}] [net.minecraft/]: done {n}\n",
     {"WARN": "WARN", "INFO": "INFO", "ERROR": "ERROR"}),
    ("macos-unified", "{t:%Y-%m-%d %H:%M:%S.%f}+0000 0x1f{n}       {w}     0x0                  7    0    kernel: (Net) m\n",
     {"Default": "INFO", "Error": "ERROR", "Fault": "ERROR", "Debug": "DEBUG"}),
    ("level-then-date", "{w} | jvm 1    | {t:%Y/%m/%d %H:%M:%S} | m {n}\n", {"STATUS": "INFO", "ERROR ": "ERROR"}),
    ("level-then-date", "[{w}] {t:%d %b %Y %H:%M:%S},250 m {n}\n", {"WARN": "WARN", "SEVERE": "ERROR"}),
    ("year-month-day", "<{t:%Y-%m-%d %H:%M:%S}> <{w}> m {n}\n", {"Warning": "WARN", "Error": "ERROR"}),
    ("year-month-day", "({t:%Y-%m-%d_%H-%M-%S}) {w} m {n}\n", {"WARN": "WARN", "INFO": "INFO"}),
    ("day-month-dots", "{t:%d.%m.%y %H:%M:%S} {w} m {n}\n", {"WARN": "WARN", "INFO": "INFO"}),
    ("day-month-year", "{t:%d-%m-%Y %H:%M:%S} {w} m {n}\n", {"WARN": "WARN", "INFO": "INFO"}),
    ("named-month", "[{t:%a %b %d %Y %H:%M:%S} GMT+0000 (UTC)] {w} m {n}\n", {"WARN": "WARN", "INFO": "INFO"}),
    ("compact-date", "{t:%Y%m%d %H%M%S} {w} m {n}\n", {"WARN": "WARN", "INFO": "INFO"}),
    ("compact-date", "{t:%Y%m%d%H%M%S}250 {w} m {n}\n", {"WARN": "WARN", "INFO": "INFO"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shape", "levels"), SHAPES)
def test_every_line_has_its_level_and_its_time(check, name, shape, levels):
    found = check(name, lines_of(shape, *levels))
    records = found.records
    assert len(records) == 12
    assert records["level"].to_list() == [each for each, _ in zip(itertools.cycle(levels.values()), range(12))]
    at = [(FIRST + timedelta(seconds=13 * n)).replace(microsecond=0) for n in range(12)]
    if "%Y" not in shape and "%y" not in shape:
        at = [(moment.month, moment.day, moment.time()) for moment in at]
        times = [(t.month, t.day, t.replace(microsecond=0).time()) for t in records["time"]]
    else:
        times = [t.replace(microsecond=0) for t in records["time"]]
    assert times == at


NAGIOS = """\
[1761842946] Nagios 4.4.6 starting... (PID=7)
[1761842947] SERVICE ALERT: db1;HTTP;CRITICAL;HARD;3;connect refused
[1761842948] SERVICE NOTIFICATION: amy;db1;HTTP;CRITICAL;notify-by-mail;connect refused
[1761842949] SERVICE ALERT: db1;HTTP;OK;HARD;3;HTTP OK
[1761842950] HOST ALERT: db1;DOWN;HARD;1;no answer
[1761842951] HOST ALERT: db1;UP;HARD;1;answers
[1761842952] CURRENT SERVICE STATE: db1;Load;WARNING;HARD;4;load 9
[1761842953] SERVICE ALERT: db1;Load;WARNING;SOFT;1;load 9
[1761842954] Warning: Return code of 127 for check of service 'X' on host 'db1' was out of bounds.
[1761842955] Error: Could not open command file
[1761842956] wproc: Core Worker 12: job 3 (pid=14) timed out
"""


def test_of_nagios_the_state_of_an_alert_is_the_level_and_the_word_alert_is_none(check):
    found = check("nagios", NAGIOS)
    assert found.records["level"].to_list() == [
        "", "ERROR", "", "INFO", "ERROR", "INFO", "", "WARN", "WARN", "ERROR", "",
    ]  # fmt: skip


def test_what_samba_says_is_the_message_and_not_where_it_says_it(check):
    found = check("samba", lines_of(SHAPES[19][1], "0"))
    assert set(found.records["body"]) == {"could not open a share"}


def test_two_blanks_before_the_host_are_syslog_too(check):
    found = check(
        "syslog-rfc3164", lines_of("{t:%b %e %H:%M:%S}  mx1 rpd[10{n}]: {w}: BGP peer 10.0.0.1\n", "RPD_DOWN")
    )
    assert set(found.records["logger"]) == {"rpd"}


SPRING = "{t:%Y-%m-%dT%H:%M:%S}.250Z {w} --- {n} shop.web.CartController                  : about to fail\n"


@pytest.mark.parametrize("names", ["[           main]", "[shop] [nio-8080-exec-1]"])
def test_spring_boots_logger_is_padded_and_an_applications_name_may_stand_before_the_thread(check, names):
    found = check("log4j", lines_of(SPRING.replace("{n}", names), " INFO 19", " WARN 19", "ERROR 19"))
    assert found.records["level"].to_list() == ["INFO", "WARN", "ERROR"] * 4
    assert set(found.records["logger"]) == {"shop.web.CartController"}
    assert set(found.records["thread"]) == {names.split("[")[-1].strip("] ")}
    assert set(found.records["body"]) == {"about to fail"}


def test_of_two_words_of_levels_between_bars_the_first_counts(read):
    sample = lines_of("{t:%Y-%m-%d %H:%M:%S} | INFO | cart {n} |{w}| of the row\n", "ERROR", "FATAL")
    assert read(sample, least=0).records["level"].to_list() == ["INFO"] * 12


def test_zookeepers_thread_stands_behind_its_servers_number(check):
    shape = "{t:%Y-%m-%d %H:%M:%S},250 [myid:{n}] - {w} [NIOWorkerThread-1:Server@54{n}] - a client is gone\n"
    found = check("zookeeper", lines_of(shape, "INFO ", "WARN ", "ERROR"))
    assert found.records["level"].to_list() == ["INFO", "WARN", "ERROR"] * 4
    assert set(found.records["body"]) == {"a client is gone"}


def test_what_goes_over_a_bar_of_progress_is_a_line_of_its_own(read):
    bar = "\r[Stage 1:>   (0 + 2) / 2]\r\r[Stage 1:===> (1 + 1) / 2]\r               \r"
    plain = lines_of("{t:%y/%m/%d %H:%M:%S} {w} Executor: task {n} is over\n", "INFO", "ERROR")
    whole = "".join(bar * (n % 3 == 0) + line for n, line in enumerate(plain.splitlines(keepends=True)))
    for step in (0, 31):
        found = read(whole, least=0, **({"step": step} if step else {}))
        assert found.records["body"].to_list() == read(plain, least=0).records["body"].to_list()
        assert found.records["level"].to_list() == ["INFO", "ERROR"] * 6
        assert found.volumes["bytes"].sum() == len(whole)


def test_files_with_line_feeds_before_carriage_returns_read_as_any(read):
    plain = lines_of("{t:%y/%m/%d %H:%M:%S} {w} Executor: task {n} is over\n", "INFO", "ERROR")
    found = read(plain.replace("\n", "\n\r"), least=0)
    assert found.records["level"].to_list() == ["INFO", "ERROR"] * 6
