"""Answers of a chart endpoint, built by hand from the shape alone: each bad-data case by name, with its verdict.

Nothing here is a copy of what a vendor served: prices are made up, in eighths and cents.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from quantperf.errors import Blocked, Malformed, NotFound, RateLimited, SourceError, Unauthorized, Upstream
from quantperf.market.history import Query
from quantperf.transport.messages import Answer, Request

NEW_YORK = ZoneInfo("America/New_York")
DAYS = ("2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08")
FIELDS = ("open", "high", "low", "close", "volume")
AT = dt.datetime(2024, 3, 9, 12, tzinfo=dt.UTC)  # a Saturday


def query(symbol="TEST", start="2024-03-04", end="2024-03-09", interval="1d"):
    """A query of one week."""
    first, last = (dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for day in (start, end))
    return Query(symbol, first, last, interval)


def seconds(wall, zone=NEW_YORK):
    """Seconds since 1970 of a time on a clock."""
    return int(dt.datetime.fromisoformat(wall).replace(tzinfo=zone).timestamp())


def widened(price):
    """A price as it is served: a float32, written as the double that it is."""
    return float(np.float32(price))


def daily(days=DAYS, first=100.0, symbol="TEST", zone="America/New_York", opens="09:30", **meta):
    """A chart of daily bars, each a dollar above the one before."""
    clock = ZoneInfo(zone)
    closes = [first + step for step in range(len(days))]
    stamps = [seconds(f"{day}T{opens}", clock) for day in days]
    return chart(
        stamps,
        {
            "open": [widened(close - 0.25) for close in closes],
            "high": [widened(close + 0.57) for close in closes],
            "low": [widened(close - 1.13) for close in closes],
            "close": [widened(close) for close in closes],
            "volume": [1_000_000 + 1_000 * step for step in range(len(days))],
        },
        symbol=symbol,
        exchangeTimezoneName=zone,
        **meta,
    )


def intraday(walls, minutes=30, first=100.0, **meta):
    """A chart of intraday bars at times in New York."""
    closes = [first + 0.1 * step for step in range(len(walls))]
    return chart(
        [seconds(wall) for wall in walls],
        {
            "open": [widened(close - 0.05) for close in closes],
            "high": [widened(close + 0.25) for close in closes],
            "low": [widened(close - 0.25) for close in closes],
            "close": [widened(close) for close in closes],
            "volume": [5_000 + 10 * step for step in range(len(walls))],
        },
        **{"dataGranularity": f"{minutes}m", "range": "", **meta},
    )


def chart(stamps, columns, symbol="TEST", **meta):
    """The envelope around bars."""
    told = {
        "currency": "USD", "symbol": symbol, "exchangeName": "XXX", "fullExchangeName": "Made Up", "instrumentType":
        "EQUITY", "firstTradeDate": None, "regularMarketTime": seconds("2024-03-08T16:00"), "gmtoffset": -18000,
        "timezone": "EST", "exchangeTimezoneName": "America/New_York", "regularMarketPrice": widened(104.0),
        "regularMarketDayHigh": widened(104.57), "regularMarketDayLow": widened(102.87),
        "regularMarketVolume": 1_004_000, "chartPreviousClose": widened(88.0), "priceHint": 2,
        "longName": "Test Incorporated", "dataGranularity": "1d", "range": "",
        "currentTradingPeriod": {"regular": {
            "timezone": "EST", "start": seconds("2024-03-08T09:30"), "end": seconds("2024-03-08T16:00"),
            "gmtoffset": -18000}},
        "validRanges": ["1d", "5d", "max"], **meta,
    }  # fmt: skip
    result = {
        "meta": told,
        "timestamp": list(stamps),
        "indicators": {"quote": [dict(columns)], "adjclose": [{"adjclose": list(columns["close"])}]},
    }
    return {"chart": {"result": [result], "error": None}}


def answer(payload, status=200, at=AT, headers=None):
    """An answer with this payload: bytes as they are, all else as JSON."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    request = Request("http://127.0.0.1/v8/finance/chart/TEST")
    return Answer(request, status, {"content-type": "application/json", **(headers or {})}, body, at)


def result(payload):
    """The only chart of a payload."""
    return payload["chart"]["result"][0]


def quote(payload):
    """The columns of a payload."""
    return result(payload)["indicators"]["quote"][0]


