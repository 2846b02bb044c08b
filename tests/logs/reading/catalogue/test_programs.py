"""What programs really write, where it differs from what their documentation shows first: lines of our own in these shapes."""

# ruff: noqa: E501 - lines of logs are as long as they are

import pytest

from tailrace.logs.reading.detect import detect

RDS = """\
2026-01-05 10:00:00 UTC::@:[100]:LOG:  database system is ready to accept connections
2026-01-05 10:00:01 UTC:10.0.0.5(54898):[unknown]@[unknown]:[204]:LOG:  connection received: host=10.0.0.5 port=54898
2026-01-05 10:00:02 UTC:10.0.0.5(54898):bob@shop:[204]:FATAL:  password authentication failed for user "bob"
2026-01-05 10:00:02 UTC:10.0.0.5(54898):bob@shop:[204]:DETAIL:  Password does not match for user "bob".
\tConnection matched line 87.
2026-01-05 10:00:03 UTC:10.0.0.5(54902):app@shop:[205]:ERROR:  division by zero
2026-01-05 10:00:03 UTC:10.0.0.5(54902):app@shop:[205]:STATEMENT:  select 1/0
2026-01-05 10:00:04 UTC:10.0.0.5(54902):app@shop:[205]:WARNING:  there is no transaction in progress
2026-01-05 10:00:05 UTC::@:[101]:LOG:  checkpoint starting: time
2026-01-05 10:00:06 UTC::@:[101]:LOG:  checkpoint complete: wrote 3 buffers
"""
VERBOSE = """\
2026-01-05 10:00:00.100 UTC [12] LOG:  00000: listening on port 5432
2026-01-05 10:00:00.100 UTC [12] LOCATION:  StreamServerPort, pqcomm.c:578
2026-01-05 10:00:01.100 UTC [13] ERROR:  42P01: relation "x" does not exist at character 15
2026-01-05 10:00:01.100 UTC [13] LOCATION:  parserOpenTable, parse_relation.c:1392
2026-01-05 10:00:01.100 UTC [13] STATEMENT:  select * from x
2026-01-05 10:00:02.100 UTC [14] ERROR:  P0001: no stock
2026-01-05 10:00:02.100 UTC [14] CONTEXT:  PL/pgSQL function f() line 1 at RAISE
2026-01-05 10:00:03.100 UTC [15] PANIC:  XX000: could not locate a valid checkpoint record
2026-01-05 10:00:03.100 UTC [15] LOCATION:  StartupXLOG, xlog.c:4929
2026-01-05 10:00:04.100 UTC [12] LOG:  00000: all server processes terminated; reinitializing
"""
UNTIMED = """\
LOG:  starting PostgreSQL 16.1
LOG:  listening on IPv4 address "127.0.0.1", port 5432
FATAL:  password authentication failed for user "bob"
DETAIL:  Role "bob" does not exist.
\tConnection matched line 87.
ERROR:  division by zero
STATEMENT:  select 1/0,
\t  2
WARNING:  low on tape
CONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE
DEBUG2:  parse x
"""
CSV = '''\
2026-01-05 10:00:00.405 UTC,,,100,,6b03a33b.3073,1,,2026-01-05 10:00:00 UTC,,0,LOG,00000,"listening on address ""127.0.0.1"", port 5432",,,,,,,,,"","postmaster",,0
2026-01-05 10:00:01.626 UTC,"bob","shop",204,"127.0.0.1:37178",6b03a33b.3081,1,"authentication",2026-01-05 10:00:01 UTC,3/2,0,FATAL,28P01,"password authentication failed for user ""bob""","Role ""bob"" does not exist.
Connection matched line 87",,,,,,,,"","client backend",,0
2026-01-05 10:00:02.100 UTC,"app","shop",205,"[local]",6b03a33b.3082,1,"SELECT",2026-01-05 10:00:01 UTC,3/8,0,ERROR,42P01,"relation ""x"" does not exist",,,,,,"select * from x",15,,"psql","client backend",,0
2026-01-05 10:00:03.100 UTC,"app","shop",205,"[local]",6b03a33b.3082,2,"DO",2026-01-05 10:00:01 UTC,3/9,757,ERROR,P0001,"first line
second line",,,,,,,,,"psql","client backend",,0
2026-01-05 10:00:04.100 UTC,"app","shop",205,"[local]",6b03a33b.3082,3,"ROLLBACK",2026-01-05 10:00:01 UTC,3/10,0,WARNING,25P01,"there is no transaction in progress",,,,,,,,,"psql","client backend",,0
2026-01-05 10:00:05.100 UTC,,,101,,6b03a33b.3074,1,,2026-01-05 10:00:00 UTC,,0,LOG,00000,"checkpoint starting: time",,,,,,,,,"","checkpointer",,0
2026-01-05 10:00:06.100 UTC,,,101,,6b03a33b.3074,2,,2026-01-05 10:00:00 UTC,,0,LOG,00000,"checkpoint complete: wrote 3 buffers",,,,,,,,,"","checkpointer",,0
2026-01-05 10:00:07.100 UTC,,,100,,6b03a33b.3073,2,,2026-01-05 10:00:00 UTC,,0,PANIC,XX000,"could not write",,,,,,,,,"","postmaster",,0
'''
SLOW = """\
/usr/sbin/mysqld, Version: 8.4.0 (MySQL Community Server - GPL). started with:
Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock
Time                 Id Command    Argument
# Time: 2026-01-05T10:00:00.123456Z
# User@Host: app[app] @ web [10.0.0.5]  Id:    12
# Query_time: 3.000405  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0
use shop;
SET timestamp=1767607200;
select *
from a;
# Time: 260105 10:00:02
# User@Host: app[app] @ localhost []
# Thread_id: 12  Schema: shop  QC_hit: No
# Query_time: 1.000177  Lock_time: 0.000000  Rows_sent: 1  Rows_examined: 0
SET timestamp=1767607202;
delete from a;
"""
QUERIES = """\
/usr/sbin/mysqld, Version: 8.4.0 (MySQL Community Server - GPL). started with:
Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock
Time                 Id Command    Argument
260105 10:00:01\t     3 Connect\tapp@localhost on shop using Socket
\t\t     3 Query\tselect *
 from a
\t\t     3 Init DB\tshop
\t\t     3 Quit\t
260105  9:00:02\t     4 Connect\tbob@localhost on  using TCP/IP
\t\t     4 Connect\tAccess denied for user 'bob'@'localhost' (using password: YES)
2026-01-05T10:00:03.123456Z\t    5 Query\tselect 2
"""
REDIS = """\
100:M 05 Jan 2026 10:00:00.123 * Ready to accept connections
100:M 05 Jan 2026 10:00:01.123 # Failed opening the temp RDB file
100:C 05 Jan 2026 10:00:01.223 * DB saved on disk
100:M 05 Jan 2026 10:00:02.123 - 1 clients connected
100:S 05 Jan 2026 10:00:02.223 # Error condition on socket for SYNC: Connection refused
100:signal-handler (1767607203) Received SIGTERM scheduling shutdown...
100:M 05 Jan 2026 10:00:03.223 # User requested shutdown...
100:M 05 Jan 2026 10:00:03.323 * Saving the final RDB snapshot before exiting.
100:M 05 Jan 2026 10:00:03.423 * DB saved on disk
100:M 05 Jan 2026 10:00:03.523 # Redis is now ready to exit, bye bye...
"""
NO_HOST = "".join(f"Jan  5 10:00:0{n} dnsmasq[100]: forwarded a.example to 10.0.0.{n}\n" for n in range(9)) + (
    "Jan  5 10:00:09 unbound[7:0] error: no answer\n"
)
BIND = "".join(f"05-Jan-2026 10:00:0{n}.284 queries: info: client 10.0.0.{n}#4 (a): query\n" for n in range(7)) + (
    "05-Jan-2026 10:00:07.284 general: debug 1: load_configuration: success\n"
    "05-Jan-2026 10:00:08.284 zoneload: error: zone a.test/IN: not loaded due to errors.\n"
    "05-Jan-2026 10:00:09.284 network: no word of a level: x\n"
)
ERLANG = """\
=PROGRESS REPORT==== 5-Jan-2026::10:00:00.100000 ===
    application: kernel
    started_at: nonode@nohost
=CRASH REPORT==== 5-Jan-2026::10:00:01.200000 ===
  crasher:
    pid: <0.79.0>
    exception error: no_disk
=ERROR REPORT==== 15-Jan-2026::10:00:02 ===
** Generic server x terminating
=WARNING REPORT==== 15-Jan-2026::10:00:03 ===
slow
=INFO REPORT==== 15-Jan-2026::10:00:04.300000 ===
    alarm_handler: {clear,x}
"""


