"""Candlestick kernels against TA-Lib, bar by bar; all cuts give the same bits; unknown exactly where a bar lacks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
import talib
from bokeh_sampledata import stocks
from talib import abstract

from quantperf.kernels import candles

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]
Bars = tuple[Array, Array, Array, Array]

PENETRATIONS = {
    "cdl_abandonedbaby": 0.3,
    "cdl_darkcloudcover": 0.5,
    "cdl_eveningdojistar": 0.3,
    "cdl_eveningstar": 0.3,
    "cdl_mathold": 0.5,
    "cdl_morningdojistar": 0.3,
    "cdl_morningstar": 0.3,
}
ALL = np.ones(len(candles.PATTERNS), bool)


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


# Open, high, low, close of patterns that chance hardly ever draws.
RARE = [
    [(50, 50, 38, 38), (52, 64, 52, 64)],  # kicking
    [(50, 50, 46, 46), (45, 45, 41, 41), (38, 43, 35, 35), (44, 44, 34, 34)],  # concealing baby swallow
    [(40, 54, 40, 54), (58, 59, 56, 57), (55, 55, 53, 53), (54, 54, 52, 52), (53, 62, 53, 62)],  # mat hold
    [(60, 60, 38, 50), (56, 58, 44, 52), (50, 50, 48, 48)],  # three stars in the south
    [(50, 64, 50, 64), (68, 69, 66, 67), (70, 70, 64, 65)],  # upside gap two crows
]


def trends(seed: int, bars: int = 20_000) -> Bars:
    """Long and short bodies in runs, opening within or beyond the last one, often without shadows."""
    rng = np.random.default_rng(seed)
    size = np.where(rng.random(bars) < 0.35, rng.integers(8, 16, bars), rng.integers(0, 5, bars)).astype(float)
    drift = np.repeat(rng.choice([-1.0, 1.0], bars // 3 + 1), 3)[:bars]
    body = size * np.where(rng.random(bars) < 0.7, drift, -drift)
    within, part, jump = rng.random(bars) < 0.45, rng.random(bars), rng.integers(-6, 7, bars)
    open_, close = np.full(bars, 50_000.0), np.full(bars, 50_000.0)
    for t in range(1, bars):
        last, end = open_[t - 1], close[t - 1]
        open_[t] = np.round(last + (end - last) * part[t]) if within[t] else end + jump[t]
        close[t] = open_[t] + body[t]
    high = np.maximum(open_, close) + rng.integers(0, 6, bars) * (rng.random(bars) < 0.5)
    low = np.minimum(open_, close) - rng.integers(0, 6, bars) * (rng.random(bars) < 0.5)
    for at in range(20, bars - 20, 40):
        o, h, l, c = np.transpose(RARE[rng.integers(len(RARE))]).astype(float)  # noqa: E741
        if rng.random() < 0.5:
            o, h, l, c = -o, -l, -h, -c  # noqa: E741
        place, level = slice(at, at + o.size), close[at - 1] - o[0]
        open_[place], high[place], low[place], close[place] = o + level, h + level, l + level, c + level
    return open_, high, low, close


def listed(symbol: str) -> Bars:
    columns = getattr(stocks, symbol)
    open_, high, low, close = (np.array(columns[name], dtype=float) for name in ("open", "high", "low", "close"))
    return open_, high, low, close


MARKETS = {
    **{symbol: listed(symbol) for symbol in ("AAPL", "FB", "GOOG", "IBM", "MSFT")},
    **{f"walk {seed}": walk(seed) for seed in (1, 2, 3)},
    **{f"ticks {seed}": ticks(seed) for seed in (4, 5, 6)},
    **{f"trends {seed}": trends(seed) for seed in (7, 8, 9)},
}


def panel(lanes: int, bars: int = 300) -> Bars:
    """Lanes of ticks, walks and trends, two of them with missing bars, one listed late."""
    makers = (ticks, walk, trends)
    columns = [makers[lane % 3](lane + 10, bars) for lane in range(lanes)]
    open_, high, low, close = (np.stack([column[k] for column in columns], axis=1) for k in range(4))
    if lanes > 2:
        high[40, 0], low[170:173, 0], close[200, 1], open_[:57, 2] = np.nan, np.nan, np.inf, np.nan
    return open_, high, low, close


def state_of(rows: tuple[tuple[float, int], ...], lanes: int) -> Array:
    return np.concatenate([np.full((count, lanes), value) for value, count in rows])


def blocks(bars: Bars, cuts: list[int]) -> list[Bars]:
    """The bars cut before each of these places, as (bars, lanes)."""
    table = [column if column.ndim == 2 else column[:, None] for column in bars]
    edges = [0, *cuts, table[0].shape[0]]
    return [tuple(column[a:b] for column in table) for a, b in pairwise(edges)]  # type: ignore[misc]


def one(name: str, bars: Bars, cuts: list[int] | None = None, penetration: float | None = None) -> Codes:
    given = PENETRATIONS.get(name, 0.0) if penetration is None else penetration
    kernel, params = candles.kernel(name), candles.params(name, given)
    parts = blocks(bars, cuts or [])
    state = state_of(candles.rows(name), parts[0][0].shape[1])
    answers = []
    for part in parts:
        answers.append(np.full(part[0].shape, 7, np.int8))
        kernel(state, *part, *params, answers[-1])
    return np.concatenate(answers)


def every(
    bars: Bars, cuts: list[int] | None = None, on: npt.NDArray[np.bool_] = ALL, penetration: float | None = None
) -> Codes:
    depths = [PENETRATIONS.get(name, 0.0) if penetration is None else penetration for name in candles.PATTERNS]
    parts = blocks(bars, cuts or [])
    state = state_of(candles.candles_rows(), parts[0][0].shape[1])
    answers = []
    for part in parts:
        answers.append(np.full((np.count_nonzero(on), *part[0].shape), 7, np.int8))
        candles.candles(state, *part, on, np.array(depths), answers[-1])
    return np.concatenate(answers, axis=1)


def theirs(name: str, bars: Bars, penetration: float | None = None) -> npt.NDArray[np.int32]:
    function = getattr(talib, name.replace("_", "").upper())
    answer = function(*bars) if penetration is None else function(*bars, penetration=penetration)
    return np.where(abs(answer) == 200, np.sign(answer) * 120, answer)


each_pattern = pytest.mark.parametrize("name", candles.PATTERNS)


def test_the_patterns_are_those_of_talib_in_its_order() -> None:
    group = talib.get_function_groups()["Pattern Recognition"]
    assert [name.replace("_", "").upper() for name in candles.PATTERNS] == group
    assert [candles.lookback(name) for name in candles.PATTERNS] == [abstract.Function(name).lookback for name in group]


@each_pattern
def test_each_bar_equals_talib_after_the_lookback(name: str) -> None:
    lookback, found = candles.lookback(name), 0
    for market in MARKETS.values():
        for penetration in (None, 0.0, 0.8) if name in PENETRATIONS else (None,):
            result, wanted = one(name, market, penetration=penetration)[:, 0], theirs(name, market, penetration)
            assert (result[:lookback] == candles.UNKNOWN).all()
            np.testing.assert_array_equal(result[lookback:], wanted[lookback:])
            found += np.count_nonzero(wanted)
    assert found > 0


@pytest.mark.parametrize("market", MARKETS)
def test_all_in_one_pass_equal_talib(market: str) -> None:
    for penetration in (None, 0.8):
        result = every(MARKETS[market], penetration=penetration)[:, :, 0]
        for codes, name in zip(result, candles.PATTERNS, strict=True):
            wanted = theirs(name, MARKETS[market], penetration if name in PENETRATIONS else None)
            wanted[: candles.lookback(name)] = candles.UNKNOWN
            np.testing.assert_array_equal(codes, wanted, err_msg=name)


@each_pattern
@pytest.mark.parametrize("lanes", [1, 3, 40])
def test_any_cut_of_a_series_or_panel_gives_the_same_codes(name: str, lanes: int) -> None:
    bars = panel(lanes)
    whole = one(name, bars)
    np.testing.assert_array_equal(one(name, bars, list(range(1, 300))), whole)
    np.testing.assert_array_equal(one(name, bars, [3, 4, 5, 50, 120, 251]), whole)
    for lane in (0, 1, 2)[:lanes]:
        alone: Bars = tuple(np.ascontiguousarray(column[:, lane]) for column in bars)  # type: ignore[assignment]
        np.testing.assert_array_equal(one(name, alone)[:, 0], whole[:, lane])


@pytest.mark.parametrize("lanes", [1, 3, 40])
def test_one_pass_cut_anywhere_equals_the_kernels_of_one_pattern(lanes: int) -> None:
    bars = panel(lanes)
    wanted = np.stack([one(name, bars) for name in candles.PATTERNS])
    np.testing.assert_array_equal(every(bars), wanted)
    np.testing.assert_array_equal(every(bars, list(range(1, 300))), wanted)
    np.testing.assert_array_equal(every(bars, [2, 77, 78]), wanted)


def test_one_pass_gives_only_the_selected_patterns() -> None:
    on, bars = np.random.default_rng(1).random(ALL.size) < 0.3, panel(3)
    np.testing.assert_array_equal(every(bars, on=on), every(bars)[on])


@each_pattern
def test_a_missing_bar_makes_exactly_the_span_unknown(name: str) -> None:
    whole, span = one(name, ticks(3, 200))[:, 0], candles.span(name)
    for place, (column, value) in enumerate([(0, np.nan), (1, np.inf), (2, -np.inf), (3, np.nan)]):
        bars, at = ticks(3, 200), 60 + 31 * place
        bars[column][at] = value
        wanted = whole.copy()
        wanted[at : at + span] = candles.UNKNOWN
        np.testing.assert_array_equal(one(name, bars)[:, 0], wanted)


@each_pattern
def test_the_lookback_counts_from_the_first_whole_bar(name: str) -> None:
    bars = ticks(4, 120)
    late: Bars = tuple(np.concatenate([np.full(30, np.nan), column]) for column in bars)  # type: ignore[assignment]
    np.testing.assert_array_equal(one(name, late)[30:], one(name, bars))
    assert (one(name, late)[: 30 + candles.lookback(name)] == candles.UNKNOWN).all()


@each_pattern
def test_no_bar_beyond_the_span_is_read(name: str) -> None:
    """The span is no less than what an answer reads: other bars before it change nothing."""
    bars, other, span = trends(5, 2000), ticks(6, 2000), candles.span(name)
    whole = one(name, bars)[:, 0]
    for at in range(100, 2000, 100):
        mixed: Bars = tuple(  # type: ignore[assignment]
            np.concatenate([b[: at - span + 1], a[at - span + 1 : at + 1]]) for a, b in zip(bars, other, strict=True)
        )
        assert one(name, mixed)[at, 0] == whole[at]
