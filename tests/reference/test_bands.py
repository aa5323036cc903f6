"""Bollinger's bands against TA-Lib, pandas and the policy for missing bars."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import talib

from quantperf.reference.bands import bbands

Array = npt.NDArray[np.float64]


def walk(seed: int, bars: int = 1500) -> Array:
    rng = np.random.default_rng(seed)
    return np.asarray(100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, bars))))


def ticks(seed: int, bars: int = 1500) -> Array:
    """Whole prices with many ties and one flat stretch."""
    rng = np.random.default_rng(seed)
    prices = 500.0 + np.cumsum(rng.integers(-1, 2, bars).astype(np.float64))
    prices[bars // 2 : bars // 2 + 200] = prices[bars // 2]
    return prices


@pytest.mark.parametrize("prices", [walk(1), ticks(2), walk(3, bars=20)], ids=["walk", "ticks", "short"])
@pytest.mark.parametrize("window", [2, 3, 20, 21, 200])
@pytest.mark.parametrize(("up", "down"), [(2.0, 2.0), (1.5, 0.5), (0.0, 3.0)])
def test_bands_equal_talib_from_the_first_value_on(window: int, up: float, down: float, prices: Array) -> None:
    theirs = talib.BBANDS(prices, window, up, down)
    for ours, line in zip(bbands(prices, window, up, down), theirs, strict=True):
        np.testing.assert_allclose(ours, line, rtol=1e-9, equal_nan=True)


def test_the_legacy_bands_take_the_sample_deviation() -> None:
    # 1, 3, 5: mean 3, sample deviation 2
    upper, middle, lower = bbands(np.array([1.0, 3.0, 5.0]), 3, 2.0, 1.0, convention="legacy")
    assert (upper[2], middle[2], lower[2]) == (7.0, 3.0, 1.0)


def test_the_legacy_bands_equal_pandas() -> None:
    prices = walk(4)
    rolling = pd.Series(prices).rolling(20)
    upper, _, lower = bbands(prices, convention="legacy")
    np.testing.assert_allclose(upper, rolling.mean() + 2.0 * rolling.std(), rtol=1e-9, equal_nan=True)
    np.testing.assert_allclose(lower, rolling.mean() - 2.0 * rolling.std(), rtol=1e-9, equal_nan=True)


def test_flat_prices_after_moves_give_three_equal_lines() -> None:
    upper, middle, lower = bbands(np.concatenate([walk(5, bars=50), np.full(50, 33.37)]))
    np.testing.assert_array_equal(upper[-20:], middle[-20:])
    np.testing.assert_array_equal(lower[-20:], middle[-20:])


def test_a_missing_bar_spoils_exactly_the_windows_that_hold_it() -> None:
    clean, window = walk(6), 9
    prices = np.where(np.random.default_rng(7).random(len(clean)) < 0.02, np.nan, clean)
    spoiled = np.array([np.isnan(prices[max(0, t - window + 1) : t + 1]).any() for t in range(len(prices))])
    for line, whole in zip(bbands(prices, window), bbands(clean, window), strict=True):
        np.testing.assert_allclose(line, np.where(spoiled, np.nan, whole), rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize(
    "prices", [np.empty(0), np.full(30, np.nan), np.array([1.0, 2.0])], ids=["none", "nan", "short"]
)
def test_too_few_prices_give_nothing_but_nan(prices: Array) -> None:
    assert all(line.shape == prices.shape and np.isnan(line).all() for line in bbands(prices))


def test_read_only_prices_are_accepted_and_the_result_can_be_written() -> None:
    prices = walk(8, bars=50)
    prices.flags.writeable = False
    assert all(np.isfinite(line[-1]) and line.flags.writeable for line in bbands(prices))
