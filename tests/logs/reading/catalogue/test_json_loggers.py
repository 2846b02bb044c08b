"""JSON lines of the loggers and servers that people use, each built like the lines in its own documentation."""

# ruff: noqa: E501 - lines are shown as they are written

from __future__ import annotations

from typing import NamedTuple

import pytest

WORDS = ("debug", "info", "warn", "error", "fatal")
SHOUTED = tuple(word.upper() for word in WORDS)
LEVELS = [*SHOUTED, *SHOUTED]


class Logger(NamedTuple):
    """A line with places for the level (LEVEL) and the second (@@), what stands for the five levels, and what is read.

    `message` is that of the first line, whose level is DEBUG; None where it is the whole line.
    """

    line: str
    levels: tuple[str, ...] = WORDS
    time: str = "2026-01-05T10:00:00+00:00"
    message: str | None = "it works"
    meant: list[str | None] = LEVELS


LOGGERS = {
    # https://github.com/winstonjs/winston
    "winston": Logger('{"level":"LEVEL","message":"it works","service":"user-service","timestamp":"2026-01-05T10:00:@@.123Z"}',
                      ("debug", "http", "warn", "error", "crit"), "2026-01-05T10:00:00.123000+00:00",
                      meant=["DEBUG", "INFO", "WARN", "ERROR", "FATAL"] * 2),
    # https://pkg.go.dev/go.uber.org/zap
    "zap": Logger('{"level":"LEVEL","ts":17676072@@.5,"caller":"zap/main.go:12","msg":"it works","attempt":3,"backoff":1}',
                  ("debug", "info", "warn", "error", "dpanic"), "2026-01-05T10:00:00.500000+00:00"),
    # https://github.com/rs/zerolog
    "zerolog": Logger('{"level":"LEVEL","foo":"bar","time":17676072@@,"message":"it works"}',
                      ("debug", "info", "warn", "error", "panic")),
    "zerolog in microseconds": Logger('{"level":"LEVEL","time":17676072@@000001,"message":"it works"}',
                                      time="2026-01-05T10:00:00.000001+00:00"),
    # https://github.com/sirupsen/logrus
    "logrus": Logger('{"animal":"walrus","level":"LEVEL","msg":"it works","number":122,"omg":true,"time":"2026-01-05T10:00:@@Z"}',
                     ("debug", "info", "warning", "error", "panic")),
    # https://pkg.go.dev/log/slog
    "slog": Logger('{"time":"2026-01-05T10:00:@@.000000001Z","level":"LEVEL","source":{"function":"main","file":"a.go","line":1},"msg":"it works","count":3}', ("DEBUG", "INFO", "WARN", "ERROR", "ERROR+4"),
                   meant=["DEBUG", "INFO", "WARN", "ERROR", "ERROR"] * 2),
    # https://pkg.go.dev/github.com/inconshreveable/log15
    "log15": Logger('{"lvl":"LEVEL","msg":"it works","path":"/repo/10","t":"2026-01-05T10:00:@@.711Z"}',
                    ("dbug", "info", "warn", "eror", "crit"), "2026-01-05T10:00:00.711000+00:00"),
    # https://www.structlog.org
    "structlog": Logger('{"event": "it works", "level": "LEVEL", "logger": "app", "timestamp": "2026-01-05T10:00:@@.334Z"}',
                        ("debug", "info", "warning", "error", "critical"), "2026-01-05T10:00:00.334000+00:00"),
    # https://github.com/nhairs/python-json-logger
    "python-json-logger": Logger('{"asctime": "2026-01-05 10:00:@@,123", "levelname": "LEVEL", "name": "root", "message": "it works"}',
                                 ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), "2026-01-05T10:00:00.123000+00:00"),
    "Python's numbers": Logger('{"created": 1.5, "levelno": LEVEL, "message": "it works", "time": "2026-01-05T10:00:@@Z"}',
                               ("10", "20", "30", "40", "50")),
    # https://loguru.readthedocs.io, logger.add(serialize=True)
    "loguru": Logger('{"text": "x | it works\\n", "record": {"elapsed": {"repr": "0:00:00.1", "seconds": 0.1}, "exception": null, "extra": {}, "file": {"name": "a.py", "path": "/a.py"}, "function": "f", "level": {"icon": "i", "name": "LEVEL", "no": 20}, "line": 3, "message": "it works", "module": "a", "name": "__main__", "process": {"id": 1, "name": "MainProcess"}, "thread": {"id": 1, "name": "MainThread"}, "time": {"repr": "2026-01-05 10:00:@@.520000+00:00", "timestamp": 17676072@@.52}}}',
                     ("DEBUG", "SUCCESS", "WARNING", "ERROR", "CRITICAL"), "2026-01-05T10:00:00.520000+00:00"),
    # https://github.com/logfellow/logstash-logback-encoder
    "logstash-logback-encoder": Logger('{"@timestamp":"2026-01-05T10:00:@@.073+00:00","@version":"1","message":"it works","logger_name":"org.example.X","thread_name":"main","level":"LEVEL","level_value":20000}',
                                       (*SHOUTED[:4], "ERROR"), "2026-01-05T10:00:00.073000+00:00",
                                       meant=["DEBUG", "INFO", "WARN", "ERROR", "ERROR"] * 2),
    # https://logging.apache.org/log4j/2.x/manual/json-template-layout.html, LogstashJsonEventLayoutV1
    "log4j2's template": Logger('{"@version":1,"source_host":"h","message":"it works","thread_name":"main","@timestamp":"2026-01-05T10:00:@@.511Z","level":"LEVEL","logger_name":"org.example.X"}',
                                SHOUTED, "2026-01-05T10:00:00.511000+00:00"),
    # https://logging.apache.org/log4j/2.x/manual/layouts.html, JsonLayout
    "log4j2's JsonLayout": Logger('{"instant":{"epochSecond":17676072@@,"nanoOfSecond":0},"thread":"main","level":"LEVEL","loggerName":"org.example.X","message":"it works","endOfBatch":false,"threadId":1}', SHOUTED),
    "log4j2's spaced JsonLayout": Logger('{ "timeMillis" : 17676072@@007, "thread" : "main", "level" : "LEVEL", "message" : "it works" }',
                                         SHOUTED, "2026-01-05T10:00:00.007000+00:00"),
    # https://www.elastic.co/guide/en/ecs-logging
    "Spring Boot's ECS": Logger('{"@timestamp":"2026-01-05T10:00:@@.522Z","log":{"level":"LEVEL","logger":"org.example.X"},"process":{"pid":1,"thread":{"name":"main"}},"service":{"name":"shop"},"message":"it works"}',
                                SHOUTED, "2026-01-05T10:00:00.522000+00:00"),
    # https://go2docs.graylog.org, GELF 1.1
    "GELF": Logger('{"version":"1.1","host":"example.org","short_message":"it works","timestamp":17676072@@.3072,"level":LEVEL,"_user_id":9001}', ("7", "6", "4", "3", "1"), "2026-01-05T10:00:00.307200+00:00"),
    # https://clef-json.org
    "Serilog's CLEF": Logger('{"@t":"2026-01-05T10:00:@@.8393400Z","@mt":"it works",LEVEL"User":"nblumhardt"}',
                             ('"@l":"Debug",', "", '"@l":"Warning",', '"@l":"Error",', '"@l":"Fatal",'),
                             "2026-01-05T10:00:00.839340+00:00"),
    # https://github.com/serilog/serilog, JsonFormatter
    "Serilog's JSON": Logger('{"Timestamp":"2026-01-05T10:00:@@.1350000+00:00","Level":"LEVEL","MessageTemplate":"it works","Properties":{"n":1}}', ("Debug", "Information", "Warning", "Error", "Fatal"),
                             "2026-01-05T10:00:00.135000+00:00"),
    # https://github.com/NLog/NLog/wiki/JsonLayout
    "NLog": Logger('{ "time": "2026-01-05 10:00:@@.0180", "level": "LEVEL", "nested": { "message": "x" }, "message": "it works" }',
                   ("Debug", "Info", "Warn", "Error", "Fatal"), "2026-01-05T10:00:00.018000+00:00"),
    # https://learn.microsoft.com/dotnet/core/extensions/console-log-formatter
    "Microsoft's console": Logger('{"Timestamp":"2026-01-05T10:00:@@.1234567Z","EventId":0,"LogLevel":"LEVEL","Category":"A.B","Message":"it works","State":{"Message":"it works","{OriginalFormat}":"it works"}}',
                                  ("Debug", "Information", "Warning", "Error", "Critical"),
                         "2026-01-05T10:00:00.123456+00:00"),
    # https://github.com/roidrage/lograge, Logstash's formatter: only the status tells how it went
    "lograge": Logger('{"method":"GET","path":"/","format":"html","controller":"home","action":"index","status":LEVEL,"duration":58.33,"@timestamp":"2026-01-05T10:00:@@.512Z","@version":"1","message":"it works"}',
                      ("200", "302", "404", "500", "503"), "2026-01-05T10:00:00.512000+00:00",
                      meant=["INFO", "INFO", "WARN", "ERROR", "ERROR"] * 2),
    # https://github.com/Seldaek/monolog, JsonFormatter
    "Monolog": Logger('{"message":"it works","context":{"exception":{"code":0}},"level":LEVEL,"level_name":"x","channel":"app","datetime":"2026-01-05T10:00:@@.000000+00:00","extra":{}}', ("100", "250", "300", "400", "500")),
    # https://cloud.google.com/logging/docs/structured-logging
    "Google Cloud": Logger('{"severity":"LEVEL","message":"it works","httpRequest":{"requestMethod":"GET","status":500},"time":"2026-01-05T10:00:@@.142353Z","logging.googleapis.com/trace":"x"}',
                           ("DEBUG", "NOTICE", "WARNING", "ERROR", "EMERGENCY"), "2026-01-05T10:00:00.142353+00:00"),
    "Google Cloud's entries": Logger('{"insertId":"42","jsonPayload":{"message":"it works","n":1},"severity":"LEVEL","timestamp":"2026-01-05T10:00:@@.142353Z","resource":{"type":"k8s_container"}}',
                                     ("DEBUG", "INFO", "WARNING", "ERROR", "ALERT"),
                         "2026-01-05T10:00:00.142353+00:00"),
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
    "Lambda": Logger('{"timestamp":"2026-01-05T10:00:@@.000Z","level":"LEVEL","message":"it works","logger":"root","requestId":"79b4"}',
                     ("DEBUG", "INFO", "WARN", "ERROR", "FATAL")),
    # CloudWatch's exports hold what was printed as the message; only that tells the level.
    "CloudWatch": Logger('{"id":"3195","timestamp":17676072@@000,"message":"[LEVEL] it works"}', SHOUTED,
                         message="[DEBUG] it works"),
    # https://learn.microsoft.com/azure/azure-monitor/essentials/resource-logs-schema
    "Azure": Logger('{"time":"2026-01-05T10:00:@@.2861278Z","resourceId":"/S/1","operationName":"x","category":"Audit","level":"LEVEL","properties":{"a":1},"message":"it works"}',
                    ("Debug", "Informational", "Warning", "Error", "Critical"), "2026-01-05T10:00:00.286127+00:00"),
    # https://caddyserver.com/docs/logging
    "Caddy": Logger('{"level":"LEVEL","ts":17676072@@.5241024,"logger":"http.log.access","msg":"it works","request":{"proto":"HTTP/2.0","headers":{"User-Agent":["curl/7.82.0"]}},"duration":0.000929675,"status":200}',
                    time="2026-01-05T10:00:00.524102+00:00"),
    # https://doc.traefik.io/traefik/observability/access-logs
    "Traefik": Logger('{"ClientHost":"10.0.0.7","DownstreamStatus":200,"Duration":123,"RequestPath":"/","level":"LEVEL","msg":"it works","time":"2026-01-05T10:00:@@Z"}', ("debug", "info", "warning", "error", "fatal")),
    # https://istio.io/latest/docs/tasks/observability/logs/access-log
    "Envoy": Logger('{"authority":"a:80","bytes_received":"0","method":"GET","path":"/","response_code":"LEVEL","response_flags":"-","start_time":"2026-01-05T10:00:@@.141Z","upstream_cluster":"x"}', ("101", "200", "404", "500",
                         "503"),
                    "2026-01-05T10:00:00.141000+00:00", None, ["INFO", "INFO", "WARN", "ERROR", "ERROR"] * 2),
    # https://nginx.org/en/docs/http/ngx_http_log_module.html, log_format escape=json
    "nginx as JSON": Logger('{"time_local":"05/Jan/2026:10:00:@@ +0000","remote_addr":"10.0.0.7","request":"GET / HTTP/1.1","status":"LEVEL"}',
                            ("200", "301", "499", "502", "504"), message=None, meant=["INFO", "INFO", "WARN", "ERROR",
                         "ERROR"] * 2),
    # https://kubernetes.io/docs/tasks/debug/debug-cluster/audit: its level says how much is told, not how bad it is
    "Kubernetes' audit": Logger('{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"LEVEL","auditID":"1","stage":"ResponseComplete","verb":"get","responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2026-01-05T10:00:@@.5Z"}',
                                ("Metadata", "Request", "RequestResponse", "Metadata", "Request"),
                         "2026-01-05T10:00:00.500000+00:00",
                                None, [None] * 10),
    # https://www.elastic.co/guide/en/elasticsearch/reference/7.17/logging.html
    "Elasticsearch": Logger('{"type": "server", "timestamp": "2026-01-05T10:00:@@,251Z", "level": "LEVEL", "component": "o.e.n.Node", "cluster.name": "c", "node.name": "n", "message": "it works"  }', SHOUTED,
                         "2026-01-05T10:00:00.251000+00:00"),
    # https://docs.confluent.io/platform/current/connect/logging.html, with log4j's JSON layout
    "Kafka Connect": Logger('{"timestamp":"2026-01-05T10:00:@@.123Z","level":"LEVEL","thread":"task-0","logger":"org.apache.kafka.X","context":"[c|task-0] ","message":"it works"}', SHOUTED,
                         "2026-01-05T10:00:00.123000+00:00"),
    # https://github.com/hashicorp/go-hclog
    "HashiCorp": Logger('{"@level":"LEVEL","@message":"it works","@module":"vault","@timestamp":"2026-01-05T10:00:@@.270000Z"}',
                        ("debug", "info", "warn", "error", "error"), "2026-01-05T10:00:00.270000+00:00",
                        meant=["DEBUG", "INFO", "WARN", "ERROR", "ERROR"] * 2),
    # https://tailscale.com/kb/1011/log-mesh-traffic: no level, and the time within
    "Tailscale": Logger('{"logtail":{"client_time":"2026-01-05T10:00:@@.5Z","proc_id":1},"text":"it works"}',
                        ("", "", "", "", ""), "2026-01-05T10:00:00.500000+00:00", meant=[None] * 10),
    # https://docs.temporal.io, the server's log is zap's
    "Temporal": Logger('{"level":"LEVEL","ts":"2026-01-05T10:00:@@.123Z","msg":"it works","service":"history","logging-call-at":"a.go:1"}',
                       time="2026-01-05T10:00:00.123000+00:00"),
    # https://docs.rs/tracing-subscriber, fmt().json()
    "Rust's tracing": Logger('{"timestamp":"2026-01-05T10:00:@@.123456Z","level":"LEVEL","fields":{"message":"it works","n":1},"target":"a::b"}',
                             (*SHOUTED[:4], "ERROR"), "2026-01-05T10:00:00.123456+00:00",
                             meant=["DEBUG", "INFO", "WARN", "ERROR", "ERROR"] * 2),
    # https://quarkus.io/guides/logging
    "Quarkus": Logger('{"timestamp":"2026-01-05T10:00:@@.123Z","sequence":1,"loggerClassName":"x","loggerName":"a.B","level":"LEVEL","message":"it works","threadName":"main","threadId":1,"mdc":{},"ndc":"","hostName":"h","processName":"p"}',
                      SHOUTED, "2026-01-05T10:00:00.123000+00:00"),
    # https://opentelemetry.io/docs/specs/otel/protocol/file-exporter: a record, and many, to a line
    "OpenTelemetry": Logger('{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeLogs":[{"scope":{},"logRecords":[{"timeUnixNano":"17676072@@000000001","severityNumber":LEVEL,"body":{"stringValue":"it works"}}]}]}]}', ("5", "9", "13", "17", "21")),
    # https://docs.mongodb.com/manual/reference/log-messages is a format of its own; its dates occur elsewhere too
    "extended JSON": Logger('{"t":{"$date":"2026-01-05T10:00:@@.711+00:00"},"level":"LEVEL","msg":"it works"}',
                            time="2026-01-05T10:00:00.711000+00:00"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOGGERS)
def test_a_loggers_lines_have_their_level_time_and_message(check, name):
    logger = LOGGERS[name]
    sample = "".join(
        logger.line.replace("LEVEL", written).replace("@@", f"{n:02}") + "\n"
        for n, written in enumerate(logger.levels * 2)
    )
    found = check("json-lines", sample)
    assert found.levels == [level or "" for level in logger.meant]
    assert found.times[0] == logger.time
    assert found.times[7] == logger.time.replace(":00:00", ":00:07")
    assert found.column("body")[0] == (logger.message or sample.splitlines()[0])
