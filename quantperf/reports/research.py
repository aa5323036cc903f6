"""What a report compares beyond indicators: signals, outcomes, patterns, and the analysis of many symbols."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from quantperf.indicators import Indicator
from quantperf.performance import REGISTRY
from quantperf.performance.optimisation import Optimisation

__all__ = ["is_of_quantperf", "research_names"]

PAIRS = (
    "quantperf.signals.optimisations_generate",
    "quantperf.signals.optimisations_outcomes",
    "quantperf.signals.optimisations_study",
    "quantperf.patterns.optimisations_sequences",
    "quantperf.patterns.optimisations_shapes",
    "quantperf.patterns.optimisations_similarity",
    "quantperf.analysis.optimisations_analysis",
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
