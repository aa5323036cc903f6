"""Wilder's directional movement: its sums, its shares in the true range, and the indices made of them."""

from __future__ import annotations

from quantperf.indicators.catalogue import TaLib, decay, indicator
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, unknown, zeros
from quantperf.kernels import directional as kernels
from quantperf.reference import directional as reference


@indicator(
    inputs=("high", "low"),
    bounds={"window": period()},
    reference=reference.plus_dm,
    lookback=lambda window, convention: max(window - 1, 1),
    settle=lambda eps, window, convention: max(window - 1, 1) + decay(1.0 / window, eps / window),
    span=lambda window, convention: 1,
    degree=(1, 0),
    talib=[TaLib("PLUS_DM", {"timeperiod": ("window", 14)})],
)
def plus_dm(window: int = 14, *, convention: str) -> Plan:
    """Return Wilder's running sum of upward movements.

    Parameters
    ----------
    window : int, default 14
        Bars that the sum spans, at least 1; for 1 it is the movement of the bar alone.

    Returns
    -------
    like the inputs
        In the unit of the prices, at least 0; the first `window` - 1 bars, and bar 0, are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the sum as it was. The first sum holds `window` - 1 movements. Equal to TA-Lib's
    PLUS_DM within 1e-9. Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.plus_dm(np.array([2.0, 3.0, 5.0]), np.array([1.0, 2.0, 4.0]), window=2).tolist()
    [nan, 1.0, 2.5]
    """
    return Plan(kernels.dm, (window, False), (zeros(4),))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period()},
    reference=reference.plus_di,
    lookback=lambda window, convention: window,
    settle=lambda eps, window, convention: window + decay(1.0 / window, eps),
    span=lambda window, convention: 1,
    talib=[TaLib("PLUS_DI", {"timeperiod": ("window", 14)})],
)
def plus_di(window: int = 14, *, convention: str) -> Plan:
    """Return the share of upward movement in the true range, in percent.

    Parameters
    ----------
    window : int, default 14
        Bars that the sums span, at least 1.

    Returns
    -------
    like the inputs
        0 to 100, but for a `window` of 1, as in TA-Lib, 0 to 1; the first `window` bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the sums as they were. With `adx` both indicators come along. Equal to TA-Lib's
    PLUS_DI within 1e-9. Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low, close = np.array([2.0, 3.0, 5.0]), np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 4.0])
    >>> qp.plus_di(high, low, close, window=2).round(2).tolist()
    [nan, nan, 71.43]
    """
    return Plan(kernels.di, (window, 1.0 if window == 1 else 100.0, False), (zeros(6),))


@indicator(
    inputs=("high", "low"),
    bounds={"window": period()},
    reference=reference.minus_dm,
    lookback=lambda window, convention: max(window - 1, 1),
    settle=lambda eps, window, convention: max(window - 1, 1) + decay(1.0 / window, eps / window),
    span=lambda window, convention: 1,
    degree=(1, 0),
    talib=[TaLib("MINUS_DM", {"timeperiod": ("window", 14)})],
)
def minus_dm(window: int = 14, *, convention: str) -> Plan:
    """Return Wilder's running sum of downward movements.

    Parameters
    ----------
    window : int, default 14
        Bars that the sum spans, at least 1; for 1 it is the movement of the bar alone.

    Returns
    -------
    like the inputs
        In the unit of the prices, at least 0; the first `window` - 1 bars, and bar 0, are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the sum as it was. The first sum holds `window` - 1 movements. Equal to TA-Lib's
    MINUS_DM within 1e-9. Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.minus_dm(np.array([5.0, 4.0, 2.0]), np.array([4.0, 3.0, 1.0]), window=2).tolist()
    [nan, 1.0, 2.5]
    """
    return Plan(kernels.dm, (window, True), (zeros(4),))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period()},
    reference=reference.minus_di,
    lookback=lambda window, convention: window,
    settle=lambda eps, window, convention: window + decay(1.0 / window, eps),
    span=lambda window, convention: 1,
    talib=[TaLib("MINUS_DI", {"timeperiod": ("window", 14)})],
)
def minus_di(window: int = 14, *, convention: str) -> Plan:
    """Return the share of downward movement in the true range, in percent.

    Parameters
    ----------
    window : int, default 14
        Bars that the sums span, at least 1.

    Returns
    -------
    like the inputs
        0 to 100, but for a `window` of 1, as in TA-Lib, 0 to 1; the first `window` bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the sums as they were. With `adx` both indicators come along. Equal to TA-Lib's
    MINUS_DI within 1e-9. Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low, close = np.array([5.0, 4.0, 2.0]), np.array([4.0, 3.0, 1.0]), np.array([4.0, 4.0, 2.0])
    >>> qp.minus_di(high, low, close, window=2).round(2).tolist()
    [nan, nan, 71.43]
    """
    return Plan(kernels.di, (window, 1.0 if window == 1 else 100.0, True), (zeros(6),))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2)},
    reference=reference.dx,
    lookback=lambda window, convention: window,
    settle=lambda eps, window, convention: window + decay(1.0 / window, eps),
    span=lambda window, convention: 1,
    talib=[TaLib("DX", {"timeperiod": ("window", 14)})],
)
def dx(window: int = 14, *, convention: str) -> Plan:
    """Return the directional index: the difference of upward and downward movement in percent of their sum.

    Parameters
    ----------
    window : int, default 14
        Bars that the sums span, at least 2.

    Returns
    -------
    like the inputs
        0 to 100; as before where nothing has moved, at first 0; the first `window` bars are NaN.

    Notes
    -----
    A missing bar is NaN and leaves the sums as they were. Equal to TA-Lib's DX within 1e-9. Source: J. W. Wilder, *New
    Concepts in Technical Trading Systems*, 1978.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.array([1.0, 2.0, 4.0, 3.0])
    >>> qp.dx(close + 1, close - 1, close, window=2).round(2).tolist()
    [nan, nan, 100.0, 11.11]
    """
    return Plan(kernels.dx, (window,), (zeros(6),))


@indicator(
    inputs=("high", "low", "close"),
    bounds={"window": period(low=2)},
    reference=reference.adxr,
    lookback=lambda window, convention: 3 * window - 2,
    settle=lambda eps, window, convention: 3 * window - 2 + 2 * decay(1.0 / window, eps),
    span=lambda window, convention: 1,
    talib=[TaLib("ADXR", {"timeperiod": ("window", 14)})],
)
def adxr(window: int = 14, *, convention: str) -> Plan:
    """Return the mean of the average directional index and of what it was `window` - 1 bars before.

    Parameters
    ----------
    window : int, default 14
        Bars of Wilder's means, at least 2.

    Returns
    -------
    like the inputs
        0 to 100; the first 3 * `window` - 2 bars are NaN.

    Notes
    -----
    A missing bar is NaN and is otherwise passed over. Equal to TA-Lib's ADXR within 1e-9; Wilder goes back `window`
    bars. Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> close = np.arange(6.0)
    >>> qp.adxr(close + 1, close - 1, close, window=2).tolist()
    [nan, nan, nan, nan, 100.0, 100.0]
    """
    return Plan(kernels.adxr, (window,), (zeros(7), unknown(window - 1)))
