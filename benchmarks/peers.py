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
from quantperf.reports.before_after import USUAL
from quantperf.talib.functions import FUNCTIONS

BARS, SYMBOLS, LONG = 2_520, 500, 1_000_000
KEYED = ("ema", "rsi", "sma", "macd", "atr", "bbands")  # panel target 0.35 time-major; the others 0.6
INPUTS = ("open", "high", "low", "close", "volume")


def talib_call(name: str) -> Callable[[dict[str, np.ndarray]], Any] | None:
    """Return TA-Lib's answer to an indicator of ours with our defaults, from columns by name; None if it has none."""
    import talib

    entry = qp.CATALOG[name]
    window = entry.params["window"].default if "window" in entry.params else None
    ours_only = {
        "volume_sma": lambda d: talib.SMA(d["volume"], window),
        "volume_ratio": lambda d: d["volume"] / talib.SMA(d["volume"], window),
    }
    if name in ours_only:
        return ours_only[name]
    parts = [_function_for(entry, output) for output in entry.outputs]
    if None in parts:
        return None
    if len({function.spec.name for function in parts}) == 1:  # one function of theirs gives all that ours gives
        return _call(parts[0])
    calls = [_call(function) for function in parts]
    return lambda d: tuple(call(d) for call in calls)


def _function_for(entry: Any, output: str) -> Any:
    """Return TA-Lib's function that gives an output of ours, perhaps by the name of another entry."""
    for spec in entry.talib:
        if spec.outputs is None or output in spec.outputs:
            return FUNCTIONS[spec.name]
    return _function_for(qp.CATALOG[output], output) if output in qp.CATALOG and output != entry.name else None


def _call(function: Any) -> Callable[[dict[str, np.ndarray]], Any]:
    import talib

    theirs, params = getattr(talib, function.spec.name), function.entry.params
    given = {
        key: type(default)(params[ours].default)
        for key, (ours, default) in function.spec.params.items()
        if ours is not None
    }
    columns = function.entry.columns
    return lambda d: theirs(*(d[column] for column in columns), **given)


def as_theirs(name: str, found: Any) -> Any:
    """Return what we gave as TA-Lib gives it: whole numbers, 0 where unknown."""
    entry = qp.CATALOG[name]
    if not entry.talib:
        return found
    function = FUNCTIONS[entry.talib[0].name]
    lines = found if isinstance(found, tuple) else (found,)
    lines = tuple(_line_as_theirs(function, output, line) for output, line in zip(entry.outputs, lines, strict=True))
    return lines if len(lines) > 1 else lines[0]


def _line_as_theirs(function: Any, output: str, line: Any) -> Any:
    if isinstance(line, pd.DataFrame):
        values = function.as_talib(output, line.to_numpy(float, na_value=np.nan))
        return pd.DataFrame(values, index=line.index, columns=line.columns)
    return function.as_talib(output, line)


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


def series_pair(name: str, data: dict[str, np.ndarray]) -> tuple[Callable[[], Any], Callable[[], Any], Parity]:
    """Return TA-Lib's call, ours, and whether they agree, on one series."""
    entry, theirs = qp.CATALOG[name], talib_call(name)
    assert theirs is not None
    data = {**data, "volume": _periods(data["volume"])} if name == "mavp" else data
    columns = [data[column] for column in entry.columns]
    agreement = check(theirs(data), as_theirs(name, entry(*columns)), tol(rtol=1e-9, atol=_slack(name)))
    return lambda: theirs(data), lambda: entry(*columns), agreement


def panel_pair(
    name: str, ours: dict[str, pd.DataFrame], columns: dict[str, np.ndarray]
) -> tuple[Callable[[], Any], Callable[[], Any], Parity]:
    """Return TA-Lib's loop over contiguous columns into one block and frame, our one call, and whether they agree."""
    entry, theirs = qp.CATALOG[name], talib_call(name)
    assert theirs is not None
    if name == "mavp":
        ours = {**ours, "volume": ours["volume"].apply(_periods)}
        columns = {**columns, "volume": np.asfortranarray(ours["volume"].to_numpy())}
    frames = [ours[column] for column in entry.columns]
    index, symbols = frames[0].index, frames[0].columns
    lines = len(entry.outputs)
    kinds = [line.dtype for line in _lines(theirs({column: columns[column][:, 0] for column in entry.columns}))]

    def loop() -> Any:
        blocks = [np.empty((BARS, SYMBOLS), dtype=kind, order="F") for kind in kinds]
        for j in range(SYMBOLS):
            found = theirs({column: columns[column][:, j] for column in entry.columns})
            for block, line in zip(blocks, found if lines > 1 else (found,), strict=True):
                block[:, j] = line
        wide = [pd.DataFrame(block, index=index, columns=symbols, copy=False) for block in blocks]
        return tuple(wide) if lines > 1 else wide[0]

    found = as_theirs(name, entry(*frames))
    return loop, lambda: entry(*frames), check(loop(), found, tol(rtol=1e-9, atol=_slack(name)))


def _periods(like: Any) -> Any:
    """Return windows for MAVP that change from bar to bar: volumes would all be cut to the longest."""
    return like * 0.0 + 2.0 + np.arange(len(like)) * 7 % 29


def _lines(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


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
    if name in {"adosc", "obv", "ad", "efi", "pvt"}:
        return 1e-3  # of running totals of volumes
    if name in {"correl", "linearreg_angle", "linearreg_slope"}:
        return 1e-7
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
    parser.add_argument("--all", action="store_true", help="the whole catalogue, not the usual two dozen")
    parser.add_argument("--only", nargs="*", default=None, help="names of indicators")
    parser.add_argument("--json", type=Path, default=None, help="write the figures there")
    options = parser.parse_args()
    everything = [name for name in qp.CATALOG if talib_call(name)]
    names = options.only or (everything if options.all else list(USUAL))
    rows, missed = measure_all(names, options.budget, options.rounds), []
    for use, target in (("series", 1.5), ("time-major", None), ("symbol-major", 0.6)):
        found = [row for row in rows if row["use"] == use]
        for row in found:
            limit = target or (0.8 if options.all else 0.35 if row["name"] in KEYED else 0.6)
            high = not row["parity"] or row["ratio"] > limit
            missed += [row] if high else []
            if not row["parity"]:
                print(f"{use:13s}{row['name']:14s} different: {row['mismatch']}")
                continue
            print(
                f"{use:13s}{row['name']:14s} {row['ratio']:6.2f}  ({row['low']:.2f}-{row['high']:.2f})  "
                f"noise {100 * row['noise']:.1f} %  parity {row['parity']}  target {limit}{'  MISSED' if high else ''}"
            )
        most = {"series": 0.95, "time-major": 0.25}.get(use) if options.all else {"series": 1.1}.get(use)
        median = float(np.median([row["ratio"] for row in found if row["parity"]]))
        high = most is not None and median > most
        missed += [{"use": use}] if high else []
        print(f"{use:13s}median {median:.2f}{f'  target {most}' if most else ''}{'  MISSED' if high else ''}\n")
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
