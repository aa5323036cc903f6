"""How far stretches of bars are from each other, in the words of the definitions."""

from __future__ import annotations

import math

import numpy as np

from quantperf.reference import Array

__all__ = ["dtw"]


def dtw(a: Array, b: Array, window: int | None = None) -> float:
    """Return the distance of two stretches by dynamic time warping; NaN if a number is missing or infinite.

    Parameters
    ----------
    a, b : ndarray, shape (bars,) or (bars, features)
        The stretches; lengths may differ.
    window : int, optional
        By how many bars the path may leave the diagonal, beyond the difference of the lengths; default: any.

    Examples
    --------
    >>> dtw(np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.0, 1.0, 2.0]))
    0.0
    """
    a, b = a.reshape(len(a), -1), b.reshape(len(b), -1)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return math.nan
    band = max(len(a), len(b)) if window is None else window
    costs = np.full((len(a) + 1, len(b) + 1), math.inf)  # of the cheapest path that ends with these two bars
    costs[0, 0] = 0.0
    for i in range(len(a)):
        for j in range(len(b)):
            if not i - band - max(0, len(a) - len(b)) <= j <= i + band + max(0, len(b) - len(a)):
                continue
            cost = 0.0
            for x, y in zip(a[i].tolist(), b[j].tolist(), strict=True):
                cost += (x - y) * (x - y)
            costs[i + 1, j + 1] = cost + min(costs[i, j], costs[i, j + 1], costs[i + 1, j])
    return math.sqrt(costs[-1, -1])
