"""The overlap rule: what bars that were fetched anew say about those that are stored. It decides, and does no I/O.

Every incremental fetch asks again for at least `OVERLAP` stored final sessions. Open, high, low and close are compared
within half a tick of the source:

===========================================================  ==========================================================
overlap                                                      verdict
===========================================================  ==========================================================
equal, nothing new                                           ``unchanged``
equal                                                        ``append``: the new final bars
one constant ratio r != 1 on every price, volume about 1/r   ``action``: fetch the whole history; `rebase` checks that
                                                             it is stored x r and then says ``replace``
prices equal, volumes differ, or a bar came late             ``revision``: take them, flag ``revised``
anything else, or a stored final bar is missing              ``mismatch``: what was fetched goes to quarantine
===========================================================  ==========================================================

A jump alone is never a split: it is between bars, and a ratio is between two tellings of one bar. Three kinds of ratio
are none of an action, and so a mismatch: that of prices "as traded", which nothing changes afterwards; one that leaves
the volume as it was, such as 100 when pence become pounds (only prices adjusted for dividends do that rightly); and one
other than that of the splits that the source itself reports. A split that is reported but not applied is one too.

A volume that is missing now and was known before changes nothing: unknown is no news.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import DAY_MS, Action, Bars, StampArray

__all__ = ["OVERLAP", "Kind", "Verdict", "finals", "rebase", "reconcile"]

Kind: TypeAlias = Literal["append", "action", "revision", "mismatch", "unchanged", "replace"]
Rows: TypeAlias = npt.NDArray[np.bool_]

OVERLAP = 5  # stored final sessions that are asked for again
LEAST_STEP = 0.005  # |r - 1| of a split; a stock dividend of 1 % is the least there is in practice
VOLUME_BAND = 0.05  # how far volume x r may be from 1: sources round shares, and correct volumes for some days
SAME_SPLIT = 0.005  # how far a ratio may be from that of a reported split
LARGEST_PART = 50  # of a split such as 3:2, when a ratio is read as one
ROUNDING = 1e-9  # of a price, relative
VOLUME = FIELDS.index("volume")


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What is to be done with bars that were fetched.

    Attributes
    ----------
    kind : str
        See the module.
    bars : Bars
        Those to write: over the stored ones, or of a ``replace`` in place of all of them.
    refused : Bars
        Those for quarantine.
    revised : ndarray of int64
        Stamps to be flagged ``revised``.
    ratio : float
        New price for old price.
    split : Action or None
        The split that the ratio tells of, where the source reports none.
    reason : str
        Of a mismatch, in words.
    """

    kind: Kind
    bars: Bars
    refused: Bars
    revised: StampArray = field(default_factory=lambda: np.empty(0, np.int64))
    ratio: float = 1.0
    split: Action | None = None
    reason: str = ""


def reconcile(
    stored: Bars,
    fetched: Bars,
    *,
    decimals: int = 4,
    basis: str = "raw",
    actions: Iterable[Action] = (),
    recorded: Iterable[Action] = (),
) -> Verdict:
    """Return what bars that were fetched mean beside those that are stored.

    Parameters
    ----------
    stored : Bars
        The final bars that are stored within the span that was asked for.
    fetched : Bars
        Final, validated and ascending.
    decimals : int, default 4
        To which prices are told; half of the last one is the tolerance.
    basis : {"raw", "splits", "total"}, default "raw"
        Of both.
    actions : iterable of Action
        What the source reports within the span.
    recorded : iterable of Action
        What was known of the symbol before, and so is in the stored bars.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> from quantperf.market.sample import sample
    >>> bars = Bars.from_frame(sample("AAPL").loc["2000-09-20":"2000-10-10"])
    >>> crash = reconcile(bars.rows(slice(0, 7)), bars.rows(slice(2, None)))
    >>> crash.kind, len(crash.bars)
    ('append', 8)
    """
    if not len(stored):
        return _verdict("append" if len(fetched) else "unchanged", fetched)
    here, there = _common(stored, fetched)
    fault = _missing(stored, fetched, here)
    if fault:
        return _mismatch(stored, fetched, fault)
    last = int(stored.stamps[-1])
    fresh = [one for one in actions if one.kind == "split" and _day(one, stored) > last and not _among(one, recorded)]
    reported = float(np.prod([one.value for one in fresh])) if fresh and basis != "raw" else 1.0
    old, new = stored.rows(here), fetched.rows(there)
    half = 0.5 * 10.0**-decimals
    same = _equal(old.values[:VOLUME], new.values[:VOLUME], 1.0, half)
    if not same.all():
        return _scaled(stored, fetched, old, new, decimals, basis, reported)
    if abs(reported - 1.0) > SAME_SPLIT:
        return _mismatch(
            stored,
            fetched,
            f"a split of {reported:g} is reported, and bars before it are not adjusted for it",
        )
    return _revision(stored, fetched, old, new)


