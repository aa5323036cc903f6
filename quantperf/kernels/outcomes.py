"""What came after signals: where one enters, the price at each horizon, and the path up to the last of them."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step

NOWHERE = -1  # the bar of a price that there is not, yet or at all
TOO_COARSE = -2  # the bar of a horizon that is shorter than a bar
BARS_CLOCK = -1  # the clock of a horizon that is a number of bars

# The numbers of a path, in the columns after the returns.
ENTRY, HIGHEST, LOWEST, FAVOURABLE, ADVERSE, DRAWDOWN, STRENGTH, VOLATILITY = range(8)


@step
def _first_at(moments, wanted, lo, last):
    """The first bar from `lo` on that closes at or after `wanted`, or `last`."""
    hi = last
    while lo < hi:
        middle = (lo + hi) // 2
        if moments[middle] < wanted:
            lo = middle + 1
        else:
            hi = middle
    return lo


@step
def _entry(open, close, j, known, at_open, last):
    """The next bar with an open, or the last bar with a close; -1 if there is none."""
    e = known
    if at_open:
        e += 1
        while e < last and open[e, j] != open[e, j]:
            e += 1
        return e if e < last else NOWHERE
    while e >= 0 and close[e, j] != close[e, j]:
        e -= 1
    return e


@step
def _path(high, low, close, j, first, end, price, sign, out):
    """Extremes, drawdown and straightness of the bars from `first` to `end`; NaN where these hold no close."""
    highest = lowest = before = price
    best, worst, length = 1.0, 0.0, 0.0
    seen = False
    for t in range(first, end + 1):
        c = close[t, j]
        if c != c:
            continue
        seen = True
        highest, lowest = max(highest, c), min(lowest, c)
        if high[t, j] > highest:
            highest = high[t, j]
        if low[t, j] < lowest:
            lowest = low[t, j]
        value = 1.0 + sign * (c / price - 1.0)
        best = max(best, value)
        worst = min(worst, value / best - 1.0)
        length += abs(c - before)
        before = c
    if not seen:
        return
    up, down = 100.0 * (highest - price) / price, 100.0 * (lowest - price) / price
    out[HIGHEST], out[LOWEST] = highest, lowest
    out[FAVOURABLE], out[ADVERSE] = (up, down) if sign > 0.0 else (-down, -up)
    out[DRAWDOWN] = 100.0 * worst
    if length > 0.0:
        out[STRENGTH] = sign * (before - price) / length


@step
def _volatility(close, j, first, end, price):
    """Root of the summed squared returns from close to close, in percent."""
    total, before = 0.0, price
    for t in range(first, end + 1):
        c = close[t, j]
        if c == c:
            move = c / before - 1.0
            total += move * move
            before = c
    return 100.0 * np.sqrt(total)


@kernel
def follow(
    open, high, low, close, moments, lane, known, base, sign, spans, clocks, at_open, begins, reach, last, at, values
):
    """Where each signal enters (`at[s, 0]`), the bars of its horizons, its returns and the numbers of its path.

    moments (2, bars), base (2, S): when bars closed and signals were known, on two clocks. begins (2, bars): from when
    horizons count if one enters at an open. spans, clocks (H,): how far
    each horizon is, and by which clock; below 0 is too coarse. The first `reach` horizons bound the path, the others
    give a volatility each. at (S, 1 + H), values (S, reach returns + 7 numbers of the path + H - reach volatilities),
    NaN before.
    """
    horizons = spans.size
    for s in range(lane.size):
        j = lane[s]
        for h in range(horizons + 1):
            at[s, h] = NOWHERE
        for h in range(horizons):
            if spans[h] < 0:
                at[s, h + 1] = TOO_COARSE
        if j < 0 or known[s] >= last:
            continue
        e = _entry(open, close, j, known[s], at_open, last)
        at[s, 0] = e
        if e < 0:
            continue
        price = open[e, j] if at_open else close[e, j]
        first = e if at_open else max(known[s], e) + 1
        end = first - 1
        beyond = False
        for h in range(horizons):
            if spans[h] < 0:
                continue
            if clocks[h] == BARS_CLOCK:
                k = first - 1 + spans[h]
            else:
                start = begins[clocks[h], e] if at_open else base[clocks[h], s]
                k = _first_at(moments[clocks[h]], start + spans[h], first, last)
            while k < last and close[k, j] != close[k, j]:
                k += 1
            if k < last:
                at[s, h + 1] = k
            if h < reach:
                beyond |= k >= last
                if k < last:
                    end = max(end, k)
                    values[s, h] = 100.0 * (close[k, j] - price) / price
            elif k < last:
                values[s, h + VOLATILITY] = _volatility(close, j, first, k, price)
        values[s, reach + ENTRY] = price
        _path(high, low, close, j, first, last - 1 if beyond else end, price, sign[s], values[s, reach:])
