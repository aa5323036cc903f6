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
    ParameterError,
    ParityError,
    QuantperfError,
    QuantperfWarning,
    StateMismatch,
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
    "REGISTRY": "quantperf.performance",
    "Report": "quantperf.reports",
    "Sample": "quantperf.performance",
    "Session": "quantperf.market.sessions",
    "Stream": "quantperf.indicators",
    "UNKNOWN": "quantperf.kernels.candles",
    "bars_needed": "quantperf.indicators",
    "align": "quantperf.indicators.alignment",
    "before_after": "quantperf.reports",
    "candles": "quantperf.indicators.recognition",
    "case": "quantperf.performance",
    "compare": "quantperf.performance",
    "compute": "quantperf.indicators",
    "explain": "quantperf.indicators.explain",
    "diff_conventions": "quantperf.indicators.likeness",
    "ffill": "quantperf.indicators",
    "force": "quantperf.performance",
    "gallery": "quantperf.reports",
    "measure": "quantperf.performance",
    "optimise": "quantperf.performance",
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

__all__ = [
    "CATALOG",
    "REGISTRY",
    "UNKNOWN",
    "Certificate",
    "Comparison",
    "DataError",
    "Gallery",
    "MeasurementError",
    "Panel",
    "ParameterError",
    "ParityError",
    "QuantperfError",
    "QuantperfWarning",
    "Report",
    "Sample",
    "Session",
    "StateMismatch",
    "Stream",
    "UnknownIndicator",
    "VerificationError",
    "align",
    "bars_needed",
    "before_after",
    "candles",
    "case",
    "compare",
    "compute",
    "diff_conventions",
    "explain",
    "ffill",
    "force",
    "gallery",
    "measure",
    "optimise",
    "renko_bricks",
    "resample",
    "sample",
    "segment",
    "sessions",
    "synthetic",
    "tol",
    "verify",
    "volume_histogram",
]

_accessor.register()


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    elif name == "talib":
        value = import_module("quantperf.talib")
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
    return sorted({*__all__, "talib", "__version__", *import_module("quantperf.indicators").CATALOG})
