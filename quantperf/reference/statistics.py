"""Statistics of a window: spread, extremes, and how two series go together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, Convention, complete

__all__ = ["avgdev", "beta", "correl", "highest", "lowest", "minmax", "stddev", "var"]


def stddev(x: Array, window: int = 20, nbdev: float = 1.0, *, convention: Convention = "talib") -> Array:
    """Return `nbdev` standard deviations of the last `window` values.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 20
        Bars in the window, at least 2.
    nbdev : float, default 1.0
        Factor on the deviation.
    convention : {"talib", "pandas", "legacy"}
        Population deviation (ddof 0) under "talib", sample deviation (ddof 1) under the others.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the standard deviation; equals TA-Lib's STDDEV.

    Examples
    --------
    >>> stddev(np.array([1.0, 3.0, 3.0]), window=2).tolist()
    [nan, 1.0, 0.0]
    """
    result = np.full(len(x), np.nan)
    if len(x) >= window:
        # Each window by itself: pandas' rolling std updates running sums and is up to 2e-7 off on an ordinary walk.
        # Distances from the window's first value have the same deviation, and a flat window gives exactly 0.
        windows = np.lib.stride_tricks.sliding_window_view(x, window)
        distances = windows - windows[:, :1]
        result[window - 1 :] = nbdev * distances.std(axis=1, ddof=0 if convention == "talib" else 1)
    return result


def var(x: Array, window: int = 5, *, convention: Convention = "talib") -> Array:
    """Return the variance of the last `window` values.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 5
        Bars in the window, at least 1.
    convention : {"talib", "pandas"}
        That of the population (ddof 0) under "talib", that of a sample (ddof 1) under "pandas"; 0 of one value.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the variance; equals TA-Lib's VAR.

    Examples
    --------
    >>> var(np.array([1.0, 3.0, 3.0]), window=2).tolist()
    [nan, 1.0, 0.0]
    """
    ddof = 1 if convention == "pandas" and window > 1 else 0
    result = np.full(len(x), np.nan)
    if len(x) >= window:
        windows = np.lib.stride_tricks.sliding_window_view(x, window)
        result[window - 1 :] = (windows - windows[:, :1]).var(axis=1, ddof=ddof)  # see `stddev`
    return result


def avgdev(x: Array, window: int = 14) -> Array:
    """Return the mean distance of the last `window` values from their mean.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the mean absolute deviation; equals TA-Lib's AVGDEV.

    Examples
    --------
    >>> avgdev(np.array([1.0, 3.0, 3.0]), window=2).tolist()
    [nan, 1.0, 0.0]
    """
    result = np.full(len(x), np.nan)
    if len(x) >= window:
        windows = np.lib.stride_tricks.sliding_window_view(x, window)
        distances = windows - windows[:, :1]
        result[window - 1 :] = np.abs(distances - distances.mean(axis=1, keepdims=True)).mean(axis=1)
    return result


def correl(x: Array, y: Array, window: int = 30) -> Array:
    """Return the correlation of two series over the last `window` bars.

    Parameters
    ----------
    x, y : ndarray
        Values, oldest first.
    window : int, default 30
        Bars in the window, at least 1.

    Returns
    -------
    ndarray
        Between -1 and 1, 0 where one of the two is flat; the first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: K. Pearson, 1895; equals TA-Lib's CORREL.

    Examples
    --------
    >>> correl(np.array([1.0, 2.0, 3.0]), np.array([1.0, 5.0, 4.0]), window=2).round(6).tolist()
    [nan, 1.0, -1.0]
    """
    xx, yy, xy = _products(x, y, window)
    with np.errstate(all="ignore"):
        return np.where((xx == 0.0) | (yy == 0.0), 0.0, xy / np.sqrt(xx * yy))


def beta(x: Array, y: Array, window: int = 5) -> Array:
    """Return the slope of the changes of `y` on those of `x` over the last `window` changes.

    Parameters
    ----------
    x, y : ndarray
        Prices, oldest first.
    window : int, default 5
        Changes in the window, at least 1.

    Returns
    -------
    ndarray
        0 where `x` changes always alike; the first `window` bars are NaN.

    Notes
    -----
    NaN exactly where one of the changes is unknown; the change from a price of 0 is 0. Source: W. Sharpe, 1964; equals
    TA-Lib's BETA.

    Examples
    --------
    >>> beta(np.array([1.0, 2.0, 2.0]), np.array([1.0, 3.0, 3.0]), window=2).tolist()
    [nan, nan, 2.0]
    """
    xx, _, xy = _products(_changes(x), _changes(y), window)
    with np.errstate(all="ignore"):
        return np.where(xx == 0.0, 0.0, xy / xx)


def _changes(x: Array) -> Array:
    """Return the change of each value relative to the one before; unknown on the first bar, 0 from a value of 0."""
    before = np.concatenate([[np.nan], x[:-1]])[: len(x)]
    with np.errstate(all="ignore"):
        return np.where(before == 0.0, x - x, (x - before) / before)


def _products(x: Array, y: Array, window: int) -> tuple[Array, Array, Array]:
    """Return the sums of squared deviations of x and of y, and that of their products; NaN where a bar is missing."""
    xx, yy, xy = (np.full(len(x), np.nan) for _ in range(3))
    if len(x) >= window:
        whole = complete(x, y)
        views = [np.lib.stride_tricks.sliding_window_view(np.where(whole, column, np.nan), window) for column in (x, y)]
        p, q = (view - view[:, :1] for view in views)  # a flat window gives exactly 0
        p, q = p - p.mean(axis=1, keepdims=True), q - q.mean(axis=1, keepdims=True)
        first = window - 1
        xx[first:], yy[first:], xy[first:] = (p * p).sum(axis=1), (q * q).sum(axis=1), (p * q).sum(axis=1)
    return xx, yy, xy


def highest(x: Array, window: int = 20) -> Array:
    """Return the highest of the last `window` values.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the maximum; equals TA-Lib's MAX.

    Examples
    --------
    >>> highest(np.array([1.0, 3.0, 2.0]), window=2).tolist()
    [nan, 3.0, 3.0]
    """
    return np.array(pd.Series(x).rolling(window).max())


def lowest(x: Array, window: int = 20) -> Array:
    """Return the lowest of the last `window` values.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the minimum; equals TA-Lib's MIN.

    Examples
    --------
    >>> lowest(np.array([1.0, 3.0, 2.0]), window=2).tolist()
    [nan, 1.0, 2.0]
    """
    return np.array(pd.Series(x).rolling(window).min())


def minmax(x: Array, window: int = 30) -> tuple[Array, Array]:
    """Return the lowest and the highest of the last `window` values.

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
    NaN exactly where the window holds a missing bar. Source: minimum and maximum; equals TA-Lib's MINMAX.

    Examples
    --------
    >>> minmax(np.array([1.0, 3.0, 2.0]), window=2)[0].tolist()
    [nan, 1.0, 2.0]
    """
    return lowest(x, window), highest(x, window)
