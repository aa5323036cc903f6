"""Coarser bars from finer ones, labelled by the moment at which they are complete.

Which coarser bar a bar belongs to, and when that one opens and closes, follows from its stamp and the clock alone, not
from which other bars are there: a bar that comes later, or never, changes no stamp before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, not_bars, one_of
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS, FloatArray, columns_of
from quantperf.market.sessions import (
    CLOSE_TIME,
    Session,
    Stamps,
    are_dates,
    moments_of,
    stamps_in,
    wall_clock,
    what_stamps_mean,
)

__all__ = ["Groups", "Resampled", "Timeframe", "bars_of", "forming_bars", "length_of", "resample"]

ONE_DAY = pd.Timedelta(days=1)
ANCHOR = pd.Timestamp("1969-12-31")  # from which every second week, third month and so on are counted
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Groups:
    """Which coarser bar each bar belongs to.

    Attributes
    ----------
    of : ndarray
        For each bar the number of its coarser bar, counted from 0; -1 for a bar outside of all sessions.
    open_time, close_time : Index
        Of each coarser bar.
    closed : ndarray of bool
        Whether each is complete.
    """

    of: Places
    open_time: pd.Index[Any]
    close_time: pd.Index[Any]
    closed: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Timeframe:
    """How coarser bars are made: what `resample` was asked for."""

    every: str | int
    stamps: Stamps | None = None
    bar: str | None = None
    session: Session | None = None

    def groups(self, index: pd.Index[Any]) -> Groups:
        """Return which coarser bar each bar of an index belongs to; the index is ascending and without duplicates."""
        if isinstance(self.every, int):
            return self._counted(index)
        found = stamps_in(index)
        stamps = what_stamps_mean(found, self.stamps)
        offset, length = _offset(self.every), length_of(self.bar)
        if not len(found):
            empty = found[:0].rename(CLOSE_TIME)
            return Groups(np.empty(0, dtype=np.intp), empty, empty, np.empty(0, dtype=bool))
        if stamps == "session":
            return _of_dates(found, offset, self.every)
        return _of_moments(found, stamps, offset, length, self.session or Session())

    def _counted(self, index: pd.Index[Any]) -> Groups:
        """Return groups of a whole number of bars; the moment at which the last of them is complete is its own."""
        every, bars = int(self.every), len(index)
        of = np.arange(bars) // every
        firsts = np.arange(0, bars, every)
        lasts = np.minimum(firsts + every, bars) - 1
        closed = lasts - firsts + 1 == every
        if not (isinstance(index, pd.DatetimeIndex | pd.PeriodIndex) or index.dtype.kind == "M"):
            return Groups(of, index[firsts], index[lasts], closed)
        found = stamps_in(index)
        stamps = what_stamps_mean(found, self.stamps)
        length = length_of(self.bar)
        if stamps == "session":
            return Groups(of, found[firsts], found[lasts], closed)
        if length is None and stamps == "open":
            raise ParameterError(
                "bar must be the length of a bar, such as bar='5min', to know when the last of them closes, got none; "
                "or say stamps='close'"
            )
        begins = found if stamps == "open" else (found - length if length is not None else found)
        ends = found + length if stamps == "open" and length is not None else found
        return Groups(of, begins[firsts], ends[lasts].rename(CLOSE_TIME), closed)


class Resampled(Panel):
    """A Panel of bars that `resample` made: its index is when they close, and it knows when they open.

    Attributes
    ----------
    open_time, close_time : Index
        When each bar opens and closes; `close_time` is the index.
    closed : ndarray of bool
        Whether each bar is complete; only the last one may not be.
    timeframe : Timeframe
        How the bars were made.
    """

    def __init__(
        self,
        block: FloatArray,
        index: pd.Index[Any],
        symbols: Iterable[str],
        *,
        open_time: pd.Index[Any],
        closed: npt.NDArray[np.bool_],
        timeframe: Timeframe,
    ) -> None:
        super().__init__(block, index, symbols)
        self.open_time = open_time
        self.closed = closed.copy()
        self.closed.flags.writeable = False
        self.timeframe = timeframe

    @property
    def close_time(self) -> pd.Index[Any]:
        """When each bar closes: the index."""
        return self.index

    @overload
    def __getitem__(self, key: str) -> pd.DataFrame: ...  # type: ignore[overload-overlap]
    @overload
    def __getitem__(self, key: Iterable[str]) -> Resampled: ...
    def __getitem__(self, key: str | Iterable[str]) -> pd.DataFrame | Panel:
        """Return the frame of one symbol over the whole index, or the bars of several symbols."""
        chosen = super().__getitem__(key)
        if isinstance(key, str) or not isinstance(chosen, Panel):
            return chosen
        block = np.stack([chosen.block(name) for name in FIELDS])
        return _restored(block, self.index, chosen.symbols, self.open_time, self.closed, self.timeframe)

    def __reduce__(self) -> Any:
        block = np.stack([self.block(name) for name in FIELDS])
        return _restored, (block, self.index, self.symbols, self.open_time, np.array(self.closed), self.timeframe)


def _restored(block: Any, index: Any, symbols: Any, open_time: Any, closed: Any, timeframe: Any) -> Resampled:
    return Resampled(block, index, symbols, open_time=open_time, closed=closed, timeframe=timeframe)


@overload
def resample(
    data: Panel,
    every: str | int,
    *,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
    partial: Literal["drop", "keep"] = "drop",
) -> Resampled: ...
@overload
def resample(
    data: pd.DataFrame,
    every: str | int,
    *,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
    partial: Literal["drop", "keep"] = "drop",
) -> pd.DataFrame: ...
def resample(
    data: Panel | pd.DataFrame,
    every: str | int,
    *,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
    partial: Literal["drop", "keep"] = "drop",
) -> Resampled | pd.DataFrame:
    """Return coarser bars, labelled by the moment at which each is complete.

    Parameters
    ----------
    data : Panel or DataFrame
        Bars of many symbols, or of one: columns open, high, low, close and volume.
    every : str or int
        Length of a coarser bar as pandas spells it ("1h", "1D", "W-FRI", "1ME"), or a whole number of bars. Hours and
        minutes are counted from the open of each session, whose last bar may be short; days are sessions, and longer
        ones hold whole sessions. "1W" ends on Sunday: for a market of weekdays "W-FRI" is complete two days earlier.
    stamps : {"open", "close", "session"}, optional
        What a stamp of `data` says: when its bar opened, when it closed, or on which date its session was. By default
        "close" for what `resample` made of intraday bars, "session" if all are at midnight, as those of daily bars are,
        and else "open", as most vendors stamp intraday bars. To take closes for opens makes a bar known late; to take
        opens for closes would make it known early.
    bar : str, optional
        Length of a bar of `data`, such as "5min", for stamps of opens: then the last coarser bar is known to be
        complete as soon as its last bar is there, not when the next one has come.
    session : Session, optional
        When the market is open; by default always, in the zone of the stamps. Bars outside are left out.
    partial : {"drop", "keep"}, default "drop"
        Whether to keep the last bar if it is not complete yet. It has the label that it will have when it is.

    Returns
    -------
    DataFrame, or Resampled
        For a frame: open, high, low, close, volume, `open_time` and `closed`, over an index of closing times. For a
        Panel: a Panel with `open_time`, `close_time` and `closed`. Where stamps are dates of sessions, the labels are
        the dates of the last session and `open_time` those of the first. A bar is the first open known, the highest
        high, the lowest low, the last close and the sum of the volumes; NaN where none is known. Infinite values are
        not known.

    Raises
    ------
    ParameterError
        If `every` is no length, cannot be made of these stamps, or another argument is none of those above.
    DataError
        If `data` are no bars, or their index has no stamps where it needs them.

    Examples
    --------
    >>> import quantperf as qp
    >>> weeks = qp.resample(qp.sample("IBM"), "W-FRI")
    >>> weeks[["open", "close", "open_time", "closed"]].tail(2).reset_index()
            date    open   close  open_time  closed
    0 2013-02-22  200.60  201.09 2013-02-16    True
    1 2013-03-01  201.67  202.91 2013-02-23    True
    """
    if partial not in ("drop", "keep"):
        raise one_of("partial", ("drop", "keep"), partial)
    timeframe = _timeframe(every, stamps, bar, session)
    if isinstance(every, int | np.integer) and partial == "keep":
        raise ParameterError(
            "partial must be 'drop' for a whole number of bars, as nobody knows when the last ones will come, "
            "got 'keep'"
        )
    index, fields = bars_of(data)
    groups = timeframe.groups(index)
    kept = groups.closed if partial == "drop" else np.ones(len(groups.closed), dtype=bool)
    rows = np.flatnonzero(groups.of >= 0)
    lasts = rows[np.flatnonzero(np.diff(groups.of[rows], append=-1))] if len(rows) else rows
    block = np.ascontiguousarray(forming_bars(fields, groups)[:, lasts][:, kept])
    labels = groups.close_time[kept]
    if isinstance(data, Panel):
        return Resampled(
            block,
            labels,
            data.symbols,
            open_time=groups.open_time[kept],
            closed=groups.closed[kept],
            timeframe=timeframe,
        )
    frame = pd.DataFrame(dict(zip(FIELDS, block[:, :, 0], strict=True)), index=labels)
    frame["open_time"] = groups.open_time[kept]
    frame["closed"] = groups.closed[kept]
    frame.attrs["timeframe"] = timeframe
    return frame


def bars_of(data: Any) -> tuple[pd.Index[Any], list[FloatArray]]:
    """Return the index and the five fields, each (bars, lanes), of a Panel or a frame of bars."""
    if isinstance(data, Panel):
        return data.index, [data.block(name) for name in FIELDS]
    if not isinstance(data, pd.DataFrame):
        raise not_bars("data", data)
    return data.index, [column.reshape(-1, 1) for column in columns_of(data, FIELDS).values()]


def forming_bars(fields: list[FloatArray], groups: Groups) -> FloatArray:
    """Return for each bar what is known then of its coarser bar, (5, bars, lanes); its last row is the coarser bar.

    Bars outside of all sessions are passed over, also within a coarser bar of several sessions; their rows are NaN.
    """
    from quantperf.kernels.timeframes import forming  # here, so that reading prices does not load the compiler

    inside = groups.of >= 0
    if not inside.all():
        within = Groups(groups.of[inside], groups.open_time, groups.close_time, groups.closed)
        y = np.full((len(FIELDS), *fields[0].shape), np.nan)
        y[:, inside] = forming_bars([field[inside] for field in fields], within)
        return y
    y = np.empty((len(FIELDS), *fields[0].shape))
    blocks = [np.ascontiguousarray(field) for field in fields]
    for block in blocks:
        block.flags.writeable = False
    opens, highs, lows, closes, volumes = blocks
    forming(opens, highs, lows, closes, volumes, groups.of.astype(np.int64), y)
    return y


def _timeframe(every: Any, stamps: Any, bar: Any, session: Any) -> Timeframe:
    if isinstance(every, bool) or not isinstance(every, str | int | np.integer):
        raise ParameterError(f"every must be a length such as '1h', or a whole number of bars, got {every!r}")
    if isinstance(every, int | np.integer):
        if every < 1:
            raise ParameterError(f"every must be at least 1 bar, got {every!r}")
        every = int(every)
    else:
        _offset(every)
    if session is not None and not isinstance(session, Session):
        raise ParameterError(f"session must be a qp.Session, got {session!r}; such as qp.Session('09:30', '16:00')")
    length_of(bar)
    if stamps is not None:
        what_stamps_mean(pd.DatetimeIndex([]), stamps)
    return Timeframe(every, stamps, bar, session)


def _offset(every: str | int) -> Any:
    """Return pandas' offset of a length: a time, or whole days, weeks, months and so on."""
    try:
        offset: Any = pd.tseries.frequencies.to_offset(str(every))
    except ValueError as error:
        raise ParameterError(
            f"every must be a length such as '1h', '1D', 'W-FRI' or '1ME', or a whole number of bars, got {every!r}: "
            f"{error}"
        ) from error
    if offset.n < 1:
        raise ParameterError(f"every must be longer than nothing, got {every!r}")
    if isinstance(offset, pd.offsets.Tick):
        length = pd.Timedelta(offset)
        if length % ONE_DAY == pd.Timedelta(0):
            return pd.offsets.Day(length // ONE_DAY)
        if length > ONE_DAY:
            raise ParameterError(f"every must be shorter than a day, or whole days such as '2D', got {every!r}")
    return offset


def length_of(bar: Any) -> pd.Timedelta | None:
    """Return the length of a bar."""
    if bar is None:
        return None
    try:
        length = pd.Timedelta(bar)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"bar must be the length of a bar such as '5min', got {bar!r}") from error
    if isinstance(bar, bool | int | float) or not length > pd.Timedelta(0):
        raise ParameterError(f"bar must be the length of a bar such as '5min', got {bar!r}")
    return length


