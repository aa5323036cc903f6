"""Averages that are corrected for their lag, or that follow the market faster or slower."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.averages import rma_step
from quantperf.kernels.windows import along, chunk_bars, copy_row, rolling_weighted_sum

# --------------------------------------------------------------------------- exponential means of exponential means


@step
def _seed_cascade(state, j, x, alpha, width, done):
    """One bar of the warm-up of a lane: each mean is seeded with the first `width` values of the one before it.

    state (means + 1, L): the means, bars seen, counted up to `done`. Return whether all means are known on this bar.
    """
    if x != x:
        return False
    last = state.shape[0] - 1
    seen = state[last, j] + 1.0
    age = seen
    for i in range(last):
        mean = state[i, j]
        if age > width:
            mean = fused(alpha, x - mean, mean)
        elif age > 0.0:
            mean = mean + (x - mean) / age
        state[i, j] = mean
        x = mean
        age -= width - 1.0
    state[last, j] = min(seen, done)
    return seen >= done


@step
def _dema_step(a, b, x, alpha):
    """One bar after the warm-up. A NaN bar leaves the state alone."""
    if x != x:
        return a, b, np.nan
    a = fused(alpha, x - a, a)
    b = fused(alpha, a - b, b)
    return a, b, fused(2.0, a, -b)


@kernel
def dema(state, x, window, first, y):
    """Twice an exponential mean less the mean of it, seeded by `first` values each. state (3, L): means, bars seen."""
    bars, lanes = x.shape
    width, alpha = float(first), 2.0 / (window + 1.0)
    a_, b_, seen, done = state[0], state[1], state[2], 2.0 * (first - 1.0) + 1.0
    t = 0
    while t < bars and seen.min() < done:  # some lane is in its warm-up
        for j in range(lanes):
            known = _seed_cascade(state, j, x[t, j], alpha, width, done)
            y[t, j] = fused(2.0, a_[j], -b_[j]) if known else np.nan
        t += 1
    if lanes == 1:
        a, b = a_[0], b_[0]
        line, out = along(x), along(y)
        for i in range(t, bars):
            a, b, out[i] = _dema_step(a, b, line[i], alpha)
        a_[0], b_[0] = a, b
    else:
        for i in range(t, bars):
            for j in range(lanes):
                a_[j], b_[j], y[i, j] = _dema_step(a_[j], b_[j], x[i, j], alpha)


@step
def _tema_line(a, b, c):
    """Three times the first mean, less three times the second, and the third."""
    return fused(3.0, a - b, c)


@step
def _tema_step(a, b, c, x, alpha):
    """One bar after the warm-up. A NaN bar leaves the state alone."""
    if x != x:
        return a, b, c, np.nan
    a = fused(alpha, x - a, a)
    b = fused(alpha, a - b, b)
    c = fused(alpha, b - c, c)
    return a, b, c, _tema_line(a, b, c)


@kernel
def tema(state, x, window, first, y):
    """Three exponential means of one another, so combined that they have no lag; each is seeded by `first` values.

    state (4, L): means, bars seen.
    """
    bars, lanes = x.shape
    width, alpha = float(first), 2.0 / (window + 1.0)
    a_, b_, c_, seen, done = state[0], state[1], state[2], state[3], 3.0 * (first - 1.0) + 1.0
    t = 0
    while t < bars and seen.min() < done:
        for j in range(lanes):
            known = _seed_cascade(state, j, x[t, j], alpha, width, done)
            y[t, j] = _tema_line(a_[j], b_[j], c_[j]) if known else np.nan
        t += 1
    if lanes == 1:
        a, b, c = a_[0], b_[0], c_[0]
        line, out = along(x), along(y)
        for i in range(t, bars):
            a, b, c, out[i] = _tema_step(a, b, c, line[i], alpha)
        a_[0], b_[0], c_[0] = a, b, c
    else:
        for i in range(t, bars):
            for j in range(lanes):
                a_[j], b_[j], c_[j], y[i, j] = _tema_step(a_[j], b_[j], c_[j], x[i, j], alpha)


@step
def _t3_line(c, d, e, f, p, q, r, s):
    """The third to the sixth mean with their weights."""
    return fused(s, f, fused(r, e, fused(q, d, p * c)))


@step
def _t3_step(a, b, c, d, e, f, x, alpha, p, q, r, s):
    """One bar after the warm-up. A NaN bar leaves the state alone."""
    if x != x:
        return a, b, c, d, e, f, np.nan
    a = fused(alpha, x - a, a)
    b = fused(alpha, a - b, b)
    c = fused(alpha, b - c, c)
    d = fused(alpha, c - d, d)
    e = fused(alpha, d - e, e)
    f = fused(alpha, e - f, f)
    return a, b, c, d, e, f, _t3_line(c, d, e, f, p, q, r, s)


@kernel
def t3(state, x, window, first, gain, y):
    """Tillson's mean: three times over, (1 + gain) of a mean less gain of its mean; each is seeded by `first` values.

    state (7, L): means, bars seen.
    """
    bars, lanes = x.shape
    width, alpha = float(first), 2.0 / (window + 1.0)
    s = -gain * gain * gain
    r = 3.0 * (gain * gain - s)
    q = -6.0 * gain * gain - 3.0 * (gain - s)
    p = 1.0 + 3.0 * gain - s + 3.0 * gain * gain
    a_, b_, c_, d_, e_, f_ = state[0], state[1], state[2], state[3], state[4], state[5]
    seen, done = state[6], 6.0 * (first - 1.0) + 1.0
    t = 0
    while t < bars and seen.min() < done:
        for j in range(lanes):
            known = _seed_cascade(state, j, x[t, j], alpha, width, done)
            y[t, j] = _t3_line(c_[j], d_[j], e_[j], f_[j], p, q, r, s) if known else np.nan
        t += 1
    if lanes == 1:
        a, b, c, d, e, f = a_[0], b_[0], c_[0], d_[0], e_[0], f_[0]
        line, out = along(x), along(y)
        for i in range(t, bars):
            a, b, c, d, e, f, out[i] = _t3_step(a, b, c, d, e, f, line[i], alpha, p, q, r, s)
        a_[0], b_[0], c_[0], d_[0], e_[0], f_[0] = a, b, c, d, e, f
    else:
        for i in range(t, bars):
            for j in range(lanes):
                a_[j], b_[j], c_[j], d_[j], e_[j], f_[j], y[i, j] = _t3_step(
                    a_[j], b_[j], c_[j], d_[j], e_[j], f_[j], x[i, j], alpha, p, q, r, s
                )


# ------------------------------------------------------------------------------------------------------- weighted


@kernel
def hma(state, x, window, half, root, y):
    """Weighted mean over `root` of twice that over `half` less that over `window`.

    state (9 + window + half + root, L): the three windows, see `rolling_weighted_sum`.
    """
    bars, lanes = x.shape
    size, a, b = chunk_bars(bars, lanes), 3 + window, 6 + window + half
    slow, quick = np.empty((size, lanes)), np.empty((size, lanes))
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        chunk = plain(x)[lo : lo + n]
        rolling_weighted_sum(state[:a], chunk, window, 2.0 / (window * (window + 1.0)), slow[:n])
        rolling_weighted_sum(state[a:b], chunk, half, 4.0 / (half * (half + 1.0)), quick[:n])
        slows, lead = along(slow[:n]), along(quick[:n])
        for i in range(lead.size):
            lead[i] -= slows[i]
        rolling_weighted_sum(state[b:], quick[:n], root, 2.0 / (root * (root + 1.0)), y[lo : lo + n])


# ------------------------------------------------------------------- recurrences that look back over some whole bars


@step
def _squeeze(past, x, work):
    """Write the last whole bars before this block, and then its whole bars, into `work`; NaN after the last.

    `past` (rows, L) holds the last whole bars of each lane, and is moved on. A recurrence goes on as if a missing bar
    had not been, so one that looks back counts whole bars only. Return how many values of the block are missing.
    """
    rows, bars, lacking = past.shape[0], x.shape[0], 0
    line = along(x)
    for i in range(line.size):
        lacking += line[i] != line[i]
    copy_row(along(past), along(work[:rows]))
    if lacking == 0:
        copy_row(line, along(work[rows:]))
        copy_row(along(work[bars : bars + rows]), along(past))
        return lacking
    for j in range(x.shape[1]):
        end = rows
        for t in range(bars):
            if x[t, j] == x[t, j]:
                work[end, j] = x[t, j]
                end += 1
        for i in range(rows):
            past[i, j] = work[end - rows + i, j]
        for i in range(end, rows + bars):
            work[i, j] = np.nan
    return lacking


@step
def _put_back(x, y):
    """Move the answers of whole bars, which stand one after the other, to their bars; NaN on the others."""
    for j in range(x.shape[1]):
        end = -1
        for t in range(x.shape[0]):
            end += x[t, j] == x[t, j]
        for t in range(x.shape[0] - 1, -1, -1):
            if x[t, j] == x[t, j]:
                y[t, j] = y[end, j]
                end -= 1
            else:
                y[t, j] = np.nan


@kernel
def zlema(state, x, window, lag, y):
    """Exponential mean of prices that are moved on by their change over `lag` bars.

    state (2 + lag, L): mean, bars seen by it; the last `lag` whole bars.
    """
    bars, lanes = x.shape
    seed, share = float(window), 2.0 / (window + 1.0)
    keep = 1.0 - share
    size = min(max(chunk_bars(bars, lanes), 2 * lag), max(bars, 1))
    work, means, seens = np.empty((lag + size, lanes)), state[0], state[1]
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        chunk, out = plain(x)[lo : lo + n], y[lo : lo + n]
        lacking = _squeeze(state[2:], chunk, work[: lag + n])
        old, new = along(work[:n]), along(work[lag : lag + n])
        for i in range(old.size):
            old[i] = fused(2.0, new[i], -old[i])
        if lanes == 1:
            mean, seen = means[0], seens[0]
            line = along(out)
            for t in range(n):
                mean, seen, line[t] = rma_step(mean, seen, old[t], keep, share, seed)
            means[0], seens[0] = mean, seen
        else:
            for t in range(n):
                for j in range(lanes):
                    means[j], seens[j], out[t, j] = rma_step(means[j], seens[j], work[t, j], keep, share, seed)
        if lacking > 0:
            _put_back(chunk, out)


@step
def _add_few(x, hop, count, out):
    """Sums of `count` (2 or 3) bars."""
    b, c = x[hop:], x[2 * hop :]
    if count == 2:
        for i in range(out.size):
            out[i] = x[i] + b[i]
    else:
        for i in range(out.size):
            out[i] = (x[i] + b[i]) + c[i]


@step
def _add_four(sums, hop, out):
    """Sums of four times as many bars."""
    b, c, d = sums[hop:], sums[2 * hop :], sums[3 * hop :]
    for i in range(out.size):
        out[i] = (sums[i] + b[i]) + (c[i] + d[i])


@step
def _add_four_and_more(sums, hop, x, lanes, more, out):
    """Sums of four times as many bars and `more` (1 to 3) after them."""
    b, c, d = sums[hop:], sums[2 * hop :], sums[3 * hop :]
    p, q, r = x[4 * hop :], x[4 * hop + lanes :], x[4 * hop + 2 * lanes :]
    if more == 1:
        for i in range(out.size):
            out[i] = ((sums[i] + b[i]) + (c[i] + d[i])) + p[i]
    elif more == 2:
        for i in range(out.size):
            out[i] = ((sums[i] + b[i]) + (c[i] + d[i])) + (p[i] + q[i])
    else:
        for i in range(out.size):
            out[i] = ((sums[i] + b[i]) + (c[i] + d[i])) + ((p[i] + q[i]) + r[i])


@step
def _sums(x, here, there, lanes, window, out):
    """Sums of each `window` bars, by the digits of `window` to the base of 4: 30 bars are 4 times 7, and 2.

    The windows of `windows` add by the bar's place in its block, which is no longer the same in all lanes once they
    count their own whole bars; here the order of adding follows from `window` alone. x (bars + window - 1 rows, flat);
    `here` and `there` are rooms of its size. Nothing is subtracted here either, and every pass vectorises.
    """
    unit = 1
    while unit * 4 <= window:
        unit *= 4
    width = window // unit
    sums = x
    if width > 1:
        sums = out if unit == 1 else here[: x.size - (width - 1) * lanes]
        _add_few(x, lanes, width, sums)
    elif unit == 1:
        copy_row(x, out)
    while unit > 1:
        unit //= 4
        digit, hop = window // unit % 4, width * lanes
        width = 4 * width + digit
        result = out if unit == 1 else there[: x.size - (width - 1) * lanes]
        if digit == 0:
            _add_four(sums, hop, result)
        else:
            _add_four_and_more(sums, hop, x, lanes, digit, result)
        sums = result
        here, there = there, here


@step
def _kama_step(mean, x, before, pace):
    """One whole bar; the bar before the first whole window is the seed."""
    start = before if mean != mean else mean
    moved = fused(1.0 - pace, start, pace * x)
    known = pace == pace  # a whole window, and a bar
    return (moved if known else mean), (moved if known else np.nan)


@step
def _kama_series(mean, work, window, paces, whole):
    """The first `whole` bars of a chunk: paces become means. What is unknown is asked of the first of them only."""
    t = 0
    while t < whole and paces[t] != paces[t]:  # no whole window yet
        t += 1
    if t < whole and mean != mean:
        mean = work[window + t - 1]
    for i in range(t, whole):
        mean = fused(1.0 - paces[i], mean, paces[i] * work[window + i])
        paces[i] = mean
    return mean


@kernel
def kama(state, x, window, fast, slow, y):
    """Mean whose weight lies between two, by the net move over the sum of all moves of the last `window` bars.

    state (1 + window, L): mean; the last `window` whole bars.
    """
    bars, lanes = x.shape
    size = min(max(chunk_bars(bars, lanes) // 4, 2 * window), max(bars, 1))  # five rooms, so they are smaller
    work, pace, moves = np.empty((window + size, lanes)), np.empty((size, lanes)), np.empty((window + size) * lanes)
    here, there = np.empty(moves.size), np.empty(moves.size)
    means = state[0]
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        chunk, out = plain(x)[lo : lo + n], y[lo : lo + n]
        lacking = _squeeze(state[1:], chunk, work[: window + n])
        count = (window + n - 1) * lanes
        older, newer = along(work[: window + n - 1]), along(work[1 : window + n])
        for i in range(count):
            moves[i] = abs(newer[i] - older[i])
        paces = along(pace[:n])
        _sums(moves[:count], here, there, lanes, window, paces)
        old, new = along(work[:n]), along(work[window : window + n])
        for i in range(paces.size):
            ratio = abs(new[i] - old[i]) / paces[i]
            ratio = 1.0 if ratio > 1.0 or paces[i] == 0.0 else ratio
            weight = fused(ratio, fast - slow, slow)
            paces[i] = weight * weight
        if lanes == 1:
            means[0] = _kama_series(means[0], along(work), window, paces, n - lacking)
            copy_row(paces, along(out))
        else:
            for t in range(n):
                for j in range(lanes):
                    means[j], out[t, j] = _kama_step(means[j], work[window + t, j], work[window + t - 1, j], pace[t, j])
        if lacking > 0:
            _put_back(chunk, out)
