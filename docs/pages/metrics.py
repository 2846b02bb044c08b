"""The metrics: read from the collector that serves them."""

from __future__ import annotations

import inspect
import pkgutil
import re
from importlib import import_module

import tailrace.logs
from pages.markdown import code, document, table
from tailrace.model.streamlet import Streamlet
from tailrace.runtime.metrics import WorkerMetrics
from tailrace.runtime.prometheus import WorkerCollector
from tailrace.window.streamlet import AggregateStreamlet

_COUNTED = re.compile(r"(?:context\.count\(|\(\()\"(\w+)\"|, \(\"(\w+)\", gathered")


def page() -> str:
    """Every family of metrics, and what the packaged streamlets count themselves."""
    worker = WorkerMetrics("split", 0)
    worker.records_in["in"] = worker.errors_in["in"] = worker.lag["in"] = 1
    worker.records_out["out"] = worker.tallies["lines"] = 1
    families = WorkerCollector("app", lambda: [worker]).collect()
    rows = [
        (code(_name(each.name, each.type)), each.type, ", ".join(each.samples[0].labels), each.documentation)
        for each in families
    ]
    return document(
        "# Metrics",
        "`--metrics PORT` serves these at `http://127.0.0.1:PORT/metrics`, one sample for each worker, or for each "
        "port of a worker. Counters start anew with each process.",
        table(("metric", "type", "labels", "about"), rows),
        "`tailrace_tally` counts what a streamlet counts itself with `self.context.count(name, amount)`, under the "
        "label `port`. The packaged streamlets count:",
        table(("streamlet", "counts"), [(code(name), ", ".join(map(code, counts))) for name, counts in _tallies()]),
    )


def _name(name: str, type_: str) -> str:
    return f"{name}_total" if type_ == "counter" else name


def _tallies() -> list[tuple[str, list[str]]]:
    found = []
    for info in pkgutil.iter_modules(tailrace.logs.__path__, f"{tailrace.logs.__name__}."):
        for each in vars(import_module(info.name)).values():
            if isinstance(each, type) and issubclass(each, Streamlet) and each.__module__ == info.name:
                found.append((each.__name__, _counted(each)))
    found.append(("aggregate", _counted(AggregateStreamlet)))
    return [(name, counts) for name, counts in found if counts]


def _counted(cls: type[Streamlet]) -> list[str]:
    names = (first or second for first, second in _COUNTED.findall(inspect.getsource(cls)))
    return list(dict.fromkeys(names))
