"""Bricks: charts that move by whole steps of price and not by time."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array, complete, put_back

__all__ = ["renko"]


def renko(x: Array, brick: float = 1.0) -> tuple[Array, Array, Array]:
    """Return the level at which the last brick ends, its direction, and the bricks that the bar completes.

    Notes
    -----
    Levels are multiples of the brick, the first is the one nearest to the first close. A close that misses a level by
    less than a billionth of a brick has reached it. NaN on a missing bar, which is otherwise passed over. Source:
    S. Nison, *Beyond Candlesticks*, 1994.

    Examples
    --------
    >>> [line.tolist() for line in renko(np.array([10.0, 12.5, 11.0, 9.9]), brick=1.0)]
    [[10.0, 12.0, 12.0, 10.0], [0.0, 1.0, 1.0, -1.0], [0.0, 2.0, 0.0, -1.0]]
    """
    kept = complete(x)
    level, direction, near = 0, 0, 1e-9
    lines: list[list[float]] = [[], [], []]
    for t, price in enumerate(x[kept].tolist()):
        place, bricks = price / brick, 0
        if t == 0:
            level = int(np.floor(place + 0.5))
        while place >= level + (2 if direction < 0 else 1) - near:
            level, bricks, direction = level + (2 if direction < 0 else 1), bricks + 1, 1
        while place <= level - (2 if direction > 0 else 1) + near:
            level, bricks, direction = level - (2 if direction > 0 else 1), bricks - 1, -1
        for line, value in zip(lines, (level * brick, direction, bricks), strict=True):
            line.append(float(value))
    levels, directions, counts = (put_back(line, kept) for line in lines)
    return levels, directions, counts
