"""The latest bar of every symbol, kept beside the chunks, so that asking for all of them is one read of one table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from quantperf.database import Commit, Connection
from quantperf.market import chunks
from quantperf.market.columns import FIELDS
from quantperf.market.history import DAY_MS, Bars, Interval

__all__ = ["SCHEMA", "after_write", "table"]

SCHEMA = (
    """
    CREATE TABLE latest(
        interval INTEGER NOT NULL, sym INTEGER NOT NULL, ts INTEGER NOT NULL, o REAL, h REAL, l REAL, c REAL, v REAL,
        prev_close REAL, final INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(interval, sym)
    ) WITHOUT ROWID;
    """,
)

CLOSE = FIELDS.index("close")
LOOK_BACK_DAYS = 40  # within which two bars lie, unless a symbol was suspended


def after_write(commit: Commit, changes: Sequence[chunks.Change]) -> None:
    """Bring the latest bars up to date with what a commit changed."""
    rows = []
    former = _former(commit.connection, changes)
    for change in changes:
        key = (change.interval.number, change.id)
        last = _last_two(commit.connection, change, former.get(key))
        if not len(last):
            commit.connection.execute("DELETE FROM latest WHERE interval = ? AND sym = ?", key)
            continue
        previous = _stored(last.values[CLOSE, -2]) if len(last) > 1 else None
        values = [_stored(value) for value in last.values[:, -1].tolist()]
        rows.append((*key, int(last.stamps[-1]), *values, previous, 1, commit.seq))
    # A bar that is not final yet stays the latest until a final one of its session, or a later one, is there.
    commit.connection.executemany(
        "INSERT INTO latest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(interval, sym) DO UPDATE SET"
        " ts = excluded.ts, o = excluded.o, h = excluded.h, l = excluded.l, c = excluded.c, v = excluded.v,"
        " prev_close = excluded.prev_close, final = excluded.final, seq = excluded.seq"
        " WHERE latest.final OR excluded.ts >= latest.ts",
        rows,
    )


def table(
    connection: Connection, interval: Interval, symbols: Iterable[str] | None = None, seq: int | None = None
) -> pd.DataFrame:
    """Return one row a symbol: open, high, low, close, volume, previous_close, at, final; now, or as of a commit."""
    if seq is not None:
        return _as_of(connection, interval, chunks.symbol_ids(connection, symbols), seq)
    cursor = connection.cursor()
    cursor.row_factory = None
    found = cursor.execute(
        "SELECT symbol, o, h, l, c, v, prev_close, ts, final FROM latest JOIN sym ON sym.id = latest.sym"
        " WHERE interval = ? ORDER BY symbol",
        (interval.number,),
    ).fetchall()
    if symbols is None:
        return _frame([row[0] for row in found], [row[1:] for row in found], interval)
    by_symbol = {row[0]: row[1:] for row in found}
    chosen = [symbol for symbol in chunks.symbol_ids(connection, symbols) if symbol in by_symbol]
    return _frame(chosen, [by_symbol[symbol] for symbol in chosen], interval)


def _as_of(connection: Connection, interval: Interval, numbers: dict[str, int], seq: int) -> pd.DataFrame:
    rows: dict[str, Sequence[Any]] = {}
    for symbol, id in numbers.items():
        bars = chunks.read(connection, id, interval, seq=seq)
        if len(bars):
            previous = bars.values[CLOSE, -2] if len(bars) > 1 else np.nan
            rows[symbol] = (*bars.values[:, -1], previous, int(bars.stamps[-1]), 1)
    return _frame(list(rows), list(rows.values()), interval)


def _frame(symbols: list[str], rows: list[Sequence[Any]], interval: Interval) -> pd.DataFrame:
    """Return the rows as a frame; a number that is missing is NaN."""
    values = np.array(rows, dtype=np.float64).reshape(-1, 8)  # stamps are whole numbers below 2**53
    stamps = Bars(interval, values[:, 6].astype(np.int64), np.empty((len(FIELDS), len(rows)))).index()
    columns = {name: values[:, place] for place, name in enumerate([*FIELDS, "previous_close"])}
    index = pd.Index(symbols, name="symbol", dtype="str")
    return pd.DataFrame({**columns, "at": stamps, "final": values[:, 7].astype(bool)}, index=index)


def _former(
    connection: Connection, changes: Sequence[chunks.Change]
) -> dict[tuple[int, int], tuple[int, float | None]]:
    """Return stamp and close of the latest final bars so far, by interval and symbol."""
    found = {}
    for number in {change.interval.number for change in changes}:
        ids = [change.id for change in changes if change.interval.number == number]
        for start in range(0, len(ids), chunks.KEYS_A_QUERY):
            some = ids[start : start + chunks.KEYS_A_QUERY]
            query = (
                f"SELECT sym, ts, c FROM latest WHERE interval = ? AND sym IN ({','.join('?' * len(some))}) AND final"
            )
            for row in connection.execute(query, (number, *some)):
                found[number, row[0]] = (row[1], row[2])
    return found


def _last_two(connection: Connection, change: chunks.Change, former: tuple[int, float | None] | None) -> Bars:
    """Return the last two final bars after a change; of the first of them, only the close."""
    interval, appended = change.interval, change.appended
    if len(appended) and not change.rewritten:
        if len(appended) > 1:
            return appended.rows(slice(-2, None))
        # A day of all symbols is the usual write: the bar before it is the latest one so far, if that was final.
        if former is not None and former[0] < appended.stamps[0]:
            values = np.full((len(FIELDS), 2), np.nan)
            values[:, 1:], values[CLOSE, 0] = appended.values, np.nan if former[1] is None else former[1]
            return Bars(interval, np.array([former[0], appended.stamps[0]]), values)
    held = chunks.span(connection, change.id, interval)
    if held is None:
        return Bars(interval, np.empty(0, np.int64), np.empty((len(FIELDS), 0)))
    near = held[1] - LOOK_BACK_DAYS * (1 if interval.daily else DAY_MS)
    bars = chunks.read(connection, change.id, interval, first=max(held[0], near))
    if len(bars) < min(2, held[2]):
        bars = chunks.read(connection, change.id, interval)
    return bars.rows(slice(-2, None))


def _stored(value: float) -> float | None:
    """Return what SQLite holds: it knows no NaN."""
    return None if math.isnan(value) else float(value)
