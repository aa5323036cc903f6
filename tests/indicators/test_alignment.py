"""Values of coarser bars on finer ones are those that were known then: nothing of what comes later is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import DataError, ParameterError
from quantperf.indicators import CATALOG
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS
from quantperf.market.sessions import Session
from quantperf.market.timeframes import resample

NEW_YORK = "America/New_York"
STOCKS = Session("09:30", "16:00", NEW_YORK)
FUTURES = Session("18:00", "17:00", NEW_YORK)
SESSIONS = [None, STOCKS, FUTURES]
LENGTHS = ["30min", "1h", "7h", "1D", "W-FRI"]


def intraday(seed: int = 0, rows: int = 120) -> pd.DataFrame:
    """Quarters of an hour over the change of the clock, some of them absent, some with values missing."""
    random = np.random.default_rng(seed)
    index = pd.date_range("2024-03-07 06:00", periods=500, freq="15min", tz=NEW_YORK)
    kept = np.sort(random.choice(len(index), rows, replace=False))
    close = 100.0 + np.cumsum(random.integers(-3, 4, rows)) / 4
    spread = random.integers(0, 4, (4, rows)) / 4
    frame = pd.DataFrame(
        {
            "open": close + spread[0] - spread[1],
            "high": close + spread[0] + spread[2],
            "low": close - spread[1] - spread[3],
            "close": close,
            "volume": random.integers(1, 50, rows) * 0.1,
        },
        index=index[kept],
    )
    return frame.mask(random.random(frame.shape) < 0.05)


def lines(result: Any) -> tuple[Any, ...]:
    return tuple(result) if isinstance(result, tuple) else (result,)


def same(ours: Any, theirs: Any) -> None:
    for one, other in zip(lines(ours), lines(theirs), strict=True):
        compare = pd.testing.assert_frame_equal if isinstance(one, pd.DataFrame) else pd.testing.assert_series_equal
        compare(one, other, check_exact=True, check_freq=False)


# -------------------------------------------------------------------------------------------------------------- leaks


def futures_of(frame: pd.DataFrame, t: int, seed: int) -> Iterator[pd.DataFrame]:
    """Other frames whose first t bars are the same: cut, with other values, and with other bars."""
    random = np.random.default_rng(seed)
    later = np.arange(len(frame)) >= t
    yield frame[~later]
    for factor in (3.0, np.nan, np.inf):
        bent = np.where(later[:, None], frame[::-1].to_numpy() * factor, frame.to_numpy())
        yield pd.DataFrame(bent, index=frame.index, columns=frame.columns)
    for share in (0.1, 0.9):
        yield frame[~later | (random.random(len(frame)) < share)]
    if later.any():
        yield frame[~later | (np.arange(len(frame)) == len(frame) - 1)]


def past_does_not_know_the_future(
    compute: Callable[[pd.DataFrame], Any], frame: pd.DataFrame, t: int, seed: int
) -> None:
    """Rows of the first t bars are the same whatever bars come after them."""
    whole = compute(frame)
    for other in futures_of(frame, t, seed):
        for ours, theirs in zip(lines(compute(other)), lines(whole), strict=True):
            same(ours.iloc[:t], theirs.iloc[:t])


def naive(frame: pd.DataFrame) -> pd.Series:
    """The usual mistake: hours are labelled by their opens and carried forward from there."""
    return frame["close"].resample("1h").last().reindex(frame.index, method="ffill")


def by_days(frame: pd.DataFrame) -> pd.Series:
    """The other one: daily values, labelled by dates, on the bars of the day itself."""
    days = frame["high"].groupby(frame.index.normalize()).max()
    return pd.Series(days.reindex(frame.index.normalize()).to_numpy(), index=frame.index)


def scheduled_by_data(frame: pd.DataFrame) -> pd.Series:
    """A label from the data: a day is taken as complete on the last bar that it happens to have."""
    days = frame["close"].groupby(frame.index.normalize()).last()
    ends = frame.index.to_series().groupby(frame.index.normalize()).max()
    return days.set_axis(pd.DatetimeIndex(ends)).reindex(frame.index, method="ffill")


@pytest.mark.parametrize("planted", [naive, by_days, scheduled_by_data])
def test_a_merge_on_the_wrong_labels_is_caught(planted: Callable[[pd.DataFrame], Any]) -> None:
    def all_places() -> None:
        frame = intraday()
        for t in range(len(frame)):
            past_does_not_know_the_future(planted, frame, t, seed=1)

    with pytest.raises(AssertionError, match=r"values are different"):
        all_places()


@settings(max_examples=25)
@given(
    seed=st.integers(0, 99),
    t=st.integers(0, 120),
    every=st.sampled_from(LENGTHS),
    session=st.sampled_from(SESSIONS),
    meaning=st.sampled_from(["open", "close"]),
    bar=st.sampled_from([None, "15min"]),
)
def test_what_is_aligned_does_not_know_the_future(
    seed: int, t: int, every: str, session: Session | None, meaning: Any, bar: str | None
) -> None:
    if bar is not None and meaning == "open" and every == "7h":
        bar = None  # the last bar of a session does not end with it

    def closed(frame: pd.DataFrame) -> Any:
        coarse = resample(frame, every, stamps=meaning, session=session, partial="keep")
        return qp.align(coarse[list(FIELDS)], frame, stamps=meaning, bar=bar)

    def known(frame: pd.DataFrame) -> Any:
        coarse = resample(frame, every, stamps=meaning, session=session)
        return qp.align(coarse, frame, indicator="ema", window=2, stamps=meaning, bar=bar)

    def forming(frame: pd.DataFrame) -> Any:
        coarse = resample(frame, every, stamps=meaning, session=session)
        return qp.align(coarse, frame, "forming", indicator="atr", window=2)

    frame = intraday(seed)
    for compute in (closed, known, forming):
        past_does_not_know_the_future(compute, frame, t, seed)


@settings(max_examples=25)
@given(
    seed=st.integers(0, 99),
    t=st.integers(1, 120),
    every=st.sampled_from([*LENGTHS, 7]),
    session=st.sampled_from(SESSIONS),
    partial=st.sampled_from(["drop", "keep"]),
)
def test_a_coarser_bar_does_not_know_what_comes_after_it(
    seed: int, t: int, every: Any, session: Session | None, partial: Any
) -> None:
    frame = intraday(seed)
    if every == 7:
        partial = "drop"
    whole = resample(frame, every, stamps="close", session=session, partial=partial)
    now = frame.index[t - 1]
    for other in futures_of(frame, t, seed):
        found = resample(other, every, stamps="close", session=session, partial=partial)
        pd.testing.assert_frame_equal(found[found.index <= now], whole[whole.index <= now], check_exact=True)


@settings(max_examples=25)
@given(seed=st.integers(0, 99), t=st.integers(0, 120))
def test_daily_bars_on_daily_rows_do_not_know_the_future(seed: int, t: int) -> None:
    days = qp.sample("IBM").iloc[seed * 20 : seed * 20 + 120]

    def closed(frame: pd.DataFrame) -> Any:
        return qp.align(resample(frame, "W-FRI", stamps="session")[list(FIELDS)], frame)

    def forming(frame: pd.DataFrame) -> Any:
        return qp.align(resample(frame, "1ME", stamps="session"), frame, "forming", indicator="rsi", window=2)

    for compute in (closed, forming):
        past_does_not_know_the_future(compute, days, t, seed)


# -------------------------------------------------------------------------------------------------------------- closed


class TestClosed:
    def test_a_value_is_there_from_the_bar_on_that_closes_with_it(self) -> None:
        index = pd.date_range("2024-03-07 09:30", periods=30, freq="5min", tz=NEW_YORK)
        frame = pd.DataFrame(dict.fromkeys(FIELDS, np.arange(30.0)), index=index)
        hours = resample(frame, "1h", session=STOCKS, bar="5min")
        exact = qp.align(hours["close"], frame, stamps="open", bar="5min")
        assert exact.first_valid_index() == pd.Timestamp("2024-03-07 10:25", tz=NEW_YORK)  # closes at 10:30
        assert exact.dropna().unique().tolist() == [11.0, 23.0]
        late = qp.align(hours["close"], frame)
        assert late.first_valid_index() == pd.Timestamp("2024-03-07 10:30", tz=NEW_YORK)
        closing = frame.set_axis(index + pd.Timedelta("5min"))
        at_closes = qp.align(hours["close"], closing)
        np.testing.assert_array_equal(at_closes, exact)
        assert exact.attrs["when"] == "closed"
        assert exact.attrs["revisable"] is False

    def test_series_frames_named_tuples_and_panels_come_back_as_they_are(self) -> None:
        panel = qp.sample()
        weeks = resample(panel, "W-FRI")
        place = weeks.index.searchsorted(panel.index, side="right") - 1
        lines = qp.macd(weeks)
        found = qp.align(lines, panel)
        assert type(found) is type(lines)
        for line, wanted in zip(found, lines, strict=True):
            assert line.index.equals(panel.index)
            np.testing.assert_array_equal(line[place >= 0], wanted.to_numpy()[place[place >= 0]])
            assert line[place < 0].isna().all(axis=None)
        aligned = qp.align(weeks, panel)
        assert isinstance(aligned, Panel)
        pd.testing.assert_frame_equal(aligned.high, qp.align(weeks.high, panel), check_freq=False)
        codes = qp.align(qp.cdl_doji(weeks["IBM"]), panel.close["IBM"])
        assert codes.dtype == "Int8"
        assert qp.align((weeks.high, weeks.low), panel)[1].equals(qp.align(weeks.low, panel))

    def test_an_indicator_or_a_function_is_computed_on_the_coarser_bars(self) -> None:
        days = qp.sample("IBM")
        weeks = resample(days, "W-FRI", partial="keep")
        wanted = qp.align(qp.rsi(weeks["close"], 5), days)
        pd.testing.assert_series_equal(qp.align(weeks, days, indicator="rsi", window=5), wanted, check_names=False)
        pd.testing.assert_series_equal(qp.align(weeks, days, indicator=qp.rsi, window=5), wanted, check_names=False)
        ranges = qp.align(weeks, days, indicator=lambda bars, power: (bars["high"] - bars["low"]) ** power, power=2)
        pd.testing.assert_series_equal(ranges, qp.align((weeks["high"] - weeks["low"]) ** 2, days))

    def test_a_bar_that_is_marked_as_not_complete_is_no_bar_yet(self) -> None:
        panel = qp.sample()[["IBM", "MSFT"]]
        cut = Panel.from_frames({symbol: panel[symbol].iloc[:-3] for symbol in panel})
        later = panel.index.append(pd.date_range("2013-03-04", periods=20))
        for data in (cut, cut["IBM"]):
            kept, dropped = (resample(data, "W-FRI", partial=choice) for choice in ("keep", "drop"))
            assert len(kept) == len(dropped) + 1
            if isinstance(data, Panel):
                assert qp.align(kept, later).equals(qp.align(dropped, later))
            else:
                pd.testing.assert_frame_equal(qp.align(kept, later), qp.align(dropped, later))

    def test_numbers_of_bars_will_do_for_stamps(self) -> None:
        higher = pd.Series([1.0, 2.0], index=[3, 7])
        assert qp.align(higher, pd.RangeIndex(9)).fillna(0.0).tolist() == [0, 0, 0, 1, 1, 1, 1, 2, 2]

    def test_moments_in_other_zones_are_the_same_moments(self) -> None:
        frame = intraday()
        hours = resample(frame, "1h")
        tokyo = hours["close"].tz_convert("Asia/Tokyo")
        pd.testing.assert_series_equal(qp.align(tokyo, frame), qp.align(hours["close"], frame))

    def test_days_of_a_market_without_close_have_moments(self) -> None:
        frame = intraday(rows=400).tz_convert("UTC")
        days = resample(frame, "1D")
        found = qp.align(days["close"], frame)
        first = days.index[0]
        assert found[frame.index < first].isna().all()
        assert (found[(frame.index >= first) & (frame.index < days.index[1])] == days["close"].iloc[0]).all()

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (
                lambda d, f: (qp.sample("IBM")["close"], f.tz_localize(None)),
                "got dates of sessions; make it of intraday",
            ),
            (
                lambda d, f: (d["close"].tz_localize(None), f),
                "must both have a zone or both none, got America/New_York",
            ),
            (lambda d, f: (d["close"].iloc[::-1], f), "higher must be ascending without duplicate stamps"),
            (lambda d, f: (d["close"], f.iloc[[0, 0]]), "lower must be ascending without duplicate stamps"),
            (lambda d, f: (d["close"].to_numpy(), f), "higher must be a Series, a DataFrame or a Panel"),
            (lambda d, f: (d["close"], [1, 2]), "lower must be bars with an index, or an index, got list"),
            (lambda d, f: (d["close"].reset_index(drop=True), f), "sessions need an index of stamps"),
        ],
    )
    def test_stamps_that_do_not_go_together_are_refused(self, change: Any, message: str) -> None:
        frame = intraday()
        higher, lower = change(resample(frame, "1h"), frame)
        with pytest.raises(DataError) as caught:
            qp.align(higher, lower)
        assert message in str(caught.value)

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"when": "open"}, "when must be one of 'closed', 'forming', got 'open'"),
            ({"stamps": "session"}, "stamps must be one of 'open', 'close', got 'session'"),
            ({"window": 3}, "parameters need an indicator to go to, got window; name it by indicator="),
            ({"bar": "x"}, "bar must be the length of a bar such as '5min', got 'x'"),
        ],
    )
    def test_what_cannot_be_done_is_refused(self, given: Any, message: str) -> None:
        frame = intraday()
        with pytest.raises(ParameterError) as caught:
            qp.align(resample(frame, "1h")["close"], frame, **given)
        assert message in str(caught.value)


# ------------------------------------------------------------------------------------------------------------- forming


def recomputed(frame: pd.DataFrame, every: Any, name: str, params: dict[str, Any], **given: Any) -> list[list[Any]]:
    """What was known, by definition: of the bars so far, the coarser ones and the indicator, all anew on each bar."""
    rows: list[list[Any]] = []
    for t in range(1, len(frame) + 1):
        coarse = resample(frame.iloc[:t], every, partial="keep", **given)
        found = lines(CATALOG[name](coarse, **params))
        rows.append([line.iloc[-1] if len(line) else None for line in found])
    return rows


class TestForming:
    @pytest.mark.parametrize(
        ("name", "params"),
        [("sma", {"window": 3}), ("rsi", {"window": 2}), ("bbands", {"window": 2}), ("obv", {}), ("cdl_doji", {})],
    )
    @pytest.mark.parametrize(("every", "session"), [("1h", STOCKS), ("1D", FUTURES), ("7h", None)])
    def test_each_value_is_that_of_the_bars_so_far(
        self, name: str, params: dict[str, Any], every: str, session: Any
    ) -> None:
        frame = intraday(seed=3, rows=50)
        given: dict[str, Any] = {"session": session, "stamps": "open"}
        found = lines(qp.align(resample(frame, every, **given), frame, "forming", indicator=name, **params))
        wanted = recomputed(frame, every, name, params, **given)
        for i, line in enumerate(found):
            assert line.index.equals(frame.index)
            assert line.attrs["revisable"] is True
            for value, row in zip(line, wanted, strict=True):
                known = row[i] is not None and not pd.isna(row[i])
                assert (value == row[i]) if known else pd.isna(value)

    def test_the_last_value_of_a_coarser_bar_is_the_one_that_stays(self) -> None:
        frame = intraday(rows=300)
        closing = frame.set_axis(frame.index + pd.Timedelta("15min"))
        hours = resample(closing, "1h", stamps="close")
        forming = qp.align(hours, closing, "forming", indicator="ema", window=3)
        closed = qp.ema(hours, 3)
        ends = closing.index.intersection(hours.index)
        assert len(ends) > 20
        np.testing.assert_array_equal(forming[ends], closed[ends])

    def test_a_column_of_a_panel_is_the_frame(self) -> None:
        panel = qp.sample()
        weeks = resample(panel, "W-FRI")
        wide = qp.align(weeks, panel, "forming", indicator="stoch")
        for symbol in panel:
            alone = qp.align(resample(panel[symbol], "W-FRI"), panel[symbol], "forming", indicator="stoch")
            for line, series in zip(wide, alone, strict=True):
                np.testing.assert_array_equal(line[symbol], series)

    def test_a_whole_number_of_bars_forms_too(self) -> None:
        frame = qp.sample("IBM").iloc[:200].reset_index(drop=True)
        found = qp.align(resample(frame, 4), frame, "forming", indicator="sma", window=2)
        fours = resample(frame, 4)["close"]
        for t in range(7, 200):
            assert found[t] == (fours.iloc[(t + 1) // 4 - 1 - ((t + 1) % 4 == 0)] + frame["close"][t]) / 2

    def test_outside_of_the_session_stays_what_was_known(self) -> None:
        frame = intraday(rows=400)
        found = qp.align(resample(frame, "1h", session=STOCKS), frame, "forming", indicator="sma", window=1)
        inside = ~np.isnan(qp.sessions(frame.index, STOCKS, stamps="open"))
        hours = resample(frame, "1h", session=STOCKS, partial="keep")["close"]
        for t in np.flatnonzero(~inside & (np.cumsum(inside) > 0)):
            before = hours[hours.index <= frame.index[t]]
            np.testing.assert_equal(found.iloc[t], before.iloc[-1])

    def test_history_that_lower_does_not_reach_back_to_counts(self) -> None:
        days = qp.sample("IBM")
        weeks = resample(days, "W-FRI")
        whole = qp.align(weeks, days, "forming", indicator="ema", window=10)
        tail = days.loc["2012-12-31":]
        part = qp.align(weeks, tail, "forming", indicator="ema", window=10)
        np.testing.assert_array_equal(part, whole[tail.index])

    def test_a_coarser_bar_that_is_not_there_is_named(self) -> None:
        days = qp.sample("IBM")
        weeks = resample(days.iloc[:-30], "W-FRI")
        with pytest.raises(DataError, match="higher must hold every complete bar of lower, the one of 2013-01-18"):
            qp.align(weeks, days, "forming", indicator="rsi")

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({}, "when='forming' needs an indicator of the catalogue, such as indicator='rsi', got none"),
            (
                {"indicator": lambda bars: bars},
                "needs an indicator of the catalogue, such as indicator='rsi', got func",
            ),
            ({"indicator": "rsi", "nan": "skip"}, "nan must be 'local' with when='forming', got 'skip'"),
            ({"indicator": "rsi", "windw": 3}, "rsi has no parameter 'windw'; did you mean 'window'?"),
        ],
    )
    def test_what_it_needs_is_said(self, given: Any, message: str) -> None:
        days = qp.sample("IBM")
        with pytest.raises(ParameterError) as caught:
            qp.align(resample(days, "W-FRI"), days, "forming", **given)
        assert message in str(caught.value)

    def test_bars_that_resample_did_not_make_are_refused(self) -> None:
        days = qp.sample("IBM")
        with pytest.raises(
            ParameterError, match=r"needs the bars that qp\.resample made as higher, got Series without"
        ):
            qp.align(qp.rsi(resample(days, "W-FRI")), days, "forming", indicator="rsi")
        weeks = resample(qp.sample(), "W-FRI")
        with pytest.raises(DataError, match=r"bars of the same symbols; use lower\[list\(higher.symbols\)\]"):
            qp.align(weeks, qp.sample()[["MSFT"]], "forming", indicator="rsi")
