"""Which bars are fit for use: one bit a rule, for each row, found in one pass over arrays.

====================  =====  ========================================================================================
code                  bit    a row of which
====================  =====  ========================================================================================
*reject*                     goes to quarantine
``nan``               0      a price is missing, but not all of it
``nonfinite``         1      a price or the volume is infinite
``nonpositive``       2      a price is 0 or below
``high_low``          3      the high is below the low
``outside_range``     4      the open or the close is not between low and high
``negative_volume``   5      the volume is below 0
``inexact_volume``    6      the volume is 2**53 or more, where whole numbers are no longer exact
``duplicate``         7      the stamp comes again: see `validate` for which row is kept
``future``            8      the bar has not begun
``off_grid``          9      the stamp is no opening of a bar, or begins within the bar before it
*repair*                     is mended, and counted
``unsorted``          16     comes after a row of a later stamp; put in its place
``all_null``          17     holds nothing; left out
``ragged``            18     was not reached by every column (sources count it: arrays of bars have one length)
*flag*                       is kept
``jump``              24     the close is above 1.5 or below 1/1.5 of the close before: never by itself a split
``flat``              25     open, high, low and close are one price
``zero_volume``       26     the volume is 0
``off_calendar``      27     the date is no session, or a day of the week on which this symbol hardly trades
``repeated``          28     all five values are those of the bar before
``unit_x100``         29     the close is about 100 times the close before, or a hundredth: pence for pounds
``gap``               30     bars are missing before it
``revised``           31     the volume was told otherwise before (set by the overlap rule)
====================  =====  ========================================================================================

The bits are stored, so a number is never given to another code. Measured on one core of a shared machine (median of 5
rounds of ``python -m benchmarks.validation``): 2 520 daily bars in 0.2 ms, 1.26 million minutes in 70 ms; the same
rules one by one over a DataFrame take 50 and 2.5 times as long.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import ParameterError
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import Bars, StampArray

__all__ = ["FLAG", "REJECT", "REPAIR", "Checked", "Code", "MaskArray", "codes", "validate"]

MaskArray = npt.NDArray[np.uint32]
Rows = npt.NDArray[np.bool_]


class Code(IntFlag):
    """The bits of a mask; see the module."""

    NAN = 1 << 0
    NONFINITE = 1 << 1
    NONPOSITIVE = 1 << 2
    HIGH_LOW = 1 << 3
    OUTSIDE_RANGE = 1 << 4
    NEGATIVE_VOLUME = 1 << 5
    INEXACT_VOLUME = 1 << 6
    DUPLICATE = 1 << 7
    FUTURE = 1 << 8
    OFF_GRID = 1 << 9
    UNSORTED = 1 << 16
    ALL_NULL = 1 << 17
    RAGGED = 1 << 18
    JUMP = 1 << 24
    FLAT = 1 << 25
    ZERO_VOLUME = 1 << 26
    OFF_CALENDAR = 1 << 27
    REPEATED = 1 << 28
    UNIT_X100 = 1 << 29
    GAP = 1 << 30
    REVISED = 1 << 31


REJECT = 0x0000_FFFF
REPAIR = 0x00FF_0000
FLAG = 0xFF00_0000

EXACT = 2.0**53
JUMP = 1.5  # ratio of closes; the bundled sample has four: three splits and a crash
HUNDRED = (85.0, 118.0)  # ratios of closes that are 100 times a day's move
GRID_MS = 300_000  # sessions open at a multiple of five minutes, in every zone
SKEW_MS = 5_000  # clocks of two machines differ
FARTHEST_MS = 14 * 3_600_000  # where a date begins first: UTC+14
LONGEST_BREAK = 5  # days from session to session that a long weekend explains; one more is a gap
HARDLY = 0.5  # of the bars of the busiest day of the week
DAY_MS = 86_400_000
# Which fields a code names in the table; the others name the stamp.
_NAMED = {
    Code.HIGH_LOW: (1,), Code.NEGATIVE_VOLUME: (4,), Code.INEXACT_VOLUME: (4,), Code.JUMP: (3,), Code.FLAT: (3,),
    Code.ZERO_VOLUME: (4,), Code.REPEATED: (3,), Code.UNIT_X100: (3,), Code.REVISED: (4,),
}  # fmt: skip


def codes(mask: int) -> tuple[str, ...]:
    """Return the names of the codes in a mask, by their bits.

    Examples
    --------
    >>> codes(0b1001), codes(0)
    (('nan', 'high_low'), ())
    """
    value = int(mask)
    return tuple(str(code.name).lower() for code in Code if value & code)


@dataclass(frozen=True)
class Checked:
    """Bars and what is wrong with them.

    Attributes
    ----------
    bars : Bars
        As they were given.
    mask : ndarray of uint32, shape (bars,)
        What each row breaks; read-only.
    unchecked : tuple of str
        Codes that could not be told of all rows: "future" without `now`, "off_calendar" and "gap" where a calendar does
        not reach over all dates.
    calendar : {"given", "observed"}
        Whether sessions were given, or are taken from the bars themselves.
    """

    bars: Bars
    mask: MaskArray
    unchecked: tuple[str, ...]
    calendar: str

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows have each code; codes that none has are left out."""
        if not self.mask.any():
            return {}
        found = {str(code.name).lower(): int(np.count_nonzero(self.mask & np.uint32(code))) for code in Code}
        return {name: count for name, count in found.items() if count}

    @cached_property
    def rejected(self) -> npt.NDArray[np.intp]:
        """Numbers of the rows that go to quarantine."""
        return np.flatnonzero(self.mask & np.uint32(REJECT))

    def kept(self) -> tuple[Bars, MaskArray]:
        """Return the rows fit for use, oldest first, and their flags."""
        fit = (self.mask & np.uint32(REJECT | Code.ALL_NULL)) == 0
        if fit.all() and not (self.mask & np.uint32(Code.UNSORTED)).any():
            return self.bars, self.mask
        rows = np.flatnonzero(fit)
        rows = rows[np.argsort(self.bars.stamps[rows], kind="stable")]
        return self.bars.rows(rows), self.mask[rows] & np.uint32(FLAG)

    def table(self) -> pd.DataFrame:
        """Return one line for each row, rule and field: row, stamp, field, value, rule and verdict."""
        lines = [
            (int(row), int(self.bars.stamps[row]), *found)
            for row in np.flatnonzero(self.mask)
            for found in self._findings(int(row))
        ]
        return pd.DataFrame(lines, columns=["row", "stamp", "field", "value", "rule", "verdict"])

    def _findings(self, row: int) -> list[tuple[str, float, str, str]]:
        """Return field, value, rule and verdict of all that a row breaks."""
        found = []
        values = self.bars.values[:, row]
        for code in Code:
            if not int(self.mask[row]) & code:
                continue
            verdict = "reject" if code & REJECT else "repair" if code & REPAIR else "flag"
            fields = _fields_of(code, values)
            named = [(FIELDS[field], float(values[field])) for field in fields] or [
                ("stamp", float(self.bars.stamps[row]))
            ]
            found += [(field, value, str(code.name).lower(), verdict) for field, value in named]
        return found


