"""Oscillators: relative strength, MACD, stochastics and their kin."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.moments import rolling_moments
from quantperf.kernels.rates import earlier
from quantperf.kernels.windows import along, chunk_bars, copy_row, recall, rolling_sum


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
