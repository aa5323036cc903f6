"""A writer is killed for real, again and again: what it had committed is there, and nothing is half done.

The writer keeps its own plain record of what every symbol holds, and tells after each commit what that was; the test
asks the store for that commit afterwards.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from quantperf.errors import CorruptChunk
from quantperf.market.bars import Panel
from quantperf.market.history import Bars, interval_of
from quantperf.market.store import Store

KILLS = 20
LONGEST_LIFE = 0.12  # seconds after its first commit

# One process imports everything once; each of its children writes until it is killed.
WRITERS = """
import hashlib, json, os, sys
import numpy as np
import pandas as pd
from quantperf.market.history import Bars, interval_of
from quantperf.market.store import Store


def digest(held):
    return hashlib.sha256(repr(sorted(held.items())).encode()).hexdigest()


def bars_of(held):
    stamps = np.array(sorted(held), np.int64)
    return Bars(interval_of("1d"), stamps, np.array([held[stamp] for stamp in stamps.tolist()]).T.reshape(5, -1))


def write_for_ever(path, report, seed):
    random, store = np.random.default_rng(seed), Store(path)
    record = {}
    for symbol in store.symbols:
        bars = store.read(symbol)
        record[symbol] = dict(zip(bars.stamps.tolist(), map(tuple, bars.values.T.tolist())))
    while True:
        kind = random.choice(["append", "append", "correct", "new", "replace"])
        names = sorted(record)
        if kind == "new" or not names:
            kind = "new"
            names = [f"N{random.integers(10**9)}" for _ in range(random.integers(1, 5))]
        elif kind != "append":
            names = [str(name) for name in random.choice(names, min(len(names), 3), replace=False)]
        given = {}
        for name in names:
            held = record.get(name, {})
            end = max(held, default=int(random.integers(3000, 5000)))
            fresh = lambda count: map(tuple, random.integers(1, 1000, (count, 5)).astype(float).tolist())
            if kind == "append":
                given[name] = dict(zip(range(end + 1, end + 3), fresh(2)))
            elif kind == "correct":
                given[name] = dict(zip(random.choice(sorted(held), 2).tolist(), fresh(2)))
            else:
                begin = end - int(random.integers(300, 700))
                given[name] = dict(zip(range(begin, end), fresh(end - begin)))
        written = store.write({name: bars_of(bars) for name, bars in given.items()}, replace=kind == "replace")
        for name, bars in given.items():
            record[name] = bars if kind == "replace" else record.get(name, {}) | bars
        told = {"seq": written.seqs[0], "kind": str(kind), "digests": {name: digest(record[name]) for name in given}}
        os.write(report, (json.dumps(told) + chr(10)).encode())


report = os.open(sys.argv[2], os.O_CREAT | os.O_APPEND | os.O_WRONLY)
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        write_for_ever(sys.argv[1], report, int(line))
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


def digest(bars):
    held = dict(zip(bars.stamps.tolist(), map(tuple, bars.values.T.tolist()), strict=True))
    return hashlib.sha256(repr(sorted(held.items())).encode()).hexdigest()


def told_in(path):
    """What was told in whole lines."""
    text = path.read_text() if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def test_nothing_committed_is_lost_and_nothing_is_half_done(tmp_path):
    report, random = tmp_path / "report", np.random.default_rng(11)
    kinds = set()
    with (
        Store(tmp_path / "store") as store,
        subprocess.Popen(
            [sys.executable, "-c", WRITERS, str(store.path), str(report)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as writers,
    ):
        assert writers.stdout.readline() == "ready\n"
        checked = 0
        for seed in range(KILLS):
            print(seed, file=writers.stdin, flush=True)
            child = int(writers.stdout.readline())
            until = time.monotonic() + 30
            while len(told_in(report)) == checked and time.monotonic() < until:
                time.sleep(0.001)
            time.sleep(random.uniform(0.0, LONGEST_LIFE))
            os.kill(child, signal.SIGKILL)
            assert writers.stdout.readline() == "ended\n"
            told = told_in(report)
            assert len(told) > checked
            # It may have been killed between its commit and its report.
            assert store.database.last_seq() - told[-1]["seq"] in (0, 1)
            for each in told[checked:]:
                reader = store.as_of(seq=each["seq"])
                assert {name: digest(reader.read(name)) for name in each["digests"]} == each["digests"]
                kinds.add(each["kind"])
            checked = len(told)
            sound(store)
        writers.stdin.close()
        for each in told_in(report)[:: max(1, checked // 50)]:  # what was known long ago still is
            reader = store.as_of(seq=each["seq"])
            assert {name: digest(reader.read(name)) for name in each["digests"]} == each["digests"]
    assert kinds >= {"append", "correct", "new", "replace"}


def sound(store):
    """Check that file, chunks, ledger, latest bars, highs and panel agree."""
    assert store.check() == []
    last = store.database.last_seq()
    with store.database.reading() as connection:
        assert [row[0] for row in connection.execute("SELECT seq FROM ledger")] == list(range(1, last + 1))
    latest, highs = store.latest(), store.highs().set_index("symbol")
    for symbol in store.symbols:
        bars = store.bars(symbol)
        assert latest.loc[symbol, "at"] == bars.index[-1]
        assert latest.loc[symbol, ["open", "high", "low", "close", "volume"]].tolist() == bars.iloc[-1].tolist()
        assert latest.loc[symbol, "previous_close"] == bars["close"].iloc[-2]
        assert highs.loc[symbol, "price"] == bars["high"].max()
        year = bars.loc[bars.index[-1] - pd.Timedelta(days=363) :]
        assert highs.loc[symbol, ["high_52w", "low_52w"]].tolist() == [year["high"].max(), year["low"].min()]
    assert store.panel().equals(Panel.from_frames({symbol: store.bars(symbol) for symbol in store.symbols}))


def test_these_checks_see_bytes_that_are_not_what_was_written(tmp_path):
    with Store(tmp_path / "store") as store:
        stamps = np.arange(10, 20)
        store.write({"A": Bars(interval_of("1d"), stamps, np.ones((5, 10)))})
        sound(store)
        with store.database.writing() as connection:
            connection.execute(
                "UPDATE chunk SET b = zeroblob(length(b)) WHERE k = (SELECT max(k) - (1 << 40) FROM chunk)"
            )
        with pytest.raises(AssertionError):
            sound(store)
        with pytest.raises(CorruptChunk, match="must hold 10 values with checksum"):
            store.read("A")
        shutil.rmtree(store.path / "panels")
        with pytest.raises(CorruptChunk, match="must hold 10 values with checksum"):
            store.panel()