def changed(payload, *changes):
    """A copy of a payload with changes made to it."""
    payload = copy.deepcopy(payload)
    for change in changes:
        change(payload)
    return payload


def put(row, **values):
    """Set values of one bar."""

    def change(payload):
        for name, value in values.items():
            quote(payload)[name][row] = value

    return change


def add(stamp, **values):
    """Append a bar."""

    def change(payload):
        result(payload)["timestamp"].append(stamp)
        for name in FIELDS:
            quote(payload)[name].append(values.get(name))

    return change


@dataclass(frozen=True)
class Case:
    """A payload, and what is to be made of it.

    `kept` is how many bars are fit for use, `counts` what validation counts, `repairs` what the source cut.
    """

    payload: Any
    kept: int = 5
    counts: dict[str, int] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    query: Query = field(default_factory=query)
    at: dt.datetime = AT
    check: Callable[[Any, Any], bool] = lambda parsed, checked: True


def _days(count, end="2024-03-08"):
    last = np.datetime64(end)
    return [str(day) for day in np.busday_offset(last, np.arange(1 - count, 1), roll="backward")]


def _live(**values):
    """The live row of a day: a second row of Friday, stamped with the last trade."""
    base = {"open": widened(103.75), "high": widened(105.0), "low": widened(102.5), "close": widened(104.62)}
    return add(seconds("2024-03-08T16:00:01"), **{**base, "volume": 2_000_000, **values})


def _reversed(payload):
    for column in (result(payload)["timestamp"], *quote(payload).values()):
        column.reverse()


def _shorten(payload):
    quote(payload)["volume"].pop()


def _split_of_closes_only(payload):
    """A 4:1 split on Thursday: closes are adjusted for it, opens, highs and lows before it are not."""
    for row in range(3):
        for name in ("open", "high", "low"):
            quote(payload)[name][row] *= 4.0
    result(payload)["events"] = {
        "splits": {"1709821800": {"date": 1709821800, "numerator": 4, "denominator": 1, "splitRatio": "4:1"}}
    }


def _pence(payload):
    for row in (2, 3):
        for name in FIELDS[:4]:
            quote(payload)[name][row] *= 100.0


HALF_HOURS = [f"2024-03-08T{9 + (30 + 30 * step) // 60:02d}:{(30 + 30 * step) % 60:02d}" for step in range(13)]
NEARLY = dt.datetime(2024, 3, 8, 19, 41, 30, tzinfo=dt.UTC)  # 14:41 in New York
NULL = dict.fromkeys(FIELDS)

