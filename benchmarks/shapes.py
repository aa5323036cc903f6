"""Turning points, chart shapes and levels against the plain loops, and all shapes of a large panel.

``python -m benchmarks.shapes`` prints the ratios on one real stock and the seconds of 500 symbols over ten years; it
fails where the answers differ. asv tracks them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import quantperf as qp
from benchmarks.peers import judged
from quantperf.market.columns import columns_of
from quantperf.patterns import SHAPES, shapes
from quantperf.patterns.optimisations_shapes import PAIRS
from quantperf.performance import Parity, check, collect, tol

SYMBOLS, BARS = 500, 2_520


def pair(name: str) -> tuple[Callable[[], Any], Callable[[], Any], Parity]:
    """Return the plain loop, the kernel, and whether they agree, on the bars of one stock."""
    columns = tuple(columns_of(qp.sample("AAPL"), ("high", "low", "close")).values())
    plain, fast = PAIRS[name]
    before, after = partial(plain, *columns), partial(fast, *columns)
    return before, after, check(before(), after(), tol(rtol=1e-9, atol=1e-9))


class Shapes:
    """Kernels over plain loops on one stock, and all shapes of a panel."""

    params = (list(PAIRS),)
    param_names = ("what",)
    unit = "ratio"
    timeout = 300

    def track_ratio(self, what: str) -> float:
        before, after, parity = pair(what)
        return judged([collect(before, after, budget=2.0, memory=False)], parity)["ratio"]


class ShapesOfPanel:
    """All shapes of many symbols, as a frame."""

    timeout = 300

    def setup(self) -> None:
        self.panel = qp.synthetic(symbols=SYMBOLS, bars=BARS, seed=1)
        shapes(self.panel)

    def time_shapes(self) -> None:
        shapes(self.panel)


def main() -> int:
    """Print ratios, and the time of the panel; return 1 if an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=3.0, help="seconds a pair (default 3)")
    parser.add_argument("--symbols", type=int, default=SYMBOLS, help=f"of the panel (default {SYMBOLS})")
    options = parser.parse_args()
    different = 0
    for what in PAIRS:
        before, after, parity = pair(what)
        if not parity:
            print(f"{what:18s} different: {parity.mismatch}")
            different += 1
            continue
        row = judged([collect(before, after, budget=options.budget, memory=False)], parity)
        print(
            f"{what:18s} {row['ratio']:6.4f}  ({row['low']:.4f}-{row['high']:.4f})  "
            f"{row['peer_ns'] / 1e6:7.1f} -> {row['ours_ns'] / 1e6:6.2f} ms"
        )
    panel = qp.synthetic(symbols=options.symbols, bars=BARS, seed=1)
    found = len(shapes(panel))
    taken = qp.measure(lambda: shapes(panel), budget=options.budget)
    print(
        f"{options.symbols} symbols, {BARS} bars, {len(SHAPES)} shapes: {found} rows in {taken.median_ns / 1e9:.2f} s"
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
