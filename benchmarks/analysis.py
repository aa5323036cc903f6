"""Twenty symbols over ten years, comprehensively: one after the other as a service does it first, and ours.

``python -m benchmarks.analysis`` prints the ratios, with and without a simulated network (a sleep of 50 ms a request),
and of the planner's choice to strictly serial; CPU seconds stand apart from waiting. It fails where a target is missed.
asv tracks the ratios.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

import quantperf as qp
from quantperf.analysis.optimisations_analysis import analyse_fast
from quantperf.performance import Parity, check, collect, tol
from quantperf.performance.judge import judge
from quantperf.reference import analysis as plain

LATENCY = 0.05  # seconds a request: a sleep, that of a service on another continent
SYMBOLS, BARS = 20, 2_520
FASTER = 5.0  # what is promised
NOISE = 1.1  # what the planner may cost against strictly serial


@dataclass(frozen=True)
class Source:
    """A source of bars in memory, behind a simulated network."""

    frames: Mapping[str, pd.DataFrame]
    latency: float

    def __call__(self, symbol: str) -> pd.DataFrame:
        if self.latency:
            time.sleep(self.latency)
        return self.frames[symbol]


@dataclass(frozen=True)
class Pair:
    """Two ways to the same analyses."""

    before: Callable[[], Any]
    after: Callable[[], Any]
    parity: Parity


def frames_of(symbols: int, bars: int) -> dict[str, pd.DataFrame]:
    """Return made-up bars by symbol."""
    panel = qp.synthetic(symbols=symbols, bars=bars, seed=1)
    return {symbol: panel.frame(symbol) for symbol in panel.symbols}


def against_sequential(latency: float, symbols: int = SYMBOLS, bars: int = BARS) -> Pair:
    """Return the sequential service and ours, on one source."""
    source = Source(frames_of(symbols, bars), latency)
    names = list(source.frames)
    before = partial(plain.analyse, names, source)
    after = partial(qp.analyse, names, source, convention="legacy")
    return Pair(before, after, check(before(), analyse_fast(names, source), tol(rtol=1e-9, atol=1e-9)))


def against_serial(symbols: int, bars: int) -> Pair:
    """Return one symbol after the other, and what the planner chooses, both by our kernels and from memory."""
    panel = qp.synthetic(symbols=symbols, bars=bars, seed=1)
    before, after = partial(qp.analyse, panel, how="serial"), partial(qp.analyse, panel, how="auto")
    wanted, found = ({name: one.to_dict() for name, one in call().items()} for call in (before, after))
    return Pair(before, after, check(wanted, found, tol(rtol=0.0)))


def figures(pair: Pair, budget: float) -> dict[str, float]:
    """Return the ratio before / after with its interval, and wall and CPU seconds of a call of each."""
    result = judge([collect(pair.before, pair.after, budget=budget, memory=False)], parity=pair.parity)
    assert result.before is not None
    assert result.after is not None
    low, high = (result.interval.low, result.interval.high) if result.interval else (float("nan"), float("nan"))
    return {
        "faster": 1.0 / result.ratio,
        "low": 1.0 / high,
        "high": 1.0 / low,
        "before": result.before.median_ns / 1e9,
        "before_cpu": result.before.cpu_seconds,
        "after": result.after.median_ns / 1e9,
        "after_cpu": result.after.cpu_seconds,
    }


class Analyses:
    """Twenty symbols of ten years: sequential over ours."""

    params = (0.0, LATENCY)
    param_names = ("latency",)
    unit = "times faster"
    timeout = 300

    def track_faster(self, latency: float) -> float:
        return figures(against_sequential(latency), budget=6.0)["faster"]

    def track_planner(self, latency: float) -> float:
        del latency  # from memory
        return figures(against_serial(SYMBOLS, BARS), budget=3.0)["faster"]


def main() -> int:
    """Print the table; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=4.0, help="seconds a row (default 4), a slow one takes more")
    options = parser.parse_args()
    print(
        f"{SYMBOLS} symbols, {BARS} daily bars each, synthetic; a request sleeps {1e3 * LATENCY:.0f} ms where simulated"
    )
    print(f"{'':34s} {'faster':>7s}  {'95 % interval':>15s}  {'wall before -> after':>24s}  CPU before -> after")
    rows: dict[str, tuple[Pair, float, float]] = {
        "sequential, from memory": (against_sequential(0.0), FASTER, options.budget),
        "sequential, simulated network": (against_sequential(LATENCY), FASTER, 2.0 * options.budget),
        "serial / planner, 20 symbols": (against_serial(SYMBOLS, BARS), 1.0 / NOISE, options.budget),
        "serial / planner, 3 symbols": (against_serial(3, BARS), 1.0 / NOISE, options.budget),
        "serial / planner, 12 x 100 000 bars": (against_serial(12, 100_000), 1.0 / NOISE, options.budget),
    }
    missed = 0
    for what, (pair, target, budget) in rows.items():
        if not pair.parity:
            print(f"{what:34s} different: {pair.parity.mismatch}")
            missed += 1
            continue
        row = figures(pair, budget)
        best = row["faster"] if target > 1.0 or np.isnan(row["high"]) else row["high"]  # slower beyond noise, or not
        late = best < target
        missed += late
        print(
            f"{what:34s} {row['faster']:6.2f}x  ({row['low']:5.2f}-{row['high']:6.2f})  "
            f"{1e3 * row['before']:10.1f} -> {1e3 * row['after']:7.1f} ms  "
            f"{1e3 * row['before_cpu']:8.1f} -> {1e3 * row['after_cpu']:6.1f} ms{'  MISSED' if late else ''}"
        )
    source = Source(frames_of(SYMBOLS, BARS), LATENCY)
    found = qp.analyse(list(source.frames), source)
    print(f"with the simulated network: {found.timings}; {found.plan.how}: {found.plan.why}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
