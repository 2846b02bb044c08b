"""Formats of clusters, databases, proxies, consoles and others: lines of our own after each one's documentation.

The module of each format in the catalogue names the documentation.
"""

# ruff: noqa: E501 - lines of logs are as long as they are

import pytest

from tailrace.logs.reading.detect import detect


def repeated(*lines, least=10):
    """Lines, and the last of them again until there are enough."""
    return "".join(f"{line}\n" for line in (*lines, *[lines[-1]] * (least - len(lines))))


# MongoDB's lines are JSON lines as well; those of IIS and logrus have no record to each line or no time.
UNNOTICED = ("mongodb", "iis", "logrus")
SAMPLES = {
    "bluegene": (
        repeated(
            "- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.363779 R02-M1-N0-C:J12-U11 RAS KERNEL INFO parity",
            "APPREAD 1117869872 2005.06.04 R04-M1-N4-I:J18-U11 2005-06-04-00.24.32.432192 R04-M1 RAS APP FATAL ciod: x",
            "- 1117838571 2005.06.03 R02 2005-06-03-15.42.51.000001 R02 RAS DISCOVERY WARNING Node card is not functional",
            "- 1117838572 2005.06.03 NULL 2005-06-03-15.42.52.000001 NULL RAS MMCS ERROR idoproxydb hit ASSERT",
            "- 1117838573 2005.06.03 R02 2005-06-03-15.42.53.000001 R02 RAS MONITOR FAILURE monitor caught exception",
            "- 1117838574 2005.06.03 R02 2005-06-03-15.42.54.000001 R02 RAS LINKCARD SEVERE problem",
        ),
        ["INFO", "FATAL", "WARN", "ERROR", "ERROR", "ERROR"],
        "2005-06-03T15:42:50.363779",
        "parity",
    ),
    "labelled-syslog": (
        repeated(
            "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed for user root",
            "VAPI 1131566462 2005.11.09 tbird-admin1 Nov 10 00:01:02 local@tbird-admin1 kernel: x",
            "- 1131566463 2005.11.09 an1 Nov  9 12:01:03 an1/an1 /apps/x86_64/ganglia: no number",
        ),
        ["", "", ""],
        "2005-11-09T12:01:01",
        "session closed for user root",
    ),
    "cluster-events": (
        repeated(
            "134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change: Component is unavailable",
            "350766 node-109 unix.hw net.niff.up 1084680778 1 NIFF: node node-109 has detected an available network",
        ),
        ["", ""],
        "2004-02-26T14:12:22",
        "Component State Change: Component is unavailable",
    ),
    "barred": (
        repeated(
            "20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579",
            "20171224-0:7:20:444|Step_SPUtils|30002312|setTodayTotalDetailSteps=1514038440000##6993",
            "20171224-0:7:5|Step|30002312|without a fraction",
        ),
        ["", "", ""],
        "2017-12-23T22:15:29.606000",
        "onStandStepChanged 3579",
    ),
    "proxifier": (
        repeated(
            "[10.30 16:49:06] chrome.exe - proxy.example.org:5070 open through proxy proxy.example.org:5070 HTTPS",
            "[10.30 16:49:07] chrome.exe *64 - proxy.example.org:5070 close, 0 bytes sent, 0 bytes received, lifetime <1 sec",
        ),
        ["", ""],
        "2025-10-30T16:49:06",
        "proxy.example.org:5070 open through proxy proxy.example.org:5070 HTTPS",
    ),
    "java-util-logging": (
        repeated(
            "Jan 05, 2026 9:00:00 AM org.shop.Orders save",
            "SEVERE: the disk is full",
            "java.io.IOException: no space",
            "\tat org.shop.Orders.save(Orders.java:7)",
            "Jan 05, 2026 12:00:01 PM org.shop.Orders",
            "WARNING: nearly full",
            "Jan 05, 2026 12:00:02 AM org.shop.Orders save",
            "INFO: SEVERE is only a word here",
            "Jan 05, 2026 11:00:03 AM org.shop.Orders save",
            "FINE: x",
        ),
        ["ERROR", "WARN", "INFO", "DEBUG"],
        "2026-01-05T09:00:00",
        "the disk is full\njava.io.IOException: no space\n\tat org.shop.Orders.save(Orders.java:7)",
    ),
    "tomcat": (
        repeated(
            "05-Jan-2026 10:00:00.123 SEVERE [main] org.apache.catalina.startup.Catalina.start cannot start",
            "\tjava.net.BindException: in use",
            "05-Jan-2026 10:00:01.123 WARNING [http-nio-8080-exec-1] org.apache.tomcat.util.net.X.y slow",
            "05-Jan-2026 10:00:02.123 INFO [main] org.apache.coyote.AbstractProtocol.start Starting",
        ),
        ["ERROR", "WARN", "INFO"],
        "2026-01-05T10:00:00.123000",
        "cannot start\n\tjava.net.BindException: in use",
    ),
    "mysql": (
        repeated(
            "2026-01-05T10:00:00.123456Z 0 [System] [MY-010116] [Server] mysqld (mysqld 8.4.0) starting as process 1",
            "2026-01-05T10:00:01.123456Z 7 [Warning] [MY-010068] [Server] CA certificate ca.pem is self signed.",
            "2026-01-05T10:00:02.123456Z 0 [ERROR] [MY-012960] [InnoDB] Cannot create redo log files",
            "2026-01-05 10:00:03 0 [Note] InnoDB: MariaDB writes it so",
            "2026-01-05  9:00:04 12 [Warning] Aborted connection 12",
            "260105  9:00:05 [ERROR] of the days of 5.5",
        ),
        ["INFO", "WARN", "ERROR", "INFO", "WARN", "ERROR"],
        "2026-01-05T10:00:00.123456",
        "mysqld (mysqld 8.4.0) starting as process 1",
    ),
    "mongodb": (
        repeated(
            '{"t":{"$date":"2026-01-05T10:00:00.123+00:00"},"s":"I",  "c":"NETWORK",  "id":22943,   "ctx":"listener",'
            '"msg":"Connection accepted","attr":{"remote":"127.0.0.1:1"}}',
            '{"t":{"$date":"2026-01-05T10:00:01.123+00:00"},"s":"W",  "c":"CONTROL",  "id":22120, "ctx":"i","msg":"no \\"x\\""}',
            '{"t":{"$date":"2026-01-05T10:00:02.123+00:00"},"s":"E",  "c":"-",  "id":1, "ctx":"i","msg":"x","attr":{}}',
            '{"t":{"$date":"2026-01-05T10:00:03.123+00:00"},"s":"D2", "c":"-",  "id":1, "ctx":"i","msg":"x","attr":{}}',
            '{"t":{"$date":"2026-01-05T10:00:04.123+00:00"},"s":"F",  "c":"-",  "id":1, "svc":"S", "ctx":"i","msg":"x"}',
        ),
        ["INFO", "WARN", "ERROR", "DEBUG", "FATAL"],
        "2026-01-05T10:00:00.123000",
        "Connection accepted",
    ),
    "mongodb-text": (
        repeated(
            "2026-01-05T10:00:00.123+0100 I NETWORK  [initandlisten] waiting for connections on port 27017",
            "2026-01-05T10:00:01.123+0100 W CONTROL  [initandlisten] x",
            "2026-01-05T10:00:02.123+0100 E -        [conn1] x",
        ),
        ["INFO", "WARN", "ERROR"],
        "2026-01-05T09:00:00.123000",
        "waiting for connections on port 27017",
    ),
    "redis": (
        repeated(
            "1234:M 05 Jan 2026 10:00:00.123 # Warning: no config file",
            "1234:C 05 Jan 2026 10:00:01.123 * oO0OoO0OoO0Oo Redis is starting",
            "1:S 05 Jan 2026 10:00:02.123 - Accepted 127.0.0.1:1",
            "1:X 05 Jan 2026 10:00:03.123 . x",
            "[99] 05 Jan 10:00:04 # of the days of 2.6",
        ),
        ["WARN", "INFO", "DEBUG", "DEBUG", "WARN"],
        "2026-01-05T10:00:00.123000",
        "Warning: no config file",
    ),
    "php": (
        repeated(
            "[05-Jan-2026 10:00:00 UTC] PHP Fatal error:  Uncaught Exception: boom in /srv/a.php:3",
            "Stack trace:",
            "#0 {main}",
            "  thrown in /srv/a.php on line 3",
            "[05-Jan-2026 10:00:01 Europe/Berlin] PHP Warning:  Undefined variable $x in /srv/a.php on line 4",
            "[05-Jan-2026 10:00:02 CET] PHP Notice:  x",
            "[05-Jan-2026 10:00:03 UTC] by error_log itself",
            "[05-Jan-2026 10:00:04 UTC] PHP Deprecated:  x",
        ),
        ["FATAL", "WARN", "INFO", "", "INFO"],
        "2026-01-05T10:00:00",
        "Uncaught Exception: boom in /srv/a.php:3\nStack trace:\n#0 {main}\n  thrown in /srv/a.php on line 3",
    ),
    "php-fpm": (
        repeated(
            "[05-Jan-2026 10:00:00] WARNING: [pool www] server reached max_children setting (5)",
            "[05-Jan-2026 10:00:01] NOTICE: ready to handle connections",
            "[05-Jan-2026 10:00:02.123456] ERROR: pid 7, fpm_main(), line 3: x",
            "[05-Jan-2026 10:00:03] ALERT: x",
        ),
        ["WARN", "INFO", "ERROR", "FATAL"],
        "2026-01-05T10:00:00",
        "[pool www] server reached max_children setting (5)",
    ),
    "monolog": (
        repeated(
            '[2026-01-05T10:00:00.123456+01:00] app.ERROR: it broke {"exception":"x"} []',
            "[2026-01-05 10:00:01] production.CRITICAL: Laravel writes it so",
            "[2026-01-05T10:00:02.123456+00:00] security.DEBUG: x [] []",
            "[2026-01-05T10:00:03.123456+00:00] php.NOTICE: x [] []",
        ),
        ["ERROR", "FATAL", "DEBUG", "INFO"],
        "2026-01-05T09:00:00.123456",
        'it broke {"exception":"x"} []',
    ),
    "haproxy": (
        repeated(
            "Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 "
            '10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"',
            '10.0.1.2:33318 [06/Feb/2009:12:14:15.655] http-in b/<NOSRV> 0/-1/-1/-1/0 503 212 - - SC-- 0/0/0/0/0 0/0 "GET /"',
            '10.0.1.2:33319 [06/Feb/2009:12:14:16.655] http-in b/s 0/0/0/0/0 404 212 - - ---- 0/0/0/0/0 0/0 "GET /x HTTP/1.1"',
            "10.0.1.2:33320 [06/Feb/2009:12:14:17.655] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0",
        ),
        ["INFO", "ERROR", "WARN", ""],
        "2009-02-06T12:14:14.655000",
        '- - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"',
    ),
    "envoy": (
        repeated(
            "[2026-01-05 10:00:00.123][1][warning][config] [source/common/config/x.cc:12] gRPC config stream closed",
            "[2026-01-05 10:00:01.123][14][critical][main] [source/server/server.cc:1] x",
            "[2026-01-05 10:00:02.123][14][info][upstream] without a source",
        ),
        ["WARN", "FATAL", "INFO"],
        "2026-01-05T10:00:00.123000",
        "gRPC config stream closed",
    ),
    "envoy-access": (
        repeated(
            '[2026-01-05T10:00:00.123Z] "GET /a HTTP/1.1" 503 UF 0 91 10 - "-" "curl/8" "id" "shop:80" "10.0.0.1:80"',
            '[2026-01-05T10:00:01.123Z] "POST /b HTTP/2" 404 - 0 91 10 - "-" "curl/8" "id" "shop:80" "10.0.0.1:80"',
            '[2026-01-05T10:00:02.123Z] "- - -" 0 DC 0 0 0 - "-" "-" "-" "-" "-"',
            '[2026-01-05T10:00:03.123Z] "GET / HTTP/2" 200 - 0 91 10 - "-" "curl/8" "id" "shop:80" "10.0.0.1:80"',
        ),
        ["ERROR", "WARN", "WARN", "INFO"],
        "2026-01-05T10:00:00.123000",
        None,
    ),
    "squid": (
        repeated(
            "1767607200.123    110 10.0.0.1 TCP_MISS/502 4276 GET http://a.example/ - HIER_DIRECT/1.2.3.4 text/html",
            "1767607201.123      0 10.0.0.1 TCP_DENIED/403 426 CONNECT a.example:443 - HIER_NONE/- text/html",
            "1767607202.123      0 10.0.0.1 TCP_MEM_HIT/200 426 GET http://a.example/x - HIER_NONE/- image/png",
        ),
        ["ERROR", "WARN", "INFO"],
        "2026-01-05T10:00:00.123000",
        None,
    ),
    "amazon-elb": (
        repeated(
            "https 2026-01-05T10:00:00.186641Z app/my-lb/50dc6c495c0c9188 192.168.131.39:2817 10.0.0.1:80 0.086 0.048 0.037 "
            '502 - 0 57 "GET https://www.example.com:443/ HTTP/1.1" "curl/7.46.0" ECDHE-RSA TLSv1.2',
            "2026-01-05T10:00:01.186641Z my-lb 192.168.131.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "
            '"GET http://www.example.com:80/ HTTP/1.1" "curl/7.38.0" - -',
            'h2 2026-01-05T10:00:02.186641Z app/my-lb/5 10.0.1.252:48160 - -1 -1 -1 460 - 5 57 "GET https://a/ HTTP/2.0" "-"',
        ),
        ["ERROR", "INFO", "WARN"],
        "2026-01-05T10:00:00.186641",
        None,
    ),
    "iis": (
        repeated(
            "2026-01-05 10:00:00 10.0.0.1 GET /a.aspx - 443 - 10.0.0.2 Mozilla/5.0+(X11) - 500 0 0 1523",
            "2026-01-05 10:00:01 ::1 POST /b x=1 80 bob ::1 curl/8 http://a.example/ 404 0 2 15",
            "2026-01-05 10:00:02 10.0.0.1 GET / - 80 - 10.0.0.2 curl/8 - 200 0 0 1",
        ),
        ["ERROR", "WARN", "INFO"],
        "2026-01-05T10:00:00",
        None,
    ),
    "zap": (
        repeated(
            '2026-01-05T10:00:00.123Z\tERROR\tshop\tshop/main.go:12\tcannot connect\t{"host": "a", "try": 3}',
            "main.run",
            "\t/src/main.go:12",
            "2026-01-05T10:00:01.123+0100\tWARN\tmain.go:12\tx",
            "1767607202.5\tinfo\tx",
            "2026-01-05T10:00:03.123Z\tDEBUG\tx",
        ),
        ["ERROR", "WARN", "INFO", "DEBUG"],
        "2026-01-05T10:00:00.123000",
        'cannot connect\t{"host": "a", "try": 3}\nmain.run\n\t/src/main.go:12',
    ),
    "zerolog": (
        repeated(
            "\x1b[90m10:00AM\x1b[0m \x1b[31mERR\x1b[0m main.go:7 > no disk \x1b[36merror=\x1b[0mfull",
            "3:04PM WRN slow took=5",
            "2026-01-05T10:00:00Z INF x",
            "<nil> DBG x",
            "10:01AM FTL x",
            "10:02AM TRC x",
        ),
        ["ERROR", "WARN", "INFO", "DEBUG", "FATAL", "TRACE"],
        "2026-01-05T10:00:00",
        "no disk error=full",
    ),
    "logrus": (
        repeated(
            "\x1b[31mERRO\x1b[0m[0012] The ice breaks!          \x1b[31mnumber\x1b[0m=100",
            "WARN[0000] The group's number increased tremendously!  number=122 omg=true",
            "INFO[2026-01-05T10:00:00Z] with a full timestamp",
            "FATA[0001] x",
            "DEBU[0001] x",
        ),
        ["ERROR", "WARN", "INFO", "FATAL", "DEBUG"],
        None,
        "The ice breaks!          number=100",
    ),
    "level-first": (
        repeated(
            "INFO  [main] 2026-01-05 10:00:00,123 CassandraDaemon.java:123 - Hostname: a",
            "ERROR [ReadStage-1] 2026-01-05 10:00:01,123 JVMStabilityInspector.java:4 - boom",
            "java.lang.X: no",
            "WARN  [2026-01-05 10:00:02,123] org.eclipse.jetty.server.Server: Dropwizard writes it so",
            "[DEBUG] 2026-01-05T10:00:03Z x",
            "CRITICAL 2026-01-05 10:00:04 x",
        ),
        ["INFO", "ERROR", "WARN", "DEBUG", "FATAL"],
        "2026-01-05T10:00:00.123000",
        "Hostname: a",
    ),
    "day-month-dots": (
        repeated("05.01.2026 10:00:00 ERROR no disk", "5.1.2026 9:00:00 [warning] x", "05.01.2026, 10:00:02: plain"),
        ["ERROR", "WARN", ""],
        "2026-01-05T10:00:00",
        "no disk",
    ),
    "month-day-year": (
        repeated("1/5/2026 9:00:00 AM ERROR no disk", "[01/05/2026 10:00:00 PM] WARN x", "01/15/2025 10:00:02 INFO x"),
        ["ERROR", "WARN", "INFO"],
        "2026-01-05T09:00:00",
        "no disk",
    ),
    "day-month-year": (
        repeated(
            "05/01/2026 10:00:00 ERROR no disk", "[31/12/2025 10:00:00.5] WARN - x", "05/01/2026, 10:00:00 INFO x"
        ),
        ["ERROR", "WARN", "INFO"],
        "2026-01-05T10:00:00",
        "no disk",
    ),
    "named-month": (
        repeated(
            "Mon Jan  5 10:00:00 2026 WARNING: no disk",
            "[Mon Jan  5 10:00:01 2026] usb 1-1: new device",
            "05-Jan-2026 10:00:02.5 ERROR x",
            "05/Jan/2026 10:00:03 INFO x",
            "05 Jan 2026 10:00:04 DEBUG x",
        ),
        ["WARN", "", "ERROR", "INFO", "DEBUG"],
        "2026-01-05T10:00:00",
        "no disk",
    ),
    "compact-date": (
        repeated("20260105 10:00:00.5 ERROR no disk", "20260105T100001 WARN x", "20260105-10:00:02 INFO x"),
        ["ERROR", "WARN", "INFO"],
        "2026-01-05T10:00:00.500000",
        "no disk",
    ),
    "epoch": (
        repeated("1767607200.5 ERROR no disk", "1767607201 WARN x", "1767607202123 [info] x", "[1767607203] x"),
        ["ERROR", "WARN", "INFO", ""],
        "2026-01-05T10:00:00.500000",
        "no disk",
    ),
    "time-inside": (
        repeated(
            "update-alternatives 2026-01-05 10:00:00: run with --install",
            "worker-3 (2026-01-05T10:00:01.5Z) ERROR no disk",
            "shop|2026-01-05 10:00:02|WARN|x",
            "10.0.0.1 2026-01-05 10:00:03 [error] x",
        ),
        ["", "ERROR", "WARN", "ERROR"],
        "2026-01-05T10:00:00",
        "run with --install",
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_levels_times_and_messages_by_the_documentation(check, name):
    sample, levels, first, body = SAMPLES[name]
    found = check(name, sample)
    assert found.levels[: len(levels)] == levels
    assert set(found.levels[len(levels) :]) <= {levels[-1]}
    if first is not None:
        assert found.times[0] == f"{first}+00:00"
    if body is not None:
        assert found.column("body")[0] == body


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in UNNOTICED])
def test_a_restart_in_another_format_is_noticed_at_the_very_line(restart, name):
    restart(name, SAMPLES[name][0])


def test_every_format_is_sure_of_its_own_lines():
    for name, (sample, *_) in SAMPLES.items():
        found = detect(sample.encode())
        assert (found.format.name, found.matched > 0.75) == (name, True), name
