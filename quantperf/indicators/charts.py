"""Bars redrawn, and the turning points that an eye sees in a chart."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, ring, unknown
from quantperf.kernels import charts as kernels
from quantperf.reference import charts as reference


class HeikinAshi(NamedTuple):
    """Prices of `heikin_ashi`, each like the inputs."""

    open: Any
    high: Any
    low: Any
    close: Any


class Fractal(NamedTuple):
    """Lines of `fractal`, each like the inputs."""

    high: Any
    low: Any


@indicator(
    inputs=("open", "high", "low", "close"),
    returns=HeikinAshi,
    reference=reference.heikin_ashi,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: decay(0.5, eps),
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("HA", group="Price Transform", names=("haopen", "hahigh", "halow", "haclose"))],
)
def heikin_ashi(*, convention: str) -> Plan:
    """Return averaged bars: their open is the middle of the averaged bar before, their close the mean of the prices.

    Returns
    -------
    open, high, low, close : like the inputs
        A named tuple, in the unit of prices, from the first bar on, whose open is the middle of its open and close.

    Notes
    -----
    High and low reach to the averaged open and close. A missing bar is NaN and leaves the next open as it was. Equal to
    TA-Lib's HA. Source: D. Valcu, *Using the Heikin-Ashi Technique*, 2004.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 3.0, 2.0])
    >>> qp.heikin_ashi(close, close + 1, close - 1, close).open.tolist()
    [1.0, 1.0, 2.0]
    """
    return Plan(kernels.heikin_ashi, (), (unknown(),))


@indicator(
    inputs=("high", "low"),
    bounds={"left": period(), "right": period()},
    returns=Fractal,
    reference=reference.fractal,
    lookback=lambda left, right, convention: left + right,
    span=lambda left, right, convention: left + right + 1,
    talib=[
        TaLib(
            "FRACTAL",
            {"leftbars": ("left", 2), "rightbars": ("right", 2)},
            group="Momentum Indicators",
            whole=True,
            names=("swinghigh", "swinglow"),
        )
    ],
)
def fractal(left: int = 2, right: int = 2, *, convention: str) -> Plan:
    """Return Williams' fractals: where a bar is higher, or lower, than its neighbours on both sides.

    Parameters
    ----------
    left : int, default 2
        Bars before it, at least 1.
    right : int, default 2
        Bars after it, at least 1.

    Returns
    -------
    high, low : like the inputs
        A named tuple: 100 on the bar that confirms a swing, `right` bars after it, else 0; the first `left` + `right`
        bars are NaN.

    Notes
    -----
    An equal neighbour forbids a swing. Identical to TA-Lib's FRACTAL, which gives int32 and 0 where it is unknown.
    Source: B. Williams, *Trading Chaos*, 1995.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> price = np.array([1.0, 3.0, 2.0, 2.0])
    >>> qp.fractal(price, price, left=1, right=1).high.tolist()
    [nan, nan, 100.0, 0.0]
    """
    windows = (unknown(right + 1), *ring(left), *ring(right))
    return Plan(kernels.fractal, (left, right), (*windows, *windows))
