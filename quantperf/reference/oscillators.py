"""Oscillators about zero: prices, or what lies within a bar, against their own means."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, complete, put_back, whole_bars
from quantperf.reference.exponential import growth, seeded_mean
from quantperf.reference.smoothing import DEFAULT, ma

__all__ = ["ac", "ao", "coppock", "dpo", "eri", "fosc", "kdj", "qstick", "smi", "tsi"]


def ao(high: Array, low: Array, fast: int = 5, slow: int = 34) -> Array:
    """Return the awesome oscillator: the mean middle of `fast` bars less that of `slow` bars.

    Notes
    -----
    NaN where either window holds a missing bar. Source: B. Williams, *New Trading Dimensions*, 1998; equals TA-Lib's
    AO.

    Examples
    --------
    >>> price = np.array([1.0, 2.0, 6.0])
    >>> ao(price, price, fast=1, slow=3).tolist()
    [nan, nan, 3.0]
    """
    highs, lows = whole_bars(high, low)
    middle = (highs + lows) / 2.0
    return np.array(_mean(middle, fast) - _mean(middle, slow))


def ac(high: Array, low: Array, fast: int = 5, slow: int = 34, signal: int = 5) -> Array:
    """Return the accelerator: the awesome oscillator less its mean over `signal` bars.

    Notes
    -----
    NaN where a bar that the means read is missing. Source: B. Williams, *New Trading Dimensions*, 1998; equals TA-Lib's
    AC.

    Examples
    --------
    >>> price = np.array([1.0, 2.0, 6.0, 6.0])
    >>> ac(price, price, fast=1, slow=2, signal=2).tolist()
    [nan, nan, 0.75, -1.0]
    """
    line = pd.Series(ao(high, low, fast, slow))
    return np.array(line - _mean(line, signal))


def _mean(values: pd.Series[float], window: int) -> pd.Series[float]:
    """Return the rolling mean, summed anew for each window."""
    return values.rolling(window).apply(np.mean, raw=True)


def qstick(open: Array, close: Array, window: int = 10) -> Array:
    """Return the mean of close - open over `window` bars.

    Notes
    -----
    NaN where the window holds a missing bar. Source: T. Chande and S. Kroll, *The New Technical Trader*, 1994; equals
    TA-Lib's QSTICK.

    Examples
    --------
    >>> qstick(np.array([1.0, 2.0]), np.array([2.0, 5.0]), window=2).tolist()
    [nan, 2.0]
    """
    return np.array(_mean(pd.Series(close - open), window))


def dpo(x: Array, window: int = 20) -> Array:
    """Return the close of `window` // 2 + 1 bars ago less the mean of the last `window` closes.

    Notes
    -----
    NaN where a bar that it reads is missing. Equals TA-Lib's DPO.

    Examples
    --------
    >>> dpo(np.array([1.0, 2.0, 6.0]), window=3).tolist()
    [nan, nan, -2.0]
    """
    prices = pd.Series(x)
    return np.array(prices.shift(window // 2 + 1) - _mean(prices, window))


def coppock(x: Array, window: int = 10, short: int = 11, long: int = 14) -> Array:
    """Return the weighted mean, over `window` bars, of the sum of the changes over `short` and over `long` bars.

    Notes
    -----
    NaN where a bar that it reads is missing. Source: E. S. C. Coppock, *Barron's*, 1962; equals TA-Lib's COPPOCK.

    Examples
    --------
    >>> coppock(np.array([1.0, 1.0, 2.0, 3.0]), window=2, short=1, long=1).round(6).tolist()
    [nan, nan, 133.333333, 133.333333]
    """
    weights = np.arange(1.0, window + 1.0)
    changes = pd.Series(growth(x, short) + growth(x, long))
    return np.array(changes.rolling(window).apply(lambda part: part @ weights / weights.sum(), raw=True))


def fosc(x: Array, window: int = 5) -> Array:
    """Return how far the close lies from the line through the `window` closes before it, in percent of the close.

    Notes
    -----
    NaN where a bar that it reads is missing; 0 where the close is 0. Source: T. Chande and S. Kroll, *The New Technical
    Trader*, 1994; equals TA-Lib's FOSC.

    Examples
    --------
    >>> fosc(np.array([1.0, 2.0, 4.0]), window=2).tolist()
    [nan, nan, 25.0]
    """
    places = np.arange(window) - (window - 1) / 2.0

    def forecast(part: Array) -> float:
        apart = part - part[-1]  # so that a flat line is forecast exactly
        slope = (places @ apart) / (places @ places)
        return float(part[-1] + (apart.mean() + slope * (window + 1) / 2.0))

    line = pd.Series(x).rolling(window).apply(forecast, raw=True).shift(1).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(x != 0.0, 100.0 * (x - line) / x, 0.0 * line)


def eri(high: Array, low: Array, close: Array, window: int = 13) -> tuple[Array, Array]:
    """Return bull power and bear power: high and low less the exponential mean of the closes.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: A. Elder, *Trading for a Living*, 1993; equals
    TA-Lib's ERI.

    Examples
    --------
    >>> bull, bear = eri(np.array([2.0, 5.0]), np.array([0.0, 3.0]), np.array([1.0, 4.0]), window=2)
    >>> bull.tolist(), bear.tolist()
    ([nan, 2.5], [nan, 0.5])
    """
    kept = complete(high, low, close)
    mean = seeded_mean(close[kept], window, 2.0 / (window + 1))
    return put_back(high[kept] - mean, kept), put_back(low[kept] - mean, kept)


def tsi(x: Array, first: int = 25, second: int = 13) -> Array:
    """Return the true strength index: the twice smoothed moves over their twice smoothed sizes, in percent.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over; 0 where nothing has moved. Source: W. Blau, *Momentum,
    Direction, and Divergence*, 1995; equals TA-Lib's TSI.

    Examples
    --------
    >>> tsi(np.array([1.0, 2.0, 3.0, 3.0]), first=2, second=1).tolist()
    [nan, nan, 100.0, 100.0]
    """
    kept = complete(x)
    moves = np.diff(x[kept], prepend=np.nan)
    return put_back(_percent(_twice(moves, first, second), _twice(np.abs(moves), first, second)), kept)


def _twice(values: Array, first: int, second: int) -> Array:
    """Return the exponential mean of the exponential mean."""
    return seeded_mean(seeded_mean(values, first, 2.0 / (first + 1)), second, 2.0 / (second + 1))


def _percent(part: Array, whole: Array) -> Array:
    """Return the part in percent of the whole, 0 where the whole is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole != 0.0, 100.0 * (part / whole), 0.0)  # NaN is not 0, and stays


