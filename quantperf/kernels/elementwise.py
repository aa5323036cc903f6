"""Kernels that answer each bar by itself, all from one template per number of inputs.

As in `columns`, each kernel is a copy of a template whose global name OPERATION is its arithmetic: numba cannot keep on
disk a function that takes or closes over another compiled one. They have no state: state (0, L).

Values are finite or NaN where there is one input. Where there are several, an infinite one is missing, so the answer is
NaN although the arithmetic might give a number.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np

from quantperf.kernels._jit import kernel
from quantperf.kernels.windows import along

OPERATION: Any = None


def _of_one(state, x, y):
    values, out = along(x), along(y)
    for i in range(out.size):
        out[i] = OPERATION(values[i])


def _of_two(state, a, b, y):
    first, second, out = along(a), along(b), along(y)
    for i in range(out.size):
        p, q = first[i], second[i]
        value = OPERATION(p, q)
        out[i] = value if (p - p) + (q - q) == 0.0 else np.nan


def _of_three(state, a, b, c, y):
    first, second, third, out = along(a), along(b), along(c), along(y)
    for i in range(out.size):
        p, q, r = first[i], second[i], third[i]
        value = OPERATION(p, q, r)
        out[i] = value if (p - p) + (q - q) + (r - r) == 0.0 else np.nan


def _of_four(state, a, b, c, d, y):
    first, second, third, fourth, out = along(a), along(b), along(c), along(d), along(y)
    for i in range(out.size):
        p, q, r, s = first[i], second[i], third[i], fourth[i]
        value = OPERATION(p, q, r, s)
        out[i] = value if (p - p) + (q - q) + (r - r) + (s - s) == 0.0 else np.nan


_TEMPLATES: dict[int, Any] = {1: _of_one, 2: _of_two, 3: _of_three, 4: _of_four}


def each_bar(operation: Any, inputs: int, name: str, module: str) -> Any:
    """Return the kernel `name` of `module`: `operation`, a step or a function of numpy, on every bar."""
    template = _TEMPLATES[inputs]
    made = FunctionType(template.__code__, {**template.__globals__, "OPERATION": operation}, name)
    made.__qualname__, made.__module__ = name, module
    made.__doc__ = f"`{name}` of every bar. state (0, L)."
    return kernel(made)
