"""How two series go together over a window: covariance, slope, and the correlation of returns."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array
from quantperf.reference.statistics import _changes, _products

__all__ = ["beta_levels", "correl_returns", "covar"]


def covar(x: Array, y: Array, window: int = 30, ddof: int = 1) -> Array:
    """Return the covariance of two series over the last `window` bars.

    Parameters
    ----------
    x, y : ndarray
        Values, oldest first.
    window : int, default 30
        Bars in the window, at least 2.
    ddof : int, default 1
        1 for that of a sample, 0 for that of a population.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window lacks a value. Source: the covariance.

    Examples
    --------
    >>> covar(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 3.0]), window=2).tolist()
    [nan, 1.0, 0.0]
    """
    return _products(x, y, window)[2] / (window - ddof)


def beta_levels(x: Array, y: Array, window: int = 30) -> Array:
    """Return the slope of `y` on `x` over the last `window` bars.

    Notes
    -----
    0 where `x` is flat. NaN exactly where the window lacks a value. Source: least squares.

    Examples
    --------
    >>> beta_levels(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 4.0]), window=2).tolist()
    [nan, 2.0, 0.5]
    """
    xx, _, xy = _products(x, y, window)
    with np.errstate(all="ignore"):
        return np.where(xx == 0.0, 0.0, xy / xx)


def correl_returns(x: Array, y: Array, window: int = 30) -> Array:
    """Return the correlation of the changes of two series, relative to the value before, over `window` changes.

    Notes
    -----
    0 where the changes of one are all alike. NaN exactly where one of the changes is unknown; the change from a value
    of 0 is 0. Source: K. Pearson, *Notes on Regression and Inheritance in the Case of Two Parents*, 1895.

    Examples
    --------
    >>> correl_returns(np.array([1.0, 2.0, 2.0]), np.array([1.0, 3.0, 3.0]), window=2).round(9).tolist()
    [nan, nan, 1.0]
    """
    xx, yy, xy = _products(_changes(x), _changes(y), window)
    with np.errstate(all="ignore"):
        return np.where(xx * yy == 0.0, 0.0, xy / np.sqrt(xx * yy))
