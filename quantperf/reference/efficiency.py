"""How much of all movement came to something: sums of moves, and what they are set against."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, complete, put_back

__all__ = ["er", "imi", "vhf", "wad"]


def _sum(values: pd.Series[float], window: int) -> Array:
    """Return the rolling sum, made anew for each window, so that a flat one is 0 exactly."""
    return values.rolling(window).apply(np.sum, raw=True).to_numpy()


def er(x: Array, window: int = 10) -> Array:
    """Return Kaufman's efficiency ratio: the way over `window` bars over the sum of all moves, 0 to 1.

    Notes
    -----
    NaN where one of the `window` + 1 bars is missing; 1 where nothing moved. Source: P. Kaufman, *Smarter Trading*,
    1995; equals TA-Lib's ER.

    Examples
    --------
    >>> er(np.array([1.0, 2.0, 1.0, 2.0]), window=3).round(4).tolist()
    [nan, nan, nan, 0.3333]
    """
    prices = pd.Series(x)
    total = _sum(prices.diff().abs(), window)
    way = np.abs(prices.diff(window).to_numpy())
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total != 0.0, way / total, 1.0)


def vhf(x: Array, window: int = 28) -> Array:
    """Return the vertical horizontal filter: the range of `window` closes over the sum of the last `window` moves.

    Notes
    -----
    NaN where one of the `window` + 1 bars is missing; 0 where nothing moved. Source: A. White, *The Vertical Horizontal
    Filter*, 1991; equals TA-Lib's VHF.

    Examples
    --------
    >>> vhf(np.array([1.0, 3.0, 2.0]), window=2).round(4).tolist()
    [nan, nan, 0.3333]
    """
    prices = pd.Series(x)
    total = _sum(prices.diff().abs(), window)
    reach = (prices.rolling(window).max() - prices.rolling(window).min()).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total != 0.0, reach / total, 0.0)


def imi(open: Array, close: Array, window: int = 14) -> Array:
    """Return the intraday momentum index: the share of rises from open to close in all such moves, 0 to 100.

    Notes
    -----
    NaN where the window holds a missing bar; 50 where nothing moved. Source: T. Chande and S. Kroll, *The New Technical
    Trader*, 1994; equals TA-Lib's IMI.

    Examples
    --------
    >>> imi(np.array([1.0, 2.0]), np.array([4.0, 1.0]), window=2).tolist()
    [nan, 75.0]
    """
    moves = pd.Series(close - open)
    up, down = _sum(moves.clip(lower=0.0), window), _sum((-moves).clip(lower=0.0), window)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(up + down != 0.0, 100.0 * (up / (up + down)), 50.0)


def wad(high: Array, low: Array, close: Array) -> Array:
    """Return Williams' accumulation and distribution: the sum of rises from the true low and falls from the true high.

    Notes
    -----
    0 on the first bar; NaN on a missing bar, which is otherwise passed over. Source: L. Williams, *How I Made One
    Million Dollars Last Year Trading Commodities*, 1973; equals TA-Lib's WAD.

    Examples
    --------
    >>> wad(np.array([2.0, 4.0, 3.0]), np.array([1.0, 2.0, 1.0]), np.array([1.0, 3.0, 2.0])).tolist()
    [0.0, 2.0, 1.0]
    """
    kept = complete(high, low, close)
    total, last, result = 0.0, np.nan, []
    for h, lo, price in zip(high[kept].tolist(), low[kept].tolist(), close[kept].tolist(), strict=True):
        if price > last:
            total += price - min(lo, last)
        elif price < last:
            total += price - max(h, last)
        last = price
        result.append(total)
    return put_back(result, kept)
