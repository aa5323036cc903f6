"""How long an event study takes: 100 000 events of 27 kinds in 500 symbols over ten years, and of one symbol.

``python -m benchmarks.study`` prints the seconds; asv tracks them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

import quantperf as qp
from quantperf.performance import measure

KINDS, BARS = 27, 2_520
SIZES = {1: 3_000, 50: 20_000, 500: 100_000}  # symbols: events


def chance_signals(panel: qp.Panel, events: int, seed: int = 0) -> pd.DataFrame:
    """Return signals at random bars of random symbols, known at the end of their day."""
    random = np.random.default_rng(seed)
    days = panel.index[np.sort(random.integers(len(panel), size=events))]
    return pd.DataFrame(
        {
            "symbol": np.array(panel.symbols)[random.integers(len(panel.symbols), size=events)],
            "signal_type": np.array([f"kind {n:02}" for n in range(KINDS)])[random.integers(KINDS, size=events)],
            "triggered_at": days,
            "known_at": (days + pd.Timedelta(days=1)).tz_localize("UTC"),
            "direction": random.choice([-1, 1], size=events),
        }
    )


class EventStudy:
    """An event study over four horizons with 999 placements and 999 draws."""

    params = tuple(SIZES)
    param_names = ("symbols",)
    timeout = 300

    def setup(self, symbols: int) -> None:
        self.panel = qp.synthetic(symbols=symbols, bars=BARS, seed=0)
        self.signals = chance_signals(self.panel, SIZES[symbols])
        qp.event_study(self.signals.head(100), self.panel, draws=19)  # compiles

    def time_study(self, symbols: int) -> None:
        qp.event_study(self.signals, self.panel)


def main() -> None:
    """Print the seconds of one study of each size."""
    for symbols, events in SIZES.items():
        made = EventStudy()
        made.setup(symbols)
        took = measure(made.time_study, symbols, budget=1.0)
        print(f"{symbols:4d} symbols, {events:7,d} events: {took}")


if __name__ == "__main__":
    main()
