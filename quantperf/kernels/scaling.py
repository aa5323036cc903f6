"""How the moves of a price grow with the time they take: Hurst's exponent."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.windows import along, chunk_bars, fill_row, recall, rolling_sum


@step
def _squared_moves(new, old, out):
    """Square of the logarithm of each bar over an earlier one; NaN where one of them is not above 0."""
    for i in range(out.size):
        move = np.log(new[i] / old[i]) if old[i] > 0.0 else np.nan
        out[i] = move * move + (move - move)


@step
def _add_logs(mean, weight, out):
    """Add `weight` times the logarithm of each mean."""
    for i in range(out.size):
        out[i] += weight * np.log(mean[i])


@kernel
def hurst(state, x, window, lags, y):
    """Half the slope of log mean squared move on log lag, over `lags` lags of 1, 2, 4, ... bars.

    state (2 ** (lags - 1) + lags * (2 + window), L): the last bars; for each lag a window of moves, of which it uses
    as many rows as moves of that lag lie inside of `window` bars.
    """
    x = plain(x)
    bars, lanes = x.shape
    size, past = chunk_bars(bars, lanes), 1 << (lags - 1)
    recent, part, mean = np.empty((past + size, lanes)), np.empty((size, lanes)), np.empty((size, lanes))
    # Lags double, so that their logarithms are evenly spaced and the slope by least squares is a sum of fixed weights.
    middle = 0.5 * (lags - 1.0)
    unit = 6.0 / (lags * (lags * lags - 1.0) * np.log(2.0))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        recall(state[:past], past, x[lo : lo + n], recent[: past + n])
        out = along(y[lo : lo + n])
        fill_row(0.0, out)
        for k in range(lags):
            lag = 1 << k
            count = window - lag
            first = past + k * (2 + window)
            _squared_moves(along(recent[past : past + n]), along(recent[past - lag : past - lag + n]), along(part[:n]))
            rolling_sum(state[first : first + 2 + count], part[:n], count, 1.0 / count, mean[:n])
            _add_logs(along(mean[:n]), unit * (k - middle), out)
        for i in range(out.size):
            out[i] = out[i] + (out[i] - out[i])
