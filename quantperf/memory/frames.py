"""DataFrames and Series in fewer bytes, and back; and a decorator that does it to arguments and results."""

from __future__ import annotations

import functools
import inspect
from collections import deque
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar, cast, overload

import pandas as pd

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.memory.narrow_report import D, NarrowReport, Step, narrowed
from quantperf.memory.narrowing import MODES, Mode, narrow

__all__ = ["Narrowing", "optimize_dataframe_memory", "optimize_memory", "restore_memory"]

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

REPORTS_KEPT = 32  # of a decorated function
DEPTH_MOST = 4  # of containers in containers that are looked into


def optimize_memory(data: D, mode: Mode = "lossless") -> tuple[D, NarrowReport]:
    """Return data in fewer bytes, and a report of what was done.

    Parameters
    ----------
    data : DataFrame or Series
        It is not changed. Index (duplicates too), zone, names, order of columns, NaN, -0.0 and attributes survive.
    mode : {"lossless", "decimal", "compact"}, default "lossless"
        ``"lossless"``: strings to categories where at most half are distinct and it is smaller; integers to int32 where
        twice the largest still fits; floats to float32 only if every value is bit-equal. ``"decimal"``: also float32
        where rounding to so many places gives every float back; `restore_memory` does that, bit for bit.
        ``"compact"``: all floats to float32, with the error of each column in the report.

    Returns
    -------
    data : DataFrame or Series
        Narrowed; `restore_memory` gives the dtypes back.
    report : NarrowReport
        Bytes, dtypes, largest error and reason per column; ``report.table()``, ``report.apply(next_piece)``.

    Raises
    ------
    DataError
        If `data` is neither a DataFrame nor a Series.
    ParameterError
        If `mode` is unknown.

    Notes
    -----
    Each column that is called exact was widened again and compared bit for bit. What is exact are the values, not
    arithmetic done on them afterwards: pandas adds float32 in float32, and int32 times int32 may wrap. The indicators
    of quantperf compute in float64 whatever they are given.

    Examples
    --------
    >>> frame = pd.DataFrame({"symbol": ["AAPL", "IBM"] * 500, "volume": range(1000), "close": [10.1, 20.25] * 500})
    >>> small, report = optimize_memory(frame)
    >>> small.dtypes.astype(str).tolist(), report.exact
    (['category', 'int32', 'float64'], True)
    >>> restore_memory(small, report).equals(frame)
    True
    >>> optimize_memory(frame, "decimal")[0]["close"].dtype
    dtype('float32')
    """
    _check_mode(mode)
    if not isinstance(data, pd.DataFrame | pd.Series):
        raise DataError(f"data must be a DataFrame or a Series, got {type(data).__name__}")
    return _narrowed(data, mode)


def restore_memory(data: D, report: NarrowReport) -> D:
    """Return narrowed data in the dtypes it had; bit for bit, except for columns that the report calls inexact.

    Parameters
    ----------
    data : DataFrame or Series
        What `optimize_memory` returned, or some rows of it.
    report : NarrowReport
        Which came with it.

    Raises
    ------
    DataError
        If `data` has other columns or dtypes than the report says.

    Examples
    --------
    >>> small, report = optimize_memory(pd.Series([10.1, 10.2], name="close"), "decimal")
    >>> float(small.iloc[0]), float(restore_memory(small, report).iloc[0])
    (10.100000381469727, 10.1)
    """
    if not isinstance(report, NarrowReport):
        raise ParameterError(f"report must be the one that optimize_memory returned, got {type(report).__name__}")
    return report.restore(data)


