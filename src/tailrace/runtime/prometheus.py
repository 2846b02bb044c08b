"""Workers' figures for Prometheus: text on request, and a small server on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from tailrace.model.errors import TailraceError
from tailrace.runtime.metrics import STEP_BUCKETS, WorkerMetrics

Source = Callable[[], Sequence[WorkerMetrics]]
_WORKER = ["app", "streamlet", "replica"]
_PORT = [*_WORKER, "port"]


class WorkerCollector(Collector):
    """Reads the figures anew at each scrape."""

    def __init__(self, app: str, source: Source) -> None:
        self._app = app
        self._source = source

    def collect(self) -> Iterable[Metric]:
        """The families, each with one sample a worker or port."""
        workers = list(self._source())
        yield self._ports("tailrace_records_in", "Records consumed", ((w, w.records_in) for w in workers))
        yield self._ports("tailrace_records_out", "Records produced", ((w, w.records_out) for w in workers))
        yield self._ports("tailrace_errors_in", "Failed attempts at records", ((w, w.errors_in) for w in workers))
        yield self._ports("tailrace_tally", "What the streamlet itself counts", ((w, w.tallies) for w in workers))
        yield self._lag(workers)
        yield self._up(workers)
        for name, doc, pick in _TOTALS:
            yield self._total(name, doc, pick, workers)
        yield self._steps(workers)

    def _labels(self, worker: WorkerMetrics) -> list[str]:
        return [self._app, worker.streamlet, str(worker.replica)]

    def _ports(self, name: str, doc: str, figures: Iterator[tuple[WorkerMetrics, dict[str, int]]]) -> Metric:
        family = CounterMetricFamily(name, doc, labels=_PORT)
        for worker, ports in figures:
            for port, value in dict(ports).items():
                family.add_metric([*self._labels(worker), port], value)
        return family

    def _lag(self, workers: Sequence[WorkerMetrics]) -> Metric:
        family = GaugeMetricFamily("tailrace_lag", "Records not yet consumed", labels=_PORT)
        for worker in workers:
            for port, value in dict(worker.lag).items():
                family.add_metric([*self._labels(worker), port], value)
        return family

    def _up(self, workers: Sequence[WorkerMetrics]) -> Metric:
        family = GaugeMetricFamily("tailrace_up", "1 for a worker in order, 0 for one that has failed", labels=_WORKER)
        for worker in workers:
            family.add_metric(self._labels(worker), int(worker.up))
        return family

    def _total(
        self, name: str, doc: str, pick: Callable[[WorkerMetrics], int], workers: Sequence[WorkerMetrics]
    ) -> Metric:
        family = CounterMetricFamily(name, doc, labels=_WORKER)
        for worker in workers:
            family.add_metric(self._labels(worker), pick(worker))
        return family

    def _steps(self, workers: Sequence[WorkerMetrics]) -> Metric:
        family = HistogramMetricFamily("tailrace_step_seconds", "Time from reading to commit", labels=_WORKER)
        for worker in workers:
            bounds = [str(bound) for bound in STEP_BUCKETS]
            buckets = [*zip(bounds, worker.step_buckets, strict=True), ("+Inf", worker.steps)]
            family.add_metric(self._labels(worker), buckets, worker.step_seconds)
        return family


_TOTALS: tuple[tuple[str, str, Callable[[WorkerMetrics], int]], ...] = (
    ("tailrace_errors", "Failed attempts", lambda worker: worker.errors),
    ("tailrace_restarts", "Restarts of the streamlet", lambda worker: worker.restarts),
    ("tailrace_dead_letters", "Records set aside", lambda worker: worker.dead),
)


def exposition(app: str, source: Source) -> bytes:
    """The figures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(WorkerCollector(app, source))
    return generate_latest(registry)


def serve(app: str, source: Source, port: int) -> WSGIServer:
    """Answer scrapes at http://127.0.0.1:port/metrics until the server's `shutdown` is called.

    Port 0 takes any free one; see the server's `server_port`. Raises TailraceError when the port cannot be had.
    """
    registry = CollectorRegistry()
    registry.register(WorkerCollector(app, source))
    try:
        server, _ = start_http_server(port, addr="127.0.0.1", registry=registry)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) else "a port is a number up to 65535"
        raise TailraceError(f"cannot serve metrics on 127.0.0.1:{port}: {why}", hint="choose another port") from None
    return server
