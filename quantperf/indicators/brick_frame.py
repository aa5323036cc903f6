"""A Renko chart as a frame with one row for each brick, made from the bars of the entry `renko`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError
from quantperf.indicators.catalogue import CATALOG


def renko_bricks(close: Any, brick: float = 1.0, *, nan: Any = "local") -> pd.DataFrame:
    """Return the bricks of a Renko chart, one row for each, oldest first.

    Parameters
    ----------
    close : Series, or array_like of shape (bars,)
        Closes of one symbol, oldest first; NaN where a bar is missing.
    brick : float, default 1.0
        Height of a brick in the unit of `close`, above 0.
    nan : str or Policy, default "local"
        What a missing bar means; see `renko`.

    Returns
    -------
    DataFrame
        `open` and `close` of the brick; its `direction`, 1 or -1; the `bar`, counted from 0, that completes it; and
        `known_at`, the label of that bar (its number, if `close` has no labels). A gap completes several on one bar.

    Raises
    ------
    ParameterError
        If `brick` is not a number above 0.
    DataError
        If `close` is not one series of numbers.

    Examples
    --------
    >>> import quantperf as qp
    >>> qp.renko_bricks([10.0, 12.5, 11.0, 9.9], brick=1.0)
           open  close  direction  bar  known_at
    brick
    0      10.0   11.0          1    1         1
    1      11.0   12.0          1    1         1
    2      11.0   10.0         -1    3         3
    """
    found = CATALOG["renko"](close, brick=brick, nan=nan)
    counts = np.asarray(found.bricks, dtype=np.float64)
    if counts.ndim != 1:
        raise DataError(f"close must be one series, got a table of {counts.shape[1]} symbols; take one column")
    signed = np.nan_to_num(counts).astype(np.int64)
    bars = np.repeat(np.arange(len(signed)), np.abs(signed))
    last = np.cumsum(np.abs(signed))[bars]  # bricks up to the end of the bar of each
    direction = np.sign(signed)[bars]
    ends = np.rint(np.asarray(found.level, dtype=np.float64)[bars] / brick)
    steps = ends - direction * (last - np.arange(1, len(bars) + 1))
    index = found.level.index if isinstance(found.level, pd.Series) else pd.RangeIndex(len(counts))
    return pd.DataFrame(
        {
            "open": (steps - direction) * brick,
            "close": steps * brick,
            "direction": direction,
            "bar": bars,
            "known_at": index[bars],
        },
        index=pd.RangeIndex(len(bars), name="brick"),
    )
