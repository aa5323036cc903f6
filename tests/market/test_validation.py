"""Every rule has a row that breaks it alone, clean prices break none, and nothing is filled or guessed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import ParameterError
from quantperf.market.history import Bars, interval_of
from quantperf.market.sample import sample
from quantperf.market.validation import FLAG, REJECT, REPAIR, Code, codes, validate

NOW = dt.datetime(2024, 6, 3, 12, tzinfo=dt.UTC)
MONDAY = 19_723  # 2024-01-01
WEEKDAYS = MONDAY + np.array([0, 1, 2, 3, 4, 7, 8, 9, 10, 11])
ROWS = 10


def week(stamps=WEEKDAYS, interval="1d"):
    """Plain bars, each a little above the one before."""
    close = 50.0 + 0.5 * np.arange(len(stamps))
    values = np.stack([close - 0.1, close + 0.3, close - 0.4, close, 1000.0 + np.arange(len(stamps))])
    return Bars(interval_of(interval), np.asarray(stamps, dtype=np.int64), values)


def with_values(row, **values):
    bars = week()
    for name, value in values.items():
        bars.values[("open", "high", "low", "close", "volume").index(name), row] = value
    return bars


def minutes(*walls, zone="America/New_York"):
    stamps = pd.DatetimeIndex([f"2024-03-{wall}" for wall in walls]).tz_localize(zone).tz_convert("UTC")
    return stamps.tz_localize(None).to_numpy().astype("datetime64[ms]").astype(np.int64)


NAN, INF = np.nan, np.inf
ALL_NAN = {"open": NAN, "high": NAN, "low": NAN, "close": NAN}
PENCE = {"open": 5090.0, "high": 5130.0, "low": 5060.0, "close": 5100.0}

ALONE = {
    "nan": (with_values(4, close=NAN), {"nan": 1}),
    "nan beside a volume": (with_values(4, **ALL_NAN), {"nan": 1}),
    "nonfinite price": (with_values(4, high=INF), {"nonfinite": 1}),
    "nonfinite volume": (with_values(4, volume=INF), {"nonfinite": 1}),
    "nonpositive": (with_values(4, low=0.0), {"nonpositive": 1}),
    "high_low": (with_values(4, high=51.0, low=53.0), {"high_low": 1}),
    "outside_range, open": (with_values(4, open=60.0), {"outside_range": 1}),
    "outside_range, close": (with_values(4, close=40.0), {"outside_range": 1}),
    "negative_volume": (with_values(4, volume=-1.0), {"negative_volume": 1}),
    "inexact_volume": (with_values(4, volume=2.0**53), {"inexact_volume": 1}),
    "future": (week([*WEEKDAYS, 19_880]), {"future": 1}),
    "all_null": (with_values(4, **ALL_NAN, volume=NAN), {"all_null": 1}),
    "unsorted": (week(WEEKDAYS[[0, 1, 2, 4, 3, 5, 6, 7, 8, 9]]), {"unsorted": 1}),
    "jump": (with_values(9, open=100.0, high=101.0, low=99.0, close=100.0), {"jump": 1}),
    "flat": (with_values(4, open=52.0, high=52.0, low=52.0, close=52.0), {"flat": 1}),
    "zero_volume": (with_values(4, volume=0.0), {"zero_volume": 1}),
    "off_calendar": (week([*WEEKDAYS[:5], MONDAY + 5, *WEEKDAYS[5:], *WEEKDAYS[:5] + 14]), {"off_calendar": 1}),
    "repeated": (with_values(4, open=51.4, high=51.8, low=51.1, close=51.5, volume=1003.0), {"repeated": 1}),
    "unit_x100": (with_values(9, **PENCE), {"jump": 1, "unit_x100": 1}),
    "gap": (week([*WEEKDAYS, MONDAY + 18]), {"gap": 1}),
}


def test_plain_bars_break_no_rule():
    checked = validate(week(), now=NOW)
    assert not checked.mask.any()
    assert checked.mask.dtype == np.uint32
    assert checked.counts == {}
    assert checked.unchecked == ()
    assert checked.kept()[0] is checked.bars
    assert len(checked.table()) == 0


@pytest.mark.parametrize("name", sorted(ALONE))
def test_each_rule_is_found_alone(name):
    bars, expected = ALONE[name]
    assert validate(bars, now=NOW).counts == expected


@pytest.mark.parametrize("name", sorted(ALONE))
def test_nothing_is_changed_and_read_only_arrays_are_enough(name):
    bars, _ = ALONE[name]
    stamps, values = bars.stamps.copy(), bars.values.copy()
    stamps.flags.writeable = values.flags.writeable = False
    checked = validate(Bars(bars.interval, stamps, values), now=NOW)
    np.testing.assert_array_equal(values, bars.values)
    np.testing.assert_array_equal(stamps, bars.stamps)
    assert not checked.mask.flags.writeable


@pytest.mark.parametrize("symbol", ["AAPL", "FB", "GOOG", "IBM", "MSFT"])
def test_the_bundled_sample_has_its_stated_flags_and_nothing_else(symbol):
    bars = Bars.from_frame(sample(symbol))
    checked = validate(bars, now=NOW, tick=1e-4)
    table = checked.table()
    found = {(rule, str(np.datetime64(stamp, "D"))) for rule, stamp in zip(table["rule"], table["stamp"], strict=True)}
    closed = {("gap", "2001-09-17")} if symbol in {"AAPL", "IBM", "MSFT"} else set()
    jumps = {
        # Two splits; 2000-09-29 is a crash: as a flag it looks the same, so a jump alone is never taken for a split.
        "AAPL": {("jump", "2000-06-21"), ("jump", "2000-09-29"), ("jump", "2005-02-28")},
        "MSFT": {("jump", "2003-02-18")},
    }
    assert found == closed | jumps.get(symbol, set())
    assert not (checked.mask & np.uint32(REJECT | REPAIR)).any()
    assert len(checked.kept()[0]) == len(bars)


def test_synthetic_bars_break_no_rule():
    panel = qp.synthetic(symbols=5, bars=500, seed=4)
    for symbol in panel.symbols:
        assert validate(Bars.from_frame(panel.frame(symbol)), now=NOW).counts.keys() <= {"jump"}


def test_sessions_that_are_given_say_which_dates_are_none_and_where_bars_are_missing():
    calendar = WEEKDAYS[WEEKDAYS != MONDAY + 3]
    checked = validate(week(np.delete(WEEKDAYS, 6)), now=NOW, calendar=calendar)
    assert checked.counts == {"off_calendar": 1, "gap": 1}
    assert np.flatnonzero(checked.mask & np.uint32(Code.OFF_CALENDAR)).tolist() == [3]
    assert np.flatnonzero(checked.mask & np.uint32(Code.GAP)).tolist() == [6]
    assert checked.calendar == "given"
    assert validate(week(), now=NOW).calendar == "observed"


@pytest.mark.parametrize("calendar", [WEEKDAYS[3:], WEEKDAYS[:-2], WEEKDAYS[:0]])
def test_a_calendar_says_nothing_of_dates_beyond_its_ends(calendar):
    checked = validate(week(), now=NOW, calendar=calendar)
    assert checked.counts == {}
    assert checked.unchecked == ("off_calendar", "gap")
    assert validate(week(), now=NOW, calendar=WEEKDAYS).unchecked == ()


def test_a_market_that_never_closes_has_no_strange_days():
    assert validate(week(MONDAY + np.arange(60)), now=NOW).counts == {}


def test_weekends_filled_with_fridays_are_repeated_bars():
    bars = week(MONDAY + np.arange(28))
    for row in range(28):
        if row % 7 in {5, 6}:
            bars.values[:, row] = bars.values[:, row - 1]
    assert validate(bars, now=NOW).counts == {"repeated": 8}
    bars.values[4, 5::7] = bars.values[4, 6::7] = 0.0  # with volume 0 the first of each pair is new
    assert validate(bars, now=NOW).counts == {"zero_volume": 8, "repeated": 4}


def test_a_long_weekend_is_no_gap():
    assert validate(week([*WEEKDAYS, WEEKDAYS[-1] + 5]), now=NOW).counts.keys() <= {"off_calendar"}


def test_a_live_row_that_comes_later_and_holds_more_replaces_the_one_before():
    bars = week([*WEEKDAYS, WEEKDAYS[-1]])
    bars.values[:, -1] = [54.4, 55.5, 53.9, 55.2, 9_999.0]
    checked = validate(bars, now=NOW)
    assert checked.counts == {"duplicate": 1}
    assert checked.rejected.tolist() == [9]
    assert checked.kept()[0].values[3, -1] == 55.2


@pytest.mark.parametrize(
    "later",
    [[54.4, 55.5, 53.9, 55.2, 1.0], [54.4, 54.6, 53.9, 54.5, 9_999.0], [54.4, 55.5, 54.3, 55.2, 9_999.0]],
    ids=["less volume", "a lower high", "a higher low"],
)
def test_of_rows_that_contradict_each_other_none_is_kept(later):
    bars = week([*WEEKDAYS, WEEKDAYS[-1]])
    bars.values[:, -1] = later
    checked = validate(bars, now=NOW)
    assert checked.rejected.tolist() == [9, 10]
    first = ~pd.Index(bars.stamps).duplicated()
    assert first.sum() == 10  # the usual way keeps one of them, and says nothing


def test_an_empty_row_does_not_take_the_place_of_a_full_one():
    bars = week([*WEEKDAYS, WEEKDAYS[-1]])
    bars.values[:, -1] = NAN
    checked = validate(bars, now=NOW)
    assert checked.counts == {"all_null": 1}
    assert checked.kept()[0].values[3, -1] == 54.5


def test_a_missing_volume_is_no_error_and_stays_missing():
    bars = week()
    bars.values[4] = NAN
    checked = validate(bars, now=NOW)
    assert checked.counts == {}
    assert np.isnan(checked.kept()[0].values[4]).all()


def test_futures_may_trade_below_zero_where_that_is_said():
    oil = with_values(4, open=-10.0, high=10.0, low=-40.0, close=-37.63)
    assert validate(oil, now=NOW).counts == {"nonpositive": 1}
    assert "nonpositive" not in validate(oil, now=NOW, positive=False).counts


def test_a_close_half_a_tick_outside_of_its_range_is_the_rounding_of_the_source():
    bars = with_values(4, close=52.3 + 4e-5)
    assert validate(bars, now=NOW).counts == {"outside_range": 1}
    assert validate(bars, now=NOW, tick=1e-4).counts == {}
    assert validate(with_values(4, close=52.3 + 9e-5), now=NOW, tick=1e-4).counts == {"outside_range": 1}


def test_without_the_hour_nothing_is_in_the_future_and_the_result_says_so():
    checked = validate(week([*WEEKDAYS, 40_000]))
    assert "future" not in checked.counts
    assert checked.unchecked == ("future",)


@pytest.mark.parametrize(("zone", "future"), [("Pacific/Auckland", False), ("America/New_York", True), (None, False)])
def test_a_date_begins_on_the_clock_of_the_exchange(zone, future):
    evening = dt.datetime(2024, 1, 11, 20, tzinfo=dt.UTC)  # the 12th in Auckland, and nowhere known to be later
    assert ("future" in validate(week(), now=evening, zone=zone).counts) is future


def test_a_bar_that_begins_within_another_is_off_the_grid():
    stamps = minutes("08 09:30", "08 10:30", "08 11:30", "08 11:55", "08 12:30")
    checked = validate(week(stamps, "1h"), now=NOW, zone="America/New_York")
    assert checked.counts == {"off_grid": 1}
    assert checked.rejected.tolist() == [3]


def test_seconds_are_on_no_grid():
    checked = validate(week(minutes("08 09:30", "08 09:31", "08 09:32:07"), "1m"), now=NOW)
    assert checked.rejected.tolist() == [2]


def test_hours_that_begin_at_half_past_and_go_on_after_lunch_are_on_their_grid():
    days = [f"0{day} {wall}" for day in (4, 5, 6) for wall in ("09:30", "10:30", "11:30", "13:00", "14:00", "15:00")]
    bars = week(minutes(*days, zone="Asia/Hong_Kong"), "1h")
    assert validate(bars, now=NOW, zone="Asia/Hong_Kong").counts == {}
    missing = bars.rows(np.arange(len(bars)) != 13)
    assert validate(missing, now=NOW, zone="Asia/Hong_Kong").counts == {"gap": 1}


def test_repeated_instants_of_an_hour_that_comes_twice_are_duplicates():
    """A file of 15 minutes that wrote the clock's time without its offset: 2024-11-03 01:00 to 02:00 twice."""
    stamps = minutes("08 01:00", "08 01:15", "08 01:30", "08 01:45", "08 01:00", "08 01:15", "08 01:30", "08 01:45")
    checked = validate(week(stamps, "15m"), now=NOW)
    assert checked.counts["duplicate"] == 8
    assert checked.counts["unsorted"] == 3


