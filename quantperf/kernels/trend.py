"""Strength and direction of a trend."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, step


@step
def _adx_step(last_high, last_low, last_close, plus, minus, span, mean, seen, high, low, close, window, share):
    """One bar of Wilder's directional movement; a bar with a missing price leaves the state alone."""
    total = high + low + close
    if total - total != 0.0:  # missing, or infinite
        return last_high, last_low, last_close, plus, minus, span, mean, seen, np.nan, np.nan, np.nan
    if seen == 0.0:
        return high, low, close, plus, minus, span, mean, 1.0, np.nan, np.nan, np.nan
    up, down = high - last_high, last_low - low
    rise = up if up > down and up > 0.0 else 0.0
    fall = down if down > up and down > 0.0 else 0.0
    reach = max(high, last_close) - min(low, last_close)
    if seen < window:  # the seed: sums of the first window - 1 moves
        return high, low, close, plus + rise, minus + fall, span + reach, mean, seen + 1.0, np.nan, np.nan, np.nan
    plus = fused(-share, plus, plus) + rise
    minus = fused(-share, minus, minus) + fall
    span = fused(-share, span, span) + reach
    plus_di = 100.0 * (plus / span) if span != 0.0 else 0.0
    minus_di = 100.0 * (minus / span) if span != 0.0 else 0.0
    both = plus_di + minus_di
    moved = both != 0.0
    dx = 100.0 * (abs(plus_di - minus_di) / both) if moved else 0.0
    if seen >= 2.0 * window:
        mean = fused(dx - mean, share, mean) if moved else mean
        return high, low, close, plus, minus, span, mean, seen, mean, plus_di, minus_di
    mean, seen = mean + dx * share, seen + 1.0  # the seed of the mean: `window` values of DX
    return (
        high,
        low,
        close,
        plus,
        minus,
        span,
        mean,
        seen,
        (mean if seen >= 2.0 * window else np.nan),
        plus_di,
        minus_di,
    )


@kernel
def adx(state, high, low, close, window, y):
    """Average directional index, +DI, -DI.

    state (8, L): last high, low, close; smoothed +DM, -DM, true range; mean of DX; bars seen.
    """
    bars, lanes = close.shape
    width, share = float(window), 1.0 / window
    if lanes == 1:
        a, b, c, d = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        e, f, g, n = state[4, 0], state[5, 0], state[6, 0], state[7, 0]
        for t in range(bars):
            a, b, c, d, e, f, g, n, y[0, t, 0], y[1, t, 0], y[2, t, 0] = _adx_step(
                a, b, c, d, e, f, g, n, high[t, 0], low[t, 0], close[t, 0], width, share
            )
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = a, b, c, d
        state[4, 0], state[5, 0], state[6, 0], state[7, 0] = e, f, g, n
    else:
        a_, b_, c_, d_ = state[0], state[1], state[2], state[3]
        e_, f_, g_, n_ = state[4], state[5], state[6], state[7]
        for t in range(bars):
            for j in range(lanes):
                a_[j], b_[j], c_[j], d_[j], e_[j], f_[j], g_[j], n_[j], y[0, t, j], y[1, t, j], y[2, t, j] = _adx_step(
                    a_[j], b_[j], c_[j], d_[j], e_[j], f_[j], g_[j], n_[j],
                    high[t, j], low[t, j], close[t, j], width, share,
                )  # fmt: skip
