"""Sessions: prices by volume since a session or an anchor began, and levels from the session before."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.reference import Array, complete, put_back

__all__ = [
    "anchored_vwap",
    "pivot_points",
    "pivot_points_camarilla",
    "pivot_points_demark",
    "pivot_points_fibonacci",
    "pivot_points_woodie",
    "session_vwap",
]

Kept: TypeAlias = npt.NDArray[np.bool_]


def _runs(numbers: Array) -> pd.Series[int]:
    """Return how often the number has changed up to each bar, so that equal bars that lie together have one label."""
    given = pd.Series(numbers)
    return (given != given.shift()).astype(int).cumsum()


def session_vwap(high: Array, low: Array, close: Array, volume: Array, session: Array) -> Array:
    """Return the mean typical price weighted by volume, since the session began.

    Parameters
    ----------
    high, low, close, volume : ndarray
        Prices and volumes, oldest first.
    session : ndarray
        A number for each bar that is another one when a session begins.

    Returns
    -------
    ndarray
        A value from bar 0 on, but NaN while nothing was traded in the session.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: sum of (high + low + close) / 3 * volume over sum of
    volume, by session.

    Examples
    --------
    >>> price, volume = np.array([3.0, 6.0, 9.0]), np.array([1.0, 2.0, 1.0])
    >>> session_vwap(price, price, price, volume, np.array([1.0, 1.0, 2.0])).tolist()
    [3.0, 5.0, 9.0]
    """
    kept = complete(high, low, close, volume, session)
    runs = _runs(session[kept])
    traded = pd.Series(volume[kept])
    money = pd.Series((high + low + close)[kept] / 3.0) * traded
    total = traded.groupby(runs).cumsum()
    return put_back(np.array((money.groupby(runs).cumsum() / total).where(total != 0.0)), kept)


def anchored_vwap(
    high: Array, low: Array, close: Array, volume: Array, anchor: Array, multiplier: float = 1.0
) -> tuple[Array, Array, Array]:
    """Return the mean typical price weighted by volume since the anchor, and bands of standard deviations about it.

    Parameters
    ----------
    high, low, close, volume : ndarray
        Prices and volumes, oldest first.
    anchor : ndarray
        A number for each bar that is another one where sums begin anew; 0 where there is no anchor yet.
    multiplier : float, default 1.0
        Distance of the bands from the mean, in standard deviations.

    Returns
    -------
    tuple of ndarray
        Mean, upper and lower band; NaN while there is no anchor or nothing was traded since.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. The deviation is that of the typical prices since the anchor,
    weighted by volume. Source: B. Shannon, *Maximum Trading Gains with Anchored VWAP*, 2022.

    Examples
    --------
    >>> price = np.array([1.0, 3.0, 8.0])
    >>> lines = anchored_vwap(price, price, price, np.ones(3), np.array([1.0, 1.0, 2.0]))
    >>> [line.tolist() for line in lines]
    [[1.0, 2.0, 8.0], [1.0, 3.0, 8.0], [1.0, 1.0, 8.0]]
    """
    kept = complete(high, low, close, volume, anchor)
    price, traded, anchors = (high + low + close)[kept] / 3.0, volume[kept], anchor[kept]
    mean, deviation = np.full(len(price), np.nan), np.full(len(price), np.nan)
    begin = 0
    for bar in range(len(price)):
        if bar and anchors[bar] != anchors[bar - 1]:
            begin = bar
        prices, weights = price[begin : bar + 1], traded[begin : bar + 1]
        if anchors[bar] != 0.0 and weights.sum() != 0.0:
            mean[bar] = np.average(prices, weights=weights)
            deviation[bar] = np.sqrt(np.average((prices - mean[bar]) ** 2, weights=weights))
    lines = (mean, mean + multiplier * deviation, mean - multiplier * deviation)
    middle, upper, lower = (put_back(line, kept) for line in lines)
    return middle, upper, lower


def _last_session(session: Array, **columns: Array) -> tuple[pd.DataFrame, Kept]:
    """Return open, high, low and close of the session before that of each whole bar, and which bars are whole."""
    kept = complete(session, *columns.values())
    runs = _runs(session[kept])
    rules = {"open": "first", "high": "max", "low": "min", "close": "last"}
    bars = pd.DataFrame({name: column[kept] for name, column in columns.items()})
    sessions = bars.groupby(runs).agg({name: rules[name] for name in columns})
    return sessions.shift().loc[runs].reset_index(drop=True), kept


def _by_pivot(bars: pd.DataFrame, pivot: pd.Series[float], kept: Kept) -> tuple[Array, ...]:
    """Return the levels of floor traders about a pivot."""
    high, low = bars["high"], bars["low"]
    up = [2 * pivot - low, pivot + (high - low), high + 2 * (pivot - low)]
    down = [2 * pivot - high, pivot - (high - low), low - 2 * (high - pivot)]
    return tuple(put_back(level.to_numpy(), kept) for level in [pivot, *up, *down])


def _by_shares(
    bars: pd.DataFrame, pivot: pd.Series[float], base: pd.Series[float], shares: tuple[float, ...], kept: Kept
) -> tuple[Array, ...]:
    """Return levels at shares of the range above and below a base."""
    reach = bars["high"] - bars["low"]
    up, down = [base + share * reach for share in shares], [base - share * reach for share in shares]
    return tuple(put_back(level.to_numpy(), kept) for level in [pivot, *up, *down])


def pivot_points(high: Array, low: Array, close: Array, session: Array) -> tuple[Array, ...]:
    """Return the pivot points of floor traders, from high, low and close of the session before.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    session : ndarray
        A number for each bar that is another one when a session begins.

    Returns
    -------
    tuple of ndarray
        Pivot, three resistances, three supports; NaN in the first session.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. Person, *A Complete Guide to Technical Trading
    Tactics*, 2004.

    Examples
    --------
    >>> high, low, close = np.array([4.0, 5.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])
    >>> [line[1].item() for line in pivot_points(high, low, close, np.array([1.0, 2.0]))]
    [3.0, 4.0, 5.0, 6.0, 2.0, 1.0, 0.0]
    """
    bars, kept = _last_session(session, high=high, low=low, close=close)
    return _by_pivot(bars, (bars["high"] + bars["low"] + bars["close"]) / 3.0, kept)


def pivot_points_woodie(high: Array, low: Array, close: Array, session: Array) -> tuple[Array, ...]:
    """Return Woodie's pivot points: those of floor traders about a pivot in which the close counts twice.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    session : ndarray
        A number for each bar that is another one when a session begins.

    Returns
    -------
    tuple of ndarray
        Pivot, three resistances, three supports; NaN in the first session.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: K. Wood ("Woodie").

    Examples
    --------
    >>> high, low, close = np.array([4.0, 5.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])
    >>> pivot_points_woodie(high, low, close, np.array([1.0, 2.0]))[0].tolist()
    [nan, 3.0]
    """
    bars, kept = _last_session(session, high=high, low=low, close=close)
    return _by_pivot(bars, (bars["high"] + bars["low"] + 2.0 * bars["close"]) / 4.0, kept)


def pivot_points_fibonacci(high: Array, low: Array, close: Array, session: Array) -> tuple[Array, ...]:
    """Return pivot points at 38.2, 61.8 and 100 percent of the last session's range about its pivot.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    session : ndarray
        A number for each bar that is another one when a session begins.

    Returns
    -------
    tuple of ndarray
        Pivot, three resistances, three supports; NaN in the first session.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: R. Fischer, *Fibonacci Applications and Strategies for
    Traders*, 1993, about the pivot of floor traders.

    Examples
    --------
    >>> high, low, close = np.array([4.0, 5.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])
    >>> pivot_points_fibonacci(high, low, close, np.array([1.0, 2.0]))[3].tolist()
    [nan, 5.0]
    """
    bars, kept = _last_session(session, high=high, low=low, close=close)
    pivot = (bars["high"] + bars["low"] + bars["close"]) / 3.0
    return _by_shares(bars, pivot, pivot, (0.382, 0.618, 1.0), kept)


def pivot_points_camarilla(high: Array, low: Array, close: Array, session: Array) -> tuple[Array, ...]:
    """Return Camarilla's pivot points: a twelfth, a sixth and a quarter of 1.1 ranges about the last close.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    session : ndarray
        A number for each bar that is another one when a session begins.

    Returns
    -------
    tuple of ndarray
        Pivot, three resistances, three supports; NaN in the first session.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: N. Stott, 1989.

    Examples
    --------
    >>> high, low, close = np.array([4.0, 5.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])
    >>> pivot_points_camarilla(high, low, close, np.array([1.0, 2.0]))[3].tolist()
    [nan, 3.55]
    """
    bars, kept = _last_session(session, high=high, low=low, close=close)
    pivot = (bars["high"] + bars["low"] + bars["close"]) / 3.0
    return _by_shares(bars, pivot, bars["close"], (1.1 / 12.0, 1.1 / 6.0, 1.1 / 4.0), kept)


def pivot_points_demark(
    open_: Array, high: Array, low: Array, close: Array, session: Array
) -> tuple[Array, Array, Array]:
    """Return DeMark's pivot points: what counts twice of the last session follows from how it closed.

    Parameters
    ----------
    open_, high, low, close : ndarray
        Prices, oldest first.
    session : ndarray
        A number for each bar that is another one when a session begins.

    Returns
    -------
    tuple of ndarray
        Pivot, resistance and support; NaN in the first session.

    Notes
    -----
    The low counts twice after a fall, the high after a rise, the close if there was neither. NaN on a missing bar,
    which is otherwise passed over. Source: T. DeMark, *The New Science of Technical Analysis*, 1994.

    Examples
    --------
    >>> high, low, close = np.array([4.0, 5.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])
    >>> [line[1].item() for line in pivot_points_demark(low, high, low, close, np.array([1.0, 2.0]))]
    [3.25, 4.5, 2.5]
    """
    bars, kept = _last_session(session, open=open_, high=high, low=low, close=close)
    fell, rose = bars["close"] < bars["open"], bars["close"] > bars["open"]
    twice = bars["close"].mask(fell, bars["low"]).mask(rose, bars["high"])
    total = bars["high"] + bars["low"] + bars["close"] + twice
    levels = (total / 4.0, total / 2.0 - bars["low"], total / 2.0 - bars["high"])
    pivot, up, down = (put_back(level.to_numpy(), kept) for level in levels)
    return pivot, up, down
