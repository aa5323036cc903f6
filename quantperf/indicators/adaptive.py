"""Averages that are corrected for their lag, or that follow the market faster or slower."""

from __future__ import annotations

import math

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.conventions import ema_seed
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, ring, unknown, zeros
from quantperf.kernels import adaptive as kernels
from quantperf.reference import adaptive as reference

GROUP = "Overlap Studies"


def _settled(window: int, means: int, eps: float, largest: float, convention: str) -> int:
    """Return the bar from which on the seeds of `means` means of one another weigh less than `eps`.

    After n bars the last of them holds C(n, i) alpha**i (1 - alpha)**(n - i) of the seed that is i means before it.
    Together that is at most (1 - alpha)**n times (1 + n alpha / (1 - alpha))**(means - 1). `largest` bounds the
    weights with which the means are combined.
    """
    if window == 1:
        return 0
    alpha, bars = 2.0 / (window + 1.0), 0
    for _ in range(12):  # a fixed point, reached from below within a bar
        bars = decay(alpha, eps / (largest * (1.0 + 2.0 * bars / (window - 1.0)) ** (means - 1)))
    return means * (ema_seed(window, convention) - 1) + bars + 1


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.dema,
    conventions=("talib", "tradingview", "pandas"),
    lookback=lambda window, convention: 2 * (ema_seed(window, convention) - 1),
    settle=lambda eps, window, convention: _settled(window, 2, eps, 3.0, convention),
    span=lambda window, convention: 1,
    degree=(1, 0),
    talib=[TaLib("DEMA", {"timeperiod": ("window", 30)}, group=GROUP)],
)
def dema(window: int = 20, *, convention: str) -> Plan:
    """Return the double exponential moving average: twice an exponential average less the average of it.

    Parameters
    ----------
    window : int, default 20
        Bars that set the weight of both averages, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first 2 (`window` - 1) bars are NaN, under the other conventions none.

    Notes
    -----
    A missing bar is NaN and leaves the averages as they were. The seed of each is the mean of the first `window`
    values of the line before it. Equal to TA-Lib's DEMA within 1e-9. Source: P. Mulloy, *Smoothing Data with Faster
    Moving Averages*, 1994.

    ``convention="tradingview"``: the first value is the seed of each, as Pine's manual writes `ta.ema`.
    ``convention="pandas"``: the first value is the seed of each, as in ``ewm(span=window, adjust=False).mean()``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.dema(np.array([1.0, 3.0, 5.0, 7.0]), window=2).round(9).tolist()
    [nan, nan, 5.0, 7.0]
    """
    return Plan(kernels.dema, (window, ema_seed(window, convention)), (zeros(3),))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.tema,
    conventions=("talib", "tradingview", "pandas"),
    lookback=lambda window, convention: 3 * (ema_seed(window, convention) - 1),
    settle=lambda eps, window, convention: _settled(window, 3, eps, 7.0, convention),
    span=lambda window, convention: 1,
    degree=(1, 0),
    talib=[TaLib("TEMA", {"timeperiod": ("window", 30)}, group=GROUP)],
)
def tema(window: int = 20, *, convention: str) -> Plan:
    """Return the triple exponential moving average: three averages of one another, combined so that they do not lag.

    Parameters
    ----------
    window : int, default 20
        Bars that set the weight of the three averages, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first 3 (`window` - 1) bars are NaN, under the other conventions none.

    Notes
    -----
    A missing bar is NaN and leaves the averages as they were. The seed of each is the mean of the first `window`
    values of the line before it. Equal to TA-Lib's TEMA within 1e-9. Source: P. Mulloy, *Smoothing Data with Less Lag*,
    1994.

    ``convention="tradingview"``: the first value is the seed of each, as Pine's manual writes `ta.ema`.
    ``convention="pandas"``: the first value is the seed of each, as in ``ewm(span=window, adjust=False).mean()``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.tema(np.array([1.0, 3.0, 5.0, 7.0]), window=2).round(9).tolist()
    [nan, nan, nan, 7.0]
    """
    return Plan(kernels.tema, (window, ema_seed(window, convention)), (zeros(4),))


