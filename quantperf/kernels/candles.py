"""Candlestick patterns: int8 outputs -100, -80, 0, 80, 100, and UNKNOWN where a bar that the pattern reads is missing.

What counts as long, short, near and flat is TA-Lib's default setting: a multiple of the mean of 5 or 10 bars *before*
the bar in question. The arithmetic of that mean (sum, division, factor) is kept in this order, because a pattern is a
comparison and a last bit decides ties.
"""

from __future__ import annotations

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.windows import along, chunk_bars, copy_row, hide_young

UNKNOWN = np.int8(-128)
NO, EDGE, YES = np.int8(0), np.int8(80), np.int8(100)


@step
def _bodies(open_, high, low, close, out):
    """Distance between open and close; NaN where any of the four prices is missing, as then the bar is."""
    opens, highs, lows, closes, bodies = along(open_), along(high), along(low), along(close), along(out)
    for i in range(bodies.size):
        bodies[i] = abs(closes[i] - opens[i]) + ((highs[i] - highs[i]) + (lows[i] - lows[i]))


@step
def _ranges(open_, high, low, close, out):
    """Distance between high and low; NaN where any of the four prices is missing, as then the bar is."""
    opens, highs, lows, closes, spans = along(open_), along(high), along(low), along(close), along(out)
    for i in range(spans.size):
        spans[i] = (highs[i] - lows[i]) + ((opens[i] - opens[i]) + (closes[i] - closes[i]))


@step
def _before(state, recent):
    """Put the bars before a chunk in front of it; state (rows, L) holds them, oldest first."""
    copy_row(along(state), along(recent[: state.shape[0]]))


@step
def _after(state, recent, bars):
    """Keep the last bars of a chunk for the next one."""
    copy_row(along(recent[bars : bars + state.shape[0]]), along(state))


@step
def _plus(a, shift, out):
    """out[i] = a[i] + a[i + shift]."""
    b = a[shift:]
    for i in range(out.size):
        out[i] = a[i] + b[i]


@step
def _four_and(fours, a, shift, out):
    """out[i] = fours[i] + a[i + shift]: five bars from four and one."""
    b = a[shift:]
    for i in range(out.size):
        out[i] = fours[i] + b[i]


@step
def _eight_and(fours, pairs, lanes, out):
    """out[i] = four bars, the next four, and the next two."""
    b, c = fours[4 * lanes :], pairs[8 * lanes :]
    for i in range(out.size):
        out[i] = (fours[i] + b[i]) + c[i]


@step
def _ten(x, lanes, pairs, fours, out):
    """out[i] = sum of ten bars in a row from x[i] on, by sums of two, of four, of eight and two.

    Bars are time-major, so the next bar is `lanes` numbers down, and a loop serves a series and a panel alike. Four
    additions a bar that vectorise beat the rolling halves of `windows` (doji of one series: 3.3 -> 2.2 ns a bar).
    Differences of prices are multiples of one unit in the last place, so their sums are exact,
    and the order of addition cannot decide a tie.
    """
    _plus(x, lanes, pairs[: out.size + 8 * lanes])
    _plus(pairs, 2 * lanes, fours[: out.size + 4 * lanes])
    _eight_and(fours, pairs, lanes, out)


@step
def _doji(open_, high, low, close, spans, y):
    """A body of at most a tenth of the mean range of the ten bars before."""
    for i in range(y.size):
        # One test for all: neither a NaN nor an infinity decides a branch.
        known = abs(open_[i] + high[i] + low[i] + close[i] + spans[i]) < np.inf
        held = NO if abs(close[i] - open_[i]) > 0.1 * (spans[i] / 10.0) else YES
        y[i] = held if known else UNKNOWN


