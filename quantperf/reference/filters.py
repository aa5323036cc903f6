"""Averages whose weights do not change, and Ehlers' recursive filters."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from quantperf.reference import Array, complete, put_back

__all__ = ["alma", "laguerre", "sinwma", "ssf", "weighted_mean"]


def weighted_mean(x: Array, weights: Array) -> Array:
    """Return the mean of the last bars with these weights, the oldest bar's first.

    Examples
    --------
    >>> weighted_mean(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0])).tolist()
    [nan, 1.75, 3.5]
    """
    shares = weights / weights.sum()
    return np.array(pd.Series(x).rolling(len(weights)).apply(lambda part: float(part @ shares), raw=True))


def alma(x: Array, window: int = 9, offset: float = 0.85, sigma: float = 6.0) -> Array:
    """Return the mean of the last `window` bars with weights along a bell curve.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: A. Legoux and D. Kouzis Loukas, *ALMA: Arnaud Legoux
    Moving Average*, 2009.

    Examples
    --------
    >>> alma(np.array([1.0, 2.0, 3.0]), window=3, offset=0.5).round(6).tolist()
    [nan, nan, 2.0]
    """
    middle, width = offset * (window - 1), window / sigma
    return weighted_mean(x, np.array([math.exp(-((i - middle) ** 2) / (2.0 * width**2)) for i in range(window)]))


def laguerre(x: Array, gamma: float = 0.8) -> Array:
    """Return the mean of four stages of which each keeps `gamma` of itself, with the weights 1, 2, 2 and 1.

    Notes
    -----
    It begins as if prices had always been the first. NaN on a missing bar, which is otherwise passed over. Source:
    J. Ehlers, *Cybernetic Analysis for Stocks and Futures*, 2004.

    Examples
    --------
    >>> laguerre(np.array([1.0, 7.0, 7.0, 7.0]), gamma=0.0).tolist()
    [1.0, 2.0, 4.0, 6.0]
    """
    kept = complete(x)
    prices = x[kept].tolist()
    stages = prices[:1] * 4
    lines = []
    for price in prices:
        before = stages
        stages = [(1.0 - gamma) * price + gamma * before[0]]
        for i in (1, 2, 3):
            stages.append(-gamma * stages[i - 1] + before[i - 1] + gamma * before[i])
        lines.append((stages[0] + 2.0 * stages[1] + 2.0 * stages[2] + stages[3]) / 6.0)
    return put_back(lines, kept)


def sinwma(x: Array, window: int = 14) -> Array:
    """Return the mean of the last `window` bars with weights along half a wave of the sine.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: F. J. Harris, *On the Use of Windows for Harmonic Analysis
    with the Discrete Fourier Transform*, 1978.

    Examples
    --------
    >>> sinwma(np.array([1.0, 2.0, 3.0]), window=3).round(6).tolist()
    [nan, nan, 2.0]
    """
    return weighted_mean(x, np.array([math.sin(math.pi * i / (window + 1)) for i in range(1, window + 1)]))


def ssf(x: Array, window: int = 10) -> Array:
    """Return the super smoother, a filter of two poles.

    Notes
    -----
    It begins as if prices had always been the first. NaN on a missing bar, which is otherwise passed over. Source:
    J. Ehlers, *Cycle Analytics for Traders*, 2013.

    Examples
    --------
    >>> ssf(np.array([5.0, 5.0, 5.0]), window=4).round(6).tolist()
    [5.0, 5.0, 5.0]
    """
    kept = complete(x)
    prices = x[kept].tolist()
    turn = math.sqrt(2.0) * math.pi / window
    a = math.exp(-turn)
    c2, c3 = 2.0 * a * math.cos(turn), -a * a
    lines = prices[:1]
    for t in range(1, len(prices)):
        before, earlier = lines[t - 1], lines[max(t - 2, 0)]
        lines.append((1.0 - c2 - c3) * (prices[t] + prices[t - 1]) / 2.0 + c2 * before + c3 * earlier)
    return put_back(lines, kept)
