"""Yahoo's adapter over a real socket: every case comes by way of the transport, and reads the same once recorded."""

from __future__ import annotations

import dataclasses
import json

import pytest

from quantperf.clock import ManualClock
from quantperf.errors import Blocked, RateLimited, SourceError
from quantperf.market.history import Parsed
from quantperf.market.sources.yahoo import YahooChart
from quantperf.transport import Backoff, Pace, Policy, Transport
from tests.fixture_server import FixtureServer, Step
from tests.market.payloads import ANSWERS, AT, ROWS, answer, changed, daily, query, result
from tests.market.test_sources_yahoo import same

QUICK = Policy(pace=Pace(rate=None), backoff=Backoff(first=0.0), retries=0, failures=10_000)


def named(payload, symbol):
    """The payload as one of another symbol, as bytes."""
    if isinstance(payload, bytes):
        return payload
    told = result(payload)["meta"] if payload and payload.get("chart", {}).get("result") else {}
    if told.get("symbol") != "TEST":
        return json.dumps(payload).encode()
    return json.dumps(changed(payload, lambda one: result(one)["meta"].update(symbol=symbol))).encode()


def outcomes(source, transport, queries):
    """What becomes of each query: what was parsed, or the class of the error; one never touches the others."""
    found = []
    for asked, answered in zip(queries, transport.get_many([source.requests(one)[0] for one in queries]), strict=True):
        try:
            if isinstance(answered, SourceError):
                raise answered
            found.append(source.parse(asked, [answered]))
        except SourceError as error:
            found.append(type(error))
    return found


def all_cases():
    """Body, status and query of every case, each as one of a symbol of its own."""
    told = [(case.payload, 200, case.query) for case in ROWS.values()]
    told += [(payload, status, query()) for payload, status, _ in ANSWERS.values()]
    for number, (payload, status, asked) in enumerate(told):
        symbol = f"T{number}"
        yield named(payload, symbol), status, dataclasses.replace(asked, symbol=symbol)


def test_every_case_comes_over_a_socket_as_it_is_and_replays_as_it_came(tmp_path):
    cases = list(all_cases())
    queries = [asked for *_, asked in cases]
    # After these the transport leaves the host alone, whatever else was to be asked: they come alone.
    ending = [len(ROWS) + place for place, (*_, kind) in enumerate(ANSWERS.values()) if kind in {Blocked, RateLimited}]
    together = [number for number in range(len(cases)) if number not in ending]
    live = {}
    with FixtureServer() as server:
        for body, status, asked in cases:
            path = f"/v8/finance/chart/{asked.symbol}"
            server.script(path, Step(status, body, {"Content-Type": "application/json"}, gzip=bool(status % 2)))
        source = YahooChart(server.url())
        for group in (together, *([number] for number in ending)):
            with Transport(QUICK, record=tmp_path, clock=ManualClock(AT)) as transport:
                live.update(zip(group, outcomes(source, transport, [queries[one] for one in group]), strict=True))
        hits = server.hits()
        with Transport(replay=tmp_path) as transport:
            replayed = outcomes(source, transport, queries)
        assert server.hits() == hits == len(queries)
    for number, other in enumerate(replayed):
        assert live[number] is other or same(live[number], other)
    for number in range(len(ROWS)):
        assert isinstance(live[number], Parsed)
        assert same(live[number], source.parse(queries[number], [answer(cases[number][0])]))
    assert [live[len(ROWS) + place] for place in range(len(ANSWERS))] == [kind for *_, kind in ANSWERS.values()]


@pytest.mark.parametrize(
    "fault",
    [Step(body=b"x" * 400, broken_gzip=True), Step(body=json.dumps(daily()), cut=100), Step(reset=True)],
    ids=["broken gzip", "cut short", "reset"],
)
def test_a_fault_of_the_wire_is_an_error_of_that_symbol_alone(fault):
    with FixtureServer() as server:
        server.script("/v8/finance/chart/TEST", Step(200, json.dumps(daily())))
        server.script("/v8/finance/chart/BAD", fault)
        source = YahooChart(server.url())
        with Transport(QUICK) as transport:
            bad, good = outcomes(source, transport, [query("BAD"), query()])
    assert issubclass(bad, SourceError)
    assert len(good.bars) == 5


def test_what_is_sent_is_one_plain_get_with_an_honest_name():
    with FixtureServer() as server:
        server.script("/v8/finance/chart/%5EGSPC", Step(200, json.dumps(daily(symbol="^GSPC"))))
        source = YahooChart(server.url())
        with Transport(QUICK) as transport:
            asked = query("^GSPC")
            found = source.parse(asked, [transport.get(request) for request in source.requests(asked)])
        (hit,) = server.requests
    assert len(found.bars) == 5
    assert hit.query["events"] == "div,splits"
    assert hit.headers["user-agent"].startswith("quantperf/")
    assert not {"cookie", "crumb"} & (hit.headers.keys() | hit.query.keys())
