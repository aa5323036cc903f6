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
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.database import Commit, Connection
from quantperf.errors import CorruptChunk, DataError, did_you_mean
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import INTERVALS, Bars, Interval, StampArray
from quantperf.market.keys import KNOWN, STAMPS, begin_of, dtype_of, key_of, period_of, periods_of

__all__ = [
    "INTERVALS",
    "SCHEMA",
    "Change",
    "known",
    "merge",
    "merge_all",
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

COLUMNS = tuple(range(KNOWN + 1))
NOTHING = (-1, 0, b"")
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
    stamps, values, _ = _columns_of(connection, id, interval, first, last, seq, numbers=False)
    return _within(Bars(interval, stamps, values), first, last)


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
    low = key_of(interval, field, 0 if first is None else period_of(first, interval), 0)
    high = key_of(interval, field, 0xFFFF if last is None else period_of(last, interval), 0xFFFFFF)
    cursor, dtype = connection.cursor(), dtype_of(field, interval)
    cursor.row_factory = None
    for key, count, crc, blob in cursor.execute(
        "SELECT k, n, crc, b FROM chunk WHERE k BETWEEN ? AND ? ORDER BY k", (low, high)
    ):
        yield key & 0xFFFFFF, key >> 24 & 0xFFFF, _checked(key, count, crc, blob, dtype)


def merge(commit: Commit, id: int, symbol: str, bars: Bars) -> Change | None:
    """Write bars of one symbol over those that are stored, and return what that changed; see `merge_all`."""
    return next(iter(merge_all(commit, {symbol: bars}, {symbol: id})), None)


def merge_all(commit: Commit, batch: Mapping[str, Bars], ids: Mapping[str, int]) -> list[Change]:
    """Write bars over those that are stored, and return what that changed.

    Parameters
    ----------
    commit : Commit
        The transaction.
    batch : mapping of str to Bars
        By symbol: final ones, in strictly ascending order.
    ids : mapping of str to int
        The symbols' numbers.

    Notes
    -----
    Bars that come after all stored ones are written together, in the order of keys: one statement for all symbols.
    """
    changes, behind = [], []
    spans = _spans(commit.connection, [ids[symbol] for symbol in batch])
    for symbol, bars in batch.items():
        held = spans.get((ids[symbol], bars.interval.number))
        if not len(bars):
            continue
        if held is None or bars.stamps[0] > held[1]:
            behind.append((ids[symbol], bars, held))
            changes.append(Change(ids[symbol], symbol, bars.interval, bars, rewritten=False))
            continue
        changed = False
        for period, part in _by_period(bars):
            changed |= _merge_period(commit, ids[symbol], bars.interval, period, part, drop=False)
        if changed:
            changes.append(_changed(commit, ids[symbol], symbol, bars, held))
    for interval in {bars.interval for _, bars, _ in behind}:
        _append(commit, interval, [(id, bars) for id, bars, _ in behind if bars.interval == interval])
    commit.connection.executemany(
        "INSERT OR REPLACE INTO span VALUES (?, ?, ?, ?, ?)",
        [
            (
                id,
                bars.interval.number,
                int(bars.stamps[0]) if held is None else held[0],
                int(bars.stamps[-1]),
                len(bars) + (0 if held is None else held[2]),
            )
            for id, bars, held in behind
        ],
    )
    return changes


def replace(commit: Commit, id: int, symbol: str, bars: Bars) -> Change | None:
    """Write bars in place of all those that are stored, and return what that changed; None if nothing."""
    held = span(commit.connection, id, bars.interval)
    if held is None:
        return merge(commit, id, symbol, bars)
    parts = dict(_by_period(bars))
    changed = False
    for period in range(period_of(held[0], bars.interval), period_of(held[1], bars.interval) + 1):
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


def _append(commit: Commit, interval: Interval, batch: Sequence[tuple[int, Bars]]) -> None:
    """Continue the chunks of symbols with bars that come after all stored ones."""
    whole = Bars(
        interval, np.concatenate([bars.stamps for _, bars in batch]), np.hstack([bars.values for _, bars in batch])
    )
    owners = np.repeat([id for id, _ in batch], [len(bars) for _, bars in batch])
    keys = periods_of(whole.stamps, interval) << 24 | owners
    edges = [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(keys)]
    groups = sorted((int(keys[start]), start, end) for start, end in pairwise(edges))
    sums = _checksums(
        commit.connection, [key_of(interval, 0, 0, key) | field << 40 for field in COLUMNS for key, _, _ in groups]
    )
    inserts, updates = [], []
    for field, values in _encoded(whole, np.full(len(whole), commit.seq, np.int64)):
        raw, size, base = values.tobytes(), values.itemsize, key_of(interval, field, 0, 0)
        for key, start, end in groups:
            blob, crc = raw[start * size : end * size], sums.get(base | key)
            if crc is None:
                inserts.append((base | key, end - start, zlib.crc32(blob), blob))
            else:
                updates.append((end - start, zlib.crc32(blob, crc), blob, base | key))
    commit.connection.executemany("INSERT INTO chunk VALUES (?, ?, ?, ?)", inserts)
    commit.connection.executemany("UPDATE chunk SET n = n + ?, crc = ?, b = cast(b || ? AS BLOB) WHERE k = ?", updates)


def _checksums(connection: Connection, keys: Sequence[int]) -> dict[int, int]:
    """Return the checksums of those of the keys that there are."""
    cursor = connection.cursor()
    cursor.row_factory = None
    found: dict[int, int] = {}
    for start in range(0, len(keys), KEYS_A_QUERY):
        some = keys[start : start + KEYS_A_QUERY]
        found.update(cursor.execute(f"SELECT k, crc FROM chunk WHERE k IN ({','.join('?' * len(some))})", some))
    return found


def _merge_period(commit: Commit, id: int, interval: Interval, period: int, part: Bars, *, drop: bool) -> bool:
    """Merge bars into the chunks of one period, and return whether that changed anything."""
    keys = [key_of(interval, field, period, id) for field in COLUMNS]
    rows = _rows(commit.connection, keys, None)
    if not rows:
        if len(part):
            _append(commit, interval, [(id, part)])
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


def _spans(connection: Connection, ids: Sequence[int]) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Return first stamp, last one and count of the final bars, by symbol and interval."""
    found = {}
    for start in range(0, len(ids), KEYS_A_QUERY):
        some = ids[start : start + KEYS_A_QUERY]
        for row in connection.execute(f"SELECT * FROM span WHERE sym IN ({','.join('?' * len(some))})", some):
            found[row[0], row[1]] = (row[2], row[3], row[4])
    return found


def _note_span(connection: Connection, id: int, interval: Interval, first: int, last: int, count: int) -> None:
    """Note which bars are stored."""
    connection.execute("INSERT OR REPLACE INTO span VALUES (?, ?, ?, ?, ?)", (id, interval.number, first, last, count))


def _columns_of(
    connection: Connection,
    id: int,
    interval: Interval,
    first: int | None,
    last: int | None,
    seq: int | None,
    *,
    numbers: bool = True,
) -> tuple[StampArray, FloatArray, StampArray]:
    """Return stamps, values and (where asked for, or needed) commits of the periods that hold the bars asked for."""
    fields = COLUMNS if numbers or seq is not None else COLUMNS[:KNOWN]
    held = _bounds(connection, id, interval, seq)
    if held is None:
        return np.empty(0, np.int64), np.empty((len(FIELDS), 0)), np.empty(0, np.int64)
    low = period_of(held[0] if first is None else max(first, held[0]), interval)
    high = period_of(held[1] if last is None else min(last, held[1]), interval)
    periods = list(range(low, high + 1))
    keys = [key_of(interval, field, 0, id) | period << 24 for field in fields for period in periods]
    stamps, values, seqs = _assembled(_rows(connection, keys, seq), interval, periods, id, fields)
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
    periods = [key >> 24 for key in keys] + ([] if held is None else [period_of(stamp, interval) for stamp in held[:2]])
    return (begin_of(min(periods), interval), begin_of(max(periods), interval)) if periods else None


def _old_keys(connection: Connection, id: int, interval: Interval, seq: int) -> list[int]:
    """Return the keys of the stamps of a symbol that have a version which ended after a commit."""
    low, high = key_of(interval, STAMPS, 0, 0), key_of(interval, STAMPS, 0xFFFF, 0xFFFFFF)
    rows = connection.execute(
        "SELECT DISTINCT k FROM old WHERE k BETWEEN ? AND ? AND k & 16777215 = ? AND until > ?", (low, high, id, seq)
    )
    return [row[0] for row in rows]


def _rows(connection: Connection, keys: Sequence[int], seq: int | None) -> dict[int, tuple[int, int, bytes]]:
    """Return count, checksum and blob by key, of now or as of a commit."""
    found: dict[int, tuple[int, int, bytes]] = {}
    cursor = connection.cursor()
    cursor.row_factory = None  # plain tuples: a third of the time of a read goes into rows otherwise
    for start in range(0, len(keys), KEYS_A_QUERY):
        some = keys[start : start + KEYS_A_QUERY]
        places = ",".join("?" * len(some))
        for row in cursor.execute(f"SELECT k, n, crc, b FROM chunk WHERE k IN ({places})", some):
            found[row[0]] = row[1:]
        if seq is not None:
            # A query with min() gives the other columns of the row that has the least (documented by SQLite).
            versions = f"SELECT k, n, crc, b, min(until) FROM old WHERE k IN ({places}) AND until > ? GROUP BY k"
            for row in cursor.execute(versions, (*some, seq)):
                found[row[0]] = row[1:4]
    return found


def _assembled(
    rows: Mapping[int, tuple[int, int, bytes]],
    interval: Interval,
    periods: Iterable[int],
    id: int,
    fields: Sequence[int] = COLUMNS,
) -> tuple[StampArray, FloatArray, StampArray]:
    """Return stamps, values and commits of some periods out of their chunks; no commits without their field."""
    base = key_of(interval, STAMPS, 0, id)
    held = [period << 24 for period in periods if base | period << 24 in rows]
    counts = [rows[base | period][0] for period in held]
    columns = []
    for field in fields:
        base, dtype, blobs = key_of(interval, field, 0, id), dtype_of(field, interval), []
        size = dtype.itemsize
        for period, count in zip(held, counts, strict=True):
            found, crc, blob = rows.get(base | period, NOTHING)
            if found != count:
                raise CorruptChunk(
                    f"the columns of period {period >> 24} of symbol {id} must be equally long, got {count} stamps and "
                    f"{found} values of field {field}; restore the store from a copy, or collect that symbol anew"
                )
            if len(blob) != count * size or zlib.crc32(blob) != crc:
                raise _damaged(base | period, count, crc, blob)
            blobs.append(blob)
        # Joined as bytes, one array a field: as many arrays as chunks cost more than all the checksums.
        columns.append(np.frombuffer(bytearray().join(blobs), dtype))
    seqs = columns[KNOWN].astype(np.int64) if KNOWN in fields else np.empty(0, np.int64)
    return columns[STAMPS].astype(np.int64), np.stack(columns[1:KNOWN]), seqs


def _checked(key: int, count: int, crc: int, blob: bytes, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return the values of a chunk whose length and checksum are right."""
    if len(blob) != count * dtype.itemsize or zlib.crc32(blob) != crc:
        raise _damaged(key, count, crc, blob)
    return np.frombuffer(blob, dtype)


def _damaged(key: int, count: int, crc: int, blob: bytes) -> CorruptChunk:
    return CorruptChunk(
        f"chunk {key} must hold {count} values with checksum {crc}, got {len(blob)} bytes with {zlib.crc32(blob)}; "
        "restore the store from a copy, or collect that symbol anew"
    )


def _encoded(bars: Bars, seqs: StampArray) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    """Yield each field's number and values as they are stored."""
    yield STAMPS, bars.stamps.astype(dtype_of(STAMPS, bars.interval))
    for field, values in enumerate(bars.values, start=1):
        yield field, np.ascontiguousarray(values, np.dtype("<f8"))
    yield KNOWN, seqs.astype(dtype_of(KNOWN, bars.interval))


def _by_period(bars: Bars) -> Iterator[tuple[int, Bars]]:
    """Yield the bars of each period."""
    if not len(bars):
        return
    periods = periods_of(bars.stamps, bars.interval)
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
