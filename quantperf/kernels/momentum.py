"""Oscillators: relative strength, MACD, stochastics and their kin."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.extremes import rolling_extreme
from quantperf.kernels.moments import rolling_moments
from quantperf.kernels.rates import earlier
from quantperf.kernels.windows import along, chunk_bars, copy_row, hide_young, recall, rolling_sum


@step
def _rsi_step(last, gain, loss, seen, x, keep, share, seed, part, flat, against):
    """One close; keep = (w - 1) / w, share = 1 / w; part = 1 / seed; `against`: weight of losses.

    A NaN bar leaves the state alone.
    """
    if x != x:
        return last, gain, loss, seen, np.nan
    change = x - last if seen > 0.0 else 0.0
    up, down = max(change, 0.0), max(-change, 0.0)
    if seen > seed:
        gain, loss = fused(gain, keep, up * share), fused(loss, keep, down * share)
    else:  # the seed: mean of the first `seed` changes
        gain, loss, seen = gain + up * part, loss + down * part, seen + 1.0
        if seen <= seed:
            return x, gain, loss, seen, np.nan
    total = gain + loss
    return x, gain, loss, seen, (100.0 * (fused(-against, loss, gain) / total) if total > 0.0 else flat)


@kernel
def rsi(state, x, window, first, flat, against, y):
    """Gains, less `against` times losses, over both, by Wilder's means; `flat` where there are none.

    The means are seeded with the mean of the `first` changes. state (4, L): last close, gain, loss, bars seen.
    """
    bars, lanes = x.shape
    width, seed = float(window), float(first)
    keep, share, part = (width - 1.0) / width, 1.0 / width, 1.0 / seed
    if lanes == 1:
        last, gain, loss, seen = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        for t in range(bars):
            last, gain, loss, seen, y[t, 0] = _rsi_step(
                last, gain, loss, seen, x[t, 0], keep, share, seed, part, flat, against
            )
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = last, gain, loss, seen
    else:
        last_, gain_, loss_, seen_ = state[0], state[1], state[2], state[3]
        for t in range(bars):
            for j in range(lanes):
                last_[j], gain_[j], loss_[j], seen_[j], y[t, j] = _rsi_step(
                    last_[j], gain_[j], loss_[j], seen_[j], x[t, j], keep, share, seed, part, flat, against
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
    """One close; a, b, c weights and nf, ns, ng bars of the seeds of the three means. A NaN bar leaves all alone."""
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
def macd(state, x, fast, slow, signal, a, b, c, y):
    """Difference of two exponential means with weights a and b, its own mean with weight c, and what is between.

    `fast`, `slow` and `signal` are the bars of their seeds. state (4, L): three means, bars seen.
    """
    bars, lanes = x.shape
    nf, ns, ng = float(fast), float(slow), float(signal)
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
def _range(state, high, low, close, window, upper, lower, floor):
    """Highest high of a chunk's windows into `upper`, lowest low into `floor`; `lower` is room.

    state (2 * (2 + window), L): windows of the highs and of the lows.
    """
    rows = 2 + window
    tops, floors, highs, lows, closes = along(upper), along(lower), along(high), along(low), along(close)
    for i in range(tops.size):
        missing = (highs[i] - highs[i]) + (lows[i] - lows[i]) + (closes[i] - closes[i])  # 0, or NaN
        tops[i], floors[i] = highs[i] + missing, lows[i] + missing
    rolling_extreme(state[:rows], upper, window, 1.0, floor)
    copy_row(along(floor), tops)
    rolling_extreme(state[rows : 2 * rows], lower, window, -1.0, floor)


@step
def _raw_k(state, high, low, close, fastk, flat, upper, lower, k):
    """Fast %K of a chunk: place of the close in the range, 0..100, `flat` where there is no range."""
    _range(state, high, low, close, fastk, upper, lower, k)
    tops, floors, closes, places = along(upper), along(k), along(close), along(k)
    for i in range(places.size):
        span = tops[i] - floors[i]
        place = 100.0 * ((closes[i] - floors[i]) / span)
        places[i] = place if span != 0.0 else flat


@kernel
def stoch(state, high, low, close, fastk, slowk, slowd, flat, together, y):
    """Slow stochastic: mean of %K over `slowk`, mean of that over `slowd`; `together` begins both on one bar.

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
    young = fastk + slowk + (slowd if together else 1) - 3.0
    hide_young(state[0], high, low, close, close, young, np.nan, y[0])


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
def willr(state, high, low, close, window, y):
    """Williams' %R. state (2 * (2 + window), L): windows of highs and lows."""
    high, low, close = plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    upper, lower = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, floor = lo + n, y[lo : lo + n]
        _range(state, high[lo:hi], low[lo:hi], close[lo:hi], window, upper[:n], lower[:n], floor)
        tops, closes, out = along(upper[:n]), along(close[lo:hi]), along(floor)
        for i in range(out.size):
            span = tops[i] - out[i]
            place = -100.0 * ((tops[i] - closes[i]) / span)
            out[i] = place if span != 0.0 else 0.0


