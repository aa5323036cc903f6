"""Outcomes of signals and a backtest of them, each beside its plain row loop.

``python -m benchmarks.outcomes`` prints the ratios and fails where a result is not equal to the bit, or a target is
missed. asv tracks the ratios, and what the public functions take on a panel of 500 symbols.
"""

from __future__ import annotations

import argparse
import sys

import pandas as pd

import quantperf as qp
from benchmarks.peers import judged
from benchmarks.together import Pair
from quantperf.market.moments import closing_times
from quantperf.performance import check, collect, tol
from quantperf.performance.optimisation import REGISTRY
from quantperf.signals.optimisations_outcomes import falls, register, stocks

TARGET = 0.05  # of the row loop
NAMES = ("outcomes.horizons", "outcomes.backtest")


def pair(name: str) -> Pair:
    """Return the row loop and the kernel on the falls of five stocks in thirteen years, and whether they are equal."""
    register()
    prices, made = stocks(), REGISTRY[name]
    parity = check(made.baseline(*prices), made.candidate(*prices), tol(rtol=0.0))
    return lambda: made.baseline(*prices), lambda: made.candidate(*prices), parity


class Ratios:
    """Kernels against row loops."""

    unit = "ratio"
    timeout = 300
    params = (NAMES,)
    param_names = ("name",)

    def track_ratio(self, name: str) -> float:
        before, after, parity = pair(name)
        return judged([collect(before, after, budget=4.0, memory=False)], parity)["ratio"]


class Panels:
    """The public functions on every fall of 2 % in 500 symbols."""

    timeout = 300

    def setup(self) -> None:
        self.panel = qp.synthetic(symbols=500, bars=2_520, seed=1)
        self.signals = signals_of(self.panel)

    def time_outcomes(self) -> None:
        qp.outcomes(self.signals, self.panel)

    def time_backtest(self) -> None:
        qp.backtest(self.signals, self.panel)


def signals_of(panel: qp.Panel) -> pd.DataFrame:
    """Return a record for each fall."""
    bars, lanes = falls(panel.block("close"))
    symbols = pd.Index(panel.symbols).take(lanes)
    frame = pd.DataFrame({"symbol": symbols, "signal_type": "fall", "triggered_at": panel.index[bars], "direction": 1})
    return frame.assign(known_at=closing_times(panel.index)[bars])


def main() -> int:
    """Print the ratios; return 1 if one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=4.0, help="seconds a pair (default 4)")
    options = parser.parse_args()
    missed = 0
    for name in NAMES:
        before, after, parity = pair(name)
        if not parity:
            print(f"{name:20s} different: {parity.mismatch}")
            missed += 1
            continue
        row = judged([collect(before, after, budget=options.budget, memory=False)], parity)
        high = row["ratio"] > TARGET
        missed += high
        late = "  MISSED" if high else ""
        print(
            f"{name:20s} {row['ratio']:8.5f}  ({row['low']:.5f}-{row['high']:.5f})  "
            f"{row['peer_ns'] / 1e6:8.1f} -> {row['ours_ns'] / 1e6:7.2f} ms  target {TARGET}{late}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
