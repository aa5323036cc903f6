"""Volume by price over a window."""

from __future__ import annotations

import numpy as np

from quantperf.reference import Array, complete

__all__ = ["volume_by_price", "volume_profile"]

TIE = 1e-9  # bins that differ by less are equal: sums in another order differ in their last digits


def volume_by_price(high: Array, low: Array, volume: Array, bins: int) -> Array:
    """Return the volume in each of `bins` equal parts of the range of the bars.

    Notes
    -----
    The volume of a bar lies evenly over its own range; that of a bar without range lies in the bin of its price, the
    upper one on an edge. Bars must be whole, and their range not 0.

    Examples
    --------
    >>> volume_by_price(np.array([4.0, 2.0]), np.array([0.0, 2.0]), np.array([8.0, 1.0]), bins=2).tolist()
    [4.0, 5.0]
    """
    high, low = np.maximum(high, low), np.minimum(high, low)
    floor, height = low.min(), high.max() - low.min()
    a, b = (low - floor) * bins / height, (high - floor) * bins / height
    first, last = (np.minimum(place.astype(int), bins - 1) for place in (a, b))
    inside = first == last
    width = np.where(inside, 1.0, b - a)
    result = np.empty(bins)
    for k in range(bins):
        overlap = np.clip(np.minimum(b, k + 1.0) - np.maximum(a, k), 0.0, None) / width
        result[k] = np.sum(volume * np.where(inside, first == k, overlap))
    return result


def volume_profile(
    high: Array, low: Array, volume: Array, window: int = 100, bins: int = 24, share: float = 0.7
) -> tuple[Array, Array, Array]:
    """Return the price with the most volume of the last `window` bars, and the ends of the value area around it.

    Parameters
    ----------
    high, low, volume : ndarray
        Bars, oldest first.
    window : int, default 100
        Bars in the window, at least 1.
    bins : int, default 24
        Parts of its range, at least 1.
    share : float, default 0.7
        Share of the volume that the value area holds.

    Returns
    -------
    tuple of ndarray
        The first `window` - 1 bars are NaN.

    Notes
    -----
    NaN exactly where the window holds a missing bar or no volume. Source: J. P. Steidlmayer and K. Koy, *Markets and
    Market Logic*, 1986.

    Examples
    --------
    >>> bars = np.array([4.0, 2.0]), np.array([0.0, 2.0]), np.array([8.0, 1.0])
    >>> [line[-1].item() for line in volume_profile(*bars, window=2, bins=2, share=0.5)]
    [3.0, 2.0, 4.0]
    """
    lines = np.full((3, len(high)), np.nan)
    whole = complete(high, low, volume)
    for t in range(window - 1, len(high)):
        part = slice(t - window + 1, t + 1)
        total = volume[part].sum()
        if not whole[part].all() or not total > 0.0:
            continue
        floor, top = min(high[part].min(), low[part].min()), max(high[part].max(), low[part].max())
        if top == floor:
            lines[:, t] = floor
            continue
        profile = volume_by_price(high[part], low[part], volume[part], bins)
        equals = [k for k in range(bins) if profile[k] >= profile.max() * (1.0 - TIE)]
        centre = min(equals, key=lambda k: (abs(k - (bins - 1) / 2), k))
        first, last = centre, centre
        while profile[first : last + 1].sum() < share * total * (1.0 - TIE) and last - first + 1 < bins:
            above = profile[last + 1] if last + 1 < bins else -np.inf
            below = profile[first - 1] if first > 0 else -np.inf
            first, last = (first, last + 1) if above >= below - abs(below) * TIE else (first - 1, last)
        edges = floor + (top - floor) * np.array([centre + 0.5, first, last + 1]) / bins
        lines[:, t] = edges
    return lines[0], lines[1], lines[2]
