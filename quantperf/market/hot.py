"""Bars of sessions that have not ended: rows, which are written again with every look at a source.

They are provisional: no version of them is kept, and neither chunks nor panels hold them. A bar is *complete* when its
time is over, and *final* when its session is. At the end of a session the complete ones are folded into the chunks; a
bar that was caught half way (the process ended, say) never is: it would be a wrong bar for ever, where a missing one is
fetched. A final bar of the same stamp, or of a later one, takes the provisional ones away. A symbol has bars of its
latest session only, so that the table stays small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from quantperf.database import Commit, Connection
from quantperf.market import chunks, highs
from quantperf.market.columns import FIELDS
from quantperf.market.history import DAY_MS, Bars, Interval

__all__ = [
    "SCHEMA",
    "Live",
    "after_write",
    "by_basis",
    "complete",
    "earlier",
    "forget",
    "is_stale",
    "joined",
    "keep",
    "read",
]

SCHEMA = (
    """
    CREATE TABLE hot(
        interval INTEGER NOT NULL, sym INTEGER NOT NULL, ts INTEGER NOT NULL, o REAL, h REAL, l REAL, c REAL, v REAL,
        complete INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(interval, sym, ts)
    ) WITHOUT ROWID;
    """,
)

CLOSE = FIELDS.index("close")


@dataclass(frozen=True, slots=True)
class Live:
    """What a write of provisional bars did.

    Attributes
    ----------
    seqs : tuple of int
        The commits that were made; none if nothing changed.
    kept : int
        Provisional bars that are new or have changed.
    stale : tuple of str
        Symbols of which a bar was left out, since a final bar of its stamp or of a later one is stored.
    folded : tuple of str
        Symbols of which complete bars of an earlier session became final.
    dropped : int
        Bars of earlier sessions that were never complete, and were removed.
    """

    seqs: tuple[int, ...] = ()
    kept: int = 0
    stale: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    dropped: int = 0

    def and_(self, other: Live) -> Live:
        """Return what two writes did together."""
        return Live(
            self.seqs + other.seqs,
            self.kept + other.kept,
            self.stale + other.stale,
            self.folded + other.folded,
            self.dropped + other.dropped,
        )


def keep(commit: Commit, id: int, bars: Bars) -> int:
    """Write provisional bars of a symbol, and return how many are new or have changed.

    Parameters
    ----------
    commit : Commit
        The transaction; its time tells which bars are complete.
    id : int
        The symbol's number.
    bars : Bars
        In strictly ascending order; those at or before the last final one are left out.
    """
    held = chunks.span(commit.connection, id, bars.interval)
    bars = bars if held is None else bars.rows(bars.stamps > held[1])
    if not len(bars):
        return 0
    key = (bars.interval.number, id)
    before = {
        row[0]: tuple(row)[1:]
        for row in commit.connection.execute(
            "SELECT ts, o, h, l, c, v, complete FROM hot WHERE interval = ? AND sym = ? AND ts >= ?",
            (*key, int(bars.stamps[0])),
        )
    }
    over = np.zeros(len(bars), bool) if bars.interval.daily else bars.stamps + bars.interval.milliseconds <= commit.at
    rows = [
        (int(stamp), *(None if np.isnan(value) else float(value) for value in values), int(done))
        for stamp, values, done in zip(bars.stamps, bars.values.T, over, strict=True)
    ]
    fresh = [row for row in rows if before.get(row[0]) != row[1:]]
    commit.connection.executemany(
        "INSERT OR REPLACE INTO hot VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [(*key, *row, commit.seq) for row in fresh]
    )
    if fresh:
        _note_latest(commit, id, bars.interval)
        _note_session(commit, id, bars.interval)
    return len(fresh)


def is_stale(connection: Connection, id: int, bars: Bars) -> bool:
    """Return whether one of the bars is not later than the last final one."""
    held = chunks.span(connection, id, bars.interval)
    return held is not None and bool(len(bars)) and bool(bars.stamps[0] <= held[1])


def read(
    connection: Connection, id: int, interval: Interval, first: int | None = None, last: int | None = None
) -> Bars:
    """Return a symbol's provisional bars, from one stamp to another, both included."""
    rows = connection.execute(
        "SELECT ts, o, h, l, c, v FROM hot WHERE interval = ? AND sym = ? AND ts BETWEEN ? AND ? ORDER BY ts",
        (interval.number, id, -(2**62) if first is None else first, 2**62 if last is None else last),
    ).fetchall()
    return _bars(interval, [tuple(row) for row in rows])


def joined(final: Bars, provisional: Bars) -> Bars:
    """Return final bars and the provisional ones behind them."""
    return Bars(
        final.interval,
        np.concatenate([final.stamps, provisional.stamps]),
        np.hstack([final.values, provisional.values]),
    )


