"""Trend: the average directional index and its two directional indicators."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array, complete, put_back

__all__ = ["adx"]


def adx(high: Array, low: Array, close: Array, window: int = 14) -> tuple[Array, Array, Array]:
    """Return the average directional index and the shares of upward and downward movement in the true range.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that the smoothing spans, at least 2.

    Returns
    -------
    adx, plus_di, minus_di : ndarray
        Between 0 and 100; the first 2 * `window` - 1 bars of `adx` and the first `window` bars of the others are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's ADX, PLUS_DI and MINUS_DI, whose first sums hold `window` - 1 movements.
    """
    kept = complete(high, low, close)
    plus, minus = _directional(high[kept].tolist(), low[kept].tolist(), close[kept].tolist(), window)
    index = _average_index(plus, minus, window)
    return put_back(index, kept), put_back(plus, kept), put_back(minus, kept)


def _directional(
    high: list[float], low: list[float], close: list[float], window: int
) -> tuple[list[float], list[float]]:
    """Return both directional indicators of bars without gaps."""
    plus, minus = [np.nan] * len(high), [np.nan] * len(high)
    up_sum = down_sum = range_sum = 0.0
    for t in range(1, len(high)):
        up, down = _movement(high[t] - high[t - 1], low[t - 1] - low[t])
        true_range = max(high[t], close[t - 1]) - min(low[t], close[t - 1])
        if t >= window:
            up_sum -= up_sum / window
            down_sum -= down_sum / window
            range_sum -= range_sum / window
        up_sum, down_sum, range_sum = up_sum + up, down_sum + down, range_sum + true_range
        if t >= window:
            plus[t] = 100.0 * (up_sum / range_sum) if range_sum != 0.0 else 0.0
            minus[t] = 100.0 * (down_sum / range_sum) if range_sum != 0.0 else 0.0
    return plus, minus


def _movement(rise: float, fall: float) -> tuple[float, float]:
    """Return the upward and the downward movement of a bar, of which only the larger counts."""
    return (rise if rise > max(fall, 0.0) else 0.0), (fall if fall > max(rise, 0.0) else 0.0)


def _average_index(plus: list[float], minus: list[float], window: int) -> list[float]:
    """Return Wilder's mean of 100 |plus - minus| / (plus + minus); where both are 0 there is nothing to average in."""
    result = [np.nan] * len(plus)
    mean = 0.0
    for t in range(window, len(plus)):
        total = plus[t] + minus[t]
        strength = 100.0 * (abs(plus[t] - minus[t]) / total) if total != 0.0 else 0.0
        if t < 2 * window:
            mean += strength / window
        elif total != 0.0:
            mean = (mean * (window - 1) + strength) / window
        if t >= 2 * window - 1:
            result[t] = mean
    return result
