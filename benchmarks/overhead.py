"""What a call costs beyond its kernel, and what starting costs: ``python benchmarks/overhead.py``.

Targets: 8 us beyond the kernel for an array of 2,520 bars; 0.15 s of import beyond pandas'; 1 s for the first call of
ten indicators with a warm kernel cache, and 60 ms for the first call of any one.
"""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np

import quantperf as qp
from quantperf.performance import first_call, measure

BARS = 2_520
TEN = ("sma", "ema", "wma", "rsi", "macd", "bbands", "stddev", "roc", "highest", "lowest")


def beyond_kernel(name: str) -> tuple[float, float]:
    """Return microseconds of the call and of its bare kernel with outputs and state at hand."""
    entry = qp.CATALOG[name]
    panel = qp.synthetic(symbols=1, bars=BARS, seed=5)
    columns = [np.ascontiguousarray(panel.block(column)[:, 0]) for column in entry.columns]
    call = entry.resolve()
    blocks = [column.reshape(-1, 1) for column in columns]
    for block in blocks:
        block.setflags(write=False)
    start, state = call.start(1), call.start(1)
    shape = (BARS, 1) if entry.returns is None else (len(entry.outputs), BARS, 1)
    y = np.empty(shape, dtype=entry.dtype)

    def kernel() -> None:
        np.copyto(state, start)
        call.plan.kernel(state, *blocks, *call.plan.params, y)

    whole = measure(entry, *columns, budget=0.3, memory=False).median_ns / 1e3
    bare = measure(kernel, budget=0.3, memory=False).median_ns / 1e3
    return whole, bare


EACH = """
import json, time
import numpy as np, quantperf as qp
bars = qp.sample("IBM").iloc[-300:]
from quantperf.market.columns import columns_of
qp.sma(bars["close"].to_numpy())
found = {}
for name, entry in qp.CATALOG.items():
    columns = [np.ascontiguousarray(column) for column in columns_of(bars, entry.columns).values()]
    began = time.perf_counter()
    entry(*columns)
    found[name] = time.perf_counter() - began
print(json.dumps(found))
"""


def first_of_each() -> dict[str, float]:
    """Return seconds of the first call of each indicator in one process, from a filled kernel cache; best of three."""
    runs = [subprocess.run([sys.executable, "-c", EACH], capture_output=True, text=True, check=True) for _ in range(3)]
    found = [json.loads(run.stdout) for run in runs]
    return {name: min(run[name] for run in found) for name in found[0]}


def main() -> int:
    """Print the table; return 1 if a target is missed."""
    missed = 0
    for name in sorted(qp.CATALOG):
        whole, bare = beyond_kernel(name)
        missed += whole - bare > 8.0
        print(f"{name:14s} call {whole:6.1f} us  kernel {bare:6.1f} us  beyond {whole - bare:5.1f} us")
    pandas = min(first_call("import pandas\npandas.isna(1)").import_seconds for _ in range(5))
    ours = min(first_call("import pandas, quantperf\nquantperf.__version__.upper()").import_seconds for _ in range(5))
    code = f"import numpy as np, quantperf as qp\nx = np.arange(500.0)\n[qp.CATALOG[name](x) for name in {TEN}]"
    ten = min(first_call(code).call_seconds for _ in range(3))
    print(f"import quantperf beyond pandas {ours - pandas:.3f} s (target 0.15)")
    print(f"first call of ten indicators, numba's import included, warm cache {ten:.2f} s (target 1)")
    each = first_of_each()
    slowest = sorted(each, key=lambda name: -each[name])[:5]
    said = ", ".join(f"{name} {1e3 * each[name]:.0f}" for name in slowest)
    late = sum(seconds > 0.06 for seconds in each.values())
    middle = 1e3 * np.median(list(each.values()))
    print(f"first call of each, warm cache: median {middle:.0f} ms, slowest {said} (target 60)")
    return 1 if missed or ours - pandas > 0.15 or ten > 1.0 or late else 0


if __name__ == "__main__":
    sys.exit(main())
