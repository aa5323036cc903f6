"""The comprehensive analysis of a symbol, and of many at once.

Names are loaded when they are first used. ``qp.analyse`` is `quantperf.analysis.many.analyse`; one symbol alone,
without an event loop, is analysed by `quantperf.analysis.comprehensive.comprehensive`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Analyses": "quantperf.analysis.analyses",
    "Analysis": "quantperf.analysis.result",
    "Backoff": "quantperf.transport.backoff",
    "Failure": "quantperf.analysis.analyses",
    "Faults": "quantperf.analysis.faults",
    "analyse": "quantperf.analysis.many",
    "analyse_async": "quantperf.analysis.many",
    "analysing": "quantperf.analysis.many",
}

__all__ = ["Analyses", "Analysis", "Backoff", "Failure", "Faults", "analyse", "analyse_async", "analysing"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'quantperf.analysis' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
