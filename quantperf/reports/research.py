"""What a report compares beyond indicators: signals, outcomes, patterns, and the analysis of many symbols."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any

import pandas as pd

from quantperf import patterns, signals
from quantperf.analysis.many import analyse
from quantperf.indicators import Indicator
from quantperf.market.bars import Panel
from quantperf.market.sample import sample
from quantperf.performance import REGISTRY
from quantperf.performance.optimisation import Optimisation
from quantperf.signals.horizons import outcomes
from quantperf.signals.study import event_study
from quantperf.signals.trades import backtest

__all__ = ["FIRST_CALLS", "is_of_quantperf", "research_names"]

DRAWS = 19  # the fewest that there may be
BARS = 400  # of two stocks, on which everything is called once, so that its kernels compile

PAIRS = (
    "quantperf.market.optimisations_store",
    "quantperf.signals.optimisations_generate",
    "quantperf.signals.optimisations_outcomes",
    "quantperf.signals.optimisations_study",
    "quantperf.patterns.optimisations_sequences",
    "quantperf.patterns.optimisations_shapes",
    "quantperf.patterns.optimisations_similarity",
    "quantperf.analysis.optimisations_analysis",
    "quantperf.reports.optimisations_data",
)


def research_names() -> tuple[str, ...]:
    """Return the optimisations of research by name, after registering them."""
    for module in PAIRS:
        import_module(module).register()
    return tuple(name for name, each in REGISTRY.items() if is_of_quantperf(each) and not _is_indicator(each))


def is_of_quantperf(each: Optimisation[Any, Any]) -> bool:
    """Whether an optimisation is one of the library, and not of the caller."""
    return each.baseline.__module__.partition(".")[0] == "quantperf"


def _is_indicator(each: Optimisation[Any, Any]) -> bool:
    return isinstance(each.candidate, Indicator)


def _few() -> Panel:
    panel = sample()
    return Panel.from_frames({symbol: panel.frame(symbol).tail(BARS) for symbol in panel.symbols[:2]})


def _records() -> pd.DataFrame:
    found: pd.DataFrame = signals.generate(_few())
    return found


def _live() -> object:
    few = _few()
    live = signals.stream(few.symbols)
    live.update_many(few)
    return signals.stream().update_many(few["AAPL"])


FIRST_CALLS: Mapping[str, Callable[[], object]] = MappingProxyType({
    "signals": _records,
    "signals.stream": _live,
    "signals.near_misses": lambda: signals.near_misses(_few()),
    "outcomes": lambda: outcomes(_records(), _few()),
    "backtest": lambda: backtest(_records(), _few(), stop=5.0, take=5.0),
    "event_study": lambda: event_study(_records(), _few(), draws=DRAWS),
    "patterns.sequences": lambda: patterns.sequences(_records(), _few(), draws=DRAWS),
    "patterns.pivots": lambda: patterns.pivots(_few(), method="fractal"),
    "patterns.shapes": lambda: patterns.shapes(_few()),
    "patterns.levels": lambda: patterns.levels(_few()),
    "patterns.motifs": lambda: patterns.motifs(_few()["AAPL"], 20, draws=0),
    "patterns.analogues": lambda: patterns.analogues(_few(), symbol="AAPL", draws=0),
    "patterns.dtw_matrix": lambda: patterns.dtw_matrix({name: _few()[name] for name in _few()}),
    "analyse": lambda: analyse(_few()),
})  # fmt: skip