def _fields_of(code: Code, values: FloatArray) -> tuple[int, ...]:
    """Return the numbers of the fields that break a rule."""
    if code is Code.NAN:
        return tuple(np.flatnonzero(np.isnan(values[:4])))
    if code is Code.NONFINITE:
        return tuple(np.flatnonzero(np.isinf(values)))
    if code is Code.NONPOSITIVE:
        return tuple(np.flatnonzero(values[:4] <= 0.0))
    if code is Code.OUTSIDE_RANGE:
        return tuple(field for field in (0, 3) if not values[2] <= values[field] <= values[1])
    return _NAMED.get(code, ())


def validate(
    bars: Bars,
    *,
    now: dt.datetime | None = None,
    calendar: StampArray | None = None,
    zone: str | None = None,
    tick: float = 0.0,
    positive: bool = True,
) -> Checked:
    """Return what is wrong with each bar; nothing is changed, nothing is filled.

    Parameters
    ----------
    bars : Bars
        In any order.
    now : datetime, optional
        Aware. Without it no bar is in the future, and the result says that this was not checked.
    calendar : array of int64, optional
        Dates of sessions, days since 1970; it says nothing of dates before its first and after its last. Without it the
        calendar is "observed": a day of the week with fewer than
        half as many bars as the busiest is none of sessions, and more than 5 days without a bar are a gap.
    zone : str, optional
        Of the exchange, for the dates of intraday bars and for when a date begins; UTC without it.
    tick : float, default 0.0
        The least step of prices. Open and close may be half of it outside of low and high.
    positive : bool, default True
        Prices must be above 0; False for spreads, and for futures, which have traded below (crude oil, 2020-04-20).

    Returns
    -------
    Checked

    Raises
    ------
    ParameterError
        If `now` has no zone, or `zone` or `tick` cannot be one.

    Notes
    -----
    A missing volume is no error: indices and currencies have none. It stays missing, and is never taken for 0.

    Of rows with one stamp, the last is kept if the others are earlier states of it: their volume is not larger, their
    high not higher and their low not lower, as of a day that is served once more as it goes on; the others are
    ``duplicate``. Otherwise nobody can tell which is right, and all of them are.

    Examples
    --------
    >>> from quantperf.market.sample import sample
    >>> checked = validate(Bars.from_frame(sample("AAPL")))
    >>> checked.counts
    {'jump': 3, 'gap': 1}
    >>> checked.table()[["field", "value", "rule", "verdict"]].iloc[1].astype(str).tolist()
    ['close', '25.75', 'jump', 'flag']
    """
    if now is not None and now.tzinfo is None:
        raise ParameterError(f"now must be aware, got {now!r}; give datetime.now(UTC)")
    if not 0.0 <= tick < np.inf:
        raise ParameterError(f"tick must be at least 0, got {tick!r}")
    clock = _zone(zone)
    mask = np.zeros(len(bars), dtype=np.uint32)
    unchecked = [] if now is not None else ["future"]
    if len(bars):
        _check_values(bars.values, mask, tick, positive)
        _check_stamps(bars, mask, now, clock)
        _check_order(bars, mask)
        fit = np.flatnonzero((mask & np.uint32(REJECT | Code.ALL_NULL)) == 0)
        if mask.any() and (mask & np.uint32(Code.UNSORTED)).any():
            fit = fit[np.argsort(bars.stamps[fit], kind="stable")]
        whole = len(fit) == len(bars) and not mask.any()
        _flag_values(bars.values if whole else bars.values[:, fit], mask, fit)
        if not _flag_dates(bars, mask, fit, calendar, clock):
            unchecked += ["off_calendar", "gap"]
    mask.flags.writeable = False
    return Checked(bars, mask, tuple(unchecked), "observed" if calendar is None else "given")


