"""Splits and dividends: the table of them, and prices adjusted by it.

An action is kept as it was on its ex-date: new shares for one old share, or the amount a share in the money and the
shares of that day. When a source corrects one, its row ends and another begins, so that `as_of` knows both. What a
source no longer reports stays: that a list is shorter today is no evidence that something did not happen.

Prices are converted on reading, from the basis on which they are stored to the one that is asked for:

==========  ==========================================================================================================
``none``    as traded on the day
``splits``  in today's shares: a price before a split of s new shares for one is divided by s, its volume multiplied
``total``   and for each dividend d, prices before its ex-date times 1 - d / (close of the session before), as Yahoo
            describes the multiplier of its adjusted close ("What is the adjusted close?", Yahoo Finance help, after
            the standards of CRSP). The publisher of the bundled sample used 1 / (1 + d / close on the ex-date)
            instead: nearly the same, and not equal
==========  ==========================================================================================================

The close before a dividend is the last one that is there; a dividend before the first bar touches nothing. One that is
not below that close makes earlier prices unknown, not negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from quantperf.database import Commit, Connection
from quantperf.errors import one_of
from quantperf.market import chunks
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import Action, Bars, StampArray

__all__ = ["ADJUST", "SCHEMA", "Adjust", "adjusted", "convert", "factors", "read", "record", "table"]

Adjust: TypeAlias = Literal["none", "splits", "total"]
ADJUST = ("none", "splits", "total")
SAME_EVENT = 7  # days within which two splits of one value are one, told with two dates
CLOSE, VOLUME = FIELDS.index("close"), FIELDS.index("volume")

SCHEMA = (
    """
    CREATE TABLE action(
        sym INTEGER NOT NULL, date INTEGER NOT NULL, kind TEXT NOT NULL, value REAL NOT NULL, seq INTEGER NOT NULL,
        until INTEGER
    );
    CREATE UNIQUE INDEX action_now ON action(sym, date, kind) WHERE until IS NULL;
    CREATE INDEX action_sym ON action(sym, date);
    """,
)


def read(connection: Connection, id: int, seq: int | None = None) -> tuple[Action, ...]:
    """Return a symbol's actions by date, as they are or as they were known at a commit."""
    rows = connection.execute(
        "SELECT kind, date, value FROM action WHERE sym = ? AND "
        + ("until IS NULL" if seq is None else "seq <= ? AND (until IS NULL OR until > ?)")
        + " ORDER BY date, kind",
        (id,) if seq is None else (id, seq, seq),
    )
    return tuple(Action(*row) for row in rows)


def record(commit: Commit, id: int, actions: Iterable[Action]) -> int:
    """Write the actions that are new or corrected, and return how many those are.

    A split of a value that is there already within `SAME_EVENT` days is the same one with a better date.
    """
    held = {(one.kind, one.date): one for one in read(commit.connection, id)}
    count = 0
    for action in actions:
        was = held.get((action.kind, action.date)) or _same_split(action, held.values())
        if was == action:
            continue
        if was is not None:
            commit.connection.execute(
                "UPDATE action SET until = ? WHERE sym = ? AND date = ? AND kind = ? AND until IS NULL",
                (commit.seq, id, was.date, was.kind),
            )
            del held[was.kind, was.date]
        commit.connection.execute(
            "INSERT INTO action VALUES (?, ?, ?, ?, ?, NULL)",
            (id, action.date, action.kind, float(action.value), commit.seq),
        )
        held[action.kind, action.date] = action
        count += 1
    return count


def table(connection: Connection, symbols: Sequence[str] | None = None, seq: int | None = None) -> pd.DataFrame:
    """Return one row an action: symbol, date, kind, value; by symbol and date."""
    numbers = chunks.symbol_ids(connection, symbols)
    rows = [
        (symbol, one.date, one.kind, one.value) for symbol, id in numbers.items() for one in read(connection, id, seq)
    ]
    frame = pd.DataFrame(rows, columns=["symbol", "date", "kind", "value"])
    days = np.array([row[1] for row in rows], np.int64).astype("datetime64[D]").astype("datetime64[us]")
    frame["date"] = pd.DatetimeIndex(days)
    return frame.astype({"value": np.float64})


def adjusted(connection: Connection, id: int, bars: Bars, adjust: Adjust | None, seq: int | None = None) -> Bars:
    """Return a symbol's bars on another basis than that on which they are stored.

    Parameters
    ----------
    connection : sqlite3.Connection
        Inside a transaction.
    id : int
        The symbol's number.
    bars : Bars
        As they are stored: some of the symbol's, without a hole among them.
    adjust : {"none", "splits", "total"}, optional
        See the module; as stored without it.
    seq : int, optional
        The commit whose actions count; by default the last one.

    Raises
    ------
    ParameterError
        If `adjust` is none of these.
    """
    if adjust is None:
        return bars
    if adjust not in ADJUST:
        raise one_of("adjust", ADJUST, adjust)
    basis, zone = connection.execute("SELECT basis, zone FROM sym WHERE id = ?", (id,)).fetchone()
    if basis == ("raw" if adjust == "none" else adjust) or not len(bars):
        return bars
    held = read(connection, id, seq)
    if not held or held[-1].date <= _days(bars, zone)[0]:
        return bars
    # Closes before dividends after the last of these bars count too.
    later = chunks.read(connection, id, bars.interval, int(bars.stamps[-1]) + 1, None, seq)
    whole = Bars(bars.interval, np.r_[bars.stamps, later.stamps], np.hstack([bars.values, later.values]))
    values = convert(_days(whole, zone), whole.values, held, basis, adjust)
    return Bars(bars.interval, bars.stamps, values[:, : len(bars)])


