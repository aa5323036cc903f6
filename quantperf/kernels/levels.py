"""Price levels at which turning points cluster, bar by bar: touched, broken, and by then known."""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, step

TOUCHED, BROKEN = 0, 1


@step
def _nearest(prices, touches, price, reach):
    """The level that is nearest to a price and within reach, the first of equals; -1 if there is none."""
    best, least = -1, np.inf
    for i in range(prices.size):
        away = abs(prices[i] - price)
        if touches[i] > 0 and away <= reach and away < least:
            best, least = i, away
    return best


@step
def _room(touches, last):
    """A free place, else that of the level whose last touch is the oldest, the first of equals."""
    best = 0
    for i in range(touches.size):
        if touches[i] == 0:
            return i
        if last[i] < last[best]:
            best = i
    return best


@step
def _note(whole, parts, r, lane, number, what, bar, event, first, last, touches, side, price, reach):
    """Write a row if there is room."""
    if r < len(whole):
        whole[r, 0], whole[r, 1], whole[r, 2], whole[r, 3], whole[r, 4] = lane, number, what, bar, event
        whole[r, 5], whole[r, 6], whole[r, 7], whole[r, 8] = first, last, touches, side
        parts[r, 0], parts[r, 1] = price, reach


@kernel
def cluster(closes, ranges, starts, bar, known, price, pivot_starts, width, least, keep, whole, parts):
    """Follow the levels of many symbols; return how many rows there are, and how many levels were given up.

    closes, ranges (average true ranges) and turning points are those of one symbol after the other. least: touches that
    make a level; keep: levels that are followed at a time.
    whole (rows, 9): symbol, number of the level (the point that began it), TOUCHED or BROKEN, own bar, own bar of the
    event, first and last touch, touches, side of the price before (+1 above). parts (rows, 2): price, reach.
    """
    prices, reach = np.zeros(keep), np.zeros(keep)
    touches, first, last = np.zeros(keep, np.int64), np.zeros(keep, np.int64), np.zeros(keep, np.int64)
    number, side = np.zeros(keep, np.int64), np.zeros(keep, np.int64)
    rows, dropped = 0, 0
    for lane in range(starts.size - 1):
        touches[:] = 0
        k = pivot_starts[lane]
        for t in range(starts[lane + 1] - starts[lane]):
            close = closes[starts[lane] + t]
            for i in range(keep):
                if touches[i] > 0 and side[i] * (close - prices[i]) < -reach[i]:
                    if touches[i] >= least:
                        _note(whole, parts, rows, lane, number[i], BROKEN, t, t, first[i], last[i], touches[i],
                              side[i], prices[i], reach[i])  # fmt: skip
                        rows += 1
                    side[i] = -side[i]
            while k < pivot_starts[lane + 1] and known[k] == t:
                near = width * ranges[starts[lane] + t]
                i = _nearest(prices, touches, price[k], near)
                if i < 0:
                    i = _room(touches, last)
                    dropped += touches[i] >= least
                    prices[i], touches[i], first[i], number[i] = price[k], 0, bar[k], k - pivot_starts[lane]
                prices[i] = (prices[i] * touches[i] + price[k]) / (touches[i] + 1)
                touches[i] += 1
                last[i], reach[i] = bar[k], near
                if touches[i] <= least:
                    side[i] = 1 if close >= prices[i] else -1
                if touches[i] >= least:
                    _note(whole, parts, rows, lane, number[i], TOUCHED, t, bar[k], first[i], last[i], touches[i],
                          side[i], prices[i], reach[i])  # fmt: skip
                    rows += 1
                k += 1
    return rows, dropped
