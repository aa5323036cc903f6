"""Volume by price: over a rolling window, and of one frame."""

from __future__ import annotations

from operator import index
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError
from quantperf.indicators import run
from quantperf.indicators.catalogue import indicator
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, unknown
from quantperf.kernels import profiles as kernels
from quantperf.market.columns import columns_of
from quantperf.reference import profiles as reference


class VolumeProfile(NamedTuple):
    """Lines of `volume_profile`, each like the inputs."""

    point_of_control: Any
    value_low: Any
    value_high: Any


@indicator(
    inputs=("high", "low", "volume"),
    bounds={"window": period(), "bins": period(), "share": number(low=0.01, high=1.0)},
    returns=VolumeProfile,
    reference=reference.volume_profile,
    lookback=lambda window, bins, share, convention: window - 1,
    span=lambda window, bins, share, convention: window,
    degree=(1, 0),
)
def volume_profile(window: int = 100, bins: int = 24, share: float = 0.7, *, convention: str) -> Plan:
    """Return the point of control and the value area of the last `window` bars.

    Parameters
    ----------
    window : int, default 100
        Bars in the window, at least 1.
    bins : int, default 24
        Equal parts into which the range of the window is cut, at least 1.
    share : float, default 0.7
        Share of the volume that the value area holds, 0.01 to 1.

    Returns
    -------
    point_of_control, value_low, value_high : like the inputs
        A named tuple, in the unit of prices: the middle of the bin with the most volume, the lower and the upper edge
        of the value area; the first `window` - 1 bars are NaN.

    Notes
    -----
    The volume of a bar is spread evenly from its low to its high, as bars do not tell more; that of a bar without range
    lies in the bin of its price, the upper one on an edge. The value area begins with the bin of most volume and grows
    by the next bin above or below, whichever holds more, until it holds its share. Of bins with equal volume (to 1e-9)
    the nearest to the middle of the range is the point of control, the lower of two; of equal neighbours the upper one
    comes first. The bins are those of each window's own range, so each bar costs as much as the window is long. NaN
    where the window holds a missing bar, or no volume. `volume_histogram` gives the bins of one frame. Source: J. P.
    Steidlmayer and K. Koy, *Markets and Market Logic*, 1986.

    Examples
    --------
    >>> import numpy as np, quantperf as qp
    >>> high, low, volume = np.array([4.0, 2.0]), np.array([0.0, 2.0]), np.array([8.0, 1.0])
    >>> qp.volume_profile(high, low, volume, window=2, bins=2, share=0.5).point_of_control.tolist()
    [nan, 3.0]
    """
    return Plan(kernels.volume_profile, (window, bins, share), (unknown(3 * (window - 1)),))


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
