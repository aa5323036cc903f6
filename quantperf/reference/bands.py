"""Bands: Bollinger's, Donchian's, Keltner's, acceleration bands, and the middle of a range."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array, Convention, complete, put_back, whole_bars
from quantperf.reference.averages import seeded_ema, sma
from quantperf.reference.smoothing import DEFAULT, average, known_with
from quantperf.reference.statistics import stddev

__all__ = ["accbands", "bbands", "donchian", "keltner", "midpoint", "midprice"]


def bbands(
    x: Array,
    window: int = 20,
    up: float = 2.0,
    down: float = 2.0,
    matype: int = 0,
    *,
    convention: Convention = "talib",
) -> tuple[Array, Array, Array]:
    """Return a rolling mean and the lines `up` and `down` standard deviations above and below it.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 20
        Bars in the window, at least 2.
    up, down : float, default 2.0
        Distance of the outer lines in standard deviations.
    matype : int, default 0
        Kind of the middle line by TA-Lib's number.
    convention : {"talib", "pandas", "legacy"}
        Population deviation (ddof 0) under "talib", sample deviation (ddof 1) under the others.

    Returns
    -------
    upper, middle, lower : ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: J. Bollinger, *Bollinger on Bollinger Bands*, 2001; equals
    TA-Lib's BBANDS.

    Examples
    --------
    >>> import numpy as np
    >>> upper, middle, lower = bbands(np.array([1.0, 3.0]), window=2)
    >>> upper.tolist(), middle.tolist(), lower.tolist()
    ([nan, 4.0], [nan, 2.0], [nan, 0.0])
    """
    deviation = stddev(x, window, convention=convention)
    middle = known_with(average(x, window, 0 if matype == DEFAULT else matype, convention), deviation)
    return middle + up * deviation, middle, middle - down * deviation


def midpoint(x: Array, window: int = 14) -> Array:
    """Return the middle between the highest and the lowest of the last `window` values.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the mid-range; equals TA-Lib's MIDPOINT.

    Examples
    --------
    >>> midpoint(np.array([1.0, 5.0, 2.0]), window=3).tolist()
    [nan, nan, 3.0]
    """
    return midprice(x, x, window)


def midprice(high: Array, low: Array, window: int = 14) -> Array:
    """Return the middle between the highest high and the lowest low of the last `window` bars.

    Parameters
    ----------
    high, low : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the mid-range; equals TA-Lib's MIDPRICE.

    Examples
    --------
    >>> midprice(np.array([3.0, 5.0]), np.array([1.0, 2.0]), window=2).tolist()
    [nan, 3.0]
    """
    return donchian(high, low, window)[1]


def donchian(high: Array, low: Array, window: int = 20) -> tuple[Array, Array, Array]:
    """Return the highest high and the lowest low of the last `window` bars, and the middle between them.

    Parameters
    ----------
    high, low : ndarray
        Prices, oldest first.
    window : int, default 20
        Bars in the window, at least 2.

    Returns
    -------
    upper, middle, lower : ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: R. Donchian's channel; equals TA-Lib's DONCHIAN.

    Examples
    --------
    >>> upper, middle, lower = donchian(np.array([3.0, 5.0]), np.array([1.0, 2.0]), window=2)
    >>> upper.tolist(), middle.tolist(), lower.tolist()
    ([nan, 5.0], [nan, 3.0], [nan, 1.0])
    """
    highs, lows = whole_bars(high, low)
    top, floor = np.array(highs.rolling(window).max()), np.array(lows.rolling(window).min())
    return top, (top + floor) / 2.0, floor


def accbands(high: Array, low: Array, close: Array, window: int = 20) -> tuple[Array, Array, Array]:
    """Return means of highs and of lows that are moved outwards by twice the range of their bar, and of closes.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 20
        Bars of the means, at least 2.

    Returns
    -------
    upper, middle, lower : ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: P. Headley, *Big Trends in Trading*, 2002; equals TA-Lib's
    ACCBANDS.

    Examples
    --------
    >>> upper, _, lower = accbands(np.array([3.0, 3.0]), np.array([1.0, 1.0]), np.array([2.0, 2.0]), window=2)
    >>> upper.tolist(), lower.tolist()
    ([nan, 9.0], [nan, -1.0])
    """
    highs, lows, closes = (np.array(column) for column in whole_bars(high, low, close))
    total = highs + lows
    ratio = np.divide(4.0 * (highs - lows), total, out=np.zeros(len(total)), where=total != 0.0)
    return sma(highs * (1.0 + ratio), window), sma(closes, window), sma(lows * (1.0 - ratio), window)


def keltner(
    high: Array, low: Array, close: Array, window: int = 20, atr_window: int = 10, width: float = 2.0
) -> tuple[Array, Array, Array]:
    """Return the exponential mean of typical prices and the lines `width` average true ranges above and below it.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 20
        Bars of the exponential mean, at least 2.
    atr_window : int, default 10
        Bars of Wilder's mean of the true range, at least 1.
    width : float, default 2.0
        Distance of the outer lines in average true ranges.

    Returns
    -------
    upper, middle, lower : ndarray
        The first ``max(window - 1, atr_window)`` bars are NaN. On the next one both means are seeded, each with the
        mean of its last values up to there.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: C. Keltner, *How to Make Money in Commodities*, 1960,
    in L. B. Raschke's form; equals TA-Lib's KC.

    Examples
    --------
    >>> price = np.array([1.0, 3.0, 5.0])
    >>> upper, middle, lower = keltner(price, price, price, window=2, atr_window=1)
    >>> upper.tolist(), middle.tolist(), lower.tolist()
    ([nan, 6.0, 8.0], [nan, 2.0, 4.0], [nan, -2.0, 0.0])
    """
    kept = complete(high, low, close)
    highs, lows, closes = high[kept], low[kept], close[kept]
    start = max(window - 1, atr_window)
    if len(closes) <= start:
        nothing = np.full(len(close), np.nan)
        return nothing, nothing.copy(), nothing.copy()
    typical = ((highs + lows + closes) / 3.0).tolist()
    reach = (np.maximum(highs[1:], closes[:-1]) - np.minimum(lows[1:], closes[:-1])).tolist()
    # The first value of each is the mean of its first values, so both are cut to begin that far before `start`.
    middle = np.array(seeded_ema(typical[start + 1 - window :], window, 2.0 / (window + 1))[window - 1 :])
    spread = np.array(seeded_ema(reach[start - atr_window :], atr_window, 1.0 / atr_window)[atr_window - 1 :])
    young = np.full(start, np.nan)
    upper, middle, lower = (
        put_back(np.concatenate([young, line]), kept)
        for line in (middle + width * spread, middle, middle - width * spread)
    )
    return upper, middle, lower
