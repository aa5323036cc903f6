"""Yahoo's chart endpoint: one GET a symbol, no cookie, no crumb.

What is known of it comes from public threads and from clients of others; it may have changed, and is checked at the
door: an answer that is not built as a chart must be is `Malformed`, whatever is in it.

- The bars of a day are dated on the clock of the exchange (``exchangeTimezoneName``). ``gmtoffset`` is that of today,
  so half a year of dates would be off by one where a day opens at midnight.
- Prices are adjusted for splits, and so are volumes and dividends. A dividend is told as it was paid: times the splits
  after it that the answer holds, so a query should end today.
- The last row of a day that goes on is served at the time of the last trade. Its date is that of the session; that it
  goes on is told in ``meta["open"]``.
- A missing value stays missing. Nothing is filled, and no bar is repaired by guess: rows that contradict themselves
  (a split of which only closes know) are rejected by `quantperf.market.validation`.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from quantperf.errors import Malformed, NotFound, ParameterError, RateLimited, SourceError, Unauthorized, Upstream
from quantperf.market.columns import FIELDS, FloatArray
from quantperf.market.history import Action, Bars, Interval, Parsed, Query, StampArray, interval_of
from quantperf.market.sources.protocol import Basis, Quote, actions_inside, inside
from quantperf.transport.messages import Answer, Request, named
from quantperf.transport.reading import error_of, json_of

__all__ = ["YahooChart", "rounded"]

HOST = "https://query1.finance.yahoo.com"
SYMBOL = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9.^=_&-]{1,32}")
CATEGORIES = {
    "EQUITY": "stock", "ETF": "etf", "INDEX": "index", "FUTURE": "futures", "CURRENCY": "currency",
    "CRYPTOCURRENCY": "crypto", "MUTUALFUND": "fund", "OPTION": "option",
}  # fmt: skip
SPELLINGS = {"1h": ("1h", "60m")}
SETTLE = dt.timedelta(minutes=20)  # prices come up to 15 minutes late
FARTHEST = 253_402_300_799  # the last second of the year 9999
SERVED_COARSE = 12  # steps that all are of twice the length that was asked for: no thin trading does that
DECIMALS = 4


class YahooChart:
    """Bars, splits, dividends and latest prices of Yahoo's chart endpoint.

    Parameters
    ----------
    base_url : str, optional
        Scheme and host.
    symbols : mapping of str to str, optional
        What Yahoo calls a symbol, where that differs from what you call it, such as ``{"BRK.B": "BRK-B"}``.
    settle : timedelta, default 20 minutes
        How long after its close a session still counts as open, as prices come late.

    Raises
    ------
    ParameterError
        If `base_url` is no http(s) address, or `settle` is negative.

    Examples
    --------
    >>> week = Query("^GSPC", dt.datetime(2024, 3, 4, tzinfo=dt.UTC), dt.datetime(2024, 3, 9, tzinfo=dt.UTC))
    >>> request = YahooChart().requests(week)[0]
    >>> request.url
    'https://query1.finance.yahoo.com/v8/finance/chart/%5EGSPC'
    >>> request.params["interval"], request.params["events"]
    ('1d', 'div,splits')
    """

    name = "yahoo"
    caps = frozenset({"history", "quotes", "actions"})
    basis: Basis = "splits"
    decimals = DECIMALS

    def __init__(
        self, base_url: str = HOST, *, symbols: Mapping[str, str] | None = None, settle: dt.timedelta = SETTLE
    ) -> None:
        if not isinstance(base_url, str) or not re.fullmatch(r"https?://[^/?#\s@]+(/[^?#\s]*)?", base_url):
            raise ParameterError(f"base_url must be an http(s) address without a query, got {base_url!r}")
        if settle < dt.timedelta(0):
            raise ParameterError(f"settle must not be negative, got {settle!r}")
        self._base = base_url.rstrip("/")
        self._symbols = dict(symbols or {})
        self._settle = settle

    def __repr__(self) -> str:
        return f"YahooChart({self._base!r})"

    def requests(self, query: Query) -> list[Request]:
        """Return the one request of a query.

        Raises
        ------
        NotFound
            If the symbol is none that Yahoo could have; it never becomes part of a path.
        """
        daily = interval_of(query.interval).daily
        # Sydney's day begins on the day before in UTC, Honolulu's ends on the day after.
        margin = dt.timedelta(days=1) if daily else dt.timedelta(0)
        params = {
            "period1": str(math.floor((query.start - margin).timestamp())),
            "period2": str(math.ceil((query.end + margin).timestamp())),
            "interval": query.interval,
            "events": "div,splits",
            "includePrePost": "false",
        }
        return [Request(self._address(query.symbol), params)]

    def parse(self, query: Query, answers: Sequence[Answer]) -> Parsed:
        """Return what the answer holds of a query.

        Raises
        ------
        SourceError
            NotFound, RateLimited, Unauthorized, Blocked or Upstream as Yahoo says it; Malformed where the answer is
            no chart, is one of another symbol, or has bars of another length.
        """
        answer = _only(answers)
        chart = _Chart(_result(answer), self._ticker(query.symbol))
        interval = interval_of(query.interval)
        chart.refuse_other_lengths(interval)
        bars, repairs = chart.bars(interval)
        bars, outside = inside(bars, query)
        if outside:
            repairs["outside_query"] = outside
        goes_on = chart.goes_on(answer.at, self._settle)
        meta = chart.told()
        meta["open"] = goes_on is not None and chart.latest_date(bars) >= goes_on
        values, decimals = _tidied(bars.values)
        actions = actions_inside(chart.actions(), query)
        return Parsed(Bars(interval, bars.stamps, values), self.basis, decimals, actions, meta, repairs)

    def quote_requests(self, symbol: str) -> list[Request]:
        """Return the request for the latest price: the chart of one day, and what is told beside it."""
        return [Request(self._address(symbol), {"range": "1d", "interval": "1d", "includePrePost": "false"})]

    def parse_quote(self, symbol: str, answers: Sequence[Answer]) -> Quote:
        """Return the latest price.

        The close of the session before is ``previousClose``, or ``chartPreviousClose`` where the chart is that of one
        day; of a longer chart the latter is the close before all of it, and no base of a change of the day.

        Raises
        ------
        SourceError
            As `parse`; Malformed also where there is no price or no time.
        """
        answer = _only(answers)
        chart = _Chart(_result(answer), self._ticker(symbol))
        price, seconds = chart.number("regularMarketPrice"), chart.number("regularMarketTime")
        if not (math.isfinite(price) and math.isfinite(seconds)):
            raise Malformed(f"chart.result[0].meta must tell a price and its time, got {price!r} and {seconds!r}")
        meta = chart.told()
        goes_on = chart.goes_on(answer.at, self._settle) if chart.has_period() else None
        return Quote(
            symbol=symbol,
            price=_tidy(price),
            previous_close=_tidy(chart.previous_close()),
            open=_tidy(chart.first_open()),
            high=_tidy(chart.number("regularMarketDayHigh")),
            low=_tidy(chart.number("regularMarketDayLow")),
            volume=chart.number("regularMarketVolume"),
            event_at=_moment(seconds, "meta.regularMarketTime"),
            known_at=answer.at,
            currency=_text(meta.get("currency")),
            zone=_text(meta.get("zone")),
            category=_text(meta.get("category")),
            session_open=goes_on is not None if chart.has_period() else None,
        )

    def _ticker(self, symbol: str) -> str:
        return self._symbols.get(symbol, symbol)

    def _address(self, symbol: str) -> str:
        ticker = self._ticker(symbol)
        if not isinstance(ticker, str) or not SYMBOL.fullmatch(ticker) or ".." in ticker:
            raise NotFound(
                f"a symbol of Yahoo has up to 32 letters, digits and . ^ = _ & -, got {ticker!r}; "
                "name it in symbols={...} if you call it otherwise"
            )
        return f"{self._base}/v8/finance/chart/{quote(ticker, safe='')}"


class _Chart:
    """``chart.result[0]``: every value is looked at before it is used."""

    def __init__(self, result: Mapping[str, Any], ticker: str) -> None:
        self._result = result
        self._meta = _mapping(result.get("meta"), "meta")
        symbol = self._meta.get("symbol")
        if symbol is not None and str(symbol).upper() != ticker.upper():
            raise Malformed(f"chart.result[0].meta.symbol must be {ticker!r}, got {symbol!r:.60}")
        self._zone = _zone(self._meta.get("exchangeTimezoneName"))

    def told(self) -> dict[str, object]:
        """Return what is told of the symbol, as `Parsed.meta` calls it."""
        category = _text(self._meta.get("instrumentType"))
        found: dict[str, object] = {
            "currency": _text(self._meta.get("currency")),
            "zone": self._zone.key,
            "category": CATEGORIES.get(category, category.lower()) if category else None,
            "name": _text(self._meta.get("longName")) or _text(self._meta.get("shortName")),
        }
        price, seconds = self.number("regularMarketPrice"), self.number("regularMarketTime")
        if math.isfinite(price):
            found["price"] = _tidy(price)
        if math.isfinite(seconds):
            found["price_at"] = _moment(seconds, "meta.regularMarketTime")
        before = self.previous_close()
        if math.isfinite(before):
            found["previous_close"] = _tidy(before)
        return {name: value for name, value in found.items() if value is not None}

    def previous_close(self) -> float:
        """Return the close of the session before, NaN where it is not told."""
        told = self.number("previousClose")
        # Of a longer chart it is the close before its first bar: the base of no change of a day.
        return told if math.isfinite(told) or self._meta.get("range") != "1d" else self.number("chartPreviousClose")

    def number(self, key: str) -> float:
        """Return a number of the meta, NaN where it is not told."""
        return _number(self._meta.get(key), f"meta.{key}")

    def first_open(self) -> float:
        """Return the open of the only bar, NaN where there is none or are several."""
        opens = self._columns()[0]
        return float(opens[0]) if len(opens) == 1 else math.nan

    def has_period(self) -> bool:
        """Whether the hours of the current session are told."""
        return self._period() is not None

    def goes_on(self, at: dt.datetime, settle: dt.timedelta) -> int | None:
        """Return the date of the session that has not ended, days since 1970; None where there is none.

        Where the hours are not told, the date of the answer counts as one that goes on: a bar that is taken for final
        too early would have to be corrected later.
        """
        period = self._period()
        if period is None:
            return int(self._dates(np.array([int(at.timestamp())]))[0])
        start, end = period
        return None if at >= end + settle else int(self._dates(np.array([int(start.timestamp())]))[0])

    def latest_date(self, bars: Bars) -> int:
        """Return the latest date of bars, days since 1970; -1e9 of none."""
        if not len(bars):
            return -1_000_000_000
        latest = bars.stamps.max()
        return int(latest if bars.interval.daily else self._dates(np.array([latest // 1000]))[0])

    def refuse_other_lengths(self, interval: Interval) -> None:
        """Raise where the bars are longer than was asked for."""
        told = self._meta.get("dataGranularity")
        if told is not None and told not in (interval.name, *SPELLINGS.get(interval.name, ())):
            raise Malformed(f"bars must be of {interval.name}, as was asked for, got {told!r:.20}")
        steps = np.unique(self._seconds())
        steps = np.diff(steps) * 1000
        if not interval.daily and len(steps) >= SERVED_COARSE and not (steps % (2 * interval.milliseconds)).any():
            raise Malformed(
                f"bars must be of {interval.name}, as was asked for, got {steps.min() // 60_000} minutes at least"
            )

    def bars(self, interval: Interval) -> tuple[Bars, dict[str, int]]:
        """Return the bars in the order of the answer, and what was cut."""
        seconds, columns = self._seconds(), self._columns()
        lengths = [len(column) for column in columns]
        if not len(seconds) and max(lengths[:4]):
            raise Malformed(f"chart.result[0] must have a timestamp for each bar, got none for {max(lengths)}")
        if not len(seconds) or not max(lengths[:4]):
            if len(seconds):
                raise Malformed(f"chart.result[0] must have prices, got none for {len(seconds)} timestamps")
            return Bars.empty(interval.name), {}
        if not lengths[4]:  # indices and currencies have no volume: it is missing, not 0
            columns[4] = np.full(max(lengths[:4]), np.nan)
        reach = min(len(seconds), *(len(column) for column in columns))
        cut = max(len(seconds), *lengths) - reach
        values = np.vstack([column[:reach] for column in columns])
        stamps = self._dates(seconds[:reach]) if interval.daily else seconds[:reach] * 1000
        return Bars(interval, stamps, values), {"ragged": cut} if cut else {}

    def actions(self) -> list[Action]:
        """Return splits, and dividends as they were paid."""
        events = _mapping(self._result.get("events", {}), "events")
        splits = [
            Action("split", self._date_of(key, event, "splits"), _ratio(event))
            for key, event in _items(events, "splits")
        ]
        paid: dict[int, float] = {}
        for kind in ("dividends", "capitalGains"):
            for key, event in _items(events, kind):
                date = self._date_of(key, event, kind)
                amount = _number(event.get("amount"), f"events.{kind}.amount")
                if not (math.isfinite(amount) and amount > 0.0):
                    raise Malformed(f"events.{kind} must tell amounts above 0, got {event.get('amount')!r:.40}")
                after = math.prod(one.value for one in splits if one.date > date)
                paid[date] = paid.get(date, 0.0) + (round(amount * after, DECIMALS) if after != 1.0 else _tidy(amount))
        return [*splits, *(Action("dividend", date, amount) for date, amount in paid.items())]

    def _period(self) -> tuple[dt.datetime, dt.datetime] | None:
        told = self._meta.get("currentTradingPeriod")
        if told is None:
            return None
        regular = _mapping(
            _mapping(told, "meta.currentTradingPeriod").get("regular"), "meta.currentTradingPeriod.regular"
        )
        start, end = (
            _number(regular.get(side), f"meta.currentTradingPeriod.regular.{side}") for side in ("start", "end")
        )
        if not (math.isfinite(start) and math.isfinite(end)):
            return None
        return _moment(start, "meta.currentTradingPeriod"), _moment(end, "meta.currentTradingPeriod")

    def _seconds(self) -> StampArray:
        told = _numbers(self._result.get("timestamp"), "timestamp")
        if not (np.isfinite(told).all() and (np.abs(told) <= FARTHEST).all() and (told == np.floor(told)).all()):
            raise Malformed("chart.result[0].timestamp must hold whole seconds, got something else")
        return told.astype(np.int64)

    def _columns(self) -> list[FloatArray]:
        indicators = _mapping(self._result.get("indicators", {}), "indicators")
        quotes = indicators.get("quote", [])
        if not isinstance(quotes, list):
            raise Malformed(f"chart.result[0].indicators.quote must be a list, got {quotes!r:.60}")
        held = _mapping(quotes[0] if quotes and quotes[0] is not None else {}, "indicators.quote[0]")
        return [_numbers(held.get(field), f"indicators.quote[0].{field}") for field in FIELDS]

    def _date_of(self, key: str, event: Mapping[str, Any], kind: str) -> int:
        told = event.get("date", key)
        if isinstance(told, str) and told.lstrip("-").isdecimal() and len(told) < 13:
            told = int(told)
        seconds = _number(told, f"events.{kind}.date")
        if not math.isfinite(seconds) or abs(seconds) > FARTHEST:
            raise Malformed(f"events.{kind} must have dates in seconds, got {told!r:.40}")
        return int(self._dates(np.array([int(seconds)]))[0])

    def _dates(self, seconds: StampArray) -> StampArray:
        """Return dates on the clock of the exchange."""
        moments = pd.DatetimeIndex(seconds.astype("datetime64[s]"), tz="UTC").tz_convert(self._zone)
        days: StampArray = moments.tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64)
        return days


def _only(answers: Sequence[Answer]) -> Answer:
    if len(answers) != 1:
        raise ParameterError(f"answers must be the one of the one request, got {len(answers)}")
    return answers[0]


def _result(answer: Answer) -> Mapping[str, Any]:
    """Return ``chart.result[0]``, or raise what the answer says instead."""
    found = json_of(answer)
    envelope = found if isinstance(found, dict) else {}
    # Errors of the gateway are told under "finance".
    chart = envelope.get("chart", envelope.get("finance"))
    told = chart.get("error") if isinstance(chart, dict) else None
    if told is not None:
        raise _refusal(told, answer)
    refused = error_of(answer.status, named(answer.request.url))
    if refused is not None:
        raise refused
    if not isinstance(chart, dict) or "chart" not in envelope:
        raise Malformed(f"{named(answer.request.url)} must answer with a chart, got {found!r:.60}")
    results = chart.get("result")
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
        raise Malformed(f"chart.result must hold one chart, got {results!r:.60}")
    return results[0]


def _refusal(told: Any, answer: Answer) -> SourceError:
    """Return the error that an error object stands for."""
    code, text = (told.get(key) for key in ("code", "description")) if isinstance(told, dict) else (None, told)
    message = f"{named(answer.request.url)} says {str(code)[:60]!r}: {str(text)[:200]}"
    kinds: dict[str, type[SourceError]] = {
        "not found": NotFound, "unauthorized": Unauthorized, "forbidden": Unauthorized,
        "too many requests": RateLimited, "internal server error": Upstream, "internal-error": Upstream,
        "service unavailable": Upstream, "bad gateway": Upstream,
    }  # fmt: skip
    kind = kinds.get(str(code).strip().lower())
    if kind is not None:
        return kind(message)
    by_status = error_of(answer.status, named(answer.request.url))
    return type(by_status)(message) if by_status is not None else SourceError(message)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"chart.result[0].{where} must be an object, got {value!r:.60}")
    return value


def _items(events: Mapping[str, Any], kind: str) -> list[tuple[str, Mapping[str, Any]]]:
    held = events.get(kind)
    if held is None:
        return []
    return [(key, _mapping(event, f"events.{kind}")) for key, event in _mapping(held, f"events.{kind}").items()]


def _number(value: Any, where: str) -> float:
    """Return a number, NaN for null."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed(f"chart.result[0].{where} must be a number, got {value!r:.40}")
    try:
        return float(value)
    except OverflowError:
        raise Malformed(f"chart.result[0].{where} must be a number of 64 bits, got a larger one") from None


