"""Files and frames: columns and times are read as they are told, and what could be read two ways is an error."""

from __future__ import annotations

import datetime as dt
import io
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import DataError, Malformed, MissingLibrary, NotFound, ParameterError, SourceError
from quantperf.market.history import Action, Query
from quantperf.market.sample import sample
from quantperf.market.sources.delimited import Layout, read_delimited
from quantperf.market.sources.files import Files
from quantperf.market.sources.frames import Frames
from quantperf.market.validation import validate


def span(symbol, start="2000-01-01", end="2030-01-01", interval="1d"):
    first, last = (dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for day in (start, end))
    return Query(symbol, first, last, interval)


def text(*rows, header="time,open,high,low,close,volume"):
    return io.BytesIO("\n".join([*([header] if header else []), *rows]).encode())


def read(*rows, daily=True, header="time,open,high,low,close,volume", **layout):
    return read_delimited(text(*rows, header=header), Layout(**layout), daily=daily)


BAR = "1,2,0.5,1.5,10"


def days(frame):
    return frame.index.strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize(
    ("told", "dates"),
    [
        (("2024-01-31", "2024-02-01"), None),
        (("2024-01-31 16:00:00", "2024-02-01 16:00:00"), None),
        (("2024-01-31T00:00:00Z", "2024-02-01T00:00:00Z"), None),
        (("2024-01-31T00:00:00-05:00", "2024-02-01T00:00:00-05:00"), None),
        (("2024-01-31T00:00:00+09:00", "2024-02-01T00:00:00+09:00"), None),  # the date is the one that is written
        (("20240131", "20240201"), None),
        (("20240131.0", "20240201.0"), None),
        (("31.01.2024", "01.02.2024"), None),
        (("31.01.2024 00:00:00.000", "01.02.2024 00:00:00.000"), None),
        (("31/1/2024", "1/2/2024"), None),
        (("01/31/2024", "02/01/2024"), None),
        (("01.31.2024", "02.01.2024"), "%m.%d.%Y"),
        (("Jan 31, 2024", "Feb 1, 2024"), "%b %d, %Y"),
        (("1706659200", "1706745600"), "s"),
        (("1706659200000", "1706745600000"), "ms"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else "",
)
def test_dates_are_read_in_every_form_that_can_mean_one_thing_only(told, dates):
    quoted = [f'"{date}",{BAR}' for date in told]
    assert days(read(*quoted, dates=dates)) == ["2024-01-31", "2024-02-01"]


@pytest.mark.parametrize("mark", [".", "/", "-"])
def test_an_order_of_day_and_month_that_cannot_be_told_is_an_error_that_names_rows(mark):
    told = [f"0{day}{mark}03{mark}2024" for day in (4, 5, 6, 7)]
    guessed = pd.to_datetime(pd.Series(told))  # the defective way: it takes April for March, and says nothing
    assert guessed.dt.month.tolist() == [4, 5, 6, 7]
    with pytest.raises(Malformed) as caught:
        read(*[f"{date},{BAR}" for date in told])
    message = str(caught.value)
    assert "can be read day first and month first" in message
    assert f"'04{mark}03{mark}2024' in row 2" in message
    assert "and 1 more" in message
    assert f"dates='%d{mark}%m{mark}%Y'" in message
    found = read(*[f"{date},{BAR}" for date in told], dates=f"%d{mark}%m{mark}%Y")
    assert days(found) == ["2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07"]


def test_orders_that_contradict_each_other_are_an_error_that_names_both():
    with pytest.raises(
        Malformed, match=r"one order of day and month, got '01/31/2024' in row 2, '31/01/2024' in row 3"
    ):
        read(f"01/31/2024,{BAR}", f"31/01/2024,{BAR}")


@pytest.mark.parametrize(
    ("told", "match"),
    [
        (("2024-01-31", "2024-13-01"), "got '2024-13-01' in row 3"),
        (("2024-01-31", "soon"), "got 'soon' in row 3"),
        (("2024-01-31", ""), "in row 3"),
        (("20240131", "2024-02-01"), "must be YYYYMMDD as the first is, got '2024-02-01' in row 3"),
        (("31.01.24", "01.02.24"), "got '31.01.24' in row 2"),
        (("Jan 31 2024", "Feb 1 2024"), "else say dates="),
    ],
)
def test_a_date_that_cannot_be_read_is_named(told, match):
    with pytest.raises(Malformed, match=match):
        read(*[f"{date},{BAR}" for date in told])


def test_intraday_times_need_an_offset_or_a_zone():
    rows = [f"2024-03-08 09:30,{BAR}", f"2024-03-11 09:30,{BAR}"]
    with pytest.raises(Malformed, match="intraday times have no offset; say by which clock"):
        read(*rows, daily=False)
    found = read(*rows, daily=False, zone="America/New_York")
    assert found.index.strftime("%d %H:%M").tolist() == ["08 14:30", "11 13:30"]


def test_each_row_may_have_its_own_offset():
    found = read(f"2024-03-08T09:30:00-05:00,{BAR}", f"2024-03-11T09:30:00-04:00,{BAR}", daily=False)
    assert found.index.strftime("%d %H:%M").tolist() == ["08 14:30", "11 13:30"]
    with pytest.raises(Malformed, match="all with an offset or all without, got '2024-03-11T09:30:00' in row 3"):
        read(f"2024-03-08T09:30:00-05:00,{BAR}", f"2024-03-11T09:30:00,{BAR}", daily=False)


def test_fractions_of_seconds_are_read():
    found = read(f"31.01.2024 09:30:00.250,{BAR}", daily=False, zone="UTC")
    assert found.index[0] == pd.Timestamp("2024-01-31 09:30:00.25", tz="UTC")


def test_an_hour_that_comes_twice_is_an_error_and_not_a_guess():
    with pytest.raises(Malformed, match="exist on the clock of America/New_York"):
        read(f"2024-11-03 01:30,{BAR}", daily=False, zone="America/New_York")


def test_columns_are_found_by_name_in_any_order_and_case():
    found = read("5,4,3,2,1,2024-01-02", header="Adj Close,Close,High,Low,Open,Date")
    assert found[["open", "high", "low", "close"]].iloc[0].tolist() == [1.0, 3.0, 2.0, 4.0]
    assert np.isnan(found["volume"].iloc[0])  # not told is missing, not 0


def test_columns_can_be_named():
    found = read(
        "02.01.2024;1,5;2;1;1,75;7", header="Datum;Eroeffnung;Hoch;Tief;Schluss;Stueck", separator=";", decimal=",",
        dates="%d.%m.%Y",
        columns={"time": "Datum", "open": "Eroeffnung", "high": "Hoch", "low": "Tief", "close": "Schluss",
                 "volume": "Stueck"},
    )  # fmt: skip
    assert found.iloc[0].tolist() == [1.5, 2.0, 1.0, 1.75, 7.0]


def test_files_without_a_header_have_an_order():
    found = read(
        "X,20240102,1,2,0.5,1.5,9,10", header="",
        columns=["", "time", "open", "high", "low", "close", "", "volume"],
    )  # fmt: skip
    assert found.iloc[0].tolist() == [1.0, 2.0, 0.5, 1.5, 10.0]


def test_a_date_and_a_time_in_two_columns_are_joined():
    found = read(
        f"2024-01-31,09:30,{BAR}", header="<Date>,<Time>,<Open>,<High>,<Low>,<Close>,<Vol>", daily=False, zone="UTC"
    )
    assert found.index[0] == pd.Timestamp("2024-01-31 09:30", tz="UTC")


@pytest.mark.parametrize(
    ("header", "match"),
    [
        ("time,open,high,low,volume,x", "must have the columns close, got"),
        ("time,open,high,low,close,Close", "has two columns for close"),
        ("open,high,low,close,volume,x", "must have a column of times"),
    ],
)
def test_columns_that_lack_or_come_twice_are_named(header, match):
    with pytest.raises(Malformed, match=match):
        read("1,2,3,4,5,6", header=header)


def test_separators_at_the_end_of_rows_are_no_columns():
    found = read(f"2024-01-02,{BAR},,", f"2024-01-03,{BAR},,")
    assert found["close"].tolist() == [1.5, 1.5]


@pytest.mark.parametrize("row", [0, 1])
def test_cells_beyond_the_header_are_an_error_and_not_left_out(row):
    rows = [f"2024-01-02,{BAR},", f"2024-01-03,{BAR},"]
    rows[row] += "7"
    with pytest.raises(Malformed, match="must have a label for each column, got 6 for 7"):
        read(*rows)


def test_a_column_that_was_named_must_be_there():
    with pytest.raises(Malformed, match="must have the columns 'Schluss', got"):
        read(f"2024-01-02,{BAR}", columns={"time": "time", "close": "Schluss"})


@pytest.mark.parametrize("missing", [".", "", "NaN", "null", "N/A", "-"])
def test_what_is_missing_is_nan_and_a_price_before_is_never_taken_for_it(missing):
    """A missing price reads as "no change"."""
    found = read(f"2024-01-02,{BAR}", f"2024-01-03,1,2,0.5,{missing},")
    assert np.isnan(found["close"].iloc[1])
    assert np.isnan(found["volume"].iloc[1])
    assert found.ffill()["close"].diff().iloc[1] == 0.0  # the defective way


def test_text_among_numbers_is_an_error_that_names_rows():
    with pytest.raises(Malformed, match=r"close must be a number, got '1\.5 USD' in row 3"):
        read(f"2024-01-02,{BAR}", "2024-01-03,1,2,0.5,1.5 USD,10")


def test_a_decimal_comma_without_its_parameter_is_an_error():
    with pytest.raises(Malformed, match="open must be a number, got '1,5' in row 2"):
        read("2024-01-02;1,5;2;0,5;1,5;10", header="time;open;high;low;close;volume", separator=";")


def test_a_byte_order_mark_is_left_out(tmp_path):
    file = tmp_path / "X.csv"
    file.write_bytes(b"\xef\xbb\xbftime,open,high,low,close\n2024-01-02,1,2,0.5,1.5\n")
    assert len(Files(tmp_path).read(span("X")).bars) == 1


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01", b"<html>blocked</html>", b"a,b\n1,2,3,4\n"])
def test_what_is_no_table_is_malformed(tmp_path, content):
    (tmp_path / "X.csv").write_bytes(content)
    with pytest.raises(Malformed, match=r"X\.csv"):
        Files(tmp_path).read(span("X"))


@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_malformed_and_nothing_else(content, headed):
    body = (b"time,open,high,low,close,volume\n" if headed else b"") + content
    try:
        read_delimited(io.BytesIO(body), Layout(zone="UTC"), daily=False)
    except Malformed:
        return


@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=30))
def test_prices_come_back_bit_for_bit(prices):
    index = pd.bdate_range("2024-01-02", periods=len(prices), name="date")
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close", "volume"), prices), index=index)
    found = read_delimited(io.BytesIO(frame.to_csv().encode()), Layout(), daily=True)
    assert found.to_numpy().tobytes() == frame.to_numpy().tobytes()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("long", [False, True], ids=["a folder", "one long file"])
