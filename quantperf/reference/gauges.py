"""Gauges: where a price stands against its average, its trend, or the bars around it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, complete, put_back, whole_bars
from quantperf.reference.exponential import seeded_mean
from quantperf.reference.filters import weighted_mean
from quantperf.reference.regression import linearreg
from quantperf.reference.studies import true_range
from quantperf.reference.volatility import rvi

__all__ = ["bias", "cg", "cti", "inertia", "pgo", "psl", "rvgi"]


def bias(x: Array, window: int = 26) -> Array:
    """Return how far the close lies from its mean, in percent of the mean; 0 where the mean is 0.

    Notes
    -----
    NaN where the window holds a missing bar. Source: S. Nison, *Beyond Candlesticks*, 1994.

    Examples
    --------
    >>> bias(np.array([1.0, 3.0]), window=2).tolist()
    [nan, 50.0]
    """
    mean = pd.Series(x).rolling(window).apply(np.mean, raw=True)
    return np.array((100.0 * (x - mean) / mean).where(mean != 0.0, 0.0 * mean))


def psl(x: Array, window: int = 12) -> Array:
    """Return the share of bars that closed higher than the one before, in percent.

    Notes
    -----
    NaN where one of the `window` + 1 closes is missing. Source: the psychological line of Japanese
    charts.

    Examples
    --------
    >>> psl(np.array([1.0, 2.0, 2.0]), window=2).tolist()
    [nan, nan, 50.0]
    """
    move = pd.Series(x).diff()
    higher = (move > 0.0).astype(float).where(move.notna())
    return np.array(higher.rolling(window).apply(lambda part: 100.0 * np.mean(part), raw=True))


def cti(x: Array, window: int = 12) -> Array:
    """Return the correlation of the last closes with a straight line, 0 where they are all the same.

    Notes
    -----
    NaN where the window holds a missing bar. Source: J. Ehlers, *Correlation as a Trend Indicator*, 2020.

    Examples
    --------
    >>> cti(np.array([1.0, 2.0, 3.0]), window=2).round(6).tolist()
    [nan, 1.0, 1.0]
    """

    def correlation(part: Array) -> float:
        part = part - part[0]
        return float(np.corrcoef(part, np.arange(window))[0, 1]) if part.any() else 0.0

    return np.array(pd.Series(x).rolling(window).apply(correlation, raw=True))


def cg(x: Array, window: int = 10) -> Array:
    """Return how many bars newer than the middle of the window its prices have their balance; 0 if they sum to 0.

    Notes
    -----
    NaN where the window holds a missing bar. Source: J. Ehlers, *The CG Oscillator*, 2002.

    Examples
    --------
    >>> cg(np.array([1.0, 1.0, 3.0]), window=2).tolist()
    [nan, 0.0, 0.25]
    """

    def balance(part: Array) -> float:
        ages = np.arange(window, 0, -1)
        return float((window + 1) / 2.0 - (ages * part).sum() / part.sum()) if part.sum() != 0.0 else 0.0

    return np.array(pd.Series(x).rolling(window).apply(balance, raw=True))


def rvgi(open: Array, high: Array, low: Array, close: Array, window: int = 10) -> tuple[Array, Array]:
    """Return the mean body of the candles over their mean range, both smoothed before, and its own smoothing.

    Notes
    -----
    0 where there is no range. NaN where one of the bars that a value reads is missing. Source: J. Ehlers, *Relative
    Vigor Index*, 2002.

    Examples
    --------
    >>> close = np.arange(4.0)
    >>> rvgi(close - 1.0, close + 1.0, close - 1.0, close, window=1)[0].round(4).tolist()
    [nan, nan, nan, 0.5]
    """
    opens, highs, lows, closes = whole_bars(open, high, low, close)
    four = np.array([1.0, 2.0, 2.0, 1.0])
    bodies, ranges = (
        pd.Series(weighted_mean(np.array(line), four)).rolling(window).apply(np.mean, raw=True)
        for line in (closes - opens, highs - lows)
    )
    index = np.array((bodies / ranges).where(ranges != 0.0, 0.0 * ranges))
    return index, weighted_mean(index, four)


def pgo(high: Array, low: Array, close: Array, window: int = 14) -> Array:
    """Return the distance of the close from its mean, in exponential means of the true range; 0 where that is 0.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: M. Johnson, the pretty good oscillator.

    Examples
    --------
    >>> close = np.array([1.0, 2.0, 3.0])
    >>> pgo(close + 1, close - 1, close, window=2).tolist()
    [nan, nan, 0.25]
    """
    kept = complete(high, low, close)
    highs, lows, closes = (pd.Series(column[kept]) for column in (high, low, close))
    reach = seeded_mean(np.array(true_range(highs, lows, closes), dtype=np.float64), window, 2.0 / (window + 1))
    gap = np.array(closes - closes.rolling(window).apply(np.mean, raw=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        return put_back(np.where(reach != 0.0, gap / reach, 0.0), kept)


def inertia(x: Array, window: int = 20, volatility: int = 14, deviation: int = 10) -> Array:
    """Return the line of least squares through the relative volatility index, on its last bar.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: D. Dorsey, *Refining the Relative Volatility Index*,
    1995.

    Examples
    --------
    >>> inertia(np.arange(5.0), window=2, volatility=2, deviation=2).round(6).tolist()
    [nan, nan, nan, 100.0, 100.0]
    """
    kept = complete(x)
    return put_back(linearreg(rvi(x[kept], volatility, deviation), window), kept)
