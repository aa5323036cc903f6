"""Rolling windows that forget by construction; here sums, weighted sums and the last bars themselves.

A window of `window` bars is the tail of a finished block of `window` bars and the head of the current one. Each half is
aggregated on its own and the two are merged, so nothing is ever subtracted: there is no drift, and a NaN or an outlier
is forgotten when it leaves. Where a bar stands in its block depends on its position alone, never on data, so the lanes
of a panel do the same thing at the same time and vectorise.

Extremes are in `extremes`, mean and variance in `moments`; all are made the same way.

Every function takes rows of a state, a block ``x (bars, lanes)`` of any length and writes ``y (bars, lanes)``; the
next block continues where this one ended, with the same bits as one long block. They have two orders: bar by bar over
lanes for panels, and whole blocks along time for one series, with the same operations on the same operands.

The layout of a state, from its first row: place in the block, the heads, then `window` rows per ring. A ring holds the
bars of the current block up to the place, and from the place on what is left of the last block, aggregated from its
end. Rings begin as NaN, so the warm-up is NaN by itself.

Each loop over lanes, or along time, is a step of its own with few arrays: LLVM optimises it before it is inlined, and
then it vectorises. As parts of one large function the passes of `extremes` stayed scalar (MAX of one series, apart and
with shorter chunks: 2.75 -> 0.77 ns a bar).
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import natural, plain, step

# Bars that a composite kernel takes at a time: its temporaries stay in the cache of the core.
CHUNK_VALUES = 16384


@step
def chunk_bars(bars, lanes):
    """Bars a chunk, so that a temporary of this many bars and `lanes` lanes stays in cache; no more than there are."""
    return min(max(CHUNK_VALUES // max(lanes, 1), 8), max(bars, 1))


@step
def hide_young(seen, a, b, c, d, lookback, nothing, y):
    """Put `nothing` on the first `lookback` bars of each lane, counted from its first whole bar.

    For warm-ups that are longer than the windows. seen (L,): bars so far, counted up to `lookback`. Once no lane is
    young, this costs one count of them.
    """
    young = 0
    for j in range(seen.size):
        young += seen[j] < lookback
    for j in range(seen.size if young else 0):
        t = 0
        while t < y.shape[0] and seen[j] < lookback:
            if seen[j] > 0.0 or abs(a[t, j] + b[t, j] + c[t, j] + d[t, j]) < np.inf:
                seen[j] += 1.0
            y[t, j] = nothing
            t += 1


@step
def along(block):
    """The block as one row of numbers; numba then knows the stride, and a loop along time vectorises."""
    return plain(block).reshape(block.size)


@step
def copy_row(row, out):
    """Copy numbers in a row; numba takes a second to compile ``out[:] = row``, and no time for this."""
    for j in range(row.size):
        out[j] = row[j]


@step
def fill_row(value, out):
    """Set a row to one number."""
    for j in range(out.size):
        out[j] = value


# ---------------------------------------------------------------------------------------------------------- sums


@step
def _begin_sum(head):
    """A block begins with nothing; -0.0 and not 0.0, which would make a -0.0 of the first bar a 0.0."""
    fill_row(-0.0, head)


@step
def _add_to_sum(bar, head, row, tail, scale, out):
    """Add a bar to the head; head and tail give the window."""
    for j in range(bar.size):
        total = head[j] + bar[j]
        head[j], row[j] = total, bar[j]
        out[j] = (total + tail[j]) * scale


@step
def _end_sum(bar, head, row, scale, out):
    """Last bar of a block: the head is the window."""
    for j in range(bar.size):
        row[j] = bar[j]
        out[j] = (head[j] + bar[j]) * scale


@step
def _sweep_sums(ring):
    """A full block becomes its suffix sums."""
    for i in range(ring.shape[0] - 2, -1, -1):
        row, later = ring[i], ring[i + 1]
        for j in range(row.size):
            row[j] = row[j] + later[j]


@step
def _sum_rows(head, ring, at, x, scale, y):
    """Bar by bar: y = scale * sum of the last `window` bars. Return the place after the last bar."""
    window = ring.shape[0]
    for t in range(x.shape[0]):
        if at == 0:
            _begin_sum(head)
        if at + 1 < window:
            _add_to_sum(x[t], head, ring[at], ring[at + 1], scale, y[t])
            at += 1
        else:
            _end_sum(x[t], head, ring[at], scale, y[t])
            _sweep_sums(ring)
            at = 0
    return at


@step
def _add_four(a, b, c, d, t_a, t_b, t_c, t_d, head, scale, y_a, y_b, y_c, y_d):
    """Four bars of each lane: the head is read and written once, and the ring is left alone."""
    for j in range(head.size):
        p = head[j] + a[j]
        q = p + b[j]
        r = q + c[j]
        s = r + d[j]
        head[j] = s
        y_a[j], y_b[j], y_c[j], y_d[j] = (
            (p + t_a[j]) * scale,
            (q + t_b[j]) * scale,
            (r + t_c[j]) * scale,
            (s + t_d[j]) * scale,
        )


@step
def _sweep_sum(bar, later, row):
    """Suffix sum of one bar."""
    for j in range(row.size):
        row[j] = bar[j] + later[j]


@step
def _sweep_four(a, b, c, d, later, s_a, s_b, s_c, s_d):
    """Suffix sums of four bars, from those of the bar behind them."""
    for j in range(later.size):
        s = d[j] + later[j]
        r = c[j] + s
        q = b[j] + r
        s_a[j], s_b[j], s_c[j], s_d[j] = a[j] + q, q, r, s


@step
def _sum_block(x, head, ring, scale, y):
    """A whole block of all lanes, four bars at a time: as bar by bar, with half the stores (panel 1.27 -> 1.15 ms)."""
    last, i = x.shape[0] - 1, 0
    _begin_sum(head)
    while i + 4 <= last:
        bars, tails, out = x[i : i + 4], ring[i + 1 : i + 5], y[i : i + 4]
        _add_four(
            bars[0], bars[1], bars[2], bars[3], tails[0], tails[1], tails[2], tails[3],
            head, scale, out[0], out[1], out[2], out[3],
        )  # fmt: skip
        i += 4
    while i < last:
        _add_to_sum(x[i], head, ring[i], ring[i + 1], scale, y[i])
        i += 1
    _end_sum(x[i], head, ring[i], scale, y[i])
    while i >= 4:
        bars, sums = x[i - 4 : i], ring[i - 4 : i]
        _sweep_four(bars[0], bars[1], bars[2], bars[3], ring[i], sums[0], sums[1], sums[2], sums[3])
        i -= 4
    while i > 0:
        i -= 1
        _sweep_sum(x[i], ring[i + 1], ring[i])


@step
def _sum_panel(head, ring, at, x, scale, y):
    """The rest of a block bar by bar, then whole blocks, then the bars behind them."""
    window, bars = ring.shape[0], x.shape[0]
    t = min((window - at) if at else 0, bars)
    at = _sum_rows(head, ring, at, x[:t], scale, y[:t])
    while t + window <= bars:
        _sum_block(x[t : t + window], head, ring, scale, y[t : t + window])
        t += window
    return _sum_rows(head, ring, at, x[t:], scale, y[t:])


@step
def _sums_of_one(head, ring, at, x, scale, y):
    """As `_sum_rows`, of one series: the rest of a block, and what is left behind the last whole one."""
    end = ring.size - 1
    for t in range(x.size):
        if at < end:
            head, ring[at] = head + x[t], x[t]
            at += 1
            y[t] = (head + ring[at]) * scale
        else:
            y[t] = (head + x[t]) * scale
            head, total, i = -0.0, x[t], natural(at)
            ring[i] = total
            for _ in range(end):
                i -= natural(1)
                total = ring[i] + total
                ring[i] = total
            at = 0
    return head, at


@step
def _four_sums(x, e, w, scale, y):
    """The windows that end in the four blocks of `w` bars after the one that begins at bar e."""
    a, b, c, d = e + w, e + w + w, e + w + w + w, e + w + w + w + w
    p, q, r, s = -0.0, -0.0, -0.0, -0.0
    for i in range(w):
        p, q, r, s = p + x[a + i], q + x[b + i], r + x[c + i], s + x[d + i]
        y[a + i], y[b + i], y[c + i], y[d + i] = p, q, r, s
    i = w - natural(1)
    y[a + i], y[b + i], y[c + i], y[d + i] = p * scale, q * scale, r * scale, s * scale
    p, q, r, s = -0.0, -0.0, -0.0, -0.0
    for _ in range(i):
        p, q, r, s = x[e + i] + p, x[a + i] + q, x[b + i] + r, x[c + i] + s
        i -= natural(1)
        y[a + i] = (y[a + i] + p) * scale
        y[b + i] = (y[b + i] + q) * scale
        y[c + i] = (y[c + i] + r) * scale
        y[d + i] = (y[d + i] + s) * scale


@step
def _sum_blocks(x, t, blocks, window, scale, y):
    """`blocks` (a multiple of 4) whole blocks of one series from bar t on; the block before t must be in x.

    Four blocks side by side hide the latency of the additions.
    """
    for _ in range(blocks // 4):
        _four_sums(x, natural(t - window), natural(window), scale, y)
        t += 4 * window
    return t


@step
def rolling_sum(state, x, window, scale, y):
    """Write scale * sum of the last `window` bars; state (2 + window, L): place, head, ring."""
    head, ring, at = state[1], state[2 : 2 + window], int(state[0, 0])
    if x.shape[1] == 1:
        at = _sum_series(head, ring[:, 0], at, along(x), scale, along(y))
    else:
        at = _sum_panel(head, ring, at, x, scale, y)
    fill_row(float(at), state[0])


@step
def _sum_series(head, ring, at, x, scale, y):
    """One series: the rest of a block and one whole bar by bar, so that it lies in x; then blocks of four; the rest."""
    bars, window = x.size, ring.size
    total = head[0] if at else -0.0
    start = min((window - at if at else 0) + window, bars)
    total, at = _sums_of_one(total, ring, at, x[:start], scale, y[:start])
    if start < bars:
        stop = _sum_blocks(x, start, (bars - start) // window // 4 * 4, window, scale, y)
        if stop > start:
            later = -0.0
            for i in range(window):
                later = x[stop - 1 - i] + later
                ring[window - 1 - i] = later
        total, at = _sums_of_one(total, ring, at, x[stop:], scale, y[stop:])
    head[0] = total
    return at


# ------------------------------------------------------------------------------------------------- weighted sums


@step
def _begin_weighted(head, weighted):
    """A block begins with nothing, as in `_begin_sum`."""
    fill_row(-0.0, head)
    fill_row(-0.0, weighted)


@step
def _add_to_weighted(bar, weight, head, weighted, row, older, tail, scale, out):
    """Add a bar to both heads; head and tail give the window, in which the head's bars weigh `older` more."""
    for j in range(bar.size):
        total, value = head[j] + bar[j], weighted[j] + weight * bar[j]
        head[j], weighted[j], row[j] = total, value, bar[j]
        out[j] = ((value + older * total) + tail[j]) * scale


