"""The analyses as optimisations: the sequential service is the baseline, kernels and requests at once the candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from quantperf.analysis.comprehensive import comprehensive
from quantperf.analysis.many import analyse
from quantperf.analysis.result import Analysis
from quantperf.market.sample import sample
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reference import analysis as plain

__all__ = ["register"]

# atol: averages of prices and MACD pass through 0; 1e-9 of a price of some hundreds.
TOLERANCE = Tolerance(rtol=1e-9, atol=1e-9)
KEPT = ("timestamp", "current_price", "price_change_pct")


def comparable(result: Analysis) -> dict[str, Any]:
    """Return what the sequential service answers with."""
    return {
        **{name: getattr(result, name) for name in KEPT},
        "signals": {name: dict(values) for name, values in (result.signals or {}).items()},
        "indicators": {group: dict(values) for group, values in result.indicators.items()},
        "sentiment": result.sentiment.score,
    }


def comprehensive_fast(bars: pd.DataFrame) -> dict[str, Any]:
    """Return the comprehensive analysis of a symbol under the legacy convention, by kernels."""
    return comparable(comprehensive(bars, convention="legacy"))


def analyse_fast(symbols: Iterable[str], source: Callable[[str], pd.DataFrame]) -> dict[str, dict[str, Any]]:
    """Return the comprehensive analyses of many symbols under the legacy convention, at once."""
    found = analyse(symbols, source, convention="legacy")
    return {symbol: comparable(result) for symbol, result in found.items()}


def all_of_the_sample() -> Mapping[str, Any]:
    """Return the symbols of the sample, and where their bars come from."""
    return {"symbols": list(sample().symbols), "source": sample}


def register() -> None:
    """Register both, the analysis of one symbol and of many."""
    one = optimise(
        "analysis.comprehensive",
        inputs=[case(symbol, lambda symbol=symbol: sample(symbol)) for symbol in ("IBM", "FB")],
        tol=TOLERANCE,
        tags={"analysis"},
    )(plain.comprehensive)
    one.optimised(comprehensive_fast)
    many = optimise("analysis.many", inputs=[case("sample", all_of_the_sample)], tol=TOLERANCE, tags={"analysis"})(
        plain.analyse
    )
    many.optimised(analyse_fast)
    for made in (one, many):
        made.adopt(why="equal on the sample and on edge cases, by the tests")
