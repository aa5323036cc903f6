"""The event study as an optimisation: row by row before, arrays of the whole panel and a kernel after."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from quantperf.market.sample import sample
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reference import study as reference
from quantperf.signals.abnormal import Events, logarithms, places_for, returns_ahead, row_of, tested

__all__ = ["event_rows", "register"]

FloatArray = npt.NDArray[np.float64]

COLUMNS = ("mean", "base", "excess", "success", "base_success")
FALL = 0.97  # of the close before
BARS, SPAN, DRAWS = 400, 5, 5  # as much as the row loop takes a fraction of a second for


def event_rows(
    events: FloatArray, opens: FloatArray, closes: FloatArray, span: int = 5, draws: int = 99, seed: int = 0
) -> FloatArray:
    """Return what followed events, as `quantperf.reference.study.event_rows` does."""
    ahead = returns_ahead(logarithms(opens), logarithms(closes), span, at_open=True, against_market=False)
    nothing = np.array([0.0, *[np.nan] * 7])
    if ahead is None:
        return nothing
    bar, lane = np.nonzero(np.abs(events) == 1.0)
    known = ahead.known(Events(bar, lane, events[bar, lane].astype(np.float64)))
    if not len(known):
        return nothing
    row, places = row_of(known, ahead), places_for(ahead, draws, seed)
    found = {"t": np.nan, "p": np.nan} if places is None else tested(known, ahead, places)
    return np.array([len(known), *(row[name] for name in COLUMNS), found["t"], found["p"]])


def register() -> None:
    """Register the study of days on which a stock of the sample fell by more than 3 %, over five days."""

    def falls() -> tuple[Any, ...]:
        panel = sample()
        opens, closes = (panel.block(name)[-BARS:] for name in ("open", "close"))
        events = np.zeros(closes.shape)
        events[1:] = closes[1:] < FALL * closes[:-1]
        return events, opens, closes, SPAN, DRAWS

    declare = optimise(
        "signals.event_study",
        inputs=[case("falls of 3 % in the sample", falls)],
        tol=Tolerance(rtol=1e-9, atol=1e-12),  # sums in another order
        tags={"signals", "study"},
    )
    made = declare(reference.event_rows)
    made.optimised(event_rows)
