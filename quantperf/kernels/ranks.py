"""Order in a rolling window: the value at a rank, the rank of a value, and the place of an extreme."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.windows import along, chunk_bars, copy_row, fill_row, recall

# ------------------------------------------------------------------------------------------------------ percentile


@step
def _without(here, after, old):
    """What stands at a place of a sorted row once `old` has left it, from there and from the place after."""
    return here if here < old else after


@step
def _between(before, here, new):
    """What stands at a place once `new` has come, from what stood before it and there."""
    smaller = here if here < new else new
    return before if before > smaller else smaller


@step
def _exchange(row, old, new, out):
    """A sorted row, with infinity at its end, in which `new` takes the place of `old`; no branch, so it vectorises."""
    size = out.size - 1
    below, here, after, into = row[: size - 1], row[1:size], row[2 : size + 1], out[1:size]
    for i in range(size - 1):
        into[i] = _between(_without(below[i], here[i], old), _without(here[i], after[i], old), new)
    first = _without(row[0], row[1], old)
    out[0] = first if first < new else new


@step
def _percentile_along(state, x, window, rank, y):
    """One series: slots of the sorted row side by side."""
    ring, kept = along(state[2 : 2 + window]), along(state[2 + window :])
    at, lacking = int(state[0, 0]), state[1, 0]
    here, there = np.empty(window + 1), np.empty(window + 1)
    copy_row(kept, here[:window])
    here[window] = there[window] = np.inf
    for t in range(x.size):
        old, new = ring[at], x[t] + 0.0
        ring[at] = new
        at = at + 1 if at + 1 < window else 0
        if old != old:
            old, lacking = np.inf, lacking - 1.0
        if new != new:
            new, lacking = np.inf, lacking + 1.0
        _exchange(here, old, new, there)
        here, there = there, here
        y[t] = here[rank] if lacking == 0.0 else np.nan
    copy_row(here[:window], kept)
    state[0, 0], state[1, 0] = at, lacking


@step
def _take_bar(bar, row, lacking, old, new):
    """What leaves and what comes, with infinity for what is missing."""
    for j in range(bar.size):
        gone, come = row[j], bar[j] + 0.0
        row[j] = come
        lacking[j] += (0.0 if come == come else 1.0) - (0.0 if gone == gone else 1.0)
        old[j] = gone if gone == gone else np.inf
        new[j] = come if come == come else np.inf


@step
def _exchange_slot(slot, after, old, new, before):
    """One place of the sorted rows of all lanes; before: what stood before it, moved on."""
    for j in range(slot.size):
        left = _without(slot[j], after[j], old[j])
        slot[j] = _between(before[j], left, new[j])
        before[j] = left


@kernel
def percentile(state, x, window, rank, y):
    """The value at place `rank`, from 0, of the sorted window.

    state (2 + 2 * window, L): place, missing bars in the window, ring, sorted ring with infinity for what is missing.
    """
    bars, lanes = x.shape
    if lanes == 1:
        _percentile_along(state, along(x), window, rank, along(y))
    else:
        at, lacking, kept = int(state[0, 0]), state[1], state[2 + window :]
        old, new, before, last = np.empty(lanes), np.empty(lanes), np.empty(lanes), np.empty(lanes)
        fill_row(np.inf, last)
        for t in range(bars):
            _take_bar(x[t], state[2 + at], lacking, old, new)
            at = at + 1 if at + 1 < window else 0
            fill_row(-np.inf, before)
            for i in range(window - 1):
                _exchange_slot(kept[i], kept[i + 1], old, new, before)
            _exchange_slot(kept[window - 1], last, old, new, before)
            found, out = kept[rank], y[t]
            for j in range(lanes):
                out[j] = found[j] if lacking[j] == 0.0 else np.nan
        fill_row(float(at), state[0])


# ------------------------------------------------------------------------------------------------------------ rank


@step
def _count_lower(past, bar, out):
    """Add 1 where the earlier bar lies lower."""
    for i in range(bar.size):
        out[i] += 1.0 if past[i] < bar[i] else 0.0


@step
def _count_four(a, b, c, d, bar, out):
    """Add how many of four earlier bars lie lower; by fours, as the counts are read and written once (16 -> 9 ns)."""
    for i in range(bar.size):
        value = bar[i]
        few = (1.0 if a[i] < value else 0.0) + (1.0 if b[i] < value else 0.0)
        more = (1.0 if c[i] < value else 0.0) + (1.0 if d[i] < value else 0.0)
        out[i] += few + more


@step
def _known(value, count, whole, window, share):
    """Make a share of a count, NaN where a bar is missing; whole: bars since the last that was, moved on."""
    whole = whole + 1.0 if value == value else 0.0
    return whole, (count * share if whole > window else np.nan)


@step
def _known_along(bar, whole, window, share, out):
    """The shares of one series. Return the bars since the last missing one."""
    for t in range(bar.size):
        whole, out[t] = _known(bar[t], out[t], whole, window, share)
    return whole


@step
def _known_row(bar, whole, window, share, out):
    """The shares of one bar of many."""
    for j in range(bar.size):
        whole[j], out[j] = _known(bar[j], out[j], whole[j], window, share)


@kernel
def percentrank(state, x, window, y):
    """Share of the `window` bars before a bar that lie below it, in percent.

    state (1 + window, L): bars since the last missing one, the last bars. One bar of the window at a time, along a
    chunk that lies in the first cache: there is no chain, so it vectorises.
    """
    bars, lanes = x.shape
    size, width, share = max(chunk_bars(bars, lanes) // 16, 8), float(window), 100.0 / window
    recent = np.empty((window + size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        recall(state[1:], window, plain(x)[lo : lo + n], recent[: window + n])
        past, bar, out = along(recent), along(recent[window : window + n]), along(y[lo : lo + n])
        fill_row(0.0, out)
        values = n * lanes
        for i in range(0, window - 3, 4):
            a, b, c, d = i * lanes, (i + 1) * lanes, (i + 2) * lanes, (i + 3) * lanes
            _count_four(
                past[a : a + values], past[b : b + values], past[c : c + values], past[d : d + values], bar, out
            )
        for i in range(window // 4 * 4, window):
            _count_lower(past[i * lanes : i * lanes + values], bar, out)
        if lanes == 1:
            state[0, 0] = _known_along(bar, state[0, 0], width, share, out)
        for t in range(n if lanes > 1 else 0):
            _known_row(x[lo + t], state[0], width, share, y[lo + t])


# ------------------------------------------------------------------------------------------------- place of extremes


@step
def _search(column, start, window, sign):
    """Bars from the start of a window to its first highest, and that one.

    First its value, by two chains without a branch, then its place: a search that keeps both takes a branch a bar.
    """
    top = sign * column[start]
    other = top
    for i in range(1, window - 1, 2):
        a, b = sign * column[start + i], sign * column[start + i + 1]
        top = a if a > top else top
        other = b if b > other else other
    last = sign * column[start + window - 1]
    top = other if other > top else top
    top = last if last > top else top
    found = 0
    while sign * column[start + found] != top:
        found += 1
    return float(found), top


@step
def _indices(column, window, sign, best, top, hole, now, out):
    """One lane; column: the window - 1 bars before, and the block. best, top: bar and value of the highest so far."""
    for t in range(out.size):
        bar, trailing = sign * column[window - 1 + t], now - (window - 1.0)
        if bar != bar:
            hole = now
        if hole >= trailing:  # a missing bar in the window, or too few bars
            best, out[t] = -1.0, np.nan
        else:
            if best < trailing:
                found, top = _search(column, t, window, sign)
                best = trailing + found
            elif bar >= top:
                best, top = now, bar
            out[t] = best
        now += 1.0
    return best, top, hole


@step
def _rolling_index(state, recent, window, sign, y):
    """Write the bar of the highest (sign 1.0) or lowest (-1.0) of the last `window` bars, counted from the first bar.

    Of equals it is the newest, but the oldest if the one before has just left and the window is searched: TA-Lib's way.
    state (4, L): bars seen, bar and value of the extreme, last missing bar. recent: the window - 1 bars before the
    block, and the block; one lane after the other, so that each keeps its state in registers.
    """
    now, bests, tops, holes = state[0], state[1], state[2], state[3]
    if now.size == 1:
        bests[0], tops[0], holes[0] = _indices(
            along(recent), window, sign, bests[0], tops[0], holes[0], now[0], along(y)
        )
        now[0] += y.shape[0]
    for j in range(now.size if now.size > 1 else 0):
        bests[j], tops[j], holes[j] = _indices(recent[:, j], window, sign, bests[j], tops[j], holes[j], now[j], y[:, j])
        now[j] += y.shape[0]


@step
def _index_bars(bars, lanes, window):
    """Bars a chunk; several windows, as each chunk begins with a copy of one."""
    return min(max(chunk_bars(bars, lanes), 4 * window), max(bars, 1))


@kernel
def index(state, x, window, sign, y):
    """Bar of the highest or lowest. state (4 + window - 1, L): see `_rolling_index`, and the last bars."""
    bars, lanes = x.shape
    past, size = window - 1, _index_bars(bars, lanes, window)
    recent = np.empty((past + size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        recall(state[4:], past, plain(x)[lo : lo + n], recent[: past + n])
        _rolling_index(state[:4], recent[: past + n], window, sign, y[lo : lo + n])


@kernel
def minmaxindex(state, x, window, y):
    """Bars of the lowest and of the highest. state (8 + window - 1, L): two `_rolling_index`, and the last bars."""
    bars, lanes = x.shape
    past, size = window - 1, _index_bars(bars, lanes, window)
    recent = np.empty((past + size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        recall(state[8:], past, plain(x)[lo : lo + n], recent[: past + n])
        _rolling_index(state[:4], recent[: past + n], window, -1.0, y[0, lo : lo + n])
        _rolling_index(state[4:8], recent[: past + n], window, 1.0, y[1, lo : lo + n])
