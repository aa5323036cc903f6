"""What candlestick patterns are made of: the work table, its features and means, the history, and the unknown bars.

A pattern is a `@step` ``pattern(w, now, back, y)``: a loop without branches over a chunk of bars, which LLVM turns into
vectors. The work table ``w (ROWS, room)`` holds one feature a row (prices, ends of the body, shadows, limits), bars
time-major and flat, so "one bar before" lies `back` = lanes numbers to the left, for a series and a panel alike. Its
first `PAST` bars are those before the chunk. Places are unsigned: numba then asks for no wrap-around, which would be a
branch.

What counts as long, short, near and flat is TA-Lib's default setting: a multiple of the mean of 5 or 10 bars *before*
the bar in question. The arithmetic of that mean (sum, division, factor) is kept in this order, because a pattern is a
comparison and a last bit decides ties. Sums of differences of prices are exact (all are multiples of one unit in the
last place), so the order of addition cannot decide them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from quantperf.kernels._jit import kernel, plain, step
from quantperf.kernels.windows import along, copy_row

UNKNOWN = np.int8(-128)
NO, EDGE, UP, DOWN = np.int8(0), np.int8(80), np.int8(100), np.int8(-100)

# Rows of the work table: prices; body from FLOOR to TOP, shadows ABOVE and BELOW it; limits against bars before.
O, H, L, C, TOP, FLOOR, BODY, ABOVE, BELOW = range(9)  # noqa: E741 (the usual letters of the four prices)
LONG = 9  # mean body: longer is long, shorter is short
TINY = 10  # a tenth of the mean range: a doji's body, a very short shadow
SLIM = 11  # half the mean of both shadows: a short shadow
NEAR, FAR, EQUAL = 12, 13, 14  # 0.2, 0.6 and 0.05 of the mean range of five bars
RANGE, SHADOWS = 15, 16  # what TINY, NEAR and SLIM are means of
PAIRS, FOURS = 17, 18  # sums of two and of four bars
ROWS = 19
PAST = 16  # bars before a chunk; the furthest that a pattern reads is 14 before
CHUNK = 4096  # numbers of a feature at a time, so that the rows in use stay in cache
CAP = 64.0  # counts of bars stop here; more than any lookback


@step
def places(now, back, t):
    """Places of bar t of the chunk and of the four before it."""
    i = now + np.uintp(t)
    j = i - back
    k = j - back
    m = k - back
    return i, j, k, m, m - back


@step
def chunk(bars, lanes):
    """Bars a chunk: few enough for the cache, at least 32, so that their past costs little, no more than there are."""
    return min(max(CHUNK // max(lanes, 1), 32), max(bars, 1))


# ------------------------------------------------------------------------------------------------------ features


@step
def _shape(w, start, stop):
    """Ends of the body, and the body."""
    opens, closes, tops, floors, bodies = w[O], w[C], w[TOP], w[FLOOR], w[BODY]
    for i in range(start, stop):
        rising = closes[i] >= opens[i]
        top = closes[i] if rising else opens[i]
        floor = opens[i] if rising else closes[i]
        tops[i], floors[i], bodies[i] = top, floor, top - floor


@step
def _shadows(w, start, stop):
    """Shadows above and below the body, and both."""
    highs, lows, tops, floors, above, below, both = w[H], w[L], w[TOP], w[FLOOR], w[ABOVE], w[BELOW], w[SHADOWS]
    for i in range(start, stop):
        up, down = highs[i] - tops[i], floors[i] - lows[i]
        above[i], below[i], both[i] = up, down, up + down


@step
def _ranges(w, start, stop):
    """Distance between high and low."""
    highs, lows, ranges = w[H], w[L], w[RANGE]
    for i in range(start, stop):
        ranges[i] = highs[i] - lows[i]


@step
def _sum_two(x, shift, start, stop, out):
    """out[i] = x[i] + x[i - shift]."""
    for i in range(start, stop):
        out[i] = x[i - shift] + x[i]


@step
def _mean_ten(w, row, lanes, start, stop, factor, divisor, out):
    """Limit of each bar: factor * (sum of the ten bars before it / 10) / divisor, the sum by pairs, fours and eights.

    Four additions a bar that vectorise beat the rolling halves of `windows` (doji of one series: 3.3 -> 2.2 ns a bar).
    """
    x, pairs, fours, limits = w[row], w[PAIRS], w[FOURS], w[out]
    _sum_two(x, lanes, start - 9 * lanes, stop - lanes, pairs)
    _sum_two(pairs, 2 * lanes, start - 7 * lanes, stop - lanes, fours)
    one, five, nine = lanes, 5 * lanes, 9 * lanes
    for i in range(start, stop):
        limits[i] = factor * (((fours[i - one] + fours[i - five]) + pairs[i - nine]) / 10.0) / divisor


@step
def _mean_five(w, lanes, start, stop):
    """What is near, far and equal, from the mean range of the five bars before."""
    x, pairs, near, far, equal = w[RANGE], w[PAIRS], w[NEAR], w[FAR], w[EQUAL]
    _sum_two(x, lanes, start - 4 * lanes, stop - lanes, pairs)
    one, three, five = lanes, 3 * lanes, 5 * lanes
    for i in range(start, stop):
        mean = ((pairs[i - one] + pairs[i - three]) + x[i - five]) / 5.0
        near[i], far[i], equal[i] = 0.2 * mean, 0.6 * mean, 0.05 * mean


# ------------------------------------------------------------------------------------------------------- history


@step
def _enter(w, row, state, at, rows, lanes, end):
    """Put `rows` bars of the state, from its row `at` on, in front of place `end`. Return the next row."""
    copy_row(along(state[at : at + rows]), w[row, end - rows * lanes : end])
    return at + rows


@step
def _leave(w, row, state, at, rows, lanes, end):
    """Keep the last `rows` bars before place `end`. Return the next row."""
    copy_row(w[row, end - rows * lanes : end], along(state[at : at + rows]))
    return at + rows


@step
def prepare(state, open_, high, low, close, reads, w):
    """Fill the work table for a chunk and move the state on.

    reads: bars before this one that the pattern looks at, then, for LONG, TINY, SLIM and NEAR, how many bars back it
    asks for that limit, or -1 for never. state (2 + ..., L): bars seen, bars since the last missing one; then open,
    high, low and close of the bars before; then their bodies, ranges and shadows, before those.
    """
    lanes = close.shape[1]
    past, long, tiny, slim, near = reads[0], reads[1], reads[2], reads[3], reads[4]
    first, last = PAST * lanes, PAST * lanes + close.size
    start = first - past * lanes
    bodies = 10 + long - past if long >= 0 else 0
    ranges = max(10 + tiny if tiny >= 0 else past, 5 + near if near >= 0 else past) - past
    shadows = 10 + slim - past if slim >= 0 else 0

    at = _enter(w, O, state, 2, past, lanes, first)
    at = _enter(w, H, state, at, past, lanes, first)
    at = _enter(w, L, state, at, past, lanes, first)
    at = _enter(w, C, state, at, past, lanes, first)
    at = _enter(w, BODY, state, at, bodies, lanes, start)
    at = _enter(w, RANGE, state, at, ranges, lanes, start)
    at = _enter(w, SHADOWS, state, at, shadows, lanes, start)
    copy_row(along(open_), w[O, first:last])
    copy_row(along(high), w[H, first:last])
    copy_row(along(low), w[L, first:last])
    copy_row(along(close), w[C, first:last])

    _shape(w, start, last)
    _shadows(w, start, last)
    if ranges > 0:
        _ranges(w, start, last)
    if long >= 0:
        _mean_ten(w, BODY, lanes, first - long * lanes, last, 1.0, 1.0, LONG)
    if tiny >= 0:
        _mean_ten(w, RANGE, lanes, first - tiny * lanes, last, 0.1, 1.0, TINY)
    if slim >= 0:
        _mean_ten(w, SHADOWS, lanes, first - slim * lanes, last, 1.0, 2.0, SLIM)
    if near >= 0:
        _mean_five(w, lanes, first - near * lanes, last)

    at = _leave(w, O, state, 2, past, lanes, last)
    at = _leave(w, H, state, at, past, lanes, last)
    at = _leave(w, L, state, at, past, lanes, last)
    at = _leave(w, C, state, at, past, lanes, last)
    end = last - past * lanes
    at = _leave(w, BODY, state, at, bodies, lanes, end)
    at = _leave(w, RANGE, state, at, ranges, lanes, end)
    at = _leave(w, SHADOWS, state, at, shadows, lanes, end)


# ------------------------------------------------------------------------------------------------------- unknown


@step
def _count_bar(seen, age, open_, high, low, close, seens, ages):
    """Count one bar of each lane."""
    for j in range(seen.size):
        whole = abs(open_[j] + high[j] + low[j] + close[j]) < np.inf
        old = min(age[j] + 1.0, CAP) if whole else 0.0
        bars = min(seen[j] + 1.0, CAP) if whole | (seen[j] > 0.0) else 0.0
        seen[j], age[j] = bars, old
        seens[j], ages[j] = np.int8(bars), np.int8(old)


@step
def _count_series(seen, age, open_, high, low, close, seens, ages):
    """Count the bars of one lane."""
    bars, old = seen[0], age[0]
    for t in range(close.size):
        whole = abs(open_[t] + high[t] + low[t] + close[t]) < np.inf
        old = min(old + 1.0, CAP) if whole else 0.0
        bars = min(bars + 1.0, CAP) if whole | (bars > 0.0) else 0.0
        seens[t], ages[t] = np.int8(bars), np.int8(old)
    seen[0], age[0] = bars, old


@step
def count(state, open_, high, low, close, seens, ages):
    """Count the bars of each lane from its first whole one on, and the whole ones since the last missing one.

    Return whether an answer may be unknown; if not, `seens` and `ages` are not written: all is old and whole.
    """
    seen, age, lanes = state[0], state[1], close.shape[1]
    a, b, c, d = along(open_), along(high), along(low), along(close)
    lacking = 0
    for j in range(lanes):
        lacking += age[j] < CAP
    for i in range(d.size):
        lacking += not abs(a[i] + b[i] + c[i] + d[i]) < np.inf
    if lacking == 0:
        return False
    if lanes == 1:
        _count_series(seen, age, a, b, c, d, seens, ages)
    else:
        for t in range(close.shape[0]):
            row = slice(t * lanes, (t + 1) * lanes)
            _count_bar(seen, age, open_[t], high[t], low[t], close[t], seens[row], ages[row])
    return True


@step
def hide(seens, ages, lookback, span, y):
    """Put UNKNOWN where fewer bars than the lookback came, or one of the `span` bars that an answer reads lacks."""
    for i in range(y.size):
        y[i] = y[i] if (seens[i] > lookback) & (ages[i] >= span) else UNKNOWN


# -------------------------------------------------------------------------------------------------------- kernels


@dataclass(frozen=True, slots=True)
class Reads:
    """What a pattern reads: bars before this one, and how many bars back it asks for each limit (-1: never)."""

    past: int = 0
    long: int = -1
    tiny: int = -1
    slim: int = -1
    near: int = -1
    lookback: int | None = None  # TA-Lib's, where it is more than what is read

    def span(self) -> int:
        """Return the number of bars that an answer reads."""
        tens = [10 + shift for shift in (self.long, self.tiny, self.slim) if shift >= 0]
        fives = [5 + self.near] if self.near >= 0 else []
        return 1 + max([self.past, *tens, *fives])

    def bars_before(self) -> int:
        """Return the first bar of an answer."""
        return self.span() - 1 if self.lookback is None else self.lookback

    def rows(self) -> int:
        """Return the number of rows of the state."""
        bodies = 10 + self.long - self.past if self.long >= 0 else 0
        tiny = 10 + self.tiny if self.tiny >= 0 else 0
        ranges = max(tiny - self.past, 5 + self.near - self.past if self.near >= 0 else 0, 0)
        shadows = 10 + self.slim - self.past if self.slim >= 0 else 0
        return 2 + 4 * self.past + bodies + ranges + shadows


PATTERN: Any = None
READS: Any = None
LOOKBACK = SPAN = np.int8(0)


def plain_kernel(state, open_, high, low, close, y):
    """A template: what the kernel of a pattern does."""
    open_, high, low, close = plain(open_), plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk(bars, lanes)
    w = np.empty((ROWS, (PAST + size) * lanes))
    seens, ages = np.empty(size * lanes, np.int8), np.empty(size * lanes, np.int8)
    now, back, lookback, span = np.uintp(PAST * lanes), np.uintp(lanes), np.int8(LOOKBACK), np.int8(SPAN)
    for lo in range(0, bars, size):
        hi = min(lo + size, bars)
        o, h, l, c, out = open_[lo:hi], high[lo:hi], low[lo:hi], close[lo:hi], along(y[lo:hi])  # noqa: E741
        prepare(state, o, h, l, c, READS, w)
        PATTERN(w, now, back, out)
        if count(state, o, h, l, c, seens, ages):
            hide(seens, ages, lookback, span, out)


def deep_kernel(state, open_, high, low, close, penetration, y):
    """A template: what the kernel of a pattern does that has a penetration."""
    open_, high, low, close = plain(open_), plain(high), plain(low), plain(close)
    bars, lanes = close.shape
    size = chunk(bars, lanes)
    w = np.empty((ROWS, (PAST + size) * lanes))
    seens, ages = np.empty(size * lanes, np.int8), np.empty(size * lanes, np.int8)
    now, back, lookback, span = np.uintp(PAST * lanes), np.uintp(lanes), np.int8(LOOKBACK), np.int8(SPAN)
    for lo in range(0, bars, size):
        hi = min(lo + size, bars)
        o, h, l, c, out = open_[lo:hi], high[lo:hi], low[lo:hi], close[lo:hi], along(y[lo:hi])  # noqa: E741
        prepare(state, o, h, l, c, READS, w)
        PATTERN(w, now, back, penetration, out)
        if count(state, o, h, l, c, seens, ages):
            hide(seens, ages, lookback, span, out)


def single(name: str, module: str, pattern: Any, reads: Reads, template: Any = plain_kernel) -> Any:
    """Return the kernel of one pattern: a copy of the template, as numba keeps no closure over a function on disk."""
    numbers = np.array([reads.past, reads.long, reads.tiny, reads.slim, reads.near])
    given = {"PATTERN": pattern, "READS": numbers, "LOOKBACK": reads.bars_before(), "SPAN": reads.span()}
    copy = FunctionType(template.__code__, {**template.__globals__, **given}, name)
    copy.__qualname__, copy.__module__ = name, module
    copy.__doc__ = f"""{name}. state ({reads.rows()}, L): bars seen, bars since a missing one, the bars before."""
    return kernel(copy)
