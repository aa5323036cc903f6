"""A made-up host of charts for tests: it serves what a vendor would know at the time, adjusted for splits, as JSON."""

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from quantperf.market.columns import FIELDS
from quantperf.transport import Backoff, Pace, Policy
from tests.fixture_server import FixtureServer, Hit, Step

ZONE = ZoneInfo("America/New_York")
PATH = "/v8/finance/chart/"
EAGER = Policy(pace=Pace(rate=None), retries=1, backoff=Backoff(first=0.01, factor=2.0, most=0.05), failures=10_000)


def history(bars=60, start="2024-01-02", first=100.0, step=0.25):
    """Daily bars as traded, in quarters: exact in float32 and after a split."""
    index = pd.bdate_range(start, periods=bars, name="date")
    close = first + step * np.arange(bars)
    frame = pd.DataFrame({"open": close - step, "high": close + 0.5, "low": close - 0.5, "close": close}, index=index)
    return frame.assign(volume=1000.0 * (1 + np.arange(bars)))[list(FIELDS)]


@dataclass
class Listing:
    """What there is to know of a symbol.

    `frame` holds prices as traded; `known` is how many of its bars the vendor has.
    """

    frame: pd.DataFrame
    known: int
    splits: dict[str, float] = field(default_factory=dict)
    dividends: dict[str, float] = field(default_factory=dict)
    goes_on: bool = False  # the last known bar is of a session that has not ended

    def served(self) -> pd.DataFrame:
        """The bars in today's shares."""
        part = self.frame.iloc[: self.known].copy()
        for date, value in self.splits.items():
            if pd.Timestamp(date) <= part.index[-1]:
                before = part.index < date
                part.loc[before, ["open", "high", "low", "close"]] /= value
                part.loc[before, "volume"] *= value
        return part


class Vendor:
    """Answers the chart requests of a fixture server."""

    def __init__(self, server: FixtureServer) -> None:
        self.server = server
        self.listings: dict[str, Listing] = {}

    def lists(self, symbol: str, frame: pd.DataFrame | None = None, known: int = 40, **facts: object) -> Listing:
        listing = Listing(history() if frame is None else frame, known, **facts)
        self.listings[symbol] = listing
        self.server.script(PATH + symbol, lambda hit: Step(200, self.chart(symbol, hit)))
        return listing

    def spoils(self, symbol: str, *steps: Step) -> None:
        self.server.script(PATH + symbol, *steps)

    def chart(self, symbol: str, hit: Hit) -> str:
        listing = self.listings[symbol]
        frame = listing.served()
        opens = self._seconds(frame.index, "09:30")
        first, end = int(hit.query["period1"]), int(hit.query["period2"])
        inside = (opens >= first) & (opens < end)
        last = frame.index[-1:]
        events: dict[str, dict[str, object]] = {"splits": {}, "dividends": {}}
        for date, value in listing.splits.items():
            second = int(self._seconds(pd.DatetimeIndex([date]), "09:30")[0])
            if first <= second < end and pd.Timestamp(date) <= last[0]:
                events["splits"][str(second)] = {"date": second, "numerator": value, "denominator": 1}
        for date, amount in listing.dividends.items():
            second = int(self._seconds(pd.DatetimeIndex([date]), "09:30")[0])
            if first <= second < end and pd.Timestamp(date) <= last[0]:
                events["dividends"][str(second)] = {"date": second, "amount": amount}
        ends = "16:00" if not listing.goes_on else "23:59"
        meta = {
            "currency": "USD", "symbol": symbol, "instrumentType": "EQUITY", "exchangeTimezoneName": ZONE.key,
            "gmtoffset": -18000, "dataGranularity": "1d", "regularMarketPrice": float(frame["close"].iloc[-1]),
            "regularMarketTime": int(self._seconds(last, "15:59")[0]),
            "currentTradingPeriod": {"regular": {
                "start": int(self._seconds(last, "09:30")[0]), "end": int(self._seconds(last, ends)[0])}},
        }  # fmt: skip
        part = frame[inside]
        result = {
            "meta": meta,
            "timestamp": opens[inside].tolist(),
            "events": events,
            "indicators": {"quote": [{name: part[name].tolist() for name in FIELDS}]},
        }
        return json.dumps({"chart": {"result": [result], "error": None}})

    @staticmethod
    def _seconds(index: pd.DatetimeIndex, time: str) -> np.ndarray:
        wall = index + pd.Timedelta(f"{time}:00")
        return wall.tz_localize(ZONE).tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]").astype(int)


class Pinned:
    """A clock whose hour a test sets, and whose seconds run."""

    def __init__(self, now):
        self.at = now

    def now(self):
        return self.at

    def monotonic(self):
        return time.perf_counter()


LATER = dt.datetime(2024, 6, 1, 12, tzinfo=dt.UTC)


def content(store):
    """All that the store holds, but what it knows of its own file."""
    with store.database.reading() as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: [tuple(row) for row in connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2")]
            for name in sorted(tables)
            if not name.startswith("sqlite_")
        }
