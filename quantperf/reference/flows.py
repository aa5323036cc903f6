"""Money flow: accumulation, force, and the indices that follow volume."""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np
import pandas as pd

from quantperf.reference import Array, complete, put_back, whole_bars

__all__ = ["ad", "adosc", "cmf", "efi", "nvi", "pvi", "pvt"]


def _flow(high: Array, low: Array, close: Array, volume: Array) -> Array:
    """Return the volume of each bar times the place of its close in its range, -1 to 1; 0 without a range."""
    place = ((close - low) - (high - close)) / np.where(high > low, high - low, np.inf)
    return place * volume


def _smoothed(values: list[float], window: int, seed: float) -> list[float]:
    """Return the exponential mean of values, beginning after a seed."""
    weight = 2.0 / (window + 1.0)
    return list(accumulate(values, lambda mean, value: mean + weight * (value - mean), initial=seed))


def ad(high: Array, low: Array, close: Array, volume: Array) -> Array:
    """Return the running total of volume times the place of the close in its range, from -1 to 1.

    Parameters
    ----------
    high, low, close, volume : ndarray
        Prices and volumes, oldest first.

    Returns
    -------
    ndarray
        A value from bar 0 on; a bar without a range adds nothing.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: M. Chaikin; equals TA-Lib's AD.

    Examples
    --------
    >>> high, low = np.array([3.0, 3.0]), np.array([1.0, 1.0])
    >>> ad(high, low, np.array([3.0, 1.5]), np.array([5.0, 4.0])).tolist()
    [5.0, 3.0]
    """
    kept = complete(high, low, close, volume)
    return put_back(np.cumsum(_flow(high[kept], low[kept], close[kept], volume[kept])), kept)


def adosc(high: Array, low: Array, close: Array, volume: Array, fast: int = 3, slow: int = 10) -> Array:
    """Return the fast less the slow exponential mean of the accumulation line `ad`.

    Parameters
    ----------
    high, low, close, volume : ndarray
        Prices and volumes, oldest first.
    fast, slow : int, default 3 and 10
        Bars of the two means, at least 2; they do not change places.

    Returns
    -------
    ndarray
        The first max(fast, slow) - 1 bars are NaN.

    Notes
    -----
    Both means begin as the first value of the line. NaN on a missing bar, which is otherwise passed over. Source: M.
    Chaikin; equals TA-Lib's ADOSC.

    Examples
    --------
    >>> high, low, volume = np.full(3, 3.0), np.full(3, 1.0), np.full(3, 6.0)
    >>> adosc(high, low, high, volume, fast=2, slow=3).round(4).tolist()
    [nan, nan, 1.8333]
    """
    kept = complete(high, low, close, volume)
    line = ad(high, low, close, volume)[kept].tolist()
    if not line:
        return np.full(len(kept), np.nan)
    quick, calm = _smoothed(line[1:], fast, line[0]), _smoothed(line[1:], slow, line[0])
    result = np.subtract(quick, calm)
    result[: max(fast, slow) - 1] = np.nan
    return put_back(result, kept)


def cmf(high: Array, low: Array, close: Array, volume: Array, window: int = 20) -> Array:
    """Return the volume of a window times the places of its closes in their ranges, over its volume.

    Parameters
    ----------
    high, low, close, volume : ndarray
        Prices and volumes, oldest first.
    window : int, default 20
        Bars in the sums, at least 2.

    Returns
    -------
    ndarray
        Between -1 and 1, 0 where nothing was traded; the first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: M. Chaikin; equals TA-Lib's CMF.

    Examples
    --------
    >>> high, low = np.full(2, 3.0), np.full(2, 1.0)
    >>> cmf(high, low, np.array([3.0, 1.5]), np.array([6.0, 4.0]), window=2).tolist()
    [nan, 0.4]
    """
    highs, lows, closes, volumes = whole_bars(high, low, close, volume)
    reach = (highs - lows).where(highs > lows)
    flow = (((closes - lows) - (highs - closes)) / reach * volumes).mask(highs <= lows, 0.0)
    total = volumes.rolling(window).sum()
    return np.array((flow.rolling(window).sum() / total).mask(total <= 0.0, 0.0))


