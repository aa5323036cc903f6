"""Outcomes and trades as optimisations: the row loops are the baselines, the kernels the candidates.

They are registered as ``outcomes.horizons`` and ``outcomes.backtest`` and enabled at once: their proof are the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from quantperf.kernels import outcomes as fast_outcomes
from quantperf.kernels import trades as fast_trades
from quantperf.market.columns import FloatArray
from quantperf.market.sample import sample
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reference import outcomes as plain_outcomes
from quantperf.reference import trades as plain_trades

__all__ = ["register"]

SPANS = (1, 5, 21)  # bars: a day, a week, a month
DROP = -0.02  # of a day, after which the signals of the case buy
STOP, TAKE, HELD, RATE, SHARE = 5.0, 10.0, 5, 0.0005, 0.10
CAPITAL = 10_000.0


def stocks() -> tuple[FloatArray, ...]:
    """Return open, high, low, close of the sample, (bars, symbols)."""
    panel = sample()
    return tuple(panel.block(name).copy() for name in ("open", "high", "low", "close"))


def falls(close: FloatArray) -> tuple[Any, Any]:
    """Return bars and symbols of days on which a price fell much, oldest first."""
    with np.errstate(invalid="ignore", divide="ignore"):
        bars, lanes = np.nonzero(close[1:] < (1.0 + DROP) * close[:-1])
    return bars.astype(np.int64) + 1, lanes.astype(np.int64)


def returns_by(follow: Callable[..., None]) -> Callable[..., FloatArray]:
    """Return a function of prices that gives bars of the horizons, returns and paths after falls."""

    def returns(open: FloatArray, high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
        known, lane = falls(close)
        count, nothing = len(known), np.zeros((2, 1), dtype=np.int64)
        at = np.empty((count, 1 + len(SPANS)), dtype=np.int64)
        values = np.full((count, len(SPANS) + 7), np.nan)
        spans, clocks = np.array(SPANS, dtype=np.int64), np.full(len(SPANS), fast_outcomes.BARS_CLOCK)
        base, sign = np.repeat(nothing, count, axis=1), np.ones(count)
        moments = np.zeros((2, len(close)), dtype=np.int64)
        follow(
            open, high, low, close, moments, lane, known, base, sign, spans, clocks, False, moments, len(SPANS),
            len(close), at, values,
        )  # fmt: skip
        return np.hstack([at.astype(np.float64), values])

    return returns


def equity_by(simulate: Callable[..., None]) -> Callable[..., FloatArray]:
    """Return a function of prices that gives equity, cash and positions of trades after falls, bar by bar."""

    def equity(open: FloatArray, high: FloatArray, low: FloatArray, close: FloatArray) -> FloatArray:
        known, lane = falls(close)
        there = (known + 1 < len(close)) & ~np.isnan(open[np.minimum(known + 1, len(close) - 1), lane])
        entry, lane = known[there] + 1, lane[there]
        count = len(entry)
        filled = np.zeros(count, np.int64), np.full(count, -1, dtype=np.int64), np.full((count, 6), np.nan)
        books = np.zeros((3, len(close)))
        simulate(
            open, high, low, close, lane, entry, entry + HELD - 1, np.ones(count), STOP, TAKE, RATE, CAPITAL, SHARE,
            count, False, 0, len(close), *filled, books[0], books[1], books[2],
        )  # fmt: skip
        return books.T

    return equity


def register() -> None:
    """Register both, with the sample as their case."""
    for name, make, plain, fast in (
        ("outcomes.horizons", returns_by, plain_outcomes.follow, fast_outcomes.follow),
        ("outcomes.backtest", equity_by, plain_trades.simulate, fast_trades.simulate),
    ):
        declare = optimise(name, inputs=[case("sample", stocks)], tol=Tolerance(rtol=0.0), tags={"signals"})
        candidate = make(fast)
        baseline = make(plain)
        baseline.__qualname__, candidate.__qualname__ = f"{name}.plain", f"{name}.fast"
        made = declare(baseline)
        made.optimised(candidate)
        made.adopt(why="equal by the tests of outcomes and trades")
