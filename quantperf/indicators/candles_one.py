"""Candlestick patterns of one candle; hammers and their kin look at the bar before for their place."""

from __future__ import annotations

from quantperf.indicators.candles import MORRIS, candlestick, plan
from quantperf.indicators.plan import Plan
from quantperf.reference import candles_one as reference


@candlestick(
    reference.cdl_doji,
    codes="100 or 0.",
    drawn=[(10.5, 11.5, 9.5, 10.5)],
    gives=100,
)
def cdl_doji(*, convention: str) -> Plan:
    """Return where a doji stands: hardly any body.

    The body is at most a tenth of the mean range of the ten bars before.
    """
    return plan("cdl_doji")


@candlestick(
    reference.cdl_dragonflydoji,
    codes="100 or 0.",
    drawn=[(11, 11.1, 9, 11)],
    gives=100,
)
def cdl_dragonflydoji(*, convention: str) -> Plan:
    """Return where a dragonfly doji stands: hardly a body, at the top of its range.

    A doji with a very short upper shadow, and a lower one that is not very short.
    """
    return plan("cdl_dragonflydoji")


@candlestick(
    reference.cdl_gravestonedoji,
    codes="100 or 0.",
    drawn=[(10, 12, 9.9, 10)],
    gives=100,
)
def cdl_gravestonedoji(*, convention: str) -> Plan:
    """Return where a gravestone doji stands: hardly a body, at the foot of its range.

    A doji with a very short lower shadow, and an upper one that is not very short.
    """
    return plan("cdl_gravestonedoji")


@candlestick(
    reference.cdl_takuri,
    codes="100 or 0.",
    drawn=[(11, 11.1, 8, 11)],
    gives=100,
    source=MORRIS,
)
def cdl_takuri(*, convention: str) -> Plan:
    """Return where a takuri line stands: a dragonfly doji with a very long lower shadow.

    A doji with a very short upper shadow and a lower one of more than twice the body.
    """
    return plan("cdl_takuri")


@candlestick(
    reference.cdl_longleggeddoji,
    codes="100 or 0.",
    drawn=[(10.5, 12.5, 10.4, 10.6)],
    gives=100,
)
def cdl_longleggeddoji(*, convention: str) -> Plan:
    """Return where a long-legged doji stands: hardly a body, and a long shadow.

    A doji of which at least one shadow is longer than the body.
    """
    return plan("cdl_longleggeddoji")


@candlestick(
    reference.cdl_rickshawman,
    codes="100 or 0.",
    drawn=[(10.5, 12.5, 8.5, 10.6)],
    gives=100,
)
def cdl_rickshawman(*, convention: str) -> Plan:
    """Return where a rickshaw man stands: hardly a body, in the middle of two long shadows.

    A doji with both shadows longer than the body, and the body near the middle of the range.
    """
    return plan("cdl_rickshawman")


@candlestick(
    reference.cdl_marubozu,
    codes="100 (white), -100 (black) or 0.",
    drawn=[(10, 13, 10, 13)],
    gives=100,
)
def cdl_marubozu(*, convention: str) -> Plan:
    """Return where a marubozu stands: a long body with hardly any shadow.

    A long body with two very short shadows.
    """
    return plan("cdl_marubozu")


@candlestick(
    reference.cdl_closingmarubozu,
    codes="100 (white), -100 (black) or 0.",
    drawn=[(10, 13, 9, 13)],
    gives=100,
    source=MORRIS,
)
def cdl_closingmarubozu(*, convention: str) -> Plan:
    """Return where a closing marubozu stands: a long body that closes at its end of the range.

    A long body with a very short upper shadow if white, a very short lower one if black.
    """
    return plan("cdl_closingmarubozu")


@candlestick(
    reference.cdl_belthold,
    codes="100 (white), -100 (black) or 0.",
    drawn=[(10, 13.5, 10, 13)],
    gives=100,
)
def cdl_belthold(*, convention: str) -> Plan:
    """Return where a belt hold stands: a long body that opens at its end of the range.

    A long body with a very short lower shadow if white, a very short upper one if black.
    """
    return plan("cdl_belthold")


@candlestick(
    reference.cdl_longline,
    codes="100 (white), -100 (black) or 0.",
    drawn=[(10, 13.2, 9.8, 13)],
    gives=100,
    source=MORRIS,
)
def cdl_longline(*, convention: str) -> Plan:
    """Return where a long line stands: a long body with short shadows.

    A long body with both shadows below the mean shadow of the ten bars before.
    """
    return plan("cdl_longline")


@candlestick(
    reference.cdl_shortline,
    codes="100 (white), -100 (black) or 0.",
    drawn=[(10, 10.8, 9.8, 10.6)],
    gives=100,
    source=MORRIS,
)
def cdl_shortline(*, convention: str) -> Plan:
    """Return where a short line stands: a short body with short shadows.

    A short body with both shadows below the mean shadow of the ten bars before.
    """
    return plan("cdl_shortline")


@candlestick(
    reference.cdl_spinningtop,
    codes="100 (white), -100 (black) or 0.",
    drawn=[(10, 11, 9.2, 10.4)],
    gives=100,
)
def cdl_spinningtop(*, convention: str) -> Plan:
    """Return where a spinning top stands: a short body with longer shadows.

    A short body with both shadows longer than it.
    """
    return plan("cdl_spinningtop")


@candlestick(
    reference.cdl_highwave,
    codes="100 (white), -100 (black) or 0.",
    drawn=[(10, 11.5, 8.5, 10.4)],
    gives=100,
)
def cdl_highwave(*, convention: str) -> Plan:
    """Return where a high wave stands: a short body with very long shadows.

    A short body with both shadows longer than twice the body.
    """
    return plan("cdl_highwave")


@candlestick(
    reference.cdl_hammer,
    codes="100 or 0.",
    drawn=[(9.4, 9.9, 7, 9.8)],
    gives=100,
)
def cdl_hammer(*, convention: str) -> Plan:
    """Return where a hammer stands: a short body on a long lower shadow, at the low before or under it.

    A short body with a lower shadow longer than it and a very short upper one; its foot lies at most near above the low
    of the bar before.
    """
    return plan("cdl_hammer")


@candlestick(
    reference.cdl_hangingman,
    codes="-100 or 0.",
    drawn=[(12, 12.5, 10, 12.4)],
    gives=-100,
)
def cdl_hangingman(*, convention: str) -> Plan:
    """Return where a hanging man stands: a short body on a long lower shadow, at the high before or above it.

    A short body with a lower shadow longer than it and a very short upper one; its foot lies at most near below the
    high of the bar before.
    """
    return plan("cdl_hangingman")


@candlestick(
    reference.cdl_invertedhammer,
    codes="100 or 0.",
    drawn=[(9, 11, 8.9, 9.4)],
    gives=100,
)
def cdl_invertedhammer(*, convention: str) -> Plan:
    """Return where an inverted hammer stands: a short body under a long upper shadow, after a gap down.

    A short body with an upper shadow longer than it and a very short lower one; the body lies below that of the bar
    before.
    """
    return plan("cdl_invertedhammer")


@candlestick(
    reference.cdl_shootingstar,
    codes="-100 or 0.",
    drawn=[(12, 14, 11.9, 12.4)],
    gives=-100,
)
def cdl_shootingstar(*, convention: str) -> Plan:
    """Return where a shooting star stands: a short body under a long upper shadow, after a gap up.

    A short body with an upper shadow longer than it and a very short lower one; the body lies above that of the bar
    before.
    """
    return plan("cdl_shootingstar")
