"""Ten symbols from a host that takes its time: one after the other, bare httpx at once, and our transport.

``python -m benchmarks.fetching`` asks a server on loopback, in a process of its own, that answers each request after
a stated delay. Rounds take each way once, and medians and ranges are printed. Rate limits are off, since it is the
concurrency that is measured; beside it stands what the polite default (one request a second after a burst of four)
makes of the same ten requests: not waited for, but added up from the pauses that it orders. It fails where the time
falls by less than 80 %, or where a way gives other bodies. asv tracks the reduction.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from statistics import median

import httpx

from quantperf.clock import ManualClock
from quantperf.transport import Answer, Pace, Policy, Request, Transport
from tests.fixture_server import FixtureServer, Hit, Step

SYMBOLS = tuple(f"S{number}" for number in range(10))
DELAY = 0.15  # seconds in which the server answers
ROUNDS = 5
REDUCTION = 0.8  # what was specified: 15 s -> 3 s
BARS = 250
LONGEST = 120.0  # seconds a server runs at most


def body_of(hit: Hit) -> bytes:
    """Return made-up bars, about as long as a year of a chart."""
    closes = [round(100 + number * 0.01, 4) for number in range(BARS)]
    return json.dumps({"symbol": hit.query["symbol"], "timestamp": list(range(BARS)), "close": closes}).encode()


def serve(parent: Connection, delay: float) -> None:
    """Serve until the parent hangs up, or for two minutes."""
    with FixtureServer() as server:
        parent.send(server.script("/chart", lambda hit: Step(200, body_of(hit), delay=delay, gzip=True)))
        parent.poll(LONGEST)


@contextmanager
def served(delay: float) -> Iterator[str]:
    """Give the address of a server in a process of its own: within ours it would fight for the interpreter."""
    context = multiprocessing.get_context("spawn")
    ours_end, its_end = context.Pipe()
    process = context.Process(target=serve, args=(its_end, delay))
    process.start()
    try:
        yield ours_end.recv()
    finally:
        ours_end.send("over")
        process.join()
        process.close()
        ours_end.close()
        its_end.close()


def sequential(url: str) -> list[bytes]:
    """Ask one after the other over one connection, as a service does it first."""
    with httpx.Client(trust_env=False) as client:
        return [client.get(url, params={"symbol": symbol}).content for symbol in SYMBOLS]


def bare(url: str) -> list[bytes]:
    """Ask all at once with the library alone: no limits, no retries, no caps; what could be had at best."""

    async def ask() -> list[bytes]:
        async with httpx.AsyncClient(trust_env=False) as client:
            answers = await asyncio.gather(*(client.get(url, params={"symbol": symbol}) for symbol in SYMBOLS))
            return [answer.content for answer in answers]

    return asyncio.run(ask())


def ours(url: str) -> list[bytes]:
    """Ask by a transport that is made for it, and closed."""
    with Transport(Policy(pace=Pace(rate=None))) as transport:
        found = transport.get_many([Request(url, {"symbol": symbol}) for symbol in SYMBOLS])
    return [outcome.body for outcome in found if isinstance(outcome, Answer)]


WAYS: dict[str, Callable[[str], list[bytes]]] = {
    "sequential": sequential,
    "httpx, all at once": bare,
    "transport": ours,
}


def seconds_of(delay: float, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each way, round by round."""
    taken: dict[str, list[float]] = {name: [] for name in WAYS}
    with served(delay) as url:
        wanted = sequential(url)
        for number in range(rounds + 1):  # the first one warms up, and is not counted
            names = list(WAYS)
            for name in names[number % 3 :] + names[: number % 3]:
                start = time.perf_counter()
                found = WAYS[name](url)
                took = time.perf_counter() - start
                if found != wanted:
                    raise SystemExit(f"{name} gave other bodies")
                if number:
                    taken[name].append(took)
    return taken


def polite_seconds() -> float:
    """Return what the default rate makes of ten requests of a host that answers at once: the pauses that it orders."""
    clock = ManualClock(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))

    async def pass_by(seconds: float) -> None:
        clock.advance(dt.timedelta(seconds=seconds))

    with FixtureServer() as server, Transport(clock=clock, sleep=pass_by) as transport:
        url = server.script("/chart", Step(200, "{}"))
        for symbol in SYMBOLS:
            transport.get(Request(url, {"symbol": symbol}))
        return transport.stats().total.waited


class Collecting:
    """Share of the sequential time that concurrency saves."""

    params = (0.05, DELAY)
    param_names = ("delay",)
    unit = "share saved"
    timeout = 120

    def track_reduction(self, delay: float) -> float:
        taken = seconds_of(delay, ROUNDS)
        return median(1 - after / before for before, after in zip(taken["sequential"], taken["transport"], strict=True))


def main() -> int:
    """Print the table; return 1 if the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=DELAY, help=f"seconds of the server (default {DELAY})")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds that count (default {ROUNDS})")
    options = parser.parse_args()
    taken = seconds_of(options.delay, options.rounds)
    print(f"ten requests, each answered after {1e3 * options.delay:.0f} ms; rate limits off; {options.rounds} rounds")
    print(f"{'':20s} {'median':>9s}  {'range':>18s}  {'less than sequential':>22s}  range")
    shares: list[float] = []
    for name, seconds in taken.items():
        shares = sorted(1 - after / before for before, after in zip(taken["sequential"], seconds, strict=True))
        print(
            f"{name:20s} {1e3 * median(seconds):6.0f} ms  {1e3 * min(seconds):6.0f} - {1e3 * max(seconds):5.0f} ms  "
            f"{100 * median(shares):20.1f} %  {100 * shares[0]:.1f} - {100 * shares[-1]:.1f} %"
        )
    print(f"at one request a second after a burst of four, pauses add up to {polite_seconds():.1f} s")
    missed = median(shares) < REDUCTION
    print(
        f"{'MISSED: ' if missed else ''}the time falls by {100 * median(shares):.1f} %, wanted {100 * REDUCTION:.0f} %"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
