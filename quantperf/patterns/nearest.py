"""Analogues: past stretches that are like the last bars, what followed them, and whether that says anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, one_of
from quantperf.kernels.similarity import distances_to, warped_distances
from quantperf.market.moments import closing_times
from quantperf.market.sessions import Session, Stamps
from quantperf.patterns.history import History, features_of, history_of, place_of
from quantperf.patterns.intervals import LEVEL, grouped_means
from quantperf.patterns.windows import TRANSFORMS, BoolArray, FloatArray, shuffled, whole, windows_of

__all__ = ["Analogues", "analogues"]

METRICS = ("z", "dtw")
COLUMNS = ("symbol", "start", "end", "distance", "correlation", "return", "event_at", "known_at")


@dataclass(frozen=True)
class Analogues:
    """The past stretches that are most like the last bars.

    Attributes
    ----------
    table : DataFrame
        A row for each analogue, the nearest first: symbol, start, end, distance, correlation (for the metric "z", else
        NaN), return (percent, from its last close to that `following` bars later), event_at (the close of its last
        bar) and known_at (the close of its last following bar).
    paths : DataFrame
        What followed: a row for each bar after it (1 to `following`), a column for each row of `table`; percent since
        the last close of the analogue, NaN where a bar is missing.
    summary : DataFrame
        For each bar after: ``known`` paths; their ``mean`` with a 95 % interval ``low`` to ``high``, and ``median``;
        the share that is ``up`` with ``up_low`` to ``up_high``; and the base rates ``base_mean`` and ``base_up`` of all
        stretches that were compared.
    effective : int
        Analogues that count: those whose following bars overlap in time count as one.
    p : float
        Share of histories, shuffled ones and this one, whose nearest stretches are as near on average.
    null : ndarray
        The mean distance of the nearest stretches in each shuffled history.
    compared : int
        Stretches that were compared.
    statement : str
        What this says, in words.
    event_at
        The close of the last bar of the query; all of this was known then.
    """

    table: pd.DataFrame
    paths: pd.DataFrame
    summary: pd.DataFrame
    effective: int
    p: float
    null: FloatArray
    compared: int
    event_at: Any
    statement: str
    query: pd.Series = field(repr=False)

    def __repr__(self) -> str:
        return f"Analogues({len(self.table)} of {len(self.query)} bars among {self.compared}: {self.statement})"

    def _repr_html_(self) -> str:
        return f"<p>{self.statement}</p>\n{self.table.to_html()}"

    def plot(self) -> Any:
        """Return a matplotlib figure: the last bars, what followed each analogue, their mean, and the base rate."""
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(10, 5))
        before = np.arange(1 - len(self.query), 1)
        axes.plot(before, 100.0 * (self.query / self.query.iloc[-1] - 1.0), color="black", label="last bars")
        after = [0, *self.paths.index]
        axes.plot(after, np.vstack([np.zeros(self.paths.shape[1]), self.paths]), color="0.75", linewidth=0.8)
        axes.plot(after, [0.0, *self.summary["mean"]], color="C0", label="mean of what followed")
        axes.fill_between(after, [0.0, *self.summary["low"]], [0.0, *self.summary["high"]], color="C0", alpha=0.2)
        axes.plot(after, [0.0, *self.summary["base_mean"]], color="C1", linestyle="--", label="all stretches")
        axes.axvline(0.0, color="0.5", linewidth=0.8)
        axes.set_xlabel("bars")
        axes.set_ylabel("percent")
        axes.legend(loc="upper left")
        figure.tight_layout()
        plt.close(figure)  # a notebook shows what is returned; else it would show it twice
        return figure


def analogues(
    data: Any,
    last: int = 20,
    *,
    top: int = 10,
    following: int = 20,
    metric: Literal["z", "dtw"] = "z",
    features: Iterable[str] = ("close",),
    transform: Literal["returns", "log"] | None = "log",
    exclusion: int | None = None,
    band: int | None = None,
    symbol: str | None = None,
    symbols: Iterable[str] | None = None,
    at: Any = None,
    draws: int = 39,
    block: int | None = None,
    seed: int = 0,
    stamps: Stamps | None = None,
    bar: str | None = None,
    session: Session | None = None,
) -> Analogues:
    """Return the past stretches that are most like the last bars, and what followed them.

    Parameters
    ----------
    data : Series, array_like, DataFrame or Panel
        Prices of one symbol, its bars, or the bars of many.
    last : int, default 20
        Bars of the query, at least 3.
    top : int, default 10
        Analogues, at least 1; fewer where there are not so many.
    following : int, default 20
        Bars after an analogue, at least 1.
    metric : {"z", "dtw"}, default "z"
        The Euclidean distance, or that by dynamic time warping, of stretches standardised to mean 0 and deviation 1.
    features : iterable of str, default ("close",)
        Fields of the bars that are compared. Volume is compared as it is, prices by `transform`.
    transform : {"returns", "log", None}, default "log"
        Log returns, log prices, or prices.
    exclusion : int, optional
        Two analogues of one symbol start more than this many bars apart; by default last - 1, so that they share no
        bar.
    band : int, optional
        For "dtw", by how many bars the path may leave the diagonal; by default a tenth of `last`.
    symbol : str, optional
        Of a Panel, whose last bars are the query; may be left out where there is but one.
    symbols : iterable of str, optional
        Of a Panel, where analogues are looked for; by default all.
    at : label, optional
        The bar that the query ends with; later ones are not looked at. By default the last one.
    draws : int, default 39
        Shuffled histories, at least 0.
    block : int, optional
        Bars that stay together in them; by default a quarter of `last`.
    seed : int, default 0
        Of the shuffled histories and of the intervals.
    stamps, bar, session
        What the stamps mean; see `quantperf.market.moments.closing_times`.

    Returns
    -------
    Analogues
        With ``table``, ``paths``, ``summary``, ``effective``, ``p``, ``statement`` and ``plot()``.

    Raises
    ------
    ParameterError
        If a parameter is out of bounds or of the wrong kind.
    DataError
        If the data is not numeric and above 0 in ascending order of time, the query misses a bar or is constant, or
        there is no stretch before it.

    Notes
    -----
    Each analogue ends, with the bars that followed it, before the first bar of the query, in every symbol: nothing
    leaks. Stretches that miss a value are never compared. The intervals resample the analogues with replacement, those
    whose following bars overlap in time, in any symbol, as one. The method of analogues is that of E. N. Lorenz,
    *Atmospheric predictability as revealed by naturally occurring analogues*, J. Atmos. Sci. 26, 1969; resampling of
    what belongs together: A. C. Davison and D. V. Hinkley, *Bootstrap Methods and their Application*, 1997, section
    3.8. In shuffled histories blocks of bars change places, so that shapes longer than a block are chance.

    Examples
    --------
    >>> import quantperf as qp
    >>> found = analogues(qp.sample("IBM"), 20, top=5, following=10)
    >>> found.table[["end", "correlation", "return"]].head(2).round({"correlation": 2, "return": 2})
             end  correlation  return
    0 2002-10-15         0.88   12.06
    1 2010-02-17         0.80    0.44
    >>> found.effective, found.p
    (5, 0.2)
    """
    last, top = whole("last", last, 3), whole("top", top, 1)
    following, draws, seed = whole("following", following, 1), whole("draws", draws, 0), whole("seed", seed, 0)
    exclusion = last - 1 if exclusion is None else whole("exclusion", exclusion, 0)
    band = max(1, last // 10) if band is None else whole("band", band, 0)
    block = max(1, last // 4) if block is None else whole("block", block, 1)
    if metric not in METRICS:
        raise one_of("metric", METRICS, metric)
    if transform not in TRANSFORMS:
        raise one_of("transform", map(str, TRANSFORMS), transform)
    history = history_of(data, features_of(features), symbol, symbols, transform)
    history = history.until(place_of(history.index, at))
    closed = closing_times(history.index, stamps=stamps, bar=bar, session=session)
    search = _Search(last, following, metric, band, exclusion, top)
    query = search.query(history)
    past = search.past(history)
    distances = search.distances(past, query)
    lanes, starts, nearest = search.nearest(distances)
    if not len(starts):
        raise DataError(
            f"data must hold a stretch of {last} whole bars and {following} after it before the query, holds none; "
            "take more bars, or smaller last or following"
        )
    random = np.random.default_rng(seed)
    null = search.null(past, query, history.levels, len(starts), block, draws, random)
    ends = starts + last - 1
    paths = np.column_stack(
        [_path(history.closes[lane], end, following) for lane, end in zip(lanes, ends, strict=True)]
    )
    base = _base(history.closes, distances, last, following)
    groups = _groups(ends, following)
    summary = _summary(paths, groups, base, random)
    width = last * len(history.levels)
    likeness = 1.0 - nearest**2 / (2.0 * width) if metric == "z" else np.full(len(nearest), np.nan)
    names = [history.symbols[lane] for lane in lanes]
    stamps_of = (history.index[starts], history.index[ends])
    times = (closed[ends], closed[ends + following])
    table = pd.DataFrame(dict(zip(COLUMNS, (names, *stamps_of, nearest, likeness, paths[-1], *times), strict=True)))
    p = (1 + int((null <= nearest.mean()).sum())) / (1 + draws) if draws else np.nan
    effective = int(groups.max()) + 1
    return Analogues(
        table,
        pd.DataFrame(paths, index=summary.index, columns=table.index),
        summary,
        effective,
        p,
        null,
        sum(int(np.isfinite(each).sum()) for each in distances),
        closed[-1],
        _statement(summary, len(table), effective, p),
        pd.Series(history.own[-last:], index=history.index[-last:], name=history.symbol or "close"),
    )


@dataclass(frozen=True)
class _Search:
    """How stretches are compared and chosen."""

    last: int
    following: int
    metric: str
    band: int
    exclusion: int
    top: int

    def query(self, history: History) -> FloatArray:
        """Return the last bars, standardised, as one row."""
        if len(history.index) < self.last:
            raise DataError(
                f"data must hold at least {self.last} bars, got {len(history.index)}; take fewer with last="
            )
        z, usable, constant = _stretches(history.wanted[-self.last :], self.last)
        if not usable[0]:
            missing = int((~np.isfinite(history.wanted[-self.last :]).all(axis=1)).sum())
            raise DataError(
                f"the last {self.last} bars of {history.symbol or 'data'} must be whole, {missing} miss a value; "
                "choose another bar with at="
            )
        if constant[0]:
            raise DataError(f"the last {self.last} bars must have a shape, are constant; choose another bar with at=")
        return z

    def past(self, history: History) -> list[FloatArray]:
        """Return the bars in which an analogue may lie: before the query, and before what must follow."""
        return [values[: max(0, len(values) - self.last - self.following)] for values in history.values]

    def distances(self, past: list[FloatArray], query: FloatArray) -> list[FloatArray]:
        """Return the distance of each stretch of each symbol, NaN where it misses a value."""
        found = []
        for values in past:
            z, usable, _ = _stretches(values, self.last)
            y = np.empty(len(z))
            if self.metric == "z":
                distances_to(z, usable, query, y)
            elif len(z):
                ends = np.arange(0, (len(z) + 1) * self.last, self.last)
                warped = np.empty((1, len(z)))
                table = _read_only(z.reshape(len(z) * self.last, -1))
                one = _read_only(query.reshape(self.last, -1))
                warped_distances(one, ends[:2], table, ends, self.band, warped)
                y[:] = np.where(usable, warped[0], np.nan)
            found.append(y)
        return found

    def nearest(
        self, distances: list[FloatArray], count: int | None = None
    ) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], FloatArray]:
        """Return lane, start and distance of the nearest stretches, of which none overlaps another of its symbol."""
        count = self.top if count is None else count
        lengths = [len(each) for each in distances]
        lanes, flat = np.repeat(np.arange(len(distances)), lengths), np.concatenate(distances)
        starts = np.concatenate([np.arange(length) for length in lengths])
        known = np.flatnonzero(np.isfinite(flat))
        most = count * (2 * self.exclusion + 1)  # each one chosen excludes no more than this share of them
        if len(known) > most:
            known = known[np.argpartition(flat[known], most - 1)[:most]]
        chosen: list[int] = []
        for place in known[np.lexsort((known, flat[known]))].tolist():
            if len(chosen) == count:
                break
            beside = (
                lanes[place] == lanes[one] and abs(starts[place] - starts[one]) <= self.exclusion for one in chosen
            )
            if not any(beside):
                chosen.append(place)
        return lanes[chosen], starts[chosen], flat[chosen]

    def null(
        self,
        past: list[FloatArray],
        query: FloatArray,
        levels: BoolArray,
        count: int,
        block: int,
        draws: int,
        random: np.random.Generator,
    ) -> FloatArray:
        """Return the mean distance of as many nearest stretches in histories whose moves are shuffled."""
        means = np.empty(draws)
        for draw in range(draws):
            mixed = [shuffled(values, levels, block, random) for values in past]
            means[draw] = self.nearest(self.distances(mixed, query), count)[2].mean()
        return means


def _stretches(values: FloatArray, size: int) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Return each stretch as a row (bar by bar, each feature standardised), whether it is whole, and constant."""
    parts = [windows_of(np.ascontiguousarray(values[:, f]), size) for f in range(values.shape[1])]
    z = np.stack([part.z for part in parts], axis=2).reshape(-1, size * len(parts))
    usable = np.logical_and.reduce([part.usable for part in parts])
    constant = np.logical_and.reduce([part.constant for part in parts])
    return _read_only(z), usable, constant


