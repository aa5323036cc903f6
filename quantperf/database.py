"""The only user of sqlite3: opening, pragmas, snapshots, the write lock, commits and migrations.

A database is a file in WAL mode beside a lock file. Readers take a connection out of a pool, never across a fork, and
see one snapshot a block. Writers hold the lock file, so that exactly one process at a time writes, checkpoints or
closes: SQLite 3.7.0 to 3.51.2 may corrupt the file when a checkpoint runs while another connection commits and resets
the log (documented as the WAL-reset bug, mended in 3.51.3), and many Pythons ship an older one. Automatic checkpoints
are off for the same reason; a writer makes one after its commit when the log has grown.

Every commit that changes what is known has a row in the ledger: its number `seq` and its time are the axis along which
one asks what was known when. The time never goes back, even when the clock does.

kill -9 of a writer loses the transaction it had open, and nothing else; after a power failure the last commits may be
lost (not the file), unless the database was opened with ``durable=True``.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import pandas as pd

from quantperf.clock import SYSTEM, Clock
from quantperf.errors import ParameterError, StoreBusy, StoreError

__all__ = ["Commit", "Connection", "Database", "Row", "moment_of", "stamp_from", "stamp_of", "version"]

Connection = sqlite3.Connection
Row = sqlite3.Row

PAGE_BYTES = 8192
BUSY_SECONDS = 10.0  # how long a statement waits for another connection of SQLite
LOCK_SECONDS = 60.0  # how long a writer waits for the lock file
LOCK_POLL_SECONDS = 0.002
CHECKPOINT_PAGES = 1000  # 8 MB of log
IDLE_CONNECTIONS = 8
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "ceph", "glusterfs"}
)

CORE = (
    """
    CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE ledger(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT, run TEXT);
    CREATE INDEX ledger_at ON ledger(at);
    CREATE INDEX ledger_run ON ledger(run) WHERE run IS NOT NULL;
    """,
)


@dataclass(slots=True)
class Commit:
    """A transaction that will have a row in the ledger.

    Attributes
    ----------
    connection : sqlite3.Connection
        Inside the transaction.
    seq : int
        Number of the commit, one more than the last.
    at : int
        Its time, milliseconds since 1970 in UTC; never before that of the last commit.
    void : bool, default False
        Set it when there turned out to be nothing to write: the transaction is rolled back, with its row in the ledger.
    """

    connection: Connection
    seq: int
    at: int
    void: bool = False


class Database:
    """A file of SQLite, written by one process at a time and read by any number.

    Parameters
    ----------
    path : path-like
        The file; it is made with its folder when missing. ``<path>.lock`` beside it is the write lock.
    durable : bool, default False
        Wait for the disk at every commit, so that not even a power failure loses one.
    clock : Clock, optional
        Tells the time of commits.

    Raises
    ------
    StoreError
        If the file is no database of quantperf, cannot be opened, or lies on a network file system, where locks and
        shared memory do not hold.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = tempfile.TemporaryDirectory()
    >>> database = Database(Path(folder.name) / "example.db")
    >>> database.migrate("notes", ["CREATE TABLE note(text TEXT)"])
    >>> with database.commit("note") as commit:
    ...     _ = commit.connection.execute("INSERT INTO note VALUES ('first')")
    >>> with database.reading() as connection:
    ...     connection.execute("SELECT text FROM note").fetchone()["text"]
    'first'
    >>> database.close(); folder.cleanup()
    """

    def __init__(self, path: str | os.PathLike[str], *, durable: bool = False, clock: Clock = SYSTEM) -> None:
        self.path = Path(path)
        self.clock = clock
        self._durable = durable
        self._here = threading.local()
        self._pool = _Pool(self.path, durable)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder of {str(self.path)!r} cannot be made: {error}") from error
        _refuse_network(self.path.parent)
        self._finalizer = weakref.finalize(self, _close, self._pool)
        try:
            self.migrate("core", CORE)
        except StoreError:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one snapshot; a block inside a block sees the same one."""
        held: Connection | None = getattr(self._here, "connection", None)
        if held is not None:
            yield held
            return
        connection = self._pool.take()
        try:
            connection.execute("BEGIN")
            self._here.connection = connection
            yield connection
        except sqlite3.DatabaseError as error:
            raise _explained(error, self.path) from error
        finally:
            self._here.connection = None
            with suppress(sqlite3.Error):  # the transaction has read only: there is nothing to lose
                connection.execute("ROLLBACK")
            self._pool.give(connection)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection inside a transaction that is committed at the end of the block, or rolled back whole.

        Raises
        ------
        StoreBusy
            If another process holds the lock for longer than `LOCK_SECONDS`.
        StoreError
            If the transaction cannot be written: no transaction is left half done.
        """
        if getattr(self._here, "connection", None) is not None:
            raise StoreError("a write must not begin inside a block that reads or writes; end that block first")
        with self._pool.locked():
            connection = self._pool.take()
            try:
                connection.execute("BEGIN IMMEDIATE")
                self._here.connection = connection
                yield connection
                if connection.in_transaction:
                    connection.execute("COMMIT")
            except sqlite3.DatabaseError as error:
                raise _explained(error, self.path) from error
            finally:
                self._here.connection = None
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._pool.give(connection)
            self._checkpoint_if_long()

    @contextmanager
    def commit(self, kind: str, source: str | None = None, run: str | None = None) -> Iterator[Commit]:
        """Give a transaction with a row in the ledger.

        Parameters
        ----------
        kind : str
            What is written, such as ``"bars"``.
        source : str, optional
            Where it comes from.
        run : str, optional
            The job that wrote it, so that a job which was stopped can see what it has done.
        """
        with self.writing() as connection:
            seq, at = connection.execute(
                "SELECT coalesce(max(seq), 0) + 1, coalesce(max(at), 0) FROM ledger"
            ).fetchone()
            entry = Commit(connection, seq, max(at, stamp_of(self.clock.now())))
            connection.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)", (seq, entry.at, kind, source, run))
            yield entry
            if entry.void:
                connection.execute("ROLLBACK")

    def migrate(self, name: str, steps: Sequence[str]) -> None:
        """Bring the tables called `name` up to date.

        Parameters
        ----------
        name : str
            Whose tables they are; its version is kept under this name.
        steps : sequence of str
            Scripts in SQL, oldest first; those that have run are never run again, and never changed.

        Raises
        ------
        StoreError
            If the file was written by a newer version of quantperf.
        """
        key = f"schema.{name}"
        if self._version(key) == len(steps):
            return
        with self.writing() as connection:
            done = _version_in(connection, key)  # another process may have been first
            if done > len(steps):
                raise StoreError(
                    f"{str(self.path)!r} was written by a newer version of quantperf ({name} {done}, this one knows "
                    f"{len(steps)}); upgrade quantperf to open it"
                )
            for script in steps[done:]:
                for statement in script.split(";"):
                    if statement.strip():
                        connection.execute(statement)
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, len(steps)))

    def ledger(self, seq: int) -> Mapping[str, object]:
        """Return the row of the ledger with this number."""
        with self.reading() as connection:
            found = connection.execute("SELECT * FROM ledger WHERE seq = ?", (seq,)).fetchone()
        if found is None:
            raise ParameterError(f"seq must be the number of a commit, got {seq!r}")
        return dict(found)

    def last_seq(self, until: dt.datetime | None = None) -> int:
        """Return the number of the last commit, or of the last one until a moment; 0 if there is none."""
        limit = 2**63 - 1 if until is None else stamp_of(until)
        with self.reading() as connection:
            found = connection.execute("SELECT coalesce(max(seq), 0) FROM ledger WHERE at <= ?", (limit,)).fetchone()
        return int(found[0])

    def checkpoint(self) -> None:
        """Move the log into the file, as far as no reader still needs it."""
        with self._pool.locked():
            self._checkpoint("TRUNCATE")

    def copy(self, path: str | os.PathLike[str]) -> None:
        """Write a copy of one moment to a new file; nobody has to wait for it.

        Raises
        ------
        StoreError
            If the file is there already, or cannot be written; then it is removed.
        """
        target = Path(path)
        if target.exists():
            raise StoreError(f"a copy must be a new file, {str(target)!r} is there; name another")
        draft = target.with_name(f"{target.name}.tmp")
        draft.unlink(missing_ok=True)
        try:
            with self.reading() as connection, closing(sqlite3.connect(draft)) as copy:
                connection.backup(copy)
            draft.replace(target)
        except (sqlite3.DatabaseError, OSError) as error:
            raise StoreError(f"a copy cannot be written to {str(target)!r}: {error}") from error
        finally:
            draft.unlink(missing_ok=True)

    def check(self) -> list[str]:
        """Return what SQLite finds wrong with the file; nothing if it is sound."""
        with self.reading() as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def close(self) -> None:
        """Close the connections that are idle; what is still in use is closed when it comes back."""
        self._finalizer()

    def _version(self, key: str) -> int:
        with self.reading() as connection:
            return _version_in(connection, key)

    def _checkpoint_if_long(self) -> None:
        log = Path(f"{self.path}-wal")
        if log.exists() and log.stat().st_size > CHECKPOINT_PAGES * PAGE_BYTES:
            self._checkpoint("PASSIVE")

    def _checkpoint(self, how: str) -> None:
        connection = self._pool.take()
        try:
            connection.execute(f"PRAGMA wal_checkpoint({how})").fetchall()
        except sqlite3.DatabaseError as error:
            raise _explained(error, self.path) from error
        finally:
            self._pool.give(connection)


class _Pool:
    """Connections of this process that nobody uses at the moment, and the lock that makes it the only writer."""

    def __init__(self, path: Path, durable: bool) -> None:
        self._path = path
        self._durable = durable
        self._abandoned: list[Connection] = []
        self._begin()

    def _begin(self) -> None:
        """Start with nothing open, in the process that calls."""
        self._process = os.getpid()
        self._idle: list[Connection] = []
        self._guard = threading.Lock()
        # The lock file is between processes: threads of one process take turns before it.
        self._turn = threading.RLock()
        self._lock = filelock.FileLock(f"{self._path}.lock", timeout=LOCK_SECONDS, thread_local=False)
        self.closed = False

    def _after_fork(self) -> None:
        """Leave to the parent what is the parent's: closing its connections here would drop its locks."""
        if os.getpid() != self._process:
            self._abandoned += self._idle
            self._begin()

    @contextmanager
    def locked(self) -> Iterator[None]:
        self._after_fork()
        with self._turn:
            try:
                held = self._lock.acquire(poll_interval=LOCK_POLL_SECONDS)
            except filelock.Timeout as error:
                raise StoreBusy(
                    f"the write lock of {str(self._path)!r} must be free within {LOCK_SECONDS:g} s, another process "
                    "held it for longer; wait for that job, or end it"
                ) from error
            with held:
                yield

    def take(self) -> Connection:
        self._after_fork()
        with self._guard:
            self.closed = False
            if self._idle:
                return self._idle.pop()
        return self._open()

    def give(self, connection: Connection) -> None:
        with self._guard:
            if not self.closed and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()

    def drain(self) -> list[Connection]:
        with self._guard:
            self.closed = True
            idle, self._idle = self._idle, []
        return idle if os.getpid() == self._process else []

    def _open(self) -> Connection:
        try:
            # One thread at a time uses it, since it is out of the pool meanwhile.
            connection = sqlite3.connect(
                self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
            )
        except sqlite3.Error as error:
            raise _explained(error, self._path) from error
        try:
            connection.row_factory = sqlite3.Row
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
            connection.execute("PRAGMA mmap_size = 1073741824")
            connection.execute("PRAGMA cache_size = -16384")
        except sqlite3.Error as error:
            connection.close()
            raise _explained(error, self._path) from error
        return connection


