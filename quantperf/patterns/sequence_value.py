"""The value of `sequences`: its tables, and what one asks of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.errors import DataError, ParameterError, one_of
from quantperf.market.sessions import are_dates
from quantperf.patterns.sequence_events import Events, content_id
from quantperf.patterns.sequence_likeness import likeness_matrix
from quantperf.patterns.sequence_market import Horizon, Market
from quantperf.patterns.sequence_outcomes import (
    Outcomes,
    confidences,
    directions,
    known_events,
    outcomes_of,
    regime_table,
    tested_successes,
)
from quantperf.patterns.sequence_windows import Chance, Rules, Windows, chance_of, windows_of
from quantperf.signals.resampling import whole
from quantperf.signals.significance import benjamini_hochberg, wilson

__all__ = ["Sequences", "assembled"]

FloatArray: TypeAlias = npt.NDArray[np.float64]
By: TypeAlias = Literal["hour", "weekday", "month", "season"]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
SEASONS = ("winter", "spring", "summer", "autumn")  # of the northern half: winter is December to February
LABELS: dict[str, tuple[Any, ...]] = {
    "hour": tuple(range(24)), "weekday": WEEKDAYS, "month": MONTHS, "season": SEASONS
}  # fmt: skip


class Sequences:
    """Sequences of signals: which there are, how they compare to chance, and what prices did after them.

    Attributes
    ----------
    table : DataFrame
        One row a sequence, by name, the least likely by chance first. length; count; symbols; expected, lift, p, q:
        the count under the null hypothesis, count over it, and how likely it is, for one sequence and among all; for
        the first horizon: outcomes (how many are known), success_rate with its 95 % interval success_low and
        success_high, base_rate (of all bars of the same symbols, in the same direction), mean_return in percent,
        success_p, success_q; verdict ("more often than chance", "not beyond chance", "too few", "not tested"),
        success_verdict ("better than chance", "not beyond chance", "too few", "no prices").
    regimes : DataFrame
        By sequence and market_condition: count, outcomes, success_rate with its interval, mean_return. Occurrences
        whose condition is unknown are in none.
    horizons : tuple
        How long one holds; the first decides on success.
    attrs : dict
        signals (events that were looked at), unplaced, duplicates, repeats (signals left out), sequences, occurrences,
        tested, untested, draws, fdr.
    """

    def __init__(
        self,
        events: Events,
        market: Market | None,
        windows: Windows,
        outcomes: Outcomes | None,
        horizons: tuple[Horizon, ...],
        minimum: int,
        table: pd.DataFrame,
        attrs: dict[str, Any],
    ) -> None:
        self._events, self._market, self._windows, self._outcomes = events, market, windows, outcomes
        self._minimum = minimum
        self.horizons = horizons
        self.table = table
        self.attrs = attrs

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        frequent = int((self.table["verdict"] == "more often than chance").sum())
        good = int((self.table["success_verdict"] == "better than chance").sum())
        left = f", {self.attrs['unplaced']} signals not in the prices" if self.attrs["unplaced"] else ""
        return (
            f"Sequences({len(self.table)} sequences, {self.attrs['occurrences']} occurrences, "
            f"{self.attrs['tested']} tested: {frequent} more often than chance, {good} better than chance, "
            f"at a false discovery rate of {self.attrs['fdr']:g}{left})"
        )

    def _repr_html_(self) -> str:
        shown = self.table.head(20)
        more = f"<p>and {len(self.table) - 20} more</p>" if len(self.table) > 20 else ""
        return f"<p>{self!r}</p>{shown.round(3).to_html()}{more}"

    @cached_property
    def occurrences(self) -> pd.DataFrame:
        """One row an occurrence, in the order in which they were known.

        id; pattern, length, symbol, timeframe; signal_ids (tuple); start and end (stamps of the first and the last
        bar); duration; bars and elapsed (how many bars it took, and how many each signal came after the first; without
        prices these are days); event_at; known_at; direction; for each horizon ``return_`` (percent, from the next open
        on) and ``success_``; best_move and worst_move (percent of the direction, until the longest horizon);
        market_condition, volatility_level and volume_profile as of the bar of the last signal; confidence (the lower
        Wilson bound of the successes of earlier occurrences whose outcome was known by then). What is not known, or not
        yet, is missing.
        """
        return self._occurrences()

    @cached_property
    def regimes(self) -> pd.DataFrame:
        """The sequences that occur often enough, by market condition: count, successes and mean return."""
        if self._outcomes is None or self._market is None:
            raise DataError(
                "prices must be given for a split by market condition, got none; sequences(signals, prices)"
            )
        condition = self._market.regimes()["market_condition"][self._last_bar]
        judged = self.horizons[0]
        frequent = np.flatnonzero(self._windows.counts[self._windows.which] >= self._minimum)
        return regime_table(
            self._names,
            self._windows.which[frequent],
            condition[frequent],
            self._outcomes.success[judged][frequent],
            self._outcomes.returns[judged][frequent],
        )

    def successful(self, rate: float = 0.7, occurrences: int = 3, horizon: Horizon | None = None) -> pd.DataFrame:
        """Return the sequences after which prices went their direction often enough.

        Parameters
        ----------
        rate : float, default 0.7
            The least success rate, from 0 to 1.
        occurrences : int, default 3
            The fewest outcomes that must be known.
        horizon : int or str, optional
            One of `horizons`; by default the first.

        Returns
        -------
        DataFrame
            The rows of `performance` for that horizon, by lower bound of the rate. A high rate of few is no proof: see
            `success_verdict` of the table.

        Raises
        ------
        ParameterError
            If `rate` is not from 0 to 1, or the horizon none of those computed.
        """
        if isinstance(rate, bool) or not 0.0 <= rate <= 1.0:
            raise ParameterError(f"rate must be from 0 to 1, got {rate!r}")
        chosen = self.horizons[0] if horizon is None else horizon
        if chosen not in self.horizons:
            raise one_of("horizon", [str(item) for item in self.horizons], horizon)
        rows = self.performance(occurrences)
        rows = rows[rows.index.get_level_values("horizon") == chosen].droplevel("horizon")
        rows = rows[rows["success_rate"] >= rate]
        return rows.sort_values(["success_low", "outcomes"], ascending=False, kind="stable")

    def performance(self, minimum: int = 5) -> pd.DataFrame:
        """Return for each sequence and horizon what prices did.

        Parameters
        ----------
        minimum : int, default 5
            The fewest outcomes that must be known over the first horizon.

        Returns
        -------
        DataFrame
            By pattern and horizon: outcomes, success_rate with its 95 % interval, base_rate, mean_return,
            median_return, best_return and worst_return in percent, profit_factor (gains over losses, in the direction;
            NaN without losses).
        """
        least = whole("minimum", minimum, low=1)
        if self._outcomes is None:
            raise DataError("prices must be given to judge sequences, got none; call sequences(signals, prices)")
        known = self.table["outcomes"]
        kept = self._names.get_indexer(known.index[known >= least])
        frames = []
        for horizon in self.horizons:
            success, returns = self._outcomes.success[horizon], self._outcomes.returns[horizon]
            rows = np.flatnonzero(np.isin(self._windows.which, kept) & ~np.isnan(success))
            side = directions(self._events, self._windows)[rows]
            frame = pd.DataFrame(
                {"pattern": self._names[self._windows.which[rows]], "horizon": horizon, "success": success[rows],
                 "base": self._outcomes.base[horizon][rows], "return": returns[rows],
                 "gain": np.maximum(returns[rows] * side, 0.0), "loss": np.maximum(-returns[rows] * side, 0.0)}
            )  # fmt: skip
            frames.append(frame.astype({"horizon": object}))
        split = pd.concat(frames, ignore_index=True).groupby(["pattern", "horizon"], sort=False)
        made = split.agg(
            outcomes=("success", "size"), success_rate=("success", "mean"), base_rate=("base", "mean"),
            mean_return=("return", "mean"), median_return=("return", "median"), best_return=("return", "max"),
            worst_return=("return", "min"), gains=("gain", "sum"), losses=("loss", "sum"),
        )  # fmt: skip
        low, high = wilson(np.rint((made["success_rate"] * made["outcomes"]).to_numpy()), made["outcomes"].to_numpy())
        made.insert(2, "success_low", low)
        made.insert(3, "success_high", high)
        made["profit_factor"] = made["gains"] / made["losses"].where(made["losses"] > 0.0)
        place = self.table.index.get_indexer(made.index.get_level_values("pattern"))
        rank = pd.Index(self.horizons, dtype=object).get_indexer(made.index.get_level_values("horizon"))
        return made.drop(columns=["gains", "losses"]).iloc[np.lexsort((rank, place))]

    def when(self, by: By | None = None, *, zone: str = "UTC", pattern: str | None = None) -> pd.DataFrame:
        """Return how occurrences and their successes spread over hours, weekdays, months or seasons.

        Parameters
        ----------
        by : {"hour", "weekday", "month", "season"}, optional
            By default all, one after the other; hours are left out where stamps are dates.
        zone : str, default "UTC"
            On whose clock; stamps without a zone are taken as UTC. Dates stay the dates that they are.
        pattern : str, optional
            One sequence, by name; by default all.

        Returns
        -------
        DataFrame
            By label, all of which are there (seasons are those of the northern half of the world): count, and with
            prices outcomes, success_rate with its 95 % interval, mean_return over the first horizon.
        """
        if by is None:
            kinds = [name for name in LABELS if name != "hour" or not self._dates]
            parts = {name: self.when(name, zone=zone, pattern=pattern) for name in kinds}  # type: ignore[arg-type]
            return pd.concat(parts, names=["by", "label"])
        if by not in LABELS:
            raise one_of("by", LABELS, by)
        if by == "hour" and self._dates:
            raise DataError("hours must come from stamps with a time of day, got dates; split by weekday or month")
        rows = np.arange(len(self._windows.which))
        if pattern is not None:
            if pattern not in self._names:
                raise ParameterError(f"pattern must be one of those found, got {pattern!r}; see table.index")
            rows = np.flatnonzero(self._windows.which == self._names.get_loc(pattern))
        label = self._labels(by, zone)[rows]
        places = len(LABELS[by])
        made = pd.DataFrame({"count": np.bincount(label, minlength=places)}, index=pd.Index(LABELS[by], name=by))
        if self._outcomes is None:
            return made
        success, returns = (part[self.horizons[0]][rows] for part in (self._outcomes.success, self._outcomes.returns))
        known, moved = ~np.isnan(success), ~np.isnan(returns)
        outcomes = np.bincount(label[known], minlength=places)
        wins = np.bincount(label[known], success[known], places)
        low, high = wilson(wins, outcomes)
        rises = np.bincount(label[moved], minlength=places)
        with np.errstate(invalid="ignore"):
            mean = np.bincount(label[moved], returns[moved], places) / np.where(rises > 0, rises, np.nan)
        rate = wins / np.where(outcomes > 0, outcomes, np.nan)
        return made.assign(outcomes=outcomes, success_rate=rate, success_low=low, success_high=high, mean_return=mean)

    def similarities(self, ids: Any = None) -> pd.DataFrame:
        """Return how similar occurrences are to each other, from 0 to 1; see `quantperf.patterns.similarity`.

        Parameters
        ----------
        ids : iterable of str, optional
            Some of the occurrences, in the order that is wanted; by default all.

        Returns
        -------
        DataFrame
            Square and symmetric, labelled by id.

        Raises
        ------
        ParameterError
            If an id is not that of an occurrence, or there are more than 2000 occurrences.
        """
        rows = self.occurrences.set_index("id")
        if ids is not None:
            wanted = list(ids)
            strange = [item for item in wanted if item not in rows.index]
            if strange:
                raise ParameterError(f"ids must be those of occurrences, got {strange[0]!r}; see occurrences['id']")
            rows = rows.loc[wanted]
        return likeness_matrix(rows)

    @property
    def _dates(self) -> bool:
        stamps = self._events.table["triggered_at"]
        return bool(stamps.dtype.kind == "M") and are_dates(pd.DatetimeIndex(stamps.unique()).sort_values())

    def _labels(self, by: str, zone: str) -> npt.NDArray[np.intp]:
        stamps = self._events.table["triggered_at"].iloc[self._windows.end]
        if stamps.dtype.kind != "M":
            raise DataError(f"when needs stamps that are times, got {stamps.dtype}")
        moments = pd.DatetimeIndex(stamps)
        if not self._dates:
            moments = (moments.tz_localize("UTC") if moments.tz is None else moments).tz_convert(zone)
        if by == "season":
            return np.asarray(moments.month % 12 // 3, dtype=np.intp)
        values = {"hour": moments.hour, "weekday": moments.day_of_week, "month": moments.month - 1}[by]
        return np.asarray(values, dtype=np.intp)

    @cached_property
    def _names(self) -> pd.Index[str]:
        return pd.Index(self._windows.names(self._events.kinds), dtype="str")

    @property
    def _last_bar(self) -> npt.NDArray[np.int64]:
        """The bar of the last signal of each occurrence, among those of all symbols."""
        last = self._windows.end
        return self._events.base[self._events.group[last]] + self._events.place[last]

    def _occurrences(self) -> pd.DataFrame:
        events, windows = self._events, self._windows
        first, last = events.table.iloc[windows.start], events.table.iloc[windows.end]
        spans = list(zip(windows.start.tolist(), (windows.end + 1).tolist(), strict=True))
        ids = events.table["ids"].to_list()
        signal_ids = [tuple(one for group in ids[begin:end] for one in group) for begin, end in spans]
        names = self._names[windows.which]
        counted = self._market is not None or events.table["triggered_at"].dtype.kind in "iuf"
        ticks = events.place if counted else events.far[events.place] / pd.Timedelta(days=1).as_unit("ns").value
        frame = pd.DataFrame(
            {
                "id": [content_id(name, *some) for name, some in zip(names, signal_ids, strict=True)],
                "pattern": names,
                "length": windows.length,
                "symbol": first["symbol"].to_numpy(),
                "timeframe": first["timeframe"].to_numpy(),
                "signal_ids": pd.Series(signal_ids, dtype=object),
                "start": first["triggered_at"].array,
                "end": last["triggered_at"].array,
                "duration": last["triggered_at"].array - first["triggered_at"].array,
                "bars": ticks[windows.end] - ticks[windows.start],
                "elapsed": pd.Series(
                    [tuple((ticks[begin:end] - ticks[begin]).tolist()) for begin, end in spans], dtype=object
                ),
                "event_at": last["event_at"].array,
                "known_at": events.table["known_at"].iloc[known_events(events, windows)].array,
                "direction": directions(events, windows),
            }
        )
        frame = self._with_outcomes(frame)
        keys = frame.assign(start_place=events.place[windows.start])
        order = keys.sort_values(["known_at", "symbol", "timeframe", "start_place", "length", "pattern"], kind="stable")
        return frame.loc[order.index].reset_index(drop=True)

    def _with_outcomes(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with what prices did after, and in which regime."""
        columns: dict[str, Any] = {}
        if self._outcomes is None or self._market is None:
            return frame
        for horizon in self.horizons:
            columns[f"return_{horizon}"] = self._outcomes.returns[horizon]
        for horizon in self.horizons:
            columns[f"success_{horizon}"] = pd.array(self._outcomes.success[horizon], dtype="Float64").astype("boolean")
        columns["best_move"], columns["worst_move"] = self._outcomes.best, self._outcomes.worst
        for name, values in self._market.regimes().items():
            columns[name] = values[self._last_bar]
        columns["confidence"] = confidences(self._windows, self._market, self._outcomes, self._minimum)
        return frame.assign(**columns)


