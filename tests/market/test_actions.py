"""Splits and dividends: the table with its past, and prices adjusted by it, against known ones."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from quantperf.clock import ManualClock
from quantperf.errors import ParameterError
from quantperf.market import actions
from quantperf.market.history import Action, Bars, interval_of
from quantperf.market.sample import sample
from quantperf.market.store import Store

START = dt.datetime(2013, 3, 4, 22, tzinfo=dt.UTC)


def day(date):
    return int(np.datetime64(date, "D").astype(int))


AAPL = Bars.from_frame(sample("AAPL"))
SPLITS = (Action("split", day("2000-06-21"), 2.0), Action("split", day("2005-02-28"), 2.0))
PAID = tuple(Action("dividend", day(date), 2.65) for date in ("2012-08-09", "2012-11-07", "2013-02-07"))


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store", clock=ManualClock(START)) as opened:
        yield opened


def put(store, symbol, told, bars=AAPL, basis="raw"):
    with store.database.commit("bars", "test") as commit:
        store.write_in(commit, {symbol: bars}, basis=basis, actions={symbol: told})
    return commit.seq


class TestAdjustment:
    def test_raw_prices_with_two_splits_are_the_split_part_of_the_adjusted_close(self):
        # The adjusted close of the sample has dividends from 2012-08-09 on, and a split after its end: a constant.
        ours = actions.convert(AAPL.stamps, AAPL.values, SPLITS, "raw", "splits")[3]
        theirs = sample("AAPL", adjusted=True)["adj_close"].to_numpy()
        before = AAPL.stamps < PAID[0].date
        ratio = (ours / theirs)[before]
        assert np.allclose(ratio, ratio[0], rtol=1e-12, atol=0)
        # Without the splits the very same check fails, and a crash taken for one would too.
        assert np.ptp((AAPL.values[3] / theirs)[before]) > 1.0
        crash = Action("split", day("2000-09-29"), 2.0)
        wrong = actions.convert(AAPL.stamps, AAPL.values, (*SPLITS, crash), "raw", "splits")[3]
        assert np.ptp((wrong / theirs)[before]) > 1.0

    def test_volumes_go_the_other_way(self):
        ours = actions.convert(AAPL.stamps, AAPL.values, SPLITS, "raw", "splits")
        assert ours[4, 0] == AAPL.values[4, 0] * 4
        assert ours[4, -1] == AAPL.values[4, -1]
        assert np.allclose(ours[3] * ours[4], AAPL.values[3] * AAPL.values[4], rtol=1e-12)

    def test_prices_from_the_ex_date_on_are_as_they_are(self):
        ours = actions.convert(AAPL.stamps, AAPL.values, SPLITS, "raw", "splits")
        later = AAPL.stamps >= SPLITS[1].date
        assert np.array_equal(ours[:, later], AAPL.values[:, later])
        assert np.array_equal(ours[:4, ~later][:, -1], AAPL.values[:4, ~later][:, -1] / 2)

    def test_known_dividends_give_the_factor_of_the_published_convention(self):
        price, volume = actions.factors(AAPL.stamps, AAPL.values[3], PAID, "raw", "total")
        closes = dict(zip(AAPL.stamps.tolist(), AAPL.values[3].tolist(), strict=True))
        before = [closes[day(date)] for date in ("2012-08-08", "2012-11-06", "2013-02-06")]
        assert price[0] == pytest.approx(np.prod([1 - 2.65 / close for close in before]), rel=1e-15)
        assert (volume == 1.0).all()
        # The sample's publisher uses 1 / (1 + d / close on the ex-date) instead: near, and not the same.
        theirs = sample("AAPL", adjusted=True)["adj_close"].to_numpy() / AAPL.values[3]
        step = theirs[-1] / theirs[AAPL.stamps == day("2012-08-08")][0]
        assert 1 / price[AAPL.stamps == day("2012-08-08")][0] == pytest.approx(step, rel=1e-3)

    def test_a_holder_gets_the_total_return(self):
        # One share, dividends put into shares at the close before: what the adjusted closes must tell.
        total = actions.convert(AAPL.stamps, AAPL.values, PAID, "raw", "total")[3]
        rows = {int(stamp): row for row, stamp in enumerate(AAPL.stamps)}
        close, row = AAPL.values[3], rows[PAID[1].date]
        held = close[row] / (close[row - 1] - 2.65)
        assert total[row] / total[row - 1] == pytest.approx(held, rel=1e-12)

    @pytest.mark.parametrize("basis", ["raw", "splits", "total"])
    @pytest.mark.parametrize("adjust", ["none", "splits", "total"])
    def test_every_basis_comes_back_from_every_other(self, basis, adjust):
        told = (*SPLITS, *PAID, Action("dividend", day("2003-05-01"), 0.4), Action("dividend", SPLITS[1].date, 0.3))
        as_stored = actions.convert(AAPL.stamps, AAPL.values, told, "raw", "none" if basis == "raw" else basis)
        made = actions.convert(AAPL.stamps, as_stored, told, basis, adjust)
        known = "raw" if adjust == "none" else adjust
        back = actions.convert(AAPL.stamps, made, told, known, "none")
        assert np.allclose(back, AAPL.values, rtol=1e-11, atol=0)
        direct = actions.convert(AAPL.stamps, AAPL.values, told, "raw", adjust)
        assert np.allclose(made, direct, rtol=1e-11, atol=0)

    def test_an_old_dividend_is_in_the_shares_of_its_day(self):
        early = Action("dividend", day("2003-05-01"), 0.4)
        raw, _ = actions.factors(AAPL.stamps, AAPL.values[3], [early], "raw", "total")
        adjusted = actions.convert(AAPL.stamps, AAPL.values, SPLITS, "raw", "splits")
        after, _ = actions.factors(AAPL.stamps, adjusted[3], [early, *SPLITS], "splits", "total")
        assert after[0] == pytest.approx(raw[0], rel=1e-12)

    def test_a_dividend_before_the_first_bar_touches_nothing(self):
        price, _ = actions.factors(AAPL.stamps, AAPL.values[3], [Action("dividend", 100, 1.0)], "raw", "total")
        assert (price == 1.0).all()

    def test_a_dividend_that_is_not_below_the_close_makes_earlier_prices_unknown_never_negative(self):
        told = [Action("dividend", day("2003-05-01"), 40.0)]
        total = actions.convert(AAPL.stamps, AAPL.values, told, "raw", "total")[3]
        assert np.isnan(total[AAPL.stamps < told[0].date]).all()
        assert np.array_equal(total[AAPL.stamps >= told[0].date], AAPL.values[3, AAPL.stamps >= told[0].date])
        assert (AAPL.values[3] - 40.0 < 0).any()  # the additive way has prices below 0

    def test_the_close_before_a_dividend_is_the_last_one_that_is_there(self):
        values = np.array([[10.0, np.nan, 9.0]] * 4 + [[1.0, np.nan, 1.0]])
        price, _ = actions.factors(np.arange(3), values[3], [Action("dividend", 2, 1.0)], "raw", "total")
        assert price.tolist() == [0.9, 0.9, 1.0]

    def test_inputs_are_not_changed(self):
        frozen = AAPL.values.copy()
        frozen.flags.writeable = False
        actions.convert(AAPL.stamps, frozen, (*SPLITS, *PAID), "raw", "total")
        assert np.array_equal(frozen, AAPL.values)


class TestTheTable:
    def test_what_is_told_twice_is_one_row(self, store):
        assert put(store, "AAPL", SPLITS) == 1
        with store.database.commit("bars") as commit:
            assert store.write_in(commit, {"AAPL": AAPL}, basis="raw", actions={"AAPL": SPLITS}) == []
            commit.void = True
        assert store.actions()["value"].tolist() == [2.0, 2.0]

    def test_a_correction_ends_the_old_row_and_leaves_it_known(self, store):
        first = put(store, "AAPL", PAID[:1])
        corrected = Action("dividend", PAID[0].date, 2.75)
        put(store, "AAPL", [corrected])
        assert store.actions("AAPL")["value"].tolist() == [2.75]
        assert store.as_of(seq=first).actions("AAPL")["value"].tolist() == [2.65]
        then, now = (reader.bars("AAPL", adjust="total")["close"].iloc[0] for reader in (store.as_of(seq=first), store))
        assert then > now

    def test_a_split_with_a_better_date_is_the_same_split(self, store):
        put(store, "AAPL", [Action("split", day("2005-03-01"), 2.0)])
        put(store, "AAPL", [SPLITS[1]])
        assert store.actions("AAPL")["date"].tolist() == [np.datetime64("2005-02-28")]

    def test_what_is_no_longer_told_stays(self, store):
        put(store, "AAPL", SPLITS)
        put(store, "AAPL", SPLITS[:1])
        assert len(store.actions("AAPL")) == 2

    def test_of_nothing_is_an_empty_frame(self, store):
        assert store.actions().columns.tolist() == ["symbol", "date", "kind", "value"]


class TestReading:
    def test_bars_are_stored_as_they_came_and_adjusted_when_read(self, store):
        put(store, "AAPL", SPLITS)
        assert store.bars("AAPL").equals(sample("AAPL"))
        assert store.bars("AAPL", adjust="none").equals(sample("AAPL"))
        assert store.bars("AAPL", adjust="splits")["close"].iloc[0] == sample("AAPL")["close"].iloc[0] / 4

    def test_a_part_is_adjusted_like_the_whole(self, store):
        put(store, "AAPL", (*SPLITS, *PAID))
        for adjust in ("none", "splits", "total"):
            whole = store.bars("AAPL", adjust=adjust).loc["2004-01-05":"2004-12-30"]
            assert store.bars("AAPL", "2004-01-05", "2004-12-30", adjust=adjust).equals(whole)

    @pytest.mark.parametrize("adjust", ["none", "splits", "total"])
    @pytest.mark.parametrize("end", [None, "2004-12-30"])
    def test_a_panel_has_each_symbol_as_it_is_alone(self, store, adjust, end):
        put(store, "AAPL", (*SPLITS, *PAID))
        store.add({"FB": sample("FB"), "IBM": sample("IBM")})
        for reader in (store, store.as_of(seq=store.database.last_seq())):
            panel = reader.panel(end=end, adjust=adjust)
            for symbol in panel.symbols:
                alone = store.bars(symbol, end=end, adjust=adjust)
                assert np.array_equal(panel.frame(symbol).to_numpy(), alone.to_numpy())

    def test_a_split_basis_gives_raw_prices(self, store):
        adjusted = Bars(AAPL.interval, AAPL.stamps, actions.convert(AAPL.stamps, AAPL.values, SPLITS, "raw", "splits"))
        put(store, "AAPL", SPLITS, bars=adjusted, basis="splits")
        raw = store.bars("AAPL", adjust="none")
        assert np.allclose(raw.to_numpy(), sample("AAPL").to_numpy(), rtol=1e-14, atol=0)

    def test_intraday_bars_take_the_date_of_their_session(self, store):
        # 20:00 in New York is the next day in UTC: on the eve of the split it is still in old shares.
        opens = np.array(["2024-06-07T20:00", "2024-06-10T00:00", "2024-06-10T13:30"], "datetime64[ms]").astype(
            np.int64
        )
        bars = Bars(interval_of("30m"), opens, np.full((5, 3), 100.0))
        with store.database.commit("bars") as commit:
            store.write_in(
                commit, {"X": bars}, basis="raw", actions={"X": [Action("split", day("2024-06-10"), 10.0)]},
                facts={"X": {"zone": "America/New_York"}},
            )  # fmt: skip
        assert store.bars("X", interval="30m", adjust="splits")["close"].tolist() == [10.0, 10.0, 100.0]

    def test_a_split_told_by_intraday_bars_reaches_the_daily_highs(self, store):
        store.add({"FB": sample("FB")})
        before = store.highs(basis="splits")["price"].iloc[0]
        opens = np.array(["2013-03-04T14:30"], "datetime64[ms]").astype(np.int64)
        with store.database.commit("bars") as commit:
            bars = Bars(interval_of("30m"), opens, np.full((5, 1), 10.0))
            store.write_in(commit, {"FB": bars}, basis="raw", actions={"FB": [Action("split", day("2013-03-04"), 2.0)]})
        assert store.highs(basis="splits")["price"].iloc[0] == before / 2
        assert store.highs()["price"].iloc[0] == before

    def test_a_wrong_adjust_is_refused(self, store):
        put(store, "AAPL", SPLITS)
        with pytest.raises(ParameterError, match="adjust must be one of 'none', 'splits', 'total', got 'both'"):
            store.bars("AAPL", adjust="both")