@step
def _end_weighted(bar, weight, weighted, row, scale, out):
    """Last bar of a block: the head is the window."""
    for j in range(bar.size):
        row[j] = bar[j]
        out[j] = (weighted[j] + weight * bar[j]) * scale


@step
def _sweep_weighted(ring, head):
    """A full block becomes sums in which the bar at i weighs 1, the next 2, and so on; `head` is free by now."""
    copy_row(ring[ring.shape[0] - 1], head)
    for i in range(ring.shape[0] - 2, -1, -1):
        row, later = ring[i], ring[i + 1]
        for j in range(row.size):
            head[j] = row[j] + head[j]
            row[j] = head[j] + later[j]


@step
def _weighted_rows(head, weighted, ring, at, x, scale, y):
    """Bar by bar: y = scale * sum of weight * bar, the oldest bar of the window weighing 1, the newest `window`."""
    window = ring.shape[0]
    for t in range(x.shape[0]):
        if at == 0:
            _begin_weighted(head, weighted)
        weight, older = float(at + 1), float(window - 1 - at)
        if at + 1 < window:
            _add_to_weighted(x[t], weight, head, weighted, ring[at], older, ring[at + 1], scale, y[t])
            at += 1
        else:
            _end_weighted(x[t], weight, weighted, ring[at], scale, y[t])
            _sweep_weighted(ring, head)
            at = 0
    return at


