"""Wilder's directional movement: its sums, its shares in the true range, and the indices made of them."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array, complete, put_back
from quantperf.reference.trend import adx

__all__ = ["adxr", "dx", "minus_di", "minus_dm", "plus_di", "plus_dm"]


def plus_dm(high: Array, low: Array, window: int = 14) -> Array:
    """Return Wilder's running sum of upward movements.

    Parameters
    ----------
    high, low : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that the sum spans, at least 1; the first sum holds `window` - 1 movements, as in TA-Lib.

    Returns
    -------
    ndarray
        In the unit of the prices; the first `window` - 1 bars, and at least one, are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's PLUS_DM.

    Examples
    --------
    >>> plus_dm(np.array([2.0, 3.0, 5.0]), np.array([1.0, 2.0, 4.0]), window=2).tolist()
    [nan, 1.0, 2.5]
    """
    return _sums_of_movement(high, low, window, 0)


def minus_dm(high: Array, low: Array, window: int = 14) -> Array:
    """Return Wilder's running sum of downward movements.

    Parameters
    ----------
    high, low : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that the sum spans, at least 1; the first sum holds `window` - 1 movements, as in TA-Lib.

    Returns
    -------
    ndarray
        In the unit of the prices; the first `window` - 1 bars, and at least one, are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's MINUS_DM.

    Examples
    --------
    >>> minus_dm(np.array([5.0, 3.0, 2.0]), np.array([4.0, 2.0, 1.0]), window=2).tolist()
    [nan, 2.0, 2.0]
    """
    return _sums_of_movement(high, low, window, 1)


def plus_di(high: Array, low: Array, close: Array, window: int = 14) -> Array:
    """Return the share of upward movement in the true range, in per cent; for one bar as a plain share.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that the sums span, at least 1.

    Returns
    -------
    ndarray
        0 to 100, for a window of 1 from 0 to 1; the first `window` bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's PLUS_DI.

    Examples
    --------
    >>> plus_di(np.array([2.0, 3.0, 5.0]), np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 4.0]), window=2).tolist()
    [nan, nan, 71.42857142857143]
    """
    kept = complete(high, low, close)
    return put_back(_shares(high[kept], low[kept], close[kept], window)[0], kept)


def minus_di(high: Array, low: Array, close: Array, window: int = 14) -> Array:
    """Return the share of downward movement in the true range, in per cent; for one bar as a plain share.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that the sums span, at least 1.

    Returns
    -------
    ndarray
        0 to 100, for a window of 1 from 0 to 1; the first `window` bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's MINUS_DI.

    Examples
    --------
    >>> minus_di(np.array([5.0, 3.0, 2.0]), np.array([4.0, 2.0, 1.0]), np.array([4.0, 3.0, 2.0]), window=2).tolist()
    [nan, nan, 66.66666666666666]
    """
    kept = complete(high, low, close)
    return put_back(_shares(high[kept], low[kept], close[kept], window)[1], kept)


def dx(high: Array, low: Array, close: Array, window: int = 14) -> Array:
    """Return the difference of both directional indicators in per cent of their sum.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that the sums span, at least 2.

    Returns
    -------
    ndarray
        0 to 100; the last value where nothing moved, at first 0; the first `window` bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's DX.
    """
    kept = complete(high, low, close)
    index, result = 0.0, []
    for plus, minus in zip(*_shares(high[kept], low[kept], close[kept], window), strict=True):
        if plus + minus > 0.0:
            index = 100.0 * (abs(plus - minus) / (plus + minus))
        result.append(index + 0.0 * plus)  # NaN as long as there is no share
    return put_back(result, kept)


def adxr(high: Array, low: Array, close: Array, window: int = 14) -> Array:
    """Return the mean of the average directional index and of what it was `window` - 1 bars before.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars that the smoothing spans, at least 2.

    Returns
    -------
    ndarray
        0 to 100; the first 3 * `window` - 2 bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. W. Wilder, *New Concepts in Technical Trading
    Systems*, 1978; equals TA-Lib's ADXR.
    """
    kept = complete(high, low, close)
    index = adx(high[kept], low[kept], close[kept], window)[0]
    earlier = np.concatenate([np.full(window - 1, np.nan), index])[: len(index)]
    return put_back((index + earlier) / 2.0, kept)


def _movements(high: Array, low: Array) -> tuple[list[float], list[float]]:
    """Return the upward and the downward movement from bar 1 on; of the two only the larger counts."""
    rises, falls = np.diff(high), -np.diff(low)
    ups = np.where((rises > falls) & (rises > 0.0), rises, 0.0)
    downs = np.where((falls > rises) & (falls > 0.0), falls, 0.0)
    return ups.tolist(), downs.tolist()


def _running_sums(moves: list[float], window: int) -> list[float]:
    """Return sums from which each bar takes a share of 1 / `window`, but for the first `window` - 1."""
    total, sums = 0.0, []
    for count, move in enumerate(moves, 1):
        if count >= window:
            total -= total / window
        total += move
        sums.append(total)
    return sums


def _sums_of_movement(high: Array, low: Array, window: int, which: int) -> Array:
    """Return the sums of upward (0) or downward (1) movements."""
    kept = complete(high, low)
    result = np.array([np.nan, *_running_sums(_movements(high[kept], low[kept])[which], window)][: kept.sum()])
    result[: max(window - 1, 1)] = np.nan
    return put_back(result, kept)


def _shares(high: Array, low: Array, close: Array, window: int) -> tuple[list[float], list[float]]:
    """Return both directional indicators of bars without gaps."""
    ranges = np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])
    spans = _running_sums(ranges.tolist(), window)
    scale = 1.0 if window == 1 else 100.0
    lines = []
    for moves in _movements(high, low):
        shares = [
            scale * (moved / span) if span != 0.0 else 0.0
            for moved, span in zip(_running_sums(moves, window), spans, strict=True)
        ]
        lines.append(([np.nan] * window + shares[window - 1 :])[: len(high)])
    return lines[0], lines[1]
