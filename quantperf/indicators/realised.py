"""Volatility from logarithms of price ratios over a window.

All of them give the standard deviation of log prices over `periods` bars; they differ in which prices of a bar they
use, and so in how many bars the same certainty takes.
"""

from __future__ import annotations

import math

from quantperf.indicators.catalogue import indicator
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, ring, unknown
from quantperf.kernels import realised as kernels
from quantperf.reference import realised as reference

PERIODS = number(low=1e-6)


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "periods": PERIODS},
    reference=reference.historical_volatility,
    lookback=lambda window, periods, convention: window,
    span=lambda window, periods, convention: window + 1,
)
def historical_volatility(window: int = 20, periods: float = 252.0, *, convention: str) -> Plan:
    """Return the volatility from close to close: the standard deviation of log returns, for `periods` bars.

    Parameters
    ----------
    window : int, default 20
        Returns in the window, at least 2.
    periods : float, default 252.0
        Bars for which the answer stands: as many as a year has, or 1 for a single bar.

    Returns
    -------
    like `close`
        As a share, 0.2 for 20 percent; the first `window` bars are NaN.

    Notes
    -----
    The deviation is that of a sample (divided by `window` - 1), its mean removed, times the root of `periods`. NaN
    where one of the `window` + 1 prices is missing or not above 0. A flat window gives exactly 0. Source: J. C. Hull,
    *Options, Futures, and Other Derivatives*, on estimating volatility from historical data.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.historical_volatility(np.exp([0.0, 0.1, 0.3, 0.6]), window=2, periods=2.0).round(6).tolist()
    [nan, nan, 0.1, 0.1]
    """
    return Plan(kernels.historical, (window, math.sqrt(periods)), (unknown(), *ring(window, heads=4, rings=2)))


@indicator(
    inputs=("high", "low"),
    bounds={"window": period(), "periods": PERIODS},
    reference=reference.parkinson,
    lookback=lambda window, periods, convention: window - 1,
    span=lambda window, periods, convention: window,
)
def parkinson(window: int = 20, periods: float = 252.0, *, convention: str) -> Plan:
    """Return Parkinson's volatility: from the range of each bar.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 1.
    periods : float, default 252.0
        Bars for which the answer stands: as many as a year has, or 1 for a single bar.

    Returns
    -------
    like the inputs
        As a share, 0.2 for 20 percent; the first `window` - 1 bars are NaN.

    Notes
    -----
    The root of the mean of ln(high / low) ** 2 over 4 ln 2, times the root of `periods`. About five times as certain as
    closes of as many bars, for a price without drift that trades all the time; gaps between bars are not in it, and few
    trades in a bar make it too low. NaN where the window holds a missing bar or a price that is not above 0. Source: M.
    Parkinson, *The Extreme Value Method for Estimating the Variance of the Rate of Return*, 1980.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.parkinson(np.exp([0.1, 0.2]), np.array([1.0, 1.0]), window=1, periods=1.0).round(6).tolist()
    [0.060056, 0.120112]
    """
    return Plan(kernels.parkinson, (window, math.sqrt(periods)), ring(window))


@indicator(
    inputs=("open", "high", "low", "close"),
    bounds={"window": period(), "periods": PERIODS},
    reference=reference.garman_klass,
    lookback=lambda window, periods, convention: window - 1,
    span=lambda window, periods, convention: window,
)
def garman_klass(window: int = 20, periods: float = 252.0, *, convention: str) -> Plan:
    """Return the volatility of Garman and Klass: from the range and the body of each bar.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 1.
    periods : float, default 252.0
        Bars for which the answer stands: as many as a year has, or 1 for a single bar.

    Returns
    -------
    like the inputs
        As a share, 0.2 for 20 percent; the first `window` - 1 bars are NaN.

    Notes
    -----
    The root of the mean of ln(high / low) ** 2 / 2 - (2 ln 2 - 1) * ln(close / open) ** 2, times the root of `periods`:
    the practical one of their estimators, without the gaps between bars. About seven times as certain as closes, for a
    price without drift. NaN where the window holds a missing bar or a price that is not above 0, and where prices
    contradict each other (a close far outside of its range) so that the mean is negative. Source: M. B. Garman and M.
    J. Klass, *On the Estimation of Security Price Volatilities from Historical Data*, 1980.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> bar = [np.exp([p]) for p in (0.0, 0.2, 0.0, 0.1)]
    >>> qp.garman_klass(*bar, window=1, periods=1.0).round(6).tolist()
    [0.127032]
    """
    return Plan(kernels.garman_klass, (window, math.sqrt(periods)), ring(window))


