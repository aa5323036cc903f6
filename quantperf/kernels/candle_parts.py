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

from collections import namedtuple
from types import FunctionType
from typing import Any

import numpy as np

from quantperf.kernels._jit import kernel, step
from quantperf.kernels.windows import along

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
def _fill(blocks, lo, hi, w, first):
    """Prices of the chunk from `lo` to `hi`. Return how many bars are missing."""
    _, opens, highs, lows, closes = blocks
    begin, at, missing = np.uintp(lo), np.uintp(first), 0
    for t in range(np.uintp(hi - lo)):
        i, k = at + t, begin + t
        w[O, i], w[H, i], w[L, i], w[C, i] = opens[k], highs[k], lows[k], closes[k]
        missing += not abs(opens[k] + highs[k] + lows[k] + closes[k]) < np.inf
    return missing


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
def _sum_two(w, row, shift, start, stop, out):
    """Sum of each bar and the one `shift` numbers before."""
    for i in range(start, stop):
        w[out, i] = w[row, i - shift] + w[row, i]


@step
def _mean_ten(w, row, back, start, stop, factor, divisor):
    """Limit of each bar from the ten bars before it, their sum by pairs, fours and eights.

    Four additions a bar that vectorise beat the rolling halves of `windows` (doji of one series: 3.3 -> 2.2 ns a bar).
    """
    two, four, eight = back + back, back + back + back + back, 8 * np.intp(back)
    _sum_two(w, row, back, start - np.uintp(eight) - back, stop, np.uintp(PAIRS))
    _sum_two(w, np.uintp(PAIRS), two, start - four - two - back, stop, np.uintp(FOURS))
    limits, nine = row + np.uintp(3), np.uintp(eight) + back
    for i in range(start, stop):
        total = (w[FOURS, i - back] + w[FOURS, i - back - four]) + w[PAIRS, i - nine]
        w[limits, i] = factor * (total / 10.0) / divisor


@step
def _mean_five(w, back, start, stop):
    """What is near, far and equal to each bar, from the mean range of the five bars before it."""
    three, five = back + back + back, back + back + back + back + back
    _sum_two(w, np.uintp(RANGE), back, start - three - back, stop, np.uintp(PAIRS))
    for i in range(start, stop):
        mean = ((w[PAIRS, i - back] + w[PAIRS, i - three]) + w[RANGE, i - five]) / 5.0
        w[NEAR, i], w[FAR, i], w[EQUAL, i] = 0.2 * mean, 0.6 * mean, 0.05 * mean


# ------------------------------------------------------------------------------------------------------- history


@step
def _recall(memory, reads, lanes, first, w):
    """Put the bars before a chunk in front of it: prices, and of bars still earlier what the means need."""
    at = np.uintp(2 * lanes)
    for row in range(np.uintp(reads.size - 4)):  # not a constant, which LLVM would unroll into a thousand instructions
        size, early = reads[row] * lanes, reads[0] * lanes if row >= BODY else 0
        begin = np.uintp(first - early - size)
        for i in range(np.uintp(size)):
            w[row, begin + i] = memory[at + i]
        at += np.uintp(size)


@step
def _keep(memory, reads, lanes, last, w):
    """Keep the last bars of a chunk for the next one."""
    at = np.uintp(2 * lanes)
    for row in range(np.uintp(reads.size - 4)):  # not a constant, which LLVM would unroll into a thousand instructions
        size, early = reads[row] * lanes, reads[0] * lanes if row >= BODY else 0
        begin = np.uintp(last - early - size)
        for i in range(np.uintp(size)):
            memory[at + i] = w[row, begin + i]
        at += np.uintp(size)


