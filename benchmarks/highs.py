"""Highs of all symbols out of their table, against prices in rows, and what the table costs each commit of bars.

``python -m benchmarks.highs`` prints milliseconds and ratios (median and range over the rounds, arms interleaved) with
the targets, and fails where one is missed. All arms answer the same before they are timed. Ours tells the highest price
of all time, the record before it, and both extremes of 52 weeks with their dates. Good SQL is asked for the same but
the record before, and once, without a target, for the 52-week high alone; so is the naive ORM version, which is kind to
it. 500 made-up symbols of ten years; the naive arm is timed on `FEW` symbols and scaled.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.naive_store import NaiveStore, TunedRows
from quantperf.market import chunks, highs, latest
from quantperf.market.bars import Panel
from quantperf.market.history import Bars, interval_of
from quantperf.market.store import Store
from quantperf.market.synthetic import synthetic

SYMBOLS, BARS, ROUNDS, FEW = 500, 2_520, 7, 10
AGAINST_NAIVE, AGAINST_TUNED = 100.0, 4.0
DAILY = interval_of("1d")


def interleaved(arms: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Return seconds by arm, one figure a round; the arms take turns at going first."""
    names = list(arms)
    found: dict[str, list[float]] = {name: [] for name in names}
    for each in range(-1, rounds):  # the first warms up
        for turn in range(len(names)):
            name = names[(turn + each) % len(names)]
            gc.collect()  # what one arm leaves behind is not paid for by the next
            started = time.perf_counter()
            arms[name]()
            if each >= 0:
                found[name].append(time.perf_counter() - started)
    return found


def in_sql(rows: TunedRows) -> dict[str, tuple[Any, ...]]:
    """Return highest price and its day, and both extremes of 52 weeks with theirs, of each symbol.

    A query with max() or min() gives the other columns of the row that has it (documented by SQLite).
    """
    year = "SELECT symbol, {}, bar.ts FROM bar JOIN latest ON latest.sym = bar.sym AND bar.ts > latest.ts - ? {}"
    tail = "JOIN sym ON sym.id = bar.sym GROUP BY bar.sym"
    found: dict[str, tuple[Any, ...]] = {}
    for query, given in (
        (f"SELECT symbol, max(h), ts FROM bar {tail}", ()),
        (year.format("max(bar.h)", tail), (highs.WINDOW,)),
        (year.format("min(bar.l)", tail), (highs.WINDOW,)),
    ):
        for symbol, price, stamp in rows.connection.execute(query, given):
            found[symbol] = (*found.get(symbol, ()), price, stamp)
    return found


def upkeep(store: Store, tail: Panel, rounds: int) -> dict[str, list[float]]:
    """Return seconds of a commit that appends a day to every symbol, and of its parts."""
    found: dict[str, list[float]] = {"commit": [], "chunks": [], "latest": [], "highs": []}
    for day in range(rounds):
        stamp = np.array([(tail.index[day].date() - dt.date(1970, 1, 1)).days])
        bars = {name: Bars(DAILY, stamp, tail.blocks[:, day, lane][:, None]) for lane, name in enumerate(tail.symbols)}
        began = time.perf_counter()
        with store.database.commit("bars") as commit:
            numbers = chunks.symbol_ids(commit.connection)
            marks = [time.perf_counter()]
            found_ = [chunks.merge(commit, numbers[name], name, each) for name, each in bars.items()]
            changes = [change for change in found_ if change is not None]
            for work in (latest.after_write, highs.after_write):
                marks.append(time.perf_counter())
                work(commit, changes)
            marks.append(time.perf_counter())
        found["commit"].append(time.perf_counter() - began)
        for name, seconds in zip(("chunks", "latest", "highs"), np.diff(marks), strict=True):
            found[name].append(float(seconds))
    return found


def report(name: str, ours: list[float], other: list[float], target: float) -> bool:
    """Print a ratio with its range, and return whether the target was met."""
    ratios = np.array(other) / np.array(ours)
    middle = float(np.median(ratios))
    print(
        f"{name:30}{1e3 * np.median(ours):9.2f} ms{1e3 * np.median(other):11.2f} ms"
        f"{middle:10.1f}x  ({ratios.min():.1f}-{ratios.max():.1f}{f'; >= {target:g}' if target else ''})"
    )
    return middle >= target


def main() -> int:
    """Print the table; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=SYMBOLS)
    parser.add_argument("--bars", type=int, default=BARS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    whole = synthetic(options.symbols, options.bars + options.rounds, seed=3)
    head = Panel(whole.blocks[:, : options.bars], whole.index[: options.bars], whole.symbols)
    tail = Panel(whole.blocks[:, options.bars :], whole.index[options.bars :], whole.symbols)
    few = head.symbols[:: max(1, options.symbols // FEW)][:FEW]
    scale = len(head.symbols) / len(few)
    with tempfile.TemporaryDirectory() as folder:
        naive, tuned = NaiveStore(Path(folder) / "naive.db", head), TunedRows(Path(folder) / "tuned.db", head)
        with Store(Path(folder) / "ours") as store:
            store.write({symbol: Bars.from_frame(head.frame(symbol)) for symbol in head.symbols})
            store.database.checkpoint()
            year = dict(zip(store.highs()["symbol"], store.highs()["high_52w"], strict=True))
            assert year == tuned.highs(), "ours and good SQL must agree"
            assert {name: year[name] for name in few} == naive.highs(few), "ours and the naive version must agree"
            told = store.highs().set_index("symbol")[["price", "high_52w", "low_52w"]]
            assert {name: row[::2] for name, row in in_sql(tuned).items()} == dict(
                zip(told.index, told.itertuples(index=False, name=None), strict=True)
            ), "ours and good SQL must agree on all extremes"
            times = interleaved(
                {
                    "ours": store.highs,
                    "same": lambda: in_sql(tuned),
                    "tuned": tuned.highs,
                    "naive": lambda: naive.highs(few),
                },
                options.rounds,
            )
            times["naive"] = [scale * seconds for seconds in times["naive"]]
            print(f"highs of {len(head.symbols)} symbols over {options.bars} daily bars, synthetic")
            met = [
                report("good SQL, the same answer", times["ours"], times["same"], AGAINST_TUNED),
                report("good SQL, 52-week high alone", times["ours"], times["tuned"], 0.0),
                report("naive ORM, 52-week high alone", times["ours"], times["naive"], AGAINST_NAIVE),
            ]
            parts = upkeep(store, tail, options.rounds)
            shares = np.array(parts["highs"]) / np.array(parts["commit"])
            print(
                f"append a day: commit {1e3 * np.median(parts['commit']):.1f} ms, of which chunks"
                f" {1e3 * np.median(parts['chunks']):.1f}, latest {1e3 * np.median(parts['latest']):.1f}, highs"
                f" {1e3 * np.median(parts['highs']):.1f} ms ({100 * np.median(shares):.0f} %,"
                f" {100 * shares.min():.0f}-{100 * shares.max():.0f})"
            )
        naive.close()
        tuned.close()
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
