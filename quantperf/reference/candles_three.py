"""Patterns of three candles: stars, soldiers and crows, three inside and outside, gaps that hold or fill."""

from __future__ import annotations

import numpy as np

from quantperf.reference.candles import (
    Answer,
    Candle,
    gap_down,
    gap_up,
    inside,
    level,
    mark,
    opposite,
    pattern,
    within,
)
from quantperf.reference.conditions import Condition

__all__ = [
    "cdl_2crows", "cdl_3inside", "cdl_3outside", "cdl_3starsinsouth", "cdl_3whitesoldiers", "cdl_abandonedbaby",
    "cdl_advanceblock", "cdl_eveningdojistar", "cdl_eveningstar", "cdl_gapsidesidewhite", "cdl_identical3crows",
    "cdl_morningdojistar", "cdl_morningstar", "cdl_stalledpattern", "cdl_sticksandwich", "cdl_tasukigap",
    "cdl_tristar", "cdl_unique3river", "cdl_upsidegap2crows", "cdl_xsidegap3methods",
]  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------- stars


def _sinks_into(first: Candle, last: Candle, penetration: float) -> Condition:
    """Return whether a black body, longer than usual, closes well within a long white one."""
    deep = last.close < first.close - penetration * first.body
    return first.long & first.white & last.long & last.black & deep


def _rises_into(first: Candle, last: Candle, penetration: float) -> Condition:
    """Return whether a white body, longer than usual, closes well within a long black one."""
    deep = last.close > first.close + penetration * first.body
    return first.long & first.black & last.long & last.white & deep


@pattern(lookback=12)
def cdl_morningstar(first: Candle, star: Candle, last: Candle, penetration: float = 0.3) -> Answer:
    """Return where a body that is not long gaps below a long black one, and white rises into that: 100, else 0."""
    return mark(_rises_into(first, last, penetration) & star.not_long & gap_down(first, star), 100)


@pattern(lookback=12)
def cdl_morningdojistar(first: Candle, star: Candle, last: Candle, penetration: float = 0.3) -> Answer:
    """Return where a doji gaps below a long black body, and white rises into that: 100, else 0."""
    return mark(_rises_into(first, last, penetration) & star.doji & gap_down(first, star), 100)


@pattern(lookback=12)
def cdl_eveningstar(first: Candle, star: Candle, last: Candle, penetration: float = 0.3) -> Answer:
    """Return where a body that is not long gaps above a long white one, and black sinks into that: -100, else 0."""
    return mark(_sinks_into(first, last, penetration) & star.not_long & gap_up(first, star), -100)


@pattern(lookback=12)
def cdl_eveningdojistar(first: Candle, star: Candle, last: Candle, penetration: float = 0.3) -> Answer:
    """Return where a doji gaps above a long white body, and black sinks into that: -100, else 0."""
    return mark(_sinks_into(first, last, penetration) & star.doji & gap_up(first, star), -100)


@pattern(lookback=12)
def cdl_abandonedbaby(first: Candle, baby: Candle, last: Candle, penetration: float = 0.3) -> Answer:
    """Return where a doji star has no shadow in common with its neighbours: 100 at a bottom, -100 at a top, else 0."""
    above = (baby.low > first.high) & (last.high < baby.low)
    below = (baby.high < first.low) & (last.low > baby.high)
    top, bottom = _sinks_into(first, last, penetration) & above, _rises_into(first, last, penetration) & below
    return mark(baby.doji & (top | bottom), 100 * last.colour)


