"""The server that tests talk to does what its script says: each fault, each counter, and no thread left behind."""

from __future__ import annotations

import gzip
import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fixture_server import FixtureServer, Hit, Step


@pytest.fixture
def server() -> Iterator[FixtureServer]:
    with FixtureServer() as running:
        yield running


def ask(server: FixtureServer, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_steps_are_taken_in_turn_and_the_last_one_repeats(server: FixtureServer) -> None:
    server.script("/a", Step(429, headers={"Retry-After": "2"}), Step(200, "now"))
    assert [ask(server, "/a")[::2] for _ in range(3)] == [(429, b""), (200, b"now"), (200, b"now")]
    assert server.hits("/a") == server.hits() == 3
    assert server.statuses == {429: 1, 200: 2}
    assert ask(server, "/elsewhere")[0] == 404


def test_a_step_may_depend_on_the_query(server: FixtureServer) -> None:
    server.script("/q", lambda hit: Step(200, f"{hit.query['symbol']} {hit.number}"))
    assert ask(server, "/q?symbol=A%26B")[2] == b"A&B 1"
    assert server.requests[-1].headers["host"] == f"127.0.0.1:{server.port}"


def test_what_has_not_changed_is_304(server: FixtureServer) -> None:
    server.script("/tag", Step(200, "body", etag='"1"'))
    assert ask(server, "/tag")[1]["etag"] == '"1"'
    assert ask(server, "/tag", If_None_Match='"1"')[::2] == (304, b"")
    assert ask(server, "/tag", If_None_Match='"0"')[::2] == (200, b"body")
    stamp = "Tue, 24 Nov 2026 01:00:00 GMT"
    server.script("/date", Step(200, "body", last_modified=stamp))
    assert ask(server, "/date", If_Modified_Since=stamp)[0] == 304
    assert ask(server, "/date", If_Modified_Since="Mon, 23 Nov 2026 01:00:00 GMT")[0] == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_faults_of_the_wire_are_faults(server: FixtureServer, chunked: bool) -> None:
    server.script("/cut", Step(200, "0123456789", cut=4, chunked=chunked))
    with pytest.raises(http.client.IncompleteRead):
        ask(server, "/cut")
    server.script("/reset", Step(200, "0123456789", cut=4, reset=True, chunked=chunked))
    with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
        ask(server, "/reset")
    server.script("/refused", Step(reset=True))
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        ask(server, "/refused")


def test_bodies_are_compressed_broken_trickled_and_redirected(server: FixtureServer) -> None:
    text = "".join(str(number) for number in range(999))
    server.script("/gzip", Step(200, text, gzip=True))
    assert gzip.decompress(ask(server, "/gzip")[2]).decode() == text
    server.script("/broken", Step(200, text, broken_gzip=True))
    with pytest.raises((OSError, EOFError, gzip.zlib.error)):  # type: ignore[attr-defined]
        gzip.decompress(ask(server, "/broken")[2])
    server.script("/slow", Step(200, "abc", trickle=0.001, delay=0.001))
    assert ask(server, "/slow")[2] == b"abc"
    server.script("/away", Step(redirect="/slow"))
    assert ask(server, "/away")[1]["location"] == "/slow"


def test_requests_under_way_at_once_are_counted(server: FixtureServer) -> None:
    together = threading.Barrier(3, timeout=5)

    def meet(hit: Hit) -> Step:
        together.wait()
        return Step(200, "met")

    server.script("/meet", meet)
    server.script("/alone", Step(200, "x"))
    with ThreadPoolExecutor(3) as threads:
        assert {answer[2] for answer in threads.map(lambda _: ask(server, "/meet"), range(3))} == {b"met"}
    for _ in range(20):
        ask(server, "/alone")
    assert (server.most_in_flight(), server.most_in_flight("/meet"), server.most_in_flight("/alone")) == (3, 3, 1)


def test_leaving_ends_slow_answers_and_all_threads() -> None:
    before = threading.active_count()
    with FixtureServer() as server:
        server.script("/never", Step(200, "x" * 1000, trickle=60.0))
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", "/never")
        assert connection.getresponse().status == 200
    connection.close()
    assert threading.active_count() == before


def test_a_mistake_in_a_script_is_raised_at_the_end() -> None:
    with pytest.raises(KeyError, match="symbol"), FixtureServer() as server:  # noqa: PT012
        server.script("/q", lambda hit: Step(200, hit.query["symbol"]))
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            ask(server, "/q")
