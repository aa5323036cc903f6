"""Candlestick patterns against TA-Lib, bar by bar, and the policy for missing bars."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import talib
from bokeh_sampledata import stocks
from talib import abstract

import quantperf as qp
from quantperf.reference import candles_many, candles_one, candles_three, candles_two
from quantperf.reference.candles import UNKNOWN
from tests.shapes import shapes

Array = npt.NDArray[np.float64]
Bars = tuple[Array, Array, Array, Array]

PLAIN: dict[str, Callable[..., npt.NDArray[np.int8]]] = {
    name: getattr(module, name)
    for module in (candles_one, candles_two, candles_three, candles_many)
    for name in module.__all__
}
# TA-Lib waits for a bar that these do not read; all others read the bars of the lookback, and their own.
AS_MANY_AS_THE_LOOKBACK = {
    "cdl_3blackcrows", "cdl_3outside", "cdl_engulfing", "cdl_gapsidesidewhite", "cdl_hammer", "cdl_hangingman",
    "cdl_invertedhammer", "cdl_ladderbottom", "cdl_separatinglines", "cdl_shootingstar", "cdl_tasukigap",
}  # fmt: skip

every_pattern = pytest.mark.parametrize("name", sorted(PLAIN))


def theirs(name: str, market: Bars, **penetration: float) -> npt.NDArray[np.int64]:
    """Return TA-Lib's answers; confirmations, which are 200 there, as 120."""
    found = getattr(talib, talib_name(name))(*market, **penetration).astype(np.int64)
    return np.where(np.abs(found) == 200, np.sign(found) * 120, found)


def talib_name(name: str) -> str:
    return name.replace("_", "").upper()


def lookback(name: str) -> int:
    return int(abstract.Function(talib_name(name)).lookback)


def reads(name: str) -> int:
    return lookback(name) + (name not in AS_MANY_AS_THE_LOOKBACK)


def parameters(name: str) -> list[dict[str, float]]:
    return [{}, {"penetration": 0.8}] if abstract.Function(talib_name(name)).parameters else [{}]


# ------------------------------------------------------------------------------------------------------------- markets


@cache
def walk(seed: int, bars: int = 20_000) -> Bars:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, bars)))
    open_ = np.roll(close, 1) * np.exp(rng.normal(0.0, 0.003, bars))
    open_[0] = close[0]
    high = np.maximum(open_, close) * (1.0 + rng.exponential(0.004, bars))
    low = np.minimum(open_, close) * (1.0 - rng.exponential(0.004, bars))
    return open_, high, low, close


@cache
def ticks(seed: int, bars: int = 20_000) -> Bars:
    """Whole prices with many ties, and a stretch in which no price moves."""
    rng = np.random.default_rng(seed)
    close = 5000.0 + np.cumsum(rng.integers(-2, 3, bars).astype(np.float64))
    open_ = close + rng.integers(-4, 5, bars).astype(np.float64)
    high = np.maximum(open_, close) + rng.integers(0, 3, bars).astype(np.float64)
    low = np.minimum(open_, close) - rng.integers(0, 3, bars).astype(np.float64)
    for column in (open_, high, low, close):
        column[bars // 2 : bars // 2 + 200] = close[bars // 2]
    return open_, high, low, close


shaped = cache(shapes)


@cache
def cents(seed: int) -> Bars:
    open_, high, low, close = (np.round(column, 2) for column in walk(seed))
    return open_, high, low, close


@cache
def listed(symbol: str) -> Bars:
    columns = getattr(stocks, symbol)
    open_, high, low, close = (np.array(columns[name], dtype=float) for name in ("open", "high", "low", "close"))
    return open_, high, low, close


@cache
def sampled(symbol: str) -> Bars:
    frame = qp.sample(symbol)
    open_, high, low, close = (frame[name].to_numpy().copy() for name in ("open", "high", "low", "close"))
    return open_, high, low, close


MARKETS: dict[str, Callable[[], Bars]] = {
    "walk": lambda: walk(1),
    "ticks": lambda: ticks(2),
    "cents": lambda: cents(3),
    "shapes": lambda: shaped(4),
    "AAPL": lambda: listed("AAPL"),
    "IBM": lambda: listed("IBM"),
    **{f"sample {symbol}": lambda symbol=symbol: sampled(symbol) for symbol in qp.sample().symbols},
}


# --------------------------------------------------------------------------------------------------------------- tests


def test_every_pattern_of_talib_has_a_plain_version() -> None:
    assert sorted(map(talib_name, PLAIN)) == sorted(talib.get_function_groups()["Pattern Recognition"])


@every_pattern
@pytest.mark.parametrize("market", MARKETS)
def test_each_bar_equals_talib_after_the_lookback(name: str, market: str) -> None:
    bars, first = MARKETS[market](), lookback(name)
    for penetration in parameters(name):
        result = PLAIN[name](*bars, **penetration)
        assert result.dtype == np.int8
        assert (result[:first] == UNKNOWN).all()
        np.testing.assert_array_equal(result[first:], theirs(name, bars, **penetration)[first:])


@every_pattern
def test_every_code_of_a_pattern_is_seen(name: str) -> None:
    # Where nothing is found, equality with TA-Lib says nothing; the near misses are there as well.
    found = [code for seed in (4, 5) for code in PLAIN[name](*shaped(seed)).tolist()]
    found += PLAIN[name](*ticks(2)).tolist()
    rising, falling = found.count(100), found.count(-100)
    assert rising + falling >= 10
    assert set(found) - {UNKNOWN, 0} <= {-120, -100, -80, 80, 100, 120}


@pytest.mark.parametrize("name", ["cdl_engulfing", "cdl_harami", "cdl_haramicross"])
def test_prices_on_a_grid_show_every_strength_of_a_pattern(name: str) -> None:
    assert set(np.unique(PLAIN[name](*ticks(4))).tolist()) == {UNKNOWN, -100, -80, 0, 80, 100}


@pytest.mark.parametrize("name", ["cdl_hikkake", "cdl_hikkakemod"])
def test_a_hikkake_is_confirmed_both_ways(name: str) -> None:
    assert set(np.unique(PLAIN[name](*walk(4))).tolist()) == {UNKNOWN, -120, -100, 0, 100, 120}


@every_pattern
def test_a_missing_bar_is_unknown_for_exactly_the_bars_that_read_it(name: str) -> None:
    clean, rng = ticks(5, bars=3000), np.random.default_rng(6)
    market: list[Any] = [np.where(rng.random(len(column)) < 0.005, np.nan, column) for column in clean]
    missing = np.logical_or.reduce(np.isnan(np.stack(market)))
    unknown = np.array([missing[max(0, t - reads(name) + 1) : t + 1].any() for t in range(len(missing))])
    np.testing.assert_array_equal(PLAIN[name](*market), np.where(unknown, UNKNOWN, PLAIN[name](*clean)))


@every_pattern
@pytest.mark.parametrize(
    "column", [np.empty(0), np.full(40, np.nan), np.array([1.0, 2.0])], ids=["none", "nan", "short"]
)
def test_too_few_bars_are_unknown(name: str, column: Array) -> None:
    result = PLAIN[name](column, column, column, column)
    assert result.shape == column.shape
    assert (result == UNKNOWN).all()


@every_pattern
def test_read_only_bars_are_accepted_and_the_result_can_be_written(name: str) -> None:
    market = [column.copy() for column in ticks(7, bars=400)]
    expected = PLAIN[name](*(column.copy() for column in market))
    for column in market:
        column.flags.writeable = False
    result = PLAIN[name](*market)
    np.testing.assert_array_equal(result, expected)
    assert result.flags.writeable
