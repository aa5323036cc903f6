"""Giving memory back, step by step, each measured; and the runs that show whether a function leaks.

What a step freed is the resident memory before it less that after it, whatever the step believes; a step that freed
nothing several times is left out for a while. Loaded modules are never touched, and nothing is thrown away that was not
registered for it.
"""

from __future__ import annotations

import ctypes
import gc
import inspect
import math
import platform
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
import psutil

from quantperf.clock import SYSTEM, Clock
from quantperf.errors import ParameterError
from quantperf.memory.leaks import LEAST_BYTES, RUNS_LEAST, LeakVerdict, growing_types, judge_leak
from quantperf.memory.pressure import Pressure, StepState, after_step, judge_pressure
from quantperf.memory.records import shown
from quantperf.memory.resident import resident, unbacked

__all__ = ["CleanUp", "Cleaner", "StepResult", "clean_up", "leak_check", "memory_health", "register_cleanup"]


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step of cleaning up did.

    Attributes
    ----------
    name : str
        The step.
    freed_bytes : int or None
        Resident memory before it less after it; negative if it grew, None where the step did not run or memory could
        not be measured.
    seconds : float
        It took.
    note : str
        Why it was left out, or how it failed.
    """

    name: str
    freed_bytes: int | None
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class CleanUp:
    """What `clean_up` did, step by step.

    Attributes
    ----------
    steps : tuple of StepResult
        In the order in which they ran.
    before_bytes, after_bytes : int or None
        Resident memory; None where unknown.
    """

    steps: tuple[StepResult, ...]
    before_bytes: int | None
    after_bytes: int | None

    @property
    def freed_bytes(self) -> int | None:
        """What was given back in all; None where unknown."""
        if self.before_bytes is None or self.after_bytes is None:
            return None
        return self.before_bytes - self.after_bytes

    def table(self) -> pd.DataFrame:
        """Return one row a step: freed_bytes, seconds and note."""
        frame = pd.DataFrame(
            [(each.freed_bytes, each.seconds, each.note) for each in self.steps],
            index=pd.Index([each.name for each in self.steps], name="step"),
            columns=["freed_bytes", "seconds", "note"],
        )
        return frame.astype({"freed_bytes": "Int64"})

    def __repr__(self) -> str:
        parts = [
            f"{each.name}: {shown(each.freed_bytes)}{f' ({each.note})' if each.note else ''}" for each in self.steps
        ]
        return f"CleanUp(freed {shown(self.freed_bytes)}; {', '.join(parts)})"

    def _repr_html_(self) -> str:
        return str(self.table().to_html())


class Cleaner:
    """Runs registered steps, then the collector, then the allocator.

    Parameters
    ----------
    clock : Clock, optional
        Tells how long a step was left out.
    measure : callable, optional
        Returns resident bytes, or None.

    Examples
    --------
    >>> cleaner, shelf = Cleaner(), {"a": 1}
    >>> stop = cleaner.register("shelf", shelf.clear)
    >>> [step.name for step in cleaner.run().steps][:2], shelf
    (['shelf', 'gc'], {})
    >>> stop()
    """

    def __init__(self, clock: Clock = SYSTEM, measure: Callable[[], int | None] = resident) -> None:
        self._clock, self._measure = clock, measure
        self._registered: dict[str, Callable[[], object]] = {}
        self._states: dict[str, StepState] = {}
        self._guard = threading.RLock()

    def register(self, name: str, step: Callable[[], object]) -> Callable[[], None]:
        """Add a step, such as the trimming of a cache; return what takes it out again."""
        if not callable(step):
            raise ParameterError(f"step must be callable, got {type(step).__name__}")
        with self._guard:
            if name in self._registered or name in ("gc", "malloc_trim"):
                raise ParameterError(f"a step must have a name of its own, {name!r} is taken; choose another")
            self._registered[name] = step

        def stop() -> None:
            with self._guard:
                if self._registered.get(name) is step:
                    del self._registered[name]
                    self._states.pop(name, None)

        return stop

    def run(self, *, force: bool = False) -> CleanUp:
        """Run all steps; with `force` those too that are left out for a while."""
        with self._guard:
            steps: list[tuple[str, Callable[[], object]]] = [*self._registered.items(), ("gc", gc.collect)]
            trim = _malloc_trim()
            if trim is not None:
                steps.append(("malloc_trim", trim))
            before = self._measure()
            done = tuple(self._step(name, step, force) for name, step in steps)
            return CleanUp(done, before, self._measure())

    def _step(self, name: str, step: Callable[[], object], force: bool) -> StepResult:
        state, began = self._states.get(name, StepState()), self._clock.monotonic()
        if state.off(began) and not force:
            return StepResult(
                name, None, 0.0, f"left out, freed nothing lately; for {state.off_until - began:.0f} s more"
            )
        before, note = self._measure(), ""
        try:
            step()
        except Exception as error:  # one cache that fails must not keep the others from being trimmed
            note = f"failed: {type(error).__name__}: {error}"
        after, now = self._measure(), self._clock.monotonic()
        freed = None if before is None or after is None else before - after
        self._states[name] = after_step(state, freed, now)
        return StepResult(name, freed, now - began, note)


SHARE_OF_CACHES_KEPT = 0.5


def _trim_caches() -> None:
    """Keep the most recently used half of each named cache; of caches that nobody has used there is nothing."""
    named = sys.modules.get("quantperf.memory.named")
    if named is not None:
        named.caches.trim(SHARE_OF_CACHES_KEPT)


_cleaner = Cleaner()
_cleaner.register("caches", _trim_caches)


def register_cleanup(name: str, step: Callable[[], object]) -> Callable[[], None]:
    """Add a step to `clean_up`; return what takes it out again.

    Parameters
    ----------
    name : str
        One that no other step has.
    step : callable
        Drops what may be dropped; called without arguments, such as ``shelf.clear``. What it returns is
        not believed but measured.

    Raises
    ------
    ParameterError
        If the name is taken, or `step` is not callable.

    Examples
    --------
    >>> kept = [0] * 1000
    >>> stop = register_cleanup("kept", kept.clear)
    >>> _ = clean_up()
    >>> kept
    []
    >>> stop()
    """
    return _cleaner.register(name, step)


def clean_up(*, force: bool = False) -> CleanUp:
    """Give memory back to the system and return what each step freed, as measured.

    Parameters
    ----------
    force : bool, default False
        Run those steps too that freed nothing three times and are left out for an hour.

    Returns
    -------
    CleanUp
        The named caches first, trimmed to the half that was used last, then registered steps, then the collector, then
        (with glibc) the allocator, which keeps freed pages otherwise.

    Examples
    --------
    >>> report = clean_up(force=True)
    >>> "gc" in report.table().index
    True
    """
    return _cleaner.run(force=force)


def memory_health() -> Pressure:
    """Return how short the machine's memory is, and what to do; see `Pressure`.

    Examples
    --------
    >>> memory_health().status in ("ok", "warning", "critical", "unknown")
    True
    """
    try:
        figures = psutil.virtual_memory()
    except (OSError, psutil.Error):
        return judge_pressure(None, None)
    return judge_pressure(float(figures.percent), float(figures.available))


def leak_check(
    fn: Callable[[], Any], runs: int = RUNS_LEAST, warmups: int = 3, *, least_bytes: float = LEAST_BYTES
) -> LeakVerdict:
    """Return whether a function leaves memory behind with each run.

    Parameters
    ----------
    fn : callable
        Called without arguments; what it returns is dropped.
    runs : int, default 12
        Measured runs, at least 12.
    warmups : int, default 3
        Runs before, in which caches fill and modules load.
    least_bytes : float, default 16384
        Growth a run that matters.

    Returns
    -------
    LeakVerdict
        ``leak``, ``clean`` or ``cannot tell``, the slope with its interval, and the kinds of object that grow.

    Raises
    ------
    ParameterError
        If there are fewer than 12 runs, or `fn` is a coroutine function.

    Examples
    --------
    >>> kept = []
    >>> leak_check(lambda: kept.append(bytearray(1_000_000))).verdict
    'leak'
    """
    if not callable(fn) or inspect.iscoroutinefunction(fn):
        raise ParameterError(
            f"fn must be a function without arguments, got {fn!r}; wrap a coroutine: lambda: asyncio.run(work())"
        )
    for name, value, least in (("runs", runs, RUNS_LEAST), ("warmups", warmups, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ParameterError(f"{name} must be a whole number of at least {least}, got {value!r}")
    for _ in range(warmups):
        fn()
    figures: list[float] = [math.nan] * runs  # made before, so that measuring adds nothing
    half = runs // 2
    _settled()
    counts, of_counting = [_counted()], 0
    _settled()
    for run in range(runs):
        fn()
        held = _settled()
        figures[run] = math.nan if held is None else float(held - of_counting)
        if run + 1 in (half, runs):
            counts.append(_counted())
            # Counting makes a list of all objects, and leaves holes where it was: what it left is not the function's.
            after = _settled()
            of_counting += 0 if held is None or after is None else after - held
    return judge_leak(figures, growing_types(counts, runs), least_bytes=least_bytes)


def _settled() -> int | None:
    """Return what is resident once garbage and the free pages of the heap are gone; a leak would fill those unseen."""
    gc.collect()
    trim = _malloc_trim()
    if trim is not None:
        trim()
    return unbacked()


def _counted() -> Counter[str]:
    """Return how many objects of each kind the collector tracks."""
    gc.collect()
    return Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())


@cache
def _malloc_trim() -> Callable[[], object] | None:
    """Return what gives free pages of the heap back to the system, where the C library is glibc."""
    if platform.libc_ver()[0] != "glibc":
        return None
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return None if trim is None else lambda: trim(ctypes.c_size_t(0))
