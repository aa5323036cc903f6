"""What several indicators have in common: stages of their chains, computed once for all of them.

A stage is known by its kernel, its parameters, its state and what it reads, down to the columns; an indicator of one
kernel is one stage. So the EMA inside KST, the true range inside a squeeze and an EMA or a true range that was asked
for are one thing, if their parameters are. What only one of them needs stays in its chain, a stretch of bars at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from quantperf.indicators.chain import Chain, Stage
from quantperf.indicators.plan import FloatArray, Plan
from quantperf.indicators.whole import WholeBars
from quantperf.kernels import studies as kernels

Line: TypeAlias = str | tuple["Key", int]  # a column, or an output of a stage
Key: TypeAlias = tuple[Any, ...]


def key_of(plan: Plan, reads: tuple[Line, ...]) -> Key:
    """Return what tells a stage from others."""
    return (plan.kernel, plan.params, plan.rows, reads)


def stages_of(plan: Plan, columns: tuple[str, ...], whole: bool) -> Iterator[tuple[int, Stage, Key]]:
    """Yield number and key of the stages that a plan could share; none of a chain that passes over missing bars.

    `whole`: whether no bar is missing, so that there is nothing to pass over.
    """
    chain = plan.kernel
    if isinstance(chain, WholeBars) and whole:
        chain = chain.chain
    if not isinstance(chain, Chain):
        return
    lines: list[Line] = list(columns)
    for number, stage in enumerate(chain.stages):
        if whole and stage.plan.kernel is kernels.whole:  # it marks bars that lack a column, and there are none
            lines += [lines[i] for i in stage.reads]
            continue
        key = key_of(stage.plan, tuple(lines[i] for i in stage.reads))
        lines += [(key, output) for output in range(stage.outputs)]
        yield number, stage, key


def wanted_twice(plans: Iterable[tuple[Plan, tuple[str, ...]]], whole: bool) -> frozenset[Key]:
    """Return the keys of the stages that are needed more than once."""
    count: Counter[Key] = Counter()
    for plan, columns in plans:
        if not plan.chained:
            count[key_of(plan, columns)] += 1
        count.update({key for _, _, key in stages_of(plan, columns, whole)})
    return frozenset(key for key, times in count.items() if times > 1)


class Stages:
    """The stages that several indicators of one slab of symbols share, each computed when it is first needed."""

    def __init__(self, columns: Mapping[str, FloatArray], shared: frozenset[Key], whole: bool) -> None:
        self._columns = columns
        self._shared = shared
        self._whole = whole
        self._known: dict[Key, npt.NDArray[Any]] = {}

    def compute(self, plan: Plan, columns: tuple[str, ...], y: npt.NDArray[np.float64]) -> None:
        """Compute a plan into `y`, from what is known of it."""
        blocks = [self._columns[name] for name in columns]
        if not plan.chained:
            self._compute_stage(plan, columns, blocks, y)
            return
        given = {
            number: self._lines(stage, key)
            for number, stage, key in stages_of(plan, columns, self._whole)
            if key in self._shared
        }
        state = plan.start(y.shape[-1])
        if not given:
            plan.kernel(state, *blocks, y)
        elif isinstance(plan.kernel, WholeBars):
            plan.kernel.chain.complete(state[1:], [*blocks, y], given)
        else:
            plan.kernel.complete(state, [*blocks, y], given)  # type: ignore[attr-defined]

    def _compute_stage(
        self, plan: Plan, columns: tuple[str, ...], blocks: list[FloatArray], y: npt.NDArray[np.float64]
    ) -> None:
        key = key_of(plan, columns)
        if key in self._known:
            y[...] = self._known[key]
            return
        plan.kernel(plan.start(y.shape[-1]), *blocks, *plan.params, y)
        if key in self._shared:
            self._keep(key, y)

    def _lines(self, stage: Stage, key: Key) -> list[npt.NDArray[Any]]:
        if key not in self._known:
            blocks = [self._line(line) for line in key[-1]]
            shape = blocks[0].shape if stage.outputs == 1 else (stage.outputs, *blocks[0].shape)
            room = np.empty(shape)
            stage.plan.kernel(stage.plan.start(shape[-1]), *blocks, *stage.plan.params, room)
            self._keep(key, room)
        found = self._known[key]
        return [found] if stage.outputs == 1 else list(found)

    def _line(self, line: Line) -> npt.NDArray[Any]:
        if isinstance(line, str):
            return self._columns[line]
        found = self._known[line[0]]
        return found if found.ndim == 2 else found[line[1]]

    def _keep(self, key: Key, lines: npt.NDArray[np.float64]) -> None:
        known = lines.view()
        known.setflags(write=False)
        self._known[key] = known
