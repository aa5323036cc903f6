"""Candlestick patterns of four and five candles, and those that wait for a confirmation."""

from __future__ import annotations

from quantperf.indicators.candles import CHESLER, MORRIS, candlestick, plan
from quantperf.indicators.plan import Plan
from quantperf.reference import candles_many as reference


@candlestick(
    reference.cdl_3blackcrows,
    codes="-100 or 0.",
    drawn=[(12, 15, 11.5, 14.5), (14, 14.5, 11.9, 12), (13, 13.5, 10.9, 11), (12, 12.5, 9.9, 10)],
    gives=-100,
)
def cdl_3blackcrows(*, convention: str) -> Plan:
    """Return where three black crows stand: three black candles that fall after a white one.

    Three lower closes with very short lower shadows, the first below the high of the white candle; each opens inside
    the black body before.
    """
    return plan("cdl_3blackcrows")


@candlestick(
    reference.cdl_3linestrike,
    codes="100 (after a rise), -100 (after a fall) or 0.",
    drawn=[(10, 12.5, 9.5, 12), (11.5, 14, 11, 13.5), (13, 15.5, 12.5, 15), (16, 16.5, 9, 9.5)],
    gives=100,
    source=MORRIS,
)
def cdl_3linestrike(*, convention: str) -> Plan:
    """Return where a three-line strike stands: one candle that takes back three of the other colour.

    Three white candles with higher closes, or three black ones with lower closes, each opening in the body before or
    near it; the fourth opens beyond the third close and closes beyond the first open.
    """
    return plan("cdl_3linestrike")


@candlestick(
    reference.cdl_concealbabyswall,
    codes="100 or 0.",
    drawn=[(16, 16, 14, 14), (14, 14, 12, 12), (11, 13, 9.5, 10), (13, 13.5, 9, 9.2)],
    gives=100,
    source=MORRIS,
)
def cdl_concealbabyswall(*, convention: str) -> Plan:
    """Return where a concealing baby swallow stands: four black candles, the last of which holds the third.

    The first two have very short shadows; the third body lies below the second, with an upper shadow that is not very
    short and reaches above the second close; the range of the fourth reaches beyond that of the third at both ends.
    """
    return plan("cdl_concealbabyswall")


@candlestick(
    reference.cdl_ladderbottom,
    codes="100 or 0.",
    drawn=[(18, 18.5, 16, 16.5), (17, 17.5, 15, 15.5), (16, 16.5, 14, 14.5), (15, 16, 13.5, 14), (15.5, 17.5, 15, 17)],
    gives=100,
    source=MORRIS,
)
def cdl_ladderbottom(*, convention: str) -> Plan:
    """Return where a ladder bottom stands: four black candles down, then white above them.

    Three lower opens and closes; the fourth is black with an upper shadow that is not very short; the fifth is white,
    opens above the fourth open and closes above its high.
    """
    return plan("cdl_ladderbottom")


@candlestick(
    reference.cdl_breakaway,
    codes="100 (up), -100 (down) or 0.",
    drawn=[(16, 16.5, 11.5, 12), (11, 11.5, 9.5, 10), (10, 11, 9, 9.5), (9.5, 10.5, 8, 8.5), (8.5, 12, 8.3, 11.5)],
    gives=100,
    source=MORRIS,
)
def cdl_breakaway(*, convention: str) -> Plan:
    """Return where a breakaway stands: a run after a gap that one candle takes back into the gap.

    The first body is long; the second, of its colour, gaps on; the third and fourth have ever further highs and lows,
    the fourth in that colour; the fifth has the other colour and closes between the first close and the second open.
    """
    return plan("cdl_breakaway")


@candlestick(
    reference.cdl_mathold,
    codes="100 or 0.",
    drawn=[
        (10, 16.5, 9.5, 16),
        (17.5, 18, 16.5, 17),
        (16.5, 17, 15.5, 15.8),
        (15.8, 16.2, 15, 15.2),
        (15.5, 19, 15.2, 18.5),
    ],
    gives=100,
    penetration="How far the third and fourth may reach back into the first body",
    source=MORRIS,
)
def cdl_mathold(penetration: float = 0.5, *, convention: str) -> Plan:
    """Return where a mat hold stands: short candles that rest above a long white one, then white beyond them.

    The first is long and white; the second is short and black, above it; the third and fourth are short with falling
    tops, their feet below the first close, but by less than the penetration; the fifth is white, opens above the fourth
    close and closes above the highs of the three.
    """
    return plan("cdl_mathold", penetration)


@candlestick(
    reference.cdl_risefall3methods,
    codes="100 (rising), -100 (falling) or 0.",
    drawn=[(10, 16.5, 9.5, 16), (15.5, 16, 14.5, 15), (15, 15.5, 14, 14.5), (14.5, 15, 13.5, 14), (14.5, 17.5, 14, 17)],
    gives=100,
)
def cdl_risefall3methods(*, convention: str) -> Plan:
    """Return where rising or falling three methods stand: three short candles rest in a long one, and it goes on.

    The first and fifth are long and of one colour; the three between are short, of the other colour, with bodies at
    least in part within the first range and closes that go back one after the other; the fifth opens beyond the fourth
    close and closes beyond the first.
    """
    return plan("cdl_risefall3methods")


@candlestick(
    reference.cdl_hikkake,
    codes="100 (left downwards), -100 (left upwards), 120 or -120 where that is confirmed, or 0.",
    drawn=[(10, 14, 9, 13), (11, 13, 10, 12), (11, 12, 9.5, 10), (10, 14, 9.8, 13.5)],
    gives=120,
    source=CHESLER,
)
def cdl_hikkake(*, convention: str) -> Plan:
    """Return where a hikkake stands: an inside bar that is left to the wrong side.

    The range of the second lies inside the first; the third has a lower high and low (100), or higher ones (-100). A
    close of one of the next three bars above the high (below the low) of the second confirms it, once; a new hikkake on
    that bar comes first.
    """
    return plan("cdl_hikkake")


@candlestick(
    reference.cdl_hikkakemod,
    codes="100 (left downwards), -100 (left upwards), 120 or -120 where that is confirmed, or 0.",
    drawn=[(10, 16, 8, 14), (14, 15, 9, 9.3), (11, 14, 10, 12), (11, 13, 9.5, 10), (10, 15, 9.8, 14.5)],
    gives=120,
    source=CHESLER,
)
def cdl_hikkakemod(*, convention: str) -> Plan:
    """Return where a modified hikkake stands: two inside bars in a row that are left to the wrong side.

    The second range lies inside the first, the third inside the second; the fourth has a lower high and low (100), and
    the second closes near its low, or higher ones (-100), and it closes near its high. A close of one of the next three
    bars above the high (below the low) of the third confirms it, once; a new pattern on that bar comes first.
    """
    return plan("cdl_hikkakemod")
