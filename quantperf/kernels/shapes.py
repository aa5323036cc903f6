"""Chart shapes among turning points: what they look like, whether they are one, and what became of them.

A shape is drawn on its last turning points, in the space in which its own top is up: prices times +1.0, or -1.0 for its
mirror. There it has two lines, and quantities that tests compare with limits; the tables of both are in
`quantperf.patterns.definitions`. Places are own bars of the symbol, those of lines count from the first point.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step

POINTS = 6  # at most
QUANTITIES = 8


@step
def _line_of_three(xa, ya, xb, yb, xc, yc):
    """Slope and intercept of the least squares."""
    x, y = (xa + xb + xc) / 3.0, (ya + yb + yc) / 3.0
    above = (xa - x) * (ya - y) + (xb - x) * (yb - y) + (xc - x) * (yc - y)
    below = (xa - x) * (xa - x) + (xb - x) * (xb - x) + (xc - x) * (xc - x)
    slope = above / below
    return slope, y - slope * x


@step
def _line_of_two(xa, ya, xb, yb):
    slope = (yb - ya) / (xb - xa)
    return slope, ya - slope * xa


@step
def _double(x, v, lines, found):
    """Foot, top, trough, top."""
    height = (v[1] + v[3]) * 0.5 - v[2]
    if not height > 0.0:
        return np.nan, 0.0
    lines[0], lines[1], lines[2], lines[3] = 0.0, max(v[1], v[3]), 0.0, v[2]
    found[0] = abs(v[1] - v[3]) / height
    found[1] = (v[1] - v[0]) / (v[1] - v[2])
    found[2] = x[3] - x[1]
    return height, x[3] - x[1]


@step
def _triple(x, v, lines, found):
    """Foot, then three tops with two troughs between them; the neckline lies at the lower trough."""
    neck = min(v[2], v[4])
    height = (v[1] + v[3] + v[5]) / 3.0 - neck
    if not height > 0.0:
        return np.nan, 0.0
    highest = max(max(v[1], v[3]), v[5])
    before, after = x[3] - x[1], x[5] - x[3]
    lines[0], lines[1], lines[2], lines[3] = 0.0, highest, 0.0, neck
    found[0] = (highest - min(min(v[1], v[3]), v[5])) / height
    found[1] = (v[1] - v[0]) / (v[1] - neck)
    found[2] = x[5] - x[1]
    found[3] = abs(v[2] - v[4]) / height
    found[4] = max(before, after) / min(before, after)
    return height, x[5] - x[1]


@step
def _head(x, v, lines, found):
    """Foot, shoulder, trough, head, trough, shoulder; the neckline runs through the troughs."""
    slope, start = _line_of_two(x[2], v[2], x[4], v[4])
    left, height, right = v[1] - (start + slope * x[1]), v[3] - (start + slope * x[3]), v[5] - (start + slope * x[5])
    if not (left > 0.0 and height > 0.0 and right > 0.0):
        return np.nan, 0.0
    before, after = x[3] - x[1], x[5] - x[3]
    lines[0], lines[1], lines[2], lines[3] = 0.0, max(max(v[1], v[3]), v[5]), slope, start
    found[0] = abs(v[1] - v[5]) / height
    found[1] = (v[1] - v[0]) / left
    found[2] = x[5] - x[1]
    found[3] = abs(v[2] - v[4]) / height
    found[4] = max(before, after) / min(before, after)
    found[5] = (v[3] - max(v[1], v[5])) / height
    found[6] = min(left, right) / height
    return height, x[5] - x[1]


@step
def _bounds(x, v, top_last, lines, found):
    """Five turns between two lines: least squares through three of a kind, the line through the other two."""
    three, start_three = _line_of_three(x[0], v[0], x[2], v[2], x[4], v[4])
    two, start_two = _line_of_two(x[1], v[1], x[3], v[3])
    if top_last:
        lines[0], lines[1], lines[2], lines[3] = three, start_three, two, start_two
    else:
        lines[0], lines[1], lines[2], lines[3] = two, start_two, three, start_three
    first = lines[1] - lines[3]
    last = (lines[1] + lines[0] * x[4]) - (lines[3] + lines[2] * x[4])
    if not (first > 0.0 and last > 0.0):
        return np.nan, 0.0
    height = max(first, last)
    upper, lower = lines[0] * x[4] / height, lines[2] * x[4] / height
    apart = 0.0
    for i in range(0, 5, 2):
        apart = max(apart, abs(v[i] - (start_three + three * x[i])))
    found[0], found[1], found[2] = upper, -upper, lower
    found[3], found[4] = abs(upper), abs(lower)
    found[5], found[6] = last / first, abs(last / first - 1.0)
    found[7] = apart / height
    return height, x[4]


@step
def _flag(x, v, lines, found):
    """A pole from foot to top, then trough, top, trough; what it measures is its pole."""
    lines[0], lines[1] = _line_of_two(x[1], v[1], x[3], v[3])
    lines[2], lines[3] = _line_of_two(x[2], v[2], x[4], v[4])
    first = (lines[1] + lines[0] * x[1]) - (lines[3] + lines[2] * x[1])
    last = (lines[1] + lines[0] * x[4]) - (lines[3] + lines[2] * x[4])
    pole, span = v[1] - v[0], x[4] - x[1]
    if not (first > 0.0 and last > 0.0 and pole > 0.0):
        return np.nan, 0.0
    width = max(first, last)
    found[0], found[1] = lines[0] * span / width, -(lines[0] * span / width)
    found[2] = lines[2] * span / width
    found[3], found[4] = last / first, abs(last / first - 1.0)
    found[5] = (v[1] - min(v[2], v[4])) / pole
    found[6] = pole / width
    found[7] = (x[1] - x[0]) / span
    return pole, span


@step
def _draw(form, x, v, top_last, lines, found):
    """Height and span of a shape, NaN if it cannot be drawn; its lines and quantities are written."""
    if form == 3:
        return _bounds(x, v, top_last, lines, found)
    if form == 4:
        return _flag(x, v, lines, found) if not top_last else (np.nan, 0.0)
    if not top_last:
        return np.nan, 0.0
    if form == 0:
        return _double(x, v, lines, found)
    if form == 1:
        return _triple(x, v, lines, found)
    return _head(x, v, lines, found)


@step
def _fit(tests, first, last, found):
    """How near to ideal, from 0.0 at the edge of a tolerance to 1.0; NaN if a test fails.

    tests: quantity, +1.0 at least or -1.0 at most, limit, whether it is a tolerance.
    """
    worst = 0.0
    for i in range(first, last):
        value, limit = found[int(tests[i, 0])], tests[i, 2]
        if not tests[i, 1] * value >= tests[i, 1] * limit:
            return np.nan
        if tests[i, 3] > 0.0 and limit > 0.0:
            worst = max(worst, value / limit)
    return 1.0 - worst


@step
def _fate(closes, known, end, origin, sign, breaks, lines):
    """What became of a shape (0 open, 1 confirmed, 2 failed, 3 expired), on which bar, and to which side.

    closes: of the whole symbol. From `known` to `end`, both inclusive; origin: own bar of the first point.
    """
    for t in range(known, min(end + 1, closes.size)):
        value = sign * closes[t]
        upper, lower = lines[1] + lines[0] * (t - origin), lines[3] + lines[2] * (t - origin)
        if not upper > lower:
            return 3, t, 0
        side = 1 if value > upper else (-1 if value < lower else 0)
        if side != 0:
            return (1 if breaks == 0 or side == breaks else 2), t, side
    if end < closes.size:
        return 3, end, 0
    return 0, -1, 0


@kernel
def match(closes, close_starts, bar, known, kind, price, pivot_starts, table, tests, wait, whole, parts):
    """Find shapes among the turning points of many symbols; write those that there is room for, return how many.

    closes, and bar to price, are those of one symbol after the other; the starts say where each begins, and the end.
    table (shapes, 6): form, points, sign, side that confirms (0 either), first and last test.
    whole (rows, 6): shape, last point, what became of it, on which own bar, to which side, last own bar of waiting.
    parts (rows, 6): slope and intercept of the upper line, of the lower line, height, fit.
    """
    x, v, lines, found = np.zeros(POINTS), np.zeros(POINTS), np.zeros(4), np.zeros(QUANTITIES)
    before = np.zeros(len(table), dtype=np.int64)
    rows = 0
    for lane in range(pivot_starts.size - 1):
        first = pivot_starts[lane]
        own = closes[close_starts[lane] : close_starts[lane + 1]]
        before[:] = -2
        for k in range(first, pivot_starts[lane + 1]):
            for s in range(len(table)):
                points, sign = table[s, 1], table[s, 2]
                begin = k - points + 1
                if begin < first:
                    continue
                for i in range(points):
                    x[i] = bar[begin + i] - bar[begin]
                    v[i] = sign * price[begin + i]
                height, span = _draw(table[s, 0], x, v, sign * kind[k] > 0, lines, found)
                if not height > 0.0:
                    continue
                fit = _fit(tests, table[s, 4], table[s, 5], found)
                if fit != fit:
                    continue
                told = before[s] == k - 1  # the shape that was told a point ago goes on
                before[s] = k
                if told:
                    continue
                rows += 1
                if rows > len(whole):
                    continue  # more than there is room for: only counted
                r = rows - 1
                end = known[k] + int(np.floor(wait * span))
                fate, when, side = _fate(own, known[k], end, bar[begin], sign, table[s, 3], lines)
                whole[r, 0], whole[r, 1], whole[r, 2] = s, k, fate
                whole[r, 3], whole[r, 4], whole[r, 5] = when, side * sign, end
                # + 0.0: no line is level at -0.0
                up, down = (0, 2) if sign > 0 else (2, 0)
                parts[r, up], parts[r, up + 1] = sign * lines[0] + 0.0, sign * lines[1]
                parts[r, down], parts[r, down + 1] = sign * lines[2] + 0.0, sign * lines[3]
                parts[r, 4], parts[r, 5] = height, fit
    return rows
