"""Averages of a chosen kind, plainly: the average of that name, on lines that may begin late."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantperf.reference import Array, Convention, adaptive, averages, cycles

__all__ = ["average", "known_with", "ma", "macdext", "mavp"]

KINDS: dict[int, Any] = {
    0: averages.sma, 1: averages.ema, 2: averages.wma, 3: adaptive.dema, 4: adaptive.tema, 5: averages.trima,
    6: adaptive.kama, 8: adaptive.t3, 9: adaptive.hma, 12: adaptive.zlema, 13: averages.rma,
}  # fmt: skip
NONE, DEFAULT, MESA = 10, 11, 7
SEEDED = {"tradingview": (1, 3, 4), "pandas": (1, 3, 4, 8, 13)}  # kinds that begin otherwise than TA-Lib's


def average(x: Array, window: int, matype: int, convention: Convention = "talib") -> Array:
    """Return the average of a line, of one of TA-Lib's kinds; one bar, or no smoothing, leaves it as it is.

    Kinds that have the convention follow it, the others TA-Lib.

    Examples
    --------
    >>> average(np.array([1.0, 2.0, 3.0]), 2, 1).tolist()
    [nan, 1.5, 2.5]
    """
    if window == 1 or matype == NONE:
        return x.copy()
    if matype == MESA:  # it has no window
        return cycles.mama(x)[0]
    if matype in SEEDED.get(convention, ()):
        return np.asarray(KINDS[matype](x, window, convention=convention))
    return np.asarray(KINDS[matype](x, window))


def ma(close: Array, window: int = 30, matype: int = 0) -> Array:
    """Return the moving average of a chosen kind; the default kind is the simple one.

    Notes
    -----
    Source: as for the indicator of that kind; equals TA-Lib's MA.

    Examples
    --------
    >>> ma(np.array([1.0, 3.0]), 2).tolist()
    [nan, 2.0]
    """
    return average(close, window, 0 if matype == DEFAULT else matype)


def mavp(close: Array, periods: Array, low: int = 2, high: int = 30, matype: int = 0) -> Array:
    """Return on each bar the average over as many bars as `periods` says, within `low` and `high`.

    Notes
    -----
    NaN where the longest window is not whole. Source: TA-Lib's MAVP, which it equals.

    Examples
    --------
    >>> mavp(np.array([1.0, 2.0, 6.0]), np.array([9.0, 9.0, 2.0]), 2, 3).tolist()
    [nan, nan, 4.0]
    """
    low, high = min(low, high), max(low, high)
    windows = range(low, high + 1)
    lines = dict(zip(windows, _together(close, *((window, matype) for window in windows)), strict=True))
    wanted = [None if np.isnan(bars) else min(max(int(bars), low), high) for bars in periods]
    found = np.array([np.nan if bars is None else lines[bars][t] for t, bars in enumerate(wanted)])
    return known_with(found, lines[high])


def macdext(
    close: Array,
    fast: int = 12,
    fastmatype: int = 0,
    slow: int = 26,
    slowmatype: int = 0,
    signal: int = 9,
    signalmatype: int = 0,
) -> tuple[Array, Array, Array]:
    """Return the difference of two averages that begin on one bar, its average, and what lies between.

    Notes
    -----
    Source: G. Appel, *The Moving Average Convergence-Divergence Trading Method*, 1979; equals TA-Lib's MACDEXT.

    Examples
    --------
    >>> macdext(np.array([1.0, 2.0, 4.0]), fast=2, slow=3, signal=1)[0].round(3).tolist()
    [nan, nan, 0.667]
    """
    if fast > slow:
        fast, fastmatype, slow, slowmatype = slow, slowmatype, fast, fastmatype
    quick, calm = _together(close, (fast, fastmatype), (slow, slowmatype))
    line = quick - calm
    mean = ma(line, signal, signalmatype)
    return known_with(line, mean), mean, line - mean


def known_with(line: Array, other: Array) -> Array:
    """Return a line where another is known too.

    Examples
    --------
    >>> known_with(np.array([1.0, 2.0]), np.array([np.nan, 0.0])).tolist()
    [nan, 2.0]
    """
    return np.where(np.isnan(other), np.nan, line)


def _together(close: Array, *kinds: tuple[int, int]) -> list[Array]:
    """Return averages (window, matype) that begin on the bar on which the last of them can."""
    firsts = [_first(ma(close, *kind)) for kind in kinds]
    return [ma(_from_bar(close, max(firsts) - first), *kind) for first, kind in zip(firsts, kinds, strict=True)]


def _first(line: Array) -> int:
    """Return the bar of the first known value, or the number of bars."""
    known = ~np.isnan(line)
    return int(known.argmax()) if known.any() else len(line)


def _from_bar(line: Array, bars: int) -> Array:
    """Return a line without its first `bars` known values."""
    known = np.cumsum(~np.isnan(line))
    return np.where(known > bars, line, np.nan)
