"""Candlestick patterns against TA-Lib, bar by bar, and the policy for missing bars."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import talib
from bokeh_sampledata import stocks
from talib import abstract

from quantperf.reference.candles import UNKNOWN, cdl_doji, cdl_engulfing, cdl_hammer, cdl_harami

Array = npt.NDArray[np.float64]
Bars = tuple[Array, Array, Array, Array]
Pattern = Callable[[Array, Array, Array, Array], npt.NDArray[np.int8]]


def walk(seed: int, bars: int = 20_000) -> Bars:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, bars)))
    open_ = np.roll(close, 1) * np.exp(rng.normal(0.0, 0.003, bars))
    open_[0] = close[0]
    high = np.maximum(open_, close) * (1.0 + rng.exponential(0.004, bars))
    low = np.minimum(open_, close) * (1.0 - rng.exponential(0.004, bars))
    return open_, high, low, close


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


def cents(seed: int) -> Bars:
    open_, high, low, close = (np.round(column, 2) for column in walk(seed))
    return open_, high, low, close


def listed(symbol: str) -> Bars:
    columns = getattr(stocks, symbol)
    open_, high, low, close = (np.array(columns[name], dtype=float) for name in ("open", "high", "low", "close"))
    return open_, high, low, close


every_pattern = pytest.mark.parametrize(
    ("pattern", "theirs", "lookback", "reads"),
    [
        (cdl_engulfing, talib.CDLENGULFING, 2, 2),
        (cdl_harami, talib.CDLHARAMI, 11, 12),
        (cdl_doji, talib.CDLDOJI, 10, 11),
        (cdl_hammer, talib.CDLHAMMER, 11, 11),
    ],
    ids=["engulfing", "harami", "doji", "hammer"],
)


@every_pattern
@pytest.mark.parametrize(
    "market",
    [walk(1), ticks(2), cents(3), listed("AAPL"), listed("IBM")],
    ids=["walk", "ticks", "cents", "AAPL", "IBM"],
)
def test_each_bar_equals_talib_after_the_lookback(
    pattern: Pattern, theirs: Callable[..., Array], lookback: int, reads: int, market: Bars
) -> None:
    result = pattern(*market)
    assert result.dtype == np.int8
    assert (result[:lookback] == UNKNOWN).all()
    np.testing.assert_array_equal(result[lookback:], theirs(*market)[lookback:])
    assert np.count_nonzero(result[lookback:]) > 0


@every_pattern
def test_the_lookback_is_the_one_that_talib_declares(
    pattern: Pattern, theirs: Callable[..., Array], lookback: int, reads: int
) -> None:
    entry = abstract.Function(theirs.__name__)  # type: ignore[attr-defined]  # the stubs leave it out
    assert entry.lookback == lookback


@pytest.mark.parametrize("pattern", [cdl_engulfing, cdl_harami])
def test_prices_on_a_grid_show_every_strength_of_a_pattern(pattern: Pattern) -> None:
    assert set(np.unique(pattern(*ticks(4))).tolist()) == {UNKNOWN, -100, -80, 0, 80, 100}


@every_pattern
def test_a_missing_bar_is_unknown_for_exactly_the_bars_that_read_it(
    pattern: Pattern, theirs: Callable[..., Array], lookback: int, reads: int
) -> None:
    clean, rng = ticks(5, bars=3000), np.random.default_rng(6)
    market = [np.where(rng.random(len(column)) < 0.005, np.nan, column) for column in clean]
    missing = np.logical_or.reduce(np.isnan(np.stack(market)))
    unknown = np.array([missing[max(0, t - reads + 1) : t + 1].any() for t in range(len(missing))])
    np.testing.assert_array_equal(pattern(*market), np.where(unknown, UNKNOWN, pattern(*clean)))


@every_pattern
@pytest.mark.parametrize(
    "column", [np.empty(0), np.full(40, np.nan), np.array([1.0, 2.0])], ids=["none", "nan", "short"]
)
def test_too_few_bars_are_unknown(
    pattern: Pattern, theirs: Callable[..., Array], lookback: int, reads: int, column: Array
) -> None:
    result = pattern(column, column, column, column)
    assert result.shape == column.shape
    assert (result == UNKNOWN).all()


@every_pattern
def test_read_only_bars_are_accepted_and_the_result_can_be_written(
    pattern: Pattern, theirs: Callable[..., Array], lookback: int, reads: int
) -> None:
    market = ticks(7, bars=400)
    expected = pattern(*(column.copy() for column in market))
    for column in market:
        column.flags.writeable = False
    result = pattern(*market)
    np.testing.assert_array_equal(result, expected)
    assert result.flags.writeable
