"""Dominant cycles by J. Ehlers' Hilbert transform, and what follows from their period and phase.

All begin with the same rows of a state, which `_hilbert_step` moves on:

row 0: bars seen; 1 to 3: the last prices, newest first; 4: period; 5, 6: smoothed quadrature and in-phase component;
7, 8: real and imaginary part of their product with the bar before; 9 to 16, 17 to 24, 25 to 40: rings of the smoothed
price, of the quadrature and of the detrended price, by the number of the bar. From row 41 on: what a kernel adds.

A missing bar leaves all of it alone, so each lane counts its own bars, and a ring is read at that count. The
recurrence of a bar is one long chain of operations. Lanes of a panel that have the same number of bars take it side by
side, in rows, others one by one; it is the same arithmetic, the arc tangent
too, so it gives the same bits. Lanes are taken as many at a time as have their states in cache together.
Nothing but the arc is fused: where prices rest for long, the next period hangs on the sign of a rounding, and each step
is rounded as in TA-Lib.
"""

from __future__ import annotations

import math

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.candles import UNKNOWN
from quantperf.kernels.windows import copy_row

DEGREES = 45.0 / math.atan(1.0)  # of a radian
RADIANS = 1.0 / DEGREES
TURN = math.atan(1.0) * 8.0
EIGHTH = math.atan(1.0) / 2.0
SLOPE = math.sqrt(2.0) - 1.0  # tangent of an eighth of half a turn
LONGEST = 50  # bars of a cycle
LANES = 128  # of a panel at a time
FIRST, FIRST_LATE = 12, 37  # bars before the transform begins, as in TA-Lib
HILBERT_ROWS = 41
PHASE_ROWS = 66
TREND_ROWS = 67
SMOOTH, QUADRATURE, DETRENDED = 9, 17, 25

# Weights of the bars of a cycle of n bars, at [n, age]: a sine and a cosine for each bar of each cycle were nearly all
# of the time (HT_DCPHASE at TA-Lib).
_TURNS = [[i * TURN / max(n, 1) for i in range(LONGEST)] for n in range(LONGEST + 1)]
SINES = np.array([[math.sin(turn) for turn in turns] for turns in _TURNS])
COSINES = np.array([[math.cos(turn) for turn in turns] for turns in _TURNS])


@step
def _quarter(now, two, four, six, scale):
    """A series a quarter of a cycle later, from its bar now and those 2, 4 and 6 bars ago."""
    return (0.0962 * now - 0.0962 * six - 0.5769 * four + 0.5769 * two) * scale


@step
def _arc(y, x):
    """Arc tangent of y / x in radians, within 5e-16; never 0, so that its sign is that of y / x.

    One division and no branch: the next bar waits for it, and rows of lanes vectorise with the same bits.
    """
    a, b = abs(y), abs(x)
    small, large = min(a, b), max(a, b)
    u = fused(-SLOPE, large, small) / fused(SLOPE, small, large)  # tangent of the arc less an eighth: up to 0.42
    z = u * u
    z2 = z * z
    z4 = z2 * z2
    p = fused(z, -0.33333333333338033, 1.0000000000000007)
    q = fused(z, -0.14285714226898605, 0.1999999999973092)
    r = fused(z, -0.09090822600129217, 0.11111107944875802)
    s = fused(z, -0.06651758669245628, 0.0769089222285835)
    v = fused(z, -0.04772756151192016, 0.05777953352895244)
    w = fused(z, -0.01254538355210883, 0.032321231730923675)
    low, middle, high = fused(q, z2, p), fused(s, z2, r), fused(w, z2, v)
    arc = fused(fused(fused(high, z4, middle), z4, low), u, EIGHTH)
    arc = max(4.0 * EIGHTH - arc if a > b else arc, 1e-300)
    return -arc if (y < 0.0) != (x < 0.0) else arc


