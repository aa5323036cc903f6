"""What volume, or the reach of a bar, says of buyers and sellers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, complete, put_back, whole_bars
from quantperf.reference.exponential import seeded_mean

__all__ = ["brar", "emv", "kvo"]


def emv(high: Array, low: Array, volume: Array, window: int = 14, unit: float = 1e8) -> Array:
    """Return the mean move of the middle over the volume, in units, for each part of the range.

    Notes
    -----
    0 on a bar without volume. NaN where one of the bars, or the one before them, is missing. Source: R. W. Arms,
    *Volume Cycles in the Stock Market*, 1983.

    Examples
    --------
    >>> price = np.array([1.0, 2.0])
    >>> emv(price + 1, price - 1, np.array([5.0, 5.0]), window=1, unit=10.0).tolist()
    [nan, 4.0]
    """
    highs, lows, traded = whole_bars(high, low, volume)
    move = ((highs + lows) / 2.0).diff()
    with np.errstate(divide="ignore", invalid="ignore"):
        ease = (move / (traded / unit / (highs - lows))).where((traded != 0.0) & (highs != lows), 0.0 * move)
    return np.array(ease.rolling(window).apply(np.mean, raw=True))


def kvo(
    high: Array, low: Array, close: Array, volume: Array, fast: int = 34, slow: int = 55, signal: int = 13
) -> tuple[Array, Array]:
    """Return a fast less a slow exponential mean of the volume force, and the exponential mean of that.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: S. J. Klinger, *Identifying Trends with Volume
    Analysis*, 1997.

    Examples
    --------
    >>> close = np.array([1.0, 2.0, 3.0])
    >>> kvo(close + 1, close - 1, close, np.full(3, 30.0), fast=1, slow=2, signal=1)[0].round(6).tolist()
    [nan, nan, 500.0]
    """
    kept = complete(high, low, close, volume)
    sums, ranges = (high + low + close)[kept], (high - low)[kept]
    force = np.full(len(sums), np.nan)
    trend, way = 0, 0.0
    for t in range(1, len(sums)):
        side = 1 if sums[t] > sums[t - 1] else -1
        way = (way if side == trend else ranges[t - 1]) + ranges[t]
        trend = side
        share = abs(2.0 * ranges[t] / way - 1.0) if way != 0.0 else 0.0
        force[t] = 100.0 * volume[kept][t] * side * share
    line = seeded_mean(force, fast, 2.0 / (fast + 1)) - seeded_mean(force, slow, 2.0 / (slow + 1))
    return put_back(line, kept), put_back(seeded_mean(line, signal, 2.0 / (signal + 1)), kept)


def brar(open: Array, high: Array, low: Array, close: Array, window: int = 26) -> tuple[Array, Array]:
    """Return how far highs reach above the open over how far lows fall below, and the same about the last close.

    Notes
    -----
    In percent, 0 where lows never fall below. NaN where one of the bars that a value reads is missing. Source: AR and
    BR of Japanese and Chinese charts.

    Examples
    --------
    >>> close = np.array([1.0, 2.0])
    >>> brar(close - 1, close + 1, close - 2, close, window=2)[0].tolist()
    [nan, 200.0]
    """
    opens, highs, lows, closes = whole_bars(open, high, low, close)
    last = closes.shift(1)
    pairs = (
        (highs - opens, opens - lows),
        ((highs - last).clip(lower=0.0), (last - lows).clip(lower=0.0)),
    )
    a, b = (_share(up, down, window) for up, down in pairs)
    return a, b


def _share(up: pd.Series[float], down: pd.Series[float], window: int) -> Array:
    """Return the sum of one line in percent of the sum of another; 0 where that is 0."""
    more, less = (line.rolling(window).apply(np.sum, raw=True) for line in (up, down))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.array((100.0 * more / less).where(less != 0.0, 0.0 * more * less))
