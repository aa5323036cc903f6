"""Momentum: relative strength, MACD, commodity channel index and their kin."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from quantperf.reference import Array, Convention, complete, first_bar, put_back

__all__ = ["cci", "cmo", "cmou", "macd", "macdfix", "rsi"]


def rsi(x: Array, window: int = 14, *, convention: Convention = "talib") -> Array:
    """Return the relative strength index: 100 times the mean gain over the mean gain plus the mean loss.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 14
        Changes in the means, at least 2.
    convention : {"talib", "tradingview", "pandas", "legacy"}
        "talib" smooths as Wilder did and gives 0 on flat prices; "tradingview" does so and gives 100; "pandas" begins
        the means as the first change and gives NaN; "legacy" takes plain rolling means (Cutler), counts the missing
        first change as 0, and gives NaN.

    Returns
    -------
    ndarray
        Between 0 and 100; the first `window` bars are NaN, under "legacy" the first `window` - 1, under "pandas" one.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over; under "legacy" NaN where the window holds a change from or to
    a missing bar. Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978; equals TA-Lib's RSI.

    Examples
    --------
    >>> rsi(np.array([1.0, 2.0, 1.0, 2.0]), window=2).tolist()
    [nan, nan, 50.0, 75.0]
    """
    if convention == "legacy":
        return _cutler_rsi(pd.Series(x), window)
    kept = complete(x)
    if convention == "pandas":
        change = pd.Series(x[kept]).diff()
        rise, fall = (
            part.ewm(alpha=1.0 / window, adjust=False).mean() for part in (change.clip(lower=0), -change.clip(upper=0))
        )
        return put_back(np.array(100.0 * (rise / (rise + fall))), kept)
    flat = 100.0 if convention == "tradingview" else 0.0
    means = _wilder_means(x[kept].tolist(), window)
    return put_back([_share(gain, gain + loss) if gain + loss != 0.0 else flat for gain, loss in means], kept)


def cmo(x: Array, window: int = 14, *, convention: Convention = "talib") -> Array:
    """Return Chande's momentum oscillator by Wilder's means: 100 times the mean gain less the mean loss over their sum.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 14
        Changes in the means, at least 2.
    convention : {"talib", "tradingview"}
        "tradingview" takes plain sums, as `cmou` does.

    Returns
    -------
    ndarray
        Between -100 and 100, 0 where nothing moved; the first `window` bars are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: T. Chande, S. Kroll, *The New Technical Trader*, 1994,
    with the means of J. W. Wilder's RSI; equals TA-Lib's CMO.

    Examples
    --------
    >>> cmo(np.array([1.0, 2.0, 1.0, 2.0]), window=2).tolist()
    [nan, nan, 0.0, 50.0]
    """
    if convention == "tradingview":
        return cmou(x, window, convention=convention)
    kept = complete(x)
    means = _wilder_means(x[kept].tolist(), window)
    return put_back([_share(gain - loss, gain + loss) for gain, loss in means], kept)


def cmou(x: Array, window: int = 14, *, convention: Convention = "talib") -> Array:
    """Return Chande's momentum oscillator: the change over `window` bars in per cent of all movement on the way.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 14
        Changes in the sums, at least 2.
    convention : {"talib", "tradingview"}
        Where nothing moved it is 0 under "talib", NaN under "tradingview".

    Returns
    -------
    ndarray
        Between -100 and 100; the first `window` bars are NaN.

    Notes
    -----
    NaN where one of the `window` + 1 prices is missing. Source: T. Chande, S. Kroll, *The New Technical Trader*, 1994;
    equals TA-Lib's CMOU.

    Examples
    --------
    >>> cmou(np.array([1.0, 2.0, 1.0, 4.0]), window=3).tolist()
    [nan, nan, nan, 60.0]
    """
    if len(x) <= window:
        return np.full(len(x), np.nan)
    changes = sliding_window_view(np.diff(x), window)
    gain, loss = changes.clip(min=0.0).sum(axis=1), (-changes).clip(min=0.0).sum(axis=1)
    shares = [_share(up - down, up + down) for up, down in zip(gain.tolist(), loss.tolist(), strict=True)]
    if convention == "tradingview":
        shares = [share if way != 0.0 else np.nan for share, way in zip(shares, gain + loss, strict=True)]
    return np.array([np.nan] * window + shares)


def _wilder_means(prices: list[float], window: int) -> list[tuple[float, float]]:
    """Return mean gain and loss of prices without gaps: means of the first changes, then Wilder's smoothing."""
    if len(prices) <= window:
        return [(np.nan, np.nan)] * len(prices)
    changes = [new - old for old, new in pairwise(prices)]
    gain = sum(max(change, 0.0) for change in changes[:window]) / window
    loss = sum(max(-change, 0.0) for change in changes[:window]) / window
    result = [(np.nan, np.nan)] * window + [(gain, loss)]
    for change in changes[window:]:
        gain = (gain * (window - 1) + max(change, 0.0)) / window
        loss = (loss * (window - 1) + max(-change, 0.0)) / window
        result.append((gain, loss))
    return result


def _share(part: float, total: float) -> float:
    """Return a part in per cent of a total, 0 if that is 0."""
    return 100.0 * (part / total) if total != 0.0 else 0.0