@indicator(
    inputs=("open", "high", "low", "close"),
    bounds={"window": period(), "periods": PERIODS},
    reference=reference.rogers_satchell,
    lookback=lambda window, periods, convention: window - 1,
    span=lambda window, periods, convention: window,
)
def rogers_satchell(window: int = 20, periods: float = 252.0, *, convention: str) -> Plan:
    """Return the volatility of Rogers and Satchell: from all prices of each bar, whatever the drift.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 1.
    periods : float, default 252.0
        Bars for which the answer stands: as many as a year has, or 1 for a single bar.

    Returns
    -------
    like the inputs
        As a share, 0.2 for 20 percent; the first `window` - 1 bars are NaN.

    Notes
    -----
    The root of the mean of ln(high / close) * ln(high / open) + ln(low / close) * ln(low / open), times the root of
    `periods`. A trend does not raise it; gaps between bars are not in it. NaN where the window holds a missing bar or a
    price that is not above 0, and where prices contradict each other so that the mean is negative. Source: L. C. G.
    Rogers and S. E. Satchell, *Estimating Variance from High, Low and Closing Prices*, 1991.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> bar = [np.exp([p]) for p in (0.0, 0.2, -0.1, 0.1)]
    >>> qp.rogers_satchell(*bar, window=1, periods=1.0).round(6).tolist()
    [0.2]
    """
    return Plan(kernels.rogers_satchell, (window, math.sqrt(periods)), ring(window))


@indicator(
    inputs=("open", "high", "low", "close"),
    bounds={"window": period(low=2), "periods": PERIODS},
    reference=reference.yang_zhang,
    lookback=lambda window, periods, convention: window,
    span=lambda window, periods, convention: window + 1,
)
def yang_zhang(window: int = 20, periods: float = 252.0, *, convention: str) -> Plan:
    """Return the volatility of Yang and Zhang: from all prices of each bar and the gaps between bars.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 2.
    periods : float, default 252.0
        Bars for which the answer stands: as many as a year has, or 1 for a single bar.

    Returns
    -------
    like the inputs
        As a share, 0.2 for 20 percent; the first `window` bars are NaN.

    Notes
    -----
    The root of V(night) + k * V(day) + (1 - k) * V(inside), times the root of `periods`: the variances, as of samples,
    of ln(open / close before) and of ln(close / open), and the mean of Rogers and Satchell; with n for `window`, k is
    0.34 / (1.34 + (n + 1) / (n - 1)), which makes the whole most certain. Neither a trend nor gaps bias it. NaN where
    the window, or the bar before it, holds a missing bar or a price that is not above 0, and where prices contradict
    each other so that the sum is negative. Source: D. Yang and Q. Zhang, *Drift-Independent Volatility Estimation Based
    on High, Low, Open, and Close Prices*, 2000.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> bars = [np.exp(p) for p in ((0.0, 0.1, 0.1), (0.2, 0.3, 0.3), (0.0, 0.0, 0.1), (0.1, 0.2, 0.1))]
    >>> qp.yang_zhang(*bars, window=2, periods=1.0).round(6).tolist()
    [nan, nan, 0.205568]
    """
    rows = (unknown(), *ring(window, heads=4, rings=2), *ring(window, heads=4, rings=2), *ring(window))
    return Plan(kernels.yang_zhang, (window, math.sqrt(periods)), rows)