def repeated(*lines):
    """Ten lines, the last of them again and again."""
    return "".join(f"{line}\n" for line in (*lines, *[lines[-1]] * (10 - len(lines))))


TOR = repeated(
    "Jan 05 10:00:00.624 [notice] Read configuration file.",
    "Jan 05 10:00:01.654 [warn] Fixing permissions on directory",
    "Jan 05 10:00:02.654 [err] Reading config failed--see warnings above.",
    "Jan 05 10:00:03.000 [debug] x",
    "Jan 05 10:00:04 [info] no fraction",
)
NATS = repeated(
    "[7] 2026/01/05 10:00:00.256196 [INF] Starting nats-server",
    "[7] 2026/01/05 10:00:01.256196 [WRN] Maximum connections reached",
    "[7] 2026/01/05 10:00:02.256196 [ERR] 10.0.0.5:54898 - cid:3 - authentication error",
    "[7] 2026/01/05 10:00:03.256196 [FTL] Error listening on port: 0.0.0.0:4222",
    "[7] 2026/01/05 10:00:04.256196 [DBG] Client connection created",
)
CAPNSLOG = repeated(
    "2026-01-05 10:00:00.846623 I | etcdmain: etcd Version: 3.4.23",
    "2026-01-05 10:00:01.846623 N | pkg/osutil: received terminated signal, shutting down...",
    "2026-01-05 10:00:02.846623 W | etcdserver: read-only range request took too long",
    "2026-01-05 10:00:03.846623 E | rafthttp: failed to dial 8e9e05c52164694d",
    "2026-01-05 10:00:04.846623 C | etcdmain: listen tcp: address already in use",
)
PROSODY = repeated(
    "Jan 05 10:00:00 startup\tinfo\tHello",
    "Jan 05 10:00:01 certmanager\terror\tError indexing certificate directory",
    "Jan 05 10:00:02 c2s2d3f\twarn\tx",
    "Jan 05 10:00:03 general\tdebug\tx",
)
KERNEL = repeated(
    "kern  :err   : [   12.345678] Buffer I/O error on dev sda1",
    "kern  :warn  : [   12.445678] CPU: 0 PID: 17 Comm: app",
    "<3>[   13.345678] EXT4-fs error (device sda1)",
    "<30>[   13.445678] systemd[1]: Started x.",
    "[   14.345678][  T173] usb 1-1: new device",
    "[    0.000000] Linux version 6.1.0",
)
XORG = repeated(
    "[    12.345] (II) LoadModule: x",
    "[    12.346] (WW) The directory does not exist.",
    "[    12.347] (EE) Fatal server error:",
    "[    12.348] (==) Using default",
    "[    12.349] X.Org X Server 1.21",
)
AUDIT = repeated(
    'type=AVC msg=audit(1767607200.243:24287): avc:  denied  { read } for  pid=1234 comm="httpd"',
    "node=web type=SYSCALL msg=audit(1767607201.243:24287): arch=c000003e success=no exit=-13",
    'type=CWD msg=audit(1767607202.243:24289):  cwd="/home/x"',
)
APT = """\

Start-Date: 2026-01-05  10:00:00
Commandline: apt-get install x
Requested-By: bob (1000)
Install: x:amd64 (1.0-1), y:amd64 (2.0-1, automatic)
End-Date: 2026-01-05  10:00:01

Start-Date: 2026-01-05  10:00:02
Commandline: apt-get upgrade
Error: Sub-process /usr/bin/dpkg returned an error code (1)
End-Date: 2026-01-05  10:00:03
"""
SERVED = repeated(
    '127.0.0.1 - - [05/Jan/2026 10:00:00] "GET / HTTP/1.1" 200 -',
    '::1 - - [05/Jan/2026 10:00:01] "GET /e HTTP/1.1" 500 -',
    "127.0.0.1 - - [05/Jan/2026 10:00:02] code 404, message File not found",
    '127.0.0.1 - - [05/Jan/2026 10:00:02] "GET /none HTTP/1.1" 404 -',
)
DJANGO = repeated(
    '[05/Jan/2026 10:00:00] "GET / HTTP/1.1" 200 10697',
    '[05/Jan/2026 10:00:01] "GET /e HTTP/1.1" 500 61234',
    '[05/Jan/2026 10:00:02] "GET /none HTTP/1.1" 404 1993',
)
SAMPLES = {
    "tor": ("tor", TOR, ["INFO", "WARN", "ERROR", "DEBUG", *["INFO"] * 6], 1, None),
    "nats": ("nats", NATS, ["INFO", "WARN", "ERROR", "FATAL", *["DEBUG"] * 6], 1, "7"),
    "capnslog": ("capnslog", CAPNSLOG, ["INFO", "INFO", "WARN", "ERROR", *["FATAL"] * 6], 2, None),
    "prosody": ("prosody", PROSODY, ["INFO", "ERROR", "WARN", *["DEBUG"] * 7], 1, None),
    "kernel": ("kernel-buffer", KERNEL, ["ERROR", "WARN", "ERROR", "INFO", *[""] * 6], 4, None),
    "xorg": ("xorg", XORG, ["INFO", "WARN", "ERROR", "INFO", *[""] * 6], 2, None),
    "audit": ("linux-audit", AUDIT, [""] * 10, 2, None),
    "apt": ("apt-history", APT, ["", "", ""], 2, None),
    "served": ("python-http-server", SERVED, ["INFO", "ERROR", "", *["WARN"] * 7], 2, None),
    "django": ("django-server", DJANGO, ["INFO", "ERROR", *["WARN"] * 8], 1, None),
    "rds": ("postgresql", RDS, ["INFO", "INFO", "FATAL", "ERROR", "WARN", "INFO", "INFO"], 2, "204"),
    "verbose": ("postgresql", VERBOSE, ["INFO", "ERROR", "ERROR", "FATAL", "INFO"], 1, "13"),
    "untimed": ("postgresql-untimed", UNTIMED, ["INFO", "INFO", "FATAL", "ERROR", "WARN", "DEBUG"], 2, None),
    "csv": ("postgresql-csv", CSV, ["INFO", "FATAL", "ERROR", "ERROR", "WARN", "INFO", "INFO", "FATAL"], 1, "204"),
    "slow": ("mysql-slow", SLOW, ["", "", ""], 1, None),
    "queries": ("mysql-general", QUERIES, [""] * 8, 2, "3"),
    "redis": ("redis", REDIS, ["INFO", "WARN", "INFO", "DEBUG", "WARN", "", "WARN", "INFO", "INFO", "WARN"], 5, None),
    "erlang": ("erlang", ERLANG, ["INFO", "ERROR", "ERROR", "WARN", "INFO"], 2, None),
    "no host": ("syslog-rfc3164", NO_HOST, [""] * 10, 9, "7:0"),
    "bind": ("named-month", BIND, ["INFO"] * 7 + ["DEBUG", "ERROR", ""], 8, None),
}
BODIES = {
    "tor": "Fixing permissions on directory",
    "nats": "Maximum connections reached",
    "capnslog": "read-only range request took too long",
    "prosody": "Error indexing certificate directory",
    "kernel": "usb 1-1: new device",
    "xorg": "Fatal server error:",
    "audit": 'cwd="/home/x"',
    "apt": "Commandline: apt-get upgrade\nError: ",
    "served": "code 404, message File not found",
    "django": '"GET /e HTTP/1.1" 500 61234',
    "rds": 'password authentication failed for user "bob"\n2026-01-05 10:00:02 UTC:10.0.0.5(54898):bob@shop:[204]:DETAIL:  ',
    "verbose": 'relation "x" does not exist at character 15\n2026-01-05 10:00:01.100 UTC [13] LOCATION:  ',
    "untimed": 'password authentication failed for user "bob"\nDETAIL:  Role "bob" does not exist.\n\tConnection',
    "csv": 'password authentication failed for user ""bob""',
    "slow": "# User@Host: app[app] @ web [10.0.0.5]  Id:    12\n# Query_time: ",
    "queries": "select *\n from a",
    "redis": "Received SIGTERM scheduling shutdown...",
    "erlang": "** Generic server x terminating",
    "no host": "error: no answer",
    "bind": "zoneload: error: zone a.test/IN: not loaded due to errors.",
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_programs_lines_have_their_levels_and_messages(check, name):
    form, sample, levels, chosen, thread = SAMPLES[name]
    found = check(form, sample)
    assert found.levels == levels
    assert str(found.column("body")[chosen]).startswith(BODIES[name])
    assert found.column("thread")[chosen] == thread


def test_times_of_queries_stand_in_two_notations(read):
    found = read(SLOW + "# Time: 2026-01-05T10:00:03.500000Z\n# User@Host: x\n", least=0)
    assert found.times[1:] == [
        "2026-01-05T10:00:00.123456+00:00",
        "2026-01-05T10:00:02+00:00",
        "2026-01-05T10:00:03.500000+00:00",
    ]


def test_a_signals_line_of_redis_has_the_time_in_seconds(read):
    assert read(REDIS, least=0).times[5] == "2026-01-05T10:00:03+00:00"


def test_the_message_of_a_csv_field_goes_on_over_lines(read):
    found = read(CSV, least=0)
    assert found.column("body")[3] == "first line\nsecond line"
    assert found.column("line")[3:5] == [5, 7]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("a/b.conf:15: error: unknown keyword", "ERROR"),
        ("main.c:3:5: fatal error: no.h: No such file", "FATAL"),
        ("ld: warning: no such option", "WARN"),
        ("[1767607200] resolver[3:0] info: started", "INFO"),
        ("prog: debug1: x", "DEBUG"),
        ("the last error: none", ""),
        ("errors: 3 error: x", ""),
        ("value: errors: 3", ""),
    ],
)
def test_a_level_between_colons_counts_in_free_text(read, line, level):
    assert read(f"started\n{line}\nended\n", least=0).levels == ["", level, ""]


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-01-05T10:00:00.284Z zoneload: error: not loaded", "ERROR"),
        ("2026-01-05 10:00:00 general: debug 1: x", "DEBUG"),
        ("2026-01-05 10:00:00 a[3]: warning: x", "WARN"),
        ("2026-01-05 10:00:00 no level at all: error x", ""),
    ],
)
def test_a_level_between_colons_counts_after_a_time(read, line, level):
    assert detect(f"{line}\n".encode() * 12).format.name == "log4j"
    assert read(f"{line}\n" * 12, least=0).levels == [level] * 12


