"""What begins anew with each session or anchor: prices by volume, and levels from the session before.

A session is told by a number that changes when it begins; `quantperf.sessions` gives it for any index. Frames and
Panels of bars have it by their index. What is before the session, or the one before it, counts for nothing, but no
number of bars says when that was, so `settle` is infinite.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from quantperf.indicators.catalogue import indicator
from quantperf.indicators.parameters import number
from quantperf.indicators.plan import Plan, unknown, zeros
from quantperf.kernels import sessions as kernels
from quantperf.reference import sessions as reference

BARS = ("high", "low", "close")
FROM_THE_LAST_SESSION: dict[str, Any] = {  # what the catalogue says of levels that follow from the session before
    "lookback": lambda convention: 1,
    "settle": lambda eps, convention: math.inf,
    "span": lambda convention: 1,
    "degree": (1, 0),
}


class AnchoredVwap(NamedTuple):
    """Lines of `anchored_vwap`, each like the inputs."""

    vwap: Any
    upper: Any
    lower: Any


class PivotPoints(NamedTuple):
    """Lines of the pivot points, each like the inputs."""

    pivot: Any
    r1: Any
    r2: Any
    r3: Any
    s1: Any
    s2: Any
    s3: Any


class DemarkPoints(NamedTuple):
    """Lines of `pivot_points_demark`, each like the inputs."""

    pivot: Any
    r1: Any
    s1: Any


@indicator(
    inputs=(*BARS, "volume", "session"),
    reference=reference.session_vwap,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: math.inf,
    span=lambda convention: 1,
    degree=(1, 0),
)
def session_vwap(*, convention: str) -> Plan:
    """Return the mean typical price weighted by volume, since the session began.

    Returns
    -------
    like the inputs
        In the unit of prices, from the first bar of each session on; NaN while nothing was traded in it.

    Notes
    -----
    A missing bar is NaN and leaves the sums as they were. Source: S. Berkowitz, D. Logue and E. Noser, *The Total Cost
    of Transactions on the NYSE*, 1988, by session.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close, session = np.array([1.0, 2.0, 5.0]), np.array([1, 1, 2])
    >>> qp.session_vwap(close, close, close, np.ones(3), session).tolist()
    [1.0, 1.5, 5.0]
    """
    return Plan(kernels.session_vwap, (), (unknown(), zeros(2)))


@indicator(
    inputs=(*BARS, "volume", "anchor"),
    bounds={"multiplier": number(low=0.0)},
    returns=AnchoredVwap,
    reference=reference.anchored_vwap,
    lookback=lambda multiplier, convention: 0,
    settle=lambda eps, multiplier, convention: math.inf,
    span=lambda multiplier, convention: 1,
    degree=(1, 0),
)
def anchored_vwap(multiplier: float = 1.0, *, convention: str) -> Plan:
    """Return the mean typical price weighted by volume since an anchor, with bands of standard deviations about it.

    Parameters
    ----------
    multiplier : float, default 1.0
        Distance of the bands from the mean in standard deviations, at least 0.

    Returns
    -------
    vwap, upper, lower : like the inputs
        A named tuple, in the unit of prices; NaN while there is no anchor or nothing was traded since.

    Notes
    -----
    The deviation is that of the typical prices since the anchor, weighted by volume; it is summed about the mean as
    that moves, so nothing cancels. A missing bar is NaN and leaves the sums as they were. One anchor is
    ``frame.index >= "2012-07-25"``, several are ``events.cumsum()``. Source: B. Shannon, *Maximum Trading Gains with
    Anchored VWAP*, 2022.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([9.0, 1.0, 3.0])
    >>> lines = qp.anchored_vwap(close, close, close, np.ones(3), np.array([0, 1, 1]))
    >>> lines.vwap.tolist(), lines.upper.tolist()
    ([nan, 1.0, 2.0], [nan, 1.0, 3.0])
    """
    return Plan(kernels.anchored_vwap, (multiplier,), (unknown(), zeros(3)))


@indicator(
    inputs=(*BARS, "session"),
    returns=PivotPoints,
    reference=reference.pivot_points,
    **FROM_THE_LAST_SESSION,
)
def pivot_points(*, convention: str) -> Plan:
    """Return the pivot points of floor traders, from high, low and close of the session before.

    Returns
    -------
    pivot, r1, r2, r3, s1, s2, s3 : like the inputs
        A named tuple, in the unit of prices: the mean of high, low and close, and three resistances above and supports
        below it. NaN in the first session, which is one bar at least.

    Notes
    -----
    All of a session's levels are known when it begins. A missing bar is NaN and is otherwise passed over. Source:
    J. Person, *A Complete Guide to Technical Trading Tactics*, 2004.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low, close = np.array([4.0, 5.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])
    >>> [line[1].item() for line in qp.pivot_points(high, low, close, np.array([1, 2]))]
    [3.0, 4.0, 5.0, 6.0, 2.0, 1.0, 0.0]
    """
    return Plan(kernels.pivot_points, (1.0, False, 0.0, 0.0, 0.0), (unknown(7),))


@indicator(
    inputs=(*BARS, "session"),
    returns=PivotPoints,
    reference=reference.pivot_points_fibonacci,
    **FROM_THE_LAST_SESSION,
)
def pivot_points_fibonacci(*, convention: str) -> Plan:
    """Return pivot points at 38.2, 61.8 and 100 percent of the last session's range about its pivot.

    Returns
    -------
    pivot, r1, r2, r3, s1, s2, s3 : like the inputs
        A named tuple, in the unit of prices: the mean of high, low and close, and three resistances above and supports
        below it. NaN in the first session, which is one bar at least.

    Notes
    -----
    All of a session's levels are known when it begins. A missing bar is NaN and is otherwise passed over. Source:
    R. Fischer, *Fibonacci Applications and Strategies for Traders*, 1993, about the pivot of floor traders.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low, close = np.array([4.0, 5.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])
    >>> [round(line[1].item(), 3) for line in qp.pivot_points_fibonacci(high, low, close, np.array([1, 2]))]
    [3.0, 3.764, 4.236, 5.0, 2.236, 1.764, 1.0]
    """
    return Plan(kernels.pivot_points, (1.0, False, 0.382, 0.618, 1.0), (unknown(7),))


@indicator(
    inputs=(*BARS, "session"),
    returns=PivotPoints,
    reference=reference.pivot_points_woodie,
    **FROM_THE_LAST_SESSION,
)
def pivot_points_woodie(*, convention: str) -> Plan:
    """Return Woodie's pivot points: those of floor traders about a pivot in which the close counts twice.

    Returns
    -------
    pivot, r1, r2, r3, s1, s2, s3 : like the inputs
        A named tuple, in the unit of prices: (high + low + 2 * close) / 4, and three resistances above and supports
        below it. NaN in the first session, which is one bar at least.

    Notes
    -----
    All of a session's levels are known when it begins: the close is that of the session before, where some charts take
    the open of this one. A missing bar is NaN and is otherwise passed over. Source: K. Wood ("Woodie").

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low, close = np.array([4.0, 5.0]), np.array([2.0, 5.0]), np.array([4.0, 5.0])
    >>> [line[1].item() for line in qp.pivot_points_woodie(high, low, close, np.array([1, 2]))]
    [3.5, 5.0, 5.5, 7.0, 3.0, 1.5, 1.0]
    """
    return Plan(kernels.pivot_points, (2.0, False, 0.0, 0.0, 0.0), (unknown(7),))


@indicator(
    inputs=(*BARS, "session"),
    returns=PivotPoints,
    reference=reference.pivot_points_camarilla,
    **FROM_THE_LAST_SESSION,
)
def pivot_points_camarilla(*, convention: str) -> Plan:
    """Return Camarilla's pivot points: a twelfth, a sixth and a quarter of 1.1 ranges about the last close.

    Returns
    -------
    pivot, r1, r2, r3, s1, s2, s3 : like the inputs
        A named tuple, in the unit of prices: the mean of high, low and close, and three resistances above and supports
        below the close. NaN in the first session, which is one bar at least.

    Notes
    -----
    All of a session's levels are known when it begins. A missing bar is NaN and is otherwise passed over. Source:
    N. Stott, 1989.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low, close = np.array([4.0, 5.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])
    >>> [round(line[1].item(), 3) for line in qp.pivot_points_camarilla(high, low, close, np.array([1, 2]))]
    [3.0, 3.183, 3.367, 3.55, 2.817, 2.633, 2.45]
    """
    return Plan(kernels.pivot_points, (1.0, True, 1.1 / 12.0, 1.1 / 6.0, 1.1 / 4.0), (unknown(7),))


@indicator(
    inputs=("open", *BARS, "session"),
    returns=DemarkPoints,
    reference=reference.pivot_points_demark,
    **FROM_THE_LAST_SESSION,
)
def pivot_points_demark(*, convention: str) -> Plan:
    """Return DeMark's pivot points: what counts twice of the last session follows from how it closed.

    Returns
    -------
    pivot, r1, s1 : like the inputs
        A named tuple, in the unit of prices: the mean of high, low, close and one of them once more (the low after a
        fall, the high after a rise, else the close), and what is expected as high and as low of the session. NaN in the
        first session, which is one bar at least.

    Notes
    -----
    All of a session's levels are known when it begins. A missing bar is NaN and is otherwise passed over. Source:
    T. DeMark, *The New Science of Technical Analysis*, 1994.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low, close = np.array([4.0, 5.0]), np.array([2.0, 5.0]), np.array([3.0, 5.0])
    >>> [line[1].item() for line in qp.pivot_points_demark(low, high, low, close, np.array([1, 2]))]
    [3.25, 4.5, 2.5]
    """
    return Plan(kernels.pivot_points_demark, (), (unknown(9),))
