"""Signals as events: each at a place among the bars of its symbol, with a clock for gaps and one for spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError
from quantperf.market.bars import Panel
from quantperf.market.moments import closing_times
from quantperf.market.sessions import moments_of
from quantperf.market.timeframes import length_of
from quantperf.patterns.sequence_market import Bars, Market, ticks_of
from quantperf.signals.records import KEY, ids_of, instants_of, places_of

__all__ = ["JOIN", "MOST_TYPES", "Events", "SameBar", "content_id", "events_of"]

Whole: TypeAlias = npt.NDArray[np.int64]
SameBar: TypeAlias = Literal["ordered", "skip", "together"]
Length: TypeAlias = int | pd.Timedelta  # bars, or time
JOIN = "_then_"
TOGETHER = "+"
MOST_TYPES = 2000  # five of them make a code of 55 bits, and a table of pairs has 32 MB
MOST_BARS = 10_000_000  # numbered ones without prices; each has its place on two clocks
NEEDED = ("symbol", "signal_type", "triggered_at", "known_at")
DEFAULT_SPAN = pd.Timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Events:
    """Signals in the order in which sequences are read: by group (symbol and timeframe), place and type.

    Attributes
    ----------
    table : DataFrame
        One row an event: ids (tuple), symbol, timeframe, triggered_at, event_at, known_at, direction.
    kinds : tuple of str
        The types, in the order in which those of one bar follow each other.
    group, place, kind, known : ndarray of int64
        Of each event; place and known are numbers of bars of its symbol, known the first at whose close it was known.
    opens : ndarray of int64, shape (types,)
        The least place of each type in any group: before, its indicator was not there yet, or it was not looked for.
    first, bars, base : ndarray of int64
        Of each group its first event (and the end), its number of bars, and where its bars begin. All groups have the
        bars from the first signal of any to the last: before and after, nobody looked for signals.
    near, far : ndarray of int64
        For each bar, what gaps and spans are measured on: bars or nanoseconds.
    gap, span : int
        The longest gap and span, on these clocks.
    unplaced, duplicates, repeats : int
        Signals that were left out: their bar is not in the prices, they are there already, or they go on from the bar
        before.
    """

    table: pd.DataFrame
    kinds: tuple[str, ...]
    group: Whole
    place: Whole
    kind: Whole
    known: Whole
    opens: Whole
    first: Whole
    bars: Whole
    base: Whole
    near: Whole
    far: Whole
    gap: int
    span: int
    unplaced: int
    duplicates: int
    repeats: int

    def __len__(self) -> int:
        return len(self.place)


@dataclass(frozen=True, slots=True)
class _Placed:
    """Signals with their places, and the bars that they stand on."""

    table: pd.DataFrame  # with the columns lane, place and known
    bars: Bars


def content_id(*facts: object) -> str:
    """Return a hash of facts.

    Examples
    --------
    >>> content_id("AAPL", "golden_cross") == content_id("AAPL", "golden_cross")
    True
    """
    return blake2b("\x1f".join(map(str, facts)).encode(), digest_size=8).hexdigest()


def events_of(
    signals: pd.DataFrame,
    prices: pd.DataFrame | Panel | None,
    market: Market | None,
    *,
    gap: Length,
    span: Length | None,
    same_bar: SameBar,
    repeats: str,
    types: Sequence[str] | None,
    stamps: Any,
    bar: Any,
    session: Any,
) -> Events:
    """Return signals as events among the bars of the prices or, without prices, among the stamps of all signals."""
    table, duplicates = _cleaned(signals, types)
    if same_bar == "together" and table["signal_type"].str.contains(TOGETHER, regex=False).any():
        raise DataError(f"types must not hold {TOGETHER!r} where those of one bar are joined by it; rename them")
    if prices is None or market is None:
        placed = _among_stamps(table, bar)
    else:
        placed = _among_prices(table, prices, market, {"stamps": stamps, "bar": bar, "session": session})
    kept = placed.table[placed.table["place"] >= 0]
    unplaced = len(placed.table) - len(kept)
    order = sorted(set(kept["signal_type"])) if types is None else list(dict.fromkeys(types))
    kept = kept.assign(rank=pd.Index(order).get_indexer(pd.Index(kept["signal_type"])))
    fresh = _without_repeats(kept, placed.bars) if repeats == "once" else kept
    dropped = len(kept) - len(fresh)
    fresh = fresh.sort_values(["symbol", "timeframe", "place", "rank"], kind="stable", ignore_index=True)
    fresh = _joined(fresh) if same_bar == "together" else fresh.assign(ids=_alone(fresh["id"]))
    names = sorted(set(fresh["signal_type"])) if same_bar == "together" else order
    return _events(fresh, names, placed.bars, gap, span, (unplaced, duplicates, dropped))


def _cleaned(signals: Any, types: Sequence[str] | None) -> tuple[pd.DataFrame, int]:
    """Return the columns that sequences need, each signal once, in an order that is that of no input."""
    if not isinstance(signals, pd.DataFrame):
        raise DataError(f"signals must be a frame of signals, got {type(signals).__name__}; see qp.signals")
    lacking = [name for name in NEEDED if name not in signals]
    if lacking:
        raise DataError(f"signals must have the columns {', '.join(NEEDED)}, {', '.join(lacking)} lack")
    table = signals.reset_index(drop=True)
    for name in NEEDED:
        if missing := int(table[name].isna().sum()):
            raise DataError(f"signals must all have {name}, {missing} lack it; drop them with df.dropna()")
    table = pd.DataFrame(
        {
            "symbol": table["symbol"].astype(str).astype(object),
            "signal_type": table["signal_type"].astype(str).astype(object),
            "timeframe": table["timeframe"].fillna("").astype(str).astype(object) if "timeframe" in table else "",
            "triggered_at": table["triggered_at"],
            "event_at": table.get("event_at", pd.Series(pd.NaT, index=table.index, dtype=object)),
            "known_at": table["known_at"],
            "direction": _directions(table),
            "id": table.get("id", pd.Series(None, index=table.index, dtype=object)),
        }
    )
    if types is not None:
        table = table[table["signal_type"].isin(types)].reset_index(drop=True)
    joined = table["signal_type"].str.contains(JOIN, regex=False)
    if joined.any():
        raise DataError(
            f"types must not hold {JOIN!r}, which joins the names of a sequence, got "
            f"{table['signal_type'][joined].iloc[0]!r}; rename it"
        )
    return _once(table)


def _directions(table: pd.DataFrame) -> pd.Series[Any]:
    """Return 1, -1 or 0 for each signal, NaN where that is not told."""
    if "direction" not in table:
        return pd.Series(np.nan, index=table.index)
    try:
        direction = table["direction"].astype("Float64").astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"direction must be 1, -1 or 0, got {table['direction'].dtype}") from error
    strange = direction[~direction.isin([1.0, -1.0, 0.0]) & direction.notna()]
    if len(strange):
        raise DataError(f"direction must be 1, -1 or 0, got {strange.iloc[0]!r}; leave it out where it is not known")
    return direction


def _once(table: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Return each signal once, sorted, with an id, and how many were there more than once."""
    told = table["id"].notna()
    try:
        table = table.sort_values([*KEY, "known_at"], kind="stable", ignore_index=True)
    except TypeError as error:
        raise DataError("stamps of the signals must all be of one kind; convert them with pd.to_datetime") from error
    repeated = table.duplicated(list(KEY)) | (table["id"].notna() & table.duplicated("id"))
    table = table[~repeated].reset_index(drop=True)
    if not told.all():
        table["id"] = table["id"].where(table["id"].notna(), _made_ids(table))
    return table, int(repeated.sum())


