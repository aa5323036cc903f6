"""How the values of a rolling window are spread: standard scores, skewness, kurtosis, entropy."""

from __future__ import annotations

import math

from quantperf.indicators.catalogue import indicator
from quantperf.indicators.parameters import choice, number, period
from quantperf.indicators.plan import Plan, ring, unknown, zeros
from quantperf.kernels import distributions as kernels
from quantperf.reference import distributions as reference


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "ddof": choice(0, 1)},
    reference=reference.zscore,
    lookback=lambda window, ddof, convention: window - 1,
    span=lambda window, ddof, convention: window,
)
def zscore(window: int = 20, ddof: int = 1, *, convention: str) -> Plan:
    """Return the z-score: how many standard deviations each bar lies above the mean of the last `window`.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 2.
    ddof : int, default 1
        1 for the deviation of a sample, as pandas has it; 0 for that of the population, as `stddev` has it.

    Returns
    -------
    like `close`
        In standard deviations; the first `window` - 1 bars are NaN.

    Notes
    -----
    Where the window is flat it is 0, not NaN: the bar lies on the mean, so there is no signal, and NaN says here that a
    bar is missing. The bar itself is in the window, so that no score exceeds (`window` - 1) / sqrt(`window`) with
    ``ddof=1``. Source: the standard score.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.zscore(np.array([1.0, 2.0, 3.0, 3.0, 3.0]), window=3).round(6).tolist()
    [nan, nan, 1.0, 0.57735, 0.0]
    """
    return Plan(kernels.zscore, (window, float(ddof)), ring(window, heads=4, rings=2))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=3)},
    reference=reference.skew,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
)
def skew(window: int = 30, *, convention: str) -> Plan:
    """Return the skewness of the last `window` bars, as of a sample.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 3.

    Returns
    -------
    like `close`
        Without unit, above 0 where the longer tail lies above the mean; 0 where the window is flat; the first
        `window` - 1 bars are NaN.

    Notes
    -----
    The value of pandas' ``rolling(window).skew()``, whose running sums lose digits; here the cost does not grow with
    the window either, but each half of a window is summed about one of its own bars. Usually wanted of `returns`.
    Source: D. N. Joanes and C. A. Gill, *Comparing Measures of Sample Skewness and Kurtosis*, 1998, their G1.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.skew(np.array([1.0, 2.0, 9.0, 16.0]), window=3).round(6).tolist()
    [nan, nan, 1.630059, 0.0]
    """
    return Plan(kernels.shape, (window, False), (zeros(6), unknown(4 * window)))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=4)},
    reference=reference.kurtosis,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
)
def kurtosis(window: int = 30, *, convention: str) -> Plan:
    """Return the excess kurtosis of the last `window` bars, as of a sample.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 4.

    Returns
    -------
    like `close`
        Without unit, 0 for normal values and above where the tails are heavier; the first `window` - 1 bars are NaN.

    Notes
    -----
    The value of pandas' ``rolling(window).kurt()``, a flat window being -3 as there, without the loss of digits of its
    running sums; see `skew`. Usually wanted of `returns`. Source: D. N. Joanes and C. A. Gill, *Comparing Measures of
    Sample Skewness and Kurtosis*, 1998, their G2.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.kurtosis(np.array([1.0, 2.0, 3.0, 4.0, 9.0]), window=4).round(6).tolist()
    [nan, nan, nan, -1.2, 2.703924]
    """
    return Plan(kernels.shape, (window, True), (zeros(6), unknown(4 * window)))


@indicator(
    inputs=("close",),
    bounds={"window": period(), "base": number(low=1.01)},
    reference=reference.entropy,
    lookback=lambda window, base, convention: 2 * window - 2,
    span=lambda window, base, convention: 2 * window - 1,
)
def entropy(window: int = 10, base: float = 2.0, *, convention: str) -> Plan:
    """Return Shannon's entropy of prices: the sum of -p log p over the last `window` bars.

    Parameters
    ----------
    window : int, default 10
        Bars of each share, and of the sum, at least 1.
    base : float, default 2.0
        Base of the logarithm; 2 gives bits.

    Returns
    -------
    like `close`
        Close to the logarithm of `window`, where all prices are alike; the first 2 * `window` - 2 bars are NaN.

    Notes
    -----
    p is the share of a bar in the sum of the `window` bars that it ends, as pandas-ta has it, so a value rests on
    2 * `window` - 1 bars and the shares of one sum need not add up to 1: a rising price gives more than the logarithm
    of `window`, a falling one less. NaN where one of these bars is missing, or not above 0 as a share. Source: C. E.
    Shannon, *A Mathematical Theory of Communication*, 1948.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.entropy(np.array([1.0, 1.0, 1.0, 3.0]), window=2).round(6).tolist()
    [nan, nan, 1.0, 0.811278]
    """
    return Plan(kernels.entropy, (window, 1.0 / math.log(base)), (*ring(window), *ring(window)))
