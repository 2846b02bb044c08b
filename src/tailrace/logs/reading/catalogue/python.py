"""Python's logging as `basicConfig` writes it: level, logger and message between colons, without any time.

Forms with a time at the beginning are among those that `log4j` covers.
https://docs.python.org/3/library/logging.html#logging.basicConfig (`BASIC_FORMAT`)
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format

BASIC: Final = Format(
    "python-basic",
    "pattern",
    r"^(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL|NOTSET|Level [0-9]+):(?P<logger>[A-Za-z_][\w.-]*):" + BODY,
    1.0,
    openings=("DEBUG:", "INFO:", "WARNING:", "ERROR:", "CRITICAL:", "NOTSET:", "Level 0"),
)
FORMATS: Final = (BASIC,)
