"""The access log of a web server, common or combined: the status tells the level."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tailrace.logs.generating.dice import Dice, Ints
from tailrace.logs.generating.likelihood import LEVELS
from tailrace.logs.generating.messages import Levels
from tailrace.logs.generating.pattern import pattern_list
from tailrace.logs.generating.pools import draw, pool
from tailrace.logs.generating.settings import GeneratorSettings
from tailrace.logs.generating.stamps import access_stamps

_STATUS = {
    "ERROR": (500, 502, 503, 504),
    "WARN": (400, 401, 403, 404),
    "DEBUG": (204, 301, 302, 304),
    "INFO": (200, 200, 200, 201),
}
_REQUESTS = (
    "GET /",
    "GET /orders",
    "GET /orders/17",
    "POST /orders",
    "GET /items",
    "PUT /basket",
    "GET /login",
    "GET /health",
)
_AGENTS = (
    "curl/8.5.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4",
    "kube-probe/1.29",
)
_REFERERS = ("-", "https://shop.example.com/", "https://shop.example.com/items")
_CLIENTS, _PATTERNS, _SIZES = 1024, 4096, 256


class AccessFormat:
    """Requests with a status of 5xx for an error, 4xx for a warning, and else 2xx or 3xx.

    There is no message: the pattern stands in the query. Nothing in a line tells DEBUG from INFO.
    """

    def __init__(self, settings: GeneratorSettings, app: str) -> None:
        self._dice = dice = Dice(settings.seed, app, "access")
        self._frequency = settings.pattern_frequency
        hosts = dice.below(_CLIENTS, 2**24).tolist()
        self._clients = pool(f"10.{host >> 16}.{host >> 8 & 255}.{host & 255} - - [" for host in hosts)
        self._requests = pool(f' +0000] "{request}' for request in _REQUESTS)
        self._queries = pool(["", *(f"?q={pattern}" for pattern in pattern_list(dice, _PATTERNS))])
        self._statuses = pool(f' HTTP/1.1" {status} ' for level in LEVELS for status in _STATUS[level])
        self._tails = pool(_tails(dice, settings.format == "combined"))

    def lines(self, times: Ints, levels: Levels) -> pa.Array:
        n = len(levels)
        dice = self._dice
        queried = dice.unit(n) < self._frequency
        return pc.binary_join_element_wise(
            draw(self._clients, dice.below(n, _CLIENTS)),
            access_stamps(times),
            draw(self._requests, dice.below(n, len(_REQUESTS))),
            draw(self._queries, queried * (1 + dice.below(n, _PATTERNS))),
            draw(self._statuses, levels.astype(np.int64) * 4 + dice.below(n, 4)),
            draw(self._tails, dice.below(n, len(self._tails))),
            b"",
        )

    def as_read(self, levels: Levels) -> Levels:
        return np.where(levels == LEVELS.index("DEBUG"), LEVELS.index("INFO"), levels).astype(np.uint8)


def _tails(dice: Dice, combined: bool) -> list[str]:
    """The size of the answer and what follows it, to the end of the line."""
    sizes = dice.below(_SIZES, 60_000).tolist()
    if not combined:
        return [f"{size}\n" for size in sizes]
    return [f'{size} "{referer}" "{agent}"\n' for size in sizes for referer in _REFERERS for agent in _AGENTS]