def _cutler_rsi(prices: pd.Series[float], window: int) -> Array:
    """Return the RSI by rolling means; the first bar counts as no change, and changes next to a gap are unknown.

    Each window is summed on its own: what pandas' rolling mean leaves behind after a move (1e-17) would turn a flat
    stretch, where the value is unknown, into any number from 0 to 100.
    """
    change = prices.diff()
    first = first_bar(np.array(prices.notna()))
    change.iloc[first : first + 1] = 0.0
    if len(change) < window:
        return np.full(len(change), np.nan)
    windows = sliding_window_view(np.array(change), window)
    gain, loss = windows.clip(min=0.0).sum(axis=1), (-windows).clip(min=0.0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        value = 100.0 * (gain / (gain + loss))
    return np.concatenate([np.full(window - 1, np.nan), value])


def macd(
    x: Array, fast: int = 12, slow: int = 26, signal: int = 9, *, convention: Convention = "talib"
) -> tuple[Array, Array, Array]:
    """Return the distance of two exponential means, its own exponential mean, and the difference of the two.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    fast, slow : int, default 12 and 26
        Windows of the two means, at least 2; swapped if `fast` is the longer one.
    signal : int, default 9
        Window of the signal line, at least 1.
    convention : {"talib", "tradingview", "pandas", "legacy"}
        "talib" seeds both means on bar `slow` - 1, the fast one with the mean of the last `fast` prices up to it, and
        the signal with the mean of the first `signal` distances; "legacy" normalises weights by the bars seen; the
        others begin all means as the first value.

    Returns
    -------
    macd, signal, histogram : ndarray
        Under "talib" the first `slow` + `signal` - 2 bars of all three are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: G. Appel; equals TA-Lib's MACD.
    """
    fast, slow = min(fast, slow), max(fast, slow)
    kept = complete(x)
    if convention != "talib":
        line, mean = _weighted_macd(pd.Series(x[kept]), fast, slow, signal, adjust=convention == "legacy")
    else:
        line, mean = _seeded_macd(x[kept].tolist(), fast, slow, signal, 2.0 / (fast + 1), 2.0 / (slow + 1))
    return put_back(line, kept), put_back(mean, kept), put_back(line - mean, kept)


def macdfix(x: Array, signal: int = 9) -> tuple[Array, Array, Array]:
    """Return the three lines of MACD with windows of 12 and 26 and Appel's rounded weights, 0.15 and 0.075.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    signal : int, default 9
        Window of the signal line, at least 1.

    Returns
    -------
    macd, signal, histogram : ndarray
        The first 24 + `signal` bars of all three are NaN.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over. Source: G. Appel; equals TA-Lib's MACDFIX.
    """
    kept = complete(x)
    line, mean = _seeded_macd(x[kept].tolist(), 12, 26, signal, 0.15, 0.075)
    return put_back(line, kept), put_back(mean, kept), put_back(line - mean, kept)


def _seeded_macd(
    prices: list[float], fast: int, slow: int, signal: int, quickly: float, slowly: float
) -> tuple[Array, Array]:
    """Return line and signal of prices without gaps with TA-Lib's seeds; a new price weighs `quickly` and `slowly`."""
    quick = sum(prices[slow - fast : slow]) / fast
    calm = sum(prices[:slow]) / slow
    distances = [quick - calm]
    for price in prices[slow:]:
        quick += quickly * (price - quick)
        calm += slowly * (price - calm)
        distances.append(quick - calm)
    mean = sum(distances[:signal]) / signal
    means = [mean]
    for distance in distances[signal:]:
        mean += 2.0 / (signal + 1) * (distance - mean)
        means.append(mean)
    line, smooth = np.full(len(prices), np.nan), np.full(len(prices), np.nan)
    first = slow + signal - 2
    if first < len(prices):
        line[first:] = distances[signal - 1 :]
        smooth[first:] = means
    return line, smooth


def _weighted_macd(prices: pd.Series[float], fast: int, slow: int, signal: int, *, adjust: bool) -> tuple[Array, Array]:
    """Return line and signal of prices without gaps from the first on; `adjust`: weights by the bars seen."""
    line = prices.ewm(span=fast, adjust=adjust).mean() - prices.ewm(span=slow, adjust=adjust).mean()
    return np.array(line), np.array(line.ewm(span=signal, adjust=adjust).mean())


def cci(high: Array, low: Array, close: Array, window: int = 14, *, convention: Convention = "talib") -> Array:
    """Return the commodity channel index: the typical price's distance from its mean in 0.015 mean deviations.

    Parameters
    ----------
    high, low, close : ndarray
        Prices, oldest first.
    window : int, default 14
        Bars in the mean and in the mean absolute deviation, at least 2.
    convention : {"talib", "tradingview", "pandas"}
        Where the deviation is 0 the index is 0 under "talib", NaN under the others.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: D. Lambert, *Commodities*, 1980; equals TA-Lib's CCI.

    Examples
    --------
    >>> price = np.array([1.0, 1.0, 4.0])
    >>> cci(price, price, price, window=3).round(6).tolist()
    [nan, nan, 100.0]
    """
    price = (high + low + close) / 3.0
    result = np.full(len(price), np.nan)
    if len(price) >= window:
        # Distances from the newest price of each window, so that a flat window gives exactly 0.
        windows = np.lib.stride_tricks.sliding_window_view(price, window)
        distances = windows - windows[:, -1:]
        mean = distances.mean(axis=1)
        deviation = np.abs(distances - mean[:, None]).mean(axis=1)
        index = np.full(len(mean), 0.0 if convention == "talib" else np.nan)
        # Typical prices of equal sums differ by rounding, up to 6e-16 of a price: that is flat too.
        flat = deviation <= 1e-15 * np.abs(windows[:, -1])
        result[window - 1 :] = np.divide(-mean, 0.015 * deviation, out=index, where=~flat)
    return result
