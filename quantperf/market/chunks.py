"""Bars in the database: a column of one symbol and year (of intraday bars: month) is one blob, a chunk.

A close panel is then one range scan, and a symbol's ten years some eighty look-ups of keys. Key ``k`` is
``interval << 56 | field << 40 | period << 24 | symbol``. Field 0 holds the stamps (days as int32, or milliseconds as
int64), 1 to 5 hold open, high, low, close and volume as float64, and 6 the number of the commit that first held each
bar as it is. Every chunk has the count of its bars and a checksum, tested on each read: damage is `CorruptChunk`,
never a value.

Appending continues blob and checksum, so nothing is read back. Everything else reads, merges and writes, and first
saves the chunks that it replaces in ``old``, with the commit that ended them. What was known at commit S is, for each
key, the first saved version that ended after S, or else the chunk, without the bars that came later than S. A bar that
is written again with equal values keeps its number.

The functions below work inside a transaction of `quantperf.database`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.database import Commit, Connection
from quantperf.errors import CorruptChunk, DataError, did_you_mean
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import INTERVALS, Bars, Interval, StampArray

__all__ = [
    "INTERVALS",
    "SCHEMA",
    "Change",
    "known",
    "merge",
    "read",
    "replace",
    "scan",
    "span",
    "symbol_id",
    "symbol_ids",
]

SCHEMA = (
    """
    CREATE TABLE sym(
        id INTEGER PRIMARY KEY, symbol TEXT NOT NULL UNIQUE, zone TEXT, currency TEXT, basis TEXT NOT NULL,
        category TEXT, decimals INTEGER, seq INTEGER NOT NULL
    );
    CREATE TABLE span(
        sym INTEGER NOT NULL, interval INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
        bars INTEGER NOT NULL, PRIMARY KEY(sym, interval)
    ) WITHOUT ROWID;
    CREATE TABLE chunk(k INTEGER PRIMARY KEY, n INTEGER NOT NULL, crc INTEGER NOT NULL, b BLOB NOT NULL);
    CREATE TABLE old(
        k INTEGER NOT NULL, until INTEGER NOT NULL, n INTEGER NOT NULL, crc INTEGER NOT NULL, b BLOB NOT NULL
    );
    CREATE UNIQUE INDEX old_key ON old(k, until);
    """,
)

STAMPS, KNOWN = 0, len(FIELDS) + 1  # the fields beside open .. volume
COLUMNS = tuple(range(KNOWN + 1))
KEYS_A_QUERY = 900  # below the least bound that SQLite was ever built with


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What a commit did to the bars of one symbol and interval.

    Attributes
    ----------
    id : int
        The symbol's number.
    symbol : str
        Its name.
    interval : Interval
        Of the bars.
    appended : Bars
        Those past the former end.
    rewritten : bool
        Whether an earlier bar came, changed or went.
    """

    id: int
    symbol: str
    interval: Interval
    appended: Bars
    rewritten: bool


def symbol_id(connection: Connection, symbol: str) -> int:
    """Return the number of a symbol, or raise a DataError that names the nearest one."""
    found = connection.execute("SELECT id FROM sym WHERE symbol = ?", (symbol,)).fetchone()
    if found is None:
        known = [row[0] for row in connection.execute("SELECT symbol FROM sym ORDER BY symbol")]
        hint = did_you_mean(str(symbol), known) or ("; collect it first" if known else "; the store is empty")
        raise DataError(f"unknown symbol {symbol!r}{hint}")
    return int(found[0])


def symbol_ids(connection: Connection, symbols: Iterable[str] | None = None) -> dict[str, int]:
    """Return the numbers of some symbols in their order, or of all in the order of their names."""
    if symbols is None:
        rows = connection.execute("SELECT symbol, id FROM sym ORDER BY symbol").fetchall()
        return {row[0]: row[1] for row in rows}
    return {symbol: symbol_id(connection, symbol) for symbol in symbols}


