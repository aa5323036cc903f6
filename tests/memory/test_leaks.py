"""Leaks, clean functions and noisy ones are told apart; the slope is that of scipy."""

from __future__ import annotations

import gc
import itertools
import math
import mmap
import platform

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.errors import ParameterError
from quantperf.memory import cleaning as cleaning_module
from quantperf.memory import leak_check
from quantperf.memory import resident as resident_module
from quantperf.memory.leaks import growing_types, judge_leak, theil_sen


@given(st.lists(st.floats(-1e9, 1e9).map(lambda value: round(value, 1)), min_size=2, max_size=30))
def test_slope_and_interval_are_those_of_scipy(values):
    stats = pytest.importorskip("scipy.stats")
    if len(set(values)) == 1:
        return  # scipy's interval is that of a variance of zero; ours is (0, 0) too, see below
    wanted = stats.theilslopes(values, alpha=0.95)
    slope = theil_sen(values)
    assert (slope.value, slope.low, slope.high) == pytest.approx((wanted.slope, wanted.low_slope, wanted.high_slope))


def test_a_constant_has_no_slope():
    slope = theil_sen([5.0] * 12)
    assert (slope.value, slope.low, slope.high) == (0.0, 0.0, 0.0)


def test_unknown_values_leave_their_place():
    assert theil_sen([0.0, math.nan, 2.0, math.nan, 4.0]).value == 1.0
    assert math.isnan(theil_sen([math.nan, 1.0]).value)


def test_single_jumps_move_no_verdict():
    figures = np.full(16, 1e8)
    figures[[3, 9]] += 5e7
    assert judge_leak(figures).verdict == "clean"

    def defective(held):
        return "leak" if held[-1] > held[0] else "clean"

    figures[-1] += 1e6
    assert defective(figures) == "leak"
    assert judge_leak(figures).verdict == "clean"


def test_noise_is_not_decided():
    figures = 1e8 + np.random.default_rng(2).normal(0.0, 5e6, 12)
    found = judge_leak(figures)
    assert found.verdict == "cannot tell"
    assert found.slope.low < 16_384 < found.slope.high
    assert "more runs" in found.reason


@pytest.mark.parametrize("figures", [[math.nan] * 12, [1.0] * 11, [1.0] * 11 + [math.nan]])
def test_too_few_figures_are_not_decided(figures):
    assert judge_leak(figures).verdict == "cannot tell"


def test_objects_that_grow_while_memory_stands_still_are_not_clean():
    found = judge_leak([1e8] * 12, {"dict": 12})
    assert found.verdict == "cannot tell"
    assert "growing: dict +12" in repr(found)


def test_only_what_grows_in_every_stretch_grows():
    counts = [{"a": 1, "b": 1, "c": 1}, {"a": 9, "b": 20, "c": 1}, {"a": 15, "b": 20, "c": 99, "d": 6}]
    assert growing_types(counts, 12) == {"a": 14}
    assert growing_types(counts[:1], 12) == {}


def test_a_planted_leak_is_found_and_its_kind_named():
    class Bars:
        def __init__(self):
            self.block = np.ones(400_000)

    kept = []
    found = leak_check(lambda: kept.append(Bars()))
    assert found.verdict == "leak"
    assert found.slope.value == pytest.approx(3_200_000, rel=0.1)
    assert any(name.endswith("Bars") and count == 12 for name, count in found.growing.items())
    assert len(kept) == 15


def test_a_clean_function_is_clean():
    found = leak_check(lambda: np.ones(400_000).sum())
    assert found.verdict == "clean", found


def test_what_counting_objects_takes_is_not_told_of_the_function(monkeypatch):
    """Among millions of objects a clean function seemed to grow by 11 kB a run: the count half way left its traces."""
    held, count = 100_000_000, cleaning_module._counted

    def counted():
        nonlocal held
        held += 200_000
        return count()

    monkeypatch.setattr(cleaning_module, "_counted", counted)
    monkeypatch.setattr(cleaning_module, "unbacked", lambda: held)
    assert leak_check(lambda: None).verdict == "clean"


def test_a_noisy_function_is_not_called_a_leak():
    held, sizes = [], itertools.cycle([9, 31, 4, 22])

    def noisy():
        # Pages of its own, which the allocator neither keeps nor shares.
        size = next(sizes) * 1_000_000
        held.append(mmap.mmap(-1, size))
        held[-1].write(b"x" * size)
        if len(held) > 1:
            held.pop(0).close()

    found = leak_check(noisy)
    held.pop().close()
    assert found.verdict == "cannot tell", found


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives free pages back on request")
def test_a_leak_into_free_pages_of_the_heap_is_seen_in_full():
    """A heap that once was large takes new objects without growing: the free pages are given back before measuring."""
    small = [bytes(60_000) for _ in range(1000)]  # below the size from which blocks have pages of their own
    kept = [small[-1]]  # the end of the heap stays in use
    del small
    found = leak_check(lambda: kept.extend(bytes(50_000) for _ in range(20)))
    assert found.verdict == "leak", found
    assert found.slope.value == pytest.approx(1_000_000, rel=0.1)  # 228 000 where free pages are kept


@pytest.mark.skipif(platform.system() != "Linux", reason="counted page by page on Linux alone")
def test_what_is_measured_is_counted_and_not_the_sum_of_counters_that_lag(monkeypatch, tmp_path):
    """The kernel brings the resident size up to date in batches, so that some hundred kB may be missing."""
    gc.collect()
    gc.disable()  # what it gives back meanwhile would be counted too
    try:
        before = resident_module.unbacked()
        maps = [mmap.mmap(-1, 5 * mmap.PAGESIZE) for _ in range(40)]  # each less than a batch of 32 pages
        for each in maps:
            each.write(b"x" * len(each))
        after = resident_module.unbacked()
    finally:
        gc.enable()
    assert after - before == pytest.approx(200 * mmap.PAGESIZE, rel=0.1)
    for each in maps:
        each.close()
    monkeypatch.setattr(resident_module, "ROLLUP", tmp_path / "no_rollup")
    assert resident_module.unbacked() == pytest.approx(resident_module.resident(), rel=0.05)  # all it can know then


async def coroutine():
    pass


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"fn": coroutine}, "fn must be a function without arguments"),
        ({"fn": 5}, "fn must be a function without arguments"),
        ({"fn": int, "runs": 11}, "runs must be a whole number of at least 12, got 11"),
        ({"fn": int, "warmups": -1}, "warmups must be a whole number of at least 0, got -1"),
    ],
)
def test_what_cannot_be_checked_is_refused(arguments, message):
    with pytest.raises(ParameterError, match=message):
        leak_check(**arguments)


def test_growth_that_matters_is_no_negative_number():
    with pytest.raises(ParameterError, match="least_bytes must be at least 0"):
        judge_leak([1.0] * 12, least_bytes=-1.0)