def _made_ids(table: pd.DataFrame) -> pd.Series[Any]:
    """Return the ids that records of these signals have."""
    made = pd.Series(None, index=table.index, dtype=object)
    for timeframe, rows in table.groupby("timeframe", sort=False):
        keys = pd.MultiIndex.from_frame(rows[["symbol", "signal_type"]])
        chosen, pairs = pd.factorize(keys)
        stamps = pd.Index(rows["triggered_at"])
        stamps = pd.DatetimeIndex(stamps) if stamps.dtype == object else stamps
        made.loc[rows.index] = ids_of(list(pairs), str(timeframe), chosen, instants_of(stamps))
    return made


def _among_prices(table: pd.DataFrame, prices: pd.DataFrame | Panel, market: Market, told: dict[str, Any]) -> _Placed:
    """Return the place of each signal among the bars that its symbol has."""
    symbols = len(set(table["symbol"]))
    if not isinstance(prices, Panel) and symbols > 1:
        raise DataError(
            f"prices must be a Panel where signals are of {symbols} symbols, got a frame; "
            "make one with qp.Panel.from_frames"
        )
    places = places_of(table, prices, **told)
    closed = closing_times(prices.index, **told)
    found = closed.searchsorted(pd.Index(table["known_at"]), side="left")  # the first close at which it was known
    if isinstance(closed, pd.DatetimeIndex) and len(closed):
        event_at = pd.Series(closed[np.maximum(places.bar, 0)], index=table.index)
        told_at = pd.to_datetime(table["event_at"], utc=True)
        table = table.assign(event_at=told_at.where(told_at.notna(), event_at))
    place, known = np.full(len(table), -1, np.int64), np.full(len(table), -1, np.int64)
    lane = np.maximum(places.lane, 0).astype(np.int64)
    bars, there = market.bars, places.bar >= 0
    if there.any():
        first, last = places.bar[there], np.minimum(found[there], len(closed) - 1)
        origin, count = market.stretch(int(first.min()), max(int(first.max()), int(last.max())))
        bars = replace(bars, count=count, base=bars.base + origin)
        place[there], known[there] = market.place(lane[there], first), market.last_place(lane[there], last)
        own = place >= 0  # its symbol has that bar
        place[own] -= origin[lane[own]]
        known[own] = np.maximum(known[own] - origin[lane[own]], place[own])
    return _Placed(table.assign(lane=lane, place=place, known=known), bars)


