"""A container's name stands beside its log."""

from __future__ import annotations

import json

import pytest

from tailrace.connect.docker import container_name

ID = "c5" * 32


def settings(place, text):
    directory = place / ID
    directory.mkdir()
    (directory / "config.v2.json").write_text(text)
    return directory


@pytest.mark.parametrize("name", [f"{ID}-json.log", f"{ID}-json.log.1", f"{ID}-json.log.2.gz"])
def test_the_settings_beside_a_log_tell_its_containers_name(tmp_path, name):
    directory = settings(tmp_path, json.dumps({"ID": ID, "Name": "/shop-orders-1", "Config": {"Labels": None}}))
    assert container_name(str(directory / name)) == "shop-orders-1"


def test_a_swarms_task_is_called_by_its_service(tmp_path):
    labels = {"com.docker.swarm.service.name": "shop_orders"}
    text = json.dumps({"Name": "/shop_orders.1.z3k9q8d7x2b4z3k9q8d7x2b4z", "Config": {"Labels": labels}})
    assert container_name(str(settings(tmp_path, text) / f"{ID}-json.log")) == "shop_orders"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Name": 1}', '{"Name": "/a"', "[" * 100_000, '{"Config": []}'])
def test_settings_that_tell_nothing_give_no_name(tmp_path, text):
    assert container_name(str(settings(tmp_path, text) / f"{ID}-json.log")) == ""


def test_only_a_log_in_its_containers_directory_has_such_a_name(tmp_path):
    directory = settings(tmp_path, '{"Name": "/a"}')
    assert container_name(str(directory / "config.v2.json")) == ""
    assert container_name(str(directory / f"{'d6' * 32}-json.log")) == ""
    assert container_name(str(tmp_path / "elsewhere" / f"{ID}-json.log")) == ""
