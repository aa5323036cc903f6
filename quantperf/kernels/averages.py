"""Moving averages."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.windows import along, chunk_bars, rolling_sum, rolling_weighted_sum


@kernel
def sma(state, x, window, y):
    """Mean of the last `window` bars. state (2 + window, L): place, head, ring."""
    rolling_sum(state, plain(x), window, 1.0 / window, y)


@kernel
def wma(state, x, window, y):
    """Mean with weights 1..window, the newest bar weighing most. state (3 + window, L): place, two heads, ring."""
    rolling_weighted_sum(state, plain(x), window, 2.0 / (window * (window + 1.0)), y)


@step
def ema_step(mean, seen, x, alpha, seed):
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
            mean, seen, out[t] = ema_step(mean, seen, line[t], alpha, seed)
        state[0, 0], state[1, 0] = mean, seen
    else:  # a panel: the inner loop runs over symbols and vectorises (0.4 to 0.5 ns a bar)
        means, seens = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                means[j], seens[j], y[t, j] = ema_step(means[j], seens[j], x[t, j], alpha, seed)


@step
def rma_step(mean, seen, x, keep, share, seed):
    """One bar of Wilder's mean: one instruction in the chain, and not two as in `ema_step` (2.2 -> 1.5 ns)."""
    if x != x:
        return mean, seen, np.nan
    if seen >= seed:
        mean = fused(mean, keep, x * share)
        return mean, seen, mean
    seen = seen + 1.0
    mean = mean + (x - mean) / seen
    return mean, seen, (mean if seen >= seed else np.nan)


@kernel
def rma(state, x, window, first, y):
    """Wilder's mean, seeded with the mean of the `first` bars. state (2, L): mean, bars seen."""
    bars, lanes = x.shape
    seed, keep, share = float(first), (window - 1.0) / window, 1.0 / window
    if lanes == 1:
        mean, seen = state[0, 0], state[1, 0]
        line, out = along(x), along(y)
        for t in range(bars):
            mean, seen, out[t] = rma_step(mean, seen, line[t], keep, share, seed)
        state[0, 0], state[1, 0] = mean, seen
    else:
        means, seens = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                means[j], seens[j], y[t, j] = rma_step(means[j], seens[j], x[t, j], keep, share, seed)


@kernel
def trima(state, x, first, second, y):
    """Mean of `second` means of `first` bars. state (4 + first + second, L): two windows."""
    bars, lanes = x.shape
    size, rows = chunk_bars(bars, lanes), 2 + first
    mean = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        rolling_sum(state[:rows], plain(x)[lo : lo + n], first, 1.0 / first, mean[:n])
        rolling_sum(state[rows:], mean[:n], second, 1.0 / second, y[lo : lo + n])


@kernel
def vwma(state, x, volume, window, y):
    """Mean of the last `window` bars, weighted by volume. state (4 + 2 * window, L): windows of money and of volume."""
    bars, lanes = x.shape
    size, rows = chunk_bars(bars, lanes), 2 + window
    money, traded = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        prices, volumes = along(x[lo : lo + n]), along(volume[lo : lo + n])
        paid, out = along(money[:n]), along(y[lo : lo + n])
        for i in range(paid.size):
            value = prices[i] * volumes[i]
            paid[i] = value + (value - value)  # an infinite one is missing
        rolling_sum(state[:rows], money[:n], window, 1.0, y[lo : lo + n])
        rolling_sum(state[rows:], plain(volume)[lo : lo + n], window, 1.0, traded[:n])
        weights = along(traded[:n])
        for i in range(out.size):
            mean = out[i] / weights[i]
            out[i] = np.nan if weights[i] == 0.0 else mean
