"""logfmt: pairs of keys and values, as Go's slog, logrus and go-kit write them, in any order.

https://pkg.go.dev/log/slog#TextHandler, https://github.com/sirupsen/logrus#formatters, https://brandur.org/logfmt
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import Format
from tailrace.logs.reading.stamps import Layout

LOGFMT: Final = Format(
    "logfmt",
    "logfmt",
    "",
    1.0,
    Layout("YYYY-MM-DD?hh:mm:ss"),
    layouts=(Layout("EEEEEEEEEE"),),
)
FORMATS: Final = (LOGFMT,)
