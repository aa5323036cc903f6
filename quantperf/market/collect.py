"""Collecting: asks a source for many symbols and writes what it gives, whole batch by whole batch.

The way of a bar is query -> transport -> parse -> validate -> overlap rule -> store. What decides is elsewhere
(`quantperf.market.reconcile`, `quantperf.market.validation`, `quantperf.transport.policy`); here a few threads take one
symbol after the other, and after each batch one commit writes it. A symbol that fails is an entry of ``errors`` and
changes nothing for the others; an exception means that the call was wrong, or that the store cannot be written.

Threads and not coroutines: rates, retries and deadlines are the transport's, which has an event loop of its own that
all collecting of a store shares, and a source that is no web service blocks.

Measured by ``python -m benchmarks.collecting`` on a shared machine of two cores, with a host on loopback that answers
after 0.1 s and no rate: ten symbols of ten years take 0.30 s ten in flight and 1.28 s one after the other; the loop
that everyone writes first, which neither validates nor compares, takes 1.31 s (median ratio to it 4.4, range 4.1 to
4.7). The update of a day takes 0.20 s against 1.17 s (6.0, 5.8 to 6.2). Polite rates set the time where they hold: ten
symbols at one request a second, four of them at once, take six.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from quantperf.errors import CorruptChunk, Malformed, NotFound, ParameterError, QuantperfError, SourceError, Upstream
from quantperf.market.bars import Panel
from quantperf.market.history import Interval, Parsed, Query, interval_of, stamp_at
from quantperf.market.intake import (
    Entry,
    Examined,
    Found,
    examine,
    judge,
    note_asked,
    order,
    settle,
    whole_of,
)
from quantperf.market.sources.frames import Frames
from quantperf.market.sources.protocol import AnySource, LocalSource, Source
from quantperf.market.sources.registry import FunctionSource, source_of

if TYPE_CHECKING:
    from quantperf.market.store import Store
    from quantperf.transport import Transport

__all__ = ["SCHEMA", "Collected", "Options", "Progress", "collect", "collect_async"]

SCHEMA = (
    """
    CREATE TABLE done(
        name TEXT NOT NULL, run TEXT NOT NULL, symbol TEXT NOT NULL, PRIMARY KEY(name, run, symbol)
    ) WITHOUT ROWID;
    """,
)

MOST_IN_FLIGHT = 10
MOST_A_BATCH = 500
BATCH = 100  # at one request a second, two minutes of asking are the most that a kill can lose
GLANCE = 0.2  # seconds after which a cancelled call is noticed
COLUMNS = ("verdict", "fetched", "added", "revised", "refused", "flagged", "actions", "open", "seq", "error")

Progress: TypeAlias = Callable[[int, int, str], Any]


class Options(TypedDict, total=False):
    """What collecting can be told by keyword; described at `quantperf.market.store.Store.collect`."""

    source: Any
    interval: str
    limit: int
    batch: int
    progress: bool | Progress
    resume: str | None
    transport: Transport | None
    whole: bool


@dataclass(frozen=True, eq=False)
class Collected:
    """What became of the symbols of one call.

    Attributes
    ----------
    bars : mapping of str to DataFrame
        The bars of the asked span of each symbol without an error, final ones, read from the store when they are looked
        at.
    errors : mapping of str to QuantperfError
        Why a symbol was not collected, by symbol.
    report : DataFrame
        Indexed by symbol in the order asked for: verdict (that of the overlap rule, ``error``, or ``done`` by the run
        that is resumed), how many bars were fetched, added, revised and refused, new flags, actions in the answer,
        whether there is a bar of an open session, seq of the commit (missing if nothing changed) and error.
    """

    bars: Mapping[str, pd.DataFrame]
    errors: Mapping[str, QuantperfError]
    report: pd.DataFrame

    def __repr__(self) -> str:
        counts = self.report["verdict"].value_counts()
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        return f"Collected({len(self.report)} symbols: {told or 'none'})"


class _Stored(Mapping[str, pd.DataFrame]):
    """Bars of a span, read from the store when they are looked at: thousands of histories need no memory."""

    def __init__(self, store: Store, symbols: Sequence[str], start: Any, end: Any, interval: str) -> None:
        self._store, self._symbols = store, dict.fromkeys(symbols)
        self._span = (start, end, interval)

    def __getitem__(self, symbol: str) -> pd.DataFrame:
        if symbol not in self._symbols:
            raise KeyError(symbol)
        start, end, interval = self._span
        return self._store.bars(symbol, start, end, interval=interval)

    def __iter__(self) -> Iterator[str]:
        return iter(self._symbols)

    def __len__(self) -> int:
        return len(self._symbols)

    def __repr__(self) -> str:
        return f"<bars of {len(self)} symbols>"


@dataclass(slots=True)
class _Job:
    """One call, checked."""

    store: Store
    source: AnySource
    symbols: tuple[str, ...]
    interval: Interval
    first: int | None
    last: int | None
    limit: int
    batch: int
    whole: bool
    name: str | None
    run: str | None
    transport: Transport | None
    stopped: threading.Event = field(default_factory=threading.Event)


def collect(store: Store, symbols: Any, start: Any, end: Any, **options: Any) -> Collected:
    """Do what `quantperf.market.store.Store.collect` describes."""
    job, progress = _checked(store, symbols, start, end, **options)
    return _collected(job, start, end, progress)


async def collect_async(store: Store, symbols: Any, start: Any, end: Any, **options: Any) -> Collected:
    """Do the same for code that awaits, on a thread; to cancel it begins no further request and no further commit."""
    job, progress = _checked(store, symbols, start, end, **options)
    try:
        return await asyncio.to_thread(_collected, job, start, end, progress)
    finally:
        job.stopped.set()


def _checked(
    store: Store,
    symbols: Any,
    start: Any,
    end: Any,
    *,
    source: Any = None,
    interval: str = "1d",
    limit: int = MOST_IN_FLIGHT,
    batch: int = BATCH,
    progress: bool | Progress = True,
    resume: str | None = None,
    transport: Transport | None = None,
    whole: bool = False,
) -> tuple[_Job, bool | Progress]:
    """Return the job of a call, or refuse it before anything is asked."""
    if source is None:
        raise ParameterError(
            'source must be named: "yahoo" or another one that is registered, "sample", frames or a function'
        )
    what = interval_of(interval)
    first = None if start is None else stamp_at("start", start, what)
    last = None if end is None else stamp_at("end", end, what)
    if first is not None and last is not None and last < first:
        raise ParameterError(f"end must not be before start, got {start!r} and {end!r}")
    for name, value, most in (("limit", limit, MOST_IN_FLIGHT), ("batch", batch, MOST_A_BATCH)):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ParameterError(f"{name} must be a whole number from 1 to {most}, got {value!r}")
    if resume is not None and (not isinstance(resume, str) or not resume):
        raise ParameterError(f"resume must be the name of a job, got {resume!r}")
    if not isinstance(progress, bool) and not callable(progress):
        raise ParameterError(f"progress must be True, False or a function of done, total and symbol, got {progress!r}")
    made = _origin(source, what)
    names = _names(symbols, made)
    span = f"{'' if first is None else start}..{store.clock.now():%Y-%m-%d}" if last is None else f"{start}..{end}"
    run = None if resume is None else f"{resume} {made.name} {what.name} {span}"
    return _Job(store, made, names, what, first, last, limit, batch, whole, resume, run, transport), progress


def _origin(source: Any, interval: Interval) -> AnySource:
    """Return the source of whatever names or holds one."""
    if isinstance(source, Panel | pd.DataFrame | Mapping):
        return Frames(source, interval=interval.name)
    if isinstance(source, str | Source | LocalSource):
        return source_of(source)
    if callable(source):
        return FunctionSource(str(getattr(source, "__name__", "function")), source)
    raise ParameterError(
        f"source must be a name such as 'yahoo', a source, bars or a function of symbol, start, end and interval, "
        f"got {source!r:.80}"
    )


def _names(symbols: Any, source: AnySource) -> tuple[str, ...]:
    """Return each symbol once, in order; all of a source that says what it holds, where none is named."""
    if symbols is None:
        symbols = getattr(source, "symbols", None)
        if symbols is None or callable(symbols):
            raise ParameterError(f"symbols must be named: source {source.name!r} does not tell which it has")
    if not isinstance(symbols, Iterable):
        raise ParameterError(f"symbols must be a str or several of them, got {symbols!r}")
    names = (symbols,) if isinstance(symbols, str) else tuple(symbols)
    for name in names:
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise ParameterError(f"a symbol must be a printable str, got {name!r}")
    return tuple(dict.fromkeys(names))


def _collected(job: _Job, start: Any, end: Any, progress: bool | Progress) -> Collected:
    """Collect batch by batch."""
    entries: dict[str, Entry] = {}
    done = _done(job)
    entries.update({symbol: Entry(symbol, "done") for symbol in job.symbols if symbol in done})
    left = iter([symbol for symbol in job.symbols if symbol not in done])
    total = len(job.symbols)
    pool = ThreadPoolExecutor(job.limit, thread_name_prefix="quantperf-collect")
    try:
        with _showing(progress) as show:
            while batch := list(islice(left, job.batch)):
                reached = len(entries)
                found = _fetch(job, pool, batch, lambda count, symbol: show(reached + count, total, symbol))  # noqa: B023
                _refuse_ended(job)
                for entry in _write(job, found):
                    entries[entry.symbol] = entry
    except BaseException:
        job.stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    _forget(job)
    ordered = [entries[symbol] for symbol in job.symbols]
    errors = {entry.symbol: entry.error for entry in ordered if entry.error is not None}
    collected = [symbol for symbol in job.symbols if symbol not in errors]
    bars = _Stored(job.store, collected, start, end, job.interval.name)
    return Collected(bars, errors, _report(ordered))


def _fetch(job: _Job, pool: ThreadPoolExecutor, batch: Sequence[str], show: Callable[[int, str], Any]) -> list[Found]:
    """Return what was found for each symbol of a batch, in its order."""
    asked: dict[Future[Found], str] = {pool.submit(_found, job, symbol): symbol for symbol in batch}
    waiting, count = set(asked), 0
    while waiting:
        ended, waiting = wait(waiting, GLANCE, return_when=FIRST_COMPLETED)
        _refuse_ended(job)
        for future in ended:
            future.result()  # an error that is not of a symbol ends the call
            count += 1
            show(count, asked[future])
    return [future.result() for future in asked]


def _found(job: _Job, symbol: str) -> Found:
    """Ask for one symbol, and for its whole history where the overlap tells of an action."""
    database, interval = job.store.database, job.interval
    try:
        with database.reading() as connection:
            now = job.store.clock.now()
            first = order(connection, symbol, interval, job.first, job.last, now, whole=job.whole)
        answer = _asked(job, first.query)
        found = Found(symbol, first, answer)
        with database.reading() as connection:
            rebased = judge(connection, found, interval).kind == "action"
            again = whole_of(connection, first, interval) if rebased else None
        return found if again is None else Found(symbol, first, answer, _whole(job, again.query, answer))
    except (SourceError, CorruptChunk) as error:
        return Found(symbol, error=error)


def _whole(job: _Job, query: Query, answer: Examined) -> Examined:
    """Return the whole history; of intraday bars that are no longer served as far back, what there is."""
    try:
        return _asked(job, query)
    except SourceError as error:
        # A source that says no to a span, and neither fails nor asks for patience, does not serve it.
        if job.interval.daily or type(error) not in (SourceError, NotFound):
            raise
        return answer


def _refuse_ended(job: _Job) -> None:
    """Raise where the call was cancelled: what it has fetched and not written is dropped."""
    if job.stopped.is_set():
        raise CancelledError("the call was cancelled")


def _asked(job: _Job, query: Query) -> Examined:
    """Return the answer to one query, validated; what a source raises is an error of this symbol, with its cause."""
    if job.stopped.is_set():
        raise Upstream(f"{query.symbol} was not asked for: the call was ended")
    source, name = job.source, job.source.name
    try:
        if isinstance(source, Source):
            requests = source.requests(query)
            transport = job.store.transport if job.transport is None else job.transport
            parsed = source.parse(query, [transport.get(request) for request in requests])
        else:
            parsed = source.read(query)
        if not isinstance(parsed, Parsed) or parsed.bars.interval.name != query.interval:
            raise Malformed(f"source {name!r} must give Parsed bars of {query.interval}, got {parsed!r:.80}")
        return examine(parsed, job.store.clock.now())
    except SourceError:
        raise
    except Exception as error:
        raise Malformed(f"source {name!r} failed for {query.symbol!r}: {error!r}") from error


def _write(job: _Job, found: Sequence[Found]) -> list[Entry]:
    """Write a batch in one commit, then publish what changed, and note what is done."""
    entries, events = settle(job.store, job.interval, found, source=job.source.name, run=job.run)
    with job.store.database.writing() as connection:
        note_asked(connection, job.interval, found, entries)
        if job.run is not None:
            rows = [(job.name, job.run, entry.symbol) for entry in entries if entry.error is None]
            connection.executemany("INSERT OR IGNORE INTO done VALUES (?, ?, ?)", rows)
    for event in events:
        job.store.bus.publish(event)
    return entries


def _done(job: _Job) -> set[str]:
    """Return what the run did before it was stopped; runs of its name for another day or span are forgotten."""
    if job.run is None:
        return set()
    with job.store.database.writing() as connection:
        connection.execute("DELETE FROM done WHERE name = ? AND run != ?", (job.name, job.run))
        return {row["symbol"] for row in connection.execute("SELECT symbol FROM done WHERE run = ?", (job.run,))}


def _forget(job: _Job) -> None:
    """Forget what was done by a run that came to its end: the next one begins anew."""
    if job.run is not None:
        with job.store.database.writing() as connection:
            connection.execute("DELETE FROM done WHERE run = ?", (job.run,))


def _report(entries: Sequence[Entry]) -> pd.DataFrame:
    """Return one row a symbol."""
    rows = [[getattr(entry, name) for name in COLUMNS] for entry in entries]
    index = pd.Index([entry.symbol for entry in entries], name="symbol", dtype="str")
    return pd.DataFrame(rows, index=index, columns=list(COLUMNS)).astype({"verdict": "str", "seq": "Int64"})


@contextmanager
def _showing(progress: bool | Progress) -> Iterator[Progress]:
    """Give a function that shows how far it is: the caller's, or a bar where there is a terminal."""
    if not isinstance(progress, bool):
        yield progress
        return
    console = Console(stderr=True)
    if not (progress and console.is_terminal):
        yield lambda done, total, symbol: None
        return
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total, symbol: bar.update(task, completed=done, total=total, description=escape(symbol))
