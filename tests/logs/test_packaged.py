"""The packaged blueprint holds, and so does every variant that a command line asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import yaml

from tailrace.blueprint.importing import load_class, load_record
from tailrace.blueprint.verify import Verified, verify_text
from tailrace.logs.packaged import Ruling, Station, packaged_names, packaged_text, watch_blueprint
from tailrace.model.errors import TailraceError
from tailrace.window.streamlet import compile_aggregate

SOURCE = {"source": {"paths": ["/var/log/app"]}}
TEAM = Station("team", "tailrace.logs.mailer.Mailer", {"to": ["team@example.com"]})


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


def test_rules_in_short_form_are_the_judges():
    rules = ["errors > 1 in 30s", "lines > 5 in 30s", "warnings > 2 in 10m"]
    plan = verified(watch_blueprint(rules, SOURCE)).plan
    assert plan.streamlet("judge").settings["rules"] == rules


def test_a_rules_file_is_the_judges_too():
    plan = verified(watch_blueprint([], SOURCE, ruling=Ruling("rules.yaml"))).plan
    assert plan.streamlet("judge").settings["file"] == "rules.yaml"


def test_what_rules_look_at_is_kept_in_full():
    ruling = Ruling("rules.yaml", levels=["WARN", "INFO"])
    plan = verified(watch_blueprint([], SOURCE, ruling=ruling)).plan
    assert plan.streamlet("ingest").settings["least"] == "INFO"
    assert plan.streamlet("judge").settings["least"] == "INFO"


def test_receivers_of_a_rules_file_take_the_mailers_place():
    plan = verified(watch_blueprint([], SOURCE, ruling=Ruling("r.yaml", receivers=[TEAM]))).plan
    names = {part.name for part in plan.streamlets}
    assert "team" in names
    assert "mailer" not in names


def test_receivers_of_a_rules_file_stand_beside_a_mailer_that_was_asked_for():
    settings = {**SOURCE, "mailer": {"to": ["ops@example.com"]}}
    plan = verified(watch_blueprint([], settings, ruling=Ruling("r.yaml", receivers=[TEAM]))).plan
    assert {"team", "mailer"} <= {part.name for part in plan.streamlets}


def test_a_receiver_with_the_name_of_a_streamlet_is_refused():
    with pytest.raises(TailraceError, match="cannot be called 'judge'"):
        watch_blueprint([], SOURCE, ruling=Ruling("r.yaml", receivers=[replace(TEAM, name="judge")]))


def test_reports_go_to_whoever_sends_mail():
    daily = Station("daily", "tailrace.logs.reporter.Reporter", {"schedule": "0 8 * * *"})
    plan = verified(watch_blueprint([], SOURCE, ruling=Ruling("r.yaml", receivers=[TEAM], reports=[daily]))).plan
    assert [str(each.streamlet) for each in plan.topic("reports").consumers] == ["team"]


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
    assert found == ["2d"]
    assert draft["streamlets"]["judge"]["settings"]["lateness"] == "2d"


def test_what_is_passing_keeps_nothing_but_alerts():
    draft = yaml.safe_load(watch_blueprint(["errors > 1 in 30s"], SOURCE, passing=True))
    kept = {name: topic["retention"] for name, topic in draft["topics"].items()}
    assert (kept.pop("alerts"), kept.pop("decisions"), kept.pop("undelivered")) == ("90d", "90d", "90d")
    assert set(kept.values()) == {"0s"}


def test_a_faulty_rule_is_refused():
    with pytest.raises(TailraceError, match="has no window"):
        watch_blueprint(["errors > 1"], SOURCE)
