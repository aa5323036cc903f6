"""Yahoo's chart: every bad-data case has a verdict, and no answer does more than raise a SourceError."""

from __future__ import annotations

import copy
import datetime as dt
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantperf.errors import Malformed, NotFound, ParameterError, SourceError
from quantperf.market.history import Bars, Parsed, Query
from quantperf.market.sources.yahoo import YahooChart, rounded
from quantperf.market.validation import validate
from tests.market.payloads import (
    ANSWERS,
    AT,
    ROWS,
    Case,
    answer,
    changed,
    daily,
    intraday,
    put,
    query,
    quote,
    result,
    seconds,
    widened,
)

YAHOO = YahooChart("http://127.0.0.1")


def parse(payload, asked=None, at=AT, status=200):
    return YAHOO.parse(asked or query(), [answer(payload, status, at)])


def same(one, other):
    return (
        one.bars.interval == other.bars.interval
        and np.array_equal(one.bars.stamps, other.bars.stamps)
        and np.array_equal(one.bars.values, other.bars.values, equal_nan=True)
        and (one.actions, one.meta, one.repairs) == (other.actions, other.meta, other.repairs)
    )


@pytest.mark.parametrize("name", sorted(ROWS))
def test_every_case_of_bad_rows_has_its_verdict(name):
    case: Case = ROWS[name]
    parsed = parse(case.payload, case.query, case.at)
    checked = validate(parsed.bars, now=case.at, zone="America/New_York")
    assert checked.counts == case.counts
    assert dict(parsed.repairs) == case.repairs
    kept, flags = checked.kept()
    assert len(kept) == len(flags) == case.kept
    assert case.check(parsed, checked)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_every_case_of_bad_answers_is_its_very_error(name):
    payload, status, kind = ANSWERS[name]
    with pytest.raises(SourceError) as caught:
        parse(payload, status=status)
    assert type(caught.value) is kind


@pytest.mark.parametrize("name", sorted(ROWS))
def test_parsing_is_pure(name):
    case: Case = ROWS[name]
    given_answer = answer(case.payload, at=case.at)
    before = copy.deepcopy(given_answer)
    first = YAHOO.parse(case.query, [given_answer])
    assert same(first, YAHOO.parse(case.query, [given_answer]))
    assert given_answer == before


def test_an_unknown_symbol_is_an_error_and_never_an_empty_series():
    """Errors returned as empty series, then used."""

    def defective(payload):
        found = payload["chart"]["result"] or [{}]
        return pd.Series(found[0].get("indicators", {}).get("quote", [{}])[0].get("close", []), dtype=float)

    payload, status, _ = ANSWERS["unknown symbol"]
    assert len(defective(payload)) == 0  # it looks as a symbol without bars does
    assert defective(payload).equals(defective(ROWS["no timestamp"].payload))
    with pytest.raises(NotFound, match="No data found, symbol may be delisted"):
        parse(payload, status=status)
    assert len(parse(ROWS["no timestamp"].payload).bars) == 0


def test_a_missing_price_is_missing_and_never_the_price_before():
    """A missing price reads as "no change"."""
    payload = changed(daily(), put(2, **dict.fromkeys(("open", "high", "low", "close", "volume"))))
    parsed = parse(payload)
    assert np.isnan(parsed.bars.values[:, 2]).all()
    filled = pd.DataFrame(parsed.bars.values.T).ffill()
    assert filled[3].diff()[2] == 0.0  # the defective way: a day on which nothing moved
    kept, _ = validate(parsed.bars, now=AT).kept()
    assert len(kept) == 4
    assert 2 not in kept.stamps - parsed.bars.stamps[0]


def test_the_change_of_the_day_has_the_close_of_the_session_before_as_its_base():
    """Another change shown as change of the day; here that since before the whole chart."""
    week = daily(range="5d")
    assert "previous_close" not in parse(week).meta
    quoted = YAHOO.parse_quote("TEST", [answer(week)])
    defective = quoted.price / result(week)["meta"]["chartPreviousClose"] - 1.0
    assert defective > 0.18  # a week's change: as a day's it would ring every alarm
    assert math.isnan(quoted.previous_close)
    day = daily(("2024-03-08",), first=104.0, range="1d", chartPreviousClose=widened(103.0))
    assert YAHOO.parse_quote("TEST", [answer(day)]).previous_close == 103.0
    hours = intraday(["2024-03-08T09:30"], previousClose=widened(103.25))
    assert parse(hours, query(interval="30m")).meta["previous_close"] == 103.25