def test_flags_compare_with_the_row_before_in_time_among_those_that_are_kept():
    bars = with_values(4, close=NAN)
    bars.values[:, 5] = [100.0, 101.0, 99.0, 100.0, 5.0]
    table = validate(bars, now=NOW).table()
    assert table[["row", "rule"]].to_numpy().tolist() == [[4, "nan"], [5, "jump"], [6, "jump"]]


def test_the_table_names_field_value_and_verdict():
    bars = with_values(4, open=60.0, volume=-5.0)
    table = validate(bars, now=NOW).table()
    assert table.columns.tolist() == ["row", "stamp", "field", "value", "rule", "verdict"]
    assert table[["field", "value", "rule", "verdict"]].to_numpy().tolist() == [
        ["open", 60.0, "outside_range", "reject"],
        ["volume", -5.0, "negative_volume", "reject"],
    ]
    assert (table["stamp"] == WEEKDAYS[4]).all()


def test_masks_can_be_read_by_name_and_every_bit_has_one_verdict():
    for code in Code:
        assert codes(int(code)) == (code.name.lower(),)
        assert sum(bool(code & kind) for kind in (REJECT, REPAIR, FLAG)) == 1
    assert codes(Code.NAN | Code.JUMP) == ("nan", "jump")
    assert codes(np.uint32(0)) == ()