def _of_dates(index: pd.DatetimeIndex, offset: Any, every: str) -> Groups:
    """Return groups of whole sessions, which are known by their dates."""
    if isinstance(offset, pd.offsets.Tick):
        raise ParameterError(
            f"every must be at least a day, as the stamps are dates of sessions, got {every!r}; "
            "if they are moments, say stamps='open' or stamps='close'"
        )
    if not are_dates(index):
        raise ParameterError("stamps must be 'open' or 'close', as not all of them are at midnight, got 'session'")
    dates = wall_clock(index, None)
    firsts, lasts = _spans(dates, offset)
    of, places = _numbered(lasts)
    begin, end = firsts[places], lasts[places]
    closed = np.asarray(end <= dates[-1])
    begin, end = (stamps if index.tz is None else stamps.tz_localize(index.tz) for stamps in (begin, end))
    return Groups(of, begin.as_unit(index.unit), end.as_unit(index.unit).rename(index.name), closed)


def _of_moments(
    index: pd.DatetimeIndex, stamps: Stamps, offset: Any, length: pd.Timedelta | None, session: Session
) -> Groups:
    """Return groups of bars that are known by their moments."""
    moments = moments_of(index)
    dates, opens, closes, places = session.of(index, stamps)
    rows = np.flatnonzero(places >= 0)
    inside, at = moments[rows], places[rows]
    if isinstance(offset, pd.offsets.Tick):
        step, since = pd.Timedelta(offset), inside - opens[at]
        # A bar that opens on the hour begins an hour; one that closes on it is the last of the hour before.
        number = since // step if stamps == "open" else -(-since // step) - 1
        begin = opens[at] + number * step
        end = (begin + step).where(begin + step < closes[at], closes[at])
    else:
        firsts, lasts = _spans(dates[at], offset)
        begin, end = session.bounds(firsts, index.tz)[0], session.bounds(lasts, index.tz)[1]
    last = moments[-1] + length if stamps == "open" and length is not None else moments[-1]
    if stamps == "open" and length is not None and bool((inside + length > end).any()):
        row = int(np.argmax(inside + length > end))
        raise DataError(
            f"a bar must lie within one bar of the result, the one of {index[rows[row]]} lasts {length} and ends after "
            f"its own at {_in_zone(end[row : row + 1], index)[0]}; choose another `every`, `bar` or `session`"
        )
    of = np.full(len(index), -1, dtype=np.intp)
    of[rows], first = _numbered(end)
    return Groups(
        of,
        _in_zone(begin[first], index),
        _in_zone(end[first], index).rename(CLOSE_TIME),
        np.asarray(end[first] <= last),
    )


