"""What a stream remembers between two bars, as plain arrays: the kernel's state, and what policies and joining need."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.errors import DataError
from quantperf.indicators import policies, run
from quantperf.indicators.indicator import Call, Indicator
from quantperf.indicators.plan import FloatArray
from quantperf.kernels import layout

REPLAY = 8  # bars between two copies of the state, and the most that revising one replays


class Slots:
    """Room for the bars that a stream has still to keep, made once (500 symbols, four inputs: 4.4 -> 2.1 us a bar).

    What `take` returns holds until the next `take`, or, after `keep`, until `REPLAY` more bars have been kept.
    """

    def __init__(self, inputs: int, lanes: int) -> None:
        self._room = [np.empty((inputs, 1, lanes)) for _ in range(REPLAY + 1)]
        self._rows = [list(run.read_only(room)) for room in self._room]
        self._at = 0

    def take(self, row: tuple[Any, ...]) -> tuple[list[FloatArray], int]:
        """Copy a row of plain float64 arrays; return it as read-only blocks, and how many values are infinite."""
        return self._rows[self._at], layout.take_rows(row, self._room[self._at])

    def keep(self) -> None:
        """Take the next bar elsewhere."""
        self._at = self._at + 1 if self._at < REPLAY else 0


class Held:
    """All that a stream remembers, as arrays: the kernel's state, and per symbol what policies and joining need."""

    def __init__(self, call: Call, inputs: int, lanes: int) -> None:
        self.state = call.start(lanes)
        self.fed = np.zeros(lanes, dtype=np.int64)  # bars the kernel has been given, where a policy leaves some out
        self.gap = np.full(lanes, -1, dtype=np.int64)  # missing bars in a row; -1 before the first bar
        self.born = np.zeros(lanes, dtype=np.int64)  # bars that the stream had taken when the symbol joined
        self.seen = np.zeros(lanes if call.masked is not None else 0, dtype=np.int64)  # whole bars, until settled
        self.fill = policies.LiveFill(inputs, lanes, call.policy.bars) if call.policy.kind == "ffill" else None
        self.cohorts: list[slice] | None = None  # symbols that joined together, which lie together; None: all of them

    def arrays(self) -> list[npt.NDArray[Any]]:
        """Return the arrays, in the order in which they are saved; the last axis of each is that of symbols."""
        fill = [] if self.fill is None else [self.fill.last, self.fill.age]
        return [self.state, self.fed, self.gap, self.born, self.seen, *fill]

    def put(self, arrays: Sequence[npt.NDArray[Any]]) -> None:
        """Take arrays, as `arrays` gives them, for its own."""
        self.state, self.fed, self.gap, self.born, self.seen, *fill = arrays
        if self.fill is not None:
            self.fill.last, self.fill.age = fill
        edges = [0, *(np.flatnonzero(np.diff(self.born)) + 1).tolist(), len(self.born)]
        self.cohorts = [slice(a, b) for a, b in pairwise(edges)] if len(edges) > 2 else None

    def take(self, other: Held) -> None:
        """Become equal to another of the same symbols."""
        for mine, theirs in zip(self.arrays(), other.arrays(), strict=True):
            np.copyto(mine, theirs)
        self.cohorts = other.cohorts

    def copy(self) -> Held:
        """Return an equal one."""
        twin = object.__new__(Held)
        twin.fill = None
        if self.fill is not None:
            twin.fill = policies.LiveFill(*self.fill.last.shape, self.fill.limit)
            twin.fill.last[...], twin.fill.age[...] = self.fill.last, self.fill.age
        twin.state, twin.fed, twin.gap = self.state.copy(), self.fed.copy(), self.gap.copy()
        twin.born, twin.seen = self.born.copy(), self.seen.copy()
        twin.cohorts = self.cohorts
        return twin

    def join(self, fresh: Held, bars: int) -> None:
        """Take the symbols of a fresh one beside the own ones, after so many bars."""
        fresh.born[:] = bars
        self.put([np.concatenate(pair, axis=-1) for pair in zip(self.arrays(), fresh.arrays(), strict=True)])

    def keep(self, lanes: npt.NDArray[np.int64]) -> None:
        """Keep these symbols alone."""
        self.put([np.ascontiguousarray(array[..., lanes]) if array.shape[-1] else array for array in self.arrays()])

    def refuse(self, names: Sequence[str], rows: Sequence[FloatArray], symbols: Sequence[str] | None) -> None:
        """Raise `DataError` for a bar that is missing after a symbol's first whole one."""
        whole, begun = ~policies.lacking(rows), self.gap >= 0
        since = np.logical_or.accumulate(whole, axis=0) | begun
        for name, row in zip(names, rows, strict=True):
            late = np.isnan(row) & since
            if late.any():
                lane = int(np.argwhere(late)[0][1])
                who = "" if symbols is None else f" of {symbols[lane]!r}"
                raise DataError(f"{name}{who} must hold no missing bars under nan='raise', but one is missing")
        self.gap[:] = np.where(begun | whole.any(axis=0), 0, -1)

    def advance(self, indicator: Indicator, call: Call, rows: list[FloatArray]) -> npt.NDArray[Any]:
        """Move on by one bar under the policy."""
        kind = call.policy.kind
        if kind == "raise":
            self.refuse(indicator.inputs, rows, None)
        elif kind == "ffill":
            assert self.fill is not None
            rows = self.fill(rows)
        elif kind in {"skip", "segment"}:
            return self._where_taken(indicator, call, rows)
        if self.cohorts is None:
            y = indicator.advance(call, self.state, rows)
        else:
            y = indicator.empty(rows[0].shape)
            for members in self.cohorts:
                y[..., members] = self._some(indicator, call, rows, members)
        return self._masked(indicator, call, rows, y)

    def advance_block(
        self, indicator: Indicator, call: Call, blocks: Sequence[FloatArray]
    ) -> tuple[npt.NDArray[Any], int]:
        """Move on by many bars; return their values, and how many numbers were infinite."""
        if call.policy.kind in {"local", "raise"} and self.cohorts is None:
            y = indicator.empty(blocks[0].shape)
            infinite = run.over(call.plan, self.state, blocks, y)[1]
            return self._masked(indicator, call, blocks, y), infinite
        infinite = run.counts(blocks)[1]
        rows = [run.finite(run.time_major(block)) for block in blocks]
        if call.policy.kind in {"local", "raise"}:
            return self.advance(indicator, call, rows), infinite
        y = indicator.empty(rows[0].shape)  # a policy moves symbols by different numbers of bars, so bar by bar
        for t in range(rows[0].shape[0]):
            y[..., t : t + 1, :] = self.advance(indicator, call, [row[t : t + 1] for row in rows])
        return y, infinite

    def _masked(
        self, indicator: Indicator, call: Call, rows: Sequence[FloatArray], y: npt.NDArray[Any]
    ) -> npt.NDArray[Any]:
        if call.masked is not None:
            policies.hide_unsettled(y, rows, self.seen, call.unsettled, indicator.nothing)
        return y

    def _some(
        self, indicator: Indicator, call: Call, rows: Sequence[FloatArray], members: slice | npt.NDArray[np.int64]
    ) -> npt.NDArray[Any]:
        """Move some symbols, which are at one place of their windows, and return their values."""
        state = np.ascontiguousarray(self.state[:, members])
        y = indicator.advance(call, state, [np.ascontiguousarray(row[:, members]) for row in rows])
        self.state[:, members] = state
        return y

    def _where_taken(self, indicator: Indicator, call: Call, rows: list[FloatArray]) -> npt.NDArray[Any]:
        """Move the symbols that take this bar, those of one place together: places are a matter of bars fed."""
        missing = policies.lacking(rows)[0]
        if call.policy.kind == "skip":
            taking = ~missing
        else:
            fresh = ~missing & (self.gap > (call.policy.bars or 0))
            self.state[:, fresh] = call.column
            self.fed[fresh] = 0
            self.seen[fresh[: len(self.seen)]] = 0
            self.gap = np.where(missing, np.where(self.gap < 0, -1, self.gap + 1), 0)
            taking = self.gap >= 0  # a symbol is fed from its first bar on, so that its places are those of the batch
        y = indicator.empty(rows[0].shape, fill=True)
        for fed in np.unique(self.fed[taking]):
            members = np.flatnonzero(taking & (self.fed == fed))
            y[..., members] = self._some(indicator, call, rows, members)
        self.fed[taking] += 1
        return self._masked(indicator, call, rows, y)
