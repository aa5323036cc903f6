"""What is exported gives back, to the bit, what the store holds; and a copy is a store."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from quantperf.errors import DataError, MissingLibrary, ParameterError, StoreError
from quantperf.market import export as exporting
from quantperf.market.columns import FIELDS
from quantperf.market.history import Bars, interval_of
from quantperf.market.sample import sample
from quantperf.market.store import Store


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store") as opened:
        opened.write({name: Bars.from_frame(sample(name)) for name in ("AAPL", "FB", "GOOG")})
        yield opened


def odd_bars(interval="1d"):
    stamps = np.array([-5, 3, 40], np.int64) * (1 if interval == "1d" else 60_000)
    values = np.array([[0.1 + 0.2, 1e-17, 1 / 3]] * len(FIELDS))
    values[4] = [np.nan, 2.0**53 - 1, 0.0]
    return Bars(interval_of(interval), stamps, values)


def read(path):
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    return table.assign(**{field: [float(text or "nan") for text in table[field]] for field in FIELDS})


@pytest.mark.parametrize("how", ["parquet", "csv"])
class TestExport:
    def test_every_bar_is_in_the_file_to_the_bit(self, store, tmp_path, how):
        done = store.export(how, tmp_path / "out")
        table = read(done.path)
        assert (done.symbols, done.bars) == (3, len(table))
        for name, rows in table.groupby("symbol"):
            assert np.array_equal(rows[list(FIELDS)].to_numpy(), store.bars(name).to_numpy())
            assert pd.DatetimeIndex(rows["date"]).equals(pd.DatetimeIndex(store.bars(name).index))

    def test_groups_of_symbols_make_one_table(self, store, tmp_path, how, monkeypatch):
        whole = read(store.export(how, tmp_path / "one").path)
        monkeypatch.setattr(exporting, "SYMBOLS_A_GROUP", 1)
        assert read(store.export(how, tmp_path / "many").path).equals(whole)

    def test_odd_values_and_names_survive(self, store, tmp_path, how):
        store.write({"NA": odd_bars(), "null": odd_bars()})
        done = store.export(how, tmp_path, symbols=["null", "NA"])
        assert (done.symbols, done.bars) == (2, 6)

    def test_intraday_bars_are_in_utc(self, store, tmp_path, how):
        store.write({"NA": odd_bars("5m")})
        done = store.export(how, tmp_path, interval="5m")
        times = pd.DatetimeIndex(read(done.path)["time"])
        assert times.equals(store.bars("NA", interval="5m").index) or str(times.tz) == "UTC"
        assert done.path.name == f"bars-5m.{how}"

    def test_what_does_not_come_back_is_an_error_and_leaves_the_former_file(self, store, tmp_path, how, monkeypatch):
        before = store.export(how, tmp_path).path.read_bytes()
        reading = getattr(exporting, f"_read_{how}")

        def wrong(*args):
            for part in reading(*args):
                yield part.assign(close=part["close"].to_numpy() * (1 + 1e-15))

        monkeypatch.setattr(exporting, f"_read_{how}", wrong)
        with pytest.raises(StoreError, match="must give back what was written"):
            store.export(how, tmp_path)
        assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("bars")] == [f"bars-1d.{how}"]
        assert (tmp_path / f"bars-1d.{how}").read_bytes() == before

    def test_a_folder_that_cannot_be_written_is_an_error(self, store, tmp_path, how):
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(StoreError, match="cannot be written"):
            store.export(how, tmp_path / "file")

    def test_what_is_not_stored_is_named(self, store, tmp_path, how):
        with pytest.raises(DataError, match="unknown symbol 'APPL'"):
            store.export(how, tmp_path, symbols="APPL")
        with pytest.raises(DataError, match="with '1m' bars, got none"):
            store.export(how, tmp_path, interval="1m")


def test_without_the_library_the_extra_is_named(store, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingLibrary, match=r"pip install 'quantperf\[export\]'"):
        store.export("parquet", tmp_path)
    assert store.export("csv", tmp_path).bars > 0


def test_other_formats_are_refused(store, tmp_path):
    with pytest.raises(ParameterError, match="how must be one of 'parquet', 'csv', got 'xlsx'"):
        store.export("xlsx", tmp_path)


class TestCopy:
    def test_a_copy_is_a_store_of_its_own(self, store, tmp_path):
        store.write({"FB": Bars.from_frame(sample("FB").iloc[-1:] + 1.0)})
        folder = store.copy(tmp_path / "copy")
        store.write({"IBM": Bars.from_frame(sample("IBM"))})
        with Store(folder) as copied:
            assert copied.symbols == ("AAPL", "FB", "GOOG")
            assert copied.check() == []
            assert copied.id != store.id
            assert copied.as_of(seq=1).bars("FB").equals(sample("FB"))
            assert copied.bars("FB").equals(store.bars("FB"))
            copied.write({"ADDED": odd_bars()})
            assert copied.panel().symbols == ("AAPL", "ADDED", "FB", "GOOG")
        assert "ADDED" not in store.symbols

    def test_nothing_is_copied_over(self, store, tmp_path):
        with pytest.raises(StoreError, match="holds something; name another"):
            store.copy(store.path)
        (tmp_path / "file").write_text("in the way")
        with pytest.raises(StoreError, match="cannot be written"):
            store.copy(tmp_path / "file")
        with pytest.raises(StoreError, match="a copy must be a new file"):
            store.database.copy(store.database.path)
