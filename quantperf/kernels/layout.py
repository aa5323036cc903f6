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
def first_known(y):
    """Return the first row of a (bars, lanes) block that has a value, or the number of rows."""
    for t in range(y.shape[0]):
        for j in range(y.shape[1]):
            if y[t, j] == y[t, j]:
                return t
    return y.shape[0]