@kernel
def cdl_doji(state, open_, high, low, close, y):
    """Doji. state (1 + 10, L): bars seen; ranges of the last ten bars."""
    open_, high, low, close = plain(open_), plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    span, spans = np.empty((10 + size, lanes)), np.empty(size * lanes)
    pairs, fours = np.empty((9 + size) * lanes), np.empty((9 + size) * lanes)
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, count = lo + n, n * lanes
        _before(state[1:], span)
        _ranges(open_[lo:hi], high[lo:hi], low[lo:hi], close[lo:hi], span[10 : 10 + n])
        _ten(along(span), lanes, pairs, fours, spans[:count])
        _after(state[1:], span, n)
        _doji(along(open_[lo:hi]), along(high[lo:hi]), along(low[lo:hi]), along(close[lo:hi]), spans, along(y[lo:hi]))
    hide_young(state[0], open_, high, low, close, 10.0, UNKNOWN, y)


@step
def _engulfing(o1, h1, l1, c1, open_, high, low, close, y):
    """Two bars of opposite colour, the body of the second holding that of the first; 80 if they share an end."""
    for i in range(y.size):
        known = abs(o1[i] + h1[i] + l1[i] + c1[i] + open_[i] + high[i] + low[i] + close[i]) < np.inf
        rising, rose = close[i] >= open_[i], c1[i] >= o1[i]
        top, floor = (close[i], open_[i]) if rising else (open_[i], close[i])
        top1, floor1 = (c1[i], o1[i]) if rose else (o1[i], c1[i])
        held = ((top >= top1) & (floor < floor1)) | ((top > top1) & (floor <= floor1))
        size = EDGE if (top == top1) | (floor == floor1) else YES
        signed = size if rising else np.int8(-size)
        signed = signed if held & (rising != rose) else NO
        y[i] = signed if known else UNKNOWN


@kernel
def cdl_engulfing(state, open_, high, low, close, y):
    """Engulfing. state (5, L): bars seen; open, high, low, close of the last bar."""
    open_, high, low, close = plain(open_), plain(high), plain(low), plain(close)
    bars = close.shape[0]
    if bars > 0:
        _engulfing(state[1], state[2], state[3], state[4], open_[0], high[0], low[0], close[0], y[0])
        _engulfing(
            along(open_[: bars - 1]), along(high[: bars - 1]), along(low[: bars - 1]), along(close[: bars - 1]),
            along(open_[1:]), along(high[1:]), along(low[1:]), along(close[1:]), along(y[1:]),
        )  # fmt: skip
        copy_row(open_[bars - 1], state[1])
        copy_row(high[bars - 1], state[2])
        copy_row(low[bars - 1], state[3])
        copy_row(close[bars - 1], state[4])
    hide_young(state[0], open_, high, low, close, 2.0, UNKNOWN, y)


@step
def _harami(o1, h1, l1, c1, open_, high, low, close, bodies1, bodies, y):
    """A long body, then a short one inside it; 80 if they share an end."""
    for i in range(y.size):
        bars = o1[i] + h1[i] + l1[i] + c1[i] + open_[i] + high[i] + low[i] + close[i]
        known = abs(bars + bodies1[i] + bodies[i]) < np.inf
        rising, rose = close[i] >= open_[i], c1[i] >= o1[i]
        top, floor = (close[i], open_[i]) if rising else (open_[i], close[i])
        top1, floor1 = (c1[i], o1[i]) if rose else (o1[i], c1[i])
        sized = (top1 - floor1 > bodies1[i] / 10.0) & (top - floor <= bodies[i] / 10.0)
        size = YES if (top < top1) & (floor > floor1) else EDGE
        signed = np.int8(-size) if rose else size
        signed = signed if sized & (top <= top1) & (floor >= floor1) else NO
        y[i] = signed if known else UNKNOWN


