"""Ranges and their means."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, step


@step
def _atr_step(last, mean, seen, high, low, close, window, keep, share):
    """One bar of Wilder's mean of the true range; a bar with a missing price leaves the state alone."""
    total = high + low + close
    if total - total != 0.0:  # missing, or infinite
        return last, mean, seen, np.nan
    reach = max(high, last) - min(low, last)
    if seen > window:
        mean = fused(mean, keep, reach * share)
        return close, mean, seen, mean
    if seen == 0.0:  # a true range needs a close before
        return close, mean, 1.0, np.nan
    mean, seen = mean + reach * share, seen + 1.0
    return close, mean, seen, (mean if seen > window else np.nan)


@kernel
def atr(state, high, low, close, window, y):
    """Average true range. state (3, L): last close, mean, bars seen."""
    bars, lanes = close.shape
    width, keep, share = float(window), (window - 1.0) / window, 1.0 / window
    if lanes == 1:
        last, mean, seen = state[0, 0], state[1, 0], state[2, 0]
        for t in range(bars):
            last, mean, seen, y[t, 0] = _atr_step(
                last, mean, seen, high[t, 0], low[t, 0], close[t, 0], width, keep, share
            )
        state[0, 0], state[1, 0], state[2, 0] = last, mean, seen
    else:
        lasts, means, seens = state[0], state[1], state[2]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], means[j], seens[j], y[t, j] = _atr_step(
                    lasts[j], means[j], seens[j], high[t, j], low[t, j], close[t, j], width, keep, share
                )