@step
def _next(quadrature, inphase, ahead, turned, last_q, last_i, real, imaginary, period):
    """Smoothed components, their product with the bar before, and the period that it gives.

    The period stays within 6 to 50 bars, and two thirds to one and a half of the last one.
    """
    q = 0.2 * (quadrature + ahead) + 0.8 * last_q
    i = 0.2 * (inphase - turned) + 0.8 * last_i
    real = 0.2 * (i * last_i + q * last_q) + 0.8 * real
    imaginary = 0.2 * (i * last_q - q * last_i) + 0.8 * imaginary
    found = TURN / _arc(imaginary, real)
    found = found if imaginary != 0.0 and real != 0.0 else period
    found = max(min(found, 1.5 * period), 0.67 * period)
    return q, i, real, imaginary, 0.2 * min(max(found, 6.0), 50.0) + 0.8 * period


@step
def _smooth(now, one, two, three):
    """Weighted mean of the last four prices."""
    return (4.0 * now + 3.0 * one + 2.0 * two + three) * 0.1


@step
def _hilbert_step(state, j, x, first):
    """One price of lane j: smoothed price (NaN if it is missing), components of the cycle (0 before bar `first`)."""
    if x != x:
        return np.nan, 0.0, 0.0
    n = int(state[0, j])
    smooth = _smooth(x, state[1, j], state[2, j], state[3, j])
    state[3, j], state[2, j], state[1, j], state[0, j] = state[2, j], state[1, j], x, n + 1.0
    if n < first:
        return smooth, 0.0, 0.0
    scale = 0.075 * state[4, j] + 0.54
    e, f, g, h = n & 7, (n - 2) & 7, (n - 4) & 7, (n - 6) & 7
    detrended = _quarter(smooth, state[SMOOTH + f, j], state[SMOOTH + g, j], state[SMOOTH + h, j], scale)
    state[SMOOTH + e, j] = smooth
    k, m, o = DETRENDED + ((n - 2) & 15), DETRENDED + ((n - 4) & 15), DETRENDED + ((n - 6) & 15)
    quadrature = _quarter(detrended, state[k, j], state[m, j], state[o, j], scale)
    f, g, h = QUADRATURE + f, QUADRATURE + g, QUADRATURE + h
    turned = _quarter(quadrature, state[f, j], state[g, j], state[h, j], scale)
    state[QUADRATURE + e, j] = quadrature
    e, f, g, h = (n - 3) & 15, (n - 5) & 15, (n - 7) & 15, (n - 9) & 15
    inphase = state[DETRENDED + e, j]
    ahead = _quarter(inphase, state[DETRENDED + f, j], state[DETRENDED + g, j], state[DETRENDED + h, j], scale)
    state[DETRENDED + (n & 15), j] = detrended
    state[5, j], state[6, j], state[7, j], state[8, j], state[4, j] = _next(
        quadrature, inphase, ahead, turned, state[5, j], state[6, j], state[7, j], state[8, j], state[4, j]
    )
    return smooth, inphase, quadrature


@step
def _agree(seen, x, first):
    """Whether all lanes of a row have a price, and as many bars before as the first of them, `first` or more."""
    odd = 0
    for j in range(x.size):
        odd += x[j] != x[j] or seen[j] != seen[0]
    return odd == 0 and seen[0] >= first


@step
def _smooth_row(x, seen, one, two, three, smooth, kept):
    """`_smooth` of a row, and its prices on by one bar."""
    for j in range(x.size):
        value = _smooth(x[j], one[j], two[j], three[j])
        three[j], two[j], one[j] = two[j], one[j], x[j]
        smooth[j], kept[j] = value, value
        seen[j] += 1.0


@step
def _quarter_row(now, two, four, six, period, out):
    """`_quarter` of a row."""
    for j in range(now.size):
        out[j] = _quarter(now[j], two[j], four[j], six[j], 0.075 * period[j] + 0.54)


@step
def _next_row(quadrature, inphase, ahead, turned, q, i, real, imaginary, period):
    """`_next` of a row."""
    for j in range(q.size):
        q[j], i[j], real[j], imaginary[j], period[j] = _next(
            quadrature[j], inphase[j], ahead[j], turned[j], q[j], i[j], real[j], imaginary[j], period[j]
        )


