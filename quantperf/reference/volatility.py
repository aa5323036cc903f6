"""Volatility: the average true range."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array, complete, put_back

__all__ = ["atr"]


def atr(high: Array, low: Array, close: Array, window: int = 14) -> Array:
    """Return Wilder's mean of the true range, the range of a bar widened to the close before it.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that the smoothing spans, at least 1; the seed is the mean of the first `window` true ranges.

    Returns
    -------
    ndarray
        In the unit of the prices; the first `window` bars are NaN.

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
