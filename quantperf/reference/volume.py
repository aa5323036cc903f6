"""Volume: on-balance volume, money flow, volume-weighted price, volume against its mean."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, Convention, complete, put_back, whole_bars

__all__ = ["mfi", "obv", "volume_ratio", "volume_sma", "vwap"]


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
