"""Returns of a holder, and what he has lost since the best moment."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.extremes import rolling_extreme
from quantperf.kernels.rates import earlier
from quantperf.kernels.windows import along, chunk_bars, fill_row, rolling_sum


@step
def _return(x, old, logs):
    """What a price gives on the one it was bought at; NaN where that is not a number."""
    value = np.log(x / old) if logs else (x - old) / old
    return value + (value - value)


@kernel
def returns(state, x, window, logs, y):
    """Return over `window` bars. state (1 + window, L): place, ring of the last bars."""
    bars = x.shape[0]
    head = earlier(state, plain(x), window, y)
    new, out = along(x[:head]), along(y[:head])
    for i in range(out.size):
        out[i] = _return(new[i], out[i], logs)
    new, old, out = along(x[head:]), along(x[: bars - head]), along(y[head:])
    for i in range(out.size):
        out[i] = _return(new[i], old[i], logs)


@kernel
def cumreturn(state, x, logs, y):
    """Return since the first bar. state (1, L): its price, NaN before it."""
    bars, lanes = x.shape
    if lanes == 1:
        prices, out, first, begin = along(x), along(y), state[0, 0], 0
        while begin < bars and first != first:
            first, out[begin] = prices[begin], np.nan
            begin += 1
        begin = max(begin - 1, 0)  # the bar that was found to be the first; after it the loop has no chain
        for t in range(begin, bars):
            out[t] = _return(prices[t], first, logs)
        state[0, 0] = first
    else:
        firsts = state[0]
        for t in range(bars):
            for j in range(lanes):
                firsts[j] = firsts[j] if firsts[j] == firsts[j] else x[t, j]
                y[t, j] = _return(x[t, j], firsts[j], logs)


@step
def _drawdown_step(peak, x):
    """One bar: the highest so far, and how far below it the bar lies. A NaN bar leaves the peak alone."""
    peak = x if x > peak else peak
    value = (x - peak) / peak
    return peak, (value if peak > 0.0 else np.nan)


@kernel
def drawdown(state, x, y):
    """Distance from the highest so far, as a share of it. state (1, L): the highest, minus infinity before it."""
    bars, lanes = x.shape
    if lanes == 1:
        peak = state[0, 0]
        for t in range(bars):
            peak, y[t, 0] = _drawdown_step(peak, x[t, 0])
        state[0, 0] = peak
    else:
        peaks = state[0]
        for t in range(bars):
            for j in range(lanes):
                peaks[j], y[t, j] = _drawdown_step(peaks[j], x[t, j])


# ------------------------------------------------------------------------------------------------ maximum drawdown
#
# The worst of a stretch made of two: that of the first, that of the second, or from the top of the first to the foot of
# the second. So a window is merged from the tail of a finished block and the head of the current one, as in `windows`.


@step
def _lower(a, b):
    """The lower; NaN wins."""
    lower = a if a < b else b
    return a if a != a else lower


@step
def _upper(a, b):
    """The higher; NaN wins."""
    upper = a if a > b else b
    return a if a != a else upper


@step
def _append(top, foot, worst, x):
    """Highest, lowest and worst ratio of a stretch with one more bar at its end."""
    top = _upper(x, top)
    return top, _lower(x, foot), _lower(x / top, worst)


@step
def _sweep(tops, ratios):
    """A full block becomes, from each of its bars to its end, the highest and the worst ratio."""
    last = tops.size - 1
    top = foot = tops[last]
    worst = ratios[last] = top / top
    for i in range(last - 1, -1, -1):
        x = tops[i]
        worst = _lower(foot / x, worst)
        top, foot = _upper(x, top), _lower(x, foot)
        tops[i], ratios[i] = top, worst


@step
def _worst_of_lane(at, head, tops, ratios, x, y):
    """One lane. head: highest, lowest and worst ratio of the current block. Return the place after the last bar."""
    window, top, foot, worst = tops.size, head[0], head[1], head[2]
    for t in range(x.size):
        price = x[t] if x[t] > 0.0 else np.nan
        if at == 0:
            top, foot, worst = price, price, price / price
        else:
            top, foot, worst = _append(top, foot, worst, price)
        tops[at] = price
        if at + 1 < window:
            at += 1
            y[t] = _lower(_lower(foot / tops[at], ratios[at]), worst) - 1.0
        else:
            y[t] = worst - 1.0
            _sweep(tops, ratios)
            at = 0
    head[0], head[1], head[2] = top, foot, worst
    return at


@kernel
def max_drawdown(state, x, window, y):
    """Worst loss inside of the last `window` bars, as a share; a price that is not above 0 is missing.

    state (4 + 2 * window, L): place; highest, lowest and worst ratio of the current block; a ring with the bars of this
    block up to the place, from there on with the highest from each bar of the block before to its end; one with the
    worst ratios of these. One lane after the other, so that each keeps its head in registers.
    """
    at, place, lanes = int(state[0, 0]), 0, x.shape[1]
    head, tops, ratios = state[1:4], state[4 : 4 + window], state[4 + window :]
    if lanes == 1:
        place = _worst_of_lane(at, along(head), along(tops), along(ratios), along(x), along(y))
    for j in range(lanes if lanes > 1 else 0):
        place = _worst_of_lane(at, head[:, j], tops[:, j], ratios[:, j], x[:, j], y[:, j])
    fill_row(float(place), state[0])


# ----------------------------------------------------------------------------------------------------- ulcer index


@kernel
def ulcer(state, x, window, y):
    """Root of the mean squared distance, in percent, from the highest of the window.

    state (2 * (2 + window), L): windows of prices and of squares.
    """
    x = plain(x)
    bars, lanes = x.shape
    size, rows = chunk_bars(bars, lanes), 2 + window
    depth = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        rolling_extreme(state[:rows], x[lo : lo + n], window, 1.0, depth[:n])
        depths, prices, out = along(depth[:n]), along(x[lo : lo + n]), along(y[lo : lo + n])
        for i in range(depths.size):
            top = depths[i]
            share = 100.0 * ((prices[i] - top) / top)
            depths[i] = share * share if top > 0.0 else np.nan
        rolling_sum(state[rows:], depth[:n], window, 1.0 / window, y[lo : lo + n])
        for i in range(out.size):
            out[i] = np.sqrt(out[i])
