"""Sequences of signals: the null hypothesis by kernel, against a plain loop over windows.

``python -m benchmarks.sequences`` prints the ratio on the large moves of a real stock, whether both count the same, and
how long 100,000 signals of 100 symbols take with all draws. asv tracks them.
"""

from __future__ import annotations

import argparse
import sys
from time import perf_counter

import numpy as np
import pandas as pd

import quantperf as qp
from benchmarks.peers import judged
from quantperf.patterns.optimisations_sequences import moves_of_sample, turned, turned_plainly
from quantperf.performance import check, collect, tol

SIGNALS, SYMBOLS, BARS, KINDS = 100_000, 100, 2520, 24


def many_signals() -> tuple[pd.DataFrame, qp.Panel]:
    """Return signals of unrelated types, and the prices of their symbols."""
    prices = qp.synthetic(symbols=SYMBOLS, bars=BARS, seed=1)
    random = np.random.default_rng(0)
    cells = random.choice(SYMBOLS * BARS * KINDS, SIGNALS, replace=False)
    symbol, bar, kind = np.unravel_index(cells, (SYMBOLS, BARS, KINDS))
    stamps = prices.index[bar]
    return pd.DataFrame(
        {
            "symbol": np.array(prices.symbols)[symbol],
            "signal_type": np.array([f"K{number:02}" for number in range(KINDS)])[kind],
            "triggered_at": stamps,
            "known_at": (stamps + pd.Timedelta(days=1)).tz_localize("UTC"),
            "direction": 1,
        }
    ), prices


class Sequences:
    """Counting sequences under the null hypothesis."""

    unit = "ratio"
    timeout = 300

    def track_ratio(self) -> float:
        given = moves_of_sample()
        parity = check(turned_plainly(*given), turned(*given), tol(rtol=1e-12, atol=1e-12))
        raw = collect(lambda: turned_plainly(*given), lambda: turned(*given), budget=4.0, memory=False)
        return judged([raw], parity)["ratio"]


def main() -> int:
    """Print the ratio and the time; return 1 if the counts differ or the ratio misses its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=4.0, help="seconds a round (default 4)")
    parser.add_argument("--target", type=float, default=0.02, help="the highest ratio (default 0.02)")
    parser.add_argument(
        "--draws", type=int, default=999, help="of the 100,000 signals; 0 leaves them out (default 999)"
    )
    options = parser.parse_args()
    given = moves_of_sample()
    parity = check(turned_plainly(*given), turned(*given), tol(rtol=1e-12, atol=1e-12))
    if not parity:
        print(f"sequences different: {parity.mismatch}")
        return 1
    raw = collect(lambda: turned_plainly(*given), lambda: turned(*given), budget=options.budget, memory=False)
    row = judged([raw], parity)
    missed = row["ratio"] > options.target
    print(
        f"sequences, {len(given[0])} signals, {len(given[3])} draws  {row['ratio']:.4f}  "
        f"({row['low']:.4f}-{row['high']:.4f})  {row['peer_ns'] / 1e6:.1f} -> {row['ours_ns'] / 1e6:.2f} ms  "
        f"target {options.target}{'  MISSED' if missed else ''}"
    )
    if options.draws:
        signals, prices = many_signals()
        start = perf_counter()
        found = qp.patterns.sequences(signals, prices, draws=options.draws)
        print(f"{len(signals):,} signals, {options.draws} draws  {perf_counter() - start:.1f} s  {found!r}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
