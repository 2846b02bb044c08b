"""The figures as Prometheus scrapes them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tailrace.model.errors import TailraceError
from tailrace.runtime.metrics import WorkerMetrics
from tailrace.runtime.prometheus import exposition, serve


@pytest.fixture
def figures() -> WorkerMetrics:
    metrics = WorkerMetrics("split", 1, up=True, errors=2, restarts=1, dead=3, lag={"in": 7})
    metrics.records_in["in"] = 10
    metrics.records_out["valid"] = 6
    metrics.tallies["files"] = 4
    metrics.errors_in["in"] = 5
    metrics.observe_step(0.002)
    metrics.observe_step(0.3)
    return metrics


def samples(text: str) -> dict[tuple[str, str], float]:
    """The samples by name and by the label that is not the worker's."""
    return {
        (sample.name, sample.labels.get("port") or sample.labels.get("le", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("name", "label", "value"),
    [
        ("tailrace_records_in_total", "in", 10),
        ("tailrace_records_out_total", "valid", 6),
        ("tailrace_errors_in_total", "in", 5),
        ("tailrace_tally_total", "files", 4),
        ("tailrace_lag", "in", 7),
        ("tailrace_up", "", 1),
        ("tailrace_errors_total", "", 2),
        ("tailrace_restarts_total", "", 1),
        ("tailrace_dead_letters_total", "", 3),
        ("tailrace_step_seconds_count", "", 2),
        ("tailrace_step_seconds_sum", "", 0.302),
        ("tailrace_step_seconds_bucket", "0.0025", 1),
        ("tailrace_step_seconds_bucket", "+Inf", 2),
    ],
)
def test_a_figure_is_exposed(figures: WorkerMetrics, name: str, label: str, value: float) -> None:
    assert samples(exposition("app", lambda: [figures]).decode())[name, label] == pytest.approx(value)


def test_a_worker_is_told_by_app_streamlet_and_replica(figures: WorkerMetrics) -> None:
    assert 'tailrace_up{app="app",replica="1",streamlet="split"} 1.0' in exposition("app", lambda: [figures]).decode()


@pytest.fixture
def served(figures: WorkerMetrics) -> Iterator[Any]:
    server = serve("app", lambda: [figures], 0)
    yield server
    server.shutdown()
    server.server_close()


def test_figures_are_scraped_over_http(served: Any) -> None:
    with urlopen(f"http://127.0.0.1:{served.server_port}/metrics") as answer:
        assert samples(answer.read().decode())["tailrace_lag", "in"] == 7


def test_figures_are_served_on_loopback_only(served: Any) -> None:
    assert served.server_address[0] == "127.0.0.1"


def test_each_scrape_reads_the_figures_anew(served: Any, figures: WorkerMetrics) -> None:
    figures.errors = 99
    with urlopen(f"http://127.0.0.1:{served.server_port}/metrics") as answer:
        assert samples(answer.read().decode())["tailrace_errors_total", ""] == 99


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(TailraceError, match=f"cannot serve metrics on 127.0.0.1:{port}: Address already in use"):
            serve("app", list, port)


def test_a_port_that_is_none_is_told_in_a_sentence() -> None:
    with pytest.raises(TailraceError, match="a port is a number up to 65535"):
        serve("app", list, 70_000)