def version() -> tuple[str, bool]:
    """Return the version of SQLite in this Python, and whether it has the WAL-reset bug that the write lock avoids."""
    return sqlite3.sqlite_version, (3, 7, 0) <= sqlite3.sqlite_version_info < (3, 51, 3)


def stamp_of(moment: dt.datetime) -> int:
    """Return milliseconds since 1970 of an aware moment, as they are stored."""
    if moment.tzinfo is None:
        raise ParameterError(f"a moment must have a time zone, got {moment!r}; add tzinfo=datetime.UTC")
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)


def stamp_from(name: str, moment: Any) -> int:
    """Return the stored milliseconds of a moment as users write it; without a zone it is in UTC.

    Raises
    ------
    ParameterError
        If `moment`, the parameter `name`, is none.
    """
    try:
        stamp = pd.Timestamp(moment)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} must be a moment such as '2024-01-31 18:00', got {moment!r}") from error
    if pd.isna(stamp):
        raise ParameterError(f"{name} must be a moment such as '2024-01-31 18:00', got {moment!r}")
    aware = stamp.tz_localize("UTC") if stamp.tz is None else stamp.tz_convert("UTC")
    return stamp_of(aware.to_pydatetime())


def moment_of(stamp: int) -> dt.datetime:
    """Return the aware moment in UTC of stored milliseconds."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=stamp)


def _version_in(connection: Connection, key: str) -> int:
    """Return how many steps of a schema have run."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone() is None:
        return 0
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return 0 if found is None else int(found[0])


