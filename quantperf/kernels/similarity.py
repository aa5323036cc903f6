"""How far stretches of bars are from each other: dynamic time warping, and distances of standardised windows.

These kernels take stretches, not lanes. For warping, ``values (bars, features)`` holds one stretch after the other, and
stretch k is the bars from ``ends[k]`` up to ``ends[k + 1]``. For the others, each row of ``z (windows, numbers)`` is a
window; those that are not `usable` are never compared.
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


PART = 8  # numbers added before the sum is compared with the limit: a comparison for each would cost more than it saves


@kernel
def standardise_windows(values, window, z, usable, constant, deviation):
    """Each window of a series with mean 0 and deviation 1; a constant one, and one that misses a number, as zeros.

    z (windows, window): the windows; usable, constant (windows,): whether no number misses, and whether all are equal;
    deviation (windows,): NaN where it is not usable.
    """
    x = plain(values)
    whole = 0  # finite numbers up to here, in a row
    for t in range(window - 1):
        whole = whole + 1 if x[t] - x[t] == 0.0 else 0
    for i in range(z.shape[0]):
        last = x[i + window - 1]
        whole = whole + 1 if last - last == 0.0 else 0
        usable[i], constant[i], deviation[i] = whole >= window, False, np.nan
        if whole < window:
            for k in range(window):
                z[i, k] = 0.0
            continue
        # From the first number, which is exact where a window is almost flat: the level does not eat its digits.
        first, total, low, high = x[i], 0.0, x[i], x[i]
        for k in range(window):
            total += x[i + k] - first
            low, high = min(low, x[i + k]), max(high, x[i + k])
        mean, squares = total / window, 0.0
        for k in range(window):
            gap = (x[i + k] - first) - mean
            squares += gap * gap
        flat = low == high or squares == 0.0  # by the sum of squares alone, rounding of the mean would move a constant
        constant[i] = flat
        deviation[i] = 0.0 if flat else np.sqrt(squares / window)
        for k in range(window):
            z[i, k] = 0.0 if flat else ((x[i + k] - first) - mean) / deviation[i]


@step
def _apart(z, i, others, j, limit):
    """The squared distance of two windows; some number above the limit, if it is above."""
    size = z.shape[1]
    total = 0.0
    for start in range(0, size, PART):
        for k in range(start, min(start + PART, size)):
            gap = z[i, k] - others[j, k]
            total += gap * gap
        if total > limit:
            break
    return total


@kernel
def nearest_windows(z, usable, exclusion, left, left_at, right, right_at):
    """For each window its nearest earlier and its nearest later one, of those that start more than `exclusion` away.

    left, right (windows,): distances, infinite where there is none; left_at, right_at: which, -1 where there is none.
    """
    rows, count = plain(z), z.shape[0]
    for i in range(count):
        left[i], left_at[i], right[i], right_at[i] = np.inf, -1, np.inf, -1
    for i in range(count):
        if not usable[i]:
            continue
        for j in range(i + exclusion + 1, count):
            if usable[j]:
                apart = _apart(rows, i, rows, j, max(left[j], right[i]))
                if apart < left[j]:
                    left[j], left_at[j] = apart, i
                if apart < right[i]:
                    right[i], right_at[i] = apart, j
    for i in range(count):
        left[i], right[i] = np.sqrt(left[i]), np.sqrt(right[i])


@kernel
def closest_windows(z, usable, exclusion, y):
    """The distance of the two windows that are nearest to each other, infinite where there are none. y (1,)."""
    rows, count, best = plain(z), z.shape[0], np.inf
    for i in range(count):
        if not usable[i]:
            continue
        for j in range(i + exclusion + 1, count):
            if usable[j]:
                best = min(best, _apart(rows, i, rows, j, best))
    y[0] = np.sqrt(best)


@kernel
def distances_to(z, usable, query, y):
    """The distance of each window to a query (1, numbers); NaN where a window is not usable. y (windows,)."""
    rows, wanted = plain(z), plain(query)
    for i in range(z.shape[0]):
        y[i] = np.sqrt(_apart(wanted, 0, rows, i, np.inf)) if usable[i] else np.nan
