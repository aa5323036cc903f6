"""Bars redrawn, and the turning points that an eye sees in a chart."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, step
from quantperf.kernels.extremes import rolling_extreme
from quantperf.kernels.windows import along, chunk_bars, recall


@step
def _heikin_ashi_step(ahead, open, high, low, close):
    """One bar; `ahead` is the open that it gets, NaN before the first. A missing bar leaves the state alone."""
    total = open + high + low + close
    if total - total != 0.0:  # missing, or infinite
        return ahead, np.nan, np.nan, np.nan, np.nan
    mean = 0.25 * total
    start = ahead if ahead == ahead else 0.5 * (open + close)
    return fused(0.5, start, 0.5 * mean), start, max(high, start, mean), min(low, start, mean), mean


@kernel
def heikin_ashi(state, open, high, low, close, y):
    """Open, high, low, close of averaged bars. state (1, L): open of the next bar, NaN before the first."""
    bars, lanes = close.shape
    if lanes == 1:
        ahead = state[0, 0]
        for t in range(bars):
            ahead, y[0, t, 0], y[1, t, 0], y[2, t, 0], y[3, t, 0] = _heikin_ashi_step(
                ahead, open[t, 0], high[t, 0], low[t, 0], close[t, 0]
            )
        state[0, 0] = ahead
    else:
        aheads = state[0]
        for t in range(bars):
            for j in range(lanes):
                aheads[j], y[0, t, j], y[1, t, j], y[2, t, j], y[3, t, j] = _heikin_ashi_step(
                    aheads[j], open[t, j], high[t, j], low[t, j], close[t, j]
                )


@step
def _swings(state, recent, n, left, right, sign, beyond, y):
    """100 where the bar `right` bars ago exceeds all of its neighbours, else 0; sign -1.0 for lows.

    state (4 + left + right, L): windows of the bars before it and after it. recent: right + 1 bars, then the block.
    """
    rolling_extreme(state[: 2 + left], recent[:n], left, sign, beyond)
    rolling_extreme(state[2 + left :], recent[right + 1 : right + 1 + n], right, sign, y)
    centres, before, out = along(recent[1 : 1 + n]), along(beyond), along(y)
    for i in range(out.size):
        a, b = sign * (centres[i] - before[i]), sign * (centres[i] - out[i])
        mark = 100.0 if (a > 0.0) & (b > 0.0) else 0.0
        out[i] = mark if a + b == a + b else np.nan


@kernel
def fractal(state, high, low, left, right, y):
    """Swing highs and swing lows, on the bar that confirms them.

    state (2 * (right + 1 + 4 + left + right), L): for highs and lows the last bars, windows of left and right bars.
    """
    bars, lanes = high.shape
    size, past = chunk_bars(bars, lanes), right + 1
    rows = past + 4 + left + right
    upper, lower, beyond = np.empty((size, lanes)), np.empty((size, lanes)), np.empty((size, lanes))
    recent = np.empty((past + size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        highs, lows, tops, floors = (
            along(high[lo : lo + n]),
            along(low[lo : lo + n]),
            along(upper[:n]),
            along(lower[:n]),
        )
        for i in range(tops.size):
            missing = (highs[i] - highs[i]) + (lows[i] - lows[i])  # 0, or NaN
            tops[i], floors[i] = highs[i] + missing, lows[i] + missing
        recall(state[:past], past, upper[:n], recent[: past + n])
        _swings(state[past:rows], recent, n, left, right, 1.0, beyond[:n], y[0, lo : lo + n])
        recall(state[rows : rows + past], past, lower[:n], recent[: past + n])
        _swings(state[rows + past :], recent, n, left, right, -1.0, beyond[:n], y[1, lo : lo + n])