def rebase(stored: Bars, whole: Bars, verdict: Verdict, *, decimals: int = 4) -> Verdict:
    """Return whether the whole history, fetched after an ``action``, is the stored one times its ratio.

    Parameters
    ----------
    stored : Bars
        All final bars that are stored.
    whole : Bars
        The history, final, validated and ascending, as far back as it is served.
    verdict : Verdict
        Of kind ``action``.
    decimals : int, default 4
        To which prices are told.

    Returns
    -------
    Verdict
        ``replace`` with the history; bars older than it are scaled. Else ``mismatch``.
    """
    here, there = _common(stored, whole)
    recent = whole.rows(whole.stamps >= stored.stamps[-OVERLAP:][0])  # enough to see in quarantine what is wrong
    fault = _missing(stored, whole, here)
    if fault:
        return _mismatch(stored, recent, f"after a ratio of {verdict.ratio:g}, {fault}")
    old, new = stored.rows(here), whole.rows(there)
    half = 0.5 * 10.0**-decimals
    for ratio in _candidates(old, new, verdict.ratio):
        if _equal(old.values[:VOLUME], new.values[:VOLUME], ratio, half).all():
            older = stored.rows(stored.stamps < whole.stamps[0])
            values = older.values * np.array([[ratio]] * VOLUME + [[1.0 / ratio]])
            scaled = Bars(whole.interval, np.r_[older.stamps, whole.stamps], np.hstack([values, whole.values]))
            return _verdict("replace", scaled, ratio=ratio, split=verdict.split)
    worst = int(np.argmax(~_equal(old.values[:VOLUME], new.values[:VOLUME], verdict.ratio, half)))
    return _mismatch(
        stored, recent, f"the whole history is not the stored one times {verdict.ratio:g}, first at {_told(old, worst)}"
    )


def finals(bars: Bars, now: dt.datetime, *, session_open: bool | None = None, zone: str | None = None) -> int:
    """Return how many of the bars, oldest first, are final.

    Parameters
    ----------
    bars : Bars
        Ascending.
    now : datetime
        Aware.
    session_open : bool, optional
        Whether the source says that the last bar is of a session that goes on (or may yet be settled). Where it tells
        nothing, a bar is final when its day, or of an intraday bar its time, is over.
    zone : str, optional
        Of the exchange, by which a day ends; UTC without it.

    Examples
    --------
    >>> from quantperf.market.sample import sample
    >>> bars, noon = Bars.from_frame(sample("FB")), dt.datetime(2013, 3, 1, 17, tzinfo=dt.UTC)
    >>> len(bars), finals(bars, noon), finals(bars, noon, session_open=False)
    (196, 195, 196)
    """
    if not len(bars):
        return 0
    if session_open is not None:
        return len(bars) - bool(session_open)
    if bars.interval.daily:
        today = (now.astimezone(ZoneInfo(zone or "UTC")).date() - dt.date(1970, 1, 1)).days
        return int(np.searchsorted(bars.stamps, today, "left"))
    moment = int(now.timestamp() * 1000.0)
    return int(np.searchsorted(bars.stamps, moment - bars.interval.milliseconds, "right"))


