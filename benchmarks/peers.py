"""Ratios to other libraries, both sides in one process, interleaved, with A/A noise and an interval.

``python benchmarks/peers.py`` prints the table and fails where a target is missed; asv runs the same pairs as
``track_`` benchmarks. Each side has its best layout: TA-Lib gets contiguous columns, and its results are put into one
block that becomes a frame. pandas is shown where it has the indicator. One thread.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import quantperf as qp
from quantperf.performance import Parity, check, collect, judge, tol

BARS, SYMBOLS, LONG = 2_520, 500, 1_000_000
KEYED = ("ema", "rsi", "sma", "macd", "atr", "bbands")  # panel target 0.35 time-major; the others 0.6
INPUTS = ("open", "high", "low", "close", "volume")


def talib_call(name: str) -> Callable[[dict[str, np.ndarray]], Any] | None:
    """Return TA-Lib's answer to an indicator of ours, from columns by name; None if it has none."""
    import talib

    pairs = {
        "sma": lambda d: talib.SMA(d["close"], 20),
        "ema": lambda d: talib.EMA(d["close"], 20),
        "wma": lambda d: talib.WMA(d["close"], 20),
        "rsi": lambda d: talib.RSI(d["close"], 14),
        "macd": lambda d: talib.MACD(d["close"], 12, 26, 9),
        "roc": lambda d: talib.ROC(d["close"], 10),
        "stoch": lambda d: talib.STOCH(d["high"], d["low"], d["close"], 14, 3, 0, 3, 0),
        "stochf": lambda d: talib.STOCHF(d["high"], d["low"], d["close"], 14, 3, 0),
        "cci": lambda d: talib.CCI(d["high"], d["low"], d["close"], 14),
        "adx": lambda d: (
            talib.ADX(d["high"], d["low"], d["close"], 14),
            talib.PLUS_DI(d["high"], d["low"], d["close"], 14),
            talib.MINUS_DI(d["high"], d["low"], d["close"], 14),
        ),
        "atr": lambda d: talib.ATR(d["high"], d["low"], d["close"], 14),
        "bbands": lambda d: talib.BBANDS(d["close"], 20, 2.0, 2.0),
        "stddev": lambda d: talib.STDDEV(d["close"], 20, 1.0),
        "highest": lambda d: talib.MAX(d["close"], 20),
        "lowest": lambda d: talib.MIN(d["close"], 20),
        "obv": lambda d: talib.OBV(d["close"], d["volume"]),
        "mfi": lambda d: talib.MFI(d["high"], d["low"], d["close"], d["volume"], 14),
        "vwap": lambda d: talib.VWAP(d["high"], d["low"], d["close"], d["volume"]),
        "volume_sma": lambda d: talib.SMA(d["volume"], 20),
        "volume_ratio": lambda d: d["volume"] / talib.SMA(d["volume"], 20),
        "cdl_doji": lambda d: talib.CDLDOJI(d["open"], d["high"], d["low"], d["close"]),
        "cdl_engulfing": lambda d: talib.CDLENGULFING(d["open"], d["high"], d["low"], d["close"]),
        "cdl_harami": lambda d: talib.CDLHARAMI(d["open"], d["high"], d["low"], d["close"]),
        "cdl_hammer": lambda d: talib.CDLHAMMER(d["open"], d["high"], d["low"], d["close"]),
    }
    return pairs.get(name)


def pandas_call(name: str) -> Callable[[dict[str, pd.Series]], Any] | None:
    """Return what pandas users write for an indicator, where it is one expression."""
    pairs = {
        "sma": lambda d: d["close"].rolling(20).mean(),
        "stddev": lambda d: d["close"].rolling(20).std(ddof=0),
        "highest": lambda d: d["close"].rolling(20).max(),
        "lowest": lambda d: d["close"].rolling(20).min(),
        "roc": lambda d: d["close"].pct_change(10, fill_method=None) * 100.0,
        "volume_sma": lambda d: d["volume"].rolling(20).mean(),
        "volume_ratio": lambda d: d["volume"] / d["volume"].rolling(20).mean(),
    }
    return pairs.get(name)


