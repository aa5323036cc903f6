"""How far stretches of bars are from each other, in the words of the definitions."""

from __future__ import annotations

import math

import numpy as np

from quantperf.reference import Array

__all__ = ["closest", "distance", "distances", "dtw", "matrix_profile", "standardised"]


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


def standardised(window: Array) -> Array | None:
    """Return a window with mean 0 and deviation 1; a constant one as zeros; None if a number is missing or infinite.

    Examples
    --------
    >>> standardised(np.array([1.0, 3.0])).tolist(), standardised(np.array([0.1, 0.1])).tolist()
    ([-1.0, 1.0], [0.0, 0.0])
    """
    if not np.isfinite(window).all():
        return None
    if window.max() == window.min():
        return np.zeros(len(window))
    moves = window - window[0]  # exact where a window is almost flat: its level does not eat its digits
    return np.asarray((moves - moves.mean()) / moves.std(), dtype=np.float64)


def distance(a: Array, b: Array) -> float:
    """Return the distance of two windows by their shape; infinite if a number of either is missing.

    Two constant windows are 0 apart, a constant one and a shape of m numbers the root of m.

    Examples
    --------
    >>> shape, flat = np.array([1.0, 3.0]), np.array([2.0, 2.0])
    >>> distance(shape, 20.0 * shape), distance(shape, flat)
    (0.0, 1.4142135623730951)
    """
    first, second = standardised(a), standardised(b)
    if first is None or second is None:
        return math.inf
    total = 0.0
    for x, y in zip(first.tolist(), second.tolist(), strict=True):
        total += (x - y) * (x - y)
    return math.sqrt(total)


def distances(values: Array, query: Array) -> Array:
    """Return the distance of a query to each window of its length; NaN where a number of the window is missing.

    Examples
    --------
    >>> distances(np.array([1.0, 2.0, 4.0, 3.0, np.nan]), np.array([10.0, 30.0])).tolist()
    [0.0, 0.0, 2.8284271247461903, nan]
    """
    found = [distance(values[i : i + len(query)], query) for i in range(len(values) - len(query) + 1)]
    return np.array([math.nan if math.isinf(each) else each for each in found])


def matrix_profile(values: Array, window: int, exclusion: int) -> tuple[Array, Array, Array, Array]:
    """Return for each window the distance and place of its nearest earlier one, and of its nearest later one.

    Parameters
    ----------
    values : ndarray
        Numbers; a window that holds a missing or infinite one is never compared.
    window : int
        Numbers in a window.
    exclusion : int
        Windows are compared that start more than this far from each other.

    Returns
    -------
    tuple of four ndarrays
        Infinite distances and places of -1 where there is none; of equally near ones the earliest.

    Examples
    --------
    >>> left, left_at, right, right_at = matrix_profile(np.array([1.0, 2.0, 5.0, 4.0, 7.0, 9.0]), 2, 1)
    >>> left.tolist(), left_at.tolist()
    ([inf, inf, 2.8284271247461903, 0.0, 0.0], [-1.0, -1.0, 0.0, 0.0, 0.0])
    >>> right.tolist(), right_at.tolist()
    ([0.0, 0.0, 2.8284271247461903, inf, inf], [3.0, 3.0, 4.0, -1.0, -1.0])
    """
    count = max(0, len(values) - window + 1)
    left, right = np.full(count, math.inf), np.full(count, math.inf)
    left_at, right_at = np.full(count, -1.0), np.full(count, -1.0)
    for i in range(count):
        for j in range(i + exclusion + 1, count):
            apart = distance(values[i : i + window], values[j : j + window])
            if apart < left[j]:
                left[j], left_at[j] = apart, i
            if apart < right[i]:
                right[i], right_at[i] = apart, j
    return left, left_at, right, right_at


def closest(values: Array, window: int, exclusion: int) -> float:
    """Return the distance of the two windows that are nearest to each other, constant ones left out.

    Examples
    --------
    >>> closest(np.array([1.0, 2.0, 5.0, 5.0, 4.0, 7.0, 9.0]), 2, 1)
    0.0
    """
    starts = [i for i in range(len(values) - window + 1) if np.ptp(values[i : i + window]) > 0.0]
    pairs = ((i, j) for i in starts for j in starts if j > i + exclusion)
    return min((distance(values[i : i + window], values[j : j + window]) for i, j in pairs), default=math.inf)
