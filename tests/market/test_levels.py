"""Levels: what a quote is measured from, at any session, equals what the bars before it say in that day's shares."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from quantperf.clock import ManualClock
from quantperf.market import actions, highs, levels
from quantperf.market.alarm_events import Levels
from quantperf.market.history import DAY_MS, Action, Bars, interval_of
from quantperf.market.monitor import PriceMonitor, Tick
from quantperf.market.quotes import latest_tick
from quantperf.market.sample import sample
from quantperf.market.store import Store

SPLITS = [("2000-06-21", 2.0), ("2005-02-28", 2.0)]
NOW = dt.datetime(2013, 3, 1, 22, tzinfo=dt.UTC)


def day_of(date):
    return (pd.Timestamp(date) - pd.Timestamp(0)).days


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("levels"), clock=ManualClock(NOW)) as opened:
        opened.write({"AAPL": Bars.from_frame(sample("AAPL"))})
        with opened.database.commit("actions") as commit:
            actions.record(commit, 1, [Action("split", day_of(date), ratio) for date, ratio in SPLITS])
            actions.record(commit, 1, [Action("dividend", day_of("2012-08-09"), 2.65)])
            highs.after_actions(commit, ["AAPL"])
        yield opened


def read(store, session):
    with store.database.reading() as connection:
        return levels.read(connection, 1, session)


@pytest.mark.parametrize(
    "date",
    ["2000-03-02", "2000-06-20", "2000-06-21", "2000-06-22", "2000-09-29", "2003-01-02", "2005-02-25", "2005-02-28",
     "2008-01-02", "2012-08-09", "2012-09-21", "2012-09-22", "2013-03-01", "2013-03-04"],
)  # fmt: skip
def test_levels_are_those_of_the_bars_before_in_the_shares_of_the_day(store, date):
    frame, found = sample("AAPL"), read(store, day_of(date))
    before = frame[frame.index < date]
    scale = np.ones(len(before))
    for split, ratio in SPLITS:
        if split <= date:
            scale[before.index < split] /= ratio
    paid = 2.65 if date == "2012-08-09" else 0.0
    high, close = before["high"] * scale, before["close"] * scale
    last = day_of(before.index[-1]) * DAY_MS
    assert (found.prev_close.price, found.prev_close.at) == (pytest.approx(close.iloc[-1] - paid), last)
    assert found.prev_high.price == pytest.approx(high.iloc[-1] - paid)
    assert found.prev_low.price == pytest.approx((before["low"] * scale).iloc[-1] - paid)
    assert (found.all_time_high.price, found.all_time_high.at) == (
        pytest.approx(high.max()),
        day_of(high.idxmax()) * DAY_MS,
    )
    assert found.split == (2.0 if date in {"2000-06-21", "2005-02-28"} else 1.0)
    ex = day_of("2012-08-09")
    assert found.paid == (2.65 if day_of(high.idxmax()) < ex <= day_of(date) else 0.0)
    if len(before) > 20:
        returns = 100 * close.pct_change().iloc[-20:]
        # The dividend is paid on the day itself: no return before it holds it.
        assert found.sigma == pytest.approx(returns.std())
        ranges = np.maximum(high, close.shift()) - np.minimum(before["low"] * scale, close.shift())
        assert found.atr == pytest.approx(ranges.iloc[-14:].mean())
    else:
        assert found.sigma is None


def test_before_the_first_bar_nothing_is_known(store):
    assert read(store, day_of("2000-03-01")) == Levels()


def bars_at(stamps, highs_):
    high = np.asarray(highs_, np.float64)
    return Bars(interval_of("1d"), np.asarray(stamps, np.int64), np.stack([high, high, high, high, high * 0 + 1]))


def test_a_suspended_symbol_keeps_the_levels_of_its_last_session(tmp_path):
    with Store(tmp_path, clock=ManualClock(NOW)) as store:
        store.write({"A": bars_at([100, 101], [5.0, 4.0])})
        found = read(store, 400)
        assert (found.prev_close.price, found.prev_close.at) == (4.0, 101 * DAY_MS)
        assert found.all_time_high.price == 5.0


def test_unknown_highs_give_no_level(tmp_path):
    with Store(tmp_path, clock=ManualClock(NOW)) as store:
        bars = bars_at([100, 101, 102, 103], [np.nan, np.nan, 7.0, 8.0])
        bars.values[3] = [5.0, 6.0, 7.0, 8.0]
        store.write({"A": bars.rows(slice(0, 2))})
        assert read(store, 102).all_time_high is None
        store.write({"A": bars})
        assert read(store, 102).all_time_high is None
        assert read(store, 102).prev_close.price == 6.0
        assert read(store, 102).prev_high is None
        assert read(store, 103).all_time_high.price == 7.0
        store.write({"A": bars_at([104], [9.0])})
        assert read(store, 102).all_time_high is None, "looked up: record and the one before came later"


def test_the_latest_price_is_the_youngest_of_quotes_and_bars_of_any_length(tmp_path):
    minute = 60_000
    opened = 15_765 * DAY_MS + 870 * minute
    with Store(tmp_path, clock=ManualClock(NOW)) as store:
        store.write({"A": bars_at([15_764], [5.0])})
        bars = bars_at([opened], [5.5])
        store.write({"A": Bars(interval_of("1m"), bars.stamps, bars.values)})
        with store.database.reading() as connection:
            tick, session = latest_tick(connection, "A")
        assert (tick.price, session) == (5.5, None)
        assert tick.at == dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=opened + minute)
        monitor = PriceMonitor(store)
        monitor.feed([("A", Tick(5.4, NOW))])
        assert monitor.check().summaries["A"]["current_price"] == 5.4


def test_a_symbol_that_the_store_does_not_hold_is_watched_by_its_ticks_alone(tmp_path):
    with Store(tmp_path, clock=ManualClock(NOW)) as store:
        monitor = PriceMonitor(store)
        ticks = [("X", Tick(price, NOW + dt.timedelta(minutes=place))) for place, price in enumerate((10.0, 10.6, 5.3))]
        found = monitor.feed(ticks, now=NOW + dt.timedelta(minutes=3))
        assert [(each.alert_type, each.base_type) for each in found.alerts] == [("surge", "last_tick")]
        assert monitor.held()["symbol"].tolist() == ["X"], "nobody can explain it but by hand"
        assert monitor.check(["X"]).summaries["X"]["prev_close"] is None
        assert monitor.resolve("X", "real").alerts[0].alert_type == "plunge"
