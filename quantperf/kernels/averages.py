"""Moving averages."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.windows import along, rolling_sum, rolling_weighted_sum


@kernel
def sma(state, x, window, y):
    """Mean of the last `window` bars. state (2 + window, L): place, head, ring."""
    rolling_sum(state, plain(x), window, 1.0 / window, y)


@kernel
def wma(state, x, window, y):
    """Mean with weights 1..window, the newest bar weighing most. state (3 + window, L): place, two heads, ring."""
    rolling_weighted_sum(state, plain(x), window, 2.0 / (window * (window + 1.0)), y)


@step
def _ema_step(mean, seen, x, alpha, seed):
    """One bar. A NaN bar yields NaN and leaves the state alone; the mean of the first `seed` bars is the seed."""
    if x != x:
        return mean, seen, np.nan
    if seen >= seed:
        mean = fused(alpha, x - mean, mean)  # 2.5 -> 1.9 ns; a flat price stays as it is
        return mean, seen, mean
    seen = seen + 1.0
    mean = mean + (x - mean) / seen
    return mean, seen, (mean if seen >= seed else np.nan)


@kernel
def ema(state, x, alpha, seed, y):
    """Exponential mean. state (2, L): mean, bars seen."""
    bars, lanes = x.shape
    if lanes == 1:  # one series: the state lives in registers (in memory, forwarding costs 4.7 ns a bar)
        mean, seen = state[0, 0], state[1, 0]
        line, out = along(x), along(y)
        for t in range(bars):
            mean, seen, out[t] = _ema_step(mean, seen, line[t], alpha, seed)
        state[0, 0], state[1, 0] = mean, seen
    else:  # a panel: the inner loop runs over symbols and vectorises (0.4 to 0.5 ns a bar)
        means, seens = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                means[j], seens[j], y[t, j] = _ema_step(means[j], seens[j], x[t, j], alpha, seed)
