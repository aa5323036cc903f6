"""Candlestick patterns of two candles."""

from __future__ import annotations

from quantperf.indicators.candles import MORRIS, candlestick, plan
from quantperf.indicators.plan import Plan
from quantperf.reference import candles_two as reference


@candlestick(
    reference.cdl_engulfing,
    codes="100 (rising) or -100 (falling), 80 or -80 if the bodies share an end, or 0.",
    drawn=[(11, 11.5, 8.5, 9), (8, 12.5, 7.5, 12)],
    gives=100,
)
def cdl_engulfing(*, convention: str) -> Plan:
    """Return where an engulfing pattern stands: a body that holds the body before, of the other colour.

    Only bodies count, of this bar and of the one before.
    """
    return plan("cdl_engulfing")


@candlestick(
    reference.cdl_harami,
    codes="100 (after a fall) or -100 (after a rise), 80 or -80 if the bodies share an end, or 0.",
    drawn=[(14, 14.5, 9.5, 10), (11, 12.5, 10.5, 12)],
    gives=100,
)
def cdl_harami(*, convention: str) -> Plan:
    """Return where a harami stands: a short body inside a long body before.

    The first body is long, the second not long; the colour of the second does not count.
    """
    return plan("cdl_harami")


@candlestick(
    reference.cdl_haramicross,
    codes="100 (after a fall) or -100 (after a rise), 80 or -80 if the bodies share an end, or 0.",
    drawn=[(14, 14.5, 9.5, 10), (12, 12.5, 11, 12)],
    gives=100,
)
def cdl_haramicross(*, convention: str) -> Plan:
    """Return where a harami cross stands: a doji inside a long body before.

    A harami whose second candle is a doji.
    """
    return plan("cdl_haramicross")


@candlestick(
    reference.cdl_homingpigeon,
    codes="100 or 0.",
    drawn=[(14, 14.5, 9.5, 10), (12, 12.5, 10.5, 11)],
    gives=100,
    source=MORRIS,
)
def cdl_homingpigeon(*, convention: str) -> Plan:
    """Return where a homing pigeon stands: a short black body inside a long black one.

    The first body is long, the second not long; the second opens lower and closes higher.
    """
    return plan("cdl_homingpigeon")


@candlestick(
    reference.cdl_dojistar,
    codes="100 (below a black body), -100 (above a white one) or 0.",
    drawn=[(14, 14.5, 9.5, 10), (9, 9.5, 8.5, 9)],
    gives=100,
)
def cdl_dojistar(*, convention: str) -> Plan:
    """Return where a doji star stands: a doji that gaps away from a long body.

    The body of the doji lies above that of a long white candle, or below that of a long black one.
    """
    return plan("cdl_dojistar")


@candlestick(
    reference.cdl_counterattack,
    codes="100 (the second is white), -100 (black) or 0.",
    drawn=[(14, 14.5, 9.5, 10), (6, 10.5, 5.5, 10)],
    gives=100,
)
def cdl_counterattack(*, convention: str) -> Plan:
    """Return where a counterattack stands: two long bodies of opposite colours that meet at their close.

    Both bodies are long, and the closes are equal.
    """
    return plan("cdl_counterattack")


@candlestick(
    reference.cdl_separatinglines,
    codes="100 (the second is white), -100 (black) or 0.",
    drawn=[(12, 12.5, 9.5, 10), (12, 15, 12, 14.5)],
    gives=100,
)
def cdl_separatinglines(*, convention: str) -> Plan:
    """Return where separating lines stand: a belt hold that opens where a candle of the other colour opened.

    The opens are equal; the second body is long, with a very short shadow at its open.
    """
    return plan("cdl_separatinglines")


@candlestick(
    reference.cdl_darkcloudcover,
    codes="-100 or 0.",
    drawn=[(10, 14.5, 9.5, 14), (15, 15.5, 10.5, 11)],
    gives=-100,
)
def cdl_darkcloudcover(penetration: float = 0.5, *, convention: str) -> Plan:
    """Return where a dark cloud cover stands: black opens above the high of a long white and closes well within it.

    The first is long and white; the second opens above its high, and closes inside its body by more than the
    penetration.
    """
    return plan("cdl_darkcloudcover", penetration)


@candlestick(
    reference.cdl_piercing,
    codes="100 or 0.",
    drawn=[(14, 14.5, 9.5, 10), (9, 13.5, 8.5, 13)],
    gives=100,
)
def cdl_piercing(*, convention: str) -> Plan:
    """Return where a piercing pattern stands: white opens below the low of a long black and closes above its middle.

    The first is long and black, the second long and white; it opens below the low and closes in the upper half of the
    body.
    """
    return plan("cdl_piercing")


@candlestick(
    reference.cdl_thrusting,
    codes="-100 or 0.",
    drawn=[(14, 14.5, 9.5, 10), (9, 12, 8.5, 11.5)],
    gives=-100,
)
def cdl_thrusting(*, convention: str) -> Plan:
    """Return where a thrusting pattern stands: white opens below the low of a long black and closes under its middle.

    The second opens below the low of a long black candle, and closes above its close (not equal to it), at most at the
    middle of its body.
    """
    return plan("cdl_thrusting")


@candlestick(
    reference.cdl_inneck,
    codes="-100 or 0.",
    drawn=[(14, 14.5, 9.5, 10), (9, 10.5, 8.5, 10)],
    gives=-100,
)
def cdl_inneck(*, convention: str) -> Plan:
    """Return where an in-neck pattern stands: white opens below the low of a long black and closes just at its close.

    The second opens below the low of a long black candle, and closes at its close, or above but equal to it.
    """
    return plan("cdl_inneck")


@candlestick(
    reference.cdl_onneck,
    codes="-100 or 0.",
    drawn=[(14, 14.5, 9.5, 10), (9, 10, 8.5, 9.5)],
    gives=-100,
)
def cdl_onneck(*, convention: str) -> Plan:
    """Return where an on-neck pattern stands: white opens below the low of a long black and closes at that low.

    The second opens below the low of a long black candle, and closes equal to that low.
    """
    return plan("cdl_onneck")


@candlestick(
    reference.cdl_matchinglow,
    codes="100 or 0.",
    drawn=[(12, 12.5, 9.5, 10), (11, 11.5, 9.5, 10)],
    gives=100,
    source=MORRIS,
)
def cdl_matchinglow(*, convention: str) -> Plan:
    """Return where a matching low stands: two black candles with equal closes.

    Both are black, and the closes are equal.
    """
    return plan("cdl_matchinglow")


@candlestick(
    reference.cdl_kicking,
    codes="100 (the second is white), -100 (black) or 0.",
    drawn=[(12, 12, 9, 9), (13, 16, 13, 16)],
    gives=100,
    source=MORRIS,
)
def cdl_kicking(*, convention: str) -> Plan:
    """Return where a kicking stands: a marubozu that gaps away from one of the other colour.

    Both bodies are long, with very short shadows; a white one lies above a black one before, shadows and all, or a
    black one below a white one.
    """
    return plan("cdl_kicking")


@candlestick(
    reference.cdl_kickingbylength,
    codes="100 (the longer is white), -100 (black) or 0.",
    drawn=[(12, 12, 9, 9), (13, 17, 13, 17)],
    gives=100,
    source=MORRIS,
)
def cdl_kickingbylength(*, convention: str) -> Plan:
    """Return where a kicking stands, signed by the longer of its two marubozus.

    As `cdl_kicking`, but the sign is the colour of the longer body; of the first, if neither is.
    """
    return plan("cdl_kickingbylength")
