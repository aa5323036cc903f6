"""Money flow: volume signed and weighted by where prices went."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, step
from quantperf.kernels.windows import along, chunk_bars, rolling_sum


@step
def _flow(high, low, close, volume):
    """Volume times the place of the close in its range, from -1 to 1; 0 where there is no range."""
    reach = high - low
    flow = ((close - low) - (high - close)) / reach * volume
    return flow if reach > 0.0 else 0.0


@step
def _ad_step(total, high, low, close, volume):
    """One bar of the running total of flows; a missing bar leaves it alone."""
    known = high + low + close + volume
    if known - known != 0.0:  # missing, or infinite
        return total, np.nan
    total = total + _flow(high, low, close, volume)
    return total, total


@kernel
def ad(state, high, low, close, volume, y):
    """Accumulation and distribution. state (1, L): total."""
    bars, lanes = close.shape
    if lanes == 1:
        total = state[0, 0]
        for t in range(bars):
            total, y[t, 0] = _ad_step(total, high[t, 0], low[t, 0], close[t, 0], volume[t, 0])
        state[0, 0] = total
    else:
        totals = state[0]
        for t in range(bars):
            for j in range(lanes):
                totals[j], y[t, j] = _ad_step(totals[j], high[t, j], low[t, j], close[t, j], volume[t, j])


@step
def _adosc_step(total, fast, slow, seen, high, low, close, volume, a, b, wanted):
    """One bar of the two means, whose seed is the first total; a missing bar leaves the state alone."""
    total, now = _ad_step(total, high, low, close, volume)
    if now != now:
        return total, fast, slow, seen, np.nan
    if seen >= wanted:
        fast, slow = fused(a, now - fast, fast), fused(b, now - slow, slow)
        return total, fast, slow, seen, fast - slow
    fast = fused(a, now - fast, fast) if seen > 0.0 else now
    slow = fused(b, now - slow, slow) if seen > 0.0 else now
    seen = seen + 1.0
    return total, fast, slow, seen, (fast - slow if seen >= wanted else np.nan)


@kernel
def adosc(state, high, low, close, volume, fast, slow, y):
    """Fast less slow mean of accumulation and distribution. state (4, L): total, two means, bars seen."""
    bars, lanes = close.shape
    a, b, wanted = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0), float(max(fast, slow))
    if lanes == 1:
        d, f, s, n = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        for t in range(bars):
            d, f, s, n, y[t, 0] = _adosc_step(
                d, f, s, n, high[t, 0], low[t, 0], close[t, 0], volume[t, 0], a, b, wanted
            )
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = d, f, s, n
    else:
        d_, f_, s_, n_ = state[0], state[1], state[2], state[3]
        for t in range(bars):
            for j in range(lanes):
                d_[j], f_[j], s_[j], n_[j], y[t, j] = _adosc_step(
                    d_[j], f_[j], s_[j], n_[j], high[t, j], low[t, j], close[t, j], volume[t, j], a, b, wanted
                )


@kernel
def cmf(state, high, low, close, volume, window, y):
    """Sum of flows over sum of volumes, 0 where nothing was traded. state (2 * (2 + window), L): the two windows."""
    bars, lanes = close.shape
    size, rows = chunk_bars(bars, lanes), 2 + window
    flow, traded = np.empty((size, lanes)), np.empty((size, lanes))
    total = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi = lo + n
        highs, lows, closes, volumes = along(high[lo:hi]), along(low[lo:hi]), along(close[lo:hi]), along(volume[lo:hi])
        flows, sums = along(flow[:n]), along(traded[:n])
        for i in range(flows.size):
            known = highs[i] + lows[i] + closes[i] + volumes[i]
            flows[i] = _flow(highs[i], lows[i], closes[i], volumes[i]) + (known - known)
            sums[i] = volumes[i] + (known - known)
        rolling_sum(state[rows:], traded[:n], window, 1.0, total[:n])
        rolling_sum(state[:rows], flow[:n], window, 1.0, y[lo:hi])
        sums, out = along(total[:n]), along(y[lo:hi])
        for i in range(out.size):
            share = out[i] / sums[i]
            out[i] = 0.0 if sums[i] <= 0.0 else share


@step
def _efi_step(last, mean, seen, close, volume, alpha, seed):
    """One bar; `last` is NaN before the first. A missing bar leaves the state alone."""
    known = close + volume
    if known - known != 0.0:  # missing, or infinite
        return last, mean, seen, np.nan
    if last != last:
        return close, mean, seen, np.nan
    force = (close - last) * volume
    if seen >= seed:
        mean = fused(alpha, force - mean, mean)
        return close, mean, seen, mean
    seen = seen + 1.0  # the seed: mean of the first `seed` forces
    mean = mean + (force - mean) / seen
    return close, mean, seen, (mean if seen >= seed else np.nan)


@kernel
def efi(state, close, volume, window, y):
    """Exponential mean of change times volume. state (3, L): last close (NaN before the first), mean, forces seen."""
    bars, lanes = close.shape
    alpha, seed = 2.0 / (window + 1.0), float(window)
    if lanes == 1:
        last, mean, seen = state[0, 0], state[1, 0], state[2, 0]
        for t in range(bars):
            last, mean, seen, y[t, 0] = _efi_step(last, mean, seen, close[t, 0], volume[t, 0], alpha, seed)
        state[0, 0], state[1, 0], state[2, 0] = last, mean, seen
    else:
        lasts, means, seens = state[0], state[1], state[2]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], means[j], seens[j], y[t, j] = _efi_step(
                    lasts[j], means[j], seens[j], close[t, j], volume[t, j], alpha, seed
                )


@step
def _pvt_step(last, total, close, volume):
    """One bar; `last` is 0 before the first, and a change from 0 adds nothing. A missing bar leaves the state alone."""
    known = close + volume
    if known - known != 0.0:  # missing, or infinite
        return last, total, np.nan
    flow = (close - last) / last * volume
    total = total + (flow if last != 0.0 else 0.0)
    return close, total, total


@kernel
def pvt(state, close, volume, y):
    """Running total of relative change times volume. state (2, L): last close (0 before the first), total."""
    bars, lanes = close.shape
    if lanes == 1:
        last, total = state[0, 0], state[1, 0]
        for t in range(bars):
            last, total, y[t, 0] = _pvt_step(last, total, close[t, 0], volume[t, 0])
        state[0, 0], state[1, 0] = last, total
    else:
        lasts, totals = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], totals[j], y[t, j] = _pvt_step(lasts[j], totals[j], close[t, j], volume[t, j])


@step
def _index_step(last, before, index, close, volume, sign):
    """One bar of an index that follows the close on bars of more (sign 1) or less (-1) volume than the bar before."""
    known = close + volume
    if known - known != 0.0:  # missing, or infinite
        return last, before, index, np.nan
    ratio = close / last
    # A select, as in `_obv_step`; both are NaN or 0 before the first bar, which so changes nothing.
    index = index * (ratio if (volume - before) * sign > 0.0 and last != 0.0 else 1.0)
    return close, volume, index, index


@kernel
def volume_index(state, close, volume, sign, y):
    """Positive or negative volume index. state (3, L): last close, last volume (NaN before the first), index."""
    bars, lanes = close.shape
    if lanes == 1:
        last, before, index = state[0, 0], state[1, 0], state[2, 0]
        for t in range(bars):
            last, before, index, y[t, 0] = _index_step(last, before, index, close[t, 0], volume[t, 0], sign)
        state[0, 0], state[1, 0], state[2, 0] = last, before, index
    else:
        lasts, befores, indices = state[0], state[1], state[2]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], befores[j], indices[j], y[t, j] = _index_step(
                    lasts[j], befores[j], indices[j], close[t, j], volume[t, j], sign
                )
