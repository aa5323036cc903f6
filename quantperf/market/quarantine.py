"""Bars that were refused, kept until somebody decides, and flags on bars that were kept.

A refused bar waits here with the code of what is wrong with it (`quantperf.market.validation`, or ``mismatch`` of
`quantperf.market.reconcile`), and changes nothing that is stored. It leaves by hand, accepted or not, or when a bar of
its stamp is served that is stored: then it is ``superseded``. Nothing is deleted, so that it can be told why a
bar is as it is; the same bar refused again for the same reason is no second row.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from quantperf.database import Commit, Connection, moment_of
from quantperf.errors import DataError, ParameterError
from quantperf.market import chunks
from quantperf.market.columns import FIELDS
from quantperf.market.history import DAY_MS, INTERVALS, Bars, Interval, StampArray

if TYPE_CHECKING:
    from quantperf.market.store import Store

__all__ = ["SCHEMA", "flag", "flags", "put", "resolve", "rows_of", "supersede", "table"]

SCHEMA = (
    """
    CREATE TABLE quarantine(
        id INTEGER PRIMARY KEY, sym INTEGER NOT NULL, interval INTEGER NOT NULL, ts INTEGER NOT NULL,
        code TEXT NOT NULL, row TEXT NOT NULL, source TEXT NOT NULL, seq INTEGER NOT NULL, resolved INTEGER, how TEXT
    );
    CREATE UNIQUE INDEX quarantine_once ON quarantine(sym, interval, ts, code, row, source);
    CREATE TABLE flag(
        sym INTEGER NOT NULL, interval INTEGER NOT NULL, ts INTEGER NOT NULL, code TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY(sym, interval, ts, code)
    ) WITHOUT ROWID;
    """,
)

ACCEPTED = "accepted"
_BY_NUMBER = {each.number: each for each in INTERVALS.values()}


def put(commit: Commit, id: int, bars: Bars, codes: Sequence[str], source: str) -> int:
    """Put refused bars aside, each with its codes, and return how many were not there already."""
    rows = [
        (id, bars.interval.number, int(stamp), code, json.dumps(values), source, commit.seq)
        for stamp, values, code in zip(bars.stamps, bars.values.T.tolist(), codes, strict=True)
    ]
    before = commit.connection.total_changes
    commit.connection.executemany(
        "INSERT OR IGNORE INTO quarantine(sym, interval, ts, code, row, source, seq) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
    )
    return commit.connection.total_changes - before


def supersede(commit: Commit, id: int, interval: Interval, stamps: StampArray) -> None:
    """Note that bars of these stamps were served again and stored."""
    if not len(stamps):
        return
    waiting = commit.connection.execute(
        "SELECT id, ts FROM quarantine WHERE sym = ? AND interval = ? AND resolved IS NULL", (id, interval.number)
    ).fetchall()
    stored = set(stamps.tolist()) if waiting else set()
    commit.connection.executemany(
        "UPDATE quarantine SET resolved = ?, how = 'superseded' WHERE id = ?",
        [(commit.seq, row["id"]) for row in waiting if row["ts"] in stored],
    )


def table(
    connection: Connection, symbols: Sequence[str] | None = None, *, resolved: bool = False, seq: int | None = None
) -> pd.DataFrame:
    """Return one row a refused bar; described at `quantperf.market.reading.Reader.quarantined`."""
    names = {id: symbol for symbol, id in chunks.symbol_ids(connection, symbols).items()}
    known = 2**62 if seq is None else seq
    found = [
        row
        for row in connection.execute(
            "SELECT quarantine.id, sym, interval, ts, code, row, quarantine.source, at, resolved, how FROM quarantine"
            " JOIN ledger ON ledger.seq = quarantine.seq WHERE quarantine.seq <= ? ORDER BY quarantine.id",
            (known,),
        )
        if row["sym"] in names and (resolved or row["resolved"] is None or row["resolved"] > known)
    ]
    values = np.array([json.loads(row["row"]) for row in found], dtype=np.float64).reshape(-1, len(FIELDS))
    frame = pd.DataFrame(
        values, columns=list(FIELDS), index=pd.Index([row["id"] for row in found], name="id", dtype=np.int64)
    )
    frame.insert(0, "symbol", pd.Series([names[row["sym"]] for row in found], index=frame.index, dtype="str"))
    frame.insert(
        1, "interval", pd.Series([_BY_NUMBER[row["interval"]].name for row in found], frame.index, dtype="str")
    )
    frame.insert(2, "at", _moments([(row["interval"], row["ts"]) for row in found]))
    frame.insert(3, "code", pd.Series([row["code"] for row in found], frame.index, dtype="str"))
    frame["source"] = pd.Series([row["source"] for row in found], frame.index, dtype="str")
    frame["known_at"] = pd.DatetimeIndex([moment_of(row["at"]) for row in found], tz="UTC")
    if resolved:
        until = [row["how"] if row["resolved"] is not None and row["resolved"] <= known else None for row in found]
        frame["resolved"] = pd.Series(until, frame.index, dtype="str")
    return frame


def rows_of(connection: Connection, ids: Iterable[int]) -> dict[tuple[int, str, Interval], Bars]:
    """Return the waiting bars of these ids by symbol and interval, ascending.

    Raises
    ------
    ParameterError
        If an id is not that of a bar that waits, or two are of one stamp.
    """
    groups: dict[tuple[int, str, Interval], dict[int, list[float]]] = {}
    for id in ids:
        row = connection.execute(
            "SELECT sym, symbol, interval, ts, row, resolved FROM quarantine JOIN sym ON sym.id = sym"
            " WHERE quarantine.id = ?",
            (int(id),),
        ).fetchone()
        if row is None or row["resolved"] is not None:
            state = "no bar" if row is None else "a bar that is resolved already"
            raise ParameterError(f"ids must be of bars in quarantine, {id!r} is of {state}; see store.quarantined()")
        group = groups.setdefault((row["sym"], row["symbol"], _BY_NUMBER[row["interval"]]), {})
        if row["ts"] in group:
            raise ParameterError(
                f"ids must name one bar a stamp, {id!r} is a second one of {row['symbol']}; choose one"
            )
        group[row["ts"]] = json.loads(row["row"])
    made = {}
    for key, group in groups.items():
        stamps = np.array(sorted(group), np.int64)
        made[key] = Bars(
            key[2], stamps, np.array([group[stamp] for stamp in stamps.tolist()]).T.reshape(len(FIELDS), -1)
        )
    return made


def resolve(
    store: Store, ids: int | Iterable[int], *, accept: bool
) -> tuple[tuple[int, ...], tuple[str, ...], tuple[str, ...]]:
    """Do what `quantperf.market.store.Store.resolve` describes; return commits, changed and unchanged symbols."""
    if not isinstance(accept, bool):
        raise ParameterError(f"accept must be True or False, got {accept!r}")
    chosen = [ids] if isinstance(ids, int) else list(dict.fromkeys(int(id) for id in ids))
    changed: list[str] = []
    with store.database.commit("resolution", "hand") as commit:
        groups = rows_of(commit.connection, chosen)
        for (id, symbol, interval), bars in groups.items():
            if accept:
                refuse_unfit(symbol, bars)
                basis = commit.connection.execute("SELECT basis FROM sym WHERE id = ?", (id,)).fetchone()[0]
                changed += [change.symbol for change in store.write_in(commit, {symbol: bars}, basis=basis)]
                flag(commit, id, interval, {int(stamp): (ACCEPTED,) for stamp in bars.stamps})
        settle(commit, chosen, ACCEPTED if accept else "left")
        commit.void = not chosen
    unchanged = [symbol for _, symbol, _ in groups if symbol not in changed]
    return (commit.seq,) if chosen else (), tuple(dict.fromkeys(changed)), tuple(dict.fromkeys(unchanged))


def settle(commit: Commit, ids: Iterable[int], how: str) -> None:
    """Note what was decided."""
    commit.connection.executemany(
        "UPDATE quarantine SET resolved = ?, how = ? WHERE id = ?", [(commit.seq, how, int(id)) for id in ids]
    )


def refuse_unfit(symbol: str, bars: Bars) -> None:
    """Raise a DataError for a bar that cannot be accepted, whoever wishes to."""
    prices = bars.values[:4]
    unfit = ~(np.isfinite(prices).all(axis=0)) | np.isinf(bars.values[4])
    if unfit.any():
        raise DataError(
            f"{symbol}: a bar must have four finite prices to be accepted, got {prices[:, np.argmax(unfit)].tolist()}; "
            "resolve it with accept=False, and write the right bar with Store.add"
        )


def flag(commit: Commit, id: int, interval: Interval, marks: Mapping[int, Iterable[str]]) -> int:
    """Flag bars by stamp, and return how many flags are new."""
    before = commit.connection.total_changes
    commit.connection.executemany(
        "INSERT OR IGNORE INTO flag VALUES (?, ?, ?, ?, ?)",
        [(id, interval.number, int(stamp), code, commit.seq) for stamp, codes in marks.items() for code in codes],
    )
    return commit.connection.total_changes - before


def flags(connection: Connection, symbols: Sequence[str] | None = None, seq: int | None = None) -> pd.DataFrame:
    """Return one row a flag: symbol, interval, at, code."""
    names = {id: symbol for symbol, id in chunks.symbol_ids(connection, symbols).items()}
    found = [
        (names[row["sym"]], _BY_NUMBER[row["interval"]].name, (row["interval"], row["ts"]), row["code"])
        for row in connection.execute(
            "SELECT * FROM flag WHERE seq <= ? ORDER BY sym, interval, ts, code", (2**62 if seq is None else seq,)
        )
        if row["sym"] in names
    ]
    frame = pd.DataFrame(found, columns=["symbol", "interval", "at", "code"])
    frame["at"] = _moments([row[2] for row in found])
    return frame.astype({"symbol": "str", "interval": "str", "code": "str"})


def _moments(stamps: Sequence[tuple[int, int]]) -> Any:
    """Return stamps of several intervals as moments in UTC; that of a date is its midnight."""
    units = [DAY_MS if _BY_NUMBER[number].daily else 1 for number, _ in stamps]
    milliseconds = np.array([stamp * unit for (_, stamp), unit in zip(stamps, units, strict=True)], np.int64)
    return pd.DatetimeIndex(milliseconds.astype("datetime64[ms]").astype("datetime64[us]")).tz_localize("UTC")
