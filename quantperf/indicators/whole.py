"""Chains that pass over missing bars: what mixes windows with means that run for ever.

A mean that runs for ever cannot forget a missing bar, so such an indicator is computed over whole bars alone, as the
kernels of `exponential` do by themselves; here it is done around a chain, outside of compiled code. While all symbols
have had the same number of whole bars, a block goes through at once; when they part, those that are alike go together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.indicators.catalogue import CATALOG
from quantperf.indicators.chain import Chain, Lines, Stage
from quantperf.indicators.plan import FloatArray, Plan, zeros
from quantperf.indicators.run import read_only

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class WholeBars:
    """A chain over whole bars; called as a kernel without parameters. First row of its state: whole bars seen."""

    chain: Chain

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of the chain."""
        return self.chain.stages

    def __call__(self, state: FloatArray, *blocks: npt.NDArray[Any]) -> None:
        """Run the chain from `state` over the whole bars of the blocks; the last block is for the outputs."""
        inputs, y = blocks[:-1], blocks[-1]
        whole = np.logical_and.reduce([np.isfinite(block) for block in inputs])
        seen, rows = state[0], state[1:]
        if whole.all() and (seen == seen[:1]).all():
            self.chain(rows, *inputs, y)
        else:
            y[...] = np.nan
            for lanes, bars in _alike(whole, seen):
                own = np.ascontiguousarray(rows[:, lanes])
                parts = [read_only(np.ascontiguousarray(block[np.ix_(bars, lanes)])) for block in inputs]
                lines = np.empty((*y.shape[:-2], len(bars), len(lanes)))
                self.chain(own, *parts, lines)
                rows[:, lanes] = own
                y[..., bars[:, None], lanes] = lines
        seen += whole.sum(axis=0)


def _alike(whole: BoolArray, seen: FloatArray) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Yield the lanes that have had as many whole bars and have the same ones here, with the places of these bars."""
    groups: dict[tuple[float, bytes], list[int]] = {}
    for lane, column in enumerate(np.ascontiguousarray(whole.T)):
        if column.any():
            groups.setdefault((float(seen[lane]), column.tobytes()), []).append(lane)
    for lanes in groups.values():
        yield np.array(lanes), np.flatnonzero(whole[:, lanes[0]])


def over_whole_bars(lines: Lines, *gives: int) -> Plan:
    """Return the plan that gives these lines of a chain over whole bars."""
    plan = lines.plan(*gives)
    return Plan(WholeBars(plan.kernel), (), (zeros(), *plan.rows), chained=True)  # type: ignore[arg-type]


def of(name: str, **params: float) -> Plan:
    """Return the plan of an indicator of the catalogue, to be a stage."""
    return CATALOG[name].resolve(named=params).plan
