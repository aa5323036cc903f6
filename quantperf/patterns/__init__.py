"""Patterns: sequences of signals, chart shapes, motifs, similar stretches and clusters of them.

Names are loaded when they are first used: stumpy and scikit-learn are imported by the functions that need them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "SHAPES": "quantperf.patterns.definitions",
    "analogues": "quantperf.patterns.nearest",
    "clusters": "quantperf.patterns.groups",
    "discords": "quantperf.patterns.profile",
    "dtw": "quantperf.patterns.distance",
    "dtw_matrix": "quantperf.patterns.distance",
    "explain_shape": "quantperf.patterns.explanation",
    "levels": "quantperf.patterns.support",
    "motifs": "quantperf.patterns.profile",
    "pivots": "quantperf.patterns.turns",
    "plot_shapes": "quantperf.patterns.drawing",
    "sequences": "quantperf.patterns.order",
    "shapes": "quantperf.patterns.chart",
    "similarity": "quantperf.patterns.sequence_likeness",
}

__all__ = [
    "SHAPES",
    "analogues",
    "clusters",
    "discords",
    "dtw",
    "dtw_matrix",
    "explain_shape",
    "levels",
    "motifs",
    "pivots",
    "plot_shapes",
    "sequences",
    "shapes",
    "similarity",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'quantperf.patterns' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
