"""The volume of one frame of bars by price, spread as in the entry `volume_profile`."""

from __future__ import annotations

from operator import index

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError
from quantperf.indicators import run
from quantperf.kernels import profiles as kernels
from quantperf.market.columns import columns_of


def volume_histogram(frame: pd.DataFrame, bins: int = 24) -> pd.DataFrame:
    """Return the volume of a frame of bars by price.

    Parameters
    ----------
    frame : DataFrame
        Bars of one symbol with high, low and volume, in any case. Bars that lack one of them are left out.
    bins : int, default 24
        Equal parts into which the range of the frame is cut, at least 1.

    Returns
    -------
    DataFrame
        One row for each bin, from the lowest up: `low` and `high`, its edges, and its `volume`. A frame whose prices
        are all alike has one bin, whatever `bins` says.

    Raises
    ------
    ParameterError
        If `bins` is not a whole number of at least 1.
    DataError
        If the frame lacks a column, or has no whole bar.

    Notes
    -----
    Volume is spread as in `volume_profile`, evenly from the low of each bar to its high.

    Examples
    --------
    >>> import pandas as pd, quantperf as qp
    >>> frame = pd.DataFrame({"high": [4.0, 2.0], "low": [0.0, 2.0], "volume": [8.0, 1.0]})
    >>> qp.volume_histogram(frame, bins=2).values.tolist()
    [[0.0, 2.0, 4.0], [2.0, 4.0, 5.0]]
    """
    try:
        count = -1 if isinstance(bins, bool) else index(bins)
    except TypeError:
        count = -1
    if count < 1:
        raise ParameterError(f"bins must be a whole number of at least 1, got {bins!r}")
    columns = columns_of(frame, ("high", "low", "volume"))
    kept = np.logical_and.reduce([np.isfinite(column) for column in columns.values()])
    if not kept.any():
        raise DataError(f"frame must have a bar with high, low and volume, got {len(kept)} without; fill or drop them")
    high, low, volume = (column[kept] for column in columns.values())
    floor, top = min(high.min(), low.min()), max(high.max(), low.max())
    if top == floor:
        edges, held = np.array([floor, top]), np.array([volume.sum()])
    else:
        edges, held = np.linspace(floor, top, count + 1), np.zeros(count)
        high, low, volume = (run.read_only(column[:, None]) for column in (high, low, volume))
        kernels.histogram(np.empty((0, 1)), high, low, volume, floor, top - floor, held[:, None])
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "volume": held})
