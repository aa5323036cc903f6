"""How far stretches of bars are from each other: dynamic time warping.

These kernels take stretches, not lanes: ``values (bars, features)`` holds one stretch after the other, and stretch k is
the bars from ``ends[k]`` up to ``ends[k + 1]``.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step


@step
def _is_whole(values, start, end):
    """Whether no number of these bars is missing or infinite."""
    for t in range(start, end):
        for f in range(values.shape[1]):
            if values[t, f] - values[t, f] != 0.0:
                return False
    return True


@step
def _warped(a, first, count, b, start, size, band, row):
    """The squared distance of two whole stretches of `count` and `size` bars along the cheapest path in the band.

    row (size + 1,): what the cheapest path to each bar of b costs, at one bar of a; entry 0 stands before b.
    """
    back, ahead = band + max(0, count - size), band + max(0, size - count)
    for j in range(1, size + 1):
        row[j] = np.inf
    row[0] = 0.0
    for i in range(count):
        lowest, highest = max(0, i - back), min(size - 1, i + ahead)
        diagonal, left = row[lowest], np.inf
        row[lowest] = np.inf
        for j in range(lowest, highest + 1):
            cost = 0.0
            for f in range(a.shape[1]):
                apart = a[first + i, f] - b[start + j, f]
                cost += apart * apart
            above = row[j + 1]
            left = cost + min(diagonal, min(above, left))
            row[j + 1] = left
            diagonal = above
    return row[size]


@kernel
def warped_distances(values, ends, others, other_ends, band, y):
    """Distance by dynamic time warping of each stretch to each other one, y (stretches, others); NaN where one misses.

    band: by how many bars the path may leave the diagonal, beyond the difference of the lengths.
    """
    a, b = plain(values), plain(others)
    longest = 0
    for k in range(other_ends.size - 1):
        longest = max(longest, other_ends[k + 1] - other_ends[k])
    row = np.empty(longest + 1)
    for i in range(ends.size - 1):
        known = _is_whole(a, ends[i], ends[i + 1])
        for j in range(other_ends.size - 1):
            if known and _is_whole(b, other_ends[j], other_ends[j + 1]):
                count, size = ends[i + 1] - ends[i], other_ends[j + 1] - other_ends[j]
                y[i, j] = np.sqrt(_warped(a, ends[i], count, b, other_ends[j], size, band, row))
            else:
                y[i, j] = np.nan
