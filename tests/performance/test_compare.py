"""Comparisons of functions: verdicts on large differences; other times are asked for their shape alone."""

import json
import math
import operator

import numpy as np
import pytest

from quantperf.errors import ParameterError
from quantperf.performance import collect, compare, compare_calls
from quantperf.performance.compare import MOST_BLOCKS, _equal_walls, address, resolve
from quantperf.performance.parity import Tolerance, check

EQUAL = check(1.0, 1.0)
X = np.arange(20_000.0)


def plain_sum(values):
    total = 0.0
    for value in values.tolist():
        total += value
    return total


def fast_sum(values):
    return float(values.sum())


def test_both_sides_run_as_long_where_time_allows_and_the_fast_one_shorter_where_not():
    target, share = 1e5, 1e9
    assert _equal_walls([(1, 1e6), (1_000, 1e3)], target, share) == (1, 1_000)
    assert _equal_walls([(1, 1e8), (100, 1e3)], target, share) == (1, 100)


def test_collecting_keeps_the_order_of_runs_and_repeats_it_with_the_seed():
    first, second = (collect(lambda: plain_sum(X), lambda: fast_sum(X), budget=0.05, seed=4) for _ in range(2))
    count = min(len(first.orders), len(second.orders))
    assert 1 <= count <= MOST_BLOCKS
    assert set(first.orders) <= {"ABBA", "BAAB"}
    assert len(first.control_orders) == len(first.control[0].ns)
    assert len(first.orders) == len(first.before.ns) == len(first.after.ns)
    assert first.after.loops > first.before.loops
    shared = min(len(first.control_orders), len(second.control_orders))
    assert first.control_orders[:shared] == second.control_orders[:shared]
    assert first.environment.keys() >= {"python", "threads"}


def test_a_call_far_beyond_the_budget_is_still_run_in_one_block():
    calls = []
    found = compare_calls(
        lambda: calls.append(sum(range(300_000))),
        lambda: None,
        parity=EQUAL,
        budget=1e-4,
        memory=False,
    )
    assert found.verdict == "cannot tell"
    assert found.blocks == 1
    assert len(calls) == 1 + 1 + 2  # warm-up, pilot, one block


def test_a_loop_in_python_is_slower_than_numpy():
    found = compare(plain_sum, fast_sum, np.arange(200_000.0), budget=0.5)
    assert found.parity.equal
    assert found.ratio < 0.5  # about 0.01
    assert found.labels == ("plain_sum", "fast_sum")
    assert found.before.cpu_seconds > found.after.cpu_seconds
    assert found.before.peak_bytes > found.after.peak_bytes


def test_a_function_beside_itself_gives_a_whole_comparison():
    found = compare(fast_sum, fast_sum, X, budget=0.1, memory=False)
    assert found.parity.equal
    assert found.verdict != "different"
    assert found.labels == ("before", "after")
    assert found.after.peak_bytes is None
    json.dumps(found.to_dict(), allow_nan=False)


def test_other_results_are_different_and_nothing_is_timed():
    calls = []
    found = compare(fast_sum, lambda values: calls.append(1) or 0.0, X)
    assert (found.verdict, found.ratio, len(calls)) == ("different", None, 1)


def test_the_tolerance_decides_what_is_different():
    def nearly(values):
        return fast_sum(values) * (1 + 1e-6)

    assert compare(fast_sum, nearly, X, budget=0.02).verdict == "different"
    assert compare(fast_sum, nearly, X, budget=0.02, tolerance=Tolerance(1e-5)).verdict != "different"


def test_a_candidate_that_sorts_its_input_is_different():
    def sorts(values):
        values.sort()
        return values.copy()

    found = compare(np.sort, sorts, X[::-1].copy())
    assert found.verdict == "different"
    assert found.parity.mismatch.reason == "after changed its input"


def test_fresh_processes_run_importable_functions():
    found = compare(sum, math.fsum, [1.0] * 1_000, budget=0.2, processes=2, memory=False)
    assert (found.parity.equal, found.processes, len(found.raw)) == (True, 2, 2)
    assert [raw.seed for raw in found.raw] == [0, 1]


@pytest.mark.parametrize("work", [lambda values: values, operator.itemgetter(0), X.sum])
def test_fresh_processes_need_importable_functions(work):
    with pytest.raises(ParameterError, match="must be importable from a module"):
        compare(work, work, X, processes=2)


def test_an_address_leads_back_to_its_function():
    assert resolve(address(math.fsum)) is math.fsum


@pytest.mark.parametrize("options", [{"budget": 0}, {"processes": 0}, {"processes": True}])
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(ParameterError, match="must be"):
        compare(fast_sum, fast_sum, X, **options)
