"""Rates of change, of a price and between its exponential means."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, plain, step
from quantperf.kernels.windows import along, copy_row, fill_row


@step
def earlier(state, x, window, out):
    """Write the bar that lies `window` bars before into the first bars of `out`; return how many of them.

    For the others it stands in x itself, `window` bars up. state (1 + window, L): place, ring of the last bars; it is
    moved on to the end of the block.
    """
    ring, at, bars = state[1:], int(state[0, 0]), x.shape[0]
    head = min(window, bars)
    for t in range(head):
        copy_row(ring[at], out[t])
        copy_row(x[bars - head + t], ring[at])
        at = at + 1 if at + 1 < window else 0
    fill_row(float(at), state[0])
    return head


@kernel
def mom(state, x, window, y):
    """Change over `window` bars. state (1 + window, L): place, ring of the last bars."""
    bars = x.shape[0]
    head = earlier(state, plain(x), window, y)
    new, out = along(x[:head]), along(y[:head])
    for i in range(out.size):
        out[i] = new[i] - out[i]
    new, old, out = along(x[head:]), along(x[: bars - head]), along(y[head:])
    for i in range(out.size):
        out[i] = new[i] - old[i]


@step
def _rate(x, old, base, scale):
    """The price over `old`, less `base`; 0 where the old price is 0."""
    rate = (x / old - base) * scale
    return rate if old != 0.0 else x - x


@kernel
def roc(state, x, window, base, scale, y):
    """Price over the price `window` bars before, less `base`. state (1 + window, L): place, ring of the last bars."""
    bars = x.shape[0]
    head = earlier(state, plain(x), window, y)
    new, out = along(x[:head]), along(y[:head])
    for i in range(out.size):
        out[i] = _rate(new[i], out[i], base, scale)
    new, old, out = along(x[head:]), along(x[: bars - head]), along(y[head:])
    for i in range(out.size):
        out[i] = _rate(new[i], old[i], base, scale)


@step
def _oscillator_step(fast, slow, seen, x, a, b, nf, ns, relative):
    """One close; each mean is seeded by the mean of its own first bars. A NaN bar leaves the state alone."""
    if x != x:
        return fast, slow, seen, np.nan
    if seen >= ns:
        fast, slow = fused(a, x - fast, fast), fused(b, x - slow, slow)
    else:
        seen = seen + 1.0
        fast = fast + (x - fast) / seen if seen <= nf else fused(a, x - fast, fast)
        slow = slow + (x - slow) / seen
        if seen < ns:
            return fast, slow, seen, np.nan
    gap = fast - slow
    if relative:
        share = 100.0 * (gap / slow)
        gap = share if slow != 0.0 else 0.0
    return fast, slow, seen, gap


@kernel
def oscillator(state, x, fast, slow, first, later, relative, y):
    """Fast less slow exponential mean; `relative`: in percent of the slow one. state (3, L): two means, bars seen.

    `first` and `later`, which is no less, are the bars of their seeds.
    """
    bars, lanes = x.shape
    nf, ns = float(first), float(later)
    a, b = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0)
    if lanes == 1:
        f, s, n = state[0, 0], state[1, 0], state[2, 0]
        for t in range(bars):
            f, s, n, y[t, 0] = _oscillator_step(f, s, n, x[t, 0], a, b, nf, ns, relative)
        state[0, 0], state[1, 0], state[2, 0] = f, s, n
    else:
        f_, s_, n_ = state[0], state[1], state[2]
        for t in range(bars):
            for j in range(lanes):
                f_[j], s_[j], n_[j], y[t, j] = _oscillator_step(f_[j], s_[j], n_[j], x[t, j], a, b, nf, ns, relative)


@step
def _trix_step(first, second, third, seen, x, alpha, width):
    """One close; each mean is seeded by the mean of the first `width` values of the one before it."""
    if x != x:
        return first, second, third, seen, np.nan
    if seen >= 3.0 * width - 2.0:
        old = third
        first = fused(alpha, x - first, first)
        second = fused(alpha, first - second, second)
        third = fused(alpha, second - third, third)
        rate = 100.0 * ((third - old) / old)
        return first, second, third, seen, (rate if old != 0.0 else 0.0)
    seen = seen + 1.0
    first = first + (x - first) / seen if seen <= width else fused(alpha, x - first, first)
    age = seen - width + 1.0  # values that the second mean has seen, and then the third
    if age > 0.0:
        second = second + (first - second) / age if age <= width else fused(alpha, first - second, second)
    age = age - width + 1.0
    if age > 0.0:
        third = third + (second - third) / age
    return first, second, third, seen, np.nan


@kernel
def trix(state, x, window, first, y):
    """Change in percent of the triple exponential mean, seeded by `first` values each. state (4, L): means, seen."""
    bars, lanes = x.shape
    width, alpha = float(first), 2.0 / (window + 1.0)
    if lanes == 1:
        p, q, r, n = state[0, 0], state[1, 0], state[2, 0], state[3, 0]
        for t in range(bars):
            p, q, r, n, y[t, 0] = _trix_step(p, q, r, n, x[t, 0], alpha, width)
        state[0, 0], state[1, 0], state[2, 0], state[3, 0] = p, q, r, n
    else:
        p_, q_, r_, n_ = state[0], state[1], state[2], state[3]
        for t in range(bars):
            for j in range(lanes):
                p_[j], q_[j], r_[j], n_[j], y[t, j] = _trix_step(p_[j], q_[j], r_[j], n_[j], x[t, j], alpha, width)
