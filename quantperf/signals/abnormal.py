"""What followed events, against what followed the other bars of the same symbols."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from quantperf.signals.resampling import (
    FEWEST_BLOCKS,
    automatic_block_length,
    block_deviations,
    block_intervals,
)
from quantperf.signals.significance import (
    excess_returns,
    permutation_p,
    placed,
    placements,
    usual_causes,
    wilson,
)

__all__ = [
    "Ahead",
    "Events",
    "Question",
    "forward_returns",
    "logarithms",
    "per_bar",
    "places_for",
    "returns_ahead",
    "row_of",
    "rows_of",
    "tested",
]

FloatArray = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

SHIFTED_BLOCKS = 20  # blocks that are shifted; their orders are many, and each is long against what it must keep


@dataclass(frozen=True, slots=True)
class Events:
    """Events of one kind: the last bar that had closed when each was known, its symbol, and +1.0 or -1.0."""

    bar: Places
    lane: Places
    sign: FloatArray

    def __len__(self) -> int:
        return len(self.bar)

    def where(self, kept: npt.NDArray[np.bool_]) -> Events:
        """Return some of them."""
        return Events(self.bar[kept], self.lane[kept], self.sign[kept])


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of events: draws, level of intervals, least bars with events, seed."""

    draws: int
    confidence: float
    minimum: int
    seed: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """Returns over some bars from each bar on, of all bars that have any.

    Attributes
    ----------
    first : int
        The bar of the first row.
    span : int
        Bars over which a return reaches.
    returns : ndarray, shape (bars, lanes)
        Logarithmic; NaN where one of the two prices is missing.
    excess : ndarray
        Less the mean of the other bars of the symbol; see `excess_returns`.
    centred : ndarray
        Less the mean of all bars of the symbol, over the share of its bars; 0 where unknown.
    rises, falls : ndarray, shape (lanes,)
        Share of the bars of each symbol with a return above 0, and below.
    """

    first: int
    span: int
    returns: FloatArray
    excess: FloatArray
    centred: FloatArray
    rises: FloatArray
    falls: FloatArray

    def known(self, events: Events) -> Events:
        """Return the events whose returns are known, their bars counted from `first`."""
        bar = events.bar - self.first
        inside = (bar >= 0) & (bar < len(self.excess))
        moved = Events(bar, events.lane, events.sign).where(inside)
        return moved.where(~np.isnan(self.excess[moved.bar, moved.lane]))


def logarithms(prices: FloatArray) -> FloatArray:
    """Return the logarithms of prices; one that is not above 0, or infinite, is missing.

    Examples
    --------
    >>> logarithms(np.array([1.0, 0.0, np.inf])).tolist()
    [0.0, nan, nan]
    """
    return np.asarray(np.log(np.where((prices > 0.0) & np.isfinite(prices), prices, np.nan)))


def forward_returns(opens: FloatArray, closes: FloatArray, span: int, *, at_open: bool) -> FloatArray:
    """Return logarithmic returns of who acts on a bar and leaves at the close `span` bars later.

    Parameters
    ----------
    opens, closes : ndarray, shape (bars, lanes)
        Logarithms of prices.
    span : int
        Below 0 for the return since the close that many bars ago, with its sign turned: where the price came from.
    at_open : bool
        Whether one enters at the open of the next bar, or at the close of the bar itself.

    Examples
    --------
    >>> price = np.array([[0.0], [1.0], [3.0]])
    >>> forward_returns(price, price, 1, at_open=False).ravel().tolist()
    [1.0, 2.0, nan]
    """
    bars = len(closes)
    found = np.full(closes.shape, np.nan)
    if span < 0:
        found[-span:] = closes[: max(bars + span, 0)] - closes[-span:]
    elif span < bars:
        paid = opens[1 : bars - span + 1] if at_open else closes[: bars - span]
        found[: bars - span] = closes[span:] - paid
    return found


