"""Order in a rolling window where values are averaged: ranks with ties, quantiles, the median deviation."""

from __future__ import annotations

import math

from quantperf.indicators.catalogue import indicator
from quantperf.indicators.parameters import choice, number, period
from quantperf.indicators.plan import Plan, Rows, unknown, zeros
from quantperf.kernels import quantiles as kernels
from quantperf.reference import quantiles as reference


@indicator(
    inputs=("close",),
    bounds={"window": period(), "share": choice(0, 1)},
    reference=reference.rank,
    lookback=lambda window, share, convention: window - 1,
    span=lambda window, share, convention: window,
)
def rank(window: int = 100, share: int = 0, *, convention: str) -> Plan:
    """Return the place of each bar among the last `window`, itself included, from the lowest up.

    Parameters
    ----------
    window : int, default 100
        Bars in the window, at least 1.
    share : int, default 0
        0 gives the place, 1 to `window`; 1 gives the place over `window`, above 0 to 1.

    Returns
    -------
    like `close`
        A place, or with ``share=1`` a share of one; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal bars share the mean of their places, as in pandas' ``rolling(window).rank()``, and ``rank(pct=True)`` with
    ``share=1``. `percentrank` counts otherwise: only the bars before it, and of them only those that lie lower. Source:
    M. G. Kendall, *The Treatment of Ties in Ranking Problems*, 1945.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.rank(np.array([1.0, 3.0, 2.0, 2.0]), window=3).tolist()
    [nan, nan, 2.0, 1.5]
    """
    return Plan(kernels.rank, (window, 1.0 / window if share else 1.0), (zeros(), unknown(window - 1)))


def _sorted(window: int) -> tuple[Rows, ...]:
    """Return the rows of a sorted window: before the first bar all is missing."""
    return zeros(), (float(window), 1), unknown(window), (math.inf, window)


def _between(window: int, q: float) -> tuple[int, int, float]:
    """Return the places, from 0, between which a quantile lies, and how far it is from the first to the second."""
    place = q * (window - 1)
    rank = min(math.floor(place), window - 1)
    return rank, min(rank + 1, window - 1), place - rank


@indicator(
    inputs=("close",),
    bounds={"window": period(), "q": number(low=0.0, high=1.0)},
    reference=reference.quantile,
    lookback=lambda window, q, convention: window - 1,
    span=lambda window, q, convention: window,
    degree=(1, 0),
)
def quantile(window: int = 30, q: float = 0.5, *, convention: str) -> Plan:
    """Return the value that the share `q` of the last `window` bars do not exceed, between two of them by a line.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 1.
    q : float, default 0.5
        Between 0 for the lowest and 1 for the highest.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    The place is `q` * (`window` - 1), counted from 0 for the lowest; between two places the value lies on the line
    between their bars, as in numpy and in pandas' ``rolling(window).quantile(q)``. `percentile` gives one of the bars
    instead. Source: R. J. Hyndman and Y. Fan, *Sample Quantiles in Statistical Packages*, 1996, definition 7.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.quantile(np.array([4.0, 1.0, 3.0, 2.0]), window=3, q=0.25).tolist()
    [nan, nan, 2.0, 1.5]
    """
    return Plan(kernels.quantile, (window, *_between(window, q), False, 1.0), _sorted(window))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.median,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
)
def median(window: int = 30, *, convention: str) -> Plan:
    """Return the median of the last `window` bars.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; of an even number of bars the mean of the two in the middle; the first `window` - 1 bars
        are NaN.

    Notes
    -----
    Equal to pandas' ``rolling(window).median()``. Source: the median; `quantile` at 0.5.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.median(np.array([4.0, 1.0, 3.0, 2.0]), window=2).tolist()
    [nan, 2.5, 2.0, 2.5]
    """
    return Plan(kernels.quantile, (window, *_between(window, 0.5), False, 1.0), _sorted(window))


@indicator(
    inputs=("close",),
    bounds={"window": period(), "scale": number()},
    reference=reference.median_deviation,
    lookback=lambda window, scale, convention: window - 1,
    span=lambda window, scale, convention: window,
    degree=(1, 0),
)
def median_deviation(window: int = 30, scale: float = 1.0, *, convention: str) -> Plan:
    """Return the median absolute deviation: the median distance of the last `window` bars from their median.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 1.
    scale : float, default 1.0
        Factor on it; 1.4826 makes it estimate the standard deviation of normal values.

    Returns
    -------
    like `close`
        In the unit of `close`; 0 where more than half of the bars are alike; the first `window` - 1 bars are NaN.

    Notes
    -----
    Up to half of the bars can be wrong without moving it far, where one wrong bar moves `stddev` at will. What some
    libraries call `mad` is the mean distance from the mean; that is `avgdev`. Source: F. R. Hampel, *The Influence
    Curve and its Role in Robust Estimation*, 1974.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.median_deviation(np.array([1.0, 2.0, 9.0, 4.0]), window=3).tolist()
    [nan, nan, 1.0, 2.0]
    """
    return Plan(kernels.quantile, (window, *_between(window, 0.5), True, scale), _sorted(window))
