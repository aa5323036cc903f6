"""quantperf: indicators as numba kernels, proved equal to their plain versions and measured against them.

Names are loaded when they are first used, so that ``import quantperf`` stays light: numba is imported with the first
indicator. Every indicator of `CATALOG` is an attribute of this module.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from quantperf import accessor as _accessor
from quantperf.errors import (
    DataError,
    MeasurementError,
    MissingLibrary,
    ParameterError,
    ParityError,
    QuantperfError,
    QuantperfWarning,
    SourceError,
    StateMismatch,
    StoreError,
    UnknownIndicator,
    VerificationError,
)

__version__ = "0.1.0"

_HOMES = {
    "CATALOG": "quantperf.indicators",
    "Certificate": "quantperf.verification",
    "Comparison": "quantperf.performance",
    "Gallery": "quantperf.reports",
    "Panel": "quantperf.market.bars",
    "PriceMonitor": "quantperf.market.monitor",
    "REGISTRY": "quantperf.performance",
    "Report": "quantperf.reports",
    "Sample": "quantperf.performance",
    "Session": "quantperf.market.sessions",
    "Stream": "quantperf.indicators",
    "Store": "quantperf.market.store",
    "UNKNOWN": "quantperf.kernels.candles",
    "align": "quantperf.indicators.alignment",
    "analyse": "quantperf.analysis.many",
    "backtest": "quantperf.signals.trades",
    "bars_needed": "quantperf.indicators",
    "before_after": "quantperf.reports",
    "candles": "quantperf.indicators.recognition",
    "case": "quantperf.performance",
    "compare": "quantperf.performance",
    "compute": "quantperf.indicators",
    "diff_conventions": "quantperf.indicators.likeness",
    "event_study": "quantperf.signals.study",
    "explain": "quantperf.signals.explanation",
    "ffill": "quantperf.indicators",
    "force": "quantperf.performance",
    "gallery": "quantperf.reports",
    "measure": "quantperf.performance",
    "optimise": "quantperf.performance",
    "outcomes": "quantperf.signals.horizons",
    "renko_bricks": "quantperf.indicators",
    "resample": "quantperf.market.timeframes",
    "sample": "quantperf.market.sample",
    "segment": "quantperf.indicators",
    "sessions": "quantperf.market.sessions",
    "synthetic": "quantperf.market.synthetic",
    "tol": "quantperf.performance",
    "verify": "quantperf.verification",
    "volume_histogram": "quantperf.indicators",
}
_MODULES = ("memory", "news", "patterns", "signals", "talib")

__all__ = [
    "CATALOG",
    "REGISTRY",
    "UNKNOWN",
    "Certificate",
    "Comparison",
    "DataError",
    "Gallery",
    "MeasurementError",
    "MissingLibrary",
    "Panel",
    "ParameterError",
    "ParityError",
    "PriceMonitor",
    "QuantperfError",
    "QuantperfWarning",
    "Report",
    "Sample",
    "Session",
    "SourceError",
    "StateMismatch",
    "Store",
    "StoreError",
    "Stream",
    "UnknownIndicator",
    "VerificationError",
    "align",
    "analyse",
    "backtest",
    "bars_needed",
    "before_after",
    "candles",
    "case",
    "compare",
    "compute",
    "diff_conventions",
    "event_study",
    "explain",
    "ffill",
    "force",
    "gallery",
    "measure",
    "memory",
    "news",
    "optimise",
    "outcomes",
    "patterns",
    "renko_bricks",
    "resample",
    "sample",
    "segment",
    "sessions",
    "signals",
    "synthetic",
    "tol",
    "verify",
    "volume_histogram",
]

_accessor.register()


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name in _MODULES:
        value = import_module(f"quantperf.{name}")
    elif name.startswith("_"):
        raise AttributeError(f"module 'quantperf' has no attribute {name!r}")
    else:
        try:
            value = import_module("quantperf.indicators").CATALOG[name]
        except UnknownIndicator as error:
            raise AttributeError(f"module 'quantperf' has no attribute {name!r}: {error}") from None
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES, "__version__", *import_module("quantperf.indicators").CATALOG})
