"""Money flow: accumulation, force, and the indices that follow volume."""

from __future__ import annotations

import math

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, ring, unknown, zeros
from quantperf.kernels import flows as kernels
from quantperf.reference import flows as reference

GROUP = "Volume Indicators"
BASE = 1000.0  # where both volume indices begin


@indicator(
    inputs=("high", "low", "close", "volume"),
    reference=reference.ad,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: math.inf,
    span=lambda convention: 1,
    degree=(0, 1),
    talib=[TaLib("AD", group=GROUP)],
)
def ad(*, convention: str) -> Plan:
    """Return the accumulation and distribution line: the running sum of volume times the place of the close.

    Returns
    -------
    like the inputs
        In the unit of volume, from the first bar on. The place of the close in its range runs from -1 at the low to 1
        at the high; a bar without a range adds nothing.

    Notes
    -----
    A missing bar is NaN and leaves the sum as it was. Equal to TA-Lib's AD within 1e-9. Source: M. Chaikin.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low = np.array([3.0, 3.0]), np.array([1.0, 1.0])
    >>> qp.ad(high, low, np.array([3.0, 1.5]), np.array([5.0, 4.0])).tolist()
    [5.0, 3.0]
    """
    return Plan(kernels.ad, (), (zeros(),))


@indicator(
    inputs=("high", "low", "close", "volume"),
    bounds={"fast": period(low=2), "slow": period(low=2)},
    reference=reference.adosc,
    lookback=lambda fast, slow, convention: max(fast, slow) - 1,
    settle=lambda eps, fast, slow, convention: max(fast, slow) - 1 + decay(2.0 / (max(fast, slow) + 1.0), eps),
    span=lambda fast, slow, convention: 1,
    degree=(0, 1),
    talib=[TaLib("ADOSC", {"fastperiod": ("fast", 3), "slowperiod": ("slow", 10)}, group=GROUP)],
)
def adosc(fast: int = 3, slow: int = 10, *, convention: str) -> Plan:
    """Return the Chaikin oscillator: the fast less the slow exponential average of the line `ad`.

    Parameters
    ----------
    fast : int, default 3
        Bars of the fast average, at least 2; a longer one than `slow` turns the sign, as in TA-Lib.
    slow : int, default 10
        Bars of the slow average, at least 2.

    Returns
    -------
    like the inputs
        In the unit of volume; the first max(`fast`, `slow`) - 1 bars are NaN.

    Notes
    -----
    Both averages begin as the first value of the line. A missing bar is NaN and leaves all as it was. Equal to
    TA-Lib's ADOSC within 1e-9. Source: M. Chaikin.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low = np.full(3, 3.0), np.full(3, 1.0)
    >>> qp.adosc(high, low, high, np.full(3, 6.0), fast=2, slow=3).round(4).tolist()
    [nan, nan, 1.8333]
    """
    return Plan(kernels.adosc, (fast, slow), (zeros(4),))


@indicator(
    inputs=("high", "low", "close", "volume"),
    bounds={"window": period(low=2)},
    reference=reference.cmf,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    talib=[TaLib("CMF", {"timeperiod": ("window", 20)}, group=GROUP)],
)
def cmf(window: int = 20, *, convention: str) -> Plan:
    """Return Chaikin's money flow: volume times the place of the close in its range, over volume.

    Parameters
    ----------
    window : int, default 20
        Bars of both sums, at least 2.

    Returns
    -------
    like the inputs
        Between -1 and 1; 0 where nothing was traded; the first `window` - 1 bars are NaN.

    Notes
    -----
    A bar without a range adds its volume and no flow. Equal to TA-Lib's CMF within 1e-9. Source: M. Chaikin.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low = np.full(2, 3.0), np.full(2, 1.0)
    >>> qp.cmf(high, low, np.array([3.0, 1.5]), np.array([6.0, 4.0]), window=2).tolist()
    [nan, 0.4]
    """
    return Plan(kernels.cmf, (window,), (*ring(window), *ring(window)))


