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
)

__version__ = "0.1.0"

_HOMES = {
    "CATALOG": "quantperf.indicators",
    "Comparison": "quantperf.performance",
    "Gallery": "quantperf.reports",
    "Panel": "quantperf.market.bars",
    "REGISTRY": "quantperf.performance",
    "Report": "quantperf.reports",
    "Sample": "quantperf.performance",
    "Stream": "quantperf.indicators",
    "UNKNOWN": "quantperf.kernels.candles",
    "before_after": "quantperf.reports",
    "candles": "quantperf.indicators.recognition",
    "case": "quantperf.performance",
    "compare": "quantperf.performance",
    "compute": "quantperf.indicators",
    "ffill": "quantperf.indicators",
    "force": "quantperf.performance",
    "gallery": "quantperf.reports",
    "measure": "quantperf.performance",
    "optimise": "quantperf.performance",
    "sample": "quantperf.market.sample",
    "segment": "quantperf.indicators",
    "synthetic": "quantperf.market.synthetic",
    "tol": "quantperf.performance",
}

__all__ = [
    "CATALOG",
    "REGISTRY",
    "UNKNOWN",
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
    "StateMismatch",
    "Stream",
    "UnknownIndicator",
    "before_after",
    "candles",
    "case",
    "compare",
    "compute",
    "ffill",
    "force",
    "gallery",
    "measure",
    "optimise",
    "sample",
    "segment",
    "synthetic",
    "tol",
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
