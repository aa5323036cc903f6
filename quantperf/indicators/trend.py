"""Strength and direction of a trend."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, zeros
from quantperf.kernels import trend as kernels
from quantperf.reference import trend as reference


class ADX(NamedTuple):
    """Lines of `adx`, each like the inputs."""

    adx: Any
    plus_di: Any
    minus_di: Any


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2)},
    returns=ADX,
    reference=reference.adx,
    lookback=lambda window, convention: (2 * window - 1, window, window),
    settle=lambda eps, window, convention: 2 * window - 1 + 2 * decay(1.0 / window, eps),
    span=lambda window, convention: 1,
    talib=[
        TaLib("ADX", {"timeperiod": ("window", 14)}, outputs=("adx",)),
        TaLib("PLUS_DI", {"timeperiod": ("window", 14)}, outputs=("plus_di",)),
        TaLib("MINUS_DI", {"timeperiod": ("window", 14)}, outputs=("minus_di",)),
    ],
)
def adx(window: int = 14, *, convention: str) -> Plan:
    """Return the average directional index with its two directional indicators.

    Parameters
    ----------
    window : int, default 14
        Bars of Wilder's means, at least 2.

    Returns
    -------
    adx, plus_di, minus_di : like the inputs
        A named tuple, 0 to 100; `adx` from bar 2 * `window` - 1 on, the others from bar `window` on.

    Notes
    -----
    A missing bar is NaN and leaves the state as it was. Equal to TA-Lib's ADX, PLUS_DI and MINUS_DI within 1e-9 from
    their first values on: the first sums hold `window` - 1 moves, and a bar without any movement leaves `adx` as it
    was. Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.arange(6.0)
    >>> qp.adx(close + 1, close - 1, close, window=2).plus_di.tolist()
    [nan, nan, 50.0, 50.0, 50.0, 50.0]
    """
    return Plan(kernels.adx, (window,), (zeros(8),))
