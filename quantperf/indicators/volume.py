"""Indicators that read the volume."""

from __future__ import annotations

import math

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.chain import average, between
from quantperf.indicators.parameters import choice, period
from quantperf.indicators.plan import Plan, ring, unknown, zeros
from quantperf.kernels import averages
from quantperf.kernels import volume as kernels
from quantperf.reference import volume as reference

NAN = float("nan")


@indicator(
    inputs=("close", "volume"),
    reference=reference.obv,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: math.inf,
    span=lambda convention: 1,
    degree=(0, 1),
    talib=[TaLib("OBV", inputs=("real", "volume"))],
)
def obv(*, convention: str) -> Plan:
    """Return on-balance volume: the running sum of volume, added when the close rises and taken off when it falls.

    Returns
    -------
    like the inputs
        In the unit of volume, from the first bar on, which counts as a rise.

    Notes
    -----
    A missing bar is NaN and leaves the sum as it was. Equal to TA-Lib's OBV. Source: J. Granville, *New Key to Stock
    Market Profits*, 1963.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.obv(np.array([1.0, 2.0, 2.0, 1.0]), np.array([5.0, 6.0, 7.0, 8.0])).tolist()
    [5.0, 11.0, 11.0, 3.0]
    """
    return Plan(kernels.obv, (), (unknown(), zeros()))


@indicator(
    inputs=("high", "low", "close", "volume"),
    bounds={"window": period(low=2)},
    reference=reference.mfi,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("MFI", {"timeperiod": ("window", 14)}, group="Momentum Indicators")],
)
def mfi(window: int = 14, *, convention: str) -> Plan:
    """Return the money flow index: the share of money that came in with rising typical prices, 0 to 100.

    Parameters
    ----------
    window : int, default 14
        Bars of the sums, at least 2.

    Returns
    -------
    like the inputs
        Between 0 and 100; 0 where no money moved; the first `window` bars are NaN.

    Notes
    -----
    The flow of a bar needs the price before, so a missing bar makes `window` + 1 values unknown. Equal to TA-Lib's MFI
    within 1e-9. Source: G. Quong and A. Soudack, *Volume-weighted RSI: Money Flow*, 1989.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 1.0, 3.0])
    >>> qp.mfi(close, close, close, np.ones(4), window=2).round(4).tolist()
    [nan, nan, 66.6667, 75.0]
    """
    return Plan(kernels.mfi, (window,), (unknown(), *ring(window), *ring(window)))


@indicator(
    inputs=("high", "low", "close", "volume"),
    reference=reference.vwap,
    conventions=("talib", "legacy"),
    lookback=lambda convention: 0,
    settle=lambda eps, convention: math.inf,
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("VWAP")],
)
def vwap(*, convention: str) -> Plan:
    """Return the mean typical price weighted by volume, since the first bar.

    Returns
    -------
    like the inputs
        In the unit of prices, from the first bar on; 0 while nothing has been traded.

    Notes
    -----
    The sums run from the first bar and are never anchored anew. A missing bar is NaN and leaves them as they were.
    Equal to TA-Lib's VWAP. Source: S. Berkowitz, D. Logue and E. Noser, *The Total Cost of Transactions on the NYSE*,
    1988.

    ``convention="legacy"``: NaN while nothing has been traded.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0])
    >>> qp.vwap(close, close, close, np.array([1.0, 1.0, 2.0])).tolist()
    [1.0, 1.5, 2.25]
    """
    return Plan(kernels.vwap, (0.0 if convention == "talib" else NAN,), (zeros(2),))


@indicator(
    inputs=("volume",),
    bounds={"window": period()},
    reference=reference.volume_sma,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(0, 1),
)
def volume_sma(window: int = 20, *, convention: str) -> Plan:
    """Return the mean volume of the last `window` bars.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    like `volume`
        In the unit of `volume`; the first `window` - 1 bars are NaN.

    Notes
    -----
    The same kernel as `sma`. Source: the arithmetic mean.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.volume_sma(np.array([100.0, 300.0, 200.0]), window=2).tolist()
    [nan, 200.0, 250.0]
    """
    return Plan(averages.sma, (window,), ring(window))


