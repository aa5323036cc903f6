"""Sessions: when a market is open, and which session each bar belongs to.

A session is named by a date: that of its last moment. A stock market's session from 09:30 to 16:00 has the date it is
held on; one of futures from 18:00 to 17:00 has the date on which it ends, as exchanges count it. Times are those on the
clock of the market, so a session begins at the same time on both sides of a change to or from daylight saving, and is
an hour shorter or longer if it runs across one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, one_of

__all__ = [
    "CLOSE_TIME",
    "STAMPS",
    "Session",
    "Stamps",
    "are_dates",
    "moments_of",
    "sessions",
    "wall_clock",
    "what_stamps_mean",
]

Stamps: TypeAlias = Literal["open", "close", "session"]
STAMPS = ("open", "close", "session")
CLOSE_TIME = "close_time"  # name of an index that tells when bars close, as `resample` makes them
DAY = 24 * 60  # minutes
FEW = 64


@dataclass(frozen=True)
class Session:
    """Opening and closing time of a market, on its own clock.

    Parameters
    ----------
    open, close : str, default "00:00"
        Such as "09:30". A close that is not after the open is on the next day; two that are equal mean 24 hours.
    zone : str, optional
        Such as "America/New_York"; by default that of the stamps.
    early : mapping of date to str, optional
        Closing times of half days, by the date of the session, such as ``{"2024-07-03": "13:00"}``.

    Raises
    ------
    ParameterError
        If a time, the zone or a date cannot be read.

    Examples
    --------
    >>> Session("09:30", "16:00", "America/New_York")
    Session(09:30-16:00 America/New_York)
    >>> Session("18:00", "17:00", "America/Chicago", early={"2024-07-03": "12:00"})
    Session(18:00-17:00 America/Chicago, 1 half day)
    """

    open: str = "00:00"
    close: str = "00:00"
    zone: str | None = None
    early: Mapping[Any, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _minutes("open", self.open)
        _minutes("close", self.close)
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (KeyError, ValueError, OSError, TypeError) as error:
                raise ParameterError(
                    f"zone must be a time zone such as 'America/New_York', got {self.zone!r}"
                ) from error
        try:
            early = {pd.Timestamp(date).normalize(): time for date, time in dict(self.early).items()}
        except (TypeError, ValueError) as error:
            raise ParameterError(
                f"early must map dates to times, such as {{'2024-07-03': '13:00'}}, got {self.early!r}"
            ) from error
        for date, time in early.items():
            if date.tz is not None:
                raise ParameterError(f"early must name sessions by dates without a zone, got {date}")
            _minutes("early", time)
        object.__setattr__(self, "early", early)

    def __hash__(self) -> int:
        return hash((self.open, self.close, self.zone, tuple(self.early.items())))

    def __repr__(self) -> str:
        halves = f", {len(self.early)} half day{'s' * (len(self.early) != 1)}" if self.early else ""
        zone = f" {self.zone}" if self.zone is not None else ""
        return f"Session({self.open}-{self.close}{zone}{halves})"

    def bounds(self, dates: pd.DatetimeIndex, zone: Any) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
        """Return the moments at which the sessions of these dates open and close, whether the market trades or not.

        Parameters
        ----------
        dates : DatetimeIndex
            Without a zone, at midnight, ascending.
        zone : tzinfo, or None
            That of the stamps, for a session that names none.

        Returns
        -------
        tuple of DatetimeIndex
            In UTC and without a zone; on the clock itself where neither stamps nor session have a zone.
        """
        opens, closes = _minutes("open", self.open), _minutes("close", self.close)
        closes += DAY if closes <= opens else 0
        first = dates - pd.Timedelta(days=(closes - 1) // DAY)  # the day on which each opens
        ends = first + pd.Timedelta(minutes=closes)
        for date, time in self.early.items():
            if len(dates) and dates[0] <= date <= dates[-1]:
                ends = ends.where(dates != date, date + pd.Timedelta(minutes=_minutes("early", time)))
        zone = self.zone or zone
        return _moments(first + pd.Timedelta(minutes=opens), zone), _moments(ends, zone)

    def of(
        self, index: pd.DatetimeIndex, stamps: Stamps
    ) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex, pd.DatetimeIndex, npt.NDArray[np.intp]]:
        """Return dates, opens and closes of the sessions around the stamps, and the place of each stamp among them.

        The place of a stamp outside of all sessions is -1.
        """
        moments = moments_of(index)
        days = wall_clock(pd.DatetimeIndex([index.min(), index.max()]), self.zone).normalize()
        margin = pd.Timedelta(days=3)
        dates = pd.date_range(days[0] - margin, days[1] + margin, freq="D", unit=moments.unit)
        opens, closes = self.bounds(dates, index.tz)
        if stamps == "open":
            places = opens.searchsorted(moments, side="right") - 1
            inside = moments < closes[places]
        else:  # a bar that closes at the moment of an open belongs to the session before
            places = opens.searchsorted(moments, side="left") - 1
            inside = moments <= closes[places]
        return dates, opens, closes, np.where(inside, places, -1)


def sessions(index: Any, session: Session | None = None, *, stamps: Stamps | None = None) -> npt.NDArray[np.float64]:
    """Return the number of the session that each bar belongs to: its date, in days since 1970-01-01.

    Parameters
    ----------
    index : DatetimeIndex, or anything that has one
        Stamps of bars; of a Series, a frame or a Panel its index.
    session : Session, optional
        Opening and closing time; by default every day from midnight to midnight in the zone of the stamps.
    stamps : {"open", "close", "session"}, optional
        What a stamp says: when its bar opened, when it closed, or on which date its session was. By default "close" for
        an index called close_time, as `resample` calls it, else "session" if all stamps are at midnight, as those of
        daily bars are, else "open".

    Returns
    -------
    ndarray of float64
        NaN for a bar outside of all sessions, such as one before the opening.

    Raises
    ------
    DataError
        If the index has no stamps, or has no zone where the session has one.
    ParameterError
        If `stamps` is none of these.

    Examples
    --------
    >>> import pandas as pd
    >>> bars = pd.DatetimeIndex(["2024-03-07 16:30", "2024-03-07 17:30", "2024-03-08 16:30"], tz="America/Chicago")
    >>> ids = sessions(bars, Session("17:00", "16:00"))
    >>> ids.tolist()
    [nan, 19790.0, nan]
    >>> pd.to_datetime(ids[1], unit="D").date()
    datetime.date(2024, 3, 8)
    """
    found = stamps_in(index)
    session = Session() if session is None else session
    if not isinstance(session, Session):
        raise ParameterError(f"session must be a qp.Session, got {session!r}; such as qp.Session('09:30', '16:00')")
    stamps = what_stamps_mean(found, stamps)
    if not len(found):
        return np.empty(0)
    if stamps == "session":
        return _numbers(wall_clock(found, None))
    dates, _, _, places = session.of(found, stamps)
    return np.where(places >= 0, _numbers(dates)[places], np.nan)


def stamps_in(data: Any) -> pd.DatetimeIndex:
    """Return the stamps of an index, or of what has one; those of periods are their beginnings."""
    held = getattr(data, "index", None)
    index = held if isinstance(held, pd.Index) else data
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp()
    if not isinstance(index, pd.DatetimeIndex) and getattr(getattr(index, "dtype", None), "kind", "") == "M":
        index = pd.DatetimeIndex(index)
    if not isinstance(index, pd.DatetimeIndex):
        kind = index.dtype if isinstance(index, pd.Index) else type(index).__name__
        raise DataError(f"sessions need an index of stamps, got {kind}; convert it with pd.to_datetime")
    if index.hasnans:
        raise DataError("index must have a stamp for each bar, some are missing; drop them with df[df.index.notna()]")
    return index


def what_stamps_mean(index: pd.DatetimeIndex, stamps: Any) -> Stamps:
    """Return the meaning that was asked for, or what the index tells by its name, or by being at midnight."""
    if stamps is None and index.name == CLOSE_TIME:
        return "close"
    if stamps is None:
        return "session" if are_dates(index) else "open"
    if stamps not in STAMPS:
        raise one_of("stamps", STAMPS, stamps)
    chosen: Stamps = stamps
    return chosen


def are_dates(index: pd.DatetimeIndex) -> bool:
    """Whether every stamp is at midnight on its own clock."""
    if len(index) > FEW and not are_dates(index[:FEW]):  # intraday stamps show it at once
        return False
    wall = wall_clock(index, None)
    return bool((wall == wall.normalize()).all())


def moments_of(index: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return stamps in UTC without a zone, in microseconds or finer; those without a zone as they are."""
    moments = index if index.tz is None else index.tz_convert("UTC").tz_localize(None)
    return moments if moments.unit == "ns" else moments.as_unit("us")


