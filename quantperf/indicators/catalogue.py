"""The catalogue: one entry per indicator, from which everything else follows.

A family module declares an indicator by a function that returns its `Plan`; the decorator makes it an `Indicator` and
registers it in `CATALOG`. From the entry come the call for series, tables, frames and panels, the stream, the accessor,
the TA-Lib name, the laws, the benchmarks, the row of the report and the type stubs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from quantperf.errors import ParameterError, unknown_indicator
from quantperf.indicators.indicator import Call as Call
from quantperf.indicators.indicator import Indicator as Indicator
from quantperf.indicators.indicator import TaLib as TaLib
from quantperf.indicators.parameters import Bounds
from quantperf.indicators.plan import Plan

CONVENTIONS = ("talib", "tradingview", "pandas", "legacy")  # that an entry may have; a law holds every entry to them


class Catalogue(Mapping[str, Indicator]):
    """All indicators by name; TA-Lib's names are understood too."""

    def __init__(self) -> None:
        self._entries: dict[str, Indicator] = {}
        self._talib: dict[str, str] = {}

    def add(self, entry: Indicator) -> None:
        """Register an indicator; two of one name are a mistake."""
        if entry.name in self._entries:
            raise ParameterError(f"indicator {entry.name!r} is registered twice; choose another name")
        self._entries[entry.name] = entry
        for function in entry.talib:
            if function.outputs is None:
                self._talib[function.name.lower()] = entry.name

    def __getitem__(self, name: str) -> Indicator:
        key = str(name).lower()
        found = self._entries.get(key) or self._entries.get(self._talib.get(key, ""))
        if found is None:
            raise unknown_indicator(name, [*self._entries, *self._talib])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Catalogue({len(self)} indicators: {', '.join(sorted(self))})"


CATALOG = Catalogue()


def indicator(
    *,
    inputs: Sequence[str],
    reference: Callable[..., Any],
    lookback: Callable[..., int | tuple[int, ...]],
    span: Callable[..., int],
    bounds: Mapping[str, Bounds] | None = None,
    returns: type | None = None,
    conventions: Sequence[str] = ("talib",),
    settle: Callable[..., float] | None = None,
    dtype: type = np.float64,
    degree: tuple[int, int] | None = (0, 0),
    talib: Sequence[TaLib] = (),
    columns: Sequence[str] | None = None,
    domain: tuple[float, float] | None = None,
) -> Callable[[Callable[..., Plan]], Indicator]:
    """Register the function that returns a plan as an indicator; see `Indicator` for what the arguments mean."""

    def register(function: Callable[..., Plan]) -> Indicator:
        entry = Indicator(
            function,
            inputs=inputs,
            returns=returns,
            bounds=bounds or {},
            conventions=conventions,
            reference=reference,
            lookback=lookback,
            settle=settle,
            span=span,
            dtype=dtype,
            degree=degree,
            talib=talib,
            columns=columns,
            domain=domain,
        )
        CATALOG.add(entry)
        return entry

    return register


def decay(weight: float, eps: float) -> int:
    """Return the bars after which a mean that gives each bar `weight` holds less than `eps` of its seed."""
    return 0 if weight >= 1.0 else math.ceil(math.log(eps) / math.log1p(-weight))
