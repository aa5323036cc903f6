"""Indicators made of other indicators: a chain of kernels that is used as one kernel.

TA-Lib lets users choose the kind of average inside a dozen of its functions; fourteen kinds in each would be too many
kernels to compile. What everyone uses is one kernel; the rest is a chain: each stage reads inputs or what earlier
stages gave, whole blocks at a time, and has its own rows of the state. So a chain streams, pickles and resumes as a
kernel does.

The kinds (`matype`): 0 simple, 1 exponential, 2 weighted, 3 double exponential, 4 triple exponential, 5 triangular,
6 Kaufman's, 7 MESA (it has no window), 8 T3, 9 Hull's, 10 none, 11 the function's own default, 12 zero-lag,
13 Wilder's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.indicators.catalogue import CATALOG
from quantperf.indicators.plan import FloatArray, Plan, Rows, zeros
from quantperf.kernels import smoothing as kernels
from quantperf.kernels.windows import CHUNK_VALUES

KINDS = {
    0: "sma", 1: "ema", 2: "wma", 3: "dema", 4: "tema", 5: "trima", 6: "kama",
    7: "mama", 8: "t3", 9: "hma", 12: "zlema", 13: "rma",
}  # fmt: skip
NONE, DEFAULT, MESA = 10, 11, 7


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
    """Stages in order, and which lines are its outputs; called as a kernel without parameters.

    `places` are the rows of the state that each stage has.
    """

    stages: tuple[Stage, ...]
    gives: tuple[int, ...]
    places: tuple[tuple[int, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        ends = [0, *accumulate(sum(count for _, count in stage.plan.rows) for stage in self.stages)]
        object.__setattr__(self, "places", tuple(pairwise(ends)))

    def __call__(self, state: FloatArray, *blocks: npt.NDArray[Any]) -> None:
        """Run all stages from `state` over the blocks; the last block is for the outputs."""
        self.complete(state, blocks, {})

    def complete(
        self, state: FloatArray, blocks: Sequence[npt.NDArray[Any]], given: Mapping[int, Sequence[npt.NDArray[Any]]]
    ) -> None:
        """Run the stages whose lines are not `given`; the last block is for the outputs.

        A stretch of bars at a time, so that what a stage gives is in cache for the next: 86 -> 25 ns a bar of one
        series for the ten stages of `squeeze`.
        """
        bars, lanes = blocks[0].shape
        size = max(CHUNK_VALUES // max(lanes, 1), 16)
        for lo in range(0, bars, size):
            known = {number: [line[lo : lo + size] for line in lines] for number, lines in given.items()}
            self._stretch(state, [block[..., lo : lo + size, :] for block in blocks], known)

    def _stretch(
        self,
        state: FloatArray,
        blocks: Sequence[npt.NDArray[Any]],
        given: Mapping[int, Sequence[npt.NDArray[Any]]],
    ) -> None:
        lines, y = list(blocks[:-1]), blocks[-1]
        shape = lines[0].shape
        for number, (stage, (start, stop)) in enumerate(zip(self.stages, self.places, strict=True)):
            if number in given:
                lines.extend(given[number])
                continue
            room = np.empty(shape if stage.outputs == 1 else (stage.outputs, *shape))
            stage.plan.kernel(state[start:stop], *[lines[i] for i in stage.reads], *stage.plan.params, room)
            room.setflags(write=False)
            if stage.outputs == 1:
                lines.append(room)
            else:
                lines.extend(room)
        for i, line in enumerate(self.gives):
            (y if y.ndim == 2 else y[i])[...] = lines[line]


def chained(stages: Sequence[Stage], *gives: int) -> Plan:
    """Return the plan of a chain that gives these lines."""
    rows: tuple[Rows, ...] = tuple(row for stage in stages for row in stage.plan.rows)
    return Plan(Chain(tuple(stages), gives), (), rows, chained=True)


@dataclass(frozen=True, slots=True)
class Average:
    """One kind of average over so many bars: its plan, and what the catalogue says of it.

    A kind that has the convention follows it, the others TA-Lib.
    """

    kind: int
    window: int
    convention: str = "talib"

    @property
    def name(self) -> str | None:
        """Its name in the catalogue; None where the bars stay as they are."""
        return None if self.kind == NONE or self.window == 1 else KINDS[self.kind]

    @property
    def simple(self) -> bool:
        """Whether it is the mean of a window, of one bar too."""
        return self.name == "sma" or self.window == 1

    @property
    def params(self) -> dict[str, Any]:
        """Its parameters there."""
        return {} if self.kind == MESA else {"window": self.window}

    @property
    def keywords(self) -> dict[str, Any]:
        """Its parameters and its convention."""
        known = self.name is not None and self.convention in CATALOG[self.name].conventions
        return {**self.params, "convention": self.convention if known and self.convention != "legacy" else "talib"}

    @property
    def plan(self) -> Plan:
        """Its plan."""
        if self.name is None:
            return Plan(kernels.identity, (), ())
        return CATALOG[self.name].resolve(named=self.keywords).plan

    @property
    def lookback(self) -> int:
        """The bar of its first value."""
        return 0 if self.name is None else CATALOG[self.name].lookback(**self.keywords)

    @property
    def span(self) -> int:
        """Bars that one missing bar makes unknown."""
        return 1 if self.name is None else CATALOG[self.name].span(**self.keywords)

    def settle(self, eps: float) -> float:
        """Return the bar from which on its seed weighs less than `eps`."""
        return 0 if self.name is None else CATALOG[self.name].settle(eps, **self.keywords)


@dataclass(slots=True)
class Lines:
    """A chain in the making: lines are numbered, those of the inputs first."""

    inputs: int
    stages: list[Stage] = field(default_factory=list)

    def add(self, plan: Plan, *reads: int, outputs: int = 1) -> int:
        """Add a stage, and return the number of its first line."""
        at = self.inputs + sum(stage.outputs for stage in self.stages)
        self.stages.append(Stage(plan, reads, outputs))
        return at

    def smooth(self, line: int, average: Average, late: int = 0) -> int:
        """Add an average of a line, seeded `late` bars later than it could be."""
        if late > 0:
            line = self.add(Plan(kernels.from_bar, (float(late),), (zeros(),)), line)
        return self.add(average.plan, line, outputs=2 if average.name == "mama" else 1)

    def plan(self, *gives: int) -> Plan:
        """Return the plan that gives these lines."""
        return chained(self.stages, *gives)


def average(window: int, matype: int, default: int = 0, convention: str = "talib") -> Average:
    """Return the average that a number asks for; DEFAULT is the kind that the asking function has by default."""
    return Average(default if matype == DEFAULT else matype, window, convention)


def between(fast: int, slow: int, matype: int, convention: str = "talib", *, relative: bool) -> Plan:
    """Return the plan of a fast less a slow average of one kind; `relative`: in percent of the slow one."""
    lines = Lines(1)
    quick, calm = (lines.smooth(0, average(window, matype, 1, convention)) for window in sorted((fast, slow)))
    kernel = kernels.percentage if relative else kernels.difference
    return lines.plan(lines.add(Plan(kernel, (), ()), quick, calm))
