"""JSON lines as many services write them into one file: the loggers of ten languages, and errors of thirty shapes.

93 % of the lines are INFO or DEBUG, of a dozen shapes. The others are WARN or ERROR and carry what errors carry: stack
traces, causes and requests as inner objects, lists, characters as escapes. Keys stand in varying orders, levels are
words or numbers at several depths, times are ISO or epochs of four units, and some loggers put blanks after colons.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Fields = dict[str, Any]
_TIGHT = (",", ":")
_WIDE = (", ", ": ")
_NUMBERS = {"DEBUG": 20, "INFO": 30, "WARN": 40, "ERROR": 50}
_SEVERITIES = {"DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17}
_WORDS = [
    "order",
    "payment",
    "user",
    "cart",
    "stock",
    "price",
    "cache",
    "queue",
    "retry",
    "batch",
    "worker",
    "shipment",
    "invoice",
    "login",
    "token",
    "page",
]
_VERBS = ["created", "loaded", "stored", "sent", "received", "refused", "parsed", "evicted", "scheduled", "skipped"]


def _iso(millis: int) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def _python(rng: random.Random, at: int, level: str, text: str) -> Fields:
    return {"asctime": _iso(at).replace("T", " ").replace(".", ","), "levelname": level, "name": "shop.orders",
            "message": text, "process": 4711, "request_id": f"{rng.getrandbits(64):016x}"}  # fmt: skip


def _pino(rng: random.Random, at: int, level: str, text: str) -> Fields:
    return {"level": _NUMBERS[level], "time": at, "pid": 17, "hostname": "web-7d9c5b6f4d-x2x8q",
            "reqId": rng.randrange(10**6), "msg": text}  # fmt: skip


def _bunyan(rng: random.Random, at: int, level: str, text: str) -> Fields:
    return {"name": "gate", "hostname": "h-3", "pid": 9, "level": _NUMBERS[level], "route": f"/v1/{rng.choice(_WORDS)}",
            "msg": text, "time": _iso(at) + "Z", "v": 0}  # fmt: skip


def _zap(rng: random.Random, at: int, level: str, text: str) -> Fields:
    return {"level": level.lower(), "ts": at / 1000, "logger": "orders.http", "caller": "http/handler.go:142",
            "msg": text, "took": round(rng.random(), 6), "cached": rng.random() < 0.5}  # fmt: skip


def _zerolog(rng: random.Random, at: int, level: str, text: str) -> Fields:
    return {"level": level.lower(), "service": "stock", "items": rng.randrange(50), "time": at // 1000, "message": text}


def _slog(rng: random.Random, at: int, level: str, text: str) -> Fields:
    request = {
        "id": f"{rng.getrandbits(48):012x}",
        "method": "GET",
        "path": f"/{rng.choice(_WORDS)}/{rng.randrange(999)}",
    }
    return {"time": _iso(at) + "000+00:00", "level": level, "msg": text, "request": request}


def _ecs(rng: random.Random, at: int, level: str, text: str) -> Fields:
    return {"@timestamp": _iso(at) + "Z", "log.level": level, "message": text, "ecs.version": "1.2.0",
            "service.name": "shop", "process.thread.name": f"e-{rng.randrange(40)}",
            "log.logger": "org.example.Cart"}  # fmt: skip


def _ecs_nested(rng: random.Random, at: int, level: str, text: str) -> Fields:
    return {"@timestamp": _iso(at) + "Z", "log": {"level": level.lower(), "logger": "example.js"}, "message": text,
            "event": {"duration": rng.randrange(10**9)}, "ecs": {"version": "8.10.0"}}  # fmt: skip


def _logstash(rng: random.Random, at: int, level: str, text: str) -> Fields:
    return {"@timestamp": _iso(at) + "Z", "@version": "1", "message": text, "logger_name": "org.example.orders.Service",
            "thread_name": f"http-nio-8080-exec-{rng.randrange(40)}", "level": level,
            "level_value": 20000, "traceId": f"{rng.getrandbits(128):032x}"}  # fmt: skip


def _google(rng: random.Random, at: int, level: str, text: str) -> Fields:
    return {"severity": level.replace("WARN", "WARNING"), "timestamp": _iso(at) + "Z", "message": text,
            "httpRequest": {"requestMethod": "POST", "status": 200, "latency": f"{rng.random():.3f}s"},
            "logging.googleapis.com/labels": {"zone": "eu-1"}}  # fmt: skip


def _winston(rng: random.Random, at: int, level: str, text: str) -> Fields:
    return {"level": level.lower(), "message": text, "meta": {"tags": ["a", rng.choice(_WORDS)], "n": rng.randrange(9)},
            "service": "mail", "timestamp": _iso(at) + "Z"}  # fmt: skip


def _plain(rng: random.Random, at: int, level: str, text: str) -> Fields:
    time: Any = at * 1000 if rng.random() < 0.5 else at * 1_000_000
    return {"ts": time, "lvl": level.lower(), "msg": text, "shard": rng.randrange(16)}


def _otlp_record(at: int, level: str, text: str) -> Fields:
    return {"timeUnixNano": f"{at}000000", "severityNumber": _SEVERITIES[level], "severityText": level,
            "attributes": [{"key": "n", "value": {"intValue": "9"}}], "body": {"stringValue": text}}  # fmt: skip


def _otlp(rng: random.Random, at: int, level: str, text: str) -> Fields:
    records = [_otlp_record(at, level, text) for _ in range(rng.choice((1, 1, 1, 8)) if level == "INFO" else 1)]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "edge"}}]}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": {}, "logRecords": records}]}]}


_SHAPES: tuple[tuple[Callable[[random.Random, int, str, str], Fields], tuple[str, str], int], ...] = (
    (_python, _WIDE, 12), (_pino, _TIGHT, 14), (_bunyan, _TIGHT, 3), (_zap, _TIGHT, 14), (_zerolog, _TIGHT, 8),
    (_slog, _TIGHT, 10), (_ecs, _TIGHT, 10), (_ecs_nested, _TIGHT, 5), (_logstash, _TIGHT, 14), (_google, _WIDE, 4),
    (_winston, _TIGHT, 4), (_plain, _TIGHT, 2), (_otlp, _TIGHT, 2),
)  # fmt: skip


def _trace(rng: random.Random) -> str:
    frames = [
        f"\tat org.example.{rng.choice(_WORDS)}.Part{i}.run(Part{i}.java:{40 + i})" for i in range(rng.randrange(5, 25))
    ]
    cause = f'Caused by: java.io.IOException: no "{rng.choice(_WORDS)}" in C:\\temp'
    return "\n".join(("java.lang.IllegalStateException: broken", *frames, cause, frames[0]))


def _worse(rng: random.Random, fields: Fields, number: int) -> Fields:
    """Return the fields of an error of one of thirty shapes."""
    extras: list[tuple[str, Any]] = [
        ("stack_trace", _trace(rng)),
        ("error", {"kind": "Timeout", "code": rng.randrange(99), "inner": {"retry": True, "hosts": ["a", "b"]}}),
        ("http", {"status_code": 503, "url": "https://example.org/a?b=c", "headers": {"accept": "*/*"}}),
        ("tags", ["späť", "naïve", rng.randrange(9), None]),
        ("note", "Grüße, “quoted” — 日本語 ✓"),
    ]
    chosen = [extra for place, extra in enumerate(extras) if (number % 30 + 1) >> place & 1]
    items = list(fields.items()) + chosen
    if number % 3:
        random.Random(number % 30).shuffle(items)
    return dict(items)


def mixed_json(lines: int) -> list[str]:
    """Return so many lines, with their line feeds, the same at every call."""
    rng = random.Random(7)
    weights = [weight for *_, weight in _SHAPES]
    at, made = 1_767_607_200_000, []
    for _ in range(lines):
        at += rng.randrange(3)
        level = rng.choices(("INFO", "DEBUG", "WARN", "ERROR"), (70, 23, 4, 3))[0]
        shape, separators, _ = rng.choices(_SHAPES, weights)[0]
        first, second = rng.choice(_WORDS), rng.choice(_WORDS)
        text = f"{first} {rng.randrange(10**6)} {rng.choice(_VERBS)} for {second} {rng.randrange(99)}"
        fields = shape(rng, at, level, text)
        if level in ("WARN", "ERROR"):
            fields = _worse(rng, fields, rng.randrange(30))
        made.append(json.dumps(fields, separators=separators, ensure_ascii=separators is _WIDE) + "\n")
    return made
