"""The keys of a blueprint. Which there are is asked of the verifier; here they are only explained."""

from __future__ import annotations

from pages.markdown import block, code, document, table
from tailrace.blueprint.draft import ACCESSES, read_draft
from tailrace.blueprint.faults.writing import UnknownKey
from tailrace.logs.packaged import packaged_names, packaged_text
from tailrace.window.declaration import ELSEWHERE, KEYS

_PROBE = """
app: probe
zzz: 1
streamlets:
  one: {class: a.B, zzz: 1, volumes: {data: {path: x, zzz: 1}}}
topics:
  t: {zzz: 1}
"""
_ABOUT: dict[str, dict[str, str]] = {
    "the blueprint": {
        "app": "the application's name; it begins the names of its topics and names its database",
        "description": "a sentence for people",
        "streamlets": "name: class, or name: mapping",
        "topics": "name: mapping",
    },
    "streamlet 'one'": {
        "class": "where the class or function is: `package.module.Name`",
        "aggregate": "a windowed aggregate, declared here (see below)",
        "replicas": "how many workers run it; each reads its share of the partitions. Default 1",
        "settings": "setting: value",
        "volumes": "volume: path, or volume: mapping",
    },
    "the volume 'data' of 'one'": {
        "path": "the directory; a relative one starts where the blueprint's file is",
        "access": f"{' or '.join(ACCESSES)}; default what the class says",
        "claim": "name of a Kubernetes volume claim; kept in the plan, not used in this release",
        "size": "what the claim asks for; kept in the plan, not used in this release",
    },
    "topic 't'": {
        "producers": "outlets that write it, as `streamlet.outlet`",
        "consumers": "inlets that read it, as `streamlet.inlet`; each consumer reads everything",
        "partitions": "in how many parts it is cut. Default 1",
        "replicas": "copies in a cluster; kept in the plan, not used in this release",
        "retention": "how long records are kept once every consumer has read them; without it, for ever",
        "retention_bytes": "how much is kept",
        "key": "field that picks the partition; default the outlet's own",
        "managed": "`false`: another application makes it, and its name stays as it is. Default `true`",
        "name": "the topic's name in the log; default `<app>.<topic>`",
        "cluster": "where it is; kept in the plan, not used in this release",
        "producer": "passed to a Kafka producer; kept in the plan, not used in this release",
        "consumer": "passed to a Kafka consumer; kept in the plan, not used in this release",
        "topic": "passed to Kafka when the topic is made; kept in the plan, not used in this release",
    },
}
_TITLES = {
    "the blueprint": "The whole",
    "streamlet 'one'": "A streamlet",
    "the volume 'data' of 'one'": "A volume",
    "topic 't'": "A topic",
}
_AGGREGATE = {
    "window": "how long a window is, as in `30s`",
    "hop": "how far apart windows begin, at most the window; without it they stand end to end",
    "by": "fields that make groups; none: all records are one group",
    "lateness": "how far a record may lie behind the latest one seen before its windows are closed. Default 0s",
    "where": "an SQL condition: other records take no part",
    "measures": "name: SQL expression with measure functions (see [sql](sql.md))",
    "inlet": "the record type that comes in; it must have an `EventTime`",
    "outlet": "a record type that the rows fit; without it they get one of their own",
}
_ROWS = """
window_start   the event time of a row
window_end     the first moment after the window
<by>           the group
<measures>     as declared
final          false: the window may change yet; true: the watermark has passed it
"""


def page() -> str:
    """The keys by mapping, the aggregate, and the packaged blueprints."""
    return document(
        "# Blueprint",
        "A YAML file. `tailrace verify` finds every fault in it at once; keys that begin with `x-` at the top are for "
        "your anchors and go unread. Durations are written `250ms`, `10s`, `1m30s`, `2h`, `7d`, sizes `64KiB`, `10MB`.",
        *(_section(what, known) for what, known in _known().items()),
        "## An aggregate",
        "Ports: inlet `in`, outlets `out` (rows) and `late` (records that came too late; it may stay unconnected).",
        table(("key", "about"), [(code(key), _AGGREGATE[key]) for key in (*ELSEWHERE, *KEYS)]),
        "The columns of a row:",
        block(_ROWS.strip("\n")),
        "## Packaged blueprints",
        *(f"### {name}\n\n{block(packaged_text(name), 'yaml')}" for name in packaged_names()),
    )


def _known() -> dict[str, tuple[str, ...]]:
    """What the verifier says it knows, where it meets a key that it does not know."""
    problems = read_draft(_PROBE, "probe", forms=["aggregate"]).problems
    found = {each.within: each.known for each in problems if isinstance(each, UnknownKey)}
    return {what: found[what] for what in _TITLES}


def _section(what: str, known: tuple[str, ...]) -> str:
    return document(f"## {_TITLES[what]}", table(("key", "about"), [(code(key), _ABOUT[what][key]) for key in known]))