def span(connection: Connection, id: int, interval: Interval) -> tuple[int, int, int] | None:
    """Return the first stamp, the last one and the count of the final bars that are stored; None if there are none."""
    found = connection.execute(
        "SELECT first, last, bars FROM span WHERE sym = ? AND interval = ?", (id, interval.number)
    ).fetchone()
    return None if found is None else (found[0], found[1], found[2])


def read(
    connection: Connection,
    id: int,
    interval: Interval,
    first: int | None = None,
    last: int | None = None,
    seq: int | None = None,
) -> Bars:
    """Return a symbol's final bars, as they are or as they were known at a commit.

    Parameters
    ----------
    connection : sqlite3.Connection
        Inside a transaction.
    id : int
        The symbol's number.
    interval : Interval
        Of the bars.
    first, last : int, optional
        Stamps, both included.
    seq : int, optional
        The commit; by default the last one.
    """
    parts = _columns_of(connection, id, interval, first, last, seq)
    return _within(Bars(interval, parts[0].astype(np.int64), parts[1]), first, last)


def known(
    connection: Connection, id: int, interval: Interval, first: int | None = None, seq: int | None = None
) -> tuple[Bars, npt.NDArray[np.int64]]:
    """Return a symbol's final bars, and the number of the commit that first held each as it is.

    With `first`, bars of earlier periods are left out; with `seq`, they are those that were known at that commit.
    """
    stamps, values, seqs = _columns_of(connection, id, interval, first, None, seq)
    return Bars(interval, stamps.astype(np.int64), values), seqs


def scan(
    connection: Connection, interval: Interval, field: int, first: int | None = None, last: int | None = None
) -> Iterator[tuple[int, int, npt.NDArray[Any]]]:
    """Yield symbol, period and values of every chunk of a field, in the order of periods: one range of keys."""
    low = _key(interval, field, 0 if first is None else _period(first, interval), 0)
    high = _key(interval, field, 0xFFFF if last is None else _period(last, interval), 0xFFFFFF)
    for key, count, crc, blob in connection.execute(
        "SELECT k, n, crc, b FROM chunk WHERE k BETWEEN ? AND ? ORDER BY k", (low, high)
    ):
        yield key & 0xFFFFFF, key >> 24 & 0xFFFF, _checked(key, count, crc, blob, interval)


def merge(commit: Commit, id: int, symbol: str, bars: Bars) -> Change | None:
    """Write bars over those that are stored, and return what that changed; None if nothing.

    Parameters
    ----------
    commit : Commit
        The transaction.
    id, symbol : int, str
        Whose bars they are.
    bars : Bars
        Final ones, in strictly ascending order.
    """
    held = span(commit.connection, id, bars.interval)
    if not len(bars):
        return None
    if held is None or bars.stamps[0] > held[1]:
        _append(commit, id, bars)
        first, count = (int(bars.stamps[0]), 0) if held is None else (held[0], held[2])
        _note_span(commit.connection, id, bars.interval, first, int(bars.stamps[-1]), count + len(bars))
        return Change(id, symbol, bars.interval, bars, rewritten=False)
    changed = False
    for period, part in _by_period(bars):
        changed |= _merge_period(commit, id, bars.interval, period, part, drop=False)
    return _changed(commit, id, symbol, bars, held) if changed else None


def replace(commit: Commit, id: int, symbol: str, bars: Bars) -> Change | None:
    """Write bars in place of all those that are stored, and return what that changed; None if nothing."""
    held = span(commit.connection, id, bars.interval)
    if held is None:
        return merge(commit, id, symbol, bars)
    parts = dict(_by_period(bars))
    changed = False
    for period in range(_period(held[0], bars.interval), _period(held[1], bars.interval) + 1):
        part = parts.pop(period, bars.rows(slice(0, 0)))
        changed |= _merge_period(commit, id, bars.interval, period, part, drop=True)
    for period, part in parts.items():
        changed |= _merge_period(commit, id, bars.interval, period, part, drop=True)
    return _changed(commit, id, symbol, bars, held) if changed else None


