"""What ``mode="fast"`` gains on one series of a million bars: ratios to TA-Lib and to the exact way, interleaved.

``python -m benchmarks.fast`` prints the table and fails where the target is missed; asv tracks the ratios to TA-Lib.
One thread. Both sides allocate their results: where the C library gives such memory back after each call (glibc does by
default), three outputs cost as much in page faults as in arithmetic, so run it with ``MALLOC_TRIM_THRESHOLD_`` and
``MALLOC_MMAP_THRESHOLD_`` of 4000000000 to compare the arithmetic.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import quantperf as qp
from benchmarks.peers import against, judged, long_series, talib_call
from quantperf.performance import Parity, check, collect, tol

NAMES = ("ema", "rma", "rsi", "cmo", "macd", "macdfix", "apo", "ppo")
TARGET = {"ema": 0.5, "rsi": 0.5, "macd": 0.5}


def pair(name: str, data: dict[str, np.ndarray], exact: bool) -> tuple[Callable[[], Any], Callable[[], Any], Parity]:
    """Return TA-Lib's call, or our exact one, our fast one, and whether they agree within 1e-9 of the price."""
    entry, theirs = qp.CATALOG[name], talib_call(name)
    columns = [data[column] for column in entry.columns]

    def before() -> Any:
        return entry(*columns) if exact or theirs is None else theirs(data)

    def after() -> Any:
        return entry(*columns, mode="fast")

    slack = 1e-9 * float(np.nanmax(columns[0]))
    return before, after, check(before(), after(), tol(rtol=1e-9, atol=slack))


class FastAgainstTALib:
    """One series of a million bars, ``mode="fast"``."""

    params = (list(NAMES),)
    param_names = ("name",)
    unit = "ratio"
    timeout = 120

    def setup_cache(self) -> dict[str, np.ndarray]:
        return long_series()

    def track_ratio(self, data: dict[str, np.ndarray], name: str) -> float:
        return against(*pair(name, data, exact=False), budget=0.6)["ratio"]


def main() -> int:
    """Print the table of ratios; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=0.3, help="seconds a pair and round (default 0.3)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds over all pairs (default 3)")
    parser.add_argument("--only", nargs="*", default=list(NAMES), help="names of indicators")
    options = parser.parse_args()
    data, missed = long_series(), 0
    for name in options.only:
        for peer, exact in (("TA-Lib", False), ("exact", True)):
            before, after, parity = pair(name, data, exact)
            raws = [
                collect(before, after, budget=options.budget, seed=number, memory=False)
                for number in range(options.rounds if parity.equal else 0)
            ]
            row = judged(raws, parity)
            if not row["parity"]:
                missed += 1
                print(f"{name:9s} against {peer:7s} different: {row['mismatch']}")
                continue
            limit = None if exact else TARGET.get(name)
            high = limit is not None and row["ratio"] > limit
            missed += high
            print(
                f"{name:9s} against {peer:7s} {row['ratio']:5.2f}  ({row['low']:.2f}-{row['high']:.2f})  "
                f"{row['peer_ns'] / 1e6:5.2f} -> {row['ours_ns'] / 1e6:5.2f} ns a bar"
                f"{f'  target {limit}' if limit else ''}{'  MISSED' if high else ''}"
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