def assembled(
    events: Events, market: Market | None, horizons: tuple[Horizon, ...], rules: Rules, level: float
) -> Sequences:
    """Return the sequences of events, tested and judged."""
    windows = windows_of(events, rules)
    chance = chance_of(events, windows, rules)
    outcomes = None if market is None else outcomes_of(events, windows, market, horizons)
    table = _table(events, windows, chance, level, rules)
    table = _judged(table, events, windows, market, outcomes, chance, rules, level)
    table.index = pd.Index(windows.names(events.kinds), name="pattern", dtype="str")
    order = np.lexsort((table.index.to_numpy(str), -table["count"], -table["lift"].fillna(0.0), table["q"].fillna(2.0)))
    enough = int((windows.counts >= rules.minimum).sum())
    attrs = {
        "signals": len(events), "unplaced": events.unplaced, "duplicates": events.duplicates,
        "repeats": events.repeats, "sequences": len(windows.codes), "occurrences": len(windows.which),
        "tested": len(chance.tested), "untested": enough - len(chance.tested), "draws": rules.draws, "fdr": level,
    }  # fmt: skip
    return Sequences(events, market, windows, outcomes, horizons, rules.minimum, table.iloc[order], attrs)


def _table(events: Events, windows: Windows, chance: Chance, level: float, rules: Rules) -> pd.DataFrame:
    """Return how often each sequence occurs, and how often by chance."""
    count = len(windows.codes)
    expected, p, q = (np.full(count, np.nan) for _ in range(3))
    expected[chance.tested], p[chance.tested], q[chance.tested] = chance.expected, chance.p, chance.q
    symbols, names = pd.factorize(events.table["symbol"])
    met = np.unique(windows.which * max(len(names), 1) + symbols[windows.end]) // max(len(names), 1)
    verdict = np.select(
        [windows.counts < rules.minimum, np.isnan(q), q <= level],
        ["too few", "not tested", "more often than chance"],
        "not beyond chance",
    )
    return pd.DataFrame(
        {
            "length": [len(windows.types(code)) for code in windows.codes.tolist()],
            "count": windows.counts,
            "symbols": np.bincount(met, minlength=count),
            "expected": expected,
            "lift": windows.counts / np.where(expected > 0.0, expected, np.nan),
            "p": p,
            "q": q,
            "verdict": verdict.astype(object),
        }
    )


