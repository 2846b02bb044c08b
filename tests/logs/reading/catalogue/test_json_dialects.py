"""JSON lines as pino, bunyan, Elastic's ECS and OpenTelemetry's file exporter write them, by their documentation."""

PINO = "".join(
    f'{{"level":{level},"time":{1767607200000 + n},"pid":1,"hostname":"h","msg":"m{n}"}}\n'
    for n, level in enumerate([10, 20, 30, 40, 50, 60, 30, 50])
) + (
    '{"level":50,"time":1767607200123,"pid":1,"hostname":"h","err":{"type":"Error","message":"boom",'
    '"stack":"Error: boom\\n    at x.js:1:1"},"msg":"boom"}\n'
    '{"level":30,"time":1767607200124,"req":{"level":"error"},"msg":"level within"}\n'
)
BUNYAN = "".join(
    f'{{"name":"myapp","hostname":"h","pid":1,"level":{level},"msg":"m{n}","time":"2012-02-03T19:02:{n:02}.000Z","v":0}}\n'
    for n, level in enumerate([10, 20, 30, 40, 50, 60, 30, 40, 50, 30])
)
ECS = "".join(
    f'{{"@timestamp":"2026-01-05T10:00:{n:02}.000Z","log.level":"{level}","message":"m{n}","ecs.version":"1.2.0",'
    f'"service.name":"shop","process.thread.name":"main","log.logger":"a.B"}}\n'
    for n, level in enumerate(["TRACE", "DEBUG", "INFO", " WARN", "ERROR", "FATAL", "info", "warn", "error", "INFO"])
)
ECS_NESTED = "".join(
    f'{{"@timestamp":"2026-01-05T10:00:{n:02}.000Z","log":{{"level":"{level}","logger":"a.B"}},"message":"m{n}",'
    f'"error":{{"stack_trace":"E: x\\n\\tat a.b"}}}}\n'
    for n, level in enumerate(["trace", "debug", "info", "warn", "error", "fatal", "info", "WARN", "ERROR", "INFO"])
)
OTLP = "".join(
    f'{{"timeUnixNano":"{1767607200 + n}000000001","observedTimeUnixNano":"1767607300000000000",'
    f'"severityNumber":{number},"body":{{"stringValue":"m{n}"}},'
    f'"attributes":[{{"key":"k","value":{{"stringValue":"v"}}}}]}}\n'
    for n, number in enumerate([1, 4, 5, 9, 10, 13, 16, 17, 20, 21, 24])
)


def test_pinos_numbers(check):
    found = check("json-lines", PINO)
    assert found.levels[:8] == ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "INFO", "ERROR"]
    assert found.levels[8:] == ["ERROR", "INFO"]
    assert found.times[3] == "2026-01-05T10:00:00.003000+00:00"
    assert found.column("body")[3] == "m3"


def test_bunyans_numbers_and_names(check):
    found = check("json-lines", BUNYAN)
    assert found.levels[:6] == ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
    assert found.times[1] == "2012-02-03T19:02:01+00:00"
    assert found.column("logger")[0] == "myapp"


def test_ecs_with_dotted_keys(check):
    found = check("json-lines", ECS)
    assert found.levels == ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "INFO", "WARN", "ERROR", "INFO"]
    assert found.times[9] == "2026-01-05T10:00:09+00:00"
    assert (found.column("logger")[0], found.column("thread")[0]) == ("a.B", "main")
    assert {"key": "service.name", "value": "shop"} in found.column("attributes")[0]


def test_ecs_with_nested_keys(check):
    found = check("json-lines", ECS_NESTED)
    assert found.levels == ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "INFO", "WARN", "ERROR", "INFO"]
    assert found.column("logger") == ["a.B"] * 10
    assert found.column("body")[4] == "m4\nE: x\n\tat a.b"


def test_opentelemetrys_numbers_and_nanoseconds(check):
    found = check("json-lines", OTLP)
    assert found.levels == [
        "TRACE", "TRACE", "DEBUG", "INFO", "INFO", "WARN", "WARN", "ERROR", "ERROR", "FATAL", "FATAL",
    ]  # fmt: skip
    assert found.times[:2] == ["2026-01-05T10:00:00+00:00", "2026-01-05T10:00:01+00:00"]
    assert found.column("body")[0] == "m0"
