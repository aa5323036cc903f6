"""Patterns: sequences of signals, chart shapes, motifs, similar stretches and clusters of them.

Names are loaded when they are first used: stumpy and scikit-learn are imported by the functions that need them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "analogues": "quantperf.patterns.analogues",
    "clusters": "quantperf.patterns.groups",
    "discords": "quantperf.patterns.profile",
    "dtw": "quantperf.patterns.distance",
    "dtw_matrix": "quantperf.patterns.distance",
    "motifs": "quantperf.patterns.profile",
    "sequences": "quantperf.patterns.order",
    "similarity": "quantperf.patterns.sequence_likeness",
}

__all__ = [
    "analogues",
    "clusters",
    "discords",
    "dtw",
    "dtw_matrix",
    "motifs",
    "sequences",
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
