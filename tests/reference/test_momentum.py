"""Momentum against TA-Lib, pandas, values by hand and the policy for missing bars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import talib

from quantperf.reference.momentum import cci, macd, rsi
from quantperf.reference.rates import roc
from quantperf.reference.stochastics import stoch, stochf

Array = npt.NDArray[np.float64]
Bars = tuple[Array, Array, Array]
NEAR_ZERO = 1e-9  # on scales of 100 and prices of 100, where TA-Lib's running sums leave residues instead of 0


def walk(seed: int, bars: int = 1500) -> Bars:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, bars)))
    return close * (1.0 + rng.exponential(0.004, bars)), close * (1.0 - rng.exponential(0.004, bars)), close


def ticks(seed: int, bars: int = 1500) -> Bars:
    """Whole prices with many ties, and a stretch in which no price moves."""
    rng = np.random.default_rng(seed)
    close = 500.0 + np.cumsum(rng.integers(-1, 2, bars).astype(np.float64))
    close[bars // 2 : bars // 2 + 200] = close[bars // 2]
    high, low = close + rng.integers(0, 3, bars).astype(np.float64), close - rng.integers(0, 3, bars).astype(np.float64)
    for column in (high, low):
        column[bars // 2 : bars // 2 + 200] = close[bars // 2]
    return high, low, close


def holed(columns: Bars, seed: int) -> Bars:
    rng = np.random.default_rng(seed)
    high, low, close = (np.where(rng.random(len(column)) < 0.01, np.nan, column) for column in columns)
    return high, low, close


def agree(ours: tuple[Array, ...], theirs: tuple[Array, ...]) -> None:
    for mine, yours in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, yours, rtol=1e-9, atol=NEAR_ZERO, equal_nan=True)


def reads_a_gap(missing: npt.NDArray[np.bool_], bars: int) -> npt.NDArray[np.bool_]:
    """Return where one of the last `bars` bars is missing."""
    return np.array([missing[max(0, t - bars + 1) : t + 1].any() for t in range(len(missing))])


markets = pytest.mark.parametrize("market", [walk(1), ticks(2), walk(3, bars=16)], ids=["walk", "ticks", "short"])


@markets
@pytest.mark.parametrize("window", [2, 3, 14, 15, 100])
def test_rsi_and_cci_equal_talib_from_the_first_value_on(window: int, market: Bars) -> None:
    agree((rsi(market[2], window),), (talib.RSI(market[2], window),))
    agree((cci(*market, window),), (talib.CCI(*market, window),))


@markets
@pytest.mark.parametrize("windows", [(12, 26, 9), (26, 12, 9), (2, 2, 2), (2, 3, 1), (5, 34, 5)])
def test_macd_equals_talib_from_the_first_value_on(windows: tuple[int, int, int], market: Bars) -> None:
    agree(macd(market[2], *windows), talib.MACD(market[2], *windows))


@markets
@pytest.mark.parametrize("window", [1, 2, 10, 100])
def test_roc_equals_talib_also_where_the_old_price_is_zero(window: int, market: Bars) -> None:
    spread = market[2] - 500.0
    agree((roc(market[2], window), roc(spread, window)), (talib.ROC(market[2], window), talib.ROC(spread, window)))


@markets
@pytest.mark.parametrize(("range_bars", "k", "d"), [(14, 3, 3), (1, 1, 1), (2, 1, 3), (5, 4, 1)])
def test_both_stochastics_equal_talib_from_the_first_value_on(range_bars: int, k: int, d: int, market: Bars) -> None:
    agree(stoch(*market, range_bars, k, d), talib.STOCH(*market, range_bars, k, slowd_period=d))
    agree(stochf(*market, range_bars, d), talib.STOCHF(*market, range_bars, d))


def test_flat_prices_give_zero_under_talib_and_nothing_under_legacy() -> None:
    flat = np.full(40, 33.37)
    assert rsi(flat, 14)[14:].tolist() == [0.0] * 26
    assert np.isnan(rsi(flat, 14, convention="legacy")).all()
    assert cci(flat, flat, flat, 14)[13:].tolist() == [0.0] * 27
    for indicator, first in ((stoch, 17), (stochf, 15)):
        for line in indicator(flat, flat, flat):
            assert line[first:].tolist() == [0.0] * (40 - first)
        assert np.isnan(indicator(flat, flat, flat, convention="legacy")).all()


def test_a_flat_stretch_after_moves_leaves_no_residue() -> None:
    high, low, close = (np.concatenate([column, np.full(40, 33.37)]) for column in walk(4, bars=60))
    assert cci(high, low, close, 14)[-20:].tolist() == [0.0] * 20
    assert np.isnan(rsi(close, 14, convention="legacy")[-20:]).all()


def test_the_legacy_rsi_counts_the_first_change_as_zero() -> None:
    # changes 0, 2, -1, 3: gain and loss over three are (2, 1) and (5, 1)
    expected = [np.nan, np.nan, 100.0 * 2.0 / 3.0, 100.0 * 5.0 / 6.0]
    np.testing.assert_allclose(rsi(np.array([1.0, 3.0, 2.0, 5.0]), 3, convention="legacy"), expected, rtol=1e-12)


def test_the_legacy_rsi_of_nothing_but_rises_is_100() -> None:
    result = rsi(np.arange(1.0, 31.0), 14, convention="legacy")
    assert result[13:].tolist() == [100.0] * 17
    assert np.isnan(result[:13]).all()


def test_the_legacy_rsi_is_unknown_while_its_window_holds_a_change_next_to_a_gap() -> None:
    clean = walk(5)[2]
    prices = np.where(np.random.default_rng(6).random(len(clean)) < 0.01, np.nan, clean)
    prices[0] = clean[0]
    unknown = reads_a_gap(np.isnan(prices), 8)
    expected = np.where(unknown, np.nan, rsi(clean, 7, convention="legacy"))
    np.testing.assert_allclose(rsi(prices, 7, convention="legacy"), expected, rtol=1e-9, equal_nan=True)


def test_the_legacy_macd_normalises_its_weights_by_the_bars_seen() -> None:
    prices = np.array([1.0, 2.0, 4.0])
    # span 3 weighs 1, 1/2, 1/4 into the past; span 7 weighs 1, 3/4, 9/16
    fast = [1.0, 2.5 / 1.5, 5.25 / 1.75]
    slow = [1.0, 2.75 / 1.75, 6.0625 / 2.3125]
    line = np.subtract(fast, slow)
    signal = [0.0, line[1] / 1.5, (line[2] + line[1] / 2.0) / 1.75]
    agree(macd(prices, 3, 7, 3, convention="legacy"), (line, np.array(signal), line - signal))


def test_the_legacy_fast_stochastic_gives_each_line_from_its_own_first_bar() -> None:
    high, low, close = (pd.Series(column) for column in walk(7))
    bottom, top = low.rolling(14).min(), high.rolling(14).max()
    k = (close - bottom) / (top - bottom) * 100.0
    agree(stochf(*walk(7), convention="legacy"), (k.to_numpy(), k.rolling(3).mean().to_numpy()))


def test_the_legacy_slow_stochastic_keeps_the_warm_up_of_talib() -> None:
    market = walk(8)
    agree(stoch(*market, convention="legacy"), stoch(*market))


@pytest.mark.parametrize(
    ("bars", "indicator"),
    [
        (14, lambda high, low, close: (cci(high, low, close, 14),)),
        (16, lambda high, low, close: stochf(high, low, close, 14, 3)[1:]),
        (16, lambda high, low, close: stoch(high, low, close, 14, 3, 3)[:1]),
        (18, lambda high, low, close: stoch(high, low, close, 14, 3, 3)[1:]),
    ],
    ids=["cci", "fastd", "slowk", "slowd"],
)
def test_a_missing_bar_spoils_exactly_the_windows_that_hold_it(
    bars: int, indicator: Callable[[Array, Array, Array], tuple[Array, ...]]
) -> None:
    clean = walk(9)
    market = holed(clean, 10)
    unknown = reads_a_gap(np.logical_or.reduce(np.isnan(np.stack(market))), bars)
    agree(indicator(*market), tuple(np.where(unknown, np.nan, line) for line in indicator(*clean)))


def test_roc_is_unknown_where_either_of_its_two_prices_is() -> None:
    prices = np.array([1.0, np.nan, 3.0, 4.0, 5.0])
    np.testing.assert_array_equal(roc(prices, 2), [np.nan, np.nan, 200.0, np.nan, 100.0 * (5.0 / 3.0 - 1.0)])


def test_a_missing_new_price_is_unknown_even_where_the_old_one_is_zero() -> None:
    np.testing.assert_array_equal(roc(np.array([0.0, np.nan, 2.0]), 1), [np.nan, np.nan, np.nan])


@pytest.mark.parametrize(
    "indicator",
    [lambda x: (rsi(x, 5),), lambda x: macd(x, 3, 6, 4), lambda x: macd(x, 3, 6, 4, convention="legacy")],
    ids=["rsi", "macd", "legacy macd"],
)
def test_a_missing_bar_is_passed_over_as_if_it_did_not_exist(indicator: Callable[[Array], tuple[Array, ...]]) -> None:
    prices = holed(walk(11), 12)[2]
    kept = ~np.isnan(prices)
    for line, deleted in zip(indicator(prices), indicator(prices[kept]), strict=True):
        assert np.isnan(line[~kept]).all()
        np.testing.assert_array_equal(line[kept], deleted)


@pytest.mark.parametrize(
    "prices", [np.empty(0), np.full(30, np.nan), np.array([1.0, 2.0])], ids=["none", "nan", "short"]
)
def test_too_few_prices_give_nothing_but_nan(prices: Array) -> None:
    lines = (
        rsi(prices), rsi(prices, convention="legacy"), *macd(prices), roc(prices),
        *stoch(prices, prices, prices), *stochf(prices, prices, prices), cci(prices, prices, prices),
    )  # fmt: skip
    assert all(line.shape == prices.shape and np.isnan(line).all() for line in lines)


def test_read_only_prices_are_accepted_and_the_results_can_be_written() -> None:
    market = walk(13, bars=60)
    for column in market:
        column.flags.writeable = False
    means = (rsi(market[2]), rsi(market[2], convention="legacy"), *macd(market[2]), roc(market[2]))
    lines = (*means, *stoch(*market), *stochf(*market), cci(*market))
    assert all(np.isfinite(line[-1]) and line.flags.writeable for line in lines)