ROWS = {
    "clean": Case(daily()),
    "all null": Case(changed(daily(), put(2, **NULL)), 4, {"all_null": 1}),
    "all null with volume 0": Case(changed(daily(), put(2, **{**NULL, "volume": 0})), 4, {"all_null": 1}),
    "close alone null": Case(changed(daily(), put(2, close=None)), 4, {"nan": 1}),
    "volume alone null": Case(
        changed(daily(), put(2, volume=None)), check=lambda parsed, _: bool(np.isnan(parsed.bars.values[4, 2]))
    ),
    "adjclose hole": Case(
        changed(daily(), lambda payload: result(payload)["indicators"]["adjclose"][0]["adjclose"].__setitem__(2, None))
    ),
    "ragged": Case(changed(daily(), _shorten), 4, repairs={"ragged": 1}),
    "no volume at all": Case(
        changed(daily(), lambda payload: quote(payload).pop("volume")),
        check=lambda parsed, _: bool(np.isnan(parsed.bars.values[4]).all()),
    ),
    "Infinity literal": Case(
        changed(daily(), put(2, high=float("inf"))), 4, {"nonfinite": 1}
    ),
    "NaN literal": Case(changed(daily(), put(2, low=float("nan"))), 4, {"nan": 1}),
    "duplicate day, the live row later and larger": Case(
        changed(daily(), _live()), 5, {"duplicate": 1},
        check=lambda parsed, checked: checked.rejected.tolist() == [4] and checked.kept()[0].values[3, -1] == 104.62,
    ),
    "duplicate day, neither contains the other": Case(
        changed(daily(), _live(high=widened(104.62), low=widened(90.0), volume=7)), 4, {"duplicate": 2}
    ),
    "duplicate stamp, equal": Case(
        changed(daily(), lambda payload: add(
            result(payload)["timestamp"][4], **{name: quote(payload)[name][4] for name in FIELDS})(payload)),
        5, {"duplicate": 1},
    ),
    "unsorted": Case(
        changed(daily(), _reversed), 5, {"unsorted": 4},
        check=lambda _, checked: bool((np.diff(checked.kept()[0].stamps) > 0).all()),
    ),
    "row after end": Case(
        changed(daily(), add(seconds("2024-03-11T09:30"), open=1.0, high=1.0, low=1.0, close=1.0, volume=1)),
        5, repairs={"outside_query": 1},
    ),
    "row in the future": Case(
        changed(daily(), add(seconds("2024-03-12T09:30"), open=104.0, high=105.0, low=103.0, close=104.0, volume=1)),
        5, {"future": 1}, query=query(end="2024-03-14"),
    ),
    "partial live bar": Case(
        changed(
            intraday(HALF_HOURS[:11]),
            add(seconds("2024-03-08T14:41:07"), open=101.0, high=101.0, low=101.0, close=101.0, volume=0),
        ),
        11, {"off_grid": 1}, query=query(interval="30m"), at=NEARLY,
        check=lambda parsed, _: parsed.meta["open"] is True,
    ),
    "partial live bar at a full minute of the grid": Case(
        changed(
            intraday(HALF_HOURS[:11]),
            add(seconds("2024-03-08T14:35:00"), open=101.0, high=101.0, low=101.0, close=101.0, volume=0),
        ),
        11, {"off_grid": 1}, query=query(interval="30m"), at=NEARLY,
    ),
    "week of a change to daylight saving": Case(
        daily(("2024-03-07", "2024-03-08", "2024-03-11", "2024-03-12"), gmtoffset=-14400), 4,
        query=query(start="2024-03-07", end="2024-03-13"), at=dt.datetime(2024, 3, 13, tzinfo=dt.UTC),
        check=lambda parsed, _: np.diff(parsed.bars.stamps).tolist() == [1, 3, 1],
    ),
    "days that open at midnight, over a change to daylight saving": Case(
        daily(("2024-03-28", "2024-04-02"), zone="Europe/London", opens="00:00", gmtoffset=0), 2,
        query=query(start="2024-03-28", end="2024-04-03"), at=dt.datetime(2024, 4, 3, tzinfo=dt.UTC),
        check=lambda parsed, _: parsed.bars.index().strftime("%m-%d").tolist() == ["03-28", "04-02"],
    ),
    "days whose session begins the day before in UTC": Case(
        daily(("2024-03-05", "2024-03-06"), zone="Australia/Sydney", opens="10:00", gmtoffset=39600), 2,
        query=query(start="2024-03-05", end="2024-03-07"),
        check=lambda parsed, _: parsed.bars.index().strftime("%m-%d").tolist() == ["03-05", "03-06"],
    ),
    "half day": Case(
        intraday([wall.replace("03-08", "07-03").replace("T09", "T09") for wall in HALF_HOURS[:7]]), 7,
        query=query(start="2024-07-03", end="2024-07-04", interval="30m"), at=dt.datetime(2024, 7, 4, tzinfo=dt.UTC),
    ),
    "split in range with unadjusted open, high and low": Case(
        changed(daily(), _split_of_closes_only), 2, {"outside_range": 3},
        check=lambda parsed, _: [(one.kind, one.value) for one in parsed.actions] == [("split", 4.0)],
    ),
    "switch of unit": Case(changed(daily(), _pence), 5, {"jump": 2, "unit_x100": 2}),
    "flat holiday bar": Case(
        changed(daily(), put(2, open=101.0, high=101.0, low=101.0, close=101.0, volume=0)), 5,
        {"flat": 1, "zero_volume": 1},
    ),
    "forward filled": Case(
        changed(daily(), lambda payload: put(2, **{name: quote(payload)[name][1] for name in FIELDS})(payload)), 5,
        {"repeated": 1},
    ),
    "zero price": Case(changed(daily(), put(2, low=0.0)), 4, {"nonpositive": 1}),
    "negative price": Case(
        changed(daily(), put(2, open=-1.0, high=-0.5, low=-2.0, close=-1.5)), 4, {"nonpositive": 1}
    ),
    "negative volume": Case(changed(daily(), put(2, volume=-5)), 4, {"negative_volume": 1}),
    "high below low": Case(changed(daily(), put(2, high=90.0)), 4, {"high_low": 1}),
    "close outside of its range": Case(changed(daily(), put(2, close=150.0)), 4, {"outside_range": 1}),
    "one row": Case(daily(("2024-03-08",)), 1),
    "suspension": Case(
        daily(("2024-01-02", "2024-01-03", "2024-03-07")), 3, {"gap": 1}, query=query(start="2024-01-01"),
    ),
    "no timestamp": Case(
        changed(daily(), lambda payload: result(payload).pop("timestamp"),
                lambda payload: result(payload)["indicators"].update(quote=[{}])), 0,
    ),
}  # fmt: skip


