"""The comprehensive analysis as a service does it first: one symbol after the other, asked for when its turn comes.

Every indicator is computed over all bars by pandas, under the legacy convention, and the last value is read off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from quantperf.reference.averages import ema, sma
from quantperf.reference.bands import bbands
from quantperf.reference.momentum import macd, rsi
from quantperf.reference.signals import LINES, signals
from quantperf.reference.stochastics import stochf
from quantperf.reference.volume import volume_sma, vwap

__all__ = ["analyse", "comprehensive", "sentiment_score"]


def analyse(symbols: Iterable[str], source: Callable[[str], pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """Return the comprehensive analysis of each symbol, one symbol after the other.

    Parameters
    ----------
    symbols : iterable of str
        What to analyse.
    source : callable
        Returns the bars of a symbol; called once for each, when the one before is done.

    Returns
    -------
    dict of str to dict
        By symbol, what `comprehensive` returns.

    Examples
    --------
    >>> flat = pd.DataFrame(dict.fromkeys(["open", "high", "low", "close", "volume"], [1.0, 1.0]))
    >>> analyse(["A", "B"], lambda symbol: flat)["B"]["current_price"]
    1.0
    """
    return {symbol: comprehensive(source(symbol)) for symbol in symbols}


def comprehensive(bars: pd.DataFrame) -> dict[str, Any]:
    """Return the comprehensive analysis of a symbol as of its last bar, under the legacy convention.

    Parameters
    ----------
    bars : DataFrame
        Columns open, high, low, close and volume, oldest bar first. Bars without any price are left out,
        and infinite values are taken as missing.

    Returns
    -------
    dict
        ``timestamp``, ``current_price``, ``price_change_pct``, ``signals`` of the default rules on the last bar,
        ``indicators`` in groups, and ``sentiment``: the sum of the parts that are known. A missing number is None.

    Examples
    --------
    >>> rising = pd.DataFrame(dict.fromkeys(["open", "high", "low", "close", "volume"], [1.0, 2.0]))
    >>> found = comprehensive(rising)
    >>> found["price_change_pct"], found["indicators"]["rsi"]["current"]
    (100.0, None)
    """
    finite = bars.replace([np.inf, -np.inf], np.nan)
    kept = finite.dropna(how="all", subset=["open", "high", "low", "close"])
    high, low, close, volume = (np.array(kept[name], dtype=float) for name in ("high", "low", "close", "volume"))
    strength = rsi(close, 14, convention="legacy")
    line, signal, histogram = macd(close, 12, 26, 9, convention="legacy")
    upper, middle, lower = bbands(close, 20, 2.0, 2.0, convention="legacy")
    k, d = stochf(high, low, close, 14, 3, convention="legacy")
    usual = volume_sma(volume, 20)
    means = {window: sma(close, window) for window in (5, 20, 50, 60, 200, 300)}
    averages = {
        **{f"sma_{window}": _last(mean) for window, mean in means.items()},
        **{f"ema_{window}": _last(ema(close, window, convention="legacy")) for window in (9, 21, 50)},
        "vwap": _last(vwap(high, low, close, volume, convention="legacy")),
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(usual != 0.0, volume / usual, np.nan)
    lines = (strength, upper, lower, means[50], means[200], line, signal, k, d, ratios)
    known = pd.DataFrame(dict(zip(LINES, lines, strict=True)), index=kept.index)
    fired = [record for record in signals(kept.iloc[-2:], known.iloc[-2:]) if record["triggered_at"] == kept.index[-1]]
    told = ("direction", "signal_strength", "indicator_value")
    ratio = _last(ratios)
    change = _share(_last(np.diff(close)), _last(close[:-1]))
    return {
        "timestamp": kept.index[-1],
        "current_price": _last(close),
        "price_change_pct": None if change is None else 100.0 * change,
        "signals": {record["signal_type"]: {name: record[name] for name in told} for record in fired},
        "indicators": {
            "moving_averages": averages,
            "rsi": {"current": _last(strength), "previous": _last(strength[:-1])},
            "macd": {"macd": _last(line), "signal": _last(signal), "histogram": _last(histogram)},
            "bollinger": {"upper": _last(upper), "middle": _last(middle), "lower": _last(lower)},
            "stochastic": {"k": _last(k), "d": _last(d)},
            "volume": {"current": _last(volume), "sma_20": _last(usual), "ratio": ratio},
        },
        "sentiment": sentiment_score(
            _last(strength), _last(line), _last(signal), _last(k), _last(d), _last(close),
            averages["sma_20"], averages["sma_50"], ratio,
        ),
    }  # fmt: skip


def sentiment_score(
    rsi: float | None,
    macd: float | None,
    signal: float | None,
    k: float | None,
    d: float | None,
    close: float | None,
    sma_20: float | None,
    sma_50: float | None,
    ratio: float | None,
) -> int | None:
    """Return the sum of the points of the parts that are known; None if none is.

    Examples
    --------
    >>> sentiment_score(25.0, 1.0, 0.0, 10.0, 15.0, 3.0, 2.0, 1.0, 2.0)
    9
    >>> sentiment_score(75.0, None, None, None, None, None, None, None, None)
    -2
    """
    points = []
    if rsi is not None:
        points.append(-2 if rsi >= 70.0 else -1 if rsi >= 60.0 else 2 if rsi <= 30.0 else 1 if rsi <= 40.0 else 0)
    if macd is not None and signal is not None:
        points.append(2 if macd > signal else -2 if macd < signal else 0)
    if k is not None and d is not None:
        if k >= 80.0 and d >= 80.0:
            points.append(-2)
        elif k >= 70.0 or d >= 70.0:
            points.append(-1)
        elif k <= 20.0 and d <= 20.0:
            points.append(2)
        else:
            points.append(1 if k <= 30.0 or d <= 30.0 else 0)
    if close is not None and sma_20 is not None and sma_50 is not None:
        if close > sma_20:
            points.append(2 if sma_20 > sma_50 else 1)
        elif close < sma_20:
            points.append(-2 if sma_20 < sma_50 else -1)
        else:
            points.append(0)
    if ratio is not None:
        points.append(1 if ratio >= 1.5 else -1 if ratio <= 0.7 else 0)
    return sum(points) if points else None


def _last(values: Any) -> float | None:
    """Return the last number; None if it is missing, or there is none."""
    return None if len(values) == 0 or np.isnan(values[-1]) else float(values[-1])


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or whole is None or whole == 0.0 else part / whole
