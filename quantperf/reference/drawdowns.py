"""Returns of a holder, and what he has lost since the best moment."""

from __future__ import annotations

import numpy as np
import pandas as pd

from quantperf.reference import Array, complete, first_bar, put_back

__all__ = ["cumreturn", "drawdown", "max_drawdown", "returns", "ulcer"]


def returns(x: Array, window: int = 1, log: int = 0) -> Array:
    """Return what each price gives on the one `window` bars before.

    Parameters
    ----------
    x : ndarray
        Prices, oldest first.
    window : int, default 1
        Bars between the two prices, at least 1.
    log : int, default 0
        0 for the change as a share of the old price, 1 for the logarithm of their ratio.

    Returns
    -------
    ndarray
        The first `window` bars are NaN.

    Notes
    -----
    NaN where one of the two prices is missing, or the answer is no number. Source: J. Y. Campbell, A. W. Lo and A. C.
    MacKinlay, *The Econometrics of Financial Markets*, 1997, section 1.4.

    Examples
    --------
    >>> returns(np.array([1.0, 2.0, 1.0])).tolist()
    [nan, 1.0, -0.5]
    """
    return _gain(x, np.array(pd.Series(x).shift(window)), log)


def _gain(x: Array, old: Array, log: int) -> Array:
    """Return what prices give on others; NaN where it is no number."""
    with np.errstate(all="ignore"):
        gain = np.log(x / old) if log else x / old - 1.0
    return np.where(np.isfinite(gain), gain, np.nan)


def cumreturn(x: Array, log: int = 0) -> Array:
    """Return what each price gives on the first one.

    Notes
    -----
    NaN on a missing bar. Source: as for `returns`.

    Examples
    --------
    >>> cumreturn(np.array([np.nan, 2.0, 1.0, 5.0])).tolist()
    [nan, 0.0, -0.5, 1.5]
    """
    first = first_bar(complete(x))
    return _gain(x, np.full(len(x), x[first] if first < len(x) else np.nan), log)


def drawdown(x: Array) -> Array:
    """Return how far each price lies below the highest so far, as a share of it: 0 or less.

    Notes
    -----
    NaN on a missing bar, which is otherwise passed over, and where no price was above 0 yet. Source: M. Magdon-Ismail
    and A. F. Atiya, *Maximum Drawdown*, 2004.

    Examples
    --------
    >>> drawdown(np.array([2.0, 1.0, 4.0, 3.0])).tolist()
    [0.0, -0.5, 0.0, -0.25]
    """
    kept = complete(x)
    peak = np.maximum.accumulate(x[kept]) if kept.any() else x[kept]
    return put_back(np.where(peak > 0.0, x[kept] / np.where(peak > 0.0, peak, 1.0) - 1.0, np.nan), kept)


def max_drawdown(x: Array, window: int = 252) -> Array:
    """Return the worst loss from one bar to a later one inside of the last `window` bars: 0 or less.

    Notes
    -----
    NaN exactly where the window holds a missing bar, or a price that is not above 0. Source: M. Magdon-Ismail and A. F.
    Atiya, *Maximum Drawdown*, 2004.

    Examples
    --------
    >>> max_drawdown(np.array([4.0, 2.0, 3.0, 1.5]), window=2).tolist()
    [nan, -0.5, 0.0, -0.5]
    """
    result = np.full(len(x), np.nan)
    for t in range(window - 1, len(x)):
        prices = x[t - window + 1 : t + 1]
        if (prices > 0.0).all():
            result[t] = (prices / np.maximum.accumulate(prices)).min() - 1.0
    return result


def ulcer(x: Array, window: int = 14) -> Array:
    """Return the root of the mean squared distance from the highest of `window` bars, in percent.

    Notes
    -----
    NaN where one of the last 2 * `window` - 1 bars is missing. Source: P. G. Martin and B. B. McCann, *The Investor's
    Guide to Fidelity Funds*, 1989.

    Examples
    --------
    >>> ulcer(np.array([5.0, 4.0, 3.0]), window=2).round(4).tolist()
    [nan, nan, 22.6385]
    """
    top = pd.Series(x).rolling(window).max()
    depth = 100.0 * (pd.Series(x) / top.where(top > 0.0) - 1.0)
    return np.array(depth.rolling(window).apply(lambda part: np.sqrt(np.mean(part**2)), raw=True))
