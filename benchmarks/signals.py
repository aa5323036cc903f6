"""Signals of ten years of 500 symbols, against a loop over the rows of some of them.

``python -m benchmarks.signals`` prints the ratio per symbol of the loop, as a service would write it, to one call of
``qp.signals`` over the panel, with an interval, and the time of the whole panel; it fails where the target is missed.
asv tracks the same.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import quantperf as qp
from benchmarks.peers import judged
from quantperf.performance import Parity, check, collect, tol
from quantperf.signals.optimisations_generate import by_rows, by_rows_of, lines_of_catalogue, of_panel

SYMBOLS, BARS = 500, 2_520
LOOPED = 2  # symbols of the loop, which takes seconds for each
TARGET = 100.0  # times as fast, a symbol


def pair(symbols: int = SYMBOLS, bars: int = BARS) -> tuple[Callable[[], Any], Callable[[], Any], Parity]:
    """Return the loop over some symbols, the panel, and whether the signals of these symbols are equal in both.

    They are compared to the bit, and so on the same indicators: synthetic prices are whole cents, and where two lines
    tie it is the last bit of a mean that decides. The loop that is timed computes its own.
    """
    panel = qp.synthetic(symbols=symbols, bars=bars, seed=1)
    few = panel[panel.symbols[:LOOPED]]

    def before() -> Any:
        return by_rows(few)

    def after() -> Any:
        return qp.signals(panel)

    whole = of_panel(panel)
    ours = whole[whole["symbol"].isin(few.symbols)].reset_index(drop=True)
    same = check(by_rows_of(few, lines_of_catalogue), ours, tol(rtol=0.0))
    return before, after, same


def measured(budget: float = 60.0, symbols: int = SYMBOLS, bars: int = BARS) -> dict[str, Any]:
    """Return the figures; ratios are per symbol, the time of the loop over that of the panel."""
    before, after, parity = pair(symbols, bars)
    if not parity:
        return {"parity": parity}
    row = judged([collect(before, after, budget=budget, memory=False)], parity)
    share = symbols / LOOPED  # the panel is so many times as much work
    ends = [None if row[end] is None else share / row[end] for end in ("high", "low")]
    return {**row, "parity": parity, "times": share / row["ratio"], "between": ends}


class Signals:
    """The default rules over a panel."""

    unit = "times"
    timeout = 600

    def track_generate(self) -> float:
        return float(measured()["times"])


def main() -> int:
    """Print the figures; return 1 if the signals differ or the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds of measuring (default 60)")
    parser.add_argument("--symbols", type=int, default=SYMBOLS, help=f"symbols of the panel (default {SYMBOLS})")
    parser.add_argument("--bars", type=int, default=BARS, help=f"bars (default {BARS})")
    options = parser.parse_args()
    row = measured(options.budget, options.symbols, options.bars)
    if not row["parity"]:
        print(f"different: {row['parity'].mismatch}")
        return 1
    low, high = row["between"]
    interval = "" if low is None else f" ({low:.0f}-{high:.0f})"
    print(
        f"signals, {options.symbols} symbols x {options.bars} bars: {row['ours_ns'] / 1e6:.0f} ms; row loop "
        f"{row['peer_ns'] / 1e6 / LOOPED:.0f} ms a symbol; {row['times']:.0f} times as fast a symbol{interval}, "
        f"noise {row['noise']:.2f}, target {TARGET:.0f}{'' if row['times'] >= TARGET else '  MISSED'}"
    )
    return 0 if row["times"] >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