def test_the_sample_comes_back_from_files_bit_for_bit(tmp_path, kind, long):
    symbols = ("FB", "GOOG")
    if long:
        frame = pd.concat([sample(symbol).reset_index().assign(symbol=symbol) for symbol in symbols])
        path = tmp_path / f"all.{kind}"
        frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
        source = Files(path)
    else:
        for symbol in symbols:
            file = tmp_path / f"{symbol}.{kind}"
            sample(symbol).to_csv(file) if kind == "csv" else sample(symbol).to_parquet(file)
        source = Files(tmp_path, pattern=f"{{symbol}}.{kind}")
    for symbol in symbols:
        found = source.read(span(symbol))
        assert found.bars.frame().equals(sample(symbol))
        assert (found.basis, dict(found.repairs)) == ("raw", {})
        assert not (validate(found.bars).mask).any()
    with pytest.raises(NotFound, match="no 'GOGO'"):
        source.read(span("GOGO"))


def test_a_long_file_is_read_once_and_again_when_it_has_changed(tmp_path, monkeypatch):
    path = tmp_path / "all.csv"
    sample("FB").assign(symbol="FB").to_csv(path)
    calls = []
    real = pd.read_csv
    monkeypatch.setattr(pd, "read_csv", lambda *args, **kwargs: calls.append(1) or real(*args, **kwargs))
    source = Files(path)
    for _ in range(3):
        assert len(source.read(span("FB")).bars) == 196
    assert len(calls) == 1
    sample("FB").iloc[:9].assign(symbol="FB").to_csv(path)
    assert len(source.read(span("FB")).bars) == 9


