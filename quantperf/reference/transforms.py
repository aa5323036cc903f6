"""Functions of each value by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from quantperf.reference import Array

__all__ = [
    "acos",
    "asin",
    "atan",
    "ceil",
    "cos",
    "cosh",
    "exp",
    "floor",
    "ln",
    "log10",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
]

DOCSTRING = """Return {what} of each value.

Parameters
----------
x : ndarray
    Values, oldest first.

Returns
-------
ndarray
    NaN where a value is missing, and where there is no answer.

Notes
-----
Source: numpy's {numpy}; equals TA-Lib's {talib}.

Examples
--------
>>> {name}(np.array([{given}])).round(4).tolist()
[{gives}]
"""


def _of_each(name: str, function: Any, what: str, given: str, gives: str) -> Callable[[Array], Array]:
    """Return numpy's function under TA-Lib's name; no answer is NaN, too large a one infinite, both without a word."""

    def reference(x: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(function(x))

    reference.__name__ = reference.__qualname__ = name
    reference.__doc__ = DOCSTRING.format(
        what=what, numpy=function.__name__, talib=name.upper(), name=name, given=given, gives=gives
    )
    return reference


acos = _of_each("acos", np.arccos, "the arc cosine", "1.0, 0.0, 2.0", "0.0, 1.5708, nan")
asin = _of_each("asin", np.arcsin, "the arc sine", "0.0, 1.0, 2.0", "0.0, 1.5708, nan")
atan = _of_each("atan", np.arctan, "the arc tangent", "0.0, 1.0", "0.0, 0.7854")
ceil = _of_each("ceil", np.ceil, "the least whole number that is not below that", "1.2, -1.2", "2.0, -1.0")
cos = _of_each("cos", np.cos, "the cosine", "0.0, 1.0", "1.0, 0.5403")
cosh = _of_each("cosh", np.cosh, "the hyperbolic cosine", "0.0, 1.0", "1.0, 1.5431")
exp = _of_each("exp", np.exp, "the exponential", "0.0, 1.0", "1.0, 2.7183")
floor = _of_each("floor", np.floor, "the greatest whole number that is not above that", "1.2, -1.2", "1.0, -2.0")
ln = _of_each("ln", np.log, "the natural logarithm", "1.0, 2.0, -1.0", "0.0, 0.6931, nan")
log10 = _of_each("log10", np.log10, "the decimal logarithm", "1.0, 100.0, -1.0", "0.0, 2.0, nan")
sin = _of_each("sin", np.sin, "the sine", "0.0, 1.0", "0.0, 0.8415")
sinh = _of_each("sinh", np.sinh, "the hyperbolic sine", "0.0, 1.0", "0.0, 1.1752")
sqrt = _of_each("sqrt", np.sqrt, "the square root", "4.0, -4.0", "2.0, nan")
tan = _of_each("tan", np.tan, "the tangent", "0.0, 1.0", "0.0, 1.5574")
tanh = _of_each("tanh", np.tanh, "the hyperbolic tangent", "0.0, 1.0", "0.0, 0.7616")