def _changed(commit: Commit, id: int, symbol: str, bars: Bars, held: tuple[int, int, int]) -> Change:
    """Return the change, after telling the span anew from what is stored."""
    appended = bars.rows(bars.stamps > held[1])
    # Reading goes as far as the span: it is made wide enough first, and exact afterwards.
    ends = [*held[:2], *(int(stamp) for stamp in bars.stamps[[0, -1]])] if len(bars) else held[:2]
    _note_span(commit.connection, id, bars.interval, min(ends), max(ends), held[2])
    stored = read(commit.connection, id, bars.interval)
    commit.connection.execute("DELETE FROM span WHERE sym = ? AND interval = ?", (id, bars.interval.number))
    if len(stored):
        _note_span(commit.connection, id, bars.interval, int(stored.stamps[0]), int(stored.stamps[-1]), len(stored))
    before = read(commit.connection, id, bars.interval, last=held[1], seq=commit.seq - 1)
    now = stored.rows(stored.stamps <= held[1])
    same = np.array_equal(before.stamps, now.stamps) and np.array_equal(before.values, now.values, equal_nan=True)
    return Change(id, symbol, bars.interval, appended, rewritten=not same)


def _append(commit: Commit, id: int, bars: Bars) -> None:
    """Continue the chunks with bars that come after all stored ones."""
    connection, inserts, updates = commit.connection, [], []
    for period, part in _by_period(bars):
        for field, values in _encoded(part, np.full(len(part), commit.seq, np.int64)):
            key, blob = _key(bars.interval, field, period, id), values.tobytes()
            found = connection.execute("SELECT crc FROM chunk WHERE k = ?", (key,)).fetchone()
            if found is None:
                inserts.append((key, len(part), zlib.crc32(blob), blob))
            else:
                updates.append((len(part), zlib.crc32(blob, found[0]), blob, key))
    connection.executemany("INSERT INTO chunk VALUES (?, ?, ?, ?)", inserts)
    connection.executemany("UPDATE chunk SET n = n + ?, crc = ?, b = cast(b || ? AS BLOB) WHERE k = ?", updates)


def _merge_period(commit: Commit, id: int, interval: Interval, period: int, part: Bars, *, drop: bool) -> bool:
    """Merge bars into the chunks of one period, and return whether that changed anything."""
    keys = [_key(interval, field, period, id) for field in COLUMNS]
    rows = _rows(commit.connection, keys, None)
    if not rows:
        if len(part):
            _append(commit, id, part)
        return bool(len(part))
    stamps, values, seqs = _assembled(rows, interval, [period], id)
    merged, numbers = _merged(stamps, values, seqs, part, commit.seq, drop=drop)
    if np.array_equal(merged.stamps, stamps) and np.array_equal(numbers, seqs):
        return False
    places = ",".join("?" * len(keys))
    commit.connection.execute(
        f"INSERT OR IGNORE INTO old SELECT k, ?, n, crc, b FROM chunk WHERE k IN ({places})", (commit.seq, *keys)
    )
    commit.connection.execute(f"DELETE FROM chunk WHERE k IN ({places})", keys)
    if len(merged):
        chunks = [(key, values.tobytes()) for key, (_, values) in zip(keys, _encoded(merged, numbers), strict=True)]
        commit.connection.executemany(
            "INSERT INTO chunk VALUES (?, ?, ?, ?)",
            [(key, len(merged), zlib.crc32(blob), blob) for key, blob in chunks],
        )
    return True