def test_bits_are_never_given_to_another_code():
    bits = {code.name.lower(): int(code).bit_length() - 1 for code in Code}
    assert bits == {
        "nan": 0, "nonfinite": 1, "nonpositive": 2, "high_low": 3, "outside_range": 4, "negative_volume": 5,
        "inexact_volume": 6, "duplicate": 7, "future": 8, "off_grid": 9, "unsorted": 16, "all_null": 17, "ragged": 18,
        "jump": 24, "flat": 25, "zero_volume": 26, "off_calendar": 27, "repeated": 28, "unit_x100": 29, "gap": 30,
        "revised": 31,
    }  # fmt: skip


def test_no_bars_break_no_rule():
    assert validate(Bars.empty(), now=NOW).counts == {}
    assert validate(Bars.empty("1m"), now=NOW, calendar=WEEKDAYS).counts == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"now": dt.datetime(2024, 1, 1)}, "now must be aware"),  # noqa: DTZ001
        ({"zone": "Mars/Olympus"}, "zone must be a time zone such as"),
        ({"tick": -1.0}, "tick must be at least 0, got -1.0"),
        ({"tick": NAN}, "tick must be at least 0, got nan"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        validate(week(), **options)


PRICES = st.one_of(st.floats(), st.integers(1, 200).map(float))


@given(
    st.lists(st.tuples(st.integers(-3, 40), PRICES, PRICES, PRICES, PRICES, PRICES), max_size=12),
    st.sampled_from(["1d", "1m", "1h"]),
    st.booleans(),
)
def test_whatever_comes_in_what_is_kept_is_fit_for_use(rows, interval, given_calendar):
    length = interval_of(interval).milliseconds
    stamps = [row[0] + MONDAY if interval == "1d" else row[0] * length // 2 + MONDAY * 86_400_000 for row in rows]
    values = np.array([row[1:] for row in rows], dtype=float).reshape(-1, 5).T
    bars = Bars(interval_of(interval), np.array(stamps, dtype=np.int64), values)
    checked = validate(bars, now=NOW, calendar=WEEKDAYS if given_calendar else None)
    kept, flags = checked.kept()
    opens, high, low, close, volume = kept.values
    assert (np.diff(kept.stamps) > 0).all()
    assert np.isfinite(kept.values[:4]).all()
    assert (kept.values[:4] > 0).all()
    assert (low <= np.minimum(opens, close)).all()
    assert (high >= np.maximum(opens, close)).all()
    assert not (volume < 0).any()
    assert not (flags & np.uint32(REJECT | REPAIR)).any()
    # Once more, nothing is found but what was flagged.
    again = validate(kept, now=NOW, calendar=WEEKDAYS if given_calendar else None)
    assert not (again.mask & np.uint32(REJECT | REPAIR)).any()
    checked.table()
