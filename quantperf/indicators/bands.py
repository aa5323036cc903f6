"""Lines round a price."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, ring
from quantperf.kernels import bands as kernels
from quantperf.reference import bands as reference


class Bands(NamedTuple):
    """Lines of `bbands`, each like the input."""

    upper: Any
    middle: Any
    lower: Any


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2), "up": number(), "down": number()},
    returns=Bands,
    reference=reference.bbands,
    conventions=("talib", "legacy"),
    lookback=lambda window, up, down, convention: window - 1,
    span=lambda window, up, down, convention: window,
    degree=(1, 0),
    talib=[
        TaLib(
            "BBANDS",
            {"timeperiod": ("window", 20), "nbdevup": ("up", 2.0), "nbdevdn": ("down", 2.0), "matype": (None, 0)},
            names=("upperband", "middleband", "lowerband"),
        )
    ],
)
def bbands(window: int = 20, up: float = 2.0, down: float = 2.0, *, convention: str) -> Plan:
    """Return Bollinger bands: a rolling mean, and lines some standard deviations above and below it.

    Parameters
    ----------
    window : int, default 20
        Bars of mean and deviation, at least 2.
    up, down : float, default 2.0
        Distance of the upper and of the lower line from the mean, in standard deviations.

    Returns
    -------
    upper, middle, lower : like `close`
        A named tuple, in the unit of `close`; the first `window` - 1 bars are NaN. The deviation is that of the
        population under ``convention="talib"``, that of a sample under ``"legacy"``.

    Notes
    -----
    Flat prices give three equal lines. Each half of a window is summed about one of its own bars, so a spread of 1e-3
    at a price of 1e4 keeps its digits. Equal to TA-Lib's BBANDS with a simple average within 1e-9. Source:
    J. Bollinger, *Bollinger on Bollinger Bands*, 2001.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> upper, middle, lower = qp.bbands(np.array([1.0, 2.0, 4.0]), window=2)
    >>> upper.tolist(), middle.tolist()
    ([nan, 2.5, 5.0], [nan, 1.5, 3.0])
    """
    return Plan(
        kernels.bbands, (window, up, down, 0.0 if convention == "talib" else 1.0), ring(window, heads=4, rings=2)
    )
