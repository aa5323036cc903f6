"""What prices did after sequences of signals, and what that says of each sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from quantperf.patterns.sequence_events import Events
from quantperf.patterns.sequence_market import Forward, Horizon, Market
from quantperf.patterns.sequence_windows import Rules, Windows, chance_of_success
from quantperf.signals.significance import wilson

__all__ = ["Outcomes", "confidences", "directions", "known_events", "outcomes_of", "tested_successes"]

Whole: TypeAlias = npt.NDArray[np.int64]
FloatArray: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What followed each occurrence.

    Attributes
    ----------
    forwards : dict of Horizon to Forward
        What followed each bar.
    bar : ndarray of int64
        After which bar, among those of all symbols, one could act on each occurrence.
    place : ndarray of int64
        The same, among those of its symbol.
    returns, success, base : dict of Horizon to ndarray
        In percent; 1.0, 0.0 or NaN; and the share of all bars of the symbol that would have been a success.
    best, worst : ndarray
        Moves in percent of the direction, until the longest horizon.
    """

    forwards: dict[Horizon, Forward]
    bar: Whole
    place: Whole
    returns: dict[Horizon, FloatArray]
    success: dict[Horizon, FloatArray]
    base: dict[Horizon, FloatArray]
    best: FloatArray
    worst: FloatArray


def directions(events: Events, windows: Windows) -> FloatArray:
    """Return the direction of each occurrence: that of its last signal that has one; NaN if that is not told."""
    told = events.table["direction"].to_numpy(np.float64)
    found = told[windows.end]
    for back in range(1, int(windows.length.max(initial=0))):
        open_still = (found == 0.0) & (back < windows.length)
        found = np.where(open_still, told[np.maximum(windows.end - back, 0)], found)
    return found


def known_events(events: Events, windows: Windows) -> Whole:
    """Return the event of each occurrence that was known last."""
    rank = events.table["known_at"].rank(method="dense").to_numpy()
    latest = windows.end.copy()
    for back in range(1, int(windows.length.max(initial=0))):
        earlier = np.maximum(windows.end - back, 0)
        later = (back < windows.length) & (rank[earlier] > rank[latest])
        latest = np.where(later, earlier, latest)
    return latest


def outcomes_of(events: Events, windows: Windows, market: Market, horizons: tuple[Horizon, ...]) -> Outcomes:
    """Return what followed each occurrence."""
    place = events.known[windows.end]
    for back in range(1, int(windows.length.max(initial=0))):
        earlier = events.known[np.maximum(windows.end - back, 0)]
        place = np.where(back < windows.length, np.maximum(place, earlier), place)
    group = events.group[windows.end]
    bar = events.base[group] + place
    side = directions(events, windows)
    forwards = {horizon: market.forward(horizon) for horizon in horizons}
    returns = {horizon: forward.returns[bar] for horizon, forward in forwards.items()}
    aimed = np.where(side == 0.0, np.nan, side)
    success: dict[Horizon, FloatArray] = {}
    base: dict[Horizon, FloatArray] = {}
    for horizon, forward in forwards.items():
        gain = returns[horizon] * aimed
        success[horizon] = np.where(np.isnan(gain), np.nan, (gain > 0.0).astype(np.float64))
        up, down = _shares(events, forward)
        base[horizon] = np.where(side > 0, up[group], np.where(side < 0, down[group], np.nan))
    leave = np.maximum.reduce([forward.leave[bar] for forward in forwards.values()])
    complete = np.logical_and.reduce([forward.leave[bar] >= 0 for forward in forwards.values()])
    best, worst = market.best_and_worst(bar, np.where(complete, leave, -1), side)
    return Outcomes(forwards, bar, place, returns, success, base, best, worst)


def _shares(events: Events, forward: Forward) -> tuple[FloatArray, FloatArray]:
    """Return for each group the shares of its bars from which prices rose and fell."""
    up, down = np.full(len(events.bars), np.nan), np.full(len(events.bars), np.nan)
    for group, (start, count) in enumerate(zip(events.base.tolist(), events.bars.tolist(), strict=True)):
        values = forward.returns[start : start + count]
        values = values[~np.isnan(values)]
        if len(values):
            up[group], down[group] = (values > 0.0).mean(), (values < 0.0).mean()
    return up, down


def tested_successes(
    events: Events, windows: Windows, market: Market, outcomes: Outcomes, tested: Whole, rules: Rules
) -> FloatArray:
    """Return p of the successes of each tested sequence, over the first horizon."""
    side = directions(events, windows)
    aimed = np.flatnonzero(np.isin(side, (1.0, -1.0)))
    order = aimed[np.argsort(windows.which[aimed], kind="stable")]
    bounds = np.searchsorted(windows.which[order], [tested, tested + 1])
    sets = [order[first:last] for first, last in bounds.T.tolist()]
    sides = np.where(np.isin(side, (1.0, -1.0)), side, 0.0).astype(np.int64)
    signs = next(iter(outcomes.forwards.values())).signs
    where = (events.group[windows.end], outcomes.place, sides)
    return chance_of_success(events, market, sets, where, signs, rules)


def confidences(windows: Windows, market: Market, outcomes: Outcomes, minimum: int) -> FloatArray:
    """Return what earlier occurrences let expect of each: the lower Wilson bound of their successes.

    Earlier are those of the same sequence whose outcome over the first horizon was known when this one was; NaN where
    they are fewer than `minimum`.
    """
    horizon, forward = next(iter(outcomes.forwards.items()))
    success = outcomes.success[horizon]
    decided = np.flatnonzero(~np.isnan(success))
    moments = market.bars.moments
    which = np.concatenate([windows.which[decided], windows.which])
    moment = np.concatenate([moments[forward.leave[outcomes.bar[decided]]], moments[outcomes.bar]])
    asks = np.repeat([0, 1], [len(decided), len(windows.which)])
    order = np.lexsort((asks, moment, which))  # what was known at that moment comes before the question
    wins = np.cumsum(np.concatenate([success[decided], np.zeros(len(windows.which))])[order])
    seen = np.cumsum(1 - asks[order])
    begin = np.searchsorted(which[order], which[order])  # where the sequence of each begins
    wins_before = np.concatenate([[0.0], wins])[begin]
    seen_before = np.concatenate([[0], seen])[begin]
    found = np.full(len(windows.which), np.nan)
    at = asks[order] == 1
    won, known = (wins - wins_before)[at], (seen - seen_before)[at]
    low, _ = wilson(won, known)
    found[order[at] - len(decided)] = np.where(known >= minimum, low, np.nan)
    return found


def regime_table(
    names: pd.Index[str], which: Whole, condition: npt.NDArray[np.object_], success: FloatArray, returns: FloatArray
) -> pd.DataFrame:
    """Return count, successes and mean return of each sequence in each market condition."""
    frame = pd.DataFrame(
        {"pattern": names[which], "market_condition": condition, "success": success, "return": returns}
    )
    split = frame.groupby(["pattern", "market_condition"], sort=True)
    made = split.agg(
        count=("return", "size"),
        outcomes=("success", "count"),
        successes=("success", "sum"),
        mean_return=("return", "mean"),
    )
    low, high = wilson(made["successes"].to_numpy(), made["outcomes"].to_numpy())
    rate = made["successes"] / made["outcomes"].where(made["outcomes"] > 0)
    made = made.assign(success_rate=rate, success_low=low, success_high=high)
    return made[["count", "outcomes", "success_rate", "success_low", "success_high", "mean_return"]]
