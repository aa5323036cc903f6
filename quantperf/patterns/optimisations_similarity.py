"""Similarity as optimisations: the definitions written out are the baselines."""

from __future__ import annotations

import numpy as np

from quantperf.market.sample import sample
from quantperf.patterns.distance import FloatArray, dtw
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reference import similarity as plain


def register() -> None:
    """Register dynamic time warping, which is enabled at once: both add the same numbers in the same order."""

    def two_months() -> tuple[FloatArray, FloatArray]:
        closes = sample("IBM")["close"].to_numpy()
        return closes[-42:], closes[-84:-42]

    declare = optimise(
        "patterns.dtw", inputs=[case("IBM, two months", two_months)], tol=Tolerance(rtol=0.0), tags={"pattern"}
    )

    def baseline(a: FloatArray, b: FloatArray) -> float:
        return plain.dtw(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))

    made = declare(baseline)
    made.optimised(dtw)
    made.adopt(why="equal by tests/patterns/test_distance.py")
