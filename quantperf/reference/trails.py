"""Lines that follow a price at a pace that the price itself sets, and exits that trail it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, complete, put_back
from quantperf.reference.exponential import seeded_mean
from quantperf.reference.momentum import cmou, rsi
from quantperf.reference.volatility import atr

__all__ = ["chandelier", "cksp", "hilo", "mcginley", "qqe", "vidya"]


def vidya(x: Array, window: int = 14, strength: int = 9) -> Array:
    """Return the exponential mean whose weight follows the size of Chande's momentum oscillator.

    Notes
    -----
    It begins with the first close whose oscillator is known. NaN on a missing bar, which is otherwise passed over.
    Source: T. Chande and S. Kroll, *The New Technical Trader*, 1994.

    Examples
    --------
    >>> vidya(np.array([1.0, 2.0, 3.0, 4.0]), window=3, strength=2).tolist()
    [nan, nan, 3.0, 3.5]
    """
    kept = complete(x)
    prices = x[kept]
    line = np.full(len(prices), np.nan)
    for t, momentum in enumerate(cmou(prices, strength)):
        if t == strength:
            line[t] = prices[t]
        elif t > strength:
            line[t] = line[t - 1] + 2.0 / (window + 1) * abs(momentum) / 100.0 * (prices[t] - line[t - 1])
    return put_back(line, kept)


def mcginley(x: Array, window: int = 10) -> Array:
    """Return McGinley's dynamic, which never goes beyond the close.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. McGinley, *The McGinley Dynamic*, 1991.

    Examples
    --------
    >>> mcginley(np.array([1.0, 2.0, 0.5]), window=2).tolist()
    [1.0, 1.03125, 0.5]
    """
    kept = complete(x)
    line: list[float] = []
    for price in x[kept].tolist():
        if not line or line[-1] == 0.0:
            line.append(price)
        else:
            pace = max(window * (price / line[-1]) ** 4, 1.0)
            line.append(line[-1] + (price - line[-1]) / pace)
    return put_back(line, kept)


def chandelier(high: Array, low: Array, close: Array, window: int = 22, factor: float = 3.0) -> tuple[Array, Array]:
    """Return the highest high less, and the lowest low plus, so many average true ranges.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: C. LeBeau, in A. Elder, *Come Into My Trading Room*,
    2002.

    Examples
    --------
    >>> close = np.array([1.0, 2.0, 3.0])
    >>> chandelier(close + 1, close - 1, close, window=2)[1].tolist()
    [nan, nan, 7.0]
    """
    kept = complete(high, low, close)
    highs, lows = pd.Series(high[kept]), pd.Series(low[kept])
    reach = factor * atr(high[kept], low[kept], close[kept], window)
    top, floor = np.array(highs.rolling(window).max()), np.array(lows.rolling(window).min())
    return put_back(top - reach, kept), put_back(floor + reach, kept)


def cksp(
    high: Array, low: Array, close: Array, window: int = 10, factor: float = 3.0, hold: int = 20
) -> tuple[Array, Array]:
    """Return the highest of the long exits of `hold` bars, and the lowest of the short ones.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: T. Chande and S. Kroll, *The New Technical Trader*,
    1994.

    Examples
    --------
    >>> close = np.array([1.0, 2.0, 3.0])
    >>> cksp(close + 1, close - 1, close, window=1, factor=1.0, hold=2)[1].tolist()
    [nan, nan, 3.0]
    """
    kept = complete(high, low, close)
    long, short = (pd.Series(line) for line in chandelier(high[kept], low[kept], close[kept], window, factor))
    return put_back(np.array(long.rolling(hold).max()), kept), put_back(np.array(short.rolling(hold).min()), kept)


def hilo(high: Array, low: Array, close: Array, window: int = 3) -> tuple[Array, Array]:
    """Return the mean low after a close above the mean high of the bar before, the mean high after the opposite.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: R. Krausz, *The New Gann Swing Chartist*, 1998.

    Examples
    --------
    >>> close = np.array([1.0, 2.0, 4.0])
    >>> hilo(close + 1, close - 1, close, window=1)[0].tolist()
    [nan, 2.0, 3.0]
    """
    kept = complete(high, low, close)
    highs, lows = (pd.Series(column[kept]).rolling(window).apply(np.mean, raw=True) for column in (high, low))
    trend, trends = 0.0, [np.nan] * min(window, len(highs))
    for t in range(window, len(highs)):
        if close[kept][t] > highs[t - 1]:
            trend = 1.0
        elif close[kept][t] < lows[t - 1]:
            trend = -1.0
        trends.append(trend)
    side = np.array(trends)
    line = np.select([side > 0.0, side < 0.0, side == 0.0], [lows, highs, (highs + lows) / 2.0], np.nan)
    return put_back(line, kept), put_back(side, kept)


def qqe(x: Array, window: int = 14, smooth: int = 5, factor: float = 4.236) -> tuple[Array, Array, Array]:
    """Return the smoothed relative strength index, the stop that trails it, and on which side the index is.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: I. Livshin, the quantitative qualitative estimation.

    Examples
    --------
    >>> [float(line[-1]) for line in qqe(np.arange(9.0), window=2, smooth=1)]
    [100.0, 100.0, 1.0]
    """
    kept = complete(x)
    index = seeded_mean(rsi(x[kept], window), smooth, 2.0 / (smooth + 1))
    move = np.abs(np.diff(index, prepend=np.nan))
    bars = 2 * window - 1
    reach = factor * seeded_mean(seeded_mean(move, bars, 2.0 / (bars + 1)), bars, 2.0 / (bars + 1))
    stop, side = np.full(len(index), np.nan), np.full(len(index), np.nan)
    floor = top = trend = np.nan
    for t in range(len(index)):
        low, high = index[t] - reach[t], index[t] + reach[t]
        if np.isnan(reach[t]):
            continue
        if np.isnan(trend):
            floor, top, trend = low, high, 1.0
        else:
            trend = 1.0 if index[t] > top else (-1.0 if index[t] < floor else trend)
            floor = max(floor, low) if min(index[t - 1], index[t]) > floor else low
            top = min(top, high) if max(index[t - 1], index[t]) < top else high
        stop[t], side[t] = (floor if trend > 0.0 else top), trend
    return put_back(index, kept), put_back(stop, kept), put_back(side, kept)
