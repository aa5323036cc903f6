"""Studies by hand: what the definitions give where it can be worked out on paper, and what one says of another."""

from __future__ import annotations

import math

import numpy as np
import pytest

import quantperf as qp
from quantperf.reference import events, filters, gauges, pressure, studies, trails

NAN = float("nan")


def test_the_weights_of_alma_are_those_of_its_formula() -> None:
    # A window of 2 with sigma 2 has deviation 1, and offset 1 puts the middle on the newest bar.
    old = math.exp(-0.5)
    assert filters.alma(np.array([0.0, 1.0]), window=2, offset=1.0, sigma=2.0)[1] == pytest.approx(1.0 / (1.0 + old))


def test_the_super_smoother_leaves_a_level_and_takes_out_the_shortest_wave() -> None:
    wave = 10.0 + np.tile([1.0, -1.0], 100)  # each pair of neighbours has the mean 10
    assert filters.ssf(np.full(50, 7.0), window=10)[-1] == pytest.approx(7.0)
    assert filters.ssf(wave, window=10)[-1] == pytest.approx(10.0, abs=1e-9)


def test_the_squeeze_is_on_where_one_pair_of_bands_lies_within_the_other() -> None:
    bars = qp.sample("IBM")
    high, low, close = (bars[name].to_numpy() for name in ("high", "low", "close"))
    inner = qp.bbands(close, 20, 2.0, 2.0)
    middle, reach = qp.sma(close, 20), 1.5 * qp.sma(qp.trange(high, low, close), 20)
    within = (inner.upper < middle + reach) & (inner.lower > middle - reach)
    found = studies.squeeze(high, low, close)[1]
    assert 0.05 < np.nanmean(found) < 0.95
    np.testing.assert_array_equal(found[20:], within[20:])


def test_the_cloud_over_a_bar_was_known_a_displacement_before() -> None:
    bars = qp.sample("IBM")
    lines = studies.ichimoku(bars["high"].to_numpy(), bars["low"].to_numpy())
    np.testing.assert_array_equal(lines[4][26:], lines[2][:-26])
    np.testing.assert_array_equal(lines[5][26:], lines[3][:-26])
    np.testing.assert_allclose(lines[2], (lines[0] + lines[1]) / 2.0)


def test_the_strength_of_connors_is_the_mean_of_three() -> None:
    # Closes 1, 2, 1.5, 3: gains 1, 0, 1.5 and losses 0, 0.5, 0; streaks 0, 1, -1, 1; moves 100, -25, 100 percent.
    closes = 100.0 * (1.0 / (1.0 + 0.125))
    streaks = 100.0 * (1.25 / (1.25 + 0.5))
    found = studies.crsi(np.array([1.0, 2.0, 1.5, 3.0]), window=2, streak=2, rank=2)
    assert found[3] == pytest.approx((closes + streaks + 50.0) / 3.0)


def test_a_straight_trend_is_not_choppy_and_bars_that_stand_still_are() -> None:
    line = np.arange(30.0)
    still = np.full(30, 5.0)
    # Each true range is 2 and all bars together span 15: 14 bars of a trend with a range of 2 at steps of 1.
    assert studies.chop(line + 1, line - 1, line)[-1] == pytest.approx(100.0 * math.log(28.0 / 15.0) / math.log(14.0))
    assert studies.chop(still + 1, still - 1, still)[-1] == pytest.approx(100.0)
    assert studies.chop(still, still, still)[-1] == 100.0


def test_the_fisher_transform_of_a_rising_price_stays_finite() -> None:
    line = np.arange(100.0)
    fisher, signal = studies.fisher(line, line)
    assert fisher[-1] == pytest.approx(math.log(1.999 / 0.001))  # twice half of it, as half of the last one is added
    np.testing.assert_array_equal(signal[11:], fisher[10:-1])


def test_gauges_of_a_straight_line() -> None:
    line = np.arange(1.0, 40.0)
    assert gauges.cti(line)[-1] == pytest.approx(1.0)
    assert gauges.cti(-line)[-1] == pytest.approx(-1.0)
    assert gauges.psl(line)[-1] == 100.0
    assert gauges.cg(np.full(20, 3.0))[-1] == pytest.approx(0.0)


def test_vidya_is_an_exponential_mean_in_a_straight_run_and_stands_still_without_one() -> None:
    line = np.arange(10.0)
    run = trails.vidya(line, window=3, strength=2)
    assert run[2:5].tolist() == [2.0, 2.5, 3.25]
    zigzag = np.append(line[:3], np.tile([3.0, 2.0], 5))
    assert np.ptp(trails.vidya(zigzag, window=3, strength=2)[4:]) == 0.0


def test_mcginley_never_goes_beyond_the_close() -> None:
    crash = np.array([100.0, 100.0, 20.0, 20.0])
    assert trails.mcginley(crash, window=10).tolist() == [100.0, 100.0, 20.0, 20.0]


def test_the_hilo_changes_sides_on_a_close_beyond_the_mean_of_the_bar_before() -> None:
    close = np.array([5.0, 5.0, 7.0, 7.0, 5.9])
    line, trend = trails.hilo(close + 1, close - 1, close, window=1)
    assert trend[1:].tolist() == [0.0, 1.0, 1.0, -1.0]
    assert line[1:].tolist() == [5.0, 6.0, 6.0, 6.9]


def test_the_force_of_klinger_turns_with_the_trend() -> None:
    # All ranges are 2; up, up, down: 2 of 4, 2 of 6, then 2 of the 4 of a new trend.
    close = np.array([1.0, 2.0, 3.0, 2.0])
    quick, _ = pressure.kvo(close + 1, close - 1, close, np.full(4, 30.0), fast=1, slow=3, signal=1)
    force = np.array([0.0, 1000.0, 0.0])  # |2 * 2 / 4 - 1|, |2 * 2 / 6 - 1|, |2 * 2 / 4 - 1| of 100 * 30
    assert quick[3] == pytest.approx(force[2] - force.mean())


def test_a_touch_is_no_crossing_and_a_rest_on_the_line_delays_it() -> None:
    line = np.array([1.0, 2.0, 1.0, 2.0, 2.0, 3.0, NAN, 1.0])
    assert events.cross(line, np.full(8, 2.0)).tolist() == [0, 0, 0, 0, 0, 1, -128, -1]
