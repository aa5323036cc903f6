"""The statistics of comparisons, on tables and simulated blocks: no clock is read here."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantperf.errors import ParameterError
from quantperf.performance import statistics
from quantperf.performance.statistics import (
    interval,
    median_interval,
    noise_floor,
    resampled_medians,
    smallest_effect,
    verdict,
)

logs = st.floats(-3.0, 3.0, allow_nan=False)


@pytest.mark.parametrize(
    ("low", "high", "noise", "expected"),
    [
        (0.98, 1.02, 0.001, "equivalent"),
        (0.985, 0.995, 0.001, "equivalent"),  # a real 1 % is shown, not praised
        (0.90, 0.95, 0.02, "faster"),
        (1.05, 1.10, 0.02, "slower"),
        (0.90, 0.97, 0.05, "cannot tell"),  # within what the machine does to itself
        (1.04, 1.10, 0.05, "cannot tell"),
        (0.90, 1.10, 0.001, "cannot tell"),
        (0.10, 0.20, math.inf, "cannot tell"),
        (math.nan, math.nan, 0.001, "cannot tell"),
    ],
)
def test_a_verdict_follows_from_interval_noise_and_margin(low, high, noise, expected):
    assert verdict(low, high, noise) == expected


@given(low=st.floats(0.01, 100.0), width=st.floats(0.0, 10.0), noise=st.floats(0.0, 1.0))
def test_a_verdict_mirrors_when_the_sides_are_swapped(low, width, noise):
    high = low + width
    swapped = {"faster": "slower", "slower": "faster"}
    found = verdict(low, high, noise)
    edge = any(
        math.isclose(bound, limit, rel_tol=1e-12)
        for bound in (low, high)
        for limit in (1.03, 1 / 1.03, 1 + noise, 1 / (1 + noise))
    )
    assert edge or verdict(1.0 / high, 1.0 / low, noise) == swapped.get(found, found)


@given(blocks=st.lists(st.lists(logs, min_size=6, max_size=12), min_size=1, max_size=3), seed=st.integers(0, 9))
def test_an_interval_holds_only_ratios_that_were_seen(blocks, seed):
    found = interval(blocks, seed=seed)
    seen = [math.exp(value) for group in blocks for value in group]
    assert min(seen) * (1 - 1e-12) <= found.low <= found.high <= max(seen) * (1 + 1e-12)


def test_the_same_seed_gives_the_same_interval_and_another_one_another():
    blocks = [np.random.default_rng(3).normal(0.0, 0.1, 30).tolist()]
    assert interval(blocks, seed=1) == interval(blocks, seed=1)
    assert not np.array_equal(resampled_medians(blocks, seed=1), resampled_medians(blocks, seed=2))


def test_draws_in_small_portions_have_the_shape_of_the_whole(monkeypatch):
    blocks = [[0.0, 1.0, 2.0], [3.0]]
    monkeypatch.setattr(statistics, "_MOST_VALUES", 50)
    medians = resampled_medians(blocks, resamples=1_000)
    assert len(medians) == 1_000
    assert not np.isnan(medians).any()
    assert set(medians) >= {0.0, 3.0}


@pytest.mark.parametrize("count", range(6))
def test_below_six_blocks_there_are_no_bounds_and_no_verdict(count):
    found = interval([[0.5] * count])
    assert math.isnan(found.low)
    assert math.isnan(smallest_effect([[0.5] * count]))
    assert verdict(found.low, found.high, 0.0) == "cannot tell"


def test_noise_of_few_blocks_is_twice_the_largest_and_of_none_infinite():
    assert noise_floor([[-0.1, 0.05]]) == pytest.approx(math.expm1(0.2), rel=1e-12)
    assert noise_floor([[], []]) == math.inf


@pytest.mark.parametrize("planted", [0.8, 1.02, 1.2])
def test_a_planted_ratio_is_recovered(planted):
    rng = np.random.default_rng(11)
    blocks = [(math.log(planted) + rng.normal(0.0, 0.01, 60)).tolist() for _ in range(2)]
    found = interval(blocks)
    assert found.low <= planted <= found.high
    assert found.estimate == pytest.approx(planted, rel=0.01)  # 8 standard errors
    noise = noise_floor([rng.normal(0.0, 0.01, 30).tolist()])
    assert verdict(*found[1:], noise) == {0.8: "faster", 1.02: "equivalent", 1.2: "slower"}[planted]


@pytest.mark.parametrize(("processes", "most"), [(1, 0.99), (2, 0.999)])
def test_a_over_a_intervals_hold_one_at_about_their_level(processes, most, monkeypatch):
    # 300 draws of a true share of 95 % lie within 0.91 and 0.985 but once in a thousand; two processes are wider.
    monkeypatch.setattr(statistics, "RESAMPLES", 300)
    rng = np.random.default_rng(5)
    held = 0
    for seed in range(300):
        blocks = rng.standard_t(3, size=(processes, 30)) * 0.01
        found = interval(blocks.tolist(), seed=seed)
        held += found.low <= 1.0 <= found.high
    assert 0.91 <= held / 300 <= most


def test_a_over_a_is_hardly_ever_called_slower_or_faster():
    # Nominal is 2.5 % a side before the noise floor, which makes both rarer: 5 % of 200 is beyond three deviations.
    rng = np.random.default_rng(6)
    called = []
    for seed in range(200):
        calls = np.log(rng.lognormal(0.0, 0.25, size=(30, 4, 10)).mean(axis=2))
        blocks = [(calls[:, 2:].mean(axis=1) - calls[:, :2].mean(axis=1)).tolist()]
        control = rng.permutation(blocks[0]) * rng.choice([-1, 1], 30)
        found = interval(blocks, seed=seed)
        called.append(verdict(found.low, found.high, noise_floor([control.tolist()], seed=seed)))
    assert called.count("slower") <= 10
    assert called.count("faster") <= 10
    assert "different" not in called


def test_processes_that_disagree_widen_the_interval_over_both():
    rng = np.random.default_rng(7)
    groups = [(shift + rng.normal(0.0, 0.001, 40)).tolist() for shift in (0.0, 0.1)]
    found = interval(groups)
    assert found.low < 1.001
    assert found.high > math.exp(0.1) * 0.999


def test_the_smallest_effect_shrinks_with_the_number_of_blocks():
    rng = np.random.default_rng(8)
    few, many = ([rng.normal(0.0, 0.05, count).tolist()] for count in (10, 400))
    assert smallest_effect(many) < smallest_effect(few)


def test_the_interval_of_a_median_needs_six_values():
    assert math.isnan(median_interval([1.0, 2.0]).low)
    assert math.isnan(median_interval([]).estimate)
    found = median_interval(range(100))
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize("level", [0.0, 1.0, 95, math.nan])
def test_a_level_outside_zero_and_one_is_refused(level):
    with pytest.raises(ParameterError, match="level must lie between 0 and 1"):
        interval([[0.0] * 6], level=level)


def test_importing_performance_leaves_numba_alone():
    code = "import quantperf.performance, sys; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"]).returncode == 0
