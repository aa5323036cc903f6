"""How the values of a window are spread: standard scores, skewness, kurtosis, entropy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from quantperf.reference import Array

__all__ = ["entropy", "kurtosis", "skew", "zscore"]


def _windows(x: Array, window: int) -> Array:
    """Return each window as distances from its first value: a flat one is exactly 0."""
    windows = np.lib.stride_tricks.sliding_window_view(x, window)
    return np.asarray(windows - windows[:, :1])


def zscore(x: Array, window: int = 20, ddof: int = 1) -> Array:
    """Return the distance of each value from the mean of the last `window`, in their standard deviations.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 20
        Bars in the window, at least 2.
    ddof : int, default 1
        1 for the deviation of a sample, 0 for that of a population.

    Returns
    -------
    ndarray
        0 where the window is flat; the first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the standard score.

    Examples
    --------
    >>> zscore(np.array([1.0, 2.0, 3.0]), window=3).tolist()
    [nan, nan, 1.0]
    """
    result = np.full(len(x), np.nan)
    if len(x) >= window:
        parts = _windows(x, window)
        spread = parts.std(axis=1, ddof=ddof)
        with np.errstate(invalid="ignore"):
            score = (parts[:, -1] - parts.mean(axis=1)) / spread
        result[window - 1 :] = np.where(spread == 0.0, 0.0, score)
    return result


def _moments(x: Array, window: int, power: int) -> tuple[Array, Array]:
    """Return the second and a higher central moment of each window."""
    parts = _windows(x, window)
    gaps = parts - parts.mean(axis=1, keepdims=True)
    return (gaps**2).mean(axis=1), (gaps**power).mean(axis=1)


def skew(x: Array, window: int = 30) -> Array:
    """Return the skewness of the last `window` values, as of a sample.

    Notes
    -----
    0 where the window is flat. NaN exactly where it holds a missing bar. Source: D. N. Joanes and C. A. Gill,
    *Comparing Measures of Sample Skewness and Kurtosis*, 1998, their G1.

    Examples
    --------
    >>> skew(np.array([1.0, 2.0, 9.0]), window=3).round(6).tolist()
    [nan, nan, 1.630059]
    """
    result, n = np.full(len(x), np.nan), window
    if len(x) >= window:
        m2, m3 = _moments(x, window, 3)
        with np.errstate(invalid="ignore", divide="ignore"):
            value = math.sqrt(n * (n - 1)) / (n - 2) * m3 / m2**1.5
        result[window - 1 :] = np.where(m2 == 0.0, 0.0, value)
    return result


def kurtosis(x: Array, window: int = 30) -> Array:
    """Return the excess kurtosis of the last `window` values, as of a sample.

    Notes
    -----
    -3 where the window is flat. NaN exactly where it holds a missing bar. Source: D. N. Joanes and C. A. Gill,
    *Comparing Measures of Sample Skewness and Kurtosis*, 1998, their G2.

    Examples
    --------
    >>> kurtosis(np.array([1.0, 2.0, 3.0, 4.0]), window=4).round(6).tolist()
    [nan, nan, nan, -1.2]
    """
    result, n = np.full(len(x), np.nan), window
    if len(x) >= window:
        m2, m4 = _moments(x, window, 4)
        with np.errstate(invalid="ignore", divide="ignore"):
            excess = m4 / m2**2 - 3.0
            value = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * excess + 6.0)
        result[window - 1 :] = np.where(m2 == 0.0, -3.0, value)
    return result


def entropy(x: Array, window: int = 10, base: float = 2.0) -> Array:
    """Return Shannon's sum of -p log p over the last `window` values, p being a value's share in its own window's sum.

    Notes
    -----
    NaN where one of the last 2 * `window` - 1 values is missing or not above 0 as a share. Source: C. E. Shannon, *A
    Mathematical Theory of Communication*, 1948.

    Examples
    --------
    >>> entropy(np.array([1.0, 1.0, 1.0]), window=2).tolist()
    [nan, nan, 1.0]
    """
    share = pd.Series(x) / pd.Series(x).rolling(window).apply(np.sum, raw=True)
    share = share.where(share > 0.0)
    terms = -share * np.log(share) / math.log(base)
    return np.array(terms.rolling(window).apply(np.sum, raw=True))
