"""Collecting as a job: which sources it takes, what it publishes, loops, kills and resumption, the law of batches."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantperf.config import child_environment
from quantperf.errors import (
    CorruptChunk,
    DataError,
    Malformed,
    OverlapMismatch,
    ParameterError,
    Upstream,
)
from quantperf.events import PriceChanged
from quantperf.market.bars import Panel
from quantperf.market.history import Action, Bars, Parsed
from quantperf.market.sample import sample
from quantperf.market.sources.frames import Frames
from quantperf.market.store import Store
from quantperf.market.synthetic import synthetic


class TestSources:
    FRAME = sample("FB").iloc[:30]

    @pytest.mark.parametrize(
        "source",
        [
            {"FB": FRAME},
            Panel.from_frames({"FB": FRAME}),
            FRAME.assign(symbol="FB"),
            Frames({"FB": FRAME}),
            lambda symbol, start, end, interval: sample(symbol).iloc[:30],
            "sample",
        ],
        ids=["mapping", "panel", "long frame", "source", "function", "name"],
    )
    def test_may_be_bars_functions_names_or_objects(self, store, source):
        got = store.collect("FB", source=source, end="2012-06-29", progress=False)
        assert not got.errors
        assert store.bars("FB").equals(self.FRAME.set_axis(store.bars("FB").index))

    def test_what_a_function_raises_is_an_error_with_its_cause(self, store):
        def broken(symbol, start, end, interval):
            if symbol == "B":
                raise ZeroDivisionError("oops")
            return TestSources.FRAME

        got = store.collect(["A", "B", "C"], source=broken, progress=False)
        assert isinstance(got.errors["B"], Upstream)
        assert isinstance(got.errors["B"].__cause__, ZeroDivisionError)
        assert store.symbols == ("A", "C")

    def test_what_a_source_raises_is_too(self, store):
        class Broken:
            name, caps, basis, decimals = "broken", frozenset({"history"}), "raw", 4

            def read(self, query):
                return None if query.symbol == "A" else {}["no such key"]

        got = store.collect(["A", "B"], source=Broken(), progress=False)
        assert {symbol: type(error) for symbol, error in got.errors.items()} == {"A": Malformed, "B": Malformed}
        assert isinstance(got.errors["B"].__cause__, KeyError)

    def test_of_another_basis_is_an_error(self, store):
        store.add({"A": self.FRAME})
        got = store.collect(source=Frames({"A": self.FRAME}, basis="total"), progress=False)
        assert "stored on basis 'raw'" in str(got.errors["A"])

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"source": "yaho"}, "unknown source 'yaho'; did you mean 'yahoo'?"),
            ({"source": 3}, "source must be a name"),
            ({"interval": "1w"}, "interval must be one of"),
            ({"source": None}, "source must be named"),
            ({"symbols": 5}, "symbols must be a str or several of them, got 5"),
            ({"limit": 11}, "limit must be a whole number from 1 to 10, got 11"),
            ({"batch": 501}, "batch must be a whole number from 1 to 500, got 501"),
            ({"resume": ""}, "resume must be the name of a job"),
            ({"progress": 3}, "progress must be True, False or a function"),
            ({"start": "2024-02-01", "end": "2024-01-01"}, "end must not be before start"),
            ({"symbols": ["A", 3]}, "a symbol must be a printable str, got 3"),
            ({"symbols": None}, "symbols must be named"),
        ],
    )
    def test_a_wrong_call_is_refused_before_anything_is_asked(self, store, options, message):
        asked = []
        given = {"symbols": "A", "source": lambda *span: asked.append(span), **options}
        with pytest.raises(ParameterError, match=message.replace("?", r"\?")):
            store.collect(given.pop("symbols"), **given)
        assert not asked

    def test_a_live_source_always_has_to_be_named(self, store):
        with pytest.raises(ParameterError, match="source must be named"):
            store.collect("A")


def test_own_frames_are_added_through_validation(store):
    frame = sample("FB").iloc[:30].copy()
    frame.iloc[3, 2] = -1.0
    got = store.add({"FB": frame, "IBM": sample("IBM").iloc[:10]})
    assert got.report["added"].tolist() == [29, 10]
    assert store.quarantined()["code"].tolist() == ["nonpositive"]
    frame.iloc[5, 3] += 0.01
    assert isinstance(store.add({"FB": frame}).errors["FB"], OverlapMismatch)


class TestEvents:
    def test_a_changed_price_is_published_after_its_commit(self, vendor, collect, store):
        heard = []
        store.bus.subscribe(PriceChanged, lambda event: heard.append((event, len(store.bars(event.symbol)))))
        listing = vendor.lists("A")
        vendor.lists("B")
        collect(["A", "B"])
        assert [(event.symbol, length) for event, length in heard] == [("A", 40), ("B", 40)]
        assert np.isnan(heard[0][0].previous)
        heard.clear()
        listing.known = 41
        collect(["A", "B"])
        [(event, length)] = heard
        assert (event.symbol, event.price, event.previous) == ("A", *listing.frame["close"].iloc[[40, 39]])
        assert (event.seq, length) == (2, 41)
        assert event.at == dt.datetime(2024, 2, 28, tzinfo=dt.UTC)

    def test_progress_is_told_symbol_by_symbol(self, vendor, collect):
        for name in "ABC":
            vendor.lists(name)
        told = []
        collect(["A", "B", "C"], progress=lambda *step: told.append(step), batch=2)
        assert [step[:2] for step in told] == [(1, 3), (2, 3), (3, 3)]
        assert {step[2] for step in told} == {"A", "B", "C"}

    def test_a_bar_is_shown_on_a_terminal_and_nowhere_else(self, vendor, collect, monkeypatch, capsys):
        for name in "ABC":
            vendor.lists(name)
        collect(["A", "B", "C"], progress=True)
        assert capsys.readouterr().err == ""
        monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
        collect(["A", "B", "C"], progress=False)
        assert capsys.readouterr().err == ""
        collect(["A", "B", "C"], progress=True)
        assert "3/3" in capsys.readouterr().err


class TestLoops:
    def test_code_that_awaits_can_collect(self, store):
        got = asyncio.run(store.collect_async(["IBM", "FB"], source="sample", progress=False))
        assert list(got.bars) == ["IBM", "FB"]

    def test_a_running_loop_does_not_hinder(self, store):
        async def cell():
            return store.collect("FB", source="sample", progress=False)

        assert not asyncio.run(cell()).errors

    def test_cancelled_it_writes_no_further_batch(self, store):
        begun, running = [], threading.Event()

        def slow(symbol, start, end, interval):
            begun.append(symbol)
            running.set()
            time.sleep(0.05)
            return sample("FB").iloc[:10]

        async def cancelled():
            names = [f"S{number}" for number in range(40)]
            task = asyncio.create_task(store.collect_async(names, source=slow, batch=40, limit=2, progress=False))
            assert await asyncio.to_thread(running.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(cancelled())
        assert len(begun) < 40
        assert store.symbols == ()


@pytest.mark.parametrize("place", ["the end", "the beginning"])
def test_a_damaged_chunk_is_an_error_of_its_symbol_alone(store, place):
    # At the end it is met by the look at what is stored, at the beginning only inside of the commit, by the highs.
    panel = synthetic(symbols=4, bars=300, start="2023-01-02")
    store.collect(source=panel, end=panel.index[-3], progress=False)
    with store.database.writing() as connection:
        keys = [
            row[0] for row in connection.execute("SELECT k FROM chunk WHERE k & 16777215 = 2 ORDER BY k >> 24 & 65535")
        ]
        connection.execute("UPDATE chunk SET crc = crc + 1 WHERE k = ?", (keys[-1 if place == "the end" else 0],))
    got = store.collect(source=panel, progress=False)
    assert {symbol: type(error) for symbol, error in got.errors.items()} == {"S001": CorruptChunk}
    assert got.report["verdict"].tolist() == ["append", "error", "append", "append"]
    assert store.bars("S000").shape == (300, 5)


JOB = """
import sys, time
import quantperf as qp
from quantperf.market.store import Store