@step
def _hilbert_together(state, lo, hi, x, out):
    """One row of prices of lanes that agree; see `_hilbert_row`."""
    n, w = int(state[0, lo]), hi - lo
    smooth, inphase, quadrature, ahead, turned = out[0, :w], out[1, :w], out[2, :w], out[3, :w], out[4, :w]
    period = state[4, lo:hi]
    e, f, g, h = n & 7, (n - 2) & 7, (n - 4) & 7, (n - 6) & 7
    _smooth_row(x, state[0, lo:hi], state[1, lo:hi], state[2, lo:hi], state[3, lo:hi], smooth, state[SMOOTH + e, lo:hi])
    detrended = state[DETRENDED + (n & 15), lo:hi]
    b, c, d = state[SMOOTH + f, lo:hi], state[SMOOTH + g, lo:hi], state[SMOOTH + h, lo:hi]
    _quarter_row(smooth, b, c, d, period, detrended)
    k, m, o = DETRENDED + ((n - 2) & 15), DETRENDED + ((n - 4) & 15), DETRENDED + ((n - 6) & 15)
    _quarter_row(detrended, state[k, lo:hi], state[m, lo:hi], state[o, lo:hi], period, quadrature)
    b, c, d = state[QUADRATURE + f, lo:hi], state[QUADRATURE + g, lo:hi], state[QUADRATURE + h, lo:hi]
    _quarter_row(quadrature, b, c, d, period, turned)
    copy_row(quadrature, state[QUADRATURE + e, lo:hi])
    k, m, o = DETRENDED + ((n - 5) & 15), DETRENDED + ((n - 7) & 15), DETRENDED + ((n - 9) & 15)
    copy_row(state[DETRENDED + ((n - 3) & 15), lo:hi], inphase)
    _quarter_row(inphase, state[k, lo:hi], state[m, lo:hi], state[o, lo:hi], period, ahead)
    q, i, real, imaginary = state[5, lo:hi], state[6, lo:hi], state[7, lo:hi], state[8, lo:hi]
    _next_row(quadrature, inphase, ahead, turned, q, i, real, imaginary, period)


@step
def _side_by_side(state, lo, hi, x, first, out):
    """Take a row of prices at once, if these lanes agree; say whether."""
    if hi - lo == 1 or not _agree(state[0, lo:hi], x, first):
        return False
    _hilbert_together(state, lo, hi, x, out)
    return True


@step
def _smoothed_period(state, j):
    """Smooth the period once more, in row 41, and return it."""
    state[HILBERT_ROWS, j] = 0.33 * state[4, j] + 0.67 * state[HILBERT_ROWS, j]
    return state[HILBERT_ROWS, j]


@kernel
def ht_dcperiod(state, x, y):
    """Period of the dominant cycle. state (41 + 1, L): as above; smoothed period."""
    x = plain(x)
    bars, lanes = x.shape
    out = np.empty((5, min(lanes, LANES)))
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            together = hi - lo > 1 and _side_by_side(state, lo, hi, x[t, lo:hi], FIRST, out)
            for j in range(lo, hi):
                smooth = out[0, j - lo]
                if not together:
                    smooth, _, _ = _hilbert_step(state, j, x[t, j], FIRST)
                y[t, j] = np.nan
                if smooth == smooth:
                    period = _smoothed_period(state, j)
                    if state[0, j] > 32.0:
                        y[t, j] = period


@kernel
def ht_phasor(state, x, y):
    """In-phase and quadrature component of the cycle. state (41, L): as above."""
    x = plain(x)
    bars, lanes = x.shape
    out = np.empty((5, min(lanes, LANES)))
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            together = hi - lo > 1 and _side_by_side(state, lo, hi, x[t, lo:hi], FIRST, out)
            for j in range(lo, hi):
                smooth, inphase, quadrature = out[0, j - lo], out[1, j - lo], out[2, j - lo]
                if not together:
                    smooth, inphase, quadrature = _hilbert_step(state, j, x[t, j], FIRST)
                y[0, t, j] = y[1, t, j] = np.nan
                if smooth == smooth and state[0, j] > 32.0:
                    y[0, t, j], y[1, t, j] = inphase, quadrature


