"""What a rules file makes of the packaged blueprint: rules, receivers, reports."""

from __future__ import annotations

from tailrace.cli.rules_files import read_checked, refuse_rules, text_of_rules
from tailrace.logs.incidents.inhibition import Inhibition, read_inhibitions
from tailrace.logs.packaged import Ruling, Station
from tailrace.logs.rules.file import RulesFile

_REPORTER = "tailrace.logs.reporter.Reporter"


def ruling_of(path: str, zone: str = "UTC") -> Ruling:
    """Read a rules file. Raises AskedWronglyError, having said every problem in it with its place.

    Receivers tell times in `zone` where they do not name one of their own.
    """
    # Imported here, since most runs have no rules file, and no receivers either.
    from tailrace.logs.receivers_file import ReceiverSpec, read_receivers
    from tailrace.logs.reports.schedule import ReportSpec, read_reports

    found = _read(path)
    sections = found.sections
    receivers = read_receivers(sections["receivers"]) if "receivers" in sections else ()
    reports = read_reports(sections["reports"]) if "reports" in sections else ()
    inhibitions = read_inhibitions(sections["inhibit"]) if "inhibit" in sections else None
    return Ruling(
        path=path,
        levels=[rule.least for rule in found.rules],
        inhibit=None if inhibitions is None else [each.text for each in inhibitions if isinstance(each, Inhibition)],
        receivers=[
            Station(each.name, each.streamlet, {"zone": zone, **each.settings})
            for each in receivers
            if isinstance(each, ReceiverSpec)
        ],
        reports=[Station(each.name, _REPORTER, each.settings) for each in reports if isinstance(each, ReportSpec)],
    )


def _read(path: str) -> RulesFile:
    found = read_checked(text_of_rules(path), path)
    if not isinstance(found, RulesFile):
        refuse_rules(path, found)
    return found
