"""Which application a log file belongs to, told from its path. Pure."""

from __future__ import annotations

import re
from pathlib import PurePath

from tailrace.logs.patterns import check_regex, group_in
from tailrace.model.errors import TailraceError

_EXTENSIONS = re.compile(r"(\.(log|txt|out|err|json|jsonl|ndjson|gz|zst|bz2|xz|zip|tar|tgz|\d{1,4}))+$", re.IGNORECASE)
# Each taken whole, once and for all: a long name of digits can be taken apart in millions of ways.
_COUNTERS = re.compile(
    r"(?>[-_.]?(?:\d{4}-\d{2}-\d{2}|\d{2}-\d{2}-\d{2}|\d{8}[-T_]?\d{4,6}Z?)(?!\d)|[-_.]\d+|\d{8})++$"
)


# https://kubernetes.io/docs/concepts/cluster-administration/logging/: the kubelet's tree, and the links into it.
_DNS = "[a-z0-9][a-z0-9-]{0,62}"
_POD = r"[a-z0-9][a-z0-9.-]{0,252}"
_UID = "[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_POD_LOG = re.compile(rf"(?:^|/){_DNS}_(?P<pod>{_POD})_(?:{_UID})/(?P<container>{_DNS})/\d+\.log[^/]*$")
_POD_LINK = re.compile(rf"(?:^|/)(?P<pod>{_POD})_{_DNS}_(?P<container>{_DNS}?)-[0-9a-f]{{64}}\.log[^/]*$")
# What controllers put behind a workload's name: a template's hash is a number in ten letters, the rest is random.
_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]{5}"
_GENERATED = re.compile(
    rf"(?P<workload>.+?)(?:-(?:[bcdf4-9]{{6,10}}|(?=[a-f]*\d)[0-9a-f]{{8,10}})-[a-z0-9]{{5}}|(?:-\d{{8,10}})?-{_RANDOM})"
)
_ORDINAL = re.compile(r"(?P<workload>.+)-\d{1,4}")
# https://docs.docker.com/engine/logging/drivers/json-file/, and Podman's k8s-file driver.
_CONTAINER_ID = re.compile(r"(?:^|/)(?P<id>[0-9a-f]{64})(?:-json\.log|/userdata/ctr\.log)[^/]*$")
# What multilog, s6-log and svlogd write, in a directory of the service: https://skarnet.org/software/s6/s6-log.html.
_SERVICE_LOG = re.compile(r"current|@[0-9a-f]{24}\.[su]")
_NO_SERVICES = {"main", "log", "logs", "var", "/"}
_SHORT_ID = 12  # digits, as `docker ps` shows them


def app_of(path: str, pattern: re.Pattern[str] | None = None, container: str = "") -> str:
    """The application's name: what the pattern finds in the path, or the container's name, or the file's stem.

    A pattern's group `app`, or its first group, or its whole match is the name. Where it does not match, a container's
    log as Kubernetes lays it down belongs to the workload that the pod is of: `orders`, or `orders/istio-proxy` for a
    container whose name is no part of the workload's. One that Docker lays down belongs to `container`, its name as
    the caller knows it, or else to its short id. What a logging service calls `current`, and has rotated from that,
    belongs to the directory that it lies in. All else belongs to its stem, without extensions, dates, times and
    counters, so that rotated files (`orders.log.1`, `orders.log-20260105.gz`, `orders-20260105T100000-0003.log`) are
    one application.
    """
    if pattern and pattern.pattern and (name := group_in(pattern.pattern, _group_of(pattern), path)):
        return name
    if container:
        return _stem(container)
    if found := _POD_LOG.search(path) or _POD_LINK.search(path):
        return _workload(found["pod"], found["container"])
    if found := _CONTAINER_ID.search(path):
        return found["id"][:_SHORT_ID]
    *folders, name = PurePath(path).parts
    if _SERVICE_LOG.fullmatch(name):
        return next((each for each in reversed(folders) if each not in _NO_SERVICES), name)
    return _stem(name)


def _workload(pod: str, container: str) -> str:
    """What a container of a pod is called, whichever of its workload's pods that is."""
    generated = _GENERATED.fullmatch(pod)
    if generated is None and pod.startswith(f"{container}-"):
        return container  # a static pod, which has its node's name behind it, or a set's with a number
    ordinal = None if generated else _ORDINAL.fullmatch(pod)
    workload = (generated or ordinal or {"workload": pod})["workload"]
    return workload if f"-{container}-" in f"-{workload}-" else f"{workload}/{container}"


def _stem(stem: str) -> str:
    """A name without extensions, dates, times and counters."""
    name = ""
    while stem != name:
        name = stem
        stem = _EXTENSIONS.sub("", name) or name
        stem = _COUNTERS.sub("", stem) or stem
    return stem


def is_rotated(path: str, origin: str) -> bool:
    """Whether a file's name was made from another's by a rotation: `app.log.1` or `app-20260105.log` from `app.log`."""
    name, before = PurePath(path).name, PurePath(origin).name
    stem, suffix = PurePath(before).stem, PurePath(before).suffix
    return name != before and (name.startswith(before) or (name.startswith(stem) and name.endswith(suffix)))


def _group_of(pattern: re.Pattern[str]) -> int:
    return pattern.groupindex.get("app", min(pattern.groups, 1))


def check_pattern(pattern: re.Pattern[str]) -> None:
    """Refuse a pattern with several groups of which none is called `app`, or that could take for ever.

    Raises TailraceError.
    """
    check_regex(pattern.pattern)
    if pattern.groups > 1 and "app" not in pattern.groupindex:
        raise TailraceError(
            f"the pattern {pattern.pattern!r} has {pattern.groups} groups, and none is named", hint="write (?P<app>...)"
        )
