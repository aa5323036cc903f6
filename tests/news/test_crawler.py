"""Crawling a real server on loopback: what is asked, how often, and that garbage harms nothing that is stored."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

import quantperf as qp
from quantperf import news
from quantperf.clock import ManualClock
from quantperf.database import stamp_of
from quantperf.errors import Blocked, Malformed, NotFound, ParameterError, RateLimited, Unauthorized, Upstream
from quantperf.market.store import Store
from quantperf.news import Crawled, Feed, FeedResult
from quantperf.news.rounds import failure_of
from tests.fixture_server import FixtureServer, Hit, Step
from tests.news.crawls import go, start
from tests.news.shapes_of_feeds import BOMB, CHALLENGE, HTML, atom, investing, rss, yahoo

THREE = rss(yahoo(number) for number in range(3))
FOUR = rss(yahoo(number) for number in range(4))


@pytest.fixture
def server() -> Iterator[FixtureServer]:
    with FixtureServer() as running:
        running.script("/robots.txt", Step(404))
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(dt.datetime.now(dt.UTC).replace(microsecond=0))


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[Store]:
    with Store(tmp_path / "store", clock=clock) as opened:
        yield opened


def turned_on(store: Store, server: FixtureServer, *names: str, host: str = "127.0.0.1") -> list[Feed]:
    """Turn on feeds that the server has under their names."""
    feeds = [Feed(name, server.url(f"/{name}", host), "yahoo", symbol=name.upper()) for name in names]
    news.enable(store, *feeds)
    return feeds


def crawled(store: Store, *names: str) -> Crawled:
    """Crawl on the manual clock, which moves on by what is waited for."""
    clock = store.clock
    assert isinstance(clock, ManualClock)
    return news.crawl(
        store, names or None, sleep=lambda seconds: clock.advance(dt.timedelta(seconds=seconds)), draw=lambda: 0.5
    )


def only(store: Store) -> FeedResult:
    (result,) = crawled(store).feeds
    return result


def wait(store: Store, seconds: float) -> None:
    clock = store.clock
    assert isinstance(clock, ManualClock)
    clock.advance(dt.timedelta(seconds=seconds))


def test_nothing_is_asked_until_a_feed_is_turned_on_by_name(store: Store, server: FixtureServer) -> None:
    with pytest.raises(ParameterError, match=r"all are off; turn some on .*'yahoo:\^GSPC'.*investing:ECONOMY"):
        news.crawl(store)
    turned_on(store, server, "a")
    with pytest.raises(ParameterError, match=r"feed 'b' is not on.*enable\(store, 'b'\)"):
        news.crawl(store, ["a", "b"])
    with pytest.raises(ParameterError, match="feed must be"):
        news.enable(store, "yahoo:AAPL", "reuters:ALL")
    assert server.hits() == 0
    assert news.feeds(store)["enabled"].sum() == 1
    news.disable(store, "a")
    with pytest.raises(ParameterError, match="all are off"):
        news.crawl(store)


def test_the_known_feeds_are_those_of_symbols_and_topics_all_off() -> None:
    known = news.feeds()
    assert not known["enabled"].any()
    topics = ["ECONOMY", "US", "MARKET", "COMMODITY", "FOREX", "TREASURY", "FED", "FINANCIAL", "TECH", "ENERGY"]
    topics += ["EMERGING", "EUROPE", "ASIA"]
    assert known.loc[known["source"] == "investing", "topic"].tolist() == topics
    assert {"index", "futures", "stock", "macro ETF", "sector ETF", "topic"} == set(known["category"])
    assert known["url"].is_unique


def test_a_feed_by_its_name_is_asked_where_its_base_is(store: Store, server: FixtureServer) -> None:
    def headlines(hit: Hit) -> Step:
        return Step(200, THREE if hit.query["s"] == "^GSPC" else b"", {"Content-Type": "application/rss+xml"})

    server.script("/rss/2.0/headline", headlines)
    server.script("/rss/central_banks.rss", Step(200, rss([investing(4_257_812)])))
    news.enable(store, "yahoo:^GSPC", "investing:FED", base_url=server.url())
    done = crawled(store)
    assert [(feed.name, feed.status, feed.kept.new) for feed in done.feeds] == [
        ("investing:FED", "fetched", 1),
        ("yahoo:^GSPC", "fetched", 3),
    ]
    assert store.news("^GSPC")["source"].tolist() == ["yahoo"] * 3
    assert all(hit.headers["user-agent"].startswith("quantperf/") for hit in server.requests)


def test_the_facade_crawls_and_the_store_tells(store: Store, server: FixtureServer) -> None:
    server.script("/a", Step(200, THREE))
    qp.news.enable(store, Feed("a", server.url("/a"), "yahoo", symbol="AAPL"))
    done = qp.news.crawl(store, sleep=lambda seconds: wait(store, seconds))
    assert (done.new, done.updated, done.duplicate, done.errors) == (3, 0, 0, {})
    assert done.frame()["status"].tolist() == ["fetched"]
    assert repr(done) == "Crawled(1 fetched; 3 new, 0 updated, 0 duplicate)"
    assert len(store.news("AAPL")) == 3


def test_within_300_seconds_a_feed_is_not_asked_again(store: Store, server: FixtureServer) -> None:
    server.script("/a", Step(200, THREE, etag='"1"'))
    turned_on(store, server, "a")
    assert only(store).status == "fetched"
    wait(store, 290)
    assert only(store).status == "fresh"
    assert server.hits("/a") == 1
    wait(store, 15)
    assert only(store).status == "not modified"
    assert server.hits("/a") == 2
    assert server.requests[-1].headers["if-none-match"] == '"1"'
    assert server.statuses[304] == 1
    wait(store, 290)
    assert only(store).status == "fresh"


def test_last_modified_is_asked_for_too(store: Store, server: FixtureServer) -> None:
    server.script("/a", Step(200, THREE, last_modified="Fri, 26 Sep 2025 10:17:15 GMT"))
    turned_on(store, server, "a")
    assert only(store).status == "fetched"
    wait(store, 301)
    assert only(store).status == "not modified"


def test_an_answer_without_news_makes_no_commit_and_new_items_make_one(store: Store, server: FixtureServer) -> None:
    server.script("/a", Step(200, THREE), Step(200, THREE), Step(200, FOUR))
    turned_on(store, server, "a")
    crawled(store)
    before = store.database.last_seq()
    wait(store, 301)
    assert only(store).kept.duplicate == 3
    assert store.database.last_seq() == before
    wait(store, 301)
    assert (only(store).kept.new, store.database.last_seq()) == (1, before + 1)


@pytest.mark.parametrize(
    ("step", "error", "status"),
    [
        pytest.param(Step(200, HTML), Malformed, "stale", id="html"),
        pytest.param(Step(200, CHALLENGE), Blocked, "blocked", id="challenge"),
        pytest.param(Step(200, BOMB), Malformed, "stale", id="entity bomb"),
        pytest.param(Step(200, b"\0" * 50_000_000, gzip=True), Malformed, "stale", id="50 MB zipped"),
        pytest.param(Step(200, b" " * 50_000_000, chunked=True), Malformed, "stale", id="50 MB"),
        pytest.param(Step(200, THREE, broken_gzip=True), Malformed, "stale", id="broken gzip"),
        pytest.param(Step(200, THREE, cut=300), Upstream, "stale", id="connection cut"),
        pytest.param(Step(200, b""), Malformed, "stale", id="nothing"),
        pytest.param(Step(200, THREE, reset=True), Upstream, "stale", id="reset"),
        pytest.param(Step(404, "no"), NotFound, "stale", id="404"),
        pytest.param(Step(500, "no"), Upstream, "stale", id="500"),
        pytest.param(Step(403, "no"), Unauthorized, "blocked", id="403"),
        pytest.param(Step(429, "Too Many Requests"), RateLimited, "blocked", id="429"),
        pytest.param(Step(200, THREE[:-300]), Malformed, "partial", id="truncated"),
    ],
)
def test_garbage_is_a_typed_error_of_its_feed_and_harms_nothing(
    store: Store, server: FixtureServer, step: Step, error: type[Exception], status: str
) -> None:
    server.script("/a", Step(200, THREE, etag='"1"'), step)
    turned_on(store, server, "a")
    crawled(store)
    before = store.news()
    wait(store, 301)
    result = only(store)
    assert result.status == status
    assert isinstance(result.error, error)
    assert result.cause
    pd.testing.assert_frame_equal(store.news(), before)
    assert store.check() == []
    with store.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM http_cache WHERE lease_by IS NOT NULL").fetchone()[0] == 0


def test_one_bad_feed_stops_no_other(store: Store, server: FixtureServer) -> None:
    server.script("/bad", Step(200, HTML))
    server.script("/good", Step(200, THREE))
    server.script("/other", Step(200, atom(2)))
    turned_on(store, server, "bad", "good", "other")
    done = crawled(store)
    assert [feed.status for feed in done.feeds] == ["stale", "fetched", "fetched"]
    assert list(done.errors) == ["bad"]
    assert done.new == 5


def test_failures_serve_what_is_stored_and_wait_longer_and_longer(store: Store, server: FixtureServer) -> None:
    server.script("/a", Step(200, THREE), Step(500), Step(500), Step(500), Step(200, FOUR))
    turned_on(store, server, "a")
    crawled(store)
    wait(store, 301)
    for seconds in (60, 120, 240):
        hits = server.hits("/a")
        assert only(store).status == "stale"
        assert server.hits("/a") == hits + 1
        wait(store, seconds - 5)
        waiting = only(store)
        assert (waiting.status, waiting.error) == ("stale", None)
        assert "500" in waiting.cause
        assert server.hits("/a") == hits + 1
        assert len(store.news()) == 3
        wait(store, 6)
    assert (only(store).status, len(store.news())) == ("fetched", 4)


def test_a_truncated_answer_is_asked_for_whole_soon(store: Store, server: FixtureServer) -> None:
    cut = FOUR[: FOUR.index(b"<item><title>Story number 3") + 40]
    server.script("/a", Step(200, cut, etag='"1"'), Step(200, FOUR, etag='"1"'))
    turned_on(store, server, "a")
    result = only(store)
    assert (result.status, result.kept.new, result.kept.incomplete) == ("partial", 3, 1)
    wait(store, 61)
    assert (only(store).status, server.statuses[304]) == ("fetched", 0)
    assert len(store.news()) == 4


def test_retry_after_is_obeyed_for_the_whole_host(store: Store, server: FixtureServer) -> None:
    server.script("/a", Step(429, headers={"Retry-After": "900"}), Step(200, THREE))
    server.script("/b", Step(200, FOUR))
    turned_on(store, server, "a", "b")
    done = crawled(store)
    assert [feed.status for feed in done.feeds] == ["blocked", "blocked"]
    assert (server.hits("/a"), server.hits("/b")) == (1, 0)
    wait(store, 880)
    assert [feed.status for feed in crawled(store).feeds] == ["blocked", "blocked"]
    assert (server.hits("/a"), server.hits("/b")) == (1, 0)
    wait(store, 40)
    assert [feed.status for feed in crawled(store).feeds] == ["fetched", "fetched"]


def in_disguise(agents: list[str]) -> bool:
    """The defective way shows in the log: another name after a refusal."""
    return len(set(agents)) > 1


@pytest.mark.parametrize("step", [Step(403, "Forbidden"), Step(200, CHALLENGE)], ids=["403", "challenge"])
def test_a_refusal_ends_all_requests_to_its_host_for_an_hour_and_is_not_evaded(
    store: Store, server: FixtureServer, step: Step
) -> None:
    server.script("/a", step, Step(200, THREE))
    server.script("/b", Step(200, FOUR))
    turned_on(store, server, "a", "b")
    crawled(store)
    asked = server.hits()
    for _ in range(5):
        wait(store, 600)
        assert {feed.status for feed in crawled(store).feeds} == {"blocked"}
    assert server.hits() == asked
    wait(store, 700)
    assert {feed.status for feed in crawled(store).feeds} == {"fetched"}
    agents = [hit.headers["user-agent"] for hit in server.requests]
    assert not in_disguise(agents)
    assert in_disguise([*agents, "Mozilla/5.0"])


def test_robots_txt_is_obeyed_and_asked_for_once_a_day(store: Store, server: FixtureServer) -> None:
    server.script("/robots.txt", Step(200, "User-agent: *\nDisallow: /a\n"))
    server.script("/a", Step(200, THREE))
    server.script("/b", Step(200, FOUR))
    turned_on(store, server, "a", "b")
    statuses = {feed.name: feed.status for feed in crawled(store).feeds}
    assert statuses == {"a": "disallowed", "b": "fetched"}
    for _ in range(3):
        wait(store, 3600)
        crawled(store)
    assert (server.hits("/a"), server.hits("/robots.txt")) == (0, 1)
    wait(store, 86_400)
    crawled(store)
    assert server.hits("/robots.txt") == 2


def test_while_robots_txt_fails_nothing_is_asked(store: Store, server: FixtureServer) -> None:
    server.script("/robots.txt", Step(503), Step(404))
    server.script("/a", Step(200, THREE))
    turned_on(store, server, "a")
    result = only(store)
    assert result.status == "disallowed"
    assert "could not be read" in result.cause
    assert server.hits("/a") == 0
    wait(store, 3601)
    assert only(store).status == "fetched"


def test_requests_to_a_host_are_one_at_a_time_and_a_second_apart(tmp_path: Path, server: FixtureServer) -> None:
    with Store(tmp_path / "store") as store:
        for name in ("a", "b"):
            server.script(f"/{name}", Step(200, THREE, delay=0.05))
        turned_on(store, server, "a", "b")
        news.crawl(store, draw=lambda: 0.0)
    times = [hit.at for hit in server.requests]
    assert len(times) == 3
    assert min(later - earlier for earlier, later in pairwise(times)) >= 1.0
    assert server.most_in_flight() == 1


def test_a_lost_lease_writes_nothing(store: Store, server: FixtureServer) -> None:
    def slow(hit: Hit) -> Step:
        with store.database.writing() as connection:  # as another crawler does when the lease has run out
            connection.execute(
                "UPDATE http_cache SET lease_by = 'another', lease_until = ?", (stamp_of(clock.now()) + 1000,)
            )
        return Step(200, THREE, etag='"1"')

    clock = store.clock
    server.script("/a", slow)
    turned_on(store, server, "a")
    result = only(store)
    assert (result.status, result.kept.new) == ("leased elsewhere", 0)
    assert store.news().empty
    with store.database.reading() as connection:
        row = connection.execute("SELECT lease_by, etag FROM http_cache").fetchone()
    assert tuple(row) == ("another", None)


def test_threads_that_crawl_at_once_ask_once(store: Store, server: FixtureServer) -> None:
    server.script("/a", Step(200, THREE, delay=0.1))
    turned_on(store, server, "a")
    found: list[Crawled] = []
    threads = [threading.Thread(target=lambda: found.append(crawled(store))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.hits("/a") == 1
    assert sum(done.new for done in found) == 3
    assert {done.feeds[0].status for done in found} <= {"fetched", "leased elsewhere", "fresh"}


def without_a_lease(server: FixtureServer, crawlers: int) -> int:
    """The defective way: each looks whether the feed is fresh, then asks."""
    from quantperf.transport import Request, Transport

    fresh: list[bool] = []
    gate = threading.Barrier(crawlers)

    def crawl() -> None:
        stale = not fresh
        gate.wait()
        if stale:
            with Transport(contact="test") as transport:
                transport.get(Request(server.url("/naive")))
            fresh.append(True)

    threads = [threading.Thread(target=crawl) for _ in range(crawlers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return server.hits("/naive")


def test_two_processes_never_ask_for_the_same_feed(tmp_path: Path, server: FixtureServer) -> None:
    with FixtureServer() as other:
        other.script("/naive", Step(200, THREE))
        assert without_a_lease(other, 2) == 2
    names = ("a", "b")
    for name in names:
        server.script(f"/{name}", Step(200, THREE, delay=0.2))
    with Store(tmp_path / "store") as store:
        turned_on(store, server, *names)
        children = [start(store.path) for _ in range(2)]
        go(*children)
        told = []
        for child in children:
            out, errors = child.communicate(timeout=60)
            assert child.returncode == 0, errors
            told.append(json.loads(out))
        assert [server.hits(f"/{name}") for name in names] == [1, 1]
        assert server.hits("/robots.txt") == 1
        assert server.most_in_flight() == 1
        assert sum(each[name][1] for each in told for name in names) == 3
        assert {each[name][0] for each in told for name in names} <= {"fetched", "leased elsewhere", "fresh"}
        assert len(store.news()) == 3


def test_a_crawler_that_is_killed_leaves_nothing_half_written_and_its_lease_runs_out(
    tmp_path: Path, server: FixtureServer
) -> None:
    server.script("/a", Step(200, THREE, delay=30.0), Step(200, THREE))
    clock = ManualClock(dt.datetime.now(dt.UTC))
    with Store(tmp_path / "store", clock=clock) as store:
        turned_on(store, server, "a")
        child = start(store.path)
        go(child)
        end = time.monotonic() + 20
        while not server.hits("/a"):
            assert time.monotonic() < end
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        clock.set(dt.datetime.now(dt.UTC))
        assert store.check() == []
        assert store.news().empty
        assert only(store).status == "leased elsewhere"
        assert server.hits("/a") == 1
        wait(store, 121)
        assert (only(store).status, len(store.news())) == ("fetched", 3)


def test_a_path_names_the_store(tmp_path: Path, server: FixtureServer) -> None:
    server.script("/a", Step(200, THREE))
    news.enable(tmp_path / "store", Feed("a", server.url("/a"), "yahoo"))
    assert news.crawl(str(tmp_path / "store")).new == 3
    with Store(tmp_path / "store") as store:
        assert len(store.news()) == 3
    with pytest.raises(ParameterError, match="store must be"):
        news.crawl(7)  # type: ignore[arg-type]


def test_markup_is_kept_only_where_it_is_allowed(store: Store, server: FixtureServer) -> None:
    server.script("/a", Step(200, rss([yahoo(1, text="&lt;b&gt;Bold&lt;/b&gt;")])))
    server.script("/b", Step(200, rss([yahoo(2, text="&lt;b&gt;Bold&lt;/b&gt;")])))
    news.enable(store, Feed("a", server.url("/a"), "yahoo"), Feed("b", server.url("/b"), "yahoo", html=True))
    crawled(store)
    assert sorted(store.news()["html"]) == ["", "<b>Bold</b>"]


@pytest.mark.parametrize("url", ["ftp://x/y", "words", "http://", "http://[::1"])
def test_a_feed_needs_an_address(url: str) -> None:
    with pytest.raises(ParameterError, match="url of a feed"):
        Feed("a", url, "b")


def test_an_unknown_error_of_a_source_is_a_failure() -> None:
    assert failure_of(Upstream("down")).cause == "failed"