def _error(code, text):
    return {"chart": {"result": None, "error": {"code": code, "description": text}}}


CONSENT = (
    b"<!DOCTYPE html><html><title>Before you continue</title><form action='https://consent.yahoo.com'></form></html>"
)
BACK = b"<html><body><h1>Our engineers are working, we will be right back.</h1></body></html>"

# Payload, status, and the very class of error. The wire (broken gzip, caps, resets) is the transport's.
ANSWERS: dict[str, tuple[Any, int, type[SourceError]]] = {
    "unknown symbol": (_error("Not Found", "No data found, symbol may be delisted"), 404, NotFound),
    "unknown symbol with status 200": (_error("Not Found", "No data found"), 200, NotFound),
    "crumb wanted": (_error("Unauthorized", "Invalid Crumb"), 401, Unauthorized),
    "gateway refuses": ({"finance": {"result": None, "error": {"code": "Unauthorized", "description": "no"}}}, 401,
                        Unauthorized),
    "range too long": (_error("Unprocessable Entity", "1m data not available for startTime"), 422, SourceError),
    "bad request": (_error("Bad Request", "Invalid input"), 400, SourceError),
    "too many, in words": (b"Too Many Requests\r\n", 429, RateLimited),
    "too many, as an object": (_error("Too Many Requests", "slow down"), 429, RateLimited),
    "consent": (CONSENT, 200, Blocked),
    "maintenance": (BACK, 200, Upstream),
    "server error": (b"", 502, Upstream),
    "internal error": (_error("internal-error", "boom"), 500, Upstream),
    "empty": (b"", 200, Malformed),
    "truncated": (json.dumps(daily()).encode()[:-200], 200, Malformed),
    "no JSON": (b"\xff\xfe\x00garbage", 200, Malformed),
    "a list": ([], 200, Malformed),
    "no result": ({"chart": {"result": None, "error": None}}, 200, Malformed),
    "empty result": ({"chart": {"result": [], "error": None}}, 200, Malformed),
    "quote without prices": (changed(daily(), lambda p: result(p)["indicators"].update(quote=[{}])), 200, Malformed),
    "prices without timestamps": (changed(daily(), lambda p: result(p).pop("timestamp")), 200, Malformed),
    "text for a price": (changed(daily(), put(1, close="104")), 200, Malformed),
    "true for a price": (changed(daily(), put(1, close=True)), 200, Malformed),
    "huge integer": (json.dumps(daily()).replace("1001000", "9" * 400).encode(), 200, Malformed),
    "integer of 5000 digits": (json.dumps(daily()).replace("1001000", "9" * 5000).encode(), 200, Malformed),
    "nested a million deep": (b"[" * 1_000_000, 200, Malformed),
    "stamp of another era": (changed(daily(), lambda p: result(p)["timestamp"].__setitem__(1, 1e18)), 200, Malformed),
    "null stamp": (changed(daily(), lambda p: result(p)["timestamp"].__setitem__(1, None)), 200, Malformed),
    "no zone": (changed(daily(), lambda p: result(p)["meta"].pop("exchangeTimezoneName")), 200, Malformed),
    "zone that is a path": (changed(
        daily(), lambda p: result(p)["meta"].update(exchangeTimezoneName="../../etc/passwd")), 200, Malformed),
    "another symbol": (daily(symbol="OTHER"), 200, Malformed),
    "another interval": (daily(dataGranularity="1wk"), 200, Malformed),
    "split of nothing": (changed(daily(), lambda p: result(p).update(
        events={"splits": {"1": {"date": 1, "numerator": 2, "denominator": 0}}})), 200, Malformed),
    "dividend without amount": (changed(daily(), lambda p: result(p).update(
        events={"dividends": {"1": {"date": 1}}})), 200, Malformed),
}  # fmt: skip
