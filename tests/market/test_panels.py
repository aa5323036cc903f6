"""Mapped panels: bit for bit what the chunks hold, shared without a copy, never changed under a reader."""

from __future__ import annotations

import json
import mmap
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import filelock
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import quantperf as qp
from quantperf.errors import DataError, ParameterError, QuantperfWarning, StoreError
from quantperf.market import panel_files, panels
from quantperf.market.bars import Panel
from quantperf.market.columns import FIELDS
from quantperf.market.history import Action, Bars, interval_of
from quantperf.market.panel_files import StoreRef
from quantperf.market.panels import panel_of_chunks
from quantperf.market.sample import sample
from quantperf.market.store import Store
from quantperf.market.synthetic import synthetic

KILLS = 20


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store") as opened:
        yield opened


def bars_at(stamps, interval="1d", level=10.0):
    stamps = np.asarray(stamps, np.int64)
    values = level + np.arange(len(stamps)) + np.arange(len(FIELDS))[:, None] / 8.0
    return Bars(interval_of(interval), stamps, values)


def of_chunks(store, symbols=None, interval="1d", first=None, last=None):
    with store.database.reading() as connection:
        return panel_of_chunks(connection, symbols, interval_of(interval), first, last)


def naive(store, interval="1d"):
    """The same panel out of each symbol's frame: nothing is shared with how it is built."""
    listing = store.listing()
    held = listing[listing["interval"] == interval]["symbol"]
    return Panel.from_frames({symbol: store.bars(symbol, interval=interval) for symbol in held})


def holder_of(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return array


def generations(store, interval="1d"):
    folder = store.path / "panels" / interval / "none"
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir())


