"""Highs: the table equals what is looked up from the bars, whatever came when, and what was false is undone."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantperf.clock import ManualClock
from quantperf.errors import DataError, ParameterError
from quantperf.market import actions, chunks, highs
from quantperf.market.history import Action, Bars, interval_of
from quantperf.market.sample import sample
from quantperf.market.store import Store
from quantperf.market.synthetic import synthetic

START = dt.datetime(2026, 1, 5, 21, tzinfo=dt.UTC)
DAILY = interval_of("1d")
FACTS = [
    "symbol",
    "price",
    "recorded_at",
    "days_since_high",
    "previous_price",
    "previous_at",
    "high_52w",
    "high_52w_at",
]
FACTS += ["low_52w", "low_52w_at", "as_of"]


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", clock=ManualClock(START)) as opened:
        yield opened


def bars_of(prices, stamps=None, low=None):
    """Return daily bars with these highs; a NaN is a bar whose high and low are missing."""
    high = np.asarray(prices, np.float64)
    stamps = np.arange(len(high)) if stamps is None else np.asarray(stamps)
    low = high - 1.0 if low is None else np.asarray(low, np.float64)
    return Bars(
        DAILY, stamps.astype(np.int64), np.stack([low, high, low, np.where(np.isnan(high), 5.0, low), high * 0 + 1])
    )


def looked_up(store, symbol, splits=()):
    """Return price, date, previous record and extremes of 364 days, by the plainest loops; splits are (date, ratio)."""
    bars = store.read(symbol)
    records, year = [], []
    for stamp, high, low in zip(bars.stamps.tolist(), *bars.values[1:3].tolist(), strict=True):
        for date, ratio in splits:
            if stamp < date:
                high, low = high / ratio, low / ratio
        if high == high and (not records or high > records[-1][0]):
            records.append((high, stamp))
        year.append((stamp, high, low))
    if not records:
        return None
    year = [entry for entry in year if year[-1][0] - 364 < entry[0]]
    known = [(high, stamp) for stamp, high, _ in year if high == high]
    lows = [(low, stamp) for stamp, _, low in year if low == low]
    top = next((each for each in known if each[0] == max(known)[0]), (None, None))
    bottom = next((each for each in lows if each[0] == min(lows)[0]), (None, None))
    return (*records[-1], *(records[-2] if len(records) > 1 else (None, None)), *top, *bottom)


def held(store, symbol, basis="raw"):
    frame = store.highs(basis=basis)
    row = frame[frame["symbol"] == symbol]
    if row.empty:
        return None
    names = [
        "price",
        "recorded_at",
        "previous_price",
        "previous_at",
        "high_52w",
        "high_52w_at",
        "low_52w",
        "low_52w_at",
    ]
    values = row[names].iloc[0].tolist()
    return tuple(
        None if pd.isna(each) else (each - pd.Timestamp(0)).days if isinstance(each, pd.Timestamp) else each
        for each in values
    )


TICKS = st.one_of(st.just(float("nan")), st.integers(1, 6).map(float))
STEP = st.one_of(
    st.tuples(st.just("append"), st.lists(st.tuples(st.integers(1, 200), TICKS), min_size=1, max_size=4)),
    st.tuples(st.just("correct"), st.integers(0, 30), TICKS),
    st.tuples(st.just("late"), st.integers(-50, 900), TICKS),
    st.tuples(st.just("remove"), st.integers(0, 30)),
    st.tuples(st.just("split"), st.integers(0, 9).map(lambda each: 50 * each), st.sampled_from([2.0, 4.0, 0.5])),
)


@settings(max_examples=40)
@given(st.lists(STEP, min_size=1, max_size=12))
def test_after_any_writes_the_table_is_what_the_bars_say_then_and_as_of_every_commit(tmp_path_factory, steps):
    with Store(tmp_path_factory.mktemp("store"), clock=ManualClock(START)) as store:
        bars, splits, told = {}, {}, {}
        for kind, *given_ in steps:
            last = max(bars, default=0)
            replace = False
            if kind == "append":
                for distance, price in given_[0]:
                    last += distance
                    bars[last] = price
            elif kind == "remove" and len(bars) > 1:
                bars.pop(sorted(bars)[given_[0] % len(bars)])
                replace = True
            elif kind == "correct" and bars:
                bars[sorted(bars)[given_[0] % len(bars)]] = given_[1]
            elif kind == "late":
                bars[given_[0]] = given_[1]
            if not bars:
                continue
            if kind == "split":
                if "A" in store.symbols:
                    splits[given_[0]] = given_[1]
                    with_actions(store, "A", Action("split", *given_))
                    assert held(store, "A", "splits") == looked_up(store, "A", splits.items())
                    told[store.database.last_seq()] = store.highs(basis="splits")
                continue
            stamps = sorted(bars)
            store.write({"A": bars_of([bars[stamp] for stamp in stamps], stamps)}, replace=replace)
            assert held(store, "A") == looked_up(store, "A")
            assert held(store, "A", "splits") == looked_up(store, "A", splits.items())
            told[store.database.last_seq()] = store.highs(basis="splits")
        for seq, frame in told.items():
            pd.testing.assert_frame_equal(store.as_of(seq=seq).highs(basis="splits"), frame)


@settings(max_examples=20)
@given(st.lists(st.integers(1, 9), min_size=4, max_size=30), st.data())
def test_a_false_tick_that_was_taken_back_leaves_the_table_as_if_it_had_never_been(tmp_path_factory, prices, data):
    where = data.draw(st.integers(0, len(prices) - 1))
    clean, false = bars_of(prices), bars_of([*prices[:where], 99.0, *prices[where + 1 :]])
    with Store(tmp_path_factory.mktemp("a")) as never, Store(tmp_path_factory.mktemp("b")) as once:
        for stop in range(1, len(prices) + 1):
            never.write({"A": clean.rows(slice(stop - 1, stop))})
            once.write({"A": false.rows(slice(stop - 1, stop))})
        once.write({"A": clean.rows(slice(where, where + 1))})
        for basis in ("raw", "splits"):
            pd.testing.assert_frame_equal(never.highs(basis=basis)[FACTS], once.highs(basis=basis)[FACTS])
        log = once.high_events()
        wrong = log[(log["price"] == 99.0) & (log["kind"] == "record")]
        assert sorted(wrong["basis"]) == ["raw", "splits"]
        assert set(wrong["id"]) <= set(log["retracts"].dropna())
        live = log[(log["kind"] == "record") & ~log["id"].isin(log["retracts"].dropna()) & (log["basis"] == "raw")]
        assert live["price"].max() == max(prices)


def test_the_highs_of_the_sample_are_those_of_its_bars(store):
    panel = sample()
    store.write({symbol: Bars.from_frame(panel.frame(symbol)) for symbol in panel.symbols}, source="sample")
    found = store.highs().set_index("symbol")
    for symbol in panel.symbols:
        frame = sample(symbol)
        year = frame[frame.index > frame.index[-1] - pd.Timedelta(days=364)]
        row = found.loc[symbol]
        assert row["price"] == frame["high"].max()
        assert row["recorded_at"] == frame["high"].idxmax()
        assert row["days_since_high"] == (frame.index[-1] - frame["high"].idxmax()).days
        assert (row["high_52w"], row["high_52w_at"]) == (year["high"].max(), year["high"].idxmax())
        assert (row["low_52w"], row["low_52w_at"]) == (year["low"].min(), year["low"].idxmin())
        assert (row["source"], row["as_of"]) == ("sample", frame.index[-1])


def test_a_year_is_the_364_days_up_to_the_last_session(store):
    store.write({"A": bars_of([9.0, 5.0], [0, 363])})
    assert held(store, "A")[4:6] == (9.0, 0)
    store.write({"A": bars_of([6.0], [364])})
    assert held(store, "A")[4:6] == (6.0, 364), "day 0 lies outside of (0, 364]"
    assert held(store, "A")[:2] == (9.0, 0), "of all time it stays the highest: age ends no record"


def test_an_equal_price_is_no_new_record(store):
    store.write({"A": bars_of([5.0, 7.0])})
    store.write({"A": bars_of([7.0], [2])})
    assert held(store, "A")[:4] == (7.0, 1, 5.0, 0)
    assert len(store.high_events()) == 2, "one for each basis"


def test_a_missing_price_is_never_a_high_and_a_symbol_without_any_has_no_row(store):
    store.write({"A": bars_of([np.nan, np.nan]), "B": bars_of([3.0, np.nan])})
    assert store.highs()["symbol"].tolist() == ["B"]
    assert held(store, "B")[:2] == (3.0, 0)
    assert store.highs()["days_since_high"].tolist() == [1], "counted to the last session, whose high is missing"
    store.write({"A": bars_of([2.0], [2])})
    assert held(store, "A") == (2.0, 2, None, None, 2.0, 2, 1.0, 2)


def test_a_record_that_was_taken_back_and_is_confirmed_after_all_is_a_new_event(store):
    for price in (9.0, 4.0, 9.0):
        store.write({"A": bars_of([5.0, price])})
    log = store.high_events("A")
    log = log[log["basis"] == "raw"]
    assert list(zip(log["kind"], log["price"], strict=True)) == [
        ("record", 9.0), ("retraction", 9.0), ("record", 5.0), ("record", 9.0),
    ]  # fmt: skip
    assert log["id"].is_unique
    assert log["retracts"].tolist()[1] == log["id"].tolist()[0]
    assert log["reason"].tolist() == ["appended", "rewritten", "rewritten", "rewritten"]


def test_a_late_bar_that_tops_the_record_replaces_it_without_calling_it_false(store):
    store.write({"A": bars_of([5.0, 8.0], [0, 10])})
    store.write({"A": bars_of([9.0], [20])})
    store.write({"A": bars_of([8.5], [15])})
    assert held(store, "A")[:4] == (9.0, 20, 8.5, 15)
    assert (store.high_events()["kind"] == "record").all()


def test_a_history_that_is_removed_takes_its_records_along_and_leaves_the_log(store):
    store.write({"A": bars_of([5.0, 8.0])})
    store.write({"A": bars_of([])}, replace=True)
    assert store.highs().empty
    assert store.high_events("A")["kind"].tolist() == ["record", "record", "retraction", "retraction"]


def test_highs_of_an_open_session_are_kept_apart_until_it_ends_and_a_false_one_leaves_nothing(store):
    store.write({"A": bars_of([5.0, 8.0])})
    with store.database.commit("hot") as commit:
        highs.session_so_far(commit, 1, 2, bars_of([6.0, 99.0, 7.0], [200, 201, 202]))
    row = store.highs().iloc[0]
    assert (row["open_high"], row["open_session"], row["price"]) == (99.0, pd.Timestamp("1970-01-03"), 8.0)
    with store.database.commit("hot") as commit:
        highs.session_so_far(commit, 1, 2, bars_of([6.0, 6.5, 7.0], [200, 201, 202]))
    assert store.highs()["open_high"].tolist() == [7.0]
    store.write({"A": bars_of([7.5], [2])})
    row = store.highs().iloc[0]
    assert np.isnan(row["open_high"])
    assert (row["price"], row["as_of"]) == (8.0, pd.Timestamp("1970-01-03"))


def test_a_year_of_which_no_price_is_known_has_no_extremes(store):
    store.write({"A": bars_of([9.0, 5.0], [0, 1])})
    store.write({"A": bars_of([np.nan], [500])})
    assert held(store, "A") == (9.0, 0, None, None, None, None, None, None)
    store.write({"A": bars_of([4.0], [501])})
    assert held(store, "A")[4:] == (4.0, 501, 3.0, 501)


def test_an_open_session_of_which_nothing_is_known_has_no_high(store):
    store.write({"A": bars_of([5.0])})
    with store.database.commit("hot") as commit:
        highs.session_so_far(commit, 1, 1, bars_of([np.nan], [100]))
    assert store.highs()["open_high"].isna().all()


def test_five_hundred_symbols_are_brought_up_to_date_in_one_pass(store):
    panel = synthetic(symbols=120, bars=400, seed=3, missing=0.02)
    frames = {symbol: Bars.from_frame(panel.frame(symbol).dropna(how="all")) for symbol in panel.symbols}
    stop = {symbol: len(bars) - 30 for symbol, bars in frames.items()}
    store.write({symbol: bars.rows(slice(0, stop[symbol])) for symbol, bars in frames.items()})
    for day in range(30):
        store.write(
            {symbol: bars.rows(slice(stop[symbol] + day, stop[symbol] + day + 1)) for symbol, bars in frames.items()}
        )
    for symbol in panel.symbols[::7]:
        assert held(store, symbol) == looked_up(store, symbol)


def test_highs_are_told_in_the_order_asked_for_and_unknown_symbols_are_refused(store):
    store.write({symbol: bars_of([3.0]) for symbol in "ABC"})
    assert store.highs(["C", "A"])["symbol"].tolist() == ["C", "A"]
    assert store.highs("B")["symbol"].tolist() == ["B"]
    with pytest.raises(DataError, match="unknown symbol 'D'"):
        store.highs(["D"])
    with pytest.raises(ParameterError, match="basis must be one of 'raw', 'splits', got 'total'"):
        store.highs(basis="total")


def test_intraday_bars_make_no_record(store):
    bars = bars_of([50.0])
    store.write({"A": bars_of([5.0])})
    store.write({"A": Bars(interval_of("1m"), bars.stamps, bars.values)})
    assert held(store, "A")[:2] == (5.0, 0)


def with_actions(store, symbol, *told):
    with store.database.commit("actions") as commit:
        actions.record(commit, 1, told)
        highs.after_actions(commit, [symbol])


def test_raw_and_split_adjusted_highs_stand_side_by_side_over_the_splits_of_the_sample(store):
    frame = sample("AAPL")
    splits = [Action("split", (pd.Timestamp(day) - pd.Timestamp(0)).days, 2.0) for day in ("2000-06-21", "2005-02-28")]
    bars = Bars.from_frame(frame)
    store.write({"AAPL": bars.rows(slice(0, 1200))})
    with_actions(store, "AAPL", *splits)
    for start in range(1200, 1300):
        store.write({"AAPL": bars.rows(slice(start, start + 1))})
    # By hand: what was traded before a 2:1 split is half of it in today's shares, before both a quarter.
    part = frame.iloc[:1300]
    scale = np.where(part.index < "2000-06-21", 0.25, np.where(part.index < "2005-02-28", 0.5, 1.0))
    for basis, high, low in (("raw", part["high"], part["low"]), ("splits", part["high"] * scale, part["low"] * scale)):
        row, year = store.highs(basis=basis).iloc[0], part.index > part.index[-1] - pd.Timedelta(days=364)
        assert (row["price"], row["recorded_at"]) == (high.max(), high.idxmax())
        assert (row["high_52w"], row["low_52w"]) == (high[year].max(), low[year].min())
    assert held(store, "AAPL")[:2] != held(store, "AAPL", "splits")[:2]
    for seq in range(1, store.database.last_seq() + 1, 9):
        for basis in ("raw", "splits"):
            examined = store.as_of(seq=seq).highs(basis=basis)[FACTS]
            assert len(examined) == 1
    pd.testing.assert_frame_equal(
        store.as_of(seq=store.database.last_seq()).highs(basis="splits"), store.highs(basis="splits")
    )


def test_a_split_moves_the_adjusted_record_and_says_so_in_the_log_and_the_raw_one_stays(store):
    store.write({"A": bars_of([100.0, 90.0, 51.0], [0, 1, 2])})
    with_actions(store, "A", Action("split", 2, 2.0))
    assert held(store, "A")[:2] == (100.0, 0)
    assert held(store, "A", "splits")[:4] == (51.0, 2, 50.0, 0)
    log = store.high_events()
    assert log[log["kind"] == "retraction"][["basis", "price", "reason"]].values.tolist() == [
        ["splits", 100.0, "action"]
    ]


def test_a_split_written_with_the_bar_of_its_day_reaches_every_bar_before(store):
    store.write({"A": bars_of([100.0, 90.0])})
    with store.database.commit("bars") as commit:
        actions.record(commit, 1, [Action("split", 2, 2.0)])
        change = chunks.merge(commit, 1, "A", bars_of([47.0], [2]))
        highs.after_write(commit, [change])
    assert held(store, "A", "splits")[:2] == (50.0, 0)


def test_bars_that_come_adjusted_for_splits_give_raw_highs_as_traded(store):
    store.write({"A": bars_of([50.0, 45.0, 51.0])}, basis="splits")
    with_actions(store, "A", Action("split", 2, 2.0))
    assert held(store, "A", "splits")[:2] == (51.0, 2)
    assert held(store, "A")[:2] == (100.0, 0)
