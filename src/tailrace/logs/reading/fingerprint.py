"""Fingerprints: what a person would call the same message, under one hash.

A message's variable parts are masked in a fixed order, which makes its template; the template's hash is the fingerprint.
The order, the patterns and the hash are one version: any change to them changes `VERSION`, and so every fingerprint.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import polars as pl

VERSION: Final = 1
_LONGEST: Final = 2000  # characters of a message that take part

MASKS: Final[tuple[tuple[str, str], ...]] = (
    (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "<email>"),
    (r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s\"'<>\])]+", "<url>"),
    (r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b", "<id>"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\b", "<time>"),
    (r"/?\b(?:[\w-]+(?:\.[\w-]+)*/)?\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b(?::\d+)?", "<ip>"),
    (r"\b0[xX][0-9a-fA-F]+\b", "<hex>"),
    (r"(?:[A-Za-z]:)?(?:[/\\][\w.@%+=-]+){2,}[/\\]?", "<path>"),
    (r"[-+]?\b\d[\d.,:]*(?:[kKMGTP]i?B?|ns|us|ms|s|m|h|d|B)?\b", "<n>"),
    (r"\d+", "<n>"),
    (r"<n>(?:[\s,;:_-]*<n>)+", "<n>"),
)
_FRAMES: Final = r"(?m)^\s+at [^\n(]+|^Caused by: [^\n:]+|^\s+File [^\n]+, in [^\n]+|^\w[\w.]*(?:Error|Exception)\b"


def fingerprints(bodies: pl.Series) -> pl.DataFrame:
    """Return the columns `template` and `fingerprint` (16 hexadecimal digits) of messages, each judged by itself."""
    frame = pl.DataFrame({"body": bodies})
    unique = frame.unique()
    template = pl.col("body").str.slice(0, _LONGEST)
    for pattern, name in MASKS:
        template = template.str.replace_all(pattern, name)
    unique = unique.with_columns(template=template)
    hashed = unique.select("template").unique()
    hashes = [fingerprint(text) for text in hashed["template"].to_list()]
    hashed = hashed.with_columns(fingerprint=pl.Series(hashes, dtype=pl.String))
    return (
        frame.join(unique, on="body", how="left", maintain_order="left")
        .join(hashed, on="template", how="left", maintain_order="left")
        .select("template", "fingerprint")
    )


def fingerprint(template: str) -> str:
    """Return the hash of a template: 16 hexadecimal digits, the same everywhere and always."""
    return blake2b(template.encode("utf-8", "surrogatepass"), digest_size=8, person=b"tailrace").hexdigest()
