"""Printers and loggers show what travels on any topic."""

from __future__ import annotations

import json
import logging

from tailrace.logs.printers import Logger, Printer
from tailrace.logs.records import Volume
from tailrace.testkit.kit import START, StreamletKit

VOLUME = Volume("shop", START, "ERROR", 3, 99)


def test_a_printer_prints_a_line_for_each_record(capsys):
    kit = StreamletKit(Printer, reads={"records": Volume})
    kit.send("records", [VOLUME, VOLUME])
    kit.run()
    line = "app=shop time=2026-01-05T10:00:00Z level=ERROR lines=3 bytes=99\n"
    assert capsys.readouterr().out == line * 2


def test_a_printer_prints_json_for_programs(capsys):
    kit = StreamletKit(Printer, {"format": "json"}, reads={"records": Volume})
    kit.send("records", [VOLUME])
    kit.run()
    assert json.loads(capsys.readouterr().out)["lines"] == 3


def test_a_logger_logs_under_its_own_name_at_its_level(caplog):
    kit = StreamletKit(Logger, {"level": "warning"}, reads={"records": Volume})
    kit.send("records", [VOLUME])
    with caplog.at_level(logging.DEBUG, "tailrace"):
        kit.run()
    (record,) = [each for each in caplog.records if each.name == "tailrace.streamlet"]
    assert (record.levelname, "app=shop" in record.getMessage()) == ("WARNING", True)
