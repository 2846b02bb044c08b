"""The rules for names, and the nearest known name to one that is not known.

Each `check_*` gives the sentence that says what is wrong with a name, or None when nothing is. Sources: Kubernetes,
"Object Names and IDs" (DNS-1123 labels); Apache Kafka, `org.apache.kafka.common.internals.Topic`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

LABEL_LIMIT: Final = 63
"""Characters in a DNS-1123 label, which the name of a pod is when it is a host name."""
REVISION_ROOM: Final = 11
"""Characters that Kubernetes adds to a StatefulSet's name in the label of its revision: a dash and a hash of ten. The
number of a replica (`-0`, `-1`, ...) fits in the same room."""
WORKLOAD_LIMIT: Final = LABEL_LIMIT - REVISION_ROOM
"""Characters that `<app>-<streamlet>` may have."""
TOPIC_LIMIT: Final = 249
"""Characters in a Kafka topic's name: with the partition's number it names a directory, of 255 at most."""

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_TOPIC = re.compile(r"[a-zA-Z0-9._-]+")
_PORT = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]*")
_SHOWN = 24  # words that a hint lists
_NEAR = 0.6  # difflib's ratio from which two words pass for a slip of the same one


def check_app_name(name: str) -> str | None:
    """An application's name: a DNS-1123 label, short enough that a streamlet's name still fits behind it."""
    fault = _label_fault("app name", name)
    if fault is None and len(name) > WORKLOAD_LIMIT - 2:
        return (
            f"the app name {name!r} has {len(name)} characters, {WORKLOAD_LIMIT - 2} at most leave room for '-' and "
            f"a streamlet's name in a Kubernetes name"
        )
    return fault


def check_streamlet_name(name: str, app: str = "") -> str | None:
    """A streamlet's name within `app`: `<app>-<streamlet>-<n>` names its replicas in Kubernetes."""
    fault = _label_fault("streamlet name", name)
    room = WORKLOAD_LIMIT - (len(app) + 1 if app else 0)
    if fault is None and len(name) > room:
        behind = f" behind the app's {app + '-'!r}" if app else ""
        return (
            f"the streamlet name {name!r} has {len(name)} characters, a Kubernetes name has room for {max(room, 0)}"
            f"{behind} (of {LABEL_LIMIT}, {REVISION_ROOM} go to the replica and its revision)"
        )
    return fault


def check_topic_name(name: str) -> str | None:
    """A topic's name by Kafka's rules, those of names that Kafka keeps for itself included."""
    if not name:
        return "a topic name is empty"
    if name in (".", ".."):
        return f"the topic name {name!r} is a directory's name, which Kafka does not allow"
    if len(name) > TOPIC_LIMIT:
        return f"the topic name {_short(name)} has {len(name)} characters, Kafka allows {TOPIC_LIMIT}"
    if not _TOPIC.fullmatch(name):
        foreign = _foreign(name, "[a-zA-Z0-9._-]")
        return f"the topic name {name!r} holds {foreign}; Kafka allows a-z, A-Z, 0-9, '.', '_' and '-'"
    if name.startswith("__"):
        return f"the topic name {name!r} starts with '__', which Kafka keeps for topics of its own"
    return None


def check_port_name(name: str) -> str | None:
    """A port's name: it stands behind a dot in `streamlet.port`, so it has none itself."""
    if not name:
        return "a port name is empty"
    if len(name) > LABEL_LIMIT:
        return f"the port name {_short(name)} has {len(name)} characters, {LABEL_LIMIT} are allowed"
    if not _PORT.fullmatch(name):
        return f"the port name {name!r} is not a letter followed by letters, digits, '_' and '-'"
    return None


def topic_key(name: str) -> str:
    """What Kafka tells topics apart by: in the names of its metrics '.' and '_' are one, so it refuses the second."""
    return name.replace(".", "_")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` is most likely a slip of, letter case aside; None when none is near."""
    lowered: dict[str, str] = {}
    for each in known:
        lowered.setdefault(each.lower(), each)
    found = difflib.get_close_matches(word.lower(), lowered, n=1, cutoff=_NEAR)
    return lowered[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], noun: str) -> str:
    """The usual hint for a word that nobody knows: the nearest known one, or else those there are."""
    names = list(known)
    if (near := nearest(word, names)) is not None:
        return f"did you mean {near!r}?"
    if not names:
        return f"there is no {noun} to choose from"
    return f"known: {', '.join(names[:_SHOWN])}{', ...' if len(names) > _SHOWN else ''}"


def _label_fault(what: str, name: str) -> str | None:
    if not name:
        return f"{'an' if what[0] in 'aeiou' else 'a'} {what} is empty"
    if len(name) > LABEL_LIMIT:
        return f"the {what} {_short(name)} has {len(name)} characters, a Kubernetes name has {LABEL_LIMIT} at most"
    if _LABEL.fullmatch(name):
        return None
    if set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-"):
        return f"the {what} {name!r} starts or ends with '-'; Kubernetes wants a letter or a digit there"
    return f"the {what} {name!r} holds {_foreign(name, '[a-z0-9-]')}; Kubernetes allows a-z, 0-9 and '-'"


def _foreign(name: str, allowed: str) -> str:
    return repr(re.sub(allowed, "", name)[0])


def _short(name: str) -> str:
    return repr(name[:40] + "...")
