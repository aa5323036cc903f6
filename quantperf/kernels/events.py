"""Events between two lines, as int8 codes."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step
from quantperf.kernels.candle_parts import UNKNOWN


@step
def _cross_step(side, x, other):
    """One bar; `side` is where the line last lay, 0 before it did. A missing bar leaves the state alone."""
    gap = x - other
    if gap - gap != 0.0:  # missing, or infinite
        return side, UNKNOWN
    now = 1.0 if gap > 0.0 else (-1.0 if gap < 0.0 else side)
    return now, np.int8(now if now * side < 0.0 else 0.0)


@kernel
def cross(state, x, other, y):
    """Where a line crosses another. state (1, L): side on which it last lay, 0 before it did."""
    sides = state[0]
    for t in range(x.shape[0]):
        for j in range(sides.size):
            sides[j], y[t, j] = _cross_step(sides[j], x[t, j], other[t, j])
