"""Candlestick patterns: 100, 80, -80 or -100 where one holds, 0 where it does not, unknown where bars are missing."""

from __future__ import annotations

import numpy as np

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.plan import Plan
from quantperf.kernels import candles as kernels
from quantperf.reference import candles as reference

BARS = ("open", "high", "low", "close")


@indicator(
    inputs=BARS,
    reference=reference.cdl_doji,
    lookback=lambda convention: 10,
    span=lambda convention: 11,
    dtype=np.int8,
    talib=[TaLib("CDLDOJI")],
)
def cdl_doji(*, convention: str) -> Plan:
    """Return where a doji stands: hardly any body.

    Returns
    -------
    like the inputs
        100 or 0.

    Notes
    -----
    The body is at most a tenth of the mean range of the ten bars before.
    Identical to TA-Lib's CDLDOJI on every bar from the first answer on. Source: S. Nison, *Japanese Candlestick
    Charting Techniques*, 1991.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.full(12, 10.0)
    >>> qp.cdl_doji(close, close + 1, close - 1, close).tolist()[-3:]
    [-128, 100, 100]
    """
    return Plan(kernels.cdl_doji, (), kernels.rows("cdl_doji"))


@indicator(
    inputs=BARS,
    reference=reference.cdl_engulfing,
    lookback=lambda convention: 2,
    span=lambda convention: 2,
    dtype=np.int8,
    talib=[TaLib("CDLENGULFING")],
)
def cdl_engulfing(*, convention: str) -> Plan:
    """Return where an engulfing pattern stands: a body that holds the body before, of the other colour.

    Returns
    -------
    like the inputs
        100 (rising) or -100 (falling), 80 or -80 if the bodies share an end, or 0.

    Notes
    -----
    Only bodies count, of this bar and of the one before.
    Identical to TA-Lib's CDLENGULFING on every bar from the first answer on. Source: S. Nison, *Japanese Candlestick
    Charting Techniques*, 1991.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> open_, close = np.array([5.0, 5.0, 3.0]), np.array([5.0, 4.0, 6.0])
    >>> qp.cdl_engulfing(open_, np.maximum(open_, close), np.minimum(open_, close), close).tolist()
    [-128, -128, 100]
    """
    return Plan(kernels.cdl_engulfing, (), kernels.rows("cdl_engulfing"))


@indicator(
    inputs=BARS,
    reference=reference.cdl_harami,
    lookback=lambda convention: 11,
    span=lambda convention: 12,
    dtype=np.int8,
    talib=[TaLib("CDLHARAMI")],
)
def cdl_harami(*, convention: str) -> Plan:
    """Return where a harami stands: a short body inside a long body before.

    Returns
    -------
    like the inputs
        100 (after a fall) or -100 (after a rise), 80 or -80 if the bodies share an end, or 0.

    Notes
    -----
    Long and short are against the mean body of the ten bars before each of the two.
    Identical to TA-Lib's CDLHARAMI on every bar from the first answer on. Source: S. Nison, *Japanese Candlestick
    Charting Techniques*, 1991.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> open_ = np.array([10.0] * 11 + [14.0, 11.0])
    >>> close = np.array([11.0] * 11 + [10.0, 12.0])
    >>> qp.cdl_harami(open_, np.maximum(open_, close), np.minimum(open_, close), close).tolist()[-1]
    100
    """
    return Plan(kernels.cdl_harami, (), kernels.rows("cdl_harami"))


@indicator(
    inputs=BARS,
    reference=reference.cdl_hammer,
    lookback=lambda convention: 11,
    span=lambda convention: 11,
    dtype=np.int8,
    talib=[TaLib("CDLHAMMER")],
)
def cdl_hammer(*, convention: str) -> Plan:
    """Return where a hammer stands: a small body at the top of a long lower shadow, at or below the low before.

    Returns
    -------
    like the inputs
        100 or 0.

    Notes
    -----
    Small is against the mean body of the ten bars before, long against the body itself, and the place against the
    mean range of five bars.
    Identical to TA-Lib's CDLHAMMER on every bar from the first answer on. Source: S. Nison, *Japanese Candlestick
    Charting Techniques*, 1991.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> open_ = np.array([10.0] * 11 + [8.9])
    >>> high, low = np.array([11.1] * 11 + [9.05]), np.array([9.0] * 11 + [7.0])
    >>> qp.cdl_hammer(open_, high, low, np.array([11.0] * 11 + [9.0])).tolist()[-1]
    100
    """
    return Plan(kernels.cdl_hammer, (), kernels.rows("cdl_hammer"))
