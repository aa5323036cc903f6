"""Means of a window whose weights are fixed: kernels take numbers alone, so the weights are rows of the state."""

from __future__ import annotations

from quantperf.indicators.plan import FloatArray, Plan, unknown
from quantperf.kernels import filters as kernels


def weighted(weights: FloatArray) -> Plan:
    """Return the plan of a mean with these weights, the oldest bar's first."""
    window = len(weights)
    rows = tuple((float(weight), 1) for weight in weights / weights.sum())
    return Plan(kernels.weighted, (window,), (*rows, unknown(window - 1)))
