"""Reads and an append of the store against prices in rows: a naive ORM version, and good SQL.

``python -m benchmarks.store`` prints milliseconds and ratios (median and range over the rounds, arms interleaved) with
the targets, and fails where one is missed. All arms answer the same before they are timed. 500 made-up symbols of ten
years; the naive arms of many symbols are timed on `FEW` and scaled, since they take half a minute a round.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.naive_store import NaiveStore, TunedRows
from quantperf.market.bars import Panel
from quantperf.market.blocks import block_of
from quantperf.market.history import Bars, interval_of
from quantperf.market.store import Store
from quantperf.market.synthetic import synthetic

SYMBOLS, BARS, ROUNDS, FEW = 500, 2_520, 7, 10
ARMS = ("ours", "tuned", "naive")


@dataclass(frozen=True)
class Question:
    """What is asked of all three, and how much faster ours must be; `scale` is what the naive time is multiplied by."""

    name: str
    ours: Callable[[int], Any]
    tuned: Callable[[int], Any] | None
    naive: Callable[[int], Any] | None
    against_naive: float | None
    against_tuned: float | None
    scale: float = 1.0


class Stores:
    """The same bars three times."""

    def __init__(self, folder: Path, symbols: int, bars: int, rounds: int) -> None:
        whole = synthetic(symbols, bars + rounds + 1, seed=3)
        head = Panel(whole.blocks[:, :bars], whole.index[:bars], whole.symbols)
        self.symbols, self.few = whole.symbols, whole.symbols[:: max(1, symbols // FEW)][:FEW]
        self.store = Store(folder / "ours")
        self.store.write({symbol: Bars.from_frame(head.frame(symbol)) for symbol in self.symbols})
        self.store.database.checkpoint()
        self.tuned, self.naive = TunedRows(folder / "tuned.db", head), NaiveStore(folder / "naive.db", head)
        self.days = [stamp.date() for stamp in whole.index[bars:]]
        self.tails = [
            {symbol: whole.blocks[:, bars + each, lane] for lane, symbol in enumerate(self.symbols)}
            for each in range(rounds + 1)
        ]
        self.lists = [{symbol: values.tolist() for symbol, values in tail.items()} for tail in self.tails]

    def close_of_chunks(self) -> np.ndarray:
        """Return the closes of all symbols out of the chunks, as after all panel files were deleted."""
        with self.store.database.reading() as connection:
            rows = connection.execute("SELECT id FROM sym ORDER BY symbol").fetchall()
            ids = {row[0]: lane for lane, row in enumerate(rows)}
            return block_of(connection, interval_of("1d"), ids, fields=("close",))[1][0]

    def append(self, each: int) -> None:
        """Write a day of all symbols."""
        day = np.array([(self.days[each] - dt.date(1970, 1, 1)).days])
        bars = {symbol: Bars(interval_of("1d"), day, values[:, None]) for symbol, values in self.tails[each].items()}
        self.store.write(bars)

    def append_naive(self, each: int) -> None:
        """Write a day of a few symbols."""
        self.naive.append(self.days[each], {symbol: self.lists[each][symbol] for symbol in self.few})

    def check(self) -> None:
        """Raise if the answers differ."""
        symbol = self.symbols[-1]
        wanted = self.store.bars(symbol)
        assert wanted.equals(self.tuned.bars(symbol)), "one symbol: tuned"
        assert wanted.to_numpy().tolist() == self.naive.bars(symbol).to_numpy().tolist(), "one symbol: naive"
        closes = self.store.panel().close
        assert np.array_equal(closes.to_numpy(), self.tuned.closes()[1]), "close panel: tuned"
        assert np.array_equal(closes.to_numpy(), self.close_of_chunks()), "close panel: chunks"
        few = list(self.few)
        assert closes[few].to_numpy().tolist() == self.naive.closes(few).to_numpy().tolist(), "close panel: naive"
        names = ["close", "previous_close"]
        assert self.store.latest()[names].equals(self.tuned.latest()[names]), "latest: tuned, with the close before"
        latest = self.store.latest()["close"].to_dict()
        assert latest == self.tuned.latest()["close"].to_dict(), "latest: tuned"
        assert {name: latest[name] for name in few} == self.naive.latest(few), "latest: naive"

        highs = self.store.highs().set_index("symbol")["high_52w"].to_dict()
        assert highs == self.tuned.highs(), "highs: tuned"
        assert {name: highs[name] for name in few} == self.naive.highs(few), "highs: naive"

    def close(self) -> None:
        """Close all three."""
        for each in (self.store, self.tuned, self.naive):
            each.close()


def questions(stores: Stores) -> list[Question]:
    """Return what is asked."""
    store, tuned, naive = stores.store, stores.tuned, stores.naive
    names, few = stores.symbols, stores.few
    scale = len(names) / len(few)
    return [
        Question(
            f"{FEW} symbols, one by one",
            lambda each: [store.bars(name) for name in few],
            lambda each: [tuned.bars(name) for name in few],
            lambda each: [naive.bars(name) for name in few],
            10.0,
            4.0,
        ),
        Question(
            "close panel, mapped",
            lambda each: float(np.sum(store.panel().close.to_numpy())),
            lambda each: float(np.sum(tuned.closes()[1])),
            lambda each: naive.closes(few),
            40.0,
            10.0,
            scale,
        ),
        Question(
            "close panel, chunks",
            lambda each: stores.close_of_chunks(),
            lambda each: tuned.closes(),
            lambda each: naive.closes(few),
            40.0,
            10.0,
            scale,
        ),
        Question(
            "latest of all",
            lambda each: store.latest(),
            lambda each: tuned.latest(),
            lambda each: naive.latest(few),
            100.0,
            1.0,
            scale,
        ),
        Question(
            "52-week highs of all",
            lambda each: store.highs(),
            lambda each: tuned.highs(),
            lambda each: naive.highs(few),
            100.0,
            4.0,
            scale,
        ),
        Question(
            "append a day",
            stores.append,
            lambda each: tuned.append(stores.days[each], stores.lists[each]),
            stores.append_naive,
            10.0,
            1 / 6,
            scale,
        ),
        Question("panel after it", lambda each: store.panel(), None, None, None, None),
    ]


def measure(asked: Sequence[Question], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Return seconds by question and arm, one figure a round; the arms take turns at going first."""
    found: dict[str, dict[str, list[float]]] = {each.name: {arm: [] for arm in ARMS} for each in asked}
    for each in range(-1, rounds):  # the first warms up
        for question in asked:
            for turn in range(len(ARMS)):
                arm = ARMS[(turn + each) % len(ARMS)]
                work = getattr(question, arm)
                if work is None:
                    continue
                started = time.perf_counter()
                work(each + 1)
                taken = time.perf_counter() - started
                if each >= 0:
                    found[question.name][arm].append(taken * (question.scale if arm == "naive" else 1.0))
    return found


