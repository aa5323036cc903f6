"""Motifs, warping and analogues: against their plain versions, and the matrix profile against stumpy.

``python -m benchmarks.similarity`` prints the ratios; with ``--stumpy`` also the time until the first matrix profile of
a process, in which stumpy compiles. asv tracks the ratios to the plain versions.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

import numpy as np

from benchmarks.peers import judged
from quantperf.patterns import optimisations_similarity
from quantperf.patterns.windows import neighbours_of, windows_of
from quantperf.performance import REGISTRY, check, collect, tol

NAMES = ("patterns.dtw", "patterns.matrix_profile", "patterns.analogues")
FIRST = """
import time
import numpy as np
from quantperf.patterns.windows import neighbours_of, windows_of
values = np.random.default_rng(0).standard_normal(3000)
begun = time.perf_counter()
neighbours_of(values, windows_of(values, 20), 20, 19, {engine!r})
print(f"{{time.perf_counter() - begun:.2f}}")
"""


def ratio(name: str, budget: float) -> dict[str, float]:
    """Return the time of the fast version as a part of that of the plain one."""
    optimisations_similarity.register()
    made = REGISTRY[name]
    args, kwargs = made.inputs[0].inputs()
    parity = check(made.baseline(*args, **kwargs), made.candidate(*args, **kwargs), made.tolerance)
    raw = collect(
        lambda: made.baseline(*args, **kwargs), lambda: made.candidate(*args, **kwargs), budget=budget, memory=False
    )
    return judged([raw], parity)


def stumpy_ratio(bars: int, window: int, budget: float) -> dict[str, float]:
    """Return the time of the kernel as a part of stumpy's, both warm."""
    values = np.random.default_rng(0).standard_normal(bars)

    def profile(engine: str) -> tuple[np.ndarray, np.ndarray]:
        found = neighbours_of(values, windows_of(values, window), window, window - 1, engine)
        return found.left, found.right

    parity = check(profile("stumpy"), profile("kernel"), tol(rtol=1e-6))
    raw = collect(lambda: profile("stumpy"), lambda: profile("kernel"), budget=budget, memory=False)
    return judged([raw], parity)


class Similarity:
    """Plain versions and kernels."""

    unit = "ratio"
    timeout = 120
    params = NAMES
    param_names = ("what",)

    def track_ratio(self, name: str) -> float:
        return ratio(name, 1.0)["ratio"]


def main() -> int:
    """Print the table of ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=2.0, help="seconds a pair (default 2)")
    parser.add_argument("--stumpy", action="store_true", help="compare with stumpy, which compiles for half a minute")
    options = parser.parse_args()
    rows = {name: ratio(name, options.budget) for name in NAMES}
    if options.stumpy:
        for bars in (1000, 3000, 10_000):
            rows[f"kernel / stumpy, {bars} bars"] = stumpy_ratio(bars, 20, options.budget)
    for name, row in rows.items():
        print(
            f"{name:28s} {row['ratio']:8.4f}  ({row['low']:.4f}-{row['high']:.4f})  "
            f"{row['peer_ns'] / 1e6:9.2f} -> {row['ours_ns'] / 1e6:8.3f} ms"
        )
    if options.stumpy:
        for engine in ("stumpy", "kernel"):
            code = FIRST.format(engine=engine)
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            print(f"first profile of a process, {engine}: {done.stdout.strip()} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
