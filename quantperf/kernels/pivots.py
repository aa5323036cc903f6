"""Turning points of prices, told on the bar on which they are known.

Both machines run bar by bar over all lanes and leave in `state` what the next bar needs, so a block may come in pieces.
A bar that a symbol does not have (NaN in any column) is passed over; places are counted in the symbol's own bars.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step


@step
def _reach(price, measure, multiple, share):
    """How far prices must turn back from an extreme: so many times the range, or a share of the price."""
    return multiple * measure if multiple > 0.0 else share * abs(price)


@step
def _turned(distance, reach):
    """Whether prices turned far enough; never where they did not move, or where the reach is unknown."""
    return (distance > 0.0) & (distance >= reach)


@kernel
def zigzag(state, high, low, close, ranges, multiple, share, y):
    """Kind (+1.0 top, -1.0 bottom, else 0.0), own bar and price of the turning point that each bar makes known.

    ranges: the average true range, read where `multiple` is above 0, else anything that is known. y (3, bars, L).
    state (8, L): own bars, direction of the leg (0.0 before the first), then highest price, its bar and its reach, then
    lowest price, its bar and its reach.
    """
    bars, lanes = close.shape
    for t in range(bars):
        for j in range(lanes):
            y[0, t, j] = 0.0
            y[1, t, j] = np.nan
            y[2, t, j] = np.nan
            top, bottom, measure = high[t, j], low[t, j], ranges[t, j]
            if top - top + (bottom - bottom) + (close[t, j] - close[t, j]) != 0.0:
                continue
            place = state[0, j]
            state[0, j] = place + 1.0
            if measure - measure != 0.0:
                continue
            leg = state[1, j]
            up, down = False, False
            if leg >= 0.0:
                if not top <= state[2, j]:  # higher, or the first
                    state[2, j], state[3, j] = top, place
                    state[4, j] = _reach(top, measure, multiple, share)
                else:
                    down = _turned(state[2, j] - bottom, state[4, j])
            if leg <= 0.0:
                if not bottom >= state[5, j]:
                    state[5, j], state[6, j] = bottom, place
                    state[7, j] = _reach(bottom, measure, multiple, share)
                else:
                    up = _turned(top - state[5, j], state[7, j])
            if up and down:  # the first leg, both ways at once: the longer way; if equal, wait
                fall, rise = state[2, j] - bottom, top - state[5, j]
                up, down = rise > fall, fall > rise
            if down:
                y[0, t, j], y[1, t, j], y[2, t, j] = 1.0, state[3, j], state[2, j]
                state[1, j], state[5, j], state[6, j] = -1.0, bottom, place
                state[7, j] = _reach(bottom, measure, multiple, share)
            elif up:
                y[0, t, j], y[1, t, j], y[2, t, j] = -1.0, state[6, j], state[5, j]
                state[1, j], state[2, j], state[3, j] = 1.0, top, place
                state[4, j] = _reach(top, measure, multiple, share)


@step
def _stands_out(state, first, size, centre, sign, j):
    """Whether the bar in the middle exceeds all others of the last `size` own bars; state[first:] holds them."""
    value, out = state[first + centre, j], True
    for i in range(size):
        out &= (i == centre) or sign * value > sign * state[first + i, j]
    return out


@kernel
def swings(state, high, low, close, left, right, y):
    """Prices of the top and of the bottom that each bar makes known, `right` own bars after them; else NaN.

    y (2, bars, L). state (1 + 2 * (left + right + 1), L): own bars, the last highs, the last lows.
    """
    bars, lanes = close.shape
    size = left + right + 1
    for t in range(bars):
        for j in range(lanes):
            y[0, t, j] = np.nan
            y[1, t, j] = np.nan
            top, bottom = high[t, j], low[t, j]
            if top - top + (bottom - bottom) + (close[t, j] - close[t, j]) != 0.0:
                continue
            state[0, j] += 1.0
            for i in range(size - 1):
                state[1 + i, j] = state[2 + i, j]
                state[1 + size + i, j] = state[2 + size + i, j]
            state[size, j], state[2 * size, j] = top, bottom
            if state[0, j] < size:
                continue
            if _stands_out(state, 1, size, left, 1.0, j):
                y[0, t, j] = state[1 + left, j]
            if _stands_out(state, 1 + size, size, left, -1.0, j):
                y[1, t, j] = state[1 + size + left, j]
