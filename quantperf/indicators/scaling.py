"""How the moves of a price grow with the time they take: Hurst's exponent."""

from __future__ import annotations

from quantperf.indicators.catalogue import indicator
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, Rows, ring, unknown
from quantperf.kernels import scaling as kernels
from quantperf.reference import scaling as reference


@indicator(
    inputs=("close",),
    bounds={"window": period(low=16)},
    reference=reference.hurst,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
)
def hurst(window: int = 100, *, convention: str) -> Plan:
    """Return Hurst's exponent: the power of time with which the moves of a price grow, over the last `window` bars.

    Parameters
    ----------
    window : int, default 100
        Bars in the window, at least 16.

    Returns
    -------
    like `close`
        Without unit: 0.5 for a random walk, above for a price that trends, below for one that turns back; the first
        `window` - 1 bars are NaN.

    Notes
    -----
    Half the slope, by least squares, of the logarithm of the mean squared log return over a lag on the logarithm of the
    lag, for lags of 1, 2, 4, ... bars up to an eighth of the window; all returns inside of the window count, and no
    mean is taken off, so a steady trend gives 1. On random walks of 100 bars it gives 0.49 with a standard deviation of
    0.07, of 250 bars 0.49 with 0.05; where the exponent is 0.7, 0.68 and 0.69. Rescaled ranges (Hurst's own R/S) of as
    few bars give 0.60 and 0.59 on a random walk, with more noise. So a value between 0.35 and 0.65 of 100 bars says
    little. Prices that bounce between bid and ask lower it.

    NaN where the window holds a missing bar or a price that is not above 0, and where nothing moves over one of the
    lags. Source: H. E. Hurst, *Long-Term Storage Capacity of Reservoirs*, 1951; the estimator is the generalised
    exponent of the second moment of T. Di Matteo, *Multi-Scaling in Finance*, Quantitative Finance 7, 2007.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.hurst(np.exp(0.01 * np.arange(20.0)), window=16)[15:].round(9).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    lags = (window // 8).bit_length()
    rows: tuple[Rows, ...] = tuple(row for _ in range(lags) for row in ring(window))
    return Plan(kernels.hurst, (window, lags), (unknown(1 << (lags - 1)), *rows))
