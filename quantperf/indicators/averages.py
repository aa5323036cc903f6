"""Moving averages."""

from __future__ import annotations

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.conventions import ema_seed, wilder_seed
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, ring, zeros
from quantperf.kernels import averages as kernels
from quantperf.reference import averages as reference


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.sma,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("SMA", {"timeperiod": ("window", 30)})],
)
def sma(window: int = 20, *, convention: str) -> Plan:
    """Return the simple moving average: the mean of the last `window` bars.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    Each window is summed anew from two halves, so an outlier is forgotten when it leaves. Equal to TA-Lib's SMA within
    1e-9. Source: the arithmetic mean.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.sma(np.array([1.0, 2.0, 3.0, 4.0]), window=2).tolist()
    [nan, 1.5, 2.5, 3.5]
    """
    return Plan(kernels.sma, (window,), ring(window))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.ema,
    conventions=("talib", "tradingview", "pandas", "legacy"),
    lookback=lambda window, convention: ema_seed(window, convention) - 1,
    settle=lambda eps, window, convention: ema_seed(window, convention) - 1 + decay(2.0 / (window + 1.0), eps),
    span=lambda window, convention: 1,
    degree=(1, 0),
    talib=[TaLib("EMA", {"timeperiod": ("window", 30)})],
)
def ema(window: int = 20, *, convention: str) -> Plan:
    """Return the exponential moving average: each bar weighs 2 / (window + 1).

    Parameters
    ----------
    window : int, default 20
        Bars that set the weight, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`. ``convention="talib"``: the mean of the first `window` bars is the seed, and the bars
        before it are NaN. The others: the first bar is the seed, and there is a value from bar 0 on.

    Notes
    -----
    A missing bar is NaN and leaves the mean as it was. Equal to TA-Lib's EMA within 1e-9. Source: R. G. Brown,
    *Smoothing, Forecasting and Prediction*, 1963.

    ``convention="tradingview"``: the first bar is the seed, as Pine's reference manual writes `ta.ema`:
    ``na(sum[1]) ? src``. Older editions wrote ``ta.sma(src, length)`` there, and that is ``"talib"``.
    ``convention="pandas"``: the first bar is the seed, as in ``ewm(span=window, adjust=False).mean()``.
    ``convention="legacy"``: the first bar is the seed.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.ema(np.array([1.0, 2.0, 3.0, 4.0]), window=3).tolist()
    [nan, nan, 2.0, 3.0]
    >>> qp.ema(np.array([1.0, 2.0, 3.0]), window=3, convention="legacy").tolist()
    [1.0, 1.5, 2.25]
    """
    return Plan(kernels.ema, (2.0 / (window + 1.0), float(ema_seed(window, convention))), (zeros(2),))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.wma,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("WMA", {"timeperiod": ("window", 30)})],
)
def wma(window: int = 20, *, convention: str) -> Plan:
    """Return the linearly weighted moving average: weights 1..window, the newest bar weighing most.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's WMA within 1e-9. Source: the mean with weights 1 to `window`.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.wma(np.array([1.0, 2.0, 4.0]), window=2).round(4).tolist()
    [nan, 1.6667, 3.3333]
    """
    return Plan(kernels.wma, (window,), ring(window, heads=3))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.rma,
    conventions=("talib", "pandas"),
    lookback=lambda window, convention: wilder_seed(window, convention) - 1,
    settle=lambda eps, window, convention: wilder_seed(window, convention) - 1 + decay(1.0 / window, eps),
    span=lambda window, convention: 1,
    degree=(1, 0),
    talib=[TaLib("RMA", {"timeperiod": ("window", 30)})],
)
def rma(window: int = 14, *, convention: str) -> Plan:
    """Return Wilder's moving average: each bar weighs 1 / window.

    Parameters
    ----------
    window : int, default 14
        Bars that set the weight, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN, and the mean of the first `window` bars is the
        seed. Under ``convention="pandas"`` no bar is.

    Notes
    -----
    A missing bar is NaN and leaves the mean as it was. Equal to TA-Lib's RMA within 1e-9, and to Pine's `ta.rma`.
    Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978.

    ``convention="pandas"``: the first bar is the seed, as in ``ewm(alpha=1 / window, adjust=False).mean()``.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.rma(np.array([1.0, 3.0, 5.0, 7.0]), window=2).tolist()
    [nan, 2.0, 3.5, 5.25]
    """
    return Plan(kernels.rma, (window, wilder_seed(window, convention)), (zeros(2),))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.trima,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("TRIMA", {"timeperiod": ("window", 30)})],
)
def trima(window: int = 20, *, convention: str) -> Plan:
    """Return the triangular moving average: weights that rise to the middle of the window and fall again.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    It is a simple average of simple averages, each of half the window. Equal to TA-Lib's TRIMA within 1e-9. Source: the
    mean with weights 1, 2, ..., 2, 1.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.trima(np.array([1.0, 2.0, 7.0, 4.0]), window=3).tolist()
    [nan, nan, 3.0, 5.0]
    """
    first = (window + 1) // 2
    second = window + 1 - first
    return Plan(kernels.trima, (first, second), (*ring(first), *ring(second)))


@indicator(
    inputs=("close", "volume"),
    bounds={"window": period()},
    reference=reference.vwma,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("VWMA", {"timeperiod": ("window", 30)}, inputs=("real", "volume"))],
)
def vwma(window: int = 20, *, convention: str) -> Plan:
    """Return the volume-weighted moving average: each close weighs as much as was traded on its bar.

    Parameters
    ----------
    window : int, default 20
        Bars in the window, at least 1.

    Returns
    -------
    like the inputs
        In the unit of `close`; NaN where nothing was traded in the window; the first `window` - 1 bars are NaN.

    Notes
    -----
    Where nothing was traded TA-Lib divides what is left of its running sums by 0 and gives an infinity; else equal to
    TA-Lib's VWMA within 1e-9. Source: the mean weighted by volume.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.vwma(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 1.0]), window=2).tolist()
    [nan, 1.75, 2.5]
    """
    return Plan(kernels.vwma, (window,), (*ring(window), *ring(window)))
