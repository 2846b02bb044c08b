"""Proxies and balancers: HAProxy, Envoy, Squid, Amazon's, IIS; and the servers that developers run: Python's own,
Werkzeug's (Flask), Django's. A status of 5xx is an error, 4xx a warning.

https://docs.haproxy.org/3.0/configuration.html#8.2,
https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage,
https://wiki.squid-cache.org/Features/LogFormat, https://learn.microsoft.com/windows/win32/http/w3c-logging,
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.form import BODY, Format
from tailrace.logs.reading.stamps import Layout

STATUS: Final = {"5**": "ERROR", "4**": "WARN", "1**": "INFO", "2**": "INFO", "3**": "INFO"}
_ISO: Final = Layout("YYYY-MM-DD?hh:mm:ss")
_HAPROXY_TIME: Final = r"(?P<time>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?"
HAPROXY: Final = Format(
    "haproxy",
    "pattern",
    r"^(?:(?:<[0-9]{1,3}>)?[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} (?:\S+ )?haproxy\[(?P<thread>[0-9]+)\]: )?"
    rf"(?P<client>[0-9A-Fa-f.:]{{3,45}}:[0-9]{{1,5}}|-) \[{_HAPROXY_TIME})\] "
    r"(?P<logger>\S+) (?P<backend>\S+) (?P<timers>[0-9/+-]+) (?:(?P<level>[0-9]{3}|-1) )?(?P<size>\+?[0-9]+) " + BODY,
    1.0,
    Layout("DD/Mon/YYYY:hh:mm:ss"),
    {**STATUS, "-1": "WARN"},
    openings=("<", "Aaa _0 00:00:00 ", "0", "- ["),
)
ENVOY: Final = Format(
    "envoy",
    "pattern",
    r"^\[(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3})\]\[(?P<thread>[0-9]+)\]"
    r"\[(?P<level>trace|debug|info|warning|error|critical)\]\[(?P<logger>[^\]\n]+)\] "
    r"(?:\[(?P<source>[^\]\n]+:[0-9]+)\] )?" + BODY,
    1.0,
    _ISO,
    openings=("[0000-00-00 00:00:00.000][0",),
)
ENVOY_ACCESS: Final = Format(
    "envoy-access",
    "pattern",
    r"^\[(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z)\] "
    r'(?P<body>"(?P<request>[^"\n]*)" (?P<level>[0-9]{1,3}) (?s:.*))$',
    1.0,
    _ISO,
    {**STATUS, "0": "WARN"},
    openings=('[0000-00-00T00:00:00.000Z] "',),
)
SQUID: Final = Format(
    "squid",
    "pattern",
    r"^(?P<time>[0-9]{10}\.[0-9]{3}) +(?P<elapsed>[0-9]+) (?P<client>\S+) "
    r"(?P<body>(?P<result>[A-Z_]+)/(?P<level>[0-9]{3}) "
    r"(?P<size>[0-9]+) (?P<method>[A-Z]+) (?s:.*))$",
    1.0,
    Layout("EEEEEEEEEE"),
    {**STATUS, "000": "INFO"},
    openings=("0000000000.000 ",),
)
AMAZON: Final = Format(
    "amazon-elb",
    "pattern",
    r"^(?:(?P<kind>https?|h2|wss?|grpcs?) )?(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z) "
    r"(?P<logger>[\w/.-]+) (?P<client>[0-9A-Fa-f.:]+:[0-9]+) (?P<target>[0-9A-Fa-f.:]+:[0-9]+|-) "
    r"(?P<times>[0-9.-]+ [0-9.-]+ [0-9.-]+) (?P<level>[0-9]{3}|-) (?P<target_status>[0-9]{3}|-) "
    r"(?P<received>[0-9]+) (?P<sent>[0-9]+) " + BODY,
    1.0,
    _ISO,
    STATUS,
    openings=("0000-00-00T00:00:00.000000Z ", "* 0000-00-00T00:00:00.000000Z "),
)
# The fields that IIS logs by default since version 7; other choices are not told from free text with times.
IIS: Final = Format(
    "iis",
    "pattern",
    r"^(?:(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) (?P<server>[0-9A-Fa-f.:%]+) "
    r"(?P<body>(?P<method>[A-Z]+) (?P<path>\S+) (?P<query>\S+) (?P<port>[0-9]+) (?P<user>\S+) "
    r"(?P<client>[0-9A-Fa-f.:%]+) (?P<agent>\S+) (?:(?P<referer>\S+) )?"
    r"(?P<level>[0-9]{3}) (?P<substatus>[0-9]+) (?P<win32>[0-9]+)(?: [0-9]+)*\r?)"
    r"|(?P<joined>#(?:Software|Version|Date|Fields|Start-Date|End-Date|Remark): [^\n]*))$",
    1.0,
    Layout("YYYY-MM-DD hh:mm:ss"),
    STATUS,
    openings=("0000-00-00 00:00:00 ", "#A"),
)
# Like an access log, but with a blank before the time of day, and lines without a request.
_SERVED_TIME: Final = r"\[(?P<time>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2})\] "
_SERVED: Final = Layout("DD/Mon/YYYY hh:mm:ss")
PYTHON_SERVER: Final = Format(
    "python-http-server",
    "pattern",
    rf'^(?P<client>\S+) - - {_SERVED_TIME}(?P<body>(?:"(?P<request>[^\n]*)" (?P<level>[0-9]{{3}}) )?(?s:.*))$',
    1.0,
    _SERVED,
    STATUS,
    openings=("* - - [00/Aaa/0000 00:00:00] ",),
)
DJANGO: Final = Format(
    "django-server",
    "pattern",
    rf'^{_SERVED_TIME}(?P<body>"(?P<request>[^\n]*)" (?P<level>[0-9]{{3}}) (?P<size>[0-9]+)(?s:.*))$',
    1.0,
    _SERVED,
    STATUS,
    openings=('[00/Aaa/0000 00:00:00] "',),
)
FORMATS: Final = (HAPROXY, ENVOY, ENVOY_ACCESS, SQUID, AMAZON, IIS, PYTHON_SERVER, DJANGO)
