"""Similarity as optimisations: the definitions written out are the baselines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from quantperf.kernels.similarity import distances_to
from quantperf.market.sample import sample
from quantperf.patterns.distance import FloatArray, dtw
from quantperf.patterns.windows import neighbours_of, windows_of
from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reference import similarity as plain

WINDOW = 20  # bars, as in the inputs below
WHY = "equal by tests/patterns"


def register() -> None:
    """Register warping, the matrix profile and the distances of analogues; all are enabled at once."""
    _declare("patterns.dtw", _plain_dtw, dtw, _two_months, rtol=0.0)
    _declare("patterns.matrix_profile", _plain_profile, _profile, lambda: (_closes(100),))
    _declare("patterns.analogues", _plain_distances, _distances, lambda: (_closes(1000), _closes(WINDOW)))


def _declare(
    name: str,
    baseline: Callable[..., Any],
    candidate: Callable[..., Any],
    inputs: Callable[[], Any],
    rtol: float = 1e-9,
) -> None:
    made = optimise(
        name,
        inputs=[case("IBM", inputs)],
        tol=Tolerance(rtol=rtol, atol=0.0 if rtol == 0.0 else 1e-6),  # atol: roots of what rounding leaves of 0
        tags={"pattern"},
    )(baseline)
    made.optimised(candidate)
    made.adopt(why=WHY)


def _closes(bars: int) -> FloatArray:
    return sample("IBM")["close"].to_numpy()[-bars:]


def _two_months() -> tuple[FloatArray, FloatArray]:
    return _closes(42), _closes(84)[:42]


def _numbers(values: Any) -> FloatArray:
    return np.array(values, dtype=np.float64)


def _plain_dtw(a: Any, b: Any) -> float:
    """Return the distance by dynamic time warping."""
    return plain.dtw(_numbers(a), _numbers(b))


def _plain_profile(values: Any) -> tuple[FloatArray, FloatArray]:
    """Return the distance of each window to its nearest earlier and to its nearest later one."""
    left, _, right, _ = plain.matrix_profile(_numbers(values), WINDOW, WINDOW - 1)
    return left, right


def _profile(values: Any) -> tuple[FloatArray, FloatArray]:
    """Return the same by the kernel."""
    numbers = _numbers(values)
    found = neighbours_of(numbers, windows_of(numbers, WINDOW), WINDOW, WINDOW - 1, "kernel")
    return found.left, found.right


def _plain_distances(values: Any, query: Any) -> FloatArray:
    """Return the distance of each window to a query."""
    return plain.distances(_numbers(values), _numbers(query))


def _distances(values: Any, query: Any) -> FloatArray:
    """Return the same by the kernel."""
    wanted = windows_of(_numbers(query), len(query))
    found = windows_of(_numbers(values), len(query))
    y = np.empty(len(found.z))
    distances_to(found.z, found.usable, wanted.z, y)
    return y
