"""Candlestick patterns of three candles."""

from __future__ import annotations

from quantperf.indicators.candles import MORRIS, candlestick, plan
from quantperf.indicators.plan import Plan
from quantperf.reference import candles_three as reference


@candlestick(
    reference.cdl_morningstar,
    codes="100 or 0.",
    drawn=[(14, 14.5, 9.5, 10), (9, 9.5, 8, 8.5), (10, 13.5, 9.5, 13)],
    gives=100,
)
def cdl_morningstar(penetration: float = 0.3, *, convention: str) -> Plan:
    """Return where a morning star stands: a short body below a long black one, then white well into that.

    The first is long and black; the second body is not long and lies below it; the third is long and white, and closes
    above the first close by more than the penetration.
    """
    return plan("cdl_morningstar", penetration)


@candlestick(
    reference.cdl_morningdojistar,
    codes="100 or 0.",
    drawn=[(14, 14.5, 9.5, 10), (9, 9.5, 8.5, 9), (10, 13.5, 9.5, 13)],
    gives=100,
)
def cdl_morningdojistar(penetration: float = 0.3, *, convention: str) -> Plan:
    """Return where a morning doji star stands: a doji below a long black body, then white well into that.

    A morning star whose second candle is a doji.
    """
    return plan("cdl_morningdojistar", penetration)


@candlestick(
    reference.cdl_eveningstar,
    codes="-100 or 0.",
    drawn=[(10, 14.5, 9.5, 14), (15, 16, 14.5, 15.5), (14, 14.5, 10.5, 11)],
    gives=-100,
)
def cdl_eveningstar(penetration: float = 0.3, *, convention: str) -> Plan:
    """Return where an evening star stands: a short body above a long white one, then black well into that.

    The first is long and white; the second body is not long and lies above it; the third is long and black, and closes
    below the first close by more than the penetration.
    """
    return plan("cdl_eveningstar", penetration)


@candlestick(
    reference.cdl_eveningdojistar,
    codes="-100 or 0.",
    drawn=[(10, 14.5, 9.5, 14), (15, 15.5, 14.5, 15), (14, 14.5, 10.5, 11)],
    gives=-100,
)
def cdl_eveningdojistar(penetration: float = 0.3, *, convention: str) -> Plan:
    """Return where an evening doji star stands: a doji above a long white body, then black well into that.

    An evening star whose second candle is a doji.
    """
    return plan("cdl_eveningdojistar", penetration)


@candlestick(
    reference.cdl_abandonedbaby,
    codes="100 (at a bottom), -100 (at a top) or 0.",
    drawn=[(14, 14.5, 9.5, 10), (9, 9.2, 8.8, 9), (10, 13.5, 9.5, 13)],
    gives=100,
)
def cdl_abandonedbaby(penetration: float = 0.3, *, convention: str) -> Plan:
    """Return where an abandoned baby stands: a doji star with gaps, shadows and all, on both sides.

    A morning or evening doji star in which the range of the doji touches that of neither neighbour.
    """
    return plan("cdl_abandonedbaby", penetration)


@candlestick(
    reference.cdl_tristar,
    codes="100 (below), -100 (above) or 0.",
    drawn=[(14, 14.5, 13.5, 14), (13, 13.5, 12.5, 13), (13.5, 14, 13, 13.5)],
    gives=100,
)
def cdl_tristar(*, convention: str) -> Plan:
    """Return where a tri-star stands: three dojis, the second of them a star.

    The second body gaps away from the first, and the third does not reach so far. All three are dojis against the ten
    bars before the first.
    """
    return plan("cdl_tristar")


@candlestick(
    reference.cdl_3whitesoldiers,
    codes="100 or 0.",
    drawn=[(10, 12.1, 9.9, 12), (11.5, 13.6, 11, 13.5), (13, 15.1, 12.5, 15)],
    gives=100,
)
def cdl_3whitesoldiers(*, convention: str) -> Plan:
    """Return where three white soldiers stand: three white candles that advance.

    Three higher closes with very short upper shadows; each opens above the open before, and at most near above its
    close; no body is far shorter than the one before, and the third is long.
    """
    return plan("cdl_3whitesoldiers")


