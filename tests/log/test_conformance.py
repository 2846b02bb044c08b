"""What every log keeps to, whatever it is made of."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pyarrow as pa
import pytest

from tailrace.log.contract import Backlog, Bounds, Ends, Log, Step, Subscription, TopicPartition, TopicSpec, WorkerId
from tailrace.model.errors import Fenced, TailraceError

WRITER, READER = WorkerId("writer"), WorkerId("reader")


def append(log, kit, *batches, partition=0, seconds=0.0, topic="lines"):
    seat = log.open_worker(WRITER, [])
    for batch in batches:
        seat.commit(Step(outputs=[(topic, partition, batch)]), kit.at(seconds))
    seat.close()


def test_is_a_log(log):
    assert isinstance(log, Log)


def test_topics_are_there_once_created_and_creating_them_again_changes_nothing(log, kit):
    log.create_topics([kit.spec(partitions=3)])
    append(log, kit, kit.batch(1))
    log.create_topics([kit.spec(partitions=3)])
    assert log.topics() == {"lines": kit.spec(partitions=3)}
    assert log.ends("lines") == {0: Ends(0, 1), 1: Ends(0, 0), 2: Ends(0, 0)}


def test_another_number_of_partitions_is_refused_and_no_topic_of_the_call_is_made(log, kit):
    log.create_topics([kit.spec(partitions=3)])
    with pytest.raises(TailraceError, match="topic 'lines' has 3 partitions in this log, not 2"):
        log.create_topics([kit.spec("others"), kit.spec(partitions=2)])
    assert set(log.topics()) == {"lines"}


def test_a_topic_without_partitions_is_refused(log, kit):
    with pytest.raises(TailraceError, match="one at least is needed"):
        log.create_topics([kit.spec(partitions=0)])


def test_retention_and_schema_of_a_topic_can_change(log, kit):
    log.create_topics([kit.spec()])
    wider = TopicSpec("lines", 1, kit.schema.append(pa.field("more", pa.int64())), "f2", timedelta(days=1), 10**6)
    log.create_topics([wider])
    assert log.topics() == {"lines": wider}


def test_segments_of_an_older_schema_keep_it(log, kit):
    log.create_topics([kit.spec()])
    other = pa.RecordBatch.from_pydict({"n": [3]})
    append(log, kit, kit.batch(1, 2), other, kit.batch(4))
    first = log.read(kit.source(), 0)
    second = log.read(kit.source(), first.next)
    third = log.read(kit.source(), second.next)
    assert [first.batch, second.batch, third.batch] == [kit.batch(1, 2), other, kit.batch(4)]


def test_a_step_appends_moves_and_remembers(log, kit):
    log.create_topics([kit.spec("in"), kit.spec("out", partitions=2)])
    append(log, kit, kit.batch(1, 2, 3), topic="in")
    seat = log.open_worker(READER, [kit.source(topic="in")])
    step = Step({kit.source(topic="in"): 2}, [("out", 1, kit.batch(7)), ("out", 1, kit.batch(8))], {"n": b"2"})
    seat.commit(step, kit.noon)
    assert seat.positions == {kit.source(topic="in"): 2}
    assert seat.state == {"n": b"2"}
    assert kit.numbers(log, kit.source(1, "out")) == [7, 8]
    assert seat.lag() == {kit.source(topic="in"): 1}


def test_state_entries_are_set_kept_and_removed_one_by_one(log, kit):
    seat = log.open_worker(READER, [])
    seat.commit(Step(state={"a": b"1", "b": b"2", "c": b""}), kit.noon)
    seat.commit(Step(state={"a": None, "b": b"3", "never": None}), kit.noon)
    assert seat.state == {"b": b"3", "c": b""}
    assert log.open_worker(READER, []).state == {"b": b"3", "c": b""}


def test_state_belongs_to_the_replica_and_positions_to_the_streamlet(log, kit):
    log.create_topics([kit.spec(partitions=2)])
    append(log, kit, kit.batch(1))
    first = log.open_worker(WorkerId("reader", 0), [kit.source(0), kit.source(1)])
    first.commit(Step({kit.source(0): 1}, state={"a": b"1"}), kit.noon)
    second = log.open_worker(WorkerId("reader", 1), [kit.source(0)])
    assert second.positions == {kit.source(0): 1}
    assert second.state == {}


def test_a_seat_taken_again_goes_on_where_the_last_commit_left_it(log, kit):
    log.create_topics([kit.spec()])
    append(log, kit, kit.batch(1, 2, 3))
    log.open_worker(READER, [kit.source()]).commit(Step({kit.source(): 2}), kit.noon)
    assert log.open_worker(READER, [kit.source()]).positions == {kit.source(): 2}


def test_a_fenced_holder_commits_nothing(log, kit):
    log.create_topics([kit.spec()])
    stale = log.open_worker(READER, [kit.source()])
    fresh = log.open_worker(READER, [kit.source()])
    with pytest.raises(Fenced, match=r"worker reader\[0\] has lost its seat"):
        stale.commit(Step(outputs=[("lines", 0, kit.batch(1))], state={"a": b"1"}), kit.noon)
    stale.close()
    fresh.commit(Step(state={"a": b"2"}), kit.noon)
    assert log.ends("lines") == {0: Ends(0, 0)}
    assert fresh.state == {"a": b"2"}


def test_a_replica_that_is_given_anothers_partition_fences_it(log, kit):
    log.create_topics([kit.spec(partitions=2)])
    first = log.open_worker(WorkerId("reader", 0), [kit.source(0), kit.source(1)])
    log.open_worker(WorkerId("reader", 1), [kit.source(1)])
    with pytest.raises(Fenced):
        first.commit(Step(), kit.noon)


def test_replicas_with_partitions_of_their_own_do_not_fence_each_other(log, kit):
    log.create_topics([kit.spec(partitions=2)])
    first = log.open_worker(WorkerId("reader", 0), [kit.source(0)])
    second = log.open_worker(WorkerId("reader", 1), [kit.source(1)])
    first.commit(Step(state={"a": b"1"}), kit.noon)
    second.commit(Step(state={"a": b"2"}), kit.noon)
    assert (first.state, second.state) == ({"a": b"1"}, {"a": b"2"})


def test_fencing_wakes_the_one_who_lost_the_seat(log, kit):
    stale = log.open_worker(READER, [])
    assert not stale.wait(0)
    log.open_worker(READER, [])
    assert stale.wait(0)


def impossible_steps(kit):
    return {
        "this log has no topic 'nowhere'": Step(outputs=[("nowhere", 0, kit.batch(1))]),
        "topic 'lines' has no partition 1; it has 1": Step(outputs=[("lines", 1, kit.batch(1))]),
        "position 9 in lines.0., beyond its end 3": Step({kit.source(): 9}),
        "position 0 in lines.0., behind its position 1": Step({kit.source(): 0}),
        "in other.0., which is none of its inputs": Step({kit.source(topic="other"): 0}),
    }


@pytest.mark.parametrize("index", range(5))
def test_an_impossible_step_is_refused_with_a_sentence_and_leaves_no_trace(log, kit, index):
    log.create_topics([kit.spec(), kit.spec("other")])
    append(log, kit, kit.batch(1, 2, 3))
    seat = log.open_worker(READER, [kit.source()])
    seat.commit(Step({kit.source(): 1}), kit.noon)
    sentence, step = list(impossible_steps(kit).items())[index]
    whole = Step({kit.source(): 2, **step.positions}, [("other", 0, kit.batch(5)), *step.outputs], {"a": b"1"})
    with pytest.raises(TailraceError, match=sentence):
        seat.commit(whole, kit.noon)
    assert (seat.positions, seat.state, log.ends("other")) == ({kit.source(): 1}, {}, {0: Ends(0, 0)})
    seat.commit(Step({kit.source(): 3}), kit.noon)


def test_a_time_without_a_zone_is_refused(log, kit):
    with pytest.raises(ValueError, match="no time zone"):
        log.open_worker(READER, []).commit(Step(), kit.noon.replace(tzinfo=None))


def test_empty_batches_are_left_out(log, kit):
    log.create_topics([kit.spec()])
    append(log, kit, kit.batch(1).slice(0, 0), kit.batch(1))
    assert log.read(kit.source(), 0).batch == kit.batch(1)


def test_small_segments_are_merged_up_to_the_bound_of_records(log, kit):
    log.create_topics([kit.spec()])
    append(log, kit, *(kit.batch(n, n + 1) for n in range(0, 10, 2)))
    whole, part = log.read(kit.source(), 1), log.read(kit.source(), 1, Bounds(4))
    assert (whole.base, whole.batch, whole.next) == (1, kit.batch(*range(1, 10)), 10)
    assert (part.base, part.batch, part.next) == (1, kit.batch(1, 2, 3, 4), 5)


def test_a_slice_keeps_to_the_bound_of_bytes_but_holds_one_record_at_least(log, kit):
    log.create_topics([kit.spec()])
    append(log, kit, kit.batch(*range(1000)), kit.batch(*range(1000, 2000)))
    part = log.read(kit.source(), 0, Bounds(bytes=5000))
    assert part.batch.nbytes <= 5000 < log.read(kit.source(), 0, Bounds(part.batch.num_rows + 1)).batch.nbytes
    assert log.read(kit.source(), 5, Bounds(bytes=1)).batch == kit.batch(5)
    assert kit.numbers(log, kit.source(), bounds=Bounds(bytes=9000)) == list(range(2000))


def test_a_batch_larger_than_a_segment_comes_back_whole(log, kit):
    log.create_topics([kit.spec()])
    rows = 30_000
    text = pa.array(["x" * 600] * rows)
    big = pa.RecordBatch.from_arrays([pa.array(range(rows), pa.int64()), text], schema=kit.schema)
    append(log, kit, kit.batch(-1), big, kit.batch(-2))
    assert kit.numbers(log, kit.source(), bounds=Bounds(7000)) == [-1, *range(rows), -2]


def test_a_batch_that_was_cut_out_of_a_larger_one_is_stored_alone(log, kit):
    log.create_topics([kit.spec()])
    append(log, kit, kit.batch(*range(100)).slice(40, 3))
    assert log.read(kit.source(), 0).batch == kit.batch(40, 41, 42)


def test_nested_columns_come_back_as_they_went(log, kit):
    types = {
        "tags": pa.map_(pa.string(), pa.string()),
        "parts": pa.list_(pa.struct([("a", pa.int32()), ("b", pa.decimal128(9, 2))])),
        "at": pa.timestamp("us", "UTC"),
    }
    rows = {"tags": [[("k", "v")], None], "parts": [[{"a": 1, "b": None}], []], "at": [kit.noon, None]}
    batch = pa.RecordBatch.from_pydict(rows, schema=pa.schema(types))
    log.create_topics([TopicSpec("nested", 1, batch.schema, "f")])
    append(log, kit, batch, topic="nested")
    assert log.read(TopicPartition("nested", 0), 0).batch == batch


def test_nothing_is_read_at_the_end_or_beyond(log, kit):
    log.create_topics([kit.spec()])
    append(log, kit, kit.batch(1))
    assert log.read(kit.source(), 1) is None
    assert log.read(kit.source(), 99) is None


def test_a_seat_reads_its_inputs_only(log, kit):
    log.create_topics([kit.spec(), kit.spec("other")])
    seat = log.open_worker(READER, [kit.source()])
    with pytest.raises(TailraceError, match="none of its inputs"):
        seat.read(kit.source(topic="other"), 0)


@pytest.mark.parametrize("ask", ["ends", "lag"])
def test_an_unknown_topic_is_named_beside_the_known_ones(log, kit, ask):
    log.create_topics([kit.spec()])
    with pytest.raises(TailraceError, match="no topic 'lives'") as caught:
        getattr(log, ask)("lives")
    assert caught.value.hint == "it has lines"


def test_a_worker_cannot_be_opened_on_what_is_not_there(log, kit):
    log.create_topics([kit.spec()])
    with pytest.raises(TailraceError, match="no partition 5"):
        log.open_worker(READER, [kit.source(5)])
    assert log.subscriptions() == []


def test_waiting_ends_when_an_input_grows_and_when_woken_and_when_time_is_up(log, kit):
    log.create_topics([kit.spec(), kit.spec("other")])
    seat = log.open_worker(READER, [kit.source()])
    assert not seat.wait(0)
    append(log, kit, kit.batch(1), topic="other")
    assert not seat.wait(0)
    append(log, kit, kit.batch(1))
    assert seat.wait(10)
    assert not seat.wait(0)
    thread = threading.Thread(target=seat.wake)
    thread.start()
    assert seat.wait(10)
    thread.join()


def test_the_first_wait_returns_at_once_when_records_stand_ready(log, kit):
    log.create_topics([kit.spec()])
    append(log, kit, kit.batch(1))
    assert log.open_worker(READER, [kit.source()]).wait(0)


def test_the_lag_of_each_consumer_is_told_in_records_and_bytes(log, kit):
    log.create_topics([kit.spec(partitions=2)])
    assert log.lag("lines") == {}
    slow = log.open_worker(WorkerId("slow"), [kit.source(0), kit.source(1)])
    fast = log.open_worker(WorkerId("fast"), [kit.source(0)])
    append(log, kit, kit.batch(*range(10)), kit.batch(*range(10)))
    size = kit.batch(*range(10)).nbytes
    fast.commit(Step({kit.source(0): 20}), kit.noon)
    assert log.lag("lines") == {"fast": Backlog(0, 0), "slow": Backlog(20, 2 * size)}
    slow.commit(Step({kit.source(0): 10}), kit.noon)
    assert log.lag("lines")["slow"] == Backlog(10, size)
    slow.commit(Step({kit.source(0): 15}), kit.noon)
    assert log.lag("lines")["slow"] == Backlog(5, size - size // 2)


def test_a_consumer_is_subscribed_to_every_partition_of_its_topics(log, kit):
    log.create_topics([kit.spec(partitions=2)])
    append(log, kit, kit.batch(1, 2), partition=1)
    log.open_worker(READER, [kit.source(0)])
    assert log.subscriptions() == [
        Subscription("reader", kit.source(0), 0, 0),
        Subscription("reader", kit.source(1), 0, 2),
    ]


def test_a_forgotten_consumer_holds_nothing_back_and_starts_anew(log, kit):
    log.create_topics([kit.spec(retention=timedelta(0))])
    append(log, kit, kit.batch(1), kit.batch(2))
    seat = log.open_worker(READER, [kit.source()])
    seat.commit(Step({kit.source(): 1}, state={"a": b"1"}), kit.noon)
    log.forget("reader")
    assert log.subscriptions() == []
    with pytest.raises(Fenced):
        seat.commit(Step(), kit.noon)
    assert log.expire(kit.at(1)) == 2
    fresh = log.open_worker(READER, [kit.source()])
    assert (fresh.positions, fresh.state) == ({kit.source(): 2}, {})


def test_a_consumer_let_go_from_a_topic_keeps_its_state_and_its_other_topics(log, kit):
    log.create_topics([kit.spec(), kit.spec("more")])
    append(log, kit, kit.batch(1))
    other = kit.source(topic="more")
    seat = log.open_worker(READER, [kit.source(), other])
    seat.commit(Step({kit.source(): 1}, state={"a": b"1"}), kit.noon)
    log.unsubscribe("reader", "lines")
    log.unsubscribe("reader", "never read")
    assert log.subscriptions() == [Subscription("reader", other, 0, 0)]
    with pytest.raises(Fenced):
        seat.commit(Step(), kit.noon)
    again = log.open_worker(READER, [other, kit.source()])
    assert (again.positions, again.state) == ({other: 0, kit.source(): 0}, {"a": b"1"})


def test_retention_drops_whole_segments_that_are_old_and_passed(log, kit):
    log.create_topics([kit.spec(retention=timedelta(seconds=10))])
    for second in range(5):
        append(log, kit, kit.batch(second, second), seconds=second)
    seat = log.open_worker(READER, [kit.source()])
    assert log.expire(kit.at(1000)) == 0
    seat.commit(Step({kit.source(): 7}), kit.noon)
    assert log.expire(kit.at(11.5)) == 4
    assert log.ends("lines") == {0: Ends(4, 10)}
    assert log.read(kit.source(), 0).base == 4
    assert log.expire(kit.at(1000)) == 2
    assert kit.numbers(log, kit.source()) == [3, 3, 4, 4]


def test_a_topic_without_retention_keeps_everything(log, kit):
    log.create_topics([kit.spec()])
    append(log, kit, kit.batch(1))
    assert log.expire(kit.at(10**9)) == 0


def test_a_partition_is_kept_to_its_bound_of_bytes(log, kit):
    log.create_topics([kit.spec(retention_bytes=1)])
    append(log, kit, kit.batch(1), kit.batch(2))
    assert log.expire(kit.noon) == 2
    append(log, kit, kit.batch(3))
    assert log.ends("lines") == {0: Ends(2, 3)}
    assert log.open_worker(READER, [kit.source()]).positions == {kit.source(): 2}
    assert log.lag("lines") == {"reader": Backlog(1, kit.batch(3).nbytes)}


def test_the_first_offset_at_a_time_is_found(log, kit):
    log.create_topics([kit.spec()])
    for second in (0, 10, 20, 20, 30):
        append(log, kit, kit.batch(1, 2, 3), seconds=second)
    found = [log.offset_at(kit.source(), kit.at(second)) for second in (-5, 0, 0.5, 10, 15, 20, 25, 30, 31)]
    assert found == [0, 0, 3, 3, 6, 6, 12, 12, 15]


def test_append_times_stand_still_while_a_clock_that_was_set_back_catches_up(log, kit):
    log.create_topics([kit.spec()])
    for second in (100, 50, 120):
        append(log, kit, kit.batch(1), seconds=second)
    assert [log.offset_at(kit.source(), kit.at(second)) for second in (60, 100, 101)] == [0, 0, 2]


def test_a_closed_seat_and_a_closed_log_say_so(log, kit):
    log.create_topics([kit.spec()])
    seat, other = log.open_worker(READER, [kit.source()]), log.open_worker(WRITER, [])
    seat.close()
    seat.close()
    for use in (lambda: seat.commit(Step(), kit.noon), lambda: seat.read(kit.source(), 0)):
        with pytest.raises(TailraceError, match="a seat that it has closed"):
            use()
    log.close()
    log.close()
    for use in (lambda: other.commit(Step(), kit.noon), lambda: log.read(kit.source(), 0)):
        with pytest.raises(TailraceError, match="the log is closed"):
            use()


def test_steps_of_many_threads_all_happen_and_a_bad_one_fails_alone(log, kit):
    log.create_topics([kit.spec(partitions=4)])
    refused = []

    def work(replica: int) -> None:
        seat = log.open_worker(WorkerId("writer", replica), [])
        for number in range(50):
            seat.commit(Step(outputs=[("lines", replica, kit.batch(number))], state={"n": b"%d" % number}), kit.noon)
            try:
                seat.commit(Step(outputs=[("lines", 9, kit.batch(number))]), kit.noon)
            except TailraceError:
                refused.append(number)

    threads = [threading.Thread(target=work, args=(replica,)) for replica in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 200
    assert [kit.numbers(log, kit.source(partition)) for partition in range(4)] == [list(range(50))] * 4


def test_a_worker_that_many_threads_fight_for_counts_every_commit_once(log, kit):
    committed, fenced = [], []

    def fight() -> None:
        for _ in range(60):
            seat = log.open_worker(READER, [])
            try:
                seat.commit(Step(state={"n": b"%d" % (int(seat.state.get("n", b"0")) + 1)}), kit.noon)
                committed.append(1)
            except Fenced:
                fenced.append(1)

    threads = [threading.Thread(target=fight) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(committed) + len(fenced) == 240
    assert int(log.open_worker(READER, []).state["n"]) == len(committed)


def test_partitions_read_in_turns_and_in_small_slices_are_not_mixed_up(log, kit):
    log.create_topics([kit.spec(partitions=2)])
    for partition, start in ((0, 0), (1, 10_000)):
        append(log, kit, kit.batch(*range(start, start + 6000)), kit.batch(start + 6000), partition=partition)
    found, offset = ([], []), 0
    while offset < 6001:
        for partition in (0, 1):
            found[partition].extend(log.read(kit.source(partition), offset, Bounds(1500)).batch["n"].to_pylist())
        offset += 1500
    assert found == (list(range(6001)), list(range(10_000, 16_001)))


def test_what_was_dropped_no_longer_counts_towards_the_bound_of_bytes(log, kit):
    log.create_topics([kit.spec(retention_bytes=50_000)])
    letters = [random.Random(number).randbytes(5000).hex() for number in range(11)]
    batches = [pa.RecordBatch.from_pydict({"n": [0], "text": [text]}, schema=kit.schema) for text in letters]
    append(log, kit, *batches[:10])
    log.expire(kit.noon)
    first = log.ends("lines")[0].first
    assert 0 < first < 9
    append(log, kit, batches[10])
    assert log.expire(kit.noon) <= 2
