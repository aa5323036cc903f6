"""Ranges and their means."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.exponential import next_piece, one_line, piece, room, rows_of, smooth, spread
from quantperf.kernels.moments import rolling_moments
from quantperf.kernels.windows import along, chunk_bars, recall, rolling_sum


@step
def _atr_step(last, mean, seen, high, low, close, seed, keep, share, part):
    """One bar of Wilder's mean of the true range, part = 1 / seed; a bar with a missing price leaves the state alone.

    If one bar has been "seen" before the first, with a close of NaN, the first range is high - low, and it counts.
    """
    total = high + low + close
    if total - total != 0.0:  # missing, or infinite
        return last, mean, seen, np.nan
    reach = (last if last > high else high) - (last if last < low else low)  # by this order NaN is no extreme
    if seen > seed:
        mean = fused(mean, keep, reach * share)
        return close, mean, seen, mean
    if seen == 0.0:  # a true range needs a close before
        return close, mean, 1.0, np.nan
    mean, seen = mean + reach * part, seen + 1.0
    return close, mean, seen, (mean if seen > seed else np.nan)


@kernel
def atr(state, high, low, close, window, first, y):
    """Average true range, seeded with the mean of the `first` ranges. state (3, L): last close, mean, bars seen."""
    bars, lanes = close.shape
    seed, keep, share, part = float(first), (window - 1.0) / window, 1.0 / window, 1.0 / first
    if lanes == 1:
        last, mean, seen = state[0, 0], state[1, 0], state[2, 0]
        for t in range(bars):
            last, mean, seen, y[t, 0] = _atr_step(
                last, mean, seen, high[t, 0], low[t, 0], close[t, 0], seed, keep, share, part
            )
        state[0, 0], state[1, 0], state[2, 0] = last, mean, seen
    else:
        lasts, means, seens = state[0], state[1], state[2]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], means[j], seens[j], y[t, j] = _atr_step(
                    lasts[j], means[j], seens[j], high[t, j], low[t, j], close[t, j], seed, keep, share, part
                )


@step
def _natr_step(last, mean, seen, high, low, close, seed, keep, share, part, percent):
    """One bar: the average true range in percent of the close; 0 where the close is 0."""
    last, mean, seen, value = _atr_step(last, mean, seen, high, low, close, seed, keep, share, part)
    if percent:
        value = 100.0 * (value / close) if close != 0.0 else value - value
    return last, mean, seen, value


@kernel
def natr(state, high, low, close, window, first, percent, y):
    """Average true range in percent of the close, or, not `percent`, as it is. state (3, L): as for `atr`."""
    bars, lanes = close.shape
    seed, keep, share, part = float(first), (window - 1.0) / window, 1.0 / window, 1.0 / first
    if lanes == 1:
        last, mean, seen = state[0, 0], state[1, 0], state[2, 0]
        for t in range(bars):
            last, mean, seen, y[t, 0] = _natr_step(
                last, mean, seen, high[t, 0], low[t, 0], close[t, 0], seed, keep, share, part, percent
            )
        state[0, 0], state[1, 0], state[2, 0] = last, mean, seen
    else:
        lasts, means, seens = state[0], state[1], state[2]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], means[j], seens[j], y[t, j] = _natr_step(
                    lasts[j], means[j], seens[j], high[t, j], low[t, j], close[t, j], seed, keep, share, part, percent
                )


@step
def _lack(high, low, close):
    """0, or NaN if one of the prices of a bar is missing or infinite."""
    total = high + low + close
    return total - total


@step
def _true_ranges(before, bar, out):
    """True range of each bar; `before` and `bar` are high, low, close of the bars before and of these."""
    last_h, last_l, last_c = before
    high, low, close = bar
    for i in range(out.size):
        known = (high[i] + low[i] + close[i]) + (last_h[i] + last_l[i] + last_c[i])
        out[i] = max(high[i], last_c[i]) - min(low[i], last_c[i]) + (known - known)


@kernel
def trange(state, high, low, close, y):
    """True range. state (2, L): last close, NaN before the first and of a bar that lacked a price; whether it is late.

    A lane that is not late, 0, has its first range as high - low; else it has none.
    """
    lanes, lasts = close.shape[1], state[0]
    highs, lows, closes, out = along(high), along(low), along(close), along(y)
    for i in range(min(lanes, out.size)):
        lack = _lack(highs[i], lows[i], closes[i]) + (lasts[i] - lasts[i])
        out[i] = max(highs[i], lasts[i]) - min(lows[i], lasts[i]) + lack
    rest = max(out.size - lanes, 0)
    before = (highs[:rest], lows[:rest], closes[:rest])
    _true_ranges(before, (highs[lanes:], lows[lanes:], closes[lanes:]), out[lanes:])
    for j in range(lanes):
        i = j
        while state[1, j] == 0.0 and i < out.size:
            if _lack(highs[i], lows[i], closes[i]) == 0.0:
                out[i], state[1, j] = highs[i] - lows[i], 1.0
            i += lanes
    for i in range(rest, out.size):
        lasts[i - out.size + lanes] = closes[i] + _lack(highs[i], lows[i], closes[i])


@kernel
def adr(state, high, low, window, y):
    """Mean of high - low. state (2 + window, L): place, head, ring."""
    bars, lanes = high.shape
    size = chunk_bars(bars, lanes)
    reach = np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        spread(high[lo : lo + n], low[lo : lo + n], reach[:n])
        rolling_sum(state, reach[:n], window, 1.0 / window, y[lo : lo + n])


@step
def _cvi(state, seen, high, low, window, change, y):
    """Chaikin's volatility of whole bars."""
    bars, lanes = high.shape
    means = np.empty((change + bars, lanes))
    spread(high, low, y)
    smooth(state[0], seen, window, 2.0 / (window + 1.0), y, y)
    recall(state[1:], change, y, means)
    now, old, out = along(means[change:]), along(means[:bars]), along(y)
    for i in range(out.size):
        value = 100.0 * (now[i] / old[i] - 1.0)
        out[i] = value if old[i] != 0.0 else 0.0


