"""asv benchmarks of every indicator, made from the catalogue at import: a new entry is a new parameter.

``time_`` of the call and of its plain version on one series, of the call on a panel, of a live bar for 500 symbols;
``track_`` of peak bytes, of the largest error against the plain version, and of the speed-up measured in this process,
which is the series that survives a change of machine. ``setup`` compiles. ``timeraw_`` in a fresh interpreter for cold
starts. Never quote figures of ``--quick``.
"""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np

import quantperf as qp
from quantperf.performance import check, collect, judge, tol

NAMES = sorted(qp.CATALOG)
SIZES = [250, 2_520, 100_000]


def columns(name: str, bars: int) -> list[np.ndarray]:
    """Return the inputs of an indicator for one synthetic stock."""
    panel = qp.synthetic(symbols=1, bars=bars, seed=3)
    return [np.ascontiguousarray(panel.block(column)[:, 0]) for column in qp.CATALOG[name].columns]


class Series:
    """One series: the kernel and the plain version."""

    params = (NAMES, ["before", "after"], SIZES)
    param_names = ("name", "side", "bars")
    timeout = 120

    def setup(self, name: str, side: str, bars: int) -> None:
        self.data = columns(name, bars)
        self.call = qp.CATALOG[name].reference if side == "before" else qp.CATALOG[name]
        self.call(*self.data)

    def time_call(self, name: str, side: str, bars: int) -> Any:
        return self.call(*self.data)


class Panel:
    """500 symbols of a year, frame to frame."""

    params = (NAMES,)
    param_names = ("name",)

    def setup(self, name: str) -> None:
        self.panel = qp.synthetic(symbols=500, bars=252, seed=3)
        self.call = qp.CATALOG[name]
        self.call(self.panel)

    def time_call(self, name: str) -> Any:
        return self.call(self.panel)

    def track_peak_bytes(self, name: str) -> int:
        tracemalloc.start()
        self.call(self.panel)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    track_peak_bytes.unit = "bytes"  # type: ignore[attr-defined]


class Live:
    """One bar for 500 symbols."""

    params = (NAMES,)
    param_names = ("name",)

    def setup(self, name: str) -> None:
        panel = qp.synthetic(symbols=500, bars=60, seed=3)
        self.stream = qp.CATALOG[name].stream(list(panel.symbols))
        self.stream.update_many(panel)
        self.row = [np.ascontiguousarray(panel.block(column)[-1]) for column in qp.CATALOG[name].columns]

    def time_update(self, name: str) -> Any:
        return self.stream.update(*self.row)


class Parity:
    """What each optimisation buys and what it costs in digits."""

    params = (NAMES,)
    param_names = ("name",)
    timeout = 120

    def setup(self, name: str) -> None:
        self.entry = qp.CATALOG[name]
        self.data = columns(name, 2_520)

    def track_largest_relative_error(self, name: str) -> float:
        found = check(self.entry.reference(*self.data), self.entry(*self.data), tol(rtol=1e-6, atol=1e-6))
        return float(found.largest_relative)

    def track_speedup(self, name: str) -> float:
        parity = check(self.entry.reference(*self.data), self.entry(*self.data), tol(rtol=1e-6, atol=1e-6))
        before, after = (lambda: self.entry.reference(*self.data)), (lambda: self.entry(*self.data))
        result = judge([collect(before, after, budget=0.5, memory=False)], parity=parity)
        if result.speedup is None:
            raise RuntimeError(f"{name} differs from its plain version: {parity.mismatch}")
        return float(result.speedup.estimate)


def timeraw_import() -> str:
    """Time a cold import of the package (pandas included)."""
    return "import quantperf"


def timeraw_first_call() -> str:
    """Time import and first call with a warm kernel cache."""
    return "import numpy as np, quantperf as qp; qp.rsi(np.arange(500.0))"
