"""Highest and lowest of a rolling window; see `windows` for how windows are made."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import step
from quantperf.kernels.windows import along, fill_row


@step
def _upper(a, b):
    """The larger; NaN wins."""
    larger = a if a > b else b
    return a if a != a else larger


@step
def _raise_extreme(bar, sign, head, row, tail, out):
    """Add a bar to the head; head and tail give the window. ``+ 0.0`` makes -0.0 a 0.0, so that order never shows."""
    for j in range(bar.size):
        price = sign * bar[j]
        top = _upper(price, head[j])
        head[j], row[j] = top, price
        out[j] = sign * _upper(top, tail[j]) + 0.0


@step
def _end_extreme(bar, sign, head, row, out):
    """Last bar of a block: the head is the window."""
    for j in range(bar.size):
        price = sign * bar[j]
        row[j] = price
        out[j] = sign * _upper(price, head[j]) + 0.0


@step
def _sweep_extremes(ring):
    """A full block becomes its suffix extremes."""
    for i in range(ring.shape[0] - 2, -1, -1):
        row, later = ring[i], ring[i + 1]
        for j in range(row.size):
            row[j] = _upper(row[j], later[j])


@step
def _extreme_rows(head, ring, at, x, sign, y):
    """Bar by bar: y = the extreme of the last `window` bars. Return the place after the last bar."""
    window = ring.shape[0]
    for t in range(x.shape[0]):
        if at == 0:
            fill_row(-np.inf, head)  # a block begins with nothing
        if at + 1 < window:
            _raise_extreme(x[t], sign, head, ring[at], ring[at + 1], y[t])
            at += 1
        else:
            _end_extreme(x[t], sign, head, ring[at], y[t])
            _sweep_extremes(ring)
            at = 0
    return at


@step
def _signed(x, sign, out):
    """Out = sign * x, with NaN as infinity, the largest of all."""
    for i in range(x.size):
        out[i] = sign * x[i] if x[i] == x[i] else np.inf


@step
def _larger_of_three(a, shift, reach, out):
    """out[i] = the largest of a[i], a[i + shift], a[i + reach]; no NaN here, so a comparison is one instruction."""
    b, c = a[shift:], a[reach:]
    for i in range(out.size):
        larger = b[i] if b[i] > a[i] else a[i]
        out[i] = c[i] if c[i] > larger else larger


@step
def _largest_of_three(a, shift, reach, sign, out):
    """The last of the passes: as above, with sign and NaN put back."""
    b, c = a[shift:], a[reach:]
    for i in range(out.size):
        larger = b[i] if b[i] > a[i] else a[i]
        larger = c[i] if c[i] > larger else larger
        price = sign * larger + 0.0
        out[i] = np.nan if larger == np.inf else price


@step
def _extreme_along(x, start, stop, window, sign, y):
    """Extreme of each window that ends in start..stop, by windows of 1, 3, 9, ... and three that cover the whole.

    The largest of a set does not depend on order, so one series need not follow the blocks: every pass is a plain loop
    along time that vectorises (window 20: 4.0 -> 0.75 ns a bar; 1 024 bars at a time 0.9, as the buffers then lie a
    multiple of 4 KiB apart). Each pass is a step of its own and has two buffers, or LLVM does not vectorise it.
    """
    size = 512
    here, there = np.empty(size + window), np.empty(size + window)
    while start < stop:
        bars = min(size, stop - start)
        length = bars + window - 1
        _signed(x[start - window + 1 : start + bars], sign, here)
        width = 1
        while 3 * width <= window:
            length -= 2 * width
            _larger_of_three(here, width, 2 * width, there[:length])
            here, there = there, here
            width *= 3
        _largest_of_three(here, min(width, window - width), window - width, sign, y[start : start + bars])
        start += bars


@step
def rolling_extreme(state, x, window, sign, y):
    """Write the highest (sign 1.0) or lowest (-1.0) of the last `window` bars.

    state (2 + window, L): place, head, ring. Heads and rings hold sign * price, so both search for a largest.
    """
    head, ring, at, bars = state[1], state[2 : 2 + window], int(state[0, 0]), x.shape[0]
    t, stop = 0, bars
    if x.shape[1] == 1 and bars >= 4 * window:
        stop = (window - at if at else 0) + window
    while t < bars:
        at = _extreme_rows(head, ring, at, x[t:stop], sign, y[t:stop])
        t = stop
        if stop < bars:
            stop = t + (bars - t) // window * window
            _extreme_along(along(x), t, stop, window, sign, along(y))
            t, stop = stop, bars
            ring[window - 1, 0] = sign * x[t - 1, 0]
            for i in range(window - 2, -1, -1):
                ring[i, 0] = _upper(sign * x[t - window + i, 0], ring[i + 1, 0])
    fill_row(float(at), state[0])
