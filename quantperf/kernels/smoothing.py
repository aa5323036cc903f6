"""What lies between averages of a chosen kind: differences, ratios, bands, and windows that change by the bar."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain
from quantperf.kernels.windows import along, copy_row


@kernel
def identity(state, x, y):
    """The bars themselves: no smoothing. state (0, L)."""
    copy_row(along(x), along(y))


@kernel
def from_bar(state, x, first, y):
    """The bars from the `first` known one on, counted from 0. state (1, L): known bars."""
    seen = state[0]
    for t in range(x.shape[0]):
        for j in range(seen.size):
            price = x[t, j]
            known = price == price
            y[t, j] = price if seen[j] >= first else np.nan
            seen[j] += 1.0 if known else 0.0


@kernel
def difference(state, fast, slow, y):
    """Fast less slow. state (0, L)."""
    a, b, out = along(fast), along(slow), along(y)
    for i in range(out.size):
        out[i] = a[i] - b[i]


@kernel
def percentage(state, fast, slow, y):
    """Fast less slow in percent of slow, 0 where slow is 0. state (0, L)."""
    a, b, out = along(fast), along(slow), along(y)
    for i in range(out.size):
        share = 100.0 * ((a[i] - b[i]) / b[i])
        out[i] = share if b[i] != 0.0 else a[i] - a[i]


@kernel
def thrice_less_twice(state, x, other, y):
    """Three times the first line less twice the second. state (0, L)."""
    a, b, out = along(x), along(other), along(y)
    for i in range(out.size):
        out[i] = 3.0 * a[i] - 2.0 * b[i]


@kernel
def known_with(state, x, other, y):
    """The first line where the second is known too. state (0, L)."""
    a, b, out = along(x), along(other), along(y)
    for i in range(out.size):
        out[i] = a[i] + (b[i] - b[i])


@kernel
def where_at_most(state, periods, x, other, window, y):
    """The first line where the period is below `window` + 1, else the second; NaN where it is missing. state (0, L)."""
    counts, a, b, out = along(periods), along(x), along(other), along(y)
    for i in range(out.size):
        chosen = a[i] if counts[i] < window + 1.0 else b[i]
        out[i] = chosen + (counts[i] - counts[i])


@kernel
def lines_about(state, middle, deviation, up, down, y):
    """Upper, middle, lower line. state (0, L)."""
    centre, spread = along(middle), along(deviation)
    upper, mean, lower = along(y[0]), along(y[1]), along(y[2])
    for i in range(centre.size):
        upper[i] = centre[i] + up * spread[i]
        mean[i] = centre[i] + (spread[i] - spread[i])
        lower[i] = centre[i] - down * spread[i]


@kernel
def mavp(state, x, periods, low, high, y):
    """Mean of as many bars as `periods` says on each bar, within low..high. state (high, L): the bars before, place.

    NaN where the longest window holds a missing bar, as for every window.
    """
    prices, counts = plain(x), plain(periods)
    place, ring = state[high - 1], state[: high - 1]
    lanes = place.size
    size = high - 1
    for t in range(prices.shape[0]):
        at = int(place[0]) if size > 0 else 0
        for j in range(lanes):
            wanted = counts[t, j]
            bars = min(max(int(wanted), low), high) if wanted - wanted == 0.0 else low
            total = prices[t, j]
            rest = 0.0
            for k in range(size):
                i = at - 1 - k
                price = ring[i if i >= 0 else i + size, j]
                if k + 1 < bars:
                    total += price
                else:
                    rest += price
            value = total / bars
            y[t, j] = value + ((value - value) + (rest - rest) + (wanted - wanted))
        if size > 0:
            copy_row(prices[t], ring[at])
            at = at + 1 if at + 1 < size else 0
            for j in range(lanes):
                place[j] = float(at)
