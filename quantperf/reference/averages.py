"""Moving averages: simple, exponential, linearly weighted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, Convention, complete, put_back

__all__ = ["ema", "sma", "wma"]


def sma(x: Array, window: int = 20) -> Array:
    """Return the mean of the last `window` values.

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
    NaN exactly where the window holds a missing bar. Source: the arithmetic mean; equals TA-Lib's SMA.

    Examples
    --------
    >>> sma(np.array([1.0, 2.0, 3.0, 6.0]), window=2).tolist()
    [nan, 1.5, 2.5, 4.5]
    """
    return np.array(pd.Series(x).rolling(window).mean())


def ema(x: Array, window: int = 20, *, convention: Convention = "talib") -> Array:
    """Return the exponential mean with the weight 2 / (`window` + 1) on the newest value.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 20
        Bars of the seed, at least 1.
    convention : {"talib", "legacy"}
        "talib" starts from the mean of the first `window` values, on bar `window` - 1; "legacy" from the first value.

    Returns
    -------
    ndarray
        Under "talib" the first `window` - 1 bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: mean += alpha * (x - mean); equals TA-Lib's EMA.

    Examples
    --------
    >>> ema(np.array([1.0, 3.0, 5.0]), window=2).tolist()
    [nan, 2.0, 4.0]
    >>> ema(np.array([1.0, 4.0, 4.0]), window=2, convention="legacy").tolist()
    [1.0, 3.0, 3.6666666666666665]
    """
    kept = complete(x)
    if convention == "legacy":
        return put_back(np.array(pd.Series(x[kept]).ewm(span=window, adjust=False).mean()), kept)
    return put_back(_seeded_ema(x[kept].tolist(), window), kept)


def _seeded_ema(values: list[float], window: int) -> list[float]:
    """Return the exponential mean that starts from the mean of the first `window` values."""
    if len(values) < window:
        return [np.nan] * len(values)
    alpha = 2.0 / (window + 1)
    mean = sum(values[:window]) / window
    result = [np.nan] * (window - 1) + [mean]
    for value in values[window:]:
        mean += alpha * (value - mean)
        result.append(mean)
    return result


def wma(x: Array, window: int = 20) -> Array:
    """Return the mean of the last `window` values with the weights 1, 2, ..., `window`, the newest weighing most.

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
    NaN exactly where the window holds a missing bar. Source: the weighted mean; equals TA-Lib's WMA.

    Examples
    --------
    >>> wma(np.array([3.0, 6.0, 9.0]), window=2).tolist()
    [nan, 5.0, 8.0]
    """
    result = np.full(len(x), np.nan)
    if len(x) >= window:
        newest_first = np.arange(window, 0, -1.0)
        result[window - 1 :] = np.convolve(x, newest_first, mode="valid") / newest_first.sum()
    return result
