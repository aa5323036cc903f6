"""Smoothing by weights that do not change, and by Ehlers' recursive filters."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.windows import along, chunk_bars, fill_row, recall


@step
def _add_one(bar, weight, out):
    """Add an earlier bar with its weight."""
    for i in range(out.size):
        out[i] = fused(weight, bar[i], out[i])


@step
def _add_four(a, b, c, d, first, second, third, fourth, out):
    """Add four earlier bars with their weights; by fours, as the sums are read and written once."""
    for i in range(out.size):
        pair = fused(second, b[i], fused(first, a[i], out[i]))
        out[i] = fused(fourth, d[i], fused(third, c[i], pair))


@kernel
def weighted(state, x, window, y):
    """Sum of the last `window` bars times their weights, one bar of the window at a time along a chunk.

    state (2 * window - 1, L): the weights, that of the oldest bar first, which do not change; the bars before.
    """
    x = plain(x)
    bars, lanes = x.shape
    past, size = window - 1, max(chunk_bars(bars, lanes) // 8, 8)
    recent = np.empty((past + size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        recall(state[window:], past, x[lo : lo + n], recent[: past + n])
        line, out = along(recent), along(y[lo : lo + n])
        values = out.size
        fill_row(0.0, out)
        for i in range(0, window - 3, 4):
            a, b, c, d = i * lanes, (i + 1) * lanes, (i + 2) * lanes, (i + 3) * lanes
            _add_four(
                line[a : a + values],
                line[b : b + values],
                line[c : c + values],
                line[d : d + values],
                state[i, 0],
                state[i + 1, 0],
                state[i + 2, 0],
                state[i + 3, 0],
                out,
            )
        for i in range(window // 4 * 4, window):
            _add_one(line[i * lanes : i * lanes + values], state[i, 0], out)


@step
def _ssf_step(last, before, earlier, x, gain, first, second):
    """One bar; `before` and `earlier` are the last two answers, NaN before the first. A NaN bar leaves all alone."""
    if x != x:
        return last, before, earlier, x
    if last != last:
        return x, x, x, x
    value = fused(first, before, fused(second, earlier, gain * (x + last)))
    return x, value, before, value


@kernel
def ssf(state, x, gain, first, second, y):
    """Super smoother. state (3, L): last price, last two answers; NaN before the first."""
    bars, lanes = x.shape
    if lanes == 1:
        last, before, earlier = state[0, 0], state[1, 0], state[2, 0]
        for t in range(bars):
            last, before, earlier, y[t, 0] = _ssf_step(last, before, earlier, x[t, 0], gain, first, second)
        state[0, 0], state[1, 0], state[2, 0] = last, before, earlier
    else:
        lasts, befores, earliers = state[0], state[1], state[2]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], befores[j], earliers[j], y[t, j] = _ssf_step(
                    lasts[j], befores[j], earliers[j], x[t, j], gain, first, second
                )


@step
def _laguerre_step(first, second, third, fourth, x, keep):
    """One bar of four stages, all NaN before the first. A NaN bar leaves them alone."""
    if x != x:
        return first, second, third, fourth, x
    if first != first:
        return x, x, x, x, x
    a = fused(keep, first - x, x)
    b = fused(keep, second - a, first)
    c = fused(keep, third - b, second)
    d = fused(keep, fourth - c, third)
    return a, b, c, d, (a + 2.0 * b + 2.0 * c + d) / 6.0


@kernel
def laguerre(state, x, keep, y):
    """Laguerre filter. state (4, L): four stages, NaN before the first bar."""
    bars, lanes = x.shape
    if lanes == 1:
        first, second, third, fourth = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        for t in range(bars):
            first, second, third, fourth, y[t, 0] = _laguerre_step(first, second, third, fourth, x[t, 0], keep)
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = first, second, third, fourth
    else:
        firsts, seconds, thirds, fourths = state[0], state[1], state[2], state[3]
        for t in range(bars):
            for j in range(lanes):
                firsts[j], seconds[j], thirds[j], fourths[j], y[t, j] = _laguerre_step(
                    firsts[j], seconds[j], thirds[j], fourths[j], x[t, j], keep
                )
