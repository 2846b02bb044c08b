"""The packaged blueprint holds, and so does every variant that a command line asks for."""

from __future__ import annotations

from datetime import timedelta

import pytest
import yaml

from tailrace.blueprint.importing import load_class, load_record
from tailrace.blueprint.verify import Verified, verify_text
from tailrace.logs.packaged import packaged_names, packaged_text, watch_blueprint
from tailrace.model.errors import TailraceError
from tailrace.window.streamlet import compile_aggregate

SOURCE = {"source": {"paths": ["/var/log/app"]}}


def verified(text: str) -> Verified:
    result = verify_text(
        text, "x.yaml", load=load_class, forms={"aggregate": compile_aggregate}, load_record=load_record
    )
    assert isinstance(result, Verified), result
    return result


def test_the_alerts_blueprint_comes_with_the_package_and_holds():
    assert "alerts" in packaged_names()
    assert not verified(packaged_text("alerts")).warnings


def test_an_unknown_name_is_told_which_there_are():
    with pytest.raises(TailraceError, match="no packaged blueprint 'alarm'; there are alerts"):
        packaged_text("alarm")


def test_there_is_one_aggregate_for_each_length_of_window():
    rules = ["errors > 1 in 30s", "lines > 5 in 30s", "warnings > 2 in 10m"]
    plan = verified(watch_blueprint(rules, SOURCE)).plan
    names = {part.name for part in plan.streamlets}
    assert {"stats-30s", "stats-10m"} <= names
    assert "stats" not in names


def test_windows_of_causes_divide_all_hops():
    draft = yaml.safe_load(watch_blueprint(["errors > 1 in 30s", "errors > 1 in 2m"], SOURCE))
    assert draft["streamlets"]["causes"]["aggregate"]["window"] == "5s"
    assert draft["streamlets"]["stats-2m"]["aggregate"]["hop"] == "20s"


def test_settings_go_over_those_of_the_blueprint():
    plan = verified(watch_blueprint(["errors > 1 in 30s"], {**SOURCE, "ingest": {"zone": "Europe/Berlin"}})).plan
    assert plan.streamlet("source").settings["paths"] == ["/var/log/app"]
    assert plan.streamlet("ingest").settings["zone"] == "Europe/Berlin"


def test_standard_input_takes_the_place_of_source_and_files():
    plan = verified(watch_blueprint(["errors > 1 in 30s"], {"ingest": {"app": "x"}}, stdin=True)).plan
    assert "source" not in {part.name for part in plan.streamlets}
    assert plan.streamlet("ingest").settings["app"] == "x"


def test_lateness_is_set_on_every_aggregate():
    draft = yaml.safe_load(watch_blueprint(["errors > 1 in 30s"], SOURCE, lateness=timedelta(days=2)))
    found = [each["aggregate"]["lateness"] for each in draft["streamlets"].values() if "aggregate" in each]
    assert found == ["2d", "2d"]


def test_what_is_passing_keeps_nothing_but_alerts():
    draft = yaml.safe_load(watch_blueprint(["errors > 1 in 30s"], SOURCE, passing=True))
    kept = {name: topic["retention"] for name, topic in draft["topics"].items()}
    assert kept.pop("alerts") == "90d"
    assert set(kept.values()) == {"1s"}


def test_a_faulty_rule_is_refused():
    with pytest.raises(TailraceError, match="has no window"):
        watch_blueprint(["errors > 1"], SOURCE)
