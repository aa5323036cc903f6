"""Both shells against a real server on loopback: bad answers, faults of the wire, limits, rates, one flight."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from quantperf.clock import ManualClock
from quantperf.config import child_environment, settings
from quantperf.errors import Blocked, Malformed, ParameterError, RateLimited, SourceError, Upstream
from quantperf.transport import Answer, AsyncTransport, Backoff, Pace, Policy, Request, Transport, json_of
from tests.fixture_server import FixtureServer, Hit, Step

START = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
CHART = json.dumps({"chart": {"result": [{"timestamp": [1, 2, 3]}], "error": None}})
CONSENT = "<!DOCTYPE html><html><body><form action='https://consent.yahoo.com/v2/collectConsent'></form></body></html>"
BACK = "<html><body><h1>Will be right back...</h1></body></html>"


def policy(**figures: object) -> Policy:
    """Return a policy without rates or pauses."""
    quick = {"pace": Pace(rate=None), "backoff": Backoff(first=0.0), "body": 1_000_000}
    return Policy(**{**quick, **figures})  # type: ignore[arg-type]


@pytest.fixture
def transport() -> Iterator[Transport]:
    with Transport(policy()) as ours:
        yield ours


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until something that is bound to happen has happened."""
    end = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < end, "it did not happen within 10 s"
        time.sleep(0.002)


class Sleeper:
    """A clock that moves on by what is slept, so that nothing is really waited for."""

    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.clock.advance(dt.timedelta(seconds=seconds))


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


# Answers


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, CHART),
        (400, '{"chart": {"result": null, "error": {"code": "Bad Request", "description": "Invalid input"}}}'),
        (401, '{"finance": {"result": null, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}'),
        (404, '{"chart": {"result": null, "error": {"code": "Not Found", "description": "No data found"}}}'),
        (422, '{"chart": {"result": null, "error": {"code": "Unprocessable Entity", "description": "1m"}}}'),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_objects_of_every_status_reach_the_parser_whole(
    server: FixtureServer, transport: Transport, status: int, body: str, zipped: bool
) -> None:
    request = Request(server.script("/chart", Step(status, body, gzip=zipped, headers={"X-Kind": "chart"})))
    answer = transport.get(request)
    assert (answer.status, json_of(answer)) == (status, json.loads(body))
    assert answer.headers["x-kind"] == "chart"
    assert answer.request == request
    assert answer.at.tzinfo is dt.UTC
    assert server.hits() == 1


def test_a_429_that_says_for_how_long_is_asked_again_then(server: FixtureServer, sleeper: Sleeper) -> None:
    steps = Step(429, "Too Many Requests\r\n", headers={"Retry-After": "7"}), Step(200, CHART)
    with Transport(policy(), clock=sleeper.clock, sleep=sleeper) as transport:
        assert transport.get(Request(server.script("/a", *steps))).status == 200
    assert sleeper.slept == [7.0]


def test_a_429_may_say_it_with_a_date(server: FixtureServer, sleeper: Sleeper) -> None:
    dated = {"Retry-After": "Tue, 24 Nov 2026 12:00:30 GMT", "Date": "Tue, 24 Nov 2026 12:00:10 GMT"}
    with Transport(policy(), clock=sleeper.clock, sleep=sleeper) as transport:
        transport.get(Request(server.script("/a", Step(429, headers=dated), Step(200))))
    assert sleeper.slept == [20.0]


def test_a_429_without_a_word_backs_off_and_ends_as_rate_limited(server: FixtureServer, sleeper: Sleeper) -> None:
    url = server.script("/a", Step(429, "Too Many Requests"))
    with Transport(Policy(), clock=sleeper.clock, sleep=sleeper, draw=lambda: 1.0) as transport:
        with pytest.raises(RateLimited, match=r"wants fewer requests \(429\); ask later, and less often") as caught:
            transport.get(Request(url))
        assert transport.stats().total.retries == 3
    assert caught.value.retry_at is None
    assert sleeper.slept == [0.5, 1.0, 2.0]
    assert server.hits() == 4