class TestServing:
    def test_the_panel_is_what_was_written(self, store):
        bars = synthetic(7, 600, seed=3, missing=0.1, late=0.5)
        store.write({symbol: Bars.from_frame(bars.frame(symbol).dropna(how="all")) for symbol in bars.symbols})
        served = store.panel()
        assert served.symbols == bars.symbols
        assert served.index.equals(naive(store).index)
        assert np.array_equal(served.blocks, bars.blocks, equal_nan=True)
        assert served.equals(of_chunks(store))

    def test_fields_and_frames_are_the_map_itself(self, store):
        store.write({name: Bars.from_frame(sample(name)) for name in ("AAPL", "IBM")})
        panel = store.panel()
        for field in FIELDS:
            block = panel.block(field)
            assert isinstance(holder_of(block), mmap.mmap)
            assert block.flags.c_contiguous
            assert not block.flags.writeable
            assert np.shares_memory(getattr(panel, field).to_numpy(), block)
        assert np.shares_memory(panel.blocks, panel.close.to_numpy())

    def test_kernels_read_the_map_without_a_copy(self, store, monkeypatch):
        store.write({name: Bars.from_frame(sample(name)) for name in ("AAPL", "IBM")})
        panel = store.panel()
        from quantperf.indicators import rim

        seen = []
        took = rim._block
        monkeypatch.setattr(rim, "_block", lambda table, name: seen.append(took(table, name)) or seen[-1])
        mean = qp.sma(panel.close, 20)
        assert all(np.shares_memory(block, panel.blocks) for block in seen)
        assert len(seen) == 1
        assert mean["IBM"].dropna().equals(qp.sma(sample("IBM")["close"], 20).dropna())

    def test_bytes_in_the_file_are_the_values_of_the_panel(self, store):
        """Shows that the map is read, and no copy beside it: another process changes the file, the panel with it."""
        store.write({"A": bars_at([10, 11, 12])})
        panel = store.panel()
        folder = store.path / "panels" / "1d" / "none" / generations(store)[0]
        raw = bytearray((folder / "panel.bin").read_bytes())
        place = bytes(raw).index(np.float64(panel.close.iloc[1, 0]).tobytes())
        with (folder / "panel.bin").open("r+b") as file:
            file.seek(place)
            file.write(np.float64(-1.0).tobytes())
        assert -1.0 in panel.blocks

    def test_a_second_call_gives_the_same_panel(self, store):
        store.write({"A": bars_at([10, 11, 12])})
        assert store.panel() is store.panel()
        with Store(store.path) as other:
            assert other.panel().equals(store.panel())
            assert other.panel().cache_token == store.panel().cache_token

    def test_a_span_is_cut_out_of_the_map_without_a_copy(self, store):
        store.write({name: Bars.from_frame(sample(name)) for name in ("AAPL", "FB")})
        whole, part = store.panel(), store.panel(start="2012-01-01", end="2012-12-31")
        assert np.shares_memory(whole.blocks, part.blocks)
        assert part.close.equals(whole.close.loc["2012-01-01":"2012-12-31"])
        assert part.cache_token not in (None, whole.cache_token)
        assert store.panel(start="2050-01-01").shape == (0, 2)
        assert part.equals(of_chunks(store, None, "1d", *(Bars.from_frame(part["AAPL"]).stamps[[0, -1]])))

    @pytest.mark.parametrize("mapped", [True, False])
    def test_some_symbols_come_in_their_order_over_the_stamps_they_have(self, store, mapped):
        store.write({name: Bars.from_frame(sample(name)) for name in ("AAPL", "FB", "GOOG")})
        if mapped:
            store.panel()
        part = store.panel(["GOOG", "FB"], "2004-08-20")
        expected = Panel.from_frames({name: sample(name).loc["2004-08-20":] for name in ("GOOG", "FB")})
        assert part.equals(expected)
        assert store.panel("FB").equals(Panel.from_frames({"FB": sample("FB")}))
        assert part.cache_token is None

    @pytest.mark.parametrize("mapped", [True, False])
    def test_a_symbol_without_bars_of_the_interval_is_a_column_of_nan(self, store, mapped):
        store.write({"A": bars_at([10, 11]), "B": bars_at([5 * 60_000], "5m")})
        if mapped:
            store.panel()
        assert store.panel().symbols == ("A",)
        part = store.panel(["B", "A"])
        assert np.isnan(part.blocks[:, :, 0]).all()
        assert part.close["A"].tolist() == [10.375, 11.375]

    def test_what_is_not_there_is_named(self, store):
        with pytest.raises(DataError, match="at least one symbol with '1d' bars, got none; collect some"):
            store.panel()
        store.write({"AAPL": bars_at([10])})
        with pytest.raises(DataError, match=r"unknown symbol 'APPL'; did you mean 'AAPL'\?"):
            store.panel(["APPL"])
        store.panel()
        with pytest.raises(DataError, match=r"unknown symbol 'APPL'; did you mean 'AAPL'\?"):
            store.panel(["APPL"])
        with pytest.raises(ParameterError, match="start must be a date or a moment"):
            store.panel(start="soon")

    def test_what_was_known_is_read_from_the_chunks(self, store):
        store.write({"A": bars_at([10, 11])})
        store.write({"A": bars_at([11], level=70.0), "B": bars_at([9, 12])})
        past = store.as_of(seq=1).panel()
        assert (past.symbols, past.shape, past.cache_token) == (("A",), (2, 1), None)
        assert past["A"].to_numpy().tolist() == bars_at([10, 11]).values.T.tolist()
        assert store.as_of(seq=2).panel().equals(store.panel())
        with pytest.raises(DataError, match="got none"):
            store.as_of(seq=0).panel()

    @pytest.mark.parametrize("adjust", ["none", "splits", "total"])
    def test_adjusted_panels_are_the_adjusted_bars(self, store, adjust):
        bars = {name: Bars.from_frame(sample(name)) for name in ("AAPL", "IBM")}
        told = {"AAPL": [Action("split", 12842, 2.0)], "IBM": [Action("dividend", 15742, 0.85)]}
        with store.database.commit("bars") as commit:
            store.write_in(commit, bars, basis="raw", actions=told)
        panel = store.panel(adjust=adjust)
        assert panel.equals(Panel.from_frames({name: store.bars(name, adjust=adjust) for name in bars}))
        assert panel.equals(store.panel()) == (adjust == "none")
        part = store.panel(["AAPL"], end="2004-12-31", adjust=adjust)
        assert part.close["AAPL"].equals(panel.close["AAPL"].loc[:"2004-12-31"])

    def test_a_wrong_way_to_adjust_is_named(self, store):
        store.write({"A": bars_at([10, 11])})
        with pytest.raises(ParameterError, match="adjust must be one of 'none'"):
            store.panel(adjust="dividends")

    def test_intraday_panels_are_apart_and_in_utc(self, store):
        store.write({"A": bars_at(np.arange(50) * 3_600_000, "1h")})
        store.write({"A": bars_at([10, 11])})
        panel = store.panel(interval="1h", start="1970-01-01 03:00")
        assert str(panel.index.tz) == "UTC"
        assert panel.shape == (47, 1)
        assert panel.equals(of_chunks(store, None, "1h", 3 * 3_600_000))
        assert store.panel().shape == (2, 1)


