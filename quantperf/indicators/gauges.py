"""Gauges: where a price stands against its average, its trend, or the bars around it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from quantperf.indicators.catalogue import CATALOG, decay, indicator
from quantperf.indicators.chain import Lines
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, unknown
from quantperf.indicators.weights import weighted
from quantperf.indicators.whole import of, over_whole_bars
from quantperf.kernels import gauges as kernels
from quantperf.kernels import smoothing as joints
from quantperf.reference import gauges as reference

INFINITY = float("inf")


class RelativeVigor(NamedTuple):
    """Lines of `rvgi`, each like the inputs."""

    rvgi: Any
    signal: Any


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.bias,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
)
def bias(window: int = 26, *, convention: str) -> Plan:
    """Return the disparity of the close: how far it lies from its mean, in percent of the mean.

    Parameters
    ----------
    window : int, default 26
        Bars of the mean, at least 1.

    Returns
    -------
    like `close`
        In percent; 0 where the mean is 0; the first `window` - 1 bars are NaN.

    Notes
    -----
    NaN where the window holds a missing bar. Source: the disparity index of S. Nison, *Beyond Candlesticks*, 1994.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.bias(np.array([1.0, 3.0, 1.0]), window=2).tolist()
    [nan, 50.0, -50.0]
    """
    lines = Lines(1)
    mean = lines.add(of("sma", window=window), 0)
    return lines.plan(lines.add(Plan(kernels.relative, (100.0,), ()), 0, mean))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.psl,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
)
def psl(window: int = 12, *, convention: str) -> Plan:
    """Return the psychological line: the share of bars that closed higher than the one before.

    Parameters
    ----------
    window : int, default 12
        Bars that are counted, at least 1.

    Returns
    -------
    like `close`
        Between 0 and 100; the first `window` bars are NaN.

    Notes
    -----
    NaN where one of the `window` + 1 closes is missing. Source: the psychological line of Japanese charts,
    which has no one author.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.psl(np.array([1.0, 2.0, 2.0, 3.0]), window=2).tolist()
    [nan, nan, 50.0, 50.0]
    """
    lines = Lines(1)
    return lines.plan(lines.add(of("sma", window=window), lines.add(Plan(kernels.rises, (), (unknown(),)), 0)))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.cti,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
)
def cti(window: int = 12, *, convention: str) -> Plan:
    """Return Ehlers' correlation trend indicator: the correlation of the last closes with a straight line.

    Parameters
    ----------
    window : int, default 12
        Bars of the correlation, at least 2.

    Returns
    -------
    like `close`
        Between -1 and 1; 0 where the window is flat; the first `window` - 1 bars are NaN.

    Notes
    -----
    NaN where the window holds a missing bar. Source: J. Ehlers, *Correlation as a Trend Indicator*, 2020.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.cti(np.array([1.0, 2.0, 3.0, 1.0]), window=3).round(4).tolist()
    [nan, nan, 1.0, -0.5]
    """
    lines = Lines(1)
    slope = lines.add(of("linearreg_slope", window=window), 0)
    deviation = lines.add(of("stddev", window=window, nbdev=1.0), 0)
    # The correlation is the slope in deviations of both: that of the numbers 1 to n is sqrt((n**2 - 1) / 12).
    return lines.plan(lines.add(Plan(kernels.ratio, (math.sqrt((window**2 - 1) / 12.0), 1.0), ()), slope, deviation))


@indicator(
    inputs=("close",),
    bounds={"window": period()},
    reference=reference.cg,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
)
def cg(window: int = 10, *, convention: str) -> Plan:
    """Return Ehlers' centre of gravity: how many bars before the middle of the window its prices have their balance.

    Parameters
    ----------
    window : int, default 10
        Bars of the window, at least 1.

    Returns
    -------
    like `close`
        In bars, above 0 where the newer prices are the higher ones; 0 where the sum of the prices is 0; the first
        `window` - 1 bars are NaN.

    Notes
    -----
    -sum(i * price i) / sum(price i) + (`window` + 1) / 2, where the newest price has i = 1. NaN where the window holds
    a missing bar. Source: J. Ehlers, *The CG Oscillator*, 2002.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.cg(np.array([1.0, 1.0, 3.0]), window=2).round(6).tolist()
    [nan, 0.0, 0.25]
    """
    # The weighted mean gives the newest price the weight `window`, so that its gap to the mean tells the balance.
    lines = Lines(1)
    weighted_mean, mean = lines.add(of("wma", window=window), 0), lines.add(of("sma", window=window), 0)
    return lines.plan(lines.add(Plan(kernels.relative, (0.5 * (window + 1.0),), ()), weighted_mean, mean))


@indicator(
    inputs=("open", "high", "low", "close"),
    bounds={"window": period()},
    returns=RelativeVigor,
    reference=reference.rvgi,
    lookback=lambda window, convention: (window + 2, window + 5),
    span=lambda window, convention: window + 6,
)
def rvgi(window: int = 10, *, convention: str) -> Plan:
    """Return Ehlers' relative vigor index: the mean body of the candles over their mean range, and its signal.

    Parameters
    ----------
    window : int, default 10
        Bars of both means, at least 1.

    Returns
    -------
    rvgi, signal : like the inputs
        A named tuple, between -1 and 1, 0 where there is no range; from the bars `window` + 2 and `window` + 5 on.

    Notes
    -----
    Bodies and ranges are first smoothed over four bars with the weights 1, 2, 2, 1, and so is the index for its signal.
    NaN where one of the bars that a value reads is missing. Source: J. Ehlers, *Relative Vigor Index*, 2002.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.arange(5.0)
    >>> qp.rvgi(close - 1.0, close + 1.0, close - 1.0, close, window=1).rvgi.round(4).tolist()
    [nan, nan, nan, 0.5, 0.5]
    """
    lines = Lines(4)
    four = weighted(np.array([1.0, 2.0, 2.0, 1.0]))
    means = [
        lines.add(of("sma", window=window), lines.add(four, lines.add(Plan(kernel, (), ()), 0, 1, 2, 3)))
        for kernel in (kernels.body, kernels.reach)
    ]
    vigor = lines.add(Plan(kernels.ratio, (1.0, INFINITY), ()), *means)
    return lines.plan(vigor, lines.add(four, vigor))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period()},
    reference=reference.pgo,
    lookback=lambda window, convention: window,
    settle=lambda eps, window, convention: window + decay(2.0 / (window + 1.0), eps),
    span=lambda window, convention: 1,
)
def pgo(window: int = 14, *, convention: str) -> Plan:
    """Return Johnson's pretty good oscillator: the distance of the close from its mean, in mean true ranges.

    Parameters
    ----------
    window : int, default 14
        Bars of the mean and of the exponential mean of the true range, at least 1.

    Returns
    -------
    like the inputs
        In true ranges; 0 where these are 0; the first `window` bars are NaN.

    Notes
    -----
    A missing bar is NaN and is otherwise passed over. Source: M. Johnson, the pretty good oscillator.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 3.0])
    >>> qp.pgo(close + 1, close - 1, close, window=2).tolist()
    [nan, nan, 0.25]
    """
    lines = Lines(3)
    reach = lines.add(of("ema", window=window), lines.add(of("trange"), 0, 1, 2))
    gap = lines.add(Plan(joints.difference, (), ()), 2, lines.add(of("sma", window=window), 2))
    return over_whole_bars(lines, lines.add(Plan(kernels.ratio, (1.0, INFINITY), ()), gap, reach))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "volatility": period(low=2), "deviation": period(low=2)},
    reference=reference.inertia,
    lookback=lambda window, volatility, deviation, convention: (
        window - 1 + CATALOG["rvi"].lookback(window=volatility, deviation=deviation)
    ),
    # The line of least squares ends with weights whose sizes sum to less than 2.
    settle=lambda eps, window, volatility, deviation, convention: (
        window - 1 + CATALOG["rvi"].settle(eps / 2.0, window=volatility, deviation=deviation)
    ),
    span=lambda window, volatility, deviation, convention: 1,
)
def inertia(window: int = 20, volatility: int = 14, deviation: int = 10, *, convention: str) -> Plan:
    """Return Dorsey's inertia: the line of least squares through the relative volatility index, on its last bar.

    Parameters
    ----------
    window : int, default 20
        Bars of the line, at least 2.
    volatility : int, default 14
        Bars of the means of the relative volatility index, at least 2.
    deviation : int, default 10
        Bars of its standard deviations, at least 2.

    Returns
    -------
    like `close`
        On the scale of `rvi`, 0 to 100, above 50 in a rising market; NaN before the line is full.

    Notes
    -----
    A missing bar is NaN and is otherwise passed over. Source: D. Dorsey, *Refining the Relative Volatility Index*,
    1995.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.inertia(np.arange(9.0), window=3, volatility=2, deviation=2).round(4).tolist()
    [nan, nan, nan, nan, 100.0, 100.0, 100.0, 100.0, 100.0]
    """
    lines = Lines(1)
    index = lines.add(of("rvi", window=volatility, deviation=deviation), 0)
    return over_whole_bars(lines, lines.add(of("linearreg", window=window), index))