@step
def _adaptive_step(state, j, x, inphase, quadrature, fast, slow):
    """One price of the two adaptive means: the slower the phase moves, the faster they do."""
    if state[0, j] <= FIRST:
        return np.nan, np.nan
    phase = _arc(quadrature, inphase) * DEGREES if inphase != 0.0 else 0.0
    moved = state[HILBERT_ROWS, j] - phase
    weight = max(fast / moved, slow) if moved > 1.0 else fast
    mama = weight * x + (1.0 - weight) * state[HILBERT_ROWS + 1, j]
    weight = 0.5 * weight
    fama = weight * mama + (1.0 - weight) * state[HILBERT_ROWS + 2, j]
    state[HILBERT_ROWS, j], state[HILBERT_ROWS + 1, j], state[HILBERT_ROWS + 2, j] = phase, mama, fama
    return mama, fama


@kernel
def mama(state, x, fast, slow, y):
    """Adaptive mean and its follower. state (41 + 3, L): as above; phase, both means."""
    x = plain(x)
    bars, lanes = x.shape
    out = np.empty((5, min(lanes, LANES)))
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            together = hi - lo > 1 and _side_by_side(state, lo, hi, x[t, lo:hi], FIRST, out)
            for j in range(lo, hi):
                smooth, inphase, quadrature = out[0, j - lo], out[1, j - lo], out[2, j - lo]
                if not together:
                    smooth, inphase, quadrature = _hilbert_step(state, j, x[t, j], FIRST)
                y[0, t, j] = y[1, t, j] = np.nan
                if smooth == smooth:
                    mean, follower = _adaptive_step(state, j, x[t, j], inphase, quadrature, fast, slow)
                    if state[0, j] > 32.0:
                        y[0, t, j], y[1, t, j] = mean, follower


@step
def _trend_step(state, j, period, at):
    """One price of the instantaneous trend line; rows from `at` on: the last three means of a cycle, 64 prices."""
    newest, cycle = int(state[0, j]) - 1, int(period + 0.5)
    prices = state[at + 3 : at + TREND_ROWS]
    total = 0.0
    for i in range(cycle):
        total += prices[(newest - i) & 63, j]
    mean = total / cycle if cycle > 0 else total
    a, b, c = state[at, j], state[at + 1, j], state[at + 2, j]
    state[at, j], state[at + 1, j], state[at + 2, j] = mean, a, b
    return (4.0 * mean + 3.0 * a + 2.0 * b + c) / 10.0


@kernel
def ht_trendline(state, x, y):
    """Mean over the dominant cycle, smoothed. state (41 + 1 + 67, L): as above; smoothed period; trend."""
    x = plain(x)
    bars, lanes = x.shape
    out = np.empty((5, min(lanes, LANES)))
    at = HILBERT_ROWS + 1
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            together = hi - lo > 1 and _side_by_side(state, lo, hi, x[t, lo:hi], FIRST_LATE, out)
            for j in range(lo, hi):
                smooth = out[0, j - lo]
                if not together:
                    smooth, _, _ = _hilbert_step(state, j, x[t, j], FIRST_LATE)
                y[t, j] = np.nan
                if smooth == smooth:
                    state[at + 3 + ((int(state[0, j]) - 1) & 63), j] = x[t, j]
                    if state[0, j] > FIRST_LATE:
                        value = _trend_step(state, j, _smoothed_period(state, j), at)
                        if state[0, j] > 63.0:
                            y[t, j] = value


@step
def _phase_step(state, j, smooth):
    """One smoothed price of the phase of the dominant cycle; smoothed period, and phase in degrees.

    Rows from 41 on: smoothed period, phase, 64 smoothed prices.
    """
    newest = int(state[0, j]) - 1
    if newest < FIRST_LATE:
        return 0.0, 0.0
    prices = state[HILBERT_ROWS + 2 : HILBERT_ROWS + PHASE_ROWS]
    prices[newest & 63, j] = smooth
    period = _smoothed_period(state, j)
    cycle = int(period + 0.5)
    real, imaginary = 0.0, 0.0
    for i in range(cycle):
        price = prices[(newest - i) & 63, j]
        real += SINES[cycle, i] * price
        imaginary += COSINES[cycle, i] * price
    phase = state[HILBERT_ROWS + 1, j]
    if imaginary != 0.0:
        phase = _arc(real, imaginary) * DEGREES
    elif real != 0.0:
        phase += math.copysign(90.0, real)
    phase += 90.0
    phase += 360.0 / period  # the smoothing is late by a bar
    if imaginary < 0.0:
        phase += 180.0
    if phase > 315.0:
        phase -= 360.0
    state[HILBERT_ROWS + 1, j] = phase
    return period, phase