def convert(dates: StampArray, values: FloatArray, actions: Sequence[Action], basis: str, adjust: Adjust) -> FloatArray:
    """Return open, high, low, close and volume on another basis.

    Parameters
    ----------
    dates : ndarray of int64, shape (bars,)
        Days since 1970, ascending; of intraday bars those of their sessions.
    values : ndarray of float64, shape (5, bars)
        On the basis `basis`; they are not changed.
    actions : sequence of Action
        All that are known.
    basis : {"raw", "splits", "total"}
        That of `values`.
    adjust : {"none", "splits", "total"}
        The one that is asked for.

    Examples
    --------
    >>> import numpy as np
    >>> bars = np.array([[100.0, 51.0]] * 4 + [[10.0, 20.0]])
    >>> split = Action("split", 1, 2.0)
    >>> convert(np.array([0, 1]), bars, [split], "raw", "splits")[[3, 4]].tolist()
    [[50.0, 51.0], [20.0, 20.0]]
    """
    price, volume = factors(dates, values[CLOSE], actions, basis, adjust)
    return np.vstack([values[:VOLUME] * price, values[VOLUME:] * volume])


def factors(
    dates: StampArray, closes: FloatArray, actions: Sequence[Action], basis: str, adjust: Adjust
) -> tuple[FloatArray, FloatArray]:
    """Return by what prices and volumes are multiplied to come from one basis to another; described at `convert`.

    Examples
    --------
    >>> import numpy as np
    >>> paid = Action("dividend", 2, 5.0)
    >>> price, volume = factors(np.array([0, 1, 2]), np.array([99.0, 100.0, 95.0]), [paid], "raw", "total")
    >>> price.tolist(), volume.tolist()
    ([0.95, 0.95, 1.0], [1.0, 1.0, 1.0])
    """
    shares = _split_factors(dates, actions)
    to_splits = shares if basis == "raw" else np.ones(len(dates))
    price, volume = to_splits.copy(), 1.0 / to_splits
    if "total" in (basis, adjust) and basis != adjust:
        paid = _dividend_factors(dates, closes * to_splits, actions, total=basis == "total")
        price = price / paid if basis == "total" else price * paid
    if adjust == "none":
        price, volume = price / shares, volume * shares
    return price, volume


def _split_factors(dates: StampArray, actions: Iterable[Action]) -> FloatArray:
    """Return one for the last dates, and for those before each split the inverse of its value, multiplied up."""
    product = np.ones(len(dates))
    for action in actions:
        if action.kind == "split":
            product[: np.searchsorted(dates, action.date, "left")] /= action.value
    return product


def _dividend_factors(dates: StampArray, closes: FloatArray, actions: Sequence[Action], *, total: bool) -> FloatArray:
    """Return one for the last dates, and for those before each dividend 1 - d / close before, multiplied up.

    Closes are adjusted for splits, or with `total` for dividends too. These are undone from the last to the first: the
    factor after a dividend is known by then, and the close before it was (adjusted close / factor) + dividend.
    """
    product = np.ones(len(dates))
    for action in sorted((one for one in actions if one.kind == "dividend"), key=lambda one: -one.date):
        before = int(np.searchsorted(dates, action.date, "left"))
        known = np.flatnonzero(~np.isnan(closes[:before]))
        if not len(known):
            continue
        amount = action.value * _shares_at(action.date, actions)
        close = closes[known[-1]]
        if total:
            close = close / product[known[-1]] + amount
        product[:before] *= 1.0 - amount / close if amount < close else np.nan
    return product


def _shares_at(date: int, actions: Iterable[Action]) -> float:
    """Return how many shares of that day are one of today: an amount a share times this is one of today's."""
    later = [1.0 / one.value for one in actions if one.kind == "split" and one.date > date]
    return float(np.prod(later)) if later else 1.0


def _same_split(action: Action, held: Iterable[Action]) -> Action | None:
    """Return the split that is the same event, told with another date."""
    for one in held:
        near = abs(one.date - action.date) <= SAME_EVENT and abs(one.value / action.value - 1.0) < 1e-6
        if one.kind == action.kind == "split" and near:
            return one
    return None


def _days(bars: Bars, zone: str | None) -> StampArray:
    """Return the dates of bars; of intraday ones by the clock of the exchange."""
    if bars.interval.daily:
        return bars.stamps
    wall = bars.index().tz_convert(zone or "UTC").tz_localize(None)
    return wall.to_numpy().astype("datetime64[D]").astype(np.int64)
