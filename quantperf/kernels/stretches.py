"""Recurrences over one long series, in stretches side by side.

A recurrence waits for itself on every bar, while the processor could do several. So a series is cut in stretches that
run in one loop, bar by bar of each, with one instruction in each chain; EMA of 1e6 bars 2.0 -> 0.7 ns a bar. The chain
is rounded in another order than in the kernels, and each stretch but the first begins from a state that has forgotten
its seed: equal within rounding, not to the bit. That is why these are not kernels of the catalogue.

``loop(states, *inputs, *params, head, y)``: from bar `head` on; one series without missing bars, whose length from
there is a multiple of the stretches; column k of `states` is the state of the kernel of that name before stretch k.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, step
from quantperf.kernels.windows import along

PIECE = 256  # bars whose means wait in cache for a division


@step
def _four_means(means, keep, share, line, head, out):
    """An exponential mean in four stretches."""
    size = (line.size - head) // 4
    a, b = head + size, head + 2 * size
    c = head + 3 * size
    x0, x1, x2, x3 = line[head:a], line[a:b], line[b:c], line[c:]
    y0, y1, y2, y3 = out[head:a], out[a:b], out[b:c], out[c:]
    p, q, r, s = means[0], means[1], means[2], means[3]
    for i in range(size):
        p, q = fused(keep, p, share * x0[i]), fused(keep, q, share * x1[i])
        r, s = fused(keep, r, share * x2[i]), fused(keep, s, share * x3[i])
        y0[i], y1[i], y2[i], y3[i] = p, q, r, s


@kernel
def ema(states, x, alpha, seed, head, y):
    """As `averages.ema`, four stretches. state (2, L): as there, a column a stretch."""
    _four_means(states[0], 1.0 - alpha, alpha, along(x), head, along(y))


@kernel
def rma(states, x, window, first, head, y):
    """As `averages.rma`, four stretches. state (2, L): as there, a column a stretch."""
    _four_means(states[0], (window - 1.0) / window, 1.0 / window, along(x), head, along(y))


@step
def _moves(gain, loss, change, keep, share):
    """One bar of the means of rises and falls."""
    return fused(keep, gain, share * max(change, 0.0)), fused(keep, loss, share * max(-change, 0.0))


@step
def _shares(gains, losses, flat, against, out):
    """Gains, less `against` times losses, over both; apart, so that the divisions vectorise."""
    won, lost = gains[: out.size], losses[: out.size]
    for i in range(out.size):
        total = won[i] + lost[i]
        share = 100.0 * (fused(-against, lost[i], won[i]) / total)
        out[i] = share if total > 0.0 else flat


@kernel
def rsi(states, x, window, first, flat, against, head, y):
    """As `momentum.rsi`, two stretches. state (4, L): as there, a column a stretch."""
    keep, share = (window - 1.0) / window, 1.0 / window
    line, out, size = along(x), along(y), (x.shape[0] - head) // 2
    middle = head + size
    work = np.empty((4, PIECE + 40))  # rows apart from each other by no power of 2
    a, b, c, d = work[0], work[1], work[2], work[3]
    gain, loss, other_gain, other_loss = states[1, 0], states[2, 0], states[1, 1], states[2, 1]
    for lo in range(0, size, PIECE):
        n = min(PIECE, size - lo)
        old, new = line[head + lo - 1 :][:n], line[head + lo :][:n]
        before, now = line[middle + lo - 1 :][:n], line[middle + lo :][:n]
        for i in range(n):
            gain, loss = _moves(gain, loss, new[i] - old[i], keep, share)
            other_gain, other_loss = _moves(other_gain, other_loss, now[i] - before[i], keep, share)
            a[i], b[i], c[i], d[i] = gain, loss, other_gain, other_loss
        _shares(a, b, flat, against, out[head + lo :][:n])
        _shares(c, d, flat, against, out[middle + lo :][:n])


@step
def _three_means(quick, calm, mean, price, a, b, c):
    """One settled bar of the means of `momentum.macd`, and the line."""
    quick, calm = fused(1.0 - a, quick, a * price), fused(1.0 - b, calm, b * price)
    line = quick - calm
    return quick, calm, fused(1.0 - c, mean, c * line), line


@kernel
def macd(states, x, fast, slow, signal, a, b, c, head, y):
    """As `momentum.macd`, two stretches. state (4, L): as there, a column a stretch."""
    bars, prices, out = x.shape[0], along(x), along(y)
    size = (bars - head) // 2
    middle = head + size
    early, late = prices[head:middle], prices[middle:]
    a0, a1, a2 = out[head:][:size], out[bars + head :][:size], out[2 * bars + head :][:size]
    b0, b1, b2 = out[middle:][:size], out[bars + middle :][:size], out[2 * bars + middle :][:size]
    p, q, r = states[0, 0], states[1, 0], states[2, 0]
    u, v, w = states[0, 1], states[1, 1], states[2, 1]
    for i in range(size):
        p, q, r, line = _three_means(p, q, r, early[i], a, b, c)
        u, v, w, other = _three_means(u, v, w, late[i], a, b, c)
        a0[i], a1[i], a2[i] = line, r, line - r
        b0[i], b1[i], b2[i] = other, w, other - w


@step
def _two_means(quick, calm, price, a, b):
    """One settled bar of the means of `rates.oscillator`."""
    return fused(1.0 - a, quick, a * price), fused(1.0 - b, calm, b * price)


@kernel
def oscillator(states, x, fast, slow, first, later, relative, head, y):
    """As `rates.oscillator`, two stretches. state (3, L): as there, a column a stretch."""
    line, out, size = along(x), along(y), (x.shape[0] - head) // 2
    middle, a, b = head + size, 2.0 / (fast + 1.0), 2.0 / (slow + 1.0)
    early, late, one, two = line[head:middle], line[middle:], out[head:middle], out[middle:]
    p, q, u, v = states[0, 0], states[1, 0], states[0, 1], states[1, 1]
    for i in range(size):
        p, q = _two_means(p, q, early[i], a, b)
        u, v = _two_means(u, v, late[i], a, b)
        gap, other = p - q, u - v
        if relative:
            share, part = 100.0 * (gap / q), 100.0 * (other / v)
            gap, other = (share if q != 0.0 else 0.0), (part if v != 0.0 else 0.0)
        one[i], two[i] = gap, other
