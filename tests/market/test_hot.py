"""Provisional bars: seen at once, replaced freely, final only when they are complete and their session is over."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from quantperf.clock import ManualClock
from quantperf.errors import DataError, ParameterError
from quantperf.market.columns import FIELDS
from quantperf.market.history import Bars, interval_of
from quantperf.market.sample import sample
from quantperf.market.store import Store

OPEN = dt.datetime(2026, 1, 5, 14, 30, tzinfo=dt.UTC)
MINUTE = 60_000
FIRST = int(OPEN.timestamp()) * 1000
DAY = 86_400_000


@pytest.fixture
def clock():
    return ManualClock(OPEN)


@pytest.fixture
def store(tmp_path, clock):
    with Store(tmp_path / "store", clock=clock) as opened:
        yield opened


def minutes(*numbers, level=10.0, start=FIRST):
    stamps = start + np.array(numbers, np.int64) * MINUTE
    values = level + np.array(numbers, float) + np.arange(len(FIELDS))[:, None] / 8.0
    return Bars(interval_of("1m"), stamps, values)


def daily(*days, level=10.0):
    values = np.full((len(FIELDS), len(days)), level)
    return Bars(interval_of("1d"), np.array(days, np.int64), values)


def test_provisional_bars_are_behind_the_final_ones_and_said_to_be_so(store):
    store.write({"A": daily(10, 11)})
    live = store.write_live({"A": daily(12, level=70.0)})
    assert (live.kept, live.stale, live.dropped) == (1, (), 0)
    shown = store.bars("A", provisional=True)
    assert shown["final"].tolist() == [True, True, False]
    assert shown["close"].tolist() == [10.0, 10.0, 70.0]
    assert store.bars("A").index.equals(shown.index[:2])
    assert store.bars("A", "1970-01-13", provisional=True)["final"].tolist() == [False]
    assert store.panel().shape == (2, 1)
    latest = store.latest().loc["A"]
    assert (latest["close"], latest["previous_close"], latest["final"]) == (70.0, 10.0, False)


def test_a_bar_written_again_is_replaced_and_the_same_again_makes_no_commit(store):
    store.write_live({"A": daily(12, level=70.0)})
    last = store.database.last_seq()
    assert store.write_live({"A": daily(12, level=70.0)}).seqs == ()
    assert store.database.last_seq() == last
    assert store.write_live({"A": daily(12, level=71.0)}).kept == 1
    assert store.bars("A", provisional=True)["close"].tolist() == [71.0]
    assert store.latest()["close"].tolist() == [71.0]


def test_the_final_bar_takes_the_provisional_one_away(store):
    store.write_live({"A": daily(12, level=70.0)})
    assert store.highs().empty
    store.write({"A": daily(12, level=65.0)})
    assert store.bars("A", provisional=True)[["close", "final"]].to_numpy().tolist() == [[65.0, True]]
    assert store.latest()["final"].tolist() == [True]
    assert store.latest()["close"].tolist() == [65.0]
    assert store.highs()["open_high"].isna().all()


def test_a_bar_at_or_before_the_last_final_one_is_left_out_and_told(store):
    store.write({"A": daily(10, 11)})
    live = store.write_live({"A": daily(11, 12, level=70.0), "B": daily(5)})
    assert (live.kept, live.stale) == (2, ("A",))
    assert store.bars("A")["close"].tolist() == [10.0, 10.0]


def test_a_bar_caught_half_way_never_becomes_final(store, clock):
    """Half a minute of prices, kept as if it were a whole one, would be a wrong bar for ever."""
    clock.advance(dt.timedelta(minutes=2, seconds=30))
    store.write_live({"A": minutes(0, 1, 2)})  # the third has run for half a minute
    clock.advance(dt.timedelta(hours=7))
    written = store.fold(clock.now(), interval="1m")
    assert written.changed == ("A",)
    assert store.read("A", "1m").stamps.tolist() == [FIRST, FIRST + MINUTE]
    assert len(store.bars("A", interval="1m", provisional=True)) == 2
    assert store.latest(interval="1m").loc["A", ["close", "previous_close"]].tolist() == [11.375, 10.375]
    assert store.panel(interval="1m").shape == (2, 1)
    assert store.fold(clock.now(), interval="1m").seqs == ()


def test_it_does_when_it_was_seen_whole(store, clock):
    clock.advance(dt.timedelta(minutes=2, seconds=30))
    store.write_live({"A": minutes(0, 1, 2)})
    clock.advance(dt.timedelta(minutes=1))
    assert store.write_live({"A": minutes(2, level=20.0)}).kept == 1
    store.fold(clock.now(), interval="1m")
    assert store.read("A", "1m").values[3].tolist() == [10.375, 11.375, 22.375]


def test_complete_bars_of_the_session_before_become_final_with_the_first_of_the_next(store, clock):
    clock.advance(dt.timedelta(minutes=1, seconds=30))
    store.write_live({"A": minutes(0, 1), "B": minutes(0)})
    clock.advance(dt.timedelta(days=1))
    live = store.write_live({"A": minutes(0, 1, start=FIRST + DAY)})
    assert (live.folded, live.dropped) == (("A",), 1)
    assert store.read("A", "1m").stamps.tolist() == [FIRST]
    shown = store.bars("A", interval="1m", provisional=True)
    assert shown["final"].tolist() == [True, False, False]
    assert len(store.read("B", "1m")) == 0


def test_daily_bars_of_former_days_that_never_became_final_are_dropped_and_counted(store):
    store.write_live({"A": daily(10)})
    live = store.write_live({"A": daily(11)})
    assert (live.dropped, live.folded) == (1, ())
    assert store.bars("A", provisional=True).index.day.tolist() == [12]


def test_the_open_session_is_told_beside_the_highs_and_a_false_price_leaves_nothing(store):
    store.write({"IBM": Bars.from_frame(sample("IBM"))})
    last = int(store.read("IBM").stamps[-1])
    store.write_live({"IBM": daily(last + 3, level=999.0)})
    assert store.highs()["open_high"].tolist() == [999.0]
    assert store.highs()["price"].tolist() == [sample("IBM")["high"].max()]
    store.write_live({"IBM": daily(last + 3, level=201.0)})
    assert store.highs()["open_high"].tolist() == [201.0]


def test_many_symbols_come_in_whole_commits(store, clock):
    clock.advance(dt.timedelta(minutes=5))
    names = [f"S{number:03}" for number in range(501)]
    live = store.write_live(dict.fromkeys(names, minutes(0, 1)))
    assert (len(live.seqs), live.kept) == (2, 1002)
    written = store.fold(clock.now(), interval="1m")
    assert (len(written.seqs), len(written.changed)) == (2, 501)
    assert store.panel(interval="1m").shape == (2, 501)
    assert store.check() == []


def test_what_has_no_past_or_cannot_be_stored_is_refused(store):
    store.write_live({"A": daily(10)})
    with pytest.raises(ParameterError, match="no version of them is kept"):
        store.as_of(seq=1).bars("A", provisional=True)
    with pytest.raises(ParameterError, match="basis must be one of 'raw'"):
        store.write_live({"A": daily(10)}, basis="mine")
    with pytest.raises(DataError, match="strictly ascending"):
        store.write_live({"A": daily(11, 11)})