def test_a_429_for_longer_than_we_wait_names_the_time_and_sends_nothing_more(
    server: FixtureServer, sleeper: Sleeper
) -> None:
    url = server.script("/a", Step(429, headers={"Retry-After": "600"}), Step(200))
    until = START + dt.timedelta(minutes=10)
    with Transport(policy(), clock=sleeper.clock, sleep=sleeper) as transport:
        for _ in range(3):
            with pytest.raises(RateLimited) as caught:
                transport.get(Request(url))
            assert caught.value.retry_at == until
        assert server.hits() == 1
        # A wall clock that is set forwards by a day does not shorten it; ten minutes do.
        sleeper.clock.set(START + dt.timedelta(days=1))
        with pytest.raises(RateLimited):
            transport.get(Request(url))
        sleeper.clock.advance(dt.timedelta(minutes=10))
        assert transport.get(Request(url)).status == 200


@pytest.mark.parametrize("status", [200, 403])
def test_a_consent_page_is_blocked_and_the_host_left_alone(
    server: FixtureServer, transport: Transport, status: int
) -> None:
    request = Request(server.script("/a", Step(status, CONSENT, headers={"Content-Type": "text/html"})))
    for _ in range(3):
        with pytest.raises(Blocked, match="it is not evaded: ask less often, or take another source"):
            transport.get(request)
    assert server.hits() == 1


@pytest.mark.parametrize(("body", "kind"), [(BACK, Upstream), (CHART[:30], Malformed), ("", Malformed)])
def test_a_page_of_maintenance_and_json_cut_short_are_told_when_they_are_read(
    server: FixtureServer, transport: Transport, body: str, kind: type[SourceError]
) -> None:
    answer = transport.get(Request(server.script("/a", Step(200, body))))
    with pytest.raises(kind):
        json_of(answer)


def test_broken_gzip_is_malformed_and_not_asked_again(server: FixtureServer, transport: Transport) -> None:
    with pytest.raises(Malformed, match="broken gzip"):
        transport.get(Request(server.script("/a", Step(200, CHART * 99, broken_gzip=True))))
    assert server.hits() == 1


@pytest.mark.parametrize("how", ["with its length", "in chunks", "zipped"])
def test_a_body_of_50_megabytes_is_cut(server: FixtureServer, transport: Transport, how: str) -> None:
    step = Step(200, b"0" * 50_000_000, chunked=how == "in chunks", gzip=how == "zipped")
    with pytest.raises(Malformed, match="answered with more than 1000000 bytes"):
        transport.get(Request(server.script("/big", step)))
    assert server.hits() == 1
    assert transport.stats().bytes == 0
    assert transport.get(Request(server.script("/small", Step(200, "x")))).body == b"x"


def test_a_body_as_long_as_the_cap_is_whole(server: FixtureServer, transport: Transport) -> None:
    assert len(transport.get(Request(server.script("/a", Step(200, b"0" * 1_000_000)))).body) == 1_000_000


# The wire


FAULTS = {
    "a body that trickles": (Step(200, "x" * 1000, trickle=0.05), "no whole answer within 0.4 s"),
    "a head that trickles": (Step(200, "x", trickle=0.05, slow_head=True), "no whole answer within 0.4 s"),
    "no answer": (Step(200, delay=60.0), "did not answer in time|no whole answer within 0.4 s"),
    "a reset at once": (Step(reset=True), "was not reached, or broke off"),
    "a reset in the body": (Step(200, "x" * 100_000, cut=70_000, reset=True), "was not reached, or broke off"),
    "an end in the body": (Step(200, "x" * 1000, cut=10), "was not reached, or broke off"),
    "an end in the chunks": (Step(200, "x" * 1000, cut=10, chunked=True), "was not reached, or broke off"),
}


