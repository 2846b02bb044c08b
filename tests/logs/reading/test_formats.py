"""Every format, by lines as its own documentation shows them."""

import pytest

from tailrace.logs.reading.detect import detect

LOGBACK = """\
09:58:55.569 [scala-execution-context-global-17] WARN  Generation.Parameters$ - s%]s,2|Oooo|$vjOvjkj
09:58:55.570 [scala-execution-context-global-17] INFO  Generation.Parameters$ - NL8Q%rvl,RBHq@|XR2U
09:58:55.581 [main] DEBUG Generation.RandomStringGenerator - x
09:58:55,582 [main] ERROR Generation.Parameters$ - comma before the milliseconds
09:58:55.600 [main] TRACE a.B - x
09:58:56 [main] WARN a.B - no milliseconds
09:58:56.000 WARN  [main] a.B - level first
09:58:56.001 WARN a.B - no thread
09:58:56.002 [http-nio-8080-exec-1] ERROR o.a.c.c.C.[.[.[/].[dispatcherServlet] - Servlet threw
09:58:56.003 [main] FATAL a.B - x
"""
LOG4J = """\
2015-10-18 18:01:53,447 INFO [main] org.apache.hadoop.mapred.MapTask: Processing split
2015-10-18 18:01:54,447 WARN [LeaseRenewer:msrabi@msra-sa-41:9000] org.apache.hadoop.hdfs.LeaseRenewer: Failed to renew
2015-10-18 18:01:55,447 ERROR [RMCommunicator Allocator] org.x.RMContainerAllocator: ERROR IN CONTACTING RM.
2015-07-29 19:04:29,071 - WARN  [SendWorker:188978561024:QuorumCnxManager$SendWorker@688] - Send worker leaving thread
2015-07-29 19:04:29,072 - ERROR [QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:Learner@107] - Unexpected exception
2026-01-05 10:00:00,123 - app - ERROR - from Python
2026-01-05T10:00:00.123Z [main] WARN org.x.Y - ISO with zone
2026-01-05 10:00:00.123+02:00 [WARN ] [main] org.x.Y: bracketed level
[2026-01-05 10:00:00,123] WARN Timeout: after 5s (kafka.server.KafkaServer)
2026-01-05 10:00:00.123  WARN 4711 --- [nio-8080-exec-1] c.e.Shop : spring
2026-01-05 10:00:00 FATAL x
2026-01-05 10:00:00.123456 | ERROR | org.x.Y | micros
2026-01-05 10:00:00 nothing of a level here
"""
JSON = r"""
{"time":"2026-01-05T10:00:00Z","level":"error","msg":"x"}
{"level":50,"time":1767607200000,"pid":1,"hostname":"h","msg":"pino"}
{"level":40,"time":1767607200000,"msg":"pino warn"}
{"@timestamp":"2026-01-05T10:00:00.000Z","log.level":"WARN","message":"ecs","ecs.version":"1.2.0"}
{"@timestamp":"2026-01-05T10:00:00.000Z","log":{"level":"ERROR","logger":"a.B"},"message":"nested"}
{"ts":1767607200.5,"level":"warn","msg":"zap","caller":"x.go:1"}
{"timestamp":"2026-01-05T10:00:00.000000Z","level":"WARN","target":"app","fields":{"message":"rust"}}
{"severity":"CRITICAL","timestamp":"2026-01-05 10:00:00","message":"x"}
{"asctime":"2026-01-05 10:00:00,123","levelname":"WARNING","message":"python","name":"root"}
{"timeUnixNano":"1767607200000000000","severityNumber":17,"body":{"stringValue":"otlp"}}
{ "lvl" : "eror", "level" : "error", "time" : 1767607200000000, "msg" : "spaced" }
{"level":"info","time":"2026-01-05T10:00:00+01:00","msg":"fine"}
""".lstrip()
ACCESS = """\
127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326
127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /x HTTP/1.0" 404 - "http://example.com/start.html" "Mozilla/4.08"
1.2.3.4 - - [05/Jan/2026:10:00:00 +0000] "GET / HTTP/1.1" 500 12
::1 - - [05/Jan/2026:10:00:00 +0000] "POST /a?b=c HTTP/2.0" 503 0 "-" "curl/8"
1.2.3.4 - - [05/Jan/2026:10:00:01 +0000] "GET /\\"quoted\\" HTTP/1.1" 400 12
1.2.3.4 - - [05/Jan/2026:10:00:01 +0000] "-" 408 0 "-" "-"
1.2.3.4 - John Doe [05/Jan/2026:10:00:01 +0000] "GET / HTTP/1.1" 301 0
1.2.3.4 - - [05/Jan/2026:10:00:02 +0000] "GET / HTTP/1.1" 100 0
1.2.3.4 - - [05/Jan/2026:10:00:02 +0000] "" 400 0
host.example.com - - [05/Jan/2026:10:00:02 +0000] "GET / HTTP/1.1" 502 12
"""
FREE = """\
starting up
WARN: the disk is nearly full
  at 97 percent
ERROR something failed
[error] lower case within brackets
error: lower case before a colon
everything is fine, no error in sight
main.go FATAL cannot go on
<warning> angle brackets
all good
Traceback (most recent call last):
  File "x.py", line 3, in f
ValueError: boom
"""


