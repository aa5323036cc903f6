"""Exchanges on disk: what is replayed equals what was recorded, no secret is among it, and no socket is opened."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from quantperf.clock import ManualClock
from quantperf.errors import Malformed, NotFound, ParameterError, RateLimited, SourceError, Upstream
from quantperf.transport import Answer, AsyncTransport, Backoff, Pace, Policy, Request, Transport, json_of
from quantperf.transport.recording import SCRUBBED, Player, Recorder
from tests.fixture_server import FixtureServer, Hit, Step

AT = dt.datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=dt.UTC)
QUICK = Policy(pace=Pace(rate=None), backoff=Backoff(first=0.0), failures=99)
KEY = "k3y-that-nobody-may-see"


def answered(request: Request, body: str | bytes = "x", status: int = 200, **headers: str) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    return Answer(request, status, {name.replace("_", "-"): value for name, value in headers.items()}, raw, AT)


def parsed(outcome: Answer | SourceError) -> object:
    """Return what a parser makes of an outcome: data with its headers and time, or the kind of its error."""
    try:
        if isinstance(outcome, SourceError):
            raise outcome
        return json_of(outcome), outcome.status, outcome.headers.get("etag"), outcome.at
    except RateLimited as error:
        return "RateLimited", str(error), error.retry_at
    except SourceError as error:
        return type(error).__name__, str(error)


def test_parsing_the_replay_is_parsing_what_was_recorded(server: FixtureServer, tmp_path: Path) -> None:
    def serve(hit: Hit) -> Step:
        return {
            "AAPL": Step(200, '{"close": [1.5, NaN]}', etag='"1"', gzip=True),
            "^GSPC": Step(200, '{"name": "S&P 500 – 指数"}'),
            "NONE": Step(404, '{"chart": {"result": null}}'),
            "HTML": Step(200, "<html>hello</html>"),
            "LATIN": Step(200, b"\xe9t\xe9 \x00\xff"),
            "DOWN": Step(503),
            "SLOWER": Step(429, headers={"Retry-After": "900"}),
        }[hit.query["symbol"]]

    url = server.script("/chart", serve)
    symbols = ["AAPL", "^GSPC", "NONE", "HTML", "LATIN", "DOWN", "SLOWER"]
    requests = [Request(url, {"symbol": symbol}) for symbol in symbols]
    with Transport(QUICK, record=tmp_path / "new" / "folder", clock=ManualClock(AT)) as transport:
        live = [transport.get_many([request])[0] for request in requests]
    hits = server.hits()
    with Transport(replay=tmp_path / "new" / "folder") as transport:
        replayed = transport.get_many(reversed(requests))[::-1]
        assert transport.stats().replayed == len(symbols)
        assert transport.stats().total.requests == 0
    assert [parsed(outcome) for outcome in replayed] == [parsed(outcome) for outcome in live]
    assert [outcome.body for outcome in replayed if isinstance(outcome, Answer)] == [
        outcome.body for outcome in live if isinstance(outcome, Answer)
    ]
    assert server.hits() == hits
    kinds = [type(outcome).__name__ for outcome in replayed]
    assert kinds == ["Answer"] * 5 + ["Upstream", "RateLimited"]


def test_a_replay_opens_no_socket_and_needs_no_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request("https://nowhere.invalid/chart", {"symbol": "AAPL"})
    Recorder(tmp_path).keep(request, answered(request, "[1]"))

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a client was made")

    monkeypatch.setattr("httpx.AsyncClient.__init__", refuse)
    with Transport(replay=tmp_path) as transport:
        assert json_of(transport.get(request)) == [1]

    async def main() -> object:
        async with AsyncTransport(replay=tmp_path) as replaying:
            return json_of(await replaying.get(request))

    assert asyncio.run(main()) == [1]


def test_what_was_not_recorded_says_what_was_asked_and_what_to_do(tmp_path: Path) -> None:
    known = Request("https://nowhere.invalid/chart", {"symbol": "AAPL"})
    Recorder(tmp_path).keep(known, answered(known))
    with Transport(replay=tmp_path) as transport:
        found, missing = transport.get_many([known, Request(known.url, {"symbol": "IBM", "apikey": KEY})])
    assert isinstance(found, Answer)
    assert isinstance(missing, Upstream)
    said = str(missing)
    assert "https://nowhere.invalid/chart with the query 'apikey=scrubbed&symbol=IBM' is recorded in" in said
    assert "record it with Transport(record=...)" in said
    assert KEY not in said


SECRETS: dict[str, Callable[[], Request]] = {
    "key in the query": lambda: Request("http://a.invalid/q", {"apikey": KEY, "s": "AAPL"}),
    "key in the address": lambda: Request(f"http://a.invalid/q?API_KEY={KEY}", {"s": "AAPL"}),
    "crumb": lambda: Request("http://a.invalid/q", {"crumb": KEY}),
    "token": lambda: Request("http://a.invalid/q", {"access_token": KEY}),
    "a name of one's own": lambda: Request("http://a.invalid/q", {"membership": KEY}),
    "bearer": lambda: Request("http://a.invalid/q", headers={"Authorization": f"Bearer {KEY}"}),
    "header": lambda: Request("http://a.invalid/q", headers={"X-Api-Key": KEY}),
    "cookie": lambda: Request("http://a.invalid/q", headers={"Cookie": f"B={KEY}"}),
    "password": lambda: Request(f"http://me:{KEY}@a.invalid/q"),
    "in the path too": lambda: Request(f"http://a.invalid/{KEY}/q", {"token": KEY}),
}


@pytest.mark.parametrize("where", list(SECRETS))
def test_no_secret_is_recorded_even_where_the_answer_repeats_it(where: str, tmp_path: Path) -> None:
    request = SECRETS[where]()
    repeated = f"We have detected your key as {KEY}, our limit is 25 a day"
    recorder = Recorder(tmp_path, secrets=["Membership"])
    set_cookie = {"set-cookie": f"B={KEY}", "x-echo": KEY, "etag": f'"{KEY}"'}
    for outcome in (
        Answer(request, 200, set_cookie, json.dumps({"Information": repeated}).encode(), AT),
        Answer(request, 200, set_cookie, KEY.encode() + b"\xff", AT),
        NotFound(f"no {KEY}"),
    ):
        recorder.keep(request, outcome)
    kept = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]
    assert len(kept) == 3
    names = [path.name for path in tmp_path.iterdir()]
    assert not any(KEY in text for text in [*kept, *names])
    player = Player(tmp_path, secrets=["membership"])
    first = player.outcome(request)
    assert isinstance(first, Answer)
    assert json_of(first)["Information"] == repeated.replace(KEY, SCRUBBED)
    assert set(first.headers) == {"etag"}


def test_another_key_replays_the_same_exchange_and_another_symbol_does_not(tmp_path: Path) -> None:
    request = Request("http://a.invalid/q", {"apikey": KEY, "s": "AAPL"})
    Recorder(tmp_path).keep(request, answered(request, "mine"))
    player = Player(tmp_path)
    assert isinstance(player.outcome(Request("http://a.invalid/q", {"s": "AAPL", "apikey": "another-key"})), Answer)
    assert isinstance(player.outcome(Request("http://a.invalid/q", {"s": "IBM", "apikey": KEY})), Upstream)


def test_short_words_are_no_keys_and_keep_requests_apart(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for token in ("BTC", "ETH"):
        request = Request("http://a.invalid/q", {"token": token, "session": "pre"})
        recorder.keep(request, answered(request, token))
    player = Player(tmp_path)
    for token in ("ETH", "BTC"):
        found = player.outcome(Request("http://a.invalid/q", {"token": token, "session": "pre"}))
        assert isinstance(found, Answer)
        assert found.body == token.encode()


def test_exchanges_of_one_request_are_replayed_in_turn_and_the_last_one_repeats(tmp_path: Path) -> None:
    request = Request("http://a.invalid/q")
    recorder = Recorder(tmp_path)
    for body in ("first", "second"):
        recorder.keep(request, answered(request, body))
    player = Player(tmp_path)
    bodies = [outcome.body for outcome in (player.outcome(request) for _ in range(3)) if isinstance(outcome, Answer)]
    assert bodies == [b"first", b"second", b"second"]


def test_a_conditional_request_is_another_one(tmp_path: Path) -> None:
    plain = Request("http://a.invalid/q")
    conditional = Request("http://a.invalid/q", headers={"If-None-Match": '"1"'})
    recorder = Recorder(tmp_path)
    recorder.keep(plain, answered(plain, "body"))
    recorder.keep(conditional, answered(conditional, "", status=304))
    outcome = Player(tmp_path).outcome(conditional)
    assert isinstance(outcome, Answer)
    assert outcome.status == 304


def test_a_new_run_replaces_what_a_former_one_recorded_of_the_same_request(tmp_path: Path) -> None:
    one, other = Request("http://a.invalid/one"), Request("http://a.invalid/other")
    for run in ("former", "new"):
        recorder = Recorder(tmp_path)
        for request in [one, one, other] if run == "former" else [one]:
            recorder.keep(request, answered(request, run))
    player = Player(tmp_path)
    found = [player.outcome(request) for request in (one, one, other)]
    assert [outcome.body for outcome in found if isinstance(outcome, Answer)] == [b"new", b"new", b"former"]


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", '{"version": 1}', '{"version": 2}', '{"version": 1, "answer": {}}',
     '{"version": 1, "error": {"kind": "ParameterError", "message": "x"}}',
     '{"version": 1, "error": {"kind": "NoSuchError", "message": "x"}}',
     '{"version": 1, "answer": {"status": 200, "headers": {}, "at": "today", "text": "x"}}'],
)  # fmt: skip
def test_a_damaged_exchange_is_malformed_and_never_data(tmp_path: Path, damage: str) -> None:
    request = Request("http://a.invalid/q")
    path = Recorder(tmp_path).keep(request, answered(request))
    path.write_text(damage, encoding="utf-8")
    outcome = Player(tmp_path).outcome(request)
    assert isinstance(outcome, Malformed)
    assert "record it anew" in str(outcome)


def test_names_of_secrets_are_a_list(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"secrets must be names of parameters, got 'key'; such as \['key'\]"):
        Recorder(tmp_path, secrets="key")


def test_many_requests_at_once_are_recorded_each_once(server: FixtureServer, tmp_path: Path) -> None:
    url = server.script("/a", lambda hit: Step(200, hit.query["n"]))
    requests = [Request(url, {"n": str(number % 20)}) for number in range(40)]
    with Transport(QUICK, record=tmp_path) as transport:
        live = transport.get_many(requests)
    assert len(list(tmp_path.iterdir())) == 20
    with Transport(replay=tmp_path) as transport:
        replayed = transport.get_many(requests)
    assert [outcome.body for outcome in replayed if isinstance(outcome, Answer)] == [
        outcome.body for outcome in live if isinstance(outcome, Answer)
    ]
    assert len(replayed) == 40