@kernel
def ht_dcphase(state, x, y):
    """Phase of the dominant cycle in degrees. state (41 + 66, L): as above; smoothed period, phase, 64 prices."""
    x = plain(x)
    bars, lanes = x.shape
    out = np.empty((5, min(lanes, LANES)))
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            together = hi - lo > 1 and _side_by_side(state, lo, hi, x[t, lo:hi], FIRST_LATE, out)
            for j in range(lo, hi):
                smooth = out[0, j - lo]
                if not together:
                    smooth, _, _ = _hilbert_step(state, j, x[t, j], FIRST_LATE)
                y[t, j] = np.nan
                if smooth == smooth:
                    _, phase = _phase_step(state, j, smooth)
                    if state[0, j] > 63.0:
                        y[t, j] = phase


@kernel
def ht_sine(state, x, y):
    """Sine of the phase, and 45 degrees ahead. state (41 + 66, L): as in `ht_dcphase`."""
    x = plain(x)
    bars, lanes = x.shape
    out = np.empty((5, min(lanes, LANES)))
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            together = hi - lo > 1 and _side_by_side(state, lo, hi, x[t, lo:hi], FIRST_LATE, out)
            for j in range(lo, hi):
                smooth = out[0, j - lo]
                if not together:
                    smooth, _, _ = _hilbert_step(state, j, x[t, j], FIRST_LATE)
                y[0, t, j] = y[1, t, j] = np.nan
                if smooth == smooth:
                    _, phase = _phase_step(state, j, smooth)
                    if state[0, j] > 63.0:
                        y[0, t, j], y[1, t, j] = math.sin(phase * RADIANS), math.sin((phase + 45.0) * RADIANS)


@step
def _mode_step(state, j, x, smooth, at):
    """One price: 1 for a trend, 0 for a cycle. Rows from `at` on: sine, lead sine, bars since they crossed; trend."""
    last_phase = state[HILBERT_ROWS + 1, j]
    state[at + 6 + ((int(state[0, j]) - 1) & 63), j] = x
    period, phase = _phase_step(state, j, smooth)
    if state[0, j] <= FIRST_LATE:
        return 0.0
    line = _trend_step(state, j, period, at + 3)
    sine, lead = math.sin(phase * RADIANS), math.sin((phase + 45.0) * RADIANS)
    last_sine, last_lead = state[at, j], state[at + 1, j]
    crossed = (sine > lead and last_sine <= last_lead) or (sine < lead and last_sine >= last_lead)
    age = 1.0 if crossed else state[at + 2, j] + 1.0
    state[at, j], state[at + 1, j], state[at + 2, j] = sine, lead, age
    moved = phase - last_phase
    cycle = crossed or age < 0.5 * period or (moved > 0.67 * 360.0 / period and moved < 1.5 * 360.0 / period)
    far = line != 0.0 and abs((smooth - line) / line) >= 0.015
    return 1.0 if far or not cycle else 0.0


@kernel
def ht_trendmode(state, x, y):
    """Trend or cycle. state (41 + 66 + 3 + 67, L): as in `ht_dcphase`; two sines, bars since they crossed; trend."""
    x = plain(x)
    bars, lanes = x.shape
    out = np.empty((5, min(lanes, LANES)))
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            together = hi - lo > 1 and _side_by_side(state, lo, hi, x[t, lo:hi], FIRST_LATE, out)
            for j in range(lo, hi):
                smooth = out[0, j - lo]
                if not together:
                    smooth, _, _ = _hilbert_step(state, j, x[t, j], FIRST_LATE)
                y[t, j] = UNKNOWN
                if smooth == smooth:
                    mode = _mode_step(state, j, x[t, j], smooth, HILBERT_ROWS + PHASE_ROWS)
                    if state[0, j] > 63.0:
                        y[t, j] = np.int8(mode)
