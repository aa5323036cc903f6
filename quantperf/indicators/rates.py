"""Rates of change, of a price and between its exponential averages."""

from __future__ import annotations

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.chain import average, between
from quantperf.indicators.conventions import ema_seed
from quantperf.indicators.parameters import choice, period
from quantperf.indicators.plan import Plan, unknown, zeros
from quantperf.kernels import rates as kernels
from quantperf.reference import rates as reference


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.mom,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    degree=(1, 0),
    talib=[TaLib("MOM", {"timeperiod": ("window", 10)})],
)
def mom(window: int = 10, *, convention: str) -> Plan:
    """Return the change over `window` bars.

    Parameters
    ----------
    window : int, default 10
        Bars between the two prices, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` bars are NaN.

    Notes
    -----
    NaN where either of the two prices is missing. Equal to TA-Lib's MOM. Source: the momentum of a price.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.mom(np.array([100.0, 110.0, 99.0]), window=1).round(6).tolist()
    [nan, 10.0, -11.0]
    """
    return Plan(kernels.mom, (window,), (zeros(), unknown(window)))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.roc,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("ROC", {"timeperiod": ("window", 10)})],
)
def roc(window: int = 10, *, convention: str) -> Plan:
    """Return the change over `window` bars in percent.

    Parameters
    ----------
    window : int, default 10
        Bars between the two prices, at least 1.

    Returns
    -------
    like `close`
        In percent; 0 where the old price is 0; the first `window` bars are NaN.

    Notes
    -----
    NaN where either of the two prices is missing. Equal to TA-Lib's ROC. Source: the rate of change.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.roc(np.array([100.0, 110.0, 99.0]), window=1).round(6).tolist()
    [nan, 10.0, -10.0]
    """
    return Plan(kernels.roc, (window, 1.0, 100.0), (zeros(), unknown(window)))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.rocp,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("ROCP", {"timeperiod": ("window", 10)})],
)
def rocp(window: int = 10, *, convention: str) -> Plan:
    """Return the change over `window` bars as a share of the old price.

    Parameters
    ----------
    window : int, default 10
        Bars between the two prices, at least 1.

    Returns
    -------
    like `close`
        As a share, 0.01 for one percent; 0 where the old price is 0; the first `window` bars are NaN.

    Notes
    -----
    NaN where either of the two prices is missing. Equal to TA-Lib's ROCP within 1e-9. Source: the rate of change.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.rocp(np.array([100.0, 110.0, 99.0]), window=1).round(6).tolist()
    [nan, 0.1, -0.1]
    """
    return Plan(kernels.roc, (window, 1.0, 1.0), (zeros(), unknown(window)))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.rocr,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("ROCR", {"timeperiod": ("window", 10)})],
)
def rocr(window: int = 10, *, convention: str) -> Plan:
    """Return the price over the price `window` bars before.

    Parameters
    ----------
    window : int, default 10
        Bars between the two prices, at least 1.

    Returns
    -------
    like `close`
        As a ratio, 1 for no change; 0 where the old price is 0; the first `window` bars are NaN.

    Notes
    -----
    NaN where either of the two prices is missing. Equal to TA-Lib's ROCR within 1e-9. Source: the rate of change.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.rocr(np.array([100.0, 110.0, 99.0]), window=1).round(6).tolist()
    [nan, 1.1, 0.9]
    """
    return Plan(kernels.roc, (window, 0.0, 1.0), (zeros(), unknown(window)))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.rocr100,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("ROCR100", {"timeperiod": ("window", 10)})],
)
def rocr100(window: int = 10, *, convention: str) -> Plan:
    """Return the price in percent of the price `window` bars before.

    Parameters
    ----------
    window : int, default 10
        Bars between the two prices, at least 1.

    Returns
    -------
    like `close`
        In percent, 100 for no change; 0 where the old price is 0; the first `window` bars are NaN.

    Notes
    -----
    NaN where either of the two prices is missing. Equal to TA-Lib's ROCR100 within 1e-9. Source: the rate of change.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.rocr100(np.array([100.0, 110.0, 99.0]), window=1).round(6).tolist()
    [nan, 110.0, 90.0]
    """
    return Plan(kernels.roc, (window, 0.0, 100.0), (zeros(), unknown(window)))


