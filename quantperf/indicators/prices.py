"""One price that stands for a bar."""

from __future__ import annotations

from quantperf.indicators.catalogue import TaLib, indicator
from quantperf.indicators.plan import Plan
from quantperf.kernels import prices as kernels
from quantperf.reference import prices as reference


@indicator(
    inputs=("open", "high", "low", "close"),
    reference=reference.avgprice,
    lookback=lambda convention: 0,
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("AVGPRICE")],
)
def avgprice(*, convention: str) -> Plan:
    """Return the mean of open, high, low and close.

    Returns
    -------
    like the inputs
        In the unit of the prices, from the first bar on.

    Notes
    -----
    NaN exactly where a price is missing. Equal to TA-Lib's AVGPRICE within 1e-9. Source: the plain mean.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.avgprice(np.array([2.0]), np.array([4.0]), np.array([1.0]), np.array([3.0])).tolist()
    [2.5]
    """
    return Plan(kernels.avgprice, (), ())


@indicator(
    inputs=("high", "low"),
    reference=reference.medprice,
    lookback=lambda convention: 0,
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("MEDPRICE")],
)
def medprice(*, convention: str) -> Plan:
    """Return the middle of the range of a bar.

    Returns
    -------
    like the inputs
        In the unit of the prices, from the first bar on.

    Notes
    -----
    NaN exactly where a price is missing. Equal to TA-Lib's MEDPRICE within 1e-9. Source: the mean of the two ends of
    the range.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.medprice(np.array([4.0]), np.array([1.0])).tolist()
    [2.5]
    """
    return Plan(kernels.medprice, (), ())


@indicator(
    inputs=("high", "low", "close"),
    reference=reference.typprice,
    lookback=lambda convention: 0,
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("TYPPRICE")],
)
def typprice(*, convention: str) -> Plan:
    """Return the typical price: the mean of high, low and close.

    Returns
    -------
    like the inputs
        In the unit of the prices, from the first bar on.

    Notes
    -----
    NaN exactly where a price is missing. Equal to TA-Lib's TYPPRICE within 1e-9. Source: the plain mean.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.typprice(np.array([4.0]), np.array([1.0]), np.array([4.0])).tolist()
    [3.0]
    """
    return Plan(kernels.typprice, (), ())


@indicator(
    inputs=("high", "low", "close"),
    reference=reference.wclprice,
    lookback=lambda convention: 0,
    span=lambda convention: 1,
    degree=(1, 0),
    talib=[TaLib("WCLPRICE")],
)
def wclprice(*, convention: str) -> Plan:
    """Return the mean of high, low and close, in which the close counts twice.

    Returns
    -------
    like the inputs
        In the unit of the prices, from the first bar on.

    Notes
    -----
    NaN exactly where a price is missing. Equal to TA-Lib's WCLPRICE within 1e-9. Source: the mean with weights 1, 1 and
    2.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> qp.wclprice(np.array([4.0]), np.array([2.0]), np.array([3.0])).tolist()
    [3.0]
    """
    return Plan(kernels.wclprice, (), ())
