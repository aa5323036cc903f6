"""Rows and stamps that come into a stream of signals: what is read, in which way, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import quantperf as qp
from quantperf.market.moments import closing_times
from quantperf.signals.arrivals import Moments, rows_of

FIELDS = ("close", "volume")
NAN = float("nan")


@pytest.mark.parametrize(
    "row",
    [
        {"close": 1.0, "volume": 10},
        {"Close": np.float32(1.0), "VOLUME": np.int64(10), "open": "ignored"},
        pd.Series({"close": 1.0, "volume": 10.0}),
        pd.DataFrame({"close": [1.0], "volume": [10.0]}),
    ],
)
def test_a_bar_of_one_symbol(row: Any) -> None:
    found = rows_of(row, None, FIELDS)
    assert {name: block.tolist() for name, block in found.items()} == {"close": [[1.0]], "volume": [[10.0]]}
    assert not found["close"].flags.writeable


@pytest.mark.parametrize(
    "row",
    [
        pd.DataFrame({"close": [2.0, 1.0], "volume": [20, 10]}, index=["B", "A"]),
        {"B": {"close": 2.0, "volume": 20.0}, "A": pd.Series({"close": 1.0, "volume": 10.0})},
        {"close": [1.0, 2.0, NAN], "volume": np.array([10.0, 20.0, NAN])},
        {"close": {"A": 1.0, "B": 2.0}, "volume": pd.Series({"B": 20.0, "A": 10.0})},
    ],
)
def test_a_bar_of_many_symbols_is_placed_by_name_and_one_that_lacks_is_missing(row: Any) -> None:
    found = rows_of(row, ("A", "B", "C"), FIELDS)
    np.testing.assert_array_equal(found["close"], [[1.0, 2.0, NAN]])
    np.testing.assert_array_equal(found["volume"], [[10.0, 20.0, NAN]])


def test_missing_numbers_of_any_kind_are_missing_and_infinite_ones_too() -> None:
    for nothing in (None, pd.NA, NAN, np.inf):
        assert np.isnan(rows_of({"close": nothing, "volume": 1.0}, None, FIELDS)["close"]).all()


@pytest.mark.parametrize(
    ("row", "symbols", "message"),
    [
        ({"close": 1.0}, None, "but volume is not there"),
        ([1.0, 2.0], None, "a bar must be a mapping, a Series or a frame of close, volume, got list"),
        ({"close": "1.0", "volume": 1.0}, None, "close must be one number for each of 1 symbols"),
        ({"close": True, "volume": 1.0}, None, "close must be one number"),
        ({"close": [1.0], "volume": [1.0]}, ("A", "B"), "close must be one number for each of 2 symbols"),
        ({"AAPLE": {"close": 1.0, "volume": 1.0}}, ("AAPL",), "got 'AAPLE'; did you mean 'AAPL'"),
        (pd.DataFrame({"close": [1.0, 2.0], "volume": 1.0}, index=["A", "A"]), ("A",), "got 'A' twice"),
    ],
)
def test_rows_that_cannot_be_are_refused(row: Any, symbols: Any, message: str) -> None:
    with pytest.raises(qp.DataError, match=message):
        rows_of(row, symbols, FIELDS)


@pytest.mark.parametrize(
    ("index", "told"),
    [
        (pd.date_range("2024-01-01", periods=9, freq="D"), {}),
        (pd.date_range("2024-01-01", periods=9, freq="D", tz="America/New_York"), {}),
        (pd.date_range("2024-01-01", periods=9, freq="D"), {"session": qp.Session("09:30", "16:00")}),
        (pd.date_range("2024-01-01", periods=9, freq="h"), {"bar": "1h"}),
        (pd.date_range("2024-01-01 09:30", periods=9, freq="5min", tz="UTC"), {"bar": "5min"}),
        (pd.date_range("2024-01-01 09:30", periods=9, freq="5min"), {"stamps": "close"}),
        (pd.date_range("2024-01-01 10:00", periods=9, freq="h", name="close_time"), {}),
        (pd.RangeIndex(3, 12), {}),
    ],
)
def test_bars_that_come_one_by_one_close_when_they_do_in_batch(index: pd.Index, told: dict[str, Any]) -> None:
    wanted = closing_times(index, **told)
    live = Moments(told.get("stamps"), told.get("bar"), told.get("session"))
    for cut in (slice(0, 1), slice(1, 5), slice(5, 5), slice(5, 6), slice(6, None)):
        some = index[cut]
        assert live.closes(some).tolist() == wanted[cut].tolist()
        live.keep(some)
    assert live.last == index[-1]


def test_the_timeframe_is_told_by_the_length_of_a_bar() -> None:
    for bar, index, wanted in (
        ("5min", pd.DatetimeIndex(["2024-01-01 10:00"]), "5min"),
        (None, pd.DatetimeIndex(["2024-01-01"]), "1day"),
        (None, pd.RangeIndex(1), "1bar"),
    ):
        live = Moments(None, bar, None)
        live.keep(index)
        assert live.timeframe == wanted
    assert Moments(None, None, None, "7day").timeframe == "7day"


def test_stamps_that_do_not_fit_are_refused() -> None:
    live = Moments(None, None, None)
    live.keep(pd.DatetimeIndex(["2024-01-02"]))
    for stamps, message in (
        (["2024-01-02"], "must be after that of the last bar, 2024-01-02 00:00:00, got 2024-01-02"),
        (["2024-01-03 10:00"], "stamps must be dates, as those before or as told, got 2024-01-03 10:00"),
        (["2024-01-04", "2024-01-03"], "stamps"),
    ):
        with pytest.raises(qp.DataError, match=message):
            live.closes(pd.DatetimeIndex(stamps))
    for other in (pd.DatetimeIndex(["2024-01-03"], tz="UTC"), pd.RangeIndex(5, 6)):
        with pytest.raises(qp.DataError, match="of the kind of those before"):
            live.closes(other)
    with pytest.raises(qp.DataError, match="bar must be told where stamps are openings, such as 2024-01-02 10:00"):
        Moments(None, None, None).closes(pd.DatetimeIndex(["2024-01-02 10:00"]))
    with pytest.raises(qp.ParameterError, match="since a stream sees one"):
        Moments("open", None, None)
    with pytest.raises(qp.ParameterError, match="stamps must be one of"):
        Moments("start", None, None)  # type: ignore[arg-type]
    with pytest.raises(qp.ParameterError, match=r"session must be a qp\.Session"):
        Moments(None, None, "09:30")  # type: ignore[arg-type]
