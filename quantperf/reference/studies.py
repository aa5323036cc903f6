"""Studies of several lines, made of ranges, averages and rates of change."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from quantperf.reference import Array, complete, put_back, whole_bars
from quantperf.reference.bands import midprice
from quantperf.reference.momentum import rsi
from quantperf.reference.ranks import percentrank
from quantperf.reference.rates import roc
from quantperf.reference.regression import linearreg

__all__ = ["chop", "crsi", "fisher", "ichimoku", "kst", "squeeze", "true_range"]


def true_range(high: pd.Series[float], low: pd.Series[float], close: pd.Series[float]) -> pd.Series[float]:
    """Return the range of each bar widened to the close before it; the first is NaN.

    Examples
    --------
    >>> high, low = pd.Series([2.0, 6.0]), pd.Series([1.0, 5.0])
    >>> true_range(high, low, low).tolist()
    [nan, 5.0]
    """
    last = close.shift(1)
    reach: pd.Series[float] = pd.Series(np.maximum(high, last)) - pd.Series(np.minimum(low, last))
    return reach


def fisher(high: Array, low: Array, window: int = 10) -> tuple[Array, Array]:
    """Return the Fisher transform of the smoothed place of the middle in its range, and that of the bar before.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. Ehlers, *Using the Fisher Transform*, 2002.

    Examples
    --------
    >>> price = np.array([1.0, 2.0])
    >>> fisher(price, price, window=2)[0].round(4).tolist()
    [nan, 0.3428]
    """
    kept = complete(high, low)
    middle = (high[kept] + low[kept]) / 2.0
    value, before = 0.0, 0.0
    lines = []
    for t in range(window - 1, len(middle)):
        part = middle[t - window + 1 : t + 1]
        reach = part.max() - part.min()
        place = (middle[t] - part.min()) / reach if reach != 0.0 else 0.5
        value = 0.33 * 2.0 * (place - 0.5) + 0.67 * value
        if value > 0.99:
            value = 0.999
        if value < -0.99:
            value = -0.999
        before = 0.5 * math.log((1.0 + value) / (1.0 - value)) + 0.5 * before
        lines.append(before)
    line = np.array(([np.nan] * (window - 1) + lines)[: len(middle)])
    return put_back(line, kept), put_back(np.append(np.nan, line)[: len(line)], kept)


def squeeze(
    high: Array, low: Array, close: Array, window: int = 20, deviation: float = 2.0, factor: float = 1.5
) -> tuple[Array, Array]:
    """Return the momentum, and 1 where Bollinger's bands lie within Keltner's, else 0.

    Notes
    -----
    Both pairs of bands lie about the mean of the closes; widths that differ by rounding alone are equal. NaN where a
    bar that the value reads is missing. Source: J. Carter, *Mastering the Trade*, 2005.

    Examples
    --------
    >>> price = np.array([1.0, 1.0, 1.0, 9.0])
    >>> squeeze(price + 1, price - 1, price, window=2, deviation=4.0)[1].tolist()
    [nan, nan, 1.0, 0.0]
    """
    highs, lows, closes = whole_bars(high, low, close)
    middle = (highs.rolling(window).max() + lows.rolling(window).min()) / 2.0
    gap = closes - (middle + closes.rolling(window).apply(np.mean, raw=True)) / 2.0
    inner = deviation * closes.rolling(window).apply(lambda part: (part - part[0]).std(), raw=True)
    outer = factor * true_range(highs, lows, closes).rolling(window).apply(np.mean, raw=True)
    on = (inner < outer) & ~np.isclose(inner, outer, rtol=1e-12, atol=0.0)
    return linearreg(gap.to_numpy(), window), np.array(on.astype(float).where((inner + outer).notna()))


def chop(high: Array, low: Array, close: Array, window: int = 14) -> Array:
    """Return the logarithm of the sum of true ranges over the range of all bars, in percent of that of the window.

    Notes
    -----
    100 where there is no range. NaN where one of the bars, or the one before them, is missing. Source: E. W. Dreiss,
    in G. Burke, *Measuring Market Choppiness with Chaos*, 1993.

    Examples
    --------
    >>> high = np.array([2.0, 2.0, 2.0])
    >>> chop(high, high - 1.0, high, window=2).tolist()
    [nan, nan, 100.0]
    """
    highs, lows, closes = whole_bars(high, low, close)
    way = true_range(highs, lows, closes).rolling(window).apply(np.sum, raw=True)
    reach = highs.rolling(window).max() - lows.rolling(window).min()
    with np.errstate(divide="ignore", invalid="ignore"):
        share = 100.0 * np.log10(way / reach) / math.log10(window)
    return np.array(share.where((reach != 0.0) | way.isna(), 100.0))


def crsi(x: Array, window: int = 3, streak: int = 2, rank: int = 100) -> Array:
    """Return the mean of the relative strength of closes, that of their streaks, and the percent rank of the move.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: L. Connors and C. Alvarez, *An Introduction to
    ConnorsRSI*, 2012.

    Examples
    --------
    >>> crsi(np.array([1.0, 2.0, 3.0, 5.0]), window=2, streak=2, rank=2).round(4).tolist()
    [nan, nan, nan, 83.3333]
    """
    kept = complete(x)
    prices = x[kept]
    run, runs = 0, []
    for move in np.sign(np.diff(prices, prepend=prices[:1])):
        same = move * run > 0
        run = int(move) + (run if same else 0)
        runs.append(float(run))
    parts = rsi(prices, window), rsi(np.array(runs), streak), percentrank(roc(prices, 1), rank)
    return put_back((parts[0] + parts[1] + parts[2]) / 3.0, kept)


def kst(
    x: Array,
    roc1: int = 10,
    roc2: int = 15,
    roc3: int = 20,
    roc4: int = 30,
    sma1: int = 10,
    sma2: int = 10,
    sma3: int = 10,
    sma4: int = 15,
    signal: int = 9,
) -> tuple[Array, Array]:
    """Return the sum of four smoothed rates of change that weigh 1, 2, 3 and 4, and its mean.

    Notes
    -----
    NaN where one of the closes that a value reads is missing. Source: M. J. Pring, *Summed Rate of Change
    (KST)*, 1992.

    Examples
    --------
    >>> kst(np.array([1.0, 2.0, 4.0]), 1, 1, 1, 1, 1, 1, 1, 1, signal=1)[0].tolist()
    [nan, 1000.0, 1000.0]
    """
    line = pd.Series(np.zeros(len(x)))
    for weight, rate, mean in ((1, roc1, sma1), (2, roc2, sma2), (3, roc3, sma3), (4, roc4, sma4)):
        line = line + weight * pd.Series(roc(x, rate)).rolling(mean).apply(np.mean, raw=True)
    return np.array(line), np.array(line.rolling(signal).apply(np.mean, raw=True))


def ichimoku(
    high: Array, low: Array, conversion: int = 9, base: int = 26, leading: int = 52, displacement: int = 26
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Return conversion and base line, the two leading lines, and these as they were `displacement` bars before.

    Notes
    -----
    NaN where one of the bars that a line reads is missing, and on a missing bar. Source: G. Hosoda, *Ichimoku Kinko
    Hyo*, 1969.

    Examples
    --------
    >>> price = np.array([1.0, 2.0, 4.0])
    >>> ichimoku(price, price, conversion=2, base=2, leading=2, displacement=1)[4].tolist()
    [nan, nan, 1.5]
    """
    quick, calm, slow = (midprice(high, low, bars) for bars in (conversion, base, leading))
    kept = complete(high, low)
    ahead = (quick + calm) / 2.0
    span_a, span_b = (np.array(pd.Series(line).shift(displacement).where(kept)) for line in (ahead, slow))
    return quick, calm, ahead, slow, span_a, span_b
