"""Arithmetic of two series bar by bar, and sums."""

from __future__ import annotations

import math

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.parameters import period
from quantperf.indicators.plan import Plan, ring, zeros
from quantperf.kernels import arithmetic as kernels
from quantperf.reference import arithmetic as reference


@indicator(
    inputs=("x", "y"),
    columns=("high", "low"),
    reference=reference.add,
    lookback=lambda convention: 0,
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("ADD", inputs=("real0", "real1"))],
)
def add(*, convention: str) -> Plan:
    """Return the sum of two series, bar by bar.

    Returns
    -------
    like the inputs
        In the unit of the inputs, from the first bar on.

    Notes
    -----
    NaN exactly where one of the two is missing. Equal to TA-Lib's ADD within 1e-9. Source: the sum of two numbers.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.add(np.array([1.0, 2.0]), np.array([3.0, 5.0])).tolist()
    [4.0, 7.0]
    """
    return Plan(kernels.add, (), ())


@indicator(
    inputs=("x", "y"),
    columns=("high", "low"),
    reference=reference.sub,
    lookback=lambda convention: 0,
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("SUB", inputs=("real0", "real1"))],
)
def sub(*, convention: str) -> Plan:
    """Return the first series less the second, bar by bar.

    Returns
    -------
    like the inputs
        In the unit of the inputs, from the first bar on.

    Notes
    -----
    NaN exactly where one of the two is missing. Equal to TA-Lib's SUB within 1e-9. Source: the difference of two
    numbers.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.sub(np.array([1.0, 2.0]), np.array([3.0, 5.0])).tolist()
    [-2.0, -3.0]
    """
    return Plan(kernels.sub, (), ())


@indicator(
    inputs=("x", "y"),
    columns=("high", "low"),
    reference=reference.mult,
    lookback=lambda convention: 0,
    span=lambda convention: 1,
    degree=(2, 0),
    talib=[TaLib("MULT", inputs=("real0", "real1"))],
)
def mult(*, convention: str) -> Plan:
    """Return the product of two series, bar by bar.

    Returns
    -------
    like the inputs
        In the product of their units, from the first bar on.

    Notes
    -----
    NaN exactly where one of the two is missing. Equal to TA-Lib's MULT within 1e-9. Source: the product of two numbers.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.mult(np.array([1.0, 2.0]), np.array([3.0, 5.0])).tolist()
    [3.0, 10.0]
    """
    return Plan(kernels.mult, (), ())


@indicator(
    inputs=("x", "y"),
    columns=("high", "low"),
    reference=reference.div,
    lookback=lambda convention: 0,
    span=lambda convention: 1,
    degree=(0, 0),
    talib=[TaLib("DIV", inputs=("real0", "real1"))],
)
def div(*, convention: str) -> Plan:
    """Return the first series over the second, bar by bar.

    Returns
    -------
    like the inputs
        In the quotient of their units; infinite where only the second is 0, from the first bar on.

    Notes
    -----
    NaN where one of the two is missing, and for 0 over 0. Equal to TA-Lib's DIV within 1e-9. Source: the quotient of
    two numbers.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.div(np.array([1.0, 2.0]), np.array([4.0, 0.0])).tolist()
    [0.25, inf]
    """
    return Plan(kernels.div, (), ())


@indicator(
    inputs=("close",),
    reference=reference.cumsum,
    lookback=lambda convention: 0,
    settle=lambda eps, convention: math.inf,
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("CUMSUM")],
)
def cumsum(*, convention: str) -> Plan:
    """Return the sum of all bars so far.

    Returns
    -------
    like `close`
        In the unit of `close`, from the first bar on.

    Notes
    -----
    A missing bar is NaN and leaves the sum as it was. Equal to TA-Lib's CUMSUM. Source: the running sum.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.cumsum(np.array([1.0, np.nan, 2.0])).tolist()
    [1.0, nan, 3.0]
    """
    return Plan(kernels.cumsum, (), (zeros(),))


@indicator(
    inputs=("close",),
    bounds={"window": period(low=2)},
    reference=reference.total,
    lookback=lambda window, convention: window - 1,
    span=lambda window, convention: window,
    degree=(1, 0),
    talib=[TaLib("SUM", {"timeperiod": ("window", 30)})],
)
def total(window: int = 30, *, convention: str) -> Plan:
    """Return the sum of the last `window` bars; TA-Lib's SUM.

    Parameters
    ----------
    window : int, default 30
        Bars in the window, at least 2.

    Returns
    -------
    like `close`
        In the unit of `close`; the first `window` - 1 bars are NaN.

    Notes
    -----
    Nothing is ever subtracted, so there is no drift: a window forgets a huge value as soon as it has left. Source: the
    sum. Equal to TA-Lib's SUM within 1e-9.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.total(np.array([1.0, 3.0, 2.0]), window=2).tolist()
    [nan, 4.0, 5.0]
    """
    return Plan(kernels.total, (window,), ring(window))
