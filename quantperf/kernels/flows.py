"""Money flow: volume signed and weighted by where prices went."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.windows import along, chunk_bars, rolling_sum


@step
def _flows(high, low, close, volume, out):
    """Volume times the place of the close in its range, from -1 to 1; 0 where there is no range, NaN if one lacks."""
    for i in range(out.size):
        known = high[i] + low[i] + close[i] + volume[i]
        reach = high[i] - low[i]
        flow = ((close[i] - low[i]) - (high[i] - close[i])) / reach * volume[i]
        out[i] = (flow if reach > 0.0 else 0.0) + (known - known)


@step
def _total_rows(totals, y):
    """Flows become their running totals; a missing one leaves the total alone."""
    for t in range(y.shape[0]):
        row = y[t]
        for j in range(row.size):
            total = totals[j] + row[j]
            totals[j] = total if total == total else totals[j]
            row[j] = total


@step
def _total_series(total, flow, y):
    """The same of one series. Return the last total."""
    now = total
    for t in range(y.size):
        now = now + flow[t]
        y[t] = now
    if now == now:
        return now
    for t in range(y.size):  # one lacks: again with a test, which would double the chain of additions
        y[t] = total + flow[t]
        total = y[t] if y[t] == y[t] else total
    return total


@kernel
def ad(state, high, low, close, volume, y):
    """Accumulation and distribution. state (1, L): total."""
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    flow = np.empty((size if lanes == 1 else 0, lanes))
    for lo in range(0, bars, size):
        hi = min(lo + size, bars)
        out = y[lo:hi] if lanes > 1 else flow[: hi - lo]
        _flows(along(high[lo:hi]), along(low[lo:hi]), along(close[lo:hi]), along(volume[lo:hi]), along(out))
        if lanes == 1:
            state[0, 0] = _total_series(state[0, 0], along(out), along(y[lo:hi]))
        else:
            _total_rows(state[0], out)


@step
def _adosc_step(total, fast, slow, seen, flow, a, b, wanted):
    """One flow and the two means of the total, whose seed is the first one; a missing flow leaves all alone."""
    now = total + flow
    if now != now:
        return total, fast, slow, seen, np.nan
    if seen > 0.0:
        fast, slow = fused(1.0 - a, fast, a * now), fused(1.0 - b, slow, b * now)
    else:
        fast, slow = now, now
    seen = min(seen + 1.0, wanted)
    return now, fast, slow, seen, (fast - slow if seen >= wanted else np.nan)


@step
def _adosc_series(state, flow, a, b, wanted, y):
    """A chunk of one series: at first as if it were settled and nothing lacked, bar by bar if that is not so."""
    d, f, s, n = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
    total, fast, slow = d, f, s
    for t in range(y.size):
        total = total + flow[t]
        fast, slow = fused(1.0 - a, fast, a * total), fused(1.0 - b, slow, b * total)
        y[t] = fast - slow
    if total != total or n < wanted:
        total, fast, slow = d, f, s
        for t in range(y.size):
            total, fast, slow, n, y[t] = _adosc_step(total, fast, slow, n, flow[t], a, b, wanted)
    state[0, 0], state[1, 0], state[2, 0], state[3, 0] = total, fast, slow, n


@kernel
def adosc(state, high, low, close, volume, fast, slow, y):
    """Fast less slow mean of accumulation and distribution. state (4, L): total, two means, bars seen."""
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    flow = np.empty((size if lanes == 1 else 0, lanes))
    a, b, wanted = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0), float(max(fast, slow))
    d, f, s, n = state[0], state[1], state[2], state[3]
    for lo in range(0, bars, size):
        hi = min(lo + size, bars)
        out = y[lo:hi] if lanes > 1 else flow[: hi - lo]
        _flows(along(high[lo:hi]), along(low[lo:hi]), along(close[lo:hi]), along(volume[lo:hi]), along(out))
        if lanes == 1:
            _adosc_series(state, along(out), a, b, wanted, along(y[lo:hi]))
        else:
            for t in range(lo, hi):
                for j in range(lanes):
                    d[j], f[j], s[j], n[j], y[t, j] = _adosc_step(d[j], f[j], s[j], n[j], y[t, j], a, b, wanted)


@kernel
def cmf(state, high, low, close, volume, window, y):
    """Sum of flows over sum of volumes, 0 where nothing was traded. state (2 * (2 + window), L): the two windows."""
    volume = plain(volume)
    bars, lanes = close.shape
    size, rows = chunk_bars(bars, lanes), 2 + window
    flow, total = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi = lo + n
        _flows(along(high[lo:hi]), along(low[lo:hi]), along(close[lo:hi]), along(volume[lo:hi]), along(flow[:n]))
        rolling_sum(state[rows:], volume[lo:hi], window, 1.0, total[:n])
        rolling_sum(state[:rows], flow[:n], window, 1.0, y[lo:hi])
        traded, out = along(total[:n]), along(y[lo:hi])
        for i in range(out.size):  # a missing bar is missing in the flows
            share = out[i] / traded[i]
            out[i] = out[i] - out[i] if traded[i] <= 0.0 else share


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