def _zone(zone: str | None) -> ZoneInfo | None:
    if zone is None:
        return None
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise ParameterError(f"zone must be a time zone such as 'America/New_York', got {zone!r}") from error


def _mark(mask: MaskArray, rows: Any, code: Code) -> None:
    """Set a code in the rows that break its rule."""
    if rows.any():
        mask[rows] |= np.uint32(code)


def _check_values(values: FloatArray, mask: MaskArray, tick: float, positive: bool) -> None:
    """Set the codes that a row breaks by its five values alone."""
    prices, volume = values[:4], values[4]
    opens, high, low, close = prices
    if not np.isfinite(values).all():
        missing = np.isnan(prices)
        # Sources fill the volume of a bar that they do not have with 0.
        empty = missing.all(axis=0) & ~(volume > 0.0)
        _mark(mask, empty, Code.ALL_NULL)
        _mark(mask, missing.any(axis=0) & ~empty, Code.NAN)
        _mark(mask, np.isinf(values).any(axis=0), Code.NONFINITE)
    half = 0.5 * tick
    if positive:
        _mark(mask, (prices <= 0.0).any(axis=0), Code.NONPOSITIVE)
    crossed = high < low
    _mark(mask, crossed, Code.HIGH_LOW)
    outside = np.maximum(opens, close) > high + half
    outside |= np.minimum(opens, close) < low - half
    _mark(mask, outside & ~crossed, Code.OUTSIDE_RANGE)
    _mark(mask, volume < 0.0, Code.NEGATIVE_VOLUME)
    _mark(mask, (volume >= EXACT) & (volume < np.inf), Code.INEXACT_VOLUME)


