"""Run a kernel over whole blocks, and find out what was missing in them for as little as possible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.indicators.plan import FloatArray, Plan
from quantperf.kernels import layout
from quantperf.kernels.candles import UNKNOWN


def read_only(block: FloatArray) -> FloatArray:
    """Return a view that cannot be written: the one kind of array that kernels are compiled for."""
    if block.flags.writeable:
        block = block.view()
        block.setflags(write=False)
    return block


def straight(table: FloatArray) -> FloatArray:
    """Return a table (bars, symbols) read-only, in C or in Fortran order."""
    if table.flags.c_contiguous or table.flags.f_contiguous:
        return read_only(table)
    return read_only(np.ascontiguousarray(table))


def time_major(block: FloatArray) -> FloatArray:
    """Return a block in C order, read-only; one that is symbol-major is turned."""
    if block.flags.c_contiguous:
        return read_only(block)
    turned = np.empty(block.shape)
    layout.turn(read_only(block).T, turned)
    return read_only(turned)


def symbol_major(blocks: Sequence[FloatArray]) -> bool:
    """Whether several blocks are all symbol-major: to turn them would cost more than panel order gains."""
    return len(blocks) > 1 and not any(block.flags.c_contiguous for block in blocks)


def finite(block: FloatArray) -> FloatArray:
    """Return the block, read-only, with infinities as missing."""
    infinite = np.isinf(block)
    return read_only(np.where(infinite, np.nan, block) if infinite.any() else block)


def counts(blocks: Sequence[FloatArray]) -> tuple[int, int]:
    """Return how many values of the blocks are missing, and how many are infinite."""
    rows = [read_only(block if block.flags.c_contiguous else block.T) for block in blocks]
    missing, infinite = layout.survey(tuple(rows))
    return int(missing), int(infinite)


def over(
    plan: Plan, state: FloatArray, blocks: Sequence[FloatArray], y: npt.NDArray[Any], told_after: int | None = None
) -> tuple[int, int]:
    """Run from `state`, which moves on, over blocks (bars, lanes) into `y`.

    Infinite values are taken as missing. Return how many values were missing, and how many infinite.

    A kernel that takes infinite values for missing by itself shows them as unknown in `y`: then `told_after` is the
    number of unknown values that its warm-up alone gives, and the inputs are surveyed only if there are more. One look
    at an output instead of three or four at inputs (ATR of 1e6 bars, with the test in its step: 2.0 -> 1.5 ms).
    """
    if told_after is None:
        blocks = [time_major(block) for block in blocks]
        found = counts(blocks)
        plan.kernel(state, *(map(finite, blocks) if found[1] else blocks), *plan.params, y)
        return found
    if symbol_major(blocks) and not y.flags.c_contiguous:
        _by_symbol(plan, state, blocks, y)
    else:
        plan.kernel(state, *map(time_major, blocks), *plan.params, y)
    shown = y if y.ndim == 2 else y[-1]
    shown = shown if shown.flags.c_contiguous else shown.T
    unknown = layout.survey((shown,))[0] if y.dtype == np.float64 else np.count_nonzero(shown == UNKNOWN)
    return counts(blocks) if unknown > told_after else (0, 0)


def _by_symbol(plan: Plan, state: FloatArray, blocks: Sequence[FloatArray], y: npt.NDArray[Any]) -> None:
    """Run over symbol-major blocks, into a symbol-major `y`, as one series after the other.

    Each column lies in one piece, so nothing is turned: ATR of 500 x 2 520 bars, three inputs, 4.3 instead of 8.2 ms.
    """
    bars = y.shape[-2]
    part = np.empty((*y.shape[:-1], 1), dtype=y.dtype)
    for j in range(y.shape[-1]):
        column = np.ascontiguousarray(state[:, j : j + 1])
        out = part if y.ndim == 3 else y[:, j].reshape(bars, 1)
        plan.kernel(column, *(block[:, j : j + 1] for block in blocks), *plan.params, out)
        state[:, j : j + 1] = column
        if y.ndim == 3:
            y[:, :, j] = part[:, :, 0]
