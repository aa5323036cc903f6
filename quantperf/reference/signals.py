"""Signals of the default rules by a loop over rows, as a service would do it: one dict a signal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from quantperf.reference import Convention
from quantperf.reference.averages import sma
from quantperf.reference.bands import bbands
from quantperf.reference.momentum import macd, rsi
from quantperf.reference.stochastics import stochf
from quantperf.reference.volume import volume_ratio

__all__ = ["LINES", "lines", "signals"]

LINES = ("rsi", "upper", "lower", "ma50", "ma200", "macd", "signal", "k", "d", "ratio")
Fired = tuple[str, int, float, float]  # type, direction, value of the indicator, strength in percent


def lines(bars: pd.DataFrame, *, convention: Convention = "talib") -> pd.DataFrame:
    """Return the indicators that the rules read, a column each.

    Parameters
    ----------
    bars : DataFrame
        Columns high, low, close and volume.
    convention : {"talib", "legacy"}
        Of the indicators that have it.
    """
    high, low, close, volume = (np.array(bars[name], dtype=np.float64) for name in ("high", "low", "close", "volume"))
    upper, _, lower = bbands(close, 20, convention=convention)
    line, signal, _ = macd(close, 12, 26, 9, convention=convention)
    k, d = stochf(high, low, close, 14, 3, convention=convention)
    columns = (
        rsi(close, 14, convention=convention), upper, lower, sma(close, 50), sma(close, 200), line, signal, k, d,
        volume_ratio(volume, 20),
    )  # fmt: skip
    return pd.DataFrame(dict(zip(LINES, columns, strict=True)), index=bars.index)


def signals(bars: pd.DataFrame, known: pd.DataFrame | None = None) -> list[dict[str, Any]]:
    """Return the signals of one symbol, row by row.

    Parameters
    ----------
    bars : DataFrame
        Columns high, low, close and volume, oldest first.
    known : DataFrame, optional
        The indicators, as `lines` gives them; by default they are computed.

    Returns
    -------
    list of dict
        signal_type, triggered_at, direction, current_price, indicator_value, signal_strength, volume,
        market_condition.

    Notes
    -----
    A comparison with a missing value makes no signal, and neither does one whose negation is asked for. Of one family
    the first rule that fires on a bar gives its signal.
    """
    frame = pd.concat([bars, lines(bars) if known is None else known], axis=1)
    found = []
    families = (_rsi, _bollinger, _breakout_50, _breakout_200, _cross, _macd, _stochastic, _volume)
    for bar in range(len(frame)):
        now = frame.iloc[bar]
        last = frame.iloc[bar - 1] if bar > 0 else now * np.nan
        for family in families:
            fired = family(last, now)
            if fired is None:
                continue
            name, direction, value, strength = fired
            found.append(
                {
                    "signal_type": name,
                    "triggered_at": frame.index[bar],
                    "direction": direction,
                    "current_price": now["close"],
                    "indicator_value": value,
                    "signal_strength": strength,
                    "volume": now["volume"],
                    "market_condition": _market(frame["close"], bar),
                }
            )
    return found


def _crossed(last: Any, now: Any, line: str, other: str) -> int | None:
    """Return 1 if a line crossed another upwards, -1 downwards, 0 if it did not; None where that is unknown."""
    p, q, a, b = last[line], last[other], now[line], now[other]
    if pd.isna(p) or pd.isna(q) or pd.isna(a) or pd.isna(b):
        return None
    if p <= q and a > b:
        return 1
    return -1 if p >= q and a < b else 0


def _rsi(last: Any, now: Any) -> Fired | None:
    p, t = last["rsi"], now["rsi"]
    strength = abs(t - 50.0)
    if p < 70.0 <= t:
        return "RSI_overbought", -1, t, strength
    if p > 30.0 >= t:
        return "RSI_oversold", 1, t, strength
    if p < 50.0 <= t:
        return "RSI_bullish", 1, t, strength
    if p > 50.0 >= t:
        return "RSI_bearish", -1, t, strength
    return None


def _bollinger(last: Any, now: Any) -> Fired | None:
    above, below = _crossed(last, now, "close", "upper"), _crossed(last, now, "close", "lower")
    if above == 1:
        return "BB_break_upper", 1, now["upper"], _away(now["close"], now["upper"])
    if below == -1:
        return "BB_break_lower", -1, now["lower"], _away(now["close"], now["lower"])
    if above is not None and abs(now["close"] - now["upper"]) <= 0.01 * abs(now["upper"]):
        return "BB_touch_upper", -1, now["upper"], _away(now["close"], now["upper"])
    if below is not None and abs(now["close"] - now["lower"]) <= 0.01 * abs(now["lower"]):
        return "BB_touch_lower", 1, now["lower"], _away(now["close"], now["lower"])
    return None


def _away(price: float, line: float) -> float:
    """Return how far a price lies from a line, in percent of the line; unknown where that is 0."""
    return 100.0 * abs(price - line) / line if line != 0.0 else np.nan


def _breakout(last: Any, now: Any, line: str, name: str) -> Fired | None:
    way = _crossed(last, now, "close", line)
    if not way:
        return None
    return f"{name}_breakout_{'up' if way > 0 else 'down'}", way, now[line], _away(now["close"], now[line])


def _breakout_50(last: Any, now: Any) -> Fired | None:
    return _breakout(last, now, "ma50", "MA50")


def _breakout_200(last: Any, now: Any) -> Fired | None:
    return _breakout(last, now, "ma200", "MA200")


def _cross(last: Any, now: Any) -> Fired | None:
    way = _crossed(last, now, "ma50", "ma200")
    if not way:
        return None
    return "golden_cross" if way > 0 else "dead_cross", way, now["ma50"], _away(now["ma50"], now["ma200"])


def _macd(last: Any, now: Any) -> Fired | None:
    line, close = now["macd"], now["close"]
    way = _crossed(last, now, "macd", "signal")
    if way:
        strength = 100.0 * abs(line - now["signal"]) / close if close != 0.0 else np.nan
        return "bullish_cross" if way > 0 else "bearish_cross", way, line, strength
    strength = 100.0 * abs(line) / close if close != 0.0 else np.nan
    if last["macd"] <= 0.0 < line:
        return "zero_cross_up", 1, line, strength
    if last["macd"] >= 0.0 > line:
        return "zero_cross_down", -1, line, strength
    return None


def _stochastic(last: Any, now: Any) -> Fired | None:
    k, d = now["k"], now["d"]
    if k >= 80.0 and d >= 80.0:
        return "overbought", -1, k, abs(k - 50.0)
    if k <= 20.0 and d <= 20.0:
        return "oversold", 1, k, abs(k - 50.0)
    way = _crossed(last, now, "k", "d")
    if not way:
        return None
    return f"stochastic_{'bullish' if way > 0 else 'bearish'}_cross", way, k, abs(k - d)


def _volume(last: Any, now: Any) -> Fired | None:
    ratio, before = now["ratio"], last["close"]
    change = 100.0 * ((now["close"] - before) / before) if before != 0.0 else np.nan
    if ratio >= 2.0 and change > 1.0:
        return "volume_breakout_up", 1, ratio, 100.0 * abs(ratio - 1.0)
    if ratio >= 2.0 and change < -1.0:
        return "volume_breakout_down", -1, ratio, 100.0 * abs(ratio - 1.0)
    if ratio <= 0.5:
        return "low_volume", 0, ratio, 100.0 * abs(ratio - 1.0)
    return None


def _market(closes: pd.Series[float], bar: int) -> str | None:
    """Return what the last five closes did, if the symbol has had 20."""
    if closes.iloc[: bar + 1].count() < 20:
        return None
    first, last = closes.iloc[bar - 4], closes.iloc[bar]
    change = 100.0 * ((last - first) / first) if first != 0.0 else np.nan
    if pd.isna(change):
        return None
    return "bullish" if change > 5.0 else "bearish" if change < -5.0 else "sideways"
