"""What begins anew with a session begins by the clock of the market, and levels come from the session before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import DataError, ParameterError
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS
from tests.indicators.test_alignment import FUTURES, intraday, past_does_not_know_the_future

PIVOTS = [
    "pivot_points",
    "pivot_points_woodie",
    "pivot_points_fibonacci",
    "pivot_points_camarilla",
    "pivot_points_demark",
]
NAMES = ["session_vwap", "anchored_vwap", *PIVOTS]


def whole(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.ffill().bfill()


# high 48.34, low 47.12, close 47.95 and open 47.50 of the last session; levels by hand
BY_HAND = {
    "pivot_points": [47.803333, 48.486667, 49.023333, 49.706667, 47.266667, 46.583333, 46.046667],
    "pivot_points_woodie": [47.84, 48.56, 49.06, 49.78, 47.34, 46.62, 46.12],
    "pivot_points_fibonacci": [47.803333, 48.269373, 48.557293, 49.023333, 47.337293, 47.049373, 46.583333],
    "pivot_points_camarilla": [47.803333, 48.061833, 48.173667, 48.2855, 47.838167, 47.726333, 47.6145],
    "pivot_points_demark": [47.9375, 48.755, 47.535],
}


@pytest.mark.parametrize("name", PIVOTS)
def test_levels_are_those_of_the_session_before_all_day_long(name: str) -> None:
    high, low = np.array([48.0, 48.34, 47.9, 60.0, 50.0]), np.array([47.12, 47.3, 47.2, 40.0, 50.0])
    close, open_ = np.array([47.4, 48.1, 47.95, 50.0, 50.0]), np.array([47.5, 47.4, 48.1, 45.0, 50.0])
    columns = (open_, high, low, close) if name == "pivot_points_demark" else (high, low, close)
    lines = qp.CATALOG[name](*columns, np.array([1, 1, 1, 2, 2]))
    for line, wanted in zip(lines, BY_HAND[name], strict=True):
        assert np.isnan(line[:3]).all()
        assert line[3] == line[4] == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    ("close", "twice"), [(3.0, 2.0), (3.5, 4.0), (3.25, 3.25)], ids=["fell: low", "rose: high", "neither: close"]
)
def test_demark_counts_twice_what_the_session_ended_towards(close: float, twice: float) -> None:
    bar = [np.array([value, 1.0]) for value in (3.25, 4.0, 2.0, close)]
    lines = qp.pivot_points_demark(*bar, np.array([1, 2]))
    total = 4.0 + 2.0 + close + twice
    assert [line[1] for line in lines] == [total / 4, total / 2 - 2.0, total / 2 - 4.0]


def test_daily_bars_are_sessions_of_one_bar() -> None:
    days = qp.sample("IBM")
    lines = qp.pivot_points(days)
    before = days.shift()
    wanted = (before["high"] + before["low"] + before["close"]) / 3
    pd.testing.assert_series_equal(lines.pivot, wanted, check_names=False, check_freq=False)
    typical = (days["high"] + days["low"] + days["close"]) / 3
    pd.testing.assert_series_equal(qp.session_vwap(days), typical, check_names=False)


def test_the_vwap_of_a_session_is_the_vwap_of_its_bars_alone() -> None:
    frame = whole(intraday(rows=300))
    found = qp.session_vwap(frame)
    for _, bars in frame.groupby(frame.index.normalize()):
        np.testing.assert_allclose(found[bars.index], qp.vwap(bars), rtol=1e-12)


def test_other_sessions_are_given_as_a_column_or_as_an_input() -> None:
    frame = whole(intraday(rows=300))
    ids = qp.sessions(frame.index, FUTURES, stamps="open")
    columns = [frame[name] for name in ("high", "low", "close", "volume")]
    given = qp.session_vwap(*columns, pd.Series(ids, index=frame.index))
    pd.testing.assert_series_equal(qp.session_vwap(frame.assign(session=ids)), given)
    pd.testing.assert_series_equal(qp.session_vwap(frame.assign(Session=ids)), given)
    assert not given.equals(qp.session_vwap(frame))
    assert given[np.isnan(ids)].isna().all()
    wide = {name: pd.DataFrame({"A": frame[name]}) for name in FIELDS}
    sessions = pd.DataFrame({"A": ids}, index=frame.index)
    table = qp.session_vwap(wide["high"], wide["low"], wide["close"], wide["volume"], sessions)
    np.testing.assert_array_equal(table["A"], given)


@pytest.mark.parametrize("name", NAMES)
def test_frames_panels_compute_accessor_and_streams_know_the_session_of_a_bar(name: str) -> None:
    entry = qp.CATALOG[name]
    frame = intraday(rows=100)
    panel = Panel.from_frames({"A": frame, "B": frame.iloc[30:] * 2.0})
    several = entry.returns is not None
    alone = entry(frame) if several else (entry(frame),)
    wide = entry(panel) if several else (entry(panel),)
    blocks = [panel.block(column) for column in entry.columns]
    for line, other, plain in zip(wide, alone, entry(*blocks) if several else (entry(*blocks),), strict=True):
        np.testing.assert_array_equal(line["A"], other)
        np.testing.assert_array_equal(line, plain)
    computed = qp.compute(frame, [name])
    np.testing.assert_array_equal(computed.to_numpy().T, np.array(alone))
    accessed = getattr(frame.qp, name)()
    np.testing.assert_array_equal(np.array(accessed).T.reshape(len(alone), -1), np.array(alone))
    live = entry.stream(symbols=["A", "B"]).update_many(panel)
    np.testing.assert_array_equal(np.array(live), np.array(wide if several else wide[0]))


@pytest.mark.parametrize("name", NAMES)
@given(seed=st.integers(0, 99), t=st.integers(0, 120))
def test_what_a_session_gives_does_not_know_the_future(name: str, seed: int, t: int) -> None:
    entry = qp.CATALOG[name]

    def on_index(frame: pd.DataFrame) -> object:
        return entry(frame.replace([np.inf, -np.inf], np.nan))

    def overnight(frame: pd.DataFrame) -> object:
        ids = qp.sessions(frame.index, FUTURES, stamps="close")
        return entry(frame.replace([np.inf, -np.inf], np.nan).assign(session=ids, anchor=np.nan_to_num(ids)))

    for compute in (on_index, overnight):
        past_does_not_know_the_future(compute, intraday(seed), t, seed)


def test_levels_of_the_session_itself_are_caught() -> None:
    def own(frame: pd.DataFrame) -> pd.Series:
        days = frame["high"].groupby(frame.index.normalize()).transform("max")
        return days + frame["low"].groupby(frame.index.normalize()).transform("min")

    with pytest.raises(AssertionError, match="values are different"):
        past_does_not_know_the_future(own, intraday(), 60, seed=1)


class TestAnchor:
    def test_bands_are_weighted_deviations_from_the_anchor_on(self) -> None:
        days = qp.sample("FB")
        anchored = days.assign(anchor=days.index >= "2012-07-27")
        lines = qp.anchored_vwap(anchored, multiplier=2.0)
        since = days.loc["2012-07-27":]
        price = (since["high"] + since["low"] + since["close"]) / 3
        mean = np.average(price, weights=since["volume"])
        deviation = np.sqrt(np.average((price - mean) ** 2, weights=since["volume"]))
        assert lines.vwap.first_valid_index() == pd.Timestamp("2012-07-27")
        last = [line.iloc[-1] for line in lines]
        np.testing.assert_allclose(last, [mean, mean + 2 * deviation, mean - 2 * deviation], rtol=1e-12)

    def test_without_an_anchor_it_is_the_vwap_of_all_bars(self) -> None:
        panel = qp.sample()
        pd.testing.assert_frame_equal(qp.anchored_vwap(panel).vwap, qp.vwap(panel), rtol=1e-12)

    def test_an_anchor_on_a_missing_bar_is_not_lost(self) -> None:
        close = np.array([1.0, 1.0, np.nan, 5.0, 7.0])
        events = np.array([1, 0, 1, 0, 0]).cumsum()
        for nan in ("local", "skip"):
            lines = qp.anchored_vwap(close, close, close, np.ones(5), events, nan=nan)
            np.testing.assert_array_equal(lines.vwap, [1.0, 1.0, np.nan, 5.0, 6.0])

    def test_an_anchor_may_end_and_another_begin(self) -> None:
        close = np.array([1.0, 3.0, 9.0, 4.0, 6.0])
        lines = qp.anchored_vwap(close, close, close, np.ones(5), np.array([1, 1, 0, 1, 1]))
        np.testing.assert_array_equal(lines.vwap, [1.0, 2.0, np.nan, 4.0, 5.0])

    def test_prices_that_do_not_move_have_no_deviation(self) -> None:
        close, volume = np.full(500, 0.1), np.random.default_rng(0).random(500)
        lines = qp.anchored_vwap(close, close, close, volume, np.ones(500))
        assert (lines.upper == lines.lower).all()
        assert (lines.vwap == (0.1 + 0.1 + 0.1) / 3).all()

    def test_a_small_spread_at_a_high_level_keeps_its_digits(self) -> None:
        price = 1e8 + np.random.default_rng(0).random(5000)
        volume = np.random.default_rng(1).random(5000)
        lines = qp.anchored_vwap(price, price, price, volume, np.ones(5000))
        small = price - 1e8
        mean = np.average(small, weights=volume)
        wanted = np.sqrt(np.average((small - mean) ** 2, weights=volume))
        assert (lines.upper - lines.vwap)[-1] == pytest.approx(wanted, rel=1e-6)

    def test_nothing_is_known_until_something_is_traded(self) -> None:
        close, volume = np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 1.0])
        np.testing.assert_array_equal(qp.session_vwap(close, close, close, volume, np.ones(3)), [np.nan, 2.0, 3.0])
        np.testing.assert_array_equal(
            qp.anchored_vwap(close, close, close, volume, np.ones(3)), [[np.nan, 2, 3], [np.nan, 2, 4], [np.nan, 2, 2]]
        )


def test_bars_without_stamps_have_no_sessions() -> None:
    frame = qp.sample("IBM").reset_index(drop=True)
    with pytest.raises(DataError, match="sessions need an index of stamps, got int64; convert it"):
        qp.session_vwap(frame)
    assert qp.session_vwap(frame.assign(session=1.0)).notna().all()
    with pytest.raises(ParameterError, match="session was not given"):
        qp.session_vwap(frame["high"], frame["low"], frame["close"], frame["volume"])
