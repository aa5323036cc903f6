"""Patterns: sequences of signals, chart shapes, motifs, similar stretches and clusters of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "SHAPES": "quantperf.patterns.definitions",
    "explain_shape": "quantperf.patterns.explanation",
    "levels": "quantperf.patterns.support",
    "pivots": "quantperf.patterns.turns",
    "plot_shapes": "quantperf.patterns.drawing",
    "shapes": "quantperf.patterns.chart",
}

__all__ = ["SHAPES", "explain_shape", "levels", "pivots", "plot_shapes", "shapes"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'quantperf.patterns' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
