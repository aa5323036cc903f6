"""A program of rules that moves on by blocks of bars under a policy for missing ones, and what it remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError
from quantperf.indicators import policies, run
from quantperf.indicators.plan import FloatArray
from quantperf.signals.program import Found, Program

__all__ = ["March", "Marched"]

Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Marched:
    """What was found on some bars, placed for records.

    Attributes
    ----------
    found : Found
        With places in what follows.
    places : ndarray of int
        Bars of the block, after as many stand-ins as there are earlier closing times.
    closed : Index
        Closing times: earlier ones, on which a condition began to hold, and those of the block.
    began : ndarray of int
        Where in `closed` each condition became true.
    """

    found: Found
    places: Whole
    closed: pd.Index[Any]
    began: Whole

    def spread(self, block: FloatArray, lanes: Whole) -> FloatArray:
        """Return some symbols of a block (bars, symbols) at these places."""
        return np.asarray(block[:, lanes][self.places])


class March:
    """The states of a program's indicators and rules, and what the policy and the minimum hold need.

    Parameters
    ----------
    program : Program
        What to run.
    policy : Policy
        What a missing bar means.
    lanes : int
        Symbols.
    """

    def __init__(self, program: Program, policy: policies.Policy, lanes: int) -> None:
        self.program, self.policy = program, policy
        self.state = program.fresh_state(lanes)
        self.counts = np.zeros((len(program.rules), 3), dtype=np.int64)
        self.fed = np.zeros(lanes, dtype=np.int64)  # bars that each symbol has taken
        self.begun = np.zeros(lanes, dtype=bool)  # whether a symbol has had a whole bar
        self._holds = np.array([rule.hold - 1 for rule in program.rules], dtype=np.int64)
        self.ring: npt.NDArray[Any] = np.zeros((int(self._holds.max()), lanes), dtype=np.int64)  # last closing times
        inputs = len(program.fields) if policy.kind == "ffill" else 0
        self.fill = policies.LiveFill(inputs, lanes, policy.bars)
        self.bars = 0

    def arrays(self) -> list[npt.NDArray[Any]]:
        """Return every array, in the order in which they are saved."""
        return [*self.state.arrays(), self.counts, self.fed, self.begun, self.ring, self.fill.last, self.fill.age]

    def put(self, arrays: Sequence[npt.NDArray[Any]], bars: int) -> None:
        """Take arrays, as `arrays` gives them, for its own."""
        *states, self.counts, self.fed, self.begun, self.ring, self.fill.last, self.fill.age = arrays
        self.state.calls, self.state.own = states[:-1], states[-1]
        self.bars = bars

    def copy(self) -> March:
        """Return an equal one."""
        twin = object.__new__(March)
        twin.program, twin.policy, twin._holds = self.program, self.policy, self._holds
        twin.state = self.state.copy()
        twin.fill = policies.LiveFill(*self.fill.last.shape, self.fill.limit)
        twin.put([array.copy() for array in self.arrays()], self.bars)
        return twin

    def check(self, fields: Mapping[str, FloatArray], symbols: Sequence[str]) -> None:
        """Raise `DataError` for a bar that is missing after a symbol's first whole one, where that is refused."""
        if self.policy.kind != "raise":
            return
        whole = ~policies.lacking(list(fields.values()))
        begun = np.logical_or.accumulate(whole, axis=0) | self.begun
        for name, block in fields.items():
            late = np.argwhere(np.isnan(block) & begun)
            if len(late):
                raise DataError(
                    f"{name} of {symbols[int(late[0][1])]!r} must hold no missing values under nan='raise', but one is "
                    "missing; fill it, or choose nan='local' or 'skip'"
                )

    def move(self, fields: Mapping[str, FloatArray], closed: pd.Index[Any]) -> Marched:
        """Move on by a block (bars, symbols) of each field, finite or NaN; return what was found."""
        fields = {name: fields[name] for name in self.program.fields}
        times = _numbers(closed)
        bars = len(times)
        self.begun |= (~policies.lacking(list(fields.values()))).any(axis=0)
        if self.ring.dtype != times.dtype:
            self.ring = self.ring.astype(times.dtype)
        everyone = np.arange(len(self.fed))
        if self.policy.kind in {"local", "raise"} or not bars:
            parts = [self._some(fields, times, 0, everyone)]
        else:
            rows = ({name: block[t : t + 1] for name, block in fields.items()} for t in range(bars))
            step = self._filled if self.policy.kind == "ffill" else self._skipping
            parts = [part for t, row in enumerate(rows) for part in step(row, times[t : t + 1], t)]
        self.bars += bars
        return _placed(parts, closed, bars, len(self.program.rules))

    def _filled(self, row: dict[str, FloatArray], times: npt.NDArray[Any], t: int) -> list[tuple[Found, Any]]:
        blocks = self.fill(list(row.values()))
        gone = np.isnan(row["close"])
        carried = {name: np.where(gone, np.nan, block) for name, block in zip(row, blocks, strict=True)}
        return [self._some(carried, times, t, np.arange(len(self.fed)))]

    def _skipping(self, row: dict[str, FloatArray], times: npt.NDArray[Any], t: int) -> list[tuple[Found, Any]]:
        """Move the symbols that have this bar, those that have taken as many together: rings have one place for all."""
        taking = ~policies.lacking(list(row.values()))[0]
        self.counts[:, 2] += np.count_nonzero(~taking)
        groups = [np.flatnonzero(taking & (self.fed == fed)) for fed in np.unique(self.fed[taking])]
        return [self._some(row, times, t, lanes) for lanes in groups]

    def _some(
        self, fields: Mapping[str, FloatArray], times: npt.NDArray[Any], t: int, lanes: npt.NDArray[Any]
    ) -> tuple[Found, npt.NDArray[Any]]:
        """Move some symbols by a block; return what was found, from bar `t` on, and when each condition began."""
        all_of_them = len(lanes) == len(self.fed)
        state = self.state if all_of_them else self.state.some(lanes)
        cut = {n: run.read_only(np.ascontiguousarray(block[:, lanes])) for n, block in fields.items()}
        found = self.program.advance(cut, state)
        if not all_of_them:
            self.state.put(lanes, state)
        self.fed[lanes] += len(times)
        self.counts += found.counts
        back = found.bar - self._holds[found.rule]
        lane = lanes[found.lane]
        began = times[np.maximum(back, 0)] if len(times) else times
        reach = len(self.ring)
        if reach:
            began = np.where(back >= 0, began, self.ring[np.minimum(reach + back, reach - 1), lane])
            line = np.concatenate([self.ring[:, lanes], np.repeat(times[:, None], len(lanes), axis=1)])
            self.ring[:, lanes] = line[len(line) - reach :]
        return replace(found, bar=found.bar + t, lane=lane), began


