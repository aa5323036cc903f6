"""The joints of gauges that are chains: ratios, and what rises."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.elementwise import each_bar
from quantperf.kernels.windows import along, recall


@kernel
def relative(state, x, base, scale, y):
    """`scale` times what the line is above the base, over the base; 0 where the base is 0. state (0, L)."""
    a, b, out = along(x), along(base), along(y)
    for i in range(out.size):
        value = scale * ((a[i] - b[i]) / b[i])
        out[i] = value if b[i] != 0.0 else a[i] - a[i]


@kernel
def ratio(state, x, base, scale, bound, y):
    """`scale` times the line over the base, within -bound and bound; 0 where the base is 0. state (0, L)."""
    a, b, out = along(x), along(base), along(y)
    for i in range(out.size):
        value = scale * (a[i] / b[i])
        value = bound if value > bound else (-bound if value < -bound else value)
        out[i] = value if b[i] != 0.0 else a[i] - a[i]


@kernel
def rises(state, x, y):
    """100 where the price is above the one before, else 0. state (1, L): last price."""
    x = plain(x)
    before = np.empty((1 + x.shape[0], x.shape[1]))
    recall(state, 1, x, before)
    lasts, now, out = along(before), along(x), along(y)
    for i in range(out.size):
        move = now[i] - lasts[i]
        out[i] = 100.0 if move > 0.0 else move - move


@step
def _body(open, high, low, close):
    """The body of a candle, rising ones above 0."""
    return close - open


@step
def _reach(open, high, low, close):
    """The range of a bar."""
    return high - low


body = each_bar(_body, 4, "body", __name__)
reach = each_bar(_reach, 4, "reach", __name__)