def test_dates_are_those_of_the_exchange_and_not_of_the_offset_of_today():
    """Market hours from another clock than the market's."""
    case = ROWS["days that open at midnight, over a change to daylight saving"]
    chart = result(case.payload)
    offset = chart["meta"]["gmtoffset"]
    defective = [dt.datetime.fromtimestamp(stamp + offset, dt.UTC).date().day for stamp in chart["timestamp"]]
    assert defective == [28, 1]
    parsed = parse(case.payload, case.query, case.at)
    assert parsed.bars.index().day.tolist() == [28, 2]


@pytest.mark.parametrize(
    ("symbol", "address"),
    [
        ("^GSPC", "%5EGSPC"),
        ("BRK-B", "BRK-B"),
        ("BTC-USD", "BTC-USD"),
        ("EURUSD=X", "EURUSD%3DX"),
        ("M&M.NS", "M%26M.NS"),
    ],
)
def test_a_symbol_is_quoted_in_the_address(symbol, address):
    (request,) = YAHOO.requests(query(symbol))
    assert request.url == f"http://127.0.0.1/v8/finance/chart/{address}"
    (request,) = YAHOO.quote_requests(symbol)
    assert request.url.endswith(address)


@pytest.mark.parametrize(
    "symbol", ["..", "../quote", "A/B", "A?x=1", "A#b", "", "A B", "A\nB", "%2e%2e", "é", "A" * 40]
)
def test_what_is_no_symbol_never_becomes_part_of_a_path(symbol):
    with pytest.raises(NotFound, match="a symbol of Yahoo has up to 32 letters"):
        YAHOO.requests(query(symbol))


def test_a_daily_query_asks_for_a_day_more_on_each_side_and_gives_what_was_asked_for():
    (request,) = YAHOO.requests(query())
    assert int(request.params["period1"]) == seconds("2024-03-03T00:00", dt.UTC)
    assert int(request.params["period2"]) == seconds("2024-03-10T00:00", dt.UTC)
    parsed = parse(daily(("2024-03-01", "2024-03-04", "2024-03-08", "2024-03-11")))
    assert parsed.bars.index().day.tolist() == [4, 8]
    assert dict(parsed.repairs) == {"outside_query": 2}


def test_an_intraday_query_asks_for_its_span_alone():
    (request,) = YAHOO.requests(query(interval="1h"))
    assert int(request.params["period1"]) == seconds("2024-03-04T00:00", dt.UTC)
    assert request.params["interval"] == "1h"
    hours = intraday([f"2024-03-08T{hour:02d}:30" for hour in range(9, 16)], minutes=60, dataGranularity="60m")
    parsed = parse(hours, query(interval="1h"))
    assert len(parsed.bars) == 7
    assert validate(parsed.bars, now=AT, zone="America/New_York").counts == {}


def test_hours_that_are_served_for_half_hours_are_refused_even_if_they_are_called_half_hours():
    hours = [f"2024-03-0{day}T{hour:02d}:30" for day in (7, 8) for hour in range(9, 16)]
    with pytest.raises(Malformed, match="bars must be of 30m, as was asked for, got '60m'"):
        parse(intraday(hours, minutes=60), query(interval="30m"))
    with pytest.raises(Malformed, match="bars must be of 30m, as was asked for, got 60 minutes at least"):
        parse(intraday(hours, minutes=30), query(interval="30m"))
    thin = [hours[0], *[wall.replace(":30", ":00") for wall in hours[1:]]]
    assert len(parse(intraday(thin, minutes=30), query(interval="30m")).bars) == 14


def test_a_split_between_two_fetches_changes_all_prices_by_one_ratio():
    before = parse(daily())
    after = parse(changed(daily(), *[
        put(row, **{name: quote(daily())[name][row] / 4.0 for name in ("open", "high", "low", "close")})
        for row in range(5)
    ]))  # fmt: skip
    ratio = after.bars.values[:4] / before.bars.values[:4]
    np.testing.assert_allclose(ratio, 0.25, rtol=1e-4)
    assert validate(after.bars, now=AT).counts == {}  # nothing in the bars alone tells it


