"""Exponential means that begin with a plain mean, as the indicators that smooth share them."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array

__all__ = ["growth", "seeded_mean"]


def seeded_mean(values: Array, window: int, alpha: float) -> Array:
    """Return the exponential mean of values without gaps, seeded with the mean of the first `window`.

    NaN at the start, as earlier steps leave it, is no value yet.

    Examples
    --------
    >>> seeded_mean(np.array([np.nan, 1.0, 3.0, 6.0]), window=2, alpha=0.5).tolist()
    [nan, nan, 2.0, 4.0]
    """
    begin = int(np.isnan(values).sum())
    result = np.full(len(values), np.nan)
    if len(values) < begin + window:
        return result
    mean = float(np.mean(values[begin : begin + window]))
    result[begin + window - 1] = mean
    for t in range(begin + window, len(values)):
        mean += alpha * (float(values[t]) - mean)
        result[t] = mean
    return result


def growth(values: Array, bars: int) -> Array:
    """Return the change over `bars` bars in percent, 0 where the old value is 0.

    Examples
    --------
    >>> growth(np.array([2.0, 3.0, 0.0, 5.0]), 1).tolist()
    [nan, 50.0, -100.0, 0.0]
    """
    result = np.full(len(values), np.nan)
    if len(values) > bars:
        new, old = values[bars:], values[:-bars]
        with np.errstate(divide="ignore", invalid="ignore"):
            result[bars:] = np.where(old != 0.0, 100.0 * (new - old) / old, 0.0 * new)
    return result
