"""Snapshots: the latest final daily bar of each symbol, when it was, and since when it is known.

A snapshot is computed from the bars that were known at a commit, so one of the past holds nothing that came later, and
recording it is a matter of keeping history cheap to list. Close, high and low are one row and never three: with a row
each, the latest row has no close and the alert on it falls silent. An index of the database sees to it that there is
one row a symbol, source and session; where it is completed or corrected, the former version stays known to `as_of`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from quantperf.database import Commit, Connection, Database, stamp_of
from quantperf.errors import ParameterError
from quantperf.market import chunks
from quantperf.market.columns import FIELDS
from quantperf.market.history import DAY_MS, INTERVALS

__all__ = ["SCHEMA", "Row", "Snapshot", "record", "recorded", "retain", "summary", "taken"]

SCHEMA = (
    """
    CREATE TABLE snapshot(
        sym INTEGER NOT NULL, source TEXT NOT NULL, at INTEGER NOT NULL, c REAL, h REAL, l REAL, v REAL,
        created INTEGER NOT NULL, seq INTEGER NOT NULL, until INTEGER
    );
    CREATE UNIQUE INDEX snapshot_one ON snapshot(sym, source, at) WHERE until IS NULL;
    CREATE INDEX snapshot_at ON snapshot(at);
    """,
)

WRITE_BATCH, READ_BATCH = 10, 20  # symbols a commit, and a read
DAILY = INTERVALS["1d"]
LOOK_BACK_DAYS = 40  # within which two bars lie, unless a symbol was suspended
CLOSE, HIGH, LOW, VOLUME = (FIELDS.index(name) for name in ("close", "high", "low", "volume"))
COLUMNS = ("symbol", "source", "close", "high", "low", "volume", "snapshot_at", "created_at")


@dataclass(frozen=True, slots=True)
class Row:
    """What was known of a symbol.

    Attributes
    ----------
    symbol, source : str
        Whose bar it is, and who told it.
    close, high, low, volume : float or None
        Of the bar; None where unknown.
    snapshot_at : int
        The session's date as milliseconds since 1970, midnight UTC.
    created_at : int
        When the bar became known as it is, milliseconds since 1970 in UTC.
    """

    symbol: str
    source: str
    close: float | None
    high: float | None
    low: float | None
    volume: float | None
    snapshot_at: int
    created_at: int


@dataclass(frozen=True, slots=True, repr=False)
class Snapshot:
    """The latest bars of some symbols as they were known at a commit.

    Attributes
    ----------
    seq : int
        The commit.
    rows : tuple of Row
        One a symbol.
    written : tuple of str
        Symbols of which a row was recorded by the call that returned this.
    """

    seq: int
    rows: tuple[Row, ...]
    written: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """A hash of the symbols, the fields, the commit and what it held: the same commit gives the same."""
        return hashlib.sha256(self.to_bytes()).hexdigest()[:32]

    def to_bytes(self) -> bytes:
        """Return the snapshot in JSON; the same commit gives the same bytes."""
        rows = [[getattr(row, name) for name in COLUMNS] for row in self.rows]
        return json.dumps({"fields": COLUMNS, "rows": rows, "seq": self.seq}, separators=(",", ":")).encode()

    def frame(self) -> pd.DataFrame:
        """Return one row a symbol: symbol, source, close, high, low, volume, snapshot_at and created_at (UTC)."""
        return _frame(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"Snapshot({self.id[:8]}: {len(self)} symbols at commit {self.seq}, {len(self.written)} written)"

    def _repr_html_(self) -> str:
        return str(self.frame().to_html())


def taken(database: Database, symbols: Sequence[str] | None, seq: int | None) -> Snapshot:
    """Return the latest bars that were known at a commit, in one pass."""
    at = database.last_seq() if seq is None else seq
    return Snapshot(at, tuple(row for row, _ in _last_bars(database, symbols, at)))


def summary(database: Database, symbols: Sequence[str] | None, seq: int | None) -> pd.DataFrame:
    """Return latest close and date, the high and low of the session before, and whether all are known."""
    at = database.last_seq() if seq is None else seq
    names: list[str] = []
    figures: list[tuple[float, float, float]] = []
    dates: list[int] = []
    for row, last in _last_bars(database, symbols, at):
        before = last.values[:, 0] if last.count > 1 else np.full(len(FIELDS), np.nan)
        names.append(row.symbol)
        figures.append((float(last.values[CLOSE, -1]), float(before[HIGH]), float(before[LOW])))
        dates.append(last.stamp * DAY_MS)
    table = np.array(figures, np.float64).reshape(-1, 3)
    return pd.DataFrame(
        {
            "latest_close": table[:, 0],
            "latest_snapshot_date": _moments(dates),
            "previous_high": table[:, 1],
            "previous_low": table[:, 2],
            "has_complete_data": ~np.isnan(table).any(axis=1),
        },
        index=pd.Index(names, name="symbol", dtype="str"),
    )


def record(database: Database, symbols: Sequence[str] | None, if_needed: bool) -> Snapshot:
    """Record what is absent or was corrected, `WRITE_BATCH` symbols a commit, and return what is known now.

    Whether a row is needed is seen before the write lock is taken, and once more within the transaction: another
    process may have been faster, with newer bars.
    """
    with database.reading() as connection:
        names = list(chunks.symbol_ids(connection, symbols))
    written: list[str] = []
    for batch in _batches(_needed(database, names, if_needed), WRITE_BATCH):
        with database.commit("snapshot") as commit:
            done = [symbol for symbol in batch if _write(commit, symbol, if_needed)]
            commit.void = not done
        written += done
    known = taken(database, symbols, None)
    return Snapshot(known.seq, known.rows, tuple(written))


def recorded(
    connection: Connection, symbols: Sequence[str] | None, first: int | None, last: int | None, seq: int | None
) -> pd.DataFrame:
    """Return the rows that were recorded, as they are or as of a commit."""
    names = {id: symbol for symbol, id in chunks.symbol_ids(connection, symbols).items()}
    low, high = (None if each is None else each * DAY_MS for each in (first, last))
    limit = 2**62 if seq is None else seq
    found = connection.execute(
        "SELECT sym, source, c, h, l, v, at, created FROM snapshot WHERE seq <= ? AND (until IS NULL OR until > ?)"
        " AND at >= ? AND at <= ? ORDER BY at, source",
        (limit, limit, -(2**62) if low is None else low, 2**62 if high is None else high),
    ).fetchall()
    rows = [Row(names[row[0]], *tuple(row)[1:]) for row in found if row[0] in names]
    return _frame(sorted(rows, key=lambda row: row.symbol))


def retain(database: Database, days: int, now: dt.datetime) -> int:
    """Delete rows of sessions before so many days ago, and return how many."""
    if isinstance(days, bool) or not isinstance(days, int) or days < 0:
        raise ParameterError(f"days must be a whole number of at least 0, got {days!r}")
    today = stamp_of(now) // DAY_MS * DAY_MS
    with database.commit("retain") as commit:
        gone = commit.connection.execute("DELETE FROM snapshot WHERE at < ?", (today - days * DAY_MS,)).rowcount
        commit.void = not gone
    return gone


@dataclass(frozen=True, slots=True, eq=False)
class _Last:
    """The last two bars of a symbol, or the only one."""

    stamp: int
    values: Any
    seq: int

    @property
    def count(self) -> int:
        return int(self.values.shape[1])


def _last_bars(database: Database, symbols: Sequence[str] | None, seq: int) -> list[tuple[Row, _Last]]:
    """Return the last bars that were known at a commit, read `READ_BATCH` symbols at a time; all of that commit."""
    with database.reading() as connection:
        numbers = chunks.symbol_ids(connection, symbols)
    found = []
    for batch in _batches(list(numbers), READ_BATCH):
        with database.reading() as connection:
            for symbol in batch:
                last = _last(connection, numbers[symbol], seq)
                if last is not None:
                    found.append((_row(connection, symbol, last), last))
    return found


def _batches(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def _last(connection: Connection, id: int, seq: int | None) -> _Last | None:
    held = chunks.span(connection, id, DAILY)
    near = None if held is None else held[1] - LOOK_BACK_DAYS
    bars, seqs = chunks.known(connection, id, DAILY, near, seq)
    if len(bars) < 2:
        bars, seqs = chunks.known(connection, id, DAILY, None, seq)
    if not len(bars):
        return None
    return _Last(int(bars.stamps[-1]), bars.values[:, -2:], int(seqs[-1]))


def _row(connection: Connection, symbol: str, last: _Last) -> Row:
    entry = connection.execute("SELECT at, source FROM ledger WHERE seq = ?", (last.seq,)).fetchone()
    close, high, low, volume = (_stored(last.values[field, -1]) for field in (CLOSE, HIGH, LOW, VOLUME))
    return Row(symbol, entry["source"], close, high, low, volume, last.stamp * DAY_MS, entry["at"])


def _needed(database: Database, names: Sequence[str], if_needed: bool) -> list[str]:
    """Return the symbols whose latest bar is not recorded as it is."""
    if not if_needed:
        return list(names)
    found = []
    for batch in _batches(names, READ_BATCH):
        with database.reading() as connection:
            for symbol in batch:
                id = chunks.symbol_id(connection, symbol)
                last = _last(connection, id, None)
                if last is not None and _held(connection, id, row := _row(connection, symbol, last)) != _values(row):
                    found.append(symbol)
    return found


def _write(commit: Commit, symbol: str, if_needed: bool) -> bool:
    """Record the latest bar of a symbol, and return whether that was needed."""
    id = chunks.symbol_id(commit.connection, symbol)
    last = _last(commit.connection, id, None)
    if last is None:
        return False
    row = _row(commit.connection, symbol, last)
    if if_needed and _held(commit.connection, id, row) == _values(row):
        return False
    key = (id, row.source, row.snapshot_at)
    commit.connection.execute(
        "UPDATE snapshot SET until = ? WHERE sym = ? AND source = ? AND at = ? AND until IS NULL", (commit.seq, *key)
    )
    commit.connection.execute(
        "INSERT INTO snapshot VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        (*key, *_values(row), row.created_at, commit.seq),
    )
    return True


def _held(connection: Connection, id: int, row: Row) -> tuple[float | None, ...] | None:
    """Return what is recorded of the same symbol, source and session."""
    found = connection.execute(
        "SELECT c, h, l, v FROM snapshot WHERE sym = ? AND source = ? AND at = ? AND until IS NULL",
        (id, row.source, row.snapshot_at),
    ).fetchone()
    return None if found is None else tuple(found)


def _values(row: Row) -> tuple[float | None, ...]:
    return row.close, row.high, row.low, row.volume


def _stored(value: float) -> float | None:
    """Return what SQLite holds: it knows no NaN."""
    return None if np.isnan(value) else float(value)


def _frame(rows: Sequence[Row]) -> pd.DataFrame:
    """Return rows as a frame; a number that is unknown is NaN."""
    prices = {
        name: np.array([getattr(row, name) for row in rows], dtype=np.float64)
        for name in ("close", "high", "low", "volume")
    }
    return pd.DataFrame({
        "symbol": pd.Series([row.symbol for row in rows], dtype="str"),
        "source": pd.Series([row.source for row in rows], dtype="str"),
        **prices,
        "snapshot_at": _moments([row.snapshot_at for row in rows]),
        "created_at": _moments([row.created_at for row in rows]),
    })  # fmt: skip


def _moments(stamps: Sequence[int]) -> pd.DatetimeIndex:
    milliseconds = np.array(stamps, np.int64).astype("datetime64[ms]").astype("datetime64[us]")
    return pd.DatetimeIndex(milliseconds).tz_localize("UTC")
