"""The log of high records: each that was ever the highest known, and those that were taken back.

An event is never changed or deleted. A record that a correction shows to be false is taken back by a second event that
names the first by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.database import Commit, Connection
from quantperf.market import chunks
from quantperf.market.alarm_events import content_id

__all__ = ["BASES", "add", "audit", "dates", "events"]

BASES = ("raw", "splits")  # numbered in this order


def add(commit: Commit, records: Sequence[tuple[int, str, int, float, int]]) -> None:
    """Log what appended bars set: number and name of the symbol, number of the basis, price and stamp of each."""
    commit.connection.executemany(
        "INSERT INTO high_event VALUES (?, ?, ?, 'record', ?, ?, NULL, 'appended', ?)",
        [
            (_event_id(commit.connection, symbol, id, basis, price, at), id, basis, price, at, commit.seq)
            for id, symbol, basis, price, at in records
        ],
    )


def audit(commit: Commit, id: int, symbol: str, basis: int, records: Sequence[tuple[float, int]], reason: str) -> None:
    """Take back, by id, every record in the log that is none of `records`, and log the last of them if it is new."""
    connection = commit.connection
    live = connection.execute(
        "SELECT id, price, at FROM high_event AS told WHERE sym = ? AND basis = ? AND kind = 'record'"
        " AND NOT EXISTS (SELECT 1 FROM high_event WHERE retracts = told.id)",
        (id, basis),
    ).fetchall()
    true = set(records)
    for event, price, at in live:
        if (price, at) not in true:
            connection.execute(
                "INSERT INTO high_event VALUES (?, ?, ?, 'retraction', ?, ?, ?, ?, ?)",
                (content_id("retraction", event), id, basis, price, at, event, reason, commit.seq),
            )
    if records and records[-1] not in {(price, at) for _, price, at in live}:
        price, at = records[-1]
        connection.execute(
            "INSERT INTO high_event VALUES (?, ?, ?, 'record', ?, ?, NULL, ?, ?)",
            (_event_id(connection, symbol, id, basis, price, at), id, basis, price, at, reason, commit.seq),
        )


def _event_id(connection: Connection, symbol: str, id: int, basis: int, price: float, at: int) -> str:
    """Return a hash of a record; one that comes back after it was taken back is another event."""
    times = connection.execute(
        "SELECT count(*) FROM high_event WHERE sym = ? AND basis = ? AND kind = 'record' AND price = ? AND at = ?",
        (id, basis, price, at),
    ).fetchone()[0]
    return content_id("high", symbol, BASES[basis], float(price).hex(), at, times)


def events(connection: Connection, symbols: Iterable[str] | None = None, seq: int | None = None) -> pd.DataFrame:
    """Return the log of records, as `quantperf.market.reading.Reader.high_events` describes it."""
    wanted = None if symbols is None else set(chunks.symbol_ids(connection, symbols))
    rows = connection.execute(
        "SELECT high_event.id, symbol, high_event.basis, high_event.kind, price, high_event.at, reason, retracts,"
        " ledger.at FROM high_event JOIN sym ON sym.id = high_event.sym JOIN ledger ON ledger.seq = high_event.seq"
        " WHERE high_event.seq <= ? ORDER BY high_event.seq, symbol, high_event.basis, high_event.rowid",
        (2**62 if seq is None else seq,),
    ).fetchall()
    kept = [tuple(row) for row in rows if wanted is None or row[1] in wanted]
    names = ["id", "symbol", "basis", "kind", "price", "recorded_at", "reason", "retracts", "known_at"]
    frame = pd.DataFrame(kept, columns=names)
    frame["basis"] = [BASES[number] for number in frame["basis"]]
    frame["recorded_at"] = dates(frame["recorded_at"].tolist())
    known = frame["known_at"].to_numpy(np.int64).astype("datetime64[ms]")
    frame["known_at"] = pd.DatetimeIndex(known).tz_localize("UTC")
    return frame


def dates(values: Sequence[float | None]) -> npt.NDArray[np.datetime64]:
    """Return days since 1970 as dates; a missing one is NaT."""
    days = np.array(values, np.float64)
    missing = np.isnan(days)
    stamps = np.where(missing, 0, days).astype("datetime64[D]").astype("datetime64[s]")
    stamps[missing] = np.datetime64("NaT")
    return stamps
