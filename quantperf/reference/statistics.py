"""Statistics of a window: standard deviation, highest, lowest."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, Convention

__all__ = ["highest", "lowest", "stddev"]


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
    convention : {"talib", "legacy"}
        Population deviation (ddof 0) under "talib", sample deviation (ddof 1) under "legacy".

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
