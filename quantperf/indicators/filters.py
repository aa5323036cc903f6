"""Averages whose weights do not change, and Ehlers' recursive filters."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from quantperf.indicators.catalogue import decay, indicator
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, unknown
from quantperf.indicators.weights import weighted
from quantperf.kernels import filters as kernels
from quantperf.reference import filters as reference


@cache
def _poles(window: int) -> tuple[float, float]:
    """Return radius and angle of the two poles of a super smoother."""
    return math.exp(-math.sqrt(2.0) * math.pi / window), math.sqrt(2.0) * math.pi / window


@indicator(
    inputs=("close",),
    bounds={"window": period(), "offset": number(0.0, 1.0), "sigma": number(0.1, 100.0)},
    reference=reference.alma,
    lookback=lambda window, offset, sigma, convention: window - 1,
    span=lambda window, offset, sigma, convention: window,
    degree=(1, 0),
)
def alma(window: int = 9, offset: float = 0.85, sigma: float = 6.0, *, convention: str) -> Plan:
    """Return Arnaud Legoux's moving average: weights along a bell curve whose middle lies near the newest bars.

    Parameters
    ----------
    window : int, default 9
        Bars of the average, at least 1.
    offset : float, default 0.85
        Where the middle of the curve lies: 0 on the oldest bar, 1 on the newest.
    sigma : float, default 6.0
        How many of its standard deviations fill the window; 0.1 to 100, a higher one looks at fewer bars.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    The middle is offset * (window - 1), which need not be a whole bar. Source: A. Legoux and D. Kouzis Loukas, *ALMA:
    Arnaud Legoux Moving Average*, 2009.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.alma(np.array([1.0, 2.0, 3.0, 5.0]), window=3, offset=0.5, sigma=3.0).round(4).tolist()
    [nan, nan, 2.0, 3.2741]
    """
    middle, width = offset * (window - 1), window / sigma
    return weighted(np.exp(-((np.arange(window) - middle) ** 2) / (2.0 * width**2)))


def _laguerre_bars(keep: float, eps: float) -> int:
    """Return the bars after which four stages that keep so much of themselves hold less than `eps` of a seed.

    After n bars the last one holds at most so much as a polynomial of degree 3 in n times keep**n.
    """
    bars = 0
    for _ in range(12):  # a fixed point, reached from below within a bar
        bars = decay(1.0 - keep, eps / (8.0 * (1.0 + bars) ** 3)) if keep > 0.0 else 0
    return 3 + bars


@indicator(
    inputs=("close",),
    bounds={"gamma": number(0.0, 0.99)},
    reference=reference.laguerre,
    lookback=lambda gamma, convention: 0,
    settle=lambda eps, gamma, convention: _laguerre_bars(gamma, eps),
    span=lambda gamma, convention: 1,
    degree=(1, 0),
)
def laguerre(gamma: float = 0.8, *, convention: str) -> Plan:
    """Return Ehlers' Laguerre filter: four stages that delay slow moves more than quick ones, and their mean.

    Parameters
    ----------
    gamma : float, default 0.8
        How much of itself each stage keeps, 0 to 0.99; 0 is the mean of four bars with the weights 1, 2, 2, 1.

    Returns
    -------
    like `close`
        In the unit of `close`, from the first bar on, which it equals: as if prices had been the same before.

    Notes
    -----
    The stages weigh 1, 2, 2 and 1. A missing bar is NaN and leaves the stages as they were. Source: J. Ehlers,
    *Cybernetic Analysis for Stocks and Futures*, 2004.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.laguerre(np.array([1.0, 7.0, 7.0, 7.0]), gamma=0.0).tolist()
    [1.0, 2.0, 4.0, 6.0]
    """
    return Plan(kernels.laguerre, (gamma,), (unknown(4),))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.sinwma,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
)
def sinwma(window: int = 14, *, convention: str) -> Plan:
    """Return the sine-weighted moving average: weights along half a wave, the highest in the middle of the window.

    Parameters
    ----------
    window : int, default 14
        Bars of the average, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    Bar i of the window, from 1, weighs sin(pi i / (window + 1)): the cosine window of signal processing. Source: F. J.
    Harris, *On the Use of Windows for Harmonic Analysis with the Discrete Fourier Transform*, 1978.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.sinwma(np.array([1.0, 2.0, 3.0, 5.0]), window=3).round(4).tolist()
    [nan, nan, 2.0, 3.2929]
    """
    return weighted(np.sin(np.pi * np.arange(1, window + 1) / (window + 1)))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.ssf,
    lookback=lambda window, convention: 0,
    # |sin(n a) / sin(a)| is at most 1 / sin(a): what two poles make of a seed beyond the power of their radius.
    settle=lambda eps, window, convention: decay(1.0 - _poles(window)[0], eps / (4.0 * window)),
    span=lambda window, convention: 1,
    degree=(1, 0),
)
def ssf(window: int = 10, *, convention: str) -> Plan:
    """Return Ehlers' super smoother: a filter of two poles that takes out waves shorter than `window` bars.

    Parameters
    ----------
    window : int, default 10
        Bars of the shortest wave that passes, at least 2.

    Returns
    -------
    like `close`
        In the unit of `close`, from the first bar on, which it equals: as if prices had been the same before.

    Notes
    -----
    Each value is made of the mean of the last two closes and of the two values before it. A missing bar is NaN and
    leaves the filter as it was. The source rounds the square root of 2 to 1.414; here it is exact. Source: J. Ehlers,
    *Cycle Analytics for Traders*, 2013.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.ssf(np.array([1.0, 2.0, 3.0]), window=4).round(4).tolist()
    [1.0, 1.408, 2.3433]
    """
    radius, angle = _poles(window)
    first, second = 2.0 * radius * math.cos(angle), -(radius**2)
    return Plan(kernels.ssf, (0.5 * (1.0 - first - second), first, second), (unknown(3),))