def smi(
    high: Array, low: Array, close: Array, window: int = 13, fast: int = 2, slow: int = 25, signal: int = 9
) -> tuple[Array, Array]:
    """Return the stochastic momentum index, the twice smoothed place of the close about its range, and its mean.

    Notes
    -----
    -100 to 100; NaN on a missing bar, which is otherwise passed over; 0 where there is no range. Source: W. Blau,
    *Momentum, Direction, and Divergence*, 1995; equals TA-Lib's SMI.

    Examples
    --------
    >>> close = np.array([1.0, 2.0, 3.0, 4.0])
    >>> smi(close, close, close, window=2, fast=1, slow=1, signal=2)[0].tolist()
    [nan, nan, 100.0, 100.0]
    """
    kept = complete(high, low, close)
    top = pd.Series(high[kept]).rolling(window).max().to_numpy()
    bottom = pd.Series(low[kept]).rolling(window).min().to_numpy()
    line = _percent(_twice(close[kept] - (top + bottom) / 2.0, slow, fast), _twice(top - bottom, slow, fast) / 2.0)
    mean = seeded_mean(line, signal, 2.0 / (signal + 1))
    return put_back(np.where(np.isnan(mean), np.nan, line), kept), put_back(mean, kept)


def kdj(
    high: Array,
    low: Array,
    close: Array,
    fastk: int = 9,
    slowk: int = 3,
    slowd: int = 3,
    slowk_matype: int = 13,
    slowd_matype: int = 13,
) -> tuple[Array, Array, Array]:
    """Return K, D and J: the place of the close in its range by Wilder's mean, that again, and 3 K - 2 D.

    Notes
    -----
    K and D in per cent; NaN on a missing bar, which is otherwise passed over; a place without range is 0. Source:
    G. Lane's stochastic with Wilder's means; equals TA-Lib's KDJ.

    Examples
    --------
    >>> close = np.array([1.0, 2.0, 1.0])
    >>> [line.tolist() for line in kdj(close, close, close, fastk=2, slowk=2, slowd=1)]
    [[nan, nan, 50.0], [nan, nan, 50.0], [nan, nan, 50.0]]
    """
    kept = complete(high, low, close)
    top = pd.Series(high[kept]).rolling(fastk).max().to_numpy()
    bottom = pd.Series(low[kept]).rolling(fastk).min().to_numpy()
    place = _percent(close[kept] - bottom, top - bottom)
    k = ma(place, slowk, 13 if slowk_matype == DEFAULT else slowk_matype)
    d = ma(k, slowd, 13 if slowd_matype == DEFAULT else slowd_matype)
    k = np.where(np.isnan(d), np.nan, k)
    return put_back(k, kept), put_back(d, kept), put_back(3.0 * k - 2.0 * d, kept)
