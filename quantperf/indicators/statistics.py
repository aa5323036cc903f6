"""Rolling statistics."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.conventions import ddof
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, ring, unknown
from quantperf.kernels import statistics as kernels
from quantperf.reference import statistics as reference


class Extremes(NamedTuple):
    """Lines of `minmax`, each like the input."""

    lowest: Any
    highest: Any


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "nbdev": number()},
    reference=reference.stddev,
    conventions=("talib", "pandas", "legacy"),
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
        In the unit of `close`; the first `window` - 1 bars are NaN. That of the population.

    Notes
    -----
    A flat window gives exactly 0. Each half of a window is summed about one of its own bars: at a price of 1e4 with a
    spread of 1e-3 the result keeps 1e-9 where sums of squares lose every digit. Equal to TA-Lib's STDDEV within 1e-9,
    and to Pine's `ta.stdev`. Source: K. Pearson, *Contributions to the Mathematical Theory of Evolution*, 1894.

    ``convention="pandas"``: that of a sample (`window` - 1), as in ``rolling(window).std()``.
    ``convention="legacy"``: that of a sample.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.stddev(np.array([1.0, 3.0, 3.0, 7.0]), window=2).tolist()
    [nan, 1.0, 0.0, 2.0]
    """
    return Plan(kernels.stddev, (window, nbdev, ddof(convention)), ring(window, heads=4, rings=2))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.var,
    conventions=("talib", "pandas"),
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(2, 0),
    talib=[TaLib("VAR", {"timeperiod": ("window", 5), "nbdev": (None, 1.0)}, ignores=("nbdev",))],
)
def var(window: int = 5, *, convention: str) -> Plan:
    """Return the rolling variance, that of the population.

    Parameters
    ----------
    window : int, default 5
        Bars in the window, at least 1.

    Returns
    -------
    like `close`
        In the square of the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    A flat window gives exactly 0. It keeps its digits as `stddev` does. TA-Lib's VAR takes a number of deviations and
    does not read it, so it is taken and not read there either. Equal to TA-Lib's VAR within 1e-9. Source: R. A. Fisher,
    *The Correlation between Relatives on the Supposition of Mendelian Inheritance*, 1918.

    ``convention="pandas"``: that of a sample (`window` - 1), as in ``rolling(window).var()``; but 0 of one bar.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.var(np.array([1.0, 3.0, 3.0, 7.0]), window=2).tolist()
    [nan, 1.0, 0.0, 4.0]
    """
    return Plan(kernels.var, (window, min(ddof(convention), window - 1.0)), ring(window, heads=4, rings=2))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.avgdev,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("AVGDEV", {"timeperiod": ("window", 14)}, group="Price Transform")],
)
def avgdev(window: int = 14, *, convention: str) -> Plan:
    """Return the mean absolute deviation: the mean distance of the last `window` bars from their mean.

    Parameters
    ----------
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    A flat window gives exactly 0. Equal to TA-Lib's AVGDEV within 1e-9. Source: the mean of absolute deviations from
    the mean.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.avgdev(np.array([1.0, 3.0, 3.0, 7.0]), window=2).tolist()
    [nan, 1.0, 0.0, 2.0]
    """
    return Plan(kernels.avgdev, (window,), (*ring(window, heads=4, rings=2), unknown(window - 1)))


@indicator(
    inputs=("x", "y"),
    columns=("high", "low"),
    bounds={"window": period()},
    reference=reference.correl,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    talib=[TaLib("CORREL", {"timeperiod": ("window", 30)}, inputs=("real0", "real1"))],
)
def correl(window: int = 30, *, convention: str) -> Plan:
    """Return the rolling correlation of two series.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 1.

    Returns
    -------
    like the inputs
        Between -1 and 1 but for rounding; 0 where one of the two is flat; the first `window` - 1 bars are NaN.

    Notes
    -----
    Each half of a window is summed about one of its own bars, so a small spread at a high price keeps its digits.
    TA-Lib's CORREL takes sums of squares from each other and is up to 1e-8 off in windows of two or three bars; equal
    to it within that. Source: K. Pearson, *Notes on Regression and Inheritance in the Case of Two Parents*, 1895.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.correl(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 5.0, 4.0, 4.0]), window=2).round(6).tolist()
    [nan, 1.0, -1.0, 0.0]
    """
    return Plan(kernels.correl, (window,), ring(window, heads=8, rings=5))


@indicator(
    inputs=("x", "y"),
    columns=("high", "low"),
    bounds={"window": period()},
    reference=reference.beta,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("BETA", {"timeperiod": ("window", 5)}, inputs=("real0", "real1"))],
)
def beta(window: int = 5, *, convention: str) -> Plan:
    """Return beta: the slope of the changes of `y`, bar by bar, on those of `x`, by least squares.

    Parameters
    ----------
    window : int, default 5
        Changes in the window, at least 1.

    Returns
    -------
    like the inputs
        Without unit; 0 where all changes of `x` are alike; the first `window` bars are NaN.

    Notes
    -----
    As in TA-Lib `x` is the market and `y` the stock, and the change from a price of 0 is 0. A change needs two bars, so
    a missing one makes `window` + 1 values unknown. Equal to TA-Lib's BETA within 1e-9. Source: W. F. Sharpe, *Capital
    Asset Prices*, 1964.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.beta(np.array([1.0, 2.0, 2.0, 1.0]), np.array([1.0, 3.0, 3.0, 2.4]), window=2).round(6).tolist()
    [nan, nan, 2.0, 0.4]
    """
    return Plan(kernels.beta, (window,), (unknown(2), *ring(window, heads=8, rings=5)))


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


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    returns=Extremes,
    reference=reference.minmax,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("MINMAX", {"timeperiod": ("window", 30)}, group="Math Operators", names=("min", "max"))],
)
def minmax(window: int = 30, *, convention: str) -> Plan:
    """Return the lowest and the highest of the last `window` bars.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 2.

    Returns
    -------
    lowest, highest : like `close`
        A named tuple, in the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    A window that holds a missing bar is unknown. Identical to `lowest` and `highest`. Equal to TA-Lib's MINMAX. Source:
    the minimum and the maximum.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.minmax(np.array([1.0, 3.0, 2.0, 1.0]), window=2).lowest.tolist()
    [nan, 1.0, 2.0, 1.0]
    """
    return Plan(kernels.minmax, (window,), (*ring(window), *ring(window)))
