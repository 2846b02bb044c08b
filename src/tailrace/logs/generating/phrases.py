"""Sentences such as an application writes, for logs that are to look like the real thing."""

from __future__ import annotations

from collections.abc import Sequence

from tailrace.logs.generating.dice import Dice
from tailrace.logs.generating.likelihood import LEVELS

_PHRASES = {
    "ERROR": (
        "connection to {host}:5432 refused after {small} attempts",
        "payment {id} failed: gateway answered 502 after {number} ms",
        "could not write /var/lib/store/segment-{number}.dat: no space left on device",
        "order {id} rejected: stock of item {number} is negative",
        "deadlock found when updating account {number}, transaction {id} rolled back",
        "token of user {user} could not be verified: signature mismatch",
    ),
    "WARN": (
        "request {id} took {number} ms, more than the limit of 2000 ms",
        "retry {small} of 5 for message {id}",
        "pool has {small} of 64 connections left",
        "certificate of {host} expires in {small} days",
        "user {user} failed to log in from {host}",
    ),
    "DEBUG": (
        "cache miss for key user:{number}",
        "row {number} read in {small} ms",
        "heartbeat from {host}",
        "flushing {number} entries to segment {small}",
    ),
    "INFO": (
        "order {id} placed by {user}",
        "request {id} answered 200 in {small} ms",
        "user {user} logged in from {host}",
        "batch of {number} messages sent to {host}:9092",
        "invoice {id} mailed to {user}@example.com",
        "worker {small} finished job {id}",
    ),
}
_USERS = ("ada", "grace", "edsger", "barbara", "donald", "frances", "tony", "radia")


def phrase_list(dice: Dice, per_level: int) -> list[str]:
    """`per_level` sentences of each level, levels in the order of `LEVELS`; those of one form stand together."""
    return [phrase for level in LEVELS for phrase in _filled(_PHRASES[level], dice, per_level)]


def _filled(forms: Sequence[str], dice: Dice, n: int) -> list[str]:
    numbers, smalls = dice.below(n, 100_000).tolist(), (1 + dice.below(n, 60)).tolist()
    hosts = [f"10.0.{host >> 8}.{host & 255}" for host in dice.below(n, 2**16).tolist()]
    ids = [f"{number:010x}" for number in dice.below(n, 2**40).tolist()]
    users = [_USERS[place] for place in dice.below(n, len(_USERS)).tolist()]
    return [
        forms[i * len(forms) // n].format(number=numbers[i], small=smalls[i], host=hosts[i], id=ids[i], user=users[i])
        for i in range(n)
    ]