def returns_ahead(
    opens: FloatArray, closes: FloatArray, span: int, *, at_open: bool, against_market: bool
) -> Ahead | None:
    """Return the returns of a horizon with what they are compared to; None where none is known."""
    found = forward_returns(opens, closes, span, at_open=at_open)
    there = ~np.isnan(found)
    if against_market:
        market = np.where(there, found, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        found = found - market[:, None]
    rows = np.flatnonzero(there.any(axis=1))
    if not len(rows):
        return None
    kept = slice(int(rows[0]), int(rows[-1]) + 1)
    found, there = found[kept], there[kept]
    bars = np.maximum(there.sum(axis=0), 1)
    zeroed = np.where(there, found, 0.0)
    centred = np.where(there, zeroed - zeroed.sum(axis=0) / bars, 0.0) * (len(found) / bars)
    rises, falls = (zeroed > 0.0).sum(axis=0) / bars, (zeroed < 0.0).sum(axis=0) / bars
    excess = excess_returns(found, usual_causes(len(found)))
    return Ahead(kept.start, abs(span), found, excess, centred, rises, falls)


def rows_of(kinds: list[Events], ahead: Ahead, question: Question) -> list[dict[str, float]]:
    """Return what followed each kind of events over one horizon: means, intervals and p values."""
    known = [ahead.known(events) for events in kinds]
    rows = [row_of(events, ahead) for events in known]
    places = places_for(ahead, question.draws, question.seed)
    sums = [per_bar(events, ahead) for events in known]
    lengths = np.array([_block_length(*pair, ahead.span) for pair in sums], dtype=np.intp)
    for block in np.unique(lengths):  # those of one length by the same draws
        chosen = np.flatnonzero(lengths == block)
        s, n = (np.stack([sums[kind][part] for kind in chosen], axis=1) for part in (0, 1))
        base = np.stack([_base(known[kind], ahead) for kind in chosen], axis=1)
        _, low, high = block_intervals(
            s, n, base, block=int(block), draws=question.draws, confidence=question.confidence, seed=question.seed
        )
        errors = block_deviations(s, n, base, block=int(block))
        for place, kind in enumerate(chosen):
            row, events = rows[kind], known[kind]
            row |= {"low": float(low[place]), "high": float(high[place])}
            row |= _effective(events, ahead, float(errors[place]), int(block), question.confidence)
            if places is not None and row["bars"] >= question.minimum:
                row |= tested(events, ahead, places)
    return rows


def tested(events: Events, ahead: Ahead, places: Places) -> dict[str, float]:
    """Return the mean excess in standard errors, and the share of placements in which that is as extreme."""
    _, t = placed(events.bar, events.lane, events.sign, ahead.excess, places, ahead.span)
    return {"t": float(t[0]), "p": permutation_p(float(t[0]), t[1:], middle=0.0)}


def row_of(events: Events, ahead: Ahead) -> dict[str, float]:
    """Return what is plain to see: numbers and means."""
    row = {"events": len(events), "bars": len(np.unique(events.bar)), "t": math.nan, "p": math.nan}
    if not len(events):
        return row | dict.fromkeys(("mean", "base", "excess", "success", "base_success"), math.nan)
    returns = events.sign * ahead.returns[events.bar, events.lane]
    excess = float((events.sign * ahead.excess[events.bar, events.lane]).mean())
    usual = np.where(events.sign > 0.0, ahead.rises[events.lane], ahead.falls[events.lane])
    return row | {
        "mean": float(returns.mean()),
        "base": float(returns.mean()) - excess,
        "excess": excess,
        "success": float((returns > 0.0).mean()),
        "base_success": float(usual.mean()),
    }


def per_bar(events: Events, ahead: Ahead, values: FloatArray | None = None) -> tuple[FloatArray, FloatArray]:
    """Return sums and numbers of the values of the events of each bar, by default of their excess returns."""
    if values is None:
        values = events.sign * ahead.excess[events.bar, events.lane]
    bars = len(ahead.excess)
    sums = np.bincount(events.bar, values, bars).astype(np.float64)
    return sums, np.bincount(events.bar, minlength=bars).astype(np.float64)


def _base(events: Events, ahead: Ahead) -> FloatArray:
    """Return the series whose mean, 0 in the data, is what the base rate of the events errs by in a draw."""
    weight = np.bincount(events.lane, events.sign, ahead.centred.shape[1]) / max(len(events), 1)
    return np.asarray(ahead.centred @ weight)


def _block_length(sums: FloatArray, counts: FloatArray, span: int) -> int:
    """Return bars a block: twice the span, and doubled until it is as long as the autocorrelation asks for."""
    block = 2 * span
    if counts.any():
        wanted = automatic_block_length(sums - sums.sum() / counts.sum() * counts)
        while block < wanted and 2 * block * FEWEST_BLOCKS <= len(sums):
            block *= 2
    return block


def _effective(events: Events, ahead: Ahead, error: float, block: int, confidence: float) -> dict[str, float]:
    """Return how many independent events say as much, and the interval of the share that succeeded."""
    count = len(events)
    if not count:
        return dict.fromkeys(("effective", "success_low", "success_high"), math.nan)
    spread = float(ahead.excess[events.bar, events.lane].std())
    hits = (events.sign * ahead.returns[events.bar, events.lane] > 0.0).astype(np.float64)
    sums, counts = per_bar(events, ahead, hits)
    rate = float(hits.mean())
    apart = float(block_deviations(sums[:, None], counts[:, None], block=block)[0])
    number = _worth(count, math.sqrt(rate * (1.0 - rate)), apart)
    low, high = wilson(rate * number, number, confidence)
    return {"effective": _worth(count, spread, error), "success_low": low, "success_high": high}


def _worth(count: int, spread: float, error: float) -> float:
    """Return the number of independent values of that spread whose mean has this standard error, from 1 to `count`."""
    if not error > 0.0:
        return float(count)
    return min(max((spread / error) ** 2, 1.0), float(count))


def places_for(ahead: Ahead, draws: int, seed: int) -> Places | None:
    """Return where blocks of returns are shifted to; None if there are too few bars to tell them apart."""
    bars = len(ahead.excess)
    blocks = min(SHIFTED_BLOCKS, bars // (2 * ahead.span))
    if blocks < FEWEST_BLOCKS:
        return None
    return placements(bars, blocks=blocks, draws=draws, seed=seed)
