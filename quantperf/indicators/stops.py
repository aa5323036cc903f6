"""Stops that follow a price: Wilder's parabolic stop, and the supertrend."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, unknown, zeros
from quantperf.kernels import stops as kernels
from quantperf.reference import stops as reference

GROUP = "Overlap Studies"
INFINITY = float("inf")


class Supertrend(NamedTuple):
    """Lines of `supertrend`, each like the inputs."""

    supertrend: Any
    trend: Any


@indicator(
    inputs=("high", "low"),
    bounds={"acceleration": number(low=0.0), "maximum": number(low=0.0)},
    reference=reference.sar,
    lookback=lambda acceleration, maximum, convention: 1,
    settle=lambda eps, acceleration, maximum, convention: math.inf,
    span=lambda acceleration, maximum, convention: 1,
    degree=(1, 0),
    talib=[TaLib("SAR", {"acceleration": ("acceleration", 0.02), "maximum": ("maximum", 0.2)}, group=GROUP)],
)
def sar(acceleration: float = 0.02, maximum: float = 0.2, *, convention: str) -> Plan:
    """Return the parabolic stop and reverse: a stop that runs after the price ever faster, and turns when it is hit.

    Parameters
    ----------
    acceleration : float, default 0.02
        Pace at a turn, and what each new best price adds to it; at least 0, and no more than `maximum` counts.
    maximum : float, default 0.2
        Largest pace, at least 0.

    Returns
    -------
    like the inputs
        In the unit of the prices: below them while long, above them while short; the first bar is NaN.

    Notes
    -----
    The second bar chooses the side: short if it fell further than it rose. A missing bar is NaN and leaves the stop
    as it was. Two stops that began on different bars become one when both are hit, which no number of bars promises,
    so `settle` is infinite. Equal to TA-Lib's SAR. Source: J. W. Wilder, *New Concepts in Technical Trading Systems*,
    1978.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low = np.array([2.0, 3.0, 4.0, 4.0]), np.array([1.0, 2.0, 3.0, 1.0])
    >>> qp.sar(high, low, acceleration=0.5, maximum=0.5).tolist()
    [nan, 1.0, 2.0, 4.0]
    """
    return Plan(kernels.sar, (min(acceleration, maximum), maximum), (unknown(2), zeros(4)))


@indicator(
    inputs=("high", "low"),
    bounds={
        "start": number(),
        "offset": number(low=0.0),
        "begin_long": number(low=0.0),
        "step_long": number(low=0.0),
        "most_long": number(low=0.0),
        "begin_short": number(low=0.0),
        "step_short": number(low=0.0),
        "most_short": number(low=0.0),
    },
    reference=reference.sarext,
    lookback=lambda convention, **_: 1,
    settle=lambda eps, convention, **_: math.inf,
    span=lambda convention, **_: 1,
    degree=None,
    talib=[
        TaLib(
            "SAREXT",
            {
                "startvalue": ("start", 0.0),
                "offsetonreverse": ("offset", 0.0),
                "accelerationinitlong": ("begin_long", 0.02),
                "accelerationlong": ("step_long", 0.02),
                "accelerationmaxlong": ("most_long", 0.2),
                "accelerationinitshort": ("begin_short", 0.02),
                "accelerationshort": ("step_short", 0.02),
                "accelerationmaxshort": ("most_short", 0.2),
            },
            group=GROUP,
        )
    ],
)
def sarext(
    start: float = 0.0,
    offset: float = 0.0,
    begin_long: float = 0.02,
    step_long: float = 0.02,
    most_long: float = 0.2,
    begin_short: float = 0.02,
    step_short: float = 0.02,
    most_short: float = 0.2,
    *,
    convention: str,
) -> Plan:
    """Return the parabolic stop and reverse with a pace for each side; while short it is a negative number.

    Parameters
    ----------
    start : float, default 0.0
        First stop, in the unit of the prices: long if positive, short if negative; 0 lets the second bar choose.
    offset : float, default 0.0
        Share of itself by which the stop is moved away from the price when it turns, at least 0.
    begin_long : float, default 0.02
        Pace at a turn to long, at least 0; no more than `most_long` counts.
    step_long : float, default 0.02
        What each new high adds to the pace, at least 0; no more than `most_long` counts.
    most_long : float, default 0.2
        Largest pace while long, at least 0.
    begin_short : float, default 0.02
        Pace at a turn to short, at least 0; no more than `most_short` counts.
    step_short : float, default 0.02
        What each new low adds to the pace, at least 0; no more than `most_short` counts.
    most_short : float, default 0.2
        Largest pace while short, at least 0.

    Returns
    -------
    like the inputs
        In the unit of the prices, with a minus while short; the first bar is NaN.

    Notes
    -----
    A missing bar is NaN and leaves the stop as it was. Two stops that began on different bars become one when both are
    hit, which no number of bars promises, so `settle` is infinite. Equal to TA-Lib's SAREXT. Source: J. W. Wilder, *New
    Concepts in Technical Trading Systems*, 1978, in TA-Lib's extension.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low = np.array([2.0, 3.0, 3.0]), np.array([1.0, 2.0, 0.5])
    >>> qp.sarext(high, low).tolist(), qp.sarext(high, low, start=-4.0).tolist()
    ([nan, 1.0, -3.0], [nan, -4.0, -3.96])
    """
    paces = (
        min(begin_long, most_long),
        min(step_long, most_long),
        most_long,
        min(begin_short, most_short),
        min(step_short, most_short),
        most_short,
    )
    return Plan(kernels.sarext, (start, offset, *paces), (unknown(2), zeros(4)))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2), "multiplier": number(low=0.0)},
    returns=Supertrend,
    reference=reference.supertrend,
    lookback=lambda window, multiplier, convention: window,
    settle=lambda eps, window, multiplier, convention: math.inf,
    span=lambda window, multiplier, convention: 1,
    degree=None,
    talib=[
        TaLib(
            "SUPERTREND",
            {"timeperiod": ("window", 10), "multiplier": ("multiplier", 3.0)},
            group=GROUP,
            whole=("trend",),
        )
    ],
)
def supertrend(window: int = 10, multiplier: float = 3.0, *, convention: str) -> Plan:
    """Return the supertrend: a stop some mean ranges from the middle of the bar that gives way in one direction only.

    Parameters
    ----------
    window : int, default 10
        Bars of Wilder's mean of the true range, at least 2.
    multiplier : float, default 3.0
        Distance from the middle of the bar, in mean true ranges, at least 0.

    Returns
    -------
    supertrend, trend : like the inputs
        A named tuple: the stop, in the unit of the prices, and 1 where it lies below the price, -1 where above. The
        first `window` bars are NaN, and the first trend is always up.

    Notes
    -----
    A missing bar is NaN and leaves the stop as it was. Two stops that began on different bars become one when prices
    leave them behind, which no number of bars promises, so `settle` is infinite. Equal to TA-Lib's SUPERTREND, whose
    trend is 0 on the first bars. Source: O. Seban, *Tout le monde mérite d'être riche*, 2008.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0, 8.0])
    >>> lines = qp.supertrend(close, close, close, window=2, multiplier=1.0)
    >>> lines.supertrend.tolist(), lines.trend.tolist()
    ([nan, nan, 2.0, 5.0], [nan, nan, 1.0, 1.0])
    """
    rows = (zeros(), (INFINITY, 1), (-INFINITY, 1), zeros(3))
    return Plan(kernels.supertrend, (window, multiplier), rows)
