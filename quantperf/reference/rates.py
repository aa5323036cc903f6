"""Rates of change, of a price and between its exponential averages."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, Convention, complete, put_back
from quantperf.reference.smoothing import DEFAULT, average

__all__ = ["apo", "mom", "ppo", "roc", "rocp", "rocr", "rocr100", "trix"]


def mom(x: Array, window: int = 10) -> Array:
    """Return the change over `window` bars.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 10
        Bars between the two prices, at least 1.

    Returns
    -------
    ndarray
        In the unit of the prices; the first `window` bars are NaN.

    Notes
    -----
    NaN where one of the two prices is missing. Equals TA-Lib's MOM.

    Examples
    --------
    >>> mom(np.array([4.0, 5.0, 6.0]), window=2).tolist()
    [nan, nan, 2.0]
    """
    return np.array(pd.Series(x).diff(window))


def roc(x: Array, window: int = 10) -> Array:
    """Return the change over `window` bars in per cent of the old price, 0 where the old price is 0.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 10
        Bars between the two prices, at least 1.

    Returns
    -------
    ndarray
        The first `window` bars are NaN.

    Notes
    -----
    NaN where one of the `window` + 1 bars from the old price to the new one is missing. Equals TA-Lib's ROC.

    Examples
    --------
    >>> roc(np.array([4.0, 5.0, 6.0]), window=2).tolist()
    [nan, nan, 50.0]
    """
    prices = pd.Series(x)
    old = prices.shift(window)
    change = (100.0 * (prices / old - 1.0)).mask(old == 0.0, 0.0)
    return np.array(change.where(~prices.isna()))


def rocp(x: Array, window: int = 10) -> Array:
    """Return the change over `window` bars as a share of the old price, 0 where the old price is 0.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 10
        Bars between the two prices, at least 1.

    Returns
    -------
    ndarray
        The first `window` bars are NaN.

    Notes
    -----
    NaN where one of the two prices is missing. Equals TA-Lib's ROCP.

    Examples
    --------
    >>> rocp(np.array([4.0, 5.0, 6.0]), window=2).tolist()
    [nan, nan, 0.5]
    """
    prices = pd.Series(x)
    old = prices.shift(window)
    return np.array(((prices - old) / old).mask(old == 0.0, 0.0).where(~prices.isna()))


def rocr(x: Array, window: int = 10) -> Array:
    """Return the price over the price `window` bars before, 0 where that is 0.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 10
        Bars between the two prices, at least 1.

    Returns
    -------
    ndarray
        The first `window` bars are NaN.

    Notes
    -----
    NaN where one of the two prices is missing. Equals TA-Lib's ROCR.

    Examples
    --------
    >>> rocr(np.array([4.0, 5.0, 6.0]), window=2).tolist()
    [nan, nan, 1.5]
    """
    prices = pd.Series(x)
    old = prices.shift(window)
    return np.array((prices / old).mask(old == 0.0, 0.0).where(~prices.isna()))


def rocr100(x: Array, window: int = 10) -> Array:
    """Return the price in per cent of the price `window` bars before, 0 where that is 0.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 10
        Bars between the two prices, at least 1.

    Returns
    -------
    ndarray
        The first `window` bars are NaN.

    Notes
    -----
    NaN where one of the two prices is missing. Equals TA-Lib's ROCR100.

    Examples
    --------
    >>> rocr100(np.array([4.0, 5.0, 6.0]), window=2).tolist()
    [nan, nan, 150.0]
    """
    return 100.0 * rocr(x, window)


def apo(x: Array, fast: int = 12, slow: int = 26, matype: int = 1, *, convention: Convention = "talib") -> Array:
    """Return the difference of a fast and a slow exponential average.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    fast, slow : int, default 12 and 26
        Windows of the two averages, at least 2; swapped if `fast` is the longer one.
    matype : int, default 1
        Kind of both averages by TA-Lib's number.
    convention : {"talib", "tradingview", "pandas"}
        "talib" begins each exponential average as the mean of its own first bars, the others as the first bar.

    Returns
    -------
    ndarray
        In the unit of the prices; under "talib" the first `slow` - 1 bars are NaN.

    Notes
    -----
    Each average begins as the mean of its own first bars. NaN on a missing bar, which is otherwise passed over. Equals
    TA-Lib's APO with exponential averages.

    Examples
    --------
    >>> apo(np.array([1.0, 2.0, 3.0, 4.0]), fast=2, slow=3).tolist()
    [nan, nan, 0.5, 0.5]
    """
    quick, calm = (
        average(x, window, 1 if matype == DEFAULT else matype, convention) for window in sorted((fast, slow))
    )
    return quick - calm


def ppo(x: Array, fast: int = 12, slow: int = 26, matype: int = 1, *, convention: Convention = "talib") -> Array:
    """Return the difference of a fast and a slow exponential average in per cent of the slow one, 0 where that is 0.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    fast, slow : int, default 12 and 26
        Windows of the two averages, at least 2; swapped if `fast` is the longer one.
    matype : int, default 1
        Kind of both averages by TA-Lib's number.
    convention : {"talib", "tradingview", "pandas"}
        "talib" begins each exponential average as the mean of its own first bars, the others as the first bar.

    Returns
    -------
    ndarray
        The first `slow` - 1 bars are NaN.

    Notes
    -----
    Each average begins as the mean of its own first bars. NaN on a missing bar, which is otherwise passed over. Equals
    TA-Lib's PPO with exponential averages.

    Examples
    --------
    >>> ppo(np.array([1.0, 2.0, 3.0, 4.0]), fast=2, slow=3).round(6).tolist()
    [nan, nan, 25.0, 16.666667]
    """
    quick, calm = (
        average(x, window, 1 if matype == DEFAULT else matype, convention) for window in sorted((fast, slow))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(calm == 0.0, 0.0, 100.0 * ((quick - calm) / calm))


def trix(x: Array, window: int = 30, *, convention: Convention = "talib") -> Array:
    """Return the change of a triple exponential average over one bar in per cent, 0 where the old one is 0.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 30
        Bars of each of the three averages, at least 1.
    convention : {"talib", "pandas"}
        "talib" begins each average as the mean of the first `window` values before it, "pandas" as the first value.

    Returns
    -------
    ndarray
        Under "talib" the first 3 * `window` - 2 bars are NaN, under "pandas" the first one.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. Hutson, *Good TRIX*, 1983; equals TA-Lib's TRIX.

    Examples
    --------
    >>> trix(np.array([1.0, 2.0, 3.0]), window=1).tolist()
    [nan, 100.0, 50.0]
    """
    kept = complete(x)
    prices = x[kept]
    seed = window if convention == "talib" else 1
    lost = min(3 * seed - 3, len(prices))
    for _ in range(3):
        prices = _average(prices, window, seed)[seed - 1 :]
    return put_back(np.concatenate([np.full(lost, np.nan), roc(prices, 1)]), kept)


def _average(prices: Array, window: int, seed: int) -> Array:
    """Return the exponential average of prices without gaps, which begins as the mean of the first `seed`."""
    result = np.full(len(prices), np.nan)
    mean = float(prices[:seed].mean()) if len(prices) >= seed else np.nan
    for t in range(seed - 1, len(prices)):
        if t >= seed:
            mean += 2.0 / (window + 1) * (float(prices[t]) - mean)
        result[t] = mean
    return result