def _scaled(stored: Bars, fetched: Bars, old: Bars, new: Bars, decimals: int, basis: str, reported: float) -> Verdict:
    """Return the verdict on prices that differ: one ratio that an action explains, or a mismatch."""
    half = 0.5 * 10.0**-decimals
    here, there = old.values[:VOLUME], new.values[:VOLUME]
    worst = int(np.argmax(~_equal(here, there, 1.0, half)))
    apart = f"prices differ, first at {_told(old, worst)}: {here[:, worst].tolist()} became {there[:, worst].tolist()}"
    if not (np.isfinite(here) & np.isfinite(there) & (here > 0.0) & (there > 0.0)).all():
        return _mismatch(stored, fetched, apart)
    ratio = next(
        (
            each
            for each in _candidates(old, new, float(there.sum() / here.sum()))
            if _equal(here, there, each, half).all()
        ),
        None,
    )
    least = 4.0 * half / float(here.max()) if basis == "total" else LEAST_STEP
    if ratio is None or abs(ratio - 1.0) < least:
        return _mismatch(stored, fetched, apart)
    if basis == "raw":
        return _mismatch(
            stored,
            fetched,
            f"all prices changed by {ratio:g}, but prices as traded never change; tell the basis of the source",
        )
    if abs(reported - 1.0) > SAME_SPLIT and basis == "splits" and abs(ratio * reported - 1.0) > SAME_SPLIT:
        return _mismatch(stored, fetched, f"all prices changed by {ratio:g}, and the reported split is {reported:g}")
    traded = _volume_ratio(old, new)
    by_split = abs(ratio * reported - 1.0) <= SAME_SPLIT
    if traded is None:
        explained = by_split or basis == "total"
    else:
        explained = abs(traded * ratio - 1.0) <= VOLUME_BAND or (basis == "total" and abs(traded - 1.0) <= VOLUME_BAND)
    if not explained:
        volume = "volumes are unknown" if traded is None else f"volumes changed by {traded:g}"
        return _mismatch(stored, fetched, f"all prices changed by {ratio:g} and {volume}: that is no split")
    told = by_split or (traded is not None and abs(traded * ratio - 1.0) > VOLUME_BAND) or basis == "total"
    split = None if told else Action("split", _date_of_split(stored, fetched), 1.0 / ratio)
    empty = fetched.rows(slice(0, 0))
    return Verdict("action", empty, empty, ratio=ratio, split=split)


def _revision(stored: Bars, fetched: Bars, old: Bars, new: Bars) -> Verdict:
    """Return the verdict on equal prices: new bars at the end, other volumes, bars that came late."""
    was, now = old.values[VOLUME], new.values[VOLUME]
    corrected = (was != now) & ~np.isnan(now)
    ahead = ~np.isin(fetched.stamps, stored.stamps)
    # Older ones were never asked for; one between stored ones came late.
    late = ahead & (fetched.stamps > stored.stamps[0]) & (fetched.stamps < stored.stamps[-1])
    taken = new.rows(corrected)
    # Their prices stay as they are stored: equal within half a tick is equal.
    revised = Bars(taken.interval, taken.stamps, np.vstack([old.values[:VOLUME, corrected], taken.values[VOLUME:]]))
    changed = np.r_[revised.stamps, fetched.stamps[late]]
    fresh = fetched.rows(ahead)
    order = np.argsort(np.r_[revised.stamps, fresh.stamps], kind="stable")
    bars = Bars(
        fetched.interval,
        np.r_[revised.stamps, fresh.stamps][order],
        np.hstack([revised.values, fresh.values])[:, order],
    )
    if len(changed):
        return _verdict("revision", bars, revised=np.sort(changed))
    return _verdict("append" if len(bars) else "unchanged", bars)


def _verdict(
    kind: Kind, bars: Bars, *, revised: StampArray | None = None, ratio: float = 1.0, split: Action | None = None
) -> Verdict:
    none = np.empty(0, np.int64) if revised is None else revised
    return Verdict(kind, bars, bars.rows(slice(0, 0)), none, ratio, split)