def _judged(
    table: pd.DataFrame,
    events: Events,
    windows: Windows,
    market: Market | None,
    outcomes: Outcomes | None,
    chance: Chance,
    rules: Rules,
    level: float,
) -> pd.DataFrame:
    """Return the table with what prices did after each sequence over the first horizon."""
    count = len(table)
    names = ["success_rate", "success_low", "success_high", "base_rate", "mean_return", "success_p", "success_q"]
    verdict = table.pop("verdict")
    if market is None or outcomes is None:
        missing = dict.fromkeys(names, np.full(count, np.nan))
        return table.assign(outcomes=0, **missing, verdict=verdict, success_verdict="no prices")
    horizon = next(iter(outcomes.forwards))
    success, returns, base = (part[horizon] for part in (outcomes.success, outcomes.returns, outcomes.base))
    known, moved = ~np.isnan(success), ~np.isnan(returns)
    seen = np.bincount(windows.which[known], minlength=count)
    wins = np.bincount(windows.which[known], success[known], count)
    low, high = wilson(wins, seen) if count else (np.empty(0), np.empty(0))
    p = np.full(count, np.nan)
    if len(chance.tested):
        p[chance.tested] = tested_successes(events, windows, market, outcomes, chance.tested, rules)
    q = benjamini_hochberg(p)
    some = np.where(seen > 0, seen, np.nan)
    moves = np.bincount(windows.which[moved], minlength=count)
    return table.assign(
        outcomes=seen,
        success_rate=wins / some,
        success_low=low,
        success_high=high,
        base_rate=np.bincount(windows.which[known], base[known], count) / some,
        mean_return=np.bincount(windows.which[moved], returns[moved], count) / np.where(moves > 0, moves, np.nan),
        success_p=p,
        success_q=q,
        verdict=verdict,
        success_verdict=np.select(
            [np.isnan(p), q <= level], ["too few", "better than chance"], "not beyond chance"
        ).astype(object),
    )