def long_series() -> dict[str, np.ndarray]:
    """Return a synthetic stock of a million bars, contiguous columns."""
    panel = qp.synthetic(symbols=1, bars=LONG, seed=1)
    return {name: np.ascontiguousarray(panel.block(name)[:, 0]) for name in INPUTS}


def wide_panel(order: str) -> dict[str, pd.DataFrame]:
    """Return the synthetic market as wide frames, time-major ("C") or symbol-major ("F")."""
    panel = qp.synthetic(symbols=SYMBOLS, bars=BARS, seed=1)
    return {
        name: pd.DataFrame(
            np.array(panel.block(name), order=order), index=panel.index, columns=panel.symbols, copy=False
        )
        for name in INPUTS
    }


def known(result: Any) -> Any:
    """Return candlestick codes as TA-Lib gives them: 0 where the answer is unknown."""
    if isinstance(result, np.ndarray) and result.dtype == np.int8:
        return np.where(result == qp.UNKNOWN, 0, result).astype(np.int32)
    return result


def series_pair(name: str, data: dict[str, np.ndarray]) -> tuple[Callable[[], Any], Callable[[], Any], Parity]:
    """Return TA-Lib's call, ours, and whether they agree, on one series."""
    entry, theirs = qp.CATALOG[name], talib_call(name)
    assert theirs is not None
    columns = [data[column] for column in entry.columns]
    agreement = check(theirs(data), known(entry(*columns)), tol(rtol=1e-9, atol=_slack(name)))
    return lambda: theirs(data), lambda: entry(*columns), agreement


def panel_pair(
    name: str, ours: dict[str, pd.DataFrame], columns: dict[str, np.ndarray]
) -> tuple[Callable[[], Any], Callable[[], Any], Parity]:
    """Return TA-Lib's loop over contiguous columns into one block and frame, our one call, and whether they agree."""
    entry, theirs = qp.CATALOG[name], talib_call(name)
    assert theirs is not None
    frames = [ours[column] for column in entry.columns]
    index, symbols = frames[0].index, frames[0].columns
    lines = len(entry.outputs)
    kind = np.int32 if entry.dtype == np.int8 else np.float64

    def loop() -> Any:
        blocks = [np.empty((BARS, SYMBOLS), dtype=kind, order="F") for _ in range(lines)]
        for j in range(SYMBOLS):
            found = theirs({column: columns[column][:, j] for column in entry.columns})
            for block, line in zip(blocks, found if lines > 1 else (found,), strict=True):
                block[:, j] = line
        wide = [pd.DataFrame(block, index=index, columns=symbols, copy=False) for block in blocks]
        return tuple(wide) if lines > 1 else wide[0]

    found = entry(*frames)
    if entry.dtype == np.int8:
        found = found.fillna(0).astype(np.int32)
    return loop, lambda: entry(*frames), check(loop(), found, tol(rtol=1e-9, atol=_slack(name)))


def live_pair(name: str) -> tuple[Callable[[], Any], float]:
    """Return one update of a stream of 500 symbols."""
    entry = qp.CATALOG[name]
    panel = qp.synthetic(symbols=SYMBOLS, bars=300, seed=1)
    live = entry.stream(list(panel.symbols))
    live.update_many(panel)
    row = [np.ascontiguousarray(panel.block(column)[-1]) for column in entry.columns]
    return lambda: live.update(*row), float(live.bars)


def _slack(name: str) -> float:
    """Absolute slack where a result passes through 0: TA-Lib's own rounding, far below a tick."""
    return 1e-6 if name in {"cci", "mfi"} else 1e-7 if name in {"stoch", "stochf", "stddev", "bbands"} else 1e-9


def against(before: Callable[[], Any], after: Callable[[], Any], parity: Parity, budget: float) -> dict[str, Any]:
    """Return the ratio after / before with interval and noise, from one round."""
    raws = [collect(before, after, budget=budget, memory=False)] if parity.equal else []
    return judged(raws, parity)


def judged(raws: list[Any], parity: Parity) -> dict[str, Any]:
    """Return the figures of a pair over all its rounds."""
    result = judge(raws, parity=parity, labels=("peer", "quantperf"))
    interval = result.interval
    return {
        "parity": bool(parity),
        "mismatch": str(parity.mismatch),
        "ratio": result.ratio,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "noise": result.noise,
        "verdict": result.verdict,
        "peer_ns": result.before.median_ns if result.before else None,
        "ours_ns": result.after.median_ns if result.after else None,
    }