class Narrowing(Protocol[P, R_co]):
    """A function whose frames are narrowed.

    Attributes
    ----------
    reports : deque of NarrowReport
        The last ones, newest last.
    """

    reports: deque[NarrowReport]
    __wrapped__: Callable[..., Any]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function."""


@overload
def optimize_dataframe_memory(function: Callable[P, R], /) -> Narrowing[P, R]: ...


@overload
def optimize_dataframe_memory(
    function: None = None, /, *, mode: Mode = "lossless", arguments: bool = True, results: bool = True
) -> Callable[[Callable[P, R]], Narrowing[P, R]]: ...


def optimize_dataframe_memory(
    function: Callable[..., Any] | None = None,
    /,
    *,
    mode: Mode = "lossless",
    arguments: bool = True,
    results: bool = True,
) -> Any:
    """Return a decorator that narrows the DataFrames and Series which a function gets and returns.

    Parameters
    ----------
    function : callable, optional
        For use without parentheses. A function, a method or a coroutine function; what a generator yields is left
        alone.
    mode : {"lossless", "decimal", "compact"}, default "lossless"
        What may be done; see `optimize_memory`.
    arguments : bool, default True
        Narrow what the function gets. Strings become categories; numbers keep their dtype but in mode ``"compact"``,
        and integers always do, so that what the function computes does not change: ``(volume * volume).sum()`` of
        volumes of 100 000 wraps in int32.
    results : bool, default True
        Narrow what it returns, numbers too.

    Returns
    -------
    callable
        The decorated function; the last reports are its ``.reports``.

    Raises
    ------
    ParameterError
        If it is called with data (that is `optimize_memory`), or `mode` is unknown.

    Notes
    -----
    Dicts, lists and tuples are looked into, at most `DEPTH_MOST` deep, and replaced by new ones where something in them
    was narrowed. It stacks with `cache_result` and `memory_monitor` in any order.

    Examples
    --------
    >>> @optimize_dataframe_memory()
    ... def volumes(frame):
    ...     return frame["volume"]
    >>> volumes(pd.DataFrame({"volume": [100, 200]})).dtype
    dtype('int32')
    >>> volumes.reports[-1].saved > 0
    True
    """
    _check_mode(mode)
    if function is not None and not callable(function):
        raise ParameterError(
            f"optimize_dataframe_memory decorates a function, got {type(function).__name__}; for data call "
            "optimize_memory(data)"
        )

    def decorate(work: Callable[P, R]) -> Narrowing[P, R]:
        if not callable(work):
            raise ParameterError(
                f"optimize_dataframe_memory() decorates a function, got {type(work).__name__}; for data call "
                "optimize_memory(data)"
            )
        return _decorated(work, mode, arguments, results)

    return decorate if function is None else decorate(function)


def _decorated(work: Callable[P, R], mode: Mode, arguments: bool, results: bool) -> Narrowing[P, R]:
    reports: deque[NarrowReport] = deque(maxlen=REPORTS_KEPT)

    def received(value: Any) -> Any:
        return _within(value, mode, mode == "compact", False, reports) if arguments else value

    def returned(value: Any) -> Any:
        return _within(value, mode, True, True, reports) if results else value

    def prepared(args: Any, kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return tuple(received(each) for each in args), {name: received(each) for name, each in kwargs.items()}

    @functools.wraps(work)
    def call(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = prepared(args, kwargs)
        return returned(cast(Any, work)(*args, **kwargs))

    @functools.wraps(work)
    async def call_async(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = prepared(args, kwargs)
        return returned(await cast(Any, work)(*args, **kwargs))

    made: Any = call_async if inspect.iscoroutinefunction(work) else call
    made.reports = reports
    made.cache_key = ("optimize_dataframe_memory", mode, arguments, results)  # what its results depend on
    return cast("Narrowing[P, R]", made)


def _within(value: Any, mode: Mode, floats: bool, integers: bool, reports: deque[NarrowReport], depth: int = 0) -> Any:
    """Return a value with the frames in it narrowed, or itself where there is nothing to narrow."""
    if isinstance(value, pd.DataFrame | pd.Series):
        result, report = _narrowed(cast("pd.DataFrame", value), mode, floats, integers)
        if all(each.way == "kept" for each in report.columns):
            return value
        reports.append(report)
        return result
    if depth == DEPTH_MOST:
        return value
    further = functools.partial(_within, mode=mode, floats=floats, integers=integers, reports=reports, depth=depth + 1)
    if type(value) is dict:
        new = {key: further(each) for key, each in value.items()}
        return new if any(new[key] is not each for key, each in value.items()) else value
    if type(value) in (list, tuple) or (isinstance(value, tuple) and hasattr(value, "_make")):
        parts = [further(each) for each in value]
        if all(part is each for part, each in zip(parts, value, strict=True)):
            return value
        return parts if type(value) is list else tuple(parts) if type(value) is tuple else type(value)._make(parts)
    return value


def _narrowed(data: D, mode: Mode, floats: bool = True, integers: bool = True) -> tuple[D, NarrowReport]:
    step: Step = functools.partial(narrow, mode=mode, floats=floats, integers=integers)
    width = 1 if isinstance(data, pd.Series) else data.shape[1]
    return narrowed(data, mode, [step] * width)


def _check_mode(mode: str) -> None:
    if mode not in MODES:
        raise one_of("mode", MODES, mode)