@pytest.mark.parametrize(
    ("name", "sample"),
    [("logback", LOGBACK), ("log4j", LOG4J), ("json-lines", JSON), ("access-log", ACCESS), ("free-text", FREE)],
)
def test_each_format_is_detected(name, sample):
    found = detect(sample.encode())
    assert found.format.name == name
    assert found.matched == 1.0
    assert 0.5 < found.confidence <= 1.0


def test_a_sample_of_nothing_is_free_text_without_confidence():
    assert (detect(b"").format.name, detect(b"").confidence) == ("free-text", 0.0)
    assert detect(b"\n \n").confidence == 0.0


def test_stack_traces_do_not_disturb_detection():
    trace = "2026-01-05 10:00:00 ERROR [main] a.B: x\n" + "\tat a.b.C.d(C.java:1)\n" * 40
    assert detect(trace.encode()).format.name == "log4j"


def test_confidence_grows_with_the_lines_seen():
    assert detect(LOGBACK.encode()).confidence > detect(LOGBACK[:100].encode()).confidence


def test_logback_levels_threads_loggers_and_messages(read):
    found = read(LOGBACK, least=0)
    expected = ["WARN", "INFO", "DEBUG", "ERROR", "TRACE", "WARN", "WARN", "WARN", "ERROR", "FATAL"]
    assert found.levels == expected
    assert found.column("thread")[0] == "scala-execution-context-global-17"
    assert found.column("thread")[6:9] == ["main", None, "http-nio-8080-exec-1"]
    assert found.column("logger") == [
        *["Generation.Parameters$"] * 2, "Generation.RandomStringGenerator", "Generation.Parameters$",
        *["a.B"] * 4, "o.a.c.c.C.[.[.[/].[dispatcherServlet]", "a.B",
    ]  # fmt: skip
    assert found.column("body")[0] == "s%]s,2|Oooo|$vjOvjkj"
    assert found.times[0] == "2026-01-05T09:58:55.569000+00:00"
    assert found.times[3] == "2026-01-05T09:58:55.582000+00:00"


def test_log4j_levels_threads_loggers_and_messages(read):
    found = read(LOG4J, least=0)
    assert found.levels == [
        "INFO", "WARN", "ERROR", "WARN", "ERROR", "ERROR", "WARN", "WARN", "WARN", "WARN", "FATAL", "ERROR", "",
    ]  # fmt: skip
    assert found.column("body") == [
        "Processing split", "Failed to renew", "ERROR IN CONTACTING RM.", "Send worker leaving thread",
        "Unexpected exception", "from Python", "ISO with zone", "bracketed level",
        "Timeout: after 5s (kafka.server.KafkaServer)", "spring", "x", "org.x.Y | micros",
        "nothing of a level here",
    ]  # fmt: skip
    assert found.column("thread")[1:5] == [
        "LeaseRenewer:msrabi@msra-sa-41:9000",
        "RMCommunicator Allocator",
        "SendWorker:188978561024:QuorumCnxManager$SendWorker@688",
        "QuorumPeer[myid=1]/0:0:0:0:0:0:0:0:2181:Learner@107",
    ]
    assert found.column("thread")[9] == "nio-8080-exec-1"
    assert found.column("logger")[:3] == [
        "org.apache.hadoop.mapred.MapTask", "org.apache.hadoop.hdfs.LeaseRenewer", "org.x.RMContainerAllocator",
    ]  # fmt: skip
    assert found.column("logger")[5:10] == ["app", "org.x.Y", "org.x.Y", None, "c.e.Shop"]


