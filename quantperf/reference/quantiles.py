"""Order in a window where values are averaged: ranks with ties, quantiles, the median deviation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array

__all__ = ["median", "median_deviation", "quantile", "rank"]


def rank(x: Array, window: int = 100, share: int = 0) -> Array:
    """Return the place of each value among the last `window`, from 1 for the lowest; equal values share the mean.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 100
        Bars in the window, at least 1.
    share : int, default 0
        1 divides by `window`.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: M. G. Kendall, *The Treatment of Ties in Ranking
    Problems*, 1945.

    Examples
    --------
    >>> rank(np.array([1.0, 3.0, 2.0, 2.0]), window=3).tolist()
    [nan, nan, 2.0, 1.5]
    """
    return np.array(pd.Series(x).rolling(window).rank(method="average", pct=bool(share)))


def quantile(x: Array, window: int = 30, q: float = 0.5) -> Array:
    """Return the value that the share `q` of the last `window` values do not exceed, between two of them by a line.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 30
        Bars in the window, at least 1.
    q : float, default 0.5
        Between 0 for the lowest and 1 for the highest.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: R. J. Hyndman and Y. Fan, *Sample Quantiles in Statistical
    Packages*, 1996, definition 7.

    Examples
    --------
    >>> quantile(np.array([1.0, 3.0, 2.0]), window=3, q=0.25).tolist()
    [nan, nan, 1.5]
    """
    return np.array(pd.Series(x).rolling(window).quantile(q, interpolation="linear"))


def median(x: Array, window: int = 30) -> Array:
    """Return the middle of the last `window` values, the mean of the two in the middle where their number is even.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the median.

    Examples
    --------
    >>> median(np.array([1.0, 4.0, 2.0]), window=2).tolist()
    [nan, 2.5, 3.0]
    """
    return np.array(pd.Series(x).rolling(window).median())


def median_deviation(x: Array, window: int = 30, scale: float = 1.0) -> Array:
    """Return `scale` times the median distance of the last `window` values from their median.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: F. R. Hampel, *The Influence Curve and its Role in Robust
    Estimation*, 1974.

    Examples
    --------
    >>> median_deviation(np.array([1.0, 2.0, 9.0]), window=3).tolist()
    [nan, nan, 1.0]
    """
    result = np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        values = x[t - window + 1 : t + 1]
        result[t] = scale * np.median(np.abs(values - np.median(values)))
    return result
