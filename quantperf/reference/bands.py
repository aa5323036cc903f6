"""Bands: Bollinger's."""

from __future__ import annotations

from quantperf.reference import Array, Convention
from quantperf.reference.averages import sma
from quantperf.reference.statistics import stddev

__all__ = ["bbands"]


def bbands(
    x: Array, window: int = 20, up: float = 2.0, down: float = 2.0, *, convention: Convention = "talib"
) -> tuple[Array, Array, Array]:
    """Return a rolling mean and the lines `up` and `down` standard deviations above and below it.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 20
        Bars in the window, at least 2.
    up, down : float, default 2.0
        Distance of the outer lines in standard deviations.
    convention : {"talib", "legacy"}
        Population deviation (ddof 0) under "talib", sample deviation (ddof 1) under "legacy".

    Returns
    -------
    upper, middle, lower : ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: J. Bollinger, *Bollinger on Bollinger Bands*, 2001; equals
    TA-Lib's BBANDS.

    Examples
    --------
    >>> import numpy as np
    >>> upper, middle, lower = bbands(np.array([1.0, 3.0]), window=2)
    >>> upper.tolist(), middle.tolist(), lower.tolist()
    ([nan, 4.0], [nan, 2.0], [nan, 0.0])
    """
    middle = sma(x, window)
    deviation = stddev(x, window, convention=convention)
    return middle + up * deviation, middle, middle - down * deviation