def _numbers(value: Any, where: str) -> FloatArray:
    """Return numbers, NaN for null; none where there is no such key."""
    if value is None:
        return np.empty(0)
    if not isinstance(value, list):
        raise Malformed(f"chart.result[0].{where} must be a list, got {value!r:.60}")
    if not all(type(one) in (int, float) or one is None for one in value):
        odd = next(one for one in value if not (type(one) in (int, float) or one is None))
        raise Malformed(f"chart.result[0].{where} must hold numbers and nulls, got {odd!r:.40}")
    try:
        return np.array([math.nan if one is None else one for one in value], dtype=np.float64)
    except OverflowError:
        raise Malformed(f"chart.result[0].{where} must hold numbers of 64 bits, got a larger one") from None


def _ratio(event: Mapping[str, Any]) -> float:
    """Return new shares for one old share."""
    parts = [event.get("numerator"), event.get("denominator")]
    if parts == [None, None] and isinstance(event.get("splitRatio"), str):
        texts = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)[:/](\d{1,9}(?:\.\d{1,9})?)", event["splitRatio"])
        parts = [float(text) for text in texts.groups()] if texts else parts
    new, old = (_number(part, "events.splits") for part in parts)
    ratio = new / old if old else math.nan
    if not (math.isfinite(ratio) and ratio > 0.0):
        raise Malformed(f"events.splits must tell a ratio above 0, got {event!r:.80}")
    return ratio


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise Malformed(f"chart.result[0].meta.exchangeTimezoneName must be a time zone, got {name!r:.60}") from error


