"""How the moves of a price grow with the time they take: Hurst's exponent."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array

__all__ = ["hurst"]


def hurst(x: Array, window: int = 100) -> Array:
    """Return Hurst's exponent of the last `window` prices: half the slope of log mean squared move on log lag.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 100
        Bars in the window, at least 16.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    Lags are 1, 2, 4, ... up to an eighth of the window. NaN where the window holds a missing bar or a price that is not
    above 0, or where no price differs from that one lag before. Source: T. Di Matteo, *Multi-Scaling in Finance*, 2007,
    the generalised exponent of the second moment.

    Examples
    --------
    >>> hurst(np.exp(0.01 * np.arange(20.0)), window=16)[15:].round(9).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    result = np.full(len(x), np.nan)
    lags = [2**k for k in range(20) if 2**k <= window // 8]
    for t in range(window - 1, len(x)):
        prices = x[t - window + 1 : t + 1]
        if (prices > 0.0).all():
            means = [np.mean(np.log(prices[lag:] / prices[:-lag]) ** 2) for lag in lags]
            if min(means) > 0.0:
                result[t] = 0.5 * np.polyfit(np.log(lags), np.log(means), 1)[0]
    return result
