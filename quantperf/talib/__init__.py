"""TA-Lib's names and signatures, answered by quantperf: change ``import talib`` to ``from quantperf import talib``.

The functions follow from the catalogue. They take and give what TA-Lib's do (1-D arrays, Series), with TA-Lib's
defaults; candlesticks are int32 with 0 where the pattern cannot be known. They differ where TA-Lib would give wrong
numbers: a missing value makes unknown what depends on it, and nothing else. `abstract` has the functions as objects
that read columns by name, `stream` the handles that take a bar at a time.

Examples
--------
>>> import numpy as np
>>> from quantperf import talib
>>> talib.SMA(np.array([1.0, 2.0, 3.0]), timeperiod=2).tolist()
[nan, 1.5, 2.5]
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from quantperf.talib.functions import FUNCTIONS, InsufficientHistory, MA_Type

__all__ = ["InsufficientHistory", "MA_Type", "abstract", "get_function_groups", "get_functions", "stream"]


def get_functions() -> list[str]:
    """Return the names of the functions that exist here, sorted."""
    return sorted(FUNCTIONS)


def get_function_groups() -> dict[str, list[str]]:
    """Return the names of the functions by TA-Lib's groups."""
    groups: dict[str, list[str]] = {}
    for name in get_functions():
        groups.setdefault(FUNCTIONS[name].group, []).append(name)
    return dict(sorted(groups.items()))


def __getattr__(name: str) -> Callable[..., Any]:
    if name in {"abstract", "stream"}:
        module: Any = import_module(f"quantperf.talib.{name}")
        return module  # type: ignore[no-any-return]
    try:
        return FUNCTIONS[name].call
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no function {name!r}; see get_functions()") from None


def __dir__() -> list[str]:
    return sorted([*FUNCTIONS, *__all__])
