"""Lines round a price."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.extremes import rolling_extreme
from quantperf.kernels.moments import rolling_moments
from quantperf.kernels.windows import along, chunk_bars, rolling_sum


@kernel
def bbands(state, x, window, up, down, ddof, y):
    """Mean, and lines `up` and `down` deviations from it. state (4 + 2 * window, L): see `rolling_moments`."""
    bars, lanes = x.shape
    size, share = chunk_bars(bars, lanes), 1.0 / (window - ddof)
    m2 = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        rolling_moments(state, plain(x)[lo : lo + n], window, y[1, lo : lo + n], m2[:n])
        spread = along(m2[:n])
        upper, middle, lower = along(y[0, lo : lo + n]), along(y[1, lo : lo + n]), along(y[2, lo : lo + n])
        for i in range(spread.size):
            deviation = np.sqrt(spread[i] * share)
            upper[i] = middle[i] + up * deviation
            lower[i] = middle[i] - down * deviation


@kernel
def midpoint(state, x, window, y):
    """Middle of highest and lowest. state (2 * (2 + window), L): windows of the highest and of the lowest."""
    bars, lanes = x.shape
    size, rows = chunk_bars(bars, lanes), 2 + window
    floor = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        rolling_extreme(state[:rows], plain(x)[lo : lo + n], window, 1.0, y[lo : lo + n])
        rolling_extreme(state[rows:], plain(x)[lo : lo + n], window, -1.0, floor[:n])
        floors, out = along(floor[:n]), along(y[lo : lo + n])
        for i in range(out.size):
            out[i] = (out[i] + floors[i]) * 0.5


@step
def _lacking(highs, lows):
    """Bars on which a price is missing or infinite."""
    count = 0
    for i in range(highs.size):
        count += not abs(highs[i] + lows[i]) < np.inf
    return count


@step
def _reach(state, high, low, window, bar, upper, lower):
    """Highest high and lowest low of a chunk; `bar` is room. state (2 * (2 + window), L): their windows."""
    rows, tops, floors = 2 + window, high, low
    if _lacking(along(high), along(low)):
        tops, floors = bar, upper
        highs, lows, cleaned, other = along(high), along(low), along(tops), along(floors)
        for i in range(cleaned.size):
            missing = (highs[i] - highs[i]) + (lows[i] - lows[i])  # 0, or NaN
            cleaned[i], other[i] = highs[i] + missing, lows[i] + missing
    rolling_extreme(state[rows:], floors, window, -1.0, lower)
    rolling_extreme(state[:rows], tops, window, 1.0, upper)


@kernel
def midprice(state, high, low, window, y):
    """Middle of highest high and lowest low. state (2 * (2 + window), L): windows of the highs and of the lows."""
    bars, lanes = high.shape
    size = chunk_bars(bars, lanes)
    bar, lower = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi = lo + n
        _reach(state, plain(high)[lo:hi], plain(low)[lo:hi], window, bar[:n], y[lo:hi], lower[:n])
        floors, out = along(lower[:n]), along(y[lo:hi])
        for i in range(out.size):
            out[i] = (out[i] + floors[i]) * 0.5


@kernel
def donchian(state, high, low, window, y):
    """Highest high, the middle, lowest low. state (2 * (2 + window), L): windows of the highs and of the lows."""
    bars, lanes = high.shape
    size = chunk_bars(bars, lanes)
    for lo in range(0, bars, size):
        hi = min(lo + size, bars)
        upper, middle, lower = y[0, lo:hi], y[1, lo:hi], y[2, lo:hi]
        _reach(state, plain(high)[lo:hi], plain(low)[lo:hi], window, middle, upper, lower)
        tops, floors, out = along(upper), along(lower), along(middle)
        for i in range(out.size):
            out[i] = (tops[i] + floors[i]) * 0.5


@kernel
def accbands(state, high, low, close, window, y):
    """Means of highs and lows moved out by their range, and of closes. state (3 * (2 + window), L): windows."""
    bars, lanes = close.shape
    size, rows, share = chunk_bars(bars, lanes), 2 + window, 1.0 / window
    upper, middle, lower = np.empty((size, lanes)), np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi = lo + n
        highs, lows, closes = along(high[lo:hi]), along(low[lo:hi]), along(close[lo:hi])
        tops, centres, floors = along(upper[:n]), along(middle[:n]), along(lower[:n])
        for i in range(tops.size):
            total = highs[i] + lows[i]
            missing = (total - total) + (closes[i] - closes[i])  # 0, or NaN
            ratio = 4.0 * (highs[i] - lows[i]) / total
            ratio = 0.0 if total == 0.0 else ratio
            tops[i] = highs[i] * (1.0 + ratio) + missing
            floors[i] = lows[i] * (1.0 - ratio) + missing
            centres[i] = closes[i] + missing
        rolling_sum(state[:rows], upper[:n], window, share, y[0, lo:hi])
        rolling_sum(state[rows : 2 * rows], middle[:n], window, share, y[1, lo:hi])
        rolling_sum(state[2 * rows :], lower[:n], window, share, y[2, lo:hi])


@step
def _seed_keltner(mean, spread, last, seen, high, low, close, window, across, start):
    """One bar of the warm-up: both means are seeded on bar `start`, each from its last bars up to there."""
    total = high + low + close
    if total - total != 0.0:  # missing, or infinite
        return mean, spread, last, seen
    price, reach = total / 3.0, max(high, last) - min(low, last)
    age, old = seen - start + window, seen - start + across
    mean = mean + (price - mean) / age if age > 0.0 else mean
    spread = spread + (reach - spread) / old if old > 0.0 else spread
    return mean, spread, close, seen + 1.0


@step
def _keltner_step(mean, spread, last, high, low, close, alpha, keep, share):
    """One bar after the warm-up; the last answer is NaN on a bar with a missing price, which leaves the state alone."""
    total = high + low + close
    missing = total - total  # 0, or NaN
    moved = fused(alpha, total / 3.0 - mean, mean)
    wider = fused(spread, keep, (max(high, last) - min(low, last)) * share)
    there = missing == 0.0
    return (moved if there else mean), (wider if there else spread), (close if there else last), missing


@kernel
def keltner(state, high, low, close, window, across, width, y):
    """Exponential mean of typical prices, and lines `width` mean ranges from it.

    state (4, L): the mean, Wilder's mean of the true range, last close, bars seen.
    """
    bars, lanes = close.shape
    start = float(max(window - 1, across))
    alpha, keep, share = 2.0 / (window + 1.0), (across - 1.0) / across, 1.0 / across
    means, spreads, lasts, seens = state[0], state[1], state[2], state[3]
    upper, middle, lower = y[0], y[1], y[2]
    t = 0
    while t < bars and seens.min() <= start:  # some lane is in its warm-up
        for j in range(lanes):
            if seens[j] > start:
                means[j], spreads[j], lasts[j], gap = _keltner_step(
                    means[j], spreads[j], lasts[j], high[t, j], low[t, j], close[t, j], alpha, keep, share
                )
            else:
                before = seens[j]
                means[j], spreads[j], lasts[j], seens[j] = _seed_keltner(
                    means[j],
                    spreads[j],
                    lasts[j],
                    before,
                    high[t, j],
                    low[t, j],
                    close[t, j],
                    float(window),
                    float(across),
                    start,
                )
                gap = 0.0 if seens[j] > start else np.nan
            distance = width * spreads[j]
            middle[t, j] = means[j] + gap
            upper[t, j], lower[t, j] = means[j] + distance + gap, means[j] - distance + gap
        t += 1
    if lanes == 1:
        mean, spread, last = means[0], spreads[0], lasts[0]
        for i in range(t, bars):
            mean, spread, last, gap = _keltner_step(
                mean, spread, last, high[i, 0], low[i, 0], close[i, 0], alpha, keep, share
            )
            distance = width * spread
            middle[i, 0] = mean + gap
            upper[i, 0], lower[i, 0] = mean + distance + gap, mean - distance + gap
        means[0], spreads[0], lasts[0] = mean, spread, last
    else:
        for i in range(t, bars):
            for j in range(lanes):
                means[j], spreads[j], lasts[j], gap = _keltner_step(
                    means[j], spreads[j], lasts[j], high[i, j], low[i, j], close[i, j], alpha, keep, share
                )
                distance = width * spreads[j]
                middle[i, j] = means[j] + gap
                upper[i, j], lower[i, j] = means[j] + distance + gap, means[j] - distance + gap