def test_dividends_are_told_as_they_were_paid_and_dated_by_the_exchange():
    events = {
        "dividends": {
            str(seconds("2024-03-05T09:30")): {"amount": widened(0.0575), "date": seconds("2024-03-05T09:30")}
        },
        "splits": {"x": {"date": seconds("2024-03-07T09:30"), "splitRatio": "4:1"}},
        "capitalGains": {str(seconds("2024-03-08T09:30")): {"amount": 0.5}},
    }
    parsed = parse(changed(daily(), lambda payload: result(payload).update(events=events)))
    told = [(one.kind, str(np.datetime64(one.date, "D")), one.value) for one in parsed.actions]
    assert told == [("dividend", "2024-03-05", 0.23), ("split", "2024-03-07", 4.0), ("dividend", "2024-03-08", 0.5)]


def test_a_price_is_rounded_only_where_nothing_is_lost():
    prices = np.array([widened(198.53), widened(38654.42), widened(0.00001234), 198.52853393554688, 1 / 3, np.nan])
    tidy = rounded(prices, 4)
    assert tidy[:2].tolist() == [198.53, 38654.42]
    np.testing.assert_array_equal(tidy[2:], prices[2:])
    assert np.array_equal(tidy.astype(np.float32), prices.astype(np.float32), equal_nan=True)


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_cents_come_back_from_float32_wherever_it_can_tell_them(cents):
    prices = np.array(cents) / 100.0
    tidy = rounded(prices.astype(np.float32).astype(np.float64), 4)
    small = prices < 131_072
    np.testing.assert_array_equal(tidy[small], prices[small])
    np.testing.assert_array_equal(tidy.astype(np.float32), prices.astype(np.float32))


def test_cheap_coins_keep_their_decimals_and_say_how_many():
    coins = changed(daily(), *[
        put(row, open=widened(1.234e-5), high=widened(1.3e-5), low=widened(1.2e-5), close=widened(1.25e-5))
        for row in range(5)
    ])  # fmt: skip
    parsed = parse(coins)
    assert parsed.decimals == 11
    assert parsed.bars.values[0].tolist() == [1.234e-5] * 5
    assert parse(daily()).decimals == 4


@pytest.mark.parametrize(
    ("at", "goes_on"),
    [("2024-03-08T09:31", True), ("2024-03-08T16:19", True), ("2024-03-08T16:20", False), ("2024-03-09T12:00", False)],
)
def test_the_last_bar_is_provisional_until_its_session_has_ended_and_settled(at, goes_on):
    moment = dt.datetime.fromtimestamp(seconds(at), dt.UTC)
    assert parse(daily(), at=moment).meta["open"] is goes_on
    assert parse(daily(), query(end="2024-03-08"), at=moment).meta["open"] is False  # without today's bar
    assert YAHOO.parse_quote("TEST", [answer(daily(), at=moment)]).session_open is goes_on


def test_where_hours_are_not_told_the_bar_of_today_is_provisional():
    payload = changed(daily(), lambda one: result(one)["meta"].pop("currentTradingPeriod"))
    evening = dt.datetime.fromtimestamp(seconds("2024-03-08T23:00"), dt.UTC)
    assert parse(payload, at=evening).meta["open"] is True
    assert parse(payload).meta["open"] is False
    assert YAHOO.parse_quote("TEST", [answer(payload, at=evening)]).session_open is None


def test_a_quote_has_both_times_and_what_is_told_of_the_symbol():
    day = daily(("2024-03-08",), first=104.0, range="1d", currency="GBp", instrumentType="ETF")
    quoted = YAHOO.parse_quote("TEST", [answer(day)])
    assert (quoted.price, quoted.high, quoted.low, quoted.volume) == (104.0, 104.57, 102.87, 1_004_000.0)
    assert quoted.open == 103.75
    assert quoted.event_at == dt.datetime(2024, 3, 8, 21, tzinfo=dt.UTC)
    assert quoted.known_at == AT
    assert (quoted.currency, quoted.zone, quoted.category) == ("GBp", "America/New_York", "etf")


def test_a_quote_without_a_price_is_an_error():
    payload = changed(daily(), lambda one: result(one)["meta"].update(regularMarketPrice=None))
    with pytest.raises(Malformed, match="must tell a price and its time"):
        YAHOO.parse_quote("TEST", [answer(payload)])


