"""The average true range against TA-Lib and the policy for missing bars."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import talib

from quantperf.reference.volatility import atr

Array = npt.NDArray[np.float64]
Bars = tuple[Array, Array, Array]


def walk(seed: int, bars: int = 1500) -> Bars:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, bars)))
    return close * (1.0 + rng.exponential(0.004, bars)), close * (1.0 - rng.exponential(0.004, bars)), close


def ticks(seed: int, bars: int = 1500) -> Bars:
    """Whole prices with many ties, and a stretch in which no price moves."""
    rng = np.random.default_rng(seed)
    close = 500.0 + np.cumsum(rng.integers(-1, 2, bars).astype(np.float64))
    high, low = close + rng.integers(0, 3, bars).astype(np.float64), close - rng.integers(0, 3, bars).astype(np.float64)
    for column in (high, low, close):
        column[bars // 2 : bars // 2 + 200] = close[bars // 2]
    return high, low, close


@pytest.mark.parametrize("market", [walk(1), ticks(2), walk(3, bars=14)], ids=["walk", "ticks", "short"])
@pytest.mark.parametrize("window", [1, 2, 3, 13, 14, 100])
def test_the_average_true_range_equals_talib_from_the_first_value_on(window: int, market: Bars) -> None:
    np.testing.assert_allclose(atr(*market, window), talib.ATR(*market, window), rtol=1e-9, equal_nan=True)


def test_the_true_range_reaches_to_the_close_before_it() -> None:
    # bar 1 gaps up from 4 to 8..9, bar 2 gaps down from 9 to 2..3: true ranges 5 and 7
    high, low = np.array([5.0, 9.0, 3.0]), np.array([3.0, 8.0, 2.0])
    np.testing.assert_array_equal(atr(high, low, np.array([4.0, 9.0, 2.0]), 1), [np.nan, 5.0, 7.0])


def test_a_missing_bar_is_passed_over_as_if_it_did_not_exist() -> None:
    rng = np.random.default_rng(4)
    holed = [np.where(rng.random(len(column)) < 0.01, np.nan, column) for column in walk(5)]
    kept = np.logical_and.reduce(~np.isnan(np.stack(holed)))
    high, low, close = (column[kept] for column in holed)
    result = atr(holed[0], holed[1], holed[2])
    assert np.isnan(result[~kept]).all()
    np.testing.assert_array_equal(result[kept], atr(high, low, close))


@pytest.mark.parametrize(
    "prices", [np.empty(0), np.full(40, np.nan), np.array([1.0, 2.0])], ids=["none", "nan", "short"]
)
def test_too_few_prices_give_nothing_but_nan(prices: Array) -> None:
    result = atr(prices, prices, prices)
    assert result.shape == prices.shape
    assert np.isnan(result).all()


def test_read_only_prices_are_accepted_and_the_result_can_be_written() -> None:
    market = walk(6, bars=60)
    for column in market:
        column.flags.writeable = False
    result = atr(*market)
    assert np.isfinite(result[-1])
    assert result.flags.writeable
