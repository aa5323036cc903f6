"""Volume by price over a window."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.windows import along, fill_row, recall

# Sums of volumes in another order differ in the last digits. What differs by less counts as equal, so that a tie is a
# tie; it is relative, so a unit of volume does not matter.
TIE = 1e-9


@step
def _lay(high, low, volume, floor, height, bins, profile):
    """Spread the volume of a bar evenly over its range: each bin gets the share of the range that lies in it."""
    count = float(bins)
    # In this order, so that a price on an edge of ticks is exactly on it.
    a, b = (low - floor) * count / height, (high - floor) * count / height
    first, last = min(int(a), bins - 1), min(int(b), bins - 1)
    if first == last:
        profile[first] += volume
    else:
        density = volume / (b - a)
        profile[first] += density * (first + 1.0 - a)
        for k in range(first + 1, last):
            profile[k] += density
        profile[last] += density * (b - last)


@step
def _fullest(profile):
    """The bin with the most volume; of equal ones that nearest to the middle, the lower of two."""
    most, bins = profile[0], profile.size
    for k in range(bins):
        most = max(most, profile[k])
    found, nearest = 0, 2 * bins
    for k in range(bins):
        away = abs(2 * k - bins + 1)
        if profile[k] >= most * (1.0 - TIE) and away < nearest:
            found, nearest = k, away
    return found


@step
def _value_area(profile, centre, wanted):
    """First and last bin of the stretch that grows from `centre`, on the side of more volume, until it holds enough."""
    first, last, held = centre, centre, profile[centre]
    while held < wanted and (first > 0 or last + 1 < profile.size):
        below = profile[first - 1] if first > 0 else -1.0
        above = profile[last + 1] if last + 1 < profile.size else -1.0
        if above >= below * (1.0 - TIE) and above >= 0.0:
            last, held = last + 1, held + above
        else:
            first, held = first - 1, held + below
    return first, last


@step
def _profile(highs, lows, volumes, bins, share, profile):
    """Point of control, and lower and upper end of the value area, of the bars of one window."""
    floor, top, total = lows[0], highs[0], 0.0
    for i in range(highs.size):
        floor, top = min(floor, lows[i]), max(top, highs[i])
        total += volumes[i]  # NaN where a bar lacks
    if not total > 0.0:
        return np.nan, np.nan, np.nan
    height = top - floor
    if height == 0.0:
        return floor, floor, floor
    fill_row(0.0, profile)
    for i in range(highs.size):
        _lay(highs[i], lows[i], volumes[i], floor, height, bins, profile)
    centre = _fullest(profile)
    first, last = _value_area(profile, centre, share * total * (1.0 - TIE))
    unit = height / bins
    return floor + (centre + 0.5) * unit, floor + first * unit, floor + (last + 1.0) * unit


@kernel
def volume_profile(state, high, low, volume, window, bins, share, y):
    """Point of control and value area of the last `window` bars. state (3 * (window - 1), L): the last bars.

    Each window is laid out anew, from its oldest bar to its newest, as its bins are those of its own range.
    """
    high, low, volume = plain(high), plain(low), plain(volume)
    bars, lanes = high.shape
    past = window - 1
    size = min(max(4 * window, 16384 // lanes), max(bars, 1))
    tops, feet, sizes = np.empty((past + size, lanes)), np.empty((past + size, lanes)), np.empty((past + size, lanes))
    a, b, c = np.empty(past + size), np.empty(past + size), np.empty(past + size)
    profile = np.empty(bins)
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        rows = past + n
        recall(state[:past], past, high[lo : lo + n], tops[:rows])
        recall(state[past : 2 * past], past, low[lo : lo + n], feet[:rows])
        recall(state[2 * past :], past, volume[lo : lo + n], sizes[:rows])
        for j in range(lanes):
            for i in range(rows):
                one, two, traded = tops[i, j], feet[i, j], sizes[i, j]
                lack = (one - one) + (two - two) + (traded - traded)  # 0, or NaN
                a[i], b[i], c[i] = max(one, two) + lack, min(one, two) + lack, traded + lack
            for t in range(n):
                y[0, lo + t, j], y[1, lo + t, j], y[2, lo + t, j] = _profile(
                    a[t : t + window], b[t : t + window], c[t : t + window], bins, share, profile
                )


@kernel
def histogram(state, high, low, volume, floor, height, y):
    """Volume by price of all bars of one series, added to y (bins, 1). state (0, L): it has none."""
    highs, lows, volumes, profile = along(high), along(low), along(volume), along(y)
    for i in range(highs.size):
        top, foot = max(highs[i], lows[i]), min(highs[i], lows[i])
        _lay(top, foot, volumes[i], floor, height, profile.size, profile)