def _check_stamps(bars: Bars, mask: MaskArray, now: dt.datetime | None, zone: ZoneInfo | None) -> None:
    """Set the codes that a row breaks by its stamp alone."""
    stamps = bars.stamps
    if now is not None:
        moment = int(now.timestamp() * 1000.0)
        if not bars.interval.daily:
            latest = moment + SKEW_MS
        elif zone is None:
            latest = (moment + FARTHEST_MS) // DAY_MS
        else:
            latest = (now.astimezone(zone).date() - dt.date(1970, 1, 1)).days
        _mark(mask, stamps > latest, Code.FUTURE)
    if not bars.interval.daily:
        _mark(mask, stamps % min(bars.interval.milliseconds, GRID_MS) != 0, Code.OFF_GRID)


def _check_order(bars: Bars, mask: MaskArray) -> None:
    """Set what follows from the order of the rows: unsorted, duplicate, and a bar that begins within another."""
    stamps = bars.stamps
    steps = np.diff(stamps)
    shortest = 1 if bars.interval.daily else bars.interval.milliseconds
    if not len(steps) or steps.min() >= shortest:
        return
    if steps.min() < 0:
        before = np.maximum.accumulate(stamps)
        _mark(mask, np.concatenate([[False], stamps[1:] < before[:-1]]), Code.UNSORTED)
    rows = np.flatnonzero((mask & np.uint32(REJECT | Code.ALL_NULL)) == 0)
    order = rows[np.argsort(stamps[rows], kind="stable")]
    bounds = np.flatnonzero(np.diff(stamps[order], prepend=stamps[order[:1]] - 1, append=stamps[order[-1:]] + 1))
    for group in np.flatnonzero(np.diff(bounds) > 1):
        twins = order[bounds[group] : bounds[group + 1]]
        mask[_superseded(bars.values[:, twins], twins)] |= np.uint32(Code.DUPLICATE)
    if not bars.interval.daily:
        order = order[(mask[order] & np.uint32(Code.DUPLICATE)) == 0]
        _mark_overlapping(stamps, order, shortest, mask)


