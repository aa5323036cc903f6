"""Bars of bars: what is known of a coarser bar while it forms."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step


@step
def _known(x):
    """The value, or NaN if it is infinite."""
    return x if x - x == 0.0 else np.nan


@step
def _grown(last, bar):
    """One bar more: the first open, the highest high, the lowest low, the last close and the sum of volumes known."""
    open_, high, low, close, volume = last
    o, h, l, c, v = bar  # noqa: E741 - low
    open_ = open_ if open_ == open_ else o
    high = h if h > high or high != high else high
    low = l if l < low or low != low else low
    close = c if c == c else close
    total = volume + v
    volume = total if total == total else (volume if volume == volume else v)
    return open_, high, low, close, volume


@kernel
def forming(open_, high, low, close, volume, group, y):
    """For each bar what is known then of the coarser bar that it is part of.

    Inputs (bars, lanes); group (bars,): one whole number for all bars of a coarser bar, which lie together; y (5, bars,
    lanes). The row of the last bar of a group is the coarser bar. No state: a group is never begun anew.
    """
    bars, lanes = close.shape
    for t in range(bars):
        fresh = t == 0 or group[t] != group[t - 1]
        for j in range(lanes):
            bar = (
                _known(open_[t, j]),
                _known(high[t, j]),
                _known(low[t, j]),
                _known(close[t, j]),
                _known(volume[t, j]),
            )
            if not fresh:
                k = t - 1
                bar = _grown((y[0, k, j], y[1, k, j], y[2, k, j], y[3, k, j], y[4, k, j]), bar)
            y[0, t, j], y[1, t, j], y[2, t, j], y[3, t, j], y[4, t, j] = bar
