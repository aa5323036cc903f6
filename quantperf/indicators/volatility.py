"""Ranges of bars, their means, and deviations."""

from __future__ import annotations

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.conventions import wilder_seed
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, Rows, ring, unknown, zeros
from quantperf.kernels import volatility as kernels
from quantperf.reference import volatility as reference


def _first_mean(window: int, convention: str) -> int:
    """Return the bar of the first mean: TA-Lib has no range on bar 0, the others take high - low."""
    return window if convention == "talib" else wilder_seed(window, convention) - 1


def _ranges(convention: str) -> tuple[Rows, ...]:
    """Return the rows of a mean range: last close, mean, bars seen; one before the first makes the first one count."""
    return (zeros(3),) if convention == "talib" else (unknown(), zeros(), (1.0, 1))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period()},
    reference=reference.atr,
    conventions=("talib", "tradingview", "pandas"),
    lookback=_first_mean,
    settle=lambda eps, window, convention: _first_mean(window, convention) + decay(1.0 / window, eps),
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

    ``convention="tradingview"``: the range of the first bar is high - low and counts, as in `ta.atr`, so that the first
    value comes one bar earlier.
    ``convention="pandas"``: so it is, and it is the seed of the mean, as in ``ewm(alpha=1 / window, adjust=False)``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 4.0, 3.0])
    >>> qp.atr(close + 1, close - 1, close, window=2).tolist()
    [nan, nan, 2.5, 2.25]
    """
    return Plan(kernels.atr, (window, wilder_seed(window, convention)), _ranges(convention))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period()},
    reference=reference.natr,
    conventions=("talib", "tradingview", "pandas"),
    lookback=_first_mean,
    settle=lambda eps, window, convention: _first_mean(window, convention) + decay(1.0 / window, eps),
    span=lambda window, convention: 1,
    talib=[TaLib("NATR", {"timeperiod": ("window", 14)})],
)
def natr(window: int = 14, *, convention: str) -> Plan:
    """Return the average true range in percent of the close.

    Parameters
    ----------
    window : int, default 14
        Bars of the mean, at least 1; with 1 it is the true range itself, in the unit of prices, as in TA-Lib.

    Returns
    -------
    like the inputs
        In percent; 0 where the close is 0; the first `window` bars are NaN, since a true range needs a close before.

    Notes
    -----
    A missing bar is NaN and leaves the state as it was, as in `atr`. Equal to TA-Lib's NATR within 1e-9. Source: J.
    Forman, *Cross-Market Evaluations with Normalized Average True Range*, 2006.

    ``convention="tradingview"``: the range of the first bar is high - low and counts, as in `ta.atr`, so that the first
    value comes one bar earlier.
    ``convention="pandas"``: so it is, and it is the seed of the mean, as in ``ewm(alpha=1 / window, adjust=False)``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 4.0, 3.0])
    >>> qp.natr(close + 1, close - 1, close, window=2).tolist()
    [nan, nan, 62.5, 75.0]
    """
    return Plan(kernels.natr, (window, wilder_seed(window, convention), window > 1), _ranges(convention))


@indicator(
    inputs=("high", "low", "close"),
    reference=reference.trange,
    conventions=("talib", "tradingview", "pandas"),
    lookback=lambda convention: 1 if convention == "talib" else 0,
    settle=lambda eps, convention: 1,
    span=lambda convention: 2,
    degree=(1, 0),
    talib=[TaLib("TRANGE")],
)
def trange(*, convention: str) -> Plan:
    """Return the true range: the range of a bar, widened to the close before it.

    Returns
    -------
    like the inputs
        In the unit of prices; the first bar is NaN, since it has no close before.

    Notes
    -----
    NaN where the bar or the one before lacks a price. Equal to TA-Lib's TRANGE. Source: J. W. Wilder, *New Concepts in
    Technical Trading Systems*, 1978.

    ``convention="tradingview"``: high - low on the first bar, as ``ta.tr(true)``.
    ``convention="pandas"``: high - low on the first bar, as the ``max`` of three columns that passes over NaN.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 5.0])
    >>> qp.trange(close + 1, close - 1, close).tolist()
    [nan, 2.0, 4.0]
    """
    return Plan(kernels.trange, (), (unknown(), (float(convention == "talib"), 1)))


@indicator(
    inputs=("high", "low"),
    bounds={"window": period()},
    reference=reference.adr,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("ADR", {"timeperiod": ("window", 14)})],
)
def adr(window: int = 14, *, convention: str) -> Plan:
    """Return the average day range: the mean of high - low.

    Parameters
    ----------
    window : int, default 14
        Bars of the mean, at least 1.

    Returns
    -------
    like the inputs
        In the unit of prices; the first `window` - 1 bars are NaN.

    Notes
    -----
    Unlike `atr` it reads no close, and takes a plain mean. Equal to TA-Lib's ADR within 1e-9. Source: the mean of high
    less low.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.adr(np.array([3.0, 4.0, 6.0]), np.array([1.0, 1.0, 1.0]), window=2).tolist()
    [nan, 2.5, 4.0]
    """
    return Plan(kernels.adr, (window,), ring(window))


@indicator(
    inputs=("high", "low"),
    bounds={"window": period(low=2), "change": period()},
    reference=reference.cvi,
    lookback=lambda window, change, convention: window + change - 1,
    settle=lambda eps, window, change, convention: window + change - 1 + decay(2.0 / (window + 1.0), eps),
    span=lambda window, change, convention: 1,
    talib=[TaLib("CVI", {"timeperiod": ("window", 10), "rocperiod": ("change", 10)})],
)
def cvi(window: int = 10, change: int = 10, *, convention: str) -> Plan:
    """Return Chaikin's volatility: the change of the exponential mean of high - low.

    Parameters
    ----------
    window : int, default 10
        Bars of the mean, at least 2.
    change : int, default 10
        Bars between the two means, at least 1.

    Returns
    -------
    like the inputs
        In percent; 0 where the old mean is 0; the first `window` + `change` - 1 bars are NaN.

    Notes
    -----
    A missing bar is NaN and is otherwise passed over: the old mean is that of `change` whole bars ago. Equal to
    TA-Lib's CVI within 1e-9. Source: M. Chaikin's volatility.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.cvi(np.array([2.0, 2.0, 3.5]), np.array([1.0, 1.0, 1.0]), window=2, change=1).round(4).tolist()
    [nan, nan, 100.0]
    """
    return Plan(kernels.cvi, (window, change), (zeros(2), unknown(change)))


@indicator(
    inputs=("high", "low"),
    bounds={"fast": period(low=2), "slow": period(low=2)},
    reference=reference.massi,
    lookback=lambda fast, slow, convention: 2 * fast + slow - 3,
    settle=lambda eps, fast, slow, convention: 2 * fast + slow - 3 + 2 * decay(2.0 / (fast + 1.0), eps),
    span=lambda fast, slow, convention: 1,
    talib=[TaLib("MASSI", {"fastperiod": ("fast", 9), "slowperiod": ("slow", 25)})],
)
def massi(fast: int = 9, slow: int = 25, *, convention: str) -> Plan:
    """Return the mass index: a sum of ratios between the exponential mean of high - low and the mean of that mean.

    Parameters
    ----------
    fast : int, default 9
        Bars of both means, at least 2.
    slow : int, default 25
        Bars of the sum, at least 2.

    Returns
    -------
    like the inputs
        About `slow`; a ratio without ranges is 1; the first 2 `fast` + `slow` - 3 bars are NaN.

    Notes
    -----
    A missing bar is NaN and is otherwise passed over: the sum is over the last `slow` whole bars. Equal to TA-Lib's
    MASSI within 1e-9. Source: D. Dorsey, *The Mass Index*, 1992.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.massi(np.array([2.0, 2.0, 2.0, 3.0, 2.0]), np.ones(5), fast=2, slow=2).round(4).tolist()
    [nan, nan, nan, 2.1538, 2.0967]
    """
    return Plan(kernels.massi, (fast, slow), (zeros(3), *ring(slow)))


@indicator(
    inputs=("close",),
    bounds={"window": period(), "deviation": period(low=2)},
    reference=reference.rvi,
    lookback=lambda window, deviation, convention: window + deviation - 2,
    settle=lambda eps, window, deviation, convention: window + deviation - 2 + decay(1.0 / window, eps),
    span=lambda window, deviation, convention: 1,
    talib=[TaLib("RVI", {"timeperiod": ("window", 14), "stddevperiod": ("deviation", 10)})],
)
def rvi(window: int = 14, deviation: int = 10, *, convention: str) -> Plan:
    """Return the relative volatility index: the share of the standard deviation that falls on rising bars.

    Parameters
    ----------
    window : int, default 14
        Bars of Wilder's means, at least 1.
    deviation : int, default 10
        Bars of the standard deviation, at least 2.

    Returns
    -------
    like `close`
        Between 0 and 100; 50 where nothing has moved; the first `window` + `deviation` - 2 bars are NaN.

    Notes
    -----
    A bar without a move counts for neither side. A missing bar is NaN and is otherwise passed over. Equal to TA-Lib's
    RVI within 1e-9. Source: D. Dorsey, *The Relative Volatility Index*, 1993.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.rvi(np.array([1.0, 3.0, 2.0, 4.0]), window=2, deviation=2).round(4).tolist()
    [nan, nan, 66.6667, 85.7143]
    """
    return Plan(kernels.rvi, (window, deviation), (zeros(3), unknown(), *ring(deviation, heads=4, rings=2)))
