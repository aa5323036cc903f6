"""Ranges and their means."""

from __future__ import annotations

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, zeros
from quantperf.kernels import volatility as kernels
from quantperf.reference import volatility as reference


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period()},
    reference=reference.atr,
    lookback=lambda window, convention: window,
    settle=lambda eps, window, convention: window + decay(1.0 / window, eps),
    span=lambda window, convention: 1,
    degree=(1, 0),
    talib=[TaLib("ATR", {"timeperiod": ("window", 14)})],
)
def atr(window: int = 14, *, convention: str) -> Plan:
    """Return the average true range: Wilder's mean of the range that includes the close before.

    Parameters
    ----------
    window : int, default 14
        Bars of the mean, at least 1.

    Returns
    -------
    like the inputs
        In the unit of prices; the first `window` bars are NaN, since a true range needs a close before.

    Notes
    -----
    A missing bar is NaN and leaves the state as it was; the next range then reaches to the last known close. Equal to
    TA-Lib's ATR within 1e-9. Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 4.0, 3.0])
    >>> qp.atr(close + 1, close - 1, close, window=2).tolist()
    [nan, nan, 2.5, 2.25]
    """
    return Plan(kernels.atr, (window,), (zeros(3),))
