"""How much of all movement came to something: sums of moves, and what they are set against."""

from __future__ import annotations

import math

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, ring, unknown, zeros
from quantperf.kernels import efficiency as kernels
from quantperf.reference import efficiency as reference

GROUP = "Momentum Indicators"


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.er,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("ER", {"timeperiod": ("window", 10)}, group=GROUP)],
)
def er(window: int = 10, *, convention: str) -> Plan:
    """Return Kaufman's efficiency ratio: the way that the price came, over the sum of its moves.

    Parameters
    ----------
    window : int, default 10
        Moves in the sum, at least 2.

    Returns
    -------
    like `close`
        Between 0 and 1; 1 where nothing moved; the first `window` bars are NaN.

    Notes
    -----
    A missing bar makes `window` + 1 values unknown. Equal to TA-Lib's ER within 1e-9. Source: P. Kaufman, *Smarter
    Trading*, 1995.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.er(np.array([1.0, 2.0, 1.0, 4.0]), window=2).tolist()
    [nan, nan, 0.0, 0.5]
    """
    return Plan(kernels.er, (window,), (unknown(window), *ring(window)))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.vhf,
    lookback=lambda window, convention: window,
    span=lambda window, convention: window + 1,
    talib=[TaLib("VHF", {"timeperiod": ("window", 28)}, group=GROUP)],
)
def vhf(window: int = 28, *, convention: str) -> Plan:
    """Return the vertical horizontal filter: the range of the closes over the sum of their moves.

    Parameters
    ----------
    window : int, default 28
        Closes in the range and moves in the sum, at least 2.

    Returns
    -------
    like `close`
        Between 0 and 1; 0 where nothing moved; the first `window` bars are NaN.

    Notes
    -----
    The sum reaches one close further back than the range. A missing bar makes `window` + 1 values unknown. Equal to
    TA-Lib's VHF within 1e-9. Source: A. White, *The Vertical Horizontal Filter*, 1991.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.vhf(np.array([1.0, 2.0, 1.0, 4.0]), window=2).tolist()
    [nan, nan, 0.5, 0.75]
    """
    return Plan(kernels.vhf, (window,), (unknown(), *ring(window), *ring(window), *ring(window)))


@indicator(
    inputs=("open", "close"),
    bounds={"window": period(low=2)},
    reference=reference.imi,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    talib=[TaLib("IMI", {"timeperiod": ("window", 14)}, group=GROUP)],
)
def imi(window: int = 14, *, convention: str) -> Plan:
    """Return the intraday momentum index: the share of rises from open to close in all such moves.

    Parameters
    ----------
    window : int, default 14
        Bars of the sums, at least 2.

    Returns
    -------
    like the inputs
        Between 0 and 100; 50 where nothing moved; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's IMI within 1e-9. Source: T. Chande and S. Kroll, *The New Technical Trader*, 1994.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.imi(np.array([1.0, 2.0, 5.0]), np.array([4.0, 1.0, 5.0]), window=2).tolist()
    [nan, 75.0, 0.0]
    """
    return Plan(kernels.imi, (window,), (*ring(window), *ring(window)))


@indicator(
    inputs=("high", "low", "close"),
    reference=reference.wad,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: math.inf,
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("WAD", group=GROUP)],
)
def wad(*, convention: str) -> Plan:
    """Return Williams' accumulation: the sum of rises from the true low and of falls from the true high.

    Returns
    -------
    like the inputs
        In the unit of prices, from the first bar on, which is 0.

    Notes
    -----
    No volume is read. A missing bar is NaN and leaves the sum as it was. Equal to TA-Lib's WAD. Source: L. Williams,
    *How I Made One Million Dollars Last Year Trading Commodities*, 1973.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 3.0, 2.0])
    >>> qp.wad(close + 1, close - 1, close).tolist()
    [0.0, 2.0, 1.0]
    """
    return Plan(kernels.wad, (), (unknown(), zeros()))