@kernel
def cvi(state, high, low, window, change, y):
    """Change in percent, over `change` bars, of the exponential mean of high - low.

    state (2 + change, L): whole bars seen, mean, the last means.
    """
    high, low, out = plain(high), plain(low), one_line(y)
    place, column, own, lines = room(state, out)
    while next_piece(place, state, high, low, low, column, own, lines, out):
        rows, seen = rows_of(place, state, column)
        a, b, line = piece(place, high, own[0]), piece(place, low, own[1]), piece(place, y, lines[0])
        _cvi(rows, seen, a, b, window, change, line)


@step
def _massi(state, seen, high, low, fast, slow, y):
    """Mass index of whole bars; one series has its two chains side by side."""
    bars, lanes = high.shape
    ratio, alpha = np.empty((bars, lanes)), 2.0 / (fast + 1.0)
    spread(high, low, ratio)
    once, twice, keep = along(ratio), along(y), 1.0 - alpha
    start = min(max(2 * fast - 1 - seen, 0), bars) if lanes == 1 else bars
    smooth(state[0], seen, fast, alpha, ratio[:start], ratio[:start])
    smooth(state[1], seen - fast + 1, fast, alpha, ratio[:start], y[:start])
    if start < bars:
        p, q = state[0, 0], state[1, 0]
        for t in range(start, bars):
            p = fused(keep, p, alpha * once[t])
            q = fused(keep, q, alpha * p)
            once[t], twice[t] = p, q
        state[0, 0], state[1, 0] = p, q
    for i in range(once.size):
        value = once[i] / twice[i]
        once[i] = value if twice[i] != 0.0 else 1.0
    rolling_sum(state[2:], ratio, slow, 1.0, y)


@kernel
def massi(state, high, low, fast, slow, y):
    """Sum over `slow` bars of the exponential mean of high - low over that mean's own mean.

    state (3 + 2 + slow, L): whole bars seen, mean, its mean, window of ratios.
    """
    high, low, out = plain(high), plain(low), one_line(y)
    place, column, own, lines = room(state, out)
    while next_piece(place, state, high, low, low, column, own, lines, out):
        rows, seen = rows_of(place, state, column)
        a, b, line = piece(place, high, own[0]), piece(place, low, own[1]), piece(place, y, lines[0])
        _massi(rows, seen, a, b, fast, slow, line)


@step
def _rvi(state, seen, x, window, deviation, y):
    """Relative volatility of whole bars."""
    ups, downs = np.empty(x.shape), np.empty(x.shape)
    before = np.empty((1 + x.shape[0], x.shape[1]))
    rolling_moments(state[3:], x, deviation, ups, downs)
    recall(state[2:3], 1, x, before)
    lasts, prices, rises, falls, out = along(before), along(x), along(ups), along(downs), along(y)
    for i in range(out.size):
        spread_ = np.sqrt(falls[i])
        rises[i] = spread_ if prices[i] > lasts[i] else 0.0
        falls[i] = spread_ if prices[i] < lasts[i] else 0.0
    at, share = seen - deviation + 1, 1.0 / window
    smooth(state[0], at, window, share, ups, ups)
    smooth(state[1], at, window, share, downs, downs)
    for i in range(out.size):
        total = rises[i] + falls[i]
        value = 100.0 * (rises[i] / total)
        out[i] = value if total != 0.0 else 50.0


@kernel
def rvi(state, x, window, deviation, y):
    """Share of the standard deviation that falls on rises, by Wilder's means; 50 where there is none.

    state (4 + 4 + 2 * deviation, L): whole bars seen; means of rises and falls; last close; window of closes.
    """
    x, out = plain(x), one_line(y)
    place, column, own, lines = room(state, out)
    while next_piece(place, state, x, x, x, column, own, lines, out):
        rows, seen = rows_of(place, state, column)
        _rvi(rows, seen, piece(place, x, own[0]), window, deviation, piece(place, y, lines[0]))
