"""Sources by name: ours, those of other packages, and functions."""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib.metadata

import pandas as pd
import pytest

from quantperf.errors import Malformed, NotFound, ParameterError, RateLimited, Upstream
from quantperf.market import sources
from quantperf.market.history import Query
from quantperf.market.sample import sample
from quantperf.market.sources import Bundled, Frames, FunctionSource, YahooChart, register, source_of, unregister
from quantperf.market.sources.protocol import CAPS, LocalSource, QuoteSource, Source
from quantperf.market.sources.registry import GROUP, registered

FB = Query("FB", dt.datetime(2013, 1, 1, tzinfo=dt.UTC), dt.datetime(2013, 2, 1, tzinfo=dt.UTC))


@pytest.fixture
def name():
    yield "mine"
    if "mine" in registered():
        unregister("mine")


def january(symbol, start, end, interval):
    frame = sample(symbol)
    return frame[(frame.index >= start.replace(tzinfo=None)) & (frame.index < end.replace(tzinfo=None))]


async def january_later(symbol, start, end, interval):
    await asyncio.sleep(0)
    return january(symbol, start, end, interval)


@pytest.mark.parametrize("function", [january, january_later], ids=["sync", "async"])
def test_a_function_becomes_a_source(name, function):
    register(name, function, basis="splits", decimals=2)
    found = source_of(name).read(FB)
    assert found.bars.frame().equals(sample("FB").loc["2013-01"])
    assert (found.basis, found.decimals) == ("splits", 2)


def test_an_async_function_is_awaited_within_a_running_loop_too(name):
    source = register(name, january_later)

    async def inside():
        return source.read(FB)

    assert len(asyncio.run(inside()).bars) == 21


def test_what_an_async_function_raises_in_a_running_loop_is_raised(name):
    async def fails(symbol, start, end, interval):
        raise RateLimited("slow down")

    source = register(name, fails)

    async def inside():
        return source.read(FB)

    with pytest.raises(RateLimited, match="slow down"):
        asyncio.run(inside())


def test_a_frame_as_yfinance_gives_it_is_read():
    frame = sample("FB").rename(columns=str.title)
    frame.index = frame.index.tz_localize("America/New_York")
    frame.columns = pd.MultiIndex.from_product([frame.columns, ["FB"]], names=["Price", "Ticker"])
    found = FunctionSource("mine", lambda *query: frame).read(FB)
    assert found.bars.frame().equals(sample("FB").loc["2013-01"])
    assert dict(found.repairs) == {"outside_query": 175}


def test_none_is_an_unknown_symbol_and_an_empty_frame_is_no_bars():
    """Errors returned as empty series, then used: the two are told apart."""
    with pytest.raises(NotFound, match=r"source 'mine' does not know 'FB'"):
        FunctionSource("mine", lambda *query: None).read(FB)
    assert len(FunctionSource("mine", lambda *query: pd.DataFrame()).read(FB).bars) == 0


def test_what_a_function_raises_is_the_cause():
    def fails(*query):
        raise KeyError("chart")

    with pytest.raises(Upstream, match=r"source 'mine' failed for 'FB': KeyError\('chart'\)") as caught:
        FunctionSource("mine", fails).read(FB)
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("given", [[1, 2], "prices", sample("FB")["close"], sample("FB").drop(columns="high")])
def test_what_is_no_frame_of_bars_is_malformed(given):
    with pytest.raises(Malformed, match="source 'mine'"):
        FunctionSource("mine", lambda *query: given).read(FB)


def test_every_source_of_ours_has_the_shape_of_one():
    for own in ("sample", "synthetic", "yahoo"):
        source = source_of(own)
        assert source.name == own
        assert isinstance(source, Source | LocalSource)
        assert source.caps <= CAPS
        assert source is source_of(own)
    assert isinstance(source_of("yahoo"), QuoteSource)
    assert not isinstance(source_of("sample"), Source)


def test_a_source_is_taken_as_it_is(name):
    source = Frames({"FB": sample("FB")})
    assert source_of(source) is source
    register(name, source)
    assert source_of(name) is source


def test_an_unknown_name_says_what_was_meant():
    with pytest.raises(ParameterError, match=r"unknown source 'yaho'; did you mean 'yahoo'"):
        source_of("yaho")
    with pytest.raises(ParameterError, match=r"unknown source 'zzz'; known are .*synthetic"):
        source_of("zzz")


def test_a_name_is_not_taken_twice_by_accident(name):
    register(name, january)
    with pytest.raises(ParameterError, match="'mine' is a source already; give replace=True"):
        register(name, january)
    other = register(name, Bundled(), replace=True)
    assert source_of(name) is other
    with pytest.raises(ParameterError, match="'yahoo' is a source already"):
        register("yahoo", january)


def test_one_of_ours_can_be_replaced_and_comes_back():
    mirror = YahooChart("http://127.0.0.1:9")
    assert register("yahoo", mirror, replace=True) is source_of("yahoo")
    unregister("yahoo")
    assert source_of("yahoo") is not mirror


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a b", january), "name must be letters, digits, _ and -, got 'a b'"),
        (("", january), "name must be letters"),
        (("mine", 5), "source must have requests and parse, or read, or be a function"),
        (("mine", Bundled), "source must be an instance, got the class Bundled; call it first"),
    ],
)
def test_what_cannot_be_a_source_is_refused(arguments, message):
    with pytest.raises(ParameterError) as caught:
        register(*arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize(("basis", "decimals"), [("adjusted", 4), ("raw", -1), ("raw", True)])
def test_what_is_said_of_a_function_is_checked(basis, decimals):
    with pytest.raises(ParameterError, match=r"basis must be one of|decimals must be a whole number"):
        FunctionSource("mine", january, basis, decimals)


class Vendor(Bundled):
    name = "vendor"


@pytest.mark.parametrize("value", ["Vendor", "january"])
def test_other_packages_offer_sources_as_entry_points(monkeypatch, value):
    point = importlib.metadata.EntryPoint("vendor", f"{__name__}:{value}", GROUP)
    monkeypatch.setattr(type(point), "load", lambda self: {"Vendor": Vendor, "january": january}[value])
    real = importlib.metadata.entry_points

    def found(**asked):
        name = asked.get("name", "vendor")
        return [point] if asked.get("group") == GROUP and name == "vendor" else real(**asked)

    monkeypatch.setattr("quantperf.market.sources.registry.entry_points", found)
    assert "vendor" in registered()
    assert len(source_of("vendor").read(FB).bars) == 21
    unregister("vendor")


def test_all_names_of_the_package_can_be_loaded():
    assert sources.__all__ == sorted(sources.__all__)
    for label in dir(sources):
        assert getattr(sources, label) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = sources.nothing
