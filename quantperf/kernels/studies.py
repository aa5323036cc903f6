"""The joints of studies that are chains of other indicators' kernels."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.elementwise import each_bar
from quantperf.kernels.rates import earlier
from quantperf.kernels.windows import along, copy_row


@kernel
def whole(state, high, low, close, y):
    """The three lines, each unknown on a bar that lacks any of them. state (0, L)."""
    a, b, c = along(high), along(low), along(close)
    p, q, r = along(y[0]), along(y[1]), along(y[2])
    for i in range(a.size):
        total = a[i] + b[i] + c[i]
        lack = total - total  # 0, or NaN
        p[i], q[i], r[i] = a[i] + lack, b[i] + lack, c[i] + lack


@kernel
def delayed(state, x, bars, y):
    """The line as it was `bars` bars before. state (1 + bars, L): place, ring of the last bars."""
    x = plain(x)
    head = earlier(state, x, bars, y)
    copy_row(along(x[: x.shape[0] - head]), along(y[head:]))


@kernel
def away(state, x, reach, factor, y):
    """The line and `factor` times another. state (0, L)."""
    a, b, out = along(x), along(reach), along(y)
    for i in range(out.size):
        out[i] = fused(factor, b[i], a[i])


@step
def _about_middles(close, top, floor, mean):
    """The close less the middle between the middle of its range and its mean."""
    return close - 0.25 * (top + floor) - 0.5 * mean


about_middles = each_bar(_about_middles, 4, "about_middles", __name__)


@kernel
def narrower(state, deviation, reach, width, factor, y):
    """1 where `width` deviations are less than `factor` ranges, else 0; equal but for rounding is not less.

    state (0, L).
    """
    a, b, out = along(deviation), along(reach), along(y)
    for i in range(out.size):
        inner, outer = width * a[i], factor * b[i]
        mark = 1.0 if inner < outer * (1.0 - 1e-12) else 0.0
        out[i] = mark + ((inner - inner) + (outer - outer))


@kernel
def choppiness(state, total, top, floor, scale, y):
    """`scale` times the logarithm of the way over the range, 100 where there is no range. state (0, L)."""
    ways, tops, floors, out = along(total), along(top), along(floor), along(y)
    for i in range(out.size):
        reach = tops[i] - floors[i]
        out[i] = scale * np.log10(ways[i] / reach) if reach != 0.0 else 100.0 + (ways[i] - ways[i])


@step
def _rising_sum(first, second, third, fourth):
    """Once the first, twice the second, and so on."""
    return first + 2.0 * second + 3.0 * third + 4.0 * fourth


rising_sum = each_bar(_rising_sum, 4, "rising_sum", __name__)


@step
def _fisher_step(value, fish, place):
    """One place in the range, 0 to 100; `fish` is NaN before the first. A NaN leaves the state alone."""
    if place != place:
        return value, fish, place, place
    value = fused(0.67, value, 0.66 * (0.01 * place - 0.5))
    value = 0.999 if value > 0.99 else (-0.999 if value < -0.99 else value)
    before = fish if fish == fish else 0.0
    now = fused(0.5, before, 0.5 * np.log((1.0 + value) / (1.0 - value)))
    return value, now, now, fish


@kernel
def fisher(state, place, y):
    """Fisher transform of the smoothed place, and that of the bar before.

    state (2, L): smoothed place, transform (NaN before the first).
    """
    bars, lanes = place.shape
    if lanes == 1:
        value, fish = state[0, 0], state[1, 0]
        for t in range(bars):
            value, fish, y[0, t, 0], y[1, t, 0] = _fisher_step(value, fish, place[t, 0])
        state[0, 0], state[1, 0] = value, fish
    else:
        values, fishes = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                values[j], fishes[j], y[0, t, j], y[1, t, j] = _fisher_step(values[j], fishes[j], place[t, j])


@step
def _streak_step(last, run, x):
    """One close: bars in a row that rose, or fell as a negative. `last` is NaN before the first."""
    if x != x:
        return last, run, x
    if x > last:
        run = max(run, 0.0) + 1.0
    elif x < last:
        run = min(run, 0.0) - 1.0
    else:
        run = 0.0
    return x, run, run


@kernel
def streak(state, x, y):
    """Bars in a row that rose, or fell as a negative; 0 where the close stays. state (2, L): last close, run."""
    bars, lanes = x.shape
    if lanes == 1:
        last, run = state[0, 0], state[1, 0]
        for t in range(bars):
            last, run, y[t, 0] = _streak_step(last, run, x[t, 0])
        state[0, 0], state[1, 0] = last, run
    else:
        lasts, runs = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                lasts[j], runs[j], y[t, j] = _streak_step(lasts[j], runs[j], x[t, j])
