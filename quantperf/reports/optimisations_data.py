"""Memory and data as optimisations: what is uncached, wide or row by row is the baseline."""

from __future__ import annotations

from quantperf.performance.optimisation import case, optimise
from quantperf.performance.parity import Tolerance
from quantperf.reports.frame_pair import held, totals_of_narrow, totals_of_objects

__all__ = ["register"]


def register() -> None:
    """Register the pairs."""
    inputs = [case("bars built from rows", held, size=20, seed=0)]
    frames = optimise("memory.frames", inputs=inputs, tol=Tolerance(rtol=0.0), tags={"memory"})(totals_of_objects)
    frames.optimised(totals_of_narrow)
    frames.adopt(why="equal by the tests of frames")
