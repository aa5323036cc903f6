"""Performance: measure, compare, and prove that a fast version equals its plain one before a ratio is shown."""

from quantperf.performance.compare import Comparison, RawComparison, Side, collect, compare, compare_calls, judge
from quantperf.performance.measure import FirstCall, Sample, first_call, measure
from quantperf.performance.optimisation import EDGE_CASES, REGISTRY, Case, Optimisation, case, force, optimise
from quantperf.performance.parity import Mismatch, Parity, Tolerance, check, digest, prove
from quantperf.performance.parity import Tolerance as tol
from quantperf.performance.statistics import Interval, Verdict

__all__ = [
    "EDGE_CASES",
    "REGISTRY",
    "Case",
    "Comparison",
    "FirstCall",
    "Interval",
    "Mismatch",
    "Optimisation",
    "Parity",
    "RawComparison",
    "Sample",
    "Side",
    "Tolerance",
    "Verdict",
    "case",
    "check",
    "collect",
    "compare",
    "compare_calls",
    "digest",
    "first_call",
    "force",
    "judge",
    "measure",
    "optimise",
    "prove",
    "tol",
]
