"""Horizons in time: when bars closed, how far a horizon is, and what time it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import ParameterError
from quantperf.kernels.outcomes import BARS_CLOCK
from quantperf.market.moments import closing_times, usual_length
from quantperf.market.sessions import Session, Stamps, stamps_in
from quantperf.market.timeframes import length_of

__all__ = ["BARS_CLOCK", "Clock", "Horizon", "Whole", "checked_horizons", "length_of_horizon"]

Whole: TypeAlias = npt.NDArray[np.int64]
Horizon: TypeAlias = str | int

LENGTHS = {
    "h": pd.Timedelta(hours=1),
    "d": pd.Timedelta(days=1),
    "w": pd.Timedelta(days=7),
    "m": pd.Timedelta(days=30),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """When bars closed, on the clock of UTC and on that of the walls where the index has its zone.

    Attributes
    ----------
    closed : Index
        Closing times in UTC, or numbers.
    moments : ndarray of int, shape (2, bars)
        Nanoseconds on both clocks; zeros where bars are numbered.
    begins : ndarray of int, shape (2, bars)
        From when horizons count if one enters at the open of a bar. Of bars of a day or longer that is the close of the
        bar before: a week after a Monday's open is the close of that Friday, as for any other day.
    length : Timedelta, optional
        Of a bar; None where bars are numbered.
    zone : object
        Of the walls, None for UTC.
    """

    closed: pd.Index[Any]
    moments: Whole
    begins: Whole
    length: pd.Timedelta | None
    zone: Any

    @classmethod
    def of(cls, index: pd.Index[Any], stamps: Stamps | None, bar: str | None, session: Session | None) -> Clock:
        """Return the clock of an index."""
        closed = closing_times(index, stamps=stamps, bar=bar, session=session)
        if not isinstance(closed, pd.DatetimeIndex):
            nothing = np.zeros((2, len(closed)), dtype=np.int64)
            return cls(closed, nothing, nothing, None, None)
        found = stamps_in(index)
        length = length_of(bar) or (usual_length(found) if len(found) > 1 else LENGTHS["d"])
        walls = np.maximum.accumulate(on_walls(closed, found.tz)) if len(closed) else on_walls(closed, found.tz)
        moments = np.stack([on_walls(closed, None), walls])
        begins = moments - length.as_unit("ns").value
        if length >= LENGTHS["d"]:
            begins[:, 1:] = moments[:, :-1]
        return cls(closed, moments, begins, length, found.tz)

    def base(self, known_at: Any) -> Whole:
        """Return when signals were known, on both clocks."""
        if self.length is None:
            return np.zeros((2, len(known_at)), dtype=np.int64)
        known = pd.DatetimeIndex(known_at)
        known = known.tz_localize("UTC") if known.tz is None else known.tz_convert("UTC")
        return np.stack([on_walls(known, None), on_walls(known, self.zone)])

    def spans(self, horizons: Sequence[Horizon]) -> tuple[Whole, Whole]:
        """Return how far horizons are, -1 if shorter than a bar, and the clock of each.

        A day ends when the walls say so: a week after a close is the next week's close, daylight saving or not.
        """
        spans, clocks = [], []
        for horizon in horizons:
            if isinstance(horizon, int):
                spans.append(horizon)
                clocks.append(BARS_CLOCK)
                continue
            span = length_of_horizon(horizon)
            coarse = self.length is None or span < self.length
            spans.append(-1 if coarse else span.as_unit("ns").value)
            clocks.append(0 if span % LENGTHS["d"] else 1)
        return np.array(spans, dtype=np.int64), np.array(clocks, dtype=np.int64)

    def stamps(self, bars: Whole) -> Any:
        """Return when bars closed, nothing for those below 0."""
        if not len(self.closed):
            return np.full(len(bars), np.nan)
        return pd.Series(self.closed.take(np.maximum(bars, 0))).where(bars >= 0).array

    def openings(self, bars: Whole) -> Any:
        """Return when bars opened: a length before their close, or after the bar before; nothing for those below 0."""
        if self.length is None or not len(self.closed):
            return self.stamps(np.where(bars > 0, bars - 1, -1))
        begun = pd.DatetimeIndex(self.closed.take(np.maximum(bars, 0))) - self.length
        before = self.closed.take(np.maximum(bars - 1, 0))
        return pd.Series(begun.where((bars <= 0) | (begun >= before), before)).where(bars >= 0).array

    def limit(self, now: Any) -> tuple[Any, int]:
        """Return what time it is, by default the last close, and how many bars had closed by then."""
        if now is None:
            return (self.closed[-1] if len(self.closed) else None), len(self.closed)
        if self.length is not None:
            now = pd.Timestamp(now)
            now = now.tz_localize("UTC") if now.tz is None else now.tz_convert("UTC")
        return now, int(self.closed.searchsorted(now, side="right"))


def on_walls(moments: pd.DatetimeIndex, zone: Any) -> Whole:
    """Return moments of UTC as nanoseconds on the clocks of a zone."""
    walls = moments if zone is None else moments.tz_convert(zone).tz_localize(None)
    return np.asarray(walls.as_unit("ns").asi8, dtype=np.int64)


def length_of_horizon(horizon: str, name: str = "horizons") -> pd.Timedelta:
    """Return how long a horizon is; a month is 30 days. `name` is that of the parameter, for messages.

    Examples
    --------
    >>> length_of_horizon("4h"), length_of_horizon("1m")
    (Timedelta('0 days 04:00:00'), Timedelta('30 days 00:00:00'))
    """
    parts = re.fullmatch(r"([1-9]\d*)([hdwm])", horizon)
    if parts is None:
        raise ParameterError(f"{name} must be like '4h', '1d', '2w', '1m' or a number of bars, got {horizon!r}")
    return int(parts[1]) * LENGTHS[parts[2]]


def checked_horizons(horizons: Any, name: str = "horizons") -> tuple[Horizon, ...]:
    """Return horizons as a tuple; refuse what is none, and what comes twice. `name` is that of the parameter."""
    given = (horizons,) if isinstance(horizons, str | int | np.integer) else tuple(horizons)
    for horizon in given:
        if isinstance(horizon, str):
            length_of_horizon(horizon, name)
        elif isinstance(horizon, bool) or not isinstance(horizon, int | np.integer) or horizon < 1:
            raise ParameterError(f"{name} must be like '1d', or numbers of bars of at least 1, got {horizon!r}")
    if not given or len(set(map(str, given))) < len(given):
        raise ParameterError(f"{name} must be different, at least one, got {horizons!r}")
    return tuple(horizon if isinstance(horizon, str) else int(horizon) for horizon in given)
