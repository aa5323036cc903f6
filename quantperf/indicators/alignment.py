"""Values of coarser bars on finer ones, as they were known then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.indicators import rim, run
from quantperf.indicators.catalogue import CATALOG, Call, Indicator
from quantperf.indicators.plan import FloatArray
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS, columns_of
from quantperf.market.sessions import CLOSE_TIME, Stamps, are_dates, moments_of, stamps_in
from quantperf.market.timeframes import Resampled, Timeframe, bars_of, forming_bars, length_of

WHEN = ("closed", "forming")
Asked: TypeAlias = str | Indicator | Callable[..., Any]


def align(
    higher: Any,
    lower: Any,
    when: Literal["closed", "forming"] = "closed",
    *,
    indicator: Asked | None = None,
    stamps: Stamps | None = None,
    bar: str | None = None,
    **params: Any,
) -> Any:
    """Return values of coarser bars on finer bars, each as it was known when the finer bar closed.

    Parameters
    ----------
    higher : Series, DataFrame, named tuple of them, or Panel
        Values of coarser bars over the moments at which those close, such as an indicator of what `resample` gave; or,
        with `indicator`, those bars themselves.
    lower : Series, DataFrame, Panel or Index
        The finer bars; their index counts. With ``when="forming"`` the bars of which `resample` made `higher`, or the
        last of them, from the beginning of a coarser bar on.
    when : {"closed", "forming"}, default "closed"
        "closed": the value of the last coarser bar that had closed when the finer bar closed; it never changes
        afterwards. "forming": the value that `indicator` had then, with what was known of the coarser bar that the
        finer one is part of; it changes with each finer bar, so the result is marked as revisable.
    indicator : str, Indicator or callable, optional
        What to compute on the bars of `higher`. "forming" needs one of the catalogue; "closed" takes any function.
    stamps : {"open", "close"}, optional
        What a stamp of `lower` says. By default the moment at which its row is known, so "close"; and with "forming"
        what `resample` was told. If they are the opens of bars, a value is given as late as one bar, never too early,
        unless `bar` says how long bars are.
    bar : str, optional
        Length of a bar of `lower`, such as "5min", for stamps of opens.
    **params
        Parameters of the indicator.

    Returns
    -------
    like `higher`
        Over the index of `lower`; NaN before the first coarser bar has closed. For bars and an `indicator` what that
        gives. ``attrs["when"]`` is `when`, ``attrs["revisable"]`` whether values change until the coarser bar closes.

    Raises
    ------
    DataError
        If stamps of the two do not go together, or `higher` are dates of sessions and `lower` are moments: then nobody
        can tell when in the day a value was known.
    ParameterError
        If `when` is none of these, or "forming" is not given what it needs.

    Examples
    --------
    >>> import quantperf as qp
    >>> days = qp.sample("IBM").loc["2013-01":]
    >>> weeks = qp.resample(days, "W-FRI")
    >>> qp.align(weeks.close, days, when="closed").loc["2013-01-03":"2013-01-07"].tolist()
    [nan, 193.99, 193.99]
    >>> now = qp.align(weeks, days, when="forming", indicator="sma", window=2)
    >>> now.attrs["revisable"], now.loc["2013-01-10":"2013-01-11"].round(3).tolist()
    (True, [193.435, 194.22])
    """
    if when not in WHEN:
        raise one_of("when", WHEN, when)
    if stamps is not None and stamps not in ("open", "close"):
        raise one_of("stamps", ("open", "close"), stamps)
    if when == "forming":
        return _forming(higher, lower, indicator, stamps, bar, params)
    higher = _closed_bars(higher)
    if indicator is not None:
        compute = CATALOG[indicator] if isinstance(indicator, str) else indicator
        higher = compute(higher, **params)
    elif params:
        raise ParameterError(f"parameters need an indicator to go to, got {', '.join(params)}; name it by indicator=")
    if isinstance(higher, tuple):
        parts = [_joined(part, lower, stamps, bar) for part in higher]
        return type(higher)(*parts) if hasattr(higher, "_fields") else tuple(parts)
    return _joined(higher, lower, stamps, bar)


def _closed_bars(higher: Any) -> Any:
    """Return bars without the last one if that is marked as not complete."""
    if isinstance(higher, Resampled) and not higher.closed.all():
        count = int(higher.closed.sum())
        blocks = {name: getattr(higher, name).iloc[:count] for name in FIELDS}
        return Panel.from_blocks(**blocks)
    if isinstance(higher, pd.DataFrame) and "closed" in higher and higher["closed"].dtype == bool:
        return higher[higher["closed"]]
    return higher


def _joined(higher: Any, lower: Any, stamps: Stamps | None, bar: str | None) -> Any:
    """Return the rows of the last coarser bars that had closed."""
    if isinstance(higher, Panel):
        fields = {name: _joined(getattr(higher, name), lower, stamps, bar) for name in FIELDS}
        return Panel.from_blocks(**fields)
    if not isinstance(higher, pd.Series | pd.DataFrame):
        raise DataError(
            f"higher must be a Series, a DataFrame or a Panel over closing times, got {type(higher).__name__}"
        )
    index = _index_of(lower)
    known_at, closed_at = _comparable(index, higher.index, stamps, bar)
    places = closed_at.searchsorted(known_at, side="right") - 1
    taken = higher.set_axis(pd.RangeIndex(len(higher)), axis=0).reindex(places).set_axis(index, axis=0)
    taken.attrs = {**higher.attrs, "when": "closed", "revisable": False}
    return taken


def _index_of(lower: Any) -> pd.Index[Any]:
    index = lower if isinstance(lower, pd.Index) else getattr(lower, "index", None)
    if not isinstance(index, pd.Index):
        raise DataError(f"lower must be bars with an index, or an index, got {type(lower).__name__}")
    return index


def _comparable(
    lower: pd.Index[Any], higher: pd.Index[Any], stamps: Stamps | None, bar: str | None
) -> tuple[pd.Index[Any], pd.Index[Any]]:
    """Return when each finer row is known and when each coarser one is, so that they compare."""
    for name, index in (("lower", lower), ("higher", higher)):
        if not (index.is_monotonic_increasing and index.is_unique):
            raise DataError(f"{name} must be ascending without duplicate stamps; sort it with sort_index()")
    length = length_of(bar)
    if all(index.dtype.kind in "iuf" for index in (lower, higher)):
        return lower, higher
    finer, coarser = stamps_in(lower), stamps_in(higher)
    if (finer.tz is None) != (coarser.tz is None):
        raise DataError(
            f"lower and higher must both have a zone or both none, got {finer.tz} and {coarser.tz}; "
            "convert with df.tz_localize"
        )
    if len(coarser) and coarser.name != CLOSE_TIME and are_dates(coarser) and not are_dates(finer):
        raise DataError(
            "higher must tell the moments at which its bars close, as lower does, got dates of sessions; make it of "
            f"intraday bars with qp.resample, or, if midnight is when they close, call its index {CLOSE_TIME!r}"
        )
    known = moments_of(finer)
    return (known + length if stamps == "open" and length is not None else known), moments_of(coarser)


# -------------------------------------------------------------------------------------------------------------- forming


def _forming(
    higher: Any, lower: Any, indicator: Asked | None, stamps: Stamps | None, bar: str | None, params: dict[str, Any]
) -> Any:
    """Return what an indicator was while each coarser bar formed."""
    timeframe = higher.timeframe if isinstance(higher, Resampled) else getattr(higher, "attrs", {}).get("timeframe")
    if not isinstance(timeframe, Timeframe):
        raise ParameterError(
            "when='forming' needs the bars that qp.resample made as higher, got "
            f"{type(higher).__name__} without a timeframe; give those, and the indicator by indicator="
        )
    if not isinstance(indicator, str | Indicator):
        got = "none" if indicator is None else type(indicator).__name__
        raise ParameterError(
            f"when='forming' needs an indicator of the catalogue, such as indicator='rsi', got {got}; it is the one "
            "that can be told of a bar before the bar is complete"
        )
    entry = CATALOG[indicator] if isinstance(indicator, str) else indicator
    call = entry.resolve(named=params)
    if call.policy.kind != "local":
        raise ParameterError(f"nan must be 'local' with when='forming', got {str(call.policy)!r}; fill the bars before")
    if not set(entry.columns) <= set(FIELDS):
        raise ParameterError(f"when='forming' needs an indicator of prices and volumes, got {entry.name}")
    index, fields = bars_of(lower)
    if isinstance(lower, Panel) != isinstance(higher, Panel) or (
        isinstance(lower, Panel) and lower.symbols != higher.symbols
    ):
        raise DataError("lower and higher must be bars of the same symbols; use lower[list(higher.symbols)]")
    timeframe = Timeframe(timeframe.every, stamps or timeframe.stamps, bar or timeframe.bar, timeframe.session)
    groups = timeframe.groups(index)
    past = _past(entry, _closed_bars(higher))
    lacking = groups.close_time[groups.closed].difference(past[0])
    if len(lacking):
        raise DataError(
            f"higher must hold every complete bar of lower, the one of {lacking[0]} is not there; resample lower again"
        )
    begun = dict(zip(FIELDS, forming_bars(fields, groups), strict=True))
    now = [run.finite(begun[name]) for name in entry.columns]
    lanes = fields[0].shape[1]
    shape = (len(index), lanes)
    y = entry.empty(shape, fill=True)
    state, fed, last = call.start(lanes), 0, -1
    for number, rows in _runs(groups.of):
        if number < 0:  # outside of all sessions: what was known before
            if last >= 0:
                y[..., rows, :] = y[..., last : last + 1, :]
            continue
        # Bars that closed before this one does had closed when it began; of a number of bars only those before it.
        until = _closed_before(past[0], groups, number, timeframe)
        if until > fed:
            entry.advance(call, state, [np.ascontiguousarray(block[fed:until]) for block in past[1]])
            fed = until
        y[..., rows, :] = _peeked(entry, call, state, [block[rows] for block in now])
        last = rows.stop - 1
    attrs = {"indicator": entry.name, "params": str(call.params), "when": "forming", "revisable": True}
    source = rim.Source("series", index)
    if isinstance(lower, Panel):
        source = rim.Source("frame", index, pd.Index(lower.symbols))
    if entry.returns is None:
        return rim.wrap(y, source, entry.name, attrs)
    return entry.returns(*(rim.wrap(y[i], source, name, attrs) for i, name in enumerate(entry.outputs)))


def _past(entry: Indicator, higher: Any) -> tuple[pd.Index[Any], list[FloatArray]]:
    """Return when the complete bars closed, and the columns of them that an indicator reads."""
    if isinstance(higher, Panel):
        return higher.index, [run.finite(higher.block(name)) for name in entry.columns]
    columns = columns_of(higher, entry.columns)
    return higher.index, [run.finite(columns[name].reshape(-1, 1)) for name in entry.columns]


def _closed_before(closed_at: pd.Index[Any], groups: Any, number: int, timeframe: Timeframe) -> int:
    """Return how many of the complete bars closed before a coarser bar will."""
    if isinstance(timeframe.every, int) and not groups.closed[number]:
        return int(closed_at.searchsorted(groups.open_time[number], side="right"))
    return int(closed_at.searchsorted(groups.close_time[number], side="left"))


def _runs(numbers: npt.NDArray[np.intp]) -> Iterator[tuple[int, slice]]:
    """Yield each number with the rows that have it one after the other."""
    if not len(numbers):
        return
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    for start, stop in zip(starts, [*starts[1:], len(numbers)], strict=True):
        yield int(numbers[start]), slice(int(start), int(stop))


def _peeked(entry: Indicator, call: Call, state: FloatArray, rows: list[FloatArray]) -> npt.NDArray[Any]:
    """Return what the next bar would give for each of some candidates (rows, lanes): each is a lane of its own."""
    count, lanes = rows[0].shape
    candidates = [np.ascontiguousarray(block.T).reshape(1, count * lanes) for block in rows]
    found = entry.advance(call, np.repeat(state, count, axis=1), candidates)
    turned = found.reshape(*found.shape[:-2], lanes, count)
    return np.swapaxes(turned, -1, -2)
