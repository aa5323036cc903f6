"""Volume indicators against TA-Lib, values by hand and the policy for missing bars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import talib

from quantperf.reference import Convention
from quantperf.reference.volume import mfi, obv, volume_ratio, volume_sma, vwap

Array = npt.NDArray[np.float64]
Bars = tuple[Array, Array, Array, Array]


def walk(seed: int, bars: int = 1500) -> Bars:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, bars)))
    high, low = close * (1.0 + rng.exponential(0.004, bars)), close * (1.0 - rng.exponential(0.004, bars))
    return high, low, close, 1e6 * rng.random(bars)


def ticks(seed: int, bars: int = 1500) -> Bars:
    """Whole prices with many ties, stretches without a move, bars and stretches without volume."""
    rng = np.random.default_rng(seed)
    close = 500.0 + np.cumsum(rng.integers(-1, 2, bars).astype(np.float64))
    high, low = close + rng.integers(0, 3, bars).astype(np.float64), close - rng.integers(0, 3, bars).astype(np.float64)
    volume = np.where(rng.random(bars) < 0.2, 0.0, rng.integers(1, 50, bars).astype(np.float64))
    volume[:5] = volume[bars // 4 : bars // 4 + 250] = 0.0
    for column in (high, low, close):
        column[bars // 2 : bars // 2 + 250] = close[bars // 2]
    return high, low, close, volume


def holed(columns: Bars, seed: int) -> Bars:
    rng = np.random.default_rng(seed)
    high, low, close, volume = (np.where(rng.random(len(column)) < 0.005, np.nan, column) for column in columns)
    return high, low, close, volume


def reads_a_gap(missing: npt.NDArray[np.bool_], bars: int) -> npt.NDArray[np.bool_]:
    """Return where one of the last `bars` bars is missing."""
    return np.array([missing[max(0, t - bars + 1) : t + 1].any() for t in range(len(missing))])


markets = pytest.mark.parametrize("market", [walk(1), ticks(2), walk(3, bars=14)], ids=["walk", "ticks", "short"])


@markets
@pytest.mark.parametrize("window", [2, 3, 13, 14, 200])
def test_money_flow_equals_talib_from_the_first_value_on(window: int, market: Bars) -> None:
    # atol: where nothing flows in, TA-Lib's running sums leave a residue instead of 0, on a scale of 100.
    np.testing.assert_allclose(mfi(*market, window), talib.MFI(*market, window), rtol=1e-9, atol=1e-9, equal_nan=True)


@markets
def test_on_balance_volume_and_vwap_equal_talib_from_the_first_bar_on(market: Bars) -> None:
    np.testing.assert_allclose(obv(*market[2:]), talib.OBV(*market[2:]), rtol=1e-9)
    np.testing.assert_allclose(vwap(*market), talib.VWAP(*market), rtol=1e-9)


@pytest.mark.parametrize("size", [1e-20, 1e-6, 1.0])
def test_money_flow_does_not_depend_on_the_unit_of_volume(size: float) -> None:
    high, low, close, volume = walk(4, bars=100)
    theirs = talib.MFI(high, low, close, size * volume, 14)
    np.testing.assert_allclose(mfi(high, low, close, size * volume), theirs, rtol=1e-9, equal_nan=True)


def test_money_flow_is_zero_where_nothing_flowed() -> None:
    high, low, close, volume = walk(5, bars=60)
    volume[20:] = 0.0
    assert mfi(high, low, close, volume, 14)[33:].tolist() == [0.0] * 27


def test_vwap_without_volume_is_zero_under_talib_and_unknown_under_legacy() -> None:
    price, volume = np.array([3.0, 6.0, 9.0]), np.array([0.0, 2.0, 2.0])
    assert vwap(price, price, price, volume).tolist() == [0.0, 6.0, 7.5]
    np.testing.assert_array_equal(vwap(price, price, price, volume, convention="legacy"), [np.nan, 6.0, 7.5])


def test_the_ratio_is_the_volume_in_units_of_its_mean() -> None:
    volume = np.array([0.0, 0.0, 1.0, 3.0, 4.0])
    np.testing.assert_array_equal(volume_sma(volume, 2), [np.nan, 0.0, 0.5, 2.0, 3.5])
    np.testing.assert_array_equal(volume_ratio(volume, 2), [np.nan, np.nan, 2.0, 1.5, 4.0 / 3.5])


@markets
@pytest.mark.parametrize("window", [1, 2, 20])
def test_the_mean_volume_equals_talib(window: int, market: Bars) -> None:
    # atol: volumes are in the millions, and TA-Lib's running sum leaves a residue where they were 0 for a window.
    ours = volume_sma(market[3], window)
    np.testing.assert_allclose(ours, talib.SMA(market[3], window), rtol=1e-9, atol=1e-6, equal_nan=True)


def test_a_missing_bar_spoils_the_two_flows_that_read_its_price() -> None:
    clean = walk(6)
    market = holed(clean, 7)
    unknown = reads_a_gap(np.logical_or.reduce(np.isnan(np.stack(market))), 10)
    expected = np.where(unknown, np.nan, mfi(*clean, 9))
    np.testing.assert_allclose(mfi(*market, 9), expected, rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("indicator", [volume_sma, volume_ratio])
def test_a_missing_volume_spoils_exactly_the_windows_that_hold_it(indicator: Callable[[Array, int], Array]) -> None:
    clean, volume = walk(8)[3], holed(walk(8), 9)[3]
    expected = np.where(reads_a_gap(np.isnan(volume), 9), np.nan, indicator(clean, 9))
    np.testing.assert_allclose(indicator(volume, 9), expected, rtol=1e-12, equal_nan=True)


@pytest.mark.parametrize("convention", ["talib", "legacy"])
def test_a_missing_bar_is_passed_over_by_vwap(convention: Convention) -> None:
    market = holed(walk(10), 11)
    kept = np.logical_and.reduce(~np.isnan(np.stack(market)))
    high, low, close, volume = (column[kept] for column in market)
    result = vwap(*market, convention=convention)
    assert np.isnan(result[~kept]).all()
    np.testing.assert_array_equal(result[kept], vwap(high, low, close, volume, convention=convention))


def test_a_missing_bar_is_passed_over_by_on_balance_volume() -> None:
    _, _, close, volume = holed(walk(10), 11)
    kept = ~(np.isnan(close) | np.isnan(volume))
    result = obv(close, volume)
    assert np.isnan(result[~kept]).all()
    np.testing.assert_array_equal(result[kept], obv(close[kept], volume[kept]))


@pytest.mark.parametrize("column", [np.empty(0), np.full(40, np.nan)], ids=["none", "nan"])
def test_no_values_give_nothing_but_nan(column: Array) -> None:
    market = (column, column, column, column)
    lines = (mfi(*market), obv(column, column), vwap(*market), volume_sma(column), volume_ratio(column))
    assert all(line.shape == column.shape and np.isnan(line).all() for line in lines)


def test_read_only_columns_are_accepted_and_the_results_can_be_written() -> None:
    market = walk(12, bars=60)
    for column in market:
        column.flags.writeable = False
    lines = (mfi(*market), obv(*market[2:]), vwap(*market), volume_sma(market[3]), volume_ratio(market[3]))
    assert all(np.isfinite(line[-1]) and line.flags.writeable for line in lines)
