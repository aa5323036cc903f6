"""The rules that there are by default, in the order in which those of one family come before each other."""

from __future__ import annotations

from typing import Any

from quantperf.signals.rule import Rule

__all__ = ["RULES"]


def _family(family: str, rows: list[tuple[str, int, str]], value: str, strength: str) -> list[Rule]:
    return [Rule(name, when, family, direction, value, strength) for name, direction, when in rows]


def _bands() -> list[Rule]:
    """Return the rules of the bands; a touch is no break, and not known where that is not."""
    rows: list[tuple[str, str, str, int, str]] = [
        ("BB_break_upper", "upper", "{crosses}", 1, "above"),
        ("BB_break_lower", "lower", "{crosses}", -1, "below"),
        ("BB_touch_upper", "upper", "within(close, {band}, 1) and not {crosses}", -1, "above"),
        ("BB_touch_lower", "lower", "within(close, {band}, 1) and not {crosses}", 1, "below"),
    ]
    found = []
    for name, side, text, direction, way in rows:
        band = f"bbands(20).{side}"
        when = text.format(band=band, crosses=f"crosses_{way}(close, {band})")
        found.append(Rule(name, when, "bollinger", direction, band, f"100 * abs(close - {band}) / {band}"))
    return found


def _breakouts(window: int) -> list[Rule]:
    average = f"sma({window})"
    return _family(
        f"ma{window}",
        [
            (f"MA{window}_breakout_up", 1, f"crosses_above(close, {average})"),
            (f"MA{window}_breakout_down", -1, f"crosses_below(close, {average})"),
        ],
        average,
        f"100 * abs(close - {average}) / {average}",
    )


def _pair(family: str, up: str, down: str, line: str, other: str, **says: Any) -> list[Rule]:
    """Return the rules of a line that crosses another, upwards and downwards."""
    return [
        Rule(up, f"crosses_above({line}, {other})", family, 1, **says),
        Rule(down, f"crosses_below({line}, {other})", family, -1, **says),
    ]


_MACD = "macd(12, 26, 9)"
_STOCHASTIC = "stochf(14, 3)"
_RATIO = "volume_ratio(20)"

RULES: tuple[Rule, ...] = (
    *_family(
        "rsi",
        [
            ("RSI_overbought", -1, "prev(rsi(14)) < 70 <= rsi(14)"),
            ("RSI_oversold", 1, "prev(rsi(14)) > 30 >= rsi(14)"),
            ("RSI_bullish", 1, "prev(rsi(14)) < 50 <= rsi(14)"),
            ("RSI_bearish", -1, "prev(rsi(14)) > 50 >= rsi(14)"),
        ],
        "rsi(14)",
        "abs(rsi(14) - 50)",
    ),
    *_bands(),
    *_breakouts(50),
    *_breakouts(200),
    *_pair(
        "cross", "golden_cross", "dead_cross", "sma(50)", "sma(200)",
        value="sma(50)", strength="100 * abs(sma(50) - sma(200)) / sma(200)",
    ),
    *_pair(
        "macd", "bullish_cross", "bearish_cross", f"{_MACD}.macd", f"{_MACD}.signal",
        value=f"{_MACD}.macd", strength=f"100 * abs({_MACD}.macd - {_MACD}.signal) / close",
    ),
    *_pair(
        "macd", "zero_cross_up", "zero_cross_down", f"{_MACD}.macd", "0",
        value=f"{_MACD}.macd", strength=f"100 * abs({_MACD}.macd) / close",
    ),
    *_family(
        "stochastic",
        [
            ("overbought", -1, f"{_STOCHASTIC}.fastk >= 80 and {_STOCHASTIC}.fastd >= 80"),
            ("oversold", 1, f"{_STOCHASTIC}.fastk <= 20 and {_STOCHASTIC}.fastd <= 20"),
        ],
        f"{_STOCHASTIC}.fastk",
        f"abs({_STOCHASTIC}.fastk - 50)",
    ),
    *_pair(
        "stochastic", "stochastic_bullish_cross", "stochastic_bearish_cross",
        f"{_STOCHASTIC}.fastk", f"{_STOCHASTIC}.fastd",
        value=f"{_STOCHASTIC}.fastk", strength=f"abs({_STOCHASTIC}.fastk - {_STOCHASTIC}.fastd)",
    ),
    *_family(
        "volume",
        [
            ("volume_breakout_up", 1, f"{_RATIO} >= 2 and change(close) > 1"),
            ("volume_breakout_down", -1, f"{_RATIO} >= 2 and change(close) < -1"),
            ("low_volume", 0, f"{_RATIO} <= 0.5"),
        ],
        _RATIO,
        f"100 * abs({_RATIO} - 1)",
    ),
)  # fmt: skip