class TestExtension:
    def test_new_bars_go_behind_the_old_ones_and_older_maps_stay_as_they_were(self, store):
        store.write({"A": bars_at([10, 11]), "B": bars_at([10])})
        old = store.panel()
        kept = old.blocks.copy()
        store.write({"A": bars_at([12]), "B": bars_at([13])})
        new = store.panel()
        assert generations(store) == [new.cache_token[3]]
        assert old.cache_token[:4] == new.cache_token[:4]
        assert (old.cache_token[4], new.cache_token[4]) == (2, 4)
        assert np.array_equal(old.blocks, kept, equal_nan=True)
        assert new.equals(naive(store))
        assert new.equals(of_chunks(store))

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"A": [11]}, "a bar corrected"),
            ({"A": [5]}, "a bar before the first"),
            ({"B": [11]}, "a late bar of another symbol at the last stamp"),
            ({"C": [14]}, "a new symbol, though all its bars are new"),
        ],
    )
    def test_anything_else_makes_a_new_generation(self, store, change, why):
        store.write({"A": bars_at([10, 11]), "B": bars_at([10])})
        old = store.panel()
        kept = old.blocks.copy()
        store.write({symbol: bars_at(stamps, level=99.0) for symbol, stamps in change.items()})
        new = store.panel()
        assert new.cache_token[3] != old.cache_token[3], why
        assert np.array_equal(old.blocks, kept, equal_nan=True)
        assert new.equals(naive(store))

    def test_a_full_file_is_built_anew_with_room(self, store, monkeypatch):
        monkeypatch.setattr(panels, "ROOM_ROWS", 2)
        store.write({"A": bars_at([10])})
        seen = set()
        for day in range(11, 20):
            store.write({"A": bars_at([day])})
            panel = store.panel()
            assert panel.equals(naive(store))
            seen.add(panel.cache_token[3])
        assert len(seen) == 3
        assert len(generations(store)) == 2

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["A", "B", "C"]),
                st.lists(st.integers(0, 900), min_size=1, max_size=6, unique=True),
                st.integers(1, 3),
                st.booleans(),
                st.booleans(),
            ),
            min_size=1,
            max_size=8,
        )
    )
    @settings(max_examples=40)
    def test_after_any_writes_the_panel_equals_the_chunks_and_former_panels_do_not_change(self, writes):
        with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
            former = []
            for symbol, days, level, replace, look in writes:
                store.write({symbol: bars_at(sorted(days), level=level)}, replace=replace)
                if look:
                    panel = store.panel()
                    assert panel.equals(naive(store))
                    former.append((panel, panel.blocks.copy()))
            assert store.panel().equals(naive(store))
            assert all(np.array_equal(panel.blocks, kept, equal_nan=True) for panel, kept in former)


