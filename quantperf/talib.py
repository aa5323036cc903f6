"""TA-Lib's names and signatures, answered by quantperf: change ``import talib`` to ``from quantperf import talib``.

The functions follow from the catalogue. They take and give what TA-Lib's do (1-D arrays, Series), with TA-Lib's
defaults; candlesticks are int32 with 0 where the pattern cannot be known. They differ where TA-Lib would give wrong
numbers: a missing value makes unknown what depends on it, and nothing else. Averages (``matype``) other than the
default are refused.

Examples
--------
>>> import numpy as np
>>> from quantperf import talib
>>> talib.SMA(np.array([1.0, 2.0, 3.0]), timeperiod=2).tolist()
[nan, 1.5, 2.5]
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from quantperf.errors import ParameterError
from quantperf.indicators import CATALOG, Indicator
from quantperf.indicators.catalogue import TaLib

GROUPS = {
    "averages": "Overlap Studies",
    "bands": "Overlap Studies",
    "candles": "Pattern Recognition",
    "directional": "Momentum Indicators",
    "momentum": "Momentum Indicators",
    "rates": "Momentum Indicators",
    "statistics": "Statistic Functions",
    "trend": "Momentum Indicators",
    "volatility": "Volatility Indicators",
    "volume": "Volume Indicators",
}


def _function(entry: Indicator, spec: TaLib) -> Callable[..., Any]:
    """Return the function of TA-Lib's name, with its signature."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    one = ("real",) if len(entry.inputs) == 1 and entry.inputs != ("volume",) else entry.inputs
    inputs = spec.inputs or one
    signature = inspect.Signature(
        [inspect.Parameter(name, kind) for name in inputs]
        + [inspect.Parameter(name, kind, default=default) for name, (_, default) in spec.params.items()]
    )

    def call(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        named = {}
        for name, (ours, default) in spec.params.items():
            value = bound.arguments[name]
            if ours is not None:
                named[ours] = value
            elif value != default:
                kind = ("simple", "exponential")[int(default)]
                raise ParameterError(f"{name} must be {default} ({kind} averages), got {value!r}")
        return _like_talib(entry, spec, entry(*(bound.arguments[name] for name in inputs), **named))

    call.__name__ = call.__qualname__ = spec.name
    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__doc__ = f"{spec.name}{signature}: TA-Lib's name of `quantperf.{entry.name}`.\n\n{entry.doc}"
    return call


def _like_talib(entry: Indicator, spec: TaLib, result: Any) -> Any:
    if entry.dtype == np.int8:
        if isinstance(result, pd.Series):
            return result.fillna(0).astype(np.int32)
        return np.where(result == entry.nothing, 0, result).astype(np.int32)
    lines = (result,) if entry.returns is None else tuple(result)
    if spec.outputs is not None:
        lines = tuple(getattr(result, name) for name in spec.outputs)
    if spec.whole:
        lines = tuple(_whole(line) for line in lines)
    return lines if len(lines) > 1 else lines[0]


def _whole(line: Any) -> Any:
    if isinstance(line, pd.Series):
        return line.fillna(0.0).astype(np.int32)
    return np.where(np.isnan(line), 0.0, line).astype(np.int32)


_FUNCTIONS = {spec.name: _function(entry, spec) for entry in CATALOG.values() for spec in entry.talib}
_GROUP_OF = {spec.name: spec.group or GROUPS[entry.family] for entry in CATALOG.values() for spec in entry.talib}


def get_functions() -> list[str]:
    """Return the names of the functions that exist here, sorted."""
    return sorted(_FUNCTIONS)


def get_function_groups() -> dict[str, list[str]]:
    """Return the names of the functions by TA-Lib's groups."""
    groups: dict[str, list[str]] = {}
    for name in get_functions():
        groups.setdefault(_GROUP_OF[name], []).append(name)
    return dict(sorted(groups.items()))


def __getattr__(name: str) -> Callable[..., Any]:
    try:
        return _FUNCTIONS[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no function {name!r}; see get_functions()") from None


def __dir__() -> list[str]:
    return sorted([*_FUNCTIONS, "get_function_groups", "get_functions"])
