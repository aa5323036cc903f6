"""What narrowing saves, and what it costs: frames whose strings are objects, and those with the strings of pandas 3.

``python -m benchmarks.frames`` prints bytes before and after, the share saved, and the time of narrowing and restoring,
and what the memory monitor adds to a call.
It fails where lossless saves less than is promised on frames with object strings, or where a value does not come back.
Bytes count each distinct object once. A row of a driver has strings of its own, so these frames have too.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

from quantperf.memory import optimize_memory, restore_memory
from quantperf.memory.monitor import MemoryMonitor
from quantperf.memory.narrowing import identical
from quantperf.memory.resident import kernel_gauge, psutil_gauge
from quantperf.memory.watch import Watch
from quantperf.reports.frame_pair import rows_of_bars

PROMISED = 0.35  # of a frame with object strings
ROUNDS = 5
SYMBOLS, BARS, SNAPSHOTS = 100, 2_520, 5_000


def snapshot_like(rows: int = SNAPSHOTS) -> pd.DataFrame:
    """Return a table of the latest of many symbols: eight columns of strings, fourteen of numbers."""
    draw = np.random.default_rng(1)
    words = {"source": 2, "exchange": 5, "currency": 4, "sector": 11, "country": 20, "category": 4, "status": 3}
    columns: dict[str, object] = {"symbol": own([f"SYM{place:05d}" for place in range(rows)])}
    for name, many in words.items():
        columns[name] = own([f"{name} {number}" for number in draw.integers(0, many, rows)])
    for place in range(6):
        columns[f"price_{place}"] = np.round(draw.lognormal(4, 1, rows), 2)
    for place in range(4):
        columns[f"count_{place}"] = draw.integers(0, 50_000_000, rows)
    for place in range(4):
        columns[f"ratio_{place}"] = draw.normal(0, 1, rows)
    return pd.DataFrame(columns)


def own(values: list[str]) -> pd.Series[str]:
    return pd.Series(["".join(list(each)) for each in values], dtype=object)


def same(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    pairs = [(one.iloc[:, place], other.iloc[:, place]) for place in range(one.shape[1])]
    return one.index.identical(other.index) and all(identical(*pair) for pair in pairs)


def seconds(call) -> tuple[float, float, float]:
    """Return median, least and most of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken)), min(taken), max(taken)


def print_cost_of_watching(calls: int = 300) -> None:
    """Print what `memory_monitor` adds to a call that does nothing."""
    for gauge in (kernel_gauge(), psutil_gauge()):
        if gauge is None:
            print("monitor, kernel: not permitted here")
            continue
        work = MemoryMonitor(Watch(gauge))(lambda: None)
        rounds = [each / calls * 1e6 for each in seconds(lambda work=work: [work() for _ in range(calls)])]
        print(f"monitor, {gauge.method:8}: {rounds[0]:.0f} us a call ({rounds[1]:.0f}-{rounds[2]:.0f})")


def main() -> int:
    """Print the table; return 1 where a promise is missed."""
    long = rows_of_bars(SYMBOLS, BARS)
    one = long[long["symbol"] == long["symbol"].iloc[0]].set_index("date").drop(columns="symbol")
    frames = {f"long OHLCV, {SYMBOLS} x {BARS}": long, "snapshot, 22 columns": snapshot_like(), "one symbol": one}
    bad = []
    print(
        f"{'frame':24} {'strings':9} {'mode':9} {'MB':>7} {'to MB':>7} {'saved':>7}   narrow ms (range)    restore ms"
    )
    for name, objects in frames.items():
        texts = objects.select_dtypes(object).columns
        kinds = (
            {"object": objects, "pandas 3": objects.astype(dict.fromkeys(texts, "str"))}
            if len(texts)
            else {"none": objects}
        )
        for kind, frame in kinds.items():
            for mode in ("lossless", "decimal"):
                small, report = optimize_memory(frame, mode)
                median, least, most = seconds(lambda frame=frame, mode=mode: optimize_memory(frame, mode))
                back, *_ = seconds(lambda small=small, report=report: restore_memory(small, report))
                print(
                    f"{name:24} {kind:9} {mode:9} {report.bytes_before / 1e6:7.2f} {report.bytes_after / 1e6:7.2f} "
                    f"{report.saved:7.1%}   {median * 1e3:5.1f} ({least * 1e3:.1f}-{most * 1e3:.1f}) {back * 1e3:12.1f}"
                )
                if not (report.exact and same(restore_memory(small, report), frame)):
                    bad.append(f"{name}, {kind}, {mode}: a value did not come back")
                if kind == "object" and report.saved < PROMISED:
                    bad.append(f"{name}, {mode}: saved {report.saved:.1%}, promised {PROMISED:.0%}")
    print_cost_of_watching()
    print("\n".join(bad) if bad else f"every value came back; object strings saved at least {PROMISED:.0%}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
