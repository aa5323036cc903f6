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

from quantperf.kernels._jit import kernel, step
from quantperf.kernels.windows import along, copy_row

UNKNOWN = np.int8(-128)
NO, EDGE, UP, DOWN = np.int8(0), np.int8(80), np.int8(100), np.int8(-100)

# Rows of the work table. Each of the three features after the prices has its limit three rows on.
O, H, L, C = range(4)  # noqa: E741 (the usual letters of the four prices)
BODY, RANGE, SHADOWS = 4, 5, 6
LONG = 7  # mean body: longer is long, shorter is short
TINY = 8  # a tenth of the mean range: a doji's body, a very short shadow
SLIM = 9  # half the mean of both shadows: a short shadow
NEAR, FAR, EQUAL = 10, 11, 12  # 0.2, 0.6 and 0.05 of the mean range of five bars
TOP, FLOOR, ABOVE, BELOW = 13, 14, 15, 16  # ends of the body, shadows
PAIRS, FOURS = 17, 18  # sums of two and of four bars
ROWS = 19
KEPT = 7  # rows of which a state keeps the last bars
FACTORS, DIVISORS = np.array([1.0, 0.1, 1.0]), np.array([1.0, 1.0, 2.0])
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
def flat(state, open_, high, low, close):
    """State and prices as rows of numbers, time-major."""
    return along(state), along(open_), along(high), along(low), along(close)