def ratio(ours: list[float], other: list[float]) -> tuple[float, float, float]:
    """Return median, least and greatest ratio of a round."""
    ratios = np.array(other) / np.array(ours)
    return float(np.median(ratios)), float(ratios.min()), float(ratios.max())


def report(asked: Sequence[Question], found: dict[str, dict[str, list[float]]]) -> list[str]:
    """Print the table, and return what was missed."""
    missed = []
    print(f"{'':24}" + "".join(f"{arm + ', ms':>13}" for arm in ARMS) + f"{'against tuned':>30}{'against naive':>34}")
    for each in asked:
        times = found[each.name]
        line = f"{each.name:24}" + "".join(
            f"{1e3 * float(np.median(times[arm])):13.3f}" if times[arm] else f"{'-':>13}" for arm in ARMS
        )
        for arm, target in (("tuned", each.against_tuned), ("naive", each.against_naive)):
            if not times[arm] or target is None:
                continue
            middle, low, high = ratio(times["ours"], times[arm])
            line += f"  {middle:8.2f}x ({low:.2f}-{high:.2f}; >= {target:.2f})"
            if middle < target:
                missed.append(f"{each.name} against {arm}: {middle:.2f}, wanted {target:.2f}")
        print(line)
    return missed


def main() -> int:
    """Measure and print; return 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=SYMBOLS)
    parser.add_argument("--bars", type=int, default=BARS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="write the seconds of each round here, for the picture")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores(Path(folder), args.symbols, args.bars, args.rounds)
        stores.check()
        asked = questions(stores)
        found = measure(asked, args.rounds)
        print(f"{args.symbols} symbols x {args.bars} days, {args.rounds} rounds; naive arms of many symbols are scaled")
        missed = report(asked, found)
        stores.close()
    if args.json:
        args.json.write_text(json.dumps(found), encoding="utf-8")
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
