"""Which partition a record goes to. Pure: the same key and count give the same partition, on every machine.

The hash is the first eight bytes of BLAKE2b over the key's text, so it does not change with a library's version.
It is computed once for each distinct key of a batch, but for keys of nested types.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def partition_of(key: object, partitions: int) -> int:
    """The partition of one key; a null key is a key too."""
    digest = blake2b(b"\0" if key is None else str(key).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") % partitions


def split_by_key(batch: pa.RecordBatch, key: str, partitions: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Part a batch by partition, the order within each kept; partitions without records are left out."""
    if partitions == 1:
        yield 0, batch
        return
    targets = _targets(batch.column(key), partitions)
    for partition in np.unique(targets).tolist():
        yield partition, batch.filter(pa.array(targets == partition))


def _targets(keys: pa.Array, partitions: int) -> npt.NDArray[np.int64]:
    """The partition of each record."""
    if pa.types.is_nested(keys.type):
        return np.array([partition_of(value, partitions) for value in keys.to_pylist()], dtype=np.int64)
    encoded = keys.dictionary_encode(null_encoding="encode")
    places = np.array([partition_of(value, partitions) for value in encoded.dictionary.to_pylist()], dtype=np.int64)
    targets: npt.NDArray[np.int64] = places[encoded.indices.to_numpy(zero_copy_only=False)]
    return targets


def round_robin(turn: int, partitions: int) -> int:
    """The partition of the `turn`-th batch that has no key."""
    return turn % partitions


def assigned(partitions: int, replica: int, replicas: int) -> list[int]:
    """The partitions that one of several replicas reads."""
    return [partition for partition in range(partitions) if partition % replicas == replica]
