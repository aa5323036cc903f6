"""Oscillators and rates of change."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.extremes import rolling_extreme
from quantperf.kernels.moments import rolling_moments
from quantperf.kernels.windows import along, chunk_bars, copy_row, fill_row, hide_young, recall, rolling_sum


@step
def _rsi_step(last, gain, loss, seen, x, keep, share, window, flat):
    """One close; keep = (w - 1) / w, share = 1 / w. A NaN bar leaves the state alone."""
    if x != x:
        return last, gain, loss, seen, np.nan
    change = x - last if seen > 0.0 else 0.0
    up, down = max(change, 0.0), max(-change, 0.0)
    if seen > window:
        gain, loss = fused(gain, keep, up * share), fused(loss, keep, down * share)
    else:  # the seed: mean of the first `window` changes
        gain, loss, seen = gain + up * share, loss + down * share, seen + 1.0
        if seen <= window:
            return x, gain, loss, seen, np.nan
    total = gain + loss
    return x, gain, loss, seen, (100.0 * (gain / total) if total > 0.0 else flat)


@kernel
def rsi(state, x, window, flat, y):
    """Relative strength by Wilder's means. state (4, L): last close, gain, loss, bars seen."""
    bars, lanes = x.shape
    width = float(window)
    keep, share = (width - 1.0) / width, 1.0 / width
    if lanes == 1:
        last, gain, loss, seen = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        for t in range(bars):
            last, gain, loss, seen, y[t, 0] = _rsi_step(last, gain, loss, seen, x[t, 0], keep, share, width, flat)
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = last, gain, loss, seen
    else:
        last_, gain_, loss_, seen_ = state[0], state[1], state[2], state[3]
        for t in range(bars):
            for j in range(lanes):
                last_[j], gain_[j], loss_[j], seen_[j], y[t, j] = _rsi_step(
                    last_[j], gain_[j], loss_[j], seen_[j], x[t, j], keep, share, width, flat
                )


@kernel
def rsi_cutler(state, x, window, flat, y):
    """Relative strength by plain means of gains and losses; the first bar counts as no change.

    state (2 + 2 * (2 + window), L): last close, bars seen, windows of gains and of losses.
    """
    bars, lanes = x.shape
    size = chunk_bars(bars, lanes)
    up, down = np.empty((size, lanes)), np.empty((size, lanes))
    gain, loss = np.empty((size, lanes)), np.empty((size, lanes))
    last, seen, rows = state[0], state[1], 2 + window
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        for t in range(n):
            for j in range(lanes):
                price = x[lo + t, j]
                change = price - last[j] if seen[j] > 0.0 else price - price
                up[t, j] = max(change, 0.0) if change == change else np.nan
                down[t, j] = max(-change, 0.0) if change == change else np.nan
                last[j], seen[j] = price, (1.0 if price == price or seen[j] > 0.0 else 0.0)
        rolling_sum(state[2 : 2 + rows], up[:n], window, 1.0, gain[:n])
        rolling_sum(state[2 + rows : 2 + 2 * rows], down[:n], window, 1.0, loss[:n])
        won, lost, out = along(gain[:n]), along(loss[:n]), along(y[lo : lo + n])
        for i in range(out.size):
            total = won[i] + lost[i]
            value = 100.0 * (won[i] / total)
            out[i] = flat if total == 0.0 else value


@step
def _macd_step(fast, slow, signal, seen, x, a, b, c, nf, ns, ng):
    """One close; a, b, c weights and nf, ns, ng bars of the three means. A NaN bar leaves the state alone."""
    if x != x:
        return fast, slow, signal, seen, np.nan, np.nan, np.nan
    if seen >= ns + ng - 1.0:  # settled: first, and straight out, or LLVM makes selects of it (5.7 instead of 2.1 ns)
        fast, slow = fused(a, x - fast, fast), fused(b, x - slow, slow)
        line = fast - slow
        signal = fused(c, line - signal, signal)
        return fast, slow, signal, seen, line, signal, line - signal
    seen = seen + 1.0
    if seen > ns:
        fast, slow = fused(a, x - fast, fast), fused(b, x - slow, slow)
    else:  # both means are seeded on bar ns: the fast one skips ns - nf bars
        slow = slow + (x - slow) / seen
        fast = fast + (x - fast) / (seen - ns + nf) if seen > ns - nf else 0.0
    line, age = fast - slow, seen - ns + 1.0
    signal = signal + (line - signal) / age if age > 0.0 else 0.0
    if age < ng:
        return fast, slow, signal, seen, np.nan, np.nan, np.nan
    return fast, slow, signal, seen, line, signal, line - signal