def wall_clock(index: pd.DatetimeIndex, zone: str | None) -> pd.DatetimeIndex:
    """Return what the clock shows at each stamp, in a zone or in its own."""
    if index.tz is None:
        if zone is not None:
            raise DataError(
                f"index must have a zone, as the session is in {zone}, got stamps without one; "
                f"give them theirs with df.tz_localize, such as df.tz_localize({zone!r})"
            )
        wall = index
    else:
        wall = (index if zone is None else index.tz_convert(zone)).tz_localize(None)
    return wall if wall.unit == "ns" else wall.as_unit("us")


def _moments(wall: pd.DatetimeIndex, zone: Any) -> pd.DatetimeIndex:
    """Return the moments at which the clock shows these times; the first of two, and the next if there is none."""
    if zone is None:
        return wall
    first = np.ones(len(wall), dtype=bool)  # of an hour that comes twice, the one in daylight saving time
    local = wall.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    return local.tz_convert("UTC").tz_localize(None)


def _numbers(dates: pd.DatetimeIndex) -> npt.NDArray[np.float64]:
    """Return dates as days since 1970-01-01."""
    return np.asarray(dates.to_numpy().astype("datetime64[D]").astype(np.int64), dtype=np.float64)


def _minutes(name: str, time: Any) -> int:
    """Return the minute of the day of a time such as "09:30"."""
    hour, colon, minute = time.partition(":") if isinstance(time, str) else ("", "", "")
    if not (colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2):
        raise ParameterError(f"{name} must be a time such as '09:30', got {time!r}")
    found = 60 * int(hour) + int(minute)
    if int(minute) > 59 or found > DAY:
        raise ParameterError(f"{name} must be between '00:00' and '24:00', got {time!r}")
    return found