def complete(
    connection: Connection, interval: Interval, until: int, ids: Iterable[int] | None = None
) -> dict[int, Bars]:
    """Return the complete bars up to a stamp, by the number of the symbol."""
    rows = connection.execute(
        "SELECT sym, ts, o, h, l, c, v FROM hot WHERE interval = ? AND ts <= ? AND complete ORDER BY sym, ts",
        (interval.number, until),
    )
    wanted = None if ids is None else set(ids)
    found: dict[int, list[tuple[float | None, ...]]] = {}
    for row in rows:
        if wanted is None or row[0] in wanted:
            found.setdefault(row[0], []).append(tuple(row)[1:])
    return {id: _bars(interval, each) for id, each in found.items()}


def earlier(commit: Commit, interval: Interval, ids: Sequence[int]) -> tuple[dict[int, Bars], int]:
    """Return the complete bars of sessions before the latest one, after removing the others of them, and their count.

    No session is longer than a day: what is a day older than the newest bar is of an earlier one.
    """
    day = 1 if interval.daily else DAY_MS
    found, dropped = {}, 0
    for id in ids:
        newest = commit.connection.execute(
            "SELECT max(ts) FROM hot WHERE interval = ? AND sym = ?", (interval.number, id)
        ).fetchone()[0]
        if newest is None:
            continue
        key = (interval.number, id, newest - day)
        cursor = commit.connection.execute(
            "DELETE FROM hot WHERE interval = ? AND sym = ? AND ts <= ? AND NOT complete", key
        )
        dropped += cursor.rowcount
        found.update(complete(commit.connection, interval, newest - day, [id]))
    return found, dropped


def forget(commit: Commit, id: int, interval: Interval, until: int) -> int:
    """Remove the provisional bars up to a stamp, and return how many of them were not complete.

    The latest bar goes too if it was one of them; to be called before the final bars are written, which replace it.
    """
    key = (interval.number, id, until)
    where = "WHERE interval = ? AND sym = ? AND ts <= ?"
    count = commit.connection.execute(f"SELECT count(*) FROM hot {where} AND NOT complete", key).fetchone()[0]
    commit.connection.execute(f"DELETE FROM hot {where}", key)
    commit.connection.execute(f"DELETE FROM latest {where} AND NOT final", key)
    return int(count)


def after_write(commit: Commit, changes: Sequence[chunks.Change]) -> None:
    """Remove the provisional bars for which, or behind which, there is a final one now."""
    held = {tuple(row) for row in commit.connection.execute("SELECT DISTINCT interval, sym FROM hot")}
    for change in changes:
        if len(change.appended) and (change.interval.number, change.id) in held:
            forget(commit, change.id, change.interval, int(change.appended.stamps[-1]))
            _note_session(commit, change.id, change.interval)


def _note_latest(commit: Commit, id: int, interval: Interval) -> None:
    """Make the last provisional bar the latest, with the close before it."""
    last, *before = commit.connection.execute(
        "SELECT ts, o, h, l, c, v FROM hot WHERE interval = ? AND sym = ? ORDER BY ts DESC LIMIT 2",
        (interval.number, id),
    ).fetchall()
    if before:
        previous = before[0][1 + CLOSE]
    else:
        held = chunks.span(commit.connection, id, interval)
        final = None if held is None else chunks.read(commit.connection, id, interval, held[1]).values[CLOSE, -1]
        previous = None if final is None or np.isnan(final) else float(final)
    commit.connection.execute(
        "INSERT OR REPLACE INTO latest VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
        (interval.number, id, *last, previous, commit.seq),
    )


def _note_session(commit: Commit, id: int, interval: Interval) -> None:
    """Tell the highs of the session that has not ended."""
    bars = read(commit.connection, id, interval)
    if not len(bars):
        return
    if interval.daily:
        highs.session_so_far(commit, id, int(bars.stamps[-1]), bars.rows(slice(-1, None)))
        return
    zone = commit.connection.execute("SELECT zone FROM sym WHERE id = ?", (id,)).fetchone()[0]
    wall = bars.index().tz_convert(ZoneInfo(zone or "UTC")).tz_localize(None)
    days = wall.to_numpy().astype("datetime64[D]").astype(np.int64)
    highs.session_so_far(commit, id, int(days[-1]), bars.rows(days == days[-1]))


def _bars(interval: Interval, rows: Sequence[tuple[float | None, ...]]) -> Bars:
    stamps = np.array([row[0] for row in rows], np.int64)
    values = np.array([row[1:] for row in rows], np.float64).reshape(-1, len(FIELDS)).T
    return Bars(interval, stamps, np.ascontiguousarray(values))


def by_basis(connection: Connection, bars: Mapping[int, Bars]) -> dict[str, dict[str, Bars]]:
    """Return bars by the basis and the name of the symbol."""
    found: dict[str, dict[str, Bars]] = {}
    for id, each in bars.items():
        row = connection.execute("SELECT symbol, basis FROM sym WHERE id = ?", (id,)).fetchone()
        found.setdefault(row["basis"], {})[row["symbol"]] = each
    return found
