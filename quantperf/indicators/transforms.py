"""Functions of each value by itself."""

from __future__ import annotations

from typing import Any

from quantperf.indicators.catalogue import Indicator, TaLib, indicator
from quantperf.indicators.plan import Plan
from quantperf.kernels import transforms as kernels
from quantperf.reference import transforms as reference

DOCSTRING = """Return {what} of each value.

Returns
-------
like `close`
    {gives}, from the first bar on.

Notes
-----
NaN exactly where a bar is missing or has no answer. Equal to TA-Lib's {talib} within 1e-9.
Source: {what} itself.

Examples
--------
>>> import numpy as np, quantperf as qp
>>> qp.{name}(np.array([{example}])).round(4).tolist()
[{answer}]
"""


def _of_each(
    name: str, what: str, gives: str, example: str, answer: str, domain: tuple[float, float] | None = None
) -> Indicator:
    """Return the indicator that answers each value with the kernel of that name."""

    def plan(*, convention: str) -> Plan:
        return Plan(getattr(kernels, name), (), ())

    talib = name.upper()
    plan.__name__ = name
    plan.__doc__ = DOCSTRING.format(name=name, what=what, gives=gives, talib=talib, example=example, answer=answer)
    plain: Any = getattr(reference, name)
    declare = indicator(
        inputs=("close",),
        reference=plain,
        lookback=lambda convention: 0,
        span=lambda convention: 1,
        degree=None,
        talib=[TaLib(talib)],
        domain=domain,
    )
    return declare(plan)


acos = _of_each(
    "acos",
    "the arc cosine",
    "In radians, 0 to pi; NaN outside of -1 to 1",
    "1.0, 0.0, 2.0",
    "0.0, 1.5708, nan",
    domain=(-1.0, 1.0),
)
asin = _of_each(
    "asin",
    "the arc sine",
    "In radians, -pi/2 to pi/2; NaN outside of -1 to 1",
    "0.0, 1.0, 2.0",
    "0.0, 1.5708, nan",
    domain=(-1.0, 1.0),
)
atan = _of_each("atan", "the arc tangent", "In radians, -pi/2 to pi/2", "0.0, 1.0", "0.0, 0.7854")
ceil = _of_each("ceil", "the ceiling", "The least whole number that is not below the value", "1.2, -1.2", "2.0, -1.0")
cos = _of_each("cos", "the cosine", "Between -1 and 1, of angles in radians", "0.0, 1.0", "1.0, 0.5403")
cosh = _of_each(
    "cosh",
    "the hyperbolic cosine",
    "At least 1; infinite where no float can hold it, from 711 on",
    "0.0, 1.0",
    "1.0, 1.5431",
)
exp = _of_each(
    "exp", "the exponential", "At least 0; infinite where no float can hold it, from 710 on", "0.0, 1.0", "1.0, 2.7183"
)
floor = _of_each(
    "floor", "the floor", "The greatest whole number that is not above the value", "1.2, -1.2", "1.0, -2.0"
)
ln = _of_each(
    "ln",
    "the natural logarithm",
    "Without unit; NaN below 0, and minus infinity at 0",
    "1.0, 2.0, -1.0",
    "0.0, 0.6931, nan",
)
log10 = _of_each(
    "log10",
    "the decimal logarithm",
    "Without unit; NaN below 0, and minus infinity at 0",
    "1.0, 100.0, -1.0",
    "0.0, 2.0, nan",
)
sin = _of_each("sin", "the sine", "Between -1 and 1, of angles in radians", "0.0, 1.0", "0.0, 0.8415")
sinh = _of_each(
    "sinh",
    "the hyperbolic sine",
    "Without unit; infinite where no float can hold it, from 711 on",
    "0.0, 1.0",
    "0.0, 1.1752",
)
sqrt = _of_each("sqrt", "the square root", "At least 0; NaN below 0", "4.0, -4.0", "2.0, nan")
tan = _of_each("tan", "the tangent", "Without unit, of angles in radians", "0.0, 1.0", "0.0, 1.5574")
tanh = _of_each("tanh", "the hyperbolic tangent", "Between -1 and 1", "0.0, 1.0", "0.0, 0.7616")
