"""Candlestick patterns: engulfing, harami, doji, hammer.

A candle is white if it closes at or above its open, else black; its body is the distance of the two. What counts as
long, short or near is measured against the mean of the bars before the bar in question, with TA-Lib's default settings.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.reference import Array, complete, first_bar, whole_bars

__all__ = ["UNKNOWN", "cdl_doji", "cdl_engulfing", "cdl_hammer", "cdl_harami"]

UNKNOWN = -128

Signals: TypeAlias = npt.NDArray[np.int8]


def cdl_engulfing(open: Array, high: Array, low: Array, close: Array) -> Signals:
    """Return where a body covers the body before it, which had the other colour: 100 or 80 rising, negative falling.

    Parameters
    ----------
    open, high, low, close : ndarray
        Prices, oldest first.

    Returns
    -------
    ndarray of int8
        100 where the body reaches beyond the other at both ends, 80 where it is level with it at one end; 0 for no
        pattern; -128 (unknown) on the first 2 bars.

    Notes
    -----
    Unknown where this or the previous bar is missing. Equals TA-Lib's CDLENGULFING.
    """
    opens, _, _, closes = whole_bars(open, high, low, close)
    top, bottom = opens.where(opens > closes, closes), opens.where(opens < closes, closes)
    white = closes >= opens
    turned = white != white.shift(1, fill_value=False)
    above, below = top > top.shift(1), bottom < bottom.shift(1)
    level_top, level_bottom = top == top.shift(1), bottom == bottom.shift(1)
    size = np.select([above & below, (above & level_bottom) | (level_top & below)], [100, 80], 0)
    return _signals(np.where(white, size, -size) * turned, complete(open, high, low, close), reads=2, lookback=2)


def cdl_harami(open: Array, high: Array, low: Array, close: Array) -> Signals:
    """Return where a short body lies within the long body before it: 100 or 80 after black, negative after white.

    Parameters
    ----------
    open, high, low, close : ndarray
        Prices, oldest first.

    Returns
    -------
    ndarray of int8
        100 where the body lies inside at both ends, 80 where it touches an end; 0 for no pattern; -128 (unknown) on the
        first 11 bars.

    Notes
    -----
    Unknown where this or one of the 11 previous bars is missing. Equals TA-Lib's CDLHARAMI.
    """
    opens, _, _, closes = whole_bars(open, high, low, close)
    top, bottom = opens.where(opens > closes, closes), opens.where(opens < closes, closes)
    body = top - bottom
    usual = _mean_before(body, 10)
    inside_long = (body.shift(1) > usual.shift(1)) & (body <= usual)
    within = (top < top.shift(1)) & (bottom > bottom.shift(1))
    touching = (top <= top.shift(1)) & (bottom >= bottom.shift(1))
    size = np.select([inside_long & within, inside_long & touching], [100, 80], 0)
    was_white = (closes >= opens).shift(1, fill_value=False)
    return _signals(np.where(was_white, -size, size), complete(open, high, low, close), reads=12, lookback=11)


def cdl_doji(open: Array, high: Array, low: Array, close: Array) -> Signals:
    """Return where the body is at most a tenth of the mean range of the 10 bars before: 100, else 0.

    Parameters
    ----------
    open, high, low, close : ndarray
        Prices, oldest first.

    Returns
    -------
    ndarray of int8
        100 or 0; -128 (unknown) on the first 10 bars.

    Notes
    -----
    Unknown where this or one of the 10 previous bars is missing. Equals TA-Lib's CDLDOJI.
    """
    opens, highs, lows, closes = whole_bars(open, high, low, close)
    small = (closes - opens).abs() <= 0.1 * _mean_before(highs - lows, 10)
    return _signals(np.where(small, 100, 0), complete(open, high, low, close), reads=11, lookback=10)


def cdl_hammer(open: Array, high: Array, low: Array, close: Array) -> Signals:
    """Return where a short body with a long lower and hardly an upper shadow is near the low before: 100, else 0.

    Parameters
    ----------
    open, high, low, close : ndarray
        Prices, oldest first.

    Returns
    -------
    ndarray of int8
        100 or 0; -128 (unknown) on the first 11 bars.

    Notes
    -----
    Unknown where this or one of the 10 previous bars is missing. Equals TA-Lib's CDLHAMMER.
    """
    opens, highs, lows, closes = whole_bars(open, high, low, close)
    top, bottom = opens.where(opens > closes, closes), opens.where(opens < closes, closes)
    body, span = top - bottom, highs - lows
    short_body = body < _mean_before(body, 10)
    long_lower_shadow = bottom - lows > body
    no_upper_shadow = highs - top < 0.1 * _mean_before(span, 10)
    near_last_low = bottom <= lows.shift(1) + 0.2 * _mean_before(span, 5).shift(1)
    hammer = short_body & long_lower_shadow & no_upper_shadow & near_last_low
    return _signals(np.where(hammer, 100, 0), complete(open, high, low, close), reads=11, lookback=11)


def _mean_before(x: pd.Series[float], window: int) -> pd.Series[float]:
    """Return the mean of the `window` bars before each bar."""
    return x.shift(1).rolling(window).mean()


def _signals(values: npt.NDArray[np.int64], kept: npt.NDArray[np.bool_], reads: int, lookback: int) -> Signals:
    """Return the values as int8, unknown before the lookback and where one of the bars read is missing."""
    known = (pd.Series(kept).astype(float).rolling(reads).min() == 1.0).to_numpy()
    known = known & (np.arange(len(kept)) >= first_bar(kept) + lookback)
    return np.where(known, values, UNKNOWN).astype(np.int8)
