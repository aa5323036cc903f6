"""The stopwatch: what a sample holds. No test expects a certain time."""

import json
import math

import numpy as np
import pytest

from quantperf.errors import MeasurementError, ParameterError
from quantperf.performance import measure
from quantperf.performance.measure import Sample, is_nothing, peak_bytes


def sample(ns, loops=1):
    return Sample("made", np.array(ns, dtype=np.int64), loops, 0, 0, 0, None, None, None, None, None, {})


def test_a_sample_keeps_raw_batches_and_their_surroundings():
    found = measure(sorted, list(range(2_000)), budget=0.02, items=2_000)
    assert found.n >= 1
    assert found.ns.dtype == np.int64
    assert found.loops >= 1
    assert not found.ns.flags.writeable
    assert found.peak_bytes >= 16_000
    assert found.cpu_ns > 0
    assert found.first_ns > 0
    assert found.inputs is not None
    assert found.result is not None
    assert {"python", "numpy", "pandas", "cpus", "threads", "platform"} <= found.environment.keys()


def test_a_sample_goes_through_json():
    found = measure(sorted, list(range(2_000)), budget=0.01, memory=False)
    record = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert record["ns"] == found.ns.tolist()
    assert record["peak_bytes"] is None


def test_equal_inputs_and_results_have_equal_digests():
    first, second = (measure(np.sort, np.arange(2_000.0), budget=0.005, memory=False) for _ in range(2))
    assert (first.inputs, first.result) == (second.inputs, second.result)


def test_statistics_are_those_of_one_call():
    found = sample([100, 200, 300, 400, 500, 600], loops=10)
    assert found.median_ns == 35.0
    assert found.p95 == 57.5
    assert found.p99 == 59.5
    assert found.log_sd == pytest.approx(np.log(found.ns).std(ddof=1), rel=1e-12)
    assert math.isnan(sample([100]).log_sd)


@pytest.mark.parametrize(
    ("ns", "expected"),
    [
        ([2_000] * 6, "Sample(made: 2 us a call [2 us, 2 us], 6 batches of 1)"),
        ([2_000], "Sample(made: 2 us a call, 1 batch of 1)"),
    ],
)
def test_a_sample_shows_itself_in_one_line(ns, expected):
    assert repr(sample(ns)) == expected


def test_fresh_arguments_are_given_to_every_call():
    given = []

    def fresh():
        given.append([3, 1, 2] * 200)
        return (given[-1],)

    seen = []

    def consume(values):
        assert len(values) == 600
        seen.append(id(values))
        values.clear()
        return sum(range(2_000))

    found = measure(consume, fresh=fresh, budget=0.01)
    assert found.n >= 1
    assert len(given) == len(seen)


def test_a_block_is_one_batch():
    with measure("work", items=3) as block:
        total = sum(i * i for i in range(20_000))
    assert total > 0
    assert (block.sample.n, block.sample.loops, block.sample.items, block.sample.label) == (1, 1, 3, "work")
    assert block.sample.ns[0] > 0


def test_a_block_has_no_sample_before_its_end_or_after_an_exception():
    block = measure("work")
    with pytest.raises(MeasurementError, match="must end before"):
        _ = block.sample
    with pytest.raises(ZeroDivisionError), block:
        _ = 1 / 0
    with pytest.raises(MeasurementError, match="must end before"):
        _ = block.sample


def test_garbage_collections_are_counted():
    import gc

    found = measure(gc.collect, budget=0.01, memory=False)
    assert found.gc_runs >= found.n
    assert 0 < found.gc_pause_ns <= found.ns.sum()
    assert not [call for call in gc.callbacks if "_Collections" in repr(call)]


@pytest.mark.parametrize(("ns", "floor", "nothing"), [(30.0, 30.0, True), (35.0, 30.0, True), (60.0, 30.0, False)])
def test_what_is_as_quick_as_nothing_is_nothing(ns, floor, nothing):
    assert is_nothing(ns, floor) is nothing


def test_an_empty_function_is_refused(monkeypatch):
    import sys

    monkeypatch.setattr(sys.modules["quantperf.performance.measure"], "_empty_call_ns", lambda: 1e9)
    with pytest.raises(MeasurementError, match="sorted must take longer than doing nothing"):
        measure(sorted, [1], budget=0.001)


@pytest.mark.parametrize("budget", [0, -1.0, math.nan, math.inf, True, "1"])
def test_a_budget_must_be_seconds(budget):
    with pytest.raises(ParameterError, match="budget must be"):
        measure(sorted, [1], budget=budget)


@pytest.mark.parametrize(
    "call",
    [
        lambda: measure(3),
        lambda: measure(sorted, [1], items=0),
        lambda: measure("block", 1),
        lambda: measure(sorted, [1], fresh=lambda: ([1],)),
    ],
)
def test_arguments_that_make_no_sense_are_refused(call):
    with pytest.raises(ParameterError, match="must"):
        call()


def test_peak_memory_sees_arrays_and_leaves_tracing_as_it_was():
    import tracemalloc

    assert 8_000_000 <= peak_bytes(lambda: np.ones(1_000_000)) < 8_100_000
    assert not tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        assert peak_bytes(lambda: np.ones(1_000)) >= 8_000
        assert tracemalloc.is_tracing()
    finally:
        tracemalloc.stop()
