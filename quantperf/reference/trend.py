"""Trend: its strength (ADX), its age (Aroon), and the pressure of buyers (vortex, ultimate oscillator, balance)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from quantperf.reference import Array, Convention, complete, first_bar, put_back, whole_bars
from quantperf.reference.averages import seeded_ema

__all__ = ["adx", "aroon", "aroonosc", "bop", "ultosc", "vortex"]


def adx(
    high: Array, low: Array, close: Array, window: int = 14, *, convention: Convention = "talib"
) -> tuple[Array, Array, Array]:
    """Return the average directional index and the shares of upward and downward movement in the true range.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that the smoothing spans, at least 2.
    convention : {"talib", "tradingview", "pandas"}
        "talib" sums `window` - 1 movements for a start, and `adx` stays where nothing moved; "tradingview" begins with
        the mean of `window` of them, and `adx` falls there; "pandas" begins with the first bar, without a movement and
        with high - low as its range. Without any range the others give NaN.

    Returns
    -------
    adx, plus_di, minus_di : ndarray
        Between 0 and 100; the first 2 * `window` - 1 bars of `adx` and the first `window` bars of the others are NaN.
        Under "pandas" `adx` begins with the first movement, the others with the first range.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's ADX, PLUS_DI and MINUS_DI, whose first sums hold `window` - 1 movements.
    """
    kept = complete(high, low, close)
    if convention == "pandas":
        lines = _weighted_directional(pd.Series(high[kept]), pd.Series(low[kept]), pd.Series(close[kept]), window)
        return put_back(lines[0], kept), put_back(lines[1], kept), put_back(lines[2], kept)
    if convention == "tradingview":
        lines = _seeded_directional(high[kept], low[kept], close[kept], window)
        return put_back(lines[0], kept), put_back(lines[1], kept), put_back(lines[2], kept)
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


def _weighted_directional(
    high: pd.Series[float], low: pd.Series[float], close: pd.Series[float], window: int
) -> tuple[Array, Array, Array]:
    """Return the three lines of bars without gaps by exponential weights from the first bar on."""
    rise, fall, last = high.diff(), -low.diff(), close.shift(1)
    moves = rise.where((rise > fall) & (rise > 0.0), 0.0), fall.where((fall > rise) & (fall > 0.0), 0.0)
    ranges = pd.concat([high - low, (high - last).abs(), (low - last).abs()], axis=1).max(axis=1)
    span = ranges.ewm(alpha=1.0 / window, adjust=False).mean()
    plus, minus = (100.0 * (move.ewm(alpha=1.0 / window, adjust=False).mean() / span) for move in moves)
    index = 100.0 * ((plus - minus).abs() / (plus + minus))
    return np.array(index.ewm(alpha=1.0 / window, adjust=False).mean()), np.array(plus), np.array(minus)


def _seeded_directional(high: Array, low: Array, close: Array, window: int) -> tuple[Array, Array, Array]:
    """Return the three lines of bars without gaps by Wilder's means of movements, of ranges, and of their index."""
    rises, falls = np.diff(high), -np.diff(low)
    ranges = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    moves = np.array([_movement(rise, fall) for rise, fall in zip(rises, falls, strict=True)]).reshape(-1, 2)
    span = np.array([np.nan, *seeded_ema(ranges.tolist(), window, 1.0 / window)][: len(high)])
    with np.errstate(invalid="ignore", divide="ignore"):
        plus, minus = (
            100.0 * (np.array([np.nan, *seeded_ema(moves[:, i].tolist(), window, 1.0 / window)][: len(high)]) / span)
            for i in range(2)
        )
        index = 100.0 * (np.abs(plus - minus) / np.where(plus + minus == 0.0, 1.0, plus + minus))
    begin = first_bar(~np.isnan(index))
    mean = [np.nan] * begin + seeded_ema(index[begin:].tolist(), window, 1.0 / window)
    return np.array(mean), plus, minus


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


def aroon(high: Array, low: Array, window: int = 14) -> tuple[Array, Array]:
    """Return how fresh the lowest low and the highest high of `window` + 1 bars are, in per cent.

    Parameters
    ----------
    high, low : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that make an extreme old, at least 2.

    Returns
    -------
    down, up : ndarray
        100 where this bar is the extreme, 0 where it is `window` bars old; of equal prices the latest counts. The first
        `window` bars are NaN.

    Notes
    -----
    NaN exactly where the `window` + 1 bars hold a missing one. Source: T. Chande, *A Time Price Oscillator*, 1995;
    equals TA-Lib's AROON.

    Examples
    --------
    >>> down, up = aroon(np.array([3.0, 4.0, 2.0]), np.array([2.0, 3.0, 1.0]), window=2)
    >>> down.tolist(), up.tolist()
    ([nan, nan, 100.0], [nan, nan, 50.0])
    """
    highs, lows = (np.array(column) for column in whole_bars(high, low))
    return _freshness(-lows, window), _freshness(highs, window)


