"""Intervals of means by resampling, where values that share bars are drawn together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

RESAMPLES = 2000
LEVEL = 0.95


def grouped_means(
    values: FloatArray, groups: npt.NDArray[np.intp], random: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mean of each column, and the lower and upper end of its 95 % interval.

    Parameters
    ----------
    values : ndarray, shape (values, columns)
        NaN is unknown and does not count.
    groups : ndarray of int
        Of each row, from 0 on: rows of one group are drawn together, as they are not independent.
    random : Generator
        Draws the groups, with replacement.

    Returns
    -------
    tuple of three ndarrays
        NaN where no value is known; the interval is NaN where there are fewer than two groups.

    Notes
    -----
    Source: A. C. Davison and D. V. Hinkley, *Bootstrap Methods and their Application*, 1997, section 3.8 (percentiles
    of resampled clusters).

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> [round(float(x[0]), 2) for x in grouped_means(np.arange(10.0)[:, None], np.arange(10), random)]
    [4.5, 2.7, 6.2]
    """
    known = ~np.isnan(values)
    size = int(groups.max()) + 1 if len(groups) else 0
    sums, counts = np.zeros((size, values.shape[1])), np.zeros((size, values.shape[1]))
    np.add.at(sums, groups, np.where(known, values, 0.0))
    np.add.at(counts, groups, known)
    low, high = np.full((2, values.shape[1]), np.nan)
    with np.errstate(invalid="ignore"):  # 0 / 0 where nothing is known: NaN
        mean = sums.sum(axis=0) / counts.sum(axis=0)
        if size > 1:
            weights = random.multinomial(size, np.full(size, 1.0 / size), size=RESAMPLES).astype(np.float64)
            drawn = (weights @ sums) / (weights @ counts)
            held = ~np.isnan(drawn).all(axis=0) & ((counts > 0.0).sum(axis=0) > 1)
            tails = ((1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0)
            low[held], high[held] = np.nanquantile(drawn[:, held], tails, axis=0)
    return mean, low, high