def test_log4j_times_with_fractions_and_zones(read):
    found = read(LOG4J, least=0)
    assert found.times[0] == "2015-10-18T18:01:53.447000+00:00"
    assert found.times[6] == "2026-01-05T10:00:00.123000+00:00"
    assert found.times[7] == "2026-01-05T08:00:00.123000+00:00"
    assert found.times[11] == "2026-01-05T10:00:00.123456+00:00"


@pytest.mark.parametrize("zone", ["Z", "+00:00", "+0000", " UTC", " GMT", " +0000", "-00:00"])
def test_zones_are_read_however_they_are_written(read, zone):
    found = read(f"2026-01-05T10:00:00.5{zone} ERROR x\n" * 3, zone="Europe/Berlin")
    assert found.times == ["2026-01-05T10:00:00.500000+00:00"] * 3
    assert found.column("body") == ["x"] * 3


@pytest.mark.parametrize(("digits", "micros"), [("1", 100_000), ("123456", 123_456), ("123456789", 123_456)])
def test_fractions_of_any_length(read, digits, micros):
    found = read(f"2026-01-05 10:00:00.{digits} ERROR [t] a.B: x\n")
    assert found.column("time")[0].microsecond == micros
    assert found.column("thread") == ["t"]


def test_json_lines_of_many_loggers(read):
    found = read(JSON, least=0)
    assert found.levels == [
        "ERROR", "ERROR", "WARN", "WARN", "ERROR", "WARN", "WARN", "FATAL", "WARN", "ERROR", "ERROR", "INFO",
    ]  # fmt: skip
    assert found.column("body")[1:5] == ["pino", "pino warn", "ecs", "nested"]
    assert found.column("body")[9:] == ["otlp", "spaced", "fine"]
    assert found.times[:4] == ["2026-01-05T10:00:00+00:00"] * 4
    assert found.times[5] == "2026-01-05T10:00:00.500000+00:00"
    assert found.times[8] == "2026-01-05T10:00:00.123000+00:00"
    assert found.times[9:] == [*["2026-01-05T10:00:00+00:00"] * 2, "2026-01-05T09:00:00+00:00"]
    assert found.column("logger")[4] == "a.B"
    assert {"key": "hostname", "value": "h"} in found.column("attributes")[1]


def test_json_of_one_shape_gives_the_same_as_each_line_alone(read):
    line = (
        '{"time":"2026-01-05T10:00:00Z","level":"error","msg":"x %d","n":%d,"f":1.50,'
        '"ok":true,"z":null,"stack":"a\\n b"}\n'
    )
    lines = [line % (n, n) for n in range(20)]
    together = read("".join(lines)).records.drop("line", "offset", "before", "after").to_dicts()
    assert together == [read(one).records.drop("line", "offset", "before", "after").to_dicts()[0] for one in lines]
    assert together[3]["body"] == "x 3\na\n b"
    assert together[3]["attributes"] == [
        {"key": "n", "value": "3"}, {"key": "f", "value": "1.50"}, {"key": "ok", "value": "true"},
    ]  # fmt: skip


def test_access_logs_take_their_level_from_the_status(read):
    found = read(ACCESS, least=0)
    assert found.levels == ["INFO", "WARN", "ERROR", "ERROR", "WARN", "WARN", "INFO", "INFO", "WARN", "ERROR"]
    assert found.times[0] == "2000-10-10T20:55:36+00:00"
    assert found.column("body")[2] == '"GET / HTTP/1.1" 500 12'
    assert {"key": "client", "value": "::1"} in found.column("attributes")[3]


def test_free_text_counts_a_level_word_that_stands_alone(read):
    found = read(FREE, least=0)
    assert found.levels == ["", "WARN", "ERROR", "ERROR", "ERROR", "", "FATAL", "WARN", "", "ERROR"]
    assert found.column("body")[1] == "WARN: the disk is nearly full\n  at 97 percent"
    assert found.column("body")[-1].endswith("ValueError: boom")
    assert found.times == ["2026-01-05T12:00:00+00:00"] * 10


def test_longer_level_words_are_known(read):
    lines = "2026-01-05 10:00:00 {} [main] a.B: x\n"
    words = {"EMERGENCY": "FATAL", "INFORMATION": "INFO", "critical": "FATAL", "Warning": "WARN", "SEVERE": "ERROR"}
    assert read("".join(lines.format(word) for word in words), least=0).levels == list(words.values())