@indicator(
    inputs=("volume",),
    bounds={"window": period()},
    reference=reference.volume_ratio,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
)
def volume_ratio(window: int = 20, *, convention: str) -> Plan:
    """Return the volume over its mean of the last `window` bars.

    Parameters
    ----------
    window : int, default 20
        Bars of the mean, at least 1; the bar itself is one of them.

    Returns
    -------
    like `volume`
        Without unit; NaN, not 0, while the mean is unknown or 0; the first `window` - 1 bars are NaN.

    Notes
    -----
    Often called relative volume. Source: volume over its arithmetic mean.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.volume_ratio(np.array([100.0, 300.0, 100.0]), window=2).tolist()
    [nan, 1.5, 0.5]
    """
    return Plan(kernels.volume_ratio, (window,), ring(window))


@indicator(
    inputs=("volume",),
    bounds={"window": period()},
    reference=reference.rvol,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("RVOL", {"timeperiod": ("window", 20)})],
)
def rvol(window: int = 20, *, convention: str) -> Plan:
    """Return the volume over the mean of the `window` volumes before it.

    Parameters
    ----------
    window : int, default 20
        Bars of the mean, at least 1; the bar itself is none of them, unlike in `volume_ratio`.

    Returns
    -------
    like `volume`
        Without unit; the first `window` bars are NaN. After a window without volume it is infinite, as in TA-Lib, and
        NaN if the bar has none either.

    Notes
    -----
    Equal to TA-Lib's RVOL within 1e-9. Source: relative volume.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.rvol(np.array([1.0, 3.0, 4.0]), window=2).tolist()
    [nan, nan, 2.0]
    """
    return Plan(kernels.rvol, (window,), (unknown(), *ring(window)))


@indicator(
    inputs=("volume",),
    bounds={"fast": period(low=2), "slow": period(low=2), "matype": choice(0, 13)},
    reference=reference.pvo,
    lookback=lambda fast, slow, matype, convention: average(max(fast, slow), matype, 1).lookback,
    settle=lambda eps, fast, slow, matype, convention: average(max(fast, slow), matype, 1).settle(eps),
    span=lambda fast, slow, matype, convention: average(max(fast, slow), matype, 1).span,
    talib=[TaLib("PVO", {"fastperiod": ("fast", 12), "slowperiod": ("slow", 26), "matype": ("matype", 1)})],
)
def pvo(fast: int = 12, slow: int = 26, matype: int = 1, *, convention: str) -> Plan:
    """Return the percentage volume oscillator: how far a fast exponential average lies from a slow one.

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
    like `volume`
        In percent of the slow average; 0 where that is 0; the first `slow` - 1 bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the averages as they were. Each begins as the mean of its own first bars. Equal to
    TA-Lib's PVO within 1e-9. Source: G. Appel's oscillator, of volumes and in percent.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.pvo(np.array([1.0, 3.0, 5.0]), fast=2, slow=3).round(6).tolist()
    [nan, nan, 33.333333]
    """
    if average(fast, matype, 1).name == "ema":
        return Plan(kernels.pvo, (min(fast, slow), max(fast, slow)), (zeros(3),))
    return between(fast, slow, matype, relative=True)


@indicator(
    inputs=("high", "low", "volume"),
    reference=reference.marketfi,
    lookback=lambda convention: 0,
    span=lambda convention: 1,
    degree=(1, -1),
    talib=[TaLib("MARKETFI")],
)
def marketfi(*, convention: str) -> Plan:
    """Return the market facilitation index: the range of each bar over its volume.

    Returns
    -------
    like the inputs
        In the unit of prices for one of volume; 0 where nothing was traded.

    Notes
    -----
    Equal to TA-Lib's MARKETFI. Source: B. Williams, *Trading Chaos*, 1995.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.marketfi(np.array([3.0, 3.0]), np.array([1.0, 1.0]), np.array([4.0, 0.0])).tolist()
    [0.5, 0.0]
    """
    return Plan(kernels.marketfi, (), (zeros(0),))