@kernel
def macd(state, x, fast, slow, signal, y):
    """Difference of two exponential means, its own mean, and what is between. state (4, L): three means, bars seen."""
    bars, lanes = x.shape
    nf, ns, ng = float(fast), float(slow), float(signal)
    a, b, c = 2.0 / (nf + 1.0), 2.0 / (ns + 1.0), 2.0 / (ng + 1.0)
    if lanes == 1:
        f, s, g, n = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        for t in range(bars):
            f, s, g, n, y[0, t, 0], y[1, t, 0], y[2, t, 0] = _macd_step(f, s, g, n, x[t, 0], a, b, c, nf, ns, ng)
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = f, s, g, n
    else:
        f_, s_, g_, n_ = state[0], state[1], state[2], state[3]
        for t in range(bars):
            for j in range(lanes):
                f_[j], s_[j], g_[j], n_[j], y[0, t, j], y[1, t, j], y[2, t, j] = _macd_step(
                    f_[j], s_[j], g_[j], n_[j], x[t, j], a, b, c, nf, ns, ng
                )


@step
def _weighted_mean_step(total, weight, x, keep):
    """One bar of an exponential mean whose weights are normalised by the bars seen."""
    total, weight = total * keep + x, weight * keep + 1.0
    return total, weight, total / weight


@kernel
def macd_adjusted(state, x, fast, slow, signal, y):
    """The three lines with weights normalised by the bars seen, so from the first bar on.

    state (6, L): sum and weight of the fast, the slow and the signal mean.
    """
    bars, lanes = x.shape
    a, b, c = 1.0 - 2.0 / (fast + 1.0), 1.0 - 2.0 / (slow + 1.0), 1.0 - 2.0 / (signal + 1.0)
    for t in range(bars):
        for j in range(lanes):
            price = x[t, j]
            if price != price:
                y[0, t, j] = y[1, t, j] = y[2, t, j] = np.nan
            else:
                state[0, j], state[1, j], quick = _weighted_mean_step(state[0, j], state[1, j], price, a)
                state[2, j], state[3, j], calm = _weighted_mean_step(state[2, j], state[3, j], price, b)
                line = quick - calm
                state[4, j], state[5, j], mean = _weighted_mean_step(state[4, j], state[5, j], line, c)
                y[0, t, j], y[1, t, j], y[2, t, j] = line, mean, line - mean


@step
def _roc_step(x, old):
    """Change in percent since `old`; 0 where the old price is 0."""
    return (x / old - 1.0) * 100.0 if old != 0.0 else x - x


@kernel
def roc(state, x, window, y):
    """Change in percent over `window` bars. state (1 + window, L): place, ring of the last bars."""
    bars, lanes = x.shape
    ring, at = state[1:], int(state[0, 0])
    start = 0
    if lanes == 1 and bars > 2 * window:  # along time the old bar is simply `window` rows up
        for t in range(window):
            y[t, 0] = _roc_step(x[t, 0], ring[(at + t) % window, 0])
        for t in range(bars - window):
            y[t + window, 0] = _roc_step(x[t + window, 0], x[t, 0])
        at = (at + bars) % window
        for i in range(window):
            ring[(at + i) % window, 0] = x[bars - window + i, 0]
        start = bars
    for t in range(start, bars):
        row = ring[at]
        for j in range(lanes):
            y[t, j] = _roc_step(x[t, j], row[j])
            row[j] = x[t, j]
        at = at + 1 if at + 1 < window else 0
    fill_row(float(at), state[0])


@step
def _raw_k(state, high, low, close, fastk, flat, upper, lower, k):
    """Fast %K of a chunk: place of the close in the range, 0..100, `flat` where there is no range.

    state (2 * (2 + fastk), L): windows of the highs and of the lows.
    """
    rows = 2 + fastk
    tops, floors, highs, lows, closes = along(upper), along(lower), along(high), along(low), along(close)
    for i in range(tops.size):
        missing = (highs[i] - highs[i]) + (lows[i] - lows[i]) + (closes[i] - closes[i])  # 0, or NaN
        tops[i], floors[i] = highs[i] + missing, lows[i] + missing
    rolling_extreme(state[:rows], upper, fastk, 1.0, k)
    copy_row(along(k), tops)
    rolling_extreme(state[rows : 2 * rows], lower, fastk, -1.0, k)
    places, floors = along(k), along(k)
    for i in range(places.size):
        span = tops[i] - floors[i]
        place = 100.0 * ((closes[i] - floors[i]) / span)
        places[i] = place if span != 0.0 else flat


