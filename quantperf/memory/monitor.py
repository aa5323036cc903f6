"""What calls take: a decorator that measures memory and time of functions, coroutines and generators."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import logging
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, ParamSpec, Protocol, TypeVar, cast, overload

import pandas as pd

from quantperf.clock import SYSTEM, Clock
from quantperf.errors import ParameterError
from quantperf.events import Bus, MemoryCrossed
from quantperf.memory.records import MB, MemoryRecord, MemoryRecords, shown
from quantperf.memory.watch import Stretch, Watch

__all__ = ["MemoryMonitor", "Monitored", "memory_monitor"]

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Listener = Callable[[MemoryCrossed], object]

RECORDS_KEPT = 1000
RECORDS_A_FUNCTION = 200

log = logging.getLogger("quantperf.memory")


class Monitored(Protocol[P, R_co]):
    """A function whose calls are measured.

    Attributes
    ----------
    memory : MemoryRecords
        Its last calls; ``.memory.frame()`` is a table of them.
    """

    memory: MemoryRecords
    __wrapped__: Callable[..., Any]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function."""


class MemoryMonitor:
    """Measures the memory and the time that calls take; `memory_monitor` is the one of this process.

    As a decorator it takes functions, methods, coroutine functions, generators and asynchronous generators. Of the
    latter three every resumption is measured, and not the moment of creation, in which nothing happens.

    Parameters
    ----------
    watch : Watch, optional
        Measures; by default with the best gauge that works here.
    clock : Clock, optional
        Tells the time.
    most : int, default `RECORDS_KEPT`
        Records kept over all functions.

    Attributes
    ----------
    bus : Bus
        Where `MemoryCrossed` is published, if no other bus is named.

    Notes
    -----
    Crossings are judged, published and logged (logger ``quantperf.memory``, level warning) when a call ends, a
    generator or coroutine when a resumption does, once a call.

    Examples
    --------
    >>> @memory_monitor(threshold_mb=200.0)
    ... def total(count):
    ...     return sum(range(count))
    >>> total(1000)
    499500
    >>> total.memory.last.kind, total.memory.last.crossed
    ('function', False)
    >>> memory_monitor.records().iloc[-1]["name"].endswith("total")
    True
    """

    def __init__(self, watch: Watch | None = None, clock: Clock = SYSTEM, most: int = RECORDS_KEPT) -> None:
        self.watch = watch or Watch()
        self.clock = clock
        self.bus = Bus()
        self.kept = MemoryRecords(most)

    def records(self) -> pd.DataFrame:
        """Return the last calls of all functions, one row each; ``.kept.dropped`` counts those that are gone."""
        return self.kept.frame()

    @overload
    def __call__(self, function: Callable[P, R], /) -> Monitored[P, R]: ...

    @overload
    def __call__(
        self,
        function: None = None,
        /,
        *,
        threshold_mb: float | None = None,
        trace: bool = False,
        on_crossing: Listener | None = None,
        bus: Bus | None = None,
    ) -> Callable[[Callable[P, R]], Monitored[P, R]]: ...

    def __call__(
        self,
        function: Callable[..., Any] | None = None,
        /,
        *,
        threshold_mb: float | None = None,
        trace: bool = False,
        on_crossing: Listener | None = None,
        bus: Bus | None = None,
    ) -> Any:
        """Return a decorator that measures calls, or `function` decorated.

        Parameters
        ----------
        function : callable, optional
            For use without parentheses.
        threshold_mb : float, optional
            How many megabytes (10^6 bytes) a call may add to what the process holds; 0 is a threshold too. By default
            there is none.
        trace : bool, default False
            Count what Python allocates as well, with tracemalloc; allocations become several times slower.
        on_crossing : callable, optional
            Is called with each `MemoryCrossed`; its exceptions go to ``bus.errors``.
        bus : Bus, optional
            Where crossings are published; by default `bus` of this monitor.

        Raises
        ------
        ParameterError
            If `threshold_mb` is negative or no number, or something else than a function is decorated.
        """
        if threshold_mb is not None and (
            isinstance(threshold_mb, bool) or not isinstance(threshold_mb, int | float) or not threshold_mb >= 0
        ):
            raise ParameterError(f"threshold_mb must be a number of at least 0, got {threshold_mb!r}")
        threshold = None if threshold_mb is None else threshold_mb * MB
        plan = _Plan(self, threshold, trace, on_crossing, bus or self.bus)

        def decorate(work: Callable[P, R]) -> Monitored[P, R]:
            return _decorated(work, plan)

        return decorate if function is None else decorate(function)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the calls of a function are measured."""

    monitor: MemoryMonitor
    threshold: float | None
    trace: bool
    on_crossing: Listener | None
    bus: Bus


class _Call:
    """A call while it runs: what its resumptions took so far."""

    def __init__(self, name: str, kind: str, plan: _Plan, records: MemoryRecords) -> None:
        self._name, self._kind, self._plan, self._records = name, kind, plan, records
        self._began: dt.datetime | None = None
        self._stretch: Stretch | None = None
        self._first: Stretch | None = None
        self._last: Stretch | None = None
        self._resumed_at = 0.0
        self._seconds = 0.0
        self._resumptions = 0
        self._peak: int | None = None
        self._traced_peak: int | None = None
        self._added: int | None = None
        self._kept: int | None = 0
        self._overlapped = self._crossed = False

    def resume(self) -> None:
        """Begin a stretch in which it runs."""
        if self._began is None:
            self._began = self._plan.monitor.clock.now()
        self._stretch = self._plan.monitor.watch.begin(trace=self._plan.trace)
        self._resumed_at = self._plan.monitor.clock.monotonic()

    def pause(self) -> None:
        """End the stretch, and say so if a threshold was crossed in it."""
        done = self._stretch
        assert done is not None
        self._seconds += self._plan.monitor.clock.monotonic() - self._resumed_at
        self._plan.monitor.watch.end(done)
        self._resumptions += 1
        self._first, self._last, self._stretch = self._first or done, done, None
        self._overlapped |= done.overlapped
        self._peak = _largest(self._peak, done.peak)
        self._traced_peak = _largest(self._traced_peak, done.traced_peak)
        if done.before is None or done.peak is None or done.after is None or self._kept is None:
            self._kept = None
            return
        self._added = _largest(self._added, self._kept + done.peak - done.before)
        self._kept += done.after - done.before
        self._tell_crossing()

    def is_coroutine(self) -> None:
        """Note that a plain function turned out to give a coroutine."""
        self._kind = "coroutine"

    def end(self, error: BaseException | None) -> None:
        """Keep the record; nothing if it never ran."""
        if self._began is None or self._first is None or self._last is None:
            return
        record = MemoryRecord(
            name=self._name, kind=self._kind, event_at=self._began, known_at=self._plan.monitor.clock.now(),
            seconds=self._seconds, resumptions=self._resumptions, before_bytes=self._first.before,
            peak_bytes=self._peak, after_bytes=self._last.after, added_bytes=self._added, kept_bytes=self._kept,
            traced_before_bytes=self._first.traced_before, traced_peak_bytes=self._traced_peak,
            traced_after_bytes=self._last.traced_after, method=self._plan.monitor.watch.gauge.method,
            overlapped=self._overlapped, crossed=self._crossed, error=None if error is None else type(error).__name__,
        )  # fmt: skip
        self._records.add(record)
        self._plan.monitor.kept.add(record)

    def _tell_crossing(self) -> None:
        plan, added = self._plan, self._added
        if plan.threshold is None or added is None or self._peak is None or added <= plan.threshold or self._crossed:
            return
        self._crossed = True
        event = MemoryCrossed(
            at=plan.monitor.clock.now(), name=self._name, threshold_bytes=plan.threshold, added_bytes=added,
            peak_bytes=self._peak, overlapped=self._overlapped,
        )  # fmt: skip
        log.warning("%s added %s, more than %s", self._name, shown(added), shown(plan.threshold))
        plan.bus.publish(event)
        if plan.on_crossing is not None:
            try:
                plan.on_crossing(event)
            except Exception as error:  # a listener's mistake must not fail the call that it listens to
                plan.bus.errors.append((event, error))


def _decorated(work: Callable[P, R], plan: _Plan) -> Monitored[P, R]:
    if not callable(work) or inspect.isclass(work):
        raise ParameterError(f"memory_monitor decorates a function, got {type(work).__name__}")
    records = MemoryRecords(RECORDS_A_FUNCTION)
    name = f"{getattr(work, '__module__', '?')}.{getattr(work, '__qualname__', type(work).__qualname__)}"
    wrap, kind = _wrapper_for(work)
    made: Any = functools.wraps(work)(wrap(work, lambda: _Call(name, kind, plan, records)))
    made.memory = records
    made.cache_key = "memory_monitor"  # it only looks on: a cache above it need not know what it holds
    return cast("Monitored[P, R]", made)


def _wrapper_for(work: Callable[..., Any]) -> tuple[Callable[..., Any], str]:
    if not inspect.isroutine(work) and not isinstance(work, functools.partial):
        wrap, kind = _wrapper_for(type(work).__call__)  # what an object does when it is called
        return wrap, kind
    if inspect.isasyncgenfunction(work):
        return _measure_async_generator, "async generator"
    if inspect.isgeneratorfunction(work):
        return _measure_generator, "generator"
    if inspect.iscoroutinefunction(work):
        return _measure_coroutine, "coroutine"
    return _measure_function, "function"


def _measure_function(work: Callable[..., Any], begin: Callable[[], _Call]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        measured, value = begin(), None
        failure: BaseException | None = None
        measured.resume()
        try:
            value = work(*args, **kwargs)
        except BaseException as error:
            failure = error
            raise
        finally:
            measured.pause()
            if not inspect.iscoroutine(value):
                measured.end(failure)
            failure = None  # or the frame would hold its own exception
        # A plain function around a coroutine function, as other decorators make it: what counts is still to come.
        return _rest(value, measured) if inspect.iscoroutine(value) else value

    return call


async def _rest(work: Coroutine[Any, Any, Any], measured: _Call) -> Any:
    measured.is_coroutine()
    return await _Awaited(_whole(work, measured))


def _measure_generator(work: Callable[..., Any], begin: Callable[[], _Call]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        return (yield from _whole(work(*args, **kwargs), begin()))

    return call


def _measure_coroutine(work: Callable[..., Any], begin: Callable[[], _Call]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        return await _Awaited(_whole(work(*args, **kwargs), begin()))

    return call


def _measure_async_generator(work: Callable[..., Any], begin: Callable[[], _Call]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        measured, inner = begin(), work(*args, **kwargs)
        failure: BaseException | None = None
        step = inner.asend(None)
        try:
            while True:
                try:
                    out = await _Awaited(_steps(step.__await__(), measured))
                except StopAsyncIteration:
                    return
                try:
                    step = inner.asend((yield out))
                except GeneratorExit:
                    await _Awaited(_steps(inner.aclose().__await__(), measured))
                    raise
                except BaseException as error:
                    step = inner.athrow(error)
        except GeneratorExit:
            raise
        except BaseException as error:
            failure = error
            raise
        finally:
            measured.end(failure)
            failure = None

    return call


class _Awaited:
    """Something to await, made of steps."""

    def __init__(self, steps: Generator[Any, Any, Any]) -> None:
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._steps


def _whole(inner: Any, measured: _Call) -> Generator[Any, Any, Any]:
    """Run a generator or a coroutine to its end, measuring each resumption; keep the record."""
    failure: BaseException | None = None
    try:
        return (yield from _steps(inner, measured))
    except GeneratorExit:
        raise  # its user has had enough, which is no failure
    except BaseException as error:
        failure = error
        raise
    finally:
        measured.end(failure)
        failure = None


def _steps(inner: Any, measured: _Call) -> Generator[Any, Any, Any]:
    """Do what ``yield from inner`` does, and measure each resumption."""
    resume: Callable[[], Any] = functools.partial(inner.send, None)
    while True:
        measured.resume()
        try:
            out = resume()
        except StopIteration as stop:
            return stop.value
        finally:
            measured.pause()
        try:
            resume = functools.partial(inner.send, (yield out))
        except GeneratorExit:
            measured.resume()
            try:
                inner.close()
            finally:
                measured.pause()
            raise
        except BaseException as error:
            resume = functools.partial(inner.throw, error)


def _largest(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


memory_monitor = MemoryMonitor()
