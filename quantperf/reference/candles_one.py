"""Patterns of one candle: dojis, marubozus, spinning tops; and hammers, whose place the bar before decides."""

from __future__ import annotations

from quantperf.reference.candles import Answer, Candle, gap_down, gap_up, mark, pattern

__all__ = [
    "cdl_belthold", "cdl_closingmarubozu", "cdl_doji", "cdl_dragonflydoji", "cdl_gravestonedoji", "cdl_hammer",
    "cdl_hangingman", "cdl_highwave", "cdl_invertedhammer", "cdl_longleggeddoji", "cdl_longline", "cdl_marubozu",
    "cdl_rickshawman", "cdl_shootingstar", "cdl_shortline", "cdl_spinningtop", "cdl_takuri",
]  # fmt: skip


@pattern(lookback=10)
def cdl_doji(candle: Candle) -> Answer:
    """Return where there is hardly a body: 100, else 0."""
    return mark(candle.doji, 100)


@pattern(lookback=10)
def cdl_dragonflydoji(candle: Candle) -> Answer:
    """Return where a doji stands on a lower shadow alone: 100, else 0."""
    return mark(candle.doji & candle.no_upper & (candle.lower > candle.hardly), 100)


@pattern(lookback=10)
def cdl_gravestonedoji(candle: Candle) -> Answer:
    """Return where a doji bears an upper shadow alone: 100, else 0."""
    return mark(candle.doji & candle.no_lower & (candle.upper > candle.hardly), 100)


@pattern(lookback=10)
def cdl_takuri(candle: Candle) -> Answer:
    """Return where a doji without an upper shadow has a lower one of more than two bodies: 100, else 0."""
    return mark(candle.doji & candle.no_upper & (candle.lower > 2.0 * candle.body), 100)


@pattern(lookback=10)
def cdl_longleggeddoji(candle: Candle) -> Answer:
    """Return where a doji has a shadow longer than its body: 100, else 0."""
    return mark(candle.doji & ((candle.lower > candle.body) | (candle.upper > candle.body)), 100)


@pattern(lookback=10)
def cdl_rickshawman(candle: Candle) -> Answer:
    """Return where a doji has two shadows longer than its body, which is near the middle: 100, else 0."""
    middle = candle.low + 0.5 * candle.range
    central = (candle.bottom <= middle + candle.near) & (candle.top >= middle - candle.near)
    return mark(candle.doji & (candle.lower > candle.body) & (candle.upper > candle.body) & central, 100)


@pattern(lookback=10)
def cdl_marubozu(candle: Candle) -> Answer:
    """Return where a long body has hardly any shadow: 100 if white, -100 if black, else 0."""
    return mark(candle.long & candle.marubozu, 100 * candle.colour)


@pattern(lookback=10)
def cdl_closingmarubozu(candle: Candle) -> Answer:
    """Return where a long body closes at its end of the range: 100 if white, -100 if black, else 0."""
    bald = (candle.white & candle.no_upper) | (candle.black & candle.no_lower)
    return mark(candle.long & bald, 100 * candle.colour)


@pattern(lookback=10)
def cdl_belthold(candle: Candle) -> Answer:
    """Return where a long body opens at its end of the range: 100 if white, -100 if black, else 0."""
    bald = (candle.white & candle.no_lower) | (candle.black & candle.no_upper)
    return mark(candle.long & bald, 100 * candle.colour)


@pattern(lookback=10)
def cdl_longline(candle: Candle) -> Answer:
    """Return where a long body has two short shadows: 100 if white, -100 if black, else 0."""
    short_shadows = (candle.upper < candle.usual_shadow) & (candle.lower < candle.usual_shadow)
    return mark(candle.long & short_shadows, 100 * candle.colour)


@pattern(lookback=10)
def cdl_shortline(candle: Candle) -> Answer:
    """Return where a short body has two short shadows: 100 if white, -100 if black, else 0."""
    short_shadows = (candle.upper < candle.usual_shadow) & (candle.lower < candle.usual_shadow)
    return mark(candle.short & short_shadows, 100 * candle.colour)


@pattern(lookback=10)
def cdl_spinningtop(candle: Candle) -> Answer:
    """Return where a short body has two shadows longer than itself: 100 if white, -100 if black, else 0."""
    long_shadows = (candle.upper > candle.body) & (candle.lower > candle.body)
    return mark(candle.short & long_shadows, 100 * candle.colour)


@pattern(lookback=10)
def cdl_highwave(candle: Candle) -> Answer:
    """Return where a short body has two shadows of more than two bodies: 100 if white, -100 if black, else 0."""
    very_long_shadows = (candle.upper > 2.0 * candle.body) & (candle.lower > 2.0 * candle.body)
    return mark(candle.short & very_long_shadows, 100 * candle.colour)


@pattern(lookback=11, reads=11)
def cdl_hammer(before: Candle, candle: Candle) -> Answer:
    """Return where a short body with a long lower and hardly an upper shadow is near the low before: 100, else 0."""
    placed = candle.bottom <= before.low + before.near
    return mark(candle.short & (candle.lower > candle.body) & candle.no_upper & placed, 100)


@pattern(lookback=11, reads=11)
def cdl_hangingman(before: Candle, candle: Candle) -> Answer:
    """Return where a short body with a long lower and hardly an upper shadow is near the high before: -100, else 0."""
    placed = candle.bottom >= before.high - before.near
    return mark(candle.short & (candle.lower > candle.body) & candle.no_upper & placed, -100)


@pattern(lookback=11, reads=11)
def cdl_invertedhammer(before: Candle, candle: Candle) -> Answer:
    """Return where a short body with a long upper and hardly a lower shadow gaps down: 100, else 0."""
    return mark(candle.short & (candle.upper > candle.body) & candle.no_lower & gap_down(before, candle), 100)


@pattern(lookback=11, reads=11)
def cdl_shootingstar(before: Candle, candle: Candle) -> Answer:
    """Return where a short body with a long upper and hardly a lower shadow gaps up: -100, else 0."""
    return mark(candle.short & (candle.upper > candle.body) & candle.no_lower & gap_up(before, candle), -100)
