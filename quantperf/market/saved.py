"""Records of events kept in the store: signals, or any frame whose rows have an id and say when they were known.

A record is written once: its id is a hash of its content, so saving the same rows again, after a longer run or from
another process, adds nothing. A row is a list of values in JSON beside what is asked for; floats come back bit for bit,
and a column has the dtype with which it was saved.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from quantperf.database import Commit, Connection, Database
from quantperf.errors import DataError
from quantperf.market.columns import readable_labels

__all__ = ["SCHEMA", "Saved", "load", "save"]

SCHEMA = (
    """
    CREATE TABLE layout(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, columns TEXT NOT NULL, UNIQUE(kind, columns));
    CREATE TABLE record(
        kind TEXT NOT NULL, id TEXT NOT NULL, symbol TEXT NOT NULL, known_at INTEGER NOT NULL, layout INTEGER NOT NULL,
        body TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(kind, id)
    ) WITHOUT ROWID;
    CREATE INDEX record_known ON record(kind, known_at);
    """,
)

NEEDED = ("id", "symbol", "known_at")
RECORDS_A_COMMIT = 10_000


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving did.

    Attributes
    ----------
    new : int
        Records that were written.
    known : int
        Records that the store had already.
    """

    new: int
    known: int


def save(database: Database, records: pd.DataFrame, kind: str) -> Saved:
    """Write the records that are not there yet; `quantperf.market.store.Store.save` describes it."""
    known_at = _refuse(records, kind)
    columns = [(str(name), str(dtype)) for name, dtype in records.dtypes.items()]
    values = [_plain(records.iloc[:, place]) for place in range(len(columns))]
    rows = [json.dumps(row, separators=(",", ":"), allow_nan=False) for row in zip(*values, strict=True)]
    keys = list(zip(records["id"], records["symbol"], known_at, rows, strict=True))
    new = 0
    for start in range(0, len(keys), RECORDS_A_COMMIT):
        with database.commit(f"saved {kind}") as commit:
            added = _insert(commit, kind, json.dumps(columns), keys[start : start + RECORDS_A_COMMIT])
            commit.void = not added
        new += added
    return Saved(new, len(keys) - new)


def load(
    connection: Connection,
    kind: str,
    symbol: str | None,
    since: int | None,
    until: int | None,
    seq: int | None,
) -> pd.DataFrame:
    """Return the records of a kind in the order in which they were known."""
    wanted = {
        "kind = ?": kind, "symbol = ?": symbol, "known_at >= ?": since, "known_at <= ?": until, "seq <= ?": seq
    }  # fmt: skip
    asked = {clause: value for clause, value in wanted.items() if value is not None}
    found = connection.execute(
        f"SELECT layout, body, known_at FROM record WHERE {' AND '.join(asked)} ORDER BY known_at, symbol, id",
        list(asked.values()),
    ).fetchall()
    layouts = {
        row["id"]: json.loads(row["columns"])
        for row in connection.execute("SELECT id, columns FROM layout WHERE kind = ? ORDER BY id", (kind,))
    }
    frames = []
    for layout, columns in layouts.items():
        places = [place for place, row in enumerate(found) if row["layout"] == layout]
        if places or len(layouts) == 1:
            frames.append(_frame([json.loads(found[place]["body"]) for place in places], columns, places))
    if not frames:
        return pd.DataFrame(columns=list(NEEDED))
    return (pd.concat(frames) if len(frames) > 1 else frames[0]).sort_index(kind="stable").reset_index(drop=True)


def _insert(commit: Commit, kind: str, columns: str, keys: list[tuple[str, str, int, str]]) -> int:
    """Insert what is not there, and return how many records that were."""
    connection = commit.connection
    connection.execute("INSERT OR IGNORE INTO layout(kind, columns) VALUES (?, ?)", (kind, columns))
    found = connection.execute("SELECT id FROM layout WHERE kind = ? AND columns = ?", (kind, columns)).fetchone()
    before = connection.total_changes
    connection.executemany(
        "INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(kind, id, symbol, known_at, found[0], body, commit.seq) for id, symbol, known_at, body in keys],
    )
    return connection.total_changes - before


def _refuse(records: object, kind: str) -> list[int]:
    """Return milliseconds of known_at, or raise a DataError for what is no frame of records."""
    if not isinstance(records, pd.DataFrame):
        raise DataError(f"{kind} must be a frame of records, got {type(records).__name__}")
    lacking = [name for name in NEEDED if name not in records]
    if lacking:
        raise DataError(f"{kind} must have the columns {', '.join(NEEDED)}, got {readable_labels(records)}")
    known_at = records["known_at"]
    if not isinstance(known_at.dtype, pd.DatetimeTZDtype) or bool(known_at.isna().any()):
        raise DataError(
            f"known_at must hold moments with a time zone, none missing, got {known_at.dtype}; numbered bars cannot be "
            "placed in time"
        )
    if bool(records["id"].isna().any()) or bool(records["id"].duplicated().any()):
        raise DataError("id must be there and differ in each row; drop rows with records.drop_duplicates('id')")
    milliseconds: list[int] = known_at.dt.tz_convert("UTC").dt.as_unit("ms").astype("int64").tolist()
    return milliseconds


def _plain(column: pd.Series[Any]) -> list[Any]:
    """Return the values of a column as JSON has them; a missing one is null, a stamp counts units of its dtype."""
    missing = column.isna().to_numpy()
    dtype = column.dtype
    if isinstance(dtype, pd.DatetimeTZDtype) or dtype.kind in "mM":
        values = column.astype("int64").tolist()
    elif dtype.kind in "biuf" or isinstance(dtype, pd.StringDtype):
        values = column.tolist()
    else:
        raise DataError(f"column {column.name!r} must hold numbers, text, truth or stamps, got {dtype}; convert it")
    if dtype.kind == "f" and bool(np.isinf(column.to_numpy(dtype=np.float64, na_value=np.nan)).any()):
        raise DataError(f"column {column.name!r} must be finite or missing, got an infinite value")
    return [None if gone else value for value, gone in zip(values, missing, strict=True)]


def _frame(rows: list[list[Any]], columns: list[tuple[str, str]], places: list[int]) -> pd.DataFrame:
    """Return rows as a frame with the dtypes with which they were saved."""
    values = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
    made = {name: _typed(list(column), dtype) for (name, dtype), column in zip(columns, values, strict=True)}
    return pd.DataFrame(made).set_axis(pd.Index(places, dtype="int64"))


def _typed(values: list[Any], dtype: Any) -> Any:
    if dtype.startswith(("datetime64", "timedelta64")):
        nothing = np.iinfo(np.int64).min  # as numpy writes NaT
        return pd.Series([nothing if value is None else value for value in values], dtype="int64").astype(dtype)
    return pd.Series(values, dtype=dtype)
