"""Indicators made of other indicators: a chain of kernels that is used as one kernel.

TA-Lib lets users choose the kind of average inside a dozen of its functions; fourteen kinds in each would be too many
kernels to compile. What everyone uses is one kernel; the rest is a chain: each stage reads inputs or what earlier
stages gave, whole blocks at a time, and has its own rows of the state. So a chain streams, pickles and resumes as a
kernel does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.indicators.plan import FloatArray, Plan, Rows


@dataclass(frozen=True, slots=True)
class Stage:
    """One kernel of a chain.

    Attributes
    ----------
    plan : Plan
        Its kernel, parameters and rows.
    reads : tuple of int
        Which lines it reads: those of the chain's inputs come first, then what the stages gave, in order.
    outputs : int
        How many lines it gives; 1 for a kernel with one block.
    """

    plan: Plan
    reads: tuple[int, ...]
    outputs: int = 1


@dataclass(frozen=True, slots=True)
class Chain:
    """Stages in order, and which lines are its outputs; called as a kernel without parameters."""

    stages: tuple[Stage, ...]
    gives: tuple[int, ...]

    def __call__(self, state: FloatArray, *blocks: npt.NDArray[Any]) -> None:
        """Run all stages from `state` over the blocks; the last block is for the outputs."""
        lines, y = list(blocks[:-1]), blocks[-1]
        at = 0
        for stage in self.stages:
            rows = sum(count for _, count in stage.plan.rows)
            shape = lines[0].shape if stage.outputs == 1 else (stage.outputs, *lines[0].shape)
            room = np.empty(shape)
            stage.plan.kernel(state[at : at + rows], *(lines[i] for i in stage.reads), *stage.plan.params, room)
            room.setflags(write=False)
            lines += [room] if stage.outputs == 1 else list(room)
            at += rows
        for i, line in enumerate(self.gives):
            (y if y.ndim == 2 else y[i])[...] = lines[line]


def chained(stages: Sequence[Stage], *gives: int) -> Plan:
    """Return the plan of a chain that gives these lines."""
    rows: tuple[Rows, ...] = tuple(row for stage in stages for row in stage.plan.rows)
    return Plan(Chain(tuple(stages), gives), (), rows, chained=True)
