"""Bricks: charts that move by whole steps of price and not by time."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step


@step
def _renko_step(steps, direction, x, brick):
    """One close; `steps` is the level in bricks, NaN before the first close. A NaN bar leaves the state alone.

    A close that misses a level by a billionth of a brick, as quotients of decimals do, has reached it.
    """
    if x != x:
        return steps, direction, x, x, x
    place = x / brick
    if steps != steps:
        steps = np.floor(place + 0.5)
        return steps, 0.0, steps * brick, 0.0, 0.0
    upper, lower = np.floor(place + 1e-9), np.ceil(place - 1e-9)
    rise = upper - steps - (1.0 if direction < 0.0 else 0.0)  # a turn skips the brick that it would draw over
    fall = steps - lower - (1.0 if direction > 0.0 else 0.0)
    if rise > 0.0:
        return upper, 1.0, upper * brick, 1.0, rise
    if fall > 0.0:
        return lower, -1.0, lower * brick, -1.0, -fall
    return steps, direction, steps * brick, direction, 0.0


@kernel
def renko(state, x, brick, y):
    """Level, direction, and bricks of a bar. state (2, L): level in bricks (NaN before the first close), direction."""
    bars, lanes = x.shape
    if lanes == 1:
        steps, direction = state[0, 0], state[1, 0]
        for t in range(bars):
            steps, direction, y[0, t, 0], y[1, t, 0], y[2, t, 0] = _renko_step(steps, direction, x[t, 0], brick)
        state[0, 0], state[1, 0] = steps, direction
    else:
        levels, directions = state[0], state[1]
        for t in range(bars):
            for j in range(lanes):
                levels[j], directions[j], y[0, t, j], y[1, t, j], y[2, t, j] = _renko_step(
                    levels[j], directions[j], x[t, j], brick
                )
