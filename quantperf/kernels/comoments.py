"""Sums of squared deviations and of their products, of two series over a rolling window; see `moments`.

As there, both halves of a window are summed about the first bar of the current block and merged by additions. A bar
that lacks in one series must lack in both.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import fused, natural, step
from quantperf.kernels.windows import along, fill_row


@step
def _centred(s, p, q, share):
    """Sum of products of deviations, from the sum of products `s` and the two sums about the first bar."""
    return fused(-(p * share), q, s)


@step
def _fresh(bar, first, sums):
    """First bar of a block: the sums begin with 0, or with NaN if the bar is missing."""
    for j in range(bar.size):
        first[j] = bar[j]
        sums[j] = bar[j] - bar[j]


@step
def _sweep_bars(first, ring):
    """The bars of the block before become suffix sums about `first`."""
    last = ring[-1]
    for j in range(last.size):
        last[j] = last[j] - first[j]
    for i in range(ring.shape[0] - 2, 0, -1):
        row, later = ring[i], ring[i + 1]
        for j in range(row.size):
            row[j] = (row[j] - first[j]) + later[j]


@step
def _sweep_products(fx, fy, x, y, products):
    """Suffix sums of the products of the block's bars about the first ones; before `_sweep_bars`."""
    last, p, q = products[-1], x[-1], y[-1]
    for j in range(last.size):
        last[j] = fused(p[j] - fx[j], q[j] - fy[j], 0.0)
    for i in range(products.shape[0] - 2, 0, -1):
        row, later, p, q = products[i], products[i + 1], x[i], y[i]
        for j in range(row.size):
            row[j] = fused(p[j] - fx[j], q[j] - fy[j], later[j])


@step
def _add_products(bx, by, fx, fy, sums, tail, px, py, tx, ty, share, out):
    """Add a bar to a head of products; with the tail it gives the window. px, py: heads of the bars, with this one."""
    for j in range(bx.size):
        head = fused(bx[j] - fx[j], by[j] - fy[j], sums[j])
        sums[j] = head
        out[j] = _centred(head + tail[j], px[j] + tx[j], py[j] + ty[j], share)


@step
def _end_products(bx, by, fx, fy, sums, px, py, share, out):
    """Last bar of a block: the head is the window."""
    for j in range(bx.size):
        out[j] = _centred(fused(bx[j] - fx[j], by[j] - fy[j], sums[j]), px[j], py[j], share)


@step
def _add_bar(bar, first, sums, row):
    """Add a bar to a head, and keep it."""
    for j in range(bar.size):
        sums[j] = sums[j] + (bar[j] - first[j])
        row[j] = bar[j]


@step
def _comoment_rows(state, at, x, y, xx, yy, xy):
    """Bar by bar. Return the place after the last bar."""
    window = (state.shape[0] - 8) // 5
    share = 1.0 / window
    fx, fy, px, py, sxx, syy, sxy = state[1], state[2], state[3], state[4], state[5], state[6], state[7]
    rings = state[8 : 8 + 5 * window].reshape(5, window, state.shape[1])
    rx, ry, rxx, ryy, rxy = rings[0], rings[1], rings[2], rings[3], rings[4]
    for t in range(x.shape[0]):
        bx, by = x[t], y[t]
        if at == 0:
            _fresh(bx, fx, px)
            _fresh(by, fy, py)
            _fresh(bx, fx, sxx)
            _fresh(bx, fx, syy)
            _fresh(bx, fx, sxy)
            _sweep_products(fx, fx, rx, rx, rxx)
            _sweep_products(fy, fy, ry, ry, ryy)
            _sweep_products(fx, fy, rx, ry, rxy)
            _sweep_bars(fx, rx)
            _sweep_bars(fy, ry)
        _add_bar(bx, fx, px, rx[at])
        _add_bar(by, fy, py, ry[at])
        if at + 1 < window:
            at += 1
            tx, ty = rx[at], ry[at]
            _add_products(bx, bx, fx, fx, sxx, rxx[at], px, px, tx, tx, share, xx[t])
            _add_products(by, by, fy, fy, syy, ryy[at], py, py, ty, ty, share, yy[t])
            _add_products(bx, by, fx, fy, sxy, rxy[at], px, py, tx, ty, share, xy[t])
        else:
            _end_products(bx, bx, fx, fx, sxx, px, px, share, xx[t])
            _end_products(by, by, fy, fy, syy, py, py, share, yy[t])
            _end_products(bx, by, fx, fy, sxy, px, py, share, xy[t])
            at = 0
    return at


@step
def _one_block(x, y, e, w, share, hx, hy, xx, yy, xy):
    """The windows that end in the block of `w` bars after the one that begins at bar e."""
    a = e + w
    fx, fy = x[a], y[a]
    p, q = fx - fx, fy - fy
    pp, qq, pq = p, p, p
    for i in range(w):
        u, v, k = x[a + i] - fx, y[a + i] - fy, a + i
        p, q = p + u, q + v
        pp, qq, pq = fused(u, u, pp), fused(v, v, qq), fused(u, v, pq)
        hx[i], hy[i], xx[k], yy[k], xy[k] = p, q, pp, qq, pq
    i = w - natural(1)
    k = a + i
    xx[k], yy[k], xy[k] = _centred(pp, p, p, share), _centred(qq, q, q, share), _centred(pq, p, q, share)
    p, q, pp, qq, pq = 0.0, 0.0, 0.0, 0.0, 0.0
    for _ in range(i):
        u, v = x[e + i] - fx, y[e + i] - fy
        p, q = u + p, v + q
        pp, qq, pq = fused(u, u, pp), fused(v, v, qq), fused(u, v, pq)
        i -= natural(1)
        sx, sy, k = hx[i] + p, hy[i] + q, a + i
        xx[k], yy[k] = _centred(xx[k] + pp, sx, sx, share), _centred(yy[k] + qq, sy, sy, share)
        xy[k] = _centred(xy[k] + pq, sx, sy, share)


@step
def _comoment_blocks(x, y, t, blocks, window, heads, xx, yy, xy):
    """`blocks` whole blocks of one series from bar t on; the block before t must be in x and y.

    One at a time: its five sums are chains enough to hide the latency of each. heads (2, window) is room.
    """
    for _ in range(blocks):
        _one_block(x, y, natural(t - window), natural(window), 1.0 / window, heads[0], heads[1], xx, yy, xy)
        t += window
    return t


@step
def rolling_comoments(state, x, y, window, xx, yy, xy):
    """Write the sums of squared deviations of x and of y, and of their products, over the last `window` bars.

    state (8 + 5 * window, L): place; first bars of the block, sums of both and of the three products about them; rings
    of the bars of x and of y, from the place on with the sums of the block before, and of the sums of its products.
    """
    at, bars = int(state[0, 0]), x.shape[0]
    t, stop = 0, bars
    if x.shape[1] == 1 and bars >= 4 * window:
        stop = (window - at if at else 0) + window
    while t < bars:
        at = _comoment_rows(state, at, x[t:stop], y[t:stop], xx[t:stop], yy[t:stop], xy[t:stop])
        t = stop
        if stop < bars:
            a, b, c = along(xx), along(yy), along(xy)
            heads = np.empty((2, window))
            t = _comoment_blocks(along(x), along(y), t, (bars - t) // window, window, heads, a, b, c)
            for i in range(window):
                state[8 + i, 0], state[8 + window + i, 0] = x[t - window + i, 0], y[t - window + i, 0]
            stop = bars
    fill_row(float(at), state[0])