def slow(symbol, start, end, interval):
    with open(sys.argv[2], "a") as log:
        log.write(symbol + "\\n")
    if symbol >= sys.argv[3]:
        time.sleep(60)  # killed meanwhile
    return qp.sample("FB").iloc[:20]

names = [f"S{number:02d}" for number in range(40)]
with Store(sys.argv[1]) as store:
    print("ready", flush=True)
    got = store.collect(names, end="2012-06-30", source=slow, batch=4, limit=2, resume="history", progress=False)
    print(got, flush=True)
"""


def test_a_killed_job_goes_on_where_it_was(tmp_path):
    folder = tmp_path / "store"
    logs = [tmp_path / "first", tmp_path / "second", tmp_path / "third"]
    command = [sys.executable, "-c", JOB, str(folder)]
    child = subprocess.Popen([*command, str(logs[0]), "S20"], env=child_environment(), stdout=subprocess.PIPE)
    try:
        with Store(folder) as store:
            until = time.monotonic() + 60
            while len(store.symbols) < 20 and time.monotonic() < until:
                time.sleep(0.01)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    with Store(folder) as store:
        done = set(store.symbols)
        assert done == {f"S{number:02d}" for number in range(20)}
        assert store.check() == []
        with store.database.reading() as connection:
            runs = {row[0] for row in connection.execute("SELECT DISTINCT run FROM ledger WHERE kind = 'bars'")}
        assert len(runs) == 1
        assert runs.pop().startswith("history slow 1d ")
    finished = subprocess.run(
        [*command, str(logs[1]), "never"], env=child_environment(), capture_output=True, timeout=60, check=True
    )
    again = set(logs[1].read_text().split())
    # What was committed a moment before the kill may not have been noted: that is asked for twice, never lost.
    assert len(again & done) <= 4
    assert done | again == {f"S{number:02d}" for number in range(40)}
    assert b"done" in finished.stdout
    with Store(folder) as store:
        assert len(store.symbols) == 40
        assert {len(store.bars(symbol)) for symbol in store.symbols} == {20}
    subprocess.run(
        [*command, str(logs[2]), "never"], env=child_environment(), capture_output=True, timeout=60, check=True
    )
    assert len(logs[2].read_text().split()) == 40  # a job that came to its end begins anew


PRICES = synthetic(symbols=2, bars=90, seed=5, start="2024-01-02")


@settings(max_examples=8)
@given(cuts=st.lists(st.integers(0, 89), min_size=1, max_size=5), basis=st.sampled_from(["raw", "splits"]))
def test_any_split_of_a_history_into_batches_is_one_batch(cuts, basis):
    told = {"S000": (Action("dividend", int(Bars.from_frame(PRICES.frame("S000")).stamps[50]), 0.3),)}
    source = Frames(PRICES, basis=basis, actions=told)

    def collected(ends):
        with tempfile.TemporaryDirectory() as folder, Store(folder) as store:
            for end in ends:
                got = store.collect(source=source, start="2024-01-01", end=PRICES.index[end], progress=False)
                assert not got.errors
            return {symbol: store.bars(symbol) for symbol in store.symbols}, store.actions(), store.latest()

    whole, parts = collected([89]), collected([*sorted(cuts), 89])
    assert all(whole[0][symbol].equals(parts[0][symbol]) for symbol in ("S000", "S001"))
    assert whole[1].equals(parts[1])
    assert whole[2].equals(parts[2])


def test_what_is_not_bars_at_all_is_told_so(store):
    with pytest.raises(DataError, match="symbols"):
        store.collect(source=sample("FB"), progress=False)
    assert Parsed(Bars.empty()).repairs == {}
