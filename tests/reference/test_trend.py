"""The average directional index against TA-Lib and the policy for missing bars."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import talib

from quantperf.reference.trend import adx

Array = npt.NDArray[np.float64]
Bars = tuple[Array, Array, Array]


def walk(seed: int, bars: int = 1500) -> Bars:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, bars)))
    return close * (1.0 + rng.exponential(0.004, bars)), close * (1.0 - rng.exponential(0.004, bars)), close


def ticks(seed: int, bars: int = 1500) -> Bars:
    """Whole prices with many ties; no price moves in the first 60 bars and in a stretch of 200."""
    rng = np.random.default_rng(seed)
    close = 500.0 + np.cumsum(rng.integers(-1, 2, bars).astype(np.float64))
    high, low = close + rng.integers(0, 3, bars).astype(np.float64), close - rng.integers(0, 3, bars).astype(np.float64)
    for column in (high, low, close):
        column[:60] = close[60]
        column[bars // 2 : bars // 2 + 200] = close[bars // 2]
    return high, low, close


@pytest.mark.parametrize("market", [walk(1), ticks(2), walk(3, bars=20)], ids=["walk", "ticks", "short"])
@pytest.mark.parametrize("window", [2, 3, 10, 14, 100])
def test_all_three_lines_equal_talib_each_from_its_own_first_value_on(window: int, market: Bars) -> None:
    theirs = (talib.ADX(*market, window), talib.PLUS_DI(*market, window), talib.MINUS_DI(*market, window))
    for ours, line in zip(adx(*market, window), theirs, strict=True):
        np.testing.assert_allclose(ours, line, rtol=1e-9, equal_nan=True)


def test_the_first_sums_hold_one_movement_less_than_the_window() -> None:
    # rises of 1, 2 and 4, window 2: the sum is 1, then 1 - 1/2 + 2 = 2.5, then 2.5 - 1.25 + 4 = 5.25, as is the range's
    low = np.array([10.0, 11.0, 13.0, 17.0])
    _, plus, minus = adx(low, low, low, 2)
    np.testing.assert_array_equal(plus, [np.nan, np.nan, 100.0, 100.0])
    np.testing.assert_array_equal(minus, [np.nan, np.nan, 0.0, 0.0])


def test_flat_prices_have_no_direction() -> None:
    flat = np.full(40, 33.37)
    index, plus, minus = adx(flat, flat, flat, 14)
    assert index[27:].tolist() == [0.0] * 13
    assert plus[14:].tolist() == minus[14:].tolist() == [0.0] * 26


def test_a_missing_bar_is_passed_over_as_if_it_did_not_exist() -> None:
    rng = np.random.default_rng(4)
    holed = [np.where(rng.random(len(column)) < 0.01, np.nan, column) for column in walk(5)]
    kept = np.logical_and.reduce(~np.isnan(np.stack(holed)))
    high, low, close = (column[kept] for column in holed)
    for line, deleted in zip(adx(holed[0], holed[1], holed[2]), adx(high, low, close), strict=True):
        assert np.isnan(line[~kept]).all()
        np.testing.assert_array_equal(line[kept], deleted)


@pytest.mark.parametrize(
    "prices", [np.empty(0), np.full(40, np.nan), np.array([1.0, 2.0])], ids=["none", "nan", "short"]
)
def test_too_few_prices_give_nothing_but_nan(prices: Array) -> None:
    assert all(line.shape == prices.shape and np.isnan(line).all() for line in adx(prices, prices, prices))


def test_read_only_prices_are_accepted_and_the_result_can_be_written() -> None:
    market = walk(6, bars=60)
    for column in market:
        column.flags.writeable = False
    assert all(np.isfinite(line[-1]) and line.flags.writeable for line in adx(*market))
