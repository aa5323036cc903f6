"""How the next symbols are computed: one after the other, on threads, or together in one pass of the kernels.

A state machine that decides by what the rounds so far have cost; it neither measures nor waits. Each way is tried on a
few symbols whose results count, so a trial wastes no more than the way is slower, and none where little is left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

from quantperf.errors import ParameterError, one_of

__all__ = ["MOST_TOGETHER", "Choice", "How", "Plan", "Planner", "Round"]

How: TypeAlias = Literal["serial", "threads", "panel"]
Choice: TypeAlias = Literal["auto", "serial", "threads", "panel"]
MOST_TOGETHER = 20  # symbols in one pass: more leave the cache (2 520 bars: 0.16 ms a symbol for 20, 0.21 for 64)
TRIALS = 2  # of each way; the first may have to load its kernels, and the best counts
MARGIN = 0.2  # by which a way must beat serial: less may be noise, and a way that pays gains more
HOPELESS = 1.5  # times the cost of serial: loading kernels takes less, where symbols cost enough to matter
LONG = 20_000  # bars, from which on kernels take longer than Python, and many symbols side by side leave the cache
MANY = 10  # rounds that must be left for a trial of the panel: it may cost a part of one
WORTH = 0.05  # seconds of work left, below which threads cannot gain what their trial may cost


@dataclass(frozen=True, slots=True)
class Round:
    """The next round, which one hop to a thread carries out: how, and of how many symbols."""

    how: How
    symbols: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What was chosen, why, and by which measurements.

    Attributes
    ----------
    how : str
        "serial", "threads" or "panel": the way that was found best, or was asked for.
    why : str
        The reason in words.
    seconds : mapping of str to float
        The best seconds a symbol of each way that was tried.
    symbols : mapping of str to int
        How many were computed each way.
    """

    how: How
    why: str
    seconds: Mapping[str, float]
    symbols: Mapping[str, int]


class Planner:
    """Chooses round after round.

    Parameters
    ----------
    how : {"auto", "serial", "threads", "panel"}
        A way, or to choose by cost.
    symbols : int
        How many there are in all.
    batch_size : int, default 5
        The most symbols in a round, and so in one pass of the kernels: 1 to 20.
    processors : int, default 1
        How many threads can run at once.

    Examples
    --------
    >>> planner = Planner("auto", symbols=100, batch_size=5, processors=2)
    >>> costs = {"serial": 1.0, "panel": 0.3, "threads": 0.6}
    >>> for _ in range(6):
    ...     step = planner.next(ready=10)
    ...     planner.done(step, seconds=costs[step.how] * step.symbols)
    >>> planner.next(ready=10)
    Round(how='panel', symbols=5)
    >>> planner.plan().why
    'panel was quickest: 300 ms a symbol, serial 1000 ms, threads 600 ms on 2 processors'
    """

    def __init__(self, how: Choice, symbols: int, batch_size: int = 5, processors: int = 1) -> None:
        if how not in get_args(Choice):
            raise one_of("how", get_args(Choice), how)
        whole = isinstance(batch_size, int) and not isinstance(batch_size, bool)
        if not whole or not 1 <= batch_size <= MOST_TOGETHER:
            raise ParameterError(f"batch_size must be a whole number from 1 to {MOST_TOGETHER}, got {batch_size!r}")
        self._how = how
        self._left = symbols
        self._batch_size = batch_size
        self._processors = processors
        self._best: dict[How, float] = {}
        self._tried: dict[How, int] = dict.fromkeys(get_args(How), 0)
        self._symbols: dict[How, int] = dict.fromkeys(get_args(How), 0)

    def next(self, ready: int, bars: int = 0) -> Round:
        """Return the next round, of at most so many symbols as are ready: at least 1; `bars` is the longest of them."""
        if self._how != "auto":
            return Round(self._how, min(ready, self._most(self._how)))
        how = self._choose(ready, bars)
        trial = self._tried[how] < TRIALS
        if trial and how == "threads":
            return Round(how, min(ready, self._processors))
        return Round(how, 1 if trial and how == "serial" and bars >= LONG else min(ready, self._most(how)))

    def _most(self, how: How) -> int:
        return max(self._batch_size, self._processors) if how == "threads" else self._batch_size

    def done(self, step: Round, seconds: float) -> None:
        """Take note of what a round has cost, by the wall clock."""
        each = seconds / step.symbols
        self._best[step.how] = min(self._best.get(step.how, math.inf), each)
        self._tried[step.how] += 1
        self._symbols[step.how] += step.symbols
        self._left -= step.symbols

    def lost(self, symbols: int = 1) -> None:
        """Take note of symbols that there is nothing to compute for."""
        self._left -= symbols

    def plan(self) -> Plan:
        """Return what was chosen so far, and why."""
        told: dict[str, float] = {way: self._best[way] for way in self._best}
        counted: dict[str, int] = {way: count for way, count in self._symbols.items() if count}
        if self._how != "auto":
            return Plan(self._how, "asked for", MappingProxyType(told), MappingProxyType(counted))
        how = self._quickest()
        others = ", ".join(f"{way} {1e3 * told[way]:.4g} ms" for way in get_args(How) if way in told and way != how)
        if not told:
            why = "nothing was computed"
        elif not others:
            why = f"symbols came one by one, or too few to try another way: {1e3 * told['serial']:.4g} ms a symbol"
        else:
            why = f"{how} was quickest: {1e3 * told[how]:.4g} ms a symbol, {others} on {self._processors} processors"
        return Plan(how, why, MappingProxyType(told), MappingProxyType(counted))

    def _choose(self, ready: int, bars: int) -> How:
        if ready < 2 or not self._tried["serial"]:
            return "serial"
        many = 1 < self._batch_size <= self._left / MANY and bars < LONG
        worth = self._processors > 1 and self._left * self._best[self._quickest()] > WORTH
        if self._tried["serial"] < TRIALS and (many or worth):
            return "serial"
        if many and self._open("panel"):
            return "panel"
        if worth and self._open("threads"):
            return "threads"
        return self._quickest()

    def _open(self, how: How) -> bool:
        """Return whether a way deserves a trial: not a second one if the first has cost far more than serial."""
        hopeless = self._best.get(how, 0.0) > HOPELESS * self._best["serial"]
        return self._tried[how] < TRIALS and not hopeless

    def _quickest(self) -> How:
        """Return the way of the least cost; serial unless another one beats it by more than noise."""
        serial = self._best.get("serial", math.inf)
        best: How = min(self._best, key=self._best.__getitem__) if self._best else "serial"
        return best if self._best.get(best, math.inf) < (1.0 - MARGIN) * serial else "serial"
