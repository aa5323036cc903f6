"""Stops that follow a price: they give way only in its direction, and turn when it crosses them.

They ask which of two nearly equal numbers is larger, so the last bit counts: the parabolic stops have TA-Lib's own bits
(its compiler fuses, so they do), and the supertrend is divided and not fused, as its definition says.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, step


@step
def _smaller(a, b):
    """The smaller of two numbers; no NaN comes here that counts."""
    return a if a < b else b


@step
def _larger(a, b):
    """The larger of two numbers."""
    return a if a > b else b


@step
def _sar_step(side, stop, best, pace, last_high, last_low, high, low, first, step_up, most, give):
    """One bar in the mirror of its side: short is long with all prices negated, which loses no bit.

    `first` and `step_up` are where the pace begins and how it rises to `most`, each for long and short. Return the new
    state and the stop of this bar, not mirrored.
    """
    long = side > 0.0
    top, floor = (high if long else -low), (low if long else -high)
    last_top, last_floor = (last_high if long else -last_low), (last_low if long else -last_high)
    turned = floor <= stop
    ceiling = _larger(last_top, top)
    # Turned: the stop jumps to the best price of the move that ended, and no nearer than the last two bars.
    jump = _larger(best, ceiling)
    jump = fused(jump, give * side, jump)
    raised = top > best
    here = jump if turned else stop
    begin = first[1] if long else first[0]
    faster = _smaller(pace + (step_up[0] if long else step_up[1]), most[0] if long else most[1])
    pace = begin if turned else (faster if raised else pace)
    best = -floor if turned else (top if raised else best)
    start = -jump if turned else stop
    bound = -ceiling if turned else _smaller(last_floor, floor)
    stop = _smaller(fused(pace, best - start, start), bound)
    return (-side if turned else side), stop, best, pace, here * side


@step
def _sar_start(last_high, last_low, high, low, start):
    """Side, stop and best price, mirrored, on the second bar; `start` is the first stop, 0 to let the market choose."""
    fall, rise = last_low - low, high - last_high
    short = start < 0.0 or (start == 0.0 and fall > 0.0 and rise < fall)
    if short:
        return -1.0, (-last_high if start == 0.0 else start), -low
    return 1.0, (last_low if start == 0.0 else start), high


@step
def _sar_bar(state, j, high, low, start, first, step_up, most, give):
    """One bar of a lane; NaN on the first, which is only the one before the second."""
    total = high + low
    if total - total != 0.0:  # missing, or infinite
        return np.nan
    last_high, last_low = state[0, j], state[1, j]
    state[0, j], state[1, j] = high, low
    if state[2, j] == 0.0:
        if last_high != last_high:
            return np.nan
        state[2, j], state[3, j], state[4, j] = _sar_start(last_high, last_low, high, low, start)
        state[5, j] = first[0] if state[2, j] > 0.0 else first[1]
        last_high, last_low = high, low
    state[2, j], state[3, j], state[4, j], state[5, j], stop = _sar_step(
        state[2, j], state[3, j], state[4, j], state[5, j], last_high, last_low, high, low, first, step_up, most, give
    )
    return stop


@step
def _sar_bars(state, high, low, start, first, step_up, most, give, signed, y):
    """Stops of a block; `signed` gives those of the short side a minus.

    state (6, L): high and low of the last bar; side (0 before the second bar), stop, best price, pace.
    """
    bars, lanes = high.shape
    highs, lows, sides, stops, bests, paces = state[0], state[1], state[2], state[3], state[4], state[5]
    t = 0
    while t < bars and np.abs(sides).min() == 0.0:  # some lane has not begun
        for j in range(lanes):
            stop = _sar_bar(state, j, high[t, j], low[t, j], start, first, step_up, most, give)
            y[t, j] = stop * (sides[j] if signed else 1.0)
        t += 1
    if lanes == 1:
        last_high, last_low, side, stop, best, pace = highs[0], lows[0], sides[0], stops[0], bests[0], paces[0]
        for i in range(t, bars):
            top, floor = high[i, 0], low[i, 0]
            total = top + floor
            if total - total != 0.0:
                y[i, 0] = np.nan
            else:
                side, stop, best, pace, here = _sar_step(
                    side, stop, best, pace, last_high, last_low, top, floor, first, step_up, most, give
                )
                last_high, last_low = top, floor
                y[i, 0] = here * (side if signed else 1.0)
        highs[0], lows[0], sides[0], stops[0], bests[0], paces[0] = last_high, last_low, side, stop, best, pace
    else:
        for i in range(t, bars):
            for j in range(lanes):
                top, floor = high[i, j], low[i, j]
                total = top + floor
                gap = total - total  # 0, or NaN
                side, stop, best, pace, here = _sar_step(
                    sides[j],
                    stops[j],
                    bests[j],
                    paces[j],
                    highs[j],
                    lows[j],
                    top,
                    floor,
                    first,
                    step_up,
                    most,
                    give,
                )
                there = gap == 0.0
                y[i, j] = (here * (side if signed else 1.0)) if there else np.nan
                highs[j], lows[j] = (top if there else highs[j]), (floor if there else lows[j])
                sides[j], stops[j] = (side if there else sides[j]), (stop if there else stops[j])
                bests[j], paces[j] = (best if there else bests[j]), (pace if there else paces[j])


@kernel
def sar(state, high, low, acceleration, maximum, y):
    """Parabolic stop and reverse. state (6, L): see `_sar_bars`."""
    pace = (acceleration, acceleration)
    _sar_bars(state, high, low, 0.0, pace, pace, (maximum, maximum), 0.0, False, y)


@kernel
def sarext(state, high, low, start, give, begin_long, step_long, most_long, begin_short, step_short, most_short, y):
    """Parabolic stop and reverse with a pace for each side; negative while short. state (6, L): see `_sar_bars`."""
    begin, steps, most = (begin_long, begin_short), (step_long, step_short), (most_long, most_short)
    _sar_bars(state, high, low, start, begin, steps, most, give, True, y)


@step
def _supertrend_step(spread, upper, lower, side, last, seen, high, low, close, width, multiplier):
    """One bar; a bar with a missing price leaves the state alone."""
    total = high + low + close
    if total - total != 0.0:  # missing, or infinite
        return spread, upper, lower, side, last, seen, np.nan, np.nan
    reach = max(high, last) - min(low, last)
    if seen <= width:
        spread = spread + reach if seen > 0.0 else 0.0  # their sum, until there are enough
        seen = seen + 1.0
        if seen <= width:
            return spread, upper, lower, side, close, seen, np.nan, np.nan
        spread = spread / width
    else:
        spread = (spread * (width - 1.0) + reach) / width
    middle, distance = (high + low) / 2.0, multiplier * spread
    top, floor = middle + distance, middle - distance
    upper = top if top < upper or last > upper else upper
    lower = floor if floor > lower or last < lower else lower
    if side == 0.0:
        side = 1.0  # the first stop is that of a rise, wherever the close is
    elif side > 0.0:
        side = -1.0 if close < lower else side
    else:
        side = 1.0 if close > upper else side
    return spread, upper, lower, side, close, seen, (lower if side > 0.0 else upper), side


@kernel
def supertrend(state, high, low, close, window, multiplier, y):
    """Stop at some mean ranges from the middle of a bar, and its side.

    state (6, L): mean range; upper and lower line, infinite, and side, 0 before the first value; last close, bars seen.
    """
    bars, lanes = close.shape
    width = float(window)
    line, trend = y[0], y[1]
    if lanes == 1:
        a, b, c, d, e, f = state[0, 0], state[1, 0], state[2, 0], state[3, 0], state[4, 0], state[5, 0]
        for t in range(bars):
            a, b, c, d, e, f, line[t, 0], trend[t, 0] = _supertrend_step(
                a, b, c, d, e, f, high[t, 0], low[t, 0], close[t, 0], width, multiplier
            )
        state[0, 0], state[1, 0], state[2, 0], state[3, 0], state[4, 0], state[5, 0] = a, b, c, d, e, f
    else:
        a_, b_, c_, d_, e_, f_ = state[0], state[1], state[2], state[3], state[4], state[5]
        for t in range(bars):
            for j in range(lanes):
                a_[j], b_[j], c_[j], d_[j], e_[j], f_[j], line[t, j], trend[t, j] = _supertrend_step(
                    a_[j],
                    b_[j],
                    c_[j],
                    d_[j],
                    e_[j],
                    f_[j],
                    high[t, j],
                    low[t, j],
                    close[t, j],
                    width,
                    multiplier,
                )