def _close(pool: _Pool) -> None:
    """Close idle connections under the lock, since closing the last one is a checkpoint."""
    idle = pool.drain()
    if not idle:
        return
    with pool.locked():
        for connection in idle:
            connection.close()


def _explained(error: sqlite3.Error, path: Path) -> StoreError:
    """Return what a failure of SQLite means for whoever opened the file."""
    text = str(error)
    if "not a database" in text:
        return StoreError(f"{str(path)!r} is no store of quantperf; name another folder, or move that file away")
    if "malformed" in text:
        return StoreError(f"{str(path)!r} is damaged ({text}); restore it from a copy, or collect the bars anew")
    if "locked" in text or "busy" in text:
        return StoreBusy(f"{str(path)!r} stayed locked for {BUSY_SECONDS:g} s by another program ({text})")
    return StoreError(f"{str(path)!r} could not be read or written: {text}")


def _refuse_network(folder: Path) -> None:
    """Refuse a folder on a network file system, where Linux tells."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return
    resolved = folder.resolve()
    best, kind = "", ""
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, where, system, *_ = line.split(" ")
        where = where.replace("\\040", " ")
        if len(where) >= len(best) and resolved.is_relative_to(where):
            best, kind = where, system
    if kind in NETWORK_FILE_SYSTEMS:
        raise StoreError(f"a store must lie on a local disk, {str(folder)!r} is on {kind}; name a local folder")