@kernel
def stochrsi(state, x, window, fastk, fastd, y):
    """Fast stochastic of the relative strength by Wilder's means, %K and its mean, both from the same bar on.

    state (4 + 2 * (2 + fastk) + 2 + fastd, L): that of `rsi`; windows of highest and lowest RSI and of %K. A missing
    bar is in no window, so lanes are not in step: each is taken alone, its values without gaps. A range of the index
    below 1e-10 is what rounding leaves of none.
    """
    bars, lanes = x.shape
    width, rows = float(window), 2 + fastk
    keep, share = (width - 1.0) / width, 1.0 / width
    size = max(min(bars, 4096 if lanes == 1 else 512), 1)
    index, upper, lower = np.empty((size, 1)), np.empty((size, 1)), np.empty((size, 1))
    place = np.empty(size, np.int64)
    indices, tops, floors = along(index), along(upper), along(lower)
    for lo in range(0, bars, size):
        for j in range(lanes):
            lane, n = state[4:, j : j + 1], 0
            last, gain, loss, seen = state[0, j], state[1, j], state[2, j], state[3, j]
            for t in range(lo, min(lo + size, bars)):
                last, gain, loss, seen, value = _rsi_step(
                    last, gain, loss, seen, x[t, j], keep, share, width, share, 0.0, 0.0
                )
                y[0, t, j] = y[1, t, j] = np.nan
                if value == value:
                    indices[n], place[n], n = value, t, n + 1
            state[0, j], state[1, j], state[2, j], state[3, j] = last, gain, loss, seen
            rolling_extreme(lane[:rows], index[:n], fastk, 1.0, upper[:n])
            rolling_extreme(lane[rows : 2 * rows], index[:n], fastk, -1.0, lower[:n])
            for i in range(n):
                span = tops[i] - floors[i]
                value = 100.0 * ((indices[i] - floors[i]) / span)
                indices[i] = 0.0 if span < 1e-10 else value
            rolling_sum(lane[2 * rows :], index[:n], fastd, 1.0 / fastd, upper[:n])
            for i in range(n):
                if tops[i] == tops[i]:
                    y[0, place[i], j], y[1, place[i], j] = indices[i], tops[i]


@kernel
def cmou(state, x, window, flat, y):
    """Change over `window` bars in percent of all moves on the way, `flat` where there are none.

    state (1 + (2 + window) + (1 + window), L): last price, NaN before the first; window of moves; the last prices.
    """
    x = plain(x)
    bars, lanes = x.shape
    size, rows = chunk_bars(bars, lanes), 3 + window
    move, way = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi = lo + n
        copy_row(state[0], move[0])
        copy_row(along(x[lo : hi - 1]), along(move[1:n]))
        copy_row(x[hi - 1], state[0])
        moves, prices = along(move[:n]), along(x[lo:hi])
        for i in range(moves.size):
            moves[i] = abs(prices[i] - moves[i])
        rolling_sum(state[1:rows], move[:n], window, 1.0, way[:n])
        head = earlier(state[rows:], x[lo:hi], window, move[:n])
        copy_row(along(x[lo : hi - head]), along(move[head:n]))
        ways, out = along(way[:n]), along(y[lo:hi])
        for i in range(out.size):
            value = 100.0 * ((prices[i] - moves[i]) / ways[i])
            out[i] = value if ways[i] != 0.0 else flat


@kernel
def cci(state, high, low, close, window, flat, y):
    """Commodity channel index: distance from the mean in 0.015 mean deviations, `flat` where there is none.

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
            out[i] = flat if spread <= 1e-15 * abs(means[i]) else value
