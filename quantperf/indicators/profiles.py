"""Volume by price over a rolling window."""

from __future__ import annotations

from typing import Any, NamedTuple

from quantperf.indicators.catalogue import indicator
from quantperf.indicators.parameters import number, period
from quantperf.indicators.plan import Plan, unknown
from quantperf.kernels import profiles as kernels
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
