"""Generating signals as an optimisation: the loop over rows is the baseline, the program over a panel the candidate."""

from __future__ import annotations

import pandas as pd

from quantperf.market.bars import Panel
from quantperf.market.sample import sample
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reference import signals as reference
from quantperf.signals.generator import generate

BARS = 600  # of each symbol: enough for every rule, and a loop of a second
COLUMNS = ["symbol", "signal_type", "triggered_at", "direction", "current_price", "indicator_value", "signal_strength"]


def by_rows(panel: Panel) -> pd.DataFrame:
    """Return the signals of every symbol, one row of bars after the other."""
    rows = []
    for symbol in panel.symbols:
        rows += [{"symbol": symbol, **found} for found in reference.signals(panel.frame(symbol))]
    found = pd.DataFrame(rows)[COLUMNS]
    return found.sort_values(["triggered_at", "symbol"], kind="stable", ignore_index=True)


def of_panel(panel: Panel) -> pd.DataFrame:
    """Return the signals of a panel as `by_rows` does."""
    return generate(panel)[COLUMNS].astype({"direction": "int64"})


def recent(symbols: tuple[str, ...] = ("AAPL", "IBM")) -> Panel:
    """Return the last bars of real stocks."""
    return Panel.from_frames({symbol: sample(symbol).tail(BARS) for symbol in symbols})


def register() -> None:
    """Register it as ``signals.generate``."""
    declare = optimise(
        "signals.generate",
        inputs=[case("AAPL and IBM, 600 days", recent)],
        tol=Tolerance(rtol=1e-9, atol=1e-9),  # atol: strengths that pass through 0
        tags={"signals"},
    )
    made = declare(by_rows)
    made.optimised(of_panel)
    made.adopt(why="equal by the tests of signals")