@pytest.mark.parametrize("symbol", ["../secret", "a/b", "..", "", "a\\b", "x\0"])
def test_nothing_outside_of_the_folder_is_opened(tmp_path, symbol):
    (tmp_path / "secret.csv").write_text("time,open,high,low,close\n2024-01-02,1,2,0.5,1.5\n")
    folder = tmp_path / "inside"
    folder.mkdir()
    with pytest.raises(NotFound):
        Files(folder).read(span(symbol))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "secret.csv").write_text("time,open,high,low,close\n2024-01-02,1,2,0.5,1.5\n")
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "X.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(NotFound):
        Files(folder).read(span("X"))


def test_only_the_span_that_is_asked_for_is_given(tmp_path):
    sample("FB").to_csv(tmp_path / "FB.csv")
    found = Files(tmp_path).read(span("FB", "2013-01-01", "2013-02-01"))
    assert (len(found.bars), dict(found.repairs)) == (21, {"outside_query": 175})


def test_bars_of_another_length_are_not_given(tmp_path):
    with pytest.raises(SourceError, match="files has bars of 1d, asked was 1h"):
        Files(tmp_path).read(span("FB", interval="1h"))


def test_a_broken_parquet_file_is_malformed(tmp_path):
    (tmp_path / "X.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(Malformed, match=r"X\.parquet must be Parquet"):
        Files(tmp_path, pattern="{symbol}.parquet").read(span("X"))


def test_parquet_without_its_library_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "X.parquet").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingLibrary, match=r"quantperf\[export\]"):
        Files(tmp_path, pattern="{symbol}.parquet").read(span("X"))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Files("/nowhere/at/all"), "there is nothing at '/nowhere/at/all'"),
        (lambda: Files(".", pattern="prices.csv"), "pattern must have a place for the symbol"),
        (lambda: Layout(separator=",", decimal=","), "separator and decimal must be two different characters"),
        (lambda: Layout(dates="d.m.Y"), "dates must be 's', 'ms' or a form such as"),
        (lambda: Layout(columns="open"), "columns must be a mapping or a sequence"),
    ],
)
def test_parameters_are_checked_before_any_file_is_read(make, message):
    with pytest.raises(ParameterError) as caught:
        make()
    assert message in str(caught.value)