def _moment(seconds: float, where: str) -> dt.datetime:
    if not -FARTHEST / 10 < seconds <= FARTHEST:
        raise Malformed(f"chart.result[0].{where} must be seconds since 1970, got {seconds!r}")
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def rounded(prices: FloatArray, decimals: int) -> FloatArray:
    """Return prices in the fewest decimals, from 2 to `decimals`, that lose nothing; as they are where none do.

    A price loses nothing where the rounded one is the same, or where both are one float32: then what was served is that
    float32, widened.

    Examples
    --------
    >>> rounded(np.array([198.52999877929688, 38654.421875, 198.52853393554688]), 4).tolist()
    [198.53, 38654.42, 198.52853393554688]
    """
    result: FloatArray = prices.copy()
    with np.errstate(all="ignore"):
        narrow = prices.astype(np.float32)
        single = narrow == prices
        for places in range(decimals, 1, -1):
            told = np.round(prices, places)
            same = (told == prices) | (single & (told.astype(np.float32) == narrow))
            result[same] = told[same]
    return result


def _tidy(value: float) -> float:
    """Return one price as `rounded` does."""
    return float(rounded(np.array([value]), DECIMALS)[0])


def _tidied(values: FloatArray) -> tuple[FloatArray, int]:
    """Return bars with tidy prices, and the decimals to which they are told."""
    prices = values[:4]
    finite = prices[np.isfinite(prices) & (prices > 0.0)]
    # Seven digits are what a float32 tells: of 0.0000123 those are eleven decimals.
    least = float(finite.min()) if len(finite) else 1.0
    decimals = int(min(max(DECIMALS, 6 - math.floor(math.log10(least)) if least < 0.1 else DECIMALS), 12))
    return np.vstack([rounded(prices, decimals), values[4:]]), decimals