@step
def prepare(blocks, lo, hi, reads, lanes, w):
    """Fill the work table for the chunk from `lo` to `hi` and move the memory on. reads: see `numbers_of`.

    Return whether an answer may be unknown: a lane is young, or had a missing bar lately, or has one now.
    """
    memory, first, last, near = blocks[0], PAST * lanes, PAST * lanes + hi - lo, reads[KEPT + 3]
    back = np.uintp(lanes)
    _recall(memory, reads, lanes, first, w)
    unknown = _fill(blocks, lo, hi, w, first)
    _shape(w, first - reads[0] * lanes, last)
    for k in range(3):
        shift = reads[KEPT + k]
        if shift >= 0:
            start = np.uintp(first - shift * lanes)
            _mean_ten(w, np.uintp(BODY + k), back, start, np.uintp(last), FACTORS[k], DIVISORS[k])
    if near >= 0:
        _mean_five(w, back, np.uintp(first - near * lanes), np.uintp(last))
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
def hide(memory, w, back, limits, y):
    """Count the bars of each lane, and put UNKNOWN where an answer is unknown; limits: lookback and span."""
    first, lookback, span = back * np.uintp(PAST), float(limits[0]), float(limits[1])
    for t in range(np.uintp(0), np.uintp(y.size), back):
        for j in range(back):
            k = first + t + j
            whole = abs(w[O, k] + w[H, k] + w[L, k] + w[C, k]) < np.inf
            seen = min(memory[j] + 1.0, CAP) if whole | (memory[j] > 0.0) else 0.0
            age = min(memory[back + j] + 1.0, CAP) if whole else 0.0
            memory[j], memory[back + j] = seen, age
            y[t + j] = y[t + j] if (seen > lookback) & (age >= span) else UNKNOWN


# -------------------------------------------------------------------------------------------------------- kernels


# What a pattern reads: bars before this one; how many bars back it asks for each limit (-1: never); TA-Lib's lookback,
# where that is more than what is read.
Reads = namedtuple("Reads", ["past", "long", "tiny", "slim", "near", "lookback"], defaults=[0, -1, -1, -1, -1, None])


def span_of(reads: Reads) -> int:
    """Return the number of bars that an answer waits for: those it reads, and no fewer than the lookback."""
    tens = [10 + shift for shift in (reads.long, reads.tiny, reads.slim) if shift >= 0]
    fives = [5 + reads.near] if reads.near >= 0 else []
    return int(max(1 + max([reads.past, *tens, *fives]), reads.lookback or 0))


def lookback_of(reads: Reads) -> int:
    """Return the first bar of an answer."""
    return span_of(reads) - 1 if reads.lookback is None else int(reads.lookback)


def limits_of(reads: Reads) -> Any:
    """Return lookback and span."""
    return np.array([lookback_of(reads), span_of(reads)], np.int8)


def numbers_of(reads: Reads) -> Any:
    """Return the bars that a state keeps of each of the first rows, then the shifts of the four limits."""
    past = reads.past
    ranges = max([10 + reads.tiny - past] * (reads.tiny >= 0) + [5 + reads.near - past] * (reads.near >= 0) + [0])
    bodies, shadows = (10 + shift - past if shift >= 0 else 0 for shift in (reads.long, reads.slim))
    return np.array([past] * 4 + [bodies, ranges, shadows, reads.long, reads.tiny, reads.slim, reads.near])


def rows_of(reads: Reads) -> int:
    """Return the number of rows of the state."""
    return 2 + int(numbers_of(reads)[:KEPT].sum())


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
            hide(blocks[0], w, back, LIMITS, part)


def deep_kernel(state, open_, high, low, close, penetration, y):
    """A template: what the kernel of a pattern that has a penetration does."""
    blocks, codes, lanes = flat(state, open_, high, low, close), along(y), close.shape[1]
    size, w, now, back = room(close.shape[0], lanes)
    for lo in range(0, codes.size, size):
        part = codes[lo : lo + size]
        unknown = prepare(blocks, lo, lo + part.size, READS, lanes, w)
        PATTERN(w, now, back, penetration, part)
        if unknown:
            hide(blocks[0], w, back, LIMITS, part)


def made(template: Any, name: str, module: str, reads: Reads, limits: Any, pattern: Any = None) -> Any:
    """Return a kernel: a copy of the template, as numba keeps no closure over a function or an array on disk."""
    given = {"PATTERN": pattern, "READS": numbers_of(reads), "LIMITS": limits}
    copy = FunctionType(template.__code__, {**template.__globals__, **given}, name)
    copy.__qualname__, copy.__module__ = name, module
    copy.__doc__ = f"""{name}. state ({rows_of(reads)}, L): bars seen, bars since a missing one, the bars before."""
    return kernel(copy)
