"""The bars of one symbol as arrays, what is asked of a source, and what a source gave.

These are the values that sources, checks, the overlap rule and the store hand to each other. A stamp is an int64: of a
daily bar the number of its session's date (days since 1970), of an intraday bar the milliseconds of its open in UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.market.columns import FIELDS, FloatArray, find_columns
from quantperf.market.stamps import as_stamps

__all__ = ["INTERVALS", "Action", "Bars", "Interval", "Parsed", "Query", "StampArray", "interval_of", "stamp_at"]

StampArray: TypeAlias = npt.NDArray[np.int64]

DAY_MS = 86_400_000
COLUMNS = pd.Index(list(FIELDS))  # made once: half of the time of a frame went into it


@dataclass(frozen=True, slots=True)
class Interval:
    """How long a bar is.

    Attributes
    ----------
    name : str
        As sources call it, such as "1d".
    number : int
        As it is stored; below 128.
    milliseconds : int
        The length of a bar; of a daily one, of a day.
    """

    name: str
    number: int
    milliseconds: int

    @property
    def daily(self) -> bool:
        """Whether a stamp is the date of a session."""
        return self.milliseconds == DAY_MS


_MINUTES = {"1m": (1, 1), "2m": (2, 2), "5m": (3, 5), "15m": (4, 15), "30m": (5, 30), "1h": (6, 60)}
INTERVALS: Mapping[str, Interval] = MappingProxyType({
    "1d": Interval("1d", 0, DAY_MS),
    **{name: Interval(name, number, minutes * 60_000) for name, (number, minutes) in _MINUTES.items()},
})  # fmt: skip


def interval_of(name: str) -> Interval:
    """Return the interval of this name, or raise a ParameterError that lists the names."""
    if not isinstance(name, str) or name not in INTERVALS:
        raise one_of("interval", INTERVALS, name)
    return INTERVALS[name]


def stamp_at(name: str, moment: Any, interval: Interval) -> int:
    """Return the stamp of a date or moment as users write them; a moment without a zone is in UTC.

    Raises
    ------
    ParameterError
        If `moment`, the parameter `name`, is nothing of the kind.
    """
    try:
        stamp = pd.Timestamp(moment)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} must be a date or a moment such as '2024-01-31', got {moment!r}") from error
    if pd.isna(stamp):
        raise ParameterError(f"{name} must be a date or a moment such as '2024-01-31', got {moment!r}")
    if interval.daily:
        return int(stamp.tz_localize(None).to_datetime64().astype("datetime64[D]").astype(np.int64))
    utc = stamp.tz_localize("UTC") if stamp.tz is None else stamp.tz_convert("UTC")
    return int(utc.tz_localize(None).to_datetime64().astype("datetime64[ms]").astype(np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Bars of one symbol and interval.

    Attributes
    ----------
    interval : Interval
        Length of a bar.
    stamps : ndarray of int64, shape (bars,)
        See the module.
    values : ndarray of float64, shape (5, bars)
        Open, high, low, close, volume.

    Examples
    --------
    >>> from quantperf.market.sample import sample
    >>> bars = Bars.from_frame(sample("FB"))
    >>> len(bars), bars.frame().equals(sample("FB"))
    (196, True)
    """

    interval: Interval
    stamps: StampArray
    values: FloatArray

    def __post_init__(self) -> None:
        if self.values.shape != (len(FIELDS), len(self.stamps)):
            raise DataError(f"values must have shape {(len(FIELDS), len(self.stamps))}, got {self.values.shape}")

    def __len__(self) -> int:
        return len(self.stamps)

    @classmethod
    def empty(cls, interval: str = "1d") -> Bars:
        """Return no bars."""
        return cls(interval_of(interval), np.empty(0, np.int64), np.empty((len(FIELDS), 0)))

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, interval: str = "1d") -> Bars:
        """Return the bars of an OHLCV frame, in its order.

        Parameters
        ----------
        frame : DataFrame
            Columns open, high, low, close, volume in any case; an index of stamps. Dates of daily bars have no zone;
            stamps of intraday bars have one, or are in UTC.
        interval : str, default "1d"
            Length of a bar, one of `INTERVALS`.

        Raises
        ------
        DataError
            If a column lacks or the index holds no stamps; for daily bars also if a stamp is not midnight of its date.
        """
        what = interval_of(interval)
        index = as_stamps(frame.index, "index")
        if not isinstance(index, pd.DatetimeIndex):
            raise DataError(f"index must hold stamps, got {index.dtype}; use df.set_index(pd.to_datetime(...))")
        if index.hasnans:
            raise DataError("index must hold no missing stamps, got NaT; drop those rows")
        if what.daily:
            wall = index.tz_localize(None)
            if len(wall) and not bool((wall == wall.normalize()).all()):
                raise DataError(
                    f"a daily stamp must be a date, got {wall[wall != wall.normalize()][0]}; normalize them"
                )
            stamps = wall.to_numpy().astype("datetime64[D]").astype(np.int64)
        else:
            moments = index.tz_localize("UTC") if index.tz is None else index.tz_convert("UTC")
            stamps = moments.tz_localize(None).to_numpy().astype("datetime64[ms]").astype(np.int64)
        return cls(what, stamps, np.vstack(list(find_columns(frame, FIELDS, "").values())))

    def frame(self) -> pd.DataFrame:
        """Return an OHLCV frame of its own; its index is called date and has no zone, or time and is in UTC."""
        return pd.DataFrame(self.values.T.copy(), index=self.index(), columns=COLUMNS.view())

    def index(self) -> pd.DatetimeIndex:
        """Return the stamps as an index."""
        if self.interval.daily:
            return pd.DatetimeIndex(self.stamps.astype("datetime64[D]").astype("datetime64[us]"), name="date")
        moments = self.stamps.astype("datetime64[ms]").astype("datetime64[us]")
        return pd.DatetimeIndex(moments, name="time").tz_localize("UTC")

    def rows(self, where: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice) -> Bars:
        """Return some of the bars, chosen as numpy chooses."""
        return Bars(self.interval, self.stamps[where], self.values[:, where])


