"""Moving averages: simple, exponential, Wilder's, weighted by age, by place or by volume."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from quantperf.reference import Array, Convention, complete, put_back, whole_bars

__all__ = ["ema", "rma", "seeded_ema", "sma", "trima", "vwma", "wma"]


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
    convention : {"talib", "tradingview", "pandas", "legacy"}
        "talib" starts from the mean of the first `window` values, on bar `window` - 1; the others from the first value.

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
    if convention != "talib":
        return put_back(np.array(pd.Series(x[kept]).ewm(span=window, adjust=False).mean()), kept)
    return put_back(seeded_ema(x[kept].tolist(), window, 2.0 / (window + 1)), kept)


def seeded_ema(values: list[float], window: int, alpha: float) -> list[float]:
    """Return the mean in which the newest value weighs `alpha` and that starts from the mean of the first `window`.

    Parameters
    ----------
    values : list of float
        Values without gaps, oldest first.
    window : int
        Values of the seed, at least 1.
    alpha : float
        Weight of the newest value.

    Returns
    -------
    list of float
        The first `window` - 1 are NaN.

    Examples
    --------
    >>> seeded_ema([1.0, 3.0, 6.0], window=2, alpha=0.5)
    [nan, 2.0, 4.0]
    """
    if len(values) < window:
        return [np.nan] * len(values)
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


def rma(x: Array, window: int = 14, *, convention: Convention = "talib") -> Array:
    """Return Wilder's mean: the weight 1 / `window` on the newest value.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 14
        Bars of the seed, at least 1.
    convention : {"talib", "pandas"}
        "talib" starts from the mean of the first `window` values; "pandas" from the first value.

    Returns
    -------
    ndarray
        Under "talib" the first `window` - 1 bars are NaN; then comes the mean of the first `window` values.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's RMA.

    Examples
    --------
    >>> rma(np.array([1.0, 3.0, 5.0]), window=2).tolist()
    [nan, 2.0, 3.5]
    """
    kept = complete(x)
    if convention == "pandas":
        return put_back(np.array(pd.Series(x[kept]).ewm(alpha=1.0 / window, adjust=False).mean()), kept)
    return put_back(seeded_ema(x[kept].tolist(), window, 1.0 / window), kept)


def trima(x: Array, window: int = 20) -> Array:
    """Return the mean of the last `window` values with weights that rise to the middle of the window and fall again.

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
    NaN exactly where the window holds a missing bar. Source: the triangular weights 1, 2, ..., 2, 1; equals TA-Lib's
    TRIMA.

    Examples
    --------
    >>> trima(np.array([1.0, 2.0, 7.0]), window=3).tolist()
    [nan, nan, 3.0]
    """
    result = np.full(len(x), np.nan)
    if len(x) >= window:
        weights = np.minimum(np.arange(1.0, window + 1), np.arange(window, 0.0, -1.0))
        result[window - 1 :] = np.convolve(x, weights, mode="valid") / weights.sum()
    return result


def vwma(x: Array, volume: Array, window: int = 20) -> Array:
    """Return the mean of the last `window` prices, each weighing as much as was traded on its bar.

    Parameters
    ----------
    x, volume : ndarray
        Prices and volumes, oldest first.
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    ndarray
        NaN where nothing was traded in the window; the first `window` - 1 bars are NaN.

    Notes
    -----
    NaN where the window holds a missing bar. Source: the mean weighted by volume; equals TA-Lib's VWMA.

    Examples
    --------
    >>> vwma(np.array([1.0, 2.0]), np.array([1.0, 3.0]), window=2).tolist()
    [nan, 1.75]
    """
    prices, volumes = whole_bars(x, volume)
    if len(x) < window:
        return np.full(len(x), np.nan)
    # Each window is summed on its own: pandas' running sum leaves 1e-17 where nothing was traded.
    traded = sliding_window_view(np.array(volumes), window).sum(axis=1)
    paid = sliding_window_view(np.array(prices * volumes), window).sum(axis=1)
    mean = np.divide(paid, traded, out=np.full(len(paid), np.nan), where=traded != 0.0)
    return np.concatenate([np.full(window - 1, np.nan), mean])
