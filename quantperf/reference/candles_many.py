"""Patterns of four and five candles, and those that wait for a confirmation (hikkake)."""

from __future__ import annotations

from quantperf.reference.candles import (
    Answer,
    Candle,
    gap_down,
    gap_up,
    inside,
    mark,
    pattern,
    sinks,
    waits,
    within,
)
from quantperf.reference.conditions import Condition

__all__ = [
    "cdl_3blackcrows", "cdl_3linestrike", "cdl_breakaway", "cdl_concealbabyswall", "cdl_hikkake", "cdl_hikkakemod",
    "cdl_ladderbottom", "cdl_mathold", "cdl_risefall3methods",
]  # fmt: skip


@pattern(lookback=13, reads=13)
def cdl_3blackcrows(before: Candle, first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where three black candles fall after a white one, each opening in the body before: -100, else 0."""
    colours = before.white & first.black & second.black & third.black
    bald = first.no_lower & second.no_lower & third.no_lower
    opens = within(second.open, first) & within(third.open, second)
    falling = (before.high > first.close) & (first.close > second.close) & (second.close > third.close)
    return mark(colours & bald & opens & falling, -100)


@pattern(lookback=8)
def cdl_3linestrike(first: Candle, second: Candle, third: Candle, strike: Candle) -> Answer:
    """Return where one candle takes back three that ran one way: 100 if they rose, -100 if they fell, else 0."""

    def opens_in_or_near(candle: Candle, before: Candle) -> Condition:
        return (candle.open >= before.bottom - before.near) & (candle.open <= before.top + before.near)

    opens = opens_in_or_near(second, first) & opens_in_or_near(third, second)
    rising = first.white & second.white & third.white & (third.close > second.close) & (second.close > first.close)
    falling = first.black & second.black & third.black & (third.close < second.close) & (second.close < first.close)
    down = rising & strike.black & (strike.open > third.close) & (strike.close < first.open)
    up = falling & strike.white & (strike.open < third.close) & (strike.close > first.open)
    return mark(opens & (down | up), 100 * third.colour)


@pattern(lookback=13)
def cdl_concealbabyswall(first: Candle, second: Candle, third: Candle, fourth: Candle) -> Answer:
    """Return where black holds a black one that gapped below two black marubozus: 100, else 0."""
    blacks = first.black & second.black & third.black & fourth.black
    reaches_back = gap_down(second, third) & (third.upper > third.hardly) & (third.high > second.close)
    holds = (fourth.high > third.high) & (fourth.low < third.low)
    return mark(blacks & first.marubozu & second.marubozu & reaches_back & holds, 100)


@pattern(lookback=14, reads=14)  # 12 bars decide; as for the warm-up, the two before them count too
def cdl_ladderbottom(first: Candle, second: Candle, third: Candle, fourth: Candle, last: Candle) -> Answer:
    """Return where white jumps over the last of four black candles, which had an upper shadow: 100, else 0."""
    blacks = first.black & second.black & third.black & fourth.black
    lower_opens = (first.open > second.open) & (second.open > third.open)
    lower_closes = (first.close > second.close) & (second.close > third.close)
    jump = last.white & (last.open > fourth.open) & (last.close > fourth.high)
    return mark(blacks & lower_opens & lower_closes & (fourth.upper > fourth.hardly) & jump, 100)


@pattern(lookback=14)
def cdl_breakaway(first: Candle, second: Candle, third: Candle, fourth: Candle, last: Candle) -> Answer:
    """Return where a run that gapped away from a long body is taken back into the gap: 100 up, -100 down, else 0."""
    blacks, whites = first.black & second.black & fourth.black, first.white & second.white & fourth.white
    falling = blacks & gap_down(first, second) & sinks(second, third) & sinks(third, fourth)
    rising = whites & gap_up(first, second) & sinks(third, second) & sinks(fourth, third)
    up = falling & last.white & (last.close > second.open) & (last.close < first.close)
    down = rising & last.black & (last.close < second.open) & (last.close > first.close)
    return mark(first.long & (up | down), 100 * last.colour)


@pattern(lookback=14)
def cdl_mathold(
    first: Candle, second: Candle, third: Candle, fourth: Candle, last: Candle, penetration: float = 0.5
) -> Answer:
    """Return where short candles rest above a long white one, and white breaks out: 100, else 0."""
    sizes = first.long & second.short & third.short & fourth.short
    colours = first.white & second.black & last.white
    floor = first.close - penetration * first.body
    holds = (
        (third.bottom < first.close) & (fourth.bottom < first.close) & (third.bottom > floor) & (fourth.bottom > floor)
    )
    falling = (third.top < second.open) & (fourth.top < third.top)
    new_high = (last.close > second.high) & (last.close > third.high) & (last.close > fourth.high)
    breaks_out = (last.open > fourth.close) & new_high
    return mark(sizes & colours & gap_up(first, second) & holds & falling & breaks_out, 100)


@pattern(lookback=14)
def cdl_risefall3methods(first: Candle, second: Candle, third: Candle, fourth: Candle, last: Candle) -> Answer:
    """Return where three short candles rest in the range of a long one, which the last resumes: 100 up, -100 down."""

    def rests(candle: Candle) -> Condition:
        return candle.short & (candle.bottom < first.high) & (candle.top > first.low)

    sizes = first.long & rests(second) & rests(third) & rests(fourth) & last.long
    rise = first.white & second.black & third.black & fourth.black & last.white
    fall = first.black & second.white & third.white & fourth.white & last.black
    up = rise & (third.close < second.close) & (fourth.close < third.close)
    up = up & (last.open > fourth.close) & (last.close > first.close)
    down = fall & (third.close > second.close) & (fourth.close > third.close)
    down = down & (last.open < fourth.close) & (last.close < first.close)
    return mark(sizes & (up | down), 100 * first.colour)


@pattern(lookback=5)
def cdl_hikkake(first: Candle, second: Candle, third: Candle) -> Answer:
    """Return where an inside bar is left falsely: 100 down, -100 up; 120 or -120 where a close back confirms it.

    The close of one of the next three bars beyond the other end of the inside bar confirms it. The first bars on which
    it can stand are looked at too, so that the first answer may be a confirmation.
    """

    def setup(first: Candle, second: Candle, third: Candle) -> tuple[Condition, Condition]:
        within = inside(first, second)
        return within & sinks(second, third), within & sinks(third, second)

    return waits(setup, first, second, third)


@pattern(lookback=10)
def cdl_hikkakemod(first: Candle, second: Candle, third: Candle, fourth: Candle) -> Answer:
    """Return where two inside bars in a row are left falsely: 100 down, -100 up; 120 or -120 where it is confirmed.

    The second closes near the end to which the fourth leaves. A close of one of the next three bars beyond the other
    end of the third confirms it.
    """

    def setup(first: Candle, second: Candle, third: Candle, fourth: Candle) -> tuple[Condition, Condition]:
        narrowing = inside(first, second) & inside(second, third)
        at_the_low = second.close <= second.low + second.near
        at_the_high = second.close >= second.high - second.near
        return narrowing & sinks(third, fourth) & at_the_low, narrowing & sinks(fourth, third) & at_the_high

    return waits(setup, first, second, third, fourth)
