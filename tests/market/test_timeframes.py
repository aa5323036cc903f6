"""Coarser bars hold what was known of them, and are labelled by the moment at which they are complete."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import DataError, ParameterError
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS
from quantperf.market.sessions import Session
from quantperf.market.timeframes import Resampled, resample

NEW_YORK = "America/New_York"
STOCKS = Session("09:30", "16:00", NEW_YORK, early={"2024-07-03": "13:00"})
FUTURES = Session("18:00", "17:00", NEW_YORK)


def bars(index, seed=0, missing=0.0):
    """An OHLCV frame of seeded values over the stamps."""
    random = np.random.default_rng(seed)
    values = random.integers(100, 200, size=(len(index), 5)) / 4
    values[random.random(values.shape) < missing] = np.nan
    return pd.DataFrame(values, index=index, columns=list(FIELDS))


def minutes(start, end, every="5min", tz=NEW_YORK):
    return pd.date_range(start, end, freq=every, tz=tz, inclusive="left")


def trading(*days, start="09:30", end="16:00", every="5min"):
    """Opening times of the bars of some days."""
    parts = [minutes(f"{day} {start}", f"{day} {end}", every) for day in days]
    return parts[0].append(parts[1:])


def by_hand(frame, members):
    """One coarser bar of some rows, as anybody would write it."""
    part = frame[members]
    known = {name: part[name].dropna() for name in FIELDS}
    return [
        known["open"].iloc[0] if len(known["open"]) else np.nan,
        known["high"].max(),
        known["low"].min(),
        known["close"].iloc[-1] if len(known["close"]) else np.nan,
        known["volume"].sum(min_count=1),
    ]


def labels(frame):
    return frame.index.strftime("%m-%d %H:%M").tolist()


class TestLabels:
    def test_hours_begin_with_the_session_and_the_last_one_is_short(self):
        frame = bars(trading("2024-03-07", "2024-03-08"))
        hours = resample(frame, "1h", session=STOCKS, bar="5min")
        closes = ["10:30", "11:30", "12:30", "13:30", "14:30", "15:30", "16:00"]
        assert labels(hours) == [f"{day} {time}" for day in ("03-07", "03-08") for time in closes]
        assert hours["open_time"].dt.strftime("%H:%M").tolist()[:7] == ["09:30", *closes[:-1]]
        assert hours.index.name == "close_time"
        assert hours["closed"].all()
        assert hours["volume"].iloc[6] == frame["volume"].iloc[72:78].sum()

    def test_stamps_of_opens_and_of_closes_give_the_same_bars(self):
        frame = bars(trading("2024-03-07", "2024-03-08"))
        shifted = frame.set_axis(frame.index + pd.Timedelta("5min"))
        for every in ("1h", "10min", "1D", "1W", "90min"):
            opens = resample(frame, every, session=STOCKS, bar="5min", partial="keep")
            closes = resample(shifted, every, session=STOCKS, stamps="close", partial="keep")
            pd.testing.assert_frame_equal(opens, closes)

    def test_without_a_zone_stamps_are_taken_as_the_clock_shows_them(self):
        frame = bars(trading("2024-03-07"))
        naive = resample(frame.tz_localize(None), "1h", session=Session("09:30", "16:00"), bar="5min")
        aware = resample(frame, "1h", session=STOCKS, bar="5min")
        assert naive.index.tz is None
        assert labels(naive) == labels(aware)

    def test_the_zone_of_the_stamps_comes_back_and_the_bars_are_those_of_the_market(self):
        frame = bars(trading("2024-03-07"))
        tokyo = resample(frame.tz_convert("Asia/Tokyo"), "1h", session=STOCKS, bar="5min")
        assert str(tokyo.index.tz) == str(tokyo["open_time"].dt.tz) == "Asia/Tokyo"
        local = resample(frame, "1h", session=STOCKS, bar="5min")
        assert tokyo.index.tz_convert(NEW_YORK).equals(local.index)

    def test_a_market_without_close_has_days_of_23_and_25_hours(self):
        for day, hours in (("2024-03-10", 23), ("2024-11-03", 25)):
            frame = bars(pd.date_range(day, periods=49, freq="h", tz=NEW_YORK), seed=1)
            days = resample(frame, "1D", bar="1h")
            assert labels(days)[0] == (pd.Timestamp(day) + pd.Timedelta("1D")).strftime("%m-%d 00:00")
            assert days["volume"].iloc[0] == frame["volume"].iloc[:hours].sum()
            quarters = resample(frame, "6h", bar="1h")
            assert quarters["volume"].iloc[3] == frame["volume"].iloc[18:hours].sum() or hours == 25
            assert quarters["volume"].iloc[:4].sum() + (quarters["volume"].iloc[4] if hours == 25 else 0) == (
                frame["volume"].iloc[:hours].sum()
            )

    def test_a_session_over_a_change_of_the_clock_holds_all_its_bars(self):
        index = pd.date_range("2024-03-10 18:00", "2024-03-11 17:00", freq="h", tz=NEW_YORK, inclusive="left")
        spring = pd.date_range("2024-03-09 18:00", "2024-03-10 17:00", freq="h", tz=NEW_YORK, inclusive="left")
        assert (len(spring), len(index)) == (22, 23)
        days = resample(bars(spring.append(index)), "1D", session=FUTURES, bar="1h")
        assert labels(days) == ["03-10 17:00", "03-11 17:00"]
        assert days["open_time"].dt.strftime("%m-%d %H:%M").tolist() == ["03-09 18:00", "03-10 18:00"]

    def test_a_half_day_is_complete_when_it_ends(self):
        frame = bars(trading("2024-07-02").append(trading("2024-07-03", end="13:00")).append(trading("2024-07-05")))
        days = resample(frame, "1D", session=STOCKS, bar="5min")
        assert labels(days) == ["07-02 16:00", "07-03 13:00", "07-05 16:00"]
        hours = resample(frame, "2h", session=STOCKS, bar="5min").loc["2024-07-03"]
        assert labels(hours) == ["07-03 11:30", "07-03 13:00"]
        untold = resample(frame, "1D", session=Session("09:30", "16:00", NEW_YORK), bar="5min")
        assert labels(untold)[1] == "07-03 16:00"  # late, but never early

    def test_bars_outside_of_the_session_are_left_out(self):
        frame = bars(trading("2024-03-07", start="08:00", end="20:00"))
        day = resample(frame, "1D", session=STOCKS)
        inside = frame.between_time("09:30", "15:59")
        assert day.iloc[0][list(FIELDS)].tolist() == by_hand(inside, slice(None))
        assert resample(frame.between_time("17:00", "19:00"), "1D", session=STOCKS).shape == (0, 7)

    def test_weeks_and_months_hold_whole_sessions(self):
        days = pd.bdate_range("2024-01-01", "2024-03-29")
        frame = bars(trading(*days.strftime("%Y-%m-%d"), every="30min"))
        weeks = resample(frame, "W-FRI", session=STOCKS, bar="30min")
        assert set(weeks.index.strftime("%a %H:%M")) == {"Fri 16:00"}
        assert set(weeks["open_time"].dt.strftime("%a %H:%M")) == {"Sat 09:30"}
        months = resample(frame, "1ME", session=STOCKS, partial="keep")
        assert labels(months) == ["01-31 16:00", "02-29 16:00", "03-31 16:00"]
        assert months["closed"].tolist() == [True, True, False]
        assert months["volume"].sum() == frame["volume"].sum()

    @pytest.mark.parametrize(
        ("every", "pandas"),
        [("W-FRI", "W-FRI"), ("1W", "W"), ("1ME", "ME"), ("BME", "BME"), ("QE", "QE"), ("YE", "YE"), ("1D", "1D")],
    )
    def test_dates_of_sessions_are_grouped_as_pandas_groups_them(self, every, pandas):
        frame = qp.sample("IBM").iloc[:700]
        found = resample(frame, every, partial="keep")
        rules = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
        wanted = frame.resample(pandas, label="right" if every != "1D" else "left").agg(rules).dropna()
        pd.testing.assert_frame_equal(found[list(FIELDS)], wanted, check_freq=False)
        assert found.index.name == "date"

    @pytest.mark.parametrize("every", ["MS", "QS", "YS"])
    def test_spans_that_are_named_by_their_beginning_end_before_the_next(self, every):
        frame = qp.sample("IBM").iloc[:700]
        found = resample(frame, every, partial="keep")
        pd.testing.assert_frame_equal(found, resample(frame, every.replace("S", "E"), partial="keep"))

    def test_every_second_week_does_not_depend_on_where_the_data_begin(self):
        frame = qp.sample("IBM")
        whole = resample(frame, "2W-FRI")
        assert set(np.diff(whole.index.to_numpy()).astype("timedelta64[D]").astype(int)) == {14}
        for start in (5, 9, 23):
            part = resample(frame.iloc[start:], "2W-FRI")
            assert part.index.isin(whole.index).all()
        threes = resample(frame, "3D")
        assert resample(frame.iloc[7:], "3D").index.isin(threes.index).all()

    def test_a_whole_number_of_bars_counts_rows(self):
        frame = bars(pd.RangeIndex(11))
        found = resample(frame, 4)
        assert found.index.tolist() == [3, 7]
        assert found["open_time"].tolist() == [0, 4]
        for row, start in enumerate((0, 4)):
            assert found.iloc[row][list(FIELDS)].tolist() == by_hand(frame, slice(start, start + 4))
        stamped = bars(trading("2024-03-07"))
        assert labels(resample(stamped, 3, bar="5min"))[:2] == ["03-07 09:45", "03-07 10:00"]
        closing = stamped.set_axis(stamped.index + pd.Timedelta("5min"))
        assert labels(resample(closing, 3, stamps="close"))[:2] == ["03-07 09:45", "03-07 10:00"]


class TestPartial:
    def test_the_last_bar_is_left_out_until_it_is_complete(self):
        frame = bars(trading("2024-03-07"))
        for rows, count in ((11, 0), (12, 1), (13, 1), (24, 2)):
            assert len(resample(frame.iloc[:rows], "1h", session=STOCKS, bar="5min")) == count
        # Without the length of a bar it is known to be complete when the next one has come.
        assert len(resample(frame.iloc[:12], "1h", session=STOCKS)) == 0
        assert len(resample(frame.iloc[:13], "1h", session=STOCKS)) == 1

    def test_the_last_bar_is_marked_and_has_the_label_that_it_will_have(self):
        frame = bars(trading("2024-03-07"))
        kept = resample(frame.iloc[:14], "1h", session=STOCKS, bar="5min", partial="keep")
        assert kept["closed"].tolist() == [True, False]
        assert labels(kept) == ["03-07 10:30", "03-07 11:30"]
        assert kept.iloc[1][list(FIELDS)].tolist() == by_hand(frame, slice(12, 14))

    def test_a_week_is_complete_on_the_date_it_ends_and_not_before(self):
        frame = qp.sample("IBM").loc["2013-01-02":"2013-01-11"]
        assert len(resample(frame, "W-FRI")) == 2
        assert len(resample(frame.iloc[:-1], "W-FRI")) == 1
        assert len(resample(frame, "1W")) == 1


class TestValues:
    @given(
        missing=st.sampled_from([0.0, 0.3, 0.8]),
        seed=st.integers(0, 999),
        every=st.sampled_from(["15min", "1h", "7h", "1D", "W-FRI", "2D", "1ME"]),
        session=st.sampled_from([None, STOCKS, FUTURES]),
        meaning=st.sampled_from(["open", "close"]),
    )
    def test_a_bar_is_made_of_what_is_known_of_its_members(self, missing, seed, every, session, meaning):
        index = pd.date_range("2024-03-07 22:00", periods=900, freq="5min", tz=NEW_YORK)
        kept = np.sort(np.random.default_rng(seed).choice(len(index), 400, replace=False))
        frame = bars(index[kept], seed, missing)
        found = resample(frame, every, session=session, stamps=meaning, partial="keep")
        for label, row in found.iterrows():
            side = "left" if meaning == "open" else "right"
            start, end = (frame.index.searchsorted(stamp, side=side) for stamp in (row["open_time"], label))
            part = frame.iloc[start:end]
            inside = ~np.isnan(qp.sessions(part.index, session, stamps=meaning))
            np.testing.assert_array_equal(row[list(FIELDS)].to_numpy(dtype=float), by_hand(part, inside))
        known = ~np.isnan(qp.sessions(frame.index, session, stamps=meaning))
        if missing == 0.0:
            assert found["volume"].sum() == pytest.approx(frame["volume"][known].sum())
        assert (found["open_time"].to_numpy()[1:] >= found.index.to_numpy()[:-1]).all()

    def test_infinite_values_are_not_known(self):
        frame = bars(pd.RangeIndex(2))
        frame.loc[0, :] = np.inf
        assert resample(frame, 2).iloc[0][list(FIELDS)].tolist() == frame.loc[1].tolist()
        assert resample(frame.replace(frame.loc[1].tolist(), -np.inf), 2)[list(FIELDS)].isna().all(axis=None)

    def test_a_column_of_a_panel_is_the_frame(self):
        panel = qp.sample()
        weeks = resample(panel, "W-FRI")
        for symbol in panel:
            alone = resample(panel[symbol], "W-FRI")
            pd.testing.assert_frame_equal(weeks[symbol], alone[list(FIELDS)])
        assert weeks.open_time.equals(pd.Index(alone["open_time"]))
        assert weeks.closed.tolist() == alone["closed"].tolist()

    def test_columns_match_in_any_case_and_the_frame_is_not_changed(self):
        frame = bars(pd.RangeIndex(4)).rename(columns=str.title).assign(Other="text")
        before = frame.copy()
        assert resample(frame, 2).shape == (2, 7)
        pd.testing.assert_frame_equal(frame, before)

    def test_no_bars_give_no_bars(self):
        for every in ("1h", "1W", 3):
            assert resample(bars(trading("2024-03-07")).iloc[:0], every, stamps="close").shape == (0, 7)
        assert resample(qp.sample()[["IBM"]], 5000).shape == (0, 1)

    @pytest.mark.parametrize("session", [None, STOCKS, FUTURES])
    def test_coarser_bars_of_coarser_bars_are_those_of_the_finest(self, session):
        frame = bars(pd.date_range("2024-03-07", periods=2000, freq="5min", tz=NEW_YORK), missing=0.2)
        for first, then in (("15min", "1h"), ("1h", "1D"), ("1D", "W-FRI")):
            steps = resample(resample(frame, first, session=session), then, session=session)
            pd.testing.assert_frame_equal(steps, resample(frame, then, session=session).loc[: steps.index[-1]])
            assert len(steps) >= 1


class TestResampled:
    def test_it_is_a_panel_that_knows_when_its_bars_open_and_close(self):
        weeks = resample(qp.sample(), "W-FRI")
        assert isinstance(weeks, Resampled)
        assert isinstance(weeks, Panel)
        assert weeks.close_time.equals(weeks.index)
        assert (weeks.open_time < weeks.close_time).all()
        assert not weeks.closed.flags.writeable
        assert qp.rsi(weeks).index.equals(weeks.index)

    @pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda bars: pickle.loads(pickle.dumps(bars))])
    def test_a_copy_knows_it_too(self, again):
        weeks = resample(qp.sample(), "W-FRI", partial="keep")
        copied = again(weeks)
        assert copied.equals(weeks)
        assert copied.open_time.equals(weeks.open_time)
        assert copied.closed.tolist() == weeks.closed.tolist()
        assert copied.timeframe == weeks.timeframe

    def test_some_symbols_of_it_know_it_too(self):
        weeks = resample(qp.sample(), "W-FRI")
        chosen = weeks[["MSFT", "IBM"]]
        assert chosen.symbols == ("MSFT", "IBM")
        assert chosen.open_time.equals(weeks.open_time)
        assert chosen["IBM"].equals(weeks["IBM"])


@pytest.mark.parametrize(
    ("every", "given", "message"),
    [
        ("1H", {}, "every must be a length such as '1h', '1D', 'W-FRI' or '1ME', or a whole number of bars, got '1H'"),
        ("often", {}, "got 'often'"),
        ("-1h", {}, "every must be longer than nothing, got '-1h'"),
        ("36h", {}, "every must be shorter than a day, or whole days such as '2D', got '36h'"),
        (0, {}, "every must be at least 1 bar, got 0"),
        (True, {}, "every must be a length such as '1h', or a whole number of bars, got True"),
        (1.5, {}, "got 1.5"),
        (5, {}, "bar must be the length of a bar, such as bar='5min', to know when the last of them closes"),
        (5, {"partial": "keep"}, "partial must be 'drop' for a whole number of bars"),
        ("1h", {"partial": "mark"}, "partial must be one of 'drop', 'keep', got 'mark'"),
        ("1h", {"bar": "soon"}, "bar must be the length of a bar such as '5min', got 'soon'"),
        ("1h", {"bar": 5}, "bar must be the length of a bar such as '5min', got 5"),
        ("1h", {"stamps": "right"}, "stamps must be one of 'open', 'close', 'session', got 'right'"),
        ("1D", {"stamps": "session"}, "stamps must be 'open' or 'close', as not all of them are at midnight"),
        ("1h", {"session": "nyse"}, "session must be a qp.Session, got 'nyse'"),
    ],
)
def test_what_cannot_be_done_is_refused(every, given, message):
    with pytest.raises(ParameterError) as caught:
        resample(bars(trading("2024-03-07")), every, **given)
    assert message in str(caught.value)


def test_dates_of_sessions_cannot_be_split():
    with pytest.raises(ParameterError, match="every must be at least a day, as the stamps are dates of sessions"):
        resample(qp.sample("IBM"), "1h")


@pytest.mark.parametrize(
    ("data", "every", "message"),
    [
        (bars(pd.RangeIndex(4)), "1h", "sessions need an index of stamps, got int64"),
        ([1.0, 2.0], 2, "data must be a Panel or a frame of bars, got list"),
        (bars(pd.RangeIndex(4)).drop(columns="volume"), 2, "volume is missing beside open, high, low, close"),
        (bars(pd.RangeIndex(4)).iloc[::-1], 2, "index must be ascending"),
        (bars(trading("2024-03-07").tz_localize(None)), "1h", "index must have a zone"),
    ],
)
def test_data_that_have_no_coarser_bars_are_refused(data, every, message):
    with pytest.raises(DataError, match=message):
        resample(data, every, session=STOCKS, stamps="close")


def test_a_bar_that_lies_in_two_is_refused():
    frame = bars(trading("2024-03-07", every="7min"))
    with pytest.raises(DataError, match=r"a bar must lie within one bar of the result, the one of .* 10:26.* 10:30"):
        resample(frame, "1h", session=STOCKS, bar="7min")
