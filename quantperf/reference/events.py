"""Events between two lines, as int8 codes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from quantperf.reference import Array, complete

__all__ = ["cross"]


def cross(x: Array, other: Array) -> npt.NDArray[np.int8]:
    """Return 1 where a line crosses another upwards, -1 where downwards, else 0.

    Notes
    -----
    A bar on which both are equal belongs to the side before. -128 on a missing bar, which is otherwise passed over.
    Source: the crossover of two averages.

    Examples
    --------
    >>> cross(np.array([1.0, 2.0, 3.0, 1.0]), np.array([2.0, 2.0, 2.0, 2.0])).tolist()
    [0, 0, 1, -1]
    """
    codes = np.full(len(x), -128, dtype=np.int8)
    last = 0.0
    for t in np.flatnonzero(complete(x, other)):
        side = np.sign(x[t] - other[t]) or last
        codes[t] = side if side == -last != 0.0 else 0
        last = side
    return codes
