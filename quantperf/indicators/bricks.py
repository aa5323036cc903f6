"""Bricks: charts that move by whole steps of price and not by time."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from quantperf.indicators.catalogue import indicator
from quantperf.indicators.parameters import number
from quantperf.indicators.plan import Plan, unknown, zeros
from quantperf.kernels import bricks as kernels
from quantperf.reference import bricks as reference


class Renko(NamedTuple):
    """Lines of `renko`, each like the input."""

    level: Any
    direction: Any
    bricks: Any


@indicator(
    inputs=("close",),
    bounds={"brick": number(1e-9)},
    returns=Renko,
    reference=reference.renko,
    lookback=lambda brick, convention: 0,
    settle=lambda eps, brick, convention: math.inf,
    span=lambda brick, convention: 1,
    degree=None,
)
def renko(brick: float = 1.0, *, convention: str) -> Plan:
    """Return Renko bricks bar by bar: where the last brick ends, its direction, and how many the bar completes.

    Parameters
    ----------
    brick : float, default 1.0
        Height of a brick in the unit of `close`, above 0.

    Returns
    -------
    level, direction, bricks : like `close`
        A named tuple, from the first bar on: the price at which the last brick ends; 1 for a rising brick, -1 for a
        falling one, 0 before the first; and the bricks that this bar completes, falling ones as a negative.

    Notes
    -----
    Levels are multiples of the brick, whatever bar comes first; the first is the one nearest to the first close. A
    close one brick beyond the level adds a brick, a gap several at once, and a turn needs two, as its first brick lies
    beside the last one. A close that misses a level by less than a billionth of a brick has reached it. Nothing is
    known before the bar that completes a brick; `renko_bricks` gives a row for each brick. A missing bar is NaN and
    leaves the chart as it was. The first level is forgotten when two charts turn together, which no number of bars
    promises. Source: S. Nison, *Beyond Candlesticks*, 1994.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> lines = qp.renko(np.array([10.0, 12.5, 11.0, 9.9]), brick=1.0)
    >>> lines.level.tolist(), lines.bricks.tolist()
    ([10.0, 12.0, 12.0, 10.0], [0.0, 2.0, 0.0, -1.0])
    """
    return Plan(kernels.renko, (brick,), (unknown(), zeros()))