@indicator(
    inputs=("close",),
    bounds={"window": period(), "gain": number(0.0, 1.0)},
    reference=reference.t3,
    conventions=("talib", "pandas"),
    lookback=lambda window, gain, convention: 6 * (ema_seed(window, convention) - 1),
    settle=lambda eps, window, gain, convention: _settled(window, 6, eps, (1.0 + 2.0 * gain) ** 3, convention),
    span=lambda window, gain, convention: 1,
    degree=(1, 0),
    talib=[TaLib("T3", {"timeperiod": ("window", 5), "vfactor": ("gain", 0.7)}, group=GROUP)],
)
def t3(window: int = 5, gain: float = 0.7, *, convention: str) -> Plan:
    """Return Tillson's T3: three times over, 1 + gain of an exponential average less gain of the average of it.

    Parameters
    ----------
    window : int, default 5
        Bars that set the weight of the six averages, at least 1.
    gain : float, default 0.7
        How far the lag is made good: 0 for a plain average three times over, 1 for DEMA three times over.

    Returns
    -------
    like `close`
        In the unit of `close`; the first 6 (`window` - 1) bars are NaN, under ``"pandas"`` none.

    Notes
    -----
    A missing bar is NaN and leaves the averages as they were. The seed of each is the mean of the first `window`
    values of the line before it. Equal to TA-Lib's T3 within 1e-9. Source: T. Tillson, *Better Moving Averages*, 1998.

    ``convention="pandas"``: the first value is the seed of each, as in ``ewm(span=window, adjust=False).mean()``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.t3(np.arange(8.0), window=2, gain=1.0).round(9).tolist()
    [nan, nan, nan, nan, nan, nan, 6.0, 7.0]
    """
    return Plan(kernels.t3, (window, ema_seed(window, convention), gain), (zeros(7),))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.hma,
    lookback=lambda window, convention: window + math.isqrt(window) - 2,
    span=lambda window, convention: window + math.isqrt(window) - 1,
    degree=(1, 0),
    talib=[TaLib("HMA", {"timeperiod": ("window", 20)}, group=GROUP)],
)
def hma(window: int = 20, *, convention: str) -> Plan:
    """Return Hull's moving average: a short weighted average of twice a quick one less a slow one.

    Parameters
    ----------
    window : int, default 20
        Bars of the slow average, at least 1; the quick one has half, the short one the square root, rounded down.

    Returns
    -------
    like `close`
        In the unit of `close`; the first ``window + isqrt(window) - 2`` bars are NaN.

    Notes
    -----
    Equal to TA-Lib's HMA within 1e-9. Source: A. Hull, *How to reduce lag in a moving average*, 2005.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.hma(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), window=4).round(9).tolist()
    [nan, nan, nan, nan, 5.0]
    """
    half, root = max(window // 2, 1), math.isqrt(window)
    windows = (*ring(window, heads=3), *ring(half, heads=3), *ring(root, heads=3))
    return Plan(kernels.hma, (window, half, root), windows)


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.zlema,
    lookback=lambda window, convention: window - 1 + (window - 1) // 2,
    settle=lambda eps, window, convention: window - 1 + (window - 1) // 2 + decay(2.0 / (window + 1.0), eps / 3.0),
    span=lambda window, convention: 1,
    degree=(1, 0),
    talib=[TaLib("ZLEMA", {"timeperiod": ("window", 30)}, group=GROUP)],
)
def zlema(window: int = 20, *, convention: str) -> Plan:
    """Return the zero-lag exponential moving average: that of prices moved on by their last change.

    Parameters
    ----------
    window : int, default 20
        Bars that set the weight, at least 1; the change is that over ``(window - 1) // 2`` bars.

    Returns
    -------
    like `close`
        In the unit of `close`; the first ``window - 1 + (window - 1) // 2`` bars are NaN.

    Notes
    -----
    A missing bar is NaN, and the average goes on as if it had not been: the change looks back over whole bars. Equal to
    TA-Lib's ZLEMA within 1e-9. Source: J. Ehlers and R. Way, *Zero Lag (Well, Almost)*, 2010.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.zlema(np.array([1.0, 2.0, 3.0, 4.0, 6.0]), window=3).tolist()
    [nan, nan, nan, 4.0, 6.0]
    """
    lag = (window - 1) // 2
    return Plan(kernels.zlema, (window, lag), (zeros(2), unknown(lag)))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "fast": period(), "slow": period()},
    reference=reference.kama,
    lookback=lambda window, fast, slow, convention: window,
    settle=lambda eps, window, fast, slow, convention: window + decay((2.0 / (max(fast, slow) + 1.0)) ** 2, eps),
    span=lambda window, fast, slow, convention: 1,
    degree=(1, 0),
    talib=[TaLib("KAMA", {"timeperiod": ("window", 30)}, group=GROUP)],
)
def kama(window: int = 10, fast: int = 2, slow: int = 30, *, convention: str) -> Plan:
    """Return Kaufman's adaptive moving average: quick in a trend, slow where prices go to and fro.

    Parameters
    ----------
    window : int, default 10
        Bars of the moves that tell the two apart, at least 2.
    fast : int, default 2
        Bars that set the weight in a trend, at least 1.
    slow : int, default 30
        Bars that set the weight where prices go to and fro, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` bars are NaN, and the price before the first value is its seed.

    Notes
    -----
    A missing bar is NaN, and the average goes on as if it had not been: moves are those between whole bars. Where
    nothing moved the market counts as a trend. Equal to TA-Lib's KAMA (`fast` 2, `slow` 30) within 1e-9. Source:
    P. Kaufman, *Smarter Trading*, 1995.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.kama(np.array([1.0, 1.0, 1.0, 10.0]), window=2).round(9).tolist()
    [nan, nan, 1.0, 5.0]
    """
    return Plan(kernels.kama, (window, 2.0 / (fast + 1.0), 2.0 / (slow + 1.0)), (unknown(1 + window),))
