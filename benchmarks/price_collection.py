"""Collecting ten symbols from a host on loopback that takes its time: one after the other, and ten in flight.

``python -m benchmarks.price_collection`` prints seconds and ratios (median and range over the rounds, arms interleaved). The
naive arm is the loop that everyone writes first: ask, make a frame, write it, next; it neither validates nor compares
nor retries. Every answer is delayed by `DELAY`; no rate holds, as the host is our own: with a polite one request a
second it, and not the number in flight, would set the time. The second table is an evening's update of the same
symbols, where five stored sessions are asked for again and compared.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pandas as pd

from quantperf.market.history import Bars
from quantperf.market.sources.yahoo import YahooChart
from quantperf.market.store import Store
from quantperf.transport import Pace, Policy, Transport
from tests.fixture_server import FixtureServer, Step
from tests.market.vendor import PATH, Vendor, history

SYMBOLS, BARS, ROUNDS, DELAY = 10, 2_520, 5, 0.1


class Host:
    """A vendor of some symbols, each of whose answers is late."""

    def __init__(self, server: FixtureServer, symbols: int, bars: int, delay: float) -> None:
        self.server, self.names = server, [f"S{number:03d}" for number in range(symbols)]
        self.vendor = Vendor(server)
        for name in self.names:
            self.vendor.lists(name, history(bars + 1, start="2015-01-02"), known=bars)
            server.script(PATH + name, self._late(name, delay))

    def knows(self, bars: int) -> None:
        for listing in self.vendor.listings.values():
            listing.known = bars

    def _late(self, name: str, delay: float) -> Callable[..., Step]:
        return lambda hit: Step(200, self.vendor.chart(name, hit), delay=delay)


def naive(host: Host, store: Store, transport: Transport, first: str) -> None:
    span = {"period1": str(int(pd.Timestamp(first).timestamp())), "period2": "4000000000"}
    with httpx.Client() as client:
        for name in host.names:
            result = client.get(host.server.url(PATH + name), params=span).json()["chart"]["result"][0]
            index = pd.to_datetime(result["timestamp"], unit="s").normalize()
            frame = pd.DataFrame(result["indicators"]["quote"][0], index=index)
            store.write({name: Bars.from_frame(frame)}, basis="splits")


def ours(limit: int) -> Callable[[Host, Store, Transport, str], None]:
    def collect(host: Host, store: Store, transport: Transport, first: str) -> None:
        source = YahooChart(host.server.url())
        got = store.collect(
            host.names, "2015-01-01", source=source, transport=transport, limit=limit, batch=500, progress=False
        )
        assert not got.errors, got.errors

    return collect


ARMS = {"naive loop": naive, "ours, 1 in flight": ours(1), "ours, 10 in flight": ours(10)}


def measured(rounds: int, symbols: int, bars: int, delay: float) -> dict[str, dict[str, list[float]]]:
    """Return the seconds of each round by question and arm, after a round that does not count."""
    seconds: dict[str, dict[str, list[float]]] = {
        "ten years": {arm: [] for arm in ARMS},
        "a day": {arm: [] for arm in ARMS},
    }
    with FixtureServer() as server, Transport(Policy(pace=Pace(rate=None))) as transport:
        host = Host(server, symbols, bars, delay)
        for round in range(rounds + 1):
            stored = {}
            for place in range(len(ARMS)):
                arm = list(ARMS)[(place + round) % len(ARMS)]
                with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
                    for question, known in (("ten years", bars), ("a day", bars + 1)):
                        host.knows(known)
                        begin = time.perf_counter()
                        ARMS[arm](host, store, transport, "2015-01-01" if question == "ten years" else "2024-08-20")
                        if round:
                            seconds[question][arm].append(time.perf_counter() - begin)
                    stored[arm] = np.stack([store.bars(name).to_numpy() for name in host.names])
            first, *others = stored.values()
            assert all(np.array_equal(first, other) for other in others), "the arms must store the same bars"
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--symbols", type=int, default=SYMBOLS)
    parser.add_argument("--delay", type=float, default=DELAY)
    given = parser.parse_args()
    print(f"{given.symbols} symbols, {BARS} bars, answers after {given.delay:g} s, no rate, {given.rounds} rounds")
    for question, arms in measured(given.rounds, given.symbols, BARS, given.delay).items():
        print(f"\n{question}")
        for arm, found in arms.items():
            ratios = [before / after for before, after in zip(arms["naive loop"], found, strict=True)]
            print(
                f"  {arm:20s} {statistics.median(found):6.2f} s ({min(found):.2f} to {max(found):.2f})"
                f"   {statistics.median(ratios):5.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"
            )


if __name__ == "__main__":
    main()
