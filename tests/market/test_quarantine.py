"""Refused bars wait, once each, until somebody decides; flags say what is odd about the others."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from quantperf.clock import ManualClock
from quantperf.errors import DataError, ParameterError
from quantperf.market import chunks, quarantine
from quantperf.market.history import Bars
from quantperf.market.sample import sample
from quantperf.market.store import Store

START = dt.datetime(2013, 3, 4, 22, tzinfo=dt.UTC)
FRAME = sample("FB").iloc[:20]
BARS = Bars.from_frame(FRAME)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", clock=ManualClock(START)) as opened:
        opened.write({"FB": BARS, "IBM": Bars.from_frame(sample("IBM").iloc[:20])})
        yield opened


def refuse(store, rows, code="mismatch", symbol="FB", change=1.0):
    bars = BARS.rows(np.array(rows))
    bars = Bars(bars.interval, bars.stamps, bars.values + change)
    with store.database.commit("bars", "test") as commit:
        id = chunks.symbol_id(commit.connection, symbol)
        count = quarantine.put(commit, id, bars, [code] * len(rows), "test")
        commit.void = not count
    return count


class TestWaiting:
    def test_a_refused_bar_is_listed_with_its_code_and_touches_no_stored_one(self, store):
        assert refuse(store, [3, 4]) == 2
        listed = store.quarantined()
        assert listed["symbol"].tolist() == ["FB", "FB"]
        assert listed["code"].tolist() == ["mismatch"] * 2
        assert listed["close"].tolist() == (FRAME["close"].iloc[3:5] + 1.0).tolist()
        assert listed["at"].tolist() == FRAME.index[3:5].tz_localize("UTC").tolist()
        assert listed["known_at"].tolist() == [START] * 2
        assert store.bars("FB").equals(FRAME.set_axis(store.bars("FB").index))

    def test_the_same_bar_refused_again_is_no_second_row(self, store):
        refuse(store, [3])
        assert refuse(store, [3]) == 0
        assert refuse(store, [3], code="jump") == 1

    def test_missing_and_infinite_values_are_kept_as_they_came(self, store):
        odd = Bars(BARS.interval, BARS.stamps[:1], np.array([[np.nan], [np.inf], [1.0], [1.0], [0.1 + 0.2]]))
        with store.database.commit("bars") as commit:
            quarantine.put(commit, chunks.symbol_id(commit.connection, "FB"), odd, ["nan,nonfinite"], "test")
        values = store.quarantined()[["open", "high", "low", "close", "volume"]].to_numpy()[0]
        assert np.array_equal(values, odd.values[:, 0], equal_nan=True)

    def test_what_was_known_then_waits_then(self, store):
        refuse(store, [3])
        then = store.as_of(seq=store.database.last_seq())
        store.resolve(store.quarantined().index, accept=False)
        assert store.quarantined().empty
        assert len(then.quarantined()) == 1
        assert store.as_of(seq=1).quarantined().empty

    def test_of_nothing_is_an_empty_frame_with_its_columns(self, store):
        assert store.quarantined(resolved=True).columns.tolist() == [
            "symbol", "interval", "at", "code", "open", "high", "low", "close", "volume", "source", "known_at",
            "resolved",
        ]  # fmt: skip


class TestDeciding:
    def test_an_accepted_bar_replaces_the_stored_one_which_stays_known(self, store):
        refuse(store, [3, 4])
        seq = store.database.last_seq()
        written = store.resolve(store.quarantined("FB").index[:1], accept=True)
        assert (written.changed, written.unchanged) == (("FB",), ())
        assert store.bars("FB")["close"].iloc[3] == FRAME["close"].iloc[3] + 1.0
        assert store.as_of(seq=seq).bars("FB")["close"].iloc[3] == FRAME["close"].iloc[3]
        assert store.flags("FB")["code"].tolist() == ["accepted"]
        assert len(store.quarantined()) == 1

    def test_one_that_is_left_changes_nothing_and_waits_no_longer(self, store):
        refuse(store, [3])
        written = store.resolve(int(store.quarantined().index[0]), accept=False)
        assert written.changed == ()
        assert store.bars("FB").equals(FRAME.set_axis(store.bars("FB").index))
        assert refuse(store, [3]) == 0
        assert store.quarantined().empty

    def test_symbols_are_decided_together(self, store):
        refuse(store, [3])
        refuse(store, [3], symbol="IBM")
        assert store.resolve(store.quarantined().index, accept=True).changed == ("FB", "IBM")

    def test_a_bar_without_four_prices_cannot_be_accepted_and_nothing_is_written(self, store):
        refuse(store, [3])
        refuse(store, [5], change=np.nan)
        before = store.database.last_seq()
        with pytest.raises(DataError, match="FB: a bar must have four finite prices to be accepted"):
            store.resolve(store.quarantined().index, accept=True)
        assert store.database.last_seq() == before
        assert len(store.quarantined()) == 2

    def test_two_bars_of_one_stamp_are_refused(self, store):
        refuse(store, [3])
        refuse(store, [3], change=2.0)
        with pytest.raises(ParameterError, match="ids must name one bar a stamp"):
            store.resolve(store.quarantined().index, accept=True)

    @pytest.mark.parametrize("accept", ["yes", 1, None])
    def test_accept_must_be_told(self, store, accept):
        with pytest.raises(ParameterError, match="accept must be True or False"):
            store.resolve([1], accept=accept)

    def test_one_decided_already_is_refused(self, store):
        refuse(store, [3])
        [id] = store.quarantined().index
        store.resolve(id, accept=False)
        with pytest.raises(ParameterError, match="of a bar that is resolved already"):
            store.resolve(id, accept=True)

    def test_of_none_is_no_commit(self, store):
        before = store.database.last_seq()
        assert store.resolve([], accept=True).seqs == ()
        assert store.database.last_seq() == before