def _in_zone(moments: pd.DatetimeIndex, index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return moments on the clock of the index."""
    return moments if index.tz is None else moments.tz_localize("UTC").tz_convert(index.tz)


def _numbered(ends: pd.DatetimeIndex) -> tuple[Places, Places]:
    """Return the number of each run of equal stamps, and where each run begins."""
    values = ends.to_numpy()
    fresh = np.ones(len(values), dtype=bool)
    fresh[1:] = values[1:] != values[:-1]
    return np.cumsum(fresh) - 1, np.flatnonzero(fresh)


def _spans(dates: pd.DatetimeIndex, offset: Any) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Return the first and the last date of the span of whole days that each date lies in."""
    if not len(dates):
        return dates, dates
    if isinstance(offset, pd.offsets.Day):
        behind = (dates - pd.Timestamp("1970-01-01")).days.to_numpy() % offset.n
        firsts = dates - pd.to_timedelta(behind, unit="D")
        return firsts, firsts + pd.Timedelta(days=offset.n - 1)
    margin = pd.Timedelta(days=800)
    start = dates[0] - margin
    if offset.n > 1:  # counted from a fixed date, so that bars do not depend on where the data begin
        start = min(start, ANCHOR)
    marks = pd.date_range(start, dates[-1] + margin + offset.n * margin, freq=offset.base, unit=dates.unit)
    if offset.n > 1:
        since = int(marks.searchsorted(ANCHOR, side="right"))
        marks = marks[since % offset.n :: offset.n]
    if type(offset).__name__.endswith("Begin"):
        at = marks.searchsorted(dates, side="right")
        return marks[at - 1], marks[at] - ONE_DAY
    at = marks.searchsorted(dates, side="left")
    return marks[at - 1] + ONE_DAY, marks[at]
