"""How often rules are said to work where nothing works: random walks, and what is found where something does.

``python -m benchmarks.false_discoveries`` prints the share of random walks with any discovery by the event study and,
beside it, with any p value of at most 5 % if nothing accounts for the number of tests; then the power for drifts that
were planted among chance events. It fails where the interval of the false discovery rate lies above the stated level.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

import quantperf as qp
from quantperf.signals.significance import wilson

BARS, LEVEL, DEVIATION = 2_520, 0.10, 0.01
HORIZONS = (1, 5, 20)
FOUND = ["positive", "negative"]
Walk = Callable[[np.random.Generator], np.ndarray]


def steady(random: np.random.Generator) -> np.ndarray:
    """Return returns of one volatility."""
    return DEVIATION * random.standard_normal(BARS)


def clustered(random: np.random.Generator) -> np.ndarray:
    """Return returns with fat tails and a volatility that clusters: GARCH(1,1)."""
    shocks, variance = random.standard_t(6.0, size=BARS) * math.sqrt(4.0 / 6.0), 1.0
    for bar in range(BARS):
        shocks[bar] *= math.sqrt(variance)
        variance = 0.02 + 0.08 * shocks[bar] ** 2 + 0.90 * variance
    return DEVIATION * shocks


def panel_of(returns: np.ndarray, random: np.random.Generator) -> qp.Panel:
    """Return daily bars whose closes are a random walk, each opening at the close before."""
    path = 50.0 * np.exp(np.cumsum(np.concatenate([[0.0], returns])))
    first, last = path[:-1, None], path[1:, None]
    reach = 1.0 + DEVIATION * np.abs(random.standard_normal((2, BARS, 1))) / 2.0
    volume = 1e6 * np.exp(0.35 * random.standard_normal((BARS, 1)) + 30.0 * np.abs(returns[:, None]))
    return qp.Panel.from_blocks(
        open=first, high=np.maximum(first, last) * reach[0], low=np.minimum(first, last) / reach[1], close=last,
        volume=volume, index=pd.bdate_range("2015-01-01", periods=BARS, unit="us"),
    )  # fmt: skip


def rule_signals(panel: qp.Panel) -> pd.DataFrame:
    """Return the signals of all default rules."""
    return qp.signals(panel)


def chance_signals(panel: qp.Panel, random: np.random.Generator, kinds: int = 27, rate: float = 0.04) -> pd.DataFrame:
    """Return events at random bars; the first kind is called "planted"."""
    frames = []
    for kind in range(kinds):
        days = panel.index[random.random(BARS) < rate]
        frame = pd.DataFrame({"symbol": panel.symbols[0], "signal_type": f"chance {kind:02}", "triggered_at": days})
        frames.append(frame.assign(known_at=(days + pd.Timedelta(days=1)).tz_localize("UTC"), direction=1))
    frames[0]["signal_type"] = "planted"
    return pd.concat(frames, ignore_index=True)


def study(signals: pd.DataFrame, panel: qp.Panel) -> pd.DataFrame:
    return qp.event_study(signals, panel, horizons=HORIZONS, before=0, after=1, fdr=LEVEL).table


def null_case(walk: Walk, seed: int) -> tuple[int, int, int]:
    """Return tests, discoveries, and p values of at most 5 % that are not adjusted, on one random walk."""
    random = np.random.default_rng([seed, 1])
    panel = panel_of(walk(random), random)
    table = study(rule_signals(panel), panel)
    made = table[table["p"].notna()]
    return len(made), int(made["verdict"].isin(FOUND).sum()), int((made["p"] <= 0.05).sum())


def planted_case(walk: Walk, seed: int, size: float) -> tuple[bool, int, int]:
    """Return whether a drift of `size` deviations a bar over five bars is found, true and false discoveries."""
    random = np.random.default_rng([seed, 2])
    returns = walk(random)
    marks = chance_signals(panel_of(returns, random), random)
    index = panel_of(returns, random).index
    bars = index.get_indexer(pd.Index(marks.loc[marks["signal_type"] == "planted", "triggered_at"]))
    for ahead in range(1, 6):
        returns[bars[bars + ahead < BARS] + ahead] += size * DEVIATION
    panel = panel_of(returns, random)
    table = study(marks, panel)
    found = table[table["verdict"].isin(FOUND)]
    true = int((found["signal_type"] == "planted").sum())
    hit = bool(((found["signal_type"] == "planted") & (found["horizon"] == 5)).any())
    return hit, true, len(found) - true


def share(hits: int, trials: int) -> str:
    low, high = wilson(hits, trials)
    return f"{hits / trials:6.1%}  ({low:.1%} to {high:.1%})"


def main() -> int:
    """Print the rates; return 1 if the false discovery rate is above the stated level."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--walks", type=int, default=200, help="random walks of each sort (default 200)")
    parser.add_argument("--planted", type=int, default=60, help="walks with each planted drift (default 60)")
    parser.add_argument("--threads", type=int, default=2, help="threads (default 2)")
    options = parser.parse_args()
    above = 0
    walks: dict[str, Walk] = {"one volatility": steady, "clustered volatility": clustered}
    with ThreadPoolExecutor(options.threads) as pool:
        print(f"Random walks of {BARS} bars, all rules, horizons {HORIZONS}, false discovery rate {LEVEL:.0%} stated")
        for name, walk in walks.items():
            rows = list(pool.map(lambda seed, walk=walk: null_case(walk, seed), range(options.walks)))
            hits, naive = sum(row[1] > 0 for row in rows), sum(row[2] > 0 for row in rows)
            low, _ = wilson(hits, len(rows))
            above += low > LEVEL
            print(f"  {name:22s} {len(rows)} walks, {sum(row[0] for row in rows) / len(rows):.0f} tests each")
            print(f"    with any discovery               {share(hits, len(rows))}{'  ABOVE' if low > LEVEL else ''}")
            print(f"    with any p of at most 5 %        {share(naive, len(rows))}")
        print("Drift over five bars after one kind of events of 27")
        for size in (0.1, 0.2, 0.5):
            cases = list(pool.map(lambda seed, size=size: planted_case(steady, seed, size), range(options.planted)))
            wrong = np.array([false / max(true + false, 1) for _, true, false in cases])
            error = 2.0 * wrong.std() / math.sqrt(len(wrong))
            print(f"  {size:.1f} deviations a bar   found {share(sum(row[0] for row in cases), len(cases))}   "
                  f"false among discoveries {wrong.mean():.1%} (give or take {error:.1%})")  # fmt: skip
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
