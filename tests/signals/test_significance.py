"""The statistics against published figures, plain loops and simulations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.reference import study as reference
from quantperf.signals.resampling import block_deviations, block_intervals
from quantperf.signals.significance import (
    automatic_block_length,
    benjamini_hochberg,
    benjamini_yekutieli,
    block_bootstrap,
    excess_returns,
    permutation_p,
    placed,
    placements,
    shift_null,
    wilson,
)

BOUND = 4.5  # standard deviations of a binomial: 7 in a million, if the statistics are right


def too_many(hits: int, trials: int, rate: float) -> bool:
    return hits > trials * rate + BOUND * math.sqrt(trials * rate * (1.0 - rate)) + 0.5


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_figures_of_newcombe_1998(hits: int, trials: int, low: float, high: float) -> None:
    assert np.allclose(wilson(hits, trials), (low, high), atol=6e-5)


def test_wilson_takes_arrays_effective_trials_and_no_trials() -> None:
    low, high = wilson([0, 5, 2.5], [0, 10, 5.0])
    assert np.isnan([low[0], high[0]]).all()
    assert high[2] - low[2] > high[1] - low[1]
    assert low[1] + high[1] == pytest.approx(1.0)
    with pytest.raises(qp.ParameterError, match="from 0 to trials"):
        wilson(3, 2)
    with pytest.raises(qp.ParameterError, match="confidence must lie between 0 and 1, got 95"):
        wilson(1, 2, confidence=95)


PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0
]  # fmt: skip


def test_benjamini_and_hochberg_reject_the_four_hypotheses_of_their_paper() -> None:
    assert (benjamini_hochberg(PUBLISHED) <= 0.05).sum() == 4
    assert (benjamini_yekutieli(PUBLISHED) <= 0.05).sum() == 3
    assert (benjamini_hochberg(PUBLISHED[::-1]) == benjamini_hochberg(PUBLISHED)[::-1]).all()


@given(st.lists(st.one_of(st.sampled_from([0.0, 0.01, 0.05, 1.0]), st.floats(0.0, 1.0)), max_size=30))
def test_adjusted_values_reject_what_the_step_up_rule_rejects(p: list[float]) -> None:
    adjusted = benjamini_hochberg([*p, math.nan])
    assert math.isnan(adjusted[-1])
    for level in (0.01, 0.05, 0.2):
        ranks = [k for k, value in enumerate(sorted(p), 1) if value <= level * k / len(p)]
        cut = sorted(p)[max(ranks) - 1] if ranks else -1.0
        clear = np.abs(adjusted[:-1] - level) > 1e-9
        assert ((adjusted[:-1] <= level) == (np.array(p) <= cut))[clear].all()
    with pytest.raises(qp.ParameterError, match="from 0 to 1"):
        benjamini_hochberg([1.5])


def test_the_share_of_permutations_counts_the_data_themselves() -> None:
    null = [-2.0, -1.0, 0.0, 1.0]
    assert permutation_p(1.0, null, "greater") == 2 / 5
    assert permutation_p(1.0, null, "less") == 1.0
    assert permutation_p(-2.0, null, middle=0.0) == 2 / 5
    assert permutation_p(9.0, [*null, math.nan]) == 1 / 5
    assert math.isnan(permutation_p(math.nan, null))
    assert math.isnan(permutation_p(1.0, [math.nan]))
    with pytest.raises(qp.ParameterError, match="sides must be one of"):
        permutation_p(1.0, null, "both")  # type: ignore[arg-type]


def test_the_block_length_of_an_autoregression_is_near_the_best_one() -> None:
    bars, weight = 8000, 0.5
    best = (1.5 * (2.0 * weight / (1.0 - weight**2)) ** 2) ** (1 / 3) * bars ** (1 / 3)  # Politis and White, section 3
    found = []
    for seed in range(20):
        series = np.random.default_rng(seed).standard_normal(bars)
        for t in range(1, bars):
            series[t] += weight * series[t - 1]
        found.append(automatic_block_length(series))
    assert np.median(found) == pytest.approx(best, rel=0.25)
    assert automatic_block_length(np.ones(50)) == 1.0
    assert automatic_block_length(np.diff(np.random.default_rng(1).standard_normal(500))) >= 1.0
    with pytest.raises(qp.DataError, match="one finite number a bar"):
        automatic_block_length([1.0, np.nan])


def drawn(bars: int, block: int, draws: int, seed: int) -> list[np.ndarray]:
    starts = np.random.default_rng(seed).integers(bars, size=(draws, -(-bars // block)))
    return [np.concatenate([(start + np.arange(block)) % bars for start in row]) for row in starts]


def test_intervals_equal_those_of_series_that_are_drawn_one_by_one() -> None:
    random = np.random.default_rng(3)
    bars, block, draws = 90, 4, 60
    counts = random.poisson(0.7, size=bars).astype(float)
    sums = counts * random.standard_normal(bars)
    base = random.standard_normal(bars)
    base -= base.mean()
    mean, low, high = block_intervals(sums[:, None], counts[:, None], base[:, None], block=block, draws=draws, seed=5)
    estimate = sums.sum() / counts.sum()
    error = block_deviations(sums[:, None], counts[:, None], base[:, None], block=block)[0]
    t = []
    for picked in drawn(bars, block, draws, 5):
        s, n, g = (part[picked].reshape(-1, block).sum(axis=1) for part in (sums, counts, base))
        ratio, below = s.sum() / n.sum(), g.sum() / len(picked)
        errors = (s - ratio * n) / n.sum() - (g - g.mean()) / len(picked)
        t.append((ratio - below - estimate) / math.sqrt((errors**2).sum()))
    upper, lower = np.quantile(t, [0.025, 0.975])
    assert mean[0] == pytest.approx(estimate)
    assert (low[0], high[0]) == pytest.approx((estimate - lower * error, estimate - upper * error))


def test_intervals_of_series_that_depend_on_their_past_hold_the_mean_as_often_as_they_say() -> None:
    trials, held, naive = 200, 0, 0
    for seed in range(trials):
        noise = np.random.default_rng(seed).standard_normal(629)
        series = np.convolve(noise, np.ones(30), "valid")
        found = block_bootstrap(series, draws=199, seed=seed)
        held += found.low <= 0.0 <= found.high
        naive += abs(series.mean()) < 1.96 * series.std() / math.sqrt(len(series))
    assert not too_many(trials - held, trials, 0.05 + 0.05)  # 600 bars are 20 independent values: 5 % more may miss
    assert not too_many(held, trials, 0.95)
    assert naive < trials / 2


def test_a_bootstrap_of_any_statistic_keeps_columns_together() -> None:
    random = np.random.default_rng(0)
    x = random.standard_normal(400)
    table = np.stack([x, x + 0.5 * random.standard_normal(400)], axis=1)
    found = block_bootstrap(table, lambda drawn: float(np.corrcoef(drawn.T)[0, 1]), block=5, draws=200)
    assert found.low < found.estimate < found.high < 1.0
    assert found.low > 0.8
    assert math.isnan(block_bootstrap(table[:20], block=5).low)
    with pytest.raises(qp.ParameterError, match="block must be a whole number of at least 1, got 0"):
        block_bootstrap(x, block=0)
    with pytest.raises(qp.DataError, match="shape"):
        block_bootstrap([])


def test_a_column_without_values_is_no_value() -> None:
    table = np.full((60, 2), np.nan)
    table[:, 0] = np.arange(60.0) % 3.0
    assert block_bootstrap(table, block=3).estimate == 1.0
    assert math.isnan(block_bootstrap(table[:, 1], block=3).estimate)


@pytest.mark.parametrize(("bars", "blocks"), [(2520, 20), (101, 7), (6, 6), (50, 2)])
def test_placements_keep_every_bar_once_and_most_neighbours(bars: int, blocks: int) -> None:
    places = placements(bars, blocks=blocks, draws=50, seed=1)
    assert (places[0] == np.arange(bars)).all()
    assert (np.sort(places, axis=1) == np.arange(bars)).all()
    broken = ((np.roll(places, -1, axis=1) - places) % bars != 1).sum(axis=1)
    assert (broken <= blocks).all()
    assert (places == reference.placements(bars, blocks, 50, 1)).all()
    with pytest.raises(qp.ParameterError, match="no more than the 5 bars"):
        placements(5, blocks=6)


@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(1, 3), st.booleans())
def test_the_kernel_of_placements_equals_the_plain_loop(seed: int, bars: int, lanes: int, ticks: bool) -> None:
    random = np.random.default_rng(seed)
    values = random.standard_normal((bars, lanes))
    values = np.round(values) if ticks else values
    values[random.random(values.shape) < 0.2] = np.nan
    events = int(random.integers(0, 12))
    bar, lane = random.integers(bars, size=events), random.integers(lanes, size=events)
    sign = random.choice([-1.0, 1.0], size=events)
    places = placements(bars, blocks=2, draws=5, seed=seed)
    span = int(random.integers(1, bars))
    values.setflags(write=False)
    found = placed(bar, lane, sign, values, places, span)
    means, t = reference.placed_means(bar, lane, sign, values, places, span)
    np.testing.assert_allclose(found[0], means, rtol=1e-12, atol=1e-14)
    sound = ~((np.abs(t) > 1e6) | (np.abs(means) < 1e-12))  # a ratio of rounding errors is no number to compare
    np.testing.assert_allclose(found[1][sound], t[sound], rtol=1e-7, atol=1e-12)


@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 40))
def test_excess_returns_equal_the_plain_loop(seed: int, bars: int, before: int) -> None:
    random = np.random.default_rng(seed)
    returns = random.standard_normal((bars, 2))
    returns[random.random(returns.shape) < 0.3] = np.nan
    wanted = np.stack([reference.excess_returns(returns[:, j], before) for j in range(2)], axis=1)
    np.testing.assert_allclose(excess_returns(returns, before), wanted, rtol=1e-9, atol=1e-12)


def test_a_shifted_effect_is_found_and_its_side_is_told() -> None:
    random = np.random.default_rng(2)
    events = (random.random((800, 3)) < 0.03).astype(int) * random.choice([-1, 1], size=(800, 3))
    returns = random.standard_normal((800, 3)) + 0.8 * events
    found = shift_null(events, returns, draws=199)
    assert found.p == 1 / 200
    assert found.t > 3.0
    assert found.mean == pytest.approx(0.8, abs=0.3)
    assert shift_null(events, returns, draws=199, sides="less").p == 1.0
    assert shift_null(-events, returns, draws=199).mean == pytest.approx(-found.mean)


def test_without_events_or_returns_there_is_no_p_value() -> None:
    nothing = shift_null(np.zeros(100), np.ones(100))
    assert math.isnan(nothing.p)
    assert math.isnan(shift_null(np.ones(100), np.full(100, np.nan)).p)
    with pytest.raises(qp.DataError, match="one shape"):
        shift_null(np.ones(3), np.ones(4))
    with pytest.raises(qp.ParameterError, match="span must be less than the 100 bars"):
        shift_null(np.ones(100), np.ones(100), span=100)


def test_events_that_come_when_returns_are_large_are_not_found_by_that_alone() -> None:
    trials, hits = 150, 0
    for seed in range(trials):
        random = np.random.default_rng(seed)
        loud = np.repeat(random.random(50) < 0.25, 20)
        returns = random.standard_normal(1000) * np.where(loud, 4.0, 1.0)
        hits += shift_null(loud & (random.random(1000) < 0.3), returns, draws=199, seed=seed).p <= 0.05
    assert not too_many(hits, trials, 0.05)
