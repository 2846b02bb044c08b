"""Group commit, seen through jobs that wait for each other."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing

import pytest

from tailrace.log.committer import Committer
from tailrace.log.schema import open_owner
from tailrace.model.errors import TailraceError, Transient


class Note:
    """A job that writes one row, or does what it is told to."""

    def __init__(self, name, act=None, *, alone=False):
        self.name, self.alone, self.size = name, alone, 1
        self.act = act or (lambda connection: None)

    def write(self, connection):
        connection.execute("INSERT INTO notes VALUES (?)", (self.name,))
        self.act(connection)

    def publish(self):
        return self.name


class Bench:
    """A committer that is busy until told, so that what is run meanwhile forms one group."""

    def __init__(self, path):
        self.path = path
        connection = open_owner(path, "normal", None)
        connection.execute("CREATE TABLE notes (name TEXT)")
        self.transactions = []
        connection.set_trace_callback(lambda sql: self.transactions.append(sql) if sql == "COMMIT" else None)
        self.connection = connection
        self.committer = Committer(connection, path, 0)
        self.begun, self.go = threading.Event(), threading.Event()

    def run_together(self, *jobs):
        """The result or the error of each job."""
        outcomes = {}

        def run(job):
            try:
                outcomes[job.name] = self.committer.run(job)
            except Exception as error:
                outcomes[job.name] = error

        def hold(connection):
            self.begun.set()
            assert self.go.wait(10)

        threads = [threading.Thread(target=run, args=(Note("first", hold),))]
        threads[0].start()
        assert self.begun.wait(10)
        for job in jobs:
            threads.append(threading.Thread(target=run, args=(job,)))
            threads[-1].start()
            self.queued(len(threads) - 1)
        self.go.set()
        for thread in threads:
            thread.join()
        return outcomes

    def queued(self, count):
        deadline = threading.Event()
        for _ in range(5000):
            if self.committer.waiting >= count:
                return
            deadline.wait(0.001)
        raise AssertionError("the job was not queued")

    def notes(self):
        with closing(sqlite3.connect(self.path)) as connection:
            return [name for (name,) in connection.execute("SELECT name FROM notes ORDER BY rowid")]


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path / "log.db")
    yield made
    made.committer.close()


def refuse(connection):
    raise TailraceError("not this one")


def break_rule(connection):
    connection.execute("INSERT INTO owner VALUES (2, 0)")


def fill(connection):
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    try:
        connection.execute("INSERT INTO notes VALUES (zeroblob(1000000))")
    finally:
        connection.execute("PRAGMA max_page_count = 1000000")


def test_jobs_that_arrive_together_share_one_transaction(bench):
    outcomes = bench.run_together(Note("a"), Note("b"), Note("c"))
    assert outcomes == {name: name for name in ("first", "a", "b", "c")}
    assert bench.notes() == ["first", "a", "b", "c"]
    assert len(bench.transactions) == 2


@pytest.mark.parametrize(
    ("act", "kind", "sentence"),
    [
        (refuse, TailraceError, "not this one"),
        (break_rule, TailraceError, "refuses: CHECK constraint failed"),
        (fill, Transient, "no room is left for"),
        (lambda connection: 1 / 0, ZeroDivisionError, "division by zero"),
    ],
)
def test_a_bad_job_fails_alone_and_says_why(bench, act, kind, sentence):
    outcomes = bench.run_together(Note("a"), Note("bad", act), Note("c"))
    error = outcomes.pop("bad")
    assert isinstance(error, kind)
    assert sentence in str(error)
    assert outcomes == {name: name for name in ("first", "a", "c")}
    assert bench.notes() == ["first", "a", "c"]


def test_a_job_that_wants_to_be_alone_shares_with_none(bench):
    bench.run_together(Note("a"), Note("b", alone=True), Note("c"))
    assert bench.notes() == ["first", "a", "b", "c"]
    assert len(bench.transactions) == 4


def test_a_job_whose_telling_fails_says_so_instead_of_hanging(bench):
    job = Note("a")
    job.publish = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        bench.committer.run(job)


def test_a_closed_committer_takes_no_more(bench):
    bench.committer.close()
    with pytest.raises(TailraceError, match="the log is closed"):
        bench.committer.run(Note("a"))
