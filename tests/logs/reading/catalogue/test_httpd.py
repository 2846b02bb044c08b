"""Error logs of web servers, by the manuals of Apache httpd (`ErrorLogFormat`) and nginx (`error_log`)."""

APACHE22 = """\
[Wed Oct 11 14:32:52 2000] [error] [client 127.0.0.1] client denied by server configuration: /export/home/live
[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties
[Sun Dec 04 04:47:45 2005] [warn] child process 1234 still did not exit, sending a SIGTERM
[Sun Dec 04 04:47:46 2005] [crit] (28)No space left on device: could not create a lock
[Sun Dec 04 04:47:47 2005] [alert] the parent is gone
[Sun Dec 04 04:47:48 2005] [emerg] cannot go on
[Sun Dec 04 04:47:49 2005] [info] Server built: Nov  1 2005
[Sun Dec 04 04:47:50 2005] [debug] proxy_util.c(1772): proxy: grabbed scoreboard slot 0
[Sun Dec  4 04:47:51 2005] [error] [client ::1] File does not exist: /var/www/favicon.ico
[Sun Dec 04 04:47:52 2005] [error] jk2_init() Can't find child 2085 in scoreboard
"""
APACHE24 = """\
[Fri Sep 09 10:42:29.902022 2011] [core:error] [pid 35708:tid 4328636416] [client 72.15.99.187] File does not exist: /x
[Fri Sep 09 10:42:30.000001 2011] [mpm_event:notice] [pid 1:tid 2] AH00489: Apache/2.4.58 configured
[Fri Sep 09 10:42:30.000002 2011] [ssl:warn] [pid 1] AH01909: server certificate does NOT include an ID
[Fri Sep 09 10:42:30.000003 2011] [proxy:error] [pid 1:tid 2] (111)Connection refused: AH00957: http: attempt failed
[Fri Sep 09 10:42:30.000004 2011] [core:emerg] [pid 1] AH00020: Configuration Failed, exiting
[Fri Sep 09 10:42:30.000005 2011] [rewrite:trace3] [pid 1:tid 2] [client 1.2.3.4:5] applying pattern
[Fri Sep 09 10:42:30.000006 2011] [auth_basic:error] [pid 1:tid 2] [client 1.2.3.4:5] AH01618: user x not found: /
[Fri Sep 09 10:42:30.000007 2011] [:error] [pid 1] PHP Fatal error:  Uncaught Exception
[Fri Sep 09 10:42:30.000008 2011] [core:crit] [pid 1] x
[Fri Sep 09 10:42:31 2011] [mpm_prefork:info] [pid 1] without a fraction
"""
NGINX = """\
2026/01/05 10:00:00 [error] 12#0: *3 connect() failed (111: Connection refused) while connecting to upstream
2026/01/05 10:00:00 [notice] 1#1: using the "epoll" event method
2026/01/05 10:00:01 [warn] 12#12: *9 an upstream response is buffered to a temporary file /var/cache/nginx/1
2026/01/05 10:00:02 [emerg] 1#1: bind() to 0.0.0.0:80 failed (98: Address already in use)
2026/01/05 10:00:03 [alert] 1#1: worker process 12 exited on signal 9
2026/01/05 10:00:04 [crit] 12#12: *11 SSL_do_handshake() failed
2026/01/05 10:00:05 [info] 12#12: *12 client closed connection while waiting for request
2026/01/05 10:00:06 [debug] 12#12: *13 http process request line
2026/01/05 10:00:07 [error] 12#12: *14 open() "/x" failed (2: No such file or directory)
2026/01/05 10:00:08 [notice] 1#1: exit
"""


def test_apache_2_2(check):
    found = check("apache-error", APACHE22)
    assert found.levels == [
        "ERROR", "INFO", "WARN", "FATAL", "FATAL", "FATAL", "INFO", "DEBUG", "ERROR", "ERROR",
    ]  # fmt: skip
    assert found.times[0] == "2000-10-11T14:32:52+00:00"
    assert found.times[8] == "2005-12-04T04:47:51+00:00"
    assert found.column("body")[0] == "client denied by server configuration: /export/home/live"
    assert {"key": "client", "value": "::1"} in found.column("attributes")[8]


def test_apache_2_4_with_modules_processes_and_fractions(check):
    found = check("apache-error", APACHE24)
    assert found.levels == [
        "ERROR", "INFO", "WARN", "ERROR", "FATAL", "TRACE", "ERROR", "ERROR", "FATAL", "INFO",
    ]  # fmt: skip
    assert found.times[0] == "2011-09-09T10:42:29.902022+00:00"
    assert found.times[9] == "2011-09-09T10:42:31+00:00"
    assert found.column("body")[0] == "File does not exist: /x"
    assert found.column("logger")[6:8] == ["auth_basic", None]
    assert found.column("thread")[:3] == ["4328636416", "2", None]


def test_nginx(check):
    found = check("nginx-error", NGINX)
    assert found.levels == [
        "ERROR", "INFO", "WARN", "FATAL", "FATAL", "FATAL", "INFO", "DEBUG", "ERROR", "INFO",
    ]  # fmt: skip
    assert found.times[0] == "2026-01-05T10:00:00+00:00"
    assert found.column("body")[1] == 'using the "epoll" event method'
    assert {"key": "connection", "value": "3"} in found.column("attributes")[0]


def test_the_errors_of_web_servers_after_a_restart_in_another_format(restart):
    restart("apache-error", APACHE22)
    restart("apache-error", APACHE24)
    restart("nginx-error", NGINX)


def test_a_weekday_alone_is_no_time(read):
    assert read("[Sun Dec 32 04:47:44 2005] [error] x\n" * 10).times == ["2026-01-05T12:00:00+00:00"] * 10
    assert read("[Sun and then] [error] x\n" * 10).state.format == "free-text"
