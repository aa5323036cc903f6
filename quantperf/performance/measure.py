"""The only stopwatch: raw samples in, never aggregates; cold and warm are different measures.

`measure` times batches of warm calls; a first call belongs to `quantperf.performance.cold`. A `Sample` keeps what was
read; its statistics are properties. Memory is traced in a run of its own, because tracing slows what it watches.
"""

from __future__ import annotations

import gc
import math
import time
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from itertools import repeat
from types import TracebackType
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from quantperf.errors import MeasurementError, ParameterError
from quantperf.performance.digest import digest
from quantperf.performance.environment import load, surroundings
from quantperf.performance.figures import Nanoseconds, readable_bytes, readable_ns
from quantperf.performance.statistics import Interval, median_interval

try:
    import resource
except ImportError:  # pragma: no cover - no such module on Windows: the CPU time of children stays unknown there
    resource = None  # type: ignore[assignment]

BATCH_NS = 100_000  # shortest batch: a clock reading is a thousandth of it
FEWEST_BATCHES = 5
MOST_BATCHES = 10_000
MOST_LOOPS = 1_000_000
OVERRUN = 3.0  # how many budgets a slow function may take

now = time.perf_counter_ns


def cpu_ns() -> int:
    """Return the CPU time of this process, all its threads, and its finished children."""
    children = 0.0
    if resource is not None:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        children = usage.ru_utime + usage.ru_stime
    return time.process_time_ns() + int(children * 1e9)


def run(calls: Iterable[Callable[[], object]]) -> tuple[int, int]:
    """Return wall and CPU nanoseconds of making `calls`, each result kept until the next one is there."""
    kept: object = None
    cpu = cpu_ns()
    start = now()
    for call in calls:
        kept = call()
    elapsed = now() - start
    used = cpu_ns() - cpu
    del kept
    return elapsed, used


def loops_for(calls: Callable[[int], Iterable[Callable[[], object]]], target_ns: float = BATCH_NS) -> tuple[int, float]:
    """Return how many calls last `target_ns`, and the nanoseconds of one.

    `calls` gives so many of them; the first one ever must have been made before, for it may compile.
    """
    loops = 1
    while True:
        elapsed, _ = run(calls(loops))
        if elapsed < 10 * target_ns:  # a pause in a short run would look like a slow function
            elapsed = min(elapsed, run(calls(loops))[0])
        if elapsed >= target_ns or loops >= MOST_LOOPS:
            return loops, elapsed / loops
        wanted = math.ceil(1.2 * loops * target_ns / max(elapsed, 1))
        loops = min(MOST_LOOPS, 10 * loops, max(loops + 1, wanted))


def peak_bytes(call: Callable[[], object]) -> int:
    """Return the most memory that one call held above its start, its result included."""
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        kept = call()
        peak = tracemalloc.get_traced_memory()[1]
        del kept
    finally:
        if not tracing:
            tracemalloc.stop()
    return max(0, peak - start)


def is_nothing(ns: float, floor_ns: float, factor: float = 1.2) -> bool:
    """Return whether `ns` cannot be told from `floor_ns`, the time of doing nothing."""
    return ns <= factor * floor_ns


def measured_nothing(what: str, ns: float, remedy: str) -> MeasurementError:
    """Say that a body was as quick as an empty one."""
    return MeasurementError(f"{what} must take longer than doing nothing, took {readable_ns(ns)}; {remedy}")


@cache
def _empty_call_ns() -> float:
    return min(run(repeat(_nothing, 1_000))[0] for _ in range(5)) / 1_000


def _nothing() -> None:
    """Take the time of a call and no more."""


@cache
def _clock_ns() -> float:
    return float(min(-(now() - now()) for _ in range(100)))


def check_budget(budget: float) -> None:
    """Raise a ParameterError unless `budget` is a number of seconds."""
    if isinstance(budget, bool) or not isinstance(budget, (int, float)) or not 0.0 < budget < math.inf:
        raise ParameterError(f"budget must be a finite number of seconds above 0, got {budget!r}")


def name_of(work: object) -> str:
    """Return the name of a function, of what a `functools.partial` holds, or of a callable's class."""
    while isinstance(work, partial):
        work = work.func
    return str(getattr(work, "__name__", None) or type(work).__name__)


