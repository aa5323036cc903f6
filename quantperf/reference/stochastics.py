"""Stochastics: the place of the close, or of an index, in the range of the last bars."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.reference import Array, Convention, complete, first_bar, put_back, whole_bars
from quantperf.reference.momentum import rsi
from quantperf.reference.smoothing import DEFAULT, average, ma

__all__ = ["stoch", "stochf", "stochrsi", "willr"]


def stoch(
    high: Array,
    low: Array,
    close: Array,
    fastk: int = 14,
    slowk: int = 3,
    slowd: int = 3,
    slowk_matype: int = 0,
    slowd_matype: int = 0,
    *,
    convention: Convention = "talib",
) -> tuple[Array, Array]:
    """Return the slow stochastic: the smoothed place of the close in the range of `fastk` bars, and its own mean.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    fastk, slowk, slowd : int, default 14, 3 and 3
        Bars of the range, of the mean that gives slow %K, and of the mean that gives slow %D, each at least 1.
    slowk_matype, slowd_matype : int, default 0
        Kinds of the two means by TA-Lib's number.
    convention : {"talib", "tradingview", "pandas", "legacy"}
        Where the range is 0 the place is 0 under "talib", NaN under the others; "tradingview" and "pandas" give each
        line from its own first bar on.

    Returns
    -------
    slowk, slowd : ndarray
        In per cent; the first `fastk` + `slowk` + `slowd` - 3 bars of both are NaN, of the first one perhaps fewer.

    Notes
    -----
    NaN where any bar that the means and ranges read is missing. Source: G. Lane; equals TA-Lib's STOCH.
    """
    place = np.array(_place_in_range(high, low, close, fastk, convention))
    k = average(place, slowk, 0 if slowk_matype == DEFAULT else slowk_matype, convention)
    d = average(k, slowd, 0 if slowd_matype == DEFAULT else slowd_matype, convention)
    if convention in {"talib", "legacy"}:
        k[: _begin(complete(high, low, close), fastk, (slowk, slowk_matype), (slowd, slowd_matype))] = np.nan
    return k, d


def stochf(
    high: Array,
    low: Array,
    close: Array,
    fastk: int = 14,
    fastd: int = 3,
    fastd_matype: int = 0,
    *,
    convention: Convention = "talib",
) -> tuple[Array, Array]:
    """Return the fast stochastic: the place of the close in the range of `fastk` bars, and its mean.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    fastk, fastd : int, default 14 and 3
        Bars of the range and of the mean, each at least 1.
    fastd_matype : int, default 0
        Kind of the mean by TA-Lib's number.
    convention : {"talib", "tradingview", "pandas", "legacy"}
        Where the range is 0 the place is 0 under "talib", NaN under the others, which also give each line from its own
        first bar on.

    Returns
    -------
    fastk, fastd : ndarray
        In per cent; the first `fastk` + `fastd` - 2 bars of both are NaN; not under "talib" `fastk` - 1 of the first.

    Notes
    -----
    NaN where any bar that the means and ranges read is missing. Source: G. Lane; equals TA-Lib's STOCHF.
    """
    k = np.array(_place_in_range(high, low, close, fastk, convention))
    d = average(k, fastd, 0 if fastd_matype == DEFAULT else fastd_matype, convention)
    if convention == "talib":
        k[: _begin(complete(high, low, close), fastk, (fastd, fastd_matype))] = np.nan
    return k, d


def _begin(kept: npt.NDArray[np.bool_], fastk: int, *means: tuple[int, int]) -> int:
    """Return the bar on which the last of the means (window, matype) of a place among `fastk` bars can begin."""
    clean = np.zeros(len(kept))
    return first_bar(kept) + fastk - 1 + sum(first_bar(~np.isnan(ma(clean, *mean))) for mean in means)


def willr(high: Array, low: Array, close: Array, window: int = 14) -> Array:
    """Return Williams' %R: how far the close lies below the highest high, in per cent of the range, as a negative.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars of the range, at least 2.

    Returns
    -------
    ndarray
        Between -100 and 0, 0 where there is no range; the first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: L. Williams, *How I Made One Million Dollars*, 1973;
    equals TA-Lib's WILLR.

    Examples
    --------
    >>> price = np.array([1.0, 5.0, 4.0])
    >>> willr(price, price, price, window=3).tolist()
    [nan, nan, -25.0]
    """
    highs, lows, closes = whole_bars(high, low, close)
    top = highs.rolling(window).max()
    reach = top - lows.rolling(window).min()
    return np.array((-100.0 * ((top - closes) / reach)).mask(reach == 0.0, 0.0))


def stochrsi(x: Array, window: int = 14, fastk: int = 14, fastd: int = 3, fastd_matype: int = 0) -> tuple[Array, Array]:
    """Return the fast stochastic of the relative strength index: its place in its own range, and the mean of that.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 14
        Changes in the means of the index, at least 2.
    fastk, fastd : int, default 14 and 3
        Bars of the range and of the mean, each at least 1.
    fastd_matype : int, default 0
        Kind of the mean by TA-Lib's number.

    Returns
    -------
    fastk, fastd : ndarray
        In per cent, 0 where the range of the index is below 1e-10; the first `window` + `fastk` + `fastd` - 2 bars are
        NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: T. Chande, S. Kroll, *The New Technical Trader*, 1994;
    equals TA-Lib's STOCHRSI.
    """
    kept = complete(x)
    index = pd.Series(rsi(x[kept], window))
    bottom = index.rolling(fastk).min()
    reach = index.rolling(fastk).max() - bottom
    # An index that stands still moves by rounding, up to 1e-14 of its 100.
    k = (100.0 * ((index - bottom) / reach)).mask(reach < 1e-10, 0.0)
    d = ma(np.array(k), fastd, fastd_matype)
    return put_back(np.where(np.isnan(d), np.nan, k), kept), put_back(d, kept)


def _place_in_range(high: Array, low: Array, close: Array, window: int, convention: Convention) -> pd.Series[float]:
    """Return where the close lies between the lowest low (0) and the highest high (100) of the window."""
    highs, lows, closes = whole_bars(high, low, close)
    bottom = lows.rolling(window).min()
    reach = highs.rolling(window).max() - bottom
    place = 100.0 * ((closes - bottom) / reach)
    return place.mask(reach == 0.0, 0.0 if convention == "talib" else np.nan)
