"""Averages against TA-Lib, pandas and the policy for missing bars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import talib

from quantperf.reference.averages import ema, sma, wma

Array = npt.NDArray[np.float64]
Average = Callable[[Array, int], Array]


def walk(seed: int, bars: int = 1500) -> Array:
    rng = np.random.default_rng(seed)
    return np.asarray(100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, bars))))


def ticks(seed: int, bars: int = 1500) -> Array:
    """Whole prices with many ties and one flat stretch."""
    rng = np.random.default_rng(seed)
    prices = 500.0 + np.cumsum(rng.integers(-1, 2, bars).astype(np.float64))
    prices[bars // 2 : bars // 2 + 200] = prices[bars // 2]
    return prices


def holed(x: Array, seed: int) -> Array:
    return np.where(np.random.default_rng(seed).random(len(x)) < 0.02, np.nan, x)


def legacy_ema(x: Array, window: int) -> Array:
    return ema(x, window, convention="legacy")


@pytest.mark.parametrize("prices", [walk(1), ticks(2), walk(3, bars=20)], ids=["walk", "ticks", "short"])
@pytest.mark.parametrize("window", [1, 2, 3, 20, 21, 200])
@pytest.mark.parametrize(("ours", "theirs"), [(sma, talib.SMA), (ema, talib.EMA), (wma, talib.WMA)])
def test_averages_equal_talib_from_the_first_value_on(
    ours: Average, theirs: Average, window: int, prices: Array
) -> None:
    np.testing.assert_allclose(ours(prices, window), theirs(prices, window), rtol=1e-9, equal_nan=True)


def test_the_legacy_ema_starts_from_the_first_price() -> None:
    # alpha 1/2: 2; 2 + (4 - 2) / 2 = 3; 3 + (8 - 3) / 2 = 5.5
    np.testing.assert_allclose(ema(np.array([2.0, 4.0, 8.0]), 3, convention="legacy"), [2.0, 3.0, 5.5], rtol=1e-15)


def test_the_legacy_ema_is_the_unadjusted_mean_of_pandas() -> None:
    prices = walk(4)
    expected = pd.Series(prices).ewm(alpha=2 / 13, adjust=False).mean()
    np.testing.assert_allclose(ema(prices, 12, convention="legacy"), expected, rtol=1e-12)


@pytest.mark.parametrize("average", [sma, wma])
def test_a_missing_bar_spoils_exactly_the_windows_that_hold_it(average: Average) -> None:
    clean, window = walk(5), 7
    prices = holed(clean, 6)
    spoiled = np.array([np.isnan(prices[max(0, t - window + 1) : t + 1]).any() for t in range(len(prices))])
    expected = np.where(spoiled, np.nan, average(clean, window))
    np.testing.assert_allclose(average(prices, window), expected, rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize("average", [ema, legacy_ema])
def test_a_missing_bar_is_passed_over_as_if_it_did_not_exist(average: Average) -> None:
    prices = holed(walk(7), 8)
    kept = ~np.isnan(prices)
    result = average(prices, 9)
    assert np.isnan(result[~kept]).all()
    np.testing.assert_array_equal(result[kept], average(prices[kept], 9))


@pytest.mark.parametrize(
    "prices", [np.empty(0), np.full(5, np.nan), np.array([1.0, 2.0])], ids=["none", "nan", "short"]
)
@pytest.mark.parametrize("average", [sma, ema, wma])
def test_too_few_prices_give_nothing_but_nan(average: Average, prices: Array) -> None:
    result = average(prices, 4)
    assert result.shape == prices.shape
    assert np.isnan(result).all()


@pytest.mark.parametrize("average", [sma, ema, legacy_ema, wma])
def test_read_only_prices_are_accepted_and_the_result_can_be_written(average: Average) -> None:
    prices = walk(9, bars=50)
    expected = average(prices.copy(), 5)
    prices.flags.writeable = False
    result = average(prices, 5)
    np.testing.assert_array_equal(result, expected)
    assert result.flags.writeable
