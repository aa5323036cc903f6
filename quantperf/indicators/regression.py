"""The straight line through the last bars, by least squares."""

from __future__ import annotations

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, ring
from quantperf.kernels import regression as kernels
from quantperf.reference import regression as reference


def _slope(window: int) -> tuple[int, float, float]:
    """Return the weights of the slope: the distance in time from the middle, over the variance of time."""
    return window, -0.5 * (window + 1), 12.0 / (window * (window**2 - 1))


def _height(window: int, ahead: float) -> tuple[int, float, float]:
    """Return the weights of the line `ahead` bars from the middle of the window: the mean, and `ahead` slopes."""
    _, middle, share = _slope(window)
    return window, middle + (window**2 - 1) / (12.0 * ahead), share * ahead


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.linearreg,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("LINEARREG", {"timeperiod": ("window", 14)})],
)
def linearreg(window: int = 14, *, convention: str) -> Plan:
    """Return the line of least squares through the last `window` bars, on the last of them.

    Parameters
    ----------
    window : int, default 14
        Bars that the line goes through, at least 2.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's LINEARREG within 1e-9. Source: A.-M. Legendre, *Nouvelles méthodes pour la détermination des
    orbites des comètes*, 1805.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.linearreg(np.array([1.0, 3.0, 2.0]), window=3).round(6).tolist()
    [nan, nan, 2.5]
    """
    return Plan(kernels.line, _height(window, 0.5 * (window - 1)), ring(window, heads=3))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.linearreg_angle,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=None,
    talib=[TaLib("LINEARREG_ANGLE", {"timeperiod": ("window", 14)})],
)
def linearreg_angle(window: int = 14, *, convention: str) -> Plan:
    """Return the angle of the line of least squares through the last `window` bars.

    Parameters
    ----------
    window : int, default 14
        Bars that the line goes through, at least 2.

    Returns
    -------
    like `close`
        In degrees, between -90 and 90; the first `window` - 1 bars are NaN.

    Notes
    -----
    A rise of 1 a bar is 45 degrees, so the answer depends on the unit of `close`. Equal to TA-Lib's LINEARREG_ANGLE
    within 1e-9. Source: A.-M. Legendre, *Nouvelles méthodes pour la détermination des orbites des comètes*, 1805.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.linearreg_angle(np.array([1.0, 2.0, 3.0]), window=3).round(6).tolist()
    [nan, nan, 45.0]
    """
    return Plan(kernels.angle, _slope(window), ring(window, heads=3))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.linearreg_intercept,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("LINEARREG_INTERCEPT", {"timeperiod": ("window", 14)})],
)
def linearreg_intercept(window: int = 14, *, convention: str) -> Plan:
    """Return the line of least squares through the last `window` bars, on the first of them.

    Parameters
    ----------
    window : int, default 14
        Bars that the line goes through, at least 2.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's LINEARREG_INTERCEPT within 1e-9. Source: A.-M. Legendre, *Nouvelles méthodes pour la détermination
    des orbites des comètes*, 1805.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.linearreg_intercept(np.array([1.0, 3.0, 2.0]), window=3).round(6).tolist()
    [nan, nan, 1.5]
    """
    return Plan(kernels.line, _height(window, -0.5 * (window - 1)), ring(window, heads=3))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.linearreg_slope,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("LINEARREG_SLOPE", {"timeperiod": ("window", 14)})],
)
def linearreg_slope(window: int = 14, *, convention: str) -> Plan:
    """Return the slope of the line of least squares through the last `window` bars.

    Parameters
    ----------
    window : int, default 14
        Bars that the line goes through, at least 2.

    Returns
    -------
    like `close`
        In the unit of `close`, a bar; the first `window` - 1 bars are NaN.

    Notes
    -----
    Equal to TA-Lib's LINEARREG_SLOPE within 1e-9. Source: A.-M. Legendre, *Nouvelles méthodes pour la détermination des
    orbites des comètes*, 1805.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.linearreg_slope(np.array([1.0, 3.0, 2.0]), window=3).round(6).tolist()
    [nan, nan, 0.5]
    """
    return Plan(kernels.line, _slope(window), ring(window, heads=3))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.tsf,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("TSF", {"timeperiod": ("window", 14)})],
)
def tsf(window: int = 14, *, convention: str) -> Plan:
    """Return the time series forecast: the line of least squares through the last `window` bars, one bar on.

    Parameters
    ----------
    window : int, default 14
        Bars that the line goes through, at least 2.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    It reads no bar after its own: the line is drawn on by one bar. Equal to TA-Lib's TSF within 1e-9. Source: A.-M.
    Legendre, *Nouvelles méthodes pour la détermination des orbites des comètes*, 1805.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.tsf(np.array([1.0, 3.0, 2.0]), window=3).round(6).tolist()
    [nan, nan, 3.0]
    """
    return Plan(kernels.line, _height(window, 0.5 * (window + 1)), ring(window, heads=3))
