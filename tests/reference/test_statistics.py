"""Statistics of a window against TA-Lib, exact fractions and the policy for missing bars."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import talib

from quantperf.reference.statistics import highest, lowest, stddev

Array = npt.NDArray[np.float64]
Statistic = Callable[[Array, int], Array]


def walk(seed: int, bars: int = 1500) -> Array:
    rng = np.random.default_rng(seed)
    return np.asarray(100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, bars))))


def ticks(seed: int, bars: int = 1500) -> Array:
    """Whole prices with many ties and one flat stretch."""
    rng = np.random.default_rng(seed)
    prices = 500.0 + np.cumsum(rng.integers(-1, 2, bars).astype(np.float64))
    prices[bars // 2 : bars // 2 + 200] = prices[bars // 2]
    return prices


def exact_deviation(window: Array) -> float:
    values = [Fraction(value) for value in window.tolist()]
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / len(values))


prices_of = pytest.mark.parametrize("prices", [walk(1), ticks(2), walk(3, bars=20)], ids=["walk", "ticks", "short"])


@prices_of
@pytest.mark.parametrize("window", [2, 3, 20, 21, 200])
def test_highest_and_lowest_equal_talib(window: int, prices: Array) -> None:
    np.testing.assert_array_equal(highest(prices, window), talib.MAX(prices, window))
    np.testing.assert_array_equal(lowest(prices, window), talib.MIN(prices, window))


def test_a_window_of_one_bar_holds_its_own_extremes() -> None:
    prices = walk(4, bars=30)
    np.testing.assert_array_equal(highest(prices, 1), prices)
    np.testing.assert_array_equal(lowest(prices, 1), prices)


@prices_of
@pytest.mark.parametrize("window", [2, 3, 20, 21, 200])
@pytest.mark.parametrize("nbdev", [1.0, 2.5])
def test_the_deviation_equals_talib_from_the_first_value_on(window: int, nbdev: float, prices: Array) -> None:
    # atol: TA-Lib loses digits where a short window hardly moves (6e-9 of a deviation of 0.002 at a price of 200).
    theirs = talib.STDDEV(prices, window, nbdev)
    np.testing.assert_allclose(stddev(prices, window, nbdev), theirs, rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize(
    "prices",
    [walk(5, bars=200), 1e6 + 1e-3 * walk(6, bars=200), np.insert(walk(7, bars=200), 60, 1e12)],
    ids=["walk", "tiny spread at a high level", "an outlier passes"],
)
def test_the_deviation_keeps_the_digits_of_exact_fractions(prices: Array) -> None:
    window = 5
    expected = [exact_deviation(prices[t - window + 1 : t + 1]) for t in range(window - 1, len(prices))]
    np.testing.assert_allclose(stddev(prices, window)[window - 1 :], expected, rtol=1e-13)


def test_the_legacy_deviation_is_that_of_a_sample() -> None:
    prices = walk(8)
    assert stddev(np.array([1.0, 3.0, 5.0]), 3, 2.0, convention="legacy")[2] == 4.0
    expected = pd.Series(prices).rolling(20).std()
    np.testing.assert_allclose(stddev(prices, 20, convention="legacy"), expected, rtol=1e-7, equal_nan=True)


def test_flat_prices_after_moves_deviate_by_exactly_zero() -> None:
    prices = np.concatenate([walk(9, bars=50), np.full(50, 33.37)])
    assert stddev(prices, 20)[-20:].tolist() == [0.0] * 20


@pytest.mark.parametrize("statistic", [stddev, highest, lowest])
def test_a_missing_bar_spoils_exactly_the_windows_that_hold_it(statistic: Statistic) -> None:
    clean, window = walk(10), 9
    prices = np.where(np.random.default_rng(11).random(len(clean)) < 0.02, np.nan, clean)
    spoiled = np.array([np.isnan(prices[max(0, t - window + 1) : t + 1]).any() for t in range(len(prices))])
    expected = np.where(spoiled, np.nan, statistic(clean, window))
    np.testing.assert_array_equal(statistic(prices, window), expected)


@pytest.mark.parametrize(
    "prices", [np.empty(0), np.full(30, np.nan), np.array([1.0, 2.0])], ids=["none", "nan", "short"]
)
@pytest.mark.parametrize("statistic", [stddev, highest, lowest])
def test_too_few_prices_give_nothing_but_nan(statistic: Statistic, prices: Array) -> None:
    result = statistic(prices, 4)
    assert result.shape == prices.shape
    assert np.isnan(result).all()


@pytest.mark.parametrize("statistic", [stddev, highest, lowest])
def test_read_only_prices_are_accepted_and_the_result_can_be_written(statistic: Statistic) -> None:
    prices = walk(12, bars=50)
    prices.flags.writeable = False
    result = statistic(prices, 20)
    assert np.isfinite(result[-1])
    assert result.flags.writeable