def _superseded(values: FloatArray, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return which rows of one stamp are not kept."""
    earlier, last = values[:, :-1], values[:, -1:]
    # A missing volume says nothing against a row.
    grows = ~(earlier[4] > last[4]) & (earlier[1] <= last[1]) & (earlier[2] >= last[2])
    return rows[:-1] if bool(grows.all()) else rows


def _mark_overlapping(stamps: StampArray, order: npt.NDArray[np.intp], length: int, mask: MaskArray) -> None:
    """Mark each bar that begins before the one kept before it is over: two bars cannot hold the same minutes."""
    near = np.flatnonzero(np.diff(stamps[order]) < length)
    if not len(near):
        return
    until = -(2**62)
    for row in order[max(int(near[0]) - 1, 0) :]:
        if stamps[row] < until:
            mask[row] |= np.uint32(Code.OFF_GRID)
        else:
            until = int(stamps[row]) + length


def _flag_values(values: FloatArray, mask: MaskArray, rows: npt.NDArray[np.intp]) -> None:
    """Flag fit rows by their values and those of the row before; the rows are oldest first."""
    _, high, low, close = values[:4]
    volume = values[4]
    # Open and close lie between: where high and low are one price, all four are.
    _flag(mask, rows, high == low, Code.FLAT)
    _flag(mask, rows, volume == 0.0, Code.ZERO_VOLUME)
    if values.shape[1] < 2:
        return
    with np.errstate(all="ignore"):
        ratio = close[1:] / close[:-1]
    # Where prices may be 0 a ratio can be unknown; that hides no other.
    if np.fmax.reduce(ratio) > JUMP or np.fmin.reduce(ratio) < 1.0 / JUMP:
        _flag(mask, rows[1:], (ratio > JUMP) | (ratio < 1.0 / JUMP), Code.JUMP)
        up = (ratio >= HUNDRED[0]) & (ratio <= HUNDRED[1])
        down = (ratio >= 1.0 / HUNDRED[1]) & (ratio <= 1.0 / HUNDRED[0])
        _flag(mask, rows[1:], up | down, Code.UNIT_X100)
    same = ratio == 1.0
    if same.any():
        places = np.flatnonzero(same)
        now, before = values[:, places + 1], values[:, places]
        equal = (now[:4] == before[:4]).all(axis=0)
        equal &= (now[4] == before[4]) | (np.isnan(now[4]) & np.isnan(before[4]))
        mask[rows[1:][places[equal]]] |= np.uint32(Code.REPEATED)


def _flag(mask: MaskArray, rows: npt.NDArray[np.intp], where: Rows, code: Code) -> None:
    if where.any():
        mask[rows[where]] |= np.uint32(code)


def _flag_dates(
    bars: Bars, mask: MaskArray, rows: npt.NDArray[np.intp], calendar: StampArray | None, zone: ZoneInfo | None
) -> bool:
    """Flag fit rows on dates without a session, and after bars that are missing; the rows are oldest first.

    Returns whether the calendar reaches over all dates.
    """
    if not len(rows):
        return True
    covered = True
    stamps = bars.stamps if len(rows) == len(bars) and not mask.any() else bars.stamps[rows]
    days = stamps if bars.interval.daily else _days_in(stamps, zone)
    if calendar is None:
        held = np.bincount((days + 3) % 7, minlength=7)  # 1970-01-01 was a Thursday
        rare = held < HARDLY * held.max()
        strange = rare[(days + 3) % 7] if rare[held > 0].any() else np.zeros(len(days), dtype=bool)
        far = np.diff(days) > LONGEST_BREAK
    else:
        known = np.unique(np.asarray(calendar, dtype=np.int64))
        places = np.searchsorted(known, days)
        after = np.searchsorted(known, days, side="right")
        # Of dates before its first session and after its last the calendar says nothing.
        strange = (places == after) & (places > 0) & (places < len(known))
        far = places[1:] - after[:-1] > 0
        covered = len(known) > 0 and bool(known[0] <= days[0] and days[-1] <= known[-1])
    _flag(mask, rows, strange, Code.OFF_CALENDAR)
    _flag(mask, rows[1:], far, Code.GAP)
    if not bars.interval.daily and len(rows) > 1:
        _flag(mask, rows[1:], _holes(stamps, days, bars.interval.milliseconds), Code.GAP)
    return covered


def _holes(stamps: StampArray, days: StampArray, length: int) -> Rows:
    """Return whether bars are missing before a bar on its own date; a break that most dates have is none."""
    found: Rows = (np.diff(stamps) > length) & (days[1:] == days[:-1])
    if found.any():
        places = np.flatnonzero(found)
        wall = (stamps - days * DAY_MS)[1:][places]
        _, kind, count = np.unique(
            np.stack([wall % DAY_MS, np.diff(stamps)[places]]), axis=1, return_inverse=True, return_counts=True
        )
        lunch = count[kind.ravel()] >= max(2.0, HARDLY * len(np.unique(days)))
        found[places[lunch]] = False
    return found


def _days_in(stamps: StampArray, zone: ZoneInfo | None) -> StampArray:
    """Return the dates of moments on the clock of a zone, days since 1970."""
    if zone is None:
        return stamps // DAY_MS
    moments = pd.DatetimeIndex(stamps.astype("datetime64[ms]"), tz="UTC").tz_convert(zone).tz_localize(None)
    days: StampArray = moments.to_numpy().astype("datetime64[D]").astype(np.int64)
    return days