class SeriesAgainstTALib:
    """One series of a million bars."""

    params = (sorted(name for name in qp.CATALOG if talib_call(name)),)
    param_names = ("name",)
    unit = "ratio"
    timeout = 120

    def setup_cache(self) -> dict[str, np.ndarray]:
        return long_series()

    def track_ratio(self, data: dict[str, np.ndarray], name: str) -> float:
        return against(*series_pair(name, data), budget=0.6)["ratio"]


class PanelAgainstTALib:
    """500 symbols of ten years, frame to frame, time-major."""

    params = (sorted(name for name in qp.CATALOG if talib_call(name)),)
    param_names = ("name",)
    unit = "ratio"
    timeout = 120

    def setup_cache(self) -> dict[str, Any]:
        return {
            "frames": wide_panel("C"),
            "columns": {k: np.asfortranarray(v.to_numpy()) for k, v in wide_panel("C").items()},
        }

    def track_ratio(self, data: dict[str, Any], name: str) -> float:
        return against(*panel_pair(name, data["frames"], data["columns"]), budget=1.0)["ratio"]


def main() -> int:
    """Print the table of ratios; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=0.3, help="seconds a pair and round (default 0.3)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds over all pairs (default 3)")
    parser.add_argument("--only", nargs="*", default=None, help="names of indicators")
    parser.add_argument("--json", type=Path, default=None, help="write the figures there")
    options = parser.parse_args()
    names = options.only or [name for name in qp.CATALOG if talib_call(name)]
    rows, missed = measure_all(names, options.budget, options.rounds), []
    for use, target in (("series", 1.5), ("time-major", None), ("symbol-major", 0.6)):
        found = [row for row in rows if row["use"] == use]
        for row in found:
            limit = target or (0.35 if row["name"] in KEYED else 0.6)
            high = not row["parity"] or row["ratio"] > limit
            missed += [row] if high else []
            if not row["parity"]:
                print(f"{use:13s}{row['name']:14s} different: {row['mismatch']}")
                continue
            print(
                f"{use:13s}{row['name']:14s} {row['ratio']:6.2f}  ({row['low']:.2f}-{row['high']:.2f})  "
                f"noise {100 * row['noise']:.1f} %  parity {row['parity']}  target {limit}{'  MISSED' if high else ''}"
            )
        print(f"{use:13s}median {np.median([row['ratio'] for row in found if row['parity']]):.2f}\n")
    for row in rows:
        if row["use"] == "live":
            print(
                f"live 500     {row['name']:14s} {row['us']:6.1f} us  target 10{'  MISSED' if row['us'] > 10 else ''}"
            )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return 1 if missed else 0


def measure_all(names: list[str], budget: float, rounds: int) -> list[dict[str, Any]]:
    """Return one record a name and use; rounds go over all pairs in turn, so that no pair has only a bad minute."""
    data, columns = long_series(), {}
    pairs: dict[tuple[str, str], tuple[Callable[[], Any], Callable[[], Any], Parity]] = {}
    for name in names:
        pairs["series", name] = series_pair(name, data)
    for use, order in (("time-major", "C"), ("symbol-major", "F")):
        frames = wide_panel(order)
        columns = columns or {name: np.asfortranarray(frame.to_numpy()) for name, frame in frames.items()}
        for name in names:
            pairs[use, name] = panel_pair(name, frames, columns)
    raws: dict[tuple[str, str], list[Any]] = {key: [] for key in pairs}
    for number in range(rounds):
        for key, (before, after, parity) in pairs.items():
            if parity.equal:
                raws[key].append(collect(before, after, budget=budget, seed=number, memory=False))
            print(".", end="", file=sys.stderr, flush=True)
    rows = [{"use": use, "name": name, **judged(raws[use, name], pairs[use, name][2])} for use, name in pairs]
    for name in names:
        update, _ = live_pair(name)
        medians = [qp.measure(update, budget=0.1, memory=False).median_ns for _ in range(rounds)]
        rows.append({"use": "live", "name": name, "us": min(medians) / 1e3})
    print(file=sys.stderr)
    return rows


if __name__ == "__main__":
    sys.exit(main())
