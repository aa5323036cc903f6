"""Wilder's directional movement: its sums, its shares in the true range, and the indices made of them."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, step


@step
def _movement(last_high, last_low, high, low):
    """Upward and downward movement of a bar, of which only the larger counts."""
    up, down = high - last_high, last_low - low
    return (up if up > down and up > 0.0 else 0.0), (down if down > up and down > 0.0 else 0.0)


@step
def _dm_step(last_high, last_low, moved, seen, high, low, width, share, down):
    """One bar of Wilder's sum of movements; a bar with a missing price leaves the state alone."""
    both = high + low
    if both - both != 0.0:  # missing, or infinite
        return last_high, last_low, moved, seen, np.nan
    if seen == 0.0:
        return high, low, moved, 1.0, np.nan
    rise, fall = _movement(last_high, last_low, high, low)
    move = fall if down else rise
    if seen >= width:
        moved = fused(-share, moved, moved) + move
        return high, low, moved, seen, moved
    moved, seen = moved + move, seen + 1.0  # the seed: the first width - 1 moves
    return high, low, moved, seen, (moved if seen >= width else np.nan)


@kernel
def dm(state, high, low, window, down, y):
    """Sum of movements upward, or `down`. state (4, L): last high, low; sum; bars seen."""
    bars, lanes = high.shape
    width, share = float(window), 1.0 / window
    if lanes == 1:
        a, b, c, n = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        for t in range(bars):
            a, b, c, n, y[t, 0] = _dm_step(a, b, c, n, high[t, 0], low[t, 0], width, share, down)
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = a, b, c, n
    else:
        a_, b_, c_, n_ = state[0], state[1], state[2], state[3]
        for t in range(bars):
            for j in range(lanes):
                a_[j], b_[j], c_[j], n_[j], y[t, j] = _dm_step(
                    a_[j], b_[j], c_[j], n_[j], high[t, j], low[t, j], width, share, down
                )


@step
def _di_step(last_high, last_low, last_close, moved, span, seen, high, low, close, width, share, scale, down):
    """One bar of the share of movement in the true range."""
    total = high + low + close
    if total - total != 0.0:  # missing, or infinite
        return last_high, last_low, last_close, moved, span, seen, np.nan
    if seen == 0.0:
        return high, low, close, moved, span, 1.0, np.nan
    rise, fall = _movement(last_high, last_low, high, low)
    move, reach = (fall if down else rise), max(high, last_close) - min(low, last_close)
    if seen < width:  # the seed: sums of the first width - 1 moves
        return high, low, close, moved + move, span + reach, seen + 1.0, np.nan
    moved, span = fused(-share, moved, moved) + move, fused(-share, span, span) + reach
    part = scale * (moved / span)
    return high, low, close, moved, span, seen, (part if span != 0.0 else 0.0)


@kernel
def di(state, high, low, close, window, scale, down, y):
    """Share of upward, or `down`, movement in the true range, times `scale`.

    state (6, L): last high, low, close; sums of movement and of true range; bars seen.
    """
    bars, lanes = close.shape
    width, share = float(window), 1.0 / window
    if lanes == 1:
        a, b, c, d = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        e, n = state[4, 0], state[5, 0]
        for t in range(bars):
            a, b, c, d, e, n, y[t, 0] = _di_step(
                a, b, c, d, e, n, high[t, 0], low[t, 0], close[t, 0], width, share, scale, down
            )
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = a, b, c, d
        state[4, 0], state[5, 0] = e, n
    else:
        a_, b_, c_, d_, e_, n_ = state[0], state[1], state[2], state[3], state[4], state[5]
        for t in range(bars):
            for j in range(lanes):
                a_[j], b_[j], c_[j], d_[j], e_[j], n_[j], y[t, j] = _di_step(
                    a_[j], b_[j], c_[j], d_[j], e_[j], n_[j], high[t, j], low[t, j], close[t, j], width, share, scale,
                    down,
                )  # fmt: skip


@step
def _strength(plus, minus, before):
    """Difference of both sums of movement in percent of their sum; `before` where nothing moved.

    The true range, over which TA-Lib takes both, cancels out.
    """
    both = plus + minus
    index = 100.0 * (abs(plus - minus) / both)
    return index if both != 0.0 else before


