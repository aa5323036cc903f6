"""What prices do anyway: how often they rise over a horizon, and what the market did meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from quantperf.market.columns import FloatArray
from quantperf.signals.horizon_clock import BARS_CLOCK, Clock, Horizon, Whole

__all__ = ["base_rates", "market_returns"]

CELLS = 4_000_000  # returns of a market that are held at a time


def base_rates(walk: tuple[Any, ...], clock: Clock, horizons: Sequence[Horizon]) -> dict[str, dict[str, float]]:
    """Return for each horizon the shares of all bars of all symbols after which prices were up, and down.

    Parameters
    ----------
    walk : tuple
        The arguments of `quantperf.kernels.outcomes.follow`.
    clock : Clock
        Of the bars.
    horizons : sequence of str or int
        By whose names the rates are given.

    Returns
    -------
    dict
        "up", "down" (NaN without a bar) and "bars".
    """
    open, _, _, close, moments = walk[:5]
    spans, clocks, at_open, begins, _, last = walk[9:15]
    entries, later = (open if at_open else close)[:last], _next_known(close[:last])
    rates = {}
    for horizon, span, line in zip(horizons, spans, clocks, strict=False):
        rates[str(horizon)] = {"up": math.nan, "down": math.nan, "bars": 0}
        if span < 0 or not last:
            continue
        if line == BARS_CLOCK:
            due = np.arange(last) + span - int(at_open)
        else:
            start = (begins if at_open else moments)[line, :last]
            due = moments[line, :last].searchsorted(start + span, side="left")
        bars = np.flatnonzero(due < last)
        change = later[due[bars]] - entries[bars]
        count = int(np.count_nonzero(~np.isnan(change)))
        if count:
            up, down = int((change > 0.0).sum()) / count, int((change < 0.0).sum()) / count
            rates[str(horizon)] = {"up": up, "down": down, "bars": count}
    return rates


def _next_known(close: FloatArray) -> FloatArray:
    """Return the first known close from each bar on."""
    known = close.copy()
    for t in range(len(known) - 2, -1, -1):
        known[t] = np.where(np.isnan(known[t]), known[t + 1], known[t])
    return known


def market_returns(walk: tuple[Any, ...], reach: int, lane: int | None) -> Iterator[FloatArray]:
    """Yield for each horizon the returns of signals less those of the market, or of one symbol, over the same bars."""
    prices, close = walk[0] if walk[11] else walk[3], walk[3]
    at, values = walk[-2:]
    for h in range(reach):
        result = np.full(len(at), np.nan)
        found = np.flatnonzero(at[:, 1 + h] >= 0)
        spans, place = np.unique(at[found][:, [0, 1 + h]], axis=0, return_inverse=True)
        market = _means(prices, close, spans, lane)
        result[found] = values[found, h] - market[place.ravel()]
        yield result


def _means(prices: FloatArray, close: FloatArray, spans: Whole, lane: int | None) -> FloatArray:
    """Return what the mean symbol, or one, did from the first bar to the second of each span, in percent."""
    lanes = slice(None) if lane is None else slice(lane, lane + 1)
    step = max(CELLS // max(close.shape[1], 1), 1)
    means = np.full(len(spans), np.nan)
    for lo in range(0, len(spans), step):
        begin, end = spans[lo : lo + step].T
        before = prices[begin][:, lanes]
        returns = 100.0 * (close[end][:, lanes] - before) / before
        count = (~np.isnan(returns)).sum(axis=1)
        means[lo : lo + step] = np.nansum(returns, axis=1) / np.where(count > 0, count, np.nan)
    return means
