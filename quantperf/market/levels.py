"""What a quote is measured from, read from the store and brought into the terms of its session.

Splits up to the session are applied to every bar before them, and dividends since the session before are taken off its
prices, so that neither is a move. The time of a level is the date of its bar (midnight UTC of it), never today's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantperf.database import Connection
from quantperf.market import actions, chunks, highs
from quantperf.market.alarm_events import Level, Levels
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import DAY_MS, INTERVALS, Action, Bars

__all__ = ["read", "scales"]

DAILY = INTERVALS["1d"]
LOOK_BACK_DAYS = 60  # bars for the scales, and for a session before this one
SIGMA_RETURNS, ATR_BARS = 20, 14
HIGH, LOW, CLOSE = FIELDS.index("high"), FIELDS.index("low"), FIELDS.index("close")


def read(connection: Connection, id: int, session: int) -> Levels:
    """Return what is known of a symbol before a session.

    Parameters
    ----------
    connection : sqlite3.Connection
        Inside a transaction.
    id : int
        The symbol's number.
    session : int
        Its date, days since 1970.
    """
    span = chunks.span(connection, id, DAILY)
    if span is None or span[0] >= session:
        return Levels()
    told = actions.read(connection, id)
    near = chunks.read(connection, id, DAILY, first=session - LOOK_BACK_DAYS, last=session - 1)
    if not len(near):  # suspended for longer: the policy calls it a gap, but it is what was before
        near = chunks.read(connection, id, DAILY, last=session - 1).rows(slice(-1, None))
    basis = connection.execute("SELECT basis FROM sym WHERE id = ?", (id,)).fetchone()[0]
    return levels_of(near, told, session, basis, _high(connection, id, session, basis, told))


def levels_of(
    bars: Bars, told: Sequence[Action], session: int, basis: str = "raw", high: Level | None = None
) -> Levels:
    """Return the levels that the bars before a session give; the last bar is that of the session before.

    Parameters
    ----------
    bars : Bars
        Daily, before the session.
    told : sequence of Action
        All that are known of the symbol; those after the session do not count.
    session : int
        Its date, days since 1970.
    basis : {"raw", "splits", "total"}, default "raw"
        That of the bars.
    high : Level, optional
        The highest price before the session, in its terms.

    Examples
    --------
    >>> bars = Bars(DAILY, np.array([10]), np.array([[100.0], [104.0], [98.0], [100.0], [1.0]]))
    >>> levels_of(bars, [Action("split", 11, 2.0)], 11).prev_close
    Level(price=50.0, at=864000000)
    """
    until = [action for action in told if action.date <= session]
    values = _in_terms(bars, until, session, basis)
    paid = 0.0 if high is None else _paid(until, high.at // DAY_MS, session)
    sigma, atr = scales(values)
    # What was paid since the session before is no fall of its prices.
    last = int(bars.stamps[-1])
    ex = _paid(until, last, session)
    close, top, bottom = (_level(values[field, -1] - ex, last) for field in (CLOSE, HIGH, LOW))
    split = float(np.prod([one.value for one in until if one.kind == "split" and one.date > last]))
    return Levels(close, top, bottom, high, paid, split, sigma, atr)


def scales(values: FloatArray) -> tuple[float | None, float | None]:
    """Return the deviation of the last 20 daily returns, in percent, and the mean of the last 14 true ranges.

    None where there are fewer bars, or a price among them is missing.

    Examples
    --------
    >>> steady = np.tile(np.array([[100.0], [101.0], [99.0], [100.0], [1.0]]), 21)
    >>> scales(steady)
    (0.0, 2.0)
    """
    high, low, close = (values[field] for field in (HIGH, LOW, CLOSE))
    sigma = atr = None
    if len(close) > SIGMA_RETURNS:
        last = close[-SIGMA_RETURNS - 1 :]
        returns = last[1:] / last[:-1] - 1.0
        sigma = None if np.isnan(returns).any() else float(100.0 * returns.std(ddof=1))
    if len(close) > ATR_BARS:
        before, top, bottom = close[-ATR_BARS - 1 : -1], high[-ATR_BARS:], low[-ATR_BARS:]
        ranges = np.maximum(top, before) - np.minimum(bottom, before)
        atr = None if np.isnan(ranges).any() else float(ranges.mean())
    return sigma, atr


def _high(connection: Connection, id: int, session: int, basis: str, told: Sequence[Action]) -> Level | None:
    """Return the highest price before a session, in its terms."""
    row = connection.execute("SELECT price, at, prev, prev_at FROM high WHERE basis = 1 AND sym = ?", (id,)).fetchone()
    if row is None:
        return None
    price, at = (row[0], row[1]) if row[1] < session else (row[2], row[3])
    if price is None:
        return None
    if at >= session:  # quotes of a session long past: rare, so looked up
        bars = chunks.read(connection, id, DAILY, last=session - 1)
        scale = actions.factors(bars.stamps, bars.values[CLOSE], told, basis, "splits")[0]
        found = highs.examine(bars, scale)
        if found is None:
            return None
        price, at = found.price, found.at
    # What was converted is in the shares of after every split that is known; this session may be before one.
    later = () if basis == "splits" else told
    ahead = [action.value for action in later if action.kind == "split" and action.date > session]
    return _level(price * float(np.prod(ahead)), at)


def _in_terms(bars: Bars, told: Sequence[Action], session: int, basis: str) -> FloatArray:
    """Return the values of bars in the shares of a session."""
    if basis == "splits" or not told:
        return bars.values
    factor = actions.factors(bars.stamps, bars.values[CLOSE], told, basis, "splits")[0]
    return bars.values * factor


def _paid(told: Sequence[Action], after: int, until: int) -> float:
    """Return the dividends a share with ex-dates after one session and up to another, in the shares of the latter."""
    total = 0.0
    for action in told:
        if action.kind == "dividend" and after < action.date <= until:
            later = [one.value for one in told if one.kind == "split" and action.date < one.date <= until]
            total += action.value / float(np.prod(later))
    return total


def _level(price: float, stamp: int) -> Level | None:
    return Level(float(price), int(stamp) * DAY_MS) if np.isfinite(price) and price > 0 else None
