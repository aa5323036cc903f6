"""What tests of collecting share: a vendor on loopback, a store beside it, and a clock that is set by hand."""

from __future__ import annotations

import pytest

from quantperf.market.sources.yahoo import YahooChart
from quantperf.market.store import Store
from quantperf.transport import Transport
from tests.fixture_server import FixtureServer
from tests.market.vendor import EAGER, LATER, Pinned, Vendor


@pytest.fixture
def clock():
    return Pinned(LATER)


@pytest.fixture
def server():
    with FixtureServer() as made:
        yield made


@pytest.fixture
def vendor(server):
    return Vendor(server)


@pytest.fixture
def store(tmp_path, clock):
    with Store(tmp_path / "store", clock=clock) as opened:
        yield opened


@pytest.fixture
def collect(store, server, clock):
    source = YahooChart(server.url())
    with Transport(EAGER, clock=clock) as transport:

        def run(symbols, start="2024-01-01", end=None, **options):
            return store.collect(
                symbols, start, end, **{"source": source, "transport": transport, "progress": False, **options}
            )

        yield run
