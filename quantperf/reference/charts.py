"""Bars redrawn, and the turning points of a chart."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from quantperf.reference import Array, complete, put_back

__all__ = ["fractal", "heikin_ashi"]


def heikin_ashi(open: Array, high: Array, low: Array, close: Array) -> tuple[Array, Array, Array, Array]:
    """Return open, high, low and close of averaged bars.

    Notes
    -----
    The close is the mean of the four prices, the open the middle of the averaged bar before, at first that of the bar
    itself. NaN on a missing bar, which is otherwise passed over. Source: D. Valcu, *Using the Heikin-Ashi Technique*,
    2004; equals TA-Lib's HA.

    Examples
    --------
    >>> one, two = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    >>> [line.tolist() for line in heikin_ashi(one, two, one, two)]
    [[2.0, 2.0], [3.0, 4.0], [1.0, 2.0], [2.0, 3.0]]
    """
    kept = complete(open, high, low, close)
    bars = list(zip(*(column[kept].tolist() for column in (open, high, low, close)), strict=True))
    lines: list[list[float]] = [[], [], [], []]
    for o, h, lo, c in bars:
        end = (o + h + lo + c) / 4.0
        start = (lines[0][-1] + lines[3][-1]) / 2.0 if lines[0] else (o + c) / 2.0
        for line, price in zip(lines, (start, max(h, start, end), min(lo, start, end), end), strict=True):
            line.append(price)
    a, b, c_, d = (put_back(line, kept) for line in lines)
    return a, b, c_, d


def fractal(high: Array, low: Array, left: int = 2, right: int = 2) -> tuple[Array, Array]:
    """Return 100 where the bar `right` bars ago is a swing high, and where it is a swing low; else 0.

    Notes
    -----
    A swing high is higher than each of the `left` bars before and the `right` bars after it. NaN where one of these
    bars is missing. Source: B. Williams, *Trading Chaos*, 1995; equals TA-Lib's FRACTAL.

    Examples
    --------
    >>> price = np.array([1.0, 3.0, 2.0])
    >>> fractal(price, price, left=1, right=1)[0].tolist()
    [nan, nan, 100.0]
    """
    kept = complete(high, low)
    return _peaks(np.where(kept, high, np.nan), left, right), _peaks(np.where(kept, -low, np.nan), left, right)


def _peaks(prices: Array, left: int, right: int) -> Array:
    """Return 100 on the bar that confirms a peak, 0 on others."""
    result = np.full(len(prices), np.nan)
    if len(prices) > left + right:
        windows = sliding_window_view(prices, left + right + 1)
        others = np.delete(windows, left, axis=1)
        peak = (windows[:, left, None] > others).all(axis=1)
        result[left + right :] = np.where(np.isnan(windows).any(axis=1), np.nan, 100.0 * peak)
    return result
