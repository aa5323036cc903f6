"""Lines that follow a price at a pace that the price itself sets."""

from __future__ import annotations

from quantperf.kernels._jit import fused, kernel, step


@step
def _vidya_step(mean, x, strength, weight):
    """One close of which `strength` is known, 0 to 100 in size; `mean` is NaN before the first."""
    if strength != strength:
        return mean, strength
    share = weight * abs(strength)
    mean = fused(share, x - mean, mean) if mean == mean else x
    return mean, mean


@kernel
def vidya(state, x, strength, weight, y):
    """Exponential mean whose weight is `weight` times the size of the strength. state (1, L): mean, NaN at first."""
    bars, lanes = x.shape
    if lanes == 1:
        mean = state[0, 0]
        for t in range(bars):
            mean, y[t, 0] = _vidya_step(mean, x[t, 0], strength[t, 0], weight)
        state[0, 0] = mean
    else:
        means = state[0]
        for t in range(bars):
            for j in range(lanes):
                means[j], y[t, j] = _vidya_step(means[j], x[t, j], strength[t, j], weight)


@step
def _mcginley_step(mean, x, share):
    """One close; `mean` is NaN before the first, and 0 cannot be left by a ratio. A NaN bar leaves the state alone.

    The ratio is that of the line to the close, so that one division is in the chain (30 -> 15 ns a bar).
    """
    if x != x:
        return mean, x
    if mean != mean or mean == 0.0:
        return x, x
    ratio = mean / x
    square = ratio * ratio
    weight = share * (square * square)
    mean = fused(weight, x - mean, mean) if weight < 1.0 else x
    return mean, mean


@kernel
def mcginley(state, x, window, y):
    """McGinley's dynamic. state (1, L): the line, NaN before the first."""
    share = 1.0 / window
    bars, lanes = x.shape
    if lanes == 1:
        mean = state[0, 0]
        for t in range(bars):
            mean, y[t, 0] = _mcginley_step(mean, x[t, 0], share)
        state[0, 0] = mean
    else:
        means = state[0]
        for t in range(bars):
            for j in range(lanes):
                means[j], y[t, j] = _mcginley_step(means[j], x[t, j], share)


@step
def _hilo_step(upper, lower, side, high, low, close):
    """One bar; `upper` and `lower` are the means of the bar before, NaN before the first; side 0 before a break."""
    way = (1.0 if close > upper else 0.0) - (1.0 if close < lower else 0.0)  # no branches, as breaks are noise
    side = way if way != 0.0 else side
    line = low if side > 0.0 else (high if side < 0.0 else 0.5 * (high + low))
    return high, low, side, line + (upper - upper), side + (upper - upper)


@kernel
def hilo(state, high, low, close, y):
    """Mean of lows in a rising market, of highs in a falling one, and which it is.

    state (3, L): mean of highs and of lows on the bar before (NaN before the first), side.
    """
    bars, lanes = close.shape
    if lanes == 1:
        upper, lower, side = state[0, 0], state[1, 0], state[2, 0]
        for t in range(bars):
            upper, lower, side, y[0, t, 0], y[1, t, 0] = _hilo_step(
                upper, lower, side, high[t, 0], low[t, 0], close[t, 0]
            )
        state[0, 0], state[1, 0], state[2, 0] = upper, lower, side
    else:
        uppers, lowers, sides = state[0], state[1], state[2]
        for t in range(bars):
            for j in range(lanes):
                uppers[j], lowers[j], sides[j], y[0, t, j], y[1, t, j] = _hilo_step(
                    uppers[j], lowers[j], sides[j], high[t, j], low[t, j], close[t, j]
                )


@step
def _band_step(last, floor, top, side, x, reach):
    """One value and the width of its band; `last` is NaN before the first. `floor` only rises under it, `top` falls."""
    if reach != reach:
        return last, floor, top, side, reach, reach
    low, high = x - reach, x + reach
    if last != last:
        return x, low, high, 1.0, low, 1.0
    side = 1.0 if x > top else (-1.0 if x < floor else side)
    floor = max(floor, low) if (last > floor) & (x > floor) else low
    top = min(top, high) if (last < top) & (x < top) else high
    return x, floor, top, side, (floor if side > 0.0 else top), side


@kernel
def band(state, x, reach, factor, y):
    """A stop that follows a line at `factor` times a distance, and on which side of it the line is.

    state (4, L): last value (NaN before the first), stops below and above it, side.
    """
    lasts, floors, tops, sides = state[0], state[1], state[2], state[3]
    for t in range(x.shape[0]):
        for j in range(lasts.size):
            lasts[j], floors[j], tops[j], sides[j], y[0, t, j], y[1, t, j] = _band_step(
                lasts[j], floors[j], tops[j], sides[j], x[t, j], factor * reach[t, j]
            )


@kernel
def change(state, x, y):
    """Size of the change since the bar before. state (1, L): last value, NaN before the first."""
    lasts = state[0]
    for t in range(x.shape[0]):
        for j in range(lasts.size):
            y[t, j] = abs(x[t, j] - lasts[j])
            lasts[j] = x[t, j]