def test_what_is_not_told_of_a_symbol_is_not_made_up():
    payload = changed(daily(), lambda one: result(one)["meta"].update(currency=None, longName=None, shortName=None))
    meta = parse(payload).meta
    assert "currency" not in meta
    assert "name" not in meta
    assert meta["category"] == "stock"


def test_symbols_can_be_called_otherwise():
    source = YahooChart("http://127.0.0.1/", symbols={"S&P 500": "TEST"})
    asked = query("S&P 500")
    assert source.requests(asked)[0].url == "http://127.0.0.1/v8/finance/chart/TEST"
    assert len(source.parse(asked, [answer(daily())]).bars) == 5


@pytest.mark.parametrize("address", ["", "ftp://127.0.0.1", "http://", "http://a?b", "http://me:key@a", None])
def test_a_base_address_is_checked(address):
    with pytest.raises(ParameterError, match="base_url must be an http"):
        YahooChart(address)


def test_one_answer_belongs_to_one_request():
    with pytest.raises(ParameterError, match="answers must be the one of the one request, got 2"):
        YAHOO.parse(query(), [answer(daily())] * 2)


def places(value, path=()):
    """Every place in a payload."""
    yield path
    if isinstance(value, dict):
        for key, held in value.items():
            yield from places(held, (*path, key))
    elif isinstance(value, list):
        for row, held in enumerate(value[:2]):
            yield from places(held, (*path, row))


EVENTS = {
    "dividends": {"1709649000": {"amount": 0.25, "date": 1709649000}},
    "splits": {"1709821800": {"date": 1709821800, "numerator": 4, "denominator": 1, "splitRatio": "4:1"}},
}
WHOLE = changed(daily(("2024-03-07", "2024-03-08")), lambda payload: result(payload).update(events=EVENTS))
HOURS = intraday(["2024-03-08T09:30", "2024-03-08T10:00"])
PLACES = [(payload, path) for payload in (WHOLE, HOURS) for path in places(payload)]
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([10**400, -(10**18)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


MISSING = object()
ODD = [
    MISSING, None, True, -1, 0, 10**18, 10**400, 1.5, 1e300, math.nan, math.inf, "", "x", "1", [], [None], [[]], {},
    {"a": 1},
]  # fmt: skip


def with_junk(whole, path, junk):
    """A copy of a payload with junk in one place, or with nothing there."""
    if not path:
        return junk if junk is not MISSING else None
    payload = copy.deepcopy(whole)
    holder = payload
    for key in path[:-1]:
        holder = holder[key]
    if junk is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = junk
    return payload


def read_both_ways(payload, asked):
    """Parse as bars and as a quote; whatever is no SourceError goes through."""
    told = [answer(json.dumps(payload).encode())]
    for read in (lambda: YAHOO.parse(asked, told), lambda: YAHOO.parse_quote("TEST", told)):
        try:
            found = read()
        except SourceError:
            continue
        if isinstance(found, Parsed):
            assert isinstance(found.bars, Bars)
            validate(found.bars, now=AT, zone="America/New_York").table()


@pytest.mark.parametrize("junk", ODD, ids=lambda junk: "missing" if junk is MISSING else f"{junk!r:.12}")
def test_no_value_in_any_place_makes_more_of_an_answer_than_a_source_error(junk):
    for whole, path in PLACES:
        read_both_ways(with_junk(whole, path, junk), query(interval="1d" if whole is WHOLE else "30m"))


@given(place=st.sampled_from(PLACES), junk=JUNK)
@settings(max_examples=150)
def test_garbage_at_any_depth_is_a_source_error_and_nothing_else(place, junk):
    whole, path = place
    read_both_ways(with_junk(whole, path, junk), query(interval="1d" if whole is WHOLE else "30m"))


@given(st.binary(max_size=300), st.integers(200, 599))
@settings(max_examples=200)
def test_garbage_bytes_are_a_source_error_and_nothing_else(body, status):
    with pytest.raises(SourceError):
        parse(body, status=status)


def test_a_query_far_away_is_asked_as_it_is():
    ancient = Query("TEST", dt.datetime(1900, 1, 1, tzinfo=dt.UTC), dt.datetime(2999, 1, 1, tzinfo=dt.UTC))
    (request,) = YAHOO.requests(ancient)
    assert int(request.params["period1"]) < 0
