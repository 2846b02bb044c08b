"""Printers and loggers: put them on any topic to see what travels there."""

from __future__ import annotations

import logging
import sys

from tailrace.model.batch import Batch
from tailrace.model.ports import Inlet
from tailrace.model.record import Record
from tailrace.model.settings import Setting
from tailrace.model.show import record_lines, record_texts
from tailrace.model.streamlet import Streamlet


class Printer(Streamlet):
    """Prints every record of a topic to standard output, one a line."""

    records = Inlet(Record)
    format = Setting(str, default="text", choices=("text", "json"), help="text for people, json for programs")

    def on_batch(self, records: Batch[Record]) -> None:
        """Print the batch at once."""
        lines = record_lines(records.arrow) if self.format == "json" else record_texts(records.arrow)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


class Logger(Streamlet):
    """Writes every record of a topic to Python's logging, under `tailrace.<streamlet>`."""

    records = Inlet(Record)
    level = Setting(str, default="info", choices=("debug", "info", "warning", "error"), help="the level to log at")

    def on_batch(self, records: Batch[Record]) -> None:
        """Log the batch, a record a line."""
        logger = logging.getLogger(f"tailrace.{self.context.name}")
        for line in record_texts(records.arrow):
            logger.log(logging.getLevelNamesMapping()[self.level.upper()], "%s", line)
