"""Traps of this field, each with its story; sums of a window are judged by exact rationals."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

import numpy as np
import numpy.typing as npt
import pytest
import talib

import quantperf as qp
from quantperf.kernels._jit import JIT_ENABLED

Array = npt.NDArray[np.float64]
BARS = 400 if JIT_ENABLED else 150
WINDOWS = [2, 5, 20, 90]  # by whole blocks and bar by bar


def windows(x: Array, window: int) -> list[list[Fraction]]:
    exact = [Fraction(value) for value in x.tolist()]
    return [exact[end - window + 1 : end + 1] for end in range(window - 1, len(exact))]


def exact_mean(x: Array, window: int) -> Array:
    return np.array([float(sum(w) / window) for w in windows(x, window)])


def exact_weighted(x: Array, window: int) -> Array:
    weights = range(1, window + 1)
    total = window * (window + 1) // 2
    return np.array([float(sum(k * v for k, v in zip(weights, w, strict=True)) / total) for w in windows(x, window)])


def exact_deviation(x: Array, window: int, ddof: int = 0) -> Array:
    found = []
    for w in windows(x, window):
        mean = sum(w) / window
        variance = sum((value - mean) ** 2 for value in w) / (window - ddof)
        scaled = variance * 2**400  # an integer root of 200 bits is exact enough for any double
        found.append(isqrt(scaled.numerator // scaled.denominator) / 2**200)
    return np.array(found)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(("level", "rtol"), [(1e4, 1e-12), (1e6, 1e-12), (1e8, 1e-12)])
def test_a_tiny_spread_at_a_high_price_keeps_its_digits(level: float, rtol: float, window: int) -> None:
    # Spread 1e-3: sums of squares lose every digit (pandas 4e-8 at 1e4, 4e-6 at 1e6; seven libraries all of them). Ours
    # lost 2e-9 at 1e4 and 2e-7 at 1e6 when it took the means of the two halves, rounded as prices are, from each other.
    x = level + 1e-3 * np.random.default_rng(1).standard_normal(BARS)
    for convention, ddof in (("talib", 0), ("legacy", 1)):
        found = qp.stddev(x, window, convention=convention)[window - 1 :]
        np.testing.assert_allclose(found, exact_deviation(x, window, ddof), rtol=rtol, atol=0.0)
    upper, middle, lower = qp.bbands(x, window, 2.0, 3.0)
    np.testing.assert_allclose(middle[window - 1 :], exact_mean(x, window), rtol=1e-15, atol=0.0)
    deviation = exact_deviation(x, window)
    # The lines are prices, so they are as exact as a price can be: two units in its last place.
    np.testing.assert_allclose((upper - middle)[window - 1 :], 2.0 * deviation, rtol=1e-9, atol=4e-16 * level)
    np.testing.assert_allclose((middle - lower)[window - 1 :], 3.0 * deviation, rtol=1e-9, atol=4e-16 * level)


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("outlier", [1e9, 1e12, -1e15])
def test_an_outlier_that_has_passed_leaves_nothing_behind(outlier: float, window: int, lanes: int) -> None:
    # 1e12 early in a series leaves running sums 2e-8 (TA-Lib) to 9e-8 off for ever, and a re-anchored deviation 1.0.
    clean = 100.0 + np.random.default_rng(2).standard_normal((BARS, lanes))
    hit = clean.copy()
    hit[7] = outlier
    after = 7 + window
    for compute in (qp.sma, qp.wma, qp.stddev, qp.highest, qp.lowest, qp.bbands, qp.roc, qp.volume_ratio):
        found, wanted = (np.atleast_3d(np.array(compute(x, window))) for x in (hit, clean))
        axis = 1 if compute is qp.bbands else 0
        later = slice(after + 1, None)
        assert np.array_equal(found.take(range(after + 1, BARS), axis=axis), wanted.take(range(after + 1, BARS), axis))
        assert later.start < BARS
    for j in range(lanes):
        np.testing.assert_allclose(qp.sma(hit, window)[after:, j], exact_mean(hit[:, j], window)[8:], rtol=1e-15)
        np.testing.assert_allclose(qp.wma(hit, window)[after:, j], exact_weighted(hit[:, j], window)[8:], rtol=1e-14)
        np.testing.assert_allclose(
            qp.stddev(hit, window)[after:, j], exact_deviation(hit[:, j], window)[8:], rtol=1e-13
        )


@pytest.mark.parametrize("window", WINDOWS)
def test_an_outlier_inside_the_window_is_summed_exactly(window: int) -> None:
    x = 100.0 + np.random.default_rng(3).standard_normal(BARS)
    x[50] = 1e12
    np.testing.assert_allclose(qp.sma(x, window)[window - 1 :], exact_mean(x, window), rtol=1e-14)
    np.testing.assert_allclose(qp.wma(x, window)[window - 1 :], exact_weighted(x, window), rtol=1e-14)
    np.testing.assert_allclose(qp.stddev(x, window)[window - 1 :], exact_deviation(x, window), rtol=1e-12)


@pytest.mark.parametrize("lanes", [None, 3])
@pytest.mark.parametrize("price", [33.37, 0.1, 1e-9, 123456.789])
@pytest.mark.parametrize("window", [2, 5, 14])
def test_what_moved_and_then_stands_still_is_flat_to_the_last_bit(window: int, price: float, lanes: int | None) -> None:
    # A running deviation stays at 1e-7 of what it was (pandas), and RSI, %K and CCI turn the residue into noise.
    moving = price * np.exp(np.cumsum(0.01 * np.random.default_rng(4).standard_normal(60)))
    x = np.concatenate([moving, np.full(400, price)])
    flat = slice(60 + window + 2, None)
    if lanes:
        x = np.stack([x] * lanes, axis=1)
    assert (qp.stddev(x, window)[flat] == 0.0).all()
    upper, middle, lower = qp.bbands(x, window)
    assert (upper[flat] == middle[flat]).all()
    assert (lower[flat] == middle[flat]).all()
    np.testing.assert_allclose(middle[flat], price, rtol=1e-15)
    assert (qp.cci(x, x, x, window)[flat] == 0.0).all()
    assert (qp.roc(x, window)[flat] == 0.0).all()
    assert (qp.stochf(x, x, x, window, 2).fastk[flat] == 0.0).all()
    assert (qp.stoch(x, x, x, window, 2, 2).slowd[60 + window + 4 :] == 0.0).all()
    assert np.isnan(qp.stochf(x, x, x, window, 2, convention="legacy").fastk[flat]).all()
    assert np.isnan(qp.rsi(x, window, convention="legacy")[flat]).all()
    assert (qp.mfi(x, x, x, np.ones_like(x), window)[flat] == 0.0).all()


@pytest.mark.parametrize("price", [33.37, 0.1, 1e-9])
def test_what_never_moved_follows_the_flat_rule(price: float) -> None:
    x, volume = np.full(80, price), np.full(80, 3.0)
    assert (qp.rsi(x, 14)[14:] == 0.0).all()
    assert np.isnan(qp.rsi(x, 14, convention="legacy")).all()
    assert (qp.stoch(x, x, x).slowk[18:] == 0.0).all()
    assert np.isnan(qp.stoch(x, x, x, convention="legacy").slowk).all()
    assert (qp.cci(x, x, x)[13:] == 0.0).all()
    assert (qp.adx(x, x, x).adx[27:] == 0.0).all()
    assert (qp.atr(x, x, x)[14:] == 0.0).all()
    assert (qp.obv(x, volume) == 3.0).all()
    for line in qp.macd(x):
        np.testing.assert_allclose(line[33:], 0.0, atol=1e-15 * price)
    np.testing.assert_array_equal(qp.ema(x, 20)[19:], qp.ema(x, 20)[19])


def test_typical_prices_that_differ_by_rounding_are_flat() -> None:
    # MSFT on 2009-11-23 and 24: 30.01 + 29.70 + 29.94 = 29.99 + 29.75 + 29.91 = 89.65, but not in the last bit. The
    # index of the two was -67 instead of 0.
    high, low, close = np.array([30.01, 29.99]), np.array([29.70, 29.75]), np.array([29.94, 29.91])
    assert high[0] + low[0] + close[0] != high[1] + low[1] + close[1]
    assert qp.cci(high, low, close, 2)[1] == 0.0
    assert qp.CATALOG["cci"].reference(high, low, close, 2)[1] == 0.0


def test_nothing_traded_is_unknown_or_zero_and_never_a_number_in_between() -> None:
    x, nothing = np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4)
    assert qp.vwap(x, x, x, nothing).tolist() == [0.0] * 4
    assert np.isnan(qp.vwap(x, x, x, nothing, convention="legacy")).all()
    assert np.isnan(qp.volume_ratio(nothing, 2)).all()  # 0 would read as low volume all through
    assert qp.volume_ratio(np.array([0.0, 0.0, 2.0]), 2)[1:].tolist()[1] == 2.0
    assert qp.mfi(x, x, x, nothing, 2)[2:].tolist() == [0.0, 0.0]
    assert qp.roc(np.array([0.0, 5.0, 0.0]), 1)[1:].tolist() == [0.0, -100.0]


def test_only_rises_are_a_strength_of_100_and_only_falls_of_0() -> None:
    x = np.arange(1.0, 41.0)
    for convention in ("talib", "legacy"):
        assert (qp.rsi(x, 14, convention=convention)[14:] == 100.0).all()
        assert (qp.rsi(x[::-1].copy(), 14, convention=convention)[14:] == 0.0).all()


def test_a_missing_price_is_not_a_move_of_zero() -> None:
    # A NaN close counted as two zero moves: finite and wrong (or "oversold" for ever after).
    x = 100.0 + np.cumsum(np.random.default_rng(5).standard_normal(60))
    x[30] = np.nan
    legacy = qp.rsi(x, 5, convention="legacy")
    assert np.isnan(legacy[30:36]).all()
    assert not np.isnan(legacy[36:]).any()
    wilder = qp.rsi(x, 5)
    assert np.isnan(wilder[30])
    np.testing.assert_array_equal(np.delete(wilder, 30), qp.rsi(np.delete(x, 30), 5))


def test_means_are_seeded_as_talib_does_from_the_first_value_on() -> None:
    # MACD's fast mean (7e-3), ADX's first sums (0.3) and ATR's first range (8e-3) agree after 2 500 bars, not before.
    frame = qp.sample("IBM")
    high, low, close = (frame[name].to_numpy() for name in ("high", "low", "close"))
    for bars in (34, 40, 100):
        h, lo, c = high[:bars], low[:bars], close[:bars]
        for ours, theirs in zip(qp.macd(c), talib.MACD(c), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)
        lines = qp.adx(h, lo, c)
        np.testing.assert_allclose(lines.adx, talib.ADX(h, lo, c), rtol=1e-9)
        np.testing.assert_allclose(lines.plus_di, talib.PLUS_DI(h, lo, c), rtol=1e-9)
        np.testing.assert_allclose(lines.minus_di, talib.MINUS_DI(h, lo, c), rtol=1e-9)
        np.testing.assert_allclose(qp.atr(h, lo, c), talib.ATR(h, lo, c), rtol=1e-9)


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.float32, np.uint8])
def test_whole_prices_of_any_kind_are_summed_in_float64(dtype: type) -> None:
    # int64 made one library return wrong sums; six or more refuse it, and float32 and lists too.
    x = np.random.default_rng(6).integers(1, 200, 120).astype(dtype)
    np.testing.assert_array_equal(qp.sma(x, 7)[6:], qp.sma(x.astype(float), 7)[6:])
    assert qp.sma(x, 7).dtype == np.float64
    np.testing.assert_allclose(qp.sma(x, 7)[6:], exact_mean(x.astype(float), 7), rtol=1e-15)


def test_prices_never_pass_through_float32() -> None:
    volume = np.full(10, 16_777_217.0)  # 16 777 216 in float32
    assert qp.volume_sma(volume, 2)[1:].tolist() == [16_777_217.0] * 9
    assert qp.highest(np.array([16_777_217] * 3), 2)[-1] == 16_777_217.0


@pytest.mark.parametrize("window", [1, 2, 3, 7, 100, 333])
def test_a_long_series_of_ones_and_zeros_is_counted_exactly(window: int) -> None:
    x = np.random.default_rng(7).integers(0, 2, 3000 if JIT_ENABLED else 900).astype(np.float64)
    counted = np.convolve(x, np.ones(window), mode="valid")
    np.testing.assert_allclose(qp.sma(x, window)[window - 1 :] * window, counted, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(qp.highest(x, window)[window - 1 :], (counted > 0).astype(float))
    np.testing.assert_array_equal(qp.lowest(x, window)[window - 1 :], (counted == window).astype(float))


@pytest.mark.parametrize("value", [-0.0, 0.0])
def test_zero_has_no_sign_in_an_extreme(value: float) -> None:
    x = np.array([value, -0.0, 0.0, value, -0.0] * 10)
    for compute in (qp.highest, qp.lowest):
        found = compute(x, 3)[2:]
        assert not np.signbit(found).any()
