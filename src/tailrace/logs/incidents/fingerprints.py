"""Which messages were ever seen: a memory of hashes that stands tens of millions and is never read whole. Pure.

A message is known by 64 bits of a hash of application and fingerprint; among ten million, one in two thousand million
is wrongly held to be known. Hashes are parted into 65,536 buckets by their first bits, each an entry of its own, so
that one more rewrites about a kilobyte. A full bucket forgets its oldest: the memory is bounded at some 130 MB.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from hashlib import blake2b
from typing import Final

_SIZE: Final = 8
_BUCKET_LIMIT: Final = 256
_REMEMBERED: Final = 100_000


class Fingerprints:
    """The fingerprints that were seen, kept in saved entries."""

    def __init__(self, entries: MutableMapping[str, bytes]) -> None:
        self._entries = entries
        self._lately: set[tuple[str, str]] = set()  # most come again and again: no look into the entries for those

    def add(self, app: str, fingerprint: str) -> bool:
        """Note a fingerprint of an application; whether it was not known."""
        name = (app, fingerprint)
        if name in self._lately:
            return False
        if len(self._lately) >= _REMEMBERED:
            self._lately.clear()
        self._lately.add(name)
        return self._insert(app, fingerprint)

    def _insert(self, app: str, fingerprint: str) -> bool:
        digest = blake2b(f"{app}\0{fingerprint}".encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()
        bucket = digest[:2].hex()
        held = self._entries.get(bucket, b"")
        if _holds(held, digest):
            return False
        self._entries[bucket] = (held + digest)[-_BUCKET_LIMIT * _SIZE :]
        return True


def _holds(bucket: bytes, digest: bytes) -> bool:
    """Whether a digest is one of those that stand one after the other in a bucket."""
    place = bucket.find(digest)
    while place % _SIZE and place >= 0:
        place = bucket.find(digest, place + 1)
    return place >= 0
