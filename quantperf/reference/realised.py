"""Volatility from logarithms of price ratios over a window."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from quantperf.reference import Array, complete

__all__ = ["garman_klass", "historical_volatility", "parkinson", "rogers_satchell", "yang_zhang"]


def _log(a: Array, b: Array) -> Array:
    """Return the logarithm of a over b; NaN where one of them is not above 0."""
    whole = complete(a, b) & (a > 0.0) & (b > 0.0)
    return np.log(np.where(whole, a, np.nan) / np.where(whole, b, np.nan))


def _before(x: Array) -> Array:
    return np.array(pd.Series(x).shift(1))


def _mean(x: Array, window: int) -> Array:
    """Return the mean of each window by itself."""
    return np.array(pd.Series(x).rolling(window).apply(np.mean, raw=True))


def _variance(x: Array, window: int) -> Array:
    """Return the variance of each window as of a sample, by itself; about its first value, so a flat one gives 0."""
    return np.array(pd.Series(x).rolling(window).apply(lambda part: np.var(part - part[0], ddof=1), raw=True))


def _root(variance: Array, periods: float) -> Array:
    with np.errstate(invalid="ignore"):
        return np.sqrt(variance * periods)


def historical_volatility(x: Array, window: int = 20, periods: float = 252.0) -> Array:
    """Return the standard deviation of the last `window` log returns, as of a sample, for `periods` bars.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 20
        Returns in the window, at least 2.
    periods : float, default 252.0
        Bars for which the answer stands: the bars of a year, or 1 for one bar.

    Returns
    -------
    ndarray
        The first `window` bars are NaN.

    Notes
    -----
    NaN exactly where one of the `window` + 1 prices is missing or not above 0. Source: J. C. Hull, *Options, Futures,
    and Other Derivatives*.

    Examples
    --------
    >>> historical_volatility(np.exp([0.0, 0.1, 0.3, 0.6]), window=2, periods=2.0).round(6).tolist()
    [nan, nan, 0.1, 0.1]
    """
    return _root(_variance(_log(x, _before(x)), window), periods)


def parkinson(high: Array, low: Array, window: int = 20, periods: float = 252.0) -> Array:
    """Return Parkinson's volatility, from the ranges of the last `window` bars.

    Notes
    -----
    NaN exactly where the window holds a missing bar or a price that is not above 0. Source: M. Parkinson, *The Extreme
    Value Method for Estimating the Variance of the Rate of Return*, 1980.

    Examples
    --------
    >>> parkinson(np.array([np.exp(0.1)]), np.array([1.0]), window=1, periods=1.0).round(6).tolist()
    [0.060056]
    """
    return _root(_mean(_log(high, low) ** 2 / (4.0 * math.log(2.0)), window), periods)


def garman_klass(
    open_: Array, high: Array, low: Array, close: Array, window: int = 20, periods: float = 252.0
) -> Array:
    """Return the volatility of Garman and Klass, from ranges and bodies of the last `window` bars.

    Notes
    -----
    NaN exactly where the window holds a missing bar or a price that is not above 0. Source: M. B. Garman and M. J.
    Klass, *On the Estimation of Security Price Volatilities from Historical Data*, 1980.

    Examples
    --------
    >>> bar = [np.array([np.exp(p)]) for p in (0.0, 0.2, 0.0, 0.1)]
    >>> garman_klass(*bar, window=1, periods=1.0).round(6).tolist()
    [0.127032]
    """
    part = 0.5 * _log(high, low) ** 2 - (2.0 * math.log(2.0) - 1.0) * _log(close, open_) ** 2
    return _root(_mean(part, window), periods)


def rogers_satchell(
    open_: Array, high: Array, low: Array, close: Array, window: int = 20, periods: float = 252.0
) -> Array:
    """Return the volatility of Rogers and Satchell, whatever the drift, from the last `window` bars.

    Notes
    -----
    NaN exactly where the window holds a missing bar or a price that is not above 0. Source: L. C. G. Rogers and S. E.
    Satchell, *Estimating Variance from High, Low and Closing Prices*, 1991.

    Examples
    --------
    >>> bar = [np.array([np.exp(p)]) for p in (0.0, 0.2, -0.1, 0.1)]
    >>> rogers_satchell(*bar, window=1, periods=1.0).round(6).tolist()
    [0.2]
    """
    return _root(_mean(_own(open_, high, low, close), window), periods)


def _own(open_: Array, high: Array, low: Array, close: Array) -> Array:
    """Return what each bar says of the variance, whatever its drift."""
    return _log(high, close) * _log(high, open_) + _log(low, close) * _log(low, open_)


def yang_zhang(open_: Array, high: Array, low: Array, close: Array, window: int = 20, periods: float = 252.0) -> Array:
    """Return the volatility of Yang and Zhang, whatever drift and gaps over night, from the last `window` bars.

    Notes
    -----
    NaN exactly where the window or the close before it is missing or not above 0. Source: D. Yang and Q. Zhang,
    *Drift-Independent Volatility Estimation Based on High, Low, Open, and Close Prices*, 2000.

    Examples
    --------
    >>> bar = [np.exp(np.array(p)) for p in ((0.0, 0.1, 0.1), (0.2, 0.3, 0.3), (0.0, 0.0, 0.1), (0.1, 0.2, 0.1))]
    >>> yang_zhang(*bar, window=2, periods=1.0).round(6).tolist()
    [nan, nan, 0.205568]
    """
    whole = complete(open_, high, low, close)
    night = _log(open_, _before(np.where(whole, close, np.nan)))
    mix = 0.34 / (1.34 + (window + 1) / (window - 1))
    inside = _mean(_own(open_, high, low, close), window)
    variance = _variance(night, window) + mix * _variance(_log(close, open_), window) + (1.0 - mix) * inside
    return _root(variance, periods)
