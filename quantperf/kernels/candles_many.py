"""All candlestick patterns in one pass, which share features, means and limits."""

from __future__ import annotations

import numpy as np

from quantperf.kernels import candles_more as more
from quantperf.kernels import candles_one as one
from quantperf.kernels import candles_three as three
from quantperf.kernels import candles_two as two
from quantperf.kernels._jit import step
from quantperf.kernels.candle_parts import (
    LOOKBACK,
    PAST,
    REACH,
    SPAN,
    count,
    made,
    mask,
    prepare,
    room,
    slide,
)
from quantperf.kernels.windows import along

GROUPS = (one.GROUP, two.GROUP, three.GROUP, more.GROUP)
NAMES = tuple(sorted(name for group in GROUPS for name in group.names))  # TA-Lib's order too
_TABLE = np.array([next(group.numbers[name] for group in GROUPS if name in group.numbers) for name in NAMES])
LIMITS = _TABLE[:, [LOOKBACK, SPAN]].astype(np.int8)
READS = _TABLE.max(axis=0)  # all that any of them asks for
ONE, TWO, THREE, MORE = (np.array([NAMES.index(name) for name in group.names]) for group in GROUPS)


@step
def _begins(on, size):
    """Where each pattern's codes begin in a block that has those selected only; -1 if it is not."""
    begins, at = np.empty(on.size, np.int64), 0
    for k in range(on.size):
        begins[k] = at if on[k] else -1
        at += size if on[k] else 0
    return begins


@step
def _part(codes, begin, lo, hi):
    """Codes of a pattern for the chunk from `lo` to `hi`; nothing if it is not selected."""
    return codes[max(begin, 0) + lo : max(begin, 0) + (hi if begin >= 0 else lo)]


@step
def _hide(memory, blocks, lo, hi, lanes, begins, codes):
    """Put UNKNOWN where an answer is unknown."""
    seens, ages = np.empty(hi - lo, np.int8), np.empty(hi - lo, np.int8)
    count(memory, blocks, lo, lanes, seens, ages)
    for k in range(begins.size):
        mask(seens, ages, LIMITS[k, 0], LIMITS[k, 1], _part(codes, begins[k], lo, hi))


def _every(state, open_, high, low, close, on, penetrations, y):
    """The patterns where `on` holds, in the order of `NAMES`, with a penetration each; y (those on, bars, L)."""
    blocks, codes, lanes = (along(open_), along(high), along(low), along(close)), along(y), close.shape[1]
    size, w, now, back = room(close.shape[0], lanes, READS[PAST] if close.shape[0] == 1 else READS[REACH])
    memory, begins = along(state), _begins(on, close.size)
    for lo in range(0, close.size, size):
        hi = min(lo + size, close.size)
        if lo > 0:
            slide(READS, lanes, np.int64(now), w, np.uintp(size))
        unknown = prepare(memory, blocks, (0, close.size), lo, hi, READS, lanes, np.int64(now), w)
        for which in range(ONE.size):
            k = ONE[which]
            if on[k]:
                one.pick(which, w, now, back, penetrations[k], _part(codes, begins[k], lo, hi))
        for which in range(TWO.size):
            k = TWO[which]
            if on[k]:
                two.pick(which, w, now, back, penetrations[k], _part(codes, begins[k], lo, hi))
        for which in range(THREE.size):
            k = THREE[which]
            if on[k]:
                three.pick(which, w, now, back, penetrations[k], _part(codes, begins[k], lo, hi))
        for which in range(MORE.size):
            k = MORE[which]
            if on[k]:
                more.pick(which, w, now, back, penetrations[k], _part(codes, begins[k], lo, hi))
        if unknown:
            _hide(memory, blocks, lo, lo + unknown, lanes, begins, codes)


candles = made(_every, "candles", __name__, {})