@indicator(
    inputs=("close",),
    bounds={"fast": period(low=2), "slow": period(low=2), "matype": choice(0, 13)},
    reference=reference.apo,
    conventions=("talib", "tradingview", "pandas"),
    lookback=lambda fast, slow, matype, convention: average(max(fast, slow), matype, 1, convention).lookback,
    settle=lambda eps, fast, slow, matype, convention: average(max(fast, slow), matype, 1, convention).settle(eps),
    span=lambda fast, slow, matype, convention: average(max(fast, slow), matype, 1, convention).span,
    degree=(1, 0),
    talib=[
        TaLib("APO", {"fastperiod": ("fast", 12), "slowperiod": ("slow", 26), "matype": ("matype", 1)}),
    ],
)
def apo(fast: int = 12, slow: int = 26, matype: int = 1, *, convention: str) -> Plan:
    """Return the difference of a fast and a slow exponential average.

    Parameters
    ----------
    fast : int, default 12
        Bars of the fast average, at least 2; a longer one than `slow` changes places with it, as in TA-Lib.
    slow : int, default 26
        Bars of the slow average, at least 2.
    matype : int, default 1
        Kind of both averages by TA-Lib's number, as for `ma`; 1 is the exponential one.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `slow` - 1 bars are NaN, under the other conventions none.

    Notes
    -----
    A missing bar is NaN and leaves the averages as they were. Each average begins as the mean of its own first bars,
    where `macd` begins both on one bar. Equal to TA-Lib's APO within 1e-9. Source: G. Appel,
    *Technical Analysis: Power Tools for Active Investors*, 2005.

    ``convention="tradingview"``: the first value is the seed of each average, as Pine's manual writes `ta.ema`.
    ``convention="pandas"``: the first value is the seed of each average, as in ``ewm(span=fast, adjust=False).mean()``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.apo(np.array([1.0, 2.0, 3.0, 4.0]), fast=2, slow=3).round(2).tolist()
    [nan, nan, 0.5, 0.5]
    """
    if average(fast, matype, 1).name == "ema":
        fast, slow = min(fast, slow), max(fast, slow)
        seeds = ema_seed(fast, convention), ema_seed(slow, convention)
        return Plan(kernels.oscillator, (fast, slow, *seeds, False), (zeros(3),))
    return between(fast, slow, matype, convention, relative=False)


@indicator(
    inputs=("close",),
    bounds={"fast": period(low=2), "slow": period(low=2), "matype": choice(0, 13)},
    reference=reference.ppo,
    conventions=("talib", "tradingview", "pandas"),
    lookback=lambda fast, slow, matype, convention: average(max(fast, slow), matype, 1, convention).lookback,
    settle=lambda eps, fast, slow, matype, convention: average(max(fast, slow), matype, 1, convention).settle(eps),
    span=lambda fast, slow, matype, convention: average(max(fast, slow), matype, 1, convention).span,
    talib=[
        TaLib("PPO", {"fastperiod": ("fast", 12), "slowperiod": ("slow", 26), "matype": ("matype", 1)}),
    ],
)
def ppo(fast: int = 12, slow: int = 26, matype: int = 1, *, convention: str) -> Plan:
    """Return the difference of a fast and a slow exponential average in percent of the slow one.

    Parameters
    ----------
    fast : int, default 12
        Bars of the fast average, at least 2; a longer one than `slow` changes places with it, as in TA-Lib.
    slow : int, default 26
        Bars of the slow average, at least 2.
    matype : int, default 1
        Kind of both averages by TA-Lib's number, as for `ma`; 1 is the exponential one.

    Returns
    -------
    like `close`
        In percent; 0 where the slow average is 0; the first `slow` - 1 bars are NaN, under the other conventions none.

    Notes
    -----
    A missing bar is NaN and leaves the averages as they were. Each average begins as the mean of its own first bars,
    where `macd` begins both on one bar. Equal to TA-Lib's PPO within 1e-9. Source: G. Appel,
    *Technical Analysis: Power Tools for Active Investors*, 2005.

    ``convention="tradingview"``: the first value is the seed of each average, as Pine's manual writes `ta.ema`.
    ``convention="pandas"``: the first value is the seed of each average, as in ``ewm(span=fast, adjust=False).mean()``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.ppo(np.array([1.0, 2.0, 3.0, 4.0]), fast=2, slow=3).round(2).tolist()
    [nan, nan, 25.0, 16.67]
    """
    if average(fast, matype, 1).name == "ema":
        fast, slow = min(fast, slow), max(fast, slow)
        seeds = ema_seed(fast, convention), ema_seed(slow, convention)
        return Plan(kernels.oscillator, (fast, slow, *seeds, True), (zeros(3),))
    return between(fast, slow, matype, convention, relative=True)


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.trix,
    conventions=("talib", "pandas"),
    lookback=lambda window, convention: 3 * ema_seed(window, convention) - 2,
    settle=lambda eps, window, convention: 3 * ema_seed(window, convention) - 2 + 3 * decay(2.0 / (window + 1.0), eps),
    span=lambda window, convention: 1,
    talib=[TaLib("TRIX", {"timeperiod": ("window", 30)})],
)
def trix(window: int = 30, *, convention: str) -> Plan:
    """Return the change over one bar of a triple exponential average, in percent.

    Parameters
    ----------
    window : int, default 30
        Bars of each of the three averages, at least 1.

    Returns
    -------
    like `close`
        In percent; 0 where the old average is 0; the first 3 * `window` - 2 bars are NaN, under ``"pandas"`` the first.

    Notes
    -----
    A missing bar is NaN and leaves the averages as they were. Equal to TA-Lib's TRIX within 1e-9. Source: J. Hutson,
    *Good TRIX*, 1983.

    ``convention="pandas"``: the first value is the seed of each, as in ``ewm(span=window, adjust=False).mean()``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.trix(np.array([1.0, 2.0, 3.0]), window=1).tolist()
    [nan, 100.0, 50.0]
    """
    return Plan(kernels.trix, (window, ema_seed(window, convention)), (zeros(4),))