class TestFiles:
    def test_all_files_can_be_deleted_at_any_time(self, store):
        store.write({"A": bars_at([10, 11])})
        old = store.panel()
        token = old.cache_token
        shutil.rmtree(store.path / "panels")
        again = store.panel()
        assert again.equals(old)
        assert isinstance(holder_of(again.blocks), mmap.mmap)
        assert again.cache_token != token
        (store.path / "panels" / "1d" / "none" / generations(store)[0] / "panel.bin").unlink()
        with Store(store.path) as other:
            assert other.panel().equals(old)

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"store": 1}', "null"])
    def test_a_manifest_that_is_none_is_built_over(self, store, text):
        store.write({"A": bars_at([10, 11])})
        expected = store.panel()
        (store.path / "panels" / "1d" / "none" / "manifest.json").write_text(text)
        assert store.panel().equals(expected)

    def test_a_file_cut_short_is_built_anew(self, store):
        """A map behind the end of its file would end the process."""
        store.write({"A": bars_at([10, 11])})
        expected = store.panel()
        path = store.path / "panels" / "1d" / "none" / generations(store)[0] / "panel.bin"
        replacement = path.with_suffix(".cut")
        replacement.write_bytes(path.read_bytes()[:100])
        replacement.replace(path)
        with Store(store.path) as other:
            assert other.panel().equals(expected)

    def test_files_of_another_history_of_the_same_store_are_not_taken(self, store, tmp_path):
        """Put back to a former copy and written on, a store reaches the same numbers of commits with other bars."""
        store.write({"A": bars_at([10])})
        store.database.checkpoint()
        shutil.copy(store.path / "store.db", tmp_path / "copy.db")
        store.write({"A": bars_at([11])})
        store.panel()
        store.close()
        shutil.copy(tmp_path / "copy.db", store.path / "store.db")
        with Store(store.path) as back:
            back.write({"A": bars_at([12])})
            assert back.panel().equals(naive(back))

    def test_while_another_builds_the_chunks_are_read(self, store):
        store.write({"A": bars_at([10, 11])})
        with filelock.FileLock(f"{store.path}/panels-1d-none.lock"):
            panel = store.panel()
            assert panel.cache_token is None
            assert not (store.path / "panels" / "1d" / "none" / "manifest.json").exists()
        assert store.panel().equals(panel)
        assert store.panel().cache_token is not None

    def test_a_folder_that_cannot_be_written_is_said_and_the_chunks_are_read(self, store):
        store.write({"A": bars_at([10, 11])})
        (store.path / "panels").write_text("in the way")
        with pytest.warns(QuantperfWarning, match="cannot be written"):
            panel = store.panel()
        assert panel.equals(of_chunks(store))

    def test_two_generations_are_kept(self, store):
        for level in range(1, 6):
            store.write({"A": bars_at([10], level=level)})
            store.panel()
        assert len(generations(store)) == 2
        manifest = json.loads((store.path / "panels" / "1d" / "none" / "manifest.json").read_text())
        assert generations(store) == sorted([manifest["generation"], manifest["previous"]])


def _read_elsewhere(ref, told):
    told.put((ref.panel().close.to_numpy().copy(), {name: block.sum() for name, block in ref.arrays().items()}))


