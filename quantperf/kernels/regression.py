"""The straight line through the last bars, by least squares.

Its slope, and its height on any bar, are sums of the window's bars with weights that rise evenly:
``scale * sum of (i + shift) * bar``, i from 1 on the oldest bar to `window` on the newest. Windows are made as in
`windows`, and it is the weighted sum from there with the shift taken into each half: nothing is subtracted at the end,
and one pass does (slope of one series by two sums 4.3 ms, so 2.2).
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, kernel, natural, plain, step
from quantperf.kernels.windows import along, copy_row, fill_row


@step
def _begin_line(head, weighted):
    """A block begins with nothing; -0.0 as in `windows`."""
    fill_row(-0.0, head)
    fill_row(-0.0, weighted)


@step
def _add_to_line(bar, weight, head, weighted, row, older, tail, scale, out):
    """Add a bar to both heads; head and tail give the window, in which the head's bars weigh `older` more."""
    for j in range(bar.size):
        total, value = head[j] + bar[j], fused(weight, bar[j], weighted[j])
        head[j], weighted[j], row[j] = total, value, bar[j]
        out[j] = (fused(older, total, value) + tail[j]) * scale


@step
def _end_line(bar, weight, head, weighted, row, shift, scale, out):
    """Last bar of a block: the head is the window."""
    for j in range(bar.size):
        row[j] = bar[j]
        out[j] = fused(shift, head[j] + bar[j], fused(weight, bar[j], weighted[j])) * scale


@step
def _sweep_line(ring, head, shift):
    """A full block becomes sums in which the bar at i weighs 1 + shift, the next 2 + shift; `head` is free by now."""
    last = ring[ring.shape[0] - 1]
    copy_row(last, head)
    for j in range(last.size):
        last[j] = fused(shift, last[j], last[j])
    for i in range(ring.shape[0] - 2, -1, -1):
        row, later = ring[i], ring[i + 1]
        for j in range(row.size):
            head[j] = row[j] + head[j]
            row[j] = fused(shift, row[j], head[j]) + later[j]


@step
def _line_rows(head, weighted, ring, at, x, shift, scale, y):
    """Bar by bar. Return the place after the last bar."""
    window = ring.shape[0]
    for t in range(x.shape[0]):
        if at == 0:
            _begin_line(head, weighted)
        weight, older = float(at + 1), float(window - 1 - at) + shift
        if at + 1 < window:
            _add_to_line(x[t], weight, head, weighted, ring[at], older, ring[at + 1], scale, y[t])
            at += 1
        else:
            _end_line(x[t], weight, head, weighted, ring[at], shift, scale, y[t])
            _sweep_line(ring, head, shift)
            at = 0
    return at


@step
def _four_lines(x, e, w, shift, scale, y):
    """The windows that end in the four blocks of `w` bars after the one that begins at bar e."""
    a, b, c, d = e + w, e + w + w, e + w + w + w, e + w + w + w + w
    p, q, r, s = -0.0, -0.0, -0.0, -0.0
    pw, qw, rw, sw = -0.0, -0.0, -0.0, -0.0
    weight, rest = 0.0, float(w)
    for i in range(w):
        weight, rest = weight + 1.0, rest - 1.0
        older = rest + shift
        va, vb, vc, vd = x[a + i], x[b + i], x[c + i], x[d + i]
        p, q, r, s = p + va, q + vb, r + vc, s + vd
        pw, qw, rw, sw = fused(weight, va, pw), fused(weight, vb, qw), fused(weight, vc, rw), fused(weight, vd, sw)
        y[a + i], y[b + i] = fused(older, p, pw), fused(older, q, qw)
        y[c + i], y[d + i] = fused(older, r, rw), fused(older, s, sw)
    i = w - natural(1)
    y[a + i], y[b + i], y[c + i], y[d + i] = y[a + i] * scale, y[b + i] * scale, y[c + i] * scale, y[d + i] * scale
    p, q, r, s = -0.0, -0.0, -0.0, -0.0
    pw, qw, rw, sw = -0.0, -0.0, -0.0, -0.0
    for _ in range(i):
        va, vb, vc, vd = x[e + i], x[a + i], x[b + i], x[c + i]
        p, q, r, s = va + p, vb + q, vc + r, vd + s
        pw, qw = fused(shift, va, p) + pw, fused(shift, vb, q) + qw
        rw, sw = fused(shift, vc, r) + rw, fused(shift, vd, s) + sw
        i -= natural(1)
        y[a + i] = (y[a + i] + pw) * scale
        y[b + i] = (y[b + i] + qw) * scale
        y[c + i] = (y[c + i] + rw) * scale
        y[d + i] = (y[d + i] + sw) * scale


@step
def _line_blocks(x, t, blocks, window, shift, scale, y):
    """`blocks` (a multiple of 4) whole blocks of one series from bar t on; the block before t must be in x."""
    for _ in range(blocks // 4):
        _four_lines(x, natural(t - window), natural(window), shift, scale, y)
        t += 4 * window
    return t


@step
def rolling_line(state, x, window, shift, scale, y):
    """Write scale * sum of (i + shift) * bar, i from 1 to `window`; state (3 + window, L): place, heads, ring."""
    head, weighted, ring = state[1], state[2], state[3 : 3 + window]
    at, bars = int(state[0, 0]), x.shape[0]
    t, stop = 0, bars
    if x.shape[1] == 1 and bars >= 6 * window:
        stop = (window - at if at else 0) + window
    while t < bars:
        at = _line_rows(head, weighted, ring, at, x[t:stop], shift, scale, y[t:stop])
        t = stop
        if stop < bars:
            t = _line_blocks(along(x), t, (bars - t) // window // 4 * 4, window, shift, scale, along(y))
            total = x[t - 1, 0]
            ring[window - 1, 0] = fused(shift, total, total)
            for i in range(window - 2, -1, -1):
                total = x[t - window + i, 0] + total
                ring[i, 0] = fused(shift, x[t - window + i, 0], total) + ring[i + 1, 0]
            stop = bars
    fill_row(float(at), state[0])


@kernel
def line(state, x, window, shift, scale, y):
    """Slope of the line, or its height on a bar. state (3 + window, L): place, heads, ring; see `rolling_line`."""
    rolling_line(state, plain(x), window, shift, scale, y)


@kernel
def angle(state, x, window, shift, scale, y):
    """Angle of the line in degrees. state (3 + window, L): place, heads, ring; see `rolling_line`."""
    rolling_line(state, plain(x), window, shift, scale, y)
    out = along(y)
    for i in range(out.size):
        out[i] = np.arctan(out[i]) * (180.0 / np.pi)