def _read_only(values: FloatArray) -> FloatArray:
    values = np.ascontiguousarray(values)
    values.flags.writeable = False
    return values


def _path(closes: FloatArray, end: int, following: int) -> FloatArray:
    """Return the percent since a bar at each of the bars after it."""
    return np.asarray(100.0 * (closes[end + 1 : end + following + 1] / closes[end] - 1.0), dtype=np.float64)


def _base(closes: list[FloatArray], distances: list[FloatArray], last: int, following: int) -> FloatArray:
    """Return the mean percent and the share up at each bar after all stretches that were compared; (2, following)."""
    base = np.empty((2, following))
    ends = [np.flatnonzero(np.isfinite(each)) + last - 1 for each in distances]
    for step in range(1, following + 1):
        moves = np.concatenate(
            [100.0 * (close[at + step] / close[at] - 1.0) for close, at in zip(closes, ends, strict=True)]
        )
        moves = moves[~np.isnan(moves)]
        base[:, step - 1] = (moves.mean(), (moves > 0.0).mean()) if len(moves) else np.nan
    return base


def _groups(ends: npt.NDArray[np.intp], following: int) -> npt.NDArray[np.intp]:
    """Return the number of the group of each analogue: in one are those whose following bars overlap in a chain."""
    order = np.argsort(ends, kind="stable")
    steps = np.diff(ends[order], prepend=ends[order[0]]) >= following
    groups = np.empty(len(ends), dtype=np.intp)
    groups[order] = np.cumsum(steps)
    return groups