@pytest.mark.parametrize("fault", list(FAULTS))
def test_a_fault_of_the_wire_is_asked_again_and_then_is_upstream(server: FixtureServer, fault: str) -> None:
    step, says = FAULTS[fault]
    server.script("/a", step)
    server.script("/passing", step, Step(200, "ok"))
    with Transport(policy(total=0.4, retries=1)) as transport:
        with pytest.raises(Upstream, match=says):
            transport.get(Request(server.url("/a")))
        assert server.hits("/a") == 2
        assert transport.stats().in_flight == 0
    with Transport(policy(total=0.4, retries=3)) as transport:
        assert transport.get(Request(server.url("/passing"))).body == b"ok"


def test_a_host_that_is_silent_is_given_up_before_the_whole_deadline(server: FixtureServer) -> None:
    url = server.script("/a", Step(200, delay=60.0))
    with (
        Transport(policy(read=0.1, retries=0)) as transport,
        pytest.raises(Upstream, match=r"did not answer in time \(ReadTimeout\)"),
    ):
        transport.get(Request(url))


def test_a_deadline_holds_between_two_bytes_of_a_head(server: FixtureServer) -> None:
    # A blocking client has a time-out for each read and none for the whole: about 40 bytes take 1.2 s of its 0.6.
    import httpx

    url = server.script("/a", Step(200, "x", trickle=0.03, slow_head=True))
    assert httpx.get(url, timeout=0.6).status_code == 200
    with Transport(policy(total=0.2, retries=0)) as transport, pytest.raises(Upstream, match=r"within 0\.2 s"):
        transport.get(Request(url))


def test_a_host_that_is_not_there_is_upstream() -> None:
    with FixtureServer() as gone:
        url = gone.url("/a")
    with Transport(policy()) as transport, pytest.raises(Upstream, match="was not reached"):
        transport.get(Request(url))


def test_a_redirect_loop_ends(server: FixtureServer, transport: Transport) -> None:
    with pytest.raises(Malformed, match="redirects more than 3 times; check the address"):
        transport.get(Request(server.script("/loop", Step(redirect="/loop"))))
    assert server.hits() == 4


def test_a_redirect_to_another_host_is_named_and_not_followed(server: FixtureServer, transport: Transport) -> None:
    server.script("/there", Step(200))
    with pytest.raises(Malformed, match=rf"another host, http://localhost:{server.port}/there; ask that one"):
        transport.get(Request(server.script("/away", Step(redirect=server.url("/there", host="localhost")))))
    assert server.hits("/there") == 0


def test_a_redirect_on_the_host_is_followed_with_its_own_query(server: FixtureServer, transport: Transport) -> None:
    server.script("/new", lambda hit: Step(200, json.dumps(hit.query)))
    request = Request(server.script("/old", Step(301, redirect="/new?b=2")), {"a": "1"})
    answer = transport.get(request)
    assert json_of(answer) == {"b": "2"}
    assert answer.request == request


# Who asks


def test_no_retry_ever_changes_the_name_by_which_we_ask(server: FixtureServer) -> None:
    # The trap: a client that meets a 429 takes another user agent and asks at once.
    def names(ask: Callable[[str], object]) -> set[str]:
        server.requests.clear()
        ask(server.script("/a", Step(429), Step(403), Step(503), Step(200, CONSENT)))
        return {hit.headers["user-agent"] for hit in server.requests}

    def ours(url: str) -> None:
        with Transport(policy(blocked_for=0.0)) as transport:
            transport.get_many([Request(url, {"n": str(number)}) for number in range(6)])

    def defective(url: str) -> None:
        import httpx

        for agent in ("Mozilla/5.0 (Windows)", "Mozilla/5.0 (Macintosh)", "Googlebot/2.1"):
            if httpx.get(url, headers={"User-Agent": agent}, timeout=5).status_code != 429:
                return

    assert names(ours) == {Transport().user_agent}
    assert len(names(defective)) > 1
    assert all(not hit.headers["user-agent"].startswith("quantperf/") for hit in server.requests)


