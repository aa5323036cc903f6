"""Turning points of prices, bar by bar over one symbol."""

from __future__ import annotations

from typing import NamedTuple

from quantperf.reference import Array, complete

__all__ = ["Pivot", "swings", "zigzag"]


class Pivot(NamedTuple):
    """A turning point: places are counted in the bars that the symbol has.

    Attributes
    ----------
    bar : int
        Where it is.
    known : int
        Where it is known.
    kind : int
        +1 a top, -1 a bottom.
    price : float
        Highest price of a top, lowest of a bottom.
    """

    bar: int
    known: int
    kind: int
    price: float


def zigzag(
    high: Array, low: Array, close: Array, ranges: Array | None = None, multiple: float = 0.0, share: float = 0.0
) -> list[Pivot]:
    """Return tops and bottoms in turn, each known once prices have turned back far enough.

    Far enough is `multiple` times the average true range (`ranges`) of the bar of the extreme, or `share` of its price
    if `multiple` is 0. Bars before the first known range count, but are not looked at. Within a bar nobody knows what
    came first, so a bar that makes a new extreme never turns back from it.

    Examples
    --------
    >>> import numpy as np
    >>> path = np.array([10.0, 12.0, 11.0, 9.0, 11.5])
    >>> zigzag(path, path, path, share=0.1)
    [Pivot(bar=0, known=1, kind=-1, price=10.0), Pivot(bar=1, known=3, kind=1, price=12.0), \
Pivot(bar=3, known=4, kind=-1, price=9.0)]
    """
    found: list[Pivot] = []
    leg = 0
    highest: tuple[float, int, float] | None = None  # price, bar, reach
    lowest: tuple[float, int, float] | None = None

    def extreme(price: float, bar: int, measure: float) -> tuple[float, int, float]:
        return price, bar, multiple * measure if multiple > 0.0 else share * abs(price)

    bar = -1
    for row in complete(high, low, close).nonzero()[0].tolist():
        bar += 1
        top, bottom = float(high[row]), float(low[row])
        measure = 0.0 if ranges is None else float(ranges[row])
        if measure != measure:
            continue
        fall = rise = 0.0
        if leg >= 0:
            if highest is None or top > highest[0]:
                highest = extreme(top, bar, measure)
            elif highest[0] - bottom >= highest[2]:
                fall = highest[0] - bottom
        if leg <= 0:
            if lowest is None or bottom < lowest[0]:
                lowest = extreme(bottom, bar, measure)
            elif top - lowest[0] >= lowest[2]:
                rise = top - lowest[0]
        if fall > rise and highest is not None:
            found.append(Pivot(highest[1], bar, 1, highest[0]))
            leg, lowest = -1, extreme(bottom, bar, measure)
        elif rise > fall and lowest is not None:
            found.append(Pivot(lowest[1], bar, -1, lowest[0]))
            leg, highest = 1, extreme(top, bar, measure)
    return found


def swings(high: Array, low: Array, close: Array, left: int = 2, right: int = 2) -> list[Pivot]:
    """Return bars that are higher, or lower, than `left` bars before and `right` bars after them; equal forbids it.

    Examples
    --------
    >>> import numpy as np
    >>> path = np.array([10.0, 12.0, 11.0, 9.0, 11.5])
    >>> swings(path, path, path, left=1, right=1)
    [Pivot(bar=1, known=2, kind=1, price=12.0), Pivot(bar=3, known=4, kind=-1, price=9.0)]
    """
    rows = complete(high, low, close)
    highs, lows = high[rows].tolist(), low[rows].tolist()
    found = []
    for bar in range(left, len(highs) - right):
        others = [place for place in range(bar - left, bar + right + 1) if place != bar]
        if all(highs[bar] > highs[place] for place in others):
            found.append(Pivot(bar, bar + right, 1, highs[bar]))
        if all(lows[bar] < lows[place] for place in others):
            found.append(Pivot(bar, bar + right, -1, lows[bar]))
    return found
