"""The sample as a source: bars as traded, splits and dividends that explain the adjusted close."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from quantperf.errors import NotFound, SourceError
from quantperf.market.history import Query
from quantperf.market.sample import sample
from quantperf.market.sources.bundled import Bundled
from quantperf.market.validation import Code, validate

SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")


def read(symbol, start="1999-01-01", end="2014-01-01", interval="1d"):
    first, last = (dt.datetime.fromisoformat(day).replace(tzinfo=dt.UTC) for day in (start, end))
    return Bundled().read(Query(symbol, first, last, interval))


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_bars_are_those_of_the_sample(symbol):
    found = read(symbol)
    assert found.bars.frame().equals(sample(symbol))
    assert (found.basis, dict(found.repairs), found.meta["open"]) == ("raw", {}, False)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_actions_explain_the_adjusted_close_to_the_last_digits(symbol):
    """Built back from the actions alone, with the publisher's factor ``1 + dividend / close``."""
    found = read(symbol)
    frame = sample(symbol, adjusted=True)
    close, days = frame["close"].to_numpy(), found.bars.stamps
    factor = np.ones(len(close))
    for action in found.actions:
        row = int(np.searchsorted(days, action.date))
        assert days[row] == action.date
        factor[:row] /= action.value if action.kind == "split" else 1.0 + action.value / close[row]
    rebuilt = close * factor * (frame["adj_close"].iloc[-1] / close[-1])  # what came after 2013 is one number
    np.testing.assert_allclose(rebuilt, frame["adj_close"], rtol=1e-11)


def test_splits_and_dividends_are_those_that_are_known():
    told = {
        symbol: [(one.kind, str(np.datetime64(one.date, "D")), one.value) for one in read(symbol).actions]
        for symbol in SYMBOLS
    }
    assert told["AAPL"] == [
        ("split", "2000-06-21", 2.0), ("split", "2005-02-28", 2.0),
        ("dividend", "2012-08-09", 2.65), ("dividend", "2012-11-07", 2.65), ("dividend", "2013-02-07", 2.65),
    ]  # fmt: skip
    assert [one for one in told["MSFT"] if one[0] == "split"] == [("split", "2003-02-18", 2.0)]
    assert ("dividend", "2004-11-15", 3.08) in told["MSFT"]  # the special dividend of 3.00, and 0.08
    counts = {symbol: sum(kind == "dividend" for kind, *_ in actions) for symbol, actions in told.items()}
    assert counts == {"AAPL": 3, "FB": 0, "GOOG": 0, "IBM": 52, "MSFT": 37}


def test_the_crash_of_2000_is_no_split_though_it_halves_the_price():
    found = read("AAPL")
    jumps = np.flatnonzero(validate(found.bars).mask & np.uint32(Code.JUMP))
    dates = {str(found.bars.index()[row].date()) for row in jumps}
    splits = {str(np.datetime64(one.date, "D")) for one in found.actions if one.kind == "split"}
    assert dates - splits == {"2000-09-29"}


def test_only_the_span_that_is_asked_for_is_given():
    found = read("AAPL", "2012-01-01", "2013-01-01")
    assert len(found.bars) == 250
    assert [one.value for one in found.actions] == [2.65, 2.65]
    assert dict(found.repairs) == {"outside_query": 3020}


def test_any_other_symbol_or_length_is_an_error():
    with pytest.raises(NotFound, match="the sample has AAPL, FB, GOOG, IBM, MSFT, got 'APPL'; did you mean 'AAPL'"):
        read("APPL")
    with pytest.raises(SourceError, match="the sample has bars of 1d, asked was 1h"):
        read("AAPL", interval="1h")