class _Collections:
    """Counts garbage collections, and their pauses, while open."""

    def __init__(self) -> None:
        self.runs = self.pause_ns = self._start = 0

    def __enter__(self) -> Self:
        gc.callbacks.append(self._note)
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._note)

    def _note(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._start = now()
        else:
            self.runs += 1
            self.pause_ns += now() - self._start


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sample:
    """Raw readings of one measurement.

    Attributes
    ----------
    label : str
        What was measured.
    ns : ndarray of int64
        Wall nanoseconds of each batch, in order of time; read-only.
    loops : int
        Calls in a batch.
    cpu_ns : int
        CPU nanoseconds of all batches, threads and finished children included.
    gc_runs, gc_pause_ns : int
        Garbage collections during the batches.
    first_ns : int or None
        Wall nanoseconds of the first call here, which may compile; never part of `ns`.
    peak_bytes : int or None
        Most memory held above the start, from a run of its own.
    items : int or None
        Units of work in a call, if declared.
    inputs, result : str or None
        Digests of the arguments and of the result, where their content can be read.
    environment : dict
        Versions, machine, threads, load before and after.
    """

    label: str
    ns: Nanoseconds
    loops: int
    cpu_ns: int
    gc_runs: int
    gc_pause_ns: int
    first_ns: int | None
    peak_bytes: int | None
    items: int | None
    inputs: str | None
    result: str | None
    environment: dict[str, object]

    def __post_init__(self) -> None:
        self.ns.setflags(write=False)

    @property
    def n(self) -> int:
        """Number of batches."""
        return len(self.ns)

    @property
    def call_ns(self) -> NDArray[np.float64]:
        """Nanoseconds of a call, by batch."""
        return self.ns / float(self.loops)

    @property
    def interval(self) -> Interval:
        """Median nanoseconds of a call with a 95 % interval, NaN below 6 batches."""
        return median_interval(self.call_ns)

    @property
    def median_ns(self) -> float:
        """Median nanoseconds of a call."""
        return float(np.median(self.call_ns))

    @property
    def p95(self) -> float:
        """Nanoseconds of a call that 95 % of the batches stay below."""
        return float(np.percentile(self.call_ns, 95))

    @property
    def p99(self) -> float:
        """Nanoseconds of a call that 99 % of the batches stay below."""
        return float(np.percentile(self.call_ns, 99))

    @property
    def log_sd(self) -> float:
        """Standard deviation of the logarithm; NaN for one batch."""
        return float(np.log(self.call_ns).std(ddof=1)) if self.n > 1 else math.nan

    def to_dict(self) -> dict[str, object]:
        """Return values that JSON can hold, every raw reading included."""
        record: dict[str, object] = {name: getattr(self, name) for name in self.__slots__}
        return {**record, "ns": self.ns.tolist(), "environment": dict(self.environment)}

    def __repr__(self) -> str:
        median, low, high = self.interval
        spread = "" if math.isnan(low) else f" [{readable_ns(low)}, {readable_ns(high)}]"
        memory = "" if self.peak_bytes is None else f", peak {readable_bytes(self.peak_bytes)}"
        batches = f"{self.n} {'batch' if self.n == 1 else 'batches'} of {self.loops}"
        return f"Sample({self.label}: {readable_ns(median)} a call{spread}, {batches}{memory})"


class Block:
    """A timed block of code: ``with measure("load", items=n) as block``, then `block.sample`."""

    def __init__(self, label: str, items: int | None) -> None:
        self.label = label
        self.items = items
        self._sample: Sample | None = None

    @property
    def sample(self) -> Sample:
        """What was read; there once the block has ended without an exception."""
        if self._sample is None:
            raise MeasurementError(f"block {self.label!r} must end before its sample is read; read it after the block")
        return self._sample

    def __enter__(self) -> Self:
        self._around = surroundings()
        self._watch = _Collections().__enter__()
        self._cpu = cpu_ns()
        self._start = now()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        elapsed = now() - self._start
        used = cpu_ns() - self._cpu
        self._watch.__exit__()
        if kind is not None:
            return
        if is_nothing(elapsed, _clock_ns(), factor=20.0):
            raise measured_nothing(f"block {self.label!r}", elapsed, "measure a function: its calls are repeated")
        self._sample = Sample(
            label=self.label,
            ns=np.array([elapsed], dtype=np.int64),
            loops=1,
            cpu_ns=used,
            gc_runs=self._watch.runs,
            gc_pause_ns=self._watch.pause_ns,
            first_ns=None,
            peak_bytes=None,
            items=self.items,
            inputs=None,
            result=None,
            environment={**self._around, **load("after")},
        )


@overload
def measure(work: str, /, *, items: int | None = None) -> Block: ...


@overload
def measure(
    work: Callable[..., object],
    /,
    *args: Any,
    budget: float = 1.0,
    fresh: Callable[[], tuple[Any, ...]] | None = None,
    memory: bool = True,
    items: int | None = None,
    **kwargs: Any,
) -> Sample: ...


def measure(
    work: str | Callable[..., object],
    /,
    *args: Any,
    budget: float = 1.0,
    fresh: Callable[[], tuple[Any, ...]] | None = None,
    memory: bool = True,
    items: int | None = None,
    **kwargs: Any,
) -> Sample | Block:
    """Return raw timings of warm calls of a function; with a label, a context manager that times its block once.

    Parameters
    ----------
    work : callable or str
        What to call, or the label of a block.
    *args, **kwargs
        Arguments of the function. For one that has a parameter named like an option below, use `functools.partial`.
    budget : float, default 1.0
        Seconds of timed batches, above 0. Five batches are made if they fit three budgets, and one in any case; the
        first call and the memory run come on top.
    fresh : callable, optional
        Gives a new tuple of positional arguments for every call, outside the timing; for functions that use them up.
    memory : bool, default True
        Whether one further call is made under `tracemalloc`.
    items : int, optional
        Units of work in a call.

    Returns
    -------
    Sample or Block

    Raises
    ------
    ParameterError
        If an argument is out of bounds.
    MeasurementError
        If a call takes no longer than calling an empty function: nothing was measured.

    Examples
    --------
    >>> sample = measure(sorted, list(range(1_000)), budget=0.01)
    >>> sample.n > 0, sample.peak_bytes >= 8_000
    (True, True)
    >>> with measure("sum of squares", items=10_000) as block:
    ...     total = sum(i * i for i in range(10_000))
    >>> block.sample.n, block.sample.items
    (1, 10000)
    """
    if items is not None and items < 1:
        raise ParameterError(f"items must be at least 1, got {items!r}")
    if isinstance(work, str):
        if args or kwargs or fresh is not None:
            raise ParameterError(f"a block must be given a label and items= only, got more with {work!r}")
        return Block(work, items)
    check_budget(budget)
    if not callable(work):
        raise ParameterError(f"what is measured must be a function or a label, got {work!r}; pass it uncalled")
    if fresh is not None and args:
        raise ParameterError("arguments must come from fresh= or from the call, got both; drop one")
    around = surroundings()

    def calls(count: int) -> Iterable[Callable[[], object]]:
        if fresh is None:
            return repeat(call, count)
        return [partial(work, *fresh(), **kwargs) for _ in range(count)]

    arguments = args if fresh is None else fresh()
    call = partial(work, *arguments, **kwargs) if arguments or kwargs else work
    inputs = digest((arguments, kwargs))
    begin = now()
    result = digest(call())
    first = now() - begin
    loops, _ = loops_for(calls)
    ns: list[int] = []
    used = 0
    begin = now()
    with _Collections() as watch:
        while len(ns) < MOST_BATCHES:
            wall, cpu = run(calls(loops))
            ns.append(wall)
            used += cpu
            if now() - begin > (budget if len(ns) >= FEWEST_BATCHES else OVERRUN * budget) * 1e9:
                break
    label = name_of(work)
    per_call = float(np.median(ns)) / loops
    if is_nothing(per_call, _empty_call_ns()):
        raise measured_nothing(label, per_call, "give it work to do, or measure more of it in one function")
    return Sample(
        label=label,
        ns=np.array(ns, dtype=np.int64),
        loops=loops,
        cpu_ns=used,
        gc_runs=watch.runs,
        gc_pause_ns=watch.pause_ns,
        first_ns=first,
        peak_bytes=peak_bytes(next(iter(calls(1)))) if memory else None,
        items=items,
        inputs=inputs,
        result=result,
        environment={**around, **load("after")},
    )
