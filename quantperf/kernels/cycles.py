"""Dominant cycles by J. Ehlers' Hilbert transform, and what follows from their period and phase.

All begin with the same rows of a state, which `_hilbert_step` moves on:

row 0: bars seen; 1 to 3: the last prices, newest first; 4: period; 5, 6: smoothed quadrature and in-phase component;
7, 8: real and imaginary part of their product with the bar before; 9 to 16, 17 to 24, 25 to 40: rings of the smoothed
price, of the quadrature and of the detrended price, by the number of the bar. From row 41 on: what a kernel adds.

A missing bar leaves all of it alone, so each lane counts its own bars, and a ring is read at that count. The
recurrence of a bar is one long chain of operations, and the chains of several lanes overlap: a panel is taken by lanes
whose states stay in cache together, and the same scalar code serves both, so that sines are the same to the bit.
Nothing but the arc is fused: where prices rest for long, the next period hangs on the sign of a rounding, and each step
is rounded as in TA-Lib.
"""

from __future__ import annotations

import math

import numpy as np

from quantperf.kernels._jit import fused, kernel, step
from quantperf.kernels.candles import UNKNOWN

DEGREES = 45.0 / math.atan(1.0)  # of a radian
RADIANS = 1.0 / DEGREES
TURN = math.atan(1.0) * 8.0
EIGHTH = math.atan(1.0) / 2.0
SLOPE = math.sqrt(2.0) - 1.0  # tangent of an eighth of half a turn
LONGEST = 50  # bars of a cycle
LANES = 16  # of a panel at a time: two lines of cache
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

    One division and no branch: the next bar waits for it (HT_DCPERIOD of one series by the library's 49 ns a bar).
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
def _next_period(period, real, imaginary):
    """Period of the next bar from that of the last one, within 6 to 50 bars, two thirds and one and a half of it."""
    found = TURN / _arc(imaginary, real)
    found = found if imaginary != 0.0 and real != 0.0 else period
    found = min(found, 1.5 * period)
    found = max(found, 0.67 * period)
    found = min(max(found, 6.0), 50.0)
    return 0.2 * found + 0.8 * period


@step
def _hilbert_step(state, j, x, first):
    """One price of lane j: smoothed price, in-phase and quadrature component, period; zeros before bar `first`."""
    n = int(state[0, j])
    smooth = (4.0 * x + 3.0 * state[1, j] + 2.0 * state[2, j] + state[3, j]) * 0.1
    state[3, j], state[2, j], state[1, j], state[0, j] = state[2, j], state[1, j], x, n + 1.0
    if n < first:
        return smooth, 0.0, 0.0, 0.0
    period, last_q, last_i = state[4, j], state[5, j], state[6, j]
    scale = 0.075 * period + 0.54
    e, f, g, h = SMOOTH + (n & 7), SMOOTH + ((n - 2) & 7), SMOOTH + ((n - 4) & 7), SMOOTH + ((n - 6) & 7)
    detrended = _quarter(smooth, state[f, j], state[g, j], state[h, j], scale)
    state[e, j] = smooth
    e, f, g, h = (
        QUADRATURE + (n & 7),
        QUADRATURE + ((n - 2) & 7),
        QUADRATURE + ((n - 4) & 7),
        QUADRATURE + ((n - 6) & 7),
    )
    k, m = DETRENDED + ((n - 2) & 15), DETRENDED + ((n - 4) & 15)
    quadrature = _quarter(detrended, state[k, j], state[m, j], state[DETRENDED + ((n - 6) & 15), j], scale)
    turned = _quarter(quadrature, state[f, j], state[g, j], state[h, j], scale)
    state[e, j] = quadrature
    e, f, g, h = (n - 3) & 15, (n - 5) & 15, (n - 7) & 15, (n - 9) & 15
    inphase = state[DETRENDED + e, j]
    ahead = _quarter(inphase, state[DETRENDED + f, j], state[DETRENDED + g, j], state[DETRENDED + h, j], scale)
    state[DETRENDED + (n & 15), j] = detrended
    q = 0.2 * (quadrature + ahead) + 0.8 * last_q
    i = 0.2 * (inphase - turned) + 0.8 * last_i
    real = 0.2 * (i * last_i + q * last_q) + 0.8 * state[7, j]
    imaginary = 0.2 * (i * last_q - q * last_i) + 0.8 * state[8, j]
    period = _next_period(period, real, imaginary)
    state[4, j], state[5, j], state[6, j], state[7, j], state[8, j] = period, q, i, real, imaginary
    return smooth, inphase, quadrature, period


@kernel
def ht_dcperiod(state, x, y):
    """Period of the dominant cycle. state (41 + 1, L): as above; smoothed period."""
    bars, lanes = x.shape
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            for j in range(lo, hi):
                y[t, j] = np.nan
                if x[t, j] == x[t, j]:
                    _, _, _, period = _hilbert_step(state, j, x[t, j], 12)
                    state[HILBERT_ROWS, j] = 0.33 * period + 0.67 * state[HILBERT_ROWS, j]
                    if state[0, j] > 32.0:
                        y[t, j] = state[HILBERT_ROWS, j]


@kernel
def ht_phasor(state, x, y):
    """In-phase and quadrature component of the cycle. state (41, L): as above."""
    bars, lanes = x.shape
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            for j in range(lo, hi):
                y[0, t, j] = y[1, t, j] = np.nan
                if x[t, j] == x[t, j]:
                    _, inphase, quadrature, _ = _hilbert_step(state, j, x[t, j], 12)
                    if state[0, j] > 32.0:
                        y[0, t, j], y[1, t, j] = inphase, quadrature


@step
def _adaptive_step(state, j, x, fast, slow):
    """One price of the two adaptive means: the slower the phase moves, the faster they do."""
    _, inphase, quadrature, _ = _hilbert_step(state, j, x, 12)
    if state[0, j] <= 12.0:
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
    bars, lanes = x.shape
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            for j in range(lo, hi):
                y[0, t, j] = y[1, t, j] = np.nan
                if x[t, j] == x[t, j]:
                    mean, follower = _adaptive_step(state, j, x[t, j], fast, slow)
                    if state[0, j] > 32.0:
                        y[0, t, j], y[1, t, j] = mean, follower


@step
def _cycle_bars(state, j, at, period):
    """Smooth the period, and return it; its whole number of bars is the cycle."""
    state[at, j] = 0.33 * period + 0.67 * state[at, j]
    return state[at, j]


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
    bars, lanes = x.shape
    at = HILBERT_ROWS + 1
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            for j in range(lo, hi):
                y[t, j] = np.nan
                price = x[t, j]
                if price == price:
                    state[at + 3 + (int(state[0, j]) & 63), j] = price
                    _, _, _, period = _hilbert_step(state, j, price, 37)
                    if state[0, j] > 37.0:
                        value = _trend_step(state, j, _cycle_bars(state, j, HILBERT_ROWS, period), at)
                        if state[0, j] > 63.0:
                            y[t, j] = value


@step
def _phase_step(state, j, x):
    """One price of the phase of the dominant cycle, in degrees; and the smoothed price and period.

    Rows from 41 on: smoothed period, phase, 64 smoothed prices.
    """
    smooth, _, _, period = _hilbert_step(state, j, x, 37)
    newest = int(state[0, j]) - 1
    if newest < 37:
        return smooth, 0.0, 0.0
    prices = state[HILBERT_ROWS + 2 : HILBERT_ROWS + PHASE_ROWS]
    prices[newest & 63, j] = smooth
    period = _cycle_bars(state, j, HILBERT_ROWS, period)
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
    return smooth, period, phase


@kernel
def ht_dcphase(state, x, y):
    """Phase of the dominant cycle in degrees. state (41 + 66, L): as above; smoothed period, phase, 64 prices."""
    bars, lanes = x.shape
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            for j in range(lo, hi):
                y[t, j] = np.nan
                if x[t, j] == x[t, j]:
                    _, _, phase = _phase_step(state, j, x[t, j])
                    if state[0, j] > 63.0:
                        y[t, j] = phase


@kernel
def ht_sine(state, x, y):
    """Sine of the phase, and 45 degrees ahead. state (41 + 66, L): as in `ht_dcphase`."""
    bars, lanes = x.shape
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            for j in range(lo, hi):
                y[0, t, j] = y[1, t, j] = np.nan
                if x[t, j] == x[t, j]:
                    _, _, phase = _phase_step(state, j, x[t, j])
                    if state[0, j] > 63.0:
                        y[0, t, j], y[1, t, j] = math.sin(phase * RADIANS), math.sin((phase + 45.0) * RADIANS)


@step
def _mode_step(state, j, x, at):
    """One price: 1 for a trend, 0 for a cycle. Rows from `at` on: sine, lead sine, bars since they crossed; trend."""
    last_phase = state[HILBERT_ROWS + 1, j]
    state[at + 6 + (int(state[0, j]) & 63), j] = x
    smooth, period, phase = _phase_step(state, j, x)
    if state[0, j] <= 37.0:
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
    bars, lanes = x.shape
    for lo in range(0, lanes, LANES):
        hi = min(lo + LANES, lanes)
        for t in range(bars):
            for j in range(lo, hi):
                y[t, j] = UNKNOWN
                if x[t, j] == x[t, j]:
                    mode = _mode_step(state, j, x[t, j], HILBERT_ROWS + PHASE_ROWS)
                    if state[0, j] > 63.0:
                        y[t, j] = np.int8(mode)
