"""The one door to SQLite: snapshots, whole commits, the ledger, migrations, forks."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import threading

import pytest

from quantperf.clock import ManualClock
from quantperf.database import Database, moment_of, stamp_of
from quantperf.errors import ParameterError, StoreError

START = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
NOTES = ("CREATE TABLE note(text TEXT)",)


@pytest.fixture
def database(tmp_path):
    opened = Database(tmp_path / "some" / "file.db", clock=ManualClock(START))
    opened.migrate("notes", NOTES)
    yield opened
    opened.close()


def note(database, text, then=lambda: None):
    with database.commit("note") as commit:
        commit.connection.execute("INSERT INTO note VALUES (?)", (text,))
        then()
    return commit.seq


def notes(database):
    with database.reading() as connection:
        return [row["text"] for row in connection.execute("SELECT text FROM note ORDER BY rowid")]


def test_a_failing_block_leaves_nothing(database):
    with pytest.raises(ZeroDivisionError):
        note(database, "half", lambda: 1 / 0)
    assert notes(database) == []
    assert database.last_seq() == 0
    assert note(database, "whole") == 1


def test_a_void_commit_leaves_no_row_in_the_ledger(database):
    with database.commit("note") as commit:
        commit.void = True
    assert database.last_seq() == 0


def test_a_block_reads_one_snapshot_while_another_thread_writes(database):
    note(database, "first")
    with database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM note").fetchone()[0] == 1
        thread = threading.Thread(target=note, args=(database, "second"))
        thread.start()
        thread.join()
        assert notes(database) == ["first"]
    assert notes(database) == ["first", "second"]


def test_writing_inside_of_a_block_is_refused(database):
    with database.reading(), pytest.raises(StoreError, match="inside a block"), database.writing():
        pass
    with database.writing(), pytest.raises(StoreError, match="inside a block"), database.commit("note"):
        pass


def test_many_threads_write_each_commit_once(database):
    threads = [threading.Thread(target=note, args=(database, str(each))) for each in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(notes(database), key=int) == [str(each) for each in range(12)]
    assert database.last_seq() == 12


def test_the_ledger_tells_when_and_its_time_never_goes_back(database):
    note(database, "first")
    database.clock.set(START - dt.timedelta(hours=2))
    note(database, "second")
    assert database.ledger(2)["at"] == stamp_of(START)
    assert database.last_seq(START - dt.timedelta(milliseconds=1)) == 0
    assert database.last_seq(START) == 2
    with pytest.raises(ParameterError, match="number of a commit"):
        database.ledger(3)


def test_migrations_run_once_and_a_newer_file_is_refused(database):
    database.migrate("notes", (*NOTES, "ALTER TABLE note ADD COLUMN at INTEGER"))
    database.migrate("notes", (*NOTES, "ALTER TABLE note ADD COLUMN at INTEGER"))
    with pytest.raises(StoreError, match="newer version"):
        database.migrate("notes", NOTES)


def test_a_checkpoint_empties_the_log(database):
    note(database, "x" * 100_000)
    database.checkpoint()
    assert database.path.with_name("file.db-wal").stat().st_size == 0
    assert database.check() == []


def _in_child(database, queue):
    queue.put((notes(database), note(database, "child")))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_uses_connections_of_its_own(database):
    note(database, "parent")
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(database, queue))
    child.start()
    assert queue.get(timeout=30) == (["parent"], 2)
    child.join()
    assert notes(database) == ["parent", "child"]


def test_moments_are_stored_as_milliseconds():
    moment = dt.datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=dt.UTC)
    assert stamp_of(moment) == -1
    assert moment_of(-1) == moment
    with pytest.raises(ParameterError, match="time zone"):
        stamp_of(START.replace(tzinfo=None))