def _freshness(x: Array, window: int) -> Array:
    """Return how few bars have passed since the highest of `window` + 1 bars."""
    result = np.full(len(x), np.nan)
    if len(x) > window:
        windows = sliding_window_view(x, window + 1)
        age = np.argmax(windows[:, ::-1], axis=1)  # the latest of equal ones
        result[window:] = np.where(np.isnan(windows).any(axis=1), np.nan, 100.0 * (window - age) / window)
    return result


def aroonosc(high: Array, low: Array, window: int = 14) -> Array:
    """Return how much fresher the highest high of `window` + 1 bars is than their lowest low, in per cent.

    Parameters
    ----------
    high, low : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that make an extreme old, at least 2.

    Returns
    -------
    ndarray
        Between -100 and 100; the first `window` bars are NaN.

    Notes
    -----
    NaN exactly where the `window` + 1 bars hold a missing one. Source: T. Chande, *A Time Price Oscillator*, 1995;
    equals TA-Lib's AROONOSC.

    Examples
    --------
    >>> aroonosc(np.array([3.0, 4.0, 2.0]), np.array([2.0, 3.0, 1.0]), window=2).tolist()
    [nan, nan, -50.0]
    """
    down, up = aroon(high, low, window)
    return up - down


def vortex(high: Array, low: Array, close: Array, window: int = 14) -> tuple[Array, Array]:
    """Return upward and downward vortex movement over the true range, all summed over `window` bars.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars of the sums, at least 1.

    Returns
    -------
    plus, minus : ndarray
        The first `window` bars are NaN; 0 where nothing moved.

    Notes
    -----
    NaN where one of the `window` + 1 bars is missing. Source: E. Botes, D. Siepman, *The Vortex Indicator*, 2010;
    equals TA-Lib's VORTEX.
    """
    highs, lows, closes = (np.array(column) for column in whole_bars(high, low, close))
    reach = _sums(np.maximum(highs[1:], closes[:-1]) - np.minimum(lows[1:], closes[:-1]), window)
    plus = _sums(np.abs(highs[1:] - lows[:-1]), window)
    minus = _sums(np.abs(lows[1:] - highs[:-1]), window)
    return _behind_first(_share(plus, reach), high), _behind_first(_share(minus, reach), high)


def ultosc(high: Array, low: Array, close: Array, short: int = 7, middle: int = 14, long: int = 28) -> Array:
    """Return the ultimate oscillator: buying pressure over true range in three windows, weighed 4, 2 and 1.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    short, middle, long : int, default 7, 14 and 28
        Bars of the sums, each at least 1; in any order.

    Returns
    -------
    ndarray
        Between 0 and 100; the first bars, as many as the longest window, are NaN. A window without movement counts 0.

    Notes
    -----
    NaN where one of the bars of the longest window, or the one before, is missing. Source: L. Williams, *The Ultimate
    Oscillator*, 1985; equals TA-Lib's ULTOSC.
    """
    highs, lows, closes = (np.array(column) for column in whole_bars(high, low, close))
    floor = np.minimum(lows[1:], closes[:-1])
    reach, pressure = np.maximum(highs[1:], closes[:-1]) - floor, closes[1:] - floor
    total = np.zeros(max(len(high) - 1, 0))
    for weight, window in zip((4.0, 2.0, 1.0), sorted((short, middle, long)), strict=True):
        total += weight * _share(_sums(pressure, window), _sums(reach, window))
    return _behind_first(100.0 * (total / 7.0), high)


def bop(opening: Array, high: Array, low: Array, close: Array) -> Array:
    """Return the balance of power: the move from open to close as a share of the range of the bar.

    Parameters
    ----------
    opening, high, low, close : ndarray
        Prices, oldest first.

    Returns
    -------
    ndarray
        Between -1 and 1, 0 where the bar has no range.

    Notes
    -----
    NaN where one of the prices is missing. Source: I. Livshin, *Balance of Market Power*, 2001; equals TA-Lib's BOP.

    Examples
    --------
    >>> bop(np.array([2.0]), np.array([5.0]), np.array([1.0]), np.array([4.0])).tolist()
    [0.5]
    """
    opens, highs, lows, closes = whole_bars(opening, high, low, close)
    reach = highs - lows
    return np.array(((closes - opens) / reach).mask(reach <= 0.0, 0.0))


def _sums(values: Array, window: int) -> Array:
    """Return the sum of the last `window` values, each summed on its own, so that nothing is left of older ones."""
    result = np.full(len(values), np.nan)
    if len(values) >= window:
        result[window - 1 :] = sliding_window_view(values, window).sum(axis=1)
    return result


def _share(part: Array, total: Array) -> Array:
    """Return a part over a total, 0 where that is 0."""
    return np.divide(part, total, out=np.zeros(len(part)), where=total != 0.0)


def _behind_first(values: Array, bars: Array) -> Array:
    """Return values that begin with the second bar at their places."""
    return np.concatenate([np.full(len(bars), np.nan)[:1], values])
