"""What is computed together: all candlesticks in one pass, and twenty indicators of a panel over two threads.

``python -m benchmarks.together`` prints the ratios to TA-Lib called one function, or one column, after the other, and
of two threads to one; it fails where a target is missed. asv tracks them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import quantperf as qp
from benchmarks.peers import INPUTS, judged, talib_call
from quantperf.performance import Parity, check, collect, tol

TWENTY: tuple[Any, ...] = (
    "rsi", "macd", "bbands", "atr", "adx", "stoch", "cci", "obv", "mfi", "vwap",
    "sma", ("sma", {"window": 50}), "ema", ("ema", {"window": 50}), "wma", "roc", "stddev", "highest", "lowest",
    "volume_sma",
)  # fmt: skip
CANDLE_BARS = 200_000
Pair = tuple[Callable[[], Any], Callable[[], Any], Parity]


def candles_pair() -> Pair:
    """Return TA-Lib's calls on one series of bars, our one pass, and whether all codes are equal."""
    import talib

    panel = qp.synthetic(symbols=1, bars=CANDLE_BARS, seed=1)
    bars = panel[panel.symbols[0]]
    columns = [np.ascontiguousarray(bars[name]) for name in ("open", "high", "low", "close")]
    patterns = [name for name, entry in qp.CATALOG.items() if name.startswith("cdl_")]
    functions = [getattr(talib, qp.CATALOG[name].talib[0].name) for name in patterns]

    def before() -> Any:
        return pd.DataFrame({name: call(*columns) for name, call in zip(patterns, functions, strict=True)})

    def after() -> Any:
        return qp.candles(bars)

    ours = after()[patterns].fillna(0).astype(np.int32).reset_index(drop=True)
    ours = ours.replace({120: 200, -120: -200})
    theirs = before()
    return before, after, check(theirs, ours.astype(theirs.dtypes.iloc[0]), tol(rtol=0.0))


def compute_pairs(symbols: int = 500, bars: int = 2_520) -> dict[str, Pair]:
    """Return three pairs of twenty indicators: TA-Lib and one thread, TA-Lib and two, one thread and two."""
    panel = qp.synthetic(symbols=symbols, bars=bars, seed=1)
    columns = {name: np.asfortranarray(panel.block(name)) for name in INPUTS}
    names = [item if isinstance(item, str) else item[0] for item in TWENTY]
    params = [{} if isinstance(item, str) else item[1] for item in TWENTY]
    calls = [_talib_with(name, given) for name, given in zip(names, params, strict=True)]

    def theirs() -> Any:
        found = []
        for call in calls:
            lines: list[np.ndarray] = []
            for j in range(symbols):
                answer = call({name: column[:, j] for name, column in columns.items()})
                answer = answer if isinstance(answer, tuple) else (answer,)
                lines = lines or [np.empty((bars, symbols), order="F") for _ in answer]
                for line, values in zip(lines, answer, strict=True):
                    line[:, j] = values
            found += [pd.DataFrame(line, index=panel.index, columns=panel.symbols, copy=False) for line in lines]
        return found

    def one() -> Any:
        return qp.compute(panel, TWENTY, threads=1)

    def two() -> Any:
        return qp.compute(panel, TWENTY, threads=2)

    slack = tol(rtol=1e-9, atol=1e-3)  # of volumes, whose running totals TA-Lib sums in another order
    against = check(theirs(), list(one().values()), slack)
    same = check(list(one().values()), list(two().values()), tol(rtol=0.0))
    return {"compute, one thread": (theirs, one, against), "compute, two threads": (theirs, two, against),
            "two threads / one": (one, two, same)}  # fmt: skip


def _talib_with(name: str, given: dict[str, int]) -> Callable[[dict[str, np.ndarray]], Any]:
    import talib

    if not given:
        call = talib_call(name)
        assert call is not None
        return call
    return lambda data: getattr(talib, qp.CATALOG[name].talib[0].name)(data["close"], timeperiod=given["window"])


class Together:
    """All candlesticks of one series in one pass."""

    unit = "ratio"
    timeout = 300

    def track_candles(self) -> float:
        before, after, parity = candles_pair()
        return judged([collect(before, after, budget=2.0, memory=False)], parity)["ratio"]

    def track_compute(self) -> float:
        before, after, parity = compute_pairs()["compute, two threads"]
        return judged([collect(before, after, budget=6.0, memory=False)], parity)["ratio"]


def main() -> int:
    """Print the table of ratios; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=6.0, help="seconds a pair and round (default 6)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of each pair (default 2)")
    options = parser.parse_args()
    targets = {"61 candlesticks": 0.2, "compute, two threads": 0.15, "two threads / one": 1.0 / 1.7}
    missed = 0
    for what, (before, after, parity) in {"61 candlesticks": candles_pair(), **compute_pairs()}.items():
        if not parity:
            print(f"{what:22s} different: {parity.mismatch}")
            missed += 1
            continue
        raws = [
            collect(before, after, budget=options.budget, seed=number, memory=False) for number in range(options.rounds)
        ]
        row, limit = judged(raws, parity), targets.get(what)
        high = limit is not None and row["ratio"] > limit
        missed += high
        print(
            f"{what:22s} {row['ratio']:5.2f}  ({row['low']:.2f}-{row['high']:.2f})  "
            f"{row['peer_ns'] / 1e6:7.1f} -> {row['ours_ns'] / 1e6:6.1f} ms"
            f"{f'  target {limit:.2f}' if limit else ''}{'  MISSED' if high else ''}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
