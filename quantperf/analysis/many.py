"""Many symbols at once: bars are asked for beside each other, and computed as they arrive, outside of the event loop.

What decides is elsewhere and does no I/O: `planner` how to compute, `transport.backoff` whether to ask again. Here is
the shell: a few fetchers take one symbol after the other, a bounded queue holds what has arrived, and rounds of it go
to threads. Every task belongs to a group, so an error or a cancellation ends them all.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, suppress
from contextvars import copy_context
from functools import partial
from typing import Any, TypeAlias, TypedDict, TypeVar, Unpack

import numpy as np
import pandas as pd

from quantperf.analysis.analyses import Analyses, Failure, Timings
from quantperf.analysis.comprehensive import (
    OwnBars,
    StampsMeaning,
    analyse_together,
    checked_convention,
    checked_period,
    own_bars,
)
from quantperf.analysis.fired import Signals, lookout_for
from quantperf.analysis.planner import MOST_TOGETHER, Choice, Planner, Round
from quantperf.analysis.result import Analysis
from quantperf.analysis.sources import Source, asked_of, is_coroutine_function, length_of, refuse_unknown
from quantperf.clock import SYSTEM, Clock
from quantperf.errors import ParameterError
from quantperf.market.bars import Panel
from quantperf.performance.measure import cpu_ns, now
from quantperf.transport.backoff import Backoff, Retrying

__all__ = ["analyse", "analyse_async", "analysing"]

T = TypeVar("T")
Found: TypeAlias = Analysis | Failure
OnResult: TypeAlias = Callable[[str, Found], Any]
Pause: TypeAlias = Callable[[float], Awaitable[Any]]
MOST_IN_FLIGHT = 10
GRACE = 5.0  # seconds in which a thread begins, or never does


class Options(TypedDict, total=False):
    """What `analyse`, `analyse_async` and `analysing` can be told by keyword; described at `analyse`."""

    period: str | None
    convention: str
    signals: Signals
    batch_size: int
    limit: int
    retries: int
    backoff: Backoff | None
    timeout: float | None
    how: Choice
    seed: int
    clock: Clock
    pause: Pause


def analyse(
    symbols: str | Iterable[str] | Panel | Mapping[str, pd.DataFrame] | None = None,
    source: Source = None,
    *,
    on_result: OnResult | None = None,
    **options: Unpack[Options],
) -> Analyses:
    """Return the comprehensive analyses of many symbols, asked for and computed at once.

    Works in a script and in a cell of a notebook, where an event loop runs already; there `analyse_async` can be
    awaited too. `analysing` gives the results as they come.

    Parameters
    ----------
    symbols : str or iterable of str, optional
        What to analyse; by default all of a source that can say what it holds. A panel or a mapping stands for itself.
        A symbol that comes twice is asked for once.
    source : Panel, mapping of str to DataFrame, or callable, optional
        Where bars come from; by default `qp.sample`. A function of a symbol that returns a frame of bars is called on
        threads, a coroutine function is awaited.
    on_result : callable, optional
        Called with symbol and result, or `Failure`, as each is there; an awaitable that it returns is awaited. What it
        raises ends the whole.
    period : {"1d", "5d", "1mo", "3mo", "6mo", "1y", "2y", "5y", "10y"}, optional
        How far back from its last bar a symbol's bars are read; by default as far as they go. An average that needs
        more is missing, and says so.
    convention : {"talib", "tradingview", "pandas", "legacy"}
        Under which the indicators are computed.
    signals : rules, callable or False, optional
        See `quantperf.analysis.comprehensive`.
    batch_size : int, default 5
        The most symbols that are computed together as they arrive, 1 to 20.
    limit : int, default 10
        The most requests in flight, 1 to 10.
    retries : int, default 3
        How often a request is repeated after an error that may pass: a time-out or another error of I/O.
    backoff : Backoff, optional
        The pauses between attempts: exponential, and drawn below their ceiling.
    timeout : float, optional
        Seconds for one attempt; by default no end. A thread cannot be stopped: a function that does not come back
        keeps one of the `limit` threads, so give it a time-out of its own, or a coroutine function.
    how : {"auto", "serial", "threads", "panel"}
        One symbol after the other, on threads, or in one pass of the kernels; "auto" finds the quickest as it goes.
    seed : int, default 0
        Of the random pauses.
    clock : Clock, optional
        Tells when the results were made.
    pause : coroutine function, optional
        Waits for so many seconds; for tests.

    Returns
    -------
    Analyses
        A mapping from symbol to `Analysis`, with ``errors``, ``frame``, ``plan`` and ``timings``.

    Raises
    ------
    ParameterError
        If a parameter is out of bounds. What goes wrong with one symbol is an entry of ``errors``, and the others
        complete.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = qp.analyse(["IBM", "AAPL", "NONE"])
    >>> list(found), found["IBM"].sentiment.label
    (['IBM', 'AAPL'], 'bearish')
    >>> print(found.errors["NONE"])
    NONE: DataError after 1 attempt: unknown symbol 'NONE'; the source holds AAPL, FB, GOOG, IBM, MSFT
    >>> found.frame[["current_price", "sentiment", "label"]]
            current_price  sentiment             label
    symbol
    IBM            202.91         -2           bearish
    AAPL           430.47         -1  slightly bearish
    """
    return _complete(_collect(_Run(symbols, source, **options), on_result))


async def analyse_async(
    symbols: str | Iterable[str] | Panel | Mapping[str, pd.DataFrame] | None = None,
    source: Source = None,
    *,
    on_result: OnResult | None = None,
    **options: Unpack[Options],
) -> Analyses:
    """Return what `analyse` does, with the same parameters, to code that awaits; to cancel it leaves nothing behind.

    Examples
    --------
    >>> import asyncio
    >>> list(asyncio.run(analyse_async(["IBM", "FB"])))
    ['IBM', 'FB']
    """
    return await _collect(_Run(symbols, source, **options), on_result)


def analysing(
    symbols: str | Iterable[str] | Panel | Mapping[str, pd.DataFrame] | None = None,
    source: Source = None,
    **options: Unpack[Options],
) -> AsyncGenerator[tuple[str, Found], None]:
    """Return an asynchronous iterator over symbols and results, or failures, as they are there; the first one first.

    Parameters are those of `analyse`. To leave the loop early and have all requests cancelled at once, close it:
    ``async with contextlib.aclosing(analysing(...)) as results``.

    Examples
    --------
    >>> import asyncio
    >>> async def labels():
    ...     return {symbol: result.sentiment.label async for symbol, result in analysing(["IBM", "MSFT"])}
    >>> asyncio.run(labels())["IBM"]
    'bearish'
    """
    return _Run(symbols, source, **options).results()


async def _collect(run: _Run, on_result: OnResult | None) -> Analyses:
    found: dict[str, Found] = {}
    async with aclosing(run.results()) as results:
        async for symbol, result in results:
            found[symbol] = result
            answer = on_result(symbol, result) if on_result is not None else None
            if inspect.isawaitable(answer):
                await answer
    return run.analyses(found)


class _Run:
    """One request for analyses: its parameters, checked, and what it has measured."""

    def __init__(
        self,
        symbols: str | Iterable[str] | Panel | Mapping[str, pd.DataFrame] | None,
        source: Source,
        *,
        period: str | None = None,
        convention: str = "talib",
        signals: Signals = None,
        batch_size: int = 5,
        limit: int = MOST_IN_FLIGHT,
        retries: int = 3,
        backoff: Backoff | None = None,
        timeout: float | None = None,
        how: Choice = "auto",
        seed: int = 0,
        clock: Clock = SYSTEM,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._symbols, self._source = asked_of(symbols, source)
        self._processors = os.cpu_count() or 1
        self._planner = Planner(how, len(self._symbols), batch_size, self._processors)
        self._policy = Retrying(retries, Backoff() if backoff is None else backoff)
        self._period = checked_period(period)
        whole = isinstance(limit, int) and not isinstance(limit, bool)
        if not whole or not 1 <= limit <= MOST_IN_FLIGHT:
            raise ParameterError(f"limit must be a whole number from 1 to {MOST_IN_FLIGHT}, got {limit!r}")
        if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float) or timeout <= 0):
            raise ParameterError(f"timeout must be a number of seconds above 0, or None for no end, got {timeout!r}")
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise ParameterError(f"seed must be a whole number of at least 0, got {seed!r}")
        self._convention = checked_convention(convention)
        self._lookout = lookout_for(signals, convention)
        self._limit = limit
        self._timeout = timeout
        self._seed = seed
        self._clock = clock
        self._pause = pause
        self._means = StampsMeaning()
        self._spent: dict[str, dict[str, float]] = {
            symbol: {"fetch": 0.0, "pause": 0.0, "compute": 0.0, "attempts": 0} for symbol in self._symbols
        }
        self._begin, self._cpu = now(), cpu_ns()

    def analyses(self, found: Mapping[str, Found]) -> Analyses:
        """Return all results with the plan and the timings."""
        timings = Timings(
            wall=(now() - self._begin) / 1e9,
            cpu=(cpu_ns() - self._cpu) / 1e9,
            waiting=sum(spent["fetch"] + spent["pause"] for spent in self._spent.values()),
            spent=self._spent,
        )
        return Analyses(self._symbols, found, self._planner.plan(), timings, self._clock.now())

    async def results(self) -> AsyncGenerator[tuple[str, Found], None]:
        """Give each symbol with its result as it is there."""
        self._begin, self._cpu = now(), cpu_ns()
        found: asyncio.Queue[tuple[str, Found] | None] = asyncio.Queue()  # holds at most as many as were asked for
        work = asyncio.create_task(self._work(found))
        work.add_done_callback(lambda _: found.put_nowait(None))
        try:
            while (item := await found.get()) is not None:
                yield item
            await work  # raises what went wrong
        finally:
            work.cancel()
            await asyncio.wait({work})
            if not work.cancelled():
                work.exception()  # raised above; or the caller has left, and an error of ours is the smaller news

    async def _work(self, found: asyncio.Queue[tuple[str, Found] | None]) -> None:
        """Fetch and compute all symbols."""
        # Room for what one round takes while the next arrives; a full queue holds the fetchers, and so the source.
        ready: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue(maxsize=MOST_TOGETHER)
        waiting = enumerate(self._symbols)
        requests = ThreadPoolExecutor(self._limit, "quantperf-request")
        kernels = ThreadPoolExecutor(self._processors, "quantperf-compute")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._compute(ready, found, kernels))
                fetchers = [
                    group.create_task(self._fetch_some(waiting, ready, found, requests))
                    for _ in range(min(self._limit, len(self._symbols)))
                ]
                for fetcher in fetchers:
                    await fetcher
                await ready.put(None)
        finally:
            requests.shutdown(wait=False, cancel_futures=True)
            kernels.shutdown(wait=False, cancel_futures=True)

    async def _fetch_some(
        self,
        waiting: Iterator[tuple[int, str]],
        ready: asyncio.Queue[tuple[str, Any] | None],
        found: asyncio.Queue[tuple[str, Found] | None],
        requests: ThreadPoolExecutor,
    ) -> None:
        """Fetch one waiting symbol after the other, which several of these share."""
        for place, symbol in waiting:
            bars = await self._fetch(place, symbol, requests)
            if isinstance(bars, Failure):
                self._planner.lost()
                found.put_nowait((symbol, bars))
            else:
                await ready.put((symbol, bars))

    async def _fetch(self, place: int, symbol: str, requests: ThreadPoolExecutor) -> Any:
        """Return the bars of a symbol, or why there are none; asks again where that may help."""
        spent = self._spent[symbol]
        random: np.random.Generator | None = None
        error: BaseException
        while True:
            spent["attempts"] += 1
            start = now()
            try:
                async with asyncio.timeout(self._timeout) as end:
                    return await self._ask(symbol, requests)
            except TimeoutError as late:
                error = TimeoutError(f"no answer within {self._timeout:g} s") if end.expired() else late
            except asyncio.CancelledError as cancelled:
                if _is_cancelled():
                    raise
                error = cancelled  # the source's own: nobody has cancelled us
            except Exception as other:  # whatever a source raises is that symbol's result
                error = other
            finally:
                spent["fetch"] += (now() - start) / 1e9
            attempt = int(spent["attempts"])
            # A generator of each symbol's own: the pauses do not hang on who answers first.
            random = random or np.random.default_rng([self._seed, place])
            pause = self._policy.pause_after(attempt, error, random.random())
            if pause is None:
                return Failure(symbol, error, attempt)
            start = now()
            await self._pause(pause)
            spent["pause"] += (now() - start) / 1e9

    async def _ask(self, symbol: str, requests: ThreadPoolExecutor) -> Any:
        source = self._source
        if isinstance(source, Panel | Mapping):
            refuse_unknown(symbol, source)
            return source if isinstance(source, Panel) else source[symbol]
        assert callable(source)
        if is_coroutine_function(source):
            return await source(symbol)
        bars = await asyncio.get_running_loop().run_in_executor(requests, copy_context().run, source, symbol)
        return await bars if inspect.isawaitable(bars) else bars

    async def _compute(
        self,
        ready: asyncio.Queue[tuple[str, Any] | None],
        found: asyncio.Queue[tuple[str, Found] | None],
        kernels: ThreadPoolExecutor,
    ) -> None:
        """Compute what has arrived, round after round, until all has."""
        held: deque[tuple[str, Any]] = deque()
        more = True
        while more or held:
            if more:
                more = await _arrivals(ready, held)
            if not held:
                break
            step = self._planner.next(len(held), max(length_of(bars) for _, bars in held))
            batch = [held.popleft() for _ in range(step.symbols)]
            start = now()
            results = await self._round(step, batch, kernels)
            seconds = (now() - start) / 1e9
            self._planner.done(step, seconds)
            for symbol, result in results.items():
                self._spent[symbol]["compute"] += seconds / step.symbols
                found.put_nowait((symbol, result))

    async def _round(self, step: Round, batch: list[tuple[str, Any]], kernels: ThreadPoolExecutor) -> dict[str, Found]:
        loop = asyncio.get_running_loop()
        shares = [[item] for item in batch] if step.how == "threads" else [batch]
        answers = [
            loop.run_in_executor(kernels, copy_context().run, self._computed, share, step.how == "panel")
            for share in shares
        ]
        return {symbol: result for answer in await asyncio.gather(*answers) for symbol, result in answer.items()}

    def _computed(self, batch: list[tuple[str, Any]], together: bool) -> dict[str, Found]:
        """Return the results of some symbols; on a thread, so that the loop goes on."""
        own: list[OwnBars] = []
        found: dict[str, Found] = {}
        for symbol, bars in batch:
            try:
                own.append(own_bars(bars, symbol, self._means, self._period))
            except Exception as error:
                found[symbol] = self._failed(symbol, error)
        passed = self._in_one_pass(own) if together and len(own) > 1 else None
        return found | (self._one_by_one(own) if passed is None else passed)

    def _in_one_pass(self, own: list[OwnBars]) -> dict[str, Found] | None:
        """Return the results of all, or None if one of them spoils the pass: alone, each tells its own error."""
        try:
            return {**analyse_together(own, self._convention, self._lookout)}
        except Exception:
            return None

    def _one_by_one(self, own: list[OwnBars]) -> dict[str, Found]:
        found: dict[str, Found] = {}
        for one in own:
            try:
                found |= analyse_together([one], self._convention, self._lookout)
            except Exception as error:
                found[one.symbol] = self._failed(one.symbol, error)
        return found

    def _failed(self, symbol: str, error: Exception) -> Failure:
        return Failure(symbol, error, int(self._spent[symbol]["attempts"]))


async def _arrivals(ready: asyncio.Queue[tuple[str, Any] | None], held: deque[tuple[str, Any]]) -> bool:
    """Wait until something is held, and take what else is there; return whether more will come."""
    while not held or (len(held) < MOST_TOGETHER and not ready.empty()):
        item = await ready.get()
        if item is None:
            return False
        held.append(item)
    return True


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _complete(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns, from code that cannot await, whether or not an event loop runs here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    return _beside(work)


def _beside(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop and thread of its own; an interrupt cancels it before it goes on up."""
    answer: Future[T] = Future()
    begun = threading.Event()
    cancel: list[Callable[[], Any]] = []

    async def body() -> T:
        task = asyncio.current_task()
        assert task is not None
        cancel.append(partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel))
        begun.set()
        return await work

    def run() -> None:
        try:
            answer.set_result(asyncio.run(body()))
        except BaseException as error:  # it is raised where the answer is waited for
            answer.set_exception(error)

    thread = threading.Thread(target=copy_context().run, args=(run,), name="quantperf-analyse", daemon=True)
    try:
        thread.start()
        return answer.result()
    finally:
        if not answer.done() and begun.wait(timeout=GRACE):
            with suppress(RuntimeError):  # its loop has closed meanwhile: it has ended by itself
                for stop in cancel:
                    stop()
            thread.join()
