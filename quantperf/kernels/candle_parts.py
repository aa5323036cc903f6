"""What candlestick patterns are made of: the work table, its features and means, the history, and the unknown bars.

A pattern is a `@step` ``pattern(w, now, back, y)``: a loop without branches over a chunk of bars, which LLVM turns into
vectors. The work table ``w (ROWS, room)`` holds one feature a row (prices, ends of the body, shadows, limits), bars
time-major and flat, so "one bar before" lies `back` = lanes numbers to the left, for a series and a panel alike. Before
the chunk stand as many bars as the pattern reaches back. Places are unsigned: numba then asks for no wrap-around, which
would be a branch.

Only the rows that a pattern names are filled, which its own code tells (`named`): doji fills three of them.

What counts as long, short, near and flat is TA-Lib's default setting: a multiple of the mean of 5 or 10 bars *before*
the bar in question. The arithmetic of that mean (sum, division, factor) is kept in this order, because a pattern is a
comparison and a last bit decides ties. Sums of differences of prices are exact (all are multiples of one unit in the
last place), so the order of addition cannot decide them.

The patterns of a file share one kernel, which is told the number of the pattern: 61 kernels of their own, each in two
forms for the two orders of a panel, took 122 s to compile, and four take 38 s. It runs along columns by itself.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
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
SIGN, LIMIT = 17, 18  # of a pattern that waits for a confirmation
ROWS = 19
KEPT = 7  # rows of which a state keeps the last bars
# What a pattern asks for, in a row of numbers: bars to keep of each of the first rows, how many bars back it asks for
# each limit, which prices it names, whether it names ends or shadows, its lookback and span, how far it reaches with
# its means, and how far without.
SHIFTS, COPIED, ENDS, SHADES, LOOKBACK, SPAN, REACH, PAST = 7, 11, 15, 16, 17, 18, 19, 20
FACTORS, HALVES = np.array([1.0, 0.1, 1.0]), np.array([1.0, 1.0, 0.5])
CHUNK = 4096  # numbers of a feature at a time, so that the rows in use stay in cache
CAP = 64.0  # counts of bars stop here; more than any lookback
HEADS = 3  # rows of a state before its bars: bars seen, bars since a missing one, bars in all


@step
def places(now, back, t):
    """Places of bar t of the chunk and of the four before it."""
    i = now + np.uintp(t)
    j = i - back
    k = j - back
    m = k - back
    return i, j, k, m, m - back


@step
def room(bars, lanes, reach):
    """Numbers a chunk, its work table, the place of its first bar, and the distance of two bars.

    A chunk is small enough for the cache, has at least 32 bars, so that their past costs little, and no more than
    there are.
    """
    size = lanes * min(max(CHUNK // max(lanes, 1), 32), max(bars, 1))
    return size, np.empty((ROWS, reach * lanes + size)), np.uintp(reach * lanes), np.uintp(lanes)


# ------------------------------------------------------------------------------------------------------ features


@step
def _sizes(o, h, l, c, body, span):  # noqa: E741
    """Body and range of bars. Return how many are missing."""
    missing = 0
    for i in range(o.size):
        body[i], span[i] = abs(c[i] - o[i]), h[i] - l[i]
        missing += not abs(o[i] + h[i] + l[i] + c[i]) < np.inf
    return missing


@step
def _copy(x, row):
    """Copy the prices of a chunk."""
    for i in range(x.size):
        row[i] = x[i]


@step
def _ends(w, start, stop):
    """Ends of the body."""
    for i in range(start, stop):
        rising = w[C, i] >= w[O, i]
        w[TOP, i], w[FLOOR, i] = (w[C, i], w[O, i]) if rising else (w[O, i], w[C, i])


@step
def _shades(w, start, stop):
    """Shadows."""
    for i in range(start, stop):
        w[ABOVE, i], w[BELOW, i] = w[H, i] - w[TOP, i], w[FLOOR, i] - w[L, i]


@step
def _both_shades(w, start, stop):
    """Both shadows of a bar together."""
    for i in range(start, stop):
        w[SHADOWS, i] = w[ABOVE, i] + w[BELOW, i]


@step
def _mean_ten(w, row, back, start, stop, factor, half):
    """Limit of each bar from the ten bars before it.

    Nine additions a bar that vectorise beat the rolling halves of `windows`, which are one after the other.
    """
    limits = row + np.uintp(3)
    for i in range(start, stop):
        a = i - back
        b = a - back
        c = b - back
        d = c - back
        e = d - back
        f = e - back
        g = f - back
        h = g - back
        p = h - back
        fours = ((w[row, a] + w[row, b]) + (w[row, c] + w[row, d])) + (
            (w[row, e] + w[row, f]) + (w[row, g] + w[row, h])
        )
        w[limits, i] = factor * ((fours + (w[row, p] + w[row, p - back])) / 10.0) * half


@step
def _mean_five(w, back, start, stop):
    """What is near, far and equal to each bar, from the mean range of the five bars before it."""
    for i in range(start, stop):
        a = i - back
        b = a - back
        c = b - back
        d = c - back
        mean = (((w[RANGE, a] + w[RANGE, b]) + (w[RANGE, c] + w[RANGE, d])) + w[RANGE, d - back]) / 5.0
        w[NEAR, i], w[FAR, i], w[EQUAL, i] = 0.2 * mean, 0.6 * mean, 0.05 * mean


# ------------------------------------------------------------------------------------------------------- history


@step
def _kept(at, bars, count, age, lanes):
    """Where the state keeps the bar of this age, in the ring of so many bars that begins at `at`."""
    return np.uintp(at + (count - age) % bars * lanes)


@step
def _recall(memory, reads, lanes, first, past, w):
    """Put the bars before a block in front of it, no more than `past` of each row."""
    at, count = HEADS * lanes, np.int64(memory[2 * lanes])
    for row in range(KEPT):
        for age in range(1, min(reads[row], past) + 1):
            begin, out = _kept(at, reads[row], count, age, lanes), np.uintp(first - age * lanes)
            for j in range(np.uintp(lanes)):
                w[row, out + j] = memory[begin + j]
        at += reads[row] * lanes


@step
def _ten_kept(memory, at, bars, count, age, lanes, limits, factor, half):
    """`_mean_ten` for the bar of this age, straight from the ring."""
    a, b = _kept(at, bars, count, age + 1, lanes), _kept(at, bars, count, age + 2, lanes)
    c, d = _kept(at, bars, count, age + 3, lanes), _kept(at, bars, count, age + 4, lanes)
    e, f = _kept(at, bars, count, age + 5, lanes), _kept(at, bars, count, age + 6, lanes)
    g, h = _kept(at, bars, count, age + 7, lanes), _kept(at, bars, count, age + 8, lanes)
    p, q = _kept(at, bars, count, age + 9, lanes), _kept(at, bars, count, age + 10, lanes)
    for j in range(np.uintp(lanes)):
        four = (memory[a + j] + memory[b + j]) + (memory[c + j] + memory[d + j])
        eight = four + ((memory[e + j] + memory[f + j]) + (memory[g + j] + memory[h + j]))
        limits[j] = factor * ((eight + (memory[p + j] + memory[q + j])) / 10.0) * half


@step
def _five_kept(memory, at, bars, count, age, lanes, near, far, equal):
    """`_mean_five` for the bar of this age, straight from the ring."""
    a, b = _kept(at, bars, count, age + 1, lanes), _kept(at, bars, count, age + 2, lanes)
    c, d = _kept(at, bars, count, age + 3, lanes), _kept(at, bars, count, age + 4, lanes)
    e = _kept(at, bars, count, age + 5, lanes)
    for j in range(np.uintp(lanes)):
        mean = (((memory[a + j] + memory[b + j]) + (memory[c + j] + memory[d + j])) + memory[e + j]) / 5.0
        near[j], far[j], equal[j] = 0.2 * mean, 0.6 * mean, 0.05 * mean


@step
def _limits_kept(memory, reads, lanes, first, w):
    """Limits of one live bar and of those before that are asked for; no bar is moved for them."""
    at, count = HEADS * lanes, np.int64(memory[2 * lanes])
    for row in range(KEPT):
        bars = reads[row]
        if row >= BODY:
            for age in range(reads[SHIFTS + row - BODY] + 1):
                begin = first - age * lanes
                limits = w[row + 3, begin : begin + lanes]
                _ten_kept(memory, at, bars, count, age, lanes, limits, FACTORS[row - BODY], HALVES[row - BODY])
        if row == RANGE:
            for age in range(reads[SHIFTS + 3] + 1):
                begin, end = first - age * lanes, first - age * lanes + lanes
                near, far, equal = w[NEAR, begin:end], w[FAR, begin:end], w[EQUAL, begin:end]
                _five_kept(memory, at, bars, count, age, lanes, near, far, equal)
        at += bars * lanes


@step
def _keep(memory, reads, lanes, last, bars_now, w):
    """Keep the last bars of a block for the next one."""
    at, count = HEADS * lanes, np.int64(memory[2 * lanes]) + bars_now
    for row in range(KEPT):
        bars = reads[row]
        for age in range(1, min(bars, bars_now) + 1):
            out, begin = _kept(at, bars, count, age, lanes), np.uintp(last - age * lanes)
            for j in range(np.uintp(lanes)):
                memory[out + j] = w[row, begin + j]
        at += bars * lanes
    for j in range(2 * lanes, HEADS * lanes):
        memory[j] = count


@step
def slide(reads, lanes, first, w, size):
    """Put the last bars of a chunk in front of the next one."""
    for row in range(KEPT):
        begin = np.uintp(first - reads[row] * lanes)
        for i in range(begin, np.uintp(first)):
            w[row, i] = w[row, i + size]


@step
def _features(blocks, lo, hi, reads, lanes, first, w):
    """Fill the rows that are asked for, for the chunk from `lo` to `hi`. Return how many bars are missing."""
    opens, highs, lows, closes = blocks
    last = np.uintp(first + hi - lo)
    body, span = w[BODY, first : first + hi - lo], w[RANGE, first : first + hi - lo]
    missing = _sizes(opens[lo:hi], highs[lo:hi], lows[lo:hi], closes[lo:hi], body, span)
    for row in range(4):
        if reads[COPIED + row]:
            column = opens if row == O else (highs if row == H else (lows if row == L else closes))
            _copy(column[lo:hi], w[row, first : first + hi - lo])
    start = np.uintp(first - reads[O] * lanes)
    if reads[ENDS]:
        _ends(w, start, last)
    if reads[SHADES]:
        _shades(w, start, last)
    if reads[SHADOWS]:
        _both_shades(w, start, last)
    return missing


@step
def _limits(reads, lanes, first, last, w):
    """Limits of the bars of a chunk, and of those before that are asked for."""
    back = np.uintp(lanes)
    for k in range(3):
        shift = reads[SHIFTS + k]
        if shift >= 0:
            _mean_ten(
                w, np.uintp(BODY + k), back, np.uintp(first - shift * lanes), np.uintp(last), FACTORS[k], HALVES[k]
            )
    if reads[SHIFTS + 3] >= 0:
        _mean_five(w, back, np.uintp(first - reads[SHIFTS + 3] * lanes), np.uintp(last))


@step
def prepare(memory, blocks, ends, lo, hi, reads, lanes, first, w):
    """Fill the work table for the chunk from `lo` to `hi`, of a block that goes from and to `ends`.

    Return in how many numbers of the chunk, from its start, an answer may be unknown: all if a bar is missing; as many
    as the counts of bars need to be full if a lane is young, or had a missing bar lately.
    """
    begin, end = ends
    live = end - begin == lanes
    if lo == begin:
        _recall(memory, reads, lanes, first, reads[PAST] if live else reads[REACH], w)
    missing = _features(blocks, lo, hi, reads, lanes, first, w)
    if live:
        _limits_kept(memory, reads, lanes, first, w)
    else:
        _limits(reads, lanes, first, first + hi - lo, w)
    if hi == end:
        _keep(memory, reads, lanes, first + hi - lo, (end - begin) // lanes, w)
    young = 0
    for j in range(lanes, 2 * lanes):
        young += memory[j] < CAP
    if missing:
        return hi - lo
    return min(hi - lo, int(CAP) * lanes) if young else 0


# ------------------------------------------------------------------------------------------------------- unknown


@step
def count(memory, blocks, lo, lanes, seens, ages):
    """Count the bars of each lane from its first whole one on, and the whole ones since the last missing one."""
    opens, highs, lows, closes = blocks
    for t in range(0, seens.size, lanes):
        first, out = np.uintp(lo + t), np.uintp(t)
        for j in range(np.uintp(lanes)):
            i, k = first + j, np.uintp(lanes) + j
            whole = abs(opens[i] + highs[i] + lows[i] + closes[i]) < np.inf
            seen = min(memory[j] + 1.0, CAP) if whole | (memory[j] > 0.0) else 0.0
            age = min(memory[k] + 1.0, CAP) if whole else 0.0
            memory[j], memory[k], seens[out + j], ages[out + j] = seen, age, np.int8(seen), np.int8(age)


@step
def mask(seens, ages, lookback, span, y):
    """Put UNKNOWN where fewer bars than the lookback came, or one of the `span` bars that an answer reads lacks."""
    for i in range(y.size):
        y[i] = y[i] if (seens[i] > lookback) & (ages[i] >= span) else UNKNOWN


@step
def hide(memory, blocks, lo, lanes, reads, y):
    """Count the bars of each lane, and put UNKNOWN where an answer is unknown."""
    opens, highs, lows, closes = blocks
    back, lookback, span = np.uintp(lanes), float(reads[LOOKBACK]), float(reads[SPAN])
    for t in range(np.uintp(0), np.uintp(y.size), back):
        for j in range(back):
            k = np.uintp(lo) + t + j
            whole = abs(opens[k] + highs[k] + lows[k] + closes[k]) < np.inf
            seen = min(memory[j] + 1.0, CAP) if whole | (memory[j] > 0.0) else 0.0
            age = min(memory[back + j] + 1.0, CAP) if whole else 0.0
            memory[j], memory[back + j] = seen, age
            y[t + j] = y[t + j] if (seen > lookback) & (age >= span) else UNKNOWN


# ---------------------------------------------------------------------------------------------------- what is asked


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


def named(pattern: Any) -> frozenset[str]:
    """Return the rows of the work table that a pattern names in its code, or in that of a step that it calls."""
    plain = getattr(pattern, "py_func", pattern)
    found = frozenset(plain.__code__.co_names)
    for name in found:
        called = plain.__globals__.get(name)
        if callable(called) and getattr(called, "__module__", None) == plain.__module__:
            found |= named(called)
    return found


def numbers_of(reads: Reads, rows: frozenset[str]) -> list[int]:
    """Return what is asked for as a row of numbers; see `SHIFTS`."""
    shades = bool(rows & {"ABOVE", "BELOW", "SLIM"})
    ends = shades or bool(rows & {"TOP", "FLOOR"})
    prices = [bool(rows & {"O"}) or ends, bool(rows & {"H"}) or shades, bool(rows & {"L"}) or shades]
    prices.append(bool(rows & {"C"}) or ends)
    bodies = max(reads.past * ("BODY" in rows), (10 + reads.long) * (reads.long >= 0))
    ranges = max((10 + reads.tiny) * (reads.tiny >= 0), (5 + reads.near) * (reads.near >= 0))
    shadows = (10 + reads.slim) * (reads.slim >= 0)
    kept = [*(reads.past * asked for asked in prices), bodies, ranges, shadows]
    shifts = [reads.long, reads.tiny, reads.slim, reads.near]
    last = [lookback_of(reads), span_of(reads), max(reads.past, *kept), reads.past]
    return [*kept, *shifts, *map(int, prices), int(ends), int(shades), *last]


def rows_of(numbers: Any) -> int:
    """Return the number of rows of the state."""
    return HEADS + int(sum(numbers[:KEPT]))


# -------------------------------------------------------------------------------------------------------- kernels

PICK: Any = None
READS: Any = None


def picked(state, open_, high, low, close, which, penetration, columns, y):
    """A template: what the kernel of a file of patterns does."""
    blocks, codes, memories = (along(open_), along(high), along(low), along(close)), along(y), along(state)
    reads, lines, lanes, slots = READS[which], 1, state.shape[1], state.shape[0] * state.shape[1]
    if columns:
        lines, lanes, slots = state.shape[0], 1, state.shape[1]
    numbers = codes.size // max(lines, 1)
    bars = numbers // max(lanes, 1)
    size, w, now, back = room(bars, lanes, reads[PAST] if bars == 1 else reads[REACH])
    for line in range(lines):
        memory, ends = memories[line * slots : (line + 1) * slots], (line * numbers, (line + 1) * numbers)
        for lo in range(ends[0], ends[1], size):
            part = codes[lo : min(lo + size, ends[1])]
            if lo > ends[0]:
                slide(reads, lanes, np.int64(now), w, np.uintp(size))
            unknown = prepare(memory, blocks, ends, lo, lo + part.size, reads, lanes, np.int64(now), w)
            PICK(which, w, now, back, penetration, part)
            if unknown:
                hide(memory, blocks, lo, lanes, reads, part[:unknown])


# The patterns of a file: their names, what each asks for, and the kernel that they share.
Group = namedtuple("Group", ["names", "numbers", "kernel"])


def group(module: str, pick: Any, patterns: Mapping[str, tuple[Any, Reads]]) -> Group:
    """Return the patterns of a file, numbered in this order; `pick` is the step that runs one of them by its number."""
    numbers = {name: numbers_of(reads, named(pattern)) for name, (pattern, reads) in patterns.items()}
    given = {"PICK": pick, "READS": np.array(list(numbers.values()))}
    return Group(tuple(patterns), numbers, made(picked, module.rpartition(".")[2], module, given))


def made(template: Any, name: str, module: str, given: Mapping[str, Any]) -> Any:
    """Return a kernel: a copy of the template, as numba keeps no closure over a function or an array on disk."""
    copy = FunctionType(template.__code__, {**template.__globals__, **given}, name)
    copy.__qualname__, copy.__module__ = name, module
    copy.__doc__ = f"""{name}. state (rows, L): bars seen, bars since a missing one, bars in all, then for each row of
    the work table that is read a ring of its bars before. With `columns`, blocks (L, bars) and state (L, rows)."""
    return kernel(copy)
