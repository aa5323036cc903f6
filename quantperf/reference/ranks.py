"""Order in a window: the value at a rank, the rank of a value, and the place of an extreme."""

from __future__ import annotations

import math

import numpy as np

from quantperf.reference import Array

__all__ = ["maxindex", "minindex", "minmaxindex", "percentile", "percentrank"]


def percentile(x: Array, window: int = 30, percent: float = 50.0) -> Array:
    """Return the value of the last `window` that `percent` of them do not exceed, by nearest rank.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 30
        Bars in the window, at least 2.
    percent : float, default 50.0
        Between 0 and 100; 0 gives the lowest.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the nearest rank; equals TA-Lib's PERCENTILE.

    Examples
    --------
    >>> percentile(np.array([1.0, 3.0, 2.0]), window=3, percent=50.0).tolist()
    [nan, nan, 2.0]
    """
    result = np.full(len(x), np.nan)
    rank = max(1, math.ceil(percent * window / 100.0))
    for t in range(window - 1, len(x)):
        values = x[t - window + 1 : t + 1]
        if not np.isnan(values).any():
            result[t] = np.sort(values)[rank - 1]
    return result


def percentrank(x: Array, window: int = 100) -> Array:
    """Return how many of the `window` values before one lie below it, in percent.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 100
        Values before it that count, at least 2.

    Returns
    -------
    ndarray
        Between 0 and 100; the first `window` bars are NaN.

    Notes
    -----
    NaN exactly where one of the `window` + 1 values is missing. Source: the percentile rank; equals TA-Lib's
    PERCENTRANK.

    Examples
    --------
    >>> percentrank(np.array([1.0, 3.0, 2.0, 3.0]), window=2).tolist()
    [nan, nan, 50.0, 50.0]
    """
    result = np.full(len(x), np.nan)
    for t in range(window, len(x)):
        values = x[t - window : t + 1]
        if not np.isnan(values).any():
            result[t] = 100.0 * np.count_nonzero(values[:-1] < values[-1]) / window
    return result


def maxindex(x: Array, window: int = 30) -> Array:
    """Return the bar of the highest of the last `window` values, counted from the first bar.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 30
        Bars in the window, at least 2.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    Of equals it is the newest; where the highest has just left, it is the oldest of the equals that stay. After a
    missing bar the search begins anew. Source: equals TA-Lib's MAXINDEX, whose search this is.

    Examples
    --------
    >>> maxindex(np.array([1.0, 3.0, 2.0, 1.0]), window=2).tolist()
    [nan, 1.0, 1.0, 2.0]
    """
    result = np.full(len(x), np.nan)
    best = -1
    for t in range(window - 1, len(x)):
        first = t - window + 1
        if np.isnan(x[first : t + 1]).any():
            best = -1
            continue
        if best < first:
            best = first + int(np.argmax(x[first : t + 1]))
        elif x[t] >= x[best]:
            best = t
        result[t] = best
    return result


def minindex(x: Array, window: int = 30) -> Array:
    """Return the bar of the lowest of the last `window` values, counted from the first bar.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 30
        Bars in the window, at least 2.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    As in `maxindex`. Source: equals TA-Lib's MININDEX.

    Examples
    --------
    >>> minindex(np.array([1.0, 3.0, 2.0, 1.0]), window=2).tolist()
    [nan, 0.0, 2.0, 3.0]
    """
    return maxindex(-x, window)


def minmaxindex(x: Array, window: int = 30) -> tuple[Array, Array]:
    """Return the bars of the lowest and of the highest of the last `window` values, counted from the first bar.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 30
        Bars in the window, at least 2.

    Returns
    -------
    tuple of ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    As in `maxindex`. Source: equals TA-Lib's MINMAXINDEX.

    Examples
    --------
    >>> minmaxindex(np.array([1.0, 3.0, 2.0, 1.0]), window=2)[0].tolist()
    [nan, 0.0, 2.0, 3.0]
    """
    return minindex(x, window), maxindex(x, window)
