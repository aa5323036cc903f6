"""Volatility: ranges of bars, their means, and deviations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, Convention, complete, first_bar, put_back, whole_bars
from quantperf.reference.averages import rma
from quantperf.reference.exponential import growth, seeded_mean

__all__ = ["adr", "atr", "cvi", "massi", "natr", "rvi", "trange"]


def atr(high: Array, low: Array, close: Array, window: int = 14, *, convention: Convention = "talib") -> Array:
    """Return Wilder's mean of the true range, the range of a bar widened to the close before it.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that the smoothing spans, at least 1; the seed is the mean of the first `window` true ranges.
    convention : {"talib", "tradingview", "pandas"}
        "talib" has no range on the first bar; the others take high - low, and "pandas" takes the first range as seed.

    Returns
    -------
    ndarray
        In the unit of the prices; under "talib" the first `window` bars are NaN, under "tradingview" one fewer, under
        "pandas" none.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's ATR.

    Examples
    --------
    >>> atr(np.array([5.0, 6.0, 9.0]), np.array([4.0, 5.0, 8.0]), np.array([4.5, 5.5, 8.5]), window=2).tolist()
    [nan, nan, 2.5]
    """
    kept = complete(high, low, close)
    if convention != "talib":
        ranges = trange(high[kept], low[kept], close[kept], convention=convention)
        return put_back(rma(ranges, window, convention=convention), kept)
    return put_back(_wilder_range(high[kept].tolist(), low[kept].tolist(), close[kept].tolist(), window), kept)


def _wilder_range(high: list[float], low: list[float], close: list[float], window: int) -> list[float]:
    """Return the average true range of bars without gaps."""
    if len(close) <= window:
        return [np.nan] * len(close)
    ranges = [max(h, last) - min(lo, last) for h, lo, last in zip(high[1:], low[1:], close, strict=False)]
    mean = sum(ranges[:window]) / window
    result = [np.nan] * window + [mean]
    for true_range in ranges[window:]:
        mean = (mean * (window - 1) + true_range) / window
        result.append(mean)
    return result


def natr(high: Array, low: Array, close: Array, window: int = 14, *, convention: Convention = "talib") -> Array:
    """Return the average true range in percent of the close.

    Notes
    -----
    With a window of 1 it is the true range itself, in the unit of prices; 0 where the close is 0. NaN on a missing bar,
    which is otherwise passed over. Source: J. Forman, *Cross-Market Evaluations with Normalized Average True Range*,
    2006; equals TA-Lib's NATR.

    Examples
    --------
    >>> natr(np.array([5.0, 6.0, 9.0]), np.array([4.0, 5.0, 8.0]), np.array([4.5, 5.5, 8.0]), window=2).tolist()
    [nan, nan, 31.25]
    """
    mean = atr(high, low, close, window, convention=convention)
    if window == 1:
        return mean
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(close != 0.0, 100.0 * mean / close, 0.0 * mean)


def trange(high: Array, low: Array, close: Array, *, convention: Convention = "talib") -> Array:
    """Return the true range: the range of a bar widened to the close before it.

    Notes
    -----
    NaN where the bar or the one before is missing; the first bar has no range under "talib", high - low under
    "tradingview" and "pandas". Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978; equals TA-Lib's
    TRANGE.

    Examples
    --------
    >>> trange(np.array([5.0, 6.0]), np.array([4.0, 5.5]), np.array([4.5, 6.0])).tolist()
    [nan, 1.5]
    """
    highs, lows, closes = whole_bars(high, low, close)
    last = closes.shift(1)
    ranges = np.array(np.maximum(highs, last) - np.minimum(lows, last))
    if convention != "talib":
        begin = first_bar(complete(high, low, close))
        ranges[begin : begin + 1] = np.array(highs - lows)[begin : begin + 1]
    return ranges


def adr(high: Array, low: Array, window: int = 14) -> Array:
    """Return the mean of high - low over `window` bars.

    Notes
    -----
    NaN where the window holds a missing bar. Equals TA-Lib's ADR.

    Examples
    --------
    >>> adr(np.array([5.0, 6.0]), np.array([4.0, 4.0]), window=2).tolist()
    [nan, 1.5]
    """
    return np.array(pd.Series(high - low).rolling(window).apply(np.mean, raw=True))


def cvi(high: Array, low: Array, window: int = 10, change: int = 10) -> Array:
    """Return Chaikin's volatility: the change, over `change` bars, of the exponential mean of high - low, in percent.

    Notes
    -----
    0 where the old mean is 0. NaN on a missing bar, which is otherwise passed over. Source: M. Chaikin; equals TA-Lib's
    CVI.

    Examples
    --------
    >>> cvi(np.array([2.0, 2.0, 4.0]), np.array([1.0, 1.0, 1.0]), window=1, change=1).tolist()
    [nan, 0.0, 200.0]
    """
    kept = complete(high, low)
    return put_back(growth(seeded_mean(high[kept] - low[kept], window, 2.0 / (window + 1)), change), kept)


def massi(high: Array, low: Array, fast: int = 9, slow: int = 25) -> Array:
    """Return the mass index: the sum over `slow` bars of the exponential mean of high - low over the mean of that.

    Notes
    -----
    A ratio without ranges is 1. NaN on a missing bar, which is otherwise passed over. Source: D. Dorsey, *The Mass
    Index*, 1992; equals TA-Lib's MASSI.

    Examples
    --------
    >>> massi(np.array([2.0, 2.0, 2.0, 2.0]), np.array([1.0, 1.0, 1.0, 1.0]), fast=2, slow=2).tolist()
    [nan, nan, nan, 2.0]
    """
    kept = complete(high, low)
    alpha = 2.0 / (fast + 1)
    once = seeded_mean(high[kept] - low[kept], fast, alpha)
    twice = seeded_mean(once, fast, alpha)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = pd.Series(np.where(twice != 0.0, once / twice, 1.0))
    return put_back(np.array(ratio.rolling(slow).apply(np.sum, raw=True)), kept)


def rvi(x: Array, window: int = 14, deviation: int = 10) -> Array:
    """Return the relative volatility index: the share of the standard deviation that falls on rises, 0 to 100.

    Notes
    -----
    Wilder's means over `window` bars of the deviation of `deviation` closes, of rising bars and of falling ones; 50
    where there is none. NaN on a missing bar, which is otherwise passed over. Source: D. Dorsey, *The Relative
    Volatility Index*, 1993; equals TA-Lib's RVI.

    Examples
    --------
    >>> rvi(np.array([1.0, 3.0, 1.0, 3.0]), window=3, deviation=2).round(4).tolist()
    [nan, nan, nan, 66.6667]
    """
    kept = complete(x)
    prices = pd.Series(x[kept])
    spread = prices.rolling(deviation).apply(lambda part: (part - part[-1]).std(), raw=True)
    move = prices.diff()
    up = spread.where(spread.isna() | (move > 0.0), 0.0)
    down = spread.where(spread.isna() | (move < 0.0), 0.0)
    rise, fall = (seeded_mean(line.to_numpy(), window, 1.0 / window) for line in (up, down))
    with np.errstate(divide="ignore", invalid="ignore"):
        return put_back(np.where(rise + fall != 0.0, 100.0 * (rise / (rise + fall)), 50.0), kept)
