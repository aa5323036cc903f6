"""Run a kernel over whole blocks, and find out what was missing in them for as little as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.indicators.plan import FloatArray, Plan
from quantperf.kernels import layout


def read_only(block: FloatArray) -> FloatArray:
    """Return a view that cannot be written: the one kind of array that kernels are compiled for."""
    if block.flags.writeable:
        block = block.view()
        block.setflags(write=False)
    return block


def time_major(table: FloatArray) -> FloatArray:
    """Return a table (bars, symbols) in C order, read-only; one that is symbol-major is turned once."""
    if table.flags.c_contiguous:
        return read_only(table)
    if not table.flags.f_contiguous:
        return read_only(np.ascontiguousarray(table))
    block = np.empty(table.shape)
    layout.turn(read_only(table).T, block)
    return read_only(block)


def finite(block: FloatArray) -> FloatArray:
    """Return the block, read-only, with infinities as missing."""
    infinite = np.isinf(block)
    return read_only(np.where(infinite, np.nan, block) if infinite.any() else block)


def counts(blocks: Sequence[FloatArray]) -> tuple[int, int]:
    """Return how many values of the blocks are missing, and how many are infinite."""
    missing, infinite = layout.survey(tuple(read_only(block) for block in blocks))
    return int(missing), int(infinite)


def over(
    plan: Plan, state: FloatArray, blocks: Sequence[FloatArray], y: npt.NDArray[Any], told_after: int | None = None
) -> tuple[int, int]:
    """Run from `state`, which moves on, over C-ordered read-only blocks (bars, lanes) into `y`.

    Infinite values are taken as missing. Return how many values were missing, and how many infinite.

    A kernel that takes infinite values for missing by itself shows them as unknown in `y`: then `told_after` is the
    number of unknown values that its warm-up alone gives, and the inputs are surveyed only if there are more. One look
    at an output instead of three or four at inputs (ATR of 1e6 bars 2.0 -> 1.5 ms).
    """
    if told_after is None:
        found = counts(blocks)
        plan.kernel(state, *(map(finite, blocks) if found[1] else blocks), *plan.params, y)
        return found
    plan.kernel(state, *blocks, *plan.params, y)
    shown = y if y.ndim == 2 else y[-1]
    unknown = layout.survey((shown,))[0] if y.dtype == np.float64 else np.count_nonzero(shown == np.int8(-128))
    return counts(blocks) if unknown > told_after else (0, 0)
