"""Trades of signals: fills, cash, laws of a backtest and its figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.kernels.trades import simulate
from quantperf.market.moments import closing_times
from quantperf.reference.trades import simulate as simulate_plainly

Arrays = tuple[Any, ...]


def signals_at(prices: Any, bars: Any, symbols: Any = "X", direction: Any = 1, kind: Any = "t") -> pd.DataFrame:
    places = np.atleast_1d(bars)
    frame = pd.DataFrame({"symbol": symbols, "signal_type": kind, "triggered_at": prices.index[places]})
    return frame.assign(known_at=closing_times(prices.index)[places], direction=direction)


def daily(rows: list[tuple[float, float, float, float]], freq: str = "D") -> pd.DataFrame:
    index = pd.date_range("2024-01-01", periods=len(rows), freq=freq)
    return pd.DataFrame(rows, index=index, columns=["open", "high", "low", "close"]).assign(volume=1.0)


def flat(price: float) -> tuple[float, float, float, float]:
    return (price, price, price, price)


def some_signals(panel: Any, count: int = 120, seed: int = 4) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    bars = np.sort(random.integers(0, len(panel), count))
    sides, symbols = random.choice([-1, 0, 1], count), random.choice(np.array(panel.symbols), count)
    return signals_at(panel, bars, symbols, sides, random.choice(["a", "b"], count))


def one(prices: pd.DataFrame, direction: int = 1, **options: Any) -> pd.Series[Any]:
    return qp.backtest(signals_at(prices, [0], direction=direction), prices, **options).trades.iloc[0]


# ------------------------------------------------------------------------------------------------- fast and plain


def orders_of(random: np.random.Generator, bars: int, lanes: int, count: int) -> Arrays:
    entry = np.sort(random.integers(1, bars + 1, count))
    leave = np.minimum(entry + random.integers(0, 9, count), bars)
    return random.integers(0, lanes, count), entry, leave, random.choice([-1.0, 1.0], count)


def both(blocks: list[Any], orders: Arrays, options: Arrays, first: int) -> list[Arrays]:
    count, bars = len(orders[0]), len(blocks[0])
    found = []
    for run in (simulate, simulate_plainly):
        filled = (
            np.zeros(count, np.int64),
            np.full(count, -1),
            np.full((count, 6), np.nan),
            *np.zeros((3, bars - first)),
        )
        run(*blocks, *orders, *options, first, bars, *filled)
        found.append(filled)
    return found


@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize(
    "options",
    [
        (np.nan, np.nan, 0.0, 1e4, 0.1, 10**9, False),
        (2.0, 3.0, 0.001, 1e4, 0.1, 10**9, True),
        (1.0, np.nan, 0.0, 1e4, 0.4, 2, False),
        (np.nan, 0.5, 0.002, 1e4, 1.0, 10**9, True),
    ],
)
def test_the_kernel_equals_the_plain_books_to_the_last_bit(missing: float, options: Arrays) -> None:
    panel = qp.synthetic(symbols=5, bars=250, seed=3, missing=missing)
    blocks = [panel.block(name).copy() for name in ("open", "high", "low", "close")]
    lane, entry, leave, sign = orders_of(np.random.default_rng(1), 250, 5, 300)
    known = np.array([t == 250 or not np.isnan(blocks[0][t, j]) for t, j in zip(entry, lane, strict=True)])
    fast, plain = both(blocks, (lane[known], entry[known], leave[known], sign[known]), options, first=1)
    for got, wanted in zip(fast, plain, strict=True):
        np.testing.assert_array_equal(got, wanted)


@given(st.data())
def test_the_kernel_equals_the_plain_books_on_ties_and_gaps(data: st.DataObject) -> None:
    tick = st.one_of(st.integers(4, 12).map(float), st.just(np.nan))
    bars = data.draw(st.integers(2, 8))
    rows = st.lists(st.lists(tick, min_size=2, max_size=2), min_size=bars, max_size=bars)
    blocks = [np.array(data.draw(rows)) for _ in range(4)]
    lane, entry, leave, sign = orders_of(np.random.default_rng(data.draw(st.integers(0, 99))), bars, 2, 6)
    known = np.array([t == bars or not np.isnan(blocks[0][t, j]) for t, j in zip(entry, lane, strict=True)])
    level = st.sampled_from([np.nan, 10.0, 20.0, 50.0])
    options = (data.draw(level), data.draw(level), 0.001, 100.0, 0.5, 3, data.draw(st.booleans()))
    fast, plain = both(blocks, (lane[known], entry[known], leave[known], sign[known]), options, first=0)
    for got, wanted in zip(fast, plain, strict=True):
        np.testing.assert_array_equal(got, wanted)


# ---------------------------------------------------------------------------------------------------------- fills


def test_one_enters_at_the_open_of_the_next_bar_and_leaves_when_the_time_is_over() -> None:
    trade = one(daily([flat(10), (11, 12, 9, 10), (10, 15, 10, 14), flat(20)]), hold="2d")
    assert trade[["entry_price", "exit_price", "reason", "bars"]].tolist() == [11.0, 14.0, "time", 2]
    assert trade["gross"] == pytest.approx(100.0 * 3 / 11)
    assert trade[["mfe", "mae"]].tolist() == pytest.approx([100.0 * 4 / 11, -100.0 * 2 / 11])
    assert trade["entry_at"] == pd.Timestamp("2024-01-02", tz="UTC")
    assert trade["exit_at"] == pd.Timestamp("2024-01-04", tz="UTC")


@pytest.mark.parametrize(
    ("bar", "direction", "reason", "price"),
    [
        ((100, 101, 94, 100), 1, "stop", 95.0),  # on the path, though the close is back
        ((100, 111, 99, 100), 1, "take", 110.0),
        ((100, 111, 94, 100), 1, "stop", 95.0),  # both: the stop counts
        ((90, 111, 80, 100), 1, "stop", 90.0),  # a gap fills at the open
        ((115, 120, 80, 100), 1, "take", 115.0),
        ((100, 106, 99, 100), -1, "stop", 105.0),
        ((100, 101, 89, 100), -1, "take", 90.0),
        ((108, 120, 80, 100), -1, "stop", 108.0),
        ((100, 104, 96, 103), 1, "end of data", 103.0),
    ],
)
def test_stops_and_targets_are_checked_on_the_path(
    bar: tuple[float, float, float, float], direction: int, reason: str, price: float
) -> None:
    trade = one(daily([flat(100), flat(100), bar]), direction, hold="1m", stop=5.0, take=10.0)
    assert (trade["reason"], trade["exit_price"]) == (reason, pytest.approx(price))


def test_a_stop_counts_on_the_bar_of_the_entry() -> None:
    trade = one(daily([flat(100), (100, 100, 90, 99), flat(99)]), stop=5.0)
    assert (trade["reason"], trade["bars"]) == ("stop", 1)


def test_a_position_without_a_price_keeps_its_last_one() -> None:
    nothing = (np.nan,) * 4
    found = qp.backtest(signals_at(daily([flat(1)]), [0]), daily([flat(100), flat(100), nothing, nothing]), hold="1d")
    assert found.trades["reason"].tolist() == ["time"]
    found = qp.backtest(signals_at(daily([flat(1)]), [0]), daily([flat(100), flat(110), nothing, nothing]), hold="2d")
    assert found.trades[["reason", "exit_price"]].to_numpy().tolist() == [["end of data", 110.0]]
    assert found.equity.notna().all()


def test_costs_are_paid_on_the_value_traded_of_each_side() -> None:
    trade = one(daily([flat(100), flat(100), flat(200)]), hold=2, costs=10.0, slippage=5.0)
    notional = 1000.0 / 1.0015
    assert trade["notional"] == pytest.approx(notional)
    assert trade["costs"] == pytest.approx(0.0015 * 3 * notional)
    assert trade["profit"] == pytest.approx(notional - 0.0045 * notional)
    assert trade["net"] == pytest.approx(trade["profit"] / 10.0)


def test_a_short_that_loses_more_than_its_security_is_said_in_the_lowest_cash() -> None:
    prices = daily([flat(100), flat(100), flat(500), flat(500)])
    found = qp.backtest(signals_at(prices, [0], direction=-1), prices, hold=2, share=1.0)
    assert found.trades["profit"].tolist() == [-40_000.0]
    assert found.summary["lowest_cash"] == found.equity.iloc[-1] == -30_000.0
    assert found.summary["max_drawdown"] == -400.0
    assert np.isnan(found.summary["sharpe"])


# ----------------------------------------------------------------------------------------------------------- laws


@pytest.fixture(scope="module")
def panel() -> qp.Panel:
    return qp.synthetic(symbols=5, bars=300, seed=11, missing=0.05, late=0.4)


OPTIONS: list[dict[str, Any]] = [
    {},
    {"hold": 3, "stop": 2.0, "take": 3.0, "costs": 5.0},
    {"overlap": "stack", "share": 0.5, "hold": "1m", "slippage": 3.0},
    {"max_positions": 2, "allow_short": False, "days": 150},
]


@pytest.mark.parametrize("options", OPTIONS)
def test_profits_of_trades_add_up_to_the_change_of_the_capital(panel: qp.Panel, options: dict[str, Any]) -> None:
    found = qp.backtest(some_signals(panel), panel, **options)
    assert len(found.trades) > 10
    assert found.trades["profit"].sum() == pytest.approx(found.equity.iloc[-1] - 10_000.0, rel=1e-9)
    assert found.cash.iloc[-1] == found.equity.iloc[-1]
    assert len(found.trades) + sum(found.skipped.values()) == 120


@pytest.mark.parametrize("options", OPTIONS)
def test_no_trade_begins_before_its_signal_is_known(panel: qp.Panel, options: dict[str, Any]) -> None:
    trades = qp.backtest(some_signals(panel), panel, **options).trades
    assert (trades["entry_at"] >= trades["known_at"]).all()
    assert (trades["exit_at"] > trades["entry_at"]).all()


@pytest.mark.parametrize("options", OPTIONS[:3])
def test_costs_only_lower_the_result(panel: qp.Panel, options: dict[str, Any]) -> None:
    signals, options = some_signals(panel, 40), {**options, "share": 0.02}  # there is always cash
    results = [qp.backtest(signals, panel, **{**options, "costs": costs}) for costs in (0.0, 5.0, 50.0)]
    assert len({len(result.trades) for result in results}) == 1
    ends = [result.equity.iloc[-1] for result in results]
    assert ends[0] > ends[1] > ends[2]
    nets = [result.trades["net"].to_numpy() for result in results]
    assert (nets[0] > nets[1]).all()
    assert (nets[1] > nets[2]).all()


@pytest.mark.parametrize("options", OPTIONS[:3])
def test_later_prices_change_no_earlier_equity(panel: qp.Panel, options: dict[str, Any]) -> None:
    signals = some_signals(panel)
    whole = qp.backtest(signals, panel, **options)
    cut = qp.Panel.from_frames({name: panel[name].iloc[:200] for name in panel.symbols})
    part = qp.backtest(signals[signals["triggered_at"].isin(cut.index)], cut, **options)
    pd.testing.assert_series_equal(part.equity.iloc[:-1], whole.equity.loc[part.equity.index[:-1]])
    done = part.trades[part.trades["reason"] != "end of data"]
    pd.testing.assert_frame_equal(done, whole.trades.loc[done.index])


@pytest.mark.parametrize("options", OPTIONS)
def test_the_order_of_symbols_does_not_matter_and_inputs_stay(panel: qp.Panel, options: dict[str, Any]) -> None:
    signals = some_signals(panel)
    before = signals.copy()
    found = qp.backtest(signals, panel, **options)
    turned = qp.backtest(signals, panel[list(panel.symbols)[::-1]], **options)
    pd.testing.assert_frame_equal(signals, before)
    pd.testing.assert_frame_equal(found.trades, turned.trades)
    pd.testing.assert_series_equal(found.equity, turned.equity)
    assert found.skipped == turned.skipped


def test_cash_is_laid_out_in_the_order_in_which_signals_were_known() -> None:
    panel = qp.synthetic(symbols=4, bars=40, seed=1)
    signals = signals_at(panel, [5, 5, 5, 6], list(panel.symbols))
    found = qp.backtest(signals.iloc[[3, 2, 1, 0]], panel, share=0.4, hold=20)
    assert found.trades["symbol"].tolist() == ["S002", "S001"]
    assert found.skipped == {"no cash": 2}
    assert found.summary["lowest_cash"] >= 0.0


def test_what_is_not_traded_is_counted() -> None:
    panel = qp.synthetic(symbols=2, bars=60, seed=1)
    signals = signals_at(
        panel, [1, 20, 21, 22, 23, 59], ["S000", "S000", "S000", "S001", "NONE", "S000"], [1, 1, 1, 0, 1, 1]
    )
    found = qp.backtest(signals, panel, hold=10, days=70)
    reasons = {"before the window": 1, "position open": 1, "no direction": 1, "not in prices": 1, "no bar to enter": 1}
    assert found.skipped == reasons
    assert qp.backtest(signals.assign(direction=-1), panel, allow_short=False).skipped == {
        "short": 5,
        "not in prices": 1,
    }
    stacked = qp.backtest(signals, panel, hold=10, overlap="stack")
    assert stacked.trades["symbol"].tolist() == ["S000", "S000", "S000"]


# -------------------------------------------------------------------------------------------------------- figures


def test_the_summary_follows_from_trades_and_equity(panel: qp.Panel) -> None:
    found = qp.backtest(some_signals(panel), panel, costs=5.0)
    figures, trades = found.summary, found.trades
    assert figures["trades"] == len(trades)
    assert figures["win_rate"] == (trades["net"] > 0).mean()
    assert figures["win_low"] < figures["win_rate"] < figures["win_high"]
    won, lost = trades["profit"].clip(lower=0).sum(), -trades["profit"].clip(upper=0).sum()
    assert figures["profit_factor"] == pytest.approx(won / lost)
    depth = found.equity / found.equity.cummax() - 1.0
    assert figures["max_drawdown"] == pytest.approx(100.0 * depth.min())
    runs = (depth < 0).astype(int).groupby((depth >= 0).cumsum()).sum()
    assert figures["drawdown_bars"] == runs.max()
    returns = found.equity.pct_change().dropna()
    assert figures["sharpe"] == pytest.approx(returns.mean() / returns.std() * figures["bars_per_year"] ** 0.5)
    assert figures["bars_per_year"] == pytest.approx(261, abs=2)
    moves = [found.closes[name].dropna().iloc[[0, -1]].pct_change().iloc[-1] for name in found.closes]
    assert figures["buy_and_hold"] == pytest.approx(100.0 * np.mean(moves))
    assert found.by_type["trades"].sum() == len(trades)
    assert found.by_type["profit"].sum() == pytest.approx(trades["profit"].sum())


def test_weights_and_correlation_are_of_the_symbols_traded(panel: qp.Panel) -> None:
    found = qp.backtest(some_signals(panel), panel)
    np.testing.assert_allclose(found.weights.sum(), 1.0)
    assert list(found.weights.index) == list(found.closes) == list(found.correlation)
    np.testing.assert_allclose(np.diag(found.correlation), 1.0)
    deviations = found.closes.pct_change(fill_method=None).std()
    assert (found.weights["inverse_volatility"] * deviations).std() == pytest.approx(0.0, abs=1e-12)


def test_drawn_trades_are_the_same_for_the_same_seed() -> None:
    panel = qp.synthetic(symbols=3, bars=200, seed=5)
    found = qp.backtest(some_signals(panel, 60), panel)
    drawn = found.monte_carlo(draws=200, seed=1)
    pd.testing.assert_frame_equal(drawn, found.monte_carlo(draws=200, seed=1))
    assert not drawn.equals(found.monte_carlo(draws=200, seed=2))
    shuffled = found.monte_carlo(draws=50, how="shuffle")
    end = 10_000.0 * np.prod(1.0 + 0.1 * found.trades["net"] / 100.0)
    np.testing.assert_allclose(shuffled["end_capital"], end)
    assert (shuffled["max_drawdown"] <= 0.0).all()
    assert shuffled["max_drawdown"].nunique() > 10
    assert drawn["end_capital"].quantile(0.05) < end < drawn["end_capital"].quantile(0.95)


def test_without_a_trade_the_capital_stays() -> None:
    panel = qp.synthetic(symbols=2, bars=30, seed=5)
    found = qp.backtest(some_signals(panel, 5).assign(direction=0), panel)
    assert (found.equity == 10_000.0).all()
    assert found.summary["trades"] == 0
    assert np.isnan(found.summary["win_rate"])
    assert found.skipped == {"no direction": 5}
    assert len(found.by_type) == 0
    assert "0 trades" in found._repr_html_()
    with pytest.raises(qp.ParameterError, match="at least one to be drawn from"):
        found.monte_carlo()
    assert len(qp.backtest(some_signals(panel, 5).iloc[:0], panel).trades) == 0


def test_a_picture_shows_the_equity(panel: qp.Panel) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    found = qp.backtest(some_signals(panel), panel)
    figure = found.plot()
    line = figure.axes[0].lines[0]
    np.testing.assert_array_equal(line.get_ydata(), found.equity)
    held = figure.axes[0].lines[1].get_ydata()
    assert held[-1] == pytest.approx(10_000.0 * (1.0 + found.summary["buy_and_hold"] / 100.0))
    assert np.abs(np.diff(held) / held[:-1]).max() < 0.2  # a symbol that is listed later makes no jump
    matplotlib.pyplot.close(figure)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"hold": "1h"}, "hold must be at least as long as a bar"),
        ({"hold": 0}, "at least 1"),
        ({"hold": None}, "hold must be like"),
        ({"stop": 0.0}, "stop must be above 0 up to 100, got 0.0"),
        ({"take": -1.0}, "take must be above 0, got"),
        ({"costs": -1.0}, "costs must be from 0"),
        ({"share": 1.5}, "share must be above 0 up to 1"),
        ({"capital": np.nan}, "capital must be above 0"),
        ({"max_positions": 0}, "max_positions must be a whole number of at least 1"),
        ({"days": 2.5}, "days must be a whole number"),
        ({"overlap": "both"}, "overlap must be one of 'skip', 'stack'"),
    ],
)
def test_mistakes_are_named(options: dict[str, Any], said: str) -> None:
    prices = daily([flat(1), flat(2)])
    with pytest.raises(qp.ParameterError, match=said):
        qp.backtest(signals_at(prices, [0]), prices, **options)
