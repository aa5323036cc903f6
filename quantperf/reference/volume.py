"""Volume: on-balance volume, money flow, volume-weighted price, volume against its means."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, Convention, complete, put_back, whole_bars
from quantperf.reference.smoothing import DEFAULT, ma

__all__ = ["marketfi", "mfi", "obv", "pvo", "rvol", "volume_ratio", "volume_sma", "vwap"]


def obv(close: Array, volume: Array) -> Array:
    """Return the running total of volume, added where the close rises and subtracted where it falls.

    Parameters
    ----------
    close, volume : ndarray
        Prices and volumes, oldest first.

    Returns
    -------
    ndarray
        A value from bar 0 on, which is the first volume.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: J. Granville, 1963; equals TA-Lib's OBV.

    Examples
    --------
    >>> obv(np.array([1.0, 2.0, 2.0, 1.0]), np.array([5.0, 3.0, 9.0, 1.0])).tolist()
    [5.0, 8.0, 8.0, 7.0]
    """
    kept = complete(close, volume)
    return put_back(_signed_total(close[kept].tolist(), volume[kept].tolist()), kept)


def _signed_total(closes: list[float], volumes: list[float]) -> list[float]:
    """Return on-balance volume of bars without gaps."""
    result = volumes[:1]
    for last, close, volume in zip(closes, closes[1:], volumes[1:], strict=False):
        sign = (close > last) - (close < last)
        result.append(result[-1] + sign * volume)
    return result


def mfi(high: Array, low: Array, close: Array, volume: Array, window: int = 14) -> Array:
    """Return the money flow index: the percentage of money flow that came with a rising typical price.

    Parameters
    ----------
    high, low, close, volume : ndarray
        Prices and volumes, oldest first.
    window : int, default 14
        Flows in the sums, at least 2.

    Returns
    -------
    ndarray
        Between 0 and 100, 0 where nothing flowed; the first `window` bars are NaN.

    Notes
    -----
    NaN where the window holds a flow from or to a missing bar. A typical price is a rounded third: a move of less than
    2e-14 of it is rounding, and none. Source: G. Quong and A. Soudack, 1989; equals TA-Lib's MFI.
    """
    highs, lows, closes, volumes = whole_bars(high, low, close, volume)
    price = (highs + lows + closes) / 3.0
    change, flow = price.diff(), price * volumes
    change = change.mask(change.abs() <= 2e-14 * price.abs(), 0.0)
    inflow = flow.where(change > 0.0, 0.0).where(change.notna()).rolling(window).sum()
    outflow = flow.where(change < 0.0, 0.0).where(change.notna()).rolling(window).sum()
    total = inflow + outflow
    return np.array((100.0 * (inflow / total)).mask(total == 0.0, 0.0))


def vwap(high: Array, low: Array, close: Array, volume: Array, *, convention: Convention = "talib") -> Array:
    """Return the mean typical price of all bars so far, weighted by volume.

    Parameters
    ----------
    high, low, close, volume : ndarray
        Prices and volumes, oldest first.
    convention : {"talib", "legacy"}
        While no volume was seen the value is 0 under "talib", NaN under "legacy".

    Returns
    -------
    ndarray
        A value from bar 0 on; the sums are never started anew.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: sum of (high + low + close) / 3 * volume over sum of
    volume; equals TA-Lib's VWAP.

    Examples
    --------
    >>> price, volume = np.array([3.0, 6.0]), np.array([1.0, 2.0])
    >>> vwap(price, price, price, volume).tolist()
    [3.0, 5.0]
    """
    highs, lows, closes, volumes = whole_bars(high, low, close, volume)
    traded = volumes.cumsum()
    price = ((highs + lows + closes) / 3.0 * volumes).cumsum() / traded
    return np.array(price.mask(traded == 0.0, 0.0 if convention == "talib" else np.nan))


def volume_sma(volume: Array, window: int = 20) -> Array:
    """Return the mean of the last `window` volumes.

    Parameters
    ----------
    volume : ndarray
        Volumes, oldest first.
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: the arithmetic mean.

    Examples
    --------
    >>> volume_sma(np.array([1.0, 3.0]), window=2).tolist()
    [nan, 2.0]
    """
    return np.array(pd.Series(volume).rolling(window).mean())


def volume_ratio(volume: Array, window: int = 20) -> Array:
    """Return the volume as a multiple of the mean of the last `window` volumes.

    Parameters
    ----------
    volume : ndarray
        Volumes, oldest first.
    window : int, default 20
        Bars in the window, the current one among them, at least 1.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN, and bars where the mean is 0.

    Notes
    -----
    NaN exactly where the window holds a missing bar or the mean is 0. Source: volume / mean volume.

    Examples
    --------
    >>> volume_ratio(np.array([1.0, 3.0]), window=2).tolist()
    [nan, 1.5]
    """
    volumes = pd.Series(volume)
    mean = volumes.rolling(window).mean()
    return np.array((volumes / mean).where(mean != 0.0))


def rvol(volume: Array, window: int = 20) -> Array:
    """Return the volume as a multiple of the mean of the `window` volumes before it.

    Parameters
    ----------
    volume : ndarray
        Volumes, oldest first.
    window : int, default 20
        Bars in the mean, the current one not among them, at least 1.

    Returns
    -------
    ndarray
        The first `window` bars are NaN. Where the mean is 0: infinite, or NaN if the volume is 0 too.

    Notes
    -----
    NaN exactly where the bar or one of the window is missing, and at 0 / 0. Source: relative volume; equals TA-Lib's
    RVOL.

    Examples
    --------
    >>> rvol(np.array([1.0, 3.0, 4.0]), window=2).tolist()
    [nan, nan, 2.0]
    """
    volumes = pd.Series(volume)
    return np.array(volumes / volumes.rolling(window).mean().shift())


def pvo(volume: Array, fast: int = 12, slow: int = 26, matype: int = 1) -> Array:
    """Return how far a fast exponential mean of the volume lies from a slow one, in percent of the slow one.

    Parameters
    ----------
    volume : ndarray
        Volumes, oldest first.
    fast, slow : int, default 12 and 26
        Bars of the two means, at least 2; the longer one is the slow one, whichever it is.
    matype : int, default 1
        Kind of both averages by TA-Lib's number.

    Returns
    -------
    ndarray
        In percent, 0 where the slow mean is 0; the first slow - 1 bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: the percentage volume oscillator; equals TA-Lib's PVO
    with exponential averages.

    Examples
    --------
    >>> pvo(np.array([1.0, 3.0, 5.0]), fast=2, slow=3).round(6).tolist()
    [nan, nan, 33.333333]
    """
    quick, calm = (ma(volume, window, 1 if matype == DEFAULT else matype) for window in sorted((fast, slow)))
    percent = 100.0 * (quick - calm) / np.where(calm == 0.0, 1.0, calm)
    return np.where(calm == 0.0, 0.0, percent)


def marketfi(high: Array, low: Array, volume: Array) -> Array:
    """Return the range of each bar over its volume.

    Parameters
    ----------
    high, low, volume : ndarray
        Prices and volumes, oldest first.

    Returns
    -------
    ndarray
        A value for each bar, 0 where nothing was traded.

    Notes
    -----
    NaN on a missing bar. Source: B. Williams, *Trading Chaos*, 1995; equals TA-Lib's MARKETFI.

    Examples
    --------
    >>> marketfi(np.array([3.0, 3.0]), np.array([1.0, 1.0]), np.array([4.0, 0.0])).tolist()
    [0.5, 0.0]
    """
    highs, lows, volumes = whole_bars(high, low, volume)
    return np.array(((highs - lows) / volumes).mask(volumes == 0.0, 0.0))