@dataclass(frozen=True, slots=True)
class Action:
    """A split or a dividend.

    Attributes
    ----------
    kind : {"split", "dividend"}
        What happened.
    date : int
        The ex-date, days since 1970.
    value : float
        New shares for one old share (2.0 of a 2:1 split), or the amount a share, in the currency of that day.
    """

    kind: Literal["split", "dividend"]
    date: int
    value: float


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a source.

    Attributes
    ----------
    symbol : str
        As quantperf calls it.
    start, end : datetime
        Aware, in UTC: from the first included to the last excluded. Of daily bars, their dates at midnight UTC.
    interval : str
        One of `INTERVALS`.
    """

    symbol: str
    start: dt.datetime
    end: dt.datetime
    interval: str = "1d"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a source gave for one query, as it gave it: neither checked nor repaired beyond what is counted.

    Attributes
    ----------
    bars : Bars
        In the order of the source; values that it left out are NaN.
    basis : {"raw", "splits", "total"}
        As traded, adjusted for splits (past volumes too), or for splits and dividends.
    decimals : int
        Decimals to which prices are told.
    actions : tuple of Action
        Splits and dividends in the span.
    meta : mapping
        What else the source tells of the symbol: "currency", "zone", "category", "price", "previous_close", and "open"
        (whether the last bar is of a session that has not ended), as far as it tells them.
    repairs : mapping of str to int
        What was mended on the way, by code, counted.
    """

    bars: Bars
    basis: Literal["raw", "splits", "total"] = "raw"
    decimals: int = 4
    actions: tuple[Action, ...] = ()
    meta: Mapping[str, object] = field(default_factory=dict)
    repairs: Mapping[str, int] = field(default_factory=dict)