class TestReferences:
    def test_another_process_opens_the_same_map(self, store):
        store.write({"A": bars_at([10, 11]), "B": bars_at([10, 11], level=50.0)})
        panel = store.panel()
        ref = store.reference(panel, ["close", "volume"], ["B"])
        assert len(pickle.dumps(ref)) < 400
        context = multiprocessing.get_context("spawn")
        told = context.Queue()
        child = context.Process(target=_read_elsewhere, args=(ref, told))
        child.start()
        close, sums = told.get(timeout=60)
        child.join(timeout=60)
        assert close.tolist() == panel.close[["B"]].to_numpy().tolist()
        assert sums == {"close": panel.close["B"].sum(), "volume": panel.volume["B"].sum()}

    def test_a_reference_sees_what_it_was_given_whatever_is_written(self, store):
        store.write({"A": bars_at([10, 11])})
        panel = store.panel()
        whole, part = store.reference(panel), store.reference(store.panel(start="1970-01-12"))
        store.write({"A": bars_at([12])})
        store.panel()
        assert whole.panel().equals(panel)
        assert part.panel().index.tolist() == panel.index[1:].tolist()
        assert np.shares_memory(whole.arrays()["close"], whole.arrays()["close"])
        store.write({"A": bars_at([10], level=7.0)})
        store.panel()
        assert whole.panel().equals(panel)
        store.write({"A": bars_at([10], level=8.0)})
        store.panel()
        assert whole.panel().equals(panel)  # it is still open here
        panel_files._opened.cache_clear()
        with pytest.raises(StoreError, match="no longer there; take a new reference"):
            whole.panel()

    def test_only_mapped_panels_of_this_store_have_one(self, store, tmp_path):
        store.write({"A": bars_at([10, 11])})
        with pytest.raises(ParameterError, match="served by this store"):
            store.reference(store.panel(["A"]))
        with pytest.raises(ParameterError, match="fields must be one of 'open'"):
            store.reference(store.panel(), ["adjusted"])
        with Store(tmp_path / "other") as other, pytest.raises(ParameterError, match="served by this store"):
            other.reference(store.panel())
        assert isinstance(store.reference(store.panel()), StoreRef)

    def test_the_token_goes_with_a_copy_and_a_pickle(self, store):
        store.write({"A": bars_at([10, 11])})
        again = pickle.loads(pickle.dumps(store.panel()))
        assert again.equals(store.panel())
        assert again.cache_token == store.panel().cache_token
        assert sample().cache_token is None


# One process imports everything once; each of its children extends until it is killed.
EXTENDERS = """
import os, sys
import numpy as np
from quantperf.market.columns import FIELDS
from quantperf.market.history import Bars, interval_of
from quantperf.market.store import Store


def extend_for_ever(path):
    store, symbols = Store(path), [f"S{n:03}" for n in range(40)]
    last = int(store.panel().close.iloc[-1, 0])
    print("ready", os.getpid(), flush=True)
    while True:
        last += 1
        bars = Bars(interval_of("1d"), np.array([last]), np.full((len(FIELDS), 1), float(last)))
        store.write({symbol: bars for symbol in symbols})
        store.panel()


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        extend_for_ever(sys.argv[1])
    os.waitpid(child, 0)
    print("ended", child, flush=True)
"""


def test_killed_while_extending_the_files_stay_what_the_store_holds(tmp_path):
    """Every row of the panel holds its own stamp in each cell: a torn row, or one of a killed extender, would show."""
    with Store(tmp_path / "store") as store:
        first = Bars(interval_of("1d"), np.array([1, 2]), np.array([[1.0, 2.0]] * len(FIELDS)))
        store.write({f"S{number:03}": first for number in range(40)})
        random, reads, bad = np.random.default_rng(7), 0, 0
        command = [sys.executable, "-c", EXTENDERS, str(store.path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as extenders:
            for _ in range(KILLS):
                print("go", file=extenders.stdin, flush=True)
                word, child = extenders.stdout.readline().split()
                assert word == "ready"
                until = time.monotonic() + random.uniform(0.0, 0.15)
                while time.monotonic() < until:
                    panel = store.panel()
                    rows = np.arange(1.0, len(panel) + 1)
                    reads, bad = reads + 1, bad + (not (panel.blocks == rows[None, :, None]).all())
                os.kill(int(child), signal.SIGKILL)
                assert extenders.stdout.readline() == f"ended {child}\n"
                assert store.panel().equals(of_chunks(store))
            extenders.stdin.close()
        assert (bad, reads > KILLS) == (0, True)
        assert len(store.panel()) > 2 + KILLS // 2
        assert store.check() == []
