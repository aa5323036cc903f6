"""One price that stands for a bar."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array

__all__ = ["avgprice", "medprice", "typprice", "wclprice"]


def avgprice(open: Array, high: Array, low: Array, close: Array) -> Array:
    """Return the mean of the four prices of a bar.

    Notes
    -----
    NaN where a price is missing. Source: the arithmetic mean; equals TA-Lib's AVGPRICE.

    Examples
    --------
    >>> avgprice(np.array([2.0]), np.array([4.0]), np.array([1.0]), np.array([3.0])).tolist()
    [2.5]
    """
    return np.asarray((open + high + low + close) / 4.0)


def medprice(high: Array, low: Array) -> Array:
    """Return the middle of the range of a bar.

    Notes
    -----
    NaN where a price is missing. Source: the mid-range; equals TA-Lib's MEDPRICE.

    Examples
    --------
    >>> medprice(np.array([4.0]), np.array([1.0])).tolist()
    [2.5]
    """
    return np.asarray((high + low) / 2.0)


def typprice(high: Array, low: Array, close: Array) -> Array:
    """Return the mean of high, low and close.

    Notes
    -----
    NaN where a price is missing. Source: the arithmetic mean; equals TA-Lib's TYPPRICE.

    Examples
    --------
    >>> typprice(np.array([4.0]), np.array([1.0]), np.array([4.0])).tolist()
    [3.0]
    """
    return np.asarray((high + low + close) / 3.0)


def wclprice(high: Array, low: Array, close: Array) -> Array:
    """Return the mean of high, low and twice the close.

    Notes
    -----
    NaN where a price is missing. Source: the weighted mean; equals TA-Lib's WCLPRICE.

    Examples
    --------
    >>> wclprice(np.array([4.0]), np.array([2.0]), np.array([3.0])).tolist()
    [3.0]
    """
    return np.asarray((high + low + 2.0 * close) / 4.0)
