"""Order in a rolling window: the value at a rank, the rank of a value, and the place of an extreme."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, Rows, unknown, zeros
from quantperf.kernels import ranks as kernels
from quantperf.reference import ranks as reference


class ExtremeBars(NamedTuple):
    """Lines of `minmaxindex`, each like the input."""

    lowest: Any
    highest: Any


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "percent": number(low=0.0, high=100.0)},
    reference=reference.percentile,
    lookback=lambda window, percent, convention: window - 1,
    span=lambda window, percent, convention: window,
    degree=(1, 0),
    talib=[TaLib("PERCENTILE", {"timeperiod": ("window", 30), "percentile": ("percent", 50.0)})],
)
def percentile(window: int = 30, percent: float = 50.0, *, convention: str) -> Plan:
    """Return the lowest of the last `window` bars that `percent` of them do not exceed: the nearest rank.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 2.
    percent : float, default 50.0
        Between 0 and 100; 0 gives the lowest bar, 100 the highest.

    Returns
    -------
    like `close`
        In the unit of `close`, always one of the bars; the first `window` - 1 bars are NaN.

    Notes
    -----
    Nothing is interpolated: of an even number of bars, 50 gives the lower one of the middle. Equal to TA-Lib's
    PERCENTILE. Source: the percentile by nearest rank.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.percentile(np.array([4.0, 1.0, 3.0, 2.0]), window=3, percent=50.0).tolist()
    [nan, nan, 3.0, 2.0]
    """
    rank = max(1, math.ceil(percent * window / 100.0))  # in this order: 100 times a rounded share could exceed a rank
    rows = (zeros(), (float(window), 1), unknown(window), (math.inf, window))
    return Plan(kernels.percentile, (window, rank - 1), rows)


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.percentrank,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("PERCENTRANK", {"timeperiod": ("window", 100)})],
)
def percentrank(window: int = 100, *, convention: str) -> Plan:
    """Return the share of the `window` bars before a bar that lie below it.

    Parameters
    ----------
    window : int, default 100
        Bars before it that count, at least 2.

    Returns
    -------
    like `close`
        In percent, 0 to 100; the first `window` bars are NaN.

    Notes
    -----
    Equal bars do not count as lower, and the bar itself is not one of the `window`. Equal to TA-Lib's PERCENTRANK
    within 1e-9. Source: the share of lower values.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.percentrank(np.array([1.0, 3.0, 2.0, 3.0]), window=2).tolist()
    [nan, nan, 50.0, 50.0]
    """
    return Plan(kernels.percentrank, (window,), (zeros(), unknown(window)))


# Of a search: bars seen, bar and value of the extreme, last missing bar; before the first bar one was missing.
SEARCH: tuple[Rows, ...] = (zeros(), (-1.0, 1), zeros(), (-1.0, 1))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.maxindex,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    talib=[TaLib("MAXINDEX", {"timeperiod": ("window", 30)}, group="Math Operators", whole=True)],
)
def maxindex(window: int = 30, *, convention: str) -> Plan:
    """Return which bar is the highest of the last `window`.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 2.

    Returns
    -------
    like `close`
        The number of the bar, counted from 0 on the first bar that was given, or that a stream took; as a float, so
        that the first `window` - 1 bars can be NaN.

    Notes
    -----
    Of equal bars it is the newest. Only where the highest bar has just left the window is it the oldest of the equals
    that stay, as the window is then searched; so it is after a missing bar. This is TA-Lib's way. Equal to TA-Lib's
    MAXINDEX, which gives 0 where this is unknown. Source: the place of the maximum.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.maxindex(np.array([1.0, 3.0, 2.0, 1.0]), window=2).tolist()
    [nan, 1.0, 1.0, 2.0]
    """
    return Plan(kernels.index, (window, 1.0), (*SEARCH, unknown(window - 1)))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.minindex,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    talib=[TaLib("MININDEX", {"timeperiod": ("window", 30)}, group="Math Operators", whole=True)],
)
def minindex(window: int = 30, *, convention: str) -> Plan:
    """Return which bar is the lowest of the last `window`.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 2.

    Returns
    -------
    like `close`
        The number of the bar, counted from 0 on the first bar that was given, or that a stream took; as a float, so
        that the first `window` - 1 bars can be NaN.

    Notes
    -----
    Equal bars are told apart as in `maxindex`. Equal to TA-Lib's MININDEX, which gives 0 where this is unknown. Source:
    the place of the minimum.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.minindex(np.array([1.0, 3.0, 2.0, 1.0]), window=2).tolist()
    [nan, 0.0, 2.0, 3.0]
    """
    return Plan(kernels.index, (window, -1.0), (*SEARCH, unknown(window - 1)))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    returns=ExtremeBars,
    reference=reference.minmaxindex,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    talib=[
        TaLib(
            "MINMAXINDEX",
            {"timeperiod": ("window", 30)},
            group="Math Operators",
            whole=True,
            names=("minidx", "maxidx"),
        )
    ],
)
def minmaxindex(window: int = 30, *, convention: str) -> Plan:
    """Return which bars are the lowest and the highest of the last `window`.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 2.

    Returns
    -------
    lowest, highest : like `close`
        A named tuple of the numbers of the bars, counted from 0 on the first bar that was given, or that a stream took;
        as floats, so that the first `window` - 1 bars can be NaN.

    Notes
    -----
    Identical to `minindex` and `maxindex`. Equal to TA-Lib's MINMAXINDEX, which gives 0 where these are unknown.
    Source: the places of both extremes.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.minmaxindex(np.array([1.0, 3.0, 2.0, 1.0]), window=2).lowest.tolist()
    [nan, 0.0, 2.0, 3.0]
    """
    return Plan(kernels.minmaxindex, (window,), (*SEARCH, *SEARCH, unknown(window - 1)))
