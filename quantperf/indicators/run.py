"""Run a kernel over blocks of any size and order, and look at what is missing on the way.

Kernels resume, so a long run is cut into chunks of bars that stay in the cache of the core: a symbol-major block
is turned, a chunk is surveyed for missing and infinite values, and the kernel reads it while it is still there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.indicators.plan import FloatArray, Plan
from quantperf.kernels import layout

CHUNK_VALUES = 32_768  # values of one input in a chunk: 256 KiB
SLAB = 64  # symbols of a symbol-major block that are turned together


def read_only(block: FloatArray) -> FloatArray:
    """Return a view that cannot be written: the one kind of array that kernels are compiled for."""
    if block.flags.writeable:
        block = block.view()
        block.setflags(write=False)
    return block


def finite(block: FloatArray) -> FloatArray:
    """Return the block, read-only, with infinities as missing."""
    infinite = np.isinf(block)
    return read_only(np.where(infinite, np.nan, block) if infinite.any() else block)


def counts(blocks: Sequence[FloatArray]) -> tuple[int, int]:
    """Return how many values of the blocks are missing, and how many are infinite."""
    missing, infinite = layout.survey(tuple(read_only(np.ascontiguousarray(block)) for block in blocks))
    return int(missing), int(infinite)


def over(
    plan: Plan, state: FloatArray, blocks: Sequence[FloatArray], y: npt.NDArray[Any], *, survey: bool = True
) -> tuple[int, int]:
    """Run from `state`, which moves on, over read-only blocks (bars, lanes), C-ordered or symbol-major, into `y`.

    Infinite values are taken as missing. Return how many missing and how many infinite values there were; without
    `survey`, for kernels that take infinite values for missing by themselves, nothing is counted.
    """
    if not all(block.flags.c_contiguous for block in blocks):
        return _in_slabs(plan, state, blocks, y)
    if not survey:
        plan.kernel(state, *blocks, *plan.params, y)
        return 0, 0
    if blocks[0].size <= 2 * CHUNK_VALUES or y.ndim == 3:  # several outputs are not contiguous in a chunk
        missing, infinite = layout.survey(tuple(blocks))
        plan.kernel(state, *(map(finite, blocks) if infinite else blocks), *plan.params, y)
        return missing, infinite
    return _in_chunks(plan, state, blocks, y)


def _in_chunks(plan: Plan, state: FloatArray, blocks: Sequence[FloatArray], y: npt.NDArray[Any]) -> tuple[int, int]:
    """Run over C-ordered blocks, some bars at a time."""
    bars, lanes = blocks[0].shape
    size = max(CHUNK_VALUES // max(lanes, 1), 8)
    missing = infinite = 0
    for lo in range(0, bars, size):
        pieces = [block[lo : lo + size] for block in blocks]
        found = layout.survey(tuple(pieces))
        missing, infinite = missing + found[0], infinite + found[1]
        plan.kernel(state, *(map(finite, pieces) if found[1] else pieces), *plan.params, y[lo : lo + size])
    return missing, infinite


def _in_slabs(plan: Plan, state: FloatArray, blocks: Sequence[FloatArray], y: npt.NDArray[Any]) -> tuple[int, int]:
    """Run over symbol-major blocks, some symbols and bars at a time.

    Symbols first: a turn then reads whole pages of each column (0.5 ns a value from memory). All 500 symbols with 65
    bars at a time read an eighth of a page each, and wait for memory (1.0 ns).
    """
    bars, lanes = blocks[0].shape
    size, missing, infinite = max(CHUNK_VALUES // SLAB, 8), 0, 0
    for left in range(0, lanes, SLAB):
        right = min(left + SLAB, lanes)
        part = np.ascontiguousarray(state[:, left:right])
        for lo in range(0, bars, size):
            hi = min(lo + size, bars)
            pieces = [_turned(block, lo, hi, left, right) for block in blocks]
            found = layout.survey(tuple(pieces))
            missing, infinite = missing + found[0], infinite + found[1]
            values = np.empty((*y.shape[:-2], hi - lo, right - left), dtype=y.dtype)
            plan.kernel(part, *(map(finite, pieces) if found[1] else pieces), *plan.params, values)
            y[..., lo:hi, left:right] = values
        state[:, left:right] = part
    return missing, infinite


def _turned(block: FloatArray, lo: int, hi: int, left: int, right: int) -> FloatArray:
    """Return some bars of some symbols, time-major and read-only."""
    if not block.flags.f_contiguous:
        return read_only(np.ascontiguousarray(block[lo:hi, left:right]))
    piece = np.empty((hi - lo, right - left))
    layout.turn(block.T[left:right], lo, piece)
    piece.setflags(write=False)
    return piece
