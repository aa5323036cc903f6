"""Sources by name: those that come with quantperf, those of other packages, and functions of the user."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, TypeAlias

import pandas as pd

from quantperf.errors import DataError, Malformed, NotFound, ParameterError, SourceError, Upstream, did_you_mean, one_of
from quantperf.market.history import Bars, Parsed, Query
from quantperf.market.sources.frames import frame_of
from quantperf.market.sources.protocol import AnySource, Basis, LocalSource, Source, inside

__all__ = ["GROUP", "FunctionSource", "History", "register", "registered", "source_of", "unregister"]

GROUP = "quantperf.sources"  # of entry points: name -> a source, or a class that makes one without arguments
BASES = ("raw", "splits", "total")
_HOMES = {
    "sample": ("quantperf.market.sources.bundled", "Bundled"),
    "synthetic": ("quantperf.market.sources.synthetic", "Synthetic"),
    "yahoo": ("quantperf.market.sources.yahoo", "YahooChart"),
}
_held: dict[str, AnySource] = {}

History: TypeAlias = Callable[
    [str, dt.datetime, dt.datetime, str], "pd.DataFrame | Awaitable[pd.DataFrame | None] | None"
]


class FunctionSource:
    """A function ``(symbol, start, end, interval) -> DataFrame`` as a source.

    Parameters
    ----------
    name : str
        As it is asked for.
    function : callable
        Sync or async; `start` and `end` are aware, in UTC, from the first included to the last excluded. It returns an
        OHLCV frame as `quantperf.market.history.Bars.from_frame` takes it, an empty one where there are no bars in the
        span, None where it does not know the symbol. A frame with the symbol as a second level of its columns is fine.
    basis : {"raw", "splits", "total"}, default "raw"
        What its prices are adjusted for.
    decimals : int, default 4
        Decimals to which it tells prices.
    """

    caps = frozenset({"history"})

    def __init__(self, name: str, function: History, basis: Basis = "raw", decimals: int = 4) -> None:
        if basis not in BASES:
            raise one_of("basis", BASES, basis)
        if isinstance(decimals, bool) or not isinstance(decimals, int) or not 0 <= decimals <= 12:
            raise ParameterError(f"decimals must be a whole number from 0 to 12, got {decimals!r}")
        self.name, self.basis, self.decimals = name, basis, decimals
        self._function = function

    def __repr__(self) -> str:
        return f"FunctionSource({self.name!r})"

    def read(self, query: Query) -> Parsed:
        """Return what the function gives for a query; it is called here, and awaited where it is async.

        Raises
        ------
        NotFound
            If it gives None.
        Malformed
            If it gives anything but a frame of bars.
        Upstream
            If it raises anything but a SourceError; that is the cause.
        """
        span = (query.symbol, query.start, query.end, query.interval)
        try:
            found = self._function(*span)
            if inspect.isawaitable(found):
                found = _result_of(found)
        except SourceError:
            raise
        except Exception as error:  # whatever a function of the user raises is an error of this symbol, with its cause
            raise Upstream(f"source {self.name!r} failed for {query.symbol!r}: {error!r}") from error
        if found is None:
            raise NotFound(f"source {self.name!r} does not know {query.symbol!r}")
        if not isinstance(found, pd.DataFrame):
            raise Malformed(f"source {self.name!r} must give a DataFrame for {query.symbol!r}, got {found!r:.80}")
        if not len(found):
            return Parsed(Bars.empty(query.interval), self.basis, self.decimals)
        try:
            bars = Bars.from_frame(frame_of(found, query.symbol), query.interval)
        except DataError as error:
            raise Malformed(f"source {self.name!r} gave no bars for {query.symbol!r}: {error}") from error
        bars, outside = inside(bars, query)
        return Parsed(bars, self.basis, self.decimals, repairs={"outside_query": outside} if outside else {})


def _result_of(found: Awaitable[Any]) -> Any:
    """Return what an awaitable gives; in a thread of its own where this one already runs a loop."""

    async def waiting() -> Any:
        return await found

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(waiting())
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(waiting()))
        except BaseException as error:  # carried to the thread that waits, and raised there
            failure.append(error)

    thread = threading.Thread(target=run, name="quantperf-source", daemon=True)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def register(
    name: str, source: AnySource | History, *, basis: Basis = "raw", decimals: int = 4, replace: bool = False
) -> AnySource:
    """Make a source known by a name, in this process.

    Parameters
    ----------
    name : str
        Letters, digits, ``_`` and ``-``.
    source : Source, LocalSource, or callable ``(symbol, start, end, interval) -> DataFrame``
        A function may be async; see `FunctionSource`.
    basis, decimals
        Of a function: what its prices are adjusted for, and the decimals to which it tells them.
    replace : bool, default False
        Allow a name that is already taken.

    Returns
    -------
    Source or LocalSource
        As `source_of` gives it from now on.

    Raises
    ------
    ParameterError
        If the name is taken or unfit, or `source` is neither a source nor a function.

    Examples
    --------
    >>> from quantperf.market.sample import sample
    >>> register("mine", lambda symbol, start, end, interval: sample(symbol))
    FunctionSource('mine')
    >>> unregister("mine")
    """
    if not isinstance(name, str) or not name or not name.replace("_", "").replace("-", "").isalnum():
        raise ParameterError(f"name must be letters, digits, _ and -, got {name!r}")
    if not replace and name in registered():
        raise ParameterError(f"name must be new, {name!r} is a source already; give replace=True or another name")
    if isinstance(source, type):
        raise ParameterError(f"source must be an instance, got the class {source.__name__}; call it first")
    if isinstance(source, Source | LocalSource):
        made: AnySource = source
    elif callable(source):
        made = FunctionSource(name, source, basis, decimals)
    else:
        raise ParameterError(
            f"source must have requests and parse, or read, or be a function of symbol, start, end and interval, "
            f"got {source!r:.80}"
        )
    _held[name] = made
    return made


def unregister(name: str) -> None:
    """Forget a source that was registered; one that comes with quantperf is itself again."""
    if name not in _held:
        raise ParameterError(f"name must be that of a registered source, got {name!r}")
    del _held[name]


def registered() -> tuple[str, ...]:
    """Return the names of all sources, sorted: registered ones, our own, and entry points of other packages.

    Examples
    --------
    >>> {"sample", "synthetic", "yahoo"} <= set(registered())
    True
    """
    return tuple(sorted({*_held, *_HOMES, *(point.name for point in entry_points(group=GROUP))}))


def source_of(name: str | AnySource) -> AnySource:
    """Return the source of a name; a source is returned as it is.

    Raises
    ------
    ParameterError
        If no source has this name, or an entry point gives something else.

    Examples
    --------
    >>> source_of("sample").name
    'sample'
    """
    if isinstance(name, Source | LocalSource) and not isinstance(name, type):
        return name
    if not isinstance(name, str):
        raise ParameterError(f"source must be a name or a source, got {name!r:.80}")
    if name not in _held:
        make = _maker(name)
        made = make() if callable(make) else make
        if not isinstance(made, Source | LocalSource):
            raise ParameterError(f"the entry point {name!r} of {GROUP} must give a source, got {made!r:.80}")
        _held[name] = made
    return _held[name]


def _maker(name: str) -> Any:
    """Return what makes a source of ours or of another package."""
    if name in _HOMES:
        module, label = _HOMES[name]
        return getattr(import_module(module), label)
    for point in entry_points(group=GROUP, name=name):
        found = point.load()
        return found if isinstance(found, type | Source | LocalSource) else _wrapped(name, found)
    hint = did_you_mean(name, registered()) or f"; known are {', '.join(registered())}"
    raise ParameterError(f"unknown source {name!r}{hint}")


def _wrapped(name: str, found: Any) -> Any:
    """Return what makes a source of a function that an entry point names."""
    return partial(FunctionSource, name, found) if callable(found) else found
