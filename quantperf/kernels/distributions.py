"""How the values of a window are spread: standard scores, skewness, kurtosis, entropy."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.windows import along, chunk_bars, fill_row, rolling_sum


@kernel
def entropy(state, x, window, scale, y):
    """Sum over the window of -p ln p, times `scale`; p: share of a bar in the sum of the window that it ends.

    state (2 * (2 + window), L): windows of bars and of terms.
    """
    x = plain(x)
    bars, lanes = x.shape
    size, rows = chunk_bars(bars, lanes), 2 + window
    term = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        rolling_sum(state[:rows], x[lo : lo + n], window, 1.0, term[:n])
        terms, prices = along(term[:n]), along(x[lo : lo + n])
        for i in range(terms.size):
            share = prices[i] / terms[i]
            value = -(share * np.log(share))
            terms[i] = value + (value - value)
        rolling_sum(state[rows:], term[:n], window, scale, y[lo : lo + n])


# ------------------------------------------------------------------------------------- scores, skewness and kurtosis
#
# As in `moments`, both halves of a window are summed about the first bar of the current block, which is a bar of the
# window, and merged by additions.


@step
def _sweep_squares(first, r1, r2):
    """The bars of a finished block become suffix sums, about `first`, of deviations and of their squares."""
    a, b = 0.0, 0.0
    for i in range(r1.size - 1, 0, -1):
        gap = r1[i] - first
        a, b = a + gap, fused(gap, gap, b)
        r1[i], r2[i] = a, b


@step
def _score_of_lane(at, head, r1, r2, x, share, y):
    """One lane. head: first bar of the block, sums about it. Return the place after the last bar.

    Not by `rolling_moments`: the mean that it gives is rounded at the level of the price, and of a spread of 1e-3 at
    1e8 the distance from it would keep five digits.
    """
    window, first, a, b = r1.size, head[0], head[1], head[2]
    mean = 1.0 / window
    for t in range(x.size):
        bar = x[t]
        if at == 0:
            first = bar
            a = b = bar - bar
            _sweep_squares(first, r1, r2)
        gap = bar - first
        a, b = a + gap, fused(gap, gap, b)
        r1[at] = bar
        at += 1
        p, q = a, b
        if at < window:
            p, q = a + r1[at], b + r2[at]
        else:
            at = 0
        shift = p * mean
        m2 = fused(-shift, p, q)
        value = (gap - shift) / np.sqrt(m2 * share)
        y[t] = 0.0 if m2 <= 0.0 else value
    head[0], head[1], head[2] = first, a, b
    return at


@kernel
def zscore(state, x, window, ddof, y):
    """Distance from the mean in standard deviations, 0 where there are none.

    state (4 + 2 * window, L): as of `rolling_moments`. One lane after the other, so that each keeps its sums in
    registers.
    """
    at, place, lanes, share = int(state[0, 0]), 0, x.shape[1], 1.0 / (window - ddof)
    head, r1, r2 = state[1:4], state[4 : 4 + window], state[4 + window :]
    if lanes == 1:
        place = _score_of_lane(at, along(head), along(r1), along(r2), along(x), share, along(y))
    for j in range(lanes if lanes > 1 else 0):
        place = _score_of_lane(at, head[:, j], r1[:, j], r2[:, j], x[:, j], share, y[:, j])
    fill_row(float(place), state[0])


@step
def _skewness(a, b, c, size):
    """Skewness of `size` values as of a sample, from the sums of their deviations from one of them; 0 if all are alike.

    a, b, c: sums of deviations, of their squares and cubes.
    """
    shift = a / size
    m2 = fused(-shift, a, b)
    m3 = fused(-3.0 * shift, b, c) + 2.0 * shift * shift * a
    factor = size * np.sqrt(size - 1.0) / (size - 2.0)
    value = factor * (m3 / (m2 * np.sqrt(m2)))
    return 0.0 if m2 <= 0.0 else value


@step
def _kurtosis(a, b, c, d, size):
    """Excess kurtosis of `size` values as of a sample, -3 if all are alike. d: sum of the fourth powers."""
    shift = a / size
    m2 = fused(-shift, a, b)
    square = shift * shift
    m4 = fused(-4.0 * shift, c, d) + 6.0 * square * b - 3.0 * square * shift * a
    peak = size * (m4 / (m2 * m2))
    value = (size - 1.0) / ((size - 2.0) * (size - 3.0)) * ((size + 1.0) * peak - 3.0 * (size - 1.0))
    return -3.0 if m2 <= 0.0 else value


@step
def _sweep_powers(first, r1, r2, r3, r4):
    """The bars of a finished block become suffix sums, about `first`, of deviations and of their powers."""
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for i in range(r1.size - 1, 0, -1):
        gap = r1[i] - first
        square = gap * gap
        a, b, c, d = a + gap, b + square, fused(square, gap, c), fused(square, square, d)
        r1[i], r2[i], r3[i], r4[i] = a, b, c, d


@step
def _shape_of_lane(at, head, r1, r2, r3, r4, x, fourth, y):
    """One lane. head: first bar of the block, sums about it. Return the place after the last bar."""
    window, first, a, b, c, d = r1.size, head[0], head[1], head[2], head[3], head[4]
    size = float(window)
    for t in range(x.size):
        bar = x[t]
        if at == 0:
            first = bar
            a = b = c = d = bar - bar
            _sweep_powers(first, r1, r2, r3, r4)
        gap = bar - first
        square = gap * gap
        a, b, c, d = a + gap, b + square, fused(square, gap, c), fused(square, square, d)
        r1[at] = bar
        at += 1
        p, q, r, s = a, b, c, d
        if at < window:
            p, q, r, s = a + r1[at], b + r2[at], c + r3[at], d + r4[at]
        else:
            at = 0
        y[t] = _kurtosis(p, q, r, s, size) if fourth else _skewness(p, q, r, size)
    head[0], head[1], head[2], head[3], head[4] = first, a, b, c, d
    return at


@kernel
def shape(state, x, window, fourth, y):
    """Skewness, or, `fourth`, excess kurtosis.

    state (6 + 4 * window, L): place; first bar of the block, sums of deviations from it and of their second, third and
    fourth powers; a ring with the bars of this block up to the place, from there on with the sums of the block before;
    rings with the sums of its powers. One lane after the other, so that each keeps its sums in registers.
    """
    at, place, lanes = int(state[0, 0]), 0, x.shape[1]
    head, rings = state[1:6], state[6 : 6 + 4 * window].reshape(4, window, lanes)
    r1, r2, r3, r4 = rings[0], rings[1], rings[2], rings[3]
    if lanes == 1:
        place = _shape_of_lane(at, along(head), along(r1), along(r2), along(r3), along(r4), along(x), fourth, along(y))
    for j in range(lanes if lanes > 1 else 0):
        place = _shape_of_lane(at, head[:, j], r1[:, j], r2[:, j], r3[:, j], r4[:, j], x[:, j], fourth, y[:, j])
    fill_row(float(place), state[0])
