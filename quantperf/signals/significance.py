"""Statistics that are honest about many tests at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.errors import ParameterError

__all__ = ["benjamini_hochberg"]

FloatArray = npt.NDArray[np.float64]


def benjamini_hochberg(p: Any) -> FloatArray:
    """Return p values adjusted for the number of tests; those at or below a level keep its false discovery rate.

    Parameters
    ----------
    p : array_like
        p values, from 0 to 1; NaN where a test was not made, which does not count as one.

    Returns
    -------
    ndarray
        Adjusted values in the same places.

    Raises
    ------
    ParameterError
        If a value lies outside of 0 to 1.

    Notes
    -----
    Source: Y. Benjamini and Y. Hochberg, *Controlling the false discovery rate*, J. R. Statist. Soc. B 57, 1995.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, np.nan]).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    values = np.asarray(p, dtype=np.float64)
    if ((values < 0.0) | (values > 1.0)).any():
        raise ParameterError(f"p values must be from 0 to 1, got {np.nanmin(values)!r} to {np.nanmax(values)!r}")
    adjusted = np.full(values.shape, np.nan)
    made = np.flatnonzero(~np.isnan(values))
    order = made[np.argsort(values[made], kind="stable")]
    scaled = values[order] * len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
