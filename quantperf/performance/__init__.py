"""Performance: measure, compare, and prove that a fast version equals its plain one before a ratio is shown."""

from quantperf.performance.cold import FirstCall, first_call
from quantperf.performance.compare import collect, compare, compare_calls
from quantperf.performance.digest import digest
from quantperf.performance.edges import EDGE_CASES
from quantperf.performance.judge import Comparison, RawComparison, Side, judge
from quantperf.performance.measure import Sample, measure
from quantperf.performance.optimisation import REGISTRY, Case, Optimisation, case, force, optimise
from quantperf.performance.parity import Mismatch, Parity, Tolerance, check, prove
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
