"""Pools: texts made once, drawn from in bulk."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Indices = npt.NDArray[np.int64]


def pool(texts: Iterable[str]) -> pa.Array:
    """A column of the texts as UTF-8."""
    return pa.array([text.encode() for text in texts], pa.binary())


def draw(texts: pa.Array, indices: Indices) -> pa.Array:
    """The texts at the indices, one after another."""
    return texts.take(pa.array(indices))
