"""A second level on disk, which processes on one host share: Dask's workers, a restarted service.

It is a table of SQLite behind `quantperf.database`, so that writers take turns, readers see whole commits and kill -9
loses at most the entry that was being written. diskcache 5.6.3 was weighed and left: its last release is of 2023, and
CVE-2025-69872 (it unpickles whatever lies in its folder) has no mended version, so that every user of ours would have
that finding in an audit. What the CVE is about holds for any cache of Python objects: to read an entry is to trust
whoever wrote it. Hence a folder is refused when it belongs to another user or when others may write to it, as ssh does
with its keys, and each entry carries a digest of its bytes: a damaged one is a miss and is counted.

The key holds the code of the function, a digest of all code of quantperf, and the versions of Python, numpy and pandas:
versions never mix. Of
equal calls in several processes one computes: they take turns on one of 256 lock files, which the system frees when a
process dies. Who has waited for `TURN_SECONDS` computes too. The age of an entry is the larger of what the wall clock
and, within one start of the machine, the count of seconds say: a clock that is put back does not make it younger, and
an entry from the future is a miss.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import pickle
import stat
import sys
from collections.abc import AsyncIterator, Hashable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import pandas as pd

from quantperf.clock import SYSTEM, Clock
from quantperf.database import Database, stamp_of
from quantperf.errors import ParameterError, StoreError
from quantperf.memory.digests import packed

__all__ = ["Disk", "DiskEntry", "DiskStats", "place_of"]

FORMAT = 1
DISK_BYTES = 1_000_000_000
KEPT_SHARE = 0.9  # of the bound, after entries had to go
TURN_SECONDS = 60.0
TURN_POLL_SECONDS = 0.005
LOCKS = 256
USE_MS = 60_000  # a use is noted at most so often
SLACK_MS = 1_000  # by which an entry may be from the future

SCHEMA = (
    """
    CREATE TABLE entry(
        place BLOB PRIMARY KEY, written INTEGER NOT NULL, life INTEGER, boot TEXT, seconds REAL NOT NULL,
        used INTEGER NOT NULL, cost REAL NOT NULL, size INTEGER NOT NULL, digest BLOB NOT NULL, body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX entry_used ON entry(used);
    """,
)


@dataclass(frozen=True, slots=True)
class DiskEntry:
    """A value, the seconds that it took, and those that it has left to live."""

    value: Any
    cost: float
    life: float


@dataclass(slots=True)
class DiskStats:
    """What a level on disk has done in this process."""

    hits: int = 0
    misses: int = 0
    written: int = 0
    damaged: int = 0
    evicted: int = 0
    not_written: int = 0
    waited_in_vain: int = 0
    failures: int = 0
    last_error: str | None = None


def place_of(key: Hashable) -> bytes:
    """Return where a key made with `LASTING` is kept, for this code and these versions."""
    versions = (FORMAT, sys.version_info[:3], sources(), np.__version__, pd.__version__)
    return hashlib.sha256(packed((versions, key))).digest()


class Disk:
    """Results in a folder, within an amount of bytes.

    Parameters
    ----------
    folder : path-like
        On a local disk; made when missing, for its owner alone.
    bytes : int, default 1 GB
        The most bytes of results; those used longest ago go first.
    clock : Clock, optional

    Raises
    ------
    StoreError
        If the folder belongs to somebody else, others may write to it, or it cannot be used.
    ParameterError
        If `bytes` is out of bounds.
    """

    def __init__(self, folder: str | os.PathLike[str], *, bytes: int = DISK_BYTES, clock: Clock = SYSTEM) -> None:
        if isinstance(bytes, bool) or not isinstance(bytes, int) or bytes < 1:
            raise ParameterError(f"bytes must be a whole number, at least 1, got {bytes!r}")
        self.folder = Path(folder)
        self.limit = bytes
        self.clock = clock
        self.counts = DiskStats()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.folder / "turns").mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(f"{str(folder)!r} cannot be used for a cache: {error}") from error
        for each in (self.folder, self.folder / "turns"):
            _refuse_strangers(each)
        self._database = Database(self.folder / "cache.db", clock=clock)
        self._database.migrate("cache", SCHEMA)

    def __repr__(self) -> str:
        return f"Disk({str(self.folder)!r}, {self.counts.hits} hits, {self.counts.misses} misses)"

    def stats(self) -> dict[str, Any]:
        """Return counts of this process, and entries and bytes in the folder."""
        with self._database.reading() as connection:
            count, size = connection.execute("SELECT count(*), coalesce(sum(size), 0) FROM entry").fetchone()
        return {**asdict(self.counts), "entries": count, "bytes": size}

    def read(self, place: bytes) -> DiskEntry | None:
        """Return what is kept at a place; nothing if there is none, its time is over, or it is damaged."""
        try:
            with self._database.reading() as connection:
                row = connection.execute("SELECT * FROM entry WHERE place = ?", (place,)).fetchone()
            if row is None or (left := self._left(row)) is None:
                self.counts.misses += 1
                return None
            found = self._value(row)
            if found is None:
                self.counts.damaged += 1
                self.counts.misses += 1
                self._drop(place)
                return None
            now = stamp_of(self.clock.now())
            if now - row["used"] > USE_MS:
                with self._database.writing() as connection:
                    connection.execute("UPDATE entry SET used = ? WHERE place = ?", (now, place))
        except StoreError as error:  # without its second level a cache still computes
            self._failed(error)
            return None
        self.counts.hits += 1
        return DiskEntry(found[0], row["cost"], left)

    def write(self, place: bytes, entry: DiskEntry) -> bool:
        """Keep a value; return whether that was possible."""
        try:
            body = pickle.dumps(entry.value, protocol=5)
        except (pickle.PicklingError, TypeError, AttributeError, RecursionError) as error:
            self.counts.not_written += 1
            self.counts.last_error = f"{type(error).__name__}: {error}"
            return False
        if len(body) > self.limit:
            self.counts.not_written += 1
            return False
        now = stamp_of(self.clock.now())
        life = None if entry.life == float("inf") else int(entry.life * 1000)
        row = (
            place, now, life, boot(), self.clock.monotonic(), now, entry.cost, len(body), _digest(body), body,
        )  # fmt: skip
        try:
            with self._database.writing() as connection:
                connection.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
                self._make_room(connection, now)
        except StoreError as error:
            self._failed(error)
            return False
        self.counts.written += 1
        return True

    def clear(self) -> int:
        """Forget everything; return how many entries that were."""
        with self._database.writing() as connection:
            return int(connection.execute("DELETE FROM entry").rowcount)

    @contextlib.contextmanager
    def turn(self, place: bytes) -> Iterator[None]:
        """Be the only one of all processes that computes for this place, or has waited long enough."""
        lock = self._lock_of(place)
        try:
            lock.acquire(timeout=TURN_SECONDS, poll_interval=TURN_POLL_SECONDS)
        except filelock.Timeout:
            self.counts.waited_in_vain += 1
        try:
            yield
        finally:
            lock.release()

    @contextlib.asynccontextmanager
    async def turn_async(self, place: bytes) -> AsyncIterator[None]:
        """Do as `turn` does without stopping the event loop."""
        lock = self._lock_of(place)
        until = self.clock.monotonic() + TURN_SECONDS
        while True:
            try:
                lock.acquire(blocking=False)
                break
            except filelock.Timeout:
                if self.clock.monotonic() >= until:
                    self.counts.waited_in_vain += 1
                    break
                await asyncio.sleep(TURN_POLL_SECONDS)
        try:
            yield
        finally:
            lock.release()

    def close(self) -> None:
        """Close what is open."""
        self._database.close()

    def _lock_of(self, place: bytes) -> filelock.BaseFileLock:
        return filelock.FileLock(self.folder / "turns" / f"{place[0] % LOCKS:02x}.lock", thread_local=False)

    def _left(self, row: Any) -> float | None:
        """Return the seconds that an entry has left, or nothing if its time is over."""
        age = stamp_of(self.clock.now()) - row["written"]
        if age < -SLACK_MS:
            return None
        if row["boot"] is not None and row["boot"] == boot():
            age = max(age, int((self.clock.monotonic() - row["seconds"]) * 1000))
        if row["life"] is None:
            return float("inf")
        return (row["life"] - age) / 1000 if age < row["life"] else None

    def _value(self, row: Any) -> tuple[Any] | None:
        if _digest(row["body"]) != row["digest"]:
            return None
        try:
            # The folder is this user's alone (checked), so these bytes are as trusted as this user's own modules.
            return (pickle.loads(row["body"]),)
        except (pickle.UnpicklingError, AttributeError, ImportError, EOFError, IndexError, TypeError, ValueError):
            return None  # of a class that is no longer there, or has changed

    def _drop(self, place: bytes) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM entry WHERE place = ?", (place,))

    def _make_room(self, connection: Any, now: int) -> None:
        total = connection.execute("SELECT sum(size) FROM entry").fetchone()[0]
        if total <= self.limit:
            return
        over = connection.execute("DELETE FROM entry WHERE life IS NOT NULL AND written + life < ?", (now,)).rowcount
        total = connection.execute("SELECT sum(size) FROM entry").fetchone()[0]
        oldest = connection.execute("SELECT place, size FROM entry ORDER BY used, written").fetchall()
        for row in oldest[:-1]:
            if total <= self.limit * KEPT_SHARE:
                break
            connection.execute("DELETE FROM entry WHERE place = ?", (row["place"],))
            total -= row["size"]
            over += 1
        self.counts.evicted += over

    def _failed(self, error: StoreError) -> None:
        self.counts.failures += 1
        self.counts.last_error = f"{type(error).__name__}: {error}"


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()


@cache
def sources() -> bytes:
    """Return a digest of the code of quantperf: an edited function that others call makes new places, too."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.digest()


@cache
def boot() -> str | None:
    """Return which start of the machine this is, where Linux tells; the count of seconds begins anew with each."""
    told = Path("/proc/sys/kernel/random/boot_id")
    return told.read_text(encoding="ascii").strip() if told.exists() else None


def _refuse_strangers(folder: Path) -> None:
    if not hasattr(os, "getuid"):
        return  # Windows: the permissions of the user's profile
    about = folder.stat()
    if about.st_uid != os.getuid():
        raise StoreError(
            f"the folder of a cache must belong to this user, {str(folder)!r} belongs to user {about.st_uid}: to read "
            "an entry is to trust whoever wrote it; name a folder of your own"
        )
    if about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise StoreError(
            f"the folder of a cache must be writable by its owner alone, {str(folder)!r} has mode "
            f"{stat.S_IMODE(about.st_mode):o}: to read an entry is to trust whoever wrote it; chmod go-w it"
        )