@step
def _four_weighted(x, e, w, scale, y):
    """The windows that end in the four blocks of `w` bars after the one that begins at bar e."""
    a, b, c, d = e + w, e + w + w, e + w + w + w, e + w + w + w + w
    p, q, r, s = -0.0, -0.0, -0.0, -0.0
    pw, qw, rw, sw = -0.0, -0.0, -0.0, -0.0
    weight, older = 0.0, float(w)
    for i in range(w):
        weight, older = weight + 1.0, older - 1.0
        p, q, r, s = p + x[a + i], q + x[b + i], r + x[c + i], s + x[d + i]
        pw, qw = pw + weight * x[a + i], qw + weight * x[b + i]
        rw, sw = rw + weight * x[c + i], sw + weight * x[d + i]
        y[a + i], y[b + i], y[c + i], y[d + i] = pw + older * p, qw + older * q, rw + older * r, sw + older * s
    i = w - natural(1)
    y[a + i], y[b + i], y[c + i], y[d + i] = pw * scale, qw * scale, rw * scale, sw * scale
    p, q, r, s = -0.0, -0.0, -0.0, -0.0
    pw, qw, rw, sw = -0.0, -0.0, -0.0, -0.0
    for _ in range(i):
        p, q, r, s = x[e + i] + p, x[a + i] + q, x[b + i] + r, x[c + i] + s
        pw, qw, rw, sw = p + pw, q + qw, r + rw, s + sw
        i -= natural(1)
        y[a + i] = (y[a + i] + pw) * scale
        y[b + i] = (y[b + i] + qw) * scale
        y[c + i] = (y[c + i] + rw) * scale
        y[d + i] = (y[d + i] + sw) * scale