@kernel
def stoch(state, high, low, close, fastk, slowk, slowd, flat, y):
    """Slow stochastic: mean of %K over `slowk`, mean of that over `slowd`, both from the same bar on.

    state (1 + 2 * (2 + fastk) + (2 + slowk) + (2 + slowd), L): bars seen; windows of highs, lows, %K, slow %K.
    """
    high, low, close = plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    upper, lower = np.empty((size, lanes)), np.empty((size, lanes))
    a, b = 1 + 2 * (2 + fastk), 1 + 2 * (2 + fastk) + 2 + slowk
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, k, d = lo + n, y[0, lo : lo + n], y[1, lo : lo + n]
        _raw_k(state[1:a], high[lo:hi], low[lo:hi], close[lo:hi], fastk, flat, upper[:n], lower[:n], d)
        rolling_sum(state[a:b], d, slowk, 1.0 / slowk, k)
        rolling_sum(state[b:], k, slowd, 1.0 / slowd, d)
    hide_young(state[0], high, low, close, close, fastk + slowk + slowd - 3.0, np.nan, y[0])


@kernel
def stochf(state, high, low, close, fastk, fastd, flat, together, y):
    """Fast stochastic: %K and its mean over `fastd`; `together` begins %K with its mean.

    state (1 + 2 * (2 + fastk) + 2 + fastd, L): bars seen; windows of highs, lows and %K.
    """
    high, low, close = plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    upper, lower = np.empty((size, lanes)), np.empty((size, lanes))
    a = 1 + 2 * (2 + fastk)
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, k, d = lo + n, y[0, lo : lo + n], y[1, lo : lo + n]
        _raw_k(state[1:a], high[lo:hi], low[lo:hi], close[lo:hi], fastk, flat, upper[:n], lower[:n], k)
        rolling_sum(state[a:], k, fastd, 1.0 / fastd, d)
    hide_young(state[0], high, low, close, close, fastk + (fastd if together else 1) - 2.0, np.nan, y[0])


@kernel
def cci(state, high, low, close, window, y):
    """Commodity channel index: distance from the mean in 0.015 mean deviations, 0 where there is none.

    state (4 + 2 * window + window - 1, L): window of typical prices, and the last of them. The mean is that of
    `rolling_moments`, about a price of the window: in a flat window it is that price, and the index is 0, not noise.
    """
    bars, lanes = close.shape
    size, past, share = chunk_bars(bars, lanes), window - 1, 1.0 / window
    mean, deviation = np.empty((size, lanes)), np.empty((size, lanes))
    recent = np.empty((past + size, lanes))
    typical = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        highs, lows, closes = along(high[lo : lo + n]), along(low[lo : lo + n]), along(close[lo : lo + n])
        prices, means, deviations = along(typical[:n]), along(mean[:n]), along(deviation[:n])
        for i in range(prices.size):
            price = (highs[i] + lows[i] + closes[i]) / 3.0
            prices[i] = price + (price - price)  # an infinite one is missing
            deviations[i] = 0.0
        rolling_moments(state[: 4 + 2 * window], typical[:n], window, mean[:n], y[lo : lo + n])
        recall(state[4 + 2 * window :], past, typical[:n], recent[: past + n])
        if lanes == 1:  # a bar of the window at a time, along the chunk: no chain, so it vectorises
            for i in range(window):
                bar = along(recent[i : i + n])
                for t in range(n):
                    deviations[t] += abs(bar[t] - means[t])
        else:
            for t in range(n):
                row, centre = deviation[t], mean[t]
                for i in range(window):
                    bar = recent[t + i]
                    for j in range(lanes):
                        row[j] += abs(bar[j] - centre[j])
        out = along(y[lo : lo + n])
        for i in range(out.size):
            gap, spread = prices[i] - means[i], deviations[i] * share
            value = gap / (0.015 * spread)
            # (h + l + c) / 3 of equal sums differs by up to 6e-16 of itself: flat, and not an index of +-67 or more.
            out[i] = 0.0 if spread <= 1e-15 * abs(means[i]) else value
