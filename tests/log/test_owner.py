"""Others can tell whether a database is owned, and do not disturb its owner by asking."""

from __future__ import annotations

from pathlib import Path

from tailrace.log.owner import OwnerLock, is_owned


def test_a_database_is_owned_while_its_lock_is_held(tmp_path: Path):
    database = tmp_path / "watch.db"
    assert not is_owned(database)
    lock = OwnerLock(database)
    assert is_owned(database)
    lock.release()
    assert not is_owned(database)


def test_asking_does_not_keep_anybody_from_owning_it(tmp_path: Path):
    database = tmp_path / "watch.db"
    OwnerLock(database).release()
    assert not is_owned(database)
    OwnerLock(database).release()
