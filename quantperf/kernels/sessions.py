"""What begins anew with each session or anchor: prices by volume, and levels from the session before.

A session is told by a number that changes when it begins, not by a mark on its first bar: where that bar is missing,
the next one still differs from the last, so no start is lost under any policy for missing values.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, step


@step
def _session_vwap_step(last, money, traded, high, low, close, volume, session):
    """One bar; the sums begin anew where the session is another. A missing bar leaves the state alone."""
    worth = (high + low + close) / 3.0 * volume
    known = worth + session
    here = known - known == 0.0  # neither missing nor infinite
    fresh = session != last
    sum_, total = (0.0 if fresh else money) + worth, (0.0 if fresh else traded) + volume
    value = sum_ / total
    value = value if here and total != 0.0 else np.nan
    return (session if here else last), (sum_ if here else money), (total if here else traded), value


@kernel
def session_vwap(state, high, low, close, volume, session, y):
    """Mean price by volume since the session began. state (3, L): session (NaN before the first), money, volume."""
    bars, lanes = close.shape
    if lanes == 1:
        last, money, traded = state[0, 0], state[1, 0], state[2, 0]
        for t in range(bars):
            last, money, traded, y[t, 0] = _session_vwap_step(
                last, money, traded, high[t, 0], low[t, 0], close[t, 0], volume[t, 0], session[t, 0]
            )
        state[0, 0], state[1, 0], state[2, 0] = last, money, traded
    else:
        lasts, moneys, tradeds = state[0], state[1], state[2]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], moneys[j], tradeds[j], y[t, j] = _session_vwap_step(
                    lasts[j], moneys[j], tradeds[j], high[t, j], low[t, j], close[t, j], volume[t, j], session[t, j]
                )


@step
def _anchored_step(last, mean, squares, traded, high, low, close, volume, anchor):
    """One bar: mean and sum of squares about it grow together, so that neither cancels. A missing bar changes nothing.

    Return the new state, the mean, and the standard deviation; NaN where there is no anchor or no volume yet.
    """
    price = (high + low + close) / 3.0
    known = price + volume + anchor
    here = known - known == 0.0  # neither missing nor infinite
    first = anchor != last or traded == 0.0
    total = (0.0 if first else traded) + volume
    before = price if first else mean
    share = volume / total
    share = share if total != 0.0 else 0.0
    move = price - before
    now = fused(share, move, before)
    around = (0.0 if first else squares) + volume * move * (price - now)
    known = here and anchor != 0.0 and total != 0.0
    value = now if known else np.nan
    deviation = np.sqrt(around / total)
    deviation = deviation if known else np.nan
    last, mean = (anchor if here else last), (now if here else mean)
    return last, mean, (around if here else squares), (total if here else traded), value, deviation


@kernel
def anchored_vwap(state, high, low, close, volume, anchor, multiplier, y):
    """Mean price by volume since the anchor, and bands of standard deviations about it.

    state (4, L): anchor (NaN before the first), mean, sum of squares, volume.
    """
    bars, lanes = close.shape
    middle, upper, lower = y[0], y[1], y[2]
    if lanes == 1:
        last, mean, squares, traded = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        for t in range(bars):
            last, mean, squares, traded, value, deviation = _anchored_step(
                last, mean, squares, traded, high[t, 0], low[t, 0], close[t, 0], volume[t, 0], anchor[t, 0]
            )
            middle[t, 0] = value
            upper[t, 0], lower[t, 0] = value + multiplier * deviation, value - multiplier * deviation
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = last, mean, squares, traded
    else:
        a, m, q, v = state[0], state[1], state[2], state[3]
        for t in range(bars):
            for j in range(lanes):
                a[j], m[j], q[j], v[j], value, deviation = _anchored_step(
                    a[j], m[j], q[j], v[j], high[t, j], low[t, j], close[t, j], volume[t, j], anchor[t, j]
                )
                middle[t, j] = value
                upper[t, j], lower[t, j] = value + multiplier * deviation, value - multiplier * deviation


@step
def _turned(last, now, before, bar, session):
    """One bar; `now` and `before` are (open, high, low, close) of this session and of the one before.

    A missing bar leaves them alone. Return the new state, and 0, or NaN if the bar is missing.
    """
    first, top, floor, final = now
    open_, high, low, close = bar
    known = open_ + high + low + close + session
    gap = known - known  # 0, or NaN
    here = gap == 0.0
    fresh = here and session != last
    before_first, before_top, before_floor, before_final = before
    before_first, before_top = (first if fresh else before_first), (top if fresh else before_top)
    before_floor, before_final = (floor if fresh else before_floor), (final if fresh else before_final)
    top = high if here and (fresh or high > top) else top
    floor = low if here and (fresh or low < floor) else floor
    first, final = (open_ if fresh else first), (close if here else final)
    before = (before_first, before_top, before_floor, before_final)
    return (session if here else last), (first, top, floor, final), before, gap


@step
def _levels(before, gap, weight, by_close, shares, y, t, j):
    """Write pivot, resistances and supports of a bar from the session before; by shares of its range, or by the pivot.

    `weight` is that of the close in the pivot.
    """
    _, high, low, close = before
    pivot = (high + low + weight * close) / (2.0 + weight) + gap
    reach = high - low
    if shares[0] > 0.0:
        base = close + gap if by_close else pivot
        r1, r2, r3 = base + shares[0] * reach, base + shares[1] * reach, base + shares[2] * reach
        s1, s2, s3 = base - shares[0] * reach, base - shares[1] * reach, base - shares[2] * reach
    else:
        r1, r2, r3 = 2.0 * pivot - low, pivot + reach, high + 2.0 * (pivot - low)
        s1, s2, s3 = 2.0 * pivot - high, pivot - reach, low - 2.0 * (high - pivot)
    y[0, t, j], y[1, t, j], y[2, t, j], y[3, t, j] = pivot, r1, r2, r3
    y[4, t, j], y[5, t, j], y[6, t, j] = s1, s2, s3


@kernel
def pivot_points(state, high, low, close, session, weight, by_close, first, second, third, y):
    """Levels from high, low and close of the session before.

    state (7, L): session; high, low, close of this session; the same of the one before. All NaN before the first.
    """
    bars, lanes = close.shape
    shares = (first, second, third)
    if lanes == 1:
        last, now = state[0, 0], (state[3, 0], state[1, 0], state[2, 0], state[3, 0])
        before = (state[6, 0], state[4, 0], state[5, 0], state[6, 0])
        for t in range(bars):
            bar = (close[t, 0], high[t, 0], low[t, 0], close[t, 0])
            last, now, before, gap = _turned(last, now, before, bar, session[t, 0])
            _levels(before, gap, weight, by_close, shares, y, t, 0)
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = last, now[1], now[2], now[3]
        state[4, 0], state[5, 0], state[6, 0] = before[1], before[2], before[3]
    else:
        s, a, b, c, p, q, r = state[0], state[1], state[2], state[3], state[4], state[5], state[6]
        for t in range(bars):
            for j in range(lanes):
                bar = (close[t, j], high[t, j], low[t, j], close[t, j])
                s[j], now, before, gap = _turned(
                    s[j], (c[j], a[j], b[j], c[j]), (r[j], p[j], q[j], r[j]), bar, session[t, j]
                )
                _, a[j], b[j], c[j] = now
                _, p[j], q[j], r[j] = before
                _levels(before, gap, weight, by_close, shares, y, t, j)


@kernel
def pivot_points_demark(state, open_, high, low, close, session, y):
    """DeMark's levels from the session before, in which the open tells what is weighted.

    state (9, L): session; open, high, low, close of this session; the same of the one before. All NaN before the first.
    """
    bars, lanes = close.shape
    s, a, b, c, d = state[0], state[1], state[2], state[3], state[4]
    o, p, q, r = state[5], state[6], state[7], state[8]
    for t in range(bars):
        for j in range(lanes):
            bar = (open_[t, j], high[t, j], low[t, j], close[t, j])
            s[j], now, before, gap = _turned(
                s[j], (a[j], b[j], c[j], d[j]), (o[j], p[j], q[j], r[j]), bar, session[t, j]
            )
            a[j], b[j], c[j], d[j] = now
            o[j], p[j], q[j], r[j] = before
            first, top, floor, final = before
            extra = floor if final < first else (top if final > first else final)
            total = top + floor + final + extra + gap
            y[0, t, j], y[1, t, j], y[2, t, j] = total / 4.0, total / 2.0 - floor, total / 2.0 - top