def _merged(
    stamps: StampArray, values: FloatArray, seqs: StampArray, part: Bars, seq: int, *, drop: bool
) -> tuple[Bars, StampArray]:
    """Return bars of two sets, where `part` prevails, and the commit of each; `drop` leaves only those of `part`."""
    union = part.stamps if drop else np.union1d(stamps, part.stamps)
    merged, numbers = np.empty((len(FIELDS), len(union))), np.full(len(union), seq, np.int64)
    there, here = np.searchsorted(union, stamps), np.searchsorted(union, part.stamps)
    if drop:
        kept = np.isin(stamps, union)
        there, values, seqs = there[kept], values[:, kept], seqs[kept]
    merged[:, there], numbers[there] = values, seqs
    # Bits, not values: a bar with the same unknown volume is the same bar.
    was = merged[:, here].view(np.int64)
    fresh = np.isin(part.stamps, stamps, invert=True) | (was != np.ascontiguousarray(part.values).view(np.int64)).any(0)
    merged[:, here], numbers[here[fresh]] = part.values, seq
    return Bars(part.interval, union, merged), numbers


def _note_span(connection: Connection, id: int, interval: Interval, first: int, last: int, count: int) -> None:
    """Note which bars are stored."""
    connection.execute("INSERT OR REPLACE INTO span VALUES (?, ?, ?, ?, ?)", (id, interval.number, first, last, count))


def _columns_of(
    connection: Connection, id: int, interval: Interval, first: int | None, last: int | None, seq: int | None
) -> tuple[StampArray, FloatArray, StampArray]:
    """Return stamps, values and commits of the periods that hold the bars asked for."""
    held = _bounds(connection, id, interval, seq)
    if held is None:
        return np.empty(0, np.int64), np.empty((len(FIELDS), 0)), np.empty(0, np.int64)
    low = _period(held[0] if first is None else max(first, held[0]), interval)
    high = _period(held[1] if last is None else min(last, held[1]), interval)
    periods = list(range(low, high + 1))
    keys = [_key(interval, field, period, id) for field in COLUMNS for period in periods]
    stamps, values, seqs = _assembled(_rows(connection, keys, seq), interval, periods, id)
    if seq is None:
        return stamps, values, seqs
    then = seqs <= seq
    return stamps[then], values[:, then], seqs[then]


def _bounds(connection: Connection, id: int, interval: Interval, seq: int | None) -> tuple[int, int] | None:
    """Return stamps between which all bars lie, of the past ones too."""
    held = span(connection, id, interval)
    if seq is None:
        return None if held is None else held[:2]
    # What was once known may lie outside of today's span, after a removal: then its versions tell.
    keys = [key & 0xFFFF << 24 for key in _old_keys(connection, id, interval, seq)]
    periods = [key >> 24 for key in keys] + ([] if held is None else [_period(stamp, interval) for stamp in held[:2]])
    return (_begin(min(periods), interval), _begin(max(periods), interval)) if periods else None


def _old_keys(connection: Connection, id: int, interval: Interval, seq: int) -> list[int]:
    """Return the keys of the stamps of a symbol that have a version which ended after a commit."""
    low, high = _key(interval, STAMPS, 0, 0), _key(interval, STAMPS, 0xFFFF, 0xFFFFFF)
    rows = connection.execute(
        "SELECT DISTINCT k FROM old WHERE k BETWEEN ? AND ? AND k & 16777215 = ? AND until > ?", (low, high, id, seq)
    )
    return [row[0] for row in rows]


def _rows(connection: Connection, keys: Sequence[int], seq: int | None) -> dict[int, tuple[int, int, bytes]]:
    """Return count, checksum and blob by key, of now or as of a commit."""
    found: dict[int, tuple[int, int, bytes]] = {}
    for start in range(0, len(keys), KEYS_A_QUERY):
        some = keys[start : start + KEYS_A_QUERY]
        places = ",".join("?" * len(some))
        for key, *rest in connection.execute(f"SELECT k, n, crc, b FROM chunk WHERE k IN ({places})", some):
            found[key] = tuple(rest)
        if seq is not None:
            # A query with min() gives the other columns of the row that has the least (documented by SQLite).
            versions = f"SELECT k, n, crc, b, min(until) FROM old WHERE k IN ({places}) AND until > ? GROUP BY k"
            for key, count, crc, blob, _ in connection.execute(versions, (*some, seq)):
                found[key] = (count, crc, blob)
    return found


