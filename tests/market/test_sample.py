"""The bundled prices are those of the source file, row by row."""

from __future__ import annotations

import csv
import gzip
import io
import runpy
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantperf.errors import DataError, ParameterError
from quantperf.market.columns import FIELDS
from quantperf.market.sample import sample

BUILD = Path(__file__).with_name("build_sample.py")
SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")


@pytest.fixture(scope="module")
def source():
    packed = (files("bokeh_sampledata") / "_data" / "stocks.csv.gz").read_bytes()
    return list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode())))


def test_every_row_equals_the_source(source):
    held = pd.concat([sample(symbol, adjusted=True).assign(symbol=symbol) for symbol in sample()])
    assert len(held) == len(source) == 12_154
    names = ["Open", "High", "Low", "Close", "Volume", "Adj Close"]
    expected = [(row["Ticker"], row["Date"], *(float(row[name]) for name in names)) for row in source]
    columns = [held[name].tolist() for name in ("symbol", *FIELDS, "adj_close")]
    found = list(zip(columns[0], held.index.strftime("%Y-%m-%d"), *columns[1:], strict=True))
    assert found == expected


@pytest.mark.parametrize(
    ("symbol", "bars", "first"),
    [
        ("AAPL", 3270, "2000-03-01"),
        ("FB", 196, "2012-05-18"),
        ("GOOG", 2148, "2004-08-19"),
        ("IBM", 3270, "2000-03-01"),
        ("MSFT", 3270, "2000-03-01"),
    ],
)
def test_a_symbol_has_its_own_sessions_only(symbol, bars, first):
    frame = sample(symbol)
    assert frame.shape == (bars, 5)
    assert frame.index[0] == pd.Timestamp(first)
    assert frame.index[-1] == pd.Timestamp("2013-03-01")
    assert frame.notna().all(axis=None)


def test_the_index_names_sessions_without_a_zone():
    for index in (sample().index, sample("FB").index):
        assert isinstance(index, pd.DatetimeIndex)
        assert index.name == "date"
        assert index.tz is None
        assert (index == index.normalize()).all()


def test_the_panel_holds_the_five_over_all_sessions():
    panel = sample()
    assert panel.symbols == SYMBOLS
    assert panel.shape == (3270, 5)
    assert repr(panel) == "Panel(5 symbols x 3270 bars, 2000-03-01 .. 2013-03-01)"
    assert sample() is panel
    for symbol in panel:
        pd.testing.assert_frame_equal(panel.frame(symbol), sample(symbol))


def test_the_bars_are_in_order():
    for symbol in SYMBOLS:
        frame = sample(symbol)
        assert (frame["low"] <= frame[["open", "close"]].min(axis=1)).all()
        assert (frame["high"] >= frame[["open", "close"]].max(axis=1)).all()


def test_a_frame_belongs_to_the_caller():
    frame = sample("FB", adjusted=True)
    frame.iloc[:] = 0.0
    assert (sample("FB", adjusted=True) > 0.0).all(axis=None)


def test_the_adjusted_close_is_a_column_on_request():
    assert sample("IBM").columns.tolist() == list(FIELDS)
    frame = sample("IBM", adjusted=True)
    assert frame.columns.tolist() == [*FIELDS, "adj_close"]
    assert (frame["adj_close"] <= frame["close"]).all()


@pytest.mark.parametrize(
    ("symbol", "message"),
    [
        ("APPL", "symbol must be one of AAPL, FB, GOOG, IBM, MSFT, got 'APPL'; did you mean 'AAPL'?"),
        ("goog", "symbol must be one of AAPL, FB, GOOG, IBM, MSFT, got 'goog'; did you mean 'GOOG'?"),
        (["FB"], "symbol must be one of AAPL, FB, GOOG, IBM, MSFT, got ['FB']"),
    ],
)
def test_an_unknown_symbol_names_the_five(symbol, message):
    with pytest.raises(DataError) as caught:
        sample(symbol)
    assert str(caught.value).startswith(message)


def test_an_adjusted_panel_is_refused():
    with pytest.raises(ParameterError, match="adjusted needs one symbol, got none"):
        sample(adjusted=True)


def test_the_file_is_what_the_script_builds(tmp_path):
    build = runpy.run_path(str(BUILD))
    build["build"](tmp_path / "first.npz")
    build["build"](tmp_path / "second.npz")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()
    # Arrays, not bytes: another zlib may pack the same content otherwise.
    bundled = files("quantperf.market") / "sample.npz"
    with bundled.open("rb") as file, np.load(file) as held, np.load(tmp_path / "first.npz") as built:
        assert held.files == built.files
        for name in held.files:
            assert held[name].dtype == built[name].dtype
            np.testing.assert_array_equal(held[name], built[name])


def test_the_script_refuses_another_source():
    build = runpy.run_path(str(BUILD))
    with pytest.raises(SystemExit, match="must have the SHA-256 e73fe05d"):
        build["source_rows"](gzip.compress(b"Ticker,Date\n"))