def efi(close: Array, volume: Array, window: int = 13) -> Array:
    """Return the exponential mean of the change of the close times the volume.

    Parameters
    ----------
    close, volume : ndarray
        Prices and volumes, oldest first.
    window : int, default 13
        Bars of the mean, at least 1; its seed is the plain mean of the first `window` forces.

    Returns
    -------
    ndarray
        The first `window` bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: A. Elder, *Trading for a Living*, 1993; equals
    TA-Lib's EFI.

    Examples
    --------
    >>> efi(np.array([1.0, 2.0, 4.0]), np.array([9.0, 4.0, 3.0]), window=2).tolist()
    [nan, nan, 5.0]
    """
    kept = complete(close, volume)
    force = (np.diff(close[kept]) * volume[kept][1:]).tolist()
    if len(force) < window:
        return np.full(len(kept), np.nan)
    means = _smoothed(force[window:], window, sum(force[:window]) / window)
    return put_back([np.nan] * window + means, kept)


def pvt(close: Array, volume: Array) -> Array:
    """Return the running total of volume times the relative change of the close.

    Parameters
    ----------
    close, volume : ndarray
        Prices and volumes, oldest first.

    Returns
    -------
    ndarray
        A value from bar 0 on, which is 0; a change from a close of 0 adds nothing.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: the price volume trend; equals TA-Lib's PVT.

    Examples
    --------
    >>> pvt(np.array([4.0, 5.0, 5.0]), np.array([9.0, 8.0, 7.0])).tolist()
    [0.0, 2.0, 2.0]
    """
    kept = complete(close, volume)
    total, result = 0.0, [0.0] * int(kept.any())
    for (last, price), traded in zip(pairwise(close[kept].tolist()), volume[kept][1:].tolist(), strict=True):
        total += traded * (price - last) / last if last != 0.0 else 0.0
        result.append(total)
    return put_back(result, kept)


def _volume_index(close: Array, volume: Array, sign: int) -> Array:
    """Return 1000 times the relative changes of the close on bars of more (sign 1) or less volume than the last one."""
    kept = complete(close, volume)
    bars = pd.DataFrame({"close": close[kept], "volume": volume[kept]})
    last = bars["close"].shift()
    counts = (sign * bars["volume"].diff() > 0.0) & (last != 0.0)
    return put_back(np.array(1000.0 * (bars["close"] / last).where(counts, 1.0).cumprod()), kept)


def nvi(close: Array, volume: Array) -> Array:
    """Return an index that follows the close on bars of less volume than the bar before, and rests on the others.

    Parameters
    ----------
    close, volume : ndarray
        Prices and volumes, oldest first.

    Returns
    -------
    ndarray
        A value from bar 0 on, which is 1000; a close of 0 before changes nothing.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: P. Dysart; N. Fosback, *Stock Market Logic*, 1976;
    equals TA-Lib's NVI.

    Examples
    --------
    >>> nvi(np.array([4.0, 5.0, 6.0]), np.array([9.0, 8.0, 8.5])).tolist()
    [1000.0, 1250.0, 1250.0]
    """
    return _volume_index(close, volume, -1)


def pvi(close: Array, volume: Array) -> Array:
    """Return an index that follows the close on bars of more volume than the bar before, and rests on the others.

    Parameters
    ----------
    close, volume : ndarray
        Prices and volumes, oldest first.

    Returns
    -------
    ndarray
        A value from bar 0 on, which is 1000; a close of 0 before changes nothing.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: P. Dysart; N. Fosback, *Stock Market Logic*, 1976;
    equals TA-Lib's PVI.

    Examples
    --------
    >>> pvi(np.array([4.0, 5.0, 6.0]), np.array([9.0, 8.0, 8.5])).tolist()
    [1000.0, 1000.0, 1200.0]
    """
    return _volume_index(close, volume, 1)