PANEL = qp.synthetic(symbols=3, bars=30, seed=2, missing=0.1)
FRAMES = {symbol: PANEL.frame(symbol) for symbol in PANEL.symbols}
LONG = pd.concat([frame.assign(symbol=symbol) for symbol, frame in FRAMES.items()]).reset_index()
WIDE = pd.concat(FRAMES, axis=1)


@pytest.mark.parametrize(
    "data",
    [
        FRAMES, PANEL, LONG, LONG.rename(columns=str.title), WIDE, WIDE.swaplevel(axis=1).sort_index(axis=1),
        LONG.set_index(["symbol", "date"]), LONG.set_index(["date", "symbol"]), LONG.set_index("date"),
    ],
    ids=["frames", "panel", "long", "titles", "wide", "wide, fields first", "levels", "levels, dates first", "index"],
)  # fmt: skip
def test_frames_of_every_shape_give_the_same_bars(data):
    source = Frames(data)
    assert sorted(source.symbols) == sorted(PANEL.symbols)
    for symbol in PANEL.symbols:
        expected = PANEL.frame(symbol).dropna()
        found = source.read(span(symbol)).bars.frame()
        assert found.equals(expected.set_axis(found.index))
        assert found.index.equals(expected.index)


def test_what_the_caller_does_to_a_frame_later_changes_no_source():
    frame = FRAMES["S000"].copy()
    source = Frames({"S000": frame})
    frame.loc[:, "close"] = -1.0
    assert (source.read(span("S000")).bars.values[3] > 0).all()


def test_frames_carry_actions_and_their_basis():
    split = Action("split", 16_500, 2.0)
    found = Frames(FRAMES, basis="splits", actions={"S000": (split,)}).read(span("S000"))
    assert (found.basis, found.actions) == ("splits", (split,))


def test_frames_that_name_no_symbols_are_refused():
    with pytest.raises(DataError, match="data must name its symbols"):
        Frames(FRAMES["S000"])
    with pytest.raises(DataError, match="must name a symbol in each row, 1 do not"):
        Frames(LONG.assign(symbol=LONG["symbol"].where(LONG.index > 0)))
    with pytest.raises(DataError, match="S000: bars must be a DataFrame, got int"):
        Frames({"S000": 5})
    with pytest.raises(DataError, match="data must be a DataFrame, a Panel or a mapping"):
        Frames([1, 2])


@pytest.mark.parametrize(
    ("frame", "match"),
    [
        (FRAMES["S000"].drop(columns="close"), "columns close are missing"),
        (FRAMES["S000"].astype({"close": str}), "close must be numeric"),
        (FRAMES["S000"].reset_index(drop=True), "stamps must be the index or one column"),
        (FRAMES["S000"].set_axis(FRAMES["S000"].index + pd.Timedelta("9h")), "a daily stamp must be a date"),
    ],
)
def test_a_frame_that_holds_no_bars_is_malformed_for_its_symbol_alone(frame, match):
    source = Frames({"BAD": frame, "GOOD": FRAMES["S001"]})
    with pytest.raises(Malformed, match=match):
        source.read(span("BAD"))
    assert len(source.read(span("GOOD")).bars)
    with pytest.raises(NotFound, match="did you mean 'GOOD'"):
        source.read(span("GOOOD"))
