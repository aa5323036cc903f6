"""A policy over history: the same alerts as a plain loop finds, and what came after them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.clock import ManualClock
from quantperf.errors import DataError, ParameterError
from quantperf.market import actions, highs
from quantperf.market.alarm_policy import CATEGORIES, RULES, Policy, Threshold
from quantperf.market.alarm_replay import replay
from quantperf.market.history import Action, Bars
from quantperf.market.sample import sample
from quantperf.market.store import Store

SPLITS = [Action("split", (pd.Timestamp(day) - pd.Timestamp(0)).days, 2.0) for day in ("2000-06-21", "2005-02-28")]


def only(**thresholds):
    every = {**{rule.name: None for rule in RULES}, **thresholds}
    return Policy(every, by_category=dict.fromkeys(CATEGORIES, every))


@pytest.fixture(scope="module")
def panel():
    return qp.Panel.from_frames({symbol: sample(symbol).iloc[:600] for symbol in ("AAPL", "IBM")})


def test_rises_and_drops_at_the_close_are_those_that_a_plain_loop_finds(panel):
    policy = replace(only(price_rise=3.0, price_drop=3.0), base_days=None)
    found = replay(policy, panel, prices=("close",), actions={"AAPL": SPLITS}).alerts
    for symbol in ("AAPL", "IBM"):
        frame = panel.frame(symbol)
        close = frame["close"] * np.where((symbol == "AAPL") & (frame.index < "2000-06-21"), 0.5, 1.0)
        change = 100.0 * close.pct_change()
        for name, wanted in (("price_rise", change >= 3.0), ("price_drop", change <= -3.0)):
            some = found[(found["symbol"] == symbol) & (found["alert_type"] == name)]
            assert set(some["session"]) == set(frame.index[wanted])
    crash = found[(found["symbol"] == "AAPL") & (found["session"] == "2000-09-29")]
    assert crash["actual_percent"].round(1).tolist() == [-51.9], "a crash to 48.1 percent is no split"


def test_the_week_in_which_the_exchange_was_closed_is_a_gap_and_no_move(panel):
    found = replay(only(price_drop=3.0), panel, prices=("close",))
    assert pd.Timestamp("2001-09-17") not in set(found.alerts["session"])
    assert found.ignored["gap prev_close"] == 2


def test_a_split_that_is_known_raises_nothing_and_one_that_nobody_tells_is_late_and_says_so(panel):
    policy = only(price_drop=20.0)
    day = pd.Timestamp("2000-06-21")
    told = replay(policy, panel, prices=("close",), actions={"AAPL": SPLITS}).alerts
    assert day not in set(told["session"])
    alone = replay(policy, panel, prices=("close",))
    late = alone.alerts[alone.alerts["session"] == day].iloc[0]
    assert late["actual_percent"] == pytest.approx(-44.0, abs=6.1)
    defective = replay(Policy(policy.default, policy.by_category, split_within=None), panel, prices=("close",)).alerts
    assert day in set(defective["session"])


def test_precision_is_the_share_that_went_on_after_the_horizon_beside_the_share_of_all_days(panel):
    found = replay(only(price_drop=3.0), panel, prices=("close",), horizon=3, actions={"AAPL": SPLITS})
    closes = {
        s: panel.frame(s)["close"] * np.where((s == "AAPL") & (panel.index < "2000-06-21"), 0.5, 1.0)
        for s in panel.symbols
    }
    after = {s: 100.0 * (close.shift(-3) / close - 1.0) for s, close in closes.items()}
    wanted = [after[row.symbol][row.session] for row in found.alerts.itertuples()]
    assert found.alerts["return_after"].tolist() == pytest.approx(wanted, nan_ok=True)
    row = found.summary.iloc[0]
    known = np.array([each for each in wanted if not np.isnan(each)])
    assert row["precision"] == pytest.approx(np.mean(known < 0))
    assert row["judged"] == len(known)
    every = np.concatenate([each.dropna() for each in after.values()])
    assert row["base_rate"] == pytest.approx(np.mean(every < 0))
    assert row["a_day"] == len(wanted) / 600
    assert found.alerts["followed"].isna().sum() == len(wanted) - len(known)


def test_a_span_uses_the_bars_before_it_for_levels_only(panel):
    policy = only(price_rise=2.0, new_high=0.0, drop_from_high=5.0)
    whole = replay(policy, panel, actions={"AAPL": SPLITS}).alerts
    part = replay(policy, panel, "2001-01-02", "2001-06-29", actions={"AAPL": SPLITS})
    inside = whole["session"].between(pd.Timestamp("2001-01-03"), pd.Timestamp("2001-06-29"))
    later = part.alerts[part.alerts["session"] > "2001-01-02"]
    assert later["id"].tolist() == whole.loc[inside, "id"].tolist()
    assert part.days == len(panel.index[(panel.index >= "2001-01-02") & (panel.index <= "2001-06-29")])


def test_a_store_gives_the_alerts_of_its_panel_with_its_own_actions_and_what_was_known_then(tmp_path, panel):
    with Store(tmp_path, clock=ManualClock(dt.datetime(2013, 3, 1, 22, tzinfo=dt.UTC))) as store:
        store.write({symbol: Bars.from_frame(panel.frame(symbol)) for symbol in panel.symbols})
        with store.database.commit("actions") as commit:
            actions.record(commit, 1, SPLITS)
            highs.after_actions(commit, ["AAPL"])
        policy = Policy({"price_rise": Threshold(2.0, "sigma"), "price_drop": Threshold(2.0, "atr")})
        found = replay(policy, store)
        pd.testing.assert_frame_equal(found.alerts, replay(policy, panel, actions={"AAPL": SPLITS}).alerts)
        pd.testing.assert_frame_equal(qp.PriceMonitor(store, policy).replay().alerts, found.alerts)
        bare = replay(policy, store.as_of(seq=1)).alerts
        pd.testing.assert_frame_equal(bare, replay(policy, panel).alerts)
        assert found.ignored["no sigma"] == 2 * 2 * 20, "two prices of each symbol's first bars but one"


def test_a_summary_has_a_row_for_each_type_and_base_that_fired(panel):
    found = replay(Policy(), panel, actions={"AAPL": SPLITS})
    assert found.summary["alerts"].sum() == len(found.alerts)
    assert found.alerts["id"].is_unique
    assert (found.alerts["known_at"] >= found.alerts["triggered_at"]).all()
    assert "alerts on 600 days" in repr(found)
    assert replay(only(), panel).summary.empty


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda panel: replay({"price_rise": 3}, panel), ParameterError, "policy must be a Policy"),
        (lambda panel: replay(Policy(), panel, horizon=0), ParameterError, "horizon must be a whole number"),
        (lambda panel: replay(Policy(), panel, prices=("volume",)), ParameterError, "prices must be one of"),
        (lambda panel: replay(Policy(), panel, prices=()), ParameterError, "prices must name at least one"),
        (lambda panel: replay(Policy(), panel.frame("IBM")), DataError, "data must be a Panel or a Store"),
        (lambda panel: replay(Policy(), panel, start="soon"), ParameterError, "start must be a date"),
    ],
)
def test_what_is_out_of_bounds_is_refused(panel, make, kind, message):
    with pytest.raises(kind, match=message):
        make(panel)


def test_an_empty_store_has_nothing_to_replay(tmp_path):
    with Store(tmp_path) as store, pytest.raises(DataError, match="must hold daily bars to replay"):
        replay(Policy(), store)
