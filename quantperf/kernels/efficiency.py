"""How much of all movement came to something: sums of moves, and what they are set against."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.exponential import spread
from quantperf.kernels.extremes import rolling_extreme
from quantperf.kernels.windows import along, chunk_bars, recall, rolling_sum


@kernel
def er(state, x, window, y):
    """Efficiency ratio: the way from `window` bars ago over the sum of all moves; 1 where nothing moved.

    state (2 * window + 2, L): the last `window` closes, window of moves.
    """
    x = plain(x)
    bars, lanes = x.shape
    size = chunk_bars(bars, lanes)
    recent, moves = np.empty((window + size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        recall(state[:window], window, x[lo : lo + n], recent[: window + n])
        now, last = along(recent[window : window + n]), along(recent[window - 1 : window - 1 + n])
        old, steps, out = along(recent[:n]), along(moves[:n]), along(y[lo : lo + n])
        for i in range(steps.size):
            steps[i] = abs(now[i] - last[i])
        rolling_sum(state[window:], moves[:n], window, 1.0, y[lo : lo + n])
        for i in range(out.size):
            total = out[i]
            value = abs(now[i] - old[i]) / total
            out[i] = value if total != 0.0 else 1.0


@kernel
def vhf(state, x, window, y):
    """Vertical horizontal filter: range of the closes over the sum of all moves; 0 where nothing moved.

    state (1 + 3 * (2 + window), L): last close; windows of moves and of closes, for highest and lowest.
    """
    x = plain(x)
    bars, lanes = x.shape
    size, rows = chunk_bars(bars, lanes), 2 + window
    recent, moves = np.empty((1 + size, lanes)), np.empty((size, lanes))
    upper, lower = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        recall(state[:1], 1, x[lo : lo + n], recent[: 1 + n])
        now, last, steps, out = along(recent[1 : 1 + n]), along(recent[:n]), along(moves[:n]), along(y[lo : lo + n])
        for i in range(steps.size):
            steps[i] = abs(now[i] - last[i])
        rolling_sum(state[1 : 1 + rows], moves[:n], window, 1.0, y[lo : lo + n])
        rolling_extreme(state[1 + rows : 1 + 2 * rows], x[lo : lo + n], window, 1.0, upper[:n])
        rolling_extreme(state[1 + 2 * rows :], x[lo : lo + n], window, -1.0, lower[:n])
        tops, floors = along(upper[:n]), along(lower[:n])
        for i in range(out.size):
            total = out[i]
            value = (tops[i] - floors[i]) / total
            out[i] = value if total != 0.0 else 0.0


@kernel
def imi(state, open, close, window, y):
    """Intraday momentum index: share of rising bars in all moves from open to close; 50 where nothing moved.

    state (2 * (2 + window), L): windows of rises and of falls.
    """
    bars, lanes = close.shape
    size, rows = chunk_bars(bars, lanes), 2 + window
    up, down, fallen = np.empty((size, lanes)), np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        spread(close[lo : lo + n], open[lo : lo + n], up[:n])
        ups, downs, out, falls = along(up[:n]), along(down[:n]), along(y[lo : lo + n]), along(fallen[:n])
        for i in range(ups.size):
            move = ups[i]
            nothing = move - move  # 0, or NaN
            ups[i] = move if move > 0.0 else nothing
            downs[i] = -move if move < 0.0 else nothing
        rolling_sum(state[:rows], up[:n], window, 1.0, y[lo : lo + n])
        rolling_sum(state[rows:], down[:n], window, 1.0, fallen[:n])
        for i in range(out.size):
            total = out[i] + falls[i]
            value = 100.0 * (out[i] / total)
            out[i] = value if total != 0.0 else 50.0


@step
def _wad_step(last, total, high, low, close):
    """One bar of Williams' accumulation; `last` is NaN before the first. A missing bar leaves the state alone."""
    whole = high + low + close
    if whole - whole != 0.0:  # missing, or infinite
        return last, total, np.nan
    # Selects instead of branches, as in on-balance volume.
    move = close - min(low, last) if close > last else 0.0
    move = close - max(high, last) if close < last else move
    total = total + move
    return close, total, total


@kernel
def wad(state, high, low, close, y):
    """Williams' accumulation and distribution. state (2, L): last close (NaN before the first), total."""
    bars, lanes = close.shape
    if lanes == 1:
        last, total = state[0, 0], state[1, 0]
        for t in range(bars):
            last, total, y[t, 0] = _wad_step(last, total, high[t, 0], low[t, 0], close[t, 0])
        state[0, 0], state[1, 0] = last, total
    else:
        lasts, totals = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], totals[j], y[t, j] = _wad_step(lasts[j], totals[j], high[t, j], low[t, j], close[t, j])