@indicator(
    inputs=("close", "volume"),
    bounds={"window": period()},
    reference=reference.efi,
    lookback=lambda window, convention: window,
    settle=lambda eps, window, convention: window + decay(2.0 / (window + 1.0), eps),
    span=lambda window, convention: 1,
    degree=(1, 1),
    talib=[TaLib("EFI", {"timeperiod": ("window", 13)}, group=GROUP)],
)
def efi(window: int = 13, *, convention: str) -> Plan:
    """Return Elder's force index: the exponential average of the change of the close times the volume.

    Parameters
    ----------
    window : int, default 13
        Bars of the average, at least 1; 1 is the force of each bar.

    Returns
    -------
    like the inputs
        In the unit of `close` times that of `volume`; the first `window` bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the average as it was; the next change is from the close before it. Equal to
    TA-Lib's EFI within 1e-9. Source: A. Elder, *Trading for a Living*, 1993.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.efi(np.array([1.0, 2.0, 4.0]), np.array([9.0, 4.0, 3.0]), window=2).tolist()
    [nan, nan, 5.0]
    """
    return Plan(kernels.efi, (window,), (unknown(), zeros(2)))


@indicator(
    inputs=("close", "volume"),
    reference=reference.pvt,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: math.inf,
    span=lambda convention: 1,
    degree=(0, 1),
    talib=[TaLib("PVT", group=GROUP)],
)
def pvt(*, convention: str) -> Plan:
    """Return the price volume trend: the running sum of volume times the relative change of the close.

    Returns
    -------
    like the inputs
        In the unit of volume, from the first bar on, where it is 0.

    Notes
    -----
    A change from a close of 0 adds nothing. A missing bar is NaN and leaves the sum as it was; the next change is from
    the close before it. Equal to TA-Lib's PVT within 1e-9. Source: on-balance volume weighted by the change.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.pvt(np.array([4.0, 5.0, 5.0]), np.array([9.0, 8.0, 7.0])).tolist()
    [0.0, 2.0, 2.0]
    """
    return Plan(kernels.pvt, (), (zeros(2),))


@indicator(
    inputs=("close", "volume"),
    reference=reference.nvi,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: math.inf,
    span=lambda convention: 1,
    talib=[TaLib("NVI", group=GROUP)],
)
def nvi(*, convention: str) -> Plan:
    """Return the negative volume index: it follows the close on bars of less volume than the bar before.

    Returns
    -------
    like the inputs
        1000 on the first bar; unchanged on bars of no less volume.

    Notes
    -----
    A change from a close of 0 leaves it as it is. A missing bar is NaN; the next is compared with the bar before it.
    Equal to TA-Lib's NVI within 1e-9. Source: P. Dysart; N. Fosback, *Stock Market Logic*, 1976.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.nvi(np.array([4.0, 5.0, 6.0]), np.array([9.0, 8.0, 8.5])).tolist()
    [1000.0, 1250.0, 1250.0]
    """
    return Plan(kernels.volume_index, (-1.0,), (unknown(2), (BASE, 1)))


@indicator(
    inputs=("close", "volume"),
    reference=reference.pvi,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: math.inf,
    span=lambda convention: 1,
    talib=[TaLib("PVI", group=GROUP)],
)
def pvi(*, convention: str) -> Plan:
    """Return the positive volume index: it follows the close on bars of more volume than the bar before.

    Returns
    -------
    like the inputs
        1000 on the first bar; unchanged on bars of no more volume.

    Notes
    -----
    A change from a close of 0 leaves it as it is. A missing bar is NaN; the next is compared with the bar before it.
    Equal to TA-Lib's PVI within 1e-9. Source: P. Dysart; N. Fosback, *Stock Market Logic*, 1976.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.pvi(np.array([4.0, 5.0, 6.0]), np.array([9.0, 8.0, 8.5])).tolist()
    [1000.0, 1000.0, 1200.0]
    """
    return Plan(kernels.volume_index, (1.0,), (unknown(2), (BASE, 1)))
