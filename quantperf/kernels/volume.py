"""Indicators that read the volume."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.windows import along, chunk_bars, copy_row, rolling_sum


@step
def _obv_step(last, total, close, volume):
    """One bar of on-balance volume; `last` is NaN before the first. A missing bar leaves the state alone."""
    both = close + volume
    if both - both != 0.0:  # missing, or infinite
        return last, total, np.nan
    # Selects instead of branches: the direction of a market cannot be predicted (1.0 ns a bar, TA-Lib 5.2).
    signed = volume if close > last or last != last else 0.0
    signed = -volume if close < last else signed
    total = total + signed
    return close, total, total


@kernel
def obv(state, close, volume, y):
    """On-balance volume. state (2, L): last close (NaN before the first), total."""
    bars, lanes = close.shape
    if lanes == 1:
        last, total = state[0, 0], state[1, 0]
        for t in range(bars):
            last, total, y[t, 0] = _obv_step(last, total, close[t, 0], volume[t, 0])
        state[0, 0], state[1, 0] = last, total
    else:
        lasts, totals = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], totals[j], y[t, j] = _obv_step(lasts[j], totals[j], close[t, j], volume[t, j])


@step
def _vwap_step(money, traded, high, low, close, volume, empty):
    """One bar of the running price by volume; a missing bar leaves the state alone."""
    price = (high + low + close) / 3.0
    worth = price * volume
    if worth - worth != 0.0:  # missing, or infinite
        return money, traded, np.nan
    money, traded = money + worth, traded + volume
    return money, traded, (money / traded if traded != 0.0 else empty)


@kernel
def vwap(state, high, low, close, volume, empty, y):
    """Mean price by volume since the first bar, `empty` while nothing was traded. state (2, L): money, volume."""
    bars, lanes = close.shape
    if lanes == 1:
        money, traded = state[0, 0], state[1, 0]
        for t in range(bars):
            money, traded, y[t, 0] = _vwap_step(money, traded, high[t, 0], low[t, 0], close[t, 0], volume[t, 0], empty)
        state[0, 0], state[1, 0] = money, traded
    else:
        moneys, tradeds = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                moneys[j], tradeds[j], y[t, j] = _vwap_step(
                    moneys[j], tradeds[j], high[t, j], low[t, j], close[t, j], volume[t, j], empty
                )


@kernel
def mfi(state, high, low, close, volume, window, y):
    """Money flow index. state (1 + 2 * (2 + window), L): last typical price (NaN before the first), two windows.

    A typical price is a rounded third, so two equal ones can differ in the last bits: a move of less than 2e-14 of the
    price is none. TA-Lib does so too; without it one flow in 1 400 on prices in cents has the wrong sign.
    """
    bars, lanes = close.shape
    size, rows = chunk_bars(bars, lanes), 2 + window
    price = np.empty((size + 1, lanes))
    come, gone = np.empty((size, lanes)), np.empty((size, lanes))
    into, out_of = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi = lo + n
        copy_row(state[0], price[0])
        highs, lows, closes, traded = along(high[lo:hi]), along(low[lo:hi]), along(close[lo:hi]), along(volume[lo:hi])
        prices, lasts = along(price[1 : n + 1]), along(price[:n])
        for i in range(prices.size):  # a missing volume makes the bar missing, also as the last price of the next one
            worth = (highs[i] + lows[i] + closes[i]) / 3.0
            prices[i] = worth + ((worth - worth) + (traded[i] - traded[i]))
        ups, downs = along(come[:n]), along(gone[:n])
        for i in range(ups.size):
            worth = prices[i] * traded[i]
            unknown = (worth - worth) + (lasts[i] - lasts[i])  # 0, or NaN if this or the last price is missing
            change, rounding = prices[i] - lasts[i], 2e-14 * abs(prices[i])
            ups[i] = (worth if change > rounding else 0.0) + unknown
            downs[i] = (worth if change < -rounding else 0.0) + unknown
        copy_row(price[n], state[0])
        rolling_sum(state[1 : 1 + rows], come[:n], window, 1.0, into[:n])
        rolling_sum(state[1 + rows : 1 + 2 * rows], gone[:n], window, 1.0, out_of[:n])
        ups, downs, out = along(into[:n]), along(out_of[:n]), along(y[lo:hi])
        for i in range(out.size):
            total = ups[i] + downs[i]
            value = 100.0 * (ups[i] / total)
            out[i] = value if total != 0.0 else 0.0


@kernel
def volume_ratio(state, volume, window, y):
    """Volume over its mean; unknown where the mean is 0. state (2 + window, L): place, head, ring."""
    rolling_sum(state, plain(volume), window, 1.0 / window, y)
    mean, traded = along(y), along(volume)
    for i in range(mean.size):
        ratio = traded[i] / mean[i]
        mean[i] = ratio if mean[i] != 0.0 else np.nan


@kernel
def rvol(state, volume, window, y):
    """Volume over the mean of the bars before it. state (3 + window, L): that mean, and its window."""
    volume = plain(volume)
    bars, lanes = volume.shape
    size = chunk_bars(bars, lanes)
    mean = np.empty((size + 1, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi = lo + n
        copy_row(state[0], mean[0])
        rolling_sum(state[1:], volume[lo:hi], window, 1.0 / window, mean[1 : n + 1])
        copy_row(mean[n], state[0])
        means, traded, out = along(mean[:n]), along(volume[lo:hi]), along(y[lo:hi])
        for i in range(out.size):
            out[i] = traded[i] / means[i]


@step
def _pvo_step(fast, slow, seen, x, a, b, nf, ns):
    """One volume; a, b weights and nf, ns bars of the two means. A NaN bar leaves the state alone."""
    if x != x:
        return fast, slow, seen, np.nan
    if seen >= ns:
        fast, slow = fused(a, x - fast, fast), fused(b, x - slow, slow)
    else:  # the seeds: means of the first nf and ns bars
        seen = seen + 1.0
        slow = slow + (x - slow) / seen
        fast = fused(a, x - fast, fast) if seen > nf else fast + (x - fast) / seen
        if seen < ns:
            return fast, slow, seen, np.nan
    percent = 100.0 * ((fast - slow) / slow)
    return fast, slow, seen, (percent if slow != 0.0 else 0.0)


@kernel
def pvo(state, volume, fast, slow, y):
    """Distance of a fast exponential mean from a slow one, in percent of it. state (3, L): both means, bars seen."""
    bars, lanes = volume.shape
    nf, ns = float(fast), float(slow)
    a, b = 2.0 / (nf + 1.0), 2.0 / (ns + 1.0)
    if lanes == 1:
        f, s, n = state[0, 0], state[1, 0], state[2, 0]
        for t in range(bars):
            f, s, n, y[t, 0] = _pvo_step(f, s, n, volume[t, 0], a, b, nf, ns)
        state[0, 0], state[1, 0], state[2, 0] = f, s, n
    else:
        f_, s_, n_ = state[0], state[1], state[2]
        for t in range(bars):
            for j in range(lanes):
                f_[j], s_[j], n_[j], y[t, j] = _pvo_step(f_[j], s_[j], n_[j], volume[t, j], a, b, nf, ns)


@kernel
def marketfi(_state, high, low, volume, y):
    """Range for a unit of volume, 0 where nothing was traded. state (0, L): none."""
    highs, lows, traded, out = along(high), along(low), along(volume), along(y)
    for i in range(out.size):
        known = highs[i] + lows[i] + traded[i]
        ratio = (highs[i] - lows[i]) / traded[i]
        out[i] = (ratio if traded[i] != 0.0 else 0.0) + (known - known)
