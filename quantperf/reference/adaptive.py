"""Averages that are corrected for their lag, or that follow the market faster or slower."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from quantperf.reference import Array, Convention, complete, put_back
from quantperf.reference.averages import seeded_ema, wma

__all__ = ["dema", "hma", "kama", "t3", "tema", "zlema"]


def _cascade(values: list[float], window: int, count: int, convention: Convention) -> list[Array]:
    """Return an exponential mean, the mean of it, and so on, `count` in all; each is seeded by the line before it."""
    lines, line, seed = [], values, window if convention == "talib" else 1
    for _ in range(count):
        known = seeded_ema(line, seed, 2.0 / (window + 1))[seed - 1 :]
        lines.append(np.concatenate([np.full(len(values) - len(known), np.nan), known]))
        line = known
    return lines


def dema(x: Array, window: int = 20, *, convention: Convention = "talib") -> Array:
    """Return twice an exponential mean less the exponential mean of it.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 20
        Bars of each mean and of its seed, at least 1.
    convention : {"talib", "tradingview", "pandas"}
        "talib" seeds each mean with the mean of the first `window` values of the line before it; the others with the
        first value.

    Returns
    -------
    ndarray
        Under "talib" the first 2 (`window` - 1) bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: P. Mulloy, *Smoothing Data with Faster Moving
    Averages*, 1994; equals TA-Lib's DEMA.

    Examples
    --------
    >>> dema(np.array([1.0, 3.0, 5.0]), window=2).tolist()
    [nan, nan, 5.0]
    """
    kept = complete(x)
    first, second = _cascade(x[kept].tolist(), window, 2, convention)
    return put_back(2.0 * first - second, kept)


def tema(x: Array, window: int = 20, *, convention: Convention = "talib") -> Array:
    """Return three times an exponential mean, less three times the mean of it, and the mean of that.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 20
        Bars of each mean and of its seed, at least 1.
    convention : {"talib", "tradingview", "pandas"}
        "talib" seeds each mean with the mean of the first `window` values of the line before it; the others with the
        first value.

    Returns
    -------
    ndarray
        Under "talib" the first 3 (`window` - 1) bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: P. Mulloy, *Smoothing Data with Less Lag*, 1994;
    equals TA-Lib's TEMA.

    Examples
    --------
    >>> tema(np.array([1.0, 3.0, 5.0, 7.0]), window=2).round(9).tolist()
    [nan, nan, nan, 7.0]
    """
    kept = complete(x)
    first, second, third = _cascade(x[kept].tolist(), window, 3, convention)
    return put_back(3.0 * first - 3.0 * second + third, kept)


def t3(x: Array, window: int = 5, gain: float = 0.7, *, convention: Convention = "talib") -> Array:
    """Return Tillson's mean: three times over, 1 + `gain` of an exponential mean less `gain` of the mean of it.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 5
        Bars of each of the six means and of its seed, at least 1.
    gain : float, default 0.7
        How far the lag is made good, from 0 to 1.
    convention : {"talib", "pandas"}
        "talib" seeds each mean with the mean of the first `window` values of the line before it; "pandas" with the
        first value.

    Returns
    -------
    ndarray
        Under "talib" the first 6 (`window` - 1) bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: T. Tillson, *Better Moving Averages*, 1998; equals
    TA-Lib's T3.

    Examples
    --------
    >>> t3(np.arange(8.0), window=2, gain=1.0).round(9).tolist()
    [nan, nan, nan, nan, nan, nan, 6.0, 7.0]
    """
    kept = complete(x)
    lines = _cascade(x[kept].tolist(), window, 6, convention)
    third, fourth, fifth, sixth = lines[2:]
    more = 1.0 + gain  # the weights are those of (more - gain * mean of it) three times over
    line = more**3 * third - 3.0 * more**2 * gain * fourth + 3.0 * more * gain**2 * fifth - gain**3 * sixth
    return put_back(line, kept)


def hma(x: Array, window: int = 20) -> Array:
    """Return Hull's mean: a short weighted mean of twice that over half the window less that over all of it.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 20
        Bars of the longest mean, at least 1; the others span half of them and their square root, rounded down.

    Returns
    -------
    ndarray
        The first ``window + isqrt(window) - 2`` bars are NaN.

    Notes
    -----
    NaN exactly where one of the bars that are read is missing. Source: A. Hull, 2005; equals TA-Lib's HMA.

    Examples
    --------
    >>> hma(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), window=4).round(9).tolist()
    [nan, nan, nan, nan, 5.0]
    """
    return wma(2.0 * wma(x, max(window // 2, 1)) - wma(x, window), math.isqrt(window))


def zlema(x: Array, window: int = 20) -> Array:
    """Return the exponential mean of values that are moved on by their change over ``(window - 1) // 2`` bars.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 20
        Bars of the mean and of its seed, at least 1.

    Returns
    -------
    ndarray
        The first ``window - 1 + (window - 1) // 2`` bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. Ehlers and R. Way, *Zero Lag (Well, Almost)*, 2010;
    equals TA-Lib's ZLEMA.

    Examples
    --------
    >>> zlema(np.array([1.0, 2.0, 3.0, 4.0]), window=3).tolist()
    [nan, nan, nan, 4.0]
    """
    kept, lag = complete(x), (window - 1) // 2
    values = x[kept]
    moved = 2.0 * values[lag:] - values[: len(values) - lag]
    line = seeded_ema(moved.tolist(), window, 2.0 / (window + 1))
    return put_back([np.nan] * min(lag, len(values)) + line, kept)


def kama(x: Array, window: int = 10, fast: int = 2, slow: int = 30) -> Array:
    """Return Kaufman's mean: the weight lies between two, by the net move over the sum of all moves.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 10
        Bars of the moves, at least 2.
    fast, slow : int, default 2 and 30
        Bars that set the largest and the smallest weight, at least 1.

    Returns
    -------
    ndarray
        The first `window` bars are NaN; the value before them is the seed.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: P. Kaufman, *Smarter Trading*, 1995; equals TA-Lib's
    KAMA.

    Examples
    --------
    >>> kama(np.array([1.0, 1.0, 1.0, 10.0]), window=2).round(9).tolist()
    [nan, nan, 1.0, 5.0]
    """
    kept = complete(x)
    values = x[kept]
    if len(values) <= window:
        return np.full(len(x), np.nan)
    moves = sliding_window_view(np.abs(np.diff(values)), window).sum(axis=1)
    net = np.abs(values[window:] - values[:-window])
    # Where nothing moved the market counts as a trend, as in TA-Lib.
    share = np.minimum(np.divide(net, moves, out=np.ones(len(net)), where=moves != 0.0), 1.0)
    weights = (share * (2.0 / (fast + 1) - 2.0 / (slow + 1)) + 2.0 / (slow + 1)) ** 2
    mean, line = values[window - 1], []
    for value, weight in zip(values[window:], weights, strict=True):
        mean += weight * (value - mean)
        line.append(mean)
    return put_back([np.nan] * window + line, kept)
