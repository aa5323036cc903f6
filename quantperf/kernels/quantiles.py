"""Order in a rolling window where values are averaged: ranks with ties, quantiles, the median deviation."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.ranks import _exchange, _exchange_slot, _known_along, _known_row, _take_bar
from quantperf.kernels.windows import along, chunk_bars, copy_row, fill_row, recall

# ------------------------------------------------------------------------------------------------------------ rank


@step
def _against(past, bar):
    """1 if the earlier bar lies lower, a half if they are equal: the share of a rank that it is worth."""
    return (0.5 if past < bar else 0.0) + (0.5 if past <= bar else 0.0)


@step
def _count_two(a, b, bar, out):
    """Add what two earlier bars are worth."""
    for i in range(bar.size):
        out[i] += _against(a[i], bar[i]) + _against(b[i], bar[i])


@step
def _count_one(a, bar, out):
    """Add what an earlier bar is worth."""
    for i in range(bar.size):
        out[i] += _against(a[i], bar[i])


@kernel
def rank(state, x, window, scale, y):
    """Place of the last bar in its window, from 1, times `scale`; equal bars share the mean of their places.

    state (1 + window - 1, L): bars since the last missing one, the last bars. One bar of the window at a time, along a
    chunk that lies in the first cache: there is no chain, so it vectorises.
    """
    bars, lanes = x.shape
    past, size = window - 1, max(chunk_bars(bars, lanes) // 16, 8)
    recent = np.empty((past + size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        recall(state[1:], past, plain(x)[lo : lo + n], recent[: past + n])
        before, bar, out = along(recent), along(recent[past : past + n]), along(y[lo : lo + n])
        fill_row(1.0, out)
        values = n * lanes
        for i in range(0, past - 1, 2):
            a, b = i * lanes, (i + 1) * lanes
            _count_two(before[a : a + values], before[b : b + values], bar, out)
        if past % 2 == 1:
            a = (past - 1) * lanes
            _count_one(before[a : a + values], bar, out)
        if lanes == 1:
            state[0, 0] = _known_along(bar, state[0, 0], float(past), scale, out)
        for t in range(n if lanes > 1 else 0):
            _known_row(x[lo + t], state[0], float(past), scale, y[lo + t])


# -------------------------------------------------------------------------------------------------------- quantiles


@step
def _nearest(row, middle, count):
    """The `count`-th smallest distance from `middle` in a sorted row.

    The `count` nearest values lie side by side, and the farthest of them at one end. Of all such stretches the one
    whose farther end is nearest is sought by halving, as one end comes nearer where the other goes away.
    """
    low, high, reach = 0, row.size - count, count - 1
    while low < high:
        half = (low + high) // 2
        if row[half + reach] - middle >= middle - row[half]:
            high = half
        else:
            low = half + 1
    found = max(middle - row[low], row[low + reach] - middle)
    if low > 0:
        found = min(found, max(middle - row[low - 1], row[low - 1 + reach] - middle))
    return found


@step
def _value(row, rank, after, share, deviation, scale):
    """A quantile of a sorted row, or, `deviation`, `scale` times the median distance from it."""
    value = row[rank] + share * (row[after] - row[rank])
    if deviation:
        least = _nearest(row, value, rank + 1)
        value = scale * (least + share * (_nearest(row, value, after + 1) - least))
    return value


@step
def _quantile_along(state, x, window, rank, after, share, deviation, scale, y):
    """One series: slots of the sorted row side by side."""
    ring, kept = along(state[2 : 2 + window]), along(state[2 + window :])
    at, lacking = int(state[0, 0]), state[1, 0]
    here, there = np.empty(window + 1), np.empty(window + 1)
    copy_row(kept, here[:window])
    here[window] = there[window] = np.inf
    for t in range(x.size):
        old, new = ring[at], x[t] + 0.0
        ring[at] = new
        at = at + 1 if at + 1 < window else 0
        if old != old:
            old, lacking = np.inf, lacking - 1.0
        if new != new:
            new, lacking = np.inf, lacking + 1.0
        _exchange(here, old, new, there)
        here, there = there, here
        y[t] = _value(here[:window], rank, after, share, deviation, scale) if lacking == 0.0 else np.nan
    copy_row(here[:window], kept)
    state[0, 0], state[1, 0] = at, lacking


@kernel
def quantile(state, x, window, rank, after, share, deviation, scale, y):
    """Value between the places `rank` and `after` of the sorted window, or `scale` times the median distance from it.

    state (2 + 2 * window, L): place, missing bars in the window, ring, sorted ring with infinity for what is missing.
    """
    bars, lanes = x.shape
    if lanes == 1:
        _quantile_along(state, along(x), window, rank, after, share, deviation, scale, along(y))
    else:
        at, lacking, kept = int(state[0, 0]), state[1], state[2 + window :]
        old, new, before, last = np.empty(lanes), np.empty(lanes), np.empty(lanes), np.empty(lanes)
        fill_row(np.inf, last)
        for t in range(bars):
            _take_bar(x[t], state[2 + at], lacking, old, new)
            at = at + 1 if at + 1 < window else 0
            fill_row(-np.inf, before)
            for i in range(window - 1):
                _exchange_slot(kept[i], kept[i + 1], old, new, before)
            _exchange_slot(kept[window - 1], last, old, new, before)
            for j in range(lanes):
                y[t, j] = _value(kept[:, j], rank, after, share, deviation, scale) if lacking[j] == 0.0 else np.nan
        fill_row(float(at), state[0])