def _placed(parts: list[tuple[Found, npt.NDArray[Any]]], closed: pd.Index[Any], bars: int, rules: int) -> Marched:
    """Return all parts as one, with the earlier closing times before those of the block."""
    names = ("rule", "bar", "lane", "held", "seen", "value", "strength", "market")
    if parts:
        columns = {name: np.concatenate([getattr(found, name) for found, _ in parts]) for name in names}
        began = np.concatenate([times for _, times in parts])
    else:
        columns = {name: np.empty(0, dtype=np.int64 if name in names[:5] else np.float64) for name in names}
        began = _numbers(closed)[:0]
    earlier, place = np.unique(began, return_inverse=True)
    first = len(earlier)
    columns["bar"] = columns["bar"] + first
    counts, codes = np.zeros((rules, 3), dtype=np.int64), np.empty((rules, 0, 0), dtype=np.int8)
    places = np.concatenate([np.zeros(first, dtype=np.int64), np.arange(bars)])
    return Marched(Found(**columns, counts=counts, codes=codes), places, _index(earlier, closed), place)


def _numbers(closed: pd.Index[Any]) -> npt.NDArray[Any]:
    """Return closing times as whole nanoseconds, numbers as they are."""
    if isinstance(closed, pd.DatetimeIndex):
        return np.asarray(closed.as_unit("ns").asi8)
    return closed.to_numpy()


def _index(earlier: npt.NDArray[Any], closed: pd.Index[Any]) -> pd.Index[Any]:
    """Return closing times, and those of the block after them."""
    if not isinstance(closed, pd.DatetimeIndex):
        numbers: pd.Index[Any] = pd.Index(np.concatenate([earlier, closed.to_numpy()]))
        return numbers
    times: pd.Index[Any] = pd.DatetimeIndex(earlier, tz="UTC").as_unit(closed.unit)
    return times.append(closed)