def test_a_blank_that_begins_the_message_of_rfc_5424_is_no_part_of_it(read):
    found = read("<11>1 2026-01-05T10:00:00Z h app 1 - -  no disk\n" * 4, least=0)
    assert found.column("body") == ["no disk"] * 4


@pytest.mark.parametrize(
    ("sample", "time"),
    [
        (TOR, "2026-01-05T10:00:00.624000"),
        (NATS, "2026-01-05T10:00:00.256196"),
        (CAPNSLOG, "2026-01-05T10:00:00.846623"),
        (PROSODY, "2026-01-05T10:00:00"),
        (AUDIT, "2026-01-05T10:00:00.243000"),
        (SERVED, "2026-01-05T10:00:00"),
        (DJANGO, "2026-01-05T10:00:00"),
    ],
)
def test_times_are_read_as_the_program_writes_them(read, sample, time):
    assert read(sample, least=0).times[0] == f"{time}+00:00"


def test_words_of_levels_before_many_blanks_are_not_postgresqls():
    lines = "INFO:     Started server process [7]\nINFO:     Waiting for application startup.\n" * 6
    assert detect(lines.encode()).format.name == "free-text"


def test_a_host_may_stand_before_a_process_and_its_level(read):
    line = "2026-01-05 10:00:00,123 web proftpd[7]: warning: config file is world-writable\n"
    assert read(line * 12, least=0).levels == ["WARN"] * 12


def test_pairs_without_a_message_are_the_message_but_for_time_and_level(read):
    found = read('ts=2026-01-05T10:00:00Z caller=main.go:1 level=info fd_limits="(soft=20, hard=30)"\n' * 4, least=0)
    assert found.column("body")[0] == 'caller=main.go:1 fd_limits="(soft=20, hard=30)"'
