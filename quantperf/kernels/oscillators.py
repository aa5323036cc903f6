"""Prices, or what lies within a bar, against their own means: lines that swing about zero."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.exponential import (
    moves,
    next_piece,
    one_line,
    piece,
    room,
    rows_of,
    smooth,
    smooth_twice,
    spread,
)
from quantperf.kernels.extremes import rolling_extreme
from quantperf.kernels.stochastics import _raw_k
from quantperf.kernels.windows import along, chunk_bars, copy_row, recall, rolling_sum, rolling_weighted_sum


@step
def _awesome(state, high, low, fast, slow, middle, y):
    """Mean of the middles of `fast` bars less that of `slow`; state (4 + fast + slow, L): two windows."""
    highs, lows, middles, out = along(high), along(low), along(middle), along(y)
    for i in range(middles.size):
        price = 0.5 * (highs[i] + lows[i])
        middles[i] = price + (price - price)  # an infinite one is missing
    rolling_sum(state[: 2 + fast], middle, fast, 1.0 / fast, y)
    means = np.empty(y.shape)
    rolling_sum(state[2 + fast :], middle, slow, 1.0 / slow, means)
    slows = along(means)
    for i in range(out.size):
        out[i] -= slows[i]


@kernel
def ao(state, high, low, fast, slow, y):
    """Awesome oscillator. state (4 + fast + slow, L): two windows of middles."""
    high, low = plain(high), plain(low)
    bars, lanes = high.shape
    size = chunk_bars(bars, lanes)
    middle = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        _awesome(state, high[lo : lo + n], low[lo : lo + n], fast, slow, middle[:n], y[lo : lo + n])


@kernel
def ac(state, high, low, fast, slow, signal, y):
    """Awesome oscillator less its mean over `signal` bars.

    state (6 + fast + slow + signal, L): two windows of middles, window of the oscillator.
    """
    high, low = plain(high), plain(low)
    bars, lanes = high.shape
    size, rows = chunk_bars(bars, lanes), 4 + fast + slow
    middle, line = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        _awesome(state[:rows], high[lo : lo + n], low[lo : lo + n], fast, slow, middle[:n], line[:n])
        rolling_sum(state[rows:], line[:n], signal, 1.0 / signal, y[lo : lo + n])
        lines, out = along(line[:n]), along(y[lo : lo + n])
        for i in range(out.size):
            out[i] = lines[i] - out[i]


@kernel
def qstick(state, open, close, window, y):
    """Mean of close - open. state (2 + window, L): place, head, ring."""
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    body = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        spread(close[lo : lo + n], open[lo : lo + n], body[:n])
        rolling_sum(state, body[:n], window, 1.0 / window, y[lo : lo + n])


@kernel
def dpo(state, x, window, y):
    """Close of window // 2 + 1 bars ago less the mean. state (3 + window // 2 + window, L): last closes, window."""
    x = plain(x)
    bars, lanes = x.shape
    size, past = chunk_bars(bars, lanes), window // 2 + 1
    recent = np.empty((past + size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        recall(state[:past], past, x[lo : lo + n], recent[: past + n])
        rolling_sum(state[past:], x[lo : lo + n], window, 1.0 / window, y[lo : lo + n])
        old, out = along(recent[:n]), along(y[lo : lo + n])
        for i in range(out.size):
            out[i] = old[i] - out[i]


@step
def _growth(x, old):
    """Change in percent since `old`; 0 where the old price is 0."""
    return (x / old - 1.0) * 100.0 if old != 0.0 else x - x


@kernel
def coppock(state, x, window, short, long, y):
    """Weighted mean of the sum of two rates of change.

    state (max(short, long) + 3 + window, L): last closes, window of sums.
    """
    x = plain(x)
    bars, lanes = x.shape
    size, past = chunk_bars(bars, lanes), max(short, long)
    recent, growth = np.empty((past + size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        recall(state[:past], past, x[lo : lo + n], recent[: past + n])
        now, a, b = along(x[lo : lo + n]), along(recent[past - short :]), along(recent[past - long :])
        sums = along(growth[:n])
        for i in range(sums.size):
            sums[i] = _growth(now[i], a[i]) + _growth(now[i], b[i])
        rolling_weighted_sum(state[past:], growth[:n], window, 2.0 / (window * (window + 1.0)), y[lo : lo + n])


@kernel
def fosc(state, x, window, y):
    """Distance of the close from the line through the `window` closes before it, in percent of the close.

    state (1 + 5 + 2 * window, L): forecast for the next bar; windows of sums and of weighted sums.
    """
    x = plain(x)
    bars, lanes = x.shape
    size, share = chunk_bars(bars, lanes), 1.0 / (window * (window - 1.0))
    total, forecast = np.empty((size, lanes)), np.empty((1 + size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        # The line at the next bar is 6 / (w (w - 1)) of the weighted sum less (2 w + 4) / (w (w - 1)) of the sum.
        ahead = forecast[1 : 1 + n]
        rolling_sum(state[1 : 3 + window], x[lo : lo + n], window, (2.0 * window + 4.0) * share, total[:n])
        rolling_weighted_sum(state[3 + window :], x[lo : lo + n], window, 6.0 * share, ahead)
        copy_row(state[0], forecast[0])
        sums, lines = along(total[:n]), along(ahead)
        for i in range(sums.size):
            lines[i] -= sums[i]
        prices, before, out = along(x[lo : lo + n]), along(forecast[:n]), along(y[lo : lo + n])
        for i in range(out.size):
            gap = prices[i] - before[i]
            value = 100.0 * (gap / prices[i])
            out[i] = value if prices[i] != 0.0 else gap - gap
        copy_row(forecast[n], state[0])


@step
def _eri_step(mean, seen, high, low, close, alpha, window):
    """One bar of high and low less the exponential mean; a bar with a missing price leaves the state alone."""
    total = high + low + close
    if total - total != 0.0:  # missing, or infinite
        return mean, seen, np.nan, np.nan
    if seen >= window:
        mean = fused(alpha, close - mean, mean)
        return mean, seen, high - mean, low - mean
    seen = seen + 1.0
    mean = mean + (close - mean) / seen
    if seen < window:
        return mean, seen, np.nan, np.nan
    return mean, seen, high - mean, low - mean


@kernel
def eri(state, high, low, close, window, y):
    """Bull and bear power. state (2, L): mean, bars seen."""
    bars, lanes = close.shape
    alpha, width = 2.0 / (window + 1.0), float(window)
    if lanes == 1:
        mean, seen = state[0, 0], state[1, 0]
        for t in range(bars):
            mean, seen, y[0, t, 0], y[1, t, 0] = _eri_step(mean, seen, high[t, 0], low[t, 0], close[t, 0], alpha, width)
        state[0, 0], state[1, 0] = mean, seen
    else:
        means, seens = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                means[j], seens[j], y[0, t, j], y[1, t, j] = _eri_step(
                    means[j], seens[j], high[t, j], low[t, j], close[t, j], alpha, width
                )


@step
def _tsi(state, seen, x, first, second, y):
    """True strength of whole bars."""
    size = np.empty(x.shape)
    moves(state[0], x, y)
    out, sizes = along(y), along(size)
    for i in range(out.size):
        sizes[i] = abs(out[i])
    smooth_twice(state[1:5], seen - 1, first, second, y, size)
    for i in range(out.size):
        value = 100.0 * (out[i] / sizes[i])
        out[i] = value if sizes[i] != 0.0 else 0.0


@kernel
def tsi(state, x, first, second, y):
    """True strength index. state (6, L): whole bars seen, last close, two means of moves and of their sizes."""
    x, out = plain(x), one_line(y)
    place, column, own, lines = room(state, out)
    while next_piece(place, state, x, x, x, column, own, lines, out):
        rows, seen = rows_of(place, state, column)
        _tsi(rows, seen, piece(place, x, own[0]), first, second, piece(place, y, lines[0]))


@step
def _smi(state, seen, high, low, close, window, fast, slow, signal, y, z):
    """Stochastic momentum of whole bars."""
    rows, top = 2 + window, np.empty(high.shape)
    rolling_extreme(state[5 : 5 + rows], high, window, 1.0, top)
    rolling_extreme(state[5 + rows :], low, window, -1.0, y)
    tops, out, closes = along(top), along(y), along(close)
    for i in range(out.size):
        upper, lower = tops[i], out[i]
        out[i], tops[i] = closes[i] - 0.5 * (upper + lower), upper - lower
    at = seen - window + 1
    smooth_twice(state[0:4], at, slow, fast, y, top)
    for i in range(out.size):
        value = 200.0 * (out[i] / tops[i])
        out[i] = value if tops[i] != 0.0 else 0.0
    at = at - slow - fast + 2
    smooth(state[4], at, signal, 2.0 / (signal + 1.0), y, z)
    _hide(signal - 1 - at, y)


@step
def _hide(bars, y):
    """The first `bars` rows are unknown: a line begins with its mean."""
    for t in range(min(max(bars, 0), y.shape[0])):
        for j in range(y.shape[1]):
            y[t, j] = np.nan


@kernel
def smi(state, high, low, close, window, fast, slow, signal, y):
    """Stochastic momentum index and its mean.

    state (6 + 2 * (2 + window), L): whole bars seen; two means of distances, of ranges in turn; signal; two windows.
    """
    high, low, close = plain(high), plain(low), plain(close)
    place, column, own, lines = room(state, y)
    while next_piece(place, state, high, low, close, column, own, lines, y):
        rows, seen = rows_of(place, state, column)
        a, b, c = piece(place, high, own[0]), piece(place, low, own[1]), piece(place, close, own[2])
        line, mean = piece(place, y[0], lines[0]), piece(place, y[1], lines[1])
        _smi(rows, seen, a, b, c, window, fast, slow, signal, line, mean)


@step
def _kdj(state, seen, high, low, close, fastk, slowk, slowd, k, d, j):
    """KDJ of whole bars."""
    _raw_k(state[2:], high, low, close, fastk, 0.0, d, j, k)
    at = seen - fastk + 1
    smooth(state[0], at, slowk, 1.0 / slowk, k, k)
    at = at - slowk + 1
    smooth(state[1], at, slowd, 1.0 / slowd, k, d)
    _hide(slowd - 1 - at, k)
    ks, ds, js = along(k), along(d), along(j)
    for i in range(js.size):
        js[i] = 3.0 * ks[i] - 2.0 * ds[i]


@kernel
def kdj(state, high, low, close, fastk, slowk, slowd, y):
    """Stochastic smoothed by Wilder's means, and three times the first less twice the second.

    state (3 + 2 * (2 + fastk), L): whole bars seen, two means, windows of highs and of lows.
    """
    high, low, close = plain(high), plain(low), plain(close)
    place, column, own, lines = room(state, y)
    while next_piece(place, state, high, low, close, column, own, lines, y):
        rows, seen = rows_of(place, state, column)
        a, b, c = piece(place, high, own[0]), piece(place, low, own[1]), piece(place, close, own[2])
        k, d, j = piece(place, y[0], lines[0]), piece(place, y[1], lines[1]), piece(place, y[2], lines[2])
        _kdj(rows, seen, a, b, c, fastk, slowk, slowd, k, d, j)
