"""When a bar is known: its closing time, told by its stamp, the length of a bar and the session; and its timeframe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import DataError, ParameterError
from quantperf.market.sessions import Session, Stamps, moments_of, stamps_in, wall_clock, what_stamps_mean
from quantperf.market.stamps import check_index
from quantperf.market.timeframes import length_of

__all__ = ["closing_times", "timeframe_of", "usual_length"]

ONE_DAY = pd.Timedelta(days=1)
FEW = 100  # bars that show the usual length of a bar
UNITS = (("day", ONE_DAY), ("hour", pd.Timedelta(hours=1)), ("min", pd.Timedelta(minutes=1)), ("s", pd.Timedelta("1s")))


def closing_times(
    index: Any, *, stamps: Stamps | None = None, bar: str | None = None, session: Session | None = None
) -> pd.Index[Any]:
    """Return the moment at which each bar is complete, and so known to anyone.

    Parameters
    ----------
    index : Index, or anything that has one
        Stamps of bars, ascending and unique; or whole numbers, which are their own time.
    stamps : {"open", "close", "session"}, optional
        What a stamp says: when its bar opened, when it closed, or on which date its session was. By default "close" for
        an index called close_time, "session" if all stamps are at midnight, else "open".
    bar : str, optional
        The length of a bar, such as "5min", where stamps are openings; by default the usual distance of the first
        hundred.
    session : Session, optional
        When the session of a date closes; by default at the end of that date on the clock of the stamps. Stamps without
        a zone are taken as UTC.

    Returns
    -------
    DatetimeIndex in UTC, or the numbers as they are

    Raises
    ------
    DataError
        If the stamps are not ascending, or are openings whose length of a bar cannot be told.
    ParameterError
        If `stamps`, `bar` or `session` is none of these.

    Examples
    --------
    >>> days = pd.DatetimeIndex(["2024-03-07", "2024-03-08"])
    >>> closing_times(days)[0]
    Timestamp('2024-03-08 00:00:00+0000', tz='UTC')
    >>> closing_times(days.tz_localize("America/New_York"), session=Session("09:30", "16:00"))[1]
    Timestamp('2024-03-08 21:00:00+0000', tz='UTC')
    """
    held = getattr(index, "index", None)
    labels = held if isinstance(held, pd.Index) else index
    if session is not None and not isinstance(session, Session):
        raise ParameterError(f"session must be a qp.Session, got {session!r}; such as qp.Session('09:30', '16:00')")
    if not isinstance(labels, pd.Index):
        raise DataError(f"index must be an Index or have one, got {type(index).__name__}")
    check_index(labels, "index")
    if labels.dtype.kind in "iuf":
        return labels
    found = stamps_in(labels)
    meaning = what_stamps_mean(found, stamps)
    if meaning == "close" or not len(found):
        moments = moments_of(found)
    elif meaning == "session":
        moments = _ends_of_dates(found, session)
    else:
        moments = moments_of(found) + (length_of(bar) or usual_length(found))
    return moments.tz_localize("UTC").rename(None)


def _ends_of_dates(index: pd.DatetimeIndex, session: Session | None) -> pd.DatetimeIndex:
    """Return when the sessions of dates close, in UTC without a zone."""
    dates = wall_clock(index, None).normalize()
    if session is not None:
        return session.bounds(dates, index.tz)[1]
    ends = dates + ONE_DAY
    if index.tz is None:
        return ends
    first = np.ones(len(ends), dtype=bool)
    return moments_of(ends.tz_localize(index.tz, ambiguous=first, nonexistent="shift_forward"))


def usual_length(index: pd.DatetimeIndex) -> pd.Timedelta:
    """Return the distance of neighbouring stamps that is most frequent among the first hundred.

    Examples
    --------
    >>> usual_length(pd.DatetimeIndex(["2024-03-07 09:30", "2024-03-07 09:35", "2024-03-08 09:30", "2024-03-08 09:35"]))
    Timedelta('0 days 00:05:00')
    """
    steps = pd.Series(moments_of(index[:FEW])).diff().dropna()
    if not len(steps):
        raise DataError(f"bar must be told where stamps are openings and there is but {len(index)}; such as bar='5min'")
    return pd.Timedelta(steps.mode().iloc[0])


def timeframe_of(index: pd.Index[Any], bar: str | None = None) -> str:
    """Return the name of the timeframe of bars: ``"1day"``, ``"5min"``; ``"1bar"`` where bars are numbered.

    Examples
    --------
    >>> timeframe_of(pd.date_range("2024-01-01", periods=9, freq="15min")), timeframe_of(pd.RangeIndex(9))
    ('15min', '1bar')
    """
    if index.dtype.kind in "iuf":
        return "1bar"
    length = length_of(bar)
    if length is None:
        length = usual_length(stamps_in(index)) if len(index) > 1 else ONE_DAY
    unit, size = next(((unit, size) for unit, size in UNITS if not length % size), UNITS[-1])
    return f"{length // size}{unit}"