@step
def room(bars, lanes):
    """Numbers a chunk, its work table, the place of its first bar, and the distance of two bars.

    A chunk is small enough for the cache, has at least 32 bars, so that their past costs little, and no more than
    there are.
    """
    size = lanes * min(max(CHUNK // max(lanes, 1), 32), max(bars, 1))
    return size, np.empty((ROWS, PAST * lanes + size)), np.uintp(PAST * lanes), np.uintp(lanes)


# ------------------------------------------------------------------------------------------------------ features


@step
def _copy_four(a, b, c, d, p, q, r, s):
    """Copy four rows of numbers. Return at how many places one of them is missing or infinite."""
    missing = 0
    for i in range(d.size):
        p[i], q[i], r[i], s[i] = a[i], b[i], c[i], d[i]
        missing += not abs(a[i] + b[i] + c[i] + d[i]) < np.inf
    return missing


@step
def _fill(blocks, lo, hi, w, first):
    """Prices of the chunk from `lo` to `hi`. Return how many bars are missing."""
    _, opens, highs, lows, closes = blocks
    o, h, l, c = w[O, first:], w[H, first:], w[L, first:], w[C, first:]  # noqa: E741
    return _copy_four(opens[lo:hi], highs[lo:hi], lows[lo:hi], closes[lo:hi], o, h, l, c)


@step
def _shape(w, start, stop):
    """Body, range and shadows."""
    for i in range(np.uintp(start), np.uintp(stop)):
        rising = w[C, i] >= w[O, i]
        top, floor = (w[C, i], w[O, i]) if rising else (w[O, i], w[C, i])
        above, below = w[H, i] - top, floor - w[L, i]
        w[TOP, i], w[FLOOR, i], w[BODY, i], w[RANGE, i] = top, floor, top - floor, w[H, i] - w[L, i]
        w[ABOVE, i], w[BELOW, i], w[SHADOWS, i] = above, below, above + below


@step
def _sum_two(x, shift, out):
    """out[i] = x[i] + x[i + shift]."""
    later = x[shift:]
    for i in range(out.size):
        out[i] = x[i] + later[i]


@step
def _limit_ten(fours, next_fours, last_pairs, factor, divisor, out):
    """Factor * mean of ten bars / divisor, from their sums of four, four and two."""
    for i in range(out.size):
        out[i] = factor * (((fours[i] + next_fours[i]) + last_pairs[i]) / 10.0) / divisor


@step
def _mean_ten(w, row, lanes, start, stop, factor, divisor):
    """Limit of each bar from the ten bars before it, their sum by pairs, fours and eights.

    Four additions a bar that vectorise beat the rolling halves of `windows` (doji of one series: 3.3 -> 2.2 ns a bar).
    """
    size, pairs, fours = stop - start, w[PAIRS], w[FOURS]
    _sum_two(w[row, start - 10 * lanes :], lanes, pairs[: size + 8 * lanes])
    _sum_two(pairs, 2 * lanes, fours[: size + 4 * lanes])
    _limit_ten(fours, fours[4 * lanes :], pairs[8 * lanes :], factor, divisor, w[row + 3, start:stop])


@step
def _limits_five(pairs, next_pairs, last, near, far, equal):
    """What is near, far and equal, from sums of two, two and one."""
    for i in range(equal.size):
        mean = ((pairs[i] + next_pairs[i]) + last[i]) / 5.0
        near[i], far[i], equal[i] = 0.2 * mean, 0.6 * mean, 0.05 * mean


@step
def _mean_five(w, lanes, start, stop):
    """What is near, far and equal to each bar, from the mean range of the five bars before it."""
    x, pairs = w[RANGE, start - 5 * lanes :], w[PAIRS]
    _sum_two(x, lanes, pairs[: stop - start + 2 * lanes])
    near, far, equal = w[NEAR, start:stop], w[FAR, start:stop], w[EQUAL, start:stop]
    _limits_five(pairs, pairs[2 * lanes :], x[4 * lanes :], near, far, equal)


# ------------------------------------------------------------------------------------------------------- history


@step
def _recall(memory, reads, lanes, first, w):
    """Put the bars before a chunk in front of it: prices, and of bars still earlier what the means need."""
    at = 2 * lanes
    for row in range(KEPT):
        end, size = first if row < BODY else first - reads[0] * lanes, reads[row] * lanes
        copy_row(memory[at : at + size], w[row, end - size : end])
        at += size


@step
def _keep(memory, reads, lanes, last, w):
    """Keep the last bars of a chunk for the next one."""
    at = 2 * lanes
    for row in range(KEPT):
        end, size = last if row < BODY else last - reads[0] * lanes, reads[row] * lanes
        copy_row(w[row, end - size : end], memory[at : at + size])
        at += size


@step
def prepare(blocks, lo, hi, reads, lanes, w):
    """Fill the work table for the chunk from `lo` to `hi` and move the memory on. reads: see `Reads.numbers`.

    Return whether an answer may be unknown: a lane is young, or had a missing bar lately, or has one now.
    """
    memory, first, last, near = blocks[0], PAST * lanes, PAST * lanes + hi - lo, reads[KEPT + 3]
    _recall(memory, reads, lanes, first, w)
    unknown = _fill(blocks, lo, hi, w, first)
    _shape(w, first - reads[0] * lanes, last)
    for k in range(3):
        shift = reads[KEPT + k]
        if shift >= 0:
            _mean_ten(w, BODY + k, lanes, first - shift * lanes, last, FACTORS[k], DIVISORS[k])
    if near >= 0:
        _mean_five(w, lanes, first - near * lanes, last)
    _keep(memory, reads, lanes, last, w)
    for j in range(lanes, 2 * lanes):
        unknown += memory[j] < CAP
    return unknown > 0


# ------------------------------------------------------------------------------------------------------- unknown


@step
def count(memory, w, lanes, seens, ages):
    """Count the bars of each lane from its first whole one on, and the whole ones since the last missing one."""
    for t in range(0, seens.size, lanes):
        first, out = np.uintp(PAST * lanes + t), np.uintp(t)
        for j in range(np.uintp(lanes)):
            i, k = first + j, np.uintp(lanes) + j
            whole = abs(w[O, i] + w[H, i] + w[L, i] + w[C, i]) < np.inf
            seen = min(memory[j] + 1.0, CAP) if whole | (memory[j] > 0.0) else 0.0
            age = min(memory[k] + 1.0, CAP) if whole else 0.0
            memory[j], memory[k], seens[out + j], ages[out + j] = seen, age, np.int8(seen), np.int8(age)


@step
def mask(seens, ages, lookback, span, y):
    """Put UNKNOWN where fewer bars than the lookback came, or one of the `span` bars that an answer reads lacks."""
    for i in range(y.size):
        y[i] = y[i] if (seens[i] > lookback) & (ages[i] >= span) else UNKNOWN


@step
def hide(blocks, w, lanes, limits, y):
    """Put UNKNOWN where an answer is unknown; limits: lookback and span."""
    seens, ages = np.empty(y.size, np.int8), np.empty(y.size, np.int8)
    count(blocks[0], w, lanes, seens, ages)
    mask(seens, ages, limits[0], limits[1], y)


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

    def limits(self) -> Any:
        """Return lookback and span."""
        return np.array([self.bars_before(), self.span()], np.int8)

    def span(self) -> int:
        """Return the number of bars that an answer waits for: those it reads, and no fewer than the lookback."""
        tens = [10 + shift for shift in (self.long, self.tiny, self.slim) if shift >= 0]
        fives = [5 + self.near] if self.near >= 0 else []
        return max(1 + max([self.past, *tens, *fives]), self.lookback or 0)

    def bars_before(self) -> int:
        """Return the first bar of an answer."""
        return self.span() - 1 if self.lookback is None else self.lookback

    def numbers(self) -> Any:
        """Return the bars that a state keeps of each of the first rows, then the shifts of the four limits."""
        past = self.past
        ranges = max([10 + self.tiny - past] * (self.tiny >= 0) + [5 + self.near - past] * (self.near >= 0) + [0])
        bodies, shadows = (10 + shift - past if shift >= 0 else 0 for shift in (self.long, self.slim))
        return np.array([past] * 4 + [bodies, ranges, shadows, self.long, self.tiny, self.slim, self.near])

    def rows(self) -> int:
        """Return the number of rows of the state."""
        return 2 + int(self.numbers()[:KEPT].sum())


PATTERN: Any = None
READS: Any = None
LIMITS: Any = None


def plain_kernel(state, open_, high, low, close, y):
    """A template: what the kernel of a pattern does."""
    blocks, codes, lanes = flat(state, open_, high, low, close), along(y), close.shape[1]
    size, w, now, back = room(close.shape[0], lanes)
    for lo in range(0, codes.size, size):
        part = codes[lo : lo + size]
        unknown = prepare(blocks, lo, lo + part.size, READS, lanes, w)
        PATTERN(w, now, back, part)
        if unknown:
            hide(blocks, w, lanes, LIMITS, part)


def deep_kernel(state, open_, high, low, close, penetration, y):
    """A template: what the kernel of a pattern that has a penetration does."""
    blocks, codes, lanes = flat(state, open_, high, low, close), along(y), close.shape[1]
    size, w, now, back = room(close.shape[0], lanes)
    for lo in range(0, codes.size, size):
        part = codes[lo : lo + size]
        unknown = prepare(blocks, lo, lo + part.size, READS, lanes, w)
        PATTERN(w, now, back, penetration, part)
        if unknown:
            hide(blocks, w, lanes, LIMITS, part)


def made(template: Any, name: str, module: str, reads: Reads, limits: Any, pattern: Any = None) -> Any:
    """Return a kernel: a copy of the template, as numba keeps no closure over a function or an array on disk."""
    given = {"PATTERN": pattern, "READS": reads.numbers(), "LIMITS": limits}
    copy = FunctionType(template.__code__, {**template.__globals__, **given}, name)
    copy.__qualname__, copy.__module__ = name, module
    copy.__doc__ = f"""{name}. state ({reads.rows()}, L): bars seen, bars since a missing one, the bars before."""
    return kernel(copy)
