"""Patterns of two candles: engulfing, harami, piercing and its kin, kicking, doji star."""

from __future__ import annotations

import numpy as np

from quantperf.reference.candles import Answer, Candle, gap_down, gap_up, level, mark, opposite, pattern
from quantperf.reference.conditions import Condition

__all__ = [
    "cdl_counterattack", "cdl_darkcloudcover", "cdl_dojistar", "cdl_engulfing", "cdl_harami", "cdl_haramicross",
    "cdl_homingpigeon", "cdl_inneck", "cdl_kicking", "cdl_kickingbylength", "cdl_matchinglow", "cdl_onneck",
    "cdl_piercing", "cdl_separatinglines", "cdl_thrusting",
]  # fmt: skip


@pattern(lookback=2, reads=2)
def cdl_engulfing(first: Candle, second: Candle) -> Answer:
    """Return where a body holds the one before, of the other colour: 100 or -100, 80 or -80 if they share an end.

    Positive if the second is white.
    """
    holds = (second.top >= first.top) & (second.bottom <= first.bottom)
    above, below = second.top > first.top, second.bottom < first.bottom
    return mark(opposite(first, second) & holds & (above | below), 100 * second.colour, full=above & below)


def _enclosed(first: Candle, second: Candle, sizes: Condition) -> Answer:
    """Return where the second body is in the first: 100 after black, -100 after white, four fifths if ends meet."""
    inside = (second.top < first.top) & (second.bottom > first.bottom)
    touching = (second.top <= first.top) & (second.bottom >= first.bottom)
    return mark(sizes & touching, -100 * first.colour, full=inside)


@pattern(lookback=11)
def cdl_harami(first: Candle, second: Candle) -> Answer:
    """Return where a body that is not long lies in a long one: 100 after black, -100 after white, 80 if ends meet."""
    return _enclosed(first, second, first.long & second.not_long)


@pattern(lookback=11)
def cdl_haramicross(first: Candle, second: Candle) -> Answer:
    """Return where a doji lies in a long body: 100 after black, -100 after white, 80 or -80 if ends meet."""
    return _enclosed(first, second, first.long & second.doji)


@pattern(lookback=11)
def cdl_homingpigeon(first: Candle, second: Candle) -> Answer:
    """Return where a black body that is not long lies inside a long black one: 100, else 0."""
    inside = (second.open < first.open) & (second.close > first.close)
    return mark(first.black & second.black & first.long & second.not_long & inside, 100)


@pattern(lookback=11)
def cdl_dojistar(first: Candle, second: Candle) -> Answer:
    """Return where a doji gaps away from a long body: -100 above a white one, 100 below a black one, else 0."""
    away = (first.white & gap_up(first, second)) | (first.black & gap_down(first, second))
    return mark(first.long & second.doji & away, -100 * first.colour)


@pattern(lookback=11)
def cdl_counterattack(first: Candle, second: Candle) -> Answer:
    """Return where two long bodies of opposite colours close level: 100 if the second is white, -100 if black."""
    meeting = level(second.close, first.close, first.equal)
    return mark(opposite(first, second) & first.long & second.long & meeting, 100 * second.colour)


@pattern(lookback=11, reads=11)
def cdl_separatinglines(first: Candle, second: Candle) -> Answer:
    """Return where a belt hold opens level with a candle of the other colour: 100 if white, -100 if black, else 0."""
    leaving = level(second.open, first.open, first.equal)
    bald = (second.white & second.no_lower) | (second.black & second.no_upper)
    return mark(opposite(first, second) & leaving & second.long & bald, 100 * second.colour)


@pattern(lookback=11)
def cdl_darkcloudcover(first: Candle, second: Candle, penetration: float = 0.5) -> Answer:
    """Return where black opens above the high of a long white and closes well within its body: -100, else 0."""
    deep = (second.close > first.open) & (second.close < first.close - penetration * first.body)
    return mark(first.white & first.long & second.black & (second.open > first.high) & deep, -100)


@pattern(lookback=11)
def cdl_piercing(first: Candle, second: Candle) -> Answer:
    """Return where a long white opens below the low of a long black and closes above its middle: 100, else 0."""
    deep = (second.close < first.open) & (second.close > first.close + 0.5 * first.body)
    return mark(_lower_opening(first, second) & second.long & deep, 100)


@pattern(lookback=11)
def cdl_thrusting(first: Candle, second: Candle) -> Answer:
    """Return where white opens below the low of a long black and closes in its lower half: -100, else 0."""
    shallow = (second.close > first.close + first.equal) & (second.close <= first.close + 0.5 * first.body)
    return mark(_lower_opening(first, second) & shallow, -100)


@pattern(lookback=11)
def cdl_inneck(first: Candle, second: Candle) -> Answer:
    """Return where white opens below the low of a long black and closes at its close, or just above: -100, else 0."""
    barely = (second.close <= first.close + first.equal) & (second.close >= first.close)
    return mark(_lower_opening(first, second) & barely, -100)


@pattern(lookback=11)
def cdl_onneck(first: Candle, second: Candle) -> Answer:
    """Return where white opens below the low of a long black and closes level with that low: -100, else 0."""
    return mark(_lower_opening(first, second) & level(second.close, first.low, first.equal), -100)


def _lower_opening(first: Candle, second: Candle) -> Condition:
    """Return whether a white candle opens below the low of a long black one."""
    return first.black & first.long & second.white & (second.open < first.low)


@pattern(lookback=6)
def cdl_matchinglow(first: Candle, second: Candle) -> Answer:
    """Return where two black candles close level: 100, else 0."""
    return mark(first.black & second.black & level(second.close, first.close, first.equal), 100)


def _kicked(first: Candle, second: Candle) -> Condition:
    """Return whether two long marubozus of opposite colours gap apart, shadows and all, away from the first."""
    up = first.black & second.white & (second.low > first.high)
    down = first.white & second.black & (second.high < first.low)
    return first.long & first.marubozu & second.long & second.marubozu & (up | down)


@pattern(lookback=11)
def cdl_kicking(first: Candle, second: Candle) -> Answer:
    """Return where a long marubozu gaps away from one of the other colour: 100 if white, -100 if black, else 0."""
    return mark(_kicked(first, second), 100 * second.colour)


@pattern(lookback=11)
def cdl_kickingbylength(first: Candle, second: Candle) -> Answer:
    """Return where two long marubozus kick: 100 if the longer of them (the first, if equal) is white, -100 if not."""
    longer = np.where((second.body > first.body).held, second.colour, first.colour)
    return mark(_kicked(first, second), 100 * longer)