@candlestick(
    reference.cdl_advanceblock,
    codes="-100 or 0.",
    drawn=[(10, 14.1, 9.5, 14), (13, 16, 12.5, 15.5), (15, 17, 14.5, 15.8)],
    gives=-100,
)
def cdl_advanceblock(*, convention: str) -> Plan:
    """Return where an advance block stands: three white candles that advance and weaken.

    Three higher closes; each opens above the open before, and at most near above its close; the first is long with a
    short upper shadow. They weaken if the second is far shorter than the first and the third at most near longer; or
    the third far shorter than the second; or both get shorter, one of them with an upper shadow that is not short; or
    the third is shorter, with an upper shadow longer than its body.
    """
    return plan("cdl_advanceblock")


@candlestick(
    reference.cdl_stalledpattern,
    codes="-100 or 0.",
    drawn=[(10, 13.1, 9.5, 13), (12, 16.1, 11.5, 16), (16, 17, 15.5, 16.5)],
    gives=-100,
)
def cdl_stalledpattern(*, convention: str) -> Plan:
    """Return where a stalled pattern stands: a short white body on the shoulder of two long ones.

    Three higher closes; the first two are long, the second with a very short upper shadow and an open above the first
    open, at most near above the first close; the third is short, and opens at most its body and near below the second
    close.
    """
    return plan("cdl_stalledpattern")


@candlestick(
    reference.cdl_identical3crows,
    codes="-100 or 0.",
    drawn=[(16, 16.5, 13.9, 14), (14, 14.1, 11.9, 12), (12, 12.1, 9.9, 10)],
    gives=-100,
)
def cdl_identical3crows(*, convention: str) -> Plan:
    """Return where identical three crows stand: three black candles, each opening at the close before.

    Three lower closes with very short lower shadows; the second and third open equal to the close before.
    """
    return plan("cdl_identical3crows")


@candlestick(
    reference.cdl_2crows,
    codes="-100 or 0.",
    drawn=[(10, 14.5, 9.5, 14), (16, 16.5, 14.5, 15), (15.5, 16, 11.5, 12)],
    gives=-100,
    source=MORRIS,
)
def cdl_2crows(*, convention: str) -> Plan:
    """Return where two crows stand: black above a long white body, then black from inside it into the white.

    The first is long and white; the second body lies above it; the third opens inside the second body and closes inside
    the first.
    """
    return plan("cdl_2crows")


@candlestick(
    reference.cdl_upsidegap2crows,
    codes="-100 or 0.",
    drawn=[(10, 14.5, 9.5, 14), (15.5, 16, 14.5, 15), (16, 16.5, 14, 14.5)],
    gives=-100,
)
def cdl_upsidegap2crows(*, convention: str) -> Plan:
    """Return where upside gap two crows stand: black above a long white body, then black that holds it.

    The first is long and white; the second body, not long, lies above it; the third opens higher and closes lower than
    the second, but above the first close.
    """
    return plan("cdl_upsidegap2crows")


@candlestick(
    reference.cdl_3inside,
    codes="100 (up), -100 (down) or 0.",
    drawn=[(14, 14.5, 9.5, 10), (11, 12.5, 10.5, 12), (12, 15.5, 11.5, 15)],
    gives=100,
    source=MORRIS,
)
def cdl_3inside(*, convention: str) -> Plan:
    """Return where three inside stand: a harami that the third candle confirms.

    The second body, not long, lies inside a long first one; the third has the other colour than the first and closes
    beyond its open.
    """
    return plan("cdl_3inside")


