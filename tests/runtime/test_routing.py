"""Which partition a record goes to."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tailrace.runtime.routing import assigned, partition_of, round_robin, split_by_key


def batch(*keys: object, type_: pa.DataType | None = None) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(keys, type_), pa.array(range(len(keys)))], ["key", "n"])


def test_a_key_goes_to_the_same_partition_on_every_machine() -> None:
    assert [partition_of(key, 8) for key in ("orders", "", None, 7, "é", 1.5)] == [5, 4, 0, 2, 7, 5]


@given(st.lists(st.one_of(st.none(), st.text(max_size=3)), min_size=1), st.integers(1, 5))
def test_each_record_stands_in_its_keys_partition_and_in_order(keys: list[str | None], partitions: int) -> None:
    parts = dict(split_by_key(batch(*keys, type_=pa.string()), "key", partitions))

    expected: dict[int, list[int]] = {}
    for n, key in enumerate(keys):
        expected.setdefault(partition_of(key, partitions) if partitions > 1 else 0, []).append(n)
    assert {partition: part.column("n").to_pylist() for partition, part in parts.items()} == expected


@pytest.mark.parametrize(
    "keys", [[True, False], [b"a", b"b"], [1, 2], [[1], [2, 3]], [{"x": 1}, {"x": 2}]], ids=lambda keys: str(keys[0])
)
def test_keys_of_any_type_part_a_batch(keys: list[object]) -> None:
    parts = list(split_by_key(batch(*keys, *keys), "key", 4))

    assert sorted(n for _, part in parts for n in part.column("n").to_pylist()) == [0, 1, 2, 3]
    for _, part in parts:
        assert set(part.column("n").to_pylist()) in ({0, 2}, {1, 3}, {0, 1, 2, 3})


def test_batches_without_a_key_go_round() -> None:
    assert [round_robin(turn, 3) for turn in range(5)] == [0, 1, 2, 0, 1]


@given(st.integers(1, 20), st.integers(1, 8))
def test_replicas_share_all_partitions_and_none_twice(partitions: int, replicas: int) -> None:
    shares = [assigned(partitions, replica, replicas) for replica in range(replicas)]

    assert sorted(partition for share in shares for partition in share) == list(range(partitions))
