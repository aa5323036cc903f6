"""Volume by price over a window."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.windows import along, fill_row, recall

# Sums of volumes in another order differ in the last digits. What differs by less counts as equal, so that a tie is a
# tie; it is relative, so a unit of volume does not matter.
TIE = 1e-9


@step
def _density(high, low, volume):
    """Volume by price unit of a bar; 0 if it has no range."""
    reach = high - low
    return volume / reach if reach > 0.0 else 0.0


@step
def _lay(high, low, volume, density, floor, height, scale, unit, profile):
    """Spread the volume of a bar evenly over its range: each bin gets the share of the range that lies in it.

    scale: bins by price unit; unit: price units by bin.
    """
    end = profile.size - 1
    if high == low:  # by a division, so that a price on an edge of ticks is exactly on it
        profile[min(int((low - floor) * profile.size / height), end)] += volume
        return
    a, b = (low - floor) * scale, (high - floor) * scale
    first, last = min(int(a), end), min(int(b), end)
    if first == last:
        profile[first] += volume
        return
    part = density * unit
    profile[first] += part * (first + 1.0 - a)
    for k in range(first + 1, last):
        profile[k] += part
    profile[last] += part * (b - last)


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
def _profile(highs, lows, volumes, densities, share, profile):
    """Point of control, and lower and upper end of the value area, of the bars of one window."""
    floor, top, total = lows[0], highs[0], 0.0
    for i in range(highs.size):
        floor = lows[i] if lows[i] < floor else floor
        top = highs[i] if highs[i] > top else top
        total += volumes[i]  # NaN where a bar lacks
    if not total > 0.0:
        return np.nan, np.nan, np.nan
    height = top - floor
    if height == 0.0:
        return floor, floor, floor
    fill_row(0.0, profile)
    scale, unit = profile.size / height, height / profile.size
    for i in range(highs.size):
        _lay(highs[i], lows[i], volumes[i], densities[i], floor, height, scale, unit, profile)
    centre = _fullest(profile)
    first, last = _value_area(profile, centre, share * total * (1.0 - TIE))
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
    a, b, c, d = np.empty(past + size), np.empty(past + size), np.empty(past + size), np.empty(past + size)
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
                d[i] = _density(a[i], b[i], c[i])
            for t in range(n):
                y[0, lo + t, j], y[1, lo + t, j], y[2, lo + t, j] = _profile(
                    a[t : t + window], b[t : t + window], c[t : t + window], d[t : t + window], share, profile
                )


@kernel
def histogram(state, high, low, volume, floor, height, y):
    """Volume by price of all bars of one series, added to y (bins, 1). state (0, L): it has none."""
    highs, lows, volumes, profile = along(high), along(low), along(volume), along(y)
    scale, unit = profile.size / height, height / profile.size
    for i in range(highs.size):
        top, foot = max(highs[i], lows[i]), min(highs[i], lows[i])
        density = _density(top, foot, volumes[i])
        _lay(top, foot, volumes[i], density, floor, height, scale, unit, profile)