@step
def _dx_step(last_high, last_low, plus, minus, index, seen, high, low, close, width, share):
    """One bar of the directional index; a bar with a missing price leaves the state alone."""
    total = high + low + close
    if total - total != 0.0:  # missing, or infinite
        return last_high, last_low, plus, minus, index, seen, np.nan
    if seen == 0.0:
        return high, low, plus, minus, index, 1.0, np.nan
    rise, fall = _movement(last_high, last_low, high, low)
    if seen < width:  # the seed: sums of the first width - 1 moves
        return high, low, plus + rise, minus + fall, index, seen + 1.0, np.nan
    plus, minus = fused(-share, plus, plus) + rise, fused(-share, minus, minus) + fall
    index = _strength(plus, minus, index)
    return high, low, plus, minus, index, seen, index


@kernel
def dx(state, high, low, close, window, y):
    """Directional index. state (6, L): last high, low; both sums of movement; last index; bars seen."""
    bars, lanes = close.shape
    width, share = float(window), 1.0 / window
    if lanes == 1:
        a, b, c, d = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        e, n = state[4, 0], state[5, 0]
        for t in range(bars):
            a, b, c, d, e, n, y[t, 0] = _dx_step(a, b, c, d, e, n, high[t, 0], low[t, 0], close[t, 0], width, share)
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = a, b, c, d
        state[4, 0], state[5, 0] = e, n
    else:
        a_, b_, c_, d_, e_, n_ = state[0], state[1], state[2], state[3], state[4], state[5]
        for t in range(bars):
            for j in range(lanes):
                a_[j], b_[j], c_[j], d_[j], e_[j], n_[j], y[t, j] = _dx_step(
                    a_[j], b_[j], c_[j], d_[j], e_[j], n_[j], high[t, j], low[t, j], close[t, j], width, share
                )


@step
def _mean_index_step(last_high, last_low, plus, minus, mean, seen, high, low, close, width, share):
    """One bar of the average directional index, as in `trend`, without its two indicators."""
    total = high + low + close
    if total - total != 0.0:  # missing, or infinite
        return last_high, last_low, plus, minus, mean, seen, np.nan
    if seen == 0.0:
        return high, low, plus, minus, mean, 1.0, np.nan
    rise, fall = _movement(last_high, last_low, high, low)
    if seen < width:
        return high, low, plus + rise, minus + fall, mean, seen + 1.0, np.nan
    plus, minus = fused(-share, plus, plus) + rise, fused(-share, minus, minus) + fall
    if seen >= 2.0 * width:
        mean = fused(_strength(plus, minus, mean) - mean, share, mean)  # where nothing moved it stays
        return high, low, plus, minus, mean, seen, mean
    mean, seen = fused(_strength(plus, minus, 0.0), share, mean), seen + 1.0
    return high, low, plus, minus, mean, seen, (mean if seen >= 2.0 * width else np.nan)


@kernel
def adxr(state, high, low, close, window, y):
    """Mean of the average directional index and of what it was window - 1 bars before.

    state (6 + window, L): last high, low; both sums of movement; mean index; bars seen; place and ring of the last
    window - 1 indices. A missing bar is not in the ring, so each lane has a place of its own.
    """
    bars, lanes = close.shape
    width, share, past = float(window), 1.0 / window, window - 1
    ring = state[7:]
    if lanes == 1:
        a, b, c, d = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        e, n, at = state[4, 0], state[5, 0], int(state[6, 0])
        for t in range(bars):
            a, b, c, d, e, n, mean = _mean_index_step(
                a, b, c, d, e, n, high[t, 0], low[t, 0], close[t, 0], width, share
            )
            y[t, 0] = (mean + ring[at, 0]) * 0.5
            if mean == mean:
                ring[at, 0] = mean
                at = at + 1 if at + 1 < past else 0
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = a, b, c, d
        state[4, 0], state[5, 0], state[6, 0] = e, n, float(at)
    else:
        a_, b_, c_, d_, e_, n_, at_ = state[0], state[1], state[2], state[3], state[4], state[5], state[6]
        for t in range(bars):
            for j in range(lanes):
                a_[j], b_[j], c_[j], d_[j], e_[j], n_[j], y[t, j] = _mean_index_step(
                    a_[j], b_[j], c_[j], d_[j], e_[j], n_[j], high[t, j], low[t, j], close[t, j], width, share
                )
            for j in range(lanes):
                mean, at = y[t, j], int(at_[j])
                y[t, j] = (mean + ring[at, j]) * 0.5
                if mean == mean:
                    ring[at, j] = mean
                    at_[j] = at + 1.0 if at + 1 < past else 0.0
