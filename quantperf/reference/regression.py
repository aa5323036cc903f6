"""The straight line through the last bars, by least squares."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array

__all__ = ["linearreg", "linearreg_angle", "linearreg_intercept", "linearreg_slope", "tsf"]


def _lines(x: Array, window: int) -> tuple[Array, Array]:
    """Return slope of the line through the last `window` values, and its value on the oldest of them."""
    slopes, starts = np.full(len(x), np.nan), np.full(len(x), np.nan)
    if len(x) >= window:
        windows = np.lib.stride_tricks.sliding_window_view(x, window)
        times = np.arange(window) - (window - 1) / 2.0
        means = windows.mean(axis=1)
        found = ((windows - means[:, None]) * times).sum(axis=1) / (times**2).sum()
        slopes[window - 1 :] = found
        starts[window - 1 :] = means + found * times[0]
    return slopes, starts


def linearreg(x: Array, window: int = 14) -> Array:
    """Return the line through the last `window` values, on the last of them.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: least squares; equals TA-Lib's LINEARREG.

    Examples
    --------
    >>> linearreg(np.array([1.0, 3.0, 2.0]), window=3).tolist()
    [nan, nan, 2.5]
    """
    slopes, starts = _lines(x, window)
    return starts + slopes * (window - 1)


def linearreg_angle(x: Array, window: int = 14) -> Array:
    """Return the angle of the line through the last `window` values, in degrees.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    ndarray
        Between -90 and 90; the first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: least squares; equals TA-Lib's LINEARREG_ANGLE.

    Examples
    --------
    >>> linearreg_angle(np.array([1.0, 2.0, 3.0]), window=3).round(6).tolist()
    [nan, nan, 45.0]
    """
    return np.asarray(np.degrees(np.arctan(_lines(x, window)[0])))


def linearreg_intercept(x: Array, window: int = 14) -> Array:
    """Return the line through the last `window` values, on the first of them.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: least squares; equals TA-Lib's LINEARREG_INTERCEPT.

    Examples
    --------
    >>> linearreg_intercept(np.array([1.0, 3.0, 2.0]), window=3).tolist()
    [nan, nan, 1.5]
    """
    return _lines(x, window)[1]


def linearreg_slope(x: Array, window: int = 14) -> Array:
    """Return the slope of the line through the last `window` values.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    ndarray
        A bar; the first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: least squares; equals TA-Lib's LINEARREG_SLOPE.

    Examples
    --------
    >>> linearreg_slope(np.array([1.0, 3.0, 2.0]), window=3).tolist()
    [nan, nan, 0.5]
    """
    return _lines(x, window)[0]


def tsf(x: Array, window: int = 14) -> Array:
    """Return the line through the last `window` values, one bar after the last of them.

    Parameters
    ----------
    x : ndarray
        Values, oldest first.
    window : int, default 14
        Bars in the window, at least 2.

    Returns
    -------
    ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar. Source: least squares; equals TA-Lib's TSF.

    Examples
    --------
    >>> tsf(np.array([1.0, 3.0, 2.0]), window=3).tolist()
    [nan, nan, 3.0]
    """
    slopes, starts = _lines(x, window)
    return starts + slopes * window