def _assembled(
    rows: Mapping[int, tuple[int, int, bytes]], interval: Interval, periods: Iterable[int], id: int
) -> tuple[StampArray, FloatArray, StampArray]:
    """Return stamps, values and commits of some periods out of their chunks."""
    columns: list[list[npt.NDArray[Any]]] = [[] for _ in COLUMNS]
    for period in periods:
        keys = [_key(interval, field, period, id) for field in COLUMNS]
        if keys[0] not in rows:
            continue
        counts = {rows[key][0] if key in rows else -1 for key in keys}
        if len(counts) > 1:
            raise CorruptChunk(f"the columns of period {period} of symbol {id} must be equally long, got {counts}")
        for field, key in enumerate(keys):
            columns[field].append(_checked(key, *rows[key], interval))
    if not columns[0]:
        return np.empty(0, np.int64), np.empty((len(FIELDS), 0)), np.empty(0, np.int64)
    whole = [parts[0] if len(parts) == 1 else np.concatenate(parts) for parts in columns]
    return whole[STAMPS].astype(np.int64), np.stack(whole[1:KNOWN]), whole[KNOWN].astype(np.int64)


def _checked(key: int, count: int, crc: int, blob: bytes, interval: Interval) -> npt.NDArray[Any]:
    """Return the values of a chunk whose length and checksum are right."""
    values = np.frombuffer(blob, _dtype(key >> 40 & 0xFFFF, interval))
    if len(values) != count or zlib.crc32(blob) != crc:
        raise CorruptChunk(
            f"chunk {key} must hold {count} values with checksum {crc}, got {len(values)} with {zlib.crc32(blob)}; "
            "restore the store from a copy, or collect that symbol anew"
        )
    return values


def _encoded(bars: Bars, seqs: StampArray) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    """Yield each field's number and values as they are stored."""
    yield STAMPS, bars.stamps.astype(_dtype(STAMPS, bars.interval))
    for field, values in enumerate(bars.values, start=1):
        yield field, np.ascontiguousarray(values, np.dtype("<f8"))
    yield KNOWN, seqs.astype(_dtype(KNOWN, bars.interval))


def _by_period(bars: Bars) -> Iterator[tuple[int, Bars]]:
    """Yield the bars of each period."""
    periods = _periods(bars.stamps, bars.interval)
    edges = np.flatnonzero(np.diff(periods)) + 1
    for start, end in zip([0, *edges], [*edges, len(periods)], strict=True):
        yield int(periods[start]), bars if end - start == len(periods) else bars.rows(slice(start, end))


def _within(bars: Bars, first: int | None, last: int | None) -> Bars:
    """Return the bars from one stamp to another, both included."""
    if first is None and last is None:
        return bars
    low = 0 if first is None else np.searchsorted(bars.stamps, first, "left")
    high = len(bars) if last is None else np.searchsorted(bars.stamps, last, "right")
    return bars.rows(slice(int(low), int(high)))


def _dtype(field: int, interval: Interval) -> np.dtype[Any]:
    if field == STAMPS:
        return np.dtype("<i4" if interval.daily else "<i8")
    return np.dtype("<i4" if field == KNOWN else "<f8")


def _key(interval: Interval, field: int, period: int, id: int) -> int:
    return interval.number << 56 | field << 40 | period << 24 | id


def _periods(stamps: StampArray, interval: Interval) -> StampArray:
    """Return the year of daily stamps, the month (counted through the years) of others."""
    if interval.daily:
        return stamps.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return stamps.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64) + 12 * 1970


def _period(stamp: int, interval: Interval) -> int:
    return int(_periods(np.array([stamp], np.int64), interval)[0])


def _begin(period: int, interval: Interval) -> int:
    """Return the first stamp of a period."""
    if interval.daily:
        return int(np.datetime64(period - 1970, "Y").astype("datetime64[D]").astype(np.int64))
    return int(np.datetime64(period - 12 * 1970, "M").astype("datetime64[ms]").astype(np.int64))