@candlestick(
    reference.cdl_3outside,
    codes="100 (up), -100 (down) or 0.",
    drawn=[(11, 11.5, 9.5, 10), (9.5, 12.5, 9, 12), (12, 13.5, 11.5, 13)],
    gives=100,
    source=MORRIS,
)
def cdl_3outside(*, convention: str) -> Plan:
    """Return where three outside stand: an engulfing that the third candle confirms.

    The second body reaches beyond the first, of the other colour, at both ends; the third closes further on.
    """
    return plan("cdl_3outside")


@candlestick(
    reference.cdl_3starsinsouth,
    codes="100 or 0.",
    drawn=[(14, 14.2, 7, 11), (12.5, 12.7, 8, 10.5), (10, 10.05, 9.45, 9.5)],
    gives=100,
    source=MORRIS,
)
def cdl_3starsinsouth(*, convention: str) -> Plan:
    """Return where three stars in the south stand: three black candles that shrink.

    The first is long, with a lower shadow longer than its body; the second is shorter, opens above the first close and
    within its range, dips below that close but not below the low, and ends above its own; the third is short, with very
    short shadows, inside the range of the second.
    """
    return plan("cdl_3starsinsouth")


@candlestick(
    reference.cdl_unique3river,
    codes="100 or 0.",
    drawn=[(14, 14.5, 9.5, 10), (13, 13.5, 8, 11), (9.5, 10.5, 9, 10)],
    gives=100,
    source=MORRIS,
)
def cdl_unique3river(*, convention: str) -> Plan:
    """Return where a unique three river stands: black that dips below a long black and recovers, then a short white.

    The second closes above the first close and opens at most at its open, with a lower low; the third is short and
    white, and opens above that low.
    """
    return plan("cdl_unique3river")


@candlestick(
    reference.cdl_sticksandwich,
    codes="100 or 0.",
    drawn=[(12, 12.5, 9.5, 10), (11, 14, 10.5, 13.5), (14, 14.5, 9.5, 10)],
    gives=100,
    source=MORRIS,
)
def cdl_sticksandwich(*, convention: str) -> Plan:
    """Return where a stick sandwich stands: white between two black candles with equal closes.

    The low of the white one lies above the first close.
    """
    return plan("cdl_sticksandwich")


@candlestick(
    reference.cdl_tasukigap,
    codes="100 (up), -100 (down) or 0.",
    drawn=[(10, 12.5, 9.5, 12), (13, 15.5, 12.8, 15), (14.3, 14.5, 12.2, 12.4)],
    gives=100,
)
def cdl_tasukigap(*, convention: str) -> Plan:
    """Return where a tasuki gap stands: a gap that the next candle fills in part.

    The second body is white above the first, or black below it; the third has the other colour, opens inside the second
    body and closes inside the gap; the last two bodies are near in size.
    """
    return plan("cdl_tasukigap")


@candlestick(
    reference.cdl_gapsidesidewhite,
    codes="100 (above), -100 (below) or 0.",
    drawn=[(10, 12, 9.5, 11.5), (13, 15.5, 12.5, 15), (13, 15.5, 12.5, 15)],
    gives=100,
)
def cdl_gapsidesidewhite(*, convention: str) -> Plan:
    """Return where side-by-side white lines stand: two alike beyond a gap.

    The second and third body are white, both above or both below the first; near in size, with equal opens.
    """
    return plan("cdl_gapsidesidewhite")


@candlestick(
    reference.cdl_xsidegap3methods,
    codes="100 (up), -100 (down) or 0.",
    drawn=[(10, 12.5, 9.5, 12), (13, 15.5, 12.5, 15), (14, 14.5, 10.5, 11)],
    gives=100,
    source=MORRIS,
)
def cdl_xsidegap3methods(*, convention: str) -> Plan:
    """Return where up or downside gap three methods stand: a gap that the third candle closes.

    Two white bodies with a gap up, or two black ones with a gap down; the third, of the other colour, opens inside the
    second body and closes inside the first.
    """
    return plan("cdl_xsidegap3methods")
