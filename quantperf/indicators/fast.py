"""``mode="fast"``: one very long series through a recurrence in half the time, equal within rounding only.

A recurrence waits for itself on every bar; in `kernels.stretches` several parts of the series run side by side, each
from a state that began `settle(1e-16)` bars early. The result equals the exact one within about 1e-13 of the values,
not to the bit, and says ``exact=False``. Where that cannot be (missing bars, short series) or gains nothing (windows,
tables, policies for missing bars), the result is the exact one and says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from quantperf.errors import ParameterError, one_of
from quantperf.indicators import run
from quantperf.indicators.plan import FloatArray
from quantperf.kernels import averages, momentum, rates, stretches

if TYPE_CHECKING:
    from quantperf.indicators.indicator import Call, Indicator

MODES = ("exact", "fast")
FORGOTTEN = 1e-16  # weight of a seed, below what a float64 holds
SHORTEST = 20_000  # bars; below, the exact way is through before the difference matters
# Kernels of which there is a loop over stretches, and over how many.
LOOPS: Mapping[Callable[..., None], tuple[Callable[..., None], int]] = {
    averages.ema: (stretches.ema, 4),
    averages.rma: (stretches.rma, 4),
    momentum.macd: (stretches.macd, 2),
    momentum.rsi: (stretches.rsi, 2),
    rates.oscillator: (stretches.oscillator, 2),
}


def wanted(entry: Indicator, call: Call, mode: object) -> bool:
    """Return whether the fast way may be tried; refuse it where it would be wrong."""
    if mode == "exact":
        return False
    if mode != "fast":
        raise one_of("mode", MODES, mode)
    if not math.isfinite(entry.settle(convention=call.convention, **call.params)):
        raise ParameterError(
            f"mode must be 'exact' for {entry.name}, got 'fast': it never forgets its first bars; leave mode out"
        )
    return call.plan.kernel in LOOPS and call.policy.kind == "local"


def compute(
    entry: Indicator, call: Call, blocks: Sequence[FloatArray], target: npt.NDArray[Any] | None = None
) -> tuple[npt.NDArray[Any], int, int] | None:
    """Return the outputs of one series, and how many values were missing and infinite; None if only exact will do."""
    bars, lanes = blocks[0].shape
    if lanes != 1 or bars < SHORTEST:
        return None
    early = int(entry.settle(FORGOTTEN, convention=call.convention, **call.params)) + 1
    loop, count = LOOPS[call.plan.kernel]
    missing, infinite = run.counts(blocks)
    begin = int((~np.isnan(blocks[0][:, 0])).argmax()) if missing else 0
    head = begin + max(call.lookbacks) + 1
    head += (bars - head) % count
    size = (bars - head) // count
    if infinite or missing > begin or size < early:
        return None  # a late listing is free, but a hole is not: a stretch that starts early must find its bars
    lines = [run.time_major(block) for block in blocks]
    y = entry.empty((bars, 1), target)
    states = call.start(count)
    for k in range(count):
        start = head + k * size
        state = call.start(1)
        part = _exactly(entry, call, state, [line[start - early if k else 0 : start] for line in lines])
        states[:, k : k + 1] = state
        if k == 0:
            y[..., :head, :] = part
    loop(states, *lines, *call.plan.params, head, y)
    return y, missing, infinite


def _exactly(entry: Indicator, call: Call, state: FloatArray, blocks: Sequence[FloatArray]) -> npt.NDArray[Any]:
    """Return the outputs of some bars by the kernel itself; `state` moves on."""
    room = entry.empty(blocks[0].shape)
    call.plan.kernel(state, *blocks, *call.plan.params, room)
    return room
