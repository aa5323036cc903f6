"""Tables of the price monitor: the state of the rules, the latest quotes, and the log of alerts with their delivery.

State, quote and alerts of a step are written in one commit, and an alert's id is a hash of what it says. So whoever
runs the same quotes again, after a crash or beside another process, finds the state past them and raises nothing twice.

Delivery is at least once: a row is claimed for a while, handed out, and marked. Who dies in between leaves a claim that
runs out, and the row is handed out again with its id; `Once` drops what a receiver has seen.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from quantperf.database import Commit, Connection, Database
from quantperf.errors import ParameterError
from quantperf.events import Event
from quantperf.market.alarm_events import Alert, Outcome, Quote, Retraction
from quantperf.market.alarms import State

__all__ = ["SCHEMA", "AlertRaised", "AlertRetracted", "Once", "claim", "keep", "settle", "states", "table"]

SCHEMA = (
    """
    CREATE TABLE alarm(
        policy TEXT NOT NULL, symbol TEXT NOT NULL, state TEXT NOT NULL, seq INTEGER NOT NULL,
        PRIMARY KEY(policy, symbol)
    ) WITHOUT ROWID;
    CREATE TABLE quote(
        symbol TEXT PRIMARY KEY, at INTEGER NOT NULL, serial INTEGER NOT NULL, price REAL NOT NULL, volume REAL,
        session INTEGER NOT NULL, seq INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE alert(
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, symbol TEXT NOT NULL, alert_type TEXT NOT NULL,
        base_type TEXT, severity TEXT, base_price REAL, current_price REAL, threshold_percent REAL, actual_percent REAL,
        base_time INTEGER, triggered_at INTEGER, known_at INTEGER NOT NULL, policy TEXT, retracts TEXT,
        seq INTEGER NOT NULL, delivered_at INTEGER, lease_by TEXT, lease_until INTEGER, attempts INTEGER NOT NULL,
        error TEXT
    );
    CREATE INDEX alert_due ON alert(number) WHERE delivered_at IS NULL;
    CREATE INDEX alert_retracts ON alert(retracts) WHERE retracts IS NOT NULL;
    """,
)

LOGGED = tuple(field.name for field in fields(Alert))
TIMES = ("base_time", "triggered_at", "known_at", "delivered_at")
REMEMBERED = 10_000  # ids that a receiver keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised(Event):
    """An alert was committed to the store."""

    alert: Alert
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRetracted(Event):
    """An alert was taken back."""

    retraction: Retraction
    seq: int


class Once:
    """Hand each alert on once: a receiver that drops the ids it knows.

    Parameters
    ----------
    sink : callable
        Gets each alert or retraction.
    remembered : int, default 10000
        Ids that are kept; beyond, the oldest is dropped and counted.

    Attributes
    ----------
    repeats, forgotten : int
        How many were dropped because they were known, and how many ids were dropped for want of room.

    Examples
    --------
    >>> heard = []
    >>> receive = Once(heard.append)
    >>> retraction = Retraction("f00d", "beef", "AAPL", 0)
    >>> receive(retraction); receive(retraction)
    >>> len(heard), receive.repeats
    (1, 1)
    """

    def __init__(self, sink: Callable[[Alert | Retraction], object], remembered: int = REMEMBERED) -> None:
        if isinstance(remembered, bool) or not isinstance(remembered, int) or remembered < 1:
            raise ParameterError(f"remembered must be a whole number of at least 1, got {remembered!r}")
        self._sink = sink
        self._remembered = remembered
        self._ids: OrderedDict[str, None] = OrderedDict()
        self.repeats = 0
        self.forgotten = 0

    def __call__(self, alert: Alert | Retraction) -> None:
        """Hand on what is new; an id counts as known only when that succeeded."""
        if alert.id in self._ids:
            self.repeats += 1
            return
        self._sink(alert)
        self._ids[alert.id] = None
        if len(self._ids) > self._remembered:
            self._ids.popitem(last=False)
            self.forgotten += 1


def states(connection: Connection, policy: str, symbols: Iterable[str]) -> dict[str, State]:
    """Return what the rules of a policy remember of some symbols."""
    found = {}
    for symbol in symbols:
        row = connection.execute("SELECT state FROM alarm WHERE policy = ? AND symbol = ?", (policy, symbol)).fetchone()
        found[symbol] = State(symbol) if row is None else State.from_dict(json.loads(row[0]))
    return found


def keep(
    commit: Commit,
    policy: str,
    changed: Mapping[str, State],
    quotes: Sequence[tuple[Quote, float]],
    outcomes: Iterable[Outcome],
) -> list[Alert | Retraction]:
    """Write what a step left, and return the alerts and retractions that are new.

    Parameters
    ----------
    commit : Commit
        The transaction; all of it is in this one.
    policy : str
        Version of the policy.
    changed : mapping of str to State
        By symbol.
    quotes : sequence of (Quote, float)
        Those that were taken, with their volumes.
    outcomes : iterable of Alert, Retraction or Ignored
        What came of them.
    """
    connection = commit.connection
    connection.executemany(
        "INSERT OR REPLACE INTO alarm VALUES (?, ?, ?, ?)",
        [(policy, symbol, json.dumps(state.to_dict()), commit.seq) for symbol, state in changed.items()],
    )
    connection.executemany(
        "INSERT INTO quote VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(symbol) DO UPDATE SET at = excluded.at,"
        " serial = excluded.serial, price = excluded.price, volume = excluded.volume, session = excluded.session,"
        " seq = excluded.seq WHERE (excluded.at, excluded.serial) >= (quote.at, quote.serial)",
        [
            (
                quote.symbol,
                quote.at,
                quote.serial,
                quote.price,
                None if np.isnan(volume) else volume,
                quote.session,
                commit.seq,
            )
            for quote, volume in quotes
        ],
    )
    names = ", ".join(LOGGED)
    places = ", ".join("?" * len(LOGGED))
    fresh: list[Alert | Retraction] = []
    for each in outcomes:
        if isinstance(each, Alert):
            cursor = connection.execute(
                f"INSERT OR IGNORE INTO alert({names}, seq, attempts) VALUES ({places}, ?, 0)",
                (*astuple(each), commit.seq),
            )
        elif isinstance(each, Retraction):
            cursor = connection.execute(
                "INSERT OR IGNORE INTO alert(id, symbol, alert_type, known_at, policy, retracts, seq, attempts)"
                " VALUES (?, ?, 'retraction', ?, ?, ?, ?, 0)",
                (each.id, each.symbol, each.known_at, policy, each.retracts, commit.seq),
            )
        else:
            continue
        if cursor.rowcount:
            fresh.append(each)
    return fresh


def latest_quote(connection: Connection, symbol: str) -> tuple[float, int, int, float] | None:
    """Return price, time, session and volume of the latest quote of a symbol, or None."""
    row = connection.execute("SELECT price, at, session, volume FROM quote WHERE symbol = ?", (symbol,)).fetchone()
    return None if row is None else (row[0], row[1], row[2], np.nan if row[3] is None else row[3])


def claim(database: Database, who: str, now: int, lease: int, limit: int) -> list[Alert | Retraction]:
    """Claim alerts that nobody has delivered or is delivering, the oldest first.

    Parameters
    ----------
    database : Database
        Of the store.
    who : str
        Who claims them; unique.
    now, lease : int
        The time, and for how long they are claimed, in milliseconds.
    limit : int
        At most so many.
    """
    names = ", ".join(LOGGED)
    with database.writing() as connection:
        rows = connection.execute(
            f"SELECT number, {names}, retracts FROM alert WHERE delivered_at IS NULL"
            " AND (lease_until IS NULL OR lease_until <= ?) ORDER BY number LIMIT ?",
            (now, limit),
        ).fetchall()
        connection.executemany(
            "UPDATE alert SET lease_by = ?, lease_until = ?, attempts = attempts + 1 WHERE number = ?",
            [(who, now + lease, row["number"]) for row in rows],
        )
    return [_alert(row) for row in rows]


def settle(database: Database, who: str, now: int, id: str, error: str | None = None) -> bool:
    """Mark a claimed alert as delivered, or free it with the error; return whether the claim still stood."""
    with database.writing() as connection:
        if error is None:
            cursor = connection.execute(
                "UPDATE alert SET delivered_at = ?, lease_by = NULL, lease_until = NULL, error = NULL"
                " WHERE id = ? AND lease_by = ? AND delivered_at IS NULL",
                (now, id, who),
            )
        else:
            cursor = connection.execute(
                "UPDATE alert SET lease_by = NULL, lease_until = NULL, error = ? WHERE id = ? AND lease_by = ?",
                (error, id, who),
            )
    return bool(cursor.rowcount)


def table(
    connection: Connection, symbols: Sequence[str] | None = None, policy: str | None = None, seq: int | None = None
) -> pd.DataFrame:
    """Return the log of alerts, a row each in the order of raising, as `PriceMonitor.alerts` describes it."""
    names = ", ".join(f"alert.{name}" for name in LOGGED)
    limit = 2**62 if seq is None else seq
    rows = connection.execute(
        f"SELECT {names}, gone.known_at AS retracted_at, alert.delivered_at, alert.attempts FROM alert"
        " LEFT JOIN alert AS gone ON gone.retracts = alert.id AND gone.seq <= ?"
        " WHERE alert.retracts IS NULL AND alert.seq <= ? AND (? IS NULL OR alert.policy = ?) ORDER BY alert.number",
        (limit, limit, policy, policy),
    ).fetchall()
    wanted = None if symbols is None else set(symbols)
    kept = [tuple(row) for row in rows if wanted is None or row["symbol"] in wanted]
    frame = pd.DataFrame(kept, columns=[*LOGGED, "retracted_at", "delivered_at", "attempts"])
    for name in (*TIMES, "retracted_at"):
        frame[name] = moments(frame[name].tolist())
    return frame


def moments(stamps: Sequence[float | None]) -> pd.DatetimeIndex:
    """Return milliseconds as moments in UTC; a missing one is NaT."""
    values = [None if stamp is None or stamp != stamp else np.datetime64(int(stamp), "ms") for stamp in stamps]
    return pd.DatetimeIndex(np.array(values, dtype="datetime64[ms]")).tz_localize("UTC")


def _alert(row: Any) -> Alert | Retraction:
    if row["retracts"] is not None:
        return Retraction(row["id"], row["retracts"], row["symbol"], row["known_at"])
    return Alert(*(row[name] for name in LOGGED))
