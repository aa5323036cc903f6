"""Symbol-major blocks: the kernel along one column after the other, in one compiled loop, so that nothing is turned.

Numba cannot keep on disk a function that takes or closes over another compiled one, so each kernel gets a copy of a
template whose global name KERNEL is that kernel; the copy is compiled, cached and listed as a kernel of its own.
"""

from __future__ import annotations

from functools import cache
from types import FunctionType
from typing import Any

import numpy as np

from quantperf.kernels._jit import kernel, step

KERNEL: Any = None


@step
def _column(rows, j):
    """Row j as a block of one lane."""
    return rows[j].reshape(rows.shape[1], 1)


@step
def _room(y):
    """A block of one lane for all outputs, where they do not lie in one piece."""
    return np.empty((y.shape[0], y.shape[2], 1), dtype=y.dtype)


@step
def _put(part, j, y):
    """Put the outputs of one lane in their places."""
    for i in range(y.shape[0]):
        for t in range(y.shape[2]):
            y[i, j, t] = part[i, t, 0]


def _of_one(state, blocks, params, y):
    if y.ndim == 2:
        for j in range(state.shape[0]):
            KERNEL(_column(state, j), _column(blocks[0], j), *params, _column(y, j))
    else:
        part = _room(y)
        for j in range(state.shape[0]):
            KERNEL(_column(state, j), _column(blocks[0], j), *params, part)
            _put(part, j, y)


def _of_two(state, blocks, params, y):
    a, b = blocks
    if y.ndim == 2:
        for j in range(state.shape[0]):
            KERNEL(_column(state, j), _column(a, j), _column(b, j), *params, _column(y, j))
    else:
        part = _room(y)
        for j in range(state.shape[0]):
            KERNEL(_column(state, j), _column(a, j), _column(b, j), *params, part)
            _put(part, j, y)


def _of_three(state, blocks, params, y):
    a, b, c = blocks
    if y.ndim == 2:
        for j in range(state.shape[0]):
            KERNEL(_column(state, j), _column(a, j), _column(b, j), _column(c, j), *params, _column(y, j))
    else:
        part = _room(y)
        for j in range(state.shape[0]):
            KERNEL(_column(state, j), _column(a, j), _column(b, j), _column(c, j), *params, part)
            _put(part, j, y)


def _of_four(state, blocks, params, y):
    a, b, c, d = blocks
    if y.ndim == 2:
        for j in range(state.shape[0]):
            KERNEL(
                _column(state, j), _column(a, j), _column(b, j), _column(c, j), _column(d, j), *params, _column(y, j)
            )
    else:
        part = _room(y)
        for j in range(state.shape[0]):
            KERNEL(_column(state, j), _column(a, j), _column(b, j), _column(c, j), _column(d, j), *params, part)
            _put(part, j, y)


def _of_five(state, blocks, params, y):
    a, b, c, d, e = blocks
    part = _room(y) if y.ndim == 3 else y
    for j in range(state.shape[0]):
        p, q, r, s, t = _column(a, j), _column(b, j), _column(c, j), _column(d, j), _column(e, j)
        if y.ndim == 2:
            KERNEL(_column(state, j), p, q, r, s, t, *params, _column(y, j))
        else:
            KERNEL(_column(state, j), p, q, r, s, t, *params, part)
            _put(part, j, y)


_TEMPLATES = {1: _of_one, 2: _of_two, 3: _of_three, 4: _of_four, 5: _of_five}


@cache
def by_column(one: Any, inputs: int) -> Any:
    """Return the loop over columns for a kernel that reads so many columns.

    It is called with state (lanes, slots), a tuple of blocks (lanes, bars), the kernel's parameters as a tuple, and
    y (lanes, bars) or (outputs, lanes, bars).
    """
    template: Any = _TEMPLATES[inputs]
    plain_one = getattr(one, "py_func", one)
    name = f"{plain_one.__name__}_by_column"
    loop = FunctionType(template.__code__, {**template.__globals__, "KERNEL": one}, name)
    loop.__qualname__, loop.__module__ = name, plain_one.__module__
    return kernel(loop)
