"""Stops that follow a price: Wilder's parabolic stop, and the supertrend."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array, complete, put_back

__all__ = ["sar", "sarext", "supertrend"]


def sar(high: Array, low: Array, acceleration: float = 0.02, maximum: float = 0.2) -> Array:
    """Return Wilder's parabolic stop, which runs after the price ever faster and turns when it is hit.

    Parameters
    ----------
    high, low : ndarray
        Prices, oldest first.
    acceleration : float, default 0.02
        Pace at the turn, and what each new best price adds to it.
    maximum : float, default 0.2
        Largest pace.

    Returns
    -------
    ndarray
        In the unit of the prices; the first bar is NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's SAR.

    Examples
    --------
    >>> sar(np.array([2.0, 3.0, 4.0]), np.array([1.0, 2.0, 3.0]), acceleration=0.5, maximum=0.5).tolist()
    [nan, 1.0, 2.0]
    """
    pace = min(acceleration, maximum)
    return np.abs(sarext(high, low, 0.0, 0.0, pace, pace, maximum, pace, pace, maximum))


def sarext(
    high: Array,
    low: Array,
    start: float = 0.0,
    offset: float = 0.0,
    begin_long: float = 0.02,
    step_long: float = 0.02,
    most_long: float = 0.2,
    begin_short: float = 0.02,
    step_short: float = 0.02,
    most_short: float = 0.2,
) -> Array:
    """Return the parabolic stop with a pace for each side; while short it is given as a negative number.

    Parameters
    ----------
    high, low : ndarray
        Prices, oldest first.
    start : float, default 0.0
        First stop: long if positive, short if negative; 0 lets the first move choose.
    offset : float, default 0.0
        Share by which the stop is moved away when it turns.
    begin_long, step_long, most_long : float, default 0.02, 0.02 and 0.2
        Pace at a turn to long, what each new high adds, and the largest pace.
    begin_short, step_short, most_short : float, default 0.02, 0.02 and 0.2
        The same for short and new lows.

    Returns
    -------
    ndarray
        The first bar is NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: Wilder's stop; equals TA-Lib's SAREXT.

    Examples
    --------
    >>> sarext(np.array([2.0, 3.0, 3.0]), np.array([1.0, 2.0, 0.5])).tolist()
    [nan, 1.0, -3.0]
    """
    kept = complete(high, low)
    highs, lows = high[kept].tolist(), low[kept].tolist()
    if len(highs) < 2:
        return np.full(len(high), np.nan)
    first = {True: min(begin_long, most_long), False: min(begin_short, most_short)}
    faster = {True: min(step_long, most_long), False: min(step_short, most_short)}
    most = {True: most_long, False: most_short}
    fall, rise = lows[0] - lows[1], highs[1] - highs[0]
    long = start > 0.0 or (start == 0.0 and not (fall > 0.0 and fall > rise))
    best = highs[1] if long else lows[1]
    stop = abs(start) if start else (lows[0] if long else highs[0])
    pace = first[long]
    result = [np.nan]
    for t in range(1, len(highs)):
        last = max(t - 1, 1)  # TA-Lib takes the second bar for the one before it, too
        top, floor = max(highs[last], highs[t]), min(lows[last], lows[t])
        hit = lows[t] <= stop if long else highs[t] >= stop
        if hit:
            long = not long
            stop = min(best, floor) if long else max(best, top)
            stop += stop * offset * (-1.0 if long else 1.0)
            best, pace = (highs[t] if long else lows[t]), first[long]
        result.append(stop if long else -stop)
        if not hit and (highs[t] > best if long else lows[t] < best):
            best, pace = (highs[t] if long else lows[t]), min(pace + faster[long], most[long])
        stop = stop + pace * (best - stop)
        stop = min(stop, floor) if long else max(stop, top)
    return put_back(result, kept)


def supertrend(high: Array, low: Array, close: Array, window: int = 10, multiplier: float = 3.0) -> tuple[Array, Array]:
    """Return a stop that is some average true ranges from the middle of the bar and gives way in one direction only.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 10
        Bars of Wilder's mean of the true range, at least 2.
    multiplier : float, default 3.0
        Distance in average true ranges.

    Returns
    -------
    supertrend, trend : ndarray
        The stop, and 1 where it lies below the price, -1 where above; the first `window` bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: O. Seban's indicator; equals TA-Lib's SUPERTREND.

    Examples
    --------
    >>> price = np.array([1.0, 2.0, 3.0, 8.0])
    >>> line, trend = supertrend(price, price, price, window=2, multiplier=1.0)
    >>> line.tolist(), trend.tolist()
    ([nan, nan, 2.0, 5.0], [nan, nan, 1.0, 1.0])
    """
    kept = complete(high, low, close)
    highs, lows, closes = high[kept].tolist(), low[kept].tolist(), close[kept].tolist()
    line, trend = [np.nan] * len(closes), [np.nan] * len(closes)
    reach = [max(h, last) - min(lo, last) for h, lo, last in zip(highs[1:], lows[1:], closes, strict=False)]
    mean, upper, lower, side = 0.0, np.inf, -np.inf, 0.0
    for t in range(window, len(closes)):
        mean = sum(reach[:window]) / window if t == window else (mean * (window - 1) + reach[t - 1]) / window
        middle = (highs[t] + lows[t]) / 2.0
        top, floor = middle + multiplier * mean, middle - multiplier * mean
        if top < upper or closes[t - 1] > upper:
            upper = top
        if floor > lower or closes[t - 1] < lower:
            lower = floor
        if t == window:
            side = 1.0
        elif side > 0.0 and closes[t] < lower:
            side = -1.0
        elif side < 0.0 and closes[t] > upper:
            side = 1.0
        line[t], trend[t] = (lower if side > 0.0 else upper), side
    return put_back(line, kept), put_back(trend, kept)