CONSOLES = {
    "slog": (
        'time=2026-01-05T10:00:00.000Z level=ERROR msg="cannot open" err="no such file"\n'
        'time=2026-01-05T10:00:01.000Z level=WARN+1 msg=x\n',
        "logfmt", ["ERROR", "WARN"], ["cannot open", "x"], [None, None],
    ),
    "tracing": (
        "2026-01-05T10:00:00.123456Z  INFO shop::server: listening addr=127.0.0.1:80\n"
        "\x1b[2m2026-01-05T10:00:01.123456Z\x1b[0m \x1b[31mERROR\x1b[0m \x1b[2mshop::db\x1b[0m\x1b[2m:\x1b[0m no\n",
        "log4j", ["INFO", "ERROR"], ["listening addr=127.0.0.1:80", "no"], ["shop::server", "shop::db"],
    ),
    "env_logger": (
        "[2026-01-05T10:00:00Z ERROR shop::db] cannot connect\n[2026-01-05T10:00:00Z WARN  shop] slow\n",
        "env-logger", ["ERROR", "WARN"], ["cannot connect", "slow"], ["shop::db", "shop"],
    ),
    "Serilog's console": (
        "[10:00:00 INF] Starting up\n[10:00:01 ERR] HTTP GET / responded 500\n[10:00:02 WRN] slow\n",
        "logback", ["INFO", "ERROR", "WARN"], ["Starting up", "HTTP GET / responded 500", "slow"], [None] * 3,
    ),
    "Serilog's compact JSON": (
        '{"@t":"2026-01-05T10:00:00.1234567Z","@mt":"Hello, {User}","User":"bob"}\n'
        '{"@t":"2026-01-05T10:00:01.1234567Z","@mt":"boom","@l":"Error","@x":"System.Exception: x"}\n',
        "json-lines", ["INFO", "ERROR"], ["Hello, {User}", "boom\nSystem.Exception: x"], [None] * 2,
    ),
    ".NET's JSON console": (
        '{"EventId":0,"LogLevel":"Warning","Category":"A.B","Message":"slow","State":{"Message":"slow"}}\n',
        "json-lines", ["WARN"], ["slow"], ["A.B"],
    ),
    "Elixir": (
        "10:00:00.123 [error] GenServer #PID<0.1.0> terminating\n** (RuntimeError) boom\n"
        "10:00:01.123 request_id=abc [info] GET /\n10:00:02.123 [warning] x\n",
        "logback", ["ERROR", "INFO", "WARN"],
        ["GenServer #PID<0.1.0> terminating\n** (RuntimeError) boom", "GET /", "x"], [None] * 3,
    ),
    "Elasticsearch": (
        "[2026-01-05T10:00:00,123][WARN ][o.e.c.DiskThresholdMonitor] [node-1] high disk watermark\n"
        "[2026-01-05T10:00:01,123][ERROR][o.e.b.Elasticsearch      ] [node-1] fatal\n",
        "elasticsearch", ["WARN", "ERROR"], ["high disk watermark", "fatal"],
        ["o.e.c.DiskThresholdMonitor", "o.e.b.Elasticsearch"],
    ),
    "RabbitMQ": (
        "2026-01-05 10:00:00.123456+00:00 [error] <0.123.0> closing AMQP connection\n",
        "log4j", ["ERROR"], ["<0.123.0> closing AMQP connection"], [None],
    ),
    "a level between hyphens": (
        "2026-01-05 10:00:00,123 - ERROR - x - y\n2026-01-05 10:00:00,123 - WARNING - app.db - slow\n"
        "2026-01-05 10:00:00,123 ERROR Main - z\n",
        "log4j", ["ERROR", "WARN", "ERROR"], ["x - y", "slow", "z"], [None, "app.db", "Main"],
    ),
    "OpenTelemetry's collector, many records a line": (
        '{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":['
        '{"timeUnixNano":"1767607200000000000","severityNumber":9,"body":{"stringValue":"fine"}},'
        '{"timeUnixNano":"1767607201000000000","severityNumber":17,"body":{"stringValue":"boom"}}]}]}]}\n',
        "json-lines", ["INFO", "ERROR"], ["fine", "boom"], [None] * 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CONSOLES)
def test_what_libraries_print_has_its_level_message_and_logger(read, name):
    sample, form, levels, bodies, loggers = CONSOLES[name]
    found = read(sample * 5, least=0)
    assert found.state.format == form
    assert found.levels == levels * 5
    assert found.column("body") == bodies * 5
    assert found.column("logger") == loggers * 5
