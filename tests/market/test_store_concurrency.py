"""One process writes, four read: every read is of whole commits, and none fails."""

from __future__ import annotations

import multiprocessing
import time

import numpy as np

from quantperf.market.columns import FIELDS
from quantperf.market.history import Bars, interval_of
from quantperf.market.store import Store

SYMBOLS = tuple(f"S{number:03}" for number in range(500))
READERS = 4
SECONDS = 2.5
WAIT = 60.0


def batch(day):
    """One bar a symbol; each value tells the day, so that bars of two commits cannot be taken for one."""
    bars = Bars(interval_of("1d"), np.array([day]), np.full((len(FIELDS), 1), float(day)))
    return dict.fromkeys(SYMBOLS, bars)


def write(path, go, stop, told):
    with Store(path) as store:
        go.wait(WAIT)
        day = 1
        while not stop.is_set():
            day += 1
            store.write(batch(day))
        told.put(("writer", day, []))


def read(path, go, stop, told, seed):
    random, reads, torn = np.random.default_rng(seed), 0, []
    with Store(path) as store:
        go.wait(WAIT)
        while not stop.is_set():
            closes = store.latest()["close"]
            if closes.nunique() != 1 or len(closes) != len(SYMBOLS):
                torn.append(f"latest of two commits: {sorted(closes.unique())}")
            panel = store.panel()
            days = np.arange(1.0, len(panel) + 1)
            if panel.shape[1] != len(SYMBOLS) or not (panel.blocks == days[None, :, None]).all():
                torn.append(f"a row of {panel} is not whole")
            bars = store.read(str(random.choice(SYMBOLS)))
            if bars.stamps.tolist() != list(range(1, len(bars) + 1)) or (bars.values != bars.stamps).any():
                torn.append(f"bars with a hole: {bars.stamps.tolist()}")
            with store.database.reading():
                if len(store.read(SYMBOLS[0])) != len(store.read(SYMBOLS[-1])):
                    torn.append("two reads of one snapshot differ")
            reads += 1
    told.put(("reader", reads, torn))


def test_one_writer_and_four_readers_see_whole_commits(tmp_path):
    context = multiprocessing.get_context("spawn")
    go, stop, told = context.Barrier(READERS + 2), context.Event(), context.Queue()
    with Store(tmp_path / "store") as store:
        store.write(batch(1))
        path = str(store.path)
        work = [context.Process(target=write, args=(path, go, stop, told))]
        work += [context.Process(target=read, args=(path, go, stop, told, seed)) for seed in range(READERS)]
        for process in work:
            process.start()
        go.wait(WAIT)
        time.sleep(SECONDS)
        stop.set()
        answers = [told.get(timeout=WAIT) for _ in work]
        for process in work:
            process.join(timeout=WAIT)
        assert [process.exitcode for process in work] == [0] * len(work)  # an error would have ended one
        assert [torn for _, _, torn in answers] == [[]] * len(work)
        days = next(count for role, count, _ in answers if role == "writer")
        assert days > 2
        assert all(count > 2 for role, count, _ in answers if role == "reader")
        assert len(store.panel()) == days
        assert store.check() == []


def test_symbols_written_one_by_one_do_show_torn_batches(tmp_path):
    """The defective way: what readers check tells it from ours."""
    with Store(tmp_path / "store") as store:
        store.write(batch(1))
        first = dict(list(batch(2).items())[:1])
        store.write(first)
        assert store.latest()["close"].nunique() == 2
        panel = store.panel()
        assert not (panel.blocks == np.arange(1.0, len(panel) + 1)[None, :, None]).all()
