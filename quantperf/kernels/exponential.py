"""Exponential means of whole blocks, and the way of indicators that mix them with windows: over whole bars only.

A mean that runs for ever cannot forget a missing bar, so an indicator that smooths what a window gives, or reads a
window of what was smoothed, passes over missing bars altogether: its windows hold the last whole bars, and where a bar
stands in them depends on how many whole bars its symbol has had. While all symbols have had the same number, a block is
computed at once; when they part, each goes on by itself, on its whole bars alone. The bits are the same.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, step
from quantperf.kernels.windows import along, chunk_bars, copy_row

# Bars that one symbol takes at a time once symbols have parted.
OWN_BARS = 4096


@step
def _together(seen, a, b, c):
    """Whether all lanes have had the same number of whole bars, and these bars are whole."""
    odd = 0
    for j in range(seen.size):
        odd += seen[j] != seen[0]
    p, q, r = along(a), along(b), along(c)
    for i in range(p.size):
        total = p[i] + q[i] + r[i]
        odd += total - total != 0.0
    return odd == 0


@step
def _take_whole(a, b, c, start, stop, j, own):
    """Copy the whole bars of lane j into own (3, bars, 1); return how many there are."""
    n = 0
    for t in range(start, stop):
        total = a[t, j] + b[t, j] + c[t, j]
        if total - total == 0.0:
            own[0, n, 0], own[1, n, 0], own[2, n, 0] = a[t, j], b[t, j], c[t, j]
            n += 1
    return n


@step
def _put_back(a, b, c, start, stop, j, lines, out):
    """Write the lines (outputs, bars, 1) of the whole bars of lane j to their places in out; the others are NaN."""
    for i in range(out.shape[0]):
        n = 0
        for t in range(start, stop):
            total = a[t, j] + b[t, j] + c[t, j]
            whole = total - total == 0.0
            out[i, t, j] = lines[i, n, 0] if whole else np.nan
            n += whole


@step
def room(state, out):
    """Room for the pieces of `next_piece`: place, and one lane of the state, of three inputs and of the outputs."""
    size = min(OWN_BARS, out.shape[1])
    place = np.zeros(5, np.int64)
    place[0] = -1
    return place, np.empty((state.shape[0], 1)), np.empty((3, size, 1)), np.empty((out.shape[0], size, 1))


@step
def next_piece(place, state, a, b, c, column, own, lines, out):
    """Put the last piece back and find the next: whole bars of all lanes, or of one; return whether there is one.

    place: lane, or -1 for all; first bar, bar after the last; bar at which the lanes parted; whole bars of the lane.
    state[0]: whole bars seen; a, b, c: inputs (bars, lanes), the last one repeated if there are fewer; out (outputs,
    bars, lanes).
    """
    bars, lanes = a.shape
    lane, lo, hi = place[0], place[1], place[2]
    if lane < 0:
        for j in range(lanes):
            state[0, j] += hi - lo
        lo, hi = hi, min(hi + chunk_bars(bars, lanes), bars)
        place[1], place[2], place[3] = lo, hi, lo
        if lo == bars or _together(state[0], a[lo:hi], b[lo:hi], c[lo:hi]):
            return lo < bars
        lane, hi = 0, lo
        _load(state, lane, column)
    else:
        column[0, 0] += place[4]
        _put_back(a, b, c, lo, hi, lane, lines, out)
    while True:
        if hi == bars:
            _store(column, lane, state)
            lane, hi = lane + 1, place[3]
            if lane == lanes:
                return False
            _load(state, lane, column)
        lo, hi = hi, min(hi + own.shape[1], bars)
        n = _take_whole(a, b, c, lo, hi, lane, own)
        place[0], place[1], place[2], place[4] = lane, lo, hi, n
        if n > 0:
            return True
        _put_back(a, b, c, lo, hi, lane, lines, out)


@step
def _load(state, j, column):
    """Column = the state of lane j."""
    for i in range(column.size):
        column[i, 0] = state[i, j]


@step
def _store(column, j, state):
    """Put the state of lane j back."""
    for i in range(column.size):
        state[i, j] = column[i, 0]


@step
def piece(place, block, own):
    """The bars of this piece in a block (bars, lanes), or those of its lane in `own`."""
    return block[place[1] : place[2]] if place[0] < 0 else own[: place[4]]


@step
def rows_of(place, state, column):
    """The rows of the state behind the first, for this piece, and how many whole bars came before it."""
    rows = state if place[0] < 0 else column
    return rows[1:], int(rows[0, 0])


@step
def _smooth_row(alpha, bar, mean, out):
    """One settled bar of each lane."""
    keep = 1.0 - alpha
    for j in range(bar.size):
        mean[j] = fused(keep, mean[j], alpha * bar[j])
        out[j] = mean[j]


@step
def _seed(mean, at, bars, window, x, y):
    """The first `bars` bars, up to the last of the seed: the mean so far, shown where it is complete."""
    for t in range(bars):
        count = at + t + 1
        for j in range(x.shape[1]):
            if count > 0:
                mean[j] += (x[t, j] - mean[j]) / count
            y[t, j] = mean[j] if count == window else np.nan


@step
def smooth(mean, at, window, alpha, x, y):
    """Exponential mean of values without gaps, seeded with the mean of the first `window`; `y` may be `x`.

    mean (lanes,) begins as 0. `at` values came before this block; if it is negative, the values begin -at bars later.
    """
    bars, lanes = x.shape
    start = min(max(window - at, 0), bars)
    _seed(mean, at, start, window, x, y)
    if lanes == 1:
        last, line, out, keep = mean[0], along(x), along(y), 1.0 - alpha
        for t in range(start, bars):  # one instruction in the chain, where alpha * (x - mean) + mean has two
            last = fused(keep, last, alpha * line[t])
            out[t] = last
        mean[0] = last
    else:
        for t in range(start, bars):
            _smooth_row(alpha, x[t], mean, y[t])


@step
def smooth_twice(means, at, first, second, a, b):
    """The exponential mean of the exponential mean of two lines, in their places, all seeded as in `smooth`.

    means (4, lanes): of a, of b, and theirs. One series has its four chains side by side (TSI 5.9 -> 3.6 ns a bar).
    """
    bars, lanes = a.shape
    one, two = 2.0 / (first + 1.0), 2.0 / (second + 1.0)
    later = at - first + 1
    start = min(max(second - later, 0), bars) if lanes == 1 else bars
    for i in range(2):
        line = a[:start] if i == 0 else b[:start]
        smooth(means[i], at, first, one, line, line)
        smooth(means[2 + i], later, second, two, line, line)
    if start < bars:
        p, q, r, s = means[0, 0], means[1, 0], means[2, 0], means[3, 0]
        left, right, keep, hold = along(a), along(b), 1.0 - one, 1.0 - two
        for t in range(start, bars):
            p, q = fused(keep, p, one * left[t]), fused(keep, q, one * right[t])
            r, s = fused(hold, r, two * p), fused(hold, s, two * q)
            left[t], right[t] = r, s
        means[0, 0], means[1, 0], means[2, 0], means[3, 0] = p, q, r, s


@step
def moves(last, x, out):
    """Out = each value less the one before; last (lanes,) is the value before the first."""
    lanes, line, differences = last.size, along(x), along(out)
    for j in range(min(lanes, line.size)):
        differences[j] = line[j] - last[j]
    for i in range(lanes, line.size):
        differences[i] = line[i] - line[i - lanes]
    copy_row(x[x.shape[0] - 1], last)


@step
def spread(a, b, out):
    """Out = a - b, NaN where either is missing or infinite."""
    p, q, differences = along(a), along(b), along(out)
    for i in range(differences.size):
        difference = p[i] - q[i]
        differences[i] = difference + (difference - difference)


@step
def one_line(y):
    """The output (bars, lanes) of an indicator that has one, as (1, bars, lanes)."""
    return y.reshape((1, y.shape[0], y.shape[1]))