def _summary(
    paths: FloatArray, groups: npt.NDArray[np.intp], base: FloatArray, random: np.random.Generator
) -> pd.DataFrame:
    """Return means, shares and their intervals at each bar after."""
    known = ~np.isnan(paths)
    mean, low, high = grouped_means(paths.T, groups, random)
    up, up_low, up_high = grouped_means(np.where(known, paths > 0.0, np.nan).T, groups, random)
    middle = [np.median(row[held]) if held.any() else np.nan for row, held in zip(paths, known, strict=True)]
    columns = {
        "known": known.sum(axis=1),
        "mean": mean,
        "low": low,
        "high": high,
        "median": middle,
        "up": up,
        "up_low": up_low,
        "up_high": up_high,
        "base_mean": base[0],
        "base_up": base[1],
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(1, len(paths) + 1, name="bars after"))


def _statement(summary: pd.DataFrame, count: int, effective: int, p: float) -> str:
    """Return what the figures say."""
    end = summary.iloc[-1]
    if np.isnan(p):
        near = "Whether they are nearer than chance was not asked for (draws=0)."
    elif p > 1.0 - LEVEL:
        near = f"They are no nearer than the nearest of shuffled histories (p = {p:.3g})."
    else:
        near = f"They are nearer than the nearest of shuffled histories (p = {p:.3g})."
    found = (
        f"{count} analogues, {effective} of them apart in time. {near} {int(end['known'])} paths of {len(summary)} "
        f"bars are known: mean {end['mean']:+.2f} %, {100.0 * end['up']:.0f} % up, against {end['base_mean']:+.2f} % "
        f"and {100.0 * end['base_up']:.0f} % after all stretches"
    )
    if np.isnan(end["up_low"]):
        return f"{found}; too few to tell the two apart."
    same = end["up_low"] <= end["base_up"] <= end["up_high"] and end["low"] <= end["base_mean"] <= end["high"]
    return f"{found}; {'the two cannot be told apart' if same else 'the two differ'} at {100.0 * LEVEL:.0f} %."
