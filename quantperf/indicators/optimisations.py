"""Every indicator as an optimisation: its plain version is the baseline, its kernel the candidate.

They are registered as ``indicators.<name>`` and enabled at once: their proof is the laws that every change of the
library passes. ``qp.REGISTRY["indicators.ema"].verify()`` repeats it here and now, on real prices and on edge cases.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from quantperf.indicators.catalogue import CATALOG, Indicator
from quantperf.market.columns import columns_of
from quantperf.market.sample import sample
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance


def baseline(entry: Indicator) -> Callable[..., Any]:
    """Return the plain version behind the same rim: float64, infinities taken as missing."""

    def plain(*columns: Any) -> Any:
        widened = [np.asarray(column, dtype=np.float64) for column in columns]
        return entry.reference(*(np.where(np.isinf(column), np.nan, column) for column in widened))

    plain.__name__ = plain.__qualname__ = entry.name
    plain.__module__ = entry.reference.__module__
    plain.__doc__ = entry.reference.__doc__
    return plain


def register(entry: Indicator) -> None:
    """Register one indicator, with a real stock as its case."""

    def bars(symbol: str = "AAPL") -> tuple[Any, ...]:
        return tuple(columns_of(sample(symbol), entry.columns).values())

    declare = optimise(
        f"indicators.{entry.name}",
        inputs=[case("AAPL", bars)],
        tol=Tolerance(rtol=1e-9, atol=1e-9),  # atol: values that pass through 0
        tags={"indicator", entry.family},
    )
    made = declare(baseline(entry))
    made.optimised(entry)
    made.adopt(why="equal by the laws of the catalogue")


def register_all() -> None:
    """Register every indicator of the catalogue."""
    for entry in CATALOG.values():
        register(entry)