@step
def _weighted_blocks(x, t, blocks, window, scale, y):
    """`blocks` (a multiple of 4) whole blocks of one series from bar t on; the block before t must be in x."""
    for _ in range(blocks // 4):
        _four_weighted(x, natural(t - window), natural(window), scale, y)
        t += 4 * window
    return t


@step
def rolling_weighted_sum(state, x, window, scale, y):
    """Write scale * sum of 1..window times the bars, oldest first; state (3 + window, L): place, heads, ring."""
    head, weighted, ring = state[1], state[2], state[3 : 3 + window]
    at, bars = int(state[0, 0]), x.shape[0]
    t, stop = 0, bars
    if x.shape[1] == 1 and bars >= 6 * window:
        stop = (window - at if at else 0) + window
    while t < bars:
        at = _weighted_rows(head, weighted, ring, at, x[t:stop], scale, y[t:stop])
        t = stop
        if stop < bars:
            t = _weighted_blocks(along(x), t, (bars - t) // window // 4 * 4, window, scale, along(y))
            total = x[t - 1, 0]
            ring[window - 1, 0] = total
            for i in range(window - 2, -1, -1):
                total = x[t - window + i, 0] + total
                ring[i, 0] = total + ring[i + 1, 0]
            stop = bars
    fill_row(float(at), state[0])


# ------------------------------------------------------------------------------------------------------- history


@step
def recall(state, rows, x, out):
    """Write the last `rows` bars before this block, oldest first, and then the block itself, into `out`.

    state (rows, L) holds those bars and is moved on to the end of the block.
    """
    copy_row(along(state), along(out[:rows]))
    copy_row(along(x), along(out[rows:]))
    copy_row(along(out[x.shape[0] : x.shape[0] + rows]), along(state))
