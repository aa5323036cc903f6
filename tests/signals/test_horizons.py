"""What came of signals: prices at horizons, paths, grades and states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.kernels.outcomes import follow
from quantperf.market.moments import closing_times
from quantperf.reference.outcomes import follow as follow_plainly
from quantperf.signals.horizon_clock import Clock, checked_horizons
from quantperf.signals.horizons import blocks_of, walk_of
from quantperf.signals.records import places_of

DAY = pd.Timedelta(days=1)


def signals_at(prices: Any, bars: Any, symbols: Any = "X", direction: Any = 1, kind: Any = "t") -> pd.DataFrame:
    stamps = prices.index[np.atleast_1d(bars)]
    frame = pd.DataFrame({"symbol": symbols, "signal_type": kind, "triggered_at": stamps})
    return frame.assign(known_at=closing_times(prices.index)[np.atleast_1d(bars)], direction=direction)


def daily(closes: Any, start: str = "2024-01-01", freq: str = "D", highs: Any = None, lows: Any = None) -> pd.DataFrame:
    close = np.asarray(closes, dtype=float)
    index = pd.date_range(start, periods=len(close), freq=freq)
    high, low = (close if item is None else np.asarray(item, dtype=float) for item in (highs, lows))
    return pd.DataFrame({"open": close, "high": high, "low": low, "close": close, "volume": 1.0}, index=index)


def some_signals(panel: Any, count: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    bars = np.sort(random.integers(0, len(panel), count))
    symbols = random.choice(np.array(panel.symbols), count)
    return signals_at(panel, bars, symbols, random.choice([-1, 0, 1], count), random.choice(["a", "b"], count))


def both(panel: Any, signals: pd.DataFrame, horizons: Any, at_open: bool, last: int | None = None) -> Any:
    clock = Clock.of(panel.index, None, None, None)
    places = places_of(signals, panel)
    found = []
    for walk in (follow, follow_plainly):
        arguments = walk_of(
            blocks_of(panel),
            clock,
            signals["known_at"],
            places,
            signals["direction"].to_numpy(dtype=float),
            checked_horizons(horizons),
            at_open=at_open,
            last=len(panel) if last is None else last,
        )
        walk(*arguments)
        found.append(arguments[-2:])
    return found


@pytest.mark.parametrize("at_open", [False, True])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_the_kernel_equals_the_row_loop_to_the_last_bit(at_open: bool, missing: float) -> None:
    panel = qp.synthetic(symbols=4, bars=150, seed=3, missing=missing, late=0.5)
    signals = some_signals(panel, 120, seed=4)
    (at, values), (at_plain, values_plain) = both(panel, signals, ("1h", "1d", "1w", "1m", 3), at_open)
    np.testing.assert_array_equal(at, at_plain)
    np.testing.assert_array_equal(values, values_plain)


@given(st.data(), st.booleans())
def test_the_kernel_equals_the_row_loop_on_ties_gaps_and_short_data(data: st.DataObject, at_open: bool) -> None:
    tick = st.one_of(st.integers(1, 6).map(float), st.just(np.nan))
    bars = data.draw(st.integers(1, 12))
    row = st.lists(tick, min_size=bars, max_size=bars)
    prices = daily(data.draw(row), freq="8h")
    prices["open"], prices["high"], prices["low"] = data.draw(row), data.draw(row), data.draw(row)
    at = data.draw(st.lists(st.integers(0, bars - 1), min_size=1, max_size=5))
    signals = signals_at(prices, at, direction=data.draw(st.sampled_from([-1, 0, 1])))
    fast, plain = both(prices, signals, ("8h", "1d", 2), at_open, last=data.draw(st.integers(0, bars)))
    np.testing.assert_array_equal(fast[0], plain[0])
    np.testing.assert_array_equal(fast[1], plain[1])


def test_a_horizon_shorter_than_a_bar_has_no_price() -> None:
    prices = daily([100.0, 101.0, 103.0])
    found = qp.outcomes(signals_at(prices, [0]), prices, horizons=("1h", "4h", "1d")).iloc[0]
    assert np.isnan(found["price_1h"])
    assert found["success_1h"] is pd.NA
    assert found["reason_1h"] == found["reason_4h"] == "bars too coarse"
    assert found["price_1d"] == 101.0
    assert found["missing"] == "1h: bars too coarse, 4h: bars too coarse"
    assert found["status"] == "complete"


def test_the_price_at_a_horizon_is_that_of_its_bar_and_not_of_now() -> None:
    prices = daily(np.arange(100.0, 200.0), freq="h")
    found = qp.outcomes(signals_at(prices, [10]), prices, horizons=("1h", "4h", "1d")).iloc[0]
    assert [found["price_1h"], found["price_4h"], found["price_1d"]] == [111.0, 114.0, 134.0]
    assert found["at_4h"] == found["known_at"] + pd.Timedelta(hours=4)
    assert found["late_4h"] == pd.Timedelta(0)


def test_a_right_short_is_not_an_f() -> None:
    prices = daily([100.0, 94.0, 94.0])
    short, long, flat, unknown = (
        qp.outcomes(signals_at(prices, [0], direction=side), prices, horizons="1d").iloc[0]
        for side in (-1, 1, 0, np.nan)
    )
    assert (short["grade"], long["grade"]) == ("A", "F")
    assert (short["success_1d"], long["success_1d"]) == (True, False)
    assert short["return_1d"] == long["return_1d"] == pytest.approx(-6.0)
    assert pd.isna(flat["grade"])
    assert pd.isna(unknown["grade"])
    assert flat["success_1d"] is unknown["success_1d"] is pd.NA


@pytest.mark.parametrize(("gain", "grade"), [(5.0, "B"), (6.0, "A"), (2.0, "C"), (0.0, "D"), (-2.0, "F"), (-1.0, "D")])
def test_a_grade_is_above_its_bound(gain: float, grade: str) -> None:
    prices = daily([100.0, 100.0 + gain])
    assert qp.outcomes(signals_at(prices, [0]), prices, horizons="1d")["grade"].tolist() == [grade]


def test_missing_bars_are_passed_over_and_the_delay_is_told() -> None:
    prices = daily([100.0, np.nan, np.nan, 105.0, 106.0])
    found = qp.outcomes(signals_at(prices, [0]), prices, horizons=("1d", 1, "4d", "1w")).iloc[0]
    assert found["price_1d"] == found["price_1"] == 105.0
    assert found["late_1d"] == 2 * DAY
    assert found["late_1"] == 2
    assert found["reason_1w"] == "waiting"
    assert found["status"] == "running"


def test_extremes_are_of_the_path_in_the_direction_of_the_signal() -> None:
    prices = daily([100, 110, 99, 90, 100, 300], highs=[150, 112, 110, 99, 100, 300], lows=[50, 100, 98, 80, 90, 300])
    long = qp.outcomes(signals_at(prices, [0]), prices, horizons="4d").iloc[0]
    short = qp.outcomes(signals_at(prices, [0], direction=-1), prices, horizons="4d").iloc[0]
    assert (long["max_price"], long["min_price"]) == (112.0, 80.0)
    assert long[["mfe", "mae", "max_return", "min_return"]].tolist() == pytest.approx([12.0, -20.0, 12.0, -20.0])
    assert short[["mfe", "mae"]].tolist() == pytest.approx([20.0, -12.0])
    assert long["max_drawdown"] == pytest.approx(100.0 * (90.0 / 110.0 - 1.0))
    assert short["max_drawdown"] == pytest.approx(-10.0)  # from 1 to 0.9, on the way to 110
    assert long["trend_strength"] == 0.0
    assert long["volatility_1d"] == pytest.approx(10.0)


def test_trend_strength_of_a_straight_line_is_one_and_has_the_sign_of_the_direction() -> None:
    prices = daily([100.0, 101.0, 102.0, 103.0])
    up, down = (qp.outcomes(signals_at(prices, [0], direction=side), prices, horizons="3d") for side in (1, -1))
    assert (up["trend_strength"].item(), down["trend_strength"].item()) == (1.0, -1.0)


def test_the_state_follows_from_age_and_prices_alone() -> None:
    prices = daily(np.linspace(100.0, 120.0, 80))
    signals = signals_at(prices, [10])
    known = signals["known_at"].iloc[0]

    def state(age: str) -> tuple[str, str]:
        found = qp.outcomes(signals, prices, horizons=("1d", "1w", "1m"), now=known + pd.Timedelta(age)).iloc[0]
        return found["status"], found["missing"]

    assert state("-1h")[0] == "not started"
    assert state("2h") == ("waiting", "1d: waiting, 1w: waiting, 1m: waiting")
    assert state("1D") == ("running", "1w: waiting, 1m: waiting")
    assert state("30D") == ("complete", "")
    gone = prices.iloc[:15]
    forced = qp.outcomes(signals, gone, horizons=("1d", "1m"), now=known + 60 * DAY).iloc[0]
    assert (forced["status"], forced["missing"]) == ("forced", "1m: waiting")


@pytest.mark.parametrize("entry", ["close", "next_open"])
def test_what_is_known_now_does_not_depend_on_later_bars(entry: str) -> None:
    panel = qp.synthetic(symbols=3, bars=90, seed=8, missing=0.1)
    signals = some_signals(panel, 40, seed=9)
    now = closing_times(panel.index)[60]
    whole = qp.outcomes(signals, panel, entry=entry, now=now)
    cut = qp.Panel.from_frames({name: panel[name].iloc[:61] for name in panel.symbols})
    kept = signals["triggered_at"].isin(cut.index)
    seen = qp.outcomes(signals[kept], cut, entry=entry)
    assert whole.attrs["base_rates"] == seen.attrs["base_rates"]
    whole.attrs, seen.attrs = {}, {}
    pd.testing.assert_frame_equal(whole[kept], seen)
    assert (whole.loc[~kept, "status"] == "not started").all()


def test_one_enters_at_the_next_open_and_never_before_it_is_known() -> None:
    prices = daily([100.0, 110.0, 120.0, 130.0], freq="B", start="2024-03-07")  # Thursday to Tuesday
    prices["open"] = prices["close"] - 5.0
    found = qp.outcomes(signals_at(prices, [1]), prices, horizons=("1d", 1), entry="next_open").iloc[0]
    assert found["entry_price"] == 115.0
    assert found["entry_at"] == pd.Timestamp("2024-03-11", tz="UTC")
    assert found["price_1d"] == found["price_1"] == 120.0
    late = signals_at(prices, [1]).assign(known_at=pd.Timestamp("2024-03-12", tz="UTC"))
    assert qp.outcomes(late, prices, entry="next_open")["entry_price"].item() == 125.0
    assert qp.outcomes(late, prices)["entry_price"].item() == 120.0
    panel = qp.synthetic(symbols=3, bars=90, seed=8, missing=0.2)
    many = qp.outcomes(some_signals(panel, 60, seed=1), panel, entry="next_open")
    entered = many["entry_at"].notna()
    assert entered.sum() > 40
    assert (many["entry_at"] >= many["known_at"])[entered].all()


@pytest.mark.parametrize("day", range(5))
def test_a_week_from_an_open_is_five_daily_bars_from_any_weekday(day: int) -> None:
    prices = daily(np.arange(100.0, 120.0), freq="B", start="2024-03-04")
    found = qp.outcomes(signals_at(prices, [day]), prices, horizons=("1w", 5), entry="next_open").iloc[0]
    assert found["price_1w"] == found["price_5"] == 105.0 + day
    assert found["late_1w"] == pd.Timedelta(0)


def test_an_hour_from_the_open_after_a_night_is_an_hour_of_trading() -> None:
    morning = pd.date_range("2024-03-05 09:30", periods=30, freq="5min")
    prices = daily(np.arange(100.0, 160.0)).set_axis((morning - DAY).append(morning))
    found = qp.outcomes(signals_at(prices, [29]), prices, horizons="1h", entry="next_open").iloc[0]
    assert found["entry_at"] == pd.Timestamp("2024-03-05 09:30", tz="UTC")
    assert found["at_1h"] == pd.Timestamp("2024-03-05 10:30", tz="UTC")


def test_signals_that_are_known_too_soon_or_never_are_spoken_of() -> None:
    prices = daily([100.0, 101.0, 102.0])
    soon = signals_at(prices, [1]).assign(known_at=prices.index[[1]].tz_localize("UTC"))
    with pytest.warns(qp.QuantperfWarning, match="1 signals were known before the bar"):
        assert qp.outcomes(soon, prices)["entry_price"].item() == 100.0
    with pytest.raises(qp.DataError, match="known_at must be there for each signal, 1 have none"):
        qp.outcomes(soon.assign(known_at=pd.NaT), prices)


def test_days_are_counted_on_the_clock_of_the_exchange() -> None:
    days = pd.bdate_range("2024-03-04", "2024-03-22", tz="America/New_York")  # summer time begins on the 10th
    prices = daily(np.arange(100.0, 100.0 + len(days))).set_axis(days)
    session = qp.Session("09:30", "16:00")
    signals = signals_at(prices, [4]).assign(known_at=closing_times(days, session=session)[[4]])
    found = qp.outcomes(signals, prices, session=session).iloc[0]
    assert found["at_1w"] == pd.Timestamp("2024-03-15 16:00", tz="America/New_York")
    assert found["late_1w"] == pd.Timedelta(0)


def test_bars_that_are_numbered_have_horizons_in_bars() -> None:
    prices = daily(np.arange(100.0, 110.0)).reset_index(drop=True)
    signals = pd.DataFrame({"symbol": "", "signal_type": "t", "triggered_at": [2], "known_at": [2], "direction": [1]})
    found = qp.outcomes(signals, prices, horizons=(1, 5, "1d")).iloc[0]
    assert found[["price_1", "price_5", "at_5"]].tolist() == [103.0, 107.0, 7.0]
    assert found["reason_1d"] == "bars too coarse"
    assert pd.isna(found["grade"])


def test_signals_without_prices_are_kept_and_marked() -> None:
    panel = qp.sample()
    signals = signals_at(panel, [5, 300], ["NONE", "IBM"])
    found = qp.outcomes(signals, panel)
    assert found["status"].tolist() == ["not in prices", "complete"]
    assert found["reason_1d"].tolist() == ["not in prices", ""]
    assert found.attrs["counts"] == {"not in prices": 1, "complete": 1}
    none = qp.outcomes(signals.iloc[:0], panel)
    assert len(none) == 0
    assert list(none) == list(found)


def test_base_rates_are_of_all_bars_of_all_symbols() -> None:
    panel = qp.synthetic(symbols=3, bars=200, seed=2, missing=0.1)
    rates = qp.outcomes(some_signals(panel, 5, seed=1), panel, horizons=(1, 5)).attrs["base_rates"]
    everything = [signals_at(panel, np.arange(200), name) for name in panel.symbols]
    kept = [frame[panel.close[name].notna().to_numpy()] for frame, name in zip(everything, panel.symbols, strict=True)]
    found = qp.outcomes(pd.concat(kept), panel, horizons=(1, 5))
    for horizon in ("1", "5"):
        known = found[f"return_{horizon}"].dropna()
        assert rates[horizon] == {"up": (known > 0).mean(), "down": (known < 0).mean(), "bars": len(known)}


def test_excess_over_the_market_and_over_a_symbol() -> None:
    panel = qp.synthetic(symbols=3, bars=60, seed=2)
    signals = signals_at(panel, [10], "S001")
    market = qp.outcomes(signals, panel, horizons=(5,), benchmark="market").iloc[0]
    moves = 100.0 * (panel.close.iloc[15] / panel.close.iloc[10] - 1.0)
    assert market["excess_5"] == pytest.approx(moves["S001"] - moves.mean())
    assert qp.outcomes(signals, panel, horizons=(5,), benchmark="S001")["excess_5"].item() == 0.0


def test_inputs_stay_as_they_are_and_the_order_of_symbols_does_not_matter() -> None:
    panel = qp.synthetic(symbols=4, bars=120, seed=6, missing=0.05)
    signals = some_signals(panel, 50, seed=7).set_axis(np.arange(50) * 3)
    before = signals.copy()
    found = qp.outcomes(signals, panel)
    pd.testing.assert_frame_equal(signals, before)
    assert found.index.equals(signals.index)
    turned = qp.outcomes(signals, panel[list(panel.symbols)[::-1]])
    pd.testing.assert_frame_equal(found, turned)


def test_what_is_no_price_is_missing_and_warned_of() -> None:
    prices = daily([100.0, 0.0, np.inf, 104.0, -3.0, 106.0])
    with pytest.warns(qp.QuantperfWarning, match="12 values that are infinite, 0 or below"):
        found = qp.outcomes(signals_at(prices, [0]), prices, horizons=("1d", "4d")).iloc[0]
    assert found[["price_1d", "price_4d", "min_price"]].tolist() == [104.0, 106.0, 100.0]


def test_read_only_bars_in_any_case_and_repeated_labels_will_do() -> None:
    prices = qp.sample("IBM").rename(columns=str.title)
    signals = signals_at(prices, [400, 500, 600]).set_index(pd.Index(["a", "a", "b"]))
    panel = qp.Panel.from_frames({"X": prices})
    pd.testing.assert_frame_equal(qp.outcomes(signals, prices), qp.outcomes(signals, panel))
    assert qp.outcomes(signals, prices).index.tolist() == ["a", "a", "b"]


def test_outcomes_are_updated_by_another_call() -> None:
    panel = qp.synthetic(symbols=2, bars=80, seed=6)
    signals = some_signals(panel, 20, seed=7)
    early = qp.outcomes(signals, panel, now=closing_times(panel.index)[40])
    whole = qp.outcomes(signals, panel)
    assert not early["price_1d"].equals(whole["price_1d"])
    pd.testing.assert_frame_equal(qp.outcomes(early, panel), whole)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"horizons": "1y"}, "horizons must be like"),
        ({"horizons": ()}, "at least one"),
        ({"horizons": ("1d", "1d")}, "different"),
        ({"horizons": 0}, "at least 1"),
        ({"entry": "open"}, "entry must be one of 'close', 'next_open'"),
        ({"benchmark": "SPY"}, "benchmark must be 'market'"),
    ],
)
def test_mistakes_are_named(options: dict[str, Any], said: str) -> None:
    prices = daily([1.0, 2.0])
    with pytest.raises(qp.ParameterError, match=said):
        qp.outcomes(signals_at(prices, [0]), prices, **options)


def test_directions_and_prices_must_be_what_they_are_called() -> None:
    prices = daily([1.0, 2.0])
    with pytest.raises(qp.DataError, match="direction must be"):
        qp.outcomes(signals_at(prices, [0], direction=2), prices)
    with pytest.raises(qp.DataError, match="Panel or a frame of bars"):
        qp.outcomes(signals_at(prices, [0]), prices["close"])
