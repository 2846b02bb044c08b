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


@pytest.mark.parametrize("pattern", [r"/(?P<app>\w+)/", r"/(shop)/", r"(?<=/)shop(?=/)", r"/(?P<n>\d*)(?P<app>shop)/"])
def test_a_pattern_finds_the_name(pattern):
    assert app_of("/shop/x.log", re.compile(pattern)) == "shop"


@pytest.mark.parametrize("pattern", [r"nothing(.)", r"(?P<app>)shop"])
def test_the_stem_is_the_name_where_the_pattern_finds_none(pattern):
    assert app_of("/shop/x.log", re.compile(pattern)) == "x"


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
