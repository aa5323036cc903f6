"""Arithmetic of two series bar by bar, and sums."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array, complete, put_back

__all__ = ["add", "cumsum", "div", "mult", "sub", "total"]


def add(x: Array, y: Array) -> Array:
    """Return the sum of two series, bar by bar.

    Notes
    -----
    NaN where one is missing. Source: addition; equals TA-Lib's ADD.

    Examples
    --------
    >>> add(np.array([1.0, 2.0]), np.array([3.0, 5.0])).tolist()
    [4.0, 7.0]
    """
    return x + y


def sub(x: Array, y: Array) -> Array:
    """Return the first series less the second, bar by bar.

    Notes
    -----
    NaN where one is missing. Source: subtraction; equals TA-Lib's SUB.

    Examples
    --------
    >>> sub(np.array([1.0, 2.0]), np.array([3.0, 5.0])).tolist()
    [-2.0, -3.0]
    """
    return x - y


def mult(x: Array, y: Array) -> Array:
    """Return the product of two series, bar by bar.

    Notes
    -----
    NaN where one is missing. Source: multiplication; equals TA-Lib's MULT.

    Examples
    --------
    >>> mult(np.array([1.0, 2.0]), np.array([3.0, 5.0])).tolist()
    [3.0, 10.0]
    """
    return x * y


def div(x: Array, y: Array) -> Array:
    """Return the first series over the second, bar by bar.

    Notes
    -----
    NaN where one is missing, and for 0 over 0; infinite where only the second is 0. Source: division; equals TA-Lib's
    DIV.

    Examples
    --------
    >>> div(np.array([1.0, 2.0]), np.array([4.0, 0.0])).tolist()
    [0.25, inf]
    """
    with np.errstate(all="ignore"):
        return x / y


def cumsum(x: Array) -> Array:
    """Return the sum of all values so far.

    Notes
    -----
    NaN where a value is missing, which adds nothing. Source: the running sum; equals TA-Lib's CUMSUM.

    Examples
    --------
    >>> cumsum(np.array([1.0, np.nan, 2.0])).tolist()
    [1.0, nan, 3.0]
    """
    kept = complete(x)
    return put_back(np.cumsum(x[kept]), kept)


def total(x: Array, window: int = 30) -> Array:
    """Return the sum of the last `window` values.

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
    NaN exactly where the window holds a missing bar. Source: the sum; equals TA-Lib's SUM.

    Examples
    --------
    >>> total(np.array([1.0, 3.0, 2.0]), window=2).tolist()
    [nan, 4.0, 5.0]
    """
    result = np.full(len(x), np.nan)
    if len(x) >= window:
        result[window - 1 :] = np.lib.stride_tricks.sliding_window_view(x, window).sum(axis=1)
    return result