@kernel
def cdl_harami(state, open_, high, low, close, y):
    """Harami. state (5 + 11, L): bars seen; last open, high, low, close; bodies of the last eleven bars."""
    open_, high, low, close = plain(open_), plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    body, bodies = np.empty((11 + size, lanes)), np.empty((size + 1) * lanes)
    pairs, fours = np.empty((10 + size) * lanes), np.empty((10 + size) * lanes)
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, count = lo + n, (n + 1) * lanes
        _before(state[5:], body)
        _bodies(open_[lo:hi], high[lo:hi], low[lo:hi], close[lo:hi], body[11 : 11 + n])
        _ten(along(body), lanes, pairs, fours, bodies[:count])
        _after(state[5:], body, n)
        _harami(
            state[1], state[2], state[3], state[4],
            open_[lo], high[lo], low[lo], close[lo], bodies, bodies[lanes:], y[lo],
        )  # fmt: skip
        _harami(
            along(open_[lo : hi - 1]), along(high[lo : hi - 1]), along(low[lo : hi - 1]), along(close[lo : hi - 1]),
            along(open_[lo + 1 : hi]), along(high[lo + 1 : hi]), along(low[lo + 1 : hi]), along(close[lo + 1 : hi]),
            bodies[lanes:], bodies[2 * lanes :], along(y[lo + 1 : hi]),
        )  # fmt: skip
        copy_row(open_[hi - 1], state[1])
        copy_row(high[hi - 1], state[2])
        copy_row(low[hi - 1], state[3])
        copy_row(close[hi - 1], state[4])
    hide_young(state[0], open_, high, low, close, 11.0, UNKNOWN, y)


@step
def _hammer(low1, open_, high, low, close, bodies, spans, near, y):
    """A small body at the top, a long shadow below, hardly one above, near or below the low of the bar before."""
    for i in range(y.size):
        known = abs(low1[i] + open_[i] + high[i] + low[i] + close[i] + bodies[i] + spans[i] + near[i]) < np.inf
        rising = close[i] >= open_[i]
        top, floor = (close[i], open_[i]) if rising else (open_[i], close[i])
        small, hanging = top - floor < bodies[i] / 10.0, floor - low[i] > top - floor
        bald, deep = high[i] - top < 0.1 * (spans[i] / 10.0), floor <= low1[i] + 0.2 * (near[i] / 5.0)
        held = YES if small & hanging & bald & deep else NO
        y[i] = held if known else UNKNOWN


@kernel
def cdl_hammer(state, open_, high, low, close, y):
    """Hammer. state (2 + 10 + 10, L): bars seen, last low; bodies, and ranges, of the last ten bars."""
    open_, high, low, close = plain(open_), plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk_bars(bars, lanes)
    body, span = np.empty((10 + size, lanes)), np.empty((10 + size, lanes))
    bodies, spans, near = np.empty(size * lanes), np.empty(size * lanes), np.empty(size * lanes)
    pairs, fours = np.empty((9 + size) * lanes), np.empty((9 + size) * lanes)
    for lo in range(0, bars, size):
        n = min(size, bars - lo)
        hi, count = lo + n, n * lanes
        _before(state[2:12], body)
        _before(state[12:], span)
        _bodies(open_[lo:hi], high[lo:hi], low[lo:hi], close[lo:hi], body[10 : 10 + n])
        _ranges(open_[lo:hi], high[lo:hi], low[lo:hi], close[lo:hi], span[10 : 10 + n])
        _ten(along(body), lanes, pairs, fours, bodies[:count])
        _ten(along(span), lanes, pairs, fours, spans[:count])
        _four_and(fours[4 * lanes :], along(span), 8 * lanes, near[:count])  # five bars, up to the bar before the last
        _after(state[2:12], body, n)
        _after(state[12:], span, n)
        _hammer(state[1], open_[lo], high[lo], low[lo], close[lo], bodies, spans, near, y[lo])
        _hammer(
            along(low[lo : hi - 1]),
            along(open_[lo + 1 : hi]), along(high[lo + 1 : hi]), along(low[lo + 1 : hi]), along(close[lo + 1 : hi]),
            bodies[lanes:], spans[lanes:], near[lanes:], along(y[lo + 1 : hi]),
        )  # fmt: skip
        copy_row(low[hi - 1], state[1])
    hide_young(state[0], open_, high, low, close, 11.0, UNKNOWN, y)
