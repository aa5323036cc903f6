"""A look at blocks: what is missing in them, and where they begin."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel


@kernel
def survey(x):
    """Return how many values are NaN and how many are infinite."""
    missing = infinite = 0
    values = x.reshape(x.size)
    for i in range(values.size):
        value = values[i]
        missing += value != value
        infinite += abs(value) == np.inf
    return missing, infinite


@kernel
def infinities(blocks):
    """Return how many infinite values a tuple of blocks holds; one call for all inputs of an indicator."""
    infinite = 0
    for block in blocks:
        values = block.reshape(block.size)
        for i in range(values.size):
            infinite += abs(values[i]) == np.inf
    return infinite


@kernel
def first_known(y):
    """Return the first row of a (bars, lanes) block that has a value, or the number of rows."""
    for t in range(y.shape[0]):
        for j in range(y.shape[1]):
            if y[t, j] == y[t, j]:
                return t
    return y.shape[0]
