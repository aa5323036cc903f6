"""How two series go together over a rolling window: covariance, slope, and the correlation of returns."""

from __future__ import annotations

from quantperf.indicators.catalogue import indicator
from quantperf.indicators.parameters import choice, period
from quantperf.indicators.plan import Plan, ring, unknown
from quantperf.kernels import dependence as kernels
from quantperf.reference import dependence as reference


@indicator(
    inputs=("x", "y"),
    columns=("high", "low"),
    bounds={"window": period(low=2), "ddof": choice(0, 1)},
    reference=reference.covar,
    lookback=lambda window, ddof, convention: window - 1,
    span=lambda window, ddof, convention: window,
    degree=(2, 0),
)
def covar(window: int = 30, ddof: int = 1, *, convention: str) -> Plan:
    """Return the rolling covariance of two series.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 2.
    ddof : int, default 1
        1 for the covariance of a sample, as pandas has it; 0 for that of the population.

    Returns
    -------
    like the inputs
        In the product of their units; the first `window` - 1 bars are NaN.

    Notes
    -----
    The value of pandas' ``x.rolling(window).cov(y)``. Each half of a window is summed about one of its own bars, so a
    small spread at a high price keeps its digits. A bar that lacks in one series lacks in both. Source: K. Pearson,
    *Notes on Regression and Inheritance in the Case of Two Parents*, 1895.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.covar(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0]), window=2).tolist()
    [nan, 1.0, -1.0]
    """
    return Plan(kernels.covar, (window, float(ddof)), ring(window, heads=8, rings=5))


@indicator(
    inputs=("x", "y"),
    columns=("high", "low"),
    bounds={"window": period(low=2)},
    reference=reference.beta_levels,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
)
def beta_levels(window: int = 30, *, convention: str) -> Plan:
    """Return the slope of `y` on `x` by least squares: how many units `y` moves with one unit of `x`.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 2.

    Returns
    -------
    like the inputs
        In units of `y` by units of `x`; 0 where `x` is flat; the first `window` - 1 bars are NaN.

    Notes
    -----
    The hedge ratio of a pair: of the values themselves, where `beta` (TA-Lib's BETA) is of their changes; the order is
    the same, `x` explains `y`. The value of pandas' ``x.rolling(window).cov(y) / x.rolling(window).var()``, which is
    NaN where `x` is flat. Source: R. F. Engle and C. W. J. Granger, *Co-Integration and Error Correction*, 1987.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.beta_levels(np.array([1.0, 2.0, 4.0, 4.0]), np.array([1.0, 3.0, 4.0, 5.0]), window=2).tolist()
    [nan, 2.0, 0.5, 0.0]
    """
    return Plan(kernels.beta_levels, (window,), ring(window, heads=8, rings=5))


@indicator(
    inputs=("x", "y"),
    columns=("high", "low"),
    bounds={"window": period(low=2)},
    reference=reference.correl_returns,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
)
def correl_returns(window: int = 30, *, convention: str) -> Plan:
    """Return the rolling correlation of the returns of two series.

    Parameters
    ----------
    window : int, default 30
        Returns in the window, at least 2.

    Returns
    -------
    like the inputs
        Between -1 and 1 but for rounding; 0 where the returns of one are all alike; the first `window` bars are NaN.

    Notes
    -----
    Of simple returns, bar by bar, where `correl` (TA-Lib's CORREL) is of the values themselves: prices that trend are
    correlated whatever their returns do. The value of pandas' ``x.pct_change().rolling(window).corr(y.pct_change())``,
    which is NaN where this is 0; the return on a price of 0 is 0, as in `beta`. Source: K. Pearson, *Notes on
    Regression and Inheritance in the Case of Two Parents*, 1895; G. U. Yule, *Why do we Sometimes get
    Nonsense-Correlations between Time-Series?*, 1926.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> x, y = np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 3.0, 3.0, 2.4])
    >>> qp.correl_returns(x, y, window=2).round(6).tolist()
    [nan, nan, 1.0, -1.0]
    """
    return Plan(kernels.correl_returns, (window,), (unknown(2), *ring(window, heads=8, rings=5)))