@pattern(lookback=12)
def cdl_tristar(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where the second of three dojis is a star: -100 above, 100 below, else 0.

    All three are held against what hardly a body is before the first.
    """
    dojis = (first.body <= first.hardly) & (second.body <= first.hardly) & (third.body <= first.hardly)
    above = gap_up(first, second) & (third.top < second.top)
    below = gap_down(first, second) & (third.bottom > second.bottom)
    return mark(dojis & (below | above), np.where(below.held, 100, -100))


# --------------------------------------------------------------------------------------------------- soldiers and crows


def _advance(first: Candle, second: Candle, third: Candle) -> Condition:
    """Return whether three white candles close higher each."""
    return first.white & second.white & third.white & (third.close > second.close) & (second.close > first.close)


def _opens_in_or_near(first: Candle, second: Candle) -> Condition:
    """Return whether the second opens above the open of the first, a white one, and at most near above its close."""
    return (second.open > first.open) & (second.open <= first.close + first.near)


@pattern(lookback=12)
def cdl_3whitesoldiers(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where three white candles advance with hardly an upper shadow, none far shorter: 100, else 0."""
    opens = _opens_in_or_near(first, second) & _opens_in_or_near(second, third)
    bald = first.no_upper & second.no_upper & third.no_upper
    steady = (second.body > first.body - first.far) & (third.body > second.body - second.far) & third.long
    return mark(_advance(first, second, third) & opens & bald & steady, 100)


@pattern(lookback=12)
def cdl_advanceblock(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where three white candles advance and weaken, in their bodies or by upper shadows: -100, else 0."""
    opens = _opens_in_or_near(first, second) & _opens_in_or_near(second, third)
    strong_start = first.long & (first.upper < first.usual_shadow)
    second_far_shorter = (second.body < first.body - first.far) & (third.body < second.body + second.near)
    third_far_shorter = third.body < second.body - second.far
    shadowed = (third.upper > third.usual_shadow) | (second.upper > second.usual_shadow)
    shrinking = (third.body < second.body) & (second.body < first.body) & shadowed
    long_shadow = (third.body < second.body) & (third.upper > third.body)
    weakens = second_far_shorter | third_far_shorter | shrinking | long_shadow
    return mark(_advance(first, second, third) & opens & strong_start & weakens, -100)


@pattern(lookback=12)
def cdl_stalledpattern(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where a short white candle rides on the shoulder of two long ones: -100, else 0."""
    strong = first.long & second.long & second.no_upper & _opens_in_or_near(first, second)
    on_the_shoulder = third.open >= second.close - third.body - second.near
    return mark(_advance(first, second, third) & strong & third.short & on_the_shoulder, -100)


@pattern(lookback=12)
def cdl_identical3crows(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where three black candles fall with hardly a lower shadow, each opening at the close before: -100 or 0."""
    crows = first.black & second.black & third.black & first.no_lower & second.no_lower & third.no_lower
    falling = (first.close > second.close) & (second.close > third.close)
    joined = level(second.open, first.close, first.equal) & level(third.open, second.close, second.equal)
    return mark(crows & falling & joined, -100)


@pattern(lookback=12)
def cdl_2crows(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where black gaps above a long white, and black again opens in it and closes in the white: -100, else 0."""
    start = first.white & first.long & second.black & gap_up(first, second)
    return mark(start & third.black & within(third.open, second) & within(third.close, first), -100)


@pattern(lookback=12)
def cdl_upsidegap2crows(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where black gaps above a long white, and black again holds it, still above the white: -100, else 0."""
    start = first.white & first.long & second.black & second.not_long & gap_up(first, second)
    holds = (third.open > second.open) & (third.close < second.close)
    return mark(start & third.black & holds & (third.close > first.close), -100)


# --------------------------------------------------------------------------------------------------- inside and outside


@pattern(lookback=12)
def cdl_3inside(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where a harami is followed by a close beyond its long body: 100 after black, -100 after white, else 0."""
    harami = first.long & second.not_long & (second.top < first.top) & (second.bottom > first.bottom)
    down = first.white & third.black & (third.close < first.open)
    up = first.black & third.white & (third.close > first.open)
    return mark(harami & (down | up), -100 * first.colour)


@pattern(lookback=3, reads=3)
def cdl_3outside(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where an engulfing is followed by a close further on: 100 if it was white, -100 if black, else 0."""
    engulfing = opposite(first, second) & (second.top > first.top) & (second.bottom < first.bottom)
    further = (second.white & (third.close > second.close)) | (second.black & (third.close < second.close))
    return mark(engulfing & further, 100 * second.colour)


@pattern(lookback=12)
def cdl_3starsinsouth(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where three black candles shrink, the first with a long lower shadow, the last bare: 100, else 0."""
    blacks = first.black & second.black & third.black
    start = first.long & (first.lower > first.body)
    opens = (second.open > first.close) & (second.open <= first.high)
    dips = (second.low < first.close) & (second.low >= first.low) & (second.lower > second.hardly)
    middle = (second.body < first.body) & opens & dips
    return mark(blacks & start & middle & third.short & third.marubozu & inside(second, third), 100)


@pattern(lookback=12)
def cdl_unique3river(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where black dips below a long black and recovers into it, and a short white follows: 100, else 0."""
    harami = (second.close > first.close) & (second.open <= first.open) & (second.low < first.low)
    last = third.short & third.white & (third.open > second.low)
    return mark(first.long & first.black & second.black & harami & last, 100)


@pattern(lookback=7)
def cdl_sticksandwich(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where two black candles that close level hold a white one above that close: 100, else 0."""
    colours = first.black & second.white & third.black
    return mark(colours & (second.low > first.close) & level(third.close, first.close, first.equal), 100)


# ----------------------------------------------------------------------------------------------------------------- gaps


@pattern(lookback=7, reads=7)
def cdl_tasukigap(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where a body like the one that gapped fills part of the gap: 100 after a rise, -100 after a fall."""
    up = gap_up(first, second) & second.white & third.black & (third.close < second.open) & (third.close > first.top)
    down = (
        gap_down(first, second)
        & second.black
        & third.white
        & (third.close > second.open)
        & (third.close < first.bottom)
    )
    alike = abs(second.body - third.body) < second.near
    return mark((up | down) & within(third.open, second) & alike, 100 * second.colour)


@pattern(lookback=7, reads=7)
def cdl_gapsidesidewhite(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where two white bodies of one size stand side by side after a gap: 100 above it, -100 below, else 0."""
    up = gap_up(first, second) & gap_up(first, third)
    down = gap_down(first, second) & gap_down(first, third)
    alike = level(third.body, second.body, second.near) & level(third.open, second.open, second.equal)
    return mark((up | down) & second.white & third.white & alike, np.where(up.held, 100, -100))


@pattern(lookback=2)
def cdl_xsidegap3methods(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where a gap between two of one colour is closed by the third: 100 if it rose, -100 if it fell, else 0."""
    up = first.white & second.white & third.black & gap_up(first, second)
    down = first.black & second.black & third.white & gap_down(first, second)
    closes = within(third.open, second) & within(third.close, first)
    return mark((up | down) & closes, 100 * first.colour)