def _among_stamps(table: pd.DataFrame, bar: Any) -> _Placed:
    """Return the place of each signal among the stamps of all, or among whole numbers if they are numbered."""
    labels = pd.Index(table["triggered_at"])
    if labels.dtype.kind in "iuf":
        numbers = labels.to_numpy(np.float64)
        if (numbers != np.rint(numbers)).any():
            raise DataError("triggered_at must be stamps or whole numbers of bars, some are fractions")
        start = int(numbers.min()) if len(numbers) else 0
        place = numbers.astype(np.int64) - start
        if len(place) and place.max() >= MOST_BARS:
            raise DataError(
                f"triggered_at must number at most {MOST_BARS:,} bars, got {int(place.max()) + 1:,}; "
                "if they are times, convert them with pd.to_datetime"
            )
        axis = np.arange(int(place.max()) + 1 if len(place) else 0, dtype=np.int64)
        bars = Bars(np.array([len(axis)]), np.zeros(1, np.int64), axis, axis, False, axis)
    else:
        if not isinstance(labels, pd.DatetimeIndex):
            try:
                labels = pd.DatetimeIndex(pd.to_datetime(labels))
            except (TypeError, ValueError) as error:
                raise DataError(f"triggered_at must be stamps or numbers of bars, got {labels.dtype}") from error
        stamps, place = np.unique(moments_of(labels).as_unit("ns").asi8, return_inverse=True)
        axis, walls = ticks_of(pd.DatetimeIndex(stamps, tz="UTC"), labels.tz)
        length = length_of(bar)
        step = int(np.diff(axis).min()) if len(axis) > 1 else 1
        step = step if length is None else int(length.as_unit("ns").value)
        bars = Bars(np.array([len(axis)]), np.zeros(1, np.int64), axis, walls, True, walls // step)
    lanes = np.zeros(len(table), np.int64)
    return _Placed(table.assign(lane=lanes, place=place.astype(np.int64), known=np.int64(-1)), bars)


def _without_repeats(table: pd.DataFrame, bars: Bars) -> pd.DataFrame:
    """Return the table without signals of a type that was there one bar before, too: an episode counts once."""
    table = table.sort_values(["symbol", "timeframe", "rank", "place"], kind="stable", ignore_index=True)
    number = bars.number[bars.base[table["lane"]] + table["place"].to_numpy()]
    same = np.ones(len(table), dtype=bool)
    for name in ("symbol", "timeframe", "rank"):
        values = table[name].to_numpy()
        same[1:] &= values[1:] == values[:-1]
    same[1:] &= np.diff(number) <= 1
    same[:1] = False
    return table[~same]


def _alone(ids: pd.Series[Any]) -> pd.Series[Any]:
    alone: list[Any] = [(one,) for one in ids]
    return pd.Series(alone, index=ids.index, dtype=object)


def _joined(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with one event a bar, whose type is all types of that bar, and its direction theirs in sum."""
    cells = table.groupby(["symbol", "timeframe", "place"], sort=False)
    joined = cells.agg(
        lane=("lane", "first"),
        known=("known", "max"),
        triggered_at=("triggered_at", "first"),
        event_at=("event_at", "max"),
        known_at=("known_at", "max"),
    ).reset_index()
    number = cells.ngroup().to_numpy()
    bounds = np.searchsorted(number, np.arange(len(joined) + 1))
    names, ids = table["signal_type"].to_list(), table["id"].to_list()
    spans = list(pairwise(bounds.tolist()))
    together: list[Any] = [tuple(ids[begin:end]) for begin, end in spans]
    total = np.bincount(number, table["direction"].to_numpy(np.float64), len(joined))
    return joined.assign(
        signal_type=pd.Series([TOGETHER.join(names[begin:end]) for begin, end in spans], dtype=object),
        direction=np.sign(total),
        ids=pd.Series(together, dtype=object),
    )


def _events(
    table: pd.DataFrame, names: list[str], bars: Bars, gap: Length, span: Length | None, left: tuple[int, int, int]
) -> Events:
    """Return the events of a sorted table."""
    present = set(table["signal_type"])
    kinds = tuple(name for name in names if name in present)
    if len(kinds) > MOST_TYPES:
        raise ParameterError(f"types must be at most {MOST_TYPES}, got {len(kinds)}; name those that matter in types=")
    keys = table["symbol"] + "\x1f" + table["timeframe"]
    group, labels = pd.factorize(keys)
    lanes = np.zeros(len(labels), np.int64)
    lanes[group] = table["lane"].to_numpy(np.int64)
    near, gap_ticks = _clock(bars, "gap", gap)
    limit = (DEFAULT_SPAN if bars.timed else None) if span is None else span
    far, span_ticks = _clock(bars, "span", limit)
    place = table["place"].to_numpy(np.int64)
    kind = pd.Index(kinds, dtype=object).get_indexer(pd.Index(table["signal_type"], dtype=object)).astype(np.int64)
    opens = np.full(len(kinds), np.iinfo(np.int64).max)
    np.minimum.at(opens, kind, place)
    columns = ["ids", "symbol", "timeframe", "triggered_at", "event_at", "known_at", "direction"]
    unplaced, duplicates, repeats = left
    return Events(
        table=table[columns],
        kinds=kinds,
        group=group.astype(np.int64),
        place=place,
        kind=kind,
        known=table["known"].to_numpy(np.int64),
        opens=opens,
        first=np.searchsorted(group, np.arange(len(labels) + 1)).astype(np.int64),
        bars=bars.count[lanes],
        base=bars.base[lanes],
        near=near,
        far=far,
        gap=gap_ticks,
        span=span_ticks,
        unplaced=unplaced,
        duplicates=duplicates,
        repeats=repeats,
    )


def _clock(bars: Bars, name: str, limit: Length | None) -> tuple[Whole, int]:
    """Return the clock on which a limit is measured, and the limit on it."""
    if isinstance(limit, pd.Timedelta):
        if not bars.timed:
            raise ParameterError(f"{name} must be a number of bars where bars are numbered, got {limit}")
        return bars.clock(limit), int(limit.as_unit("ns").value)
    if limit is None:
        return np.zeros_like(bars.moments), 0
    if bars.timed and not bars.complete:
        raise ParameterError(
            f"{name} must be a time such as '3d' where there are no prices to count bars in, got {limit} bars; "
            "or give prices="
        )
    return bars.number, limit
