"""Stack traces as the Java virtual machine prints them."""

from __future__ import annotations

from tailrace.logs.generating.dice import Dice

_FAULTS = (
    (
        "java.sql.SQLTransientConnectionException: pool-1 - Connection is not available, timed out after {n}ms",
        "db.Pool",
    ),
    ('java.lang.NullPointerException: Cannot invoke "Order.total()" because "order" is null', "orders.Cart"),
    ("java.net.SocketTimeoutException: Read timed out", "net.Client"),
    ("java.lang.IllegalStateException: transaction {n} is closed already", "db.Transaction"),
    ("java.util.concurrent.TimeoutException: Future timed out after [{n} milliseconds]", "jobs.Worker"),
)
_METHODS = ("run", "call", "apply", "handle", "process", "execute", "dispatch", "$anonfun$main$1", "<init>", "commit")
_FRAMES = 12
_PLACES = 4  # of one app that fail with a trace


def trace_list(dice: Dice, n: int) -> list[str]:
    """`n` traces: an exception and its frames, every other one with a cause; all lines end in a newline.

    As in a real program there are few places that fail: traces of one place differ in their numbers only.
    """
    places = [_place(dice, causes=i % 2) for i in range(_PLACES)]
    picks, numbers = dice.below(n, _PLACES).tolist(), (100 + dice.below(n, 40_000)).tolist()
    return [places[pick].replace("{n}", str(number)) for pick, number in zip(picks, numbers, strict=True)]


def _place(dice: Dice, causes: int) -> str:
    parts = [_part(dice)]
    parts += [f"Caused by: {_part(dice)}\t... {number} more\n" for number in (3 + dice.below(causes, 40)).tolist()]
    return "".join(parts)


def _part(dice: Dice) -> str:
    fault, place = _FAULTS[int(dice.below(1, len(_FAULTS))[0])]
    depth = 3 + int(dice.below(1, _FRAMES)[0])
    picks, lines = dice.below(depth, len(_METHODS)).tolist(), (10 + dice.below(depth, 400)).tolist()
    owner = place.rpartition(".")[2]
    frames = [
        f"\tat com.example.{place}.{_METHODS[pick]}({owner}.java:{line})\n"
        for pick, line in zip(picks, lines, strict=True)
    ]
    return f"{fault}\n{''.join(frames)}"