def _mismatch(stored: Bars, fetched: Bars, reason: str) -> Verdict:
    """Return a mismatch that refuses every bar that is not stored as it is."""
    told = np.ones(len(fetched), dtype=np.bool_)
    here, there = _common(stored, fetched)
    was, now = stored.values[:, here], fetched.values[:, there]
    told[there] = ((was != now) & ~(np.isnan(was) & np.isnan(now))).any(axis=0)
    return Verdict("mismatch", fetched.rows(slice(0, 0)), fetched.rows(told), reason=reason)


def _common(stored: Bars, fetched: Bars) -> tuple[Rows, Rows]:
    """Return which stored bars were fetched again, and which of those fetched were stored."""
    return np.isin(stored.stamps, fetched.stamps), np.isin(fetched.stamps, stored.stamps)


def _missing(stored: Bars, fetched: Bars, here: Rows) -> str:
    """Return what is wrong with an overlap that lacks stored bars, or nothing."""
    if not len(fetched) or not here.any():
        return f"none of the {len(stored)} stored bars was served again"
    # Bars before the first that is served are no longer served, if enough are left to compare.
    expected = stored.stamps >= fetched.stamps[0]
    if np.count_nonzero(here) < min(OVERLAP, len(stored)):
        expected = np.ones(len(stored), dtype=np.bool_)
    lost = expected & ~here
    return f"the stored bar of {_told(stored, int(np.argmax(lost)))} is missing" if lost.any() else ""


def _equal(old: FloatArray, new: FloatArray, ratio: float, half: float) -> Rows:
    """Return for each bar whether its prices are the old ones times a ratio: both are told to half a tick."""
    tolerance = half * (1.0 + ratio if ratio != 1.0 else 1.0)
    near = np.abs(new - ratio * old) <= tolerance + ROUNDING * np.abs(new)
    alike: Rows = near | (np.isnan(old) & np.isnan(new))
    return np.asarray(alike.all(axis=0))


def _candidates(old: Bars, new: Bars, near: float) -> Sequence[float]:
    """Return ratios to try: that of whole numbers next to the measured one, which is exact, then the measured one."""
    here, there = old.values[:VOLUME], new.values[:VOLUME]
    measured = float(there.sum() / here.sum())
    if not 0.0 < measured < np.inf or abs(measured / near - 1.0) > SAME_SPLIT:
        return ()
    parts = Fraction(measured if measured <= 1.0 else 1.0 / measured).limit_denominator(LARGEST_PART)
    if not parts:
        return (measured,)
    simple = float(parts) if measured <= 1.0 else float(1 / parts)
    return (simple, measured) if abs(simple / measured - 1.0) <= SAME_SPLIT else (measured,)


def _volume_ratio(old: Bars, new: Bars) -> float | None:
    """Return the new volume for the old one, where both are known; None if they are nowhere."""
    was, now = old.values[VOLUME], new.values[VOLUME]
    both = (was > 0.0) & (now > 0.0)
    return float(now[both].sum() / was[both].sum()) if both.any() else None


def _date_of_split(stored: Bars, fetched: Bars) -> int:
    """Return the first day after the stored bars that a split can have: that of the first new bar."""
    after = fetched.stamps[fetched.stamps > stored.stamps[-1]]
    stamp = int(after[0]) if len(after) else int(stored.stamps[-1]) + (1 if stored.interval.daily else DAY_MS)
    return stamp if stored.interval.daily else stamp // DAY_MS


def _day(action: Action, stored: Bars) -> int:
    """Return an action's date in the unit of stamps: that of an intraday bar is before all bars of its day."""
    return action.date if stored.interval.daily else action.date * DAY_MS


def _among(action: Action, recorded: Iterable[Action]) -> bool:
    return any(one.kind == action.kind and one.date == action.date and one.value == action.value for one in recorded)


def _told(bars: Bars, row: int) -> str:
    """Return a stamp for people."""
    stamp = int(bars.stamps[row])
    unit: Literal["D", "ms"] = "D" if bars.interval.daily else "ms"
    return str(np.datetime64(stamp, unit))
