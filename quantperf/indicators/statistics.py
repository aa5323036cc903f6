"""Rolling statistics."""

from __future__ import annotations

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, ring
from quantperf.kernels import statistics as kernels
from quantperf.reference import statistics as reference


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "nbdev": number()},
    reference=reference.stddev,
    conventions=("talib", "legacy"),
    lookback=lambda window, nbdev, convention: window - 1,
    span=lambda window, nbdev, convention: window,
    degree=(1, 0),
    talib=[TaLib("STDDEV", {"timeperiod": ("window", 5), "nbdev": ("nbdev", 1.0)})],
)
def stddev(window: int = 20, nbdev: float = 1.0, *, convention: str) -> Plan:
    """Return the rolling standard deviation.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 2.
    nbdev : float, default 1.0
        Standard deviations to return.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN. That of the population under
        ``convention="talib"``, that of a sample under ``"legacy"``.

    Notes
    -----
    A flat window gives exactly 0. Each half of a window is summed about one of its own bars: at a price of 1e4 with a
    spread of 1e-3 the result keeps 1e-9 where sums of squares lose every digit. Equal to TA-Lib's STDDEV within 1e-9.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.stddev(np.array([1.0, 3.0, 3.0, 7.0]), window=2).tolist()
    [nan, 1.0, 0.0, 2.0]
    """
    params = (window, nbdev, 0.0 if convention == "talib" else 1.0)
    return Plan(kernels.stddev, params, ring(window, heads=4, rings=2))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.highest,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("MAX", {"timeperiod": ("window", 30)}, group="Math Operators")],
)
def highest(window: int = 20, *, convention: str) -> Plan:
    """Return the highest of the last `window` bars; TA-Lib's MAX.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    A window that holds a missing bar is unknown. Source: the maximum.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.highest(np.array([1.0, 3.0, 2.0, 1.0]), window=2).tolist()
    [nan, 3.0, 3.0, 2.0]
    """
    return Plan(kernels.highest, (window,), ring(window))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.lowest,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("MIN", {"timeperiod": ("window", 30)}, group="Math Operators")],
)
def lowest(window: int = 20, *, convention: str) -> Plan:
    """Return the lowest of the last `window` bars; TA-Lib's MIN.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    A window that holds a missing bar is unknown. Source: the minimum.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.lowest(np.array([1.0, 3.0, 2.0, 1.0]), window=2).tolist()
    [nan, 1.0, 2.0, 1.0]
    """
    return Plan(kernels.lowest, (window,), ring(window))
