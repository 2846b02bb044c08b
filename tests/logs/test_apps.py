"""An application's name comes from the path of its log."""

from __future__ import annotations

import re

import pytest

from tailrace.logs.apps import app_of, check_pattern, is_rotated
from tailrace.model.errors import TailraceError


@pytest.mark.parametrize(
    ("path", "app"),
    [
        ("/var/log/orders.log", "orders"),
        ("/var/log/orders.log.1", "orders"),
        ("/var/log/orders.log.2.gz", "orders"),
        ("/var/log/orders.log-20260105", "orders"),
        ("/var/log/orders.log-20260105.gz", "orders"),
        ("/var/log/orders-2026-01-05.log", "orders"),
        ("/var/log/orders.20260105.json", "orders"),
        ("/var/log/orders-20260105T100000-0003.log", "orders"),
        ("/var/log/orders-2.log", "orders"),
        ("/var/log/syslog", "syslog"),
        ("/var/log/http2.log", "http2"),
        ("/var/log/2026-01-05.log", "2026-01-05"),
        ("/var/log/.log", ".log"),
        ("my app ü.LOG", "my app ü"),
    ],
)
def test_the_stem_without_dates_and_counters_is_the_name(path, app):
    assert app_of(path) == app


@pytest.mark.parametrize(
    ("path", "app"),
    [
        ("/var/log/orders/current", "orders"),
        ("/var/log/orders/@40000000601b3d2a1c9e6a5c.s", "orders"),
        ("/var/log/orders/@40000000601b3d2a1c9e6a5c.u", "orders"),
        ("/etc/service/orders/log/main/current", "orders"),
        ("/var/log/current", "current"),
        ("current", "current"),
    ],
)
def test_a_services_log_belongs_to_the_service(path, app):
    assert app_of(path) == app


UID, STATIC, ID = "0f2c1c1e-8d2b-4d66-9e1c-6a5b0c3d2e11", "0123456789abcdef" * 2, "c5" * 32
WORKLOADS = [
    ("orders-7d9c5b6f4d-x2x8q", "orders", "orders"),
    ("orders-7d9c5b6f4d-x2x8q", "api", "orders/api"),
    ("orders-7d9c5b6f4d-x2x8q", "istio-proxy", "orders/istio-proxy"),
    ("orders-5f9ab1e2c7-abcde", "orders", "orders"),
    ("shop-orders-worker-7d9c5b6f4d-x2x8q", "orders", "shop-orders-worker"),
    ("kube-proxy-4xk2z", "kube-proxy", "kube-proxy"),
    ("bill-29012345-x2b4z", "bill", "bill"),
    ("postgres-0", "postgres", "postgres"),
    ("orders-db-12", "metrics", "orders-db/metrics"),
    ("kube-apiserver-node-1.example.org", "kube-apiserver", "kube-apiserver"),
    ("debug", "debug", "debug"),
    ("debug", "shell", "debug/shell"),
]


@pytest.mark.parametrize(("pod", "container", "app"), WORKLOADS)
def test_a_pods_log_belongs_to_the_workload_by_whichever_path_it_is_found(pod, container, app):
    for uid in (UID, STATIC):
        for name in ("0.log", "17.log", "0.log.20260105-100000", "0.log.20260105-100000.gz"):
            assert app_of(f"/var/log/pods/shop_{pod}_{uid}/{container}/{name}") == app
    assert app_of(f"/var/log/containers/{pod}_shop_{container}-{ID}.log") == app


@pytest.mark.parametrize("name", [f"{ID}-json.log", f"{ID}-json.log.1", f"{ID}-json.log.2.gz", "userdata/ctr.log"])
def test_a_containers_log_belongs_to_its_name_or_else_to_its_short_id(name):
    path = f"/var/lib/docker/containers/{ID}/{name}"
    assert app_of(path) == "c5c5c5c5c5c5"
    assert app_of(path, container="shop-orders-1") == "shop-orders"
    assert app_of(path, re.compile("/(docker)/"), "shop-orders-1") == "docker"


@pytest.mark.parametrize("path", ["/var/log/pods/0.log", f"/srv/{ID}/app/0.log", "/a_b_c/api/0.log"])
def test_a_path_that_only_looks_like_a_containers_gives_its_stem(path):
    assert app_of(path) == "0"


@pytest.mark.parametrize("pattern", [r"/(?P<app>\w+)/", r"/(shop)/", "shop", r"/(?P<n>\d*)(?P<app>shop)/"])
def test_a_pattern_finds_the_name(pattern):
    assert app_of("/shop/x.log", re.compile(pattern)) == "shop"


@pytest.mark.parametrize("pattern", [r"nothing(.)", r"(?P<app>)shop"])
def test_the_stem_is_the_name_where_the_pattern_finds_none(pattern):
    assert app_of("/shop/x.log", re.compile(pattern)) == "x"


@pytest.mark.parametrize("name", ["1" * 200 + "x", "2026-01-05-" * 20 + "x", "1" * 200 + "ZZZ"])
def test_a_name_of_many_digits_takes_no_longer_than_others(name):
    assert app_of(f"/var/log/{name}.log") == name


@pytest.mark.parametrize("pattern", [r"(?P<app>(a+)+)!", r"(?P<app>(a|aa)*b)"])
def test_a_pattern_that_others_would_never_end_with_finds_nothing_in_no_time(pattern):
    assert app_of(f"/var/log/{'a' * 200}.log", re.compile(pattern)) == "a" * 200


def test_a_pattern_finds_the_name_beside_bytes_that_are_no_text():
    assert app_of("/var/log/shop/\udcff.log", re.compile("/log/([^/]+)/")) == "shop"


@pytest.mark.parametrize("pattern", [r"(?<=/)shop", r"(s)\1"])
def test_a_pattern_that_could_take_for_ever_is_refused(pattern):
    with pytest.raises(TailraceError, match="cannot be understood"):
        check_pattern(re.compile(pattern))


def test_several_groups_of_which_none_is_the_app_are_refused():
    with pytest.raises(TailraceError, match="2 groups, and none is named"):
        check_pattern(re.compile("(a)(b)"))
    check_pattern(re.compile("(?P<app>a)(b)"))


@pytest.mark.parametrize("name", ["app.log.1", "app.log-20260105", "app.log.1.gz", "app-20260105.log", "app.1.log"])
def test_a_name_made_from_another_is_that_of_a_rotated_file(name):
    assert is_rotated(f"/old/{name}", "/var/log/app.log")


@pytest.mark.parametrize("name", ["app.log", "other.log", "app-2.txt"])
def test_any_other_name_is_not(name):
    assert not is_rotated(f"/var/log/{name}", "/var/log/app.log")


def test_neighbours_in_a_series_were_not_made_from_each_other():
    assert not is_rotated("orders-2.log", "orders-1.log")
