"""Generating signals as an optimisation: the loop over rows is the baseline, the program over a panel the candidate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from quantperf.indicators.many import compute
from quantperf.market.bars import Panel
from quantperf.market.sample import sample
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reference import signals as reference
from quantperf.signals.generator import generate

WANTED: tuple[Any, ...] = ("rsi", "bbands", ("sma", {"window": [50, 200]}), "macd", "stochf", "volume_ratio")
LABELS = (
    "rsi_14", "bbands_20_2_2_0_upper", "bbands_20_2_2_0_lower", "sma_50", "sma_200", "macd_12_26_9_macd",
    "macd_12_26_9_signal", "stochf_14_3_0_fastk", "stochf_14_3_0_fastd", "volume_ratio_20",
)  # fmt: skip
BARS = 400  # enough for every rule, and a loop of a fraction of a second
COLUMNS = ["symbol", "signal_type", "triggered_at", "direction", "current_price", "indicator_value", "signal_strength"]


def by_rows(panel: Panel) -> pd.DataFrame:
    """Return the signals of every symbol, one row of bars after the other."""
    return by_rows_of(panel, reference.lines)


def by_rows_of(panel: Panel, lines: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Return what `by_rows` does, with the indicators that a function of the bars gives."""
    rows = []
    for symbol in panel.symbols:
        bars = panel.frame(symbol)
        rows += [{"symbol": symbol, **found} for found in reference.signals(bars, lines(bars))]
    found = pd.DataFrame(rows)[COLUMNS]
    return found.sort_values(["triggered_at", "symbol"], kind="stable", ignore_index=True)


def lines_of_catalogue(bars: pd.DataFrame) -> pd.DataFrame:
    """Return the indicators that the loop reads as the catalogue computes them.

    On a grid of prices two lines often have the same value, such as %K and its mean; then the order in which a mean is
    summed decides whether they crossed. With the same lines the loop and the program agree on every tie.
    """
    computed = compute(bars, WANTED)
    assert isinstance(computed, pd.DataFrame)  # of a panel it would be one for each
    return pd.DataFrame({name: computed[label] for name, label in zip(reference.LINES, LABELS, strict=True)})


def of_panel(panel: Panel) -> pd.DataFrame:
    """Return the signals of a panel as `by_rows` does."""
    return generate(panel)[COLUMNS].astype({"direction": "int64"})


def recent(symbols: tuple[str, ...] = ("AAPL",)) -> Panel:
    """Return the last bars of real stocks."""
    return Panel.from_frames({symbol: sample(symbol).tail(BARS) for symbol in symbols})


def register() -> None:
    """Register it as ``signals.generate``."""
    declare = optimise(
        "signals.generate",
        inputs=[case(f"AAPL, {BARS} days", recent)],
        tol=Tolerance(rtol=1e-9, atol=1e-9),  # atol: strengths that pass through 0
        tags={"signals"},
    )
    made = declare(by_rows)
    made.optimised(of_panel)
    made.adopt(why="equal by the tests of signals")
