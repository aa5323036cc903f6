"""Which session a bar belongs to: a pure function of its stamp, on the market's clock."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import DataError, ParameterError
from quantperf.market.sessions import Session, sessions

NEW_YORK = "America/New_York"
STOCKS = Session("09:30", "16:00", NEW_YORK, early={"2024-07-03": "13:00"})
FUTURES = Session("18:00", "17:00", NEW_YORK)


def stamps(*texts, tz=NEW_YORK):
    return pd.DatetimeIndex(texts, tz=tz)


def dates(ids):
    """The dates that session numbers stand for; None for none."""
    return [None if np.isnan(number) else str(np.datetime64(int(number), "D")) for number in ids]


def test_stamps_at_midnight_are_dates_of_sessions():
    index = qp.sample("IBM").index
    assert dates(sessions(index)) == index.strftime("%Y-%m-%d").tolist()
    assert dates(sessions(qp.sample())) == qp.sample().index.strftime("%Y-%m-%d").tolist()
    assert dates(sessions(stamps("2024-03-08", "2024-03-11"), STOCKS)) == ["2024-03-08", "2024-03-11"]


def test_without_a_session_a_day_runs_from_midnight_to_midnight_in_the_zone_of_the_stamps():
    moments = stamps("2024-03-08 23:59", "2024-03-09 00:00", "2024-03-09 00:01")
    assert dates(sessions(moments)) == ["2024-03-08", "2024-03-09", "2024-03-09"]
    assert dates(sessions(moments.tz_convert("UTC"))) == ["2024-03-09"] * 3
    assert dates(sessions(moments.tz_localize(None))) == ["2024-03-08", "2024-03-09", "2024-03-09"]
    # A bar that closes at midnight is the last one of the day before.
    assert dates(sessions(moments, stamps="close")) == ["2024-03-08", "2024-03-08", "2024-03-09"]


def test_an_index_of_closing_times_is_one_by_its_name():
    moments = stamps("2024-03-08 23:00", "2024-03-09 00:00").rename("close_time")
    assert dates(sessions(moments)) == ["2024-03-08", "2024-03-08"]
    assert dates(sessions(moments[1:])) == ["2024-03-08"]
    assert dates(sessions(moments, stamps="open")) == ["2024-03-08", "2024-03-09"]


def test_the_zone_of_the_market_counts_and_not_that_of_the_stamps():
    moments = stamps("2024-03-08 09:29", "2024-03-08 09:30", "2024-03-08 15:59", "2024-03-08 16:00")
    wanted = [None, "2024-03-08", "2024-03-08", None]
    assert dates(sessions(moments, STOCKS)) == wanted
    assert dates(sessions(moments.tz_convert("Asia/Tokyo"), STOCKS)) == wanted
    assert dates(sessions(moments, STOCKS, stamps="close")) == [None, None, "2024-03-08", "2024-03-08"]


def test_an_overnight_session_has_the_date_on_which_it_ends():
    moments = stamps("2024-03-07 16:59", "2024-03-07 17:00", "2024-03-07 18:00", "2024-03-08 00:00", "2024-03-08 16:59")
    assert dates(sessions(moments, FUTURES)) == ["2024-03-07", None, "2024-03-08", "2024-03-08", "2024-03-08"]
    closes = sessions(moments[1:3], FUTURES, stamps="close")
    assert dates(closes) == ["2024-03-07", None]  # 17:00 ends the session; nothing has closed at 18:00
    around_the_clock = Session("17:00", "17:00", NEW_YORK)
    assert dates(sessions(moments, around_the_clock)) == ["2024-03-07", *["2024-03-08"] * 4]


@pytest.mark.parametrize(
    ("day", "hours"), [("2024-03-09", 24), ("2024-03-10", 23), ("2024-11-02", 24), ("2024-11-03", 25)]
)
def test_a_day_is_an_hour_shorter_or_longer_when_the_clock_changes(day, hours):
    moments = pd.date_range(pd.Timestamp(day), periods=60, freq="h", tz="UTC") - pd.Timedelta("12h")
    ids = dates(sessions(moments.tz_convert(NEW_YORK)))
    assert ids.count(day) == hours
    overnight = dates(sessions(moments.tz_convert(NEW_YORK), FUTURES))
    assert overnight.count(day) == hours - 1


def test_a_session_begins_at_the_same_time_on_the_clock_on_both_sides_of_a_change():
    moments = stamps("2024-03-08 09:30", "2024-03-11 09:30", "2024-11-01 09:30", "2024-11-04 09:30")
    assert None not in dates(sessions(moments, STOCKS))
    assert dates(sessions(moments - pd.Timedelta("1min"), STOCKS)) == [None] * 4
    utc = moments.tz_convert("UTC")
    assert utc.hour.tolist() == [14, 13, 13, 14]
    np.testing.assert_array_equal(sessions(utc, STOCKS), sessions(moments, STOCKS))


def test_an_opening_time_that_the_clock_skips_is_the_next_one_that_it_shows():
    night = Session("02:30", "02:00", NEW_YORK)
    moments = pd.DatetimeIndex(["2024-03-10 06:59", "2024-03-10 07:00"], tz="UTC")  # 01:59 EST, 03:00 EDT
    assert dates(sessions(moments, night)) == ["2024-03-10", "2024-03-11"]


def test_an_opening_time_that_the_clock_shows_twice_is_the_first_one():
    night = Session("01:30", "01:00", NEW_YORK)
    moments = pd.DatetimeIndex(["2024-11-03 05:29", "2024-11-03 05:30", "2024-11-03 06:30"], tz="UTC")
    assert dates(sessions(moments, night)) == [None, "2024-11-04", "2024-11-04"]


def test_a_half_day_ends_early_and_only_that_day():
    moments = stamps("2024-07-02 14:00", "2024-07-03 12:59", "2024-07-03 13:00", "2024-07-05 14:00")
    assert dates(sessions(moments, STOCKS)) == ["2024-07-02", "2024-07-03", None, "2024-07-05"]
    assert dates(sessions(moments[2:3], STOCKS, stamps="close")) == ["2024-07-03"]
    overnight = Session("18:00", "17:00", NEW_YORK, early={"2024-07-04": "13:00"})
    halting = stamps("2024-07-03 19:00", "2024-07-04 12:59", "2024-07-04 13:00", "2024-07-04 18:00")
    assert dates(sessions(halting, overnight)) == ["2024-07-04", "2024-07-04", None, "2024-07-05"]


@given(
    minutes=st.lists(st.integers(0, 60 * 24 * 500), min_size=1, max_size=40, unique=True),
    session=st.sampled_from([None, STOCKS, FUTURES, Session("22:00", "05:15"), Session("00:00", "24:00")]),
    meaning=st.sampled_from(["open", "close"]),
)
def test_the_session_of_a_bar_does_not_depend_on_the_other_bars(minutes, session, meaning):
    index = pd.Timestamp("2024-02-20", tz="UTC").tz_convert(NEW_YORK) + pd.to_timedelta(sorted(minutes), unit="min")
    together = sessions(index, session, stamps=meaning)
    singly = [sessions(index[i : i + 1], session, stamps=meaning)[0] for i in range(len(index))]
    np.testing.assert_array_equal(together, singly)
    known = together[~np.isnan(together)]
    assert (np.diff(known) >= 0).all()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_unit_of_the_stamps_does_not_matter(unit):
    moments = stamps("2024-03-08 09:30", "2024-03-08 16:00")
    np.testing.assert_array_equal(sessions(moments.as_unit(unit), STOCKS), sessions(moments, STOCKS))


def test_periods_stand_for_their_beginnings_and_no_stamps_have_no_sessions():
    assert dates(sessions(pd.period_range("2024-03-08", periods=2, freq="D"))) == ["2024-03-08", "2024-03-09"]
    assert sessions(pd.DatetimeIndex([])).shape == (0,)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Session("9.30"), "open must be a time such as '09:30', got '9.30'"),
        (lambda: Session("09:30", "25:00"), "close must be between '00:00' and '24:00', got '25:00'"),
        (lambda: Session("09:30", "16:60"), "close must be between"),
        (lambda: Session(zone="New York"), "zone must be a time zone such as 'America/New_York', got 'New York'"),
        (lambda: Session(early={"x": "13:00"}), "early must map dates to times"),
        (lambda: Session(early={"2024-07-03": 13}), "early must be a time such as '09:30', got 13"),
        (lambda: Session(early={pd.Timestamp("2024-07-03", tz="UTC"): "13:00"}), "early must name sessions by dates"),
        (lambda: sessions(stamps("2024-03-08"), stamps="label"), "stamps must be one of 'open', 'close', 'session'"),
        (lambda: sessions(stamps("2024-03-08"), "09:30-16:00"), "session must be a qp.Session, got '09:30-16:00'"),
    ],
)
def test_what_is_no_session_is_refused(make, message):
    with pytest.raises(ParameterError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.RangeIndex(3), "sessions need an index of stamps, got int64; convert it with pd.to_datetime"),
        ([1, 2], "sessions need an index of stamps, got list"),
        (pd.DatetimeIndex(["2024-03-08", None]), "index must have a stamp for each bar, some are missing"),
        (pd.DatetimeIndex(["2024-03-08 10:00"]), "index must have a zone, as the session is in America/New_York"),
    ],
)
def test_what_has_no_stamps_is_refused(index, message):
    with pytest.raises(DataError) as caught:
        sessions(index, STOCKS)
    assert message in str(caught.value)
