"""Catalogue: the log formats that are a pattern alone, one small module per family.

Belongs here: entries of formats, written after the documentation that each module names. Nothing is configured: a
format that matches a file is found by detection.
Does not belong here: scanners, and formats that need one of their own.
"""

from __future__ import annotations

from typing import Final

from tailrace.logs.reading.catalogue import (
    android,
    clusters,
    consoles,
    daemons,
    databases,
    desktops,
    dotnet,
    enterprise,
    erlang,
    httpd,
    journald,
    jul,
    jvm,
    klog,
    logfmt,
    network,
    openstack,
    php,
    postgres,
    proxies,
    python,
    ruby,
    security,
    syslog,
    windows,
)
from tailrace.logs.reading.form import Format

CATALOGUE: Final[tuple[Format, ...]] = (
    *security.FORMATS,
    *network.FORMATS,
    *enterprise.FORMATS,
    *proxies.FORMATS,
    *daemons.FORMATS,
    *syslog.FORMATS,
    *journald.FORMATS,
    *httpd.FORMATS,
    *jvm.FORMATS,
    *jul.FORMATS,
    *python.FORMATS,
    *php.FORMATS,
    *databases.FORMATS,
    *consoles.FORMATS,
    *clusters.FORMATS,
    *desktops.FORMATS,
    *openstack.FORMATS,
    *klog.FORMATS,
    *postgres.FORMATS,
    *android.FORMATS,
    *windows.FORMATS,
    *ruby.FORMATS,
    *dotnet.FORMATS,
    *erlang.FORMATS,
    *logfmt.FORMATS,
)