def test_the_user_agent_says_who_we_are_and_how_to_reach_the_user(
    server: FixtureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUANTPERF_CONTACT", "me@example.org")
    settings.cache_clear()
    try:
        with Transport(policy()) as transport:
            transport.get(Request(server.script("/a", Step(200))))
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    agent = server.requests[-1].headers["user-agent"]
    assert agent == transport.user_agent
    assert agent.startswith("quantperf/")
    assert agent.endswith(" (+me@example.org)")
    assert Transport(contact="").user_agent == Transport().user_agent


@pytest.mark.parametrize("contact", ["me\r\nX-Other: 1", "mé", "a (b)", 3])
def test_a_contact_that_would_break_out_of_its_header_is_refused(contact: str) -> None:
    with pytest.raises(ParameterError, match="contact must be printable ASCII without brackets"):
        Transport(contact=contact)


def test_no_cookie_is_kept(server: FixtureServer, transport: Transport) -> None:
    request = Request(server.script("/a", Step(200, headers={"Set-Cookie": "id=1; Path=/"})))
    for _ in range(3):
        transport.get(request)
    assert all("cookie" not in hit.headers for hit in server.requests)


def test_headers_of_a_request_go_with_it_and_304_is_an_answer(server: FixtureServer, transport: Transport) -> None:
    url = server.script("/a", Step(200, "body", etag='"1"'))
    first = transport.get(Request(url))
    again = transport.get(Request(url, headers={"If-None-Match": first.headers["etag"]}))
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", '"1"')


def test_a_proxy_of_the_environment_is_asked(server: FixtureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url())
    server.script("/a", Step(200, "from the proxy"))
    with Transport(policy()) as transport:
        assert transport.get(Request("http://nowhere.invalid/a")).body == b"from the proxy"
    assert server.requests[-1].headers["host"] == "nowhere.invalid"


# Many at once


def test_ten_are_in_flight_and_never_more(server: FixtureServer, transport: Transport) -> None:
    together = threading.Barrier(10, timeout=10)

    def meet(hit: Hit) -> Step:
        together.wait()
        return Step(200, hit.query["n"])

    url = server.script("/a", meet)
    answers = transport.get_many([Request(url, {"n": str(number)}) for number in range(30)])
    assert [answer.body for answer in answers if isinstance(answer, Answer)] == [b"%d" % n for n in range(30)]
    assert server.most_in_flight() == 10 == transport.stats().most_in_flight


def test_ten_holds_for_all_threads_together(server: FixtureServer, transport: Transport) -> None:
    url = server.script("/a", Step(200, "x", delay=0.01))
    with ThreadPoolExecutor(4) as threads:
        found = threads.map(
            lambda name: transport.get_many([Request(url, {name: str(number)}) for number in range(20)]), "abcd"
        )
        assert all(isinstance(answer, Answer) for answers in found for answer in answers)
    assert server.hits() == 80
    assert server.most_in_flight() <= 10


def test_one_bad_request_of_many_is_one_error_in_its_place(server: FixtureServer) -> None:
    def serve(hit: Hit) -> Step:
        return {"3": Step(500), "5": Step(200, CONSENT, delay=0.3), "7": Step(404)}.get(hit.query["n"], Step(200, "x"))

    url = server.script("/a", serve)
    heard: list[tuple[str, str]] = []
    threads: set[int] = set()

    def listen(request: Request, outcome: object) -> None:
        heard.append((request.params["n"], type(outcome).__name__))
        threads.add(threading.get_ident())

    with Transport(policy(failures=99)) as transport:
        found = transport.get_many([Request(url, {"n": str(number)}) for number in range(9)], on_answer=listen)
    kinds = [type(outcome).__name__ for outcome in found]
    assert kinds == ["Answer"] * 3 + ["Upstream", "Answer", "Blocked"] + ["Answer"] * 3
    assert sorted(heard) == [(str(number), kind) for number, kind in enumerate(kinds)]
    assert threads == {threading.get_ident()}


def test_a_request_that_cannot_be_sent_ends_the_call_before_any_is(server: FixtureServer, transport: Transport) -> None:
    with pytest.raises(ParameterError, match="url must be an address"):
        transport.get_many([Request(server.script("/a", Step(200))), Request("nowhere")])
    assert server.hits() == 0
    assert transport.get_many([]) == []


def test_an_address_that_the_library_refuses_is_that_requests_error(
    server: FixtureServer, transport: Transport
) -> None:
    good = Request(server.script("/a", Step(200, "x")))
    long, answer = transport.get_many([Request(f"{good.url}?{'x' * 70_000}"), good])
    assert isinstance(long, Malformed)
    assert len(str(long)) < 500
    assert isinstance(answer, Answer)


def test_what_cannot_be_recorded_is_raised_and_hangs_nobody(server: FixtureServer, tmp_path: Path) -> None:
    request = Request(server.script("/a", Step(200, "x")))
    with Transport(policy(), record=tmp_path / "gone") as transport:
        (tmp_path / "gone").rmdir()
        for ask in (lambda: transport.get(request), lambda: transport.get_many([request])):
            with pytest.raises(FileNotFoundError):
                ask()


def test_a_host_with_a_pace_of_one_is_asked_one_by_one(server: FixtureServer) -> None:
    url = server.script("/a", Step(200, "x", delay=0.005))
    alone = policy(paces={f"127.0.0.1:{server.port}": Pace(rate=None, in_flight=1)})
    with Transport(alone) as transport:
        assert transport.policy is alone
        found = transport.get_many([Request(url, {"n": str(number)}) for number in range(12)])
    assert [type(outcome) for outcome in found] == [Answer] * 12
    assert server.most_in_flight() == 1


def test_an_error_of_the_listener_ends_the_call_and_nothing_stays_under_way(server: FixtureServer) -> None:
    url = server.script("/a", lambda hit: Step(200, delay=60.0 if int(hit.query["n"]) else 0.0))

    def stop(request: Request, outcome: object) -> None:
        raise KeyboardInterrupt

    with Transport(policy(read=60.0, total=60.0)) as transport:
        with pytest.raises(KeyboardInterrupt):
            transport.get_many([Request(url, {"n": str(number)}) for number in range(30)], on_answer=stop)
        wait_until(lambda: transport.stats().in_flight == 0)
        assert server.hits() <= 11


def test_a_coroutine_may_listen(server: FixtureServer) -> None:
    url = server.script("/a", Step(200, "x"))

    async def main() -> list[str]:
        heard = []

        async def listen(request: Request, outcome: object) -> None:
            await asyncio.sleep(0)
            heard.append(request.params["n"])

        async with AsyncTransport(policy()) as transport:
            await transport.get_many([Request(url, {"n": str(number)}) for number in range(5)], on_answer=listen)
        return heard

    assert sorted(asyncio.run(main())) == ["0", "1", "2", "3", "4"]


# One flight


def test_equal_requests_under_way_are_one_request(server: FixtureServer, transport: Transport) -> None:
    gate = threading.Event()

    def serve(hit: Hit) -> Step:
        assert gate.wait(10)
        return Step(200, "once")

    url = server.script("/a", serve)
    requests = [Request(url, {"x": "1", "y": "2"}), Request(f"{url}?y=2", {"x": "1"})] * 4
    with ThreadPoolExecutor(8) as threads:
        found = threads.map(transport.get, requests)
        wait_until(lambda: transport.stats().coalesced == 7)
        gate.set()
        answers = list(found)
    assert {answer.body for answer in answers} == {b"once"}
    assert server.hits() == 1
    # What one caller does to its answer is not seen by another.
    answers[0].headers["etag"] = "mine"  # type: ignore[index]
    assert all("etag" not in answer.headers for answer in answers[1:])


def test_a_failure_reaches_all_who_wait_and_is_made_once(server: FixtureServer) -> None:
    url = server.script("/a", Step(500))
    with Transport(policy(retries=1)) as transport:
        found = transport.get_many([Request(url)] * 5)
        assert transport.stats().coalesced == 4
    assert server.hits() == 2
    assert [type(outcome) for outcome in found] == [Upstream] * 5
    assert len({id(outcome) for outcome in found}) == 5


def test_requests_after_one_another_are_not_one(server: FixtureServer, transport: Transport) -> None:
    request = Request(server.script("/a", lambda hit: Step(200, str(hit.number))))
    assert [transport.get(request).body for _ in range(3)] == [b"1", b"2", b"3"]


def test_who_cancels_its_request_stops_nobody_else(server: FixtureServer) -> None:
    url = server.script("/a", Step(200, "late", delay=60.0), Step(200, "second"))

    async def main() -> tuple[bytes, int, int]:
        async with AsyncTransport(policy()) as transport:
            first = asyncio.create_task(transport.get(Request(url)))
            while not server.hits():  # noqa: ASYNC110  (counted on another thread)
                await asyncio.sleep(0.01)
            others = [asyncio.create_task(transport.get(Request(url))) for _ in range(3)]
            await asyncio.sleep(0)
            others[2].cancel()
            await asyncio.sleep(0)
            first.cancel()
            answers = await asyncio.gather(*others[:2])
            assert first.cancelled()
            assert others[2].cancelled()
            stats = transport.stats()
            return answers[1].body, stats.in_flight, len(answers)

    assert asyncio.run(main()) == (b"second", 0, 2)
    assert server.hits() == 2


# Rates


def test_ten_requests_at_one_a_second_take_six_seconds_after_a_burst_of_four(
    server: FixtureServer, sleeper: Sleeper
) -> None:
    url = server.script("/a", Step(200))
    with Transport(policy(pace=Pace()), clock=sleeper.clock, sleep=sleeper) as transport:
        for number in range(10):
            transport.get(Request(url, {"n": str(number)}))
        total = transport.stats().total
    assert sleeper.slept == [1.0] * 6
    assert (total.requests, total.waits, round(total.waited, 6)) == (10, 6, 6.0)


def test_a_clock_that_is_set_back_stops_no_request(server: FixtureServer, sleeper: Sleeper) -> None:
    # The trap: rates and expiry by the wall clock; an hour back, and everybody waits for an hour.
    request = Request(server.script("/a", Step(200)))
    with Transport(policy(pace=Pace(rate=1.0, burst=1)), clock=sleeper.clock, sleep=sleeper) as transport:
        transport.get(request)
        sleeper.clock.set(START - dt.timedelta(hours=1))
        transport.get(request)
    assert sleeper.slept == [1.0]


def test_while_one_waits_the_loop_serves_others(server: FixtureServer) -> None:
    # The trap: a blocking sleep in a coroutine.
    limited = server.script("/limited", Step(429, headers={"Retry-After": "1"}), Step(200))

    async def ticks(wait: Callable[[AsyncTransport], Awaitable[object]]) -> int:
        async with AsyncTransport(policy()) as transport:
            waiting = asyncio.create_task(wait(transport))  # type: ignore[arg-type]
            seen = 0
            while not waiting.done():
                await asyncio.sleep(0.02)
                seen += 1
            await waiting
            return seen

    async def defective(transport: AsyncTransport) -> None:
        time.sleep(1.0)  # noqa: ASYNC251  (it is the defect)

    assert asyncio.run(ticks(lambda transport: transport.get(Request(limited)))) > 10
    assert asyncio.run(ticks(defective)) <= 2


def test_an_error_stays_an_error_and_an_empty_result_is_none(server: FixtureServer, transport: Transport) -> None:
    # The trap: what failed comes back as an empty list and is taken for "no news".
    def defective(requests: list[Request]) -> list[bytes]:
        found = []
        for request in requests:
            try:
                found.append(transport.get(request).body)
            except SourceError:
                found.append(b"")
        return found

    failing, empty = Request(server.script("/bad", Step(500))), Request(server.script("/none", Step(200, "")))
    assert defective([failing]) == defective([empty])
    bad, none = transport.get_many([failing, empty])
    assert isinstance(bad, Upstream)
    assert isinstance(none, Answer)
    assert none.body == b""


# Beginning and end


def test_importing_and_making_a_transport_loads_no_client_and_starts_no_thread() -> None:
    code = (
        "import sys, threading, quantperf; from quantperf.transport import Request, Transport; Transport(); "
        "print('httpx' in sys.modules, threading.active_count())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=child_environment(), capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False 1\n", "")


def test_a_closed_transport_leaves_no_thread_and_says_so(server: FixtureServer) -> None:
    before = threading.active_count()
    transport = Transport(policy())
    request = Request(server.script("/a", Step(200)))
    transport.get(request)
    assert transport.stats().total.requests == 1
    transport.close()
    transport.close()
    wait_until(lambda: threading.active_count() <= before)
    for ask in (lambda: transport.get(request), lambda: transport.get_many([request])):
        with pytest.raises(ParameterError, match="the transport is closed; make a new one"):
            ask()
    assert transport.stats().total.requests == 1


def test_a_transport_that_nobody_closes_is_closed_when_it_goes(server: FixtureServer) -> None:
    transport = Transport(policy())
    transport.get(Request(server.script("/a", Step(200))))
    names = lambda: [thread.name for thread in threading.enumerate()]  # noqa: E731
    assert "quantperf-transport" in names()
    del transport
    gc.collect()
    wait_until(lambda: "quantperf-transport" not in names())


def test_who_asks_while_the_transport_is_closed_is_told(server: FixtureServer) -> None:
    transport = Transport(policy(read=60.0, total=60.0))
    request = Request(server.script("/a", Step(200, delay=60.0)))
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(transport.get, request)
        wait_until(lambda: server.hits() == 1)
        transport.close()
        with pytest.raises(ParameterError, match="closed while it was asking"):
            asking.result(10)


FORKING = """
import os, sys
from quantperf.transport import Request, Transport
request = Request(sys.argv[1])
with Transport() as transport:
    transport.get(request)
    child = os.fork()
    if child:
        print(os.waitpid(child, 0)[1], transport.get(request).status)
    else:
        try:
            transport.get(request)
        except ValueError as error:
            print(error, flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_is_told_and_disturbs_nobody(server: FixtureServer) -> None:
    warnings = "-W", "error", "-W", "ignore::DeprecationWarning"  # Python 3.12 warns of a fork beside a thread
    done = subprocess.run(
        [sys.executable, *warnings, "-c", FORKING, server.script("/a", Step(200))],
        env=child_environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "a Transport does not survive a fork; make one in the child process\n0 200\n"
    assert done.stderr == ""
    assert server.hits() == 2


def test_an_async_transport_belongs_to_one_loop(server: FixtureServer) -> None:
    transport = AsyncTransport(policy())
    request = Request(server.script("/a", Step(200)))

    async def ask_and_close() -> None:
        async with transport:
            assert (await transport.get(request)).status == 200

    async def use() -> None:
        await transport.get_many([])

    asyncio.run(use())
    with pytest.raises(ParameterError, match="belongs to one event loop"):
        asyncio.run(ask_and_close())
    with pytest.raises(ParameterError, match="the transport is closed"):
        asyncio.run(use())


def test_it_works_in_a_cell_of_a_notebook(server: FixtureServer, transport: Transport) -> None:
    request = Request(server.script("/a", Step(200, "x")))

    async def cell() -> bytes:
        return transport.get(request).body  # a loop runs on this thread already

    assert asyncio.run(cell()) == b"x"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"policy": 3}, "policy must be a Policy, got 3; such as"),
        ({"record": "a", "replay": "b"}, "record and replay must not be given both"),
        ({"replay": "no/such/folder"}, "replay must be a folder of recorded exchanges, got 'no/such/folder'"),
    ],
)
def test_parameters_are_checked_before_any_work(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        Transport(**arguments)  # type: ignore[arg-type]
