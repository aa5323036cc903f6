"""What volume, or the reach of a bar, says of buyers and sellers."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step


@step
def _ease_step(last, high, low, volume, unit):
    """One bar: the way of the middle times the range, for a unit of volume; 0 without volume."""
    middle, reach = 0.5 * (high + low), high - low
    total = middle + volume
    if total - total != 0.0:  # missing, or infinite
        return np.nan, np.nan
    value = (middle - last) * reach * (unit / volume)
    return middle, (value if volume != 0.0 else last - last)


@kernel
def ease(state, high, low, volume, unit, y):
    """Ease of movement of each bar. state (1, L): last middle, NaN before the first and if that bar lacked a value."""
    lasts = state[0]
    for t in range(high.shape[0]):
        for j in range(lasts.size):
            lasts[j], y[t, j] = _ease_step(lasts[j], high[t, j], low[t, j], volume[t, j], unit)


@step
def _force_step(last, before, trend, way, high, low, close, volume):
    """One bar of Klinger's volume force; `last` is the sum of prices of the bar before, NaN before the first."""
    total, reach = high + low + close, high - low
    if last != last:
        return total, reach, 0.0, 0.0, np.nan
    side = 1.0 if total > last else -1.0
    way = reach + (way if side == trend else before)
    share = abs(2.0 * (reach / way) - 1.0) if way != 0.0 else 0.0
    return total, reach, side, way, 100.0 * volume * side * share


@kernel
def force(state, high, low, close, volume, y):
    """Volume force of whole bars.

    state (4, L): last sum of prices (NaN before the first), last range, trend, range since the trend turned.
    """
    lasts, befores, trends, ways = state[0], state[1], state[2], state[3]
    for t in range(high.shape[0]):
        for j in range(lasts.size):
            lasts[j], befores[j], trends[j], ways[j], y[t, j] = _force_step(
                lasts[j], befores[j], trends[j], ways[j], high[t, j], low[t, j], close[t, j], volume[t, j]
            )


@kernel
def pushes(state, open, high, low, close, y):
    """High above open, open above low, high above the last close, last close above low; the last two not below 0.

    state (1, L): last close, NaN before the first and of a bar that lacked a price.
    """
    lasts = state[0]
    for t in range(close.shape[0]):
        for j in range(lasts.size):
            total = open[t, j] + high[t, j] + low[t, j] + close[t, j]
            lack = total - total  # 0, or NaN
            up, down = high[t, j] - lasts[j] + lack, lasts[j] - low[t, j] + lack
            y[0, t, j], y[1, t, j] = high[t, j] - open[t, j] + lack, open[t, j] - low[t, j] + lack
            y[2, t, j], y[3, t, j] = (0.0 if up < 0.0 else up), (0.0 if down < 0.0 else down)
            lasts[j] = close[t, j] + lack
