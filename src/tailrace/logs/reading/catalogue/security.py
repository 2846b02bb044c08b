"""What security devices send: CEF and LEEF, alone or after a header of syslog.

CEF's severity is 0 to 10 or a word (low 0-3, medium 4-6, high 7-8, very high 9-10), here INFO, WARN, ERROR, FATAL.
LEEF's is its attribute `sev`, 1 to 10. Times stand in the header or nowhere.
ArcSight "Common Event Format" (version 26), IBM QRadar "Log Event Extended Format" (version 2)
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

_HEADER: Final = (
    r"^(?:(?:<[0-9]{1,3}>)?(?:1 )?(?P<time>[A-Z][a-z]{2} [ 0-9]?[0-9] [0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})) (?P<host>\S+) )?"
)
_FIELD: Final = r"(?:[^|\\\n]|\\.)*"
_LAYOUT: Final = Layout("Mon DD hh:mm:ss")
_LAYOUTS: Final = (Layout("YYYY-MM-DD?hh:mm:ss"), Layout("Mon D hh:mm:ss"))
_OPENINGS: Final = ("<", "Aaa _0 0", "Aaa 0 0", "0000-00-00T")
_NAMES: Final = ("INFO",) * 4 + ("WARN",) * 3 + ("ERROR",) * 2 + ("FATAL",) * 2
_LEVELS: Final = {
    **{str(number): name for number, name in enumerate(_NAMES)},
    "Unknown": "INFO", "Low": "INFO", "Medium": "WARN", "High": "ERROR", "Very-High": "FATAL",
}  # fmt: skip

CEF: Final = Format(
    "cef",
    "pattern",
    _HEADER + rf"CEF:[01]\|(?P<vendor>{_FIELD})\|(?P<logger>{_FIELD})\|(?P<version>{_FIELD})\|(?P<event>{_FIELD})\|"
    rf"(?P<body>{_FIELD})\|(?P<level>[0-9]{{1,2}}|Unknown|Low|Medium|High|Very-High)\|(?P<extension>(?s:.*))$",
    1.0,
    _LAYOUT,
    _LEVELS,
    layouts=_LAYOUTS,
    openings=("CEF:0|", *_OPENINGS),
)
LEEF: Final = Format(
    "leef",
    "pattern",
    _HEADER + rf"LEEF:[12]\.0\|(?P<vendor>{_FIELD})\|(?P<logger>{_FIELD})\|(?P<version>{_FIELD})\|(?P<event>{_FIELD})\|"
    r"(?:(?:.|x?[0-9a-fA-F]{2,4})?\|)?(?:[^\n]*?\bsev=(?P<level>[0-9]{1,2})\b)?" + BODY,
    1.0,
    _LAYOUT,
    _LEVELS,
    layouts=_LAYOUTS,
    openings=("LEEF:0.0|", *_OPENINGS),
)
FORMATS: Final = (CEF, LEEF)
